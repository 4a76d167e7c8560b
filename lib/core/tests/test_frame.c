/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Who has a page: one, or several that share it, and none but one alone passes it on. */
#include <check.h>

#include "core.h"
#include "suite.h"

#define COUNT 4

static struct hv_frame table[COUNT];
static struct hv_frames frames;

/* By level; nothing but that is looked into. */
static _Alignas(HV_PAGE_SIZE) struct hv_partition child, other, grandchild;

static void setup(void)
{
    for (unsigned i = 0; i < COUNT; i++)
        atomic_init(&table[i].holder, 0);
    frames = (struct hv_frames){ table, COUNT };
    child.lineage.level = other.lineage.level = 1;
    grandchild.lineage.level = 2;
}

static bool map(uint64_t page, const struct hv_partition *by, const struct hv_partition *to)
{
    return hv_frame_map(&frames, page, 1, by, to, 0);
}

static void unmap(uint64_t page, const struct hv_partition *of, const struct hv_partition *to)
{
    hv_frame_unmap(&frames, page, 1, of, to);
}

static bool deposit(uint64_t page, const struct hv_partition *from, const struct hv_partition *to)
{
    return hv_frame_deposit(&frames, page, from, to);
}

static bool holds(const struct hv_partition *partition, uint64_t page)
{
    return hv_frame_is_held(&frames, page, partition);
}

static bool is_shared(uint64_t page, const struct hv_partition *by)
{
    return hv_frame_is_shared(&frames, page, by);
}

START_TEST(a_page_is_the_roots_at_first)
{
    ck_assert(holds(NULL, 0));
    ck_assert(!holds(&child, 0));
    ck_assert(!is_shared(0, NULL));
}
END_TEST

START_TEST(a_page_that_is_mapped_is_not_deposited)
{
    ck_assert(map(1, NULL, &child));
    ck_assert(holds(&child, 1));
    ck_assert(!deposit(1, NULL, &child));
    ck_assert(!deposit(1, NULL, NULL));
    ck_assert(!deposit(1, &other, &child));
    ck_assert(holds(NULL, 2));
}
END_TEST

START_TEST(a_deposited_page_is_in_nobodys_space)
{
    ck_assert(deposit(1, NULL, &child));
    ck_assert(!holds(&child, 1) && !holds(NULL, 1));
    ck_assert(!map(1, NULL, &child) && !map(1, &child, &grandchild));
    ck_assert(!hv_frame_can_map(&frames, 1, 1, NULL, &child));
    unmap(1, &child, NULL);
    ck_assert(!hv_frame_hold_back(&frames, 1, &child, NULL));
    ck_assert(!hv_frame_return(&frames, 1, &other, NULL));
    ck_assert(hv_frame_return(&frames, 1, &child, NULL));
    ck_assert(holds(NULL, 1));
    ck_assert(!hv_frame_return(&frames, 1, &child, NULL));
}
END_TEST

START_TEST(a_child_passes_on_what_it_has)
{
    ck_assert(map(1, NULL, &child));
    ck_assert(map(1, &child, &grandchild));
    unmap(1, &child, NULL);
    ck_assert(holds(&grandchild, 1));
    unmap(1, &grandchild, &child);
    ck_assert(holds(&child, 1));
    unmap(1, &child, NULL);
    ck_assert(holds(NULL, 1));
}
END_TEST

START_TEST(what_a_child_has_passed_on_is_not_mapped_elsewhere)
{
    ck_assert(map(1, NULL, &child) && map(1, &child, &grandchild));
    ck_assert(!hv_frame_can_map(&frames, 1, 1, NULL, &other));
    ck_assert(!map(1, NULL, &other) && !map(1, NULL, &child));
    ck_assert(!hv_frame_hold_back(&frames, 1, &child, NULL));
    /* Shared below, it is out of the root's reach all the same. */
    ck_assert(map(1, &child, &grandchild));
    ck_assert(is_shared(1, &child) && !is_shared(1, NULL));
    ck_assert(!map(1, NULL, &other) && !map(1, NULL, &child));
    ck_assert(!hv_frame_hold_back(&frames, 1, &child, NULL));
}
END_TEST

START_TEST(a_shared_page_is_its_owners_when_the_last_has_left)
{
    ck_assert(map(1, NULL, &child) && map(1, NULL, &child) && map(1, NULL, &other));
    ck_assert(is_shared(1, NULL));
    ck_assert(!holds(NULL, 1) && !holds(&child, 1) && !holds(&other, 1));
    for (unsigned left = 3; left > 0; left--) {
        /* Nobody passes it on, nor deposits it, be there one of them alone again. */
        ck_assert(!map(1, &child, &grandchild));
        ck_assert(!deposit(1, NULL, NULL) && !deposit(1, &child, &child));
        unmap(1, left == 2 ? &other : &child, NULL);
    }
    ck_assert(holds(NULL, 1));
    unmap(1, &child, NULL);
    ck_assert(holds(NULL, 1));
}
END_TEST

START_TEST(what_is_on_its_way_back_is_not_passed_on)
{
    ck_assert(map(1, NULL, &child));
    ck_assert(!hv_frame_hold_back(&frames, 1, &other, NULL));
    ck_assert(hv_frame_hold_back(&frames, 1, &child, NULL));
    ck_assert(!map(1, &child, &grandchild));
    ck_assert(!deposit(1, &child, &child) && !deposit(1, NULL, &child));
    hv_frame_keep(&frames, 1, &child);
    ck_assert(holds(&child, 1));
    hv_frame_give_back(&frames, 1, &child, NULL);
    ck_assert(holds(&child, 1));
    ck_assert(hv_frame_hold_back(&frames, 1, &child, NULL));
    hv_frame_give_back(&frames, 1, &child, NULL);
    ck_assert(holds(NULL, 1));
}
END_TEST

/* By other elements of the same call. */
START_TEST(what_is_on_its_way_back_may_be_mapped_elsewhere)
{
    ck_assert(map(1, NULL, &child));
    ck_assert(hv_frame_hold_back(&frames, 1, &child, NULL));
    ck_assert(map(1, NULL, &other));
    ck_assert(is_shared(1, NULL));
    hv_frame_give_back(&frames, 1, &child, NULL);
    ck_assert(is_shared(1, NULL));
    ck_assert(hv_frame_hold_back(&frames, 1, &other, NULL));
    hv_frame_give_back(&frames, 1, &other, NULL);
    ck_assert(holds(NULL, 1));
}
END_TEST

START_TEST(a_shared_page_is_given_back_by_each)
{
    ck_assert(map(1, NULL, &child) && map(1, NULL, &other));
    ck_assert(hv_frame_hold_back(&frames, 1, &child, NULL));
    hv_frame_keep(&frames, 1, &child);
    ck_assert(is_shared(1, NULL));
    ck_assert(!hv_frame_hold_back(&frames, 1, &grandchild, &child));
    hv_frame_give_back(&frames, 1, &child, NULL);
    ck_assert(is_shared(1, NULL));
    hv_frame_give_back(&frames, 1, &other, NULL);
    ck_assert(holds(NULL, 1));
}
END_TEST

START_TEST(several_pages_are_mapped_or_none)
{
    ck_assert(hv_frame_map(&frames, 0, 2, NULL, &child, 70));
    ck_assert_uint_eq(hv_frame_place(&frames, 1, 0), 71);
    ck_assert(deposit(3, NULL, &child));
    ck_assert(!hv_frame_can_map(&frames, 0, 4, NULL, &other));
    ck_assert(!hv_frame_map(&frames, 1, 3, NULL, &other, 71));
    ck_assert(holds(NULL, 2));
    ck_assert(!hv_frame_map(&frames, 2, COUNT, NULL, &other, 72));
    ck_assert(!hv_frame_can_map(&frames, 2, COUNT, NULL, &other));
    ck_assert(holds(NULL, 2));
    hv_frame_unmap(&frames, 0, UINT64_C(100), &child, NULL);
    ck_assert(holds(NULL, 0) && holds(NULL, 1));
    ck_assert(hv_frame_is_deposited(&frames, 3, &child));
}
END_TEST

START_TEST(a_page_is_not_mapped_more_often_than_can_be_counted)
{
    const unsigned most = HV_FRAME_COUNT_MASK >> HV_FRAME_COUNT_SHIFT;

    for (unsigned i = 0; i < most; i++)
        ck_assert(map(1, NULL, &child));
    ck_assert(!map(1, NULL, &child));
    for (unsigned i = 0; i < most; i++) {
        ck_assert(!holds(NULL, 1));
        unmap(1, &child, NULL);
    }
    ck_assert(holds(NULL, 1));
}
END_TEST

START_TEST(a_page_without_entry_is_not_passed_on)
{
    ck_assert(!map(COUNT, NULL, &child) && !map(UINT64_MAX, NULL, &child));
    ck_assert(!deposit(COUNT, NULL, &child) && !deposit(UINT64_MAX, NULL, &child));
    unmap(COUNT, &child, NULL);
    hv_frame_give_back(&frames, COUNT, &child, NULL);
    ck_assert(!hv_frame_return(&frames, COUNT, NULL, NULL));
    ck_assert(!hv_frame_is_passed_on(&frames, COUNT));
    ck_assert(!holds(NULL, COUNT) && !is_shared(COUNT, NULL));
    ck_assert_uint_eq(hv_frame_place(&frames, COUNT, 0), HV_FRAME_NOWHERE);
    ck_assert(!hv_frame_is_in_pool(&frames, COUNT));
}
END_TEST

START_TEST(the_places_of_a_page_are_kept_level_by_level)
{
    hv_frame_note_place(&frames, 3, 0, 77);
    ck_assert_uint_eq(hv_frame_place(&frames, 3, 0), 77);
    ck_assert(hv_frame_is_from(&frames, 3, 0));
    hv_frame_note_place(&frames, 3, 1, 78);
    ck_assert_uint_eq(hv_frame_place(&frames, 3, 0), 77);
    ck_assert_uint_eq(hv_frame_place(&frames, 3, 1), 78);
    ck_assert(!hv_frame_is_from(&frames, 3, 0) && hv_frame_is_from(&frames, 3, 1));
    hv_frame_note_place(&frames, 3, HV_FRAME_PLACES - 1, 79);
    ck_assert(hv_frame_is_from(&frames, 3, HV_FRAME_PLACES - 1));
    ck_assert_uint_eq(hv_frame_place(&frames, 3, HV_FRAME_PLACES), HV_FRAME_NOWHERE);
    /* Passed on again from further above: what was below is over. */
    hv_frame_note_place(&frames, 3, 0, 80);
    ck_assert(hv_frame_is_from(&frames, 3, 0));
    ck_assert_uint_eq(hv_frame_place(&frames, 3, 1), HV_FRAME_NOWHERE);
}
END_TEST

START_TEST(a_page_in_a_pool_is_known)
{
    ck_assert(!hv_frame_is_in_pool(&frames, 1));
    ck_assert(map(1, NULL, &child));
    ck_assert(!hv_frame_is_in_pool(&frames, 1));
    ck_assert(deposit(1, &child, &grandchild));
    ck_assert(hv_frame_is_in_pool(&frames, 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *tests = tcase_create("frame");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_page_is_the_roots_at_first);
    tcase_add_test(tests, a_page_that_is_mapped_is_not_deposited);
    tcase_add_test(tests, a_deposited_page_is_in_nobodys_space);
    tcase_add_test(tests, a_child_passes_on_what_it_has);
    tcase_add_test(tests, what_a_child_has_passed_on_is_not_mapped_elsewhere);
    tcase_add_test(tests, a_shared_page_is_its_owners_when_the_last_has_left);
    tcase_add_test(tests, what_is_on_its_way_back_is_not_passed_on);
    tcase_add_test(tests, what_is_on_its_way_back_may_be_mapped_elsewhere);
    tcase_add_test(tests, a_shared_page_is_given_back_by_each);
    tcase_add_test(tests, several_pages_are_mapped_or_none);
    tcase_add_test(tests, a_page_is_not_mapped_more_often_than_can_be_counted);
    tcase_add_test(tests, a_page_without_entry_is_not_passed_on);
    tcase_add_test(tests, the_places_of_a_page_are_kept_level_by_level);
    tcase_add_test(tests, a_page_in_a_pool_is_known);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
