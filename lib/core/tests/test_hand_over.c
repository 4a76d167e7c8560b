/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The short way from a VP to one that it has woken on its LP. VPs here are nothing but what the
 * scheduler knows of them; where the short way is not taken, the long one must still be open.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sched_fixture.h"
#include "suite.h"

#define SECOND FAKE_TSC_HZ
#define SLICE  (SECOND / 200)

enum { PARENT, CHILD, OTHER, VPS };

static struct hv_vp vps[VPS];
static struct hv_lp *lp;
static uint64_t now;

static void setup(void)
{
    const uint64_t pages[] = { FAKE_FIRST_POOL, FAKE_FIRST_POOL + 1, FAKE_FIRST_POOL + 2 };

    make_vps(vps, VPS);
    ck_assert_uint_eq(hv_lp_create(&fake.platform, pages, NULL, &lp), HV_STATUS_SUCCESS);
    now = 1000;
}

/* That one runs, and the others can; the last of them comes next. */
static void begin_with(unsigned first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        ck_assert_uint_eq(hv_lp_add(lp, &vps[i]), HV_STATUS_SUCCESS);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(hv_lp_pick(lp, now));
        hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    }
    hv_vp_kick(&vps[first]);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), &vps[first]);
    for (uint32_t i = 0; i < count; i++)
        if (i != first)
            hv_vp_kick(&vps[i]);
    (void)hv_lp_look(lp, now);
}

static void suspend(unsigned vp)
{
    atomic_fetch_or(&vps[vp].suspended, HV_VP_SUSPEND_INTERCEPT);
}

static void let_go_on(unsigned vp)
{
    atomic_store(&vps[vp].suspended, 0);
    hv_vp_wake(&vps[vp]);
}

static struct hv_vp *hand_over(enum hv_lp_release why)
{
    return hv_lp_hand_over(lp, now, why);
}

/* The child runs, is suspended, and has told its parent, which was put aside. */
static void intercept(void)
{
    now += 10;
    suspend(CHILD);
    hv_vp_wake(&vps[PARENT]);
}

/* The child is suspended, and its parent runs. */
static void begin_with_parent(void)
{
    begin_with(CHILD, 2);
    intercept();
    ck_assert_ptr_eq(hand_over(HV_LP_STOPS), &vps[PARENT]);
}

START_TEST(parent_and_child_take_turns)
{
    begin_with(CHILD, 2);
    for (unsigned i = 0; i < 1000; i++) {
        intercept();
        ck_assert_ptr_eq(hand_over(HV_LP_STOPS), &vps[PARENT]);
        ck_assert_uint_eq(hv_lp_deadline(lp), now + SLICE);
        now += 20;
        let_go_on(CHILD);
        ck_assert_ptr_eq(hand_over(HV_LP_YIELDS), &vps[CHILD]);
    }
    ck_assert_uint_eq(vps[CHILD].sched.had, 1000 * 10);
    ck_assert_uint_eq(vps[PARENT].sched.had, 1000 * 20);
}
END_TEST

START_TEST(who_has_woken_nobody_has_no_heir)
{
    begin_with(CHILD, 2);
    now += 10;
    ck_assert_ptr_null(hand_over(HV_LP_YIELDS));
    suspend(CHILD);
    ck_assert_ptr_null(hand_over(HV_LP_STOPS));
    hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), &vps[PARENT]);
}
END_TEST

/* One that wakes itself, too. */
START_TEST(nobody_is_its_own_heir)
{
    begin_with(CHILD, 2);
    now += 10;
    hv_vp_wake(&vps[CHILD]);
    ck_assert_ptr_null(hand_over(HV_LP_YIELDS));
    suspend(CHILD);
    hv_vp_wake(&vps[CHILD]);
    ck_assert_ptr_null(hand_over(HV_LP_STOPS));
}
END_TEST

START_TEST(who_was_woken_before_its_last_turn_is_no_heir)
{
    begin_with(CHILD, 2);
    hv_vp_wake(&vps[PARENT]);
    hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), &vps[PARENT]);
    now += 10;
    hv_vp_kick(&vps[CHILD]);
    ck_assert(hv_lp_look(lp, now));
    hv_lp_put(lp, now, HV_LP_YIELDS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), &vps[CHILD]);
    now += 20;
    ck_assert_ptr_null(hand_over(HV_LP_YIELDS));
}
END_TEST

START_TEST(what_has_come_goes_first)
{
    begin_with(CHILD, 3);
    intercept();
    hv_vp_kick(&vps[OTHER]);
    ck_assert_ptr_null(hand_over(HV_LP_STOPS));
    hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_nonnull(hv_lp_pick(lp, now));
    ck_assert(!atomic_load(&vps[OTHER].sched.kicked));
}
END_TEST

START_TEST(a_deadline_goes_first)
{
    struct hv_vp *running;

    begin_with(OTHER, 3);
    hv_lp_put(lp, now, HV_LP_WAITS, now + 5);
    running = hv_lp_pick(lp, now);
    hv_vp_wake(running == &vps[CHILD] ? &vps[PARENT] : &vps[CHILD]);
    now += 5;
    ck_assert_ptr_null(hand_over(HV_LP_STOPS));
    hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_nonnull(hv_lp_pick(lp, now));
    ck_assert(!hv_heap_has(&vps[OTHER].sched.timer));
    ck_assert(hv_heap_has(&vps[OTHER].sched.ready));
}
END_TEST

/* The one that has waited longest has had least. */
START_TEST(who_has_had_less_than_the_heir_goes_first)
{
    begin_with(CHILD, 3);
    vps[PARENT].sched.had = 100;
    hv_lp_remove(&vps[PARENT]);
    ck_assert_uint_eq(hv_lp_add(lp, &vps[PARENT]), HV_STATUS_SUCCESS);
    (void)hv_lp_look(lp, now);
    intercept();
    ck_assert_ptr_null(hand_over(HV_LP_STOPS));
    hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), &vps[OTHER]);
}
END_TEST

/* Nobody starves beside two that hand over to each other. */
START_TEST(a_third_one_gets_its_part)
{
    uint64_t ran[VPS] = { 0 };
    unsigned running = CHILD;

    begin_with(CHILD, 3);
    while (now < 100 * SLICE) {
        enum hv_lp_release why = HV_LP_YIELDS;
        struct hv_vp *next;

        now += SLICE / 100;
        ran[running] += SLICE / 100;
        if (running == CHILD) {
            suspend(CHILD);
            hv_vp_wake(&vps[PARENT]);
            why = HV_LP_STOPS;
        } else if (running == PARENT) {
            let_go_on(CHILD);
        }
        next = hand_over(why);
        if (!next && (why == HV_LP_STOPS || hv_lp_look(lp, now))) {
            hv_lp_put(lp, now, why, HV_LP_NEVER);
            next = hv_lp_pick(lp, now);
        }
        if (next)
            running = next->index;
    }
    for (unsigned i = 0; i < VPS; i++)
        ck_assert_uint_ge(ran[i], 30 * SLICE);
}
END_TEST

START_TEST(who_could_go_on_does_for_one_that_has_had_more)
{
    begin_with(CHILD, 2);
    now += SLICE / 2;
    intercept();
    ck_assert_ptr_eq(hand_over(HV_LP_STOPS), &vps[PARENT]);
    now += SLICE / 2;
    let_go_on(CHILD);
    ck_assert_ptr_null(hand_over(HV_LP_YIELDS));
    now += 20;
    hv_vp_wake(&vps[CHILD]);
    ck_assert_ptr_eq(hand_over(HV_LP_YIELDS), &vps[CHILD]);
}
END_TEST

START_TEST(who_could_go_on_does_for_one_that_has_had_as_much)
{
    begin_with(CHILD, 2);
    suspend(CHILD);
    hv_vp_wake(&vps[PARENT]);
    ck_assert_ptr_eq(hand_over(HV_LP_STOPS), &vps[PARENT]);
    let_go_on(CHILD);
    ck_assert_ptr_null(hand_over(HV_LP_YIELDS));
}
END_TEST

/* Of two that have had as much as the one that stops, one comes next. */
START_TEST(who_comes_next_is_the_heir_or_nobody)
{
    begin_with(CHILD, 3);
    suspend(CHILD);
    hv_vp_wake(&vps[PARENT]);
    ck_assert_ptr_null(hand_over(HV_LP_STOPS));
    hv_vp_wake(&vps[OTHER]);
    ck_assert_ptr_eq(hand_over(HV_LP_STOPS), &vps[OTHER]);
}
END_TEST

/* It was put aside, and does not come back as one that wakes would. */
START_TEST(who_has_yielded_waits)
{
    begin_with_parent();
    now += 20;
    let_go_on(CHILD);
    ck_assert_ptr_eq(hand_over(HV_LP_YIELDS), &vps[CHILD]);
    now += 20;
    ck_assert(!hv_lp_look(lp, now));
}
END_TEST

/* It has its place among those that can run, but it can't. */
START_TEST(who_sleeps_is_in_nobodys_way)
{
    begin_with_parent();
    now += SLICE;
    ck_assert(!hv_lp_look(lp, now));
    ck_assert(!hv_heap_has(&vps[CHILD].sched.ready));
    hv_lp_put(lp, now, HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_ptr_null(hv_lp_pick(lp, now));
    let_go_on(CHILD);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), &vps[CHILD]);
}
END_TEST

START_TEST(who_sleeps_is_not_picked)
{
    begin_with_parent();
    hv_lp_put(lp, now, HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_ptr_null(hv_lp_pick(lp, now));
}
END_TEST

/* It wakes as any other does: in the middle of a slice. */
START_TEST(who_sleeps_is_woken_by_the_long_way_too)
{
    begin_with_parent();
    now += 20;
    atomic_store(&vps[CHILD].suspended, 0);
    hv_vp_kick(&vps[CHILD]);
    ck_assert_ptr_null(hand_over(HV_LP_YIELDS));
    ck_assert(hv_lp_look(lp, now));
    hv_lp_put(lp, now, HV_LP_YIELDS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), &vps[CHILD]);
}
END_TEST

START_TEST(a_sleeper_makes_room_for_the_next)
{
    begin_with(OTHER, 3);
    now += 10;
    suspend(OTHER);
    hv_vp_wake(&vps[CHILD]);
    ck_assert_ptr_eq(hand_over(HV_LP_STOPS), &vps[CHILD]);
    now += 10;
    hv_vp_wake(&vps[PARENT]);
    ck_assert_ptr_eq(hand_over(HV_LP_YIELDS), &vps[PARENT]);
    ck_assert(!hv_heap_has(&vps[OTHER].sched.ready));
}
END_TEST

/* Deleted, by its parent that runs. */
START_TEST(who_sleeps_can_be_removed)
{
    begin_with_parent();
    hv_lp_remove(&vps[CHILD]);
    memset(&vps[CHILD], 0xFF, sizeof(vps[CHILD]));
    now += 10;
    ck_assert(!hv_lp_look(lp, now));
    ck_assert_ptr_null(hand_over(HV_LP_YIELDS));
    hv_lp_put(lp, now, HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_ptr_null(hv_lp_pick(lp, now));
}
END_TEST

START_TEST(an_heir_can_be_removed)
{
    begin_with(CHILD, 3);
    hv_vp_wake(&vps[OTHER]);
    hv_lp_remove(&vps[OTHER]);
    memset(&vps[OTHER], 0xFF, sizeof(vps[OTHER]));
    suspend(CHILD);
    ck_assert_ptr_null(hand_over(HV_LP_STOPS));
    hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), &vps[PARENT]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hand_over");
    TCase *tests = tcase_create("hand_over");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, parent_and_child_take_turns);
    tcase_add_test(tests, who_has_woken_nobody_has_no_heir);
    tcase_add_test(tests, nobody_is_its_own_heir);
    tcase_add_test(tests, who_was_woken_before_its_last_turn_is_no_heir);
    tcase_add_test(tests, what_has_come_goes_first);
    tcase_add_test(tests, a_deadline_goes_first);
    tcase_add_test(tests, who_has_had_less_than_the_heir_goes_first);
    tcase_add_test(tests, a_third_one_gets_its_part);
    tcase_add_test(tests, who_could_go_on_does_for_one_that_has_had_more);
    tcase_add_test(tests, who_could_go_on_does_for_one_that_has_had_as_much);
    tcase_add_test(tests, who_comes_next_is_the_heir_or_nobody);
    tcase_add_test(tests, who_has_yielded_waits);
    tcase_add_test(tests, who_sleeps_is_in_nobodys_way);
    tcase_add_test(tests, who_sleeps_is_not_picked);
    tcase_add_test(tests, who_sleeps_is_woken_by_the_long_way_too);
    tcase_add_test(tests, a_sleeper_makes_room_for_the_next);
    tcase_add_test(tests, who_sleeps_can_be_removed);
    tcase_add_test(tests, an_heir_can_be_removed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
