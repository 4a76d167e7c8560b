/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Synthetic timers. */
#include "synic_support.h"

#define TIMERS   NEEDS(NEEDS_TIMERS)
#define DIRECT   NEEDS(NEEDS_TIMERS, .features = HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS)
#define SINT     3
#define ENABLE   HV_X64_MSR_STIMER_CONFIG_ENABLE
#define PERIODIC HV_X64_MSR_STIMER_CONFIG_PERIODIC
#define AUTO     HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE

static uint64_t config_of(unsigned timer)
{
    uint64_t value = 0;

    REQUIRE_NO_FAULT(safe_rdmsr(synic_config_msr(timer), &value));
    return value;
}

HV_TEST(synthetic_timers, four_timers_keep_count_and_settings,
        COVERS(HV_REQ_TIMER_001, HV_REQ_TIMER_002, HV_REQ_TIMER_018, HV_REQ_TIMER_019), TIMERS,
        "Guests read back what they have set")
{
    const uint64_t settings = PERIODIC | HV_X64_MSR_STIMER_CONFIG_LAZY;
    uint64_t value;

    synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    for (unsigned timer = 0; timer < 4; timer++) {
        synic_timer(timer, SINT + timer, settings, 1000000 + timer);
        REQUIRE_NO_FAULT(safe_rdmsr(synic_count_msr(timer), &value));
        CHECK_EQ(value, 1000000 + timer);
        CHECK_EQ(config_of(timer), settings | (uint64_t)(SINT + timer)
                                                  << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
    }
    synic_off(NULL);
}

HV_TEST(synthetic_timers, one_shot_comes_at_its_time,
        COVERS(HV_REQ_TIMER_005, HV_REQ_TIMER_006, HV_REQ_TIMER_007, HV_REQ_TIMER_023,
               HV_REQ_SYNIC_039, HV_REQ_SYNIC_040, HV_REQ_SYNIC_041, HV_REQ_SYNIC_062),
        TIMERS, "One that is early makes a guest's clock run backwards, one that is lost stops it")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    const volatile struct hv_message *slot = &pages.messages->sint_message[SINT];
    uint64_t expiry = synic_now() + 2 * SYNIC_MS;

    irq_enable();
    synic_timer(1, SINT, ENABLE, expiry);
    CHECK(synic_wait_message(&pages, SINT), "no message");
    CHECK(synic_now() >= expiry, "the message is early");
    CHECK(synic_wait_interrupts(1), "no interrupt");
    irq_disable();
    CHECK_EQ(slot->header.message_type, HvMessageTimerExpired);
    CHECK_EQ(slot->header.payload_size, sizeof(struct hv_timer_message_payload));
    CHECK_EQ(slot->header.reserved, 0);
    CHECK_EQ(hv_interrupt_count(), 1);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, distant_one_shots_come_too, COVERS(HV_REQ_TIMER_007), TIMERS,
        "Much can happen until then: the guest may have been moved to another machine")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    const volatile struct hv_timer_message_payload *payload = synic_payload(&pages, SINT);
    uint64_t begin = synic_now();

    irq_enable();
    for (unsigned timer = 0; timer < 4; timer++)
        synic_timer(timer, SINT, ENABLE, begin + (timer + 2) * 40 * SYNIC_MS);
    for (unsigned timer = 0; timer < 4; timer++) {
        REQUIRE(synic_wait_message(&pages, SINT), "no message of timer %u", timer);
        CHECK_EQ(payload->timer_index, timer);
        CHECK_EQ(payload->expiration_time, begin + (timer + 2) * 40 * SYNIC_MS);
        CHECK(synic_now() >= payload->expiration_time, "timer %u is early", timer);
        synic_empty(&pages, SINT);
    }
    irq_disable();
    synic_off(NULL);
}

HV_TEST(synthetic_timers, message_says_which_timer_and_when,
        COVERS(HV_REQ_TIMER_024, HV_REQ_TIMER_025, HV_REQ_TIMER_026, HV_REQ_SYNIC_045), TIMERS,
        "Several timers may share a source")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    const volatile struct hv_timer_message_payload *payload = synic_payload(&pages, SINT);

    for (unsigned timer = 0; timer < 4; timer++) {
        uint64_t expiry = synic_now() + SYNIC_MS;

        synic_timer(timer, SINT, ENABLE, expiry);
        REQUIRE(synic_wait_message(&pages, SINT), "no message of timer %u", timer);
        CHECK_EQ(payload->timer_index, timer);
        CHECK_EQ(payload->reserved, 0);
        CHECK_EQ(payload->expiration_time, expiry);
        CHECK(payload->delivery_time >= expiry, "delivered before it expired");
        CHECK(payload->delivery_time <= synic_now(), "delivered in the future");
        CHECK_EQ(pages.messages->sint_message[SINT].header.origination_id, 0);
        synic_empty(&pages, SINT);
    }
    synic_off(NULL);
}

HV_TEST(synthetic_timers, one_shot_disables_itself, COVERS(HV_REQ_TIMER_009), TIMERS,
        "The guest sees by the bit that it can be set again")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint64_t expiry = synic_now() + 50 * SYNIC_MS, armed;

    irq_enable();
    synic_timer(0, SINT, ENABLE, expiry);
    armed = config_of(0) & ENABLE;
    if (synic_now() >= expiry)
        test_skip("this CPU was kept from running for 50 ms");
    CHECK_EQ(armed, ENABLE);
    REQUIRE(synic_wait_message(&pages, SINT), "no message");
    CHECK_EQ(config_of(0) & ENABLE, 0);
    synic_empty(&pages, SINT);
    udelay(SYNIC_QUIET);
    CHECK_EQ(pages.messages->sint_message[SINT].header.message_type, HvMessageTypeNone);
    irq_disable();
    synic_off(NULL);
}

HV_TEST(synthetic_timers, one_shot_in_the_past_comes_at_once, COVERS(HV_REQ_TIMER_008), TIMERS,
        "A guest may be late when it sets the timer")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);

    synic_timer(0, SINT, ENABLE, 1);
    CHECK(synic_wait_message(&pages, SINT), "no message");
    CHECK_EQ(synic_payload(&pages, SINT)->expiration_time, 1);
    synic_off(NULL);
}

/* KVM loses ticks, and others drift: an expiration must lie on the grid of the first, also when the
   guest has been late. */
HV_TEST(synthetic_timers, periodic_timer_keeps_its_grid, COVERS(HV_REQ_TIMER_010, HV_REQ_TIMER_011),
        TIMERS, "Clocks are made of its ticks")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    const volatile struct hv_timer_message_payload *payload = synic_payload(&pages, SINT);
    const uint64_t period = 5 * SYNIC_MS;
    uint64_t before = synic_now(), first = 0, last = 0;

    irq_enable();
    synic_timer(0, SINT, ENABLE | PERIODIC, period);
    for (unsigned tick = 0; tick < 10; tick++) {
        REQUIRE(synic_wait_message(&pages, SINT), "no tick %u", tick);
        if (tick == 0) {
            first = payload->expiration_time;
            CHECK(first >= before + period, "the first tick is early");
        } else {
            CHECK(payload->expiration_time > last, "a tick comes twice");
            CHECK_EQ((payload->expiration_time - first) % period, 0);
        }
        CHECK(payload->delivery_time >= payload->expiration_time, "a tick is early");
        last = payload->expiration_time;
        if (tick == 4)
            udelay(12500);
        synic_empty(&pages, SINT);
    }
    CHECK_EQ(config_of(0) & ENABLE, ENABLE);
    irq_disable();
    synic_off(NULL);
}

HV_TEST(synthetic_timers, disabled_timer_stops, COVERS(HV_REQ_TIMER_010), TIMERS,
        "A tick after the guest has stopped its clock finds nobody")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);

    synic_timer(0, SINT, ENABLE | PERIODIC, SYNIC_MS);
    REQUIRE(synic_wait_message(&pages, SINT), "no tick");
    REQUIRE_NO_FAULT(safe_wrmsr(synic_config_msr(0), 0));
    synic_empty(&pages, SINT);
    /* One may have been under way. */
    udelay(2000);
    synic_empty(&pages, SINT);
    udelay(SYNIC_QUIET);
    CHECK_EQ(pages.messages->sint_message[SINT].header.message_type, HvMessageTypeNone);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, auto_enable_starts_with_the_count, COVERS(HV_REQ_TIMER_012), TIMERS,
        "One write arms the timer instead of two")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    uint64_t expiry, armed;

    REQUIRE_NO_FAULT(safe_wrmsr(synic_config_msr(0),
                                AUTO | (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT));
    CHECK_EQ(config_of(0) & ENABLE, 0);
    expiry = synic_now() + 50 * SYNIC_MS;
    REQUIRE_NO_FAULT(safe_wrmsr(synic_count_msr(0), expiry));
    armed = config_of(0) & ENABLE;
    if (synic_now() >= expiry)
        test_skip("this CPU was kept from running for 50 ms");
    CHECK_EQ(armed, ENABLE);
    CHECK(synic_wait_message(&pages, SINT), "no message");
    synic_off(NULL);
}

HV_TEST(synthetic_timers, count_alone_starts_nothing, COVERS(HV_REQ_TIMER_013), TIMERS,
        "Without AutoEnable the guest decides when")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);

    REQUIRE_NO_FAULT(
        safe_wrmsr(synic_config_msr(0), (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT));
    REQUIRE_NO_FAULT(safe_wrmsr(synic_count_msr(0), synic_now() + SYNIC_MS));
    CHECK_EQ(config_of(0) & ENABLE, 0);
    udelay(SYNIC_QUIET);
    CHECK_EQ(pages.messages->sint_message[SINT].header.message_type, HvMessageTypeNone);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, count_of_zero_stops, COVERS(HV_REQ_TIMER_014), TIMERS,
        "It is how a guest that uses AutoEnable stops its timer")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    uint64_t expiry = synic_now() + 50 * SYNIC_MS;

    synic_timer(0, SINT, ENABLE | AUTO, expiry);
    REQUIRE_NO_FAULT(safe_wrmsr(synic_count_msr(0), 0));
    CHECK_EQ(config_of(0) & ENABLE, 0);
    if (synic_now() >= expiry)
        test_skip("this CPU was kept from running for 50 ms");
    udelay(50000 + SYNIC_QUIET);
    CHECK_EQ(pages.messages->sint_message[SINT].header.message_type, HvMessageTypeNone);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, sint_zero_disables_at_once, COVERS(HV_REQ_TIMER_015, HV_REQ_SYNIC_022),
        TIMERS, "SINT 0 is the hypervisor's own")
{
    synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    synic_timer(0, 0, ENABLE, synic_now() + 50 * SYNIC_MS);
    CHECK_EQ(config_of(0) & ENABLE, 0);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, direct_mode_interrupts_without_message_or_synic,
        COVERS(HV_REQ_TIMER_016, HV_REQ_TIMER_021, HV_REQ_TIMER_022), DIRECT,
        "Linux uses it, and has no message to handle")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    uint64_t expiry;

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, 0));
    irq_enable();
    expiry = synic_now() + 2 * SYNIC_MS;
    synic_timer(0, 0, ENABLE | synic_direct_bits(), expiry);
    CHECK(synic_wait_interrupts(1), "no interrupt");
    CHECK(synic_now() >= expiry, "the interrupt is early");
    irq_disable();
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        CHECK_EQ(pages.messages->sint_message[i].header.message_type, HvMessageTypeNone);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, direct_periodic_timer_ticks, COVERS(HV_REQ_TIMER_010, HV_REQ_TIMER_021),
        DIRECT, "A clock without messages")
{
    synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    irq_enable();
    synic_timer(2, 0, ENABLE | PERIODIC | synic_direct_bits(), 2 * SYNIC_MS);
    CHECK(synic_wait_interrupts(5), "%u ticks of 5 came", hv_interrupt_count());
    irq_disable();
    synic_off(NULL);
}

/* An implementation once dropped what expired before the page was there (openvmm#4029, #4016). */
HV_TEST(synthetic_timers, nothing_is_written_while_the_page_is_off, COVERS(HV_REQ_TIMER_028),
        TIMERS, "A page that is off is the guest's own memory")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, 0));
    hv_count_interrupts(SYNIC_VECTOR);
    irq_enable();
    synic_timer(0, SINT, ENABLE, 1);
    udelay(SYNIC_QUIET);
    irq_disable();
    CHECK_EQ(hv_interrupt_count(), 0);
    CHECK_EQ(pages.messages->sint_message[SINT].header.message_type, HvMessageTypeNone);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, masked_sint_gets_its_message_without_interrupt,
        COVERS(HV_REQ_TIMER_029, HV_REQ_SYNIC_024), TIMERS,
        "A guest may poll the slot, and one message is one event")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);

    irq_enable();
    synic_timer(0, SINT, ENABLE, 1);
    CHECK(synic_wait_message(&pages, SINT), "no message");
    CHECK_EQ(config_of(0) & ENABLE, 0);
    synic_empty(&pages, SINT);
    udelay(SYNIC_QUIET);
    CHECK_EQ(pages.messages->sint_message[SINT].header.message_type, HvMessageTypeNone);
    REQUIRE_NO_FAULT(safe_wrmsr(synic_sint_msr(SINT), SYNIC_VECTOR));
    udelay(SYNIC_QUIET);
    irq_disable();
    CHECK_EQ(hv_interrupt_count(), 0);
    synic_off(NULL);
}

/* Xen never sets MessagePending. */
HV_TEST(synthetic_timers, message_waits_for_a_full_slot,
        COVERS(HV_REQ_TIMER_027, HV_REQ_SYNIC_014, HV_REQ_SYNIC_042, HV_REQ_SYNIC_043,
               HV_REQ_SYNIC_044, HV_REQ_SYNIC_046, HV_REQ_SYNIC_047),
        TIMERS, "A message that is written over is lost")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    volatile struct hv_message *slot = &pages.messages->sint_message[SINT];

    slot->header.message_type = 0x1234;
    slot->payload[0] = UINT64_C(0xfeedface);
    synic_timer(0, SINT, ENABLE, 1);
    synic_wait_pending(&pages, SINT);
    CHECK_EQ(slot->header.message_type, 0x1234);
    CHECK_EQ(slot->payload[0], UINT64_C(0xfeedface));
    synic_empty(&pages, SINT);
    CHECK(synic_wait_message(&pages, SINT), "the message does not come after EOM");
    CHECK_EQ(slot->header.message_type, HvMessageTimerExpired);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, eom_brings_an_interrupt, COVERS(HV_REQ_SYNIC_015, HV_REQ_SYNIC_052),
        TIMERS, "The guest waits for one with each message")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);

    pages.messages->sint_message[SINT].header.message_type = 0x1234;
    irq_enable();
    synic_timer(0, SINT, ENABLE, 1);
    synic_wait_pending(&pages, SINT);
    CHECK_EQ(hv_interrupt_count(), 0);
    synic_empty(&pages, SINT);
    CHECK(synic_wait_interrupts(1), "no interrupt");
    irq_disable();
    synic_off(NULL);
}

HV_TEST(synthetic_timers, timers_on_one_sint_lose_nothing,
        COVERS(HV_REQ_TIMER_035, HV_REQ_TIMER_030), TIMERS,
        "Four messages wait for one slot, and each has room of its own")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t seen = 0;

    irq_enable();
    for (unsigned timer = 0; timer < 4; timer++)
        synic_timer(timer, SINT, ENABLE, 1);
    for (unsigned i = 0; i < 4; i++) {
        REQUIRE(synic_wait_message(&pages, SINT), "only timers 0x%x came", seen);
        CHECK(!(seen & 1u << synic_payload(&pages, SINT)->timer_index), "a message comes twice");
        seen |= 1u << synic_payload(&pages, SINT)->timer_index;
        synic_empty(&pages, SINT);
    }
    CHECK_EQ(seen, 0xf);
    irq_disable();
    synic_off(NULL);
}

static struct synic_pages other_pages;

static void set_other_timer(void *arg)
{
    safe_wrmsr(HV_X64_MSR_SIMP, other_pages.message_gpa | HV_X64_MSR_PAGE_ENABLE);
    safe_wrmsr(synic_sint_msr(SINT), SYNIC_VECTOR | HV_X64_MSR_SINT_MASKED);
    safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    safe_wrmsr(synic_count_msr(0), *(uint64_t *)arg);
    safe_wrmsr(synic_config_msr(0),
               ENABLE | (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
}

HV_TEST(synthetic_timers, timers_are_per_vp, COVERS(HV_REQ_TIMER_004),
        NEEDS(NEEDS_TIMERS, .vps = 2), "A message must reach the VP that waits for it")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    uint64_t expiry = synic_now() + SYNIC_MS;

    other_pages = synic_pages();
    smp_call(1, set_other_timer, &expiry);
    CHECK(synic_wait_message(&other_pages, SINT), "no message on VP 1");
    udelay(SYNIC_QUIET);
    CHECK_EQ(pages.messages->sint_message[SINT].header.message_type, HvMessageTypeNone);
    CHECK_EQ(config_of(0), 0);
    smp_call(1, synic_off, NULL);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, timer_wakes_a_halted_vp, COVERS(HV_REQ_TIMER_036), TIMERS,
        "An idle guest sleeps until its next timer")
{
    uint64_t expiry;

    synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    expiry = synic_now() + 5 * SYNIC_MS;
    synic_timer(0, SINT, ENABLE, expiry);
    while (hv_interrupt_count() == 0) {
        irq_enable_and_halt();
        irq_disable();
    }
    CHECK(synic_now() >= expiry, "it woke early");
    CHECK_EQ(hv_interrupt_count(), 1);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, settings_survive_a_handler_that_sets_the_timer_again,
        COVERS(HV_REQ_TIMER_007, HV_REQ_TIMER_012), TIMERS,
        "Tickless guests set the next one-shot when the last has come")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);

    REQUIRE_NO_FAULT(safe_wrmsr(synic_config_msr(0),
                                AUTO | (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT));
    for (unsigned i = 0; i < 20; i++) {
        uint64_t expiry = synic_now() + 2000;

        REQUIRE_NO_FAULT(safe_wrmsr(synic_count_msr(0), expiry));
        REQUIRE(synic_wait_message(&pages, SINT), "no message %u", i);
        CHECK_EQ(synic_payload(&pages, SINT)->expiration_time, expiry);
        synic_empty(&pages, SINT);
    }
    synic_off(NULL);
}

HV_CHARACTERIZE(synthetic_timers, enabling_with_a_count_of_zero, COVERS(HV_REQ_GAP_210), TIMERS,
                "The TLFS says what a count of zero does, not what comes of enabling it")
{
    synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    synic_timer(0, SINT, ENABLE, 0);
    OBSERVE("enable", "%s", config_of(0) & ENABLE ? "set" : "clear");
    synic_off(NULL);
}

HV_CHARACTERIZE(synthetic_timers, count_of_a_running_timer, COVERS(HV_REQ_GAP_211), TIMERS,
                "Without AutoEnable the TLFS does not say what becomes of it")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);

    synic_timer(0, SINT, ENABLE, synic_now() + 1000 * SYNIC_MS);
    REQUIRE_NO_FAULT(safe_wrmsr(synic_count_msr(0), synic_now() + SYNIC_MS));
    OBSERVE("enable", "%s", config_of(0) & ENABLE ? "set" : "clear");
    udelay(SYNIC_QUIET);
    OBSERVE("message", "%s",
            pages.messages->sint_message[SINT].header.message_type ? "comes" : "does not come");
    synic_off(NULL);
}

HV_CHARACTERIZE(synthetic_timers, enable_while_the_message_waits, COVERS(HV_REQ_GAP_213), TIMERS,
                "The timer has expired, and its message not arrived")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);

    pages.messages->sint_message[SINT].header.message_type = 0x1234;
    synic_timer(0, SINT, ENABLE, 1);
    udelay(SYNIC_QUIET);
    OBSERVE("enable", "%s", config_of(0) & ENABLE ? "set" : "clear");
    synic_off(NULL);
}

HV_CHARACTERIZE(synthetic_timers, message_for_a_controller_that_is_off, COVERS(HV_REQ_GAP_215),
                TIMERS, "Dropped, or kept until SCONTROL is set")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, 0));
    synic_timer(0, SINT, ENABLE, 1);
    udelay(SYNIC_QUIET);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE));
    udelay(SYNIC_QUIET);
    OBSERVE("message", "%s",
            pages.messages->sint_message[SINT].header.message_type ? "kept" : "dropped");
    synic_off(NULL);
}
