/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Sections of readers and the wait for them, alone and around guest memory. Why: a page that goes
 * from one partition to another while an LP still copies from it shows another guest's secrets, and
 * one that is copied to corrupts it.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "grace.h"
#include "suite.h"

#define READERS 2
#define ROUNDS  200
#define WORDS   (HV_PAGE_SIZE / sizeof(uint64_t))

static struct fake_platform fake;
static struct hv_partition *partition;
static struct hv_grace grace;
static atomic_bool waited, stopped;

static void setup(void)
{
    fake_platform_init(&fake);
    partition = fake_space(&fake, 40, 64);
    memset(&grace, 0, sizeof(grace));
    atomic_store(&waited, false);
    atomic_store(&stopped, false);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static void *wait_for_readers(void *argument)
{
    hv_grace_wait(argument);
    atomic_store(&waited, true);
    return NULL;
}

static uint32_t inside(const struct hv_grace *of)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < HV_GRACE_LANES; i++)
        count += atomic_load(&of->lanes[i].inside[0]) + atomic_load(&of->lanes[i].inside[1]);
    return count;
}

START_TEST(a_wait_without_readers_ends)
{
    for (unsigned i = 0; i < 5; i++)
        hv_grace_wait(&grace);
    ck_assert_uint_eq(inside(&grace), 0);
}
END_TEST

/* In either phase. */
START_TEST(a_wait_lasts_until_the_reader_has_left)
{
    _Atomic uint32_t *section;
    pthread_t waiter;

    if (_i)
        hv_grace_wait(&grace);
    section = hv_grace_enter(&grace);
    ck_assert_uint_eq(inside(&grace), 1);
    ck_assert_int_eq(pthread_create(&waiter, NULL, wait_for_readers, &grace), 0);
    for (unsigned i = 0; i < 100; i++)
        sched_yield();
    ck_assert(!atomic_load(&waited));
    hv_grace_leave(section);
    pthread_join(waiter, NULL);
    ck_assert(atomic_load(&waited));
    ck_assert_uint_eq(inside(&grace), 0);
}
END_TEST

START_TEST(who_enters_later_holds_nobody_up)
{
    _Atomic uint32_t *first = hv_grace_enter(&grace), *second;
    pthread_t waiter;

    ck_assert_int_eq(pthread_create(&waiter, NULL, wait_for_readers, &grace), 0);
    while (atomic_load(&grace.phase) == 0)
        sched_yield();
    second = hv_grace_enter(&grace);
    ck_assert_ptr_ne(first, second);
    hv_grace_leave(first);
    pthread_join(waiter, NULL);
    hv_grace_leave(second);
    ck_assert_uint_eq(inside(&grace), 0);
}
END_TEST

/* ---- guest memory ---- */

static struct hv_grace *of_partition(void)
{
    return &partition->readers;
}

static void count_in_section(struct fake_platform *platform, uint64_t spa_page)
{
    (void)spa_page;
    *(uint32_t *)platform->on_map_argument = inside(of_partition());
}

START_TEST(guest_memory_is_accessed_in_a_section)
{
    uint32_t seen = 0;
    uint64_t word = 1;

    ck_assert_uint_eq(hv_address_map(partition, 0, 1, 2, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
    fake.on_map = count_in_section;
    fake.on_map_argument = &seen;
    ck_assert(hv_address_read(partition, 0xFFC, &word, sizeof(word)));
    ck_assert_uint_eq(seen, 1);
    seen = 0;
    ck_assert(hv_address_write(partition, 0xFFC, &word, sizeof(word)));
    ck_assert_uint_eq(seen, 1);
    seen = 0;
    ck_assert(hv_address_replace_word(partition, 8, 8, 0, 1, &word));
    ck_assert_uint_eq(seen, 1);
    ck_assert(!hv_address_read(partition, 0x2000, &word, sizeof(word)));
    ck_assert(!hv_address_write(partition, 0x2000, &word, sizeof(word)));
    ck_assert(!hv_address_replace_word(partition, 0x2000, 8, 0, 1, &word));
    ck_assert_uint_eq(inside(of_partition()), 0);
}
END_TEST

static void *unmap(void *argument)
{
    (void)argument;
    if (hv_address_unmap(partition, 0, 1) != HV_STATUS_SUCCESS)
        abort();
    atomic_store(&waited, true);
    return NULL;
}

START_TEST(unmapping_waits_for_who_uses_the_page)
{
    struct hv_mapping mapping;
    pthread_t thread;
    void *section;

    ck_assert_uint_eq(hv_address_map(partition, 0, 1, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
    section = hv_address_enter(partition);
    ck_assert(hv_address_translate(partition, 0, &mapping));
    ck_assert_int_eq(pthread_create(&thread, NULL, unmap, NULL), 0);
    while (hv_address_translate(partition, 0, &mapping))
        sched_yield();
    ck_assert(!atomic_load(&waited));
    hv_address_leave(section);
    pthread_join(thread, NULL);
    ck_assert(atomic_load(&waited));
}
END_TEST

/* ---- stress ---- */

/* Copies a page again and again; all words of it are the same while it is the guest's. */
static void *copy(void *argument)
{
    uint64_t words[WORDS];

    (void)argument;
    while (!atomic_load(&stopped)) {
        if (!hv_address_read(partition, 0, words, sizeof(words))) {
            sched_yield();
            continue;
        }
        for (unsigned i = 0; i < WORDS; i++)
            if (words[i] != 0)
                abort();
        hv_address_write(partition, 0, words, sizeof(words));
        sched_yield();
    }
    return NULL;
}

/* Takes the page away, has it for itself without any care, and gives it back. */
static void take_and_give(uint64_t spa_page)
{
    uint64_t *words = fake_page(&fake, spa_page);

    ck_assert_uint_eq(hv_address_unmap(partition, 0, 1), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = i + 1;
    for (unsigned i = 0; i < WORDS; i++)
        ck_assert_uint_eq(words[i], i + 1);
    memset(words, 0, HV_PAGE_SIZE);
    ck_assert_uint_eq(hv_address_map(partition, 0, spa_page, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
}

START_TEST(a_page_that_was_taken_away_is_nobody_elses)
{
    pthread_t threads[READERS];

    take_and_give(1);
    for (unsigned i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, copy, NULL), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        take_and_give(1);
        sched_yield();
    }
    atomic_store(&stopped, true);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(inside(of_partition()), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grace");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 100);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_wait_without_readers_ends);
    tcase_add_loop_test(all, a_wait_lasts_until_the_reader_has_left, 0, 2);
    tcase_add_test(all, who_enters_later_holds_nobody_up);
    tcase_add_test(all, guest_memory_is_accessed_in_a_section);
    tcase_add_test(all, unmapping_waits_for_who_uses_the_page);
    tcase_add_test(all, a_page_that_was_taken_away_is_nobody_elses);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
