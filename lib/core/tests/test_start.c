/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallStartVirtualProcessor: who may be started, and that the state arrives whole. */
#include <check.h>
#include <pthread.h>
#include <string.h>

#include <hv/abi/tlfs.h>
#include <hv/sched.h>

#include "core.h"
#include "fake_platform.h"
#include "msr_access.h"
#include "suite.h"
#include "vp_fixture.h"

#define INPUT UINT64_C(0x10000)

static struct hv_vp *other;
static atomic_bool ends;

/* The LP of the other VP, which serves its requests. */
static void *serve(void *unused)
{
    (void)unused;
    while (!atomic_load(&ends))
        hv_vp_prepare(other);
    return NULL;
}

static struct hv_input_enable_vp_vtl *input(void)
{
    return fake_page(&fake, INPUT >> HV_PAGE_SHIFT);
}

static void begin(void)
{
    setup();
    other = fake_vp_create(&fake, partition, 1);
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, 1);
    fake_vp(other)->activity = HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND;
    memset(input(), 0, sizeof(*input()));
    input()->partition_id = HV_PARTITION_ID_SELF;
    input()->vp_index = 1;
    input()->vp_context.rip = 0x123456789000;
    input()->vp_context.msr_cr_pat = UINT64_C(0x0007040600070406);
}

static uint64_t start(void)
{
    pthread_t lp;
    uint64_t result;

    atomic_store(&ends, false);
    ck_assert_int_eq(pthread_create(&lp, NULL, serve, NULL), 0);
    result = fake_hypercall(vp, HvCallStartVirtualProcessor, INPUT, 0);
    atomic_store(&ends, true);
    ck_assert_int_eq(pthread_join(lp, NULL), 0);
    return result;
}

START_TEST(a_waiting_vp_starts_with_the_state_given)
{
    ck_assert_uint_eq(start(), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(other)->activity, 0);
    ck_assert_uint_eq(fake_vp(other)->gprs.rip, 0x123456789000);
    ck_assert_uint_eq(fake_vp(other)->started_pat, UINT64_C(0x0007040600070406));
    ck_assert_uint_eq(start(), HV_STATUS_INVALID_VP_STATE);
}
END_TEST

START_TEST(the_caller_runs_and_is_not_started)
{
    input()->vp_index = HV_VP_INDEX_SELF;
    ck_assert_uint_eq(start(), HV_STATUS_INVALID_VP_STATE);
    input()->vp_index = 0;
    ck_assert_uint_eq(start(), HV_STATUS_INVALID_VP_STATE);
}
END_TEST

START_TEST(a_vp_of_the_same_lp_gets_its_turn)
{
    uint64_t pages[3];
    struct hv_lp *lp;

    ck_assert_uint_eq(hv_lp_pages(), 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(fake.platform.pages.alloc(&fake, &pages[i]));
    ck_assert_uint_eq(hv_lp_create(&fake.platform, pages, NULL, &lp), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_lp_add(lp, other), HV_STATUS_SUCCESS);
    ck_assert_ptr_eq(hv_lp_pick(lp, 1), other);
    hv_lp_put(lp, 2, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_uint_eq(hv_lp_add(lp, vp), HV_STATUS_SUCCESS);
    ck_assert_ptr_eq(hv_lp_pick(lp, 3), vp);
    ck_assert_uint_eq(fake_hypercall(vp, HvCallStartVirtualProcessor, INPUT, 0), HV_STATUS_SUCCESS);
    hv_lp_put(lp, 4, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, 5), other);
}
END_TEST

START_TEST(a_state_that_the_back_end_refuses_is_told)
{
    input()->vp_context.cr0 = UINT64_C(1) << 32;
    ck_assert_uint_eq(start(), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(fake_vp(other)->activity, HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND);
}
END_TEST

START_TEST(header_is_checked)
{
    input()->vp_index = 2;
    ck_assert_uint_eq(start(), HV_STATUS_INVALID_VP_INDEX);
    input()->vp_index = HV_ANY_VP;
    ck_assert_uint_eq(start(), HV_STATUS_INVALID_VP_INDEX);
    input()->vp_index = 1;
    input()->target_vtl = 1;
    ck_assert_uint_eq(start(), HV_STATUS_INVALID_PARAMETER);
    input()->target_vtl = 0;
    for (unsigned i = 0; i < sizeof(input()->reserved); i++) {
        input()->reserved[i] = 1;
        ck_assert_uint_eq(start(), HV_STATUS_INVALID_PARAMETER);
        input()->reserved[i] = 0;
    }
    input()->partition_id = 77;
    ck_assert_uint_ne(start(), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(other)->activity, HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND);
}
END_TEST

START_TEST(the_privilege_is_needed)
{
    partition->features.privileges &= ~HV_PRIVILEGE_StartVirtualProcessor;
    ck_assert_uint_eq(start(), HV_STATUS_ACCESS_DENIED);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("start");
    Suite *suite = suite_create("core_start");

    tcase_add_checked_fixture(tests, begin, teardown);
    tcase_add_test(tests, a_vp_of_the_same_lp_gets_its_turn);
    tcase_add_test(tests, a_waiting_vp_starts_with_the_state_given);
    tcase_add_test(tests, the_caller_runs_and_is_not_started);
    tcase_add_test(tests, a_state_that_the_back_end_refuses_is_told);
    tcase_add_test(tests, header_is_checked);
    tcase_add_test(tests, the_privilege_is_needed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
