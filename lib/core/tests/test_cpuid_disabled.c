/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Features that a parent disables at creation are missing from its child's CPUID. Why: that is how
 * one keeps a guest movable between machines, and a bit that stays is found out after the move.
 */
#include "child_fixture.h"
#include "cpuid.h"
#include "suite.h"

static const uint32_t leaves[] = { 0x1,        0x6,        0x7,        0xD,
                                   0x80000001, 0x80000007, 0x80000008, 0x80000002 };

static void disable(uint64_t features0, uint64_t features1, uint64_t xsave)
{
    child->creation.disabled_features[0] = features0;
    child->creation.disabled_features[1] = features1;
    child->creation.disabled_xsave_features = xsave;
}

/* What is left of a leaf that had all bits. */
static void left_of(uint32_t leaf, uint32_t subleaf, uint32_t value[4])
{
    for (unsigned i = 0; i < 4; i++)
        value[i] = UINT32_MAX;
    hv_cpuid_hide_disabled(child, leaf, subleaf, value);
}

static void expect_hidden(uint32_t leaf, uint32_t subleaf, unsigned where, uint32_t bits)
{
    uint32_t value[4];

    left_of(leaf, subleaf, value);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_msg(value[i] == (i == where ? ~bits : UINT32_MAX), "leaf %#x, register %u: %#x",
                      leaf, i, value[i]);
}

START_TEST(nothing_is_hidden_that_is_not_disabled)
{
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        for (uint32_t subleaf = 0; subleaf < 3; subleaf++)
            expect_hidden(leaves[i], subleaf, 0, 0);
}
END_TEST

/* Intel SDM vol. 2A and AMD APM vol. 3, a feature of each leaf and register. */
START_TEST(a_feature_has_its_bit)
{
    static const struct {
        unsigned bank, feature;
        uint32_t leaf, subleaf;
        unsigned where;
        uint32_t bits;
    } features[] = {
        { 0, 0, 0x1, 0, HV_ECX, 1 },
        { 0, 21, 0x1, 0, HV_ECX, UINT32_C(1) << 30 },
        { 2, 0, 0x1, 0, HV_ECX, UINT32_C(1) << 26 },
        { 2, 2, 0x1, 0, HV_ECX, UINT32_C(1) << 28 },
        { 1, 0, 0x6, 0, HV_ECX, 1 },
        { 0, 35, 0x7, 0, HV_EBX, UINT32_C(1) << 20 },
        { 2, 10, 0x7, 0, HV_EBX, UINT32_C(1) << 31 },
        { 1, 4, 0x7, 0, HV_ECX, UINT32_C(1) << 16 },
        { 0, 60, 0x7, 0, HV_EDX, UINT32_C(1) << 10 },
        { 2, 23, 0x7, 1, HV_EAX, UINT32_C(1) << 5 },
        { 2, 6, 0xD, 0, HV_EAX, 0xE0 },
        { 2, 27, 0xD, 0, HV_EAX, 0x60000 },
        { 2, 12, 0xD, 1, HV_EAX, 8 },
        { 0, 15, 0x80000001, 0, HV_EDX, UINT32_C(1) << 26 },
        { 0, 1, 0x80000001, 0, HV_ECX, 1 },
        { 1, 1, 0x80000007, 0, HV_EDX, UINT32_C(1) << 8 },
        { 0, 46, 0x80000008, 0, HV_EBX, UINT32_C(1) << 12 },
    };

    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        uint64_t bit = UINT64_C(1) << features[i].feature;

        disable(features[i].bank == 0 ? bit : 0, features[i].bank == 1 ? bit : 0,
                features[i].bank == 2 ? bit : 0);
        expect_hidden(features[i].leaf, features[i].subleaf, features[i].where, features[i].bits);
    }
}
END_TEST

/* No two features share a bit of one leaf, so the count says that none is in the table twice. */
START_TEST(each_bit_is_hidden_by_one_feature)
{
    unsigned one_by_one = 0, together = 0;
    uint32_t value[4];

    for (unsigned bank = 0; bank < 3; bank++)
        for (unsigned feature = 0; feature < 64; feature++) {
            uint64_t bit = UINT64_C(1) << feature;

            disable(bank == 0 ? bit : 0, bank == 1 ? bit : 0, bank == 2 ? bit : 0);
            for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
                for (uint32_t subleaf = 0; subleaf < 2; subleaf++) {
                    left_of(leaves[i], subleaf, value);
                    for (unsigned where = 0; where < 4; where++)
                        one_by_one += (unsigned)__builtin_popcount(~value[where]);
                }
        }
    disable(UINT64_MAX, UINT64_MAX, UINT64_MAX);
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        for (uint32_t subleaf = 0; subleaf < 2; subleaf++) {
            left_of(leaves[i], subleaf, value);
            for (unsigned where = 0; where < 4; where++)
                together += (unsigned)__builtin_popcount(~value[where]);
        }
    ck_assert_uint_eq(one_by_one, together);
    ck_assert_uint_gt(together, 100);
}
END_TEST

START_TEST(leaves_without_subleaves_answer_alike)
{
    disable(1, 0, 0);
    expect_hidden(0x1, 0, HV_ECX, 1);
    expect_hidden(0x1, 7, HV_ECX, 1);
    disable(UINT64_C(1) << 35, 0, 0);
    expect_hidden(0x7, 0, HV_EBX, UINT32_C(1) << 20);
    expect_hidden(0x7, 1, HV_EBX, 0);
}
END_TEST

static void cpuid(uint32_t leaf, uint32_t out[4])
{
    ck_assert_int_eq(fake_cpuid(vp, leaf, 0, out), HV_DISPOSITION_RESUME);
}

START_TEST(the_child_does_not_see_it)
{
    uint32_t before[4], after[4];

    cpuid(0x80000001, before);
    ck_assert(before[HV_EDX] & UINT32_C(1) << 26);
    disable(UINT64_C(1) << 15, 0, 0);
    cpuid(0x80000001, after);
    ck_assert_uint_eq(after[HV_EDX], before[HV_EDX] & ~(UINT32_C(1) << 26));
}
END_TEST

START_TEST(what_always_overrides_is_shown)
{
    union hv_intercept_result_parameters result = { .cpuid = { .input_eax = 0x80000001,
                                                               .result_edx = UINT32_C(1) << 26,
                                                               .result_edx_mask = UINT32_C(1)
                                                                                  << 26 } };
    uint32_t out[4];

    disable(UINT64_C(1) << 15, 0, 0);
    ck_assert_uint_eq(hv_intercept_result_register(vp, HvInterceptTypeX64Cpuid, &result),
                      HV_STATUS_SUCCESS);
    cpuid(0x80000001, out);
    ck_assert(!(out[HV_EDX] & UINT32_C(1) << 26));
    result.cpuid.always_override = 1;
    ck_assert_uint_eq(hv_intercept_result_register(vp, HvInterceptTypeX64Cpuid, &result),
                      HV_STATUS_SUCCESS);
    cpuid(0x80000001, out);
    ck_assert(out[HV_EDX] & UINT32_C(1) << 26);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpuid disabled");
    TCase *tests = tcase_create("cpuid disabled");

    tcase_add_checked_fixture(tests, child_setup, child_teardown);
    tcase_add_test(tests, nothing_is_hidden_that_is_not_disabled);
    tcase_add_test(tests, a_feature_has_its_bit);
    tcase_add_test(tests, each_bit_is_hidden_by_one_feature);
    tcase_add_test(tests, leaves_without_subleaves_answer_alike);
    tcase_add_test(tests, the_child_does_not_see_it);
    tcase_add_test(tests, what_always_overrides_is_shown);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
