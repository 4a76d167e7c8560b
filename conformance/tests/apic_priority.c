/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The way of an interrupt from IRR to ISR and out, and who goes first: task priority and processor
 * priority (SDM vol. 3, "Task and Processor Priorities").
 */
#include "apic_support.h"
#include "interrupt_line.h"

HV_TEST(local_apic, an_interrupt_goes_from_irr_to_isr_and_out, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING, "A vector left in either register is never delivered again")
{
    apic_begin();
    apic_log_start(apic_note);
    apic_self_ipi(APIC_MIDDLE);
    CHECK(apic_is_pending(APIC_MIDDLE), "it is not in the IRR");
    CHECK(!apic_in_service(APIC_MIDDLE), "it is in the ISR before it is taken");
    CHECK(!apic_is_level(APIC_MIDDLE), "an IPI is level-triggered");
    REQUIRE(apic_log_wait(1), "it is not delivered");
    CHECK(!apic_is_pending(APIC_MIDDLE), "it is in the IRR when it was taken");
    CHECK(apic_in_service(APIC_MIDDLE), "it is not in the ISR");
    apic_eoi();
    CHECK(!apic_in_service(APIC_MIDDLE), "the EOI leaves it in the ISR");
    irq_window();
    CHECK_EQ(apic_log.count, 1);
    apic_log_stop();
}

HV_TEST(local_apic, every_legal_vector_is_delivered, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "One bit of each of eight words; a shift that is wrong shows at the ends of a word")
{
    apic_begin();
    for (unsigned vector = 0x20; vector < 0xff; vector++) {
        apic_log.count = 0;
        register_interrupt((uint8_t)vector, apic_note_and_end, NULL);
        apic_self_ipi((uint8_t)vector);
        REQUIRE(apic_log_wait(1) && apic_log.vectors[0] == vector, "vector 0x%x: %u came", vector,
                apic_log.count);
        register_interrupt((uint8_t)vector, NULL, NULL);
    }
}

HV_TEST(local_apic, requests_of_one_vector_merge, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "One can wait while one is in service; a third is the same as the second")
{
    apic_begin();
    apic_log_start(apic_note);
    apic_self_ipi(APIC_MIDDLE);
    apic_self_ipi(APIC_MIDDLE);
    REQUIRE(apic_log_wait(1), "the first does not come");
    apic_self_ipi(APIC_MIDDLE);
    apic_self_ipi(APIC_MIDDLE);
    irq_window();
    CHECK_EQ(apic_log.count, 1);
    CHECK(apic_is_pending(APIC_MIDDLE) && apic_in_service(APIC_MIDDLE), "the second is lost");
    apic_eoi();
    REQUIRE(apic_log_wait(2), "the second does not come");
    apic_eoi();
    irq_window();
    CHECK_EQ(apic_log.count, 2);
    apic_log_stop();
}

HV_TEST(local_apic, the_highest_is_taken_first, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Priority is by vector, not by order of arrival")
{
    apic_begin();
    apic_log_start(apic_note_and_end);
    apic_self_ipi(APIC_LOW);
    apic_self_ipi(APIC_HIGH);
    apic_self_ipi(APIC_MIDDLE);
    REQUIRE(apic_log_wait(3), "%u came", apic_log.count);
    CHECK(apic_log.vectors[0] == APIC_HIGH && apic_log.vectors[1] == APIC_MIDDLE &&
              apic_log.vectors[2] == APIC_LOW,
          "the order was 0x%x, 0x%x, 0x%x", apic_log.vectors[0], apic_log.vectors[1],
          apic_log.vectors[2]);
    apic_log_stop();
}

HV_TEST(local_apic, a_higher_class_interrupts_and_others_wait, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING, "The upper half of the vector decides: 0x6f does not interrupt 0x63")
{
    static const uint8_t waiting[] = { APIC_LOW, APIC_MIDDLE, APIC_MIDDLE - 1, 0x6f };

    apic_begin();
    apic_log_start(apic_note);
    register_interrupt(0x6f, apic_note, NULL);
    register_interrupt(APIC_MIDDLE - 1, apic_note, NULL);
    for (unsigned i = 0; i < sizeof(waiting); i++) {
        apic_log.count = 0;
        apic_take_now(APIC_MIDDLE);
        apic_self_ipi(waiting[i]);
        irq_window();
        CHECK(apic_log.count == 1, "0x%x comes in the middle of 0x%x", waiting[i], APIC_MIDDLE);
        apic_take_now(APIC_HIGH);
        CHECK_EQ(apic_log.count, 2);
        apic_eoi();
        irq_window();
        CHECK_EQ(apic_log.count, 2);
        apic_eoi();
        REQUIRE(apic_log_wait(3) && apic_log.vectors[2] == waiting[i],
                "0x%x does not come after it", waiting[i]);
        apic_eoi();
    }
    register_interrupt(0x6f, NULL, NULL);
    register_interrupt(APIC_MIDDLE - 1, NULL, NULL);
    apic_log_stop();
}

HV_TEST(local_apic, eoi_completes_the_highest_in_service, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Nested handlers end from the inside out, and one EOI too many is harmless")
{
    apic_begin();
    apic_log_start(apic_note);
    apic_take_now(APIC_LOW);
    apic_take_now(APIC_MIDDLE);
    apic_take_now(APIC_HIGH);
    apic_eoi();
    CHECK(!apic_in_service(APIC_HIGH), "the highest is still in service");
    CHECK(apic_in_service(APIC_MIDDLE) && apic_in_service(APIC_LOW), "another is complete");
    apic_eoi();
    CHECK(!apic_in_service(APIC_MIDDLE) && apic_in_service(APIC_LOW), "the second EOI");
    apic_eoi();
    CHECK(!apic_in_service(APIC_LOW), "the third EOI");
    apic_eoi();
    apic_take_now(APIC_LOW);
    CHECK(apic_in_service(APIC_LOW), "an EOI was kept for later");
    apic_eoi();
    apic_log_stop();
}

/* ---- Task priority ---- */

HV_TEST(local_apic, processor_priority_is_the_higher_of_two, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Guests read it to learn what may interrupt them")
{
    static const struct {
        uint8_t task, expected;
    } cases[] = { { 0, 0x60 }, { 0x10, 0x60 }, { 0x60, 0x60 }, { 0x70, 0x70 }, { 0xf0, 0xf0 } };

    apic_begin();
    for (unsigned task = 0; task < 0x100; task += 0x10) {
        apic_write(APIC_TPR, task);
        CHECK_EQ(apic_read(APIC_PPR), task);
    }
    apic_write(APIC_TPR, 0);
    apic_log_start(apic_note);
    apic_take_now(APIC_MIDDLE);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apic_write(APIC_TPR, cases[i].task);
        CHECK(apic_read(APIC_PPR) == cases[i].expected, "TPR 0x%x, 0x%x in service: PPR 0x%x",
              cases[i].task, APIC_MIDDLE, apic_read(APIC_PPR));
    }
    apic_write(APIC_TPR, 0);
    apic_eoi();
    CHECK_EQ(apic_read(APIC_PPR), 0);
    apic_log_stop();
}

/* Where TPR and what is in service are of one class, the low half of PPR is left to the processor.
 */
HV_TEST(local_apic, task_priority_keeps_its_low_half, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "It decides nothing, but it is part of the register, and a guest reads back what it wrote")
{
    apic_begin();
    for (unsigned task = 0; task < 0x100; task++) {
        apic_write(APIC_TPR, task);
        CHECK_EQ(apic_read(APIC_TPR), task);
        CHECK_EQ(apic_read(APIC_PPR), task);
    }
    apic_write(APIC_TPR, 0);
    apic_log_start(apic_note);
    apic_take_now(APIC_MIDDLE);
    apic_write(APIC_TPR, 0x5f);
    CHECK_EQ(apic_read(APIC_PPR), APIC_MIDDLE & 0xf0);
    apic_write(APIC_TPR, 0x7f);
    CHECK_EQ(apic_read(APIC_PPR), 0x7f);
    apic_write(APIC_TPR, 0);
    apic_eoi();
    apic_log_stop();
}

HV_TEST(local_apic, task_priority_holds_its_class_and_below, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Windows' IRQL is this register; too little of it is a deadlock, too much a hang")
{
    apic_begin();
    apic_log_start(apic_note_and_end);
    for (uint32_t task = 0; task < 16; task++) {
        apic_log.count = 0;
        apic_write(APIC_TPR, task << 4);
        apic_self_ipi(APIC_MIDDLE);
        irq_window();
        CHECK(apic_log.count == (task < APIC_MIDDLE >> 4), "TPR 0x%x: vector 0x%x %s", task << 4,
              APIC_MIDDLE, apic_log.count ? "comes" : "does not come");
        apic_write(APIC_TPR, 0);
        REQUIRE(apic_log_wait(1), "TPR 0x%x and back: the interrupt is lost", task << 4);
    }
    apic_log_stop();
}

/* What is lowered without an exit must make one where something waits. */
HV_TEST(local_apic, lowering_cr8_lets_the_interrupt_in, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "64-bit guests lower their priority by CR8 and nothing else, with interrupts enabled")
{
    apic_begin();
    apic_log_start(apic_note_and_end);
    for (unsigned round = 0; round < 16; round++) {
        apic_log.count = 0;
        write_cr8(round < 8 ? 15 : APIC_MIDDLE >> 4);
        apic_self_ipi(APIC_MIDDLE);
        irq_enable();
        __asm__ volatile("nop; nop" ::: "memory");
        CHECK_EQ(apic_log.count, 0);
        write_cr8((APIC_MIDDLE >> 4) - 1);
        REQUIRE(wait_until_equal(&apic_log.count, 1, APIC_WAIT), "round %u: it does not come",
                round);
        irq_disable();
    }
    write_cr8(0);
    apic_log_stop();
}

HV_TEST(local_apic, cr8_can_change_while_an_interrupt_waits, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Kernels raise their priority with interrupts disabled, whatever waits for them")
{
    apic_begin();
    apic_log_start(apic_note_and_end);
    for (unsigned round = 0; round < 16; round++) {
        apic_log.count = 0;
        apic_self_ipi(APIC_MIDDLE);
        write_cr8(15);
        irq_window();
        CHECK_EQ(apic_log.count, 0);
        write_cr8(round < 8 ? 0 : (APIC_MIDDLE >> 4) - 1);
        REQUIRE(apic_log_wait(1), "round %u: it does not come", round);
        write_cr8(0);
    }
    apic_log_stop();
}

/* ---- Illegal vectors ---- */

/* KVM keeps them in the IRR for ever: so it is a CPU that is reset afterwards. */
static void restart_last(void)
{
    smp_stop(cpu_count() - 1);
    apic_restart(cpu_count() - 1);
}

static struct {
    uint64_t stray;
    uint32_t in_service, before, after, cleared;
    bool taken;
} illegal;

static void send_illegal(void *unused)
{
    (void)unused;
    illegal.stray = this_cpu()->stray_interrupts;
    for (uint8_t vector = 0; vector < 16; vector++) {
        apic_self_ipi(vector);
        irq_window();
    }
    illegal.in_service = apic_read(APIC_ISR);
    illegal.stray = this_cpu()->stray_interrupts - illegal.stray;
    apic_self_ipi(APIC_LOW);
    irq_window();
    illegal.taken = !apic_is_pending(APIC_LOW);
}

HV_TEST(local_apic, illegal_vectors_are_never_delivered, COVERS(HV_REQ_APIC_001), NEEDS(.vps = 2),
        "Vectors 0 to 15 are exceptions; an IPI must not look like one")
{
    apic_begin();
    apic_log_start(apic_note_and_end);
    REQUIRE_NO_FAULT(smp_call(cpu_count() - 1, send_illegal, NULL));
    CHECK_EQ(illegal.stray, 0);
    CHECK_EQ(illegal.in_service, 0);
    CHECK(illegal.taken, "they keep a legal one from being taken");
    CHECK_EQ(apic_log.count, 1);
    apic_log_stop();
    restart_last();
}

static uint32_t latch_errors(void)
{
    apic_write(APIC_ESR, 0);
    return apic_read(APIC_ESR);
}

static void send_and_latch(void *unused)
{
    (void)unused;
    (void)latch_errors();
    illegal.before = latch_errors();
    apic_self_ipi(5);
    illegal.after = latch_errors();
    illegal.cleared = latch_errors();
}

HV_TEST(local_apic, sending_an_illegal_vector_is_an_error, COVERS(HV_REQ_APIC_001), NEEDS(.vps = 2),
        "The error status register is how a driver finds out")
{
    apic_begin();
    REQUIRE_NO_FAULT(smp_call(cpu_count() - 1, send_and_latch, NULL));
    CHECK_EQ(illegal.before, 0);
    CHECK(illegal.after & 1u << 5, "ESR 0x%x", illegal.after);
    CHECK_EQ(illegal.cleared, 0);
    restart_last();
}

HV_TEST(local_apic, a_disabled_apic_takes_no_interrupts, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "A guest that has disabled it by software is not ready for any")
{
    apic_begin();
    apic_log_start(apic_note_and_end);
    apic_write(APIC_LVT_ERROR, APIC_LOW);
    CHECK_EQ(apic_read(APIC_LVT_ERROR), APIC_LOW);
    apic_write(APIC_SVR, GUEST_VECTOR_SPURIOUS);
    CHECK_EQ(apic_read(APIC_LVT_ERROR), APIC_LVT_MASKED | APIC_LOW);
    apic_write(APIC_LVT_ERROR, APIC_LOW);
    CHECK(apic_read(APIC_LVT_ERROR) & APIC_LVT_MASKED, "an entry can be unmasked while it is off");
    apic_self_ipi(APIC_MIDDLE);
    irq_window();
    CHECK_EQ(apic_log.count, 0);
    apic_enable();
    irq_window();
    CHECK_EQ(apic_log.count, 0);
    apic_take_now(APIC_MIDDLE);
    apic_log_stop();
}

/* ---- Trigger mode ---- */

/* With an exit: what QEMU's processor delivers twice comes before it, and so into the handler,
 * where it is passed over (guest/interrupt.h). */
static void note_with_exit(struct trap_frame *frame, void *unused)
{
    apic_note(frame, unused);
    (void)cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION);
}

HV_TEST(local_apic, a_level_interrupt_is_marked_and_comes_again, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING,
        "The EOI of one that is marked goes to the I/O APIC, which looks at its line")
{
    apic_begin();
    apic_log_start(note_with_exit);
    if (!interrupt_line_start(APIC_MIDDLE))
        test_skip("there is no I/O APIC");
    REQUIRE(apic_log_wait(1), "the line's interrupt does not come");
    CHECK(apic_is_level(APIC_MIDDLE), "it is not marked in the TMR");
    CHECK(apic_in_service(APIC_MIDDLE), "it is not in service");
    irq_window();
    CHECK_EQ(apic_log.count, 1);
    apic_eoi();
    REQUIRE(apic_log_wait(2), "the line is still asserted, and nothing comes");
    interrupt_line_stop();
    apic_drain();
    apic_take_now(APIC_MIDDLE);
    CHECK(!apic_is_level(APIC_MIDDLE), "an IPI is marked as the line's interrupt was");
    apic_eoi();
    apic_log_stop();
}
