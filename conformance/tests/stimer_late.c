/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Timers whose guest is late, asks for too much, or changes its mind. */
#include "synic_support.h"

#define TIMERS   NEEDS(NEEDS_TIMERS)
#define DIRECT   NEEDS(NEEDS_TIMERS, .features = HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS)
#define SINT     3
#define ENABLE   HV_X64_MSR_STIMER_CONFIG_ENABLE
#define PERIODIC HV_X64_MSR_STIMER_CONFIG_PERIODIC
#define LAZY     HV_X64_MSR_STIMER_CONFIG_LAZY
#define PERIOD   (20 * SYNIC_MS)
#define MISSED   15           /* periods */
#define MANY     (4 * MISSED) /* ticks, after which nothing new is to be seen */

/* What came of a timer whose slot was full for MISSED periods. */
struct late_ticks {
    uint64_t begin, emptied; /* when it started, and when the slot was emptied */
    unsigned count;          /* ticks until one came in time, or MANY */
    bool shortened, skipped; /* two came faster than the period; two were further apart */
    uint64_t second;         /* expiration of the first one that had not waited in the queue */
};

/* One tick behind an earlier one; @return whether it came in time. */
static bool take_tick(const struct synic_pages *pages, struct late_ticks *late,
                      struct hv_timer_message_payload *before)
{
    struct hv_timer_message_payload tick;

    REQUIRE(synic_wait_message(pages, SINT), "no tick after %u", late->count);
    tick = *synic_payload(pages, SINT);
    CHECK(tick.expiration_time > before->expiration_time, "a tick comes twice");
    CHECK(tick.delivery_time >= tick.expiration_time, "a tick is early");
    if (late->count == 1)
        late->second = tick.expiration_time;
    /* KVM drops what finds the slot full: the first tick to be seen is one of the present. */
    if (late->count == 0) {
        late->skipped = tick.expiration_time > late->begin + 2 * PERIOD;
    } else {
        late->shortened |= tick.delivery_time - before->delivery_time < PERIOD;
        late->skipped |= tick.expiration_time - before->expiration_time > PERIOD;
    }
    late->count++;
    *before = tick;
    synic_empty(pages, SINT);
    return synic_now() < tick.expiration_time + PERIOD;
}

static struct late_ticks be_late(uint64_t bits)
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    struct hv_timer_message_payload before = { 0 };
    struct late_ticks late = { .begin = synic_now() };

    pages.messages->sint_message[SINT].header.message_type = 0x1234;
    synic_timer(0, SINT, ENABLE | PERIODIC | bits, PERIOD);
    udelay((uint32_t)(MISSED * PERIOD / 10));
    irq_enable();
    late.emptied = synic_now();
    synic_empty(&pages, SINT);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
    while (!take_tick(&pages, &late, &before) || late.count < 2)
        if (late.count == MANY)
            break;
    CHECK(late.count <= (synic_now() - late.begin) / PERIOD, "%u ticks are more than there were",
          late.count);
    irq_disable();
    synic_off(NULL);
    return late;
}

HV_TEST(synthetic_timers, late_ticks_are_caught_up_or_skipped,
        COVERS(HV_REQ_TIMER_031, HV_REQ_TIMER_032), TIMERS,
        "A clock that counts ticks has to come right again, and not be flooded")
{
    struct late_ticks late = be_late(0);

    CHECK(late.shortened || late.skipped, "the timer stays behind");
    OBSERVE("ticks-given-late", "%u of %u", late.count, MISSED);
}

HV_TEST(synthetic_timers, a_lazy_timer_does_not_catch_up, COVERS(HV_REQ_TIMER_033), TIMERS,
        "A guest asks for it since old ticks are of no use to it")
{
    struct late_ticks late = be_late(LAZY);

    CHECK(late.second > late.emptied, "an old tick comes");
}

HV_TEST(synthetic_timers, timers_need_no_order, COVERS(HV_REQ_TIMER_034), TIMERS,
        "They may expire in another order than they were set, none of them early")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint64_t begin = synic_now();
    unsigned seen = 0;

    irq_enable();
    for (unsigned timer = 0; timer < HV_SYNIC_STIMER_COUNT; timer++)
        synic_timer(timer, SINT, ENABLE, begin + (8 - timer) * 5 * SYNIC_MS);
    for (unsigned i = 0; i < HV_SYNIC_STIMER_COUNT; i++) {
        const volatile struct hv_timer_message_payload *payload = synic_payload(&pages, SINT);
        uint32_t timer;

        REQUIRE(synic_wait_message(&pages, SINT), "only timers 0x%x came", seen);
        timer = payload->timer_index;
        REQUIRE(timer < HV_SYNIC_STIMER_COUNT, "timer %u", timer);
        CHECK_EQ(payload->expiration_time, begin + (8 - timer) * 5 * SYNIC_MS);
        CHECK(payload->delivery_time >= payload->expiration_time, "timer %u is early", timer);
        seen |= 1u << timer;
        synic_empty(&pages, SINT);
    }
    irq_disable();
    CHECK_EQ(seen, 0xf);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, the_end_of_time_does_not_come, COVERS(HV_REQ_TIMER_020), TIMERS,
        "A guest that wants a timer never to expire sets it as far away as it can")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    static const uint64_t counts[] = { UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 63 };

    irq_enable();
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        for (unsigned periodic = 0; periodic < 2; periodic++) {
            synic_timer(0, SINT, ENABLE | (periodic ? PERIODIC : 0), counts[i]);
            udelay(SYNIC_QUIET);
            CHECK_EQ(pages.messages->sint_message[SINT].header.message_type, HvMessageTypeNone);
            REQUIRE_NO_FAULT(safe_wrmsr(synic_config_msr(0), 0));
        }
    CHECK_EQ(hv_interrupt_count(), 0);
    synic_timer(0, SINT, ENABLE, synic_now() + SYNIC_MS);
    CHECK(synic_wait_message(&pages, SINT), "it does not work any more");
    irq_disable();
    synic_empty(&pages, SINT);
    synic_off(NULL);
}

HV_TEST(synthetic_timers, changing_a_running_timer_harms_nobody, COVERS(HV_REQ_TIMER_017), TIMERS,
        "What it does then is undefined; that it works again when set anew is not")
{
    struct synic_pages pages = synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    static const uint64_t changes[] = { 0, PERIODIC, LAZY, PERIODIC | LAZY,
                                        HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE };
    uint64_t expiry;

    for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        synic_timer(0, SINT, ENABLE | PERIODIC, 2 * SYNIC_MS);
        CHECK_NO_FAULT(safe_wrmsr(
            synic_config_msr(0),
            ENABLE | changes[i] | (uint64_t)(SINT + 1) << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT));
        udelay(3000);
        REQUIRE_NO_FAULT(safe_wrmsr(synic_config_msr(0), 0));
    }
    REQUIRE_NO_FAULT(safe_wrmsr(synic_count_msr(0), 0));
    for (unsigned sint = SINT; sint <= SINT + 1; sint++)
        pages.messages->sint_message[sint].header.message_type = HvMessageTypeNone;
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
    udelay(SYNIC_QUIET);
    for (unsigned sint = SINT; sint <= SINT + 1; sint++)
        pages.messages->sint_message[sint].header.message_type = HvMessageTypeNone;
    expiry = synic_now() + SYNIC_MS;
    synic_timer(0, SINT, ENABLE, expiry);
    REQUIRE(synic_wait_message(&pages, SINT), "no message");
    CHECK_EQ(synic_payload(&pages, SINT)->expiration_time, expiry);
    synic_empty(&pages, SINT);
    synic_off(NULL);
}

#define STORM 5 /* ticks */

static volatile uint32_t storm_ticks;

/* The guest need not get to anything but its handler. */
static void end_storm(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    if (++storm_ticks == STORM)
        safe_wrmsr(synic_config_msr(0), 0);
    apic_eoi();
}

/* A guest that woke from hibernation once asked for ticks without end, and the host was busy with
   nothing else (LKML, graf, 2026-01-15). */
HV_TEST(synthetic_timers, a_storm_can_be_ended, COVERS(HV_REQ_TIMER_010, HV_REQ_TIMER_032), DIRECT,
        "A period that no machine can keep is the guest's mistake, which it must be able to mend")
{
    static const uint64_t periods[] = { 1, 2, 10 };

    synic_on(SINT, HV_X64_MSR_SINT_MASKED);
    register_interrupt(SYNIC_VECTOR, end_storm, NULL);
    for (unsigned i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        uint64_t begin = synic_now(), end = rdtsc() + tsc_from_us(SYNIC_WAIT);

        storm_ticks = 0;
        irq_enable();
        synic_timer(0, 0, ENABLE | PERIODIC | synic_direct_bits(), periods[i]);
        while (storm_ticks < STORM && rdtsc() < end)
            cpu_pause();
        CHECK(storm_ticks >= STORM, "only %u ticks", storm_ticks);
        CHECK(storm_ticks <= (synic_now() - begin) / periods[i], "more ticks than there were");
        udelay(SYNIC_QUIET);
        irq_disable();
        CHECK(storm_ticks <= STORM + 1, "%u ticks after the end", storm_ticks - STORM);
        REQUIRE_NO_FAULT(safe_wrmsr(synic_config_msr(0), 0));
    }
    synic_off(NULL);
}
