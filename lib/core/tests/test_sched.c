/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The scheduler of an LP with a clock that the test turns: who runs, for how long, and what wakes
 * whom. VPs here are nothing but what the scheduler knows of them.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sched_fixture.h"
#include "suite.h"

#define VPS    (HV_LP_MAX_VPS + 1)
#define SECOND FAKE_TSC_HZ
#define SLICE  (SECOND / 200)
#define LPS    2
#define CALLS  200

static struct hv_vp vps[VPS];
static struct hv_lp *lps[LPS];
static struct hv_lp *lp; /* the first */
static uint64_t now;

static void setup(void)
{
    uint64_t page = FAKE_FIRST_POOL;

    make_vps(vps, VPS);
    for (unsigned i = 0; i < LPS; i++) {
        const uint64_t pages[] = { page, page + 1, page + 2 };

        ck_assert_uint_eq(hv_lp_pages(), 3);
        ck_assert_uint_eq(hv_lp_create(&fake.platform, pages, &lps[i], &lps[i]), HV_STATUS_SUCCESS);
        page += 3;
    }
    lp = lps[0];
    now = 1000;
}

static void add(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        ck_assert_uint_eq(hv_lp_add(lp, &vps[i]), HV_STATUS_SUCCESS);
}

static struct hv_vp *pick(void)
{
    return hv_lp_pick(lp, now);
}

static void put(enum hv_lp_release why, uint64_t deadline)
{
    hv_lp_put(lp, now, why, deadline);
}

/* VPs that never wait run for that long; what each has run is added up. */
static void run_busy(uint64_t ticks, uint64_t *ran)
{
    const uint64_t end = now + ticks, step = SLICE / 50;

    while (now < end) {
        struct hv_vp *vp = pick();

        ck_assert_ptr_nonnull(vp);
        do {
            now += step;
            ran[vp->index] += step;
        } while (!hv_lp_look(lp, now) && now < end);
        put(HV_LP_YIELDS, HV_LP_NEVER);
    }
}

START_TEST(a_page_that_is_not_memory_is_refused)
{
    uint64_t pages[] = { FAKE_FIRST_POOL + 10, FAKE_FIRST_POOL + 11, FAKE_FIRST_POOL + 12 };
    struct hv_lp *made;

    for (unsigned i = 0; i < 3; i++) {
        uint64_t page = pages[i];

        pages[i] = FAKE_PAGES;
        ck_assert_uint_eq(hv_lp_create(&fake.platform, pages, NULL, &made),
                          HV_STATUS_INVALID_PARAMETER);
        pages[i] = page;
    }
}
END_TEST

START_TEST(without_vps_nobody_is_picked)
{
    ck_assert_ptr_null(pick());
    ck_assert(!hv_lp_look(lp, now));
    ck_assert_uint_eq(hv_lp_deadline(lp), HV_LP_NEVER);
}
END_TEST

START_TEST(an_lp_has_room_for_so_many)
{
    add(HV_LP_MAX_VPS);
    ck_assert_uint_eq(hv_lp_load(lp), HV_LP_MAX_VPS);
    ck_assert_uint_eq(hv_lp_add(lp, &vps[HV_LP_MAX_VPS]), HV_STATUS_NO_RESOURCES);
    ck_assert_uint_eq(hv_lp_load(lp), HV_LP_MAX_VPS);
    for (uint32_t i = 0; i < HV_LP_MAX_VPS; i++) {
        ck_assert_ptr_nonnull(pick());
        now++;
        put(HV_LP_WAITS, now + SECOND);
    }
    ck_assert_ptr_null(pick());
    now += 2 * SECOND;
    for (uint32_t i = 0; i < HV_LP_MAX_VPS; i++) {
        ck_assert_ptr_nonnull(pick());
        put(HV_LP_STOPS, HV_LP_NEVER);
    }
    ck_assert_ptr_null(pick());
}
END_TEST

START_TEST(one_that_is_alone_has_no_slice)
{
    add(1);
    ck_assert_ptr_eq(pick(), &vps[0]);
    ck_assert_uint_eq(hv_lp_deadline(lp), HV_LP_NEVER);
    now += SECOND;
    ck_assert(!hv_lp_look(lp, now));
}
END_TEST

START_TEST(who_is_busy_shares_alike)
{
    uint64_t ran[3] = { 0 };

    add(3);
    run_busy(300 * SLICE, ran);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_ge(ran[i], 99 * SLICE);
        ck_assert_uint_le(ran[i], 101 * SLICE);
    }
}
END_TEST

/* TLFS v6.0b 14.2: weights of 100, 200 and 700 give 10, 20 and 70 percent. */
START_TEST(who_is_busy_shares_by_weight)
{
    static const uint32_t weights[] = { 100, 200, 700 };
    static struct hv_partition partitions[3];
    uint64_t ran[3] = { 0 };

    for (unsigned i = 0; i < 3; i++) {
        partitions[i] = partition;
        atomic_store(&partitions[i].share.weight, weights[i]);
        vps[i].partition = &partitions[i];
    }
    add(3);
    run_busy(1000 * SLICE, ran);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_ge(ran[i], (weights[i] - 5) * SLICE);
        ck_assert_uint_le(ran[i], (weights[i] + 5) * SLICE);
    }
}
END_TEST

START_TEST(a_slice_ends_for_another)
{
    add(2);
    ck_assert_ptr_eq(pick(), &vps[1]);
    ck_assert_uint_eq(hv_lp_deadline(lp), now + SLICE);
    now += SLICE / 16;
    ck_assert(!hv_lp_look(lp, now));
    now += SLICE;
    ck_assert(hv_lp_look(lp, now));
    put(HV_LP_YIELDS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[0]);
}
END_TEST

START_TEST(who_comes_late_does_not_catch_up)
{
    uint64_t ran[2] = { 0 };

    add(1);
    run_busy(1000 * SLICE, ran);
    ck_assert_uint_eq(hv_lp_add(lp, &vps[1]), HV_STATUS_SUCCESS);
    memset(ran, 0, sizeof(ran));
    run_busy(20 * SLICE, ran);
    ck_assert_uint_ge(ran[0], 9 * SLICE);
    ck_assert_uint_ge(ran[1], 9 * SLICE);
}
END_TEST

START_TEST(who_has_waited_takes_the_place_of_who_runs)
{
    uint64_t ran[2] = { 0 };

    add(2);
    ck_assert_ptr_eq(pick(), &vps[1]);
    put(HV_LP_WAITS, HV_LP_NEVER);
    run_busy(100 * SLICE, ran);
    ck_assert_uint_eq(ran[1], 0);
    ck_assert_ptr_eq(pick(), &vps[0]);
    now += SLICE / 50;
    hv_vp_kick(&vps[1]);
    ck_assert(hv_lp_look(lp, now));
    put(HV_LP_YIELDS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[1]);
}
END_TEST

/* Nobody has looked how long the other one has run. */
START_TEST(who_wakes_when_one_ran_alone_has_a_slice_to_its_credit)
{
    uint64_t ran[2] = { 0 };

    add(2);
    ck_assert_ptr_eq(pick(), &vps[1]);
    put(HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[0]);
    now += 100 * SLICE;
    hv_vp_kick(&vps[1]);
    ck_assert(hv_lp_look(lp, now));
    put(HV_LP_YIELDS, HV_LP_NEVER);
    run_busy(11 * SLICE, ran);
    ck_assert_uint_ge(ran[0], 4 * SLICE);
    ck_assert_uint_ge(ran[1], 5 * SLICE);
}
END_TEST

/* An interrupt is not for the end of a slice; but who was put aside would come and go all the time.
 */
START_TEST(who_wakes_takes_the_place_of_who_has_had_more)
{
    add(2);
    ck_assert_ptr_eq(pick(), &vps[1]);
    now += SLICE / 2;
    put(HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[0]);
    now += SLICE / 2;
    ck_assert(!hv_lp_look(lp, now));
    /* As much is not less, and that is looked at once. */
    hv_vp_kick(&vps[1]);
    ck_assert(!hv_lp_look(lp, now));
    now += SLICE / 16;
    ck_assert(!hv_lp_look(lp, now));
    put(HV_LP_YIELDS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[1]);
    put(HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[0]);
    hv_vp_kick(&vps[1]);
    ck_assert(hv_lp_look(lp, now));
    put(HV_LP_YIELDS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[1]);
    /* The other one did not wake. */
    now += SLICE / 8;
    ck_assert(!hv_lp_look(lp, now));
}
END_TEST

START_TEST(a_deadline_wakes)
{
    const uint64_t deadline = now + SECOND;

    add(1);
    ck_assert_ptr_eq(pick(), &vps[0]);
    put(HV_LP_WAITS, deadline);
    ck_assert_uint_eq(hv_lp_deadline(lp), deadline);
    ck_assert_ptr_null(pick());
    now = deadline - 1;
    ck_assert(!hv_lp_look(lp, now));
    ck_assert_ptr_null(pick());
    now = deadline;
    ck_assert(hv_lp_look(lp, now));
    ck_assert_ptr_eq(pick(), &vps[0]);
    ck_assert_uint_eq(hv_lp_deadline(lp), HV_LP_NEVER);
}
END_TEST

START_TEST(the_first_of_many_deadlines_counts)
{
    static const unsigned order[] = { 3, 1, 4, 0, 2 };

    add(5);
    for (unsigned i = 0; i < 5; i++) {
        struct hv_vp *vp = pick();

        put(HV_LP_WAITS, 10000 + 100 * order[vp->index]);
    }
    for (unsigned i = 0; i < 5; i++) {
        struct hv_vp *vp;

        ck_assert_uint_eq(hv_lp_deadline(lp), 10000 + 100 * i);
        now = hv_lp_deadline(lp);
        vp = pick();
        ck_assert_ptr_nonnull(vp);
        ck_assert_uint_eq(order[vp->index], i);
        put(HV_LP_STOPS, HV_LP_NEVER);
    }
}
END_TEST

START_TEST(a_kick_wakes_before_the_deadline)
{
    add(1);
    ck_assert_ptr_eq(pick(), &vps[0]);
    put(HV_LP_WAITS, now + SECOND);
    hv_vp_kick(&vps[0]);
    hv_vp_kick(&vps[0]);
    ck_assert_ptr_eq(pick(), &vps[0]);
    ck_assert_uint_eq(hv_lp_deadline(lp), HV_LP_NEVER);
    put(HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_ptr_null(pick());
}
END_TEST

static void *told; /* what the back end was told of last: its object of the LP, or a VP */

static void note_lp(void *kicked)
{
    told = kicked;
}

static void note_vp(struct hv_vp *kicked)
{
    told = kicked;
}

/* It can run though the LP has not looked yet, and the back end is told that it should. */
START_TEST(an_lp_wakes_a_vp_of_its_own)
{
    fake.on_kick_lp = note_lp;
    add(2);
    ck_assert_ptr_eq(pick(), &vps[1]);
    put(HV_LP_WAITS, now + SECOND);
    ck_assert_ptr_eq(pick(), &vps[0]);
    now++;
    told = NULL;
    hv_vp_wake(&vps[1]);
    ck_assert_ptr_eq(told, &lps[0]);
    ck_assert(!atomic_load(&vps[1].sched.kicked));
    ck_assert_uint_eq(hv_lp_deadline(lp), now - 1 + SLICE);
    ck_assert(hv_lp_look(lp, now));
    put(HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[1]);
    /* Its deadline has gone, and who runs stays where it is. */
    hv_vp_wake(&vps[1]);
    put(HV_LP_STOPS, HV_LP_NEVER);
    now += 2 * SECOND;
    ck_assert_ptr_null(pick());
}
END_TEST

START_TEST(without_a_scheduler_the_vp_is_kicked)
{
    struct fake_vp backend = { 0 };

    fake.on_kick = note_vp;
    vps[2].backend = &backend;
    hv_vp_wake(&vps[2]);
    ck_assert_ptr_eq(told, &vps[2]);
}
END_TEST

START_TEST(a_kick_of_who_runs_is_not_for_another)
{
    add(2);
    ck_assert_ptr_eq(pick(), &vps[1]);
    put(HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[0]);
    hv_vp_kick(&vps[0]);
    ck_assert(!hv_lp_look(lp, now));
    put(HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_null(pick());
}
END_TEST

START_TEST(a_kick_between_the_last_look_and_the_wait_is_not_lost)
{
    add(1);
    ck_assert_ptr_eq(pick(), &vps[0]);
    ck_assert(!hv_lp_look(lp, now));
    hv_vp_kick(&vps[0]);
    put(HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_ptr_eq(pick(), &vps[0]);
}
END_TEST

START_TEST(who_is_removed_is_not_picked)
{
    add(3);
    ck_assert_ptr_eq(pick(), &vps[2]);
    put(HV_LP_WAITS, now + 10);
    hv_vp_kick(&vps[1]);
    hv_lp_remove(&vps[1]);
    hv_lp_remove(&vps[2]);
    ck_assert_uint_eq(hv_lp_load(lp), 1);
    now += SECOND;
    ck_assert_ptr_eq(pick(), &vps[0]);
    put(HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_null(pick());
}
END_TEST

/* ---- Several LPs ---- */

struct answer {
    uint32_t index;
    pthread_t by;
};

static void note(struct hv_vp *vp, void *argument)
{
    struct answer *answer = argument;

    answer->index = vp->index;
    answer->by = pthread_self();
}

START_TEST(a_vp_of_the_same_lp_is_asked_at_once)
{
    struct answer answer;

    add(2);
    hv_request_call(&vps[0], &vps[1], note, &answer);
    ck_assert_uint_eq(answer.index, 1);
    ck_assert(pthread_equal(answer.by, pthread_self()));
}
END_TEST

static atomic_uint busy;
static atomic_uint wrong;

/* Each LP asks the VP of the other that does not run at the moment. */
static void *ask_across(void *argument)
{
    uint32_t self = *(const uint32_t *)argument;
    struct hv_vp *asleep = &vps[2 + !self];

    for (unsigned i = 0; i < CALLS; i++) {
        struct answer answer = { .index = VPS };

        hv_request_call(&vps[self], asleep, note, &answer);
        if (answer.index != asleep->index || pthread_equal(answer.by, pthread_self()))
            atomic_fetch_add(&wrong, 1);
    }
    atomic_fetch_sub(&busy, 1);
    while (atomic_load(&busy)) {
        hv_lp_look(lps[self], 0);
        sched_yield();
    }
    return NULL;
}

START_TEST(lps_that_ask_each_other_both_get_an_answer)
{
    static const uint32_t indexes[LPS] = { 0, 1 };
    pthread_t threads[LPS];

    atomic_store(&busy, LPS);
    atomic_store(&wrong, 0);
    for (uint32_t i = 0; i < LPS; i++) {
        ck_assert_uint_eq(hv_lp_add(lps[i], &vps[2 + i]), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(hv_lp_add(lps[i], &vps[i]), HV_STATUS_SUCCESS);
        ck_assert_ptr_eq(hv_lp_pick(lps[i], 0), &vps[i]);
    }
    for (uint32_t i = 0; i < LPS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_across, (void *)&indexes[i]), 0);
    for (uint32_t i = 0; i < LPS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

static atomic_bool gone; /* nobody has a VP but the first LP */

/* An LP that runs each of its VPs until that is suspended. */
static void *run_until_suspended(void *argument)
{
    struct hv_lp *own = argument;

    while (atomic_load(&busy)) {
        struct hv_vp *vp = hv_lp_pick(own, 0);

        if (vp) {
            sched_yield();
            if (atomic_load(&gone))
                atomic_fetch_add(&wrong, 1);
            while (!hv_vp_is_suspended(vp)) {
                (void)hv_lp_look(own, 0);
                sched_yield();
            }
            hv_lp_put(own, 0, HV_LP_STOPS, HV_LP_NEVER);
        }
        sched_yield();
    }
    return NULL;
}

static void suspend(struct hv_vp *vp, void *unused)
{
    (void)unused;
    atomic_store(&vp->suspended, HV_VP_SUSPEND_CHANGE);
}

/* As a VP is deleted: it runs, it is suspended, it leaves; then its memory is somebody else's. */
START_TEST(who_has_left_another_lp_is_touched_by_nobody)
{
    pthread_t thread;

    atomic_store(&busy, 1);
    atomic_store(&wrong, 0);
    atomic_store(&gone, true);
    add(1);
    ck_assert_ptr_eq(pick(), &vps[0]);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_until_suspended, lps[1]), 0);
    for (unsigned i = 0; i < CALLS; i++) {
        atomic_store(&gone, false);
        ck_assert_uint_eq(hv_lp_add(lps[1], &vps[1]), HV_STATUS_SUCCESS);
        hv_request_call(&vps[0], &vps[1], suspend, NULL);
        hv_sched_leave(&vps[0], &vps[1]);
        atomic_store(&gone, true);
        ck_assert_uint_eq(hv_lp_load(lps[1]), 0);
        memset(&vps[1], 0, sizeof(vps[1]));
        vps[1].partition = &partition;
        vps[1].index = 1;
    }
    atomic_store(&busy, 0);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

START_TEST(who_shares_the_lp_leaves_at_once)
{
    add(2);
    ck_assert_ptr_eq(pick(), &vps[1]);
    hv_lp_kick(&vps[0]);
    hv_sched_leave(&vps[1], &vps[0]);
    ck_assert_uint_eq(hv_lp_load(lp), 1);
    put(HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_null(pick());
}
END_TEST

START_TEST(an_lp_that_is_full_takes_none)
{
    add(HV_LP_MAX_VPS);
    ck_assert_ptr_nonnull(pick());
    ck_assert_uint_eq(hv_lp_add(lps[1], &vps[HV_LP_MAX_VPS]), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_sched_take(&vps[0], &vps[HV_LP_MAX_VPS]), HV_STATUS_NO_RESOURCES);
    ck_assert_uint_eq(hv_lp_load(lp), HV_LP_MAX_VPS);
    ck_assert_uint_eq(hv_lp_load(lps[1]), 1);
    ck_assert_uint_eq(hv_sched_take(&vps[0], &vps[1]), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(without_a_scheduler_there_is_nothing_to_leave)
{
    hv_sched_leave(&vps[0], &vps[1]);
    ck_assert_ptr_null(vps[1].sched.lp);
}
END_TEST

#define KICKS 20000

/* Plain memory but for the order that a kick gives. */
static unsigned long parcels[VPS];
static _Atomic unsigned long sent[VPS];

static void *kick_all(void *unused)
{
    for (unsigned long i = 0; i < KICKS; i++) {
        uint32_t target = (uint32_t)(i % 3);

        atomic_fetch_add_explicit(&sent[target], 1, memory_order_relaxed);
        hv_vp_kick(&vps[target]);
    }
    atomic_fetch_sub(&busy, 1);
    return unused;
}

START_TEST(no_kick_of_another_lp_is_lost)
{
    pthread_t threads[2];

    memset(parcels, 0, sizeof(parcels));
    memset((void *)sent, 0, sizeof(sent));
    atomic_store(&busy, 2);
    add(3);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, kick_all, NULL), 0);
    for (bool last = false;;) {
        struct hv_vp *vp = hv_lp_pick(lp, 0);

        if (vp) {
            parcels[vp->index] = atomic_load_explicit(&sent[vp->index], memory_order_relaxed);
            hv_lp_put(lp, 0, HV_LP_WAITS, HV_LP_NEVER);
        } else if (last) {
            break;
        } else {
            last = atomic_load(&busy) == 0;
        }
    }
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(parcels[i], atomic_load(&sent[i]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sched");
    TCase *tests = tcase_create("sched");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_page_that_is_not_memory_is_refused);
    tcase_add_test(tests, without_vps_nobody_is_picked);
    tcase_add_test(tests, an_lp_has_room_for_so_many);
    tcase_add_test(tests, one_that_is_alone_has_no_slice);
    tcase_add_test(tests, who_is_busy_shares_alike);
    tcase_add_test(tests, who_is_busy_shares_by_weight);
    tcase_add_test(tests, a_slice_ends_for_another);
    tcase_add_test(tests, who_comes_late_does_not_catch_up);
    tcase_add_test(tests, who_has_waited_takes_the_place_of_who_runs);
    tcase_add_test(tests, who_wakes_when_one_ran_alone_has_a_slice_to_its_credit);
    tcase_add_test(tests, who_wakes_takes_the_place_of_who_has_had_more);
    tcase_add_test(tests, a_deadline_wakes);
    tcase_add_test(tests, the_first_of_many_deadlines_counts);
    tcase_add_test(tests, a_kick_wakes_before_the_deadline);
    tcase_add_test(tests, an_lp_wakes_a_vp_of_its_own);
    tcase_add_test(tests, without_a_scheduler_the_vp_is_kicked);
    tcase_add_test(tests, a_kick_of_who_runs_is_not_for_another);
    tcase_add_test(tests, a_kick_between_the_last_look_and_the_wait_is_not_lost);
    tcase_add_test(tests, who_is_removed_is_not_picked);
    tcase_add_test(tests, a_vp_of_the_same_lp_is_asked_at_once);
    tcase_add_test(tests, lps_that_ask_each_other_both_get_an_answer);
    tcase_add_test(tests, no_kick_of_another_lp_is_lost);
    tcase_add_test(tests, who_has_left_another_lp_is_touched_by_nobody);
    tcase_add_test(tests, who_shares_the_lp_leaves_at_once);
    tcase_add_test(tests, an_lp_that_is_full_takes_none);
    tcase_add_test(tests, without_a_scheduler_there_is_nothing_to_leave);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
