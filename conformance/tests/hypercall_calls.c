/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls of a guest's own, one by one: the spin hint, the partition id, VP indexes by APIC id, the
 * extended calls. And the calls that are not for it.
 */
#include "hypercall_support.h"

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

#define MARK 0xa5

static bool output_is_untouched(void)
{
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (output[i] != MARK)
            return false;
    return true;
}

/* ---- HvCallNotifyLongSpinWait ---- */

static const uint32_t spin_counts[] = { 0, 1, 0xfff, 0x7fffffff, 0xffffffff };

HV_TEST(hypercall_abi, spin_hint_always_succeeds, COVERS(HV_REQ_HC_086, HV_REQ_HC_025),
        NEEDS_NOTHING, "It is called inside a spin lock, where nobody can handle an error")
{
    struct hv_input_notify_long_spin_wait *block = (void *)input;

    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(spin_counts) / sizeof(spin_counts[0]); i++) {
        *block = (struct hv_input_notify_long_spin_wait){ .spin_count = spin_counts[i] };
        CHECK_EQ(hv_call(HvCallNotifyLongSpinWait, phys_of(input), 0), HV_STATUS_SUCCESS);
        CHECK_EQ(hv_call(hv_control(HvCallNotifyLongSpinWait, true, 0, 0, 0), spin_counts[i], 0),
                 HV_STATUS_SUCCESS);
    }
}

static void notify_many(void *unused)
{
    struct regs regs;

    (void)unused;
    for (uint32_t i = 0; i < 100; i++) {
        regs =
            (struct regs){ .rcx = hv_control(HvCallNotifyLongSpinWait, true, 0, 0, 0), .rdx = i };
        CHECK_NO_FAULT(hv_call_regs(&regs));
        CHECK_EQ(regs.rax, HV_STATUS_SUCCESS);
    }
}

HV_TEST(hypercall_abi, spin_hint_from_every_vp_at_once, COVERS(HV_REQ_HC_086), NEEDS(.vps = 2),
        "All VPs spin together, and each gives way to the others; somebody must come back")
{
    hv_enable_hypercalls();
    CHECK_NO_FAULT(smp_call_all(notify_many, NULL));
}

/* ---- HvCallGetPartitionId ---- */

static uint64_t partition_ids[GUEST_MAX_CPUS];
static uint8_t id_pages[GUEST_MAX_CPUS][8] __attribute__((aligned(8)));

static void get_partition_id(void *unused)
{
    uint32_t cpu = cpu_index();
    struct regs regs = { .rcx = HvGetPartitionId, .r8 = phys_of(id_pages[cpu]) };

    (void)unused;
    CHECK_NO_FAULT(hv_call_regs(&regs));
    CHECK_EQ(regs.rax, HV_STATUS_SUCCESS);
    memcpy(&partition_ids[cpu], id_pages[cpu], 8);
}

HV_TEST(hypercall_abi, partition_id_is_one_for_all_vps, COVERS(HV_REQ_HC_087),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionId),
        "Whoever names this partition names it by this number")
{
    hv_enable_hypercalls();
    REQUIRE_NO_FAULT(smp_call_all(get_partition_id, NULL));
    for (uint32_t i = 0; i < cpu_count(); i++)
        CHECK_EQ(partition_ids[i], partition_ids[0]);
    CHECK(partition_ids[0] != HV_PARTITION_ID_SELF, "the id is that which means SELF");
    CHECK(partition_ids[0] != 0, "the id is that which means none");
    get_partition_id(NULL);
    CHECK_EQ(partition_ids[0], partition_ids[cpu_count() - 1]);
    test_value("partition-id", "0x%llx", (unsigned long long)partition_ids[0]);
}

HV_TEST(hypercall_abi, partition_id_needs_its_privilege, COVERS(HV_REQ_HC_087, HV_REQ_HC_077),
        NEEDS(.lacks = HV_PRIVILEGE_AccessPartitionId),
        "The id tells a guest how many there were before it")
{
    uint16_t status;

    hv_enable_hypercalls();
    memset(output, MARK, sizeof(output));
    status = hv_result_status(hv_call(HvGetPartitionId, 0, phys_of(output)));
    CHECK(is_refusal(status), "status 0x%x", status);
    CHECK(output_is_untouched(), "output is written");
    test_value("partition-id-status", "0x%x", status);
}

/* ---- HvCallGetVpIndexFromApicId ---- */

#define APIC_ID_ACCESS NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex)

static uint64_t index_of_apic_id(uint64_t partition, uint8_t vtl, uint64_t apic_id)
{
    struct hv_input_get_vp_index_from_apic_id *header = (void *)input;

    *header =
        (struct hv_input_get_vp_index_from_apic_id){ .partition_id = partition, .target_vtl = vtl };
    memcpy(header + 1, &apic_id, sizeof(apic_id));
    memset(output, MARK, sizeof(output));
    return hv_call(hv_control(HvCallGetVpIndexFromApicId, false, 0, 1, 0), phys_of(input),
                   phys_of(output));
}

/* No bit announces the call, so it may be missing. */
static void require_apic_id_call(void)
{
    hv_enable_hypercalls();
    if (is_refusal(hv_result_status(index_of_apic_id(HV_PARTITION_ID_SELF, 0, cpu_at(0)->apic_id))))
        test_skip("HvCallGetVpIndexFromApicId is not there");
}

static uint32_t indexes[GUEST_MAX_CPUS];

static void note_index(void *unused)
{
    uint64_t value = ~UINT64_C(0);

    (void)unused;
    safe_rdmsr(HV_X64_MSR_VP_INDEX, &value);
    indexes[cpu_index()] = (uint32_t)value;
}

HV_TEST(hypercall_abi, vp_index_is_found_by_apic_id, COVERS(HV_REQ_IPI_018, HV_REQ_IPI_019),
        APIC_ID_ACCESS, "Linux starts and addresses VPs by index and knows them by APIC id")
{
    require_apic_id_call();
    REQUIRE_NO_FAULT(smp_call_all(note_index, NULL));
    for (uint32_t i = 0; i < cpu_count(); i++) {
        uint32_t index;

        CHECK_EQ(index_of_apic_id(HV_PARTITION_ID_SELF, 0, cpu_at(i)->apic_id), UINT64_C(1) << 32);
        memcpy(&index, output, sizeof(index));
        CHECK_EQ(index, indexes[i]);
        CHECK(output[8] == MARK, "more than one element of output is written");
    }
}

HV_TEST(hypercall_abi, padding_behind_an_apic_id_is_ignored, COVERS(HV_REQ_HC_052, HV_REQ_IPI_018),
        APIC_ID_ACCESS, "Padding is not a reserved field; callers do not clear it")
{
    uint32_t index;

    require_apic_id_call();
    CHECK_EQ(index_of_apic_id(HV_PARTITION_ID_SELF, 0,
                              cpu_at(0)->apic_id | UINT64_C(0xdeadbeef00000000)),
             UINT64_C(1) << 32);
    memcpy(&index, output, sizeof(index));
    CHECK_EQ(index, rdmsr(HV_X64_MSR_VP_INDEX));
}

HV_TEST(hypercall_abi, padding_of_output_is_zero_if_written, COVERS(HV_REQ_HC_053, HV_REQ_HC_054),
        APIC_ID_ACCESS, "What is written to padding is the hypervisor's memory unless it is zero")
{
    uint32_t padding;

    require_apic_id_call();
    CHECK_EQ(index_of_apic_id(HV_PARTITION_ID_SELF, 0, cpu_at(0)->apic_id), UINT64_C(1) << 32);
    memcpy(&padding, output + 4, sizeof(padding));
    CHECK(padding == 0 || padding == 0xa5a5a5a5, "padding is 0x%x", padding);
}

HV_TEST(hypercall_abi, wrong_apic_ids_partitions_and_vtls_are_refused, COVERS(HV_REQ_IPI_020),
        APIC_ID_ACCESS, "An index that belongs to nobody would send interrupts to nobody")
{
    static const uint32_t nobody[] = { 0xfffffffe, 0x7fffffff, 0x00ffff00 };
    uint64_t self = HV_PARTITION_ID_SELF;
    uint32_t apic_id = cpu_at(0)->apic_id;
    uint16_t status;

    require_apic_id_call();
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(index_of_apic_id(self, 0, nobody[i]), HV_STATUS_INVALID_PARAMETER);
    status = hv_result_status(index_of_apic_id(UINT64_C(0x123456789abcdef0), 0, apic_id));
    CHECK(status == HV_STATUS_INVALID_PARTITION_ID || status == HV_STATUS_ACCESS_DENIED,
          "another partition: status 0x%x", status);
    status = hv_result_status(index_of_apic_id(self, HV_INPUT_VTL_USE_TARGET_VTL | 0xf, apic_id));
    CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_VTL_STATE,
          "VTL 15: status 0x%x", status);
    status = hv_result_status(index_of_apic_id(self, HV_INPUT_VTL_RSVDZ_MASK, apic_id));
    CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_HYPERCALL_INPUT,
          "reserved bits of the VTL: status 0x%x", status);
}

/* ---- Extended calls ---- */

#define EXTENDED NEEDS(.privileges = HV_PRIVILEGE_EnableExtendedHypercalls)

static uint64_t capabilities(void)
{
    uint64_t mask = 0;

    memset(output, MARK, sizeof(output));
    REQUIRE_EQ(hv_call(HvExtCallQueryCapabilities, 0, phys_of(output)), HV_STATUS_SUCCESS);
    memcpy(&mask, output, sizeof(mask));
    CHECK_EQ(output[8], MARK);
    return mask;
}

HV_TEST(hypercall_abi, extended_capabilities_are_known_bits, COVERS(HV_REQ_HC_079, HV_REQ_HC_080),
        EXTENDED, "Linux asks this before it uses any other extended call")
{
    uint64_t known = HV_EXT_CAPABILITY_GET_BOOT_ZEROED_MEMORY | HV_EXT_CAPABILITY_MEMORY_HEAT_HINT |
                     HV_EXT_CAPABILITY_EPF_SETUP | HV_EXT_CAPABILITY_SCHEDULER_ASSIST_SETUP |
                     HV_EXT_CAPABILITY_MEMORY_HEAT_HINT_ASYNC;
    uint64_t mask;

    hv_enable_hypercalls();
    mask = capabilities();
    CHECK_EQ(mask & ~known, 0);
    CHECK_EQ(capabilities(), mask);
    test_value("extended-capabilities", "0x%llx", (unsigned long long)mask);
}

HV_TEST(hypercall_abi, extended_calls_without_capability_are_refused,
        COVERS(HV_REQ_HC_080, HV_REQ_HC_028), EXTENDED,
        "What the mask does not list is not there, and calling it does nothing")
{
    uint64_t mask;

    hv_enable_hypercalls();
    mask = capabilities();
    memset(output, MARK, sizeof(output));
    for (uint32_t bit = 0; bit <= HvExtCallMemoryHeatHintAsync - HvExtCallGetBootZeroedMemory;
         bit++) {
        uint16_t status;

        if (mask & UINT64_C(1) << bit)
            continue;
        status = hv_result_status(
            hv_call(HvExtCallGetBootZeroedMemory + bit, phys_of(input), phys_of(output)));
        CHECK(is_refusal(status), "code 0x%x: status 0x%x", HvExtCallGetBootZeroedMemory + bit,
              status);
    }
    CHECK(output_is_untouched(), "output is written");
}

static const uint16_t extended_codes[] = { 0x8007, 0x8fff, 0xbfff, 0xff00, 0xffff };

HV_TEST(hypercall_abi, unknown_extended_codes_are_refused, COVERS(HV_REQ_HC_079, HV_REQ_HC_028),
        EXTENDED, "The privilege opens the range, it does not fill it")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(extended_codes) / sizeof(extended_codes[0]); i++)
        CHECK_EQ(hv_call(extended_codes[i], phys_of(input), phys_of(output)),
                 HV_STATUS_INVALID_HYPERCALL_CODE);
}

HV_TEST(hypercall_abi, extended_calls_need_their_privilege, COVERS(HV_REQ_HC_081, HV_REQ_HC_077),
        NEEDS(.lacks = HV_PRIVILEGE_EnableExtendedHypercalls),
        "The whole range belongs to the privilege, not only the codes with names")
{
    hv_enable_hypercalls();
    memset(output, MARK, sizeof(output));
    for (uint32_t code = HvExtCallQueryCapabilities; code <= HvExtCallMemoryHeatHintAsync; code++) {
        uint16_t status = hv_result_status(hv_call(code, phys_of(input), phys_of(output)));

        CHECK(is_refusal(status), "code 0x%x: status 0x%x", code, status);
    }
    for (unsigned i = 0; i < sizeof(extended_codes) / sizeof(extended_codes[0]); i++) {
        uint16_t status =
            hv_result_status(hv_call(extended_codes[i], phys_of(input), phys_of(output)));

        CHECK(is_refusal(status), "code 0x%x: status 0x%x", extended_codes[i], status);
    }
    CHECK(output_is_untouched(), "output is written");
}

/* Ranges of HvExtCallGetBootZeroedMemory. */
struct zeroed_range {
    uint64_t start_page, page_count;
};

#define MAX_ZEROED_RANGES 255u

static void require_boot_zeroed(void)
{
    hv_enable_hypercalls();
    if (!(capabilities() & HV_EXT_CAPABILITY_GET_BOOT_ZEROED_MEMORY))
        test_skip("capability bit 0 is clear");
    memset(output, MARK, sizeof(output));
    REQUIRE_EQ(hv_call(HvExtCallGetBootZeroedMemory, 0, phys_of(output)), HV_STATUS_SUCCESS);
}

HV_TEST(hypercall_abi, boot_zeroed_memory_is_zero,
        COVERS(HV_REQ_HC_082, HV_REQ_HC_083, HV_REQ_HC_084), EXTENDED,
        "A guest that trusts the list does not clear these pages before it hands them out")
{
    const struct zeroed_range *ranges = (const void *)(output + 8);
    uint64_t count, page, word;

    require_boot_zeroed();
    memcpy(&count, output, sizeof(count));
    CHECK(count <= MAX_ZEROED_RANGES, "%llu ranges", (unsigned long long)count);
    for (uint64_t i = 0; i < count && i < MAX_ZEROED_RANGES; i++) {
        CHECK(i == 0 || ranges[i].page_count <= ranges[0].page_count, "the best is not the first");
        page = ranges[i].start_page;
        if (ranges[i].page_count == 0 || page >= UINT64_C(0x100000))
            continue;
        for (unsigned offset = 0; offset < PAGE_SIZE; offset += 512) {
            CHECK_NO_FAULT(safe_read64((uint8_t *)virt_of(page * PAGE_SIZE) + offset, &word));
            CHECK_EQ(word, 0);
        }
    }
}

/* ---- Calls that are not for this guest ---- */

struct privileged_call {
    uint16_t code;
    bool rep;
    uint64_t privilege;
};

static const struct privileged_call privileged[] = {
    { HvGetLogicalProcessorRunTime, false, HV_PRIVILEGE_CpuManagement },
    { HvCallParkedVirtualProcessors, false, HV_PRIVILEGE_CpuManagement },
    { HvCallEnablePartitionVtl, false, HV_PRIVILEGE_AccessVSM },
    { HvCallCreatePartition, false, HV_PRIVILEGE_CreatePartitions },
    { HvCallDeletePartition, false, HV_PRIVILEGE_CreatePartitions },
    { HvGetPartitionId, false, HV_PRIVILEGE_AccessPartitionId },
    { HvCallDepositMemory, true, HV_PRIVILEGE_AccessMemoryPool },
    { HvCallWithdrawMemory, true, HV_PRIVILEGE_AccessMemoryPool },
    { HvCallGetMemoryBalance, false, HV_PRIVILEGE_AccessMemoryPool },
    { HvCallMapGpaPages, true, HV_PRIVILEGE_CreatePartitions },
    { HvCallUnmapGpaPages, true, HV_PRIVILEGE_CreatePartitions },
    { HvCallInstallIntercept, false, HV_PRIVILEGE_CreatePartitions },
    { HvCallCreateVp, false, HV_PRIVILEGE_CreatePartitions },
    { HvCallDeleteVp, false, HV_PRIVILEGE_CreatePartitions },
    { HvCallPostMessage, false, HV_PRIVILEGE_PostMessages },
    { HvCallSignalEvent, false, HV_PRIVILEGE_SignalEvents },
    { HvPostDebugData, false, HV_PRIVILEGE_Debugging },
    { HvRetrieveDebugData, false, HV_PRIVILEGE_Debugging },
    { HvMapStatsPage, false, HV_PRIVILEGE_AccessStats },
    { HvCallUnmapStatsPage, false, HV_PRIVILEGE_AccessStats },
    { HvCallDispatchVp, false, HV_PRIVILEGE_CreatePartitions },
    { HvCallAddLogicalProcessor, false, HV_PRIVILEGE_CpuManagement },
    { HvCallGetLogicalProcessorProperty, false, HV_PRIVILEGE_CpuManagement },
    { HvCallGetSystemProperty, false, HV_PRIVILEGE_CpuManagement },
    { HvCallMapDeviceInterrupt, false, HV_PRIVILEGE_CpuManagement },
    { HvCallPrepareForSleep, false, HV_PRIVILEGE_CpuManagement },
    { HvCallInjectSyntheticMachineCheck, false, HV_PRIVILEGE_CpuManagement },
    { HvCallDisableHypervisor, false, HV_PRIVILEGE_CpuManagement },
    { HvCallCreatePort, false, HV_PRIVILEGE_CreatePort },
    { HvCallConnectPort, false, HV_PRIVILEGE_ConnectPort },
    { HvCallStartVirtualProcessor, false, HV_PRIVILEGE_StartVirtualProcessor },
};

#define PRIVILEGED_COUNT (sizeof(privileged) / sizeof(privileged[0]))

HV_TEST(hypercall_abi, calls_without_their_privilege_are_refused,
        COVERS(HV_REQ_HC_077, HV_REQ_HC_075, HV_REQ_HC_028), NEEDS_NOTHING,
        "Each of them, in the hands of any guest, is a way out of its partition")
{
    unsigned denied = 0, unknown = 0;

    hv_enable_hypercalls();
    memset(input, 0, sizeof(input));
    memset(output, MARK, sizeof(output));
    for (unsigned i = 0; i < PRIVILEGED_COUNT; i++) {
        uint64_t control = hv_control(privileged[i].code, false, 0, privileged[i].rep, 0);
        uint64_t result;

        if (hv_may(privileged[i].privilege))
            continue;
        result = hv_call(control, phys_of(input), phys_of(output));
        check_result_layout(result, "refused call");
        CHECK(is_refusal(hv_result_status(result)) && hv_result_reps(result) == 0,
              "code 0x%x: result 0x%llx", privileged[i].code, (unsigned long long)result);
        denied += hv_result_status(result) == HV_STATUS_ACCESS_DENIED;
        unknown += hv_result_status(result) == HV_STATUS_INVALID_HYPERCALL_CODE;
    }
    CHECK(output_is_untouched(), "output is written");
    test_value("privileged-calls", "%u-denied,%u-unknown", denied, unknown);
}

HV_TEST(hypercall_abi, refusal_does_not_depend_on_the_parameters,
        COVERS(HV_REQ_HC_075, HV_REQ_HC_077), NEEDS_NOTHING,
        "A caller that may not call learns nothing else: not whether a partition or page is there")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < PRIVILEGED_COUNT; i++) {
        uint64_t control = hv_control(privileged[i].code, false, 0, privileged[i].rep, 0);
        uint16_t zero, ones, nowhere;

        if (hv_may(privileged[i].privilege))
            continue;
        memset(input, 0, sizeof(input));
        zero = hv_result_status(hv_call(control, phys_of(input), phys_of(output)));
        memset(input, 0xff, sizeof(input));
        ones = hv_result_status(hv_call(control, phys_of(input), phys_of(output)));
        nowhere = hv_result_status(hv_call(control, ~UINT64_C(7), ~UINT64_C(7)));
        CHECK(zero == ones && zero == nowhere, "code 0x%x: statuses 0x%x, 0x%x and 0x%x",
              privileged[i].code, zero, ones, nowhere);
    }
}
