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

START_TEST(page_that_is_not_valid_has_nothing)
{
    const uint32_t name = HvX64RegisterRip;
    union hv_register_value value;

    page.is_valid = 0;
    ck_assert(!worker_register_page_get(&page, &name, &value, 1));
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
    tcase_add_test(tests, page_that_is_not_valid_has_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
