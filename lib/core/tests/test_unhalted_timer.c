/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The synthetic time-unhalted timer against a clock that the test turns. Why: a guest profiles and
 * watches itself by it. One that counts while the guest sleeps wakes it for nothing, one that loses
 * a beat blames the wrong code, and one that never ends keeps the guest in its handler.
 */
#include <check.h>

#include <hv/interrupt.h>

#include "msr_access.h"
#include "save_fixture.h"
#include "suite.h"

#define CONFIG     HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG
#define COUNT      HV_X64_MSR_STIME_UNHALTED_TIMER_COUNT
#define ENABLED    HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_ENABLED
#define VECTOR     0x41
#define NMI_VECTOR 2
#define ASSIST_GPA UINT64_C(0x5000)
#define PERIOD     (5 * MS)
#define MIN_PERIOD 200 /* units that lie between two interrupts at least */

static struct hv_vp *vp;

/* And a tick, since run time is rounded down; a test makes too few of them for another unit. */
static void pass_on(struct machine *machine, uint64_t units)
{
    machine->fake.tsc += units * TICKS_PER_UNIT + 1;
}

static void pass(uint64_t units)
{
    pass_on(&from, units);
}

static void run(void)
{
    hv_vp_account_start(vp, from.fake.tsc);
}

static void halt(void)
{
    hv_vp_account_stop(vp, from.fake.tsc);
}

static void begin(void)
{
    setup();
    vp = from.vps[0];
    run();
    pass(1000);
}

static void start(uint8_t vector, uint64_t count)
{
    must_write(vp, COUNT, count);
    must_write(vp, CONFIG, ENABLED | vector);
}

static struct hv_interrupt_view look_at(struct hv_vp *target, uint64_t tsc)
{
    hv_interrupt_poll(target, tsc);
    return *hv_interrupt_view(target);
}

static struct hv_interrupt_view look(void)
{
    return look_at(vp, from.fake.tsc);
}

/* Takes the interrupt that is there, if any, and completes it. */
static bool take(void)
{
    int vector = look().vector;

    if (vector == HV_INTERRUPT_NONE)
        return false;
    ck_assert_int_eq(vector, VECTOR);
    hv_interrupt_accept(vp, VECTOR);
    must_write(vp, HV_X64_MSR_EOI, 0);
    return true;
}

static bool take_nmi(void)
{
    struct hv_interrupt_vectors vectors;

    look();
    return hv_interrupt_events(vp, &vectors) == HV_INTERRUPT_NMI;
}

static volatile uint8_t *expired(void)
{
    struct hv_vp_assist_page *page = vp->assist_page.page;

    return &page->synthetic_time_unhalted_timer_expired;
}

/* ---- Registers ---- */

START_TEST(registers_keep_what_they_are_given)
{
    static const uint64_t counts[] = { 0, 1, PERIOD, UINT64_MAX };

    ck_assert_uint_eq(value_of(vp, CONFIG), 0);
    ck_assert_uint_eq(value_of(vp, COUNT), 0);
    for (size_t i = 0; i < 4; i++) {
        must_write(vp, COUNT, counts[i]);
        ck_assert_uint_eq(value_of(vp, COUNT), counts[i]);
        ck_assert_uint_eq(value_of(vp, CONFIG), 0);
    }
    must_write(vp, CONFIG, ENABLED | VECTOR);
    ck_assert_uint_eq(value_of(vp, CONFIG), ENABLED | VECTOR);
    ck_assert_uint_eq(value_of(vp, COUNT), UINT64_MAX);
    must_write(vp, CONFIG, 0);
    ck_assert_uint_eq(value_of(vp, CONFIG), 0);
}
END_TEST

START_TEST(reserved_bits_are_refused)
{
    must_refuse_each(vp, CONFIG, HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_RSVDZ_MASK);
    for (unsigned bit = 9; bit < 64; bit++)
        must_refuse(vp, CONFIG, ENABLED | VECTOR | UINT64_C(1) << bit);
}
END_TEST

/* One that is off may have any: the register is zero after a reset, too. */
START_TEST(the_vector_is_that_of_the_nmi_or_of_an_interrupt)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        must_write(vp, CONFIG, vector);
        if (vector == NMI_VECTOR || vector >= 16)
            must_write(vp, CONFIG, ENABLED | vector);
        else
            must_refuse(vp, CONFIG, ENABLED | vector);
    }
}
END_TEST

/* ---- Expiry ---- */

START_TEST(it_interrupts_each_period_and_not_before)
{
    start(VECTOR, PERIOD);
    for (unsigned tick = 0; tick < 10; tick++) {
        pass(PERIOD - 1);
        ck_assert(!take());
        pass(1);
        ck_assert(take());
        ck_assert(!take());
    }
}
END_TEST

START_TEST(its_deadline_is_when_it_is_due)
{
    start(VECTOR, PERIOD);
    for (unsigned tick = 0; tick < 10; tick++) {
        uint64_t deadline = look().deadline;

        ck_assert_uint_ge(deadline, from.fake.tsc + (PERIOD - 1) * TICKS_PER_UNIT);
        ck_assert_uint_le(deadline, from.fake.tsc + PERIOD * TICKS_PER_UNIT + 1);
        from.fake.tsc = deadline;
        ck_assert(take());
    }
}
END_TEST

START_TEST(it_runs_only_with_both_a_period_and_the_bit)
{
    must_write(vp, COUNT, PERIOD);
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
    must_write(vp, CONFIG, VECTOR);
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
    must_write(vp, CONFIG, ENABLED | VECTOR);
    ck_assert_uint_ne(look().deadline, HV_INTERRUPT_NEVER);
    must_write(vp, COUNT, 0);
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
    pass(10 * PERIOD);
    ck_assert(!take());
    must_write(vp, COUNT, PERIOD);
    ck_assert_uint_ne(look().deadline, HV_INTERRUPT_NEVER);
    must_write(vp, CONFIG, VECTOR);
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
    pass(10 * PERIOD);
    ck_assert(!take());
}
END_TEST

/* As when the clock says the last time that there is. */
START_TEST(one_that_is_off_does_not_expire_whenever_it_is_looked_at)
{
    struct hv_unhalted_timer_payload payload;

    start(VECTOR, PERIOD);
    must_write(vp, CONFIG, VECTOR);
    pass(PERIOD / 2);
    save_all(&from);
    memcpy(&payload, payload_of(&saved_vp[0], HV_RECORD_UNHALTED_TIMER), sizeof(payload));
    ck_assert_uint_eq(payload.left, 0);
    pass(PERIOD);
    hv_unhalted_timer_expire(vp, from.fake.tsc);
    ck_assert(!take());
}
END_TEST

START_TEST(a_write_begins_a_period)
{
    static const uint32_t msrs[] = { COUNT, CONFIG };

    start(VECTOR, PERIOD);
    for (size_t i = 0; i < 2; i++) {
        pass(PERIOD - 1);
        must_write(vp, msrs[i], value_of(vp, msrs[i]));
        pass(PERIOD - 1);
        ck_assert(!take());
        pass(1);
        ck_assert(take());
    }
}
END_TEST

/* Else a guest that handles its interrupts slowly would see fewer of them. */
START_TEST(the_beat_goes_on_however_late_it_is_heard)
{
    start(VECTOR, PERIOD);
    pass(PERIOD + PERIOD / 2);
    ck_assert(take());
    pass(PERIOD / 2 - 1);
    ck_assert(!take());
    pass(1);
    ck_assert(take());
    /* Those that nobody took are one. */
    pass(7 * PERIOD + PERIOD / 2);
    ck_assert(take());
    ck_assert(!take());
    pass(PERIOD / 2 - 1);
    ck_assert(!take());
    pass(1);
    ck_assert(take());
}
END_TEST

/* As a guest does whose handler is longer than the period. */
START_TEST(it_goes_on_while_its_interrupt_is_in_service)
{
    start(VECTOR, PERIOD);
    pass(PERIOD);
    ck_assert_int_eq(look().vector, VECTOR);
    hv_interrupt_accept(vp, VECTOR);
    pass(PERIOD);
    ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
    must_write(vp, HV_X64_MSR_EOI, 0);
    ck_assert(take());
}
END_TEST

START_TEST(vector_2_is_an_nmi)
{
    start(NMI_VECTOR, PERIOD);
    for (unsigned tick = 0; tick < 3; tick++) {
        pass(PERIOD - 1);
        ck_assert(!take_nmi());
        pass(1);
        fake_vp(vp)->kicks = 0;
        ck_assert(take_nmi());
        /* The back end is about to enter the guest, and would not look for events. */
        ck_assert_uint_eq(fake_vp(vp)->kicks, 1);
        ck_assert(!take_nmi());
    }
    ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
}
END_TEST

START_TEST(a_period_that_nobody_can_keep_is_lengthened)
{
    static const uint64_t counts[] = { 1, 2, MIN_PERIOD - 1, MIN_PERIOD };

    for (size_t i = 0; i < 4; i++) {
        start(VECTOR, counts[i]);
        ck_assert_uint_eq(value_of(vp, COUNT), counts[i]);
        for (unsigned tick = 0; tick < 3; tick++) {
            pass(MIN_PERIOD - 1);
            ck_assert(!take());
            pass(1);
            ck_assert(take());
        }
    }
    start(VECTOR, MIN_PERIOD + 1);
    pass(MIN_PERIOD);
    ck_assert(!take());
}
END_TEST

START_TEST(the_end_of_time_does_not_come)
{
    static const uint64_t counts[] = { UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 63 };

    for (size_t i = 0; i < 3; i++) {
        start(VECTOR, counts[i]);
        pass(1000 * PERIOD);
        ck_assert(!take());
    }
}
END_TEST

/* ---- Halts ---- */

START_TEST(a_vp_that_is_halted_has_no_deadline)
{
    start(VECTOR, PERIOD);
    look();
    halt();
    ck_assert(!hv_interrupt_view(vp)->current);
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
    pass(10 * PERIOD);
    ck_assert(!take());
    run();
    ck_assert(!hv_interrupt_view(vp)->current);
    ck_assert_uint_ne(look().deadline, HV_INTERRUPT_NEVER);
}
END_TEST

START_TEST(whether_a_vp_without_it_runs_changes_nothing)
{
    look();
    halt();
    ck_assert(hv_interrupt_view(vp)->current);
    run();
    ck_assert(hv_interrupt_view(vp)->current);
}
END_TEST

START_TEST(only_run_time_counts)
{
    start(VECTOR, PERIOD);
    for (unsigned tick = 0; tick < 5; tick++) {
        for (unsigned part = 0; part < 5; part++) {
            pass(PERIOD / 5 - (part == 4));
            ck_assert(!take());
            halt();
            pass(3 * PERIOD + part);
            ck_assert(!take());
            run();
            ck_assert(!take());
        }
        pass(1);
        ck_assert(take());
    }
}
END_TEST

START_TEST(one_that_is_due_when_the_vp_halts_comes_when_it_wakes)
{
    start(VECTOR, PERIOD);
    pass(PERIOD);
    halt();
    pass(PERIOD);
    ck_assert(!take());
    run();
    ck_assert_uint_le(look().deadline, from.fake.tsc + PERIOD * TICKS_PER_UNIT + 1);
    ck_assert(take());
    pass(PERIOD);
    ck_assert(take());
}
END_TEST

START_TEST(each_vp_has_its_own)
{
    start(VECTOR, PERIOD);
    ck_assert_uint_eq(value_of(from.vps[1], CONFIG), 0);
    ck_assert_uint_eq(value_of(from.vps[1], COUNT), 0);
    hv_vp_account_start(from.vps[1], from.fake.tsc);
    pass(PERIOD);
    ck_assert_int_eq(look_at(from.vps[1], from.fake.tsc).vector, HV_INTERRUPT_NONE);
    ck_assert(take());
}
END_TEST

START_TEST(a_reset_stops_it)
{
    start(VECTOR, PERIOD);
    look();
    hv_vp_reset(vp);
    ck_assert(!hv_interrupt_view(vp)->current);
    ck_assert_uint_eq(value_of(vp, CONFIG), 0);
    ck_assert_uint_eq(value_of(vp, COUNT), 0);
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
}
END_TEST

/* ---- The flag ---- */

START_TEST(the_assist_page_says_that_it_has_expired)
{
    must_write(vp, HV_X64_MSR_VP_ASSIST_PAGE, ASSIST_GPA | HV_X64_MSR_PAGE_ENABLE);
    start(VECTOR, PERIOD);
    pass(PERIOD - 1);
    ck_assert(!take());
    ck_assert_uint_eq(*expired(), 0);
    pass(1);
    ck_assert(take());
    ck_assert_uint_eq(*expired(), 1);
}
END_TEST

START_TEST(only_the_guest_clears_the_flag)
{
    must_write(vp, HV_X64_MSR_VP_ASSIST_PAGE, ASSIST_GPA | HV_X64_MSR_PAGE_ENABLE);
    start(NMI_VECTOR, PERIOD);
    pass(PERIOD);
    ck_assert(take_nmi());
    halt();
    run();
    must_write(vp, CONFIG, 0);
    pass(PERIOD);
    look();
    ck_assert_uint_eq(*expired(), 1);
    *expired() = 0;
    look();
    ck_assert_uint_eq(*expired(), 0);
    must_write(vp, CONFIG, ENABLED | NMI_VECTOR);
    pass(PERIOD);
    ck_assert(take_nmi());
    ck_assert_uint_eq(*expired(), 1);
}
END_TEST

/* It would find old news when it places the page. */
START_TEST(a_page_that_is_not_placed_says_nothing)
{
    start(VECTOR, PERIOD);
    pass(PERIOD);
    ck_assert(take());
    ck_assert_uint_eq(*expired(), 0);
    must_write(vp, HV_X64_MSR_VP_ASSIST_PAGE, ASSIST_GPA);
    pass(PERIOD);
    ck_assert(take());
    ck_assert_uint_eq(*expired(), 0);
}
END_TEST

/* ---- Save and restore ---- */

static int pending_there(void)
{
    return look_at(to.vps[0], to.fake.tsc).vector;
}

START_TEST(what_is_left_of_its_period_is_kept)
{
    start(VECTOR, PERIOD);
    pass(PERIOD / 4);
    halt();
    pass(PERIOD);
    migrate();
    ck_assert_uint_eq(value_of(to.vps[0], CONFIG), ENABLED | VECTOR);
    ck_assert_uint_eq(value_of(to.vps[0], COUNT), PERIOD);
    pass_on(&to, PERIOD);
    ck_assert_int_eq(pending_there(), HV_INTERRUPT_NONE);
    hv_vp_account_start(to.vps[0], to.fake.tsc);
    pass_on(&to, PERIOD * 3 / 4 - 1);
    ck_assert_int_eq(pending_there(), HV_INTERRUPT_NONE);
    pass_on(&to, 1);
    ck_assert_int_eq(pending_there(), VECTOR);
}
END_TEST

START_TEST(one_that_was_due_comes_after_the_restore)
{
    start(VECTOR, PERIOD);
    pass(2 * PERIOD - 1);
    halt();
    migrate();
    hv_vp_account_start(to.vps[0], to.fake.tsc);
    pass_on(&to, 1);
    ck_assert_int_eq(pending_there(), VECTOR);
}
END_TEST

START_TEST(a_record_that_can_not_be_is_refused)
{
    static const uint64_t configs[] = { ENABLED | 15, ENABLED | 3, UINT64_C(1) << 9 };

    for (size_t i = 0; i < 3; i++) {
        uint8_t *payload;

        fresh_target();
        save_all(&from);
        payload = payload_of(&saved_vp[0], HV_RECORD_UNHALTED_TIMER);
        memcpy(payload + offsetof(struct hv_unhalted_timer_payload, config), &configs[i],
               sizeof(configs[i]));
        ck_assert_uint_eq(restore_partition(&to), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(value_of(to.vps[0], CONFIG), 0);
    }
}
END_TEST

START_TEST(no_more_is_left_than_a_period)
{
    struct hv_unhalted_timer_payload payload = { .config = ENABLED | VECTOR,
                                                 .count = PERIOD,
                                                 .left = UINT64_MAX };

    halt();
    save_all(&from);
    memcpy(payload_of(&saved_vp[0], HV_RECORD_UNHALTED_TIMER), &payload, sizeof(payload));
    restore_all(&to);
    hv_vp_account_start(to.vps[0], to.fake.tsc);
    pass_on(&to, PERIOD);
    ck_assert_int_eq(pending_there(), VECTOR);
}
END_TEST

/* ---- */

static void add_registers(Suite *suite)
{
    TCase *tcase = tcase_create("registers");

    tcase_add_checked_fixture(tcase, begin, teardown);
    tcase_add_test(tcase, registers_keep_what_they_are_given);
    tcase_add_test(tcase, reserved_bits_are_refused);
    tcase_add_test(tcase, the_vector_is_that_of_the_nmi_or_of_an_interrupt);
    tcase_add_test(tcase, it_runs_only_with_both_a_period_and_the_bit);
    tcase_add_test(tcase, one_that_is_off_does_not_expire_whenever_it_is_looked_at);
    tcase_add_test(tcase, a_write_begins_a_period);
    tcase_add_test(tcase, each_vp_has_its_own);
    tcase_add_test(tcase, a_reset_stops_it);
    suite_add_tcase(suite, tcase);
}

static void add_expiry(Suite *suite)
{
    TCase *tcase = tcase_create("expiry");

    tcase_add_checked_fixture(tcase, begin, teardown);
    tcase_add_test(tcase, it_interrupts_each_period_and_not_before);
    tcase_add_test(tcase, its_deadline_is_when_it_is_due);
    tcase_add_test(tcase, the_beat_goes_on_however_late_it_is_heard);
    tcase_add_test(tcase, it_goes_on_while_its_interrupt_is_in_service);
    tcase_add_test(tcase, vector_2_is_an_nmi);
    tcase_add_test(tcase, a_period_that_nobody_can_keep_is_lengthened);
    tcase_add_test(tcase, the_end_of_time_does_not_come);
    tcase_add_test(tcase, a_vp_that_is_halted_has_no_deadline);
    tcase_add_test(tcase, whether_a_vp_without_it_runs_changes_nothing);
    tcase_add_test(tcase, only_run_time_counts);
    tcase_add_test(tcase, one_that_is_due_when_the_vp_halts_comes_when_it_wakes);
    tcase_add_test(tcase, the_assist_page_says_that_it_has_expired);
    tcase_add_test(tcase, only_the_guest_clears_the_flag);
    tcase_add_test(tcase, a_page_that_is_not_placed_says_nothing);
    suite_add_tcase(suite, tcase);
}

static void add_saved(Suite *suite)
{
    TCase *tcase = tcase_create("saved");

    tcase_add_checked_fixture(tcase, begin, teardown);
    tcase_add_test(tcase, what_is_left_of_its_period_is_kept);
    tcase_add_test(tcase, one_that_was_due_comes_after_the_restore);
    tcase_add_test(tcase, a_record_that_can_not_be_is_refused);
    tcase_add_test(tcase, no_more_is_left_than_a_period);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("core_unhalted_timer");

    add_registers(suite);
    add_expiry(suite);
    add_saved(suite);
    return run_suite(suite);
}
