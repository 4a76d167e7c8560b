/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The calls by which a root partition runs the machine. They are optional, and many would end it:
 * so a call is only looked for, or made with input that nobody may take.
 */
#include <conformance/parent.h>

#include "hypercall_support.h"

#define NEEDS_ROOT NEEDS(.privileges = HV_PRIVILEGE_CpuManagement | HV_PRIVILEGE_CreatePartitions)

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

/* The status of a call with this input. */
static uint16_t status_of(uint16_t code, const void *block, size_t size)
{
    memset(input, 0, sizeof(input));
    memset(output, PARENT_MARK, sizeof(output));
    memcpy(input, block, size);
    return hv_result_status(hv_call(code, phys_of(input), phys_of(output)));
}

/* Not there, or refused for the reason that is given. */
static void check_refused(uint16_t code, uint16_t status, uint16_t expected)
{
    CHECK(status == expected || is_refusal(status), "code 0x%x: status 0x%x, not 0x%x", code,
          status, expected);
    CHECK_EQ(hv_differing(output, PARENT_MARK, 0), 0);
}

/* ---- Event log ---- */

#define GROUP 0u /* HvEventLogTypeGlobalSystemEvents */

struct event_log_group {
    uint32_t type, maximum_buffer_count, buffer_pages, threshold, time_basis, padding;
    uint64_t system_time;
};

HV_TEST(root_management, a_log_has_buffers,
        COVERS(HV_REQ_ROOT_002, HV_REQ_ROOT_003, HV_REQ_ROOT_011), NEEDS_ROOT,
        "A log without buffers writes to page 0")
{
    const struct event_log_group wrong[] = { { GROUP, 0, 1, 0, 0, 0, 0 },
                                             { GROUP, 513, 1, 0, 0, 0, 0 },
                                             { GROUP, 1, 0, 0, 0, 0, 0 },
                                             { GROUP, 1, 513, 0, 0, 0, 0 },
                                             { UINT32_MAX, 1, 1, 0, 0, 0, 0 } };
    const uint64_t group = GROUP;

    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_refused(HvInitializeEventLogBufferGroup,
                      status_of(HvInitializeEventLogBufferGroup, &wrong[i], sizeof(wrong[i])),
                      HV_STATUS_INVALID_PARAMETER);
    check_refused(HvFinalizeEventLogBufferGroup,
                  status_of(HvFinalizeEventLogBufferGroup, &group, sizeof(group)),
                  HV_STATUS_OPERATION_DENIED);
}

struct event_log_buffer {
    uint32_t type, index;
    uint64_t more;
};

HV_TEST(root_management, buffers_of_a_log_that_is_not_there,
        COVERS(HV_REQ_ROOT_004, HV_REQ_ROOT_005, HV_REQ_ROOT_006, HV_REQ_ROOT_007, HV_REQ_ROOT_008,
               HV_REQ_ROOT_009, HV_REQ_ROOT_010),
        NEEDS_ROOT, "What is mapped for an index out of range is the hypervisor's memory")
{
    static const uint16_t codes[] = { HvCreateEventLogBuffer,  HvDeleteEventLogBuffer,
                                      HvMapEventLogBuffer,     HvUnmapEventLogBuffer,
                                      HvReleaseEventLogBuffer, HvFlushEventLogBuffer };
    const struct event_log_buffer wrong[] = { { GROUP, 0x7fff, 0 }, { UINT32_MAX, 0, 0 } };
    const struct event_log_buffer sources = { UINT32_MAX, 0, UINT64_MAX };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        for (unsigned j = 0; j < 2; j++) {
            uint16_t status = status_of(codes[i], &wrong[j], sizeof(wrong[j]));

            CHECK(status != HV_STATUS_SUCCESS, "code 0x%x: success", codes[i]);
            CHECK_EQ(hv_differing(output, PARENT_MARK, 0), 0);
        }
    CHECK(status_of(HvSetEventLogGroupSources, &sources, sizeof(sources)) != HV_STATUS_SUCCESS,
          "sources of a group that does not exist are enabled");
}

/* ---- System properties ---- */

HV_TEST(root_management, unknown_system_properties_are_said_to_be, COVERS(HV_REQ_ROOT_012),
        NEEDS_ROOT, "Roots find out by this what they can ask for")
{
    uint8_t block[24] = { 0xff, 0xff, 0xff, 0x7f };

    hv_enable_hypercalls();
    check_refused(HvCallSetSystemProperty, status_of(HvCallSetSystemProperty, block, sizeof(block)),
                  HV_STATUS_UNKNOWN_PROPERTY);
    check_refused(HvCallGetSystemProperty, status_of(HvCallGetSystemProperty, block, 16),
                  HV_STATUS_UNKNOWN_PROPERTY);
}

/* ---- What is there, so far as it can be seen without a call ---- */

static const struct {
    const char *name;
    uint16_t code;
} calls[] = {
    { "add-processor", HvCallAddLogicalProcessor },
    { "remove-processor", HvCallRemoveLogicalProcessor },
    { "numa-distance", HvCallQueryNumaDistance },
    { "set-processor-property", HvCallSetLogicalProcessorProperty },
    { "get-processor-property", HvCallGetLogicalProcessorProperty },
    { "get-system-property", HvCallGetSystemProperty },
    { "map-interrupt", HvCallMapDeviceInterrupt },
    { "unmap-interrupt", HvCallUnmapDeviceInterrupt },
    { "map-device-pages", HvCallMapDevicePages },
    { "unmap-device-pages", HvCallUnmapDevicePages },
    { "attach-device", HvCallAttachDevice },
    { "detach-device", HvCallDetachDevice },
    { "standby", HvCallNotifyStandbyTransition },
    { "sleep", HvCallPrepareForSleep },
    { "hibernate", HvCallPrepareForHibernate },
    { "partition-event", HvCallNotifyPartitionEvent },
    { "get-processor-registers", HvCallGetLogicalProcessorRegisters },
    { "set-processor-registers", HvCallSetLogicalProcessorRegisters },
    { "query-mca", HvCallQueryAssociatedLpsforMca },
    { "ring-empty", HvCallNotifyRingEmpty },
    { "inject-machine-check", HvCallInjectSyntheticMachineCheck },
    { "scrub", HvCallScrubPartition },
    { "livedump", HvCallCollectLivedump },
    { "disable", HvCallDisableHypervisor },
    { "spa-pages", HvCallGetSpaPageList },
    { "park", HvCallParkedVirtualProcessors },
};

/* With rep fields that are wrong for every simple call, which these are. */
HV_TEST(root_management, calls_of_the_root_are_checked_like_others,
        COVERS(HV_REQ_ROOT_013, HV_REQ_ROOT_014, HV_REQ_ROOT_015, HV_REQ_ROOT_016, HV_REQ_ROOT_017,
               HV_REQ_ROOT_018, HV_REQ_SCHED_013),
        NEEDS_ROOT, "The machine sleeps for a call that was never well-formed")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        uint64_t result = hv_call(hv_control(calls[i].code, false, 0, 1, 1), 1, 1);
        uint16_t status = hv_result_status(result);

        CHECK(is_refusal(status) || status == HV_STATUS_INVALID_HYPERCALL_INPUT,
              "code 0x%x: result 0x%llx", calls[i].code, (unsigned long long)result);
        OBSERVE(calls[i].name, "%s", is_refusal(status) ? "missing" : "there");
    }
}

HV_TEST(virtual_processor, machine_checks_are_injected_where_announced, COVERS(HV_REQ_VP_061),
        NEEDS_ROOT, "A root that announces a failure to its guests must be able to tell them")
{
    hv_enable_hypercalls();
    CHECK_EQ(call_is_there(HvCallInjectSyntheticMachineCheck),
             (hv_features() & HV_FEATURE_EDX_SYNTHETIC_MACHINE_CHECK_INJECTION) != 0);
}

/* ---- Processors ---- */

struct run_time {
    uint64_t global, local, reserved, hypervisor;
};

static uint16_t run_time_of(uint32_t lp, struct run_time *times)
{
    const uint64_t block = lp;
    uint16_t status = status_of(HvGetLogicalProcessorRunTime, &block, sizeof(block));

    memcpy(times, output, sizeof(*times));
    return status;
}

HV_TEST(scheduler, run_times_of_processors_advance, COVERS(HV_REQ_SCHED_012), NEEDS_ROOT,
        "A root shows them as the load of the machine")
{
    struct run_time before, after;

    hv_enable_hypercalls();
    REQUIRE_EQ(run_time_of(0, &before), HV_STATUS_SUCCESS);
    CHECK_EQ(hv_differing(output, PARENT_MARK, sizeof(before)), 0);
    CHECK_EQ(before.reserved, 0);
    udelay(20000);
    REQUIRE_EQ(run_time_of(0, &after), HV_STATUS_SUCCESS);
    CHECK(after.global - before.global >= 150000, "20 ms are %llu units of 100 ns",
          (unsigned long long)(after.global - before.global));
    CHECK(after.local > before.local, "no guest has run");
    CHECK(after.local + after.hypervisor <= after.global + 10, "more than all time is used");
    CHECK_EQ(run_time_of(UINT32_MAX, &after), HV_STATUS_INVALID_LP_INDEX);
}

/* MSRs 0x400000C1 to C3 and D1 to D3 are power states'. */
HV_TEST(synthetic_msrs, power_state_registers_exist_where_announced, COVERS(HV_REQ_MSR_026),
        NEEDS_ROOT, "A root that reads a trigger by mistake puts the processor to sleep")
{
    bool announced = cpuid(HV_CPUID_CPU_MANAGEMENT_FEATURES).ebx & 1;
    uint64_t value;

    for (uint32_t msr = 0x400000d1; msr <= 0x400000d3; msr++) {
        struct fault fault = safe_rdmsr(msr, &value);

        CHECK(fault.raised != announced, "MSR 0x%x: %s", msr, fault.raised ? "fault" : "readable");
        if (fault.raised)
            CHECK_EQ(fault.vector, VECTOR_GP);
    }
}

/* ---- What leaves say to a root ---- */

HV_TEST(discovery, leaf_7_is_for_managers_of_processors, COVERS(HV_REQ_CPUID_067), NEEDS_ROOT,
        "A bit that nobody has defined is a call that a root makes")
{
    struct cpuid_regs leaf = { 0 };

    if (cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION).eax >= HV_CPUID_CPU_MANAGEMENT_FEATURES)
        leaf = cpuid(HV_CPUID_CPU_MANAGEMENT_FEATURES);
    CHECK_EQ(leaf.eax & ~0x80000007u, 0);
    CHECK_EQ(leaf.ebx & ~7u, 0);
    CHECK_EQ(leaf.ecx & ~1u, 0);
    CHECK_EQ(leaf.edx, 0);
}

HV_TEST(discovery, leaf_8_is_for_shared_memory, COVERS(HV_REQ_CPUID_068), NEEDS_ROOT,
        "PASIDs that do not exist are given to devices")
{
    struct cpuid_regs leaf = { 0 };

    if (cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION).eax >= HV_CPUID_SVM_FEATURES)
        leaf = cpuid(HV_CPUID_SVM_FEATURES);
    CHECK_EQ(leaf.eax & 0x7fe, 0);
    CHECK(leaf.eax & 1 || leaf.eax >> 11 == 0, "PASIDs without shared memory");
    CHECK_EQ(leaf.ebx | leaf.ecx | leaf.edx, 0);
}
