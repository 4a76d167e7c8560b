/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Fast hypercalls: parameters in two general registers and, where CPUID offers it, XMM0 to XMM5.
 * Sources: TLFS, hypercall interface, "XMM fast hypercall input" and "output".
 */
#include "hypercall_rig.h"
#include "suite.h"

#define FAST (UINT64_C(1) << 16)

static void offer(uint32_t features_edx)
{
    rig.partition->features.features_edx = features_edx;
}

static void set_xmm(unsigned number, uint64_t low, uint64_t high)
{
    memcpy(fake_vp(rig.vp)->xmm[number], (uint64_t[]){ low, high }, 16);
}

static void expect_xmm(unsigned number, uint64_t low, uint64_t high)
{
    ck_assert_mem_eq(fake_vp(rig.vp)->xmm[number], ((uint64_t[]){ low, high }), 16);
}

/* All XMM registers but those from first to last are as before. */
static void expect_other_xmm_kept(unsigned first, unsigned last)
{
    for (unsigned i = 0; i < 16; i++)
        if (i < first || i > last)
            ck_assert_mem_eq(fake_vp(rig.vp)->xmm[i], rig.xmm_before[i], 16);
}

static void expect_ok_with_xmm(uint16_t reps, unsigned first, unsigned last)
{
    ck_assert_uint_eq(rig_result(), (uint64_t)reps << 32);
    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.rip, RIG_RIP + RIG_LENGTH);
    rig_expect_kept(rig_result_registers());
    expect_other_xmm_kept(first, last);
}

static void setup_fast(void)
{
    rig_setup();
    offer(HV_FEATURE_EDX_XMM_HYPERCALL_INPUT | HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT);
    for (unsigned i = 0; i < 16; i++)
        set_xmm(i, UINT64_C(0xE0E0000000000000) + i, ~(uint64_t)i);
}

START_TEST(sixteen_bytes_need_no_xmm)
{
    offer(0);
    rig_call(RIG_SHORT | FAST, 0x1234567, UINT64_MAX);
    rig_expect(HV_STATUS_SUCCESS, 0);
    ck_assert_uint_eq(rig.calls, 1);
    rig.long_mode = false;
    rig_call(RIG_SHORT | FAST, 0x1234567, UINT64_MAX);
    rig_expect(HV_STATUS_SUCCESS, 0);
}
END_TEST

START_TEST(longer_input_gets_ud_unless_offered)
{
    offer(HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT);
    rig_call(rig_reps(RIG_REP_IN, 2, 0) | FAST, 0, 0);
    rig_expect_ud();
    rig_call(rig_reps(RIG_REP_IN, 1, 0) | FAST, 0, 0);
    rig_expect(HV_STATUS_SUCCESS, 1);
    offer(HV_FEATURE_EDX_XMM_HYPERCALL_INPUT);
    rig_call(rig_reps(RIG_REP_IN, 2, 0) | FAST, 0, 0);
    rig_expect(HV_STATUS_SUCCESS, 2);
}
END_TEST

START_TEST(output_gets_ud_unless_offered)
{
    offer(HV_FEATURE_EDX_XMM_HYPERCALL_INPUT);
    rig_call(RIG_OUTPUT_ONLY | FAST, 0, 0);
    rig_expect_ud();
    rig_call(RIG_SIMPLE | FAST, 0, 0);
    rig_expect_ud();
}
END_TEST

START_TEST(output_gets_ud_for_x86_callers)
{
    rig.long_mode = false;
    rig_call(RIG_OUTPUT_ONLY | FAST, 0, 0);
    rig_expect_ud();
}
END_TEST

START_TEST(call_that_is_not_fast_is_refused_in_registers)
{
    rig_call(RIG_MEMORY_ONLY | FAST, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_PARAMETER);
    rig_call(RIG_MEMORY_ONLY, RIG_INPUT, 0);
    rig_expect(HV_STATUS_SUCCESS, 0);
}
END_TEST

START_TEST(input_continues_in_xmm_and_output_starts_at_the_next_one)
{
    set_xmm(0, 500, UINT64_MAX);
    rig_call(RIG_SIMPLE | FAST, 3, 40);
    expect_ok_with_xmm(0, 1, 1);
    expect_xmm(1, 543, 3);
}
END_TEST

START_TEST(x86_caller_has_xmm_input)
{
    rig.long_mode = false;
    set_xmm(0, RIG_REFUSE, 0);
    rig_call(rig_reps(RIG_REP_IN, 2, 0) | FAST, 3, 40);
    rig_expect(HV_STATUS_INVALID_PARAMETER, 1);
    set_xmm(0, 0, RIG_REFUSE);
    rig_call(rig_reps(RIG_REP_IN, 2, 0) | FAST, 3, 40);
    rig_expect(HV_STATUS_SUCCESS, 2);
    rig_call(rig_reps(RIG_REP_IN, 1, 0) | FAST, 3, RIG_REFUSE);
    rig_expect(HV_STATUS_INVALID_PARAMETER, 0);
}
END_TEST

START_TEST(output_without_input_starts_in_rdx)
{
    rig_call(RIG_OUTPUT_ONLY | FAST, 1, 2);
    ck_assert_uint_eq(rig_result(), 0);
    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.gpr[HV_GPR_RDX], RIG_REFUSE + 1);
    rig_expect_kept(1u << HV_GPR_RAX | 1u << HV_GPR_RDX);
    rig_expect_xmm_kept();
}
END_TEST

START_TEST(failing_call_writes_no_output_registers)
{
    rig_call(RIG_SIMPLE | FAST, RIG_REFUSE, 0);
    rig_expect(HV_STATUS_OPERATION_DENIED, 0);
}
END_TEST

START_TEST(block_holds_112_bytes_of_input)
{
    set_xmm(5, 0, RIG_REFUSE);
    rig_call(rig_reps(RIG_REP_IN, 13, 0) | FAST, 0, 0);
    rig_expect(HV_STATUS_INVALID_PARAMETER, 12);
    rig_call(rig_reps(RIG_REP_IN, 14, 0) | FAST, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
    rig_call(RIG_VARIABLE_REP | UINT64_C(0x3FF) << 17 | UINT64_C(0xFFF) << 32 | FAST, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

START_TEST(block_holds_112_bytes_of_input_and_output_together)
{
    rig_call(rig_reps(RIG_REP_OUT, 6, 0) | FAST, 0, 0);
    expect_ok_with_xmm(6, 0, 5);
    for (unsigned i = 0; i < 6; i++)
        expect_xmm(i, i, ~(uint64_t)i);
    rig_call(rig_reps(RIG_REP_OUT, 7, 0) | FAST, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

START_TEST(resumed_call_keeps_output_of_earlier_elements)
{
    uint64_t control = rig_reps(RIG_REP, 5, 0) | FAST;

    set_xmm(0, 2, 3);
    set_xmm(1, 4, 5);
    rig.fake.tsc_step = UINT64_C(1) << 40;
    rig_call(control, 1000, 1);
    for (uint16_t done = 1; done < 5; done++) {
        rig_expect_suspended(control, done);
        expect_other_xmm_kept(2, 4);
        rig_execute(rig_find);
    }
    ck_assert_uint_eq(rig_result(), UINT64_C(5) << 32);
    expect_xmm(2, 1001, 1002);
    expect_xmm(3, 1003, 1004);
    expect_xmm(4, 1005, ~UINT64_C(4));
}
END_TEST

START_TEST(output_may_begin_in_the_middle_of_a_register)
{
    set_xmm(0, 2, 3);
    set_xmm(1, 4, 5);
    rig_call(rig_reps(RIG_REP, 5, 1) | FAST, 1000, 1);
    expect_ok_with_xmm(5, 2, 4);
    expect_xmm(2, UINT64_C(0xE0E0000000000002), 1002);
    expect_xmm(3, 1003, 1004);
    expect_xmm(4, 1005, ~UINT64_C(4));
}
END_TEST

START_TEST(failing_element_leaves_its_output_register_alone)
{
    set_xmm(0, RIG_REFUSE, 3);
    rig_call(rig_reps(RIG_REP, 3, 0) | FAST, 1000, 1);
    ck_assert_uint_eq(rig_result(), HV_STATUS_INVALID_PARAMETER | UINT64_C(1) << 32);
    expect_other_xmm_kept(1, 1);
    expect_xmm(1, 1001, ~UINT64_C(1));
}
END_TEST

START_TEST(variable_header_continues_in_registers)
{
    set_xmm(0, 100, 0);
    rig_call(RIG_VARIABLE | UINT64_C(2) << 17 | FAST, 1, 10);
    expect_ok_with_xmm(0, 1, 1);
    expect_xmm(1, 111, ~UINT64_C(1));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("hypercall_fast");
    tcase_add_checked_fixture(tcase, setup_fast, rig_teardown);
    tcase_add_test(tcase, sixteen_bytes_need_no_xmm);
    tcase_add_test(tcase, longer_input_gets_ud_unless_offered);
    tcase_add_test(tcase, output_gets_ud_unless_offered);
    tcase_add_test(tcase, output_gets_ud_for_x86_callers);
    tcase_add_test(tcase, call_that_is_not_fast_is_refused_in_registers);
    tcase_add_test(tcase, input_continues_in_xmm_and_output_starts_at_the_next_one);
    tcase_add_test(tcase, x86_caller_has_xmm_input);
    tcase_add_test(tcase, output_without_input_starts_in_rdx);
    tcase_add_test(tcase, failing_call_writes_no_output_registers);
    tcase_add_test(tcase, block_holds_112_bytes_of_input);
    tcase_add_test(tcase, block_holds_112_bytes_of_input_and_output_together);
    tcase_add_test(tcase, resumed_call_keeps_output_of_earlier_elements);
    tcase_add_test(tcase, output_may_begin_in_the_middle_of_a_register);
    tcase_add_test(tcase, failing_element_leaves_its_output_register_alone);
    tcase_add_test(tcase, variable_header_continues_in_registers);
    Suite *suite = suite_create("core_hypercall_fast");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
