/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The APIC's timer at clocks of many ratios, against arithmetic that loses nothing. Why: a guest
 * finds out how fast the timer runs by measuring it, and then believes that for good.
 */
#include "apic_fixture.h"

#define VECTOR   0xEC
#define ONE_SHOT VECTOR
#define PERIODIC (1u << 17 | VECTOR)
#define DIVIDE_1 0xB
#define START    UINT64_C(1000000007)

static struct hv_apic apic;

static void write_at(unsigned reg, uint64_t value, uint64_t now)
{
    hv_apic_write(&apic, reg, value, now);
}

static uint64_t count_at(uint64_t now)
{
    return apic_read_at(&apic, HV_APIC_CURRENT_COUNT, now);
}

struct clocks {
    uint64_t tsc_hz, apic_hz;
};

static const struct clocks clocks[] = {
    { 2000000000, 200000000 },
    { 1000000000, 1000000000 },
    { 2893202000, 24000000 },
    { 1000000000, 2000000000 },
    { 2100000001, 133333333 },
    { 3, 1 },
    { 1, 3 },
    { 1 << 24, 1 },
    { 1, 1 << 24 },
    { 4294967291, 4294967279 },
};

static struct hv_apic_clock clock_of(const struct clocks *hz)
{
    return (struct hv_apic_clock){
        .tsc_per_tick = hv_ratio(hz->tsc_hz, hz->apic_hz, 32),
        .ticks_per_tsc = hv_ratio(hz->apic_hz, hz->tsc_hz, 32),
        .min_period = 1,
    };
}

/* Ratios of 32 bits behind the point are that exact, and results are rounded once each way. */
static uint64_t tolerance(uint64_t value, uint64_t ratio)
{
    return 2 + (uint64_t)((unsigned __int128)value * 2 / ratio);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static void check_clock(const struct clocks *hz, uint32_t count, unsigned shift, uint32_t divide)
{
    const struct hv_apic_clock clock = clock_of(hz);
    /* All in units of 1 / apic_hz TSC ticks, which makes them whole numbers. */
    unsigned __int128 total = (unsigned __int128)hz->tsc_hz * count << shift;
    uint64_t exact = (uint64_t)((total + hz->apic_hz - 1) / hz->apic_hz), previous = UINT64_MAX;
    uint64_t period;

    apic_start(&apic, &clock);
    apic_write(&apic, HV_APIC_DIVIDE, divide);
    apic_write(&apic, HV_APIC_LVT_TIMER, ONE_SHOT);
    write_at(HV_APIC_INITIAL_COUNT, count, START);
    period = apic.timer.deadline - START;
    ck_assert_uint_le(distance(period, exact), tolerance(exact, clock.tsc_per_tick));
    for (unsigned i = 0; i <= 64; i++) {
        uint64_t passed = (uint64_t)((unsigned __int128)period * i / 64);
        unsigned __int128 left = (unsigned __int128)(period - passed) * hz->apic_hz;
        uint64_t expected = (uint64_t)(left / hz->tsc_hz >> shift);
        uint64_t seen = count_at(START + passed);
        /* One of the APIC's ticks, and what ticks there are in a tick of the TSC. */
        uint64_t allowed =
            tolerance(expected, clock.ticks_per_tsc) + (clock.ticks_per_tsc >> 32 >> shift);

        ck_assert_msg(distance(seen, expected) <= allowed,
                      "%lu/%lu count %u shift %u point %u: %lu, not %lu", (unsigned long)hz->tsc_hz,
                      (unsigned long)hz->apic_hz, count, shift, i, (unsigned long)seen,
                      (unsigned long)expected);
        ck_assert_uint_le(seen, count);
        ck_assert_uint_le(seen, previous);
        ck_assert_int_eq(seen == 0, passed == period);
        previous = seen;
    }
    ck_assert_int_eq(hv_apic_pending(&apic), VECTOR);
}

START_TEST(deadline_and_counter_are_those_of_the_clocks)
{
    static const uint32_t counts[] = {
        1, 2, 3, 7, 100, 1000, 62500, 1000003, 0x7FFFFFFF, UINT32_MAX
    };
    static const uint32_t divides[8] = { 0xB, 0x0, 0x1, 0x2, 0x3, 0x8, 0x9, 0xA };

    for (size_t c = 0; c < sizeof(clocks) / sizeof(clocks[0]); c++)
        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
            for (unsigned shift = 0; shift < 8; shift++)
                check_clock(&clocks[c], counts[i], shift, divides[shift]);
}
END_TEST

START_TEST(no_deadline_is_earlier_than_the_ratio_says)
{
    struct hv_apic_clock third = { .tsc_per_tick = hv_ratio(10, 3, 32),
                                   .ticks_per_tsc = hv_ratio(3, 10, 32),
                                   .min_period = 1 };

    apic_start(&apic, &third);
    apic_write(&apic, HV_APIC_DIVIDE, DIVIDE_1);
    for (uint32_t count = 1; count < 1000; count++) {
        write_at(HV_APIC_INITIAL_COUNT, count, START);
        ck_assert_uint_eq(apic.timer.deadline - START, (count * 10 + 2) / 3);
    }
}
END_TEST

START_TEST(a_tick_of_a_clock_faster_than_the_tsc_is_not_nothing)
{
    struct hv_apic_clock fast = { .tsc_per_tick = 1,
                                  .ticks_per_tsc = UINT64_C(1) << 63,
                                  .min_period = 0 };

    apic_start(&apic, &fast);
    apic_write(&apic, HV_APIC_DIVIDE, DIVIDE_1);
    write_at(HV_APIC_LVT_TIMER, PERIODIC, 0);
    write_at(HV_APIC_INITIAL_COUNT, 1, START);
    ck_assert_uint_eq(apic.timer.deadline, START + 1);
    hv_apic_timer_expire(&apic, START + 1);
    ck_assert_uint_eq(apic.timer.deadline, START + 2);
    ck_assert_int_eq(hv_apic_pending(&apic), VECTOR);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("clock");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, deadline_and_counter_are_those_of_the_clocks);
    tcase_add_test(tcase, no_deadline_is_earlier_than_the_ratio_says);
    tcase_add_test(tcase, a_tick_of_a_clock_faster_than_the_tsc_is_not_nothing);
    return apic_run("core_apic_clock", tcase);
}
