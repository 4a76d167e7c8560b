/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The APIC's timer, against arithmetic that loses nothing. Source: Intel SDM, volume 3A, "APIC
 * Timer". Why: a timer that comes early breaks a guest's clock, one that is lost hangs it.
 */
#include "apic_fixture.h"

#define VECTOR   0xEC
#define PERIODIC (1u << 17 | VECTOR)
#define DEADLINE (2u << 17 | VECTOR)
#define RESERVED (3u << 17 | VECTOR)
#define ONE_SHOT VECTOR
#define DIVIDE_1 0xB
#define START    UINT64_C(1000000007)

static struct hv_apic apic;

static void setup(void)
{
    apic_start(&apic, &apic_clock);
    apic_write(&apic, HV_APIC_DIVIDE, DIVIDE_1);
}

static void write_at(unsigned reg, uint64_t value, uint64_t now)
{
    hv_apic_write(&apic, reg, value, now);
}

static uint64_t count_at(uint64_t now)
{
    return apic_read_at(&apic, HV_APIC_CURRENT_COUNT, now);
}

/* Whether the timer has fired; it can then fire again. */
static bool has_fired(void)
{
    int vector = apic_take(&apic);

    if (vector == HV_APIC_NO_VECTOR)
        return false;
    ck_assert_int_eq(vector, VECTOR);
    hv_apic_eoi(&apic);
    return true;
}

/* ---- One shot ---- */

START_TEST(one_shot_fires_once_at_its_deadline)
{
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, START);
    ck_assert_int_eq(hv_apic_write(&apic, HV_APIC_INITIAL_COUNT, 100, START).kind, HV_APIC_TIMER);
    ck_assert_uint_eq(apic.timer.deadline, START + 1000);
    hv_apic_timer_expire(&apic, START);
    hv_apic_timer_expire(&apic, START + 999);
    ck_assert(!has_fired());
    hv_apic_timer_expire(&apic, START + 1000);
    ck_assert(has_fired());
    ck_assert_uint_eq(apic.timer.deadline, HV_APIC_NEVER);
    hv_apic_timer_expire(&apic, START + 100000);
    ck_assert(!has_fired());
    ck_assert_uint_eq(count_at(START + 100000), 0);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_INITIAL_COUNT), 100);
}
END_TEST

START_TEST(one_shot_that_is_served_very_late_fires_once)
{
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    hv_apic_timer_expire(&apic, UINT64_MAX);
    ck_assert(has_fired());
    hv_apic_timer_expire(&apic, UINT64_MAX);
    ck_assert(!has_fired());
}
END_TEST

START_TEST(count_of_zero_stops_the_timer)
{
    static const uint32_t modes[] = { ONE_SHOT, PERIODIC };

    for (size_t i = 0; i < 2; i++) {
        write_at(HV_APIC_LVT_TIMER, modes[i], 0);
        write_at(HV_APIC_INITIAL_COUNT, 100, START);
        write_at(HV_APIC_INITIAL_COUNT, 0, START + 10);
        ck_assert_uint_eq(apic.timer.deadline, HV_APIC_NEVER);
        hv_apic_timer_expire(&apic, START + 5000);
        ck_assert(!has_fired());
        ck_assert_uint_eq(count_at(START + 5000), 0);
    }
}
END_TEST

START_TEST(writing_the_count_again_starts_again)
{
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    write_at(HV_APIC_INITIAL_COUNT, 100, START + 999);
    ck_assert_uint_eq(count_at(START + 999), 100);
    hv_apic_timer_expire(&apic, START + 1998);
    ck_assert(!has_fired());
    hv_apic_timer_expire(&apic, START + 1999);
    ck_assert(has_fired());
}
END_TEST

START_TEST(masked_timer_counts_and_does_not_fire)
{
    write_at(HV_APIC_LVT_TIMER, APIC_MASKED | ONE_SHOT, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    ck_assert_uint_eq(count_at(START + 500), 50);
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, START + 1001);
    hv_apic_timer_expire(&apic, START + 2000);
    ck_assert(!has_fired());
    write_at(HV_APIC_LVT_TIMER, APIC_MASKED | ONE_SHOT, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, START + 999);
    hv_apic_timer_expire(&apic, START + 1000);
    ck_assert(has_fired());
}
END_TEST

START_TEST(timer_of_an_apic_disabled_by_software_is_masked)
{
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    write_at(HV_APIC_SVR, 0xFF, START);
    hv_apic_timer_expire(&apic, START + 1000);
    write_at(HV_APIC_SVR, 0x1FF, START + 1000);
    ck_assert(!has_fired());
}
END_TEST

START_TEST(timer_with_an_illegal_vector_is_an_error)
{
    write_at(HV_APIC_LVT_TIMER, 0x0F, 0);
    write_at(HV_APIC_INITIAL_COUNT, 1, START);
    hv_apic_timer_expire(&apic, START + 10);
    ck_assert(!has_fired());
    ck_assert_uint_eq(apic_errors(&apic), HV_APIC_ESR_RECEIVE_ILLEGAL);
}
END_TEST

/* ---- What is due comes before what changes it ---- */

START_TEST(interrupt_that_is_due_is_not_lost_by_a_write)
{
    static const struct {
        unsigned reg;
        uint32_t value;
    } writes[] = {
        { HV_APIC_INITIAL_COUNT, 0 },    { HV_APIC_INITIAL_COUNT, 500 },
        { HV_APIC_DIVIDE, 0 },           { HV_APIC_LVT_TIMER, APIC_MASKED | ONE_SHOT },
        { HV_APIC_LVT_TIMER, DEADLINE }, { HV_APIC_LVT_TIMER, 0x55 },
        { HV_APIC_SVR, 0xFF },
    };
    static const uint32_t modes[] = { ONE_SHOT, PERIODIC };

    for (size_t mode = 0; mode < 2; mode++)
        for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
            setup();
            write_at(HV_APIC_LVT_TIMER, modes[mode], 0);
            write_at(HV_APIC_INITIAL_COUNT, 100, START);
            write_at(writes[i].reg, writes[i].value, START + 1000);
            ck_assert_msg(has_fired(), "write %zu", i);
            ck_assert(!has_fired());
        }
}
END_TEST

START_TEST(whoever_reads_zero_has_the_interrupt)
{
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    ck_assert_uint_eq(count_at(START + 999), 1);
    ck_assert_uint_eq(apic_read_at(&apic, HV_APIC_IRR + VECTOR / 32, START + 999), 0);
    ck_assert_uint_eq(count_at(START + 1000), 0);
    ck_assert_uint_eq(apic_read_at(&apic, HV_APIC_IRR + VECTOR / 32, START + 1000),
                      1u << VECTOR % 32);
}
END_TEST

START_TEST(timer_that_was_never_started_never_fires)
{
    static const uint32_t modes[] = { ONE_SHOT, PERIODIC, DEADLINE, RESERVED };

    for (size_t i = 0; i < 4; i++) {
        write_at(HV_APIC_LVT_TIMER, modes[i], 0);
        hv_apic_timer_expire(&apic, UINT64_MAX);
        ck_assert(!has_fired());
    }
}
END_TEST

/* ---- Periodic ---- */

START_TEST(periodic_timer_fires_each_period_without_drift)
{
    write_at(HV_APIC_LVT_TIMER, PERIODIC, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    for (uint64_t tick = 1; tick <= 1000; tick++) {
        uint64_t due = START + tick * 1000;

        ck_assert_uint_eq(apic.timer.deadline, due);
        hv_apic_timer_expire(&apic, due - 1);
        ck_assert(!has_fired());
        /* Late by more and more, up to almost a period. */
        hv_apic_timer_expire(&apic, due + tick - 1);
        ck_assert(has_fired());
    }
}
END_TEST

START_TEST(periodic_timer_served_very_late_keeps_its_phase)
{
    write_at(HV_APIC_LVT_TIMER, PERIODIC, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    hv_apic_timer_expire(&apic, START + 1000 * 1234567 + 999);
    ck_assert(has_fired());
    ck_assert_uint_eq(apic.timer.deadline, START + 1000 * UINT64_C(1234568));
    hv_apic_timer_expire(&apic, START + 1000 * UINT64_C(2000000));
    ck_assert(has_fired());
    ck_assert_uint_eq(apic.timer.deadline, START + 1000 * UINT64_C(2000001));
}
END_TEST

START_TEST(periodic_counter_begins_anew_at_each_tick)
{
    write_at(HV_APIC_LVT_TIMER, PERIODIC, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    for (uint64_t t = 0; t < 5000; t++)
        ck_assert_uint_eq(count_at(START + t), 100 - t % 1000 / 10);
}
END_TEST

START_TEST(periodic_timer_at_the_end_of_time_neither_hangs_nor_faults)
{
    write_at(HV_APIC_LVT_TIMER, PERIODIC, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, UINT64_MAX - 500);
    hv_apic_timer_expire(&apic, UINT64_MAX - 2);
    ck_assert(!has_fired());
    hv_apic_timer_expire(&apic, UINT64_MAX);
    ck_assert(has_fired());
    count_at(UINT64_MAX);
}
END_TEST

START_TEST(short_periods_are_lengthened)
{
    struct hv_apic_clock slow = apic_clock;

    slow.min_period = 5000;
    apic_start(&apic, &slow);
    apic_write(&apic, HV_APIC_DIVIDE, DIVIDE_1);
    write_at(HV_APIC_LVT_TIMER, PERIODIC, 0);
    write_at(HV_APIC_INITIAL_COUNT, 1, START);
    ck_assert_uint_eq(apic.timer.deadline, START + 5000);
    ck_assert_uint_eq(count_at(START + 1), 1);
    hv_apic_timer_expire(&apic, START + 5000);
    ck_assert_uint_eq(apic.timer.deadline, START + 10000);
    write_at(HV_APIC_INITIAL_COUNT, 501, START);
    ck_assert_uint_eq(apic.timer.deadline, START + 5010);
    /* A single shot is not a storm. */
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, START);
    write_at(HV_APIC_INITIAL_COUNT, 1, START);
    ck_assert_uint_eq(apic.timer.deadline, START + 10);
}
END_TEST

/* ---- Divide configuration ---- */

START_TEST(clock_is_divided_as_the_table_says)
{
    static const unsigned divisors[16] = {
        [0x0] = 2, [0x1] = 4, [0x2] = 8, [0x3] = 16, [0x8] = 32, [0x9] = 64, [0xA] = 128, [0xB] = 1
    };

    for (uint32_t value = 0; value < 16; value++) {
        uint64_t divisor = divisors[value & 0xB];

        setup();
        write_at(HV_APIC_DIVIDE, value, 0);
        ck_assert_uint_eq(apic_read(&apic, HV_APIC_DIVIDE), value & 0xB);
        write_at(HV_APIC_INITIAL_COUNT, 1000, START);
        ck_assert_uint_eq(apic.timer.deadline, START + 10000 * divisor);
        ck_assert_uint_eq(count_at(START + 4000 * divisor), 600);
    }
}
END_TEST

START_TEST(counter_goes_on_from_where_it_is_at_another_speed)
{
    static const uint32_t modes[] = { ONE_SHOT, PERIODIC };

    for (size_t i = 0; i < 2; i++) {
        setup();
        write_at(HV_APIC_LVT_TIMER, modes[i], 0);
        write_at(HV_APIC_INITIAL_COUNT, 1000, START);
        write_at(HV_APIC_DIVIDE, 0x3, START + 4000);
        ck_assert_uint_eq(count_at(START + 4000), 600);
        ck_assert_uint_eq(apic.timer.deadline, START + 4000 + 600 * 160);
        hv_apic_timer_expire(&apic, START + 100000);
        ck_assert(has_fired());
        ck_assert_uint_eq(apic.timer.deadline, i == 0 ? HV_APIC_NEVER : START + 260000);
    }
}
END_TEST

START_TEST(divide_of_a_timer_at_rest_starts_nothing)
{
    static const uint32_t modes[] = { ONE_SHOT, PERIODIC };

    for (size_t i = 0; i < 2; i++) {
        write_at(HV_APIC_LVT_TIMER, modes[i], 0);
        write_at(HV_APIC_DIVIDE, 0x3, START);
        ck_assert_uint_eq(apic.timer.deadline, HV_APIC_NEVER);
    }
}
END_TEST

START_TEST(divide_does_not_move_a_tsc_deadline)
{
    write_at(HV_APIC_LVT_TIMER, DEADLINE, 0);
    hv_apic_write_deadline(&apic, START + 1000, START);
    write_at(HV_APIC_DIVIDE, 0x3, START);
    ck_assert_uint_eq(apic.timer.deadline, START + 1000);
}
END_TEST

/* ---- TSC deadline ---- */

START_TEST(deadline_fires_once_and_clears_itself)
{
    write_at(HV_APIC_LVT_TIMER, DEADLINE, 0);
    ck_assert_int_eq(hv_apic_write_deadline(&apic, START, START - 100).kind, HV_APIC_TIMER);
    ck_assert_uint_eq(apic.timer.deadline, START);
    ck_assert_uint_eq(hv_apic_read_deadline(&apic, START - 1), START);
    hv_apic_timer_expire(&apic, START - 1);
    ck_assert(!has_fired());
    ck_assert_uint_eq(hv_apic_read_deadline(&apic, START), 0);
    ck_assert(has_fired());
    hv_apic_timer_expire(&apic, START + 1);
    ck_assert(!has_fired());
}
END_TEST

START_TEST(deadline_in_the_past_fires_at_once)
{
    write_at(HV_APIC_LVT_TIMER, DEADLINE, 0);
    hv_apic_write_deadline(&apic, 1, START);
    ck_assert(has_fired());
    ck_assert_uint_eq(hv_apic_read_deadline(&apic, START), 0);
    hv_apic_write_deadline(&apic, START, START);
    ck_assert(has_fired());
    ck_assert_uint_eq(apic.timer.deadline, HV_APIC_NEVER);
}
END_TEST

START_TEST(deadline_of_zero_disarms)
{
    write_at(HV_APIC_LVT_TIMER, DEADLINE, 0);
    hv_apic_write_deadline(&apic, START, 0);
    hv_apic_write_deadline(&apic, 0, 1);
    hv_apic_timer_expire(&apic, UINT64_MAX);
    ck_assert(!has_fired());
    ck_assert_uint_eq(hv_apic_read_deadline(&apic, UINT64_MAX), 0);
}
END_TEST

START_TEST(deadline_can_be_moved_both_ways)
{
    write_at(HV_APIC_LVT_TIMER, DEADLINE, 0);
    hv_apic_write_deadline(&apic, START, 0);
    hv_apic_write_deadline(&apic, START + 500, 1);
    hv_apic_timer_expire(&apic, START + 499);
    ck_assert(!has_fired());
    hv_apic_write_deadline(&apic, START + 500, START + 499);
    hv_apic_timer_expire(&apic, START + 500);
    ck_assert(has_fired());
}
END_TEST

START_TEST(deadline_that_is_due_is_not_lost_by_a_new_one)
{
    write_at(HV_APIC_LVT_TIMER, DEADLINE, 0);
    hv_apic_write_deadline(&apic, START, 0);
    hv_apic_write_deadline(&apic, START + 500, START);
    ck_assert(has_fired());
    hv_apic_timer_expire(&apic, START + 500);
    ck_assert(has_fired());
}
END_TEST

START_TEST(deadlines_at_the_end_of_time_are_kept)
{
    static const uint64_t deadlines[] = { UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 63 };

    write_at(HV_APIC_LVT_TIMER, DEADLINE, 0);
    for (size_t i = 0; i < 3; i++) {
        hv_apic_write_deadline(&apic, deadlines[i], START);
        ck_assert_uint_eq(hv_apic_read_deadline(&apic, START), deadlines[i]);
        hv_apic_timer_expire(&apic, deadlines[i] - 1);
        ck_assert(!has_fired());
        hv_apic_timer_expire(&apic, deadlines[i]);
        ck_assert(has_fired());
    }
}
END_TEST

START_TEST(deadline_is_nothing_in_the_other_modes)
{
    static const uint32_t modes[] = { ONE_SHOT, PERIODIC, RESERVED };

    for (size_t i = 0; i < 3; i++) {
        write_at(HV_APIC_LVT_TIMER, modes[i], 0);
        write_at(HV_APIC_INITIAL_COUNT, 100, START);
        ck_assert_int_eq(hv_apic_write_deadline(&apic, 1, START).kind, HV_APIC_NOTHING);
        ck_assert_uint_eq(hv_apic_read_deadline(&apic, START), 0);
        ck_assert(!has_fired());
        ck_assert_uint_eq(count_at(START), i == 2 ? 0 : 100);
    }
}
END_TEST

START_TEST(counts_are_nothing_in_deadline_mode)
{
    write_at(HV_APIC_LVT_TIMER, DEADLINE, 0);
    hv_apic_write_deadline(&apic, START, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, 0);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_INITIAL_COUNT), 0);
    ck_assert_uint_eq(count_at(START - 500), 0);
    ck_assert_uint_eq(hv_apic_read_deadline(&apic, 0), START);
}
END_TEST

/* ---- Changes of mode ---- */

START_TEST(change_to_or_from_deadline_mode_disarms)
{
    static const uint32_t modes[] = { ONE_SHOT, PERIODIC, DEADLINE, RESERVED };

    for (size_t from = 0; from < 4; from++)
        for (size_t to = 0; to < 4; to++) {
            bool keeps = from == to || (from < 2 && to < 2);

            setup();
            write_at(HV_APIC_LVT_TIMER, modes[from], START);
            write_at(HV_APIC_INITIAL_COUNT, 100, START);
            hv_apic_write_deadline(&apic, START + 1000, START);
            ck_assert_int_eq(hv_apic_write(&apic, HV_APIC_LVT_TIMER, modes[to], START + 10).kind,
                             HV_APIC_TIMER);
            ck_assert_uint_eq(apic_read(&apic, HV_APIC_INITIAL_COUNT), keeps && to < 2 ? 100 : 0);
            hv_apic_timer_expire(&apic, START + 1000);
            ck_assert_msg(has_fired() == (keeps && from != 3), "%zu to %zu", from, to);
            ck_assert_uint_eq(hv_apic_read_deadline(&apic, START + 1000), 0);
        }
}
END_TEST

/* kvm-unit-tests, apic: what processors do, and what those who measured it expect. */
START_TEST(counter_goes_on_between_one_shot_and_periodic)
{
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, 0);
    write_at(HV_APIC_INITIAL_COUNT, 100, START);
    write_at(HV_APIC_LVT_TIMER, PERIODIC, START + 600);
    ck_assert_uint_eq(count_at(START + 600), 40);
    ck_assert_uint_eq(count_at(START + 1000), 100);
    ck_assert(has_fired());
    write_at(HV_APIC_LVT_TIMER, ONE_SHOT, START + 1500);
    ck_assert_uint_eq(count_at(START + 1500), 50);
    ck_assert_uint_eq(count_at(START + 2000), 0);
    ck_assert(has_fired());
    /* Over is over, however it is to go on. */
    write_at(HV_APIC_LVT_TIMER, PERIODIC, START + 2500);
    ck_assert_uint_eq(count_at(START + 2500), 0);
    ck_assert_uint_eq(apic_read_at(&apic, HV_APIC_INITIAL_COUNT, START + 2500), 100);
    hv_apic_timer_expire(&apic, START + 9000);
    ck_assert(!has_fired());
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("timer");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, one_shot_fires_once_at_its_deadline);
    tcase_add_test(tcase, one_shot_that_is_served_very_late_fires_once);
    tcase_add_test(tcase, count_of_zero_stops_the_timer);
    tcase_add_test(tcase, writing_the_count_again_starts_again);
    tcase_add_test(tcase, masked_timer_counts_and_does_not_fire);
    tcase_add_test(tcase, timer_of_an_apic_disabled_by_software_is_masked);
    tcase_add_test(tcase, timer_with_an_illegal_vector_is_an_error);
    tcase_add_test(tcase, interrupt_that_is_due_is_not_lost_by_a_write);
    tcase_add_test(tcase, whoever_reads_zero_has_the_interrupt);
    tcase_add_test(tcase, timer_that_was_never_started_never_fires);
    tcase_add_test(tcase, periodic_timer_fires_each_period_without_drift);
    tcase_add_test(tcase, periodic_timer_served_very_late_keeps_its_phase);
    tcase_add_test(tcase, periodic_counter_begins_anew_at_each_tick);
    tcase_add_test(tcase, periodic_timer_at_the_end_of_time_neither_hangs_nor_faults);
    tcase_add_test(tcase, short_periods_are_lengthened);
    tcase_add_test(tcase, clock_is_divided_as_the_table_says);
    tcase_add_test(tcase, counter_goes_on_from_where_it_is_at_another_speed);
    tcase_add_test(tcase, divide_of_a_timer_at_rest_starts_nothing);
    tcase_add_test(tcase, divide_does_not_move_a_tsc_deadline);
    tcase_add_test(tcase, deadline_fires_once_and_clears_itself);
    tcase_add_test(tcase, deadline_in_the_past_fires_at_once);
    tcase_add_test(tcase, deadline_of_zero_disarms);
    tcase_add_test(tcase, deadline_can_be_moved_both_ways);
    tcase_add_test(tcase, deadline_that_is_due_is_not_lost_by_a_new_one);
    tcase_add_test(tcase, deadlines_at_the_end_of_time_are_kept);
    tcase_add_test(tcase, deadline_is_nothing_in_the_other_modes);
    tcase_add_test(tcase, counts_are_nothing_in_deadline_mode);
    tcase_add_test(tcase, change_to_or_from_deadline_mode_disarms);
    tcase_add_test(tcase, counter_goes_on_between_one_shot_and_periodic);
    return apic_run("core_apic_timer", tcase);
}
