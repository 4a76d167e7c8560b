/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The queue of addresses that a VP has to forget. Why: a range that is lost leaves a VP with a
 * mapping that is gone, and it shows as memory of somebody else's.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include <hv/flush.h>

#include "suite.h"

#define RANGE(n)   (UINT64_C(0x1000) * ((n) + 1)) /* one page */
#define PRODUCERS  3
#define LIST       5   /* ranges of a list: those of all producers fit */
#define TOO_LONG   9   /* those of two do not */
#define ROUNDS     200 /* few: who waits spins */
#define ALL_ROUNDS (PRODUCERS * ROUNDS)

_Static_assert(PRODUCERS *LIST < HV_FLUSH_QUEUE_RANGES, "short lists fit");
_Static_assert(2 * TOO_LONG > HV_FLUSH_QUEUE_RANGES, "long ones do not");

static struct hv_flush_queue queue;
static struct hv_flush taken;

/* Of the tests with several threads, which make no assertions themselves. */
static atomic_uint seen[ALL_ROUNDS]; /* ranges of a list that came out */
static atomic_uint posted[PRODUCERS], finished;
static bool any_all;

static void setup(void)
{
    queue = (struct hv_flush_queue){ 0 };
    memset(seen, 0, sizeof(seen));
    memset(posted, 0, sizeof(posted));
    finished = 0;
    any_all = false;
}

static void take(void)
{
    taken = (struct hv_flush){ .all = true, .count = 99 };
    hv_flush_queue_take(&queue, &taken);
    ck_assert(hv_flush_queue_is_empty(&queue));
}

static void add(uint64_t first, unsigned count)
{
    uint64_t ranges[HV_FLUSH_QUEUE_RANGES + 1];

    for (unsigned i = 0; i < count; i++)
        ranges[i] = RANGE(first + i);
    hv_flush_queue_add(&queue, ranges, count);
    ck_assert(!hv_flush_queue_is_empty(&queue));
}

/* What was taken is these ranges, each once, in whatever order. */
static void assert_taken(uint64_t first, unsigned count)
{
    ck_assert(!taken.all);
    ck_assert_uint_eq(taken.count, count);
    for (unsigned i = 0; i < count; i++) {
        unsigned found = 0;

        for (unsigned j = 0; j < count; j++)
            found += taken.ranges[j] == RANGE(first + i);
        ck_assert_uint_eq(found, 1);
    }
}

START_TEST(pages_of_ranges_are_counted)
{
    const uint64_t ranges[] = { 0x5000, 0x7000 | 1, UINT64_C(0xFFFF800000000000) | 0xFFF };

    ck_assert_uint_eq(hv_flush_pages(ranges, 0), 0);
    ck_assert_uint_eq(hv_flush_pages(ranges, 1), 1);
    ck_assert_uint_eq(hv_flush_pages(ranges, 2), 3);
    ck_assert_uint_eq(hv_flush_pages(ranges, 3), 4099);
}
END_TEST

START_TEST(nothing_comes_out_of_an_empty_queue)
{
    ck_assert(hv_flush_queue_is_empty(&queue));
    take();
    assert_taken(0, 0);
}
END_TEST

START_TEST(each_range_comes_out_once)
{
    add(0, 1);
    add(1, 3);
    take();
    assert_taken(0, 4);
    take();
    assert_taken(0, 0);
}
END_TEST

START_TEST(a_queue_can_be_filled_again_and_again)
{
    for (unsigned round = 0; round < 3; round++) {
        add(round, HV_FLUSH_QUEUE_RANGES);
        take();
        assert_taken(round, HV_FLUSH_QUEUE_RANGES);
        for (unsigned i = 0; i < HV_FLUSH_QUEUE_RANGES; i++)
            add(i, 1);
        take();
        assert_taken(0, HV_FLUSH_QUEUE_RANGES);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_everything)
{
    add(0, HV_FLUSH_QUEUE_RANGES);
    add(HV_FLUSH_QUEUE_RANGES, 1);
    take();
    ck_assert(taken.all);
    take();
    assert_taken(0, 0);
    add(0, HV_FLUSH_QUEUE_RANGES + 1);
    take();
    ck_assert(taken.all);
    /* It has taken no place. */
    add(0, HV_FLUSH_QUEUE_RANGES - 1);
    add(0, 2);
    add(HV_FLUSH_QUEUE_RANGES - 1, 1);
    take();
    ck_assert(taken.all);
    ck_assert_uint_eq(taken.count, HV_FLUSH_QUEUE_RANGES);
}
END_TEST

START_TEST(everything_is_everything)
{
    hv_flush_queue_add_all(&queue);
    ck_assert(!hv_flush_queue_is_empty(&queue));
    take();
    ck_assert(taken.all);
    take();
    assert_taken(0, 0);
    add(0, 2);
    hv_flush_queue_add_all(&queue);
    take();
    ck_assert(taken.all);
    add(0, HV_FLUSH_QUEUE_RANGES);
    take();
    assert_taken(0, HV_FLUSH_QUEUE_RANGES);
}
END_TEST

START_TEST(too_many_pages_are_everything)
{
    const uint64_t most = UINT64_C(0x10000) | (HV_FLUSH_MAXIMUM_PAGES - 2), one = 0x5000;

    hv_flush_queue_add(&queue, &most, 1);
    hv_flush_queue_add(&queue, &one, 1);
    take();
    ck_assert(!taken.all);
    ck_assert_uint_eq(taken.count, 2);
    hv_flush_queue_add(&queue, &most, 1);
    hv_flush_queue_add(&queue, &one, 1);
    hv_flush_queue_add(&queue, &one, 1);
    take();
    ck_assert(taken.all);
}
END_TEST

/* ---- Several at once ---- */

static void take_all(void)
{
    struct hv_flush flush;

    hv_flush_queue_take(&queue, &flush);
    for (unsigned i = 0; i < flush.count; i++)
        atomic_fetch_add(&seen[flush.ranges[i] / 0x1000 - 1], 1);
    if (!flush.all)
        return;
    any_all = true;
    for (unsigned producer = 0; producer < PRODUCERS; producer++)
        for (unsigned round = 0; round < atomic_load(&posted[producer]); round++)
            atomic_store(&seen[producer * ROUNDS + round], TOO_LONG);
}

static void *owner(void *unused)
{
    (void)unused;
    while (atomic_load(&finished) < PRODUCERS) {
        if (hv_flush_queue_is_empty(&queue))
            sched_yield();
        else
            take_all();
    }
    return NULL;
}

/* Each adds a list and waits until it has come out. */
static void produce(unsigned producer, unsigned length)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned id = producer * ROUNDS + round;
        uint64_t ranges[TOO_LONG];

        for (unsigned i = 0; i < length; i++)
            ranges[i] = RANGE(id);
        atomic_store(&posted[producer], round + 1);
        hv_flush_queue_add(&queue, ranges, length);
        while (atomic_load(&seen[id]) < length)
            sched_yield();
    }
    atomic_fetch_add(&finished, 1);
}

static void *produce_short(void *producer)
{
    produce((unsigned)(uintptr_t)producer, LIST);
    return NULL;
}

static void *produce_long(void *producer)
{
    produce((unsigned)(uintptr_t)producer, TOO_LONG);
    return NULL;
}

static void run_at_once(void *(*producer)(void *))
{
    pthread_t threads[PRODUCERS + 1];

    ck_assert_int_eq(pthread_create(&threads[PRODUCERS], NULL, owner, NULL), 0);
    for (uintptr_t i = 0; i < PRODUCERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, producer, (void *)i), 0);
    for (unsigned i = 0; i <= PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert(hv_flush_queue_is_empty(&queue));
}

/* One that is lost shows as a test that does not end. */
START_TEST(lists_of_several_come_out_once)
{
    run_at_once(produce_short);
    ck_assert(!any_all);
    for (unsigned i = 0; i < ALL_ROUNDS; i++)
        ck_assert_uint_eq(seen[i], LIST);
}
END_TEST

START_TEST(lists_of_several_that_do_not_fit_are_everything)
{
    run_at_once(produce_long);
    for (unsigned i = 0; i < ALL_ROUNDS; i++)
        ck_assert_uint_ge(seen[i], TOO_LONG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flush_queue");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, NULL);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, pages_of_ranges_are_counted);
    tcase_add_test(all, nothing_comes_out_of_an_empty_queue);
    tcase_add_test(all, each_range_comes_out_once);
    tcase_add_test(all, a_queue_can_be_filled_again_and_again);
    tcase_add_test(all, what_does_not_fit_is_everything);
    tcase_add_test(all, everything_is_everything);
    tcase_add_test(all, too_many_pages_are_everything);
    tcase_add_test(all, lists_of_several_come_out_once);
    tcase_add_test(all, lists_of_several_that_do_not_fit_are_everything);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
