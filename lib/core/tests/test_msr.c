/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Synthetic MSRs. A guest decides by what CPUID announces which of them it may touch, and an access
 * that faults unexpectedly kills it at boot; an access that succeeds unexpectedly gives it what its
 * owner withheld. So each MSR is tried with and without what it needs, and every number in between
 * must fault.
 */
#include <check.h>
#include <stdlib.h>

#include <hv/abi/tlfs.h>

#include "core.h"
#include "fake_platform.h"
#include "msr.h"
#include "msr_access.h"
#include "suite.h"
#include "vp_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define FIRST_MSR 0x40000000u
#define LAST_MSR  0x40001FFFu
#define LINUX_ID  0x8100000000000000u

struct expectation {
    uint32_t msr;
    uint64_t privilege;
    uint32_t feature;
    bool writable;
    uint32_t capability; /* without which the feature is not offered */
};

static const struct expectation msrs[] = {
    { HV_X64_MSR_GUEST_OS_ID, HV_PRIVILEGE_AccessHypercallMsrs, 0, true, 0 },
    { HV_X64_MSR_HYPERCALL, HV_PRIVILEGE_AccessHypercallMsrs, 0, true, 0 },
    { HV_X64_MSR_VP_INDEX, HV_PRIVILEGE_AccessVpIndex, 0, false, 0 },
    { HV_X64_MSR_RESET, HV_PRIVILEGE_AccessResetReg, 0, true, HV_CPU_RESET },
    { HV_X64_MSR_VP_RUNTIME, HV_PRIVILEGE_AccessVpRunTimeReg, 0, false, 0 },
    { HV_X64_MSR_TIME_REF_COUNT, HV_PRIVILEGE_AccessPartitionReferenceCounter, 0, false, 0 },
    { HV_X64_MSR_REFERENCE_TSC, HV_PRIVILEGE_AccessPartitionReferenceTsc, 0, true,
      HV_CPU_INVARIANT_TSC },
    { HV_X64_MSR_TSC_FREQUENCY, HV_PRIVILEGE_AccessFrequencyRegs, HV_FEATURE_EDX_TIMER_FREQUENCIES,
      false, 0 },
    { HV_X64_MSR_APIC_FREQUENCY, HV_PRIVILEGE_AccessFrequencyRegs, HV_FEATURE_EDX_TIMER_FREQUENCIES,
      false, 0 },
    { HV_X64_MSR_NPIEP_CONFIG, 0, HV_FEATURE_EDX_NPIEP, true, HV_CPU_NPIEP },
    { HV_X64_MSR_EOI, HV_PRIVILEGE_AccessIntrCtrlRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_ICR, HV_PRIVILEGE_AccessIntrCtrlRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_TPR, HV_PRIVILEGE_AccessIntrCtrlRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_VP_ASSIST_PAGE, HV_PRIVILEGE_AccessIntrCtrlRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SCONTROL, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SVERSION, HV_PRIVILEGE_AccessSynicRegs, 0, false, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SIEFP, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SIMP, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_EOM, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT0, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT1, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT2, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT3, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT4, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT5, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT6, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT7, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT8, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT9, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT10, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT11, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT12, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT13, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT14, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_SINT15, HV_PRIVILEGE_AccessSynicRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STIMER0_CONFIG, HV_PRIVILEGE_AccessSyntheticTimerRegs, 0, true,
      HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STIMER0_COUNT, HV_PRIVILEGE_AccessSyntheticTimerRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STIMER1_CONFIG, HV_PRIVILEGE_AccessSyntheticTimerRegs, 0, true,
      HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STIMER1_COUNT, HV_PRIVILEGE_AccessSyntheticTimerRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STIMER2_CONFIG, HV_PRIVILEGE_AccessSyntheticTimerRegs, 0, true,
      HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STIMER2_COUNT, HV_PRIVILEGE_AccessSyntheticTimerRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STIMER3_CONFIG, HV_PRIVILEGE_AccessSyntheticTimerRegs, 0, true,
      HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STIMER3_COUNT, HV_PRIVILEGE_AccessSyntheticTimerRegs, 0, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE, HV_PRIVILEGE_AccessStatsReg, 0, true, 0 },
    { HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE, HV_PRIVILEGE_AccessStatsReg, 0, true, 0 },
    { HV_X64_MSR_STATS_VP_RETAIL_PAGE, HV_PRIVILEGE_AccessStatsReg, 0, true, 0 },
    { HV_X64_MSR_STATS_VP_INTERNAL_PAGE, HV_PRIVILEGE_AccessStatsReg, 0, true, 0 },
    { HV_X64_MSR_GUEST_IDLE, HV_PRIVILEGE_AccessGuestIdleReg, HV_FEATURE_EDX_GUEST_IDLE_STATE,
      false, HV_CPU_GUEST_IDLE },
    { HV_X64_MSR_CRASH_P0, 0, HV_FEATURE_EDX_GUEST_CRASH_MSRS, true, 0 },
    { HV_X64_MSR_CRASH_P1, 0, HV_FEATURE_EDX_GUEST_CRASH_MSRS, true, 0 },
    { HV_X64_MSR_CRASH_P2, 0, HV_FEATURE_EDX_GUEST_CRASH_MSRS, true, 0 },
    { HV_X64_MSR_CRASH_P3, 0, HV_FEATURE_EDX_GUEST_CRASH_MSRS, true, 0 },
    { HV_X64_MSR_CRASH_P4, 0, HV_FEATURE_EDX_GUEST_CRASH_MSRS, true, 0 },
    { HV_X64_MSR_CRASH_CTL, 0, HV_FEATURE_EDX_GUEST_CRASH_MSRS, true, 0 },
    { HV_X64_MSR_REENLIGHTENMENT_CONTROL, HV_PRIVILEGE_AccessReenlightenmentControls, 0, true, 0 },
    { HV_X64_MSR_TSC_EMULATION_CONTROL, HV_PRIVILEGE_AccessReenlightenmentControls, 0, true, 0 },
    { HV_X64_MSR_TSC_EMULATION_STATUS, HV_PRIVILEGE_AccessReenlightenmentControls, 0, true, 0 },
    { HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG, HV_PRIVILEGE_AccessSyntheticTimerRegs,
      HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_STIME_UNHALTED_TIMER_COUNT, HV_PRIVILEGE_AccessSyntheticTimerRegs,
      HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER, true, HV_CPU_LOCAL_APIC },
    { HV_X64_MSR_TSC_INVARIANT_CONTROL, HV_PRIVILEGE_AccessTscInvariantControls, 0, true,
      HV_CPU_INVARIANT_TSC },
};

static bool write_only(uint32_t msr)
{
    return msr == HV_X64_MSR_EOI;
}

/* A value that the register takes. */
static uint64_t legal(uint32_t msr)
{
    bool sint = msr >= HV_X64_MSR_SINT0 && msr <= HV_X64_MSR_SINT15;

    return sint ? HV_X64_MSR_SINT_RESET : 0;
}

static const struct expectation *expectation_of(uint32_t msr)
{
    for (size_t i = 0; i < COUNT(msrs); i++) {
        if (msrs[i].msr == msr)
            return &msrs[i];
    }
    return NULL;
}

static bool announced(const struct expectation *wanted)
{
    uint32_t out[4];
    uint64_t privileges;

    fake_cpuid(vp, HV_CPUID_FEATURES, 0, out);
    privileges = (uint64_t)out[1] << 32 | out[0];
    return (privileges & wanted->privilege) == wanted->privilege &&
           (out[3] & wanted->feature) == wanted->feature;
}

START_TEST(msr_that_is_announced_works)
{
    for (size_t i = 0; i < COUNT(msrs); i++) {
        ck_assert(announced(&msrs[i]));
        ck_assert_msg(read_faults(vp, msrs[i].msr) == write_only(msrs[i].msr),
                      "MSR %#x: unreadable is not %d", msrs[i].msr, write_only(msrs[i].msr));
        ck_assert_msg(write_faults(vp, msrs[i].msr, legal(msrs[i].msr)) != msrs[i].writable,
                      "MSR %#x: writable is not %d", msrs[i].msr, msrs[i].writable);
    }
}
END_TEST

START_TEST(msr_whose_privilege_is_missing_faults_and_no_other)
{
    for (size_t i = 0; i < COUNT(msrs); i++) {
        if (msrs[i].privilege == 0)
            continue;
        begin_again(~msrs[i].privilege, fake.platform.facts.capabilities);
        for (size_t j = 0; j < COUNT(msrs); j++) {
            bool missing = msrs[j].privilege == msrs[i].privilege;

            ck_assert(announced(&msrs[j]) != missing);
            ck_assert(read_faults(vp, msrs[j].msr) == (missing || write_only(msrs[j].msr)));
            ck_assert(write_faults(vp, msrs[j].msr, legal(msrs[j].msr)) ==
                      (missing || !msrs[j].writable));
        }
    }
}
END_TEST

START_TEST(msr_whose_capability_is_missing_faults_and_no_other)
{
    static const uint32_t capabilities[] = { HV_CPU_INVARIANT_TSC, HV_CPU_NPIEP, HV_CPU_GUEST_IDLE,
                                             HV_CPU_RESET, HV_CPU_LOCAL_APIC };
    uint32_t all = fake.platform.facts.capabilities;

    for (size_t i = 0; i < COUNT(capabilities); i++) {
        begin_again(UINT64_MAX, all & ~capabilities[i]);
        for (size_t j = 0; j < COUNT(msrs); j++) {
            bool missing = msrs[j].capability == capabilities[i];

            ck_assert(announced(&msrs[j]) != missing);
            ck_assert(read_faults(vp, msrs[j].msr) == (missing || write_only(msrs[j].msr)));
            ck_assert(write_faults(vp, msrs[j].msr, legal(msrs[j].msr)) ==
                      (missing || !msrs[j].writable));
        }
    }
}
END_TEST

START_TEST(no_privilege_leaves_only_what_needs_none)
{
    begin_again(0, fake.platform.facts.capabilities);
    for (size_t i = 0; i < COUNT(msrs); i++)
        ck_assert(read_faults(vp, msrs[i].msr) == (msrs[i].privilege != 0));
}
END_TEST

START_TEST(every_other_number_of_the_range_faults)
{
    for (uint32_t msr = FIRST_MSR; msr <= LAST_MSR; msr++) {
        if (expectation_of(msr))
            continue;
        ck_assert_msg(read_faults(vp, msr), "MSR %#x can be read", msr);
        ck_assert_msg(write_faults(vp, msr, 0), "MSR %#x can be written", msr);
    }
}
END_TEST

START_TEST(msrs_outside_the_range_are_left_to_the_back_end)
{
    static const uint32_t others[] = {
        0, 0x10, 0xC0000080, FIRST_MSR - 1, LAST_MSR + 1, UINT32_MAX
    };

    for (size_t i = 0; i < COUNT(others); i++) {
        struct hv_gprs gprs = { .rip = 0x1000 };
        struct hv_exit exit = { .reason = HV_EXIT_MSR_READ,
                                .instruction_length = 2,
                                .gprs = &gprs };
        struct hv_gprs before;

        gprs.gpr[HV_GPR_RCX] = others[i];
        gprs.gpr[HV_GPR_RAX] = 0xAAAA;
        before = gprs;
        ck_assert_int_eq(hv_vp_exit(vp, &exit), HV_DISPOSITION_PASS);
        exit.reason = HV_EXIT_MSR_WRITE;
        ck_assert_int_eq(hv_vp_exit(vp, &exit), HV_DISPOSITION_PASS);
        ck_assert_mem_eq(&gprs, &before, sizeof(gprs));
        ck_assert(!fake_vp(vp)->injected);
    }
}
END_TEST

START_TEST(only_low_halves_of_registers_count_and_results_are_zero_extended)
{
    struct hv_gprs gprs = { .rip = 0x1000 };
    struct hv_exit exit = { .reason = HV_EXIT_MSR_WRITE, .instruction_length = 2, .gprs = &gprs };

    gprs.gpr[HV_GPR_RCX] = 0xDEAD000000000000 | HV_X64_MSR_GUEST_OS_ID;
    gprs.gpr[HV_GPR_RAX] = 0xDEAD000011112222;
    gprs.gpr[HV_GPR_RDX] = 0xDEAD000033334444;
    ck_assert_int_eq(hv_vp_exit(vp, &exit), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(gprs.rip, 0x1002);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_GUEST_OS_ID), 0x3333444411112222);

    exit.reason = HV_EXIT_MSR_READ;
    exit.instruction_length = 4;
    ck_assert_int_eq(hv_vp_exit(vp, &exit), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(gprs.rip, 0x1006);
    ck_assert_uint_eq(gprs.gpr[HV_GPR_RAX], 0x11112222);
    ck_assert_uint_eq(gprs.gpr[HV_GPR_RDX], 0x33334444);
    ck_assert_uint_eq(gprs.gpr[HV_GPR_RCX], 0xDEAD000000000000 | HV_X64_MSR_GUEST_OS_ID);
}
END_TEST

START_TEST(faulting_access_changes_no_register)
{
    struct hv_gprs *gprs = &fake_vp(vp)->gprs;
    struct hv_gprs before;
    struct hv_exit exit = { .reason = HV_EXIT_MSR_READ, .instruction_length = 2, .gprs = gprs };

    gprs->rip = 0x2000;
    gprs->gpr[HV_GPR_RCX] = HV_X64_MSR_NESTED_SINT0;
    gprs->gpr[HV_GPR_RAX] = 0x1234567890;
    gprs->gpr[HV_GPR_RDX] = 0x9876543210;
    before = *gprs;
    ck_assert(faulted(vp, hv_vp_exit(vp, &exit)));
    ck_assert_mem_eq(gprs, &before, sizeof(before));
    fake_vp(vp)->injected = false;
    exit.reason = HV_EXIT_MSR_WRITE;
    ck_assert(faulted(vp, hv_vp_exit(vp, &exit)));
    ck_assert_mem_eq(gprs, &before, sizeof(before));
}
END_TEST

START_TEST(registers_by_name_need_no_privilege_but_the_same_values)
{
    uint64_t value;

    begin_again(0, fake.platform.facts.capabilities);
    ck_assert_int_eq(hv_msr_set(vp, HV_X64_MSR_GUEST_OS_ID, LINUX_ID), HV_MSR_OK);
    ck_assert_int_eq(hv_msr_get(vp, HV_X64_MSR_GUEST_OS_ID, &value), HV_MSR_OK);
    ck_assert_uint_eq(value, LINUX_ID);
    ck_assert_int_eq(hv_msr_set(vp, HV_X64_MSR_VP_INDEX, 0), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_set(vp, HV_X64_MSR_NPIEP_CONFIG, 0x10), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_get(vp, HV_X64_MSR_SIRBP, &value), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_set(vp, HV_X64_MSR_SIRBP, 0), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_get(vp, 0, &value), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_get(vp, UINT32_MAX, &value), HV_MSR_FAULT);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("msr");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, msr_that_is_announced_works);
    tcase_add_test(tcase, msr_whose_privilege_is_missing_faults_and_no_other);
    tcase_add_test(tcase, msr_whose_capability_is_missing_faults_and_no_other);
    tcase_add_test(tcase, no_privilege_leaves_only_what_needs_none);
    tcase_add_test(tcase, every_other_number_of_the_range_faults);
    tcase_add_test(tcase, msrs_outside_the_range_are_left_to_the_back_end);
    tcase_add_test(tcase, only_low_halves_of_registers_count_and_results_are_zero_extended);
    tcase_add_test(tcase, faulting_access_changes_no_register);
    tcase_add_test(tcase, registers_by_name_need_no_privilege_but_the_same_values);
    Suite *suite = suite_create("core_msr");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
