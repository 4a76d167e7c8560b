/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The end of a GPA space. Why: a page that is not returned is lost to the parent for good, a table
 * that is not freed can't be withdrawn, and one that is freed too early is read by somebody still.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "family.h"
#include "suite.h"

#define PAGES_2M UINT64_C(512)
#define PAGES_1G (PAGES_2M * 512)
#define NEVER    UINT64_MAX

static struct fake_platform fake;
static struct hv_partition *root, *child;
static size_t unused; /* pages of the child's pool at the beginning */

static void setup(void)
{
    fake_platform_init(&fake);
    root = family_root(&fake);
    child = family_child(&fake, root, 40);
    unused = hv_partition_available(child);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static void give(uint64_t gpa_page, uint64_t spa_page, uint64_t count)
{
    ck_assert(
        hv_frame_map(&root->lineage.hierarchy->frames, spa_page, count, NULL, child, spa_page));
    ck_assert_uint_eq(
        hv_address_map(child, gpa_page, spa_page, count, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
}

/* With the top table; a partition has that from the beginning. */
static void expect_nothing_left(void)
{
    struct hv_mapping mapping;

    ck_assert_uint_eq(hv_partition_available(child), unused + 1);
    ck_assert(!hv_address_translate(child, 0, &mapping));
    for (uint64_t page = 0; page < FAKE_FIRST_POOL; page++)
        ck_assert(family_holds(root, page));
}

START_TEST(an_empty_space_is_its_top_table)
{
    ck_assert(hv_address_space_destroy(child, NEVER));
    expect_nothing_left();
    ck_assert(hv_address_space_destroy(child, NEVER));
    expect_nothing_left();
}
END_TEST

START_TEST(all_pages_go_back_and_all_tables)
{
    unsigned flushes = fake.slat_flushes;

    give(3, 7, 2);
    give(PAGES_1G - 1, 20, 2);
    give(5 * PAGES_1G, 0, 1);
    ck_assert(family_holds(child, 21));
    ck_assert(hv_address_space_destroy(child, NEVER));
    expect_nothing_left();
    ck_assert_uint_eq(fake.slat_flushes, flushes + 1);
}
END_TEST

START_TEST(a_large_page_goes_back)
{
    give(PAGES_2M, 0, PAGES_2M);
    ck_assert(family_holds(child, PAGES_2M - 1));
    ck_assert(hv_address_space_destroy(child, NEVER));
    expect_nothing_left();
}
END_TEST

START_TEST(it_comes_in_pieces)
{
    unsigned pieces = 1;

    give(0, 0, 1);
    give(PAGES_2M, 1, 1);
    give(2 * PAGES_2M, 2, 1);
    fake.tsc_step = 1;
    while (!hv_address_space_destroy(child, 0))
        pieces++;
    ck_assert_uint_eq(pieces, 3 + 3);
    expect_nothing_left();
}
END_TEST

/* After the first piece, whatever is left to do. */
START_TEST(nothing_is_mapped_from_the_first_piece_on)
{
    struct hv_mapping mapping;
    uint64_t word;

    give(0, 0, 1);
    give(PAGES_1G, 1, 1);
    ck_assert(!hv_address_space_destroy(child, 0));
    ck_assert(!hv_address_translate(child, PAGES_1G, &mapping));
    ck_assert(!hv_address_read(child, PAGES_1G * HV_PAGE_SIZE, &word, sizeof(word)));
    ck_assert_uint_eq(hv_address_map(child, 5, 5, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_address_unmap(child, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert(hv_address_space_destroy(child, NEVER));
    expect_nothing_left();
}
END_TEST

START_TEST(what_the_partition_does_not_hold_stays_whose_it_is)
{
    struct hv_partition *other = family_child(&fake, root, 0);

    give(0, 3, 1);
    hv_frame_unmap(&root->lineage.hierarchy->frames, 3, 1, child, NULL);
    ck_assert(hv_frame_map(&root->lineage.hierarchy->frames, 3, 1, NULL, other, 3));
    ck_assert_uint_eq(hv_address_map(child, 9, FAKE_PAGES + 1, 1, HV_ACCESS_ALL, HV_CACHE_UNCACHED),
                      HV_STATUS_SUCCESS);
    ck_assert(hv_address_space_destroy(child, NEVER));
    ck_assert(family_holds(other, 3));
    ck_assert_uint_eq(hv_partition_available(child), unused + 1);
}
END_TEST

START_TEST(a_grandchilds_pages_go_to_the_child)
{
    struct hv_frames *frames = &root->lineage.hierarchy->frames;
    struct hv_partition *grandchild = family_child(&fake, child, 8);

    give(0, 3, 1);
    ck_assert(hv_frame_map(frames, 3, 1, child, grandchild, 0));
    ck_assert_uint_eq(hv_address_map(grandchild, 1, 3, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
    ck_assert(hv_address_space_destroy(grandchild, NEVER));
    ck_assert(family_holds(child, 3));
    ck_assert(hv_address_space_destroy(child, NEVER));
    expect_nothing_left();
}
END_TEST

START_TEST(overlays_are_taken_away_and_what_they_cover_goes_back)
{
    struct hv_overlay *page = &child->hypercall_page, *second = &child->time.page;

    give(4, 4, 1);
    ck_assert_uint_eq(hv_overlay_enable(child, page, 4), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_overlay_enable(child, second, 4), HV_STATUS_SUCCESS);
    ck_assert(hv_address_space_destroy(child, NEVER));
    ck_assert(!page->enabled && !second->enabled);
    expect_nothing_left();
    hv_overlay_disable(child, page);
    ck_assert_uint_eq(hv_overlay_enable(child, page, 4), HV_STATUS_SUCCESS);
    expect_nothing_left();
}
END_TEST

START_TEST(a_partition_without_parent_keeps_no_tables_either)
{
    struct hv_partition *alone = fake_space(&fake, 40, 16);

    ck_assert_uint_eq(hv_address_map(alone, 0, 0, 3, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
    ck_assert(hv_address_space_destroy(alone, NEVER));
    ck_assert_uint_eq(hv_partition_available(alone), 16);
}
END_TEST

/* ---- with a reader ---- */

static atomic_bool destroyed;

static void *destroy(void *argument)
{
    (void)argument;
    while (!hv_address_space_destroy(child, NEVER))
        continue;
    atomic_store(&destroyed, true);
    return NULL;
}

START_TEST(no_page_goes_back_while_it_is_used)
{
    struct hv_mapping mapping;
    pthread_t thread;
    void *section;

    give(0, 3, 1);
    atomic_store(&destroyed, false);
    section = hv_address_enter(child);
    ck_assert_int_eq(pthread_create(&thread, NULL, destroy, NULL), 0);
    while (hv_address_translate(child, 0, &mapping))
        sched_yield();
    ck_assert(family_holds(child, 3));
    ck_assert(!atomic_load(&destroyed));
    hv_address_leave(section);
    pthread_join(thread, NULL);
    expect_nothing_left();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("address_destroy");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, an_empty_space_is_its_top_table);
    tcase_add_test(all, all_pages_go_back_and_all_tables);
    tcase_add_test(all, a_large_page_goes_back);
    tcase_add_test(all, it_comes_in_pieces);
    tcase_add_test(all, nothing_is_mapped_from_the_first_piece_on);
    tcase_add_test(all, what_the_partition_does_not_hold_stays_whose_it_is);
    tcase_add_test(all, a_grandchilds_pages_go_to_the_child);
    tcase_add_test(all, overlays_are_taken_away_and_what_they_cover_goes_back);
    tcase_add_test(all, a_partition_without_parent_keeps_no_tables_either);
    tcase_add_test(all, no_page_goes_back_while_it_is_used);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
