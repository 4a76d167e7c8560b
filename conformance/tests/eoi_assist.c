/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The EOI assist: a bit of the VP assist page spares the guest an exit at the end of an interrupt
 * (TLFS: "EOI assist"). Set too often it loses interrupts, cleared too seldom it keeps them
 * waiting.
 *
 * What is written here holds for implementations that never set the bit as well.
 */
#include "apic_support.h"
#include "interrupt_line.h"

#define SPARED    HV_VP_ASSIST_NO_EOI_REQUIRED
#define ROUNDS    16
#define SENDING   300000          /* microseconds */
#define BESIDE    (APIC_HIGH - 1) /* of the same class, and lower */
#define TWO_NEEDS NEEDS(.privileges = HV_PRIVILEGE_AccessIntrCtrlRegs, .vps = 2)

static uint8_t *memory;
static volatile uint32_t *assist;

static void enable(void)
{
    REQUIRE_NO_FAULT(
        safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, phys_of(memory) | HV_X64_MSR_PAGE_ENABLE));
}

static void disable(void)
{
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, 0));
}

static void begin_assist(interrupt_fn *handler)
{
    apic_begin();
    memory = hv_test_page(0);
    assist = (volatile uint32_t *)(void *)memory;
    apic_log_start(handler);
    register_interrupt(BESIDE, handler, NULL);
    enable();
}

static void end_assist(void)
{
    irq_disable();
    disable();
    apic_drain();
    register_interrupt(BESIDE, NULL, NULL);
    apic_log_stop();
    free_page(memory);
}

/* As the TLFS writes it, without LOCK. @return whether the bit was set */
static inline bool clear_bit(void)
{
    bool spared;

    __asm__ volatile("btrl $0, %0" : "+m"(*assist), "=@ccc"(spared)::"memory");
    return spared;
}

static void eoi(void)
{
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOI, 0));
}

/* An IPI to itself, without a look at the APIC: that would let it find out what the guest has done.
 */
static void request(uint8_t vector)
{
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_ICR, APIC_ICR_SELF | APIC_ICR_ASSERT | vector));
}

/* The whole protocol. @return whether an EOI was needed */
static bool finish(void)
{
    bool spared = clear_bit();

    if (!spared)
        eoi();
    return !spared;
}

/* An interrupt that is requested now is delivered: nothing is left in service above it. */
static void check_delivery(uint8_t vector, const char *when)
{
    uint32_t count = apic_log.count;

    request(vector);
    REQUIRE(apic_log_wait(count + 1), "%s: 0x%x does not come", when, vector);
}

/* One that is requested now has to wait. */
static void check_waiting(uint8_t vector, const char *when)
{
    uint32_t count = apic_log.count;

    request(vector);
    irq_window();
    CHECK(apic_log.count == count, "%s: 0x%x comes", when, vector);
}

/* ---- When the bit is set ---- */

HV_TEST(local_apic, the_assist_field_is_one_bit, COVERS(HV_REQ_APIC_015, HV_REQ_VP_011),
        APIC_NEEDS_MSRS, "Whoever looks at the word and not at the bit must not be misled")
{
    begin_assist(apic_note);
    CHECK_EQ(*assist, 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        apic_take_now(APIC_MIDDLE);
        CHECK((*assist & ~SPARED) == 0, "round %u: 0x%x", i, *assist);
        (void)finish();
        CHECK_EQ(*assist, 0);
    }
    end_assist();
}

HV_TEST(local_apic, a_lone_edge_interrupt_is_spared_its_eoi, COVERS(HV_REQ_APIC_016),
        APIC_NEEDS_MSRS, "If it never is, the enlightenment is of no use to anyone")
{
    unsigned spared = 0;

    begin_assist(apic_note);
    for (unsigned i = 0; i < ROUNDS; i++) {
        apic_take_now(APIC_MIDDLE);
        spared += *assist & SPARED;
        (void)finish();
    }
    CHECK(spared != 0, "none of %u interrupts was", ROUNDS);
    OBSERVE("spared", "%s", spared == ROUNDS ? "always" : spared ? "at-times" : "never");
    end_assist();
}

/* What waits would wait for ever, for an EOI that nobody sends. */
HV_TEST(local_apic, with_a_lower_one_pending_the_eoi_is_required,
        COVERS(HV_REQ_APIC_016, HV_REQ_APIC_018), APIC_NEEDS_MSRS,
        "The one behind is delivered at the EOI, and only an EOI that traps delivers it")
{
    static const uint8_t lower[] = { APIC_LOW, APIC_MIDDLE, BESIDE };

    begin_assist(apic_note);
    for (unsigned i = 0; i < sizeof(lower); i++) {
        apic_log.count = 0;
        request(lower[i]);
        apic_take_now(APIC_HIGH);
        CHECK_EQ(apic_log.vectors[0], APIC_HIGH);
        CHECK(*assist == 0, "0x%x is pending: the assist is 0x%x", lower[i], *assist);
        CHECK(finish(), "0x%x is pending: no EOI is required", lower[i]);
        REQUIRE(apic_log_wait(2) && apic_log.vectors[1] == lower[i], "0x%x does not come",
                lower[i]);
        (void)finish();
    }
    end_assist();
}

HV_TEST(local_apic, what_waits_for_the_task_priority_is_pending_too, COVERS(HV_REQ_APIC_016),
        APIC_NEEDS_MSRS, "It is of lower priority, and the guest may lower its own at any time")
{
    begin_assist(apic_note);
    write_cr8(APIC_MIDDLE >> 4);
    request(APIC_MIDDLE);
    apic_take_now(APIC_HIGH);
    write_cr8(0);
    CHECK_EQ(*assist, 0);
    (void)finish();
    REQUIRE(apic_log_wait(2) && apic_log.vectors[1] == APIC_MIDDLE, "it does not come");
    (void)finish();
    end_assist();
}

HV_TEST(local_apic, a_level_interrupt_is_never_spared_its_eoi, COVERS(HV_REQ_APIC_022),
        APIC_NEEDS_MSRS, "The I/O APIC waits for it")
{
    begin_assist(apic_note);
    if (!interrupt_line_start(APIC_MIDDLE))
        test_skip("there is no I/O APIC");
    for (uint32_t i = 1; i <= 8; i++) {
        REQUIRE(apic_log_wait(i), "interrupt %u of the line does not come", i);
        CHECK((*assist & SPARED) == 0, "interrupt %u: the assist is 0x%x", i, *assist);
        CHECK(finish(), "interrupt %u: no EOI is required", i);
    }
    interrupt_line_stop();
    end_assist();
}

/* ---- When it is taken back ---- */

HV_TEST(local_apic, a_later_lower_request_requires_the_eoi, COVERS(HV_REQ_APIC_017),
        APIC_NEEDS_MSRS, "The handler runs already, and what comes now needs its EOI to be seen")
{
    static const uint8_t lower[] = { APIC_LOW, APIC_HIGH, BESIDE };

    begin_assist(apic_note);
    for (unsigned i = 0; i < sizeof(lower); i++) {
        apic_log.count = 0;
        apic_take_now(APIC_HIGH);
        request(lower[i]);
        CHECK(*assist == 0, "0x%x comes later: the assist is 0x%x", lower[i], *assist);
        CHECK(finish(), "0x%x comes later: no EOI is required", lower[i]);
        REQUIRE(apic_log_wait(2) && apic_log.vectors[1] == lower[i], "0x%x does not come",
                lower[i]);
        (void)finish();
    }
    end_assist();
}

static void send_low(void *unused)
{
    (void)unused;
    apic_send_ipi(cpu_at(0)->apic_id, APIC_LOW);
}

HV_TEST(local_apic, a_request_of_another_cpu_requires_the_eoi, COVERS(HV_REQ_APIC_017), TWO_NEEDS,
        "It comes to a CPU that is inside its handler, and makes no exit by itself")
{
    begin_assist(apic_note);
    for (unsigned i = 0; i < ROUNDS; i++) {
        apic_log.count = 0;
        apic_take_now(APIC_HIGH);
        smp_start(1, send_low, NULL);
        if (i % 2 == 0)
            CHECK(wait_until_equal(assist, 0, APIC_WAIT), "round %u: it is not taken back", i);
        (void)finish();
        REQUIRE(apic_log_wait(2), "round %u: the interrupt does not come", i);
        (void)finish();
        REQUIRE_NO_FAULT(smp_join(1));
    }
    end_assist();
}

/* ---- What the guest's clearing does ---- */

HV_TEST(local_apic, clearing_the_bit_completes_the_interrupt, COVERS(HV_REQ_APIC_018),
        APIC_NEEDS_MSRS, "No MSR, no register: and the next, of any priority, is delivered")
{
    static const uint8_t next[] = { APIC_LOW, APIC_MIDDLE, BESIDE, APIC_HIGH };

    begin_assist(apic_note);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t vector = next[i % sizeof(next)];

        apic_take_now(APIC_HIGH);
        if (clear_bit())
            check_delivery(vector, "after the bit was cleared");
        else
            check_waiting(vector, "with an EOI owed");
        apic_drain();
    }
    end_assist();
}

/* TLFS: the state of the APIC "can be lazily updated", so it may be seen late. */
HV_TEST(local_apic, the_isr_shows_no_interrupt_that_is_not_there, COVERS(HV_REQ_APIC_018),
        APIC_NEEDS_MSRS, "Guests look there for spurious interrupts")
{
    bool spared;

    begin_assist(apic_note);
    CHECK(!apic_in_service(APIC_MIDDLE), "it is in service before it comes");
    apic_take_now(APIC_MIDDLE);
    CHECK(apic_in_service(APIC_MIDDLE), "it is not in service");
    CHECK_EQ(apic_read(APIC_PPR), APIC_MIDDLE & 0xf0);
    spared = !finish();
    CHECK(spared || !apic_in_service(APIC_MIDDLE), "an EOI leaves it in service");
    OBSERVE("after-completion", "%s", apic_in_service(APIC_MIDDLE) ? "in-service" : "complete");
    check_delivery(APIC_LOW, "after completion");
    CHECK(!apic_in_service(APIC_MIDDLE), "it is in service when a lower one is taken");
    (void)finish();
    end_assist();
}

HV_TEST(local_apic, of_nested_interrupts_the_outer_needs_its_eoi, COVERS(HV_REQ_APIC_019),
        APIC_NEEDS_MSRS, "Nobody counts how often the bit was cleared")
{
    begin_assist(apic_note);
    for (unsigned i = 0; i < ROUNDS; i++) {
        apic_take_now(APIC_LOW);
        apic_take_now(APIC_HIGH);
        (void)finish();
        check_waiting(APIC_LOW, "with the outer one in service");
        CHECK(finish(), "the outer needs no EOI");
        apic_drain();
        apic_take_now(APIC_LOW);
        apic_take_now(APIC_MIDDLE);
        apic_take_now(APIC_HIGH);
        (void)finish();
        CHECK(finish(), "the second of three needs no EOI");
        CHECK(finish(), "the outermost of three needs no EOI");
        check_delivery(APIC_LOW, "after all three");
        (void)finish();
    }
    end_assist();
}

/* ---- Without the protocol ---- */

HV_TEST(local_apic, a_conventional_eoi_works_whatever_the_bit_says, COVERS(HV_REQ_APIC_020),
        APIC_NEEDS_MSRS, "A driver may know nothing of the page")
{
    begin_assist(apic_note);
    for (unsigned i = 0; i < ROUNDS; i++) {
        apic_take_now(APIC_MIDDLE);
        if (i % 2)
            eoi();
        else
            apic_eoi();
        CHECK(!apic_in_service(APIC_MIDDLE), "round %u: it is still in service", i);
        check_delivery(APIC_LOW, "after a conventional EOI");
        eoi();
    }
    end_assist();
}

/* The bit that such an EOI leaves would be taken for that of the interrupt outside. */
HV_TEST(local_apic, a_conventional_eoi_leaves_no_bit_behind,
        COVERS(HV_REQ_APIC_020, HV_REQ_APIC_019), APIC_NEEDS_MSRS,
        "Of nested handlers one may follow the protocol, the other not")
{
    begin_assist(apic_note);
    apic_take_now(APIC_LOW);
    apic_take_now(APIC_HIGH);
    eoi();
    CHECK(apic_in_service(APIC_LOW) && !apic_in_service(APIC_HIGH), "the first EOI");
    CHECK(finish(), "the outer needs no EOI");
    CHECK(!apic_in_service(APIC_LOW), "the second EOI");
    end_assist();
}

HV_TEST(local_apic, a_bit_that_the_guest_sets_spares_nothing, COVERS(HV_REQ_APIC_020),
        APIC_NEEDS_MSRS, "The page is the guest's to write, and the APIC is not in it")
{
    begin_assist(apic_note);
    *assist = UINT32_MAX;
    request(APIC_LOW);
    apic_take_now(APIC_HIGH);
    *assist = UINT32_MAX;
    *assist = 0;
    CHECK(apic_in_service(APIC_HIGH), "it is complete");
    eoi();
    REQUIRE(apic_log_wait(2), "the lower one does not come");
    *assist = UINT32_MAX;
    eoi();
    CHECK(!apic_in_service(APIC_LOW), "the EOI does not count");
    *assist = 0;
    end_assist();
}

/* ---- At any time ---- */

HV_TEST(local_apic, the_assist_is_enabled_and_disabled_in_the_middle, COVERS(HV_REQ_APIC_021),
        APIC_NEEDS_MSRS, "A driver is loaded, or a kernel left, at no particular time")
{
    begin_assist(apic_note);
    for (unsigned i = 0; i < ROUNDS; i++) {
        /* Disabled with an interrupt in service: it is completed as always. */
        apic_take_now(APIC_MIDDLE);
        disable();
        eoi();
        CHECK(!apic_in_service(APIC_MIDDLE), "round %u: disabled, it is in service", i);
        /* Enabled with an interrupt in service. */
        apic_take_now(APIC_MIDDLE);
        *assist = 0;
        enable();
        CHECK(finish(), "round %u: enabled, the one in service needs no EOI", i);
        CHECK(!apic_in_service(APIC_MIDDLE), "round %u: enabled, it is in service", i);
        /* Completed, and disabled before anyone has noticed. */
        apic_take_now(APIC_MIDDLE);
        (void)finish();
        disable();
        check_delivery(APIC_LOW, "completed before it was disabled");
        eoi();
        enable();
    }
    end_assist();
}

/* ---- No interrupt is lost ---- */

static const uint8_t vectors[] = { APIC_LOW, APIC_MIDDLE, APIC_HIGH };
static volatile uint32_t round_sent, round_taken[sizeof(vectors)], lazy, lost;

static void answer_and_finish(struct trap_frame *frame, void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < sizeof(vectors); i++)
        if (frame->vector == vectors[i])
            round_taken[i] = round_sent;
    if (clear_bit())
        lazy++;
    else
        wrmsr(HV_X64_MSR_EOI, 0);
}

/* Each is sent when the one before it was taken; so each must come by itself. */
static void send_rounds(void *unused)
{
    uint64_t start = rdtsc();

    (void)unused;
    while (!lost && (round_sent < ROUNDS || tsc_to_us(rdtsc() - start) < SENDING)) {
        round_sent++;
        for (unsigned i = 0; i < sizeof(vectors); i++)
            apic_send_ipi(cpu_at(0)->apic_id, vectors[(i + round_sent) % sizeof(vectors)]);
        for (unsigned i = 0; i < sizeof(vectors); i++)
            if (!wait_until_equal(&round_taken[i], round_sent, APIC_WAIT))
                lost = vectors[i];
    }
}

HV_TEST(local_apic, no_ipi_is_lost_at_the_end_of_another,
        COVERS(HV_REQ_APIC_017, HV_REQ_APIC_018, HV_REQ_APIC_016), TWO_NEEDS,
        "The sender's request and the handler's clearing of the bit meet, each time otherwise")
{
    begin_assist(answer_and_finish);
    lost = lazy = round_sent = 0;
    smp_start(1, send_rounds, NULL);
    irq_enable();
    while (!smp_join_timeout(1, 1000))
        continue;
    irq_disable();
    CHECK(lost == 0, "round %u: vector 0x%x is lost", round_sent, lost);
    round_sent++;
    for (unsigned i = 0; i < sizeof(vectors); i++) {
        request(vectors[i]);
        irq_window();
        CHECK(round_taken[i] == round_sent, "0x%x does not come any more", vectors[i]);
    }
    OBSERVE("spared", "%s", lazy ? "some" : "none");
    end_assist();
}
