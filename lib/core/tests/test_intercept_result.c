/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Results that a parent has registered for a VP of its child. */
#include <check.h>
#include <string.h>

#include "child_fixture.h"
#include "suite.h"

#define LEAF        7u
#define UNKNOWN_MSR 0x12345u
#define A_PAGE      84 /* results in a page */

struct cpuid_input {
    struct hv_input_register_intercept_result header;
    struct hv_register_x64_cpuid_result_parameters parameters;
};

struct msr_input {
    struct hv_input_register_intercept_result header;
    struct hv_register_x64_msr_result_parameters parameters;
};

/* EAX and EDX are registered whole, of EBX the low half, of ECX nothing. */
static struct cpuid_input cpuid_of(uint32_t leaf, uint32_t subleaf, bool specific, uint32_t eax)
{
    return (struct cpuid_input){ .header = { .partition_id = child->id,
                                             .intercept_type = HvInterceptTypeX64Cpuid },
                                 .parameters = { .input_eax = leaf,
                                                 .input_ecx = subleaf,
                                                 .subleaf_specific = specific,
                                                 .always_override = 1,
                                                 .result_eax = eax,
                                                 .result_eax_mask = UINT32_MAX,
                                                 .result_ebx = UINT32_MAX,
                                                 .result_ebx_mask = 0xFFFF,
                                                 .result_ecx = UINT32_MAX,
                                                 .result_edx_mask = UINT32_MAX } };
}

static struct msr_input msr_of(uint32_t access, uint32_t action)
{
    return (struct msr_input){
        .header = { .partition_id = child->id, .intercept_type = HvInterceptTypeX64Msr },
        .parameters = { .msr_index = UNKNOWN_MSR, .access_type = access, .action = action }
    };
}

static uint64_t call_with(uint16_t code, const void *input, size_t size)
{
    memset(input_page(), 0xEE, HV_PAGE_SIZE);
    memcpy(input_page(), input, size);
    return call_from(root_vp, code);
}

#define REGISTER(input) call_with(HvCallRegisterInterceptResult, &(input), sizeof(input))
/* A header and 12 bytes. */
#define UNREGISTER(input) call_with(HvCallUnregisterInterceptResult, &(input), 28)

static uint64_t register_leaf(uint32_t leaf, uint32_t subleaf, bool specific, uint32_t eax)
{
    const struct cpuid_input input = cpuid_of(leaf, subleaf, specific, eax);

    return REGISTER(input);
}

static uint64_t unregister_leaf(uint32_t leaf, uint32_t subleaf, bool specific)
{
    const struct cpuid_input input = cpuid_of(leaf, subleaf, specific, 0);

    return UNREGISTER(input);
}

static uint32_t eax_of(uint32_t leaf, uint32_t subleaf)
{
    uint32_t out[4];

    ck_assert_int_eq(fake_cpuid(vp, leaf, subleaf, out), HV_DISPOSITION_RESUME);
    return out[0];
}

START_TEST(the_bits_of_the_masks_are_answered)
{
    uint32_t out[4];

    ck_assert_uint_eq(register_leaf(LEAF, 0, false, 0x1234), HV_STATUS_SUCCESS);
    ck_assert_int_eq(fake_cpuid(vp, LEAF, 5, out), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(out[0], 0x1234);
    ck_assert_uint_eq(out[1], (FAKE_CPUID(1) & 0xFFFF0000) | 0xFFFF);
    ck_assert_uint_eq(out[2], FAKE_CPUID(2));
    ck_assert_uint_eq(out[3], 0);
    ck_assert_uint_eq(eax_of(LEAF + 1, 0), FAKE_CPUID(0));
}
END_TEST

START_TEST(a_subleaf_goes_before_the_leaf)
{
    ck_assert_uint_eq(register_leaf(LEAF, 2, true, 0x22), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(eax_of(LEAF, 1), FAKE_CPUID(0));
    ck_assert_uint_eq(register_leaf(LEAF, 2, false, 0x11), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(register_leaf(LEAF, 3, true, 0x33), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(eax_of(LEAF, 2), 0x22);
    ck_assert_uint_eq(eax_of(LEAF, 3), 0x33);
    ck_assert_uint_eq(eax_of(LEAF, 1), 0x11);
    ck_assert_uint_eq(unregister_leaf(LEAF, 2, true), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(eax_of(LEAF, 2), 0x11);
    ck_assert_uint_eq(eax_of(LEAF, 3), 0x33);
    ck_assert_uint_eq(unregister_leaf(LEAF, 77, false), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(eax_of(LEAF, 2), FAKE_CPUID(0));
}
END_TEST

START_TEST(a_later_result_takes_the_place_of_an_earlier)
{
    ck_assert_uint_eq(register_leaf(LEAF, 0, false, 0x11), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(register_leaf(LEAF, 9, false, 0x22), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(eax_of(LEAF, 0), 0x22);
    ck_assert_uint_eq(unregister_leaf(LEAF, 0, false), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(unregister_leaf(LEAF, 0, false), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(only_what_overrides_always_overrides_the_hypervisor)
{
    struct cpuid_input input = cpuid_of(1, 0, false, 0);
    uint32_t out[4];

    input.parameters.result_ecx = 0;
    input.parameters.result_ecx_mask = UINT32_MAX;
    input.parameters.always_override = 0;
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_SUCCESS);
    fake_cpuid(vp, 1, 0, out);
    ck_assert_uint_eq(out[2], HV_CPUID_1_ECX_HYPERVISOR_PRESENT);
    input.parameters.always_override = 1;
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_SUCCESS);
    fake_cpuid(vp, 1, 0, out);
    ck_assert_uint_eq(out[2], 0);
    ck_assert_uint_eq(register_leaf(0x40000000, 0, false, 0x40000001), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(eax_of(0x40000000, 0), 0x40000001);
}
END_TEST

START_TEST(a_result_is_one_vps)
{
    struct hv_vp *second = fake_vp_create(&fake, child, 1);
    struct cpuid_input input = cpuid_of(LEAF, 0, false, 0x11);
    uint32_t out[4];

    input.header.vp_index = 1;
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(eax_of(LEAF, 0), FAKE_CPUID(0));
    fake_cpuid(second, LEAF, 0, out);
    ck_assert_uint_eq(out[0], 0x11);
}
END_TEST

START_TEST(an_intercept_tells_the_registered_answer)
{
    uint32_t out[4];

    ck_assert_uint_eq(register_leaf(LEAF, 0, false, 0x1234), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_intercept_install(child, HvInterceptTypeX64Cpuid,
                                           HV_INTERCEPT_ACCESS_MASK_EXECUTE, LEAF),
                      HV_STATUS_SUCCESS);
    ck_assert_int_eq(fake_cpuid(vp, LEAF, 0, out), HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(slot_of(root_vp)->payload[9], 0x1234);
}
END_TEST

START_TEST(results_take_pages_and_give_them_back)
{
    size_t unused = hv_partition_available(child);

    for (uint32_t leaf = 0; leaf < 2 * A_PAGE; leaf++) {
        ck_assert_uint_eq(register_leaf(leaf, 0, false, leaf), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(hv_partition_available(child), unused - 1 - leaf / A_PAGE);
    }
    for (uint32_t leaf = 0; leaf < 2 * A_PAGE; leaf++)
        ck_assert_uint_eq(eax_of(leaf, 0), leaf);
    for (uint32_t leaf = 0; leaf < 2 * A_PAGE; leaf++) {
        ck_assert_uint_eq(unregister_leaf(leaf, 0, false), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(eax_of(leaf, 0), FAKE_CPUID(0));
        if (leaf + 1 < 2 * A_PAGE)
            ck_assert_uint_eq(eax_of(leaf + 1, 0), leaf + 1);
    }
    ck_assert_uint_eq(hv_partition_available(child), unused);
}
END_TEST

START_TEST(without_memory_there_is_no_more_room)
{
    uint32_t leaf = 0;

    while (hv_partition_available(child) > 1)
        ck_assert_ptr_nonnull(hv_partition_alloc_page(child, NULL));
    while (register_leaf(leaf, 0, false, leaf) == HV_STATUS_SUCCESS)
        leaf++;
    ck_assert_uint_eq(leaf, A_PAGE);
    ck_assert_uint_eq(register_leaf(leaf, 0, false, leaf), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(register_leaf(0, 0, false, 5), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(eax_of(0, 0), 5);
}
END_TEST

/* ---- HvCallGetVpCpuidValues ---- */

static struct {
    struct hv_input_get_vp_cpuid_values header;
    struct hv_cpuid_leaf_info leaves[3];
} question;

static uint64_t ask(uint32_t flags)
{
    question.header.partition_id = child->id;
    question.header.flags = flags;
    memcpy(input_page(), &question, sizeof(question));
    return call_from(root_vp, HvCallGetVpCpuidValues | UINT64_C(3) << 32);
}

START_TEST(a_parent_can_ask_what_cpuid_says)
{
    const uint32_t *answer = output_page();

    question.leaves[0] = (struct hv_cpuid_leaf_info){ .eax = LEAF, .ecx = 2 };
    question.leaves[1] = (struct hv_cpuid_leaf_info){ .eax = LEAF };
    question.leaves[2] = (struct hv_cpuid_leaf_info){ .eax = 0x40000001 };
    ck_assert_uint_eq(register_leaf(LEAF, 2, true, 0x22), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(ask(3), UINT64_C(3) << 32);
    ck_assert_uint_eq(answer[0], 0x22);
    ck_assert_uint_eq(answer[2], FAKE_CPUID(2));
    ck_assert_uint_eq(answer[3], 0);
    ck_assert_uint_eq(answer[4], FAKE_CPUID(0));
    ck_assert_uint_eq(answer[8], HV_INTERFACE_SIGNATURE);
    ck_assert_uint_eq(ask(1), UINT64_C(3) << 32);
    ck_assert_uint_eq(answer[0], FAKE_CPUID(0));
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(a_parent_can_ask_no_more_than_that)
{
    ck_assert_uint_eq(ask(0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(2), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(ask(5), HV_STATUS_INVALID_PARAMETER);
    question.header.reserved = 1;
    ck_assert_uint_eq(ask(1), HV_STATUS_INVALID_PARAMETER);
    question.header.reserved = 0;
    question.header.vp_index = 1;
    ck_assert_uint_eq(ask(1), HV_STATUS_INVALID_VP_INDEX);
    question.header.vp_index = 0;
    fake.platform.cpu.cpuid = NULL;
    ck_assert_uint_eq(ask(1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

/* ---- MSRs ---- */

static enum hv_disposition access_msr(uint32_t msr, bool write)
{
    struct hv_exit exit = exit_of(vp, HV_EXIT_UNKNOWN_MSR);

    exit.unknown_msr.write = write;
    fake_vp(vp)->gprs.gpr[HV_GPR_RCX] = msr;
    return run_exit(vp, &exit);
}

static bool faults(uint32_t msr, bool write)
{
    ck_assert_int_eq(access_msr(msr, write), HV_DISPOSITION_RESUME);
    return fake_vp(vp)->injected;
}

START_TEST(an_action_counts_for_its_msr_and_accesses)
{
    struct msr_input input = msr_of(HV_INTERCEPT_ACCESS_MASK_WRITE, 1);

    ck_assert_uint_eq(REGISTER(input), HV_STATUS_SUCCESS);
    ck_assert(!faults(UNKNOWN_MSR, true));
    ck_assert(faults(UNKNOWN_MSR, false));
    ck_assert(faults(UNKNOWN_MSR + 1, true));
    input = msr_of(3, 1);
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_SUCCESS);
    ck_assert(!faults(UNKNOWN_MSR, false));
    input = msr_of(HV_INTERCEPT_ACCESS_MASK_READ, 0);
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_SUCCESS);
    ck_assert(faults(UNKNOWN_MSR, false));
    ck_assert(!faults(UNKNOWN_MSR, true));
    ck_assert_uint_eq(UNREGISTER(input), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(UNREGISTER(input), HV_STATUS_INVALID_PARAMETER);
    ck_assert(!faults(UNKNOWN_MSR, false));
}
END_TEST

START_TEST(an_action_goes_before_the_intercept_and_the_property)
{
    struct msr_input input = msr_of(3, 0);

    ck_assert_uint_eq(hv_intercept_install(child, HvInterceptTypeX64Msr, 3, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(
        hv_partition_set_property(child, HvPartitionPropertyUnimplementedMsrAction, 1),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_SUCCESS);
    ck_assert(faults(UNKNOWN_MSR, false));
    ck_assert_int_eq(access_msr(UNKNOWN_MSR + 1, false), HV_DISPOSITION_SUSPEND);
}
END_TEST

/* ---- Statuses ---- */

START_TEST(parameters_out_of_range_are_refused)
{
    struct cpuid_input cpuid = cpuid_of(LEAF, 0, false, 0);
    struct msr_input msr;

    cpuid.parameters.subleaf_specific = 2;
    ck_assert_uint_eq(REGISTER(cpuid), HV_STATUS_INVALID_PARAMETER);
    cpuid = cpuid_of(LEAF, 0, false, 0);
    cpuid.parameters.always_override = 2;
    ck_assert_uint_eq(REGISTER(cpuid), HV_STATUS_INVALID_PARAMETER);
    for (uint32_t access = 0; access < 16; access++) {
        msr = msr_of(access, 1);
        ck_assert_uint_eq(REGISTER(msr), access >= 1 && access <= 3 ? HV_STATUS_SUCCESS
                                                                    : HV_STATUS_INVALID_PARAMETER);
    }
    msr = msr_of(3, 2);
    ck_assert_uint_eq(REGISTER(msr), HV_STATUS_INVALID_PARAMETER);
    for (uint32_t type = 0; type < 32; type++) {
        if (type == HvInterceptTypeX64Cpuid || type == HvInterceptTypeX64Msr)
            continue;
        msr = msr_of(3, 0);
        msr.header.intercept_type = type;
        ck_assert_uint_eq(REGISTER(msr), HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(UNREGISTER(msr), HV_STATUS_INVALID_PARAMETER);
    }
}
END_TEST

START_TEST(only_a_vp_of_a_child_has_results)
{
    struct msr_input input = msr_of(3, 1);

    input.header.vp_index = 1;
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_INVALID_VP_INDEX);
    input.header.vp_index = 0;
    input.header.partition_id = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(UNREGISTER(input), HV_STATUS_ACCESS_DENIED);
    input.header.partition_id = child->id + 1;
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_INVALID_PARTITION_ID);
    /* No partition becomes that, so what is remembered of the last call has to be forgotten. */
    root->root = false;
    root_vp->hypercall_form.find = NULL;
    ck_assert_uint_eq(REGISTER(input), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intercept-result");
    TCase *tests = tcase_create("intercept-result");

    tcase_add_checked_fixture(tests, child_setup, child_teardown);
    tcase_add_test(tests, the_bits_of_the_masks_are_answered);
    tcase_add_test(tests, a_subleaf_goes_before_the_leaf);
    tcase_add_test(tests, a_later_result_takes_the_place_of_an_earlier);
    tcase_add_test(tests, only_what_overrides_always_overrides_the_hypervisor);
    tcase_add_test(tests, a_result_is_one_vps);
    tcase_add_test(tests, an_intercept_tells_the_registered_answer);
    tcase_add_test(tests, results_take_pages_and_give_them_back);
    tcase_add_test(tests, without_memory_there_is_no_more_room);
    tcase_add_test(tests, a_parent_can_ask_what_cpuid_says);
    tcase_add_test(tests, a_parent_can_ask_no_more_than_that);
    tcase_add_test(tests, an_action_counts_for_its_msr_and_accesses);
    tcase_add_test(tests, an_action_goes_before_the_intercept_and_the_property);
    tcase_add_test(tests, parameters_out_of_range_are_refused);
    tcase_add_test(tests, only_a_vp_of_a_child_has_results);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
