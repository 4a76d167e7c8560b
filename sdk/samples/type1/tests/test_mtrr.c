/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Memory type ranges of a child's VP. */
#include <check.h>

#include "suite.h"
#include "svm_mtrr.h"
#include "x86.h"

static struct svm_mtrr mtrr;

static void setup(void)
{
    mtrr = (struct svm_mtrr){ 0 };
}

static uint64_t value_of(uint32_t msr)
{
    uint64_t value = 0;

    ck_assert(svm_mtrr_read(&mtrr, msr, &value));
    return value;
}

START_TEST(each_register_keeps_what_is_written)
{
    static const uint32_t msrs[] = { MSR_MTRR_TYPE,       MSR_MTRR_FIX64K,    MSR_MTRR_FIX16K,
                                     MSR_MTRR_FIX16K + 1, MSR_MTRR_FIX4K,     MSR_MTRR_FIX4K + 7,
                                     MSR_MTRR_BASE0,      MSR_MTRR_BASE0 + 14 };

    for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
        ck_assert_uint_eq(value_of(msrs[i]), 0);
        ck_assert(svm_mtrr_write(&mtrr, msrs[i], 6));
    }
    for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
        ck_assert_uint_eq(value_of(msrs[i]), 6);
    ck_assert(svm_mtrr_write(&mtrr, MSR_MTRR_BASE0 + 15, 0xFFFFF800));
    ck_assert_uint_eq(value_of(MSR_MTRR_BASE0 + 15), 0xFFFFF800);
}
END_TEST

START_TEST(the_capabilities_are_read_only)
{
    ck_assert_uint_eq(value_of(MSR_MTRR_CAP), 0x500 | SVM_MTRR_VARIABLE);
    ck_assert(!svm_mtrr_write(&mtrr, MSR_MTRR_CAP, 0));
}
END_TEST

START_TEST(other_msrs_are_not_ranges)
{
    static const uint32_t msrs[] = { MSR_MTRR_BASE0 - 1,  MSR_MTRR_BASE0 + 2 * SVM_MTRR_VARIABLE,
                                     MSR_MTRR_FIX64K - 1, MSR_MTRR_FIX64K + 1,
                                     MSR_MTRR_FIX16K + 2, MSR_MTRR_FIX4K - 1,
                                     MSR_MTRR_FIX4K + 8,  MSR_PAT };
    uint64_t value;

    for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
        ck_assert(!svm_mtrr_read(&mtrr, msrs[i], &value));
        ck_assert(!svm_mtrr_write(&mtrr, msrs[i], 0));
    }
}
END_TEST

START_TEST(types_and_reserved_bits_are_checked)
{
    static const uint8_t bad[] = { 2, 3, 7, 8, 0xFF };

    for (unsigned i = 0; i < sizeof(bad); i++) {
        ck_assert(!svm_mtrr_write(&mtrr, MSR_MTRR_TYPE, bad[i]));
        ck_assert(!svm_mtrr_write(&mtrr, MSR_MTRR_BASE0, bad[i]));
        for (unsigned byte = 0; byte < 8; byte++)
            ck_assert(!svm_mtrr_write(&mtrr, MSR_MTRR_FIX4K, (uint64_t)bad[i] << 8 * byte));
    }
    ck_assert(!svm_mtrr_write(&mtrr, MSR_MTRR_TYPE, 0x1000));
    ck_assert(!svm_mtrr_write(&mtrr, MSR_MTRR_TYPE, 0x100));
    ck_assert(!svm_mtrr_write(&mtrr, MSR_MTRR_BASE0, 0x100));
    ck_assert(!svm_mtrr_write(&mtrr, MSR_MTRR_BASE0 + 1, 1));
    ck_assert(svm_mtrr_write(&mtrr, MSR_MTRR_TYPE, 0xC06));
    ck_assert_uint_eq(value_of(MSR_MTRR_FIX4K), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mtrr");
    TCase *tests = tcase_create("mtrr");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, each_register_keeps_what_is_written);
    tcase_add_test(tests, the_capabilities_are_read_only);
    tcase_add_test(tests, other_msrs_are_not_ranges);
    tcase_add_test(tests, types_and_reserved_bits_are_checked);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
