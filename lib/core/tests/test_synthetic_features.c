/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a parent lets its child have, bit by bit. */
#include "root_fixture.h"
#include "suite.h"

#define INTERFACE (HV_SYNTHETIC_FEATURE_HYPERVISOR_PRESENT | HV_SYNTHETIC_FEATURE_HV1)
#define FREE_CALLS \
    (HV_SYNTHETIC_FEATURE_NOTIFY_LONG_SPIN_WAIT | HV_SYNTHETIC_FEATURE_RETARGET_DEVICE_INTERRUPT)
#define QEMU UINT64_C(0x06400FFB) /* what QEMU asks for */

static struct hv_partition *child;

static void create(void)
{
    setup();
    child = create_child();
}

START_TEST(what_is_asked_for_is_offered_and_no_more)
{
    const struct hv_features *features = &child->features;

    ck_assert_uint_eq(hv_features_set_synthetic(child, QEMU), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_features_get_synthetic(child), QEMU | FREE_CALLS);
    ck_assert_uint_eq(features->privileges & 0xFFF, 0xFFE);
    ck_assert(features->features_edx & HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS);
    ck_assert(!(features->features_edx & HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER));
    ck_assert(!(features->features_edx & HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT));
    ck_assert(features->features_edx & HV_FEATURE_EDX_XMM_HYPERCALL_INPUT);
    ck_assert(features->recommendations & HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI);
    ck_assert(!(features->recommendations & HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS));
}
END_TEST

START_TEST(nothing_but_the_interface_can_be_offered)
{
    ck_assert_uint_eq(hv_features_set_synthetic(child, INTERFACE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_features_get_synthetic(child), INTERFACE | FREE_CALLS);
    /* These have no bit. */
    ck_assert_uint_eq(hv_partition_privileges(child),
                      HV_PRIVILEGE_AccessResetReg | HV_PRIVILEGE_AccessStatsReg);
}
END_TEST

START_TEST(each_bit_comes_back)
{
    unsigned known = 0;

    for (unsigned bit = 2; bit < 64; bit++) {
        /* Without timers there are no kinds of timers. */
        uint64_t value =
            INTERFACE | HV_SYNTHETIC_FEATURE_ACCESS_SYNTHETIC_TIMER_REGS | UINT64_C(1) << bit;

        if (hv_features_set_synthetic(child, value) != HV_STATUS_SUCCESS)
            continue;
        ck_assert_uint_eq(hv_features_get_synthetic(child), value | FREE_CALLS);
        known++;
    }
    ck_assert_uint_eq(known, 21);
}
END_TEST

START_TEST(what_cannot_be_granted_is_left_out)
{
    root->features.privileges &= ~HV_PRIVILEGE_AccessSynicRegs;
    ck_assert_uint_eq(hv_features_set_synthetic(child, QEMU), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_features_get_synthetic(child),
                      (QEMU | FREE_CALLS) & ~HV_SYNTHETIC_FEATURE_ACCESS_SYNIC_REGS);
}
END_TEST

START_TEST(unknown_features_and_no_interface_are_refused)
{
    uint64_t before = hv_features_get_synthetic(child);

    ck_assert_uint_eq(hv_features_set_synthetic(child, QEMU | UINT64_C(1) << 63),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(hv_features_set_synthetic(child, QEMU | 1u << 12),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(hv_features_set_synthetic(child, QEMU & ~UINT64_C(1)),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(hv_features_set_synthetic(child, QEMU & ~UINT64_C(2)),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(hv_features_get_synthetic(child), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("synthetic features");
    TCase *tests = tcase_create("synthetic features");

    tcase_add_checked_fixture(tests, create, teardown);
    tcase_add_test(tests, what_is_asked_for_is_offered_and_no_more);
    tcase_add_test(tests, nothing_but_the_interface_can_be_offered);
    tcase_add_test(tests, each_bit_comes_back);
    tcase_add_test(tests, what_cannot_be_granted_is_left_out);
    tcase_add_test(tests, unknown_features_and_no_interface_are_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
