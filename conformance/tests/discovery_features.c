/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CPUID leaf 0x40000003: what a bit announces has to be there, and what is not announced must not
 * be.
 *
 * Guests decide by these bits and do not look again. A bit that is missing costs as much as one too
 * many: without AccessPartitionReferenceTsc Windows reads the counter by MSR all the time
 * (cloud-hypervisor#8380).
 */
#include "hypercall_support.h"

static const char *said(bool announced)
{
    return announced ? "announced" : "not announced";
}

/* A bit of leaf 0x40000003 and the calls that it announces. */
struct call_bit {
    uint32_t feature;
    uint16_t codes[3]; /* 0: none */
};

static void check_call_bit(const struct call_bit *bit)
{
    bool announced = hv_features() & bit->feature;

    for (unsigned i = 0; i < 3 && bit->codes[i]; i++) {
        uint16_t status = probe_call(bit->codes[i]);

        CHECK(is_refusal(status) == !announced, "EDX bit %d is %s, call 0x%04x: status 0x%x",
              __builtin_ctz(bit->feature), said(announced), bit->codes[i], status);
    }
}

HV_TEST(discovery, debug_calls_exist_exactly_when_announced, COVERS(HV_REQ_CPUID_018),
        NEEDS_NOTHING, "Windows takes its debugger's transport by this bit")
{
    static const struct call_bit bit = { HV_FEATURE_EDX_GUEST_DEBUGGING,
                                         { HvPostDebugData, HvRetrieveDebugData,
                                           HvResetDebugSession } };

    hv_enable_hypercalls();
    check_call_bit(&bit);
    if (hv_features() & HV_FEATURE_EDX_GUEST_DEBUGGING)
        CHECK(hv_may(HV_PRIVILEGE_Debugging), "the Debugging privilege is not announced");
}

HV_TEST(discovery, management_calls_exist_exactly_when_announced,
        COVERS(HV_REQ_CPUID_023, HV_REQ_CPUID_024, HV_REQ_CPUID_026, HV_REQ_CPUID_030),
        NEEDS_NOTHING, "Sleep, NUMA distances, machine checks, disabling: a bit each, a call each")
{
    static const struct call_bit bits[] = {
        { HV_FEATURE_EDX_HYPERVISOR_SLEEP_STATE, { HvCallPrepareForSleep } },
        { HV_FEATURE_EDX_NUMA_DISTANCE_QUERY, { HvCallQueryNumaDistance } },
        { HV_FEATURE_EDX_SYNTHETIC_MACHINE_CHECK_INJECTION, { HvCallInjectSyntheticMachineCheck } },
        { HV_FEATURE_EDX_DISABLE_HYPERVISOR, { HvCallDisableHypervisor } },
    };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        check_call_bit(&bits[i]);
}

/* A privilege and a call that it is for. */
struct call_privilege {
    uint64_t privilege;
    uint16_t code;
};

static const struct call_privilege call_privileges[] = {
    { HV_PRIVILEGE_CreatePartitions, HvCallCreatePartition },
    { HV_PRIVILEGE_AccessPartitionId, HvGetPartitionId },
    { HV_PRIVILEGE_AccessMemoryPool, HvCallDepositMemory },
    { HV_PRIVILEGE_PostMessages, HvCallPostMessage },
    { HV_PRIVILEGE_SignalEvents, HvCallSignalEvent },
    { HV_PRIVILEGE_AccessStats, HvMapStatsPage },
    { HV_PRIVILEGE_Debugging, HvPostDebugData },
    { HV_PRIVILEGE_CpuManagement, HvCallGetSystemProperty },
    { HV_PRIVILEGE_AccessVSM, HvCallEnablePartitionVtl },
    { HV_PRIVILEGE_AccessVpRegisters, HvCallGetVpRegisters },
    { HV_PRIVILEGE_EnableExtendedHypercalls, HvExtCallQueryCapabilities },
    { HV_PRIVILEGE_StartVirtualProcessor, HvCallStartVirtualProcessor },
};

HV_TEST(discovery, announced_privileges_have_their_calls,
        COVERS(HV_REQ_CPUID_011, HV_REQ_CPUID_014), NEEDS_NOTHING,
        "A privilege to make a call that is not there is none")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(call_privileges) / sizeof(call_privileges[0]); i++) {
        const struct call_privilege *row = &call_privileges[i];

        CHECK(!hv_may(row->privilege) || call_is_there(row->code),
              "privilege mask 0x%llx is announced, but call 0x%04x: status 0x%x",
              (unsigned long long)row->privilege, row->code, probe_call(row->code));
    }
}

/* The TSC page sends its readers to the counter while it is not valid, and a timer counts from it:
 * without the clock Windows uses neither (cloud-hypervisor#8380). */
HV_TEST(discovery, clocks_are_announced_together, COVERS(HV_REQ_CPUID_014), NEEDS_NOTHING,
        "Half of what a guest needs is none of it")
{
    bool counter = hv_may(HV_PRIVILEGE_AccessPartitionReferenceCounter);
    bool timers = hv_may(HV_PRIVILEGE_AccessSyntheticTimerRegs);

    CHECK(counter || !hv_may(HV_PRIVILEGE_AccessPartitionReferenceTsc),
          "the reference TSC page is announced without the reference counter");
    CHECK(counter || !timers, "synthetic timers are announced without the reference counter");
    CHECK(!timers || hv_may(HV_PRIVILEGE_AccessSynicRegs) ||
              (hv_features() & HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS),
          "synthetic timers are announced, and nothing that they could signal");
}

HV_TEST(discovery, debug_msrs_exist_exactly_when_announced, COVERS(HV_REQ_CPUID_028), NEEDS_NOTHING,
        "The numbers are Linux' (KVM): SYNDBG_CONTROL to SYNDBG_PENDING_BUFFER")
{
    bool announced = hv_features() & HV_FEATURE_EDX_DEBUG_MSRS;

    for (uint32_t msr = HV_X64_MSR_SYNDBG_CONTROL; msr <= HV_X64_MSR_SYNDBG_PENDING_BUFFER; msr++) {
        uint64_t value;

        CHECK(safe_rdmsr(msr, &value).raised == !announced, "%s, MSR 0x%x", said(announced), msr);
    }
}

/* ---- Features of the processor ---- */

#define MSR_PMC0            0x000000c1u
#define MSR_MPERF           0x000000e7u
#define MSR_DEBUGCTL        0x000001d9u
#define MSR_AMD_PERF_CTR0   0xc0010004u
#define DEBUGCTL_LBR        UINT64_C(1)
#define LEAF_EXTENDED       7u
#define LEAF_PMU            0xau
#define ECX_7_SHADOW_STACKS (1u << 7)
#define PMU_VERSION         0xffu

static bool is_intel(void)
{
    return cpuid(0).ebx == 0x756e6547; /* "Genu" */
}

static bool msr_exists(uint32_t msr)
{
    uint64_t value;

    return !safe_rdmsr(msr, &value).raised;
}

HV_TEST(discovery, performance_counters_exist_when_announced, COVERS(HV_REQ_CPUID_019),
        NEEDS(.features = HV_FEATURE_EDX_PERFORMANCE_MONITOR),
        "A profiler that believes the bit reads the counters")
{
    if (is_intel())
        CHECK((cpuid(LEAF_PMU).eax & PMU_VERSION) != 0, "CPUID 0xA shows no counters");
    CHECK(msr_exists(is_intel() ? MSR_PMC0 : MSR_AMD_PERF_CTR0), "the first counter faults");
}

HV_TEST(discovery, branch_records_exist_when_announced, COVERS(HV_REQ_CPUID_038),
        NEEDS(.features = HV_FEATURE_EDX_LBR),
        "An LBR bit that does not stay leaves a debugger with records of nothing")
{
    uint64_t before, after;

    CHECK(is_intel(), "LBR is announced on a processor that is not Intel's");
    REQUIRE_NO_FAULT(safe_rdmsr(MSR_DEBUGCTL, &before));
    CHECK_NO_FAULT(safe_wrmsr(MSR_DEBUGCTL, before | DEBUGCTL_LBR));
    CHECK_NO_FAULT(safe_rdmsr(MSR_DEBUGCTL, &after));
    CHECK_NO_FAULT(safe_wrmsr(MSR_DEBUGCTL, before));
    CHECK_EQ(after, before | DEBUGCTL_LBR);
}

HV_TEST(discovery, features_of_ecx_are_there, COVERS(HV_REQ_CPUID_016), NEEDS_NOTHING,
        "Each of them is of the processor, whose own leaves must agree")
{
    uint32_t ecx = cpuid(HV_CPUID_FEATURES).ecx;

    CHECK(!(ecx & HV_FEATURE_ECX_INVARIANT_MPERF) || msr_exists(MSR_MPERF), "MPERF faults");
    CHECK(!(ecx & HV_FEATURE_ECX_SUPERVISOR_SHADOW_STACK) ||
              (cpuid(LEAF_EXTENDED).ecx & ECX_7_SHADOW_STACKS),
          "CPUID 7 shows no shadow stacks");
    CHECK(!(ecx & HV_FEATURE_ECX_ARCHITECTURAL_PMU) || (cpuid(LEAF_PMU).eax & PMU_VERSION),
          "CPUID 0xA shows no counters");
}

/* ---- Features of other features ---- */

HV_TEST(discovery, vsm_registers_are_announced_with_vsm, COVERS(HV_REQ_CPUID_036), NEEDS_NOTHING,
        "PAT and BNDCFGS of a VTL are of use to a partition that has VTLs")
{
    uint32_t either = HV_FEATURE_EDX_VSM_PAT_REGISTER | HV_FEATURE_EDX_VSM_BNDCFGS_REGISTER;

    CHECK(!(hv_features() & either) || hv_may(HV_PRIVILEGE_AccessVSM),
          "AccessVSM is not announced, EDX is 0x%x", hv_features());
}

HV_TEST(discovery, extended_ranges_are_taken_when_announced, COVERS(HV_REQ_CPUID_031),
        NEEDS(.features = HV_FEATURE_EDX_EXTENDED_GVA_RANGES_FOR_FLUSH),
        "Windows flushes large pages so; an unknown flag is not to be passed over")
{
    static uint8_t input[64] __attribute__((aligned(64)));
    struct hv_input_flush_virtual_address_space *block = (void *)input;

    if (!(hv_recommendations() & TEST_CALL_FLUSHES))
        test_skip("no flush call is announced");
    hv_enable_hypercalls();
    fill_flush(input, 1);
    block->flags |= HV_FLUSH_USE_EXTENDED_RANGE_FORMAT;
    CHECK_EQ(hv_call(hv_control(HvCallFlushVirtualAddressList, false, 0, 1, 0), phys_of(input), 0),
             UINT64_C(1) << 32);
}

/* Where the lock is announced, hypercall-abi/a-locked-page-stays tries it. */
HV_TEST(discovery, lock_bit_without_announcement_locks_nothing,
        COVERS(HV_REQ_CPUID_034, HV_REQ_HC_007),
        NEEDS(.lacks_features = HV_FEATURE_EDX_HYPERCALL_MSR_LOCK),
        "A guest that sets it by accident must be able to move its page again")
{
    static uint8_t pages[2][4096] __attribute__((aligned(4096)));
    uint64_t value;

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_HYPERCALL, phys_of(pages[0]) |
                                                        HV_X64_MSR_HYPERCALL_LOCKED |
                                                        HV_X64_MSR_HYPERCALL_ENABLE));
    CHECK_NO_FAULT(
        safe_wrmsr(HV_X64_MSR_HYPERCALL, phys_of(pages[1]) | HV_X64_MSR_HYPERCALL_ENABLE));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_HYPERCALL, &value));
    CHECK_EQ(value & PAGE_MASK, phys_of(pages[1]));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_HYPERCALL, 0));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_HYPERCALL, &value));
    CHECK_EQ(value & HV_X64_MSR_HYPERCALL_ENABLE, 0);
}
