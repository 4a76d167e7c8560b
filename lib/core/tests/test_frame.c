/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Who holds a page: it has one holder at a time, and none but that one passes it on. */
#include <check.h>

#include "frame.h"
#include "suite.h"

#define COUNT 4

static struct hv_frame table[COUNT];
static struct hv_frames frames;

/* Never looked into. */
#define CHILD ((struct hv_partition *)0x1000)
#define OTHER ((struct hv_partition *)0x2000)

static void setup(void)
{
    for (unsigned i = 0; i < COUNT; i++) {
        atomic_init(&table[i].holder, 0);
    }
    frames = (struct hv_frames){ table, COUNT };
}

START_TEST(a_page_is_the_roots_at_first)
{
    ck_assert(hv_frame_is_held(&frames, 0, NULL));
    ck_assert(!hv_frame_is_held(&frames, 0, CHILD));
}
END_TEST

START_TEST(a_page_that_is_mapped_is_not_passed_on_again)
{
    ck_assert(hv_frame_pass(&frames, 1, NULL, CHILD, false));
    ck_assert(hv_frame_is_held(&frames, 1, CHILD));
    ck_assert(!hv_frame_pass(&frames, 1, NULL, CHILD, false));
    ck_assert(!hv_frame_pass(&frames, 1, NULL, OTHER, false));
    ck_assert(!hv_frame_pass(&frames, 1, NULL, OTHER, true));
    ck_assert(hv_frame_is_held(&frames, 2, NULL));
}
END_TEST

START_TEST(a_deposited_page_is_in_nobodys_space)
{
    ck_assert(hv_frame_pass(&frames, 1, NULL, CHILD, true));
    ck_assert(!hv_frame_is_held(&frames, 1, CHILD));
    ck_assert(!hv_frame_is_held(&frames, 1, NULL));
    ck_assert(!hv_frame_pass(&frames, 1, CHILD, OTHER, false));
    ck_assert(!hv_frame_return(&frames, 1, CHILD, false, NULL));
    ck_assert(hv_frame_return(&frames, 1, CHILD, true, NULL));
    ck_assert(hv_frame_is_held(&frames, 1, NULL));
}
END_TEST

START_TEST(a_child_passes_on_what_it_has)
{
    ck_assert(hv_frame_pass(&frames, 1, NULL, CHILD, false));
    ck_assert(hv_frame_pass(&frames, 1, CHILD, OTHER, false));
    ck_assert(!hv_frame_return(&frames, 1, CHILD, false, NULL));
    ck_assert(hv_frame_return(&frames, 1, OTHER, false, CHILD));
    ck_assert(hv_frame_return(&frames, 1, CHILD, false, NULL));
    ck_assert(!hv_frame_return(&frames, 1, CHILD, false, NULL));
}
END_TEST

START_TEST(a_page_without_entry_is_not_passed_on)
{
    ck_assert(!hv_frame_pass(&frames, COUNT, NULL, CHILD, false));
    ck_assert(!hv_frame_pass(&frames, UINT64_MAX, NULL, CHILD, true));
    ck_assert(!hv_frame_return(&frames, COUNT, NULL, false, NULL));
    ck_assert(!hv_frame_is_passed_on(&frames, COUNT));
    ck_assert(!hv_frame_is_held(&frames, COUNT, NULL));
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
    ck_assert(hv_frame_pass(&frames, 1, NULL, CHILD, false));
    ck_assert(!hv_frame_is_in_pool(&frames, 1));
    ck_assert(hv_frame_pass(&frames, 1, CHILD, OTHER, true));
    ck_assert(hv_frame_is_in_pool(&frames, 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *tests = tcase_create("frame");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_page_is_the_roots_at_first);
    tcase_add_test(tests, a_page_that_is_mapped_is_not_passed_on_again);
    tcase_add_test(tests, a_deposited_page_is_in_nobodys_space);
    tcase_add_test(tests, a_child_passes_on_what_it_has);
    tcase_add_test(tests, a_page_without_entry_is_not_passed_on);
    tcase_add_test(tests, the_places_of_a_page_are_kept_level_by_level);
    tcase_add_test(tests, a_page_in_a_pool_is_known);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
