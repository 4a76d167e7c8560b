/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Every call code of the TLFS, with as much of its form as is needed to call it wrongly: TLFS v6.0b
 * appendix A for kinds and privileges, the pages of the hypercalls for sizes.
 */
#ifndef CONFORMANCE_TESTS_HYPERCALL_TABLE_H
#define CONFORMANCE_TESTS_HYPERCALL_TABLE_H

#include <conformance/hyperv.h>

enum table_kind {
    TABLE_SIMPLE = 0,
    TABLE_REP = 1,
    TABLE_VARIABLE = 2, /* takes a header of variable size */
    TABLE_ANY = 4,      /* the kind is in no document */
    TABLE_HARMLESS = 8, /* does nothing that matters with input of zeros */
};

struct table_call {
    uint16_t code;
    uint8_t kinds;       /* enum table_kind, added */
    uint16_t input_size; /* of the fixed header and one element; 0: none, or in no document */
    uint64_t privilege;  /* HV_PRIVILEGE_ bit without which it is refused; 0: none is named. What is
                            for the root alone has one of its privileges */
};

#define FOR(name) HV_PRIVILEGE_##name
#define IN(type)  sizeof(struct hv_input_##type)

static const struct table_call table[] = {
    { HvSwitchVirtualAddressSpace, TABLE_SIMPLE, 8, 0 },
    { HvCallFlushVirtualAddressSpace, TABLE_HARMLESS, IN(flush_virtual_address_space), 0 },
    { HvCallFlushVirtualAddressList, TABLE_REP | TABLE_HARMLESS,
      IN(flush_virtual_address_space) + 8, 0 },
    { HvGetLogicalProcessorRunTime, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallNotifyLongSpinWait, TABLE_HARMLESS, IN(notify_long_spin_wait), 0 },
    { HvCallParkedVirtualProcessors, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallSendSyntheticClusterIpi, TABLE_HARMLESS, IN(send_synthetic_cluster_ipi), 0 },
    { HvCallModifyVtlProtectionMask, TABLE_REP, IN(modify_vtl_protection_mask) + 8,
      FOR(AccessVSM) },
    { HvCallEnablePartitionVtl, TABLE_SIMPLE, IN(enable_partition_vtl), FOR(AccessVSM) },
    { HvCallDisablePartitionVtl, TABLE_SIMPLE, IN(enable_partition_vtl), FOR(AccessVSM) },
    { HvCallEnableVpVtl, TABLE_SIMPLE, IN(enable_vp_vtl), FOR(AccessVSM) },
    { HvCallDisableVpVtl, TABLE_SIMPLE, 16, FOR(AccessVSM) },
    { HvCallVtlCall, TABLE_SIMPLE, 0, FOR(AccessVSM) },
    { HvCallVtlReturn, TABLE_SIMPLE, 0, FOR(AccessVSM) },
    { HvCallFlushVirtualAddressSpaceEx, TABLE_VARIABLE | TABLE_HARMLESS,
      IN(flush_virtual_address_space_ex), 0 },
    { HvCallFlushVirtualAddressListEx, TABLE_REP | TABLE_VARIABLE | TABLE_HARMLESS,
      IN(flush_virtual_address_space_ex) + 8, 0 },
    { HvCallSendSyntheticClusterIpiEx, TABLE_VARIABLE | TABLE_HARMLESS,
      IN(send_synthetic_cluster_ipi_ex), 0 },
    { HvCallCreatePartition, TABLE_SIMPLE, IN(create_partition), FOR(CreatePartitions) },
    { HvCallInitializePartition, TABLE_SIMPLE, 8, FOR(CreatePartitions) },
    { HvCallFinalizePartition, TABLE_SIMPLE, 8, FOR(CreatePartitions) },
    { HvCallDeletePartition, TABLE_SIMPLE, 8, FOR(CreatePartitions) },
    { HvCallGetPartitionProperty, TABLE_HARMLESS, IN(get_partition_property), 0 },
    { HvCallSetPartitionProperty, TABLE_SIMPLE, IN(set_partition_property), 0 },
    { HvGetPartitionId, TABLE_HARMLESS, 0, FOR(AccessPartitionId) },
    { HvCallGetNextChildPartition, TABLE_SIMPLE, 16, FOR(CreatePartitions) },
    { HvCallDepositMemory, TABLE_REP, IN(deposit_memory) + 8, FOR(AccessMemoryPool) },
    { HvCallWithdrawMemory, TABLE_REP, IN(withdraw_memory), FOR(AccessMemoryPool) },
    { HvCallGetMemoryBalance, TABLE_SIMPLE, IN(withdraw_memory), FOR(AccessMemoryPool) },
    { HvCallMapGpaPages, TABLE_REP, IN(map_gpa_pages) + 8, 0 },
    { HvCallUnmapGpaPages, TABLE_REP, IN(unmap_gpa_pages), FOR(CreatePartitions) },
    { HvCallInstallIntercept, TABLE_SIMPLE, IN(install_intercept), FOR(CreatePartitions) },
    { HvCallCreateVp, TABLE_SIMPLE, IN(create_vp), FOR(CreatePartitions) },
    { HvCallDeleteVp, TABLE_SIMPLE, 16, FOR(CreatePartitions) },
    { HvCallGetVpRegisters, TABLE_REP | TABLE_HARMLESS, IN(vp_registers) + 4,
      FOR(AccessVpRegisters) },
    { HvCallSetVpRegisters, TABLE_REP, IN(vp_registers) + 32, FOR(AccessVpRegisters) },
    { HvCallTranslateVirtualAddress, TABLE_HARMLESS, IN(translate_virtual_address), 0 },
    { HvReadGpa, TABLE_SIMPLE, 24, FOR(CreatePartitions) },
    { HvWriteGpa, TABLE_SIMPLE, 24, FOR(CreatePartitions) },
    { HvClearVirtualInterrupt, TABLE_SIMPLE, 8, FOR(CreatePartitions) },
    { HvCreatePort, TABLE_SIMPLE, IN(create_port_v2), FOR(CreatePort) },
    { HvCallDeletePort, TABLE_SIMPLE, IN(delete_port), 0 },
    { HvConnectPort, TABLE_SIMPLE, IN(connect_port_v2), FOR(ConnectPort) },
    { HvGetPortProperty, TABLE_SIMPLE, IN(get_port_property), 0 },
    { HvCallDisconnectPort, TABLE_SIMPLE, IN(disconnect_port), 0 },
    { HvCallPostMessage, TABLE_HARMLESS, IN(post_message), FOR(PostMessages) },
    { HvCallSignalEvent, TABLE_HARMLESS, IN(signal_event), FOR(SignalEvents) },
    { HvSavePartitionState, TABLE_SIMPLE, 16, FOR(CreatePartitions) },
    { HvRestorePartitionState, TABLE_SIMPLE, 16, FOR(CreatePartitions) },
    { HvInitializeEventLogBufferGroup, TABLE_SIMPLE, 16, 0 },
    { HvFinalizeEventLogBufferGroup, TABLE_SIMPLE, 8, 0 },
    { HvCreateEventLogBuffer, TABLE_SIMPLE, 16, 0 },
    { HvDeleteEventLogBuffer, TABLE_SIMPLE, 8, 0 },
    { HvMapEventLogBuffer, TABLE_SIMPLE, 8, 0 },
    { HvUnmapEventLogBuffer, TABLE_SIMPLE, 8, 0 },
    { HvSetEventLogGroupSources, TABLE_SIMPLE, 16, 0 },
    { HvReleaseEventLogBuffer, TABLE_SIMPLE, 8, 0 },
    { HvFlushEventLogBuffer, TABLE_SIMPLE, 8, 0 },
    { HvPostDebugData, TABLE_SIMPLE, 8, FOR(Debugging) },
    { HvRetrieveDebugData, TABLE_SIMPLE, 16, FOR(Debugging) },
    { HvResetDebugSession, TABLE_SIMPLE, 8, FOR(Debugging) },
    { HvMapStatsPage, TABLE_SIMPLE, IN(map_stats_page), FOR(AccessStats) },
    { HvCallUnmapStatsPage, TABLE_SIMPLE, IN(map_stats_page), FOR(AccessStats) },
    { HvCallMapSparseGpaPages, TABLE_REP, IN(modify_sparse_gpa_pages) + 16, 0 },
    { HvCallSetSystemProperty, TABLE_SIMPLE, 16, FOR(ConfigureProfiler) },
    { HvCallSetPortProperty, TABLE_SIMPLE, IN(set_port_property), FOR(CreatePort) },
    { HvCallAddLogicalProcessor, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallRemoveLogicalProcessor, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallQueryNumaDistance, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallSetLogicalProcessorProperty, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallGetLogicalProcessorProperty, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallGetSystemProperty, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallMapDeviceInterrupt, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallUnmapDeviceInterrupt, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallRetargetDeviceInterrupt, TABLE_VARIABLE, IN(retarget_device_interrupt), 0 },
    { HvCallMapDevicePages, TABLE_ANY, 8, FOR(CpuManagement) },
    { HvCallUnmapDevicePages, TABLE_ANY, 8, FOR(CpuManagement) },
    { HvCallAttachDevice, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallDetachDevice, TABLE_SIMPLE, 8, FOR(CpuManagement) },
    { HvCallNotifyStandbyTransition, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallPrepareForSleep, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallPrepareForHibernate, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallNotifyPartitionEvent, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallGetLogicalProcessorRegisters, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallSetLogicalProcessorRegisters, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallQueryAssociatedLpsforMca, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallNotifyRingEmpty, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallInjectSyntheticMachineCheck, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallScrubPartition, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallCollectLivedump, TABLE_SIMPLE, 0, FOR(Debugging) },
    { HvCallDisableHypervisor, TABLE_SIMPLE, 0, FOR(CpuManagement) },
    { HvCallModifySparseGpaPages, TABLE_REP, IN(modify_sparse_gpa_pages) + 8, 0 },
    { HvCallRegisterInterceptResult, TABLE_SIMPLE, IN(register_intercept_result), 0 },
    { HvCallUnregisterInterceptResult, TABLE_SIMPLE, IN(register_intercept_result), 0 },
    { HvCallAssertVirtualInterrupt, TABLE_SIMPLE, IN(assert_virtual_interrupt), 0 },
    { HvCallCreatePort, TABLE_SIMPLE, IN(create_port), FOR(CreatePort) },
    { HvCallConnectPort, TABLE_SIMPLE, IN(connect_port), FOR(ConnectPort) },
    { HvCallGetSpaPageList, TABLE_ANY, 0, FOR(CpuManagement) },
    { HvCallStartVirtualProcessor, TABLE_SIMPLE, IN(enable_vp_vtl), FOR(StartVirtualProcessor) },
    { HvCallGetVpIndexFromApicId, TABLE_REP | TABLE_HARMLESS, IN(get_vp_index_from_apic_id) + 8,
      FOR(AccessVpIndex) },
    { HvCallTranslateVirtualAddressEx, TABLE_SIMPLE, IN(translate_virtual_address), 0 },
    { HvCallCheckForIoIntercept, TABLE_SIMPLE, 16, 0 },
    { HvCallFlushGuestPhysicalAddressSpace, TABLE_SIMPLE, IN(flush_guest_physical_address_space),
      0 },
    { HvCallFlushGuestPhysicalAddressList, TABLE_REP, IN(flush_guest_physical_address_space) + 8,
      0 },
    { HvCallSignalEventDirect, TABLE_SIMPLE, IN(signal_event_direct), 0 },
    { HvCallPostMessageDirect, TABLE_SIMPLE, IN(post_message_direct), 0 },
    { HvCallMapVpStatePage, TABLE_SIMPLE, IN(map_vp_state_page), 0 },
    { HvCallUnmapVpStatePage, TABLE_SIMPLE, 16, 0 },
    { HvCallGetVpSetFromMda, TABLE_SIMPLE, 16, 0 },
    { HvCallGetVpCpuidValues, TABLE_REP, 16, 0 },
    { HvCallSetPartitionPropertyEx, TABLE_VARIABLE, 16, 0 },
    { HvCallInstallInterceptEx, TABLE_REP, 16, 0 },
    { HvCallSetVirtualInterruptTarget, TABLE_SIMPLE, 16, 0 },
    { HvCallMapStatsPage2, TABLE_SIMPLE, 24, 0 },
    { HvExtCallQueryCapabilities, TABLE_HARMLESS, 0, FOR(EnableExtendedHypercalls) },
    { HvExtCallGetBootZeroedMemory, TABLE_SIMPLE, 0, FOR(EnableExtendedHypercalls) },
    { HvExtCallMemoryHeatHint, TABLE_ANY, 0, FOR(EnableExtendedHypercalls) },
    { HvExtCallEpfSetup, TABLE_ANY, 0, FOR(EnableExtendedHypercalls) },
    { HvExtCallSchedulerAssistSetup, TABLE_ANY, 0, FOR(EnableExtendedHypercalls) },
    { HvExtCallMemoryHeatHintAsync, TABLE_ANY, 0, FOR(EnableExtendedHypercalls) },
};

#undef FOR
#undef IN

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

/*
 * Whether a test may make the call with a mistake. Not one that the caller may make and that has no
 * input which could be wrong: an implementation that passes over the mistake would carry it out.
 * And not a VTL call, for which a partition without VSM gets #UD in places (GAP-234).
 */
static inline bool table_is_safe(const struct table_call *call)
{
    if (call->code == HvCallVtlCall || call->code == HvCallVtlReturn)
        return false;
    return call->input_size != 0 || (call->kinds & TABLE_HARMLESS) || !hv_may(call->privilege);
}

static inline bool table_has(uint16_t code)
{
    for (unsigned i = 0; i < TABLE_COUNT; i++)
        if (table[i].code == code)
            return true;
    return false;
}

#endif
