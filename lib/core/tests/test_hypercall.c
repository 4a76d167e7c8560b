/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The hypercall dispatcher: every rule that is common to all calls, with a table of calls of its
 * own so that each shape of a call is there. Sources: TLFS, hypercall interface.
 */
#include "hypercall_rig.h"
#include "suite.h"

#define NESTED (UINT64_C(1) << 31)
#define FAST   (UINT64_C(1) << 16)

static uint64_t variable(uint64_t qwords)
{
    return qwords << 17;
}

/* ---- Who may call at all ---- */

START_TEST(user_mode_gets_ud)
{
    for (rig.cpl = 1; rig.cpl <= 3; rig.cpl++) {
        rig_call(RIG_NO_PARAMETERS, 0, 0);
        rig_expect_ud();
    }
}
END_TEST

START_TEST(real_mode_gets_ud)
{
    rig.protected_mode = false;
    rig.long_mode = false;
    rig_call(RIG_NO_PARAMETERS, 0, 0);
    rig_expect_ud();
}
END_TEST

START_TEST(caller_without_identity_gets_ud)
{
    atomic_store(&rig.partition->guest_os_id, 0);
    rig_call(RIG_NO_PARAMETERS, 0, 0);
    rig_expect_ud();
    atomic_store(&rig.partition->guest_os_id, UINT64_C(1) << 63);
    rig_call(RIG_NO_PARAMETERS, 0, 0);
    rig_expect(HV_STATUS_SUCCESS, 0);
}
END_TEST

START_TEST(call_without_parameters_ignores_gpas)
{
    rig_call(RIG_NO_PARAMETERS, UINT64_MAX, 3);
    rig_expect(HV_STATUS_SUCCESS, 0);
    ck_assert_uint_eq(rig.calls, 1);
}
END_TEST

START_TEST(missing_privilege_is_denied_without_side_effects)
{
    rig.partition->features.privileges = HV_PRIVILEGE_PostMessages;
    rig_call(RIG_NEEDS_TWO, 0, 0);
    rig_expect_refused(HV_STATUS_ACCESS_DENIED);
    rig.partition->features.privileges = HV_PRIVILEGE_SignalEvents;
    rig_call(RIG_NEEDS_TWO, 0, 0);
    rig_expect_refused(HV_STATUS_ACCESS_DENIED);
    rig.partition->features.privileges = RIG_PRIVILEGES;
    rig_call(RIG_NEEDS_TWO, 0, 0);
    rig_expect(HV_STATUS_SUCCESS, 0);
}
END_TEST

START_TEST(one_of_several_privileges_can_be_enough)
{
    rig.partition->features.privileges = HV_PRIVILEGE_SignalEvents;
    rig_call(RIG_NEEDS_ONE, 0, 0);
    rig_expect(HV_STATUS_SUCCESS, 0);
    rig.partition->features.privileges = ~RIG_PRIVILEGES;
    rig_call(RIG_NEEDS_ONE, 0, 0);
    rig_expect_refused(HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(output_that_is_no_memory_is_noticed_before_anything_is_done)
{
    uint64_t device = UINT64_C(0x30000);

    ck_assert_uint_eq(hv_address_map(rig.partition, device >> HV_PAGE_SHIFT, FAKE_PAGES, 1,
                                     HV_ACCESS_ALL, HV_CACHE_UNCACHED),
                      HV_STATUS_SUCCESS);
    rig_call(RIG_SIMPLE, RIG_INPUT, device);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
    ck_assert_uint_eq(rig.calls, 0);
}
END_TEST

START_TEST(root_calls_are_denied_to_others)
{
    rig_call(RIG_NEEDS_ROOT, 0, 0);
    rig_expect(HV_STATUS_SUCCESS, 0);
    rig_is_no_root();
    rig_call(RIG_NEEDS_ROOT, 0, 0);
    rig_expect_refused(HV_STATUS_ACCESS_DENIED);
    rig_call(RIG_NO_PARAMETERS, 0, 0);
    rig_expect(HV_STATUS_SUCCESS, 0);
}
END_TEST

START_TEST(call_without_handler_is_an_invalid_code_for_the_privileged_only)
{
    rig_call(RIG_KNOWN, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_CODE);
    rig.partition->features.privileges = RIG_PRIVILEGES;
    rig_call(RIG_KNOWN_PRIVILEGED, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_CODE);
    rig.partition->features.privileges = 0;
    rig_call(RIG_KNOWN_PRIVILEGED, 0, 0);
    rig_expect_refused(HV_STATUS_ACCESS_DENIED);
}
END_TEST

/* ---- The input value ---- */

START_TEST(unknown_code_is_an_invalid_code)
{
    rig_call(0xFFFF, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_CODE);
    rig_call(0, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_CODE);
}
END_TEST

START_TEST(each_reserved_bit_is_refused)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        struct hv_hypercall_control control;
        bool reserved =
            (bit >= 27 && bit <= 30) || (bit >= 44 && bit <= 47) || (bit >= 60 && bit <= 63);

        ck_assert_uint_eq(hv_hypercall_parse_control(UINT64_C(1) << bit, &control),
                          reserved ? HV_STATUS_INVALID_HYPERCALL_INPUT : HV_STATUS_SUCCESS);
        if (!reserved)
            continue;
        rig_call(RIG_NO_PARAMETERS | UINT64_C(1) << bit, 0, 0);
        rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
    }
}
END_TEST

START_TEST(fields_are_where_the_specification_has_them)
{
    struct hv_hypercall_control control;

    ck_assert_uint_eq(hv_hypercall_parse_control(UINT64_C(0x0ABC0DEF87FFBEEF), &control), 0);
    ck_assert_uint_eq(control.code, 0xBEEF);
    ck_assert(control.fast);
    ck_assert_uint_eq(control.variable_qwords, 0x3FF);
    ck_assert(control.nested);
    ck_assert_uint_eq(control.rep_count, 0xDEF);
    ck_assert_uint_eq(control.rep_start, 0xABC);
}
END_TEST

START_TEST(nested_call_has_no_other_hypervisor_to_go_to)
{
    rig_call(RIG_NO_PARAMETERS | NESTED, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

START_TEST(simple_call_refuses_rep_fields)
{
    for (unsigned bit = 0; bit < 12; bit++) {
        rig_call(rig_reps(RIG_NO_PARAMETERS, 1u << bit, 0), 0, 0);
        rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
        rig_call(rig_reps(RIG_NO_PARAMETERS, 0, 1u << bit), 0, 0);
        rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
    }
}
END_TEST

START_TEST(rep_call_needs_a_count_above_its_start)
{
    static const uint16_t bad[][2] = { { 0, 0 }, { 0, 1 }, { 1, 1 }, { 3, 4 }, { 0xFFE, 0xFFF } };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        rig_call(rig_reps(RIG_REP_IN, bad[i][0], bad[i][1]), RIG_INPUT, 0);
        rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
    }
}
END_TEST

START_TEST(variable_header_is_refused_where_none_is_defined)
{
    for (unsigned bit = 0; bit < 10; bit++) {
        rig_call(RIG_NO_PARAMETERS | variable(1u << bit), 0, 0);
        rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
        rig_call(rig_reps(RIG_REP_IN, 1, 0) | variable(1u << bit), RIG_INPUT, 0);
        rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
    }
}
END_TEST

START_TEST(variable_header_follows_the_fixed_one)
{
    uint64_t *input = rig_words(RIG_INPUT);

    for (unsigned i = 0; i < 5; i++)
        input[i] = UINT64_C(1) << (8 * i);
    rig_call(RIG_VARIABLE | variable(3), RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_SUCCESS, 0);
    ck_assert_uint_eq(*rig_words(RIG_OUTPUT), 0x01010101);
    rig_call(RIG_VARIABLE, RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_SUCCESS, 0);
    ck_assert_uint_eq(*rig_words(RIG_OUTPUT), 1);
}
END_TEST

START_TEST(rep_list_follows_the_variable_header)
{
    uint64_t *input = rig_words(RIG_INPUT), *output = rig_words(RIG_OUTPUT);

    for (unsigned i = 0; i < 5; i++)
        input[i] = UINT64_C(1) << (8 * i);
    rig_call(rig_reps(RIG_VARIABLE_REP, 2, 0) | variable(2), RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_SUCCESS, 2);
    ck_assert_uint_eq(output[0], 0x01010101);
    ck_assert_uint_eq(output[1], 0x0100010101);
}
END_TEST

START_TEST(denial_comes_before_every_other_error)
{
    rig.partition->features.privileges = 0;
    rig_call(rig_reps(RIG_NEEDS_TWO, 7, 9) | UINT64_C(0xF) << 60 | NESTED | variable(1), 1, 1);
    rig_expect_refused(HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(reserved_bits_come_before_an_unknown_code)
{
    rig_call(0xFFF | UINT64_C(1) << 60, 0, 0);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

/* ---- Parameters in memory ---- */

START_TEST(simple_call_takes_input_and_gives_output)
{
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 3, 40, 500 }, 24);
    rig_words(RIG_OUTPUT)[2] = 77;
    rig_call(RIG_SIMPLE, RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_SUCCESS, 0);
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[0], 543);
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[1], 3);
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[2], 77);
}
END_TEST

START_TEST(failing_simple_call_writes_no_output)
{
    rig_words(RIG_INPUT)[0] = RIG_REFUSE;
    rig_words(RIG_OUTPUT)[0] = 77;
    rig_call(RIG_SIMPLE, RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_OPERATION_DENIED, 0);
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[0], 77);
}
END_TEST

START_TEST(misaligned_parameters_are_refused)
{
    for (unsigned offset = 1; offset < 8; offset++) {
        rig_call(RIG_SIMPLE, RIG_INPUT + offset, RIG_OUTPUT);
        rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
        rig_call(RIG_SIMPLE, RIG_INPUT, RIG_OUTPUT + offset);
        rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
    }
}
END_TEST

START_TEST(lists_may_end_with_their_page_and_not_behind_it)
{
    rig_call(RIG_SIMPLE, RIG_INPUT + 4096 - 24, RIG_OUTPUT + 4096 - 16);
    rig_expect(HV_STATUS_SUCCESS, 0);
    rig_call(RIG_SIMPLE, RIG_INPUT + 4096 - 16, RIG_OUTPUT);
    rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
    rig_call(RIG_SIMPLE, RIG_INPUT, RIG_OUTPUT + 4096 - 8);
    rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
}
END_TEST

START_TEST(rep_lists_may_fill_their_page_and_no_more)
{
    rig_call(rig_reps(RIG_REP_IN, 511, 0), RIG_INPUT, 0);
    rig_expect(HV_STATUS_SUCCESS, 511);
    rig_call(rig_reps(RIG_REP_IN, 512, 0), RIG_INPUT, 0);
    rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
    rig_call(rig_reps(RIG_REP_OUT, 256, 0), RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_SUCCESS, 256);
    rig_call(rig_reps(RIG_REP_OUT, 257, 0), RIG_INPUT, RIG_OUTPUT);
    rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
    rig_call(RIG_VARIABLE | variable(0x3FF), RIG_INPUT, RIG_OUTPUT);
    rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
}
END_TEST

START_TEST(whole_list_counts_for_the_page_however_much_is_done)
{
    rig_call(rig_reps(RIG_REP_IN, 512, 511), RIG_INPUT, 0);
    rig_expect(HV_STATUS_INVALID_ALIGNMENT, 511);
    ck_assert_uint_eq(rig.calls, 0);
}
END_TEST

START_TEST(gpa_beyond_the_space_is_an_alignment_error)
{
    for (unsigned bit = 40; bit < 64; bit++) {
        rig_call(RIG_SIMPLE, UINT64_C(1) << bit, RIG_OUTPUT);
        rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
        rig_call(RIG_SIMPLE, RIG_INPUT, UINT64_C(1) << bit);
        rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
    }
}
END_TEST

START_TEST(unmapped_parameters_are_invalid_input)
{
    uint64_t unmapped = (UINT64_C(1) << 40) - 4096;

    rig_call(RIG_SIMPLE, unmapped, RIG_OUTPUT);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
    rig_call(RIG_SIMPLE, RIG_INPUT, unmapped);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

START_TEST(output_must_be_writable_before_anything_is_done)
{
    ck_assert_uint_eq(
        hv_address_protect(rig.partition, RIG_OUTPUT >> 12, 1, HV_ACCESS_READ | HV_ACCESS_EXECUTE),
        HV_STATUS_SUCCESS);
    rig_call(RIG_SIMPLE, RIG_INPUT, RIG_OUTPUT);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
    rig_call(rig_reps(RIG_REP_OUT, 2, 0), RIG_INPUT, RIG_OUTPUT);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
    rig_call(RIG_SIMPLE, RIG_OUTPUT, RIG_INPUT);
    rig_expect(HV_STATUS_SUCCESS, 0);
}
END_TEST

START_TEST(overlapping_lists_are_the_callers_affair_and_do_no_harm)
{
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 1, 20, 300, 4000, 50000 }, 40);
    rig_call(rig_reps(RIG_REP, 4, 0), RIG_INPUT, RIG_INPUT);
    rig_expect(HV_STATUS_SUCCESS, 4);
    ck_assert_mem_eq(rig_words(RIG_INPUT), ((uint64_t[]){ 21, 301, 4001, 50001, 50000 }), 40);
}
END_TEST

/* A guest whose other VP rewrites the input at each look that the hypervisor takes at memory. */
static void rewrite_input(struct fake_platform *fake, uint64_t spa_page)
{
    (void)fake;
    if (spa_page == RIG_INPUT >> 12)
        rig_words(RIG_INPUT)[1]++;
}

START_TEST(input_is_read_once)
{
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 0, 100, 0 }, 24);
    rig.fake.on_map = rewrite_input;
    rig_call(RIG_SIMPLE, RIG_INPUT, RIG_OUTPUT);
    rig.fake.on_map = NULL;
    rig_expect(HV_STATUS_SUCCESS, 0);
    ck_assert_uint_eq(rig_words(RIG_INPUT)[1], 101);
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[0], 101);
}
END_TEST

static hv_status handler_that_loses_its_output(struct hv_hypercall_call *call)
{
    ck_assert_uint_eq(hv_address_unmap(rig.partition, RIG_OUTPUT >> 12, 1), HV_STATUS_SUCCESS);
    return rig_run(call);
}

static const struct hv_hypercall_row *find_loser(uint16_t code)
{
    static const struct hv_hypercall_row simple = { .output_size = 8,
                                                    .handler = handler_that_loses_its_output };
    static const struct hv_hypercall_row rep = { .flags = HV_HYPERCALL_REP,
                                                 .output_size = 8,
                                                 .handler = handler_that_loses_its_output };

    return code == 0 ? &simple : &rep;
}

static void call_loser(uint64_t control)
{
    ck_assert_uint_eq(hv_address_map(rig.partition, RIG_OUTPUT >> 12, RIG_OUTPUT >> 12, 1,
                                     HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
    rig_fill_registers(fake_vp(rig.vp));
    rig_set_inputs(&fake_vp(rig.vp)->gprs, control, RIG_INPUT, RIG_OUTPUT);
    rig_execute(find_loser);
}

START_TEST(output_page_that_vanishes_during_the_call_is_reported)
{
    call_loser(0);
    rig_expect(HV_STATUS_INVALID_HYPERCALL_INPUT, 0);
    call_loser(rig_reps(1, 5, 2));
    rig_expect(HV_STATUS_INVALID_HYPERCALL_INPUT, 2);
}
END_TEST

/* The handlers of the rig assert that their output is zero when they start. */
START_TEST(output_of_an_earlier_call_is_not_seen)
{
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 1, 2, 3 }, 24);
    for (unsigned i = 0; i < 2; i++) {
        rig_call(RIG_SIMPLE, RIG_INPUT, RIG_OUTPUT);
        rig_expect(HV_STATUS_SUCCESS, 0);
        rig_call(rig_reps(RIG_REP, 2, 0), RIG_INPUT, RIG_OUTPUT);
        rig_expect(HV_STATUS_SUCCESS, 2);
    }
}
END_TEST

/* ---- Rep calls ---- */

START_TEST(rep_call_runs_all_elements_in_order)
{
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 1000, 1, 2, 3 }, 32);
    rig_words(RIG_OUTPUT)[3] = 77;
    rig_call(rig_reps(RIG_REP, 3, 0), RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_SUCCESS, 3);
    ck_assert_uint_eq(rig.calls, 3);
    ck_assert_mem_eq(rig_words(RIG_OUTPUT), ((uint64_t[]){ 1001, 1002, 1003, 77 }), 32);
}
END_TEST

START_TEST(rep_start_skips_elements_and_counts_them)
{
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 1000, RIG_REFUSE, RIG_REFUSE, 3, 4 }, 40);
    memcpy(rig_words(RIG_OUTPUT), (uint64_t[]){ 55, 66, 0, 0 }, 32);
    rig_call(rig_reps(RIG_REP, 4, 2), RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_SUCCESS, 4);
    ck_assert_uint_eq(rig.calls, 2);
    ck_assert_uint_eq(rig.first_index, 2);
    ck_assert_mem_eq(rig_words(RIG_OUTPUT), ((uint64_t[]){ 55, 66, 1003, 1004 }), 32);
}
END_TEST

START_TEST(failing_element_ends_the_list_with_what_was_done)
{
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 1000, 1, 2, RIG_REFUSE, 4 }, 40);
    memcpy(rig_words(RIG_OUTPUT), (uint64_t[]){ 0, 0, 66, 77 }, 32);
    rig_call(rig_reps(RIG_REP, 4, 1), RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_INVALID_PARAMETER, 2);
    ck_assert_uint_eq(rig.calls, 1);
    ck_assert_mem_eq(rig_words(RIG_OUTPUT), ((uint64_t[]){ 0, 1002, 66, 77 }), 32);
}
END_TEST

START_TEST(first_element_may_fail)
{
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 1000, RIG_REFUSE }, 16);
    rig_call(rig_reps(RIG_REP, 1, 0), RIG_INPUT, RIG_OUTPUT);
    rig_expect_refused(HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(long_list_is_suspended_after_fifty_microseconds_and_resumed)
{
    uint64_t control = rig_reps(RIG_REP, 5, 0), *output = rig_words(RIG_OUTPUT);

    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 1000, 1, 2, 3, 4, 5 }, 48);
    rig.handler_ticks = FAKE_TSC_HZ / 1000000 * 25;
    rig_call(control, RIG_INPUT, RIG_OUTPUT);
    rig_expect_suspended(control, 2);
    ck_assert_uint_eq(rig.calls, 2);
    ck_assert_mem_eq(output, ((uint64_t[]){ 1001, 1002, 0, 0, 0 }), 40);

    rig_execute(rig_find);
    rig_expect_suspended(control, 4);
    ck_assert_uint_eq(rig.calls, 2);
    rig_execute(rig_find);
    rig_expect(HV_STATUS_SUCCESS, 5);
    ck_assert_uint_eq(rig.calls, 1);
    ck_assert_mem_eq(output, ((uint64_t[]){ 1001, 1002, 1003, 1004, 1005 }), 40);
}
END_TEST

START_TEST(list_just_within_its_time_is_not_suspended)
{
    rig.handler_ticks = FAKE_TSC_HZ / 1000000 * 25 - 1;
    rig_call(rig_reps(RIG_REP_IN, 3, 0), RIG_INPUT, 0);
    rig_expect(HV_STATUS_SUCCESS, 3);
}
END_TEST

START_TEST(each_invocation_makes_progress_however_slow)
{
    uint64_t control = rig_reps(RIG_REP_IN, 3, 0);

    rig.fake.tsc_step = UINT64_C(1) << 40;
    rig_call(control, RIG_INPUT, 0);
    rig_expect_suspended(control, 1);
    rig_execute(rig_find);
    rig_expect_suspended(control, 2);
    rig_execute(rig_find);
    rig_expect(HV_STATUS_SUCCESS, 3);
}
END_TEST

/* ---- 32-bit callers ---- */

START_TEST(x86_caller_passes_everything_in_pairs)
{
    rig.long_mode = false;
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 3, 40, 500 }, 24);
    rig_call(RIG_SIMPLE, RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_SUCCESS, 0);
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[0], 543);
    rig_call(RIG_SIMPLE, RIG_INPUT | UINT64_C(1) << 40, RIG_OUTPUT);
    rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
    rig_call(RIG_SIMPLE, RIG_INPUT, RIG_OUTPUT | UINT64_C(1) << 40);
    rig_expect_refused(HV_STATUS_INVALID_ALIGNMENT);
    rig_call(RIG_SIMPLE | UINT64_C(1) << 63, RIG_INPUT, RIG_OUTPUT);
    rig_expect_refused(HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

START_TEST(x86_caller_gets_result_and_reps_in_edx_eax)
{
    rig.long_mode = false;
    memcpy(rig_words(RIG_INPUT), (uint64_t[]){ 0, 1, RIG_REFUSE }, 24);
    rig_call(rig_reps(RIG_REP, 2, 0), RIG_INPUT, RIG_OUTPUT);
    rig_expect(HV_STATUS_INVALID_PARAMETER, 1);
    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.gpr[HV_GPR_RAX], HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.gpr[HV_GPR_RDX], 1);
}
END_TEST

START_TEST(x86_caller_is_suspended_with_the_input_value_in_edx_eax)
{
    uint64_t control = rig_reps(RIG_REP_IN, 3, 0);

    rig.long_mode = false;
    rig.fake.tsc_step = UINT64_C(1) << 40;
    rig_call(control, RIG_INPUT, 0);
    rig_expect_suspended(control, 1);
    rig.fake.tsc_step = 0;
    rig_execute(rig_find);
    rig_expect(HV_STATUS_SUCCESS, 3);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("hypercall");
    tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
    tcase_add_test(tcase, user_mode_gets_ud);
    tcase_add_test(tcase, real_mode_gets_ud);
    tcase_add_test(tcase, caller_without_identity_gets_ud);
    tcase_add_test(tcase, call_without_parameters_ignores_gpas);
    tcase_add_test(tcase, missing_privilege_is_denied_without_side_effects);
    tcase_add_test(tcase, one_of_several_privileges_can_be_enough);
    tcase_add_test(tcase, output_that_is_no_memory_is_noticed_before_anything_is_done);
    tcase_add_test(tcase, root_calls_are_denied_to_others);
    tcase_add_test(tcase, call_without_handler_is_an_invalid_code_for_the_privileged_only);
    tcase_add_test(tcase, unknown_code_is_an_invalid_code);
    tcase_add_test(tcase, each_reserved_bit_is_refused);
    tcase_add_test(tcase, fields_are_where_the_specification_has_them);
    tcase_add_test(tcase, nested_call_has_no_other_hypervisor_to_go_to);
    tcase_add_test(tcase, simple_call_refuses_rep_fields);
    tcase_add_test(tcase, rep_call_needs_a_count_above_its_start);
    tcase_add_test(tcase, variable_header_is_refused_where_none_is_defined);
    tcase_add_test(tcase, variable_header_follows_the_fixed_one);
    tcase_add_test(tcase, rep_list_follows_the_variable_header);
    tcase_add_test(tcase, denial_comes_before_every_other_error);
    tcase_add_test(tcase, reserved_bits_come_before_an_unknown_code);
    tcase_add_test(tcase, simple_call_takes_input_and_gives_output);
    tcase_add_test(tcase, failing_simple_call_writes_no_output);
    tcase_add_test(tcase, misaligned_parameters_are_refused);
    tcase_add_test(tcase, lists_may_end_with_their_page_and_not_behind_it);
    tcase_add_test(tcase, rep_lists_may_fill_their_page_and_no_more);
    tcase_add_test(tcase, whole_list_counts_for_the_page_however_much_is_done);
    tcase_add_test(tcase, gpa_beyond_the_space_is_an_alignment_error);
    tcase_add_test(tcase, unmapped_parameters_are_invalid_input);
    tcase_add_test(tcase, output_must_be_writable_before_anything_is_done);
    tcase_add_test(tcase, overlapping_lists_are_the_callers_affair_and_do_no_harm);
    tcase_add_test(tcase, input_is_read_once);
    tcase_add_test(tcase, output_page_that_vanishes_during_the_call_is_reported);
    tcase_add_test(tcase, output_of_an_earlier_call_is_not_seen);
    tcase_add_test(tcase, rep_call_runs_all_elements_in_order);
    tcase_add_test(tcase, rep_start_skips_elements_and_counts_them);
    tcase_add_test(tcase, failing_element_ends_the_list_with_what_was_done);
    tcase_add_test(tcase, first_element_may_fail);
    tcase_add_test(tcase, long_list_is_suspended_after_fifty_microseconds_and_resumed);
    tcase_add_test(tcase, list_just_within_its_time_is_not_suspended);
    tcase_add_test(tcase, each_invocation_makes_progress_however_slow);
    tcase_add_test(tcase, x86_caller_passes_everything_in_pairs);
    tcase_add_test(tcase, x86_caller_gets_result_and_reps_in_edx_eax);
    tcase_add_test(tcase, x86_caller_is_suspended_with_the_input_value_in_edx_eax);
    Suite *suite = suite_create("core_hypercall");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
