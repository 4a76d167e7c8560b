/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Registers in a VP's register page. */
#include <check.h>
#include <string.h>

#include <worker/register_page.h>

#include "suite.h"

static struct hv_vp_register_page page;

static void setup(void)
{
    memset(&page, 0, sizeof(page));
    page.version = HV_VP_REGISTER_PAGE_VERSION_1;
    page.is_valid = 1;
    for (unsigned i = 0; i < 16; i++)
        page.gp_registers[i] = 0x100 + i;
    for (unsigned i = 0; i < 6; i++)
        page.segment_registers[i].selector = (uint16_t)(0x200 + i);
    page.rip = 0x300;
    page.rflags = 0x301;
    page.cr0 = 0x302;
    page.cr3 = 0x303;
    page.cr4 = 0x304;
    page.efer = 0x305;
}

START_TEST(what_the_page_has_is_read_there)
{
    static const uint32_t names[] = { HvX64RegisterRax,    HvX64RegisterR15, HvX64RegisterRip,
                                      HvX64RegisterRflags, HvX64RegisterCr0, HvX64RegisterCr3,
                                      HvX64RegisterCr4,    HvX64RegisterEfer };
    static const uint64_t expected[] = { 0x100, 0x10F, 0x300, 0x301, 0x302, 0x303, 0x304, 0x305 };
    union hv_register_value values[8];

    memset(values, 0xFF, sizeof(values));
    ck_assert(worker_register_page_get(&page, names, values, 8));
    for (unsigned i = 0; i < 8; i++) {
        ck_assert_uint_eq(values[i].reg128.low, expected[i]);
        ck_assert_uint_eq(values[i].reg128.high, 0);
    }
}
END_TEST

START_TEST(segments_are_read_whole)
{
    static const uint32_t names[] = { HvX64RegisterEs, HvX64RegisterGs };
    union hv_register_value values[2];

    ck_assert(worker_register_page_get(&page, names, values, 2));
    ck_assert_uint_eq(values[0].segment.selector, 0x200);
    ck_assert_uint_eq(values[1].segment.selector, 0x205);
}
END_TEST

START_TEST(what_the_page_has_not_makes_all_of_it_a_hypercall)
{
    static const uint32_t names[] = { HvX64RegisterRax, HvX64RegisterCr2 };
    union hv_register_value values[2];

    ck_assert(!worker_register_page_get(&page, names, values, 2));
    ck_assert(worker_register_page_get(&page, names, values, 1));
}
END_TEST

START_TEST(page_that_is_not_valid_is_left_alone)
{
    const uint32_t name = HvX64RegisterRip;
    const struct worker_register change = { .name = name, .value.reg128 = { .low = 1 } };
    union hv_register_value value;

    page.is_valid = 0;
    ck_assert(!worker_register_page_get(&page, &name, &value, 1));
    ck_assert(!worker_register_page_put(&page, &change, 1));
    ck_assert_uint_eq(page.rip, 0x300);
    ck_assert_uint_eq(page.dirty, 0);
}
END_TEST

START_TEST(changes_are_marked_by_their_class)
{
    static const struct {
        uint32_t name, dirty;
    } rows[] = { { HvX64RegisterRax, HV_VP_REGISTER_PAGE_DIRTY_GENERAL },
                 { HvX64RegisterR15, HV_VP_REGISTER_PAGE_DIRTY_GENERAL },
                 { HvX64RegisterRip, HV_VP_REGISTER_PAGE_DIRTY_IP },
                 { HvX64RegisterRflags, HV_VP_REGISTER_PAGE_DIRTY_FLAGS } };

    for (unsigned i = 0; i < 4; i++) {
        const struct worker_register change = { .name = rows[i].name,
                                                .value.reg128 = { .low = 0x400 } };
        union hv_register_value value;

        page.dirty = 0;
        ck_assert(worker_register_page_put(&page, &change, 1));
        ck_assert_uint_eq(page.dirty, rows[i].dirty);
        ck_assert(worker_register_page_get(&page, &rows[i].name, &value, 1));
        ck_assert_uint_eq(value.reg64, 0x400);
    }
}
END_TEST

START_TEST(list_with_another_register_marks_nothing)
{
    static const struct worker_register list[] = { { .name = HvX64RegisterRip },
                                                   { .name = HvRegisterPendingInterruption } };

    ck_assert(!worker_register_page_put(&page, list, 2));
    ck_assert_uint_eq(page.dirty, 0);
}
END_TEST

START_TEST(earlier_marks_stay)
{
    const struct worker_register change = { .name = HvX64RegisterRip };

    page.dirty = HV_VP_REGISTER_PAGE_DIRTY_XMM;
    ck_assert(worker_register_page_put(&page, &change, 1));
    ck_assert_uint_eq(page.dirty, HV_VP_REGISTER_PAGE_DIRTY_XMM | HV_VP_REGISTER_PAGE_DIRTY_IP);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker_register_page");
    TCase *tests = tcase_create("register_page");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, what_the_page_has_is_read_there);
    tcase_add_test(tests, segments_are_read_whole);
    tcase_add_test(tests, what_the_page_has_not_makes_all_of_it_a_hypercall);
    tcase_add_test(tests, page_that_is_not_valid_is_left_alone);
    tcase_add_test(tests, changes_are_marked_by_their_class);
    tcase_add_test(tests, list_with_another_register_marks_nothing);
    tcase_add_test(tests, earlier_marks_stay);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
