/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What is seen of a guest that no message tells of. */
#include <check.h>

#include <worker/watch.h>

#include "fake_vid.h"
#include "suite.h"

#define RFLAGS_IF 0x200u

static struct fake_vid fake;
static struct worker_watch watch;

static void setup(void)
{
    fake_vid_init(&fake);
    watch = (struct worker_watch){ 0 };
}

static enum worker_watch_result look(void)
{
    return worker_watch_look(&watch, &fake.vid, 2);
}

START_TEST(guest_that_works_is_left_alone)
{
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
}
END_TEST

START_TEST(crash_counts_when_seen_twice)
{
    fake_vid_set(&fake, HvRegisterGuestCrashP4, 1);
    ck_assert(worker_watch_sees_crash(&fake.vid));
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
    ck_assert_int_eq(look(), WORKER_WATCH_CRASHED);
}
END_TEST

START_TEST(crash_goes_before_standing_still)
{
    fake_vid_set(&fake, HvRegisterInternalActivityState, HV_INTERNAL_ACTIVITY_HALT_SUSPEND);
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
    fake_vid_set(&fake, HvRegisterGuestCrashP0, 1);
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
    ck_assert_int_eq(look(), WORKER_WATCH_CRASHED);
}
END_TEST

START_TEST(halt_with_interrupts_off_is_for_good)
{
    fake_vid_set(&fake, HvRegisterInternalActivityState, HV_INTERNAL_ACTIVITY_HALT_SUSPEND);
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
    ck_assert_int_eq(look(), WORKER_WATCH_STILL);
}
END_TEST

START_TEST(halt_with_interrupts_on_is_not)
{
    fake_vid_set(&fake, HvRegisterInternalActivityState, HV_INTERNAL_ACTIVITY_HALT_SUSPEND);
    fake_vid_set(&fake, HvX64RegisterRflags, RFLAGS_IF);
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
}
END_TEST

START_TEST(vps_that_were_never_started_wake_nobody)
{
    fake_vid_set(&fake, HvRegisterInternalActivityState, HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND);
    fake_vid_set(&fake, HvX64RegisterRflags, RFLAGS_IF);
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
    ck_assert_int_eq(look(), WORKER_WATCH_STILL);
}
END_TEST

START_TEST(what_was_seen_once_and_is_gone_does_not_count)
{
    fake_vid_set(&fake, HvRegisterInternalActivityState, HV_INTERNAL_ACTIVITY_HALT_SUSPEND);
    look();
    fake_vid_set(&fake, HvRegisterInternalActivityState, 0);
    look();
    fake_vid_set(&fake, HvRegisterInternalActivityState, HV_INTERNAL_ACTIVITY_HALT_SUSPEND);
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
}
END_TEST

START_TEST(host_that_refuses_shows_nothing)
{
    fake_vid_set(&fake, HvRegisterGuestCrashP0, 1);
    fake_vid_set(&fake, HvRegisterInternalActivityState, HV_INTERNAL_ACTIVITY_HALT_SUSPEND);
    fake.refusal = HV_STATUS_OPERATION_FAILED;
    ck_assert(!worker_watch_sees_crash(&fake.vid));
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
    ck_assert_int_eq(look(), WORKER_WATCH_NOTHING);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker_watch");
    TCase *tests = tcase_create("watch");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, guest_that_works_is_left_alone);
    tcase_add_test(tests, crash_counts_when_seen_twice);
    tcase_add_test(tests, crash_goes_before_standing_still);
    tcase_add_test(tests, halt_with_interrupts_off_is_for_good);
    tcase_add_test(tests, halt_with_interrupts_on_is_not);
    tcase_add_test(tests, vps_that_were_never_started_wake_nobody);
    tcase_add_test(tests, what_was_seen_once_and_is_gone_does_not_count);
    tcase_add_test(tests, host_that_refuses_shows_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
