/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Conversion between clocks. Why: what it loses, every timer of a guest loses at each tick. */
#include <check.h>
#include <stdint.h>

#include "ratio.h"
#include "suite.h"

START_TEST(ratio_is_the_quotient_rounded_down)
{
    static const struct {
        uint64_t numerator, denominator;
        unsigned shift;
        uint64_t expected;
    } cases[] = {
        { 10, 1, 0, 10 },
        { 7, 2, 0, 3 },
        { 0, 5, 64, 0 },
        { 2000000000, 200000000, 32, UINT64_C(10) << 32 },
        { 1, 3, 32, 0x55555555 },
        { 2, 3, 32, 0xAAAAAAAA },
        { 1, 10, 64, UINT64_C(0x1999999999999999) },
        { 200000000, 2000000000, 64, UINT64_C(0x1999999999999999) },
        { 1, UINT64_MAX, 64, 1 },
        { UINT64_MAX - 1, UINT64_MAX, 64, UINT64_MAX - 1 },
        { UINT64_MAX, UINT64_MAX, 63, UINT64_C(1) << 63 },
        { UINT64_MAX, 1, 0, UINT64_MAX },
        { UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, 64, UINT64_MAX - 1 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(hv_ratio(cases[i].numerator, cases[i].denominator, cases[i].shift) ==
                          cases[i].expected,
                      "case %zu", i);
}
END_TEST

START_TEST(ratio_agrees_with_division_of_128_bits)
{
    uint64_t seed = 88172645463325252u;

    for (unsigned i = 0; i < 10000; i++) {
        uint64_t numerator, denominator;
        unsigned shift;

        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        denominator = seed >> 1 | 1;
        numerator = (seed * 2862933555777941757u) % denominator;
        shift = i % 65;
        ck_assert_uint_eq(
            hv_ratio(numerator, denominator, shift),
            (uint64_t)(shift == 64 ? (((unsigned __int128)numerator << 64) / denominator)
                                   : (((unsigned __int128)numerator << shift) / denominator)));
    }
}
END_TEST

START_TEST(applied_ratio_keeps_all_128_bits_of_the_product)
{
    ck_assert_uint_eq(hv_ratio_apply(UINT64_MAX, UINT64_MAX, 64), UINT64_MAX - 1);
    ck_assert_uint_eq(hv_ratio_apply(UINT64_C(1) << 40, UINT64_C(1) << 40, 32), UINT64_C(1) << 48);
    ck_assert_uint_eq(hv_ratio_apply(3, 1, 1), 1);
    ck_assert_uint_eq(hv_ratio_apply(0, UINT64_MAX, 1), 0);
}
END_TEST

START_TEST(rounding_up_differs_from_rounding_down_only_by_a_remainder)
{
    ck_assert_uint_eq(hv_ratio_apply_up(3, 1, 1), 2);
    ck_assert_uint_eq(hv_ratio_apply_up(4, 1, 1), 2);
    ck_assert_uint_eq(hv_ratio_apply_up(0, UINT64_MAX, 64), 0);
    ck_assert_uint_eq(hv_ratio_apply_up(1, 1, 64), 1);
    ck_assert_uint_eq(hv_ratio_apply_up(UINT64_MAX, UINT64_MAX, 64), UINT64_MAX);
    ck_assert_uint_eq(hv_ratio_apply_up(UINT64_C(1) << 63, UINT64_C(1) << 33, 32),
                      0 /* low 64 bits of 2^64 */);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("ratio");
    Suite *suite = suite_create("core_ratio");

    tcase_add_test(tcase, ratio_is_the_quotient_rounded_down);
    tcase_add_test(tcase, ratio_agrees_with_division_of_128_bits);
    tcase_add_test(tcase, applied_ratio_keeps_all_128_bits_of_the_product);
    tcase_add_test(tcase, rounding_up_differs_from_rounding_down_only_by_a_remainder);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
