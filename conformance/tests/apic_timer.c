/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The local APIC's timer: the modes, the counter, and the interrupt (SDM vol. 3, "APIC Timer"). */
#include "apic_support.h"

#define VECTOR       APIC_MIDDLE
#define DEADLINE     (2u << 17)
#define DEADLINE_MSR 0x6e0u
#define HAS_DEADLINE (1u << 24) /* CPUID leaf 1 ECX */
#define DIVIDE_BY_1  0xbu
#define PERIOD       2000        /* microseconds */
#define LONG         0xf0000000u /* ticks: seconds, at least */

static void begin_timer(void)
{
    apic_begin();
    apic_log_start(apic_note_and_end);
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
}

static void end_timer(void)
{
    irq_disable();
    apic_timer_stop();
    apic_drain();
    apic_log_stop();
}

/* ---- The counter ---- */

HV_TEST(local_apic, the_counter_runs_down_from_the_initial_count, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING, "It is a clock to who reads it")
{
    uint32_t last = LONG;

    begin_timer();
    apic_timer_oneshot(VECTOR, LONG);
    CHECK_EQ(apic_read(APIC_TIMER_INITIAL), LONG);
    for (unsigned i = 0; i < 100; i++) {
        uint32_t count = apic_read(APIC_TIMER_CURRENT);

        CHECK(count != 0 && count <= last, "the count was 0x%x, then 0x%x", last, count);
        last = count;
    }
    CHECK(last < LONG, "it does not run");
    apic_write(APIC_TIMER_CURRENT, 1);
    CHECK(apic_read(APIC_TIMER_CURRENT) > 1, "the current count can be written");
    apic_write(APIC_TIMER_INITIAL, 0);
    CHECK_EQ(apic_read(APIC_TIMER_CURRENT), 0);
    irq_window();
    CHECK_EQ(apic_log.count, 0);
    end_timer();
}

/* How many ticks pass in a number of TSC ticks: at least and at most, whatever delays the reads. */
struct rate {
    uint64_t ticks, least_tsc, most_tsc;
};

static struct rate measure(uint32_t divide)
{
    uint64_t before, began, ended, after;
    uint32_t first, last;

    apic_write(APIC_TIMER_DIVIDE, divide);
    apic_timer_stop();
    apic_write(APIC_TIMER_INITIAL, LONG);
    before = rdtsc_ordered();
    first = apic_read(APIC_TIMER_CURRENT);
    began = rdtsc_ordered();
    udelay(4000);
    ended = rdtsc_ordered();
    last = apic_read(APIC_TIMER_CURRENT);
    after = rdtsc_ordered();
    apic_timer_stop();
    return (struct rate){ .ticks = first - last,
                          .least_tsc = ended - began,
                          .most_tsc = after - before };
}

/* One tick less or more is within what a counter shows, and the clocks may drift by 1%. */
static bool agree(const struct rate *whole, const struct rate *divided, unsigned by)
{
    uint64_t least = (divided->ticks ? divided->ticks - 1 : 0) * by * 100;
    uint64_t most = (divided->ticks + 1) * by * 100;

    return least / divided->most_tsc * 99 / 100 <=
               (whole->ticks + 1) * 100 / whole->least_tsc + 1 &&
           (most / divided->least_tsc + 1) * 101 / 100 + 1 >= whole->ticks * 100 / whole->most_tsc;
}

HV_TEST(local_apic, the_divide_register_slows_the_counter, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "By 1 to 128: the encoding is not in order")
{
    static const uint8_t encodings[] = { 0xb, 0x0, 0x1, 0x2, 0x3, 0x8, 0x9, 0xa };
    struct rate whole;

    begin_timer();
    whole = measure(encodings[0]);
    for (unsigned i = 1; i < sizeof(encodings); i++) {
        struct rate divided = measure(encodings[i]);

        CHECK_EQ(apic_read(APIC_TIMER_DIVIDE), encodings[i]);
        CHECK(agree(&whole, &divided, 1u << i),
              "divided by %u: %llu ticks in %llu of the TSC; undivided %llu in %llu", 1u << i,
              (unsigned long long)divided.ticks, (unsigned long long)divided.most_tsc,
              (unsigned long long)whole.ticks, (unsigned long long)whole.most_tsc);
    }
    end_timer();
}

/* ---- One shot and periodic ---- */

/* A count for about that long. */
static uint32_t ticks_for(const struct rate *rate, uint64_t microseconds)
{
    return (uint32_t)(rate->ticks * tsc_from_us(microseconds) / rate->most_tsc);
}

/* How long it takes at the very least, in TSC ticks; the clocks may drift by 2%. */
static uint64_t shortest(const struct rate *rate, uint32_t count)
{
    return count * rate->least_tsc / rate->ticks * 98 / 100;
}

HV_TEST(local_apic, a_one_shot_timer_fires_once, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Not before its count is over, and not again")
{
    struct rate rate;
    uint64_t start, least;
    uint32_t count;

    begin_timer();
    rate = measure(DIVIDE_BY_1);
    count = ticks_for(&rate, PERIOD);
    least = shortest(&rate, count);
    start = rdtsc_ordered();
    apic_timer_oneshot(VECTOR, count);
    REQUIRE(apic_log_wait(1), "it does not fire");
    CHECK(rdtsc_ordered() - start >= least, "it is early: %llu of %llu",
          (unsigned long long)(rdtsc_ordered() - start), (unsigned long long)least);
    CHECK_EQ(apic_read(APIC_TIMER_CURRENT), 0);
    CHECK_EQ(apic_read(APIC_TIMER_INITIAL), count);
    irq_enable();
    udelay(3 * PERIOD);
    irq_disable();
    CHECK_EQ(apic_log.count, 1);
    apic_write(APIC_TIMER_INITIAL, 1000);
    REQUIRE(apic_log_wait(2), "it does not fire when it is started again");
    end_timer();
}

HV_TEST(local_apic, a_periodic_timer_fires_until_it_is_stopped, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING, "The tick of a system without anything better")
{
    uint64_t start, elapsed;
    struct rate rate;
    uint32_t count;

    begin_timer();
    rate = measure(DIVIDE_BY_1);
    count = ticks_for(&rate, PERIOD);
    start = rdtsc_ordered();
    apic_timer_periodic(VECTOR, count);
    REQUIRE(apic_log_wait(6), "%u of 6 ticks have come", apic_log.count);
    elapsed = rdtsc_ordered() - start;
    CHECK(elapsed >= 6 * shortest(&rate, count), "6 ticks are early: %llu",
          (unsigned long long)elapsed);
    CHECK(apic_read(APIC_TIMER_CURRENT) <= count, "the count is above its start");
    apic_write(APIC_TIMER_INITIAL, 0);
    apic_drain();
    count = apic_log.count;
    irq_enable();
    udelay(3 * PERIOD);
    irq_disable();
    CHECK_EQ(apic_log.count, count);
    end_timer();
}

HV_TEST(local_apic, a_masked_timer_counts_and_does_not_fire, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Calibration runs it so")
{
    begin_timer();
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR);
    apic_write(APIC_TIMER_INITIAL, 10000);
    for (uint64_t start = rdtsc(); apic_read(APIC_TIMER_CURRENT) != 0;)
        if (tsc_to_us(rdtsc() - start) > APIC_WAIT)
            break;
    CHECK_EQ(apic_read(APIC_TIMER_CURRENT), 0);
    irq_enable();
    udelay(APIC_QUIET);
    irq_disable();
    CHECK_EQ(apic_log.count, 0);
    end_timer();
}

HV_TEST(local_apic, unmasking_the_timer_brings_nothing_of_the_past, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING, "What expired while it was masked is gone")
{
    begin_timer();
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR);
    apic_write(APIC_TIMER_INITIAL, 1000);
    udelay(5 * APIC_QUIET);
    apic_write(APIC_LVT_TIMER, VECTOR);
    irq_window();
    udelay(APIC_QUIET);
    irq_window();
    CHECK_EQ(apic_log.count, 0);
    end_timer();
}

/* ---- TSC deadline ---- */

/* Whether the mode is there. Where it is not announced the register is not there, or reads zero. */
static bool begin_deadline(void)
{
    uint64_t value;
    struct fault fault;

    begin_timer();
    if ((cpuid(1).ecx & HAS_DEADLINE) == 0) {
        fault = safe_rdmsr(DEADLINE_MSR, &value);
        CHECK(fault.raised ? fault.vector == VECTOR_GP : value == 0, "it reads 0x%llx",
              (unsigned long long)value);
        end_timer();
        return false;
    }
    apic_write(APIC_LVT_TIMER, DEADLINE | VECTOR);
    __asm__ volatile("mfence" ::: "memory");
    return true;
}

HV_TEST(local_apic, a_deadline_fires_once_and_not_before, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Where CPUID announces it, it is the timer that Linux prefers")
{
    uint64_t deadline, value = 0;

    if (!begin_deadline())
        return;
    deadline = rdtsc_ordered() + tsc_from_us(20000);
    wrmsr(DEADLINE_MSR, deadline);
    value = rdmsr(DEADLINE_MSR);
    CHECK(value == deadline || (value == 0 && rdtsc_ordered() >= deadline), "0x%llx reads 0x%llx",
          (unsigned long long)deadline, (unsigned long long)value);
    REQUIRE(apic_log_wait(1), "it does not fire");
    CHECK(rdtsc_ordered() >= deadline, "it is early");
    CHECK_EQ(rdmsr(DEADLINE_MSR), 0);
    irq_enable();
    udelay(APIC_QUIET);
    irq_disable();
    CHECK_EQ(apic_log.count, 1);
    wrmsr(DEADLINE_MSR, 1);
    REQUIRE(apic_log_wait(2), "one in the past does not fire");
    end_timer();
}

HV_TEST(local_apic, a_deadline_is_disarmed_by_zero_and_by_another_mode, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING, "A timer that can't be stopped interrupts whoever comes next")
{
    if (!begin_deadline())
        return;
    wrmsr(DEADLINE_MSR, rdtsc_ordered() + tsc_from_us(3000));
    wrmsr(DEADLINE_MSR, 0);
    CHECK_EQ(rdmsr(DEADLINE_MSR), 0);
    apic_write(APIC_TIMER_INITIAL, 1000);
    CHECK_EQ(apic_read(APIC_TIMER_CURRENT), 0);
    wrmsr(DEADLINE_MSR, rdtsc_ordered() + tsc_from_us(3000));
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR);
    apic_write(APIC_LVT_TIMER, VECTOR);
    apic_drain();
    apic_log.count = 0;
    wrmsr(DEADLINE_MSR, rdtsc_ordered() + 1);
    CHECK_EQ(rdmsr(DEADLINE_MSR), 0);
    irq_enable();
    udelay(3 * APIC_QUIET);
    irq_disable();
    CHECK_EQ(apic_log.count, 0);
    end_timer();
}
