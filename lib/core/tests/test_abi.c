/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The constants of hv/abi/tlfs.h against the tables of the TLFS: values that no static assertion of
 * the headers covers. Numbers are written out as the specification prints them, so that a slip in
 * a header is not repeated here by its own arithmetic.
 */
#include <check.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>

#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct number {
    const char *name;
    uint64_t is;
    uint64_t should_be;
};

#define BIT(name, bit)                    \
    {                                     \
#name, name, UINT64_C(1) << (bit) \
    }
#define IS(name, value)    \
    {                      \
#name, name, value \
    }

static void check_numbers(const struct number *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(numbers[i].is == numbers[i].should_be, "%s is 0x%llx, not 0x%llx",
                      numbers[i].name, (unsigned long long)numbers[i].is,
                      (unsigned long long)numbers[i].should_be);
}

START_TEST(privileges_have_the_bits_of_the_privilege_mask)
{
    static const struct number privileges[] = {
        BIT(HV_PRIVILEGE_AccessVpRunTimeReg, 0),
        BIT(HV_PRIVILEGE_AccessPartitionReferenceCounter, 1),
        BIT(HV_PRIVILEGE_AccessSynicRegs, 2),
        BIT(HV_PRIVILEGE_AccessSyntheticTimerRegs, 3),
        BIT(HV_PRIVILEGE_AccessIntrCtrlRegs, 4),
        BIT(HV_PRIVILEGE_AccessHypercallMsrs, 5),
        BIT(HV_PRIVILEGE_AccessVpIndex, 6),
        BIT(HV_PRIVILEGE_AccessResetReg, 7),
        BIT(HV_PRIVILEGE_AccessStatsReg, 8),
        BIT(HV_PRIVILEGE_AccessPartitionReferenceTsc, 9),
        BIT(HV_PRIVILEGE_AccessGuestIdleReg, 10),
        BIT(HV_PRIVILEGE_AccessFrequencyRegs, 11),
        BIT(HV_PRIVILEGE_AccessDebugRegs, 12),
        BIT(HV_PRIVILEGE_AccessReenlightenmentControls, 13),
        BIT(HV_PRIVILEGE_AccessTscInvariantControls, 15),
        BIT(HV_PRIVILEGE_CreatePartitions, 32),
        BIT(HV_PRIVILEGE_AccessPartitionId, 33),
        BIT(HV_PRIVILEGE_AccessMemoryPool, 34),
        BIT(HV_PRIVILEGE_AdjustMessageBuffers, 35),
        BIT(HV_PRIVILEGE_PostMessages, 36),
        BIT(HV_PRIVILEGE_SignalEvents, 37),
        BIT(HV_PRIVILEGE_CreatePort, 38),
        BIT(HV_PRIVILEGE_ConnectPort, 39),
        BIT(HV_PRIVILEGE_AccessStats, 40),
        BIT(HV_PRIVILEGE_Debugging, 43),
        BIT(HV_PRIVILEGE_CpuManagement, 44),
        BIT(HV_PRIVILEGE_ConfigureProfiler, 45),
        BIT(HV_PRIVILEGE_AccessVSM, 48),
        BIT(HV_PRIVILEGE_AccessVpRegisters, 49),
        BIT(HV_PRIVILEGE_EnableExtendedHypercalls, 52),
        BIT(HV_PRIVILEGE_StartVirtualProcessor, 53),
    };

    check_numbers(privileges, COUNT(privileges));
}
END_TEST

START_TEST(cpuid_bits_are_those_of_feature_discovery)
{
    static const struct number bits[] = {
        BIT(HV_CPUID_1_ECX_HYPERVISOR_PRESENT, 31),
        BIT(HV_FEATURE_ECX_INVARIANT_MPERF, 5),
        BIT(HV_FEATURE_ECX_EXCEPTION_TRAP_INTERCEPT, 8),
        BIT(HV_FEATURE_EDX_GUEST_DEBUGGING, 1),
        BIT(HV_FEATURE_EDX_XMM_HYPERCALL_INPUT, 4),
        BIT(HV_FEATURE_EDX_GUEST_IDLE_STATE, 5),
        BIT(HV_FEATURE_EDX_TIMER_FREQUENCIES, 8),
        BIT(HV_FEATURE_EDX_GUEST_CRASH_MSRS, 10),
        BIT(HV_FEATURE_EDX_NPIEP, 12),
        BIT(HV_FEATURE_EDX_EXTENDED_GVA_RANGES_FOR_FLUSH, 14),
        BIT(HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT, 15),
        BIT(HV_FEATURE_EDX_SINT_POLLING_MODE, 17),
        BIT(HV_FEATURE_EDX_HYPERCALL_MSR_LOCK, 18),
        BIT(HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS, 19),
        BIT(HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER, 23),
        BIT(HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL, 2),
        BIT(HV_RECOMMEND_EAX_APIC_MSRS, 3),
        BIT(HV_RECOMMEND_EAX_DEPRECATE_AUTO_EOI, 9),
        BIT(HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI, 10),
        BIT(HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS, 11),
        BIT(HV_RECOMMEND_EAX_NESTED, 12),
        BIT(HV_RECOMMEND_EAX_ENLIGHTENED_VMCS, 14),
        BIT(HV_RECOMMEND_EAX_NO_NON_ARCHITECTURAL_CORE_SHARING, 18),
        BIT(HV_HARDWARE_EAX_APIC_OVERLAY_ASSIST, 0),
        BIT(HV_HARDWARE_EAX_SECOND_LEVEL_ADDRESS_TRANSLATION, 3),
        BIT(HV_HARDWARE_EAX_VOLATILE_SYNTHETIC_TIMERS, 9),
        BIT(HV_HARDWARE_EAX_PHYSICAL_DESTINATION_MODE, 14),
        BIT(HV_HARDWARE_EAX_APIC_EMULATION, 23),
        BIT(HV_HARDWARE_EAX_ACPI_WDAT, 24),
        BIT(HV_NESTED_HYPERVISOR_EAX_AccessReenlightenmentControls, 12),
        BIT(HV_NESTED_VIRTUALIZATION_EAX_DIRECT_VIRTUAL_FLUSH, 17),
        BIT(HV_NESTED_VIRTUALIZATION_EAX_ENLIGHTENED_TLB, 22),
    };

    check_numbers(bits, COUNT(bits));
}
END_TEST

START_TEST(vendor_and_interface_spell_their_names)
{
    const uint32_t id[4] = { HV_VENDOR_EBX, HV_VENDOR_ECX, HV_VENDOR_EDX, HV_INTERFACE_SIGNATURE };
    char text[17] = { 0 };

    for (size_t i = 0; i < 16; i++)
        text[i] = (char)(id[i / 4] >> (8 * (i % 4)) & 0xFF);
    ck_assert_str_eq(text, "Microsoft HvHv#1");
}
END_TEST

START_TEST(msr_families_are_numbered_through_to_their_last_member)
{
    static const struct number msrs[] = {
        IS(HV_X64_MSR_GUEST_OS_ID, 0x40000000),
        IS(HV_X64_MSR_HYPERCALL, 0x40000001),
        IS(HV_X64_MSR_VP_RUNTIME, 0x40000010),
        IS(HV_X64_MSR_TIME_REF_COUNT, 0x40000020),
        IS(HV_X64_MSR_REFERENCE_TSC, 0x40000021),
        IS(HV_X64_MSR_APIC_FREQUENCY, 0x40000023),
        IS(HV_X64_MSR_NPIEP_CONFIG, 0x40000040),
        IS(HV_X64_MSR_VP_ASSIST_PAGE, 0x40000073),
        IS(HV_X64_MSR_SCONTROL, 0x40000080),
        IS(HV_X64_MSR_SIEFP, 0x40000082),
        IS(HV_X64_MSR_SIMP, 0x40000083),
        IS(HV_X64_MSR_EOM, 0x40000084),
        IS(HV_X64_MSR_SIRBP, 0x40000085),
        IS(HV_X64_MSR_SINT0, 0x40000090),
        IS(HV_X64_MSR_SINT15, 0x4000009F),
        IS(HV_X64_MSR_STIMER0_CONFIG, 0x400000B0),
        IS(HV_X64_MSR_STIMER3_COUNT, 0x400000B7),
        IS(HV_X64_MSR_POWER_STATE_CONFIG_C3, 0x400000D3),
        IS(HV_X64_MSR_STATS_VP_INTERNAL_PAGE, 0x400000E3),
        IS(HV_X64_MSR_GUEST_IDLE, 0x400000F0),
        IS(HV_X64_MSR_SYNDBG_CONTROL, 0x400000F1),
        IS(HV_X64_MSR_SYNDBG_PENDING_BUFFER, 0x400000F5),
        IS(HV_X64_MSR_SYNDBG_OPTIONS, 0x400000FF),
        IS(HV_X64_MSR_CRASH_P0, 0x40000100),
        IS(HV_X64_MSR_CRASH_P4, 0x40000104),
        IS(HV_X64_MSR_CRASH_CTL, 0x40000105),
        IS(HV_X64_MSR_TSC_EMULATION_STATUS, 0x40000108),
        IS(HV_X64_MSR_STIME_UNHALTED_TIMER_COUNT, 0x40000115),
        IS(HV_X64_MSR_TSC_INVARIANT_CONTROL, 0x40000118),
        IS(HV_X64_MSR_NESTED_VP_INDEX, 0x40001002),
        IS(HV_X64_MSR_NESTED_SINT15, 0x4000109F),
    };

    check_numbers(msrs, COUNT(msrs));
    ck_assert_uint_eq(HV_X64_MSR_SINT15 - HV_X64_MSR_SINT0 + 1, HV_SYNIC_SINT_COUNT);
    ck_assert_uint_eq((HV_X64_MSR_STIMER3_COUNT - HV_X64_MSR_STIMER0_CONFIG + 1) / 2,
                      HV_SYNIC_STIMER_COUNT);
}
END_TEST

START_TEST(hypercall_and_status_codes_are_those_of_the_appendices)
{
    static const struct number codes[] = {
        IS(HvCallFlushVirtualAddressSpace, 0x0002),
        IS(HvCallFlushVirtualAddressListEx, 0x0014),
        IS(HvCallSendSyntheticClusterIpiEx, 0x0015),
        IS(HvCallCreatePartition, 0x0040),
        IS(HvGetPartitionId, 0x0046),
        IS(HvCallGetVpRegisters, 0x0050),
        IS(HvCallPostMessage, 0x005C),
        IS(HvCallSignalEvent, 0x005D),
        IS(HvCallRetargetDeviceInterrupt, 0x007E),
        IS(HvCallAssertVirtualInterrupt, 0x0094),
        IS(HvCallStartVirtualProcessor, 0x0099),
        IS(HvCallTranslateVirtualAddressEx, 0x00AC),
        IS(HvCallFlushGuestPhysicalAddressList, 0x00B0),
        IS(HvCallMapVpStatePage, 0x00E1),
        IS(HvCallMapStatsPage2, 0x0131),
        IS(HvExtCallQueryCapabilities, 0x8001),
        IS(HvExtCallMemoryHeatHintAsync, 0x8006),
        IS(HV_STATUS_SUCCESS, 0x0000),
        IS(HV_STATUS_INVALID_HYPERCALL_CODE, 0x0002),
        IS(HV_STATUS_INVALID_PARAMETER, 0x0005),
        IS(HV_STATUS_ACCESS_DENIED, 0x0006),
        IS(HV_STATUS_INSUFFICIENT_MEMORY, 0x000B),
        IS(HV_STATUS_INVALID_VP_INDEX, 0x000E),
        IS(HV_STATUS_INVALID_CONNECTION_ID, 0x0012),
        IS(HV_STATUS_INSUFFICIENT_BUFFERS, 0x0013),
        IS(HV_STATUS_INVALID_VP_STATE, 0x0015),
        IS(HV_STATUS_INVALID_SYNIC_STATE, 0x0018),
        IS(HV_STATUS_NO_RESOURCES, 0x001D),
        IS(HV_STATUS_INSUFFICIENT_BUFFER, 0x0033),
        IS(HV_STATUS_INVALID_REGISTER_VALUE, 0x0050),
        IS(HV_STATUS_NOT_ALLOWED_WITH_NESTED_VIRT_ACTIVE, 0x0072),
    };

    check_numbers(codes, COUNT(codes));
}
END_TEST

START_TEST(hypercall_value_fields_cover_64_bits_once)
{
    static const uint64_t fields[] = {
        HV_HYPERCALL_CALL_CODE_MASK, HV_HYPERCALL_FAST,
        HV_HYPERCALL_IS_NESTED,      HV_HYPERCALL_VARIABLE_HEADER_SIZE_MASK,
        HV_HYPERCALL_REP_COUNT_MASK, HV_HYPERCALL_REP_START_INDEX_MASK,
        HV_HYPERCALL_RSVDZ_MASK,
    };
    uint64_t seen = 0;

    for (size_t i = 0; i < COUNT(fields); i++) {
        ck_assert_uint_eq(seen & fields[i], 0);
        seen |= fields[i];
    }
    ck_assert_uint_eq(seen, UINT64_MAX);
    ck_assert_uint_eq(HV_HYPERCALL_VARIABLE_HEADER_SIZE_MASK, UINT64_C(0x07FE0000));
    ck_assert_uint_eq(HV_HYPERCALL_REP_COUNT_MASK, UINT64_C(0x00000FFF00000000));
    ck_assert_uint_eq(HV_HYPERCALL_REP_START_INDEX_MASK, UINT64_C(0x0FFF000000000000));
    ck_assert_uint_eq(HV_HYPERCALL_RESULT_REPS_COMPLETED_MASK, UINT64_C(0x00000FFF00000000));
}
END_TEST

START_TEST(timer_configuration_fields_cover_64_bits_once)
{
    static const uint64_t fields[] = {
        HV_X64_MSR_STIMER_CONFIG_ENABLE,      HV_X64_MSR_STIMER_CONFIG_PERIODIC,
        HV_X64_MSR_STIMER_CONFIG_LAZY,        HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE,
        HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE, HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_MASK,
        HV_X64_MSR_STIMER_CONFIG_SINTX_MASK,  HV_X64_MSR_STIMER_CONFIG_RSVDZ_MASK,
    };
    uint64_t seen = 0;

    for (size_t i = 0; i < COUNT(fields); i++) {
        ck_assert_uint_eq(seen & fields[i], 0);
        seen |= fields[i];
    }
    ck_assert_uint_eq(seen, UINT64_MAX);
    ck_assert_uint_eq(HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_MASK, 0xFF0);
    ck_assert_uint_eq(HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE, 0x1000);
    ck_assert_uint_eq(HV_X64_MSR_STIMER_CONFIG_SINTX_MASK, 0xF0000);
}
END_TEST

START_TEST(msr_fields_have_their_place)
{
    static const struct number fields[] = {
        IS(HV_GUEST_OS_ID_OPEN_SOURCE, UINT64_C(0x8000000000000000)),
        IS(HV_GUEST_OS_ID_VENDOR_MASK, UINT64_C(0x7FFF000000000000)),
        IS(HV_GUEST_OS_ID_OPEN_SOURCE_TYPE_MASK, UINT64_C(0x7F00000000000000)),
        IS(HV_GUEST_OS_ID_OPEN_SOURCE_VERSION_MASK, UINT64_C(0x0000FFFFFFFF0000)),
        IS(HV_X64_MSR_HYPERCALL_ENABLE, 0x1),
        IS(HV_X64_MSR_HYPERCALL_LOCKED, 0x2),
        IS(HV_X64_MSR_HYPERCALL_GPFN_MASK, UINT64_C(0xFFFFFFFFFFFFF000)),
        IS(HV_X64_MSR_SINT_MASKED, 0x10000),
        IS(HV_X64_MSR_SINT_AUTO_EOI, 0x20000),
        IS(HV_X64_MSR_SINT_POLLING, 0x40000),
        IS(HV_X64_MSR_SINT_RESET, 0x10000),
        IS(HV_CRASH_CTL_CRASH_MESSAGE, UINT64_C(0x4000000000000000)),
        IS(HV_CRASH_CTL_CRASH_NOTIFY, UINT64_C(0x8000000000000000)),
        IS(HV_CRASH_CTL_PRE_OS_ID_MASK, UINT64_C(0x1C00000000000000)),
        IS(HV_REENLIGHTENMENT_CONTROL_ENABLED, 0x10000),
    };

    check_numbers(fields, COUNT(fields));
    ck_assert_uint_eq(HV_X64_MSR_HYPERCALL_ENABLE | HV_X64_MSR_HYPERCALL_LOCKED |
                          HV_X64_MSR_HYPERCALL_RSVDP_MASK | HV_X64_MSR_HYPERCALL_GPFN_MASK,
                      UINT64_MAX);
    ck_assert_uint_eq(HV_X64_MSR_PAGE_ENABLE | HV_X64_MSR_PAGE_RSVDP_MASK |
                          HV_X64_MSR_PAGE_BASE_MASK,
                      UINT64_MAX);
}
END_TEST

START_TEST(register_families_are_numbered_through_to_their_last_member)
{
    static const struct number registers[] = {
        IS(HvRegisterExplicitSuspend, 0x00000000),
        IS(HvRegisterGuestCrashCtl, 0x00000215),
        IS(HvRegisterPendingInterruption, 0x00010002),
        IS(HvX64RegisterRax, 0x00020000),
        IS(HvX64RegisterRcx, 0x00020001),
        IS(HvX64RegisterRdx, 0x00020002),
        IS(HvX64RegisterRbx, 0x00020003),
        IS(HvX64RegisterR15, 0x0002000F),
        IS(HvX64RegisterRflags, 0x00020011),
        IS(HvX64RegisterXmm15, 0x0003000F),
        IS(HvX64RegisterFpMmx7, 0x00030017),
        IS(HvX64RegisterXmmControlStatus, 0x00030019),
        IS(HvX64RegisterCr2, 0x00040001),
        IS(HvX64RegisterXfem, 0x00040005),
        IS(HvX64RegisterDr7, 0x00050005),
        IS(HvX64RegisterTr, 0x00060007),
        IS(HvX64RegisterGdtr, 0x00070001),
        IS(HvX64RegisterEfer, 0x00080001),
        IS(HvX64RegisterMsrMtrrPhysBaseF, 0x0008001F),
        IS(HvX64RegisterMsrMtrrPhysMaskF, 0x0008004F),
        IS(HvX64RegisterMsrMtrrFix4kF8000, 0x0008007A),
        IS(HvX64RegisterApicIrr7, 0x00084827),
        IS(HvX64RegisterHypercall, 0x00090001),
        IS(HvRegisterGuestOsId, 0x00090002),
        IS(HvRegisterReferenceTsc, 0x00090017),
        IS(HvRegisterSint15, 0x000A000F),
        IS(HvRegisterSifp, 0x000A0012),
        IS(HvRegisterSipp, 0x000A0013),
        IS(HvRegisterStimer3Count, 0x000B0007),
        IS(HvX64RegisterYmm15Low, 0x000C000F),
        IS(HvX64RegisterYmm15High, 0x000C001F),
        IS(HvRegisterVsmVpSecureConfigVtl14, 0x000D001E),
        IS(HvX64RegisterCrInterceptControl, 0x000E0000),
        IS(HvRegisterPowerStateTriggerC3, 0x00000225),
    };

    check_numbers(registers, COUNT(registers));
}
END_TEST

START_TEST(register_fields_have_their_place)
{
    static const struct number fields[] = {
        IS(HV_X64_PENDING_INTERRUPTION_TYPE_MASK, 0xE),
        IS(HV_X64_PENDING_INTERRUPTION_DELIVER_ERROR_CODE, 0x10),
        IS(HV_X64_PENDING_INTERRUPTION_INSTRUCTION_LENGTH_MASK, 0x1E0),
        IS(HV_X64_PENDING_INTERRUPTION_VECTOR_MASK, 0xFFFF0000),
        IS(HV_REGISTER_VSM_PARTITION_STATUS_MAXIMUM_VTL_MASK, 0xF0000),
        IS(HV_REGISTER_VSM_PARTITION_STATUS_MBEC_ENABLED_VTL_SET_MASK, UINT64_C(0xFFFF00000)),
        IS(HV_REGISTER_VSM_VP_STATUS_ENABLED_VTL_SET_MASK, 0xFFFF0000),
        IS(HV_REGISTER_VSM_PARTITION_CONFIG_DEFAULT_VTL_PROTECTION_MASK, 0x1E),
        IS(HV_REGISTER_VSM_PARTITION_CONFIG_INTERCEPT_VP_STARTUP, 0x200),
        IS(HV_REGISTER_VSM_CODE_PAGE_OFFSETS_VTL_RETURN_MASK, 0xFFF000),
        BIT(HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_EFER_WRITE, 14),
        BIT(HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_SGX_LAUNCH_CONTROL_WRITE, 24),
    };
    const uint32_t segment = HV_X64_SEGMENT_TYPE_MASK | HV_X64_SEGMENT_NON_SYSTEM |
                             HV_X64_SEGMENT_DPL_MASK | HV_X64_SEGMENT_PRESENT |
                             HV_X64_SEGMENT_AVAILABLE | HV_X64_SEGMENT_LONG |
                             HV_X64_SEGMENT_DEFAULT | HV_X64_SEGMENT_GRANULARITY;

    check_numbers(fields, COUNT(fields));
    ck_assert_uint_eq(segment, 0xF0FF);
}
END_TEST

START_TEST(partition_constants_are_those_of_their_data_types)
{
    static const struct number numbers[] = {
        IS(HvPartitionPropertyPrivilegeFlags, 0x00010000),
        IS(HvPartitionPropertyCpuWeight, 0x00020003),
        IS(HvPartitionPropertyVsmConfig, 0x00050001),
        IS(HvPartitionPropertyProcessorFeatures1, 0x0006000B),
        IS(HvPartitionPropertyVmmCapabilities, 0x00090007),
        IS(HvPartitionVpPropertySchedulingAffinitySet, 0x10001000),
        BIT(HV_PARTITION_CREATION_FLAG_EXO_PARTITION, 8),
        BIT(HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED, 13),
        BIT(HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE, 22),
        IS(HV_MAP_GPA_PERMISSIONS_MASK, 0xF),
        IS(HV_MAP_GPA_KERNEL_EXECUTABLE, 0x4),
        IS(HV_MAP_GPA_USER_EXECUTABLE, 0x8),
        IS(HV_MAP_GPA_ONES, 0x30000),
        IS(HV_MAP_GPA_NO_OVERLAY, 0x100000),
        IS(HV_MAP_GPA_SET_DIRTY, 0x08000000),
        IS(HV_MAP_GPA_LARGE_PAGE, 0x80000000),
        IS(HV_UNMAP_GPA_LARGE_PAGE, 0x4),
        IS(HV_TRANSLATE_GVA_PRIVILEGE_EXEMPT, 0x8),
        IS(HV_TRANSLATE_GVA_SHADOW_STACK, 0x400),
        IS(HvTranslateGvaGpaUnmapped, 4),
        IS(HvTranslateGvaGpaUnaccepted, 9),
        IS(HvCacheTypeWriteBack, 6),
        IS(HvInterceptTypeX64ApicEoi, 0x0E),
        IS(HvInterceptTypeSystemResetExtended, 0x13),
        IS(HvX64InterruptTypeLocalInt1, 9),
        IS(HvPortTypeDoorbell, 4),
        IS(HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE, 0x80000000),
        IS(HvMessageTypeUnmappedGpa, 0x80000000),
        IS(HvMessageTimerExpired, 0x80000010),
        IS(HvMessageTypeX64MsrListIntercept, 0x80010015),
        IS(HvVtlEntryIntercept, 3),
    };

    check_numbers(numbers, COUNT(numbers));
}
END_TEST

START_TEST(special_ids_have_the_width_of_their_type)
{
    ck_assert_uint_eq(sizeof(HV_PARTITION_ID_SELF), 8);
    ck_assert_uint_eq(HV_PARTITION_ID_SELF, UINT64_MAX);
    ck_assert_uint_eq(sizeof(HV_ANY_VP), 4);
    ck_assert_uint_eq(HV_ANY_VP, UINT32_MAX);
    ck_assert_uint_eq(HV_VP_INDEX_SELF, UINT32_MAX - 1);
}
END_TEST

START_TEST(sizes_fit_each_other)
{
    ck_assert_uint_eq(HV_MESSAGE_SIZE, HV_MESSAGE_HEADER_SIZE + HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT);
    ck_assert_uint_eq(HV_MESSAGE_MAX_PAYLOAD_QWORD_COUNT * 8, HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT);
    ck_assert_uint_eq(HV_EVENT_FLAGS_BYTE_COUNT * 8, HV_EVENT_FLAGS_COUNT);
    ck_assert_uint_eq(HV_VP_SET_MAX_BYTES, sizeof(struct hv_vp_set) + HV_VP_SET_BANKS * 8);
    ck_assert_uint_eq(HV_HYPERCALL_XMM_FAST_MAX_BYTES,
                      HV_HYPERCALL_FAST_MAX_INPUT_BYTES + HV_HYPERCALL_XMM_REGISTERS * 16);
    ck_assert_uint_eq(HV_PAGE_SIZE, UINT64_C(1) << HV_PAGE_SHIFT);
    ck_assert_uint_eq(HV_LARGE_PAGE_SIZE, UINT64_C(1) << HV_LARGE_PAGE_SHIFT);
    ck_assert_uint_le(8 + HV_BOOT_ZEROED_MEMORY_MAX_RANGES * sizeof(struct hv_gpa_page_count),
                      HV_PAGE_SIZE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("abi");
    TCase *tcase = tcase_create("tlfs");

    tcase_add_test(tcase, privileges_have_the_bits_of_the_privilege_mask);
    tcase_add_test(tcase, cpuid_bits_are_those_of_feature_discovery);
    tcase_add_test(tcase, vendor_and_interface_spell_their_names);
    tcase_add_test(tcase, msr_families_are_numbered_through_to_their_last_member);
    tcase_add_test(tcase, hypercall_and_status_codes_are_those_of_the_appendices);
    tcase_add_test(tcase, hypercall_value_fields_cover_64_bits_once);
    tcase_add_test(tcase, timer_configuration_fields_cover_64_bits_once);
    tcase_add_test(tcase, msr_fields_have_their_place);
    tcase_add_test(tcase, register_families_are_numbered_through_to_their_last_member);
    tcase_add_test(tcase, register_fields_have_their_place);
    tcase_add_test(tcase, partition_constants_are_those_of_their_data_types);
    tcase_add_test(tcase, special_ids_have_the_width_of_their_type);
    tcase_add_test(tcase, sizes_fit_each_other);
    suite_add_tcase(suite, tcase);

    return run_suite(suite);
}
