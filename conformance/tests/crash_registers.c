/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The crash registers: what a write without a report changes, and where the TLFS is silent. */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define CRASH_NEEDS NEEDS(.features = HV_FEATURE_EDX_GUEST_CRASH_MSRS)

HV_CHARACTERIZE(crash_enlightenment, actions_and_notes, COVERS(HV_REQ_GAP_133, HV_REQ_GAP_244),
                CRASH_NEEDS,
                "TLFS v6.0b reserves what the current text calls PreOSId and NoCrashDump")
{
    uint64_t value;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_CRASH_CTL, &value));
    OBSERVE("notify", "%s", value & HV_CRASH_CTL_CRASH_NOTIFY ? "yes" : "no");
    OBSERVE("message", "%s", value & HV_CRASH_CTL_CRASH_MESSAGE ? "yes" : "no");
    OBSERVE("no-dump", "%s", value & HV_CRASH_CTL_NO_CRASH_DUMP ? "yes" : "no");
    OBSERVE("pre-os-id", "%u",
            (unsigned)((value & HV_CRASH_CTL_PRE_OS_ID_MASK) >> HV_CRASH_CTL_PRE_OS_ID_SHIFT));
}

static uint64_t seen[GUEST_MAX_CPUS];

static void note_parameter(void *unused)
{
    (void)unused;
    seen[cpu_index()] = ~UINT64_C(0);
    safe_rdmsr(HV_X64_MSR_CRASH_P0, &seen[cpu_index()]);
}

/* KVM has one set for all VPs, Xen a set for each. */
HV_CHARACTERIZE(crash_enlightenment, whose_the_parameters_are, COVERS(HV_REQ_GAP_244),
                NEEDS(.features = HV_FEATURE_EDX_GUEST_CRASH_MSRS, .vps = 2),
                "Two VPs that crash at once write into one another's report, or do not")
{
    const uint64_t mark = UINT64_C(0x6361667465643031);

    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0, mark));
    REQUIRE_NO_FAULT(smp_call_all(note_parameter, NULL));
    OBSERVE("set", "%s", seen[1] == mark ? "of the partition" : "of a VP");
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0, 0));
}

HV_TEST(crash_enlightenment, a_write_without_notify_changes_no_parameter,
        COVERS(HV_REQ_CRASH_002, HV_REQ_CRASH_006), CRASH_NEEDS,
        "Nothing is reported before CrashNotify, and the parameters wait for it")
{
    static const uint64_t harmless[] = { 0, HV_CRASH_CTL_CRASH_MESSAGE,
                                         HV_CRASH_CTL_NO_CRASH_DUMP };
    uint64_t value;

    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P1, 0x1234));
    for (unsigned i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_CTL, harmless[i]));
        CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_CRASH_P1, &value));
        CHECK_EQ(value, 0x1234);
    }
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P1, 0));
}
