/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The calls, indexed by their codes. A row without handler stands for a call that is specified and
 * not implemented here: it is there for who may call it, since a caller without the privilege is to
 * learn no more than that (TLFS: hypercall interface, "ordering of error conditions"). Who may call
 * is from TLFS v6.0b appendix A. A call that anybody may make needs a row only when implemented.
 */
#include <stddef.h>

#include <hv/abi/tlfs.h>

#include "hypercall.h"

#define PRIVILEGE(name) HV_PRIVILEGE_##name

/* An implemented call; members of the row follow. */
#define CALL(name_, handler_, ...) \
    [name_] = { .code = name_, .name = #name_, .handler = handler_, __VA_ARGS__ }
/* Calls that are not implemented: for holders of a privilege, for the root partition, for both. */
#define RESERVED_FOR(name_, privilege_) \
    [name_] = { .code = name_, .name = #name_, .privilege = privilege_ }
#define RESERVED_FOR_ROOT(name_) \
    [name_] = { .code = name_, .name = #name_, .flags = HV_HYPERCALL_ROOT }
#define RESERVED_FOR_ROOT_WITH(name_, privilege_) \
    [name_] = { .code = name_, .name = #name_, .flags = HV_HYPERCALL_ROOT, .privilege = privilege_ }

/* Whose ports or connections decides which of two privileges: its own, or those of a child. */
#define OF_PORTS       (PRIVILEGE(CreatePort) | PRIVILEGE(CreatePartitions))
#define OF_CONNECTIONS (PRIVILEGE(ConnectPort) | PRIVILEGE(CreatePartitions))

static const struct hv_hypercall_row calls[] = {
    CALL(HvSwitchVirtualAddressSpace, hv_hypercall_switch_virtual_address_space,
         .flags = HV_HYPERCALL_ALLOW_FAST, .header_size = sizeof(uint64_t)),
    CALL(HvCallFlushVirtualAddressSpace, hv_hypercall_flush_virtual_address_space,
         .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_flush_virtual_address_space)),
    CALL(HvCallFlushVirtualAddressList, hv_hypercall_flush_virtual_address_space,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_AT_ONCE | HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_flush_virtual_address_space),
         .input_size = sizeof(uint64_t)),
    CALL(HvCallSendSyntheticClusterIpi, hv_hypercall_send_cluster_ipi,
         .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_send_synthetic_cluster_ipi)),
    CALL(HvCallFlushVirtualAddressSpaceEx, hv_hypercall_flush_virtual_address_space_ex,
         .flags = HV_HYPERCALL_VARIABLE_HEADER | HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_flush_virtual_address_space_ex)),
    CALL(HvCallFlushVirtualAddressListEx, hv_hypercall_flush_virtual_address_space_ex,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_AT_ONCE | HV_HYPERCALL_VARIABLE_HEADER |
                  HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_flush_virtual_address_space_ex),
         .input_size = sizeof(uint64_t)),
    CALL(HvCallSendSyntheticClusterIpiEx, hv_hypercall_send_cluster_ipi_ex,
         .flags = HV_HYPERCALL_VARIABLE_HEADER | HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_send_synthetic_cluster_ipi_ex)),
    CALL(HvGetLogicalProcessorRunTime, hv_hypercall_get_logical_processor_run_time,
         .header_size = sizeof(struct hv_input_get_logical_processor_run_time),
         .output_size = sizeof(struct hv_output_get_logical_processor_run_time),
         .privilege = PRIVILEGE(CpuManagement)),
    CALL(HvCallNotifyLongSpinWait, hv_hypercall_notify_long_spin_wait,
         .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_notify_long_spin_wait)),
    RESERVED_FOR(HvCallParkedVirtualProcessors, PRIVILEGE(CpuManagement)),
    CALL(HvCallCreatePartition, hv_hypercall_create_partition,
         .header_size = sizeof(struct hv_input_create_partition),
         .output_size = sizeof(struct hv_output_create_partition),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallInitializePartition, hv_hypercall_initialize_partition,
         .flags = HV_HYPERCALL_ALLOW_FAST, .header_size = sizeof(uint64_t),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallFinalizePartition, hv_hypercall_finalize_partition, .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(uint64_t), .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallDeletePartition, hv_hypercall_delete_partition, .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(uint64_t), .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallGetPartitionProperty, hv_hypercall_get_partition_property,
         .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_get_partition_property),
         .output_size = sizeof(uint64_t)),
    CALL(HvCallSetPartitionProperty, hv_hypercall_set_partition_property,
         .header_size = sizeof(struct hv_input_set_partition_property),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvGetPartitionId, hv_hypercall_get_partition_id, .flags = HV_HYPERCALL_ALLOW_FAST,
         .output_size = sizeof(uint64_t), .privilege = PRIVILEGE(AccessPartitionId)),
    CALL(HvCallGetNextChildPartition, hv_hypercall_get_next_child_partition,
         .header_size = sizeof(struct hv_input_get_next_child_partition),
         .output_size = sizeof(uint64_t), .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallDepositMemory, hv_hypercall_deposit_memory, .flags = HV_HYPERCALL_REP,
         .header_size = sizeof(struct hv_input_deposit_memory), .input_size = sizeof(uint64_t),
         .privilege = PRIVILEGE(AccessMemoryPool)),
    CALL(HvCallWithdrawMemory, hv_hypercall_withdraw_memory, .flags = HV_HYPERCALL_REP,
         .header_size = sizeof(struct hv_input_withdraw_memory), .output_size = sizeof(uint64_t),
         .privilege = PRIVILEGE(AccessMemoryPool)),
    CALL(HvCallGetMemoryBalance, hv_hypercall_get_memory_balance,
         .header_size = sizeof(struct hv_input_withdraw_memory),
         .output_size = sizeof(struct hv_output_get_memory_balance),
         .privilege = PRIVILEGE(AccessMemoryPool)),
    CALL(HvCallMapGpaPages, hv_hypercall_map_gpa_pages,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_BATCH,
         .header_size = sizeof(struct hv_input_map_gpa_pages), .input_size = sizeof(uint64_t),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallUnmapGpaPages, hv_hypercall_unmap_gpa_pages,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_BATCH,
         .header_size = sizeof(struct hv_input_unmap_gpa_pages),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallInstallIntercept, hv_hypercall_install_intercept,
         .header_size = sizeof(struct hv_input_install_intercept),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallCreateVp, hv_hypercall_create_vp, .header_size = sizeof(struct hv_input_create_vp),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallDeleteVp, hv_hypercall_delete_vp, .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_delete_vp),
         .privilege = PRIVILEGE(CreatePartitions)),
    /* Whose registers decides which of the two privileges: its own, or those of a child. */
    CALL(HvCallGetVpRegisters, hv_hypercall_get_vp_registers,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_ALLOW_FAST | HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_vp_registers), .input_size = sizeof(uint32_t),
         .output_size = sizeof(struct hv_u128),
         .privilege = PRIVILEGE(AccessVpRegisters) | PRIVILEGE(CreatePartitions)),
    CALL(HvCallSetVpRegisters, hv_hypercall_set_vp_registers,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_ALLOW_FAST | HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_vp_registers),
         .input_size = sizeof(struct hv_register_assoc),
         .privilege = PRIVILEGE(AccessVpRegisters) | PRIVILEGE(CreatePartitions)),
    CALL(HvCallTranslateVirtualAddress, hv_hypercall_translate_virtual_address,
         .header_size = sizeof(struct hv_input_translate_virtual_address),
         .output_size = sizeof(struct hv_output_translate_virtual_address),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvReadGpa, hv_hypercall_read_gpa, .header_size = sizeof(struct hv_input_read_gpa),
         .output_size = sizeof(struct hv_output_read_gpa),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvWriteGpa, hv_hypercall_write_gpa, .header_size = sizeof(struct hv_input_write_gpa),
         .output_size = sizeof(struct hv_output_write_gpa),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvClearVirtualInterrupt, hv_hypercall_clear_virtual_interrupt,
         .flags = HV_HYPERCALL_ALLOW_FAST, .header_size = sizeof(uint64_t),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCreatePort, hv_hypercall_create_port_v2, .flags = HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_create_port_v2), .privilege = OF_PORTS),
    CALL(HvCallDeletePort, hv_hypercall_delete_port,
         .flags = HV_HYPERCALL_ALLOW_FAST | HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_delete_port), .privilege = OF_PORTS),
    CALL(HvConnectPort, hv_hypercall_connect_port_v2, .flags = HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_connect_port_v2), .privilege = OF_CONNECTIONS),
    CALL(HvGetPortProperty, hv_hypercall_get_port_property, .flags = HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_get_port_property), .output_size = sizeof(uint64_t),
         .privilege = OF_PORTS),
    CALL(HvCallDisconnectPort, hv_hypercall_disconnect_port,
         .flags = HV_HYPERCALL_ALLOW_FAST | HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_disconnect_port), .privilege = OF_CONNECTIONS),
    CALL(HvCallPostMessage, hv_hypercall_post_message, .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_post_message), .privilege = PRIVILEGE(PostMessages)),
    CALL(HvCallSignalEvent, hv_hypercall_signal_event, .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_signal_event), .privilege = PRIVILEGE(SignalEvents)),
    RESERVED_FOR(HvRestorePartitionState, PRIVILEGE(CreatePartitions)),
    RESERVED_FOR_ROOT(HvInitializeEventLogBufferGroup),
    RESERVED_FOR_ROOT(HvFinalizeEventLogBufferGroup),
    RESERVED_FOR_ROOT(HvCreateEventLogBuffer),
    RESERVED_FOR_ROOT(HvDeleteEventLogBuffer),
    RESERVED_FOR_ROOT(HvMapEventLogBuffer),
    RESERVED_FOR_ROOT(HvUnmapEventLogBuffer),
    RESERVED_FOR_ROOT(HvSetEventLogGroupSources),
    RESERVED_FOR_ROOT(HvReleaseEventLogBuffer),
    RESERVED_FOR_ROOT(HvFlushEventLogBuffer),
    CALL(HvPostDebugData, hv_hypercall_post_debug_data, .flags = HV_HYPERCALL_DATA_IN,
         .header_size = sizeof(struct hv_input_post_debug_data),
         .output_size = sizeof(struct hv_output_post_debug_data),
         .privilege = PRIVILEGE(Debugging)),
    CALL(HvRetrieveDebugData, hv_hypercall_retrieve_debug_data, .flags = HV_HYPERCALL_DATA_OUT,
         .header_size = sizeof(struct hv_input_retrieve_debug_data),
         .output_size = sizeof(struct hv_output_retrieve_debug_data),
         .privilege = PRIVILEGE(Debugging)),
    CALL(HvResetDebugSession, hv_hypercall_reset_debug_session, .flags = HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_reset_debug_session),
         .privilege = PRIVILEGE(Debugging)),
    CALL(HvMapStatsPage, hv_hypercall_map_stats_page,
         .header_size = sizeof(struct hv_input_map_stats_page), .output_size = sizeof(uint64_t),
         .privilege = PRIVILEGE(AccessStats)),
    CALL(HvCallUnmapStatsPage, hv_hypercall_unmap_stats_page,
         .header_size = sizeof(struct hv_input_map_stats_page),
         .privilege = PRIVILEGE(AccessStats)),
    CALL(HvCallMapSparseGpaPages, hv_hypercall_map_sparse_gpa_pages,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_BATCH,
         .header_size = sizeof(struct hv_input_modify_sparse_gpa_pages),
         .input_size = sizeof(struct hv_gpa_mapping), .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallSetSystemProperty, hv_hypercall_set_system_property, .flags = HV_HYPERCALL_ROOT,
         .header_size = sizeof(struct hv_input_set_system_property),
         .privilege = PRIVILEGE(ConfigureProfiler)),
    CALL(HvCallSetPortProperty, hv_hypercall_set_port_property, .flags = HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_set_port_property), .privilege = OF_PORTS),
    CALL(HvCallAddLogicalProcessor, hv_hypercall_add_logical_processor, .flags = HV_HYPERCALL_ROOT,
         .header_size = sizeof(struct hv_input_add_logical_processor),
         .privilege = PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallRemoveLogicalProcessor, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallQueryNumaDistance, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallSetLogicalProcessorProperty, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallGetLogicalProcessorProperty, PRIVILEGE(CpuManagement)),
    CALL(HvCallGetSystemProperty, hv_hypercall_get_system_property,
         .header_size = sizeof(struct hv_input_get_system_property),
         .output_size = sizeof(uint64_t), .privilege = PRIVILEGE(CpuManagement)),
    CALL(HvCallMapDeviceInterrupt, hv_hypercall_map_device_interrupt,
         .flags = HV_HYPERCALL_VARIABLE_HEADER | HV_HYPERCALL_ROOT,
         .header_size = sizeof(struct hv_input_map_device_interrupt),
         .output_size = sizeof(struct hv_output_map_device_interrupt),
         .privilege = PRIVILEGE(CpuManagement)),
    CALL(HvCallUnmapDeviceInterrupt, hv_hypercall_unmap_device_interrupt,
         .flags = HV_HYPERCALL_ROOT, .header_size = sizeof(struct hv_input_unmap_device_interrupt),
         .privilege = PRIVILEGE(CpuManagement)),
    CALL(HvCallRetargetDeviceInterrupt, hv_hypercall_retarget_device_interrupt,
         .flags = HV_HYPERCALL_VARIABLE_HEADER | HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_retarget_device_interrupt)),
    RESERVED_FOR_ROOT_WITH(HvCallMapDevicePages, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallUnmapDevicePages, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallAttachDevice, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallDetachDevice, PRIVILEGE(CpuManagement)),
    CALL(HvCallEnterSleepState, hv_hypercall_enter_sleep_state, .flags = HV_HYPERCALL_ROOT,
         .header_size = sizeof(struct hv_input_enter_sleep_state),
         .privilege = PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallPrepareForSleep, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallPrepareForHibernate, PRIVILEGE(CpuManagement)),
    CALL(HvCallNotifyPartitionEvent, hv_hypercall_notify_partition_event,
         .flags = HV_HYPERCALL_ROOT, .header_size = sizeof(struct hv_input_notify_partition_event),
         .privilege = PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallGetLogicalProcessorRegisters, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallSetLogicalProcessorRegisters, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallQueryAssociatedLpsforMca, PRIVILEGE(CpuManagement)),
    CALL(HvCallNotifyRingEmpty, hv_hypercall_notify_ring_empty,
         .flags = HV_HYPERCALL_ROOT | HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_notify_ring_empty),
         .privilege = PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT_WITH(HvCallInjectSyntheticMachineCheck, PRIVILEGE(CpuManagement)),
    RESERVED_FOR_ROOT(HvCallScrubPartition),
    RESERVED_FOR_ROOT_WITH(HvCallCollectLivedump, PRIVILEGE(Debugging)),
    RESERVED_FOR_ROOT(HvCallDisableHypervisor),
    CALL(HvCallModifySparseGpaPages, hv_hypercall_modify_sparse_gpa_pages,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_BATCH | HV_HYPERCALL_ROOT,
         .header_size = sizeof(struct hv_input_modify_sparse_gpa_pages),
         .input_size = sizeof(uint64_t)),
    /* 4 bytes behind each are no part of the input, which is not a multiple of 8 bytes. */
    CALL(HvCallRegisterInterceptResult, hv_hypercall_register_intercept_result,
         .flags = HV_HYPERCALL_ROOT,
         .header_size = sizeof(struct hv_input_register_intercept_result) +
                        sizeof(struct hv_register_x64_cpuid_result_parameters) + 4),
    CALL(HvCallUnregisterInterceptResult, hv_hypercall_unregister_intercept_result,
         .flags = HV_HYPERCALL_ROOT,
         .header_size = sizeof(struct hv_input_register_intercept_result) +
                        HV_UNREGISTER_INTERCEPT_RESULT_SIZE + 4),
    CALL(HvCallAssertVirtualInterrupt, hv_hypercall_assert_virtual_interrupt,
         .header_size = sizeof(struct hv_input_assert_virtual_interrupt),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallCreatePort, hv_hypercall_create_port, .flags = HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_create_port), .privilege = OF_PORTS),
    CALL(HvCallConnectPort, hv_hypercall_connect_port, .flags = HV_HYPERCALL_ANY_PRIVILEGE,
         .header_size = sizeof(struct hv_input_connect_port), .privilege = OF_CONNECTIONS),
    RESERVED_FOR_ROOT(HvCallGetSpaPageList),
    CALL(HvCallStartVirtualProcessor, hv_hypercall_start_virtual_processor,
         .header_size = sizeof(struct hv_input_enable_vp_vtl),
         .privilege = PRIVILEGE(StartVirtualProcessor)),
    CALL(HvCallGetVpIndexFromApicId, hv_hypercall_get_vp_index_from_apic_id,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_ALLOW_FAST,
         .header_size = sizeof(struct hv_input_get_vp_index_from_apic_id),
         .input_size = sizeof(uint64_t), .output_size = sizeof(uint64_t),
         .privilege = PRIVILEGE(AccessVpIndex)),
    CALL(HvCallCheckForIoIntercept, hv_hypercall_check_for_io_intercept,
         .header_size = sizeof(struct hv_input_check_for_io_intercept), .output_size = sizeof(bool),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallTranslateVirtualAddressEx, hv_hypercall_translate_virtual_address_ex,
         .header_size = sizeof(struct hv_input_translate_virtual_address),
         .output_size = sizeof(struct hv_output_translate_virtual_address_ex),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallGetGpaPagesAccessState, hv_hypercall_get_gpa_pages_access_state,
         .flags = HV_HYPERCALL_REP | HV_HYPERCALL_BATCH,
         .header_size = sizeof(struct hv_input_get_gpa_pages_access_state),
         .output_size = sizeof(uint8_t), .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallSignalEventDirect, hv_hypercall_signal_event_direct,
         .header_size = sizeof(struct hv_input_signal_event_direct), .output_size = sizeof(bool),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallPostMessageDirect, hv_hypercall_post_message_direct,
         .header_size = sizeof(struct hv_input_post_message_direct),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallDispatchVp, hv_hypercall_dispatch_vp, .flags = HV_HYPERCALL_ROOT,
         .header_size = sizeof(struct hv_input_dispatch_vp),
         .output_size = sizeof(struct hv_output_dispatch_vp),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallMapVpStatePage, hv_hypercall_map_vp_state_page,
         .header_size = sizeof(struct hv_input_map_vp_state_page), .output_size = sizeof(uint64_t),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallUnmapVpStatePage, hv_hypercall_unmap_vp_state_page,
         .header_size = offsetof(struct hv_input_map_vp_state_page, requested_map_location),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallGetVpState, hv_hypercall_get_vp_state,
         .flags = HV_HYPERCALL_VARIABLE_HEADER | HV_HYPERCALL_DATA_OUT,
         .header_size = sizeof(struct hv_input_vp_state), .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallSetVpState, hv_hypercall_set_vp_state, .flags = HV_HYPERCALL_VARIABLE_HEADER,
         .header_size = sizeof(struct hv_input_vp_state), .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallGetVpSetFromMda, hv_hypercall_get_vp_set_from_mda,
         .header_size = sizeof(struct hv_input_get_vp_set_from_mda),
         .output_size = HV_VP_SET_MAX_BYTES, .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallGetVpCpuidValues, hv_hypercall_get_vp_cpuid_values, .flags = HV_HYPERCALL_REP,
         .header_size = sizeof(struct hv_input_get_vp_cpuid_values),
         .input_size = sizeof(struct hv_cpuid_leaf_info), .output_size = 4 * sizeof(uint32_t),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallGetPartitionPropertyEx, hv_hypercall_get_partition_property_ex,
         .header_size = sizeof(struct hv_input_get_partition_property_ex),
         .output_size = sizeof(uint64_t)),
    CALL(HvCallSetPartitionPropertyEx, hv_hypercall_set_partition_property_ex,
         .flags = HV_HYPERCALL_VARIABLE_HEADER,
         .header_size = sizeof(struct hv_input_get_partition_property_ex),
         .privilege = PRIVILEGE(CreatePartitions)),
    CALL(HvCallMapStatsPage2, hv_hypercall_map_stats_page2,
         .header_size = sizeof(struct hv_input_map_stats_page2),
         .privilege = PRIVILEGE(AccessStats)),
};

#undef CALL
#undef RESERVED_FOR
#define EXTENDED(name_, ...)                                                          \
    [name_ - HV_EXT_CALL_FIRST] = { .code = name_,                                    \
                                    .name = #name_,                                   \
                                    .flags = HV_HYPERCALL_EXTENDED,                   \
                                    .privilege = PRIVILEGE(EnableExtendedHypercalls), \
                                    __VA_ARGS__ }

static const struct hv_hypercall_row extended_calls[] = {
    EXTENDED(HvExtCallQueryCapabilities, .handler = hv_hypercall_query_capabilities,
             .output_size = sizeof(uint64_t)),
    EXTENDED(HvExtCallGetBootZeroedMemory, .handler = NULL),
    EXTENDED(HvExtCallMemoryHeatHint, .handler = NULL),
    EXTENDED(HvExtCallEpfSetup, .handler = NULL),
    EXTENDED(HvExtCallSchedulerAssistSetup, .handler = NULL),
    EXTENDED(HvExtCallMemoryHeatHintAsync, .handler = NULL),
};

/* The whole range above 0x8000 needs the privilege, not only the codes that have names. */
static const struct hv_hypercall_row unnamed_extended_call = {
    .flags = HV_HYPERCALL_EXTENDED,
    .privilege = PRIVILEGE(EnableExtendedHypercalls),
    .name = "extended call",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct hv_hypercall_row *hv_hypercall_find(uint16_t code)
{
    uint32_t extended = (uint32_t)code - HV_EXT_CALL_FIRST;

    if (code < COUNT(calls))
        return calls[code].name ? &calls[code] : NULL;
    if (code <= HV_EXT_CALL_FIRST)
        return NULL;
    return extended < COUNT(extended_calls) ? &extended_calls[extended] : &unnamed_extended_call;
}

uint64_t hv_hypercall_extended_capabilities(void)
{
    uint64_t mask = 0;

    /* Bit 0 stands for the first call after the one that asks. */
    for (uint32_t code = HvExtCallGetBootZeroedMemory; code <= HvExtCallMemoryHeatHintAsync; code++)
        if (extended_calls[code - HV_EXT_CALL_FIRST].handler)
            mask |= UINT64_C(1) << (code - HvExtCallGetBootZeroedMemory);
    return mask;
}
