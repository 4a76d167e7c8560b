/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CPUID. A guest believes these bits before anything else, so each is compared with what the
 * machine and the privileges allow, and everything that is not derived must be zero.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <hv/abi/tlfs.h>

#include "core.h"
#include "cpuid.h"
#include "fake_platform.h"
#include "suite.h"
#include "vp_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void must_be(uint32_t leaf, uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    uint32_t out[4];

    ck_assert_int_eq(fake_cpuid(vp, leaf, 0, out), HV_DISPOSITION_RESUME);
    ck_assert_msg(out[HV_EAX] == eax && out[HV_EBX] == ebx && out[HV_ECX] == ecx &&
                      out[HV_EDX] == edx,
                  "leaf %#x: %#x %#x %#x %#x", leaf, out[0], out[1], out[2], out[3]);
}

START_TEST(range_begins_with_the_signatures_that_guests_look_for)
{
    uint32_t out[4];
    char vendor[13] = { 0 };

    fake_cpuid(vp, HV_CPUID_VENDOR_AND_MAX_FUNCTION, 0, out);
    memcpy(vendor, &out[1], 12);
    ck_assert_uint_eq(out[HV_EAX], 0x4000000C);
    ck_assert_str_eq(vendor, "Microsoft Hv");
    must_be(HV_CPUID_INTERFACE, 0x31237648, 0, 0, 0);
}
END_TEST

START_TEST(virtualization_stack_is_named_and_promises_nothing)
{
    uint32_t out[4];
    char vendor[13] = { 0 };

    fake_cpuid(vp, HV_CPUID_VIRT_STACK_VENDOR, 0, out);
    memcpy(vendor, &out[1], 12);
    ck_assert_uint_eq(out[HV_EAX], HV_CPUID_VIRT_STACK_PROPERTIES);
    ck_assert_str_eq(vendor, "hvkit VS");
    must_be(HV_CPUID_VIRT_STACK_INTERFACE, 0x31235356, 0, 0, 0);
    must_be(HV_CPUID_VIRT_STACK_PROPERTIES, 0, 0, 0, 0);
}
END_TEST

START_TEST(leaves_without_content_are_zero)
{
    static const uint32_t ends[] = { 0x400000FF, 0x40000100, 0x4000FFFF, 0x4FFFFFFF };

    for (uint32_t leaf = HV_CPUID_CPU_MANAGEMENT_FEATURES; leaf < HV_CPUID_VIRT_STACK_VENDOR;
         leaf++)
        must_be(leaf, 0, 0, 0, 0);
    for (uint32_t leaf = HV_CPUID_VIRT_STACK_PROPERTIES; leaf < 0x40001000; leaf++)
        must_be(leaf, 0, 0, 0, 0);
    for (size_t i = 0; i < COUNT(ends); i++)
        must_be(ends[i], 0, 0, 0, 0);
}
END_TEST

START_TEST(version_is_hidden_until_the_guest_names_itself)
{
    must_be(HV_CPUID_VERSION, 0, 0, 0, 0);
    fake_wrmsr(vp, HV_X64_MSR_GUEST_OS_ID, 1);
    must_be(HV_CPUID_VERSION, 27744, 10u << 16, 0, 0);
    /* Children see what they have seen elsewhere, their root the least that Linux knows. */
    partition->root = false;
    must_be(HV_CPUID_VERSION, 14393, 10u << 16, 0, 0);
    partition->root = true;
    /* It changes nothing else. */
    must_be(HV_CPUID_INTERFACE, 0x31237648, 0, 0, 0);
    fake_wrmsr(vp, HV_X64_MSR_GUEST_OS_ID, 0);
    must_be(HV_CPUID_VERSION, 0, 0, 0, 0);
}
END_TEST

START_TEST(privileges_are_those_of_the_partition)
{
    uint64_t privileges = hv_partition_privileges(partition);
    uint32_t out[4];

    fake_cpuid(vp, HV_CPUID_FEATURES, 0, out);
    ck_assert_uint_eq(out[HV_EAX], (uint32_t)privileges);
    ck_assert_uint_eq(out[HV_EBX], privileges >> 32);
    ck_assert_uint_eq(out[HV_ECX], 0);
    begin_again(0, fake.platform.facts.capabilities);
    fake_cpuid(vp, HV_CPUID_FEATURES, 0, out);
    ck_assert_uint_eq(out[HV_EAX], 0);
    ck_assert_uint_eq(out[HV_EBX], 0);
}
END_TEST

static uint32_t features_edx(void)
{
    uint32_t out[4];

    fake_cpuid(vp, HV_CPUID_FEATURES, 0, out);
    return out[HV_EDX];
}

static const uint32_t all_features =
    HV_FEATURE_EDX_XMM_HYPERCALL_INPUT | HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT |
    HV_FEATURE_EDX_GUEST_IDLE_STATE | HV_FEATURE_EDX_TIMER_FREQUENCIES |
    HV_FEATURE_EDX_GUEST_CRASH_MSRS | HV_FEATURE_EDX_NPIEP | HV_FEATURE_EDX_HYPERCALL_MSR_LOCK |
    HV_FEATURE_EDX_GUEST_DEBUGGING | HV_FEATURE_EDX_SINT_POLLING_MODE |
    HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS | HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER;

START_TEST(features_need_their_capability)
{
    static const struct {
        uint32_t capability;
        uint32_t features;
    } needs[] = {
        { HV_CPU_XMM, HV_FEATURE_EDX_XMM_HYPERCALL_INPUT | HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT },
        { HV_CPU_GUEST_IDLE, HV_FEATURE_EDX_GUEST_IDLE_STATE },
        { HV_CPU_NPIEP, HV_FEATURE_EDX_NPIEP },
        { HV_CPU_LOCAL_APIC, HV_FEATURE_EDX_SINT_POLLING_MODE |
                                 HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS |
                                 HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER },
        { HV_CPU_RESET, 0 },
        { HV_CPU_INVARIANT_TSC, 0 },
    };
    uint32_t all = fake.platform.facts.capabilities;

    ck_assert_uint_eq(features_edx(), all_features);
    for (size_t i = 0; i < COUNT(needs); i++) {
        begin_again(UINT64_MAX, all & ~needs[i].capability);
        ck_assert_uint_eq(features_edx(), all_features & ~needs[i].features);
    }
    begin_again(UINT64_MAX, 0);
    ck_assert_uint_eq(features_edx(),
                      HV_FEATURE_EDX_GUEST_DEBUGGING | HV_FEATURE_EDX_TIMER_FREQUENCIES |
                          HV_FEATURE_EDX_GUEST_CRASH_MSRS | HV_FEATURE_EDX_HYPERCALL_MSR_LOCK);
}
END_TEST

START_TEST(features_need_the_privilege_of_what_they_announce)
{
    uint32_t all = fake.platform.facts.capabilities;

    begin_again(~HV_PRIVILEGE_AccessGuestIdleReg, all);
    ck_assert_uint_eq(features_edx(), all_features & ~HV_FEATURE_EDX_GUEST_IDLE_STATE);
    begin_again(~HV_PRIVILEGE_AccessFrequencyRegs, all);
    ck_assert_uint_eq(features_edx(), all_features & ~HV_FEATURE_EDX_TIMER_FREQUENCIES);
    begin_again(~HV_PRIVILEGE_AccessSynicRegs, all);
    ck_assert_uint_eq(features_edx(), all_features & ~HV_FEATURE_EDX_SINT_POLLING_MODE);
    begin_again(~HV_PRIVILEGE_AccessSyntheticTimerRegs, all);
    ck_assert_uint_eq(features_edx(),
                      all_features & ~(HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS |
                                       HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER));
    begin_again(~HV_PRIVILEGE_AccessHypercallMsrs, all);
    ck_assert_uint_eq(features_edx(), all_features & ~HV_FEATURE_EDX_HYPERCALL_MSR_LOCK);
    begin_again(0, all);
    ck_assert_uint_eq(features_edx(), HV_FEATURE_EDX_XMM_HYPERCALL_INPUT |
                                          HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT |
                                          HV_FEATURE_EDX_GUEST_CRASH_MSRS | HV_FEATURE_EDX_NPIEP);
}
END_TEST

START_TEST(recommendations_are_what_works_and_helps)
{
    uint32_t relaxed = HV_RECOMMEND_EAX_RELAXED_TIMING | HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL |
                       HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI |
                       HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS | HV_RECOMMEND_EAX_APIC_MSRS;

    must_be(HV_CPUID_ENLIGHTENMENT_INFO, relaxed | HV_RECOMMEND_EAX_RESET_MSR, 0xFFFFFFFF, 40, 0);
    fake.platform.facts.physical_address_bits = 52;
    must_be(HV_CPUID_ENLIGHTENMENT_INFO, relaxed | HV_RECOMMEND_EAX_RESET_MSR, 0xFFFFFFFF, 52, 0);
    fake.platform.facts.physical_address_bits = 47;
    must_be(HV_CPUID_ENLIGHTENMENT_INFO, relaxed | HV_RECOMMEND_EAX_RESET_MSR, 0xFFFFFFFF, 47, 0);
    begin_again(~HV_PRIVILEGE_AccessResetReg, fake.platform.facts.capabilities);
    must_be(HV_CPUID_ENLIGHTENMENT_INFO, relaxed, 0xFFFFFFFF, 40, 0);
    begin_again(UINT64_MAX, fake.platform.facts.capabilities & ~(uint32_t)HV_CPU_RESET);
    must_be(HV_CPUID_ENLIGHTENMENT_INFO, relaxed, 0xFFFFFFFF, 40, 0);
    begin_again(~(HV_PRIVILEGE_AccessResetReg | HV_PRIVILEGE_AccessIntrCtrlRegs),
                fake.platform.facts.capabilities);
    must_be(HV_CPUID_ENLIGHTENMENT_INFO, relaxed & ~HV_RECOMMEND_EAX_APIC_MSRS, 0xFFFFFFFF, 40, 0);
}
END_TEST

START_TEST(limits_are_those_of_partition_and_machine)
{
    must_be(HV_CPUID_IMPLEMENTATION_LIMITS, 64, 4, 0, 0);
}
END_TEST

START_TEST(hardware_in_use_is_named)
{
    uint32_t slat = HV_HARDWARE_EAX_SECOND_LEVEL_ADDRESS_TRANSLATION;

    must_be(HV_CPUID_HARDWARE_FEATURES, slat | HV_HARDWARE_EAX_MSR_BITMAPS, 0, 0, 0);
    begin_again(UINT64_MAX, fake.platform.facts.capabilities & ~(uint32_t)HV_CPU_MSR_BITMAPS);
    must_be(HV_CPUID_HARDWARE_FEATURES, slat, 0, 0, 0);
}
END_TEST

START_TEST(cpuid_is_the_same_on_every_vp)
{
    struct hv_vp *other = fake_vp_create(&fake, partition, 1);
    uint32_t mine[4], theirs[4];

    for (uint32_t leaf = 0x40000000; leaf <= 0x400000FF; leaf++) {
        fake_cpuid(vp, leaf, 0, mine);
        fake_cpuid(other, leaf, 5, theirs);
        ck_assert_mem_eq(mine, theirs, sizeof(mine));
    }
}
END_TEST

START_TEST(results_are_zero_extended_and_execution_goes_on)
{
    struct hv_gprs gprs = { .rip = 0x1000 };
    struct hv_exit exit = { .reason = HV_EXIT_CPUID, .instruction_length = 2, .gprs = &gprs };

    memset(gprs.gpr, 0xEE, sizeof(gprs.gpr));
    gprs.gpr[HV_GPR_RAX] = 0xEEEEEEEE00000000 | HV_CPUID_INTERFACE;
    ck_assert_int_eq(hv_vp_exit(vp, &exit), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(gprs.gpr[HV_GPR_RAX], HV_INTERFACE_SIGNATURE);
    ck_assert_uint_eq(gprs.gpr[HV_GPR_RBX], 0);
    ck_assert_uint_eq(gprs.gpr[HV_GPR_RCX], 0);
    ck_assert_uint_eq(gprs.gpr[HV_GPR_RDX], 0);
    ck_assert_uint_eq(gprs.gpr[HV_GPR_RSI], 0xEEEEEEEEEEEEEEEE);
    ck_assert_uint_eq(gprs.rip, 0x1002);
}
END_TEST

/* What the guest sees of an architectural leaf for which the back end has value in every
   register. */
static void architectural(uint32_t leaf, uint32_t value, uint32_t out[4])
{
    struct hv_gprs gprs = { .rip = 0x1000 };
    struct hv_exit exit = { .reason = HV_EXIT_CPUID, .instruction_length = 2, .gprs = &gprs };

    for (int i = 0; i < 4; i++)
        exit.cpuid.native[i] = value;
    gprs.gpr[HV_GPR_RAX] = leaf;
    ck_assert_int_eq(hv_vp_exit(vp, &exit), HV_DISPOSITION_RESUME);
    out[HV_EAX] = (uint32_t)gprs.gpr[HV_GPR_RAX];
    out[HV_EBX] = (uint32_t)gprs.gpr[HV_GPR_RBX];
    out[HV_ECX] = (uint32_t)gprs.gpr[HV_GPR_RCX];
    out[HV_EDX] = (uint32_t)gprs.gpr[HV_GPR_RDX];
}

START_TEST(hypervisor_is_present)
{
    uint32_t out[4];

    architectural(1, 0, out);
    ck_assert_uint_eq(out[HV_ECX], UINT32_C(1) << 31);
    ck_assert_uint_eq(out[HV_EAX] | out[HV_EBX] | out[HV_EDX], 0);
    architectural(1, UINT32_MAX, out);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(out[i], UINT32_MAX);
}
END_TEST

static bool invariant_tsc(uint32_t native)
{
    uint32_t out[4];

    architectural(0x80000007, native, out);
    ck_assert_uint_eq(out[HV_EAX], native);
    ck_assert_uint_eq(out[HV_EDX] & ~(1u << 8), native & ~(1u << 8));
    return out[HV_EDX] & 1u << 8;
}

START_TEST(invariant_tsc_is_hidden_until_the_guest_asks)
{
    ck_assert(!invariant_tsc(UINT32_MAX));
    fake_wrmsr(vp, HV_X64_MSR_TSC_INVARIANT_CONTROL, 1);
    ck_assert(invariant_tsc(UINT32_MAX));
    ck_assert(invariant_tsc(0));
    hv_partition_reset(partition);
    ck_assert(!invariant_tsc(UINT32_MAX));
}
END_TEST

START_TEST(invariant_tsc_shows_at_once_without_the_control)
{
    begin_again(~HV_PRIVILEGE_AccessTscInvariantControls, fake.platform.facts.capabilities);
    ck_assert(invariant_tsc(UINT32_MAX));
    ck_assert(invariant_tsc(0));
}
END_TEST

START_TEST(tsc_that_is_not_invariant_is_never_called_so)
{
    uint32_t capabilities = fake.platform.facts.capabilities & ~(uint32_t)HV_CPU_INVARIANT_TSC;

    begin_again(UINT64_MAX, capabilities);
    ck_assert(!invariant_tsc(UINT32_MAX));
    begin_again(~HV_PRIVILEGE_AccessTscInvariantControls, capabilities);
    ck_assert(!invariant_tsc(UINT32_MAX));
}
END_TEST

START_TEST(physical_address_width_ends_with_the_gpa_space)
{
    uint32_t out[4];

    architectural(0x80000008, 0x00123430, out);
    ck_assert_uint_eq(out[HV_EAX], 0x00123428);
    ck_assert_uint_eq(out[HV_EBX], 0x00123430);
    architectural(0x80000008, 0x00003027, out);
    ck_assert_uint_eq(out[HV_EAX], 0x00003027);
}
END_TEST

START_TEST(other_architectural_leaves_are_the_back_ends)
{
    static const uint32_t leaves[] = { 0,          2,          7,          0xB,        0x3FFFFFFF,
                                       0x50000000, 0x80000000, 0x80000001, 0x8000000A, UINT32_MAX };

    for (size_t i = 0; i < COUNT(leaves); i++)
        must_be(leaves[i], FAKE_CPUID(0), FAKE_CPUID(1), FAKE_CPUID(2), FAKE_CPUID(3));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cpuid");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, range_begins_with_the_signatures_that_guests_look_for);
    tcase_add_test(tcase, virtualization_stack_is_named_and_promises_nothing);
    tcase_add_test(tcase, leaves_without_content_are_zero);
    tcase_add_test(tcase, version_is_hidden_until_the_guest_names_itself);
    tcase_add_test(tcase, privileges_are_those_of_the_partition);
    tcase_add_test(tcase, features_need_their_capability);
    tcase_add_test(tcase, features_need_the_privilege_of_what_they_announce);
    tcase_add_test(tcase, recommendations_are_what_works_and_helps);
    tcase_add_test(tcase, limits_are_those_of_partition_and_machine);
    tcase_add_test(tcase, hardware_in_use_is_named);
    tcase_add_test(tcase, cpuid_is_the_same_on_every_vp);
    tcase_add_test(tcase, results_are_zero_extended_and_execution_goes_on);
    tcase_add_test(tcase, hypervisor_is_present);
    tcase_add_test(tcase, invariant_tsc_is_hidden_until_the_guest_asks);
    tcase_add_test(tcase, invariant_tsc_shows_at_once_without_the_control);
    tcase_add_test(tcase, tsc_that_is_not_invariant_is_never_called_so);
    tcase_add_test(tcase, physical_address_width_ends_with_the_gpa_space);
    tcase_add_test(tcase, other_architectural_leaves_are_the_back_ends);
    Suite *suite = suite_create("core_cpuid");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
