/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Hypercall codes, status codes and the hypercall input and result values.
 *
 * Sources: TLFS "Hypercall Interface" and the pages of the hypercalls; v6.0b Appendix A (codes,
 * fast forms, callers) and Appendix B (status codes).
 */
#ifndef HV_ABI_TLFS_HYPERCALL_H
#define HV_ABI_TLFS_HYPERCALL_H

#include <stdint.h>

/**
 * @name Hypercall call codes
 * TLFS v6.0b Appendix A and the pages of the hypercalls. Each line gives the kind of call, whether
 * Appendix A marks it as one that is passed in registers ("fast"), who may call it and the
 * privilege that it needs. Codes that Appendix A lists without HvCall in the name keep that name.
 * 0x0055 is deprecated and has no name; the layout of the deprecated HvCreatePort is in v2.0.
 * @{
 */
#define HvSwitchVirtualAddressSpace          0x0001u /**< simple, fast; any caller */
#define HvCallFlushVirtualAddressSpace       0x0002u /**< simple; any caller */
#define HvCallFlushVirtualAddressList        0x0003u /**< rep; any caller */
#define HvGetLogicalProcessorRunTime         0x0004u /**< simple; CpuManagement */
#define HvCallNotifyLongSpinWait             0x0008u /**< simple, fast; any caller */
#define HvCallParkedVirtualProcessors        0x0009u /**< simple; CpuManagement */
#define HvCallSendSyntheticClusterIpi        0x000Bu /**< simple; any caller */
#define HvCallModifyVtlProtectionMask        0x000Cu /**< rep; any caller */
#define HvCallEnablePartitionVtl             0x000Du /**< simple; any caller */
#define HvCallDisablePartitionVtl            0x000Eu /**< simple; any caller */
#define HvCallEnableVpVtl                    0x000Fu /**< simple; any caller */
#define HvCallDisableVpVtl                   0x0010u /**< simple; any caller */
#define HvCallVtlCall                        0x0011u /**< simple; any caller */
#define HvCallVtlReturn                      0x0012u /**< simple; any caller */
#define HvCallFlushVirtualAddressSpaceEx     0x0013u /**< simple; any caller */
#define HvCallFlushVirtualAddressListEx      0x0014u /**< rep; any caller */
#define HvCallSendSyntheticClusterIpiEx      0x0015u /**< simple; any caller */
#define HvCallCreatePartition                0x0040u /**< simple; CreatePartitions */
#define HvCallInitializePartition            0x0041u /**< simple, fast; parent */
#define HvCallFinalizePartition              0x0042u /**< simple, fast; parent */
#define HvCallDeletePartition                0x0043u /**< simple, fast; parent */
#define HvCallGetPartitionProperty           0x0044u /**< simple */
#define HvCallSetPartitionProperty           0x0045u /**< simple */
#define HvGetPartitionId                     0x0046u /**< simple; AccessPartitionId */
#define HvCallGetNextChildPartition          0x0047u /**< simple; parent */
#define HvCallDepositMemory                  0x0048u /**< rep; AccessMemoryPool */
#define HvCallWithdrawMemory                 0x0049u /**< rep; AccessMemoryPool */
#define HvCallGetMemoryBalance               0x004Au /**< simple; AccessMemoryPool */
#define HvCallMapGpaPages                    0x004Bu /**< rep */
#define HvCallUnmapGpaPages                  0x004Cu /**< rep; parent */
#define HvCallInstallIntercept               0x004Du /**< simple; parent */
#define HvCallCreateVp                       0x004Eu /**< simple; parent */
#define HvCallDeleteVp                       0x004Fu /**< simple, fast; parent */
#define HvCallGetVpRegisters                 0x0050u /**< rep; any caller */
#define HvCallSetVpRegisters                 0x0051u /**< rep; any caller */
#define HvCallTranslateVirtualAddress        0x0052u /**< simple; any caller */
#define HvReadGpa                            0x0053u /**< simple; parent */
#define HvWriteGpa                           0x0054u /**< simple; parent */
#define HvClearVirtualInterrupt              0x0056u /**< simple, fast; parent */
#define HvCreatePort                         0x0057u /**< simple; deprecated; CreatePort */
#define HvCallDeletePort                     0x0058u /**< simple, fast */
#define HvConnectPort                        0x0059u /**< simple; ConnectPort */
#define HvGetPortProperty                    0x005Au /**< simple */
#define HvCallDisconnectPort                 0x005Bu /**< simple, fast */
#define HvCallPostMessage                    0x005Cu /**< simple; PostMessages */
#define HvCallSignalEvent                    0x005Du /**< simple, fast; SignalEvents */
#define HvSavePartitionState                 0x005Eu /**< simple; parent */
#define HvRestorePartitionState              0x005Fu /**< simple; parent, CreatePartitions */
#define HvInitializeEventLogBufferGroup      0x0060u /**< simple; root */
#define HvFinalizeEventLogBufferGroup        0x0061u /**< simple, fast; root */
#define HvCreateEventLogBuffer               0x0062u /**< simple, fast; root */
#define HvDeleteEventLogBuffer               0x0063u /**< simple, fast; root */
#define HvMapEventLogBuffer                  0x0064u /**< simple; root */
#define HvUnmapEventLogBuffer                0x0065u /**< simple, fast; root */
#define HvSetEventLogGroupSources            0x0066u /**< simple, fast; root */
#define HvReleaseEventLogBuffer              0x0067u /**< simple, fast; root */
#define HvFlushEventLogBuffer                0x0068u /**< simple, fast; root */
#define HvPostDebugData                      0x0069u /**< simple; Debugging */
#define HvRetrieveDebugData                  0x006Au /**< simple; Debugging */
#define HvResetDebugSession                  0x006Bu /**< simple, fast; Debugging */
#define HvMapStatsPage                       0x006Cu /**< simple; parent, AccessStats */
#define HvCallUnmapStatsPage                 0x006Du /**< simple; parent, AccessStats */
#define HvCallMapSparseGpaPages              0x006Eu /**< rep */
#define HvCallSetSystemProperty              0x006Fu /**< simple; root, ConfigureProfiler */
#define HvCallSetPortProperty                0x0070u /**< simple; CreatePort */
#define HvCallAddLogicalProcessor            0x0076u /**< simple; root, CpuManagement */
#define HvCallRemoveLogicalProcessor         0x0077u /**< simple; root, CpuManagement */
#define HvCallQueryNumaDistance              0x0078u /**< simple; root, CpuManagement */
#define HvCallSetLogicalProcessorProperty    0x0079u /**< simple; root, CpuManagement */
#define HvCallGetLogicalProcessorProperty    0x007Au /**< simple; root, CpuManagement */
#define HvCallGetSystemProperty              0x007Bu /**< simple; CpuManagement */
#define HvCallMapDeviceInterrupt             0x007Cu /**< simple; root, CpuManagement */
#define HvCallUnmapDeviceInterrupt           0x007Du /**< simple; root, CpuManagement */
#define HvCallRetargetDeviceInterrupt        0x007Eu /**< simple; CpuManagement */
#define HvCallMapDevicePages                 0x0080u /**< simple; root, CpuManagement */
#define HvCallUnmapDevicePages               0x0081u /**< simple; root, CpuManagement */
#define HvCallAttachDevice                   0x0082u /**< simple; root, CpuManagement */
#define HvCallDetachDevice                   0x0083u /**< simple; root, CpuManagement */
#define HvCallNotifyStandbyTransition        0x0084u /**< simple; root, CpuManagement */
#define HvCallEnterSleepState                0x0084u /**< the same code as Linux uses it */
#define HvCallPrepareForSleep                0x0085u /**< simple; root, CpuManagement */
#define HvCallPrepareForHibernate            0x0086u /**< simple; root, CpuManagement */
#define HvCallNotifyPartitionEvent           0x0087u /**< simple; root, CpuManagement */
#define HvCallGetLogicalProcessorRegisters   0x0088u /**< simple; root, CpuManagement */
#define HvCallSetLogicalProcessorRegisters   0x0089u /**< simple; root, CpuManagement */
#define HvCallQueryAssociatedLpsforMca       0x008Au /**< simple; root, CpuManagement */
#define HvCallNotifyRingEmpty                0x008Bu /**< simple; root, CpuManagement */
#define HvCallInjectSyntheticMachineCheck    0x008Cu /**< simple; root, CpuManagement */
#define HvCallScrubPartition                 0x008Du /**< simple; root */
#define HvCallCollectLivedump                0x008Eu /**< simple; root, Debugging */
#define HvCallDisableHypervisor              0x008Fu /**< simple; root */
#define HvCallModifySparseGpaPages           0x0090u /**< rep; root */
#define HvCallRegisterInterceptResult        0x0091u /**< simple; root */
#define HvCallUnregisterInterceptResult      0x0092u /**< simple; root */
#define HvCallAssertVirtualInterrupt         0x0094u /**< simple; any caller */
#define HvCallCreatePort                     0x0095u /**< simple; root */
#define HvCallConnectPort                    0x0096u /**< simple; root */
#define HvCallGetSpaPageList                 0x0097u /**< simple; root */
#define HvCallStartVirtualProcessor          0x0099u /**< simple; any caller */
#define HvCallGetVpIndexFromApicId           0x009Au /**< rep; any caller */
#define HvCallTranslateVirtualAddressEx      0x00ACu /**< simple */
#define HvCallCheckForIoIntercept            0x00ADu /**< simple */
#define HvCallFlushGuestPhysicalAddressSpace 0x00AFu /**< simple; any caller */
#define HvCallFlushGuestPhysicalAddressList  0x00B0u /**< rep; any caller */
#define HvCallSignalEventDirect              0x00C0u /**< simple */
#define HvCallPostMessageDirect              0x00C1u /**< simple */
#define HvCallMapVpStatePage                 0x00E1u /**< simple */
#define HvCallUnmapVpStatePage               0x00E2u /**< simple */
#define HvCallGetVpSetFromMda                0x00E5u /**< simple */
#define HvCallGetVpCpuidValues               0x00F4u /**< rep */
#define HvCallSetPartitionPropertyEx         0x010Au /**< simple, var. header */
#define HvCallInstallInterceptEx             0x0110u /**< rep; arm64 only */
#define HvCallSetVirtualInterruptTarget      0x011Fu /**< simple; arm64 only */
#define HvCallMapStatsPage2                  0x0131u /**< simple */
/** @} */

/**
 * @name Extended hypercall call codes
 * TLFS "Hypercall Interface", extended hypercalls: codes above #HV_EXT_CALL_FIRST, offered when the
 * caller has the privilege EnableExtendedHypercalls. Names of 0x8003 to 0x8006: v6.0b.
 * @{
 */
#define HV_EXT_CALL_FIRST             0x8000u /**< extended calls are above this code */
#define HvExtCallQueryCapabilities    0x8001u /**< simple */
#define HvExtCallGetBootZeroedMemory  0x8002u /**< simple */
#define HvExtCallMemoryHeatHint       0x8003u /**< only its name and code are published */
#define HvExtCallEpfSetup             0x8004u /**< only its name and code are published */
#define HvExtCallSchedulerAssistSetup 0x8005u /**< only its name and code are published */
#define HvExtCallMemoryHeatHintAsync  0x8006u /**< only its name and code are published */
/** @} */

/**
 * @name Hypercall call codes beyond the TLFS
 * Codes that no TLFS document lists and that root partitions in the field use; Linux,
 * include/hyperv.
 * @{
 */
#define HvCallDispatchVp                        0x00C2u /**< simple; runs a VP under the root scheduler */
#define HvCallGetGpaPagesAccessState            0x00C9u /**< rep; accessed and dirty bits */
#define HvCallAcquireSparseSpaPageHostAccess    0x00D7u /**< rep; encrypted partitions */
#define HvCallReleaseSparseSpaPageHostAccess    0x00D8u /**< rep; encrypted partitions */
#define HvCallModifySparseGpaPageHostVisibility 0x00DBu /**< rep; encrypted partitions */
#define HvCallGetVpState                        0x00E3u /**< simple, var. header */
#define HvCallSetVpState                        0x00E4u /**< simple, var. header */
#define HvCallGetPartitionPropertyEx            0x0101u /**< simple, var. header */
#define HvCallMemoryMappedIoRead                0x0106u /**< simple */
#define HvCallMemoryMappedIoWrite               0x0107u /**< simple */
#define HvCallDisableHypervisorEx               0x010Fu /**< simple */
/** @} */

/**
 * @name Status codes
 * TLFS v6.0b Appendix B; HV_STATUS_INSUFFICIENT_BUFFERS from v2.0 Appendix C, since the value that
 * v5 and v6 print is that of HV_STATUS_INSUFFICIENT_BUFFER.
 * @{
 */
#define HV_STATUS_SUCCESS                                      0x0000u
#define HV_STATUS_INVALID_HYPERCALL_CODE                       0x0002u
#define HV_STATUS_INVALID_HYPERCALL_INPUT                      0x0003u
#define HV_STATUS_INVALID_ALIGNMENT                            0x0004u
#define HV_STATUS_INVALID_PARAMETER                            0x0005u
#define HV_STATUS_ACCESS_DENIED                                0x0006u
#define HV_STATUS_INVALID_PARTITION_STATE                      0x0007u
#define HV_STATUS_OPERATION_DENIED                             0x0008u
#define HV_STATUS_UNKNOWN_PROPERTY                             0x0009u
#define HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE                  0x000Au
#define HV_STATUS_INSUFFICIENT_MEMORY                          0x000Bu
#define HV_STATUS_PARTITION_TOO_DEEP                           0x000Cu
#define HV_STATUS_INVALID_PARTITION_ID                         0x000Du
#define HV_STATUS_INVALID_VP_INDEX                             0x000Eu
#define HV_STATUS_INVALID_PORT_ID                              0x0011u
#define HV_STATUS_INVALID_CONNECTION_ID                        0x0012u
#define HV_STATUS_INSUFFICIENT_BUFFERS                         0x0013u /**< v5 and v6: 0x0033 */
#define HV_STATUS_NOT_ACKNOWLEDGED                             0x0014u
#define HV_STATUS_INVALID_VP_STATE                             0x0015u
#define HV_STATUS_ACKNOWLEDGED                                 0x0016u
#define HV_STATUS_INVALID_SAVE_RESTORE_STATE                   0x0017u
#define HV_STATUS_INVALID_SYNIC_STATE                          0x0018u
#define HV_STATUS_OBJECT_IN_USE                                0x0019u
#define HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO                0x001Au
#define HV_STATUS_NO_DATA                                      0x001Bu
#define HV_STATUS_INACTIVE                                     0x001Cu
#define HV_STATUS_NO_RESOURCES                                 0x001Du
#define HV_STATUS_FEATURE_UNAVAILABLE                          0x001Eu
#define HV_STATUS_PARTIAL_PACKET                               0x001Fu
#define HV_STATUS_PROCESSOR_FEATURE_NOT_SUPPORTED              0x0020u
#define HV_STATUS_PROCESSOR_CACHE_LINE_FLUSH_SIZE_INCOMPATIBLE 0x0030u
#define HV_STATUS_INSUFFICIENT_BUFFER                          0x0033u
#define HV_STATUS_INCOMPATIBLE_PROCESSOR                       0x0037u
#define HV_STATUS_INSUFFICIENT_DEVICE_DOMAINS                  0x0038u
#define HV_STATUS_CPUID_FEATURE_VALIDATION_ERROR               0x003Cu
#define HV_STATUS_CPUID_XSAVE_FEATURE_VALIDATION_ERROR         0x003Du
#define HV_STATUS_PROCESSOR_STARTUP_TIMEOUT                    0x003Eu
#define HV_STATUS_SMX_ENABLED                                  0x003Fu
#define HV_STATUS_INVALID_LP_INDEX                             0x0041u
#define HV_STATUS_INVALID_REGISTER_VALUE                       0x0050u
#define HV_STATUS_NX_NOT_DETECTED                              0x0055u
#define HV_STATUS_INVALID_DEVICE_ID                            0x0057u
#define HV_STATUS_INVALID_DEVICE_STATE                         0x0058u
#define HV_STATUS_PENDING_PAGE_REQUESTS                        0x0059u
#define HV_STATUS_PAGE_REQUEST_INVALID                         0x0060u
#define HV_STATUS_OPERATION_FAILED                             0x0071u
#define HV_STATUS_NOT_ALLOWED_WITH_NESTED_VIRT_ACTIVE          0x0072u
/** @} */

/**
 * @name Status codes beyond the TLFS
 * Codes that no TLFS document prints. The text of the TLFS uses HV_STATUS_INVALID_VTL_STATE,
 * without a number; its number is that of the hvdef crate of OpenVMM. The others are those of Linux
 * (include/hyperv) and of the rust-vmm mshv bindings.
 * @{
 */
#define HV_STATUS_NOT_FOUND         0x0010u
#define HV_STATUS_INVALID_VTL_STATE 0x0051u
#define HV_STATUS_INSUFFICIENT_ROOT_MEMORY \
    0x0073u /**< the root partition has to deposit a page to itself */
#define HV_STATUS_INSUFFICIENT_CONTIGUOUS_MEMORY \
    0x0075u /**< contiguous pages have to be deposited to the partition */
#define HV_STATUS_TIME_OUT 0x0078u
#define HV_STATUS_CALL_PENDING \
    0x0079u /**< a message of type HvMessageTypeAsyncCallCompletion follows */
#define HV_STATUS_INSUFFICIENT_CONTIGUOUS_ROOT_MEMORY \
    0x0083u /**< contiguous pages have to be deposited to the root partition */
#define HV_STATUS_VTL_ALREADY_ENABLED 0x0086u
/** @} */

/**
 * @name Hypercall input value
 * TLFS "Hypercall Interface", hypercall inputs: RCX for a 64-bit caller, EDX:EAX for a 32-bit
 * caller. v6.0b prints a variable header of 9 bits and the nested bit at 26; the current text is
 * the one followed here: bits 30:27, 47:44 and 63:60 are RsvdZ.
 * @{
 */
#define HV_HYPERCALL_CALL_CODE_MASK             UINT64_C(0x000000000000FFFF)
#define HV_HYPERCALL_FAST                       (UINT64_C(1) << 16) /**< input is in registers */
#define HV_HYPERCALL_VARIABLE_HEADER_SIZE_SHIFT 17u                 /**< in units of 8 bytes */
#define HV_HYPERCALL_VARIABLE_HEADER_SIZE_MASK  (UINT64_C(0x3FF) << 17)
#define HV_HYPERCALL_IS_NESTED                  (UINT64_C(1) << 31) /**< for the L0 hypervisor */
#define HV_HYPERCALL_REP_COUNT_SHIFT            32u
#define HV_HYPERCALL_REP_COUNT_MASK             (UINT64_C(0xFFF) << 32)
#define HV_HYPERCALL_REP_START_INDEX_SHIFT      48u
#define HV_HYPERCALL_REP_START_INDEX_MASK       (UINT64_C(0xFFF) << 48)
#define HV_HYPERCALL_RSVDZ_MASK                 UINT64_C(0xF000F00078000000)
/** @} */

/**
 * @name Hypercall result value
 * TLFS "Hypercall Interface", hypercall outputs: RAX for a 64-bit caller, EDX:EAX for a 32-bit
 * caller. The count of completed repetitions is absolute: it includes those before the start index.
 * @{
 */
#define HV_HYPERCALL_RESULT_STATUS_MASK          UINT64_C(0x000000000000FFFF)
#define HV_HYPERCALL_RESULT_REPS_COMPLETED_SHIFT 32u
#define HV_HYPERCALL_RESULT_REPS_COMPLETED_MASK  (UINT64_C(0xFFF) << 32)
/** @} */

/**
 * @name Hypercall limits
 * TLFS "Hypercall Interface", register mapping and XMM fast hypercalls.
 * @{
 */
#define HV_HYPERCALL_ALIGNMENT \
    8u /**< of the GPA of an input or output block, which must not cross a page */
#define HV_HYPERCALL_FAST_MAX_INPUT_BYTES 16u /**< two general registers */
#define HV_HYPERCALL_XMM_REGISTERS        6u  /**< XMM0 to XMM5 */
#define HV_HYPERCALL_XMM_FAST_MAX_BYTES \
    112u /**< two general registers and six XMM registers, input and output together */
#define HV_HYPERCALL_MAX_REP_COUNT 0xFFFu
#define HV_HYPERCALL_TIME_TARGET_MICROSECONDS \
    50u /**< time after which a hypercall should return to the caller */
/** @} */

/**
 * @name Flush flags
 * HV_FLUSH_FLAGS, a UINT64. TLFS "Virtual MMU" and HvCallFlushVirtualAddressSpace.
 * @{
 */
#define HV_FLUSH_ALL_PROCESSORS             (UINT64_C(1) << 0)
#define HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES (UINT64_C(1) << 1)
#define HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY   (UINT64_C(1) << 2)
#define HV_FLUSH_USE_EXTENDED_RANGE_FORMAT \
    (UINT64_C(1) << 3) /**< offered by leaf 0x40000003 EDX bit 14; the format is not published */
/** @} */

/**
 * @name Ranges of guest virtual pages
 * HV_GVA_RANGE, the list element of HvCallFlushVirtualAddressList.
 * @{
 */
#define HV_GVA_RANGE_ADDITIONAL_PAGES_MASK UINT64_C(0xFFF) /**< pages after the first one */
#define HV_GVA_RANGE_BASE_MASK             (~UINT64_C(0xFFF))
/** @} */

/**
 * @name Ranges of guest physical pages
 * HV_GPA_PAGE_RANGE, the list element of HvCallFlushGuestPhysicalAddressList; TLFS v6.0b. The text
 * of that call counts additional pages in 12 bits; the structure has 11 and the large page bit.
 * @{
 */
#define HV_GPA_PAGE_RANGE_ADDITIONAL_PAGES_MASK UINT64_C(0x7FF)
#define HV_GPA_PAGE_RANGE_LARGE_PAGE            (UINT64_C(1) << 11)
#define HV_GPA_PAGE_RANGE_BASE_PFN_SHIFT        12u
#define HV_GPA_PAGE_RANGE_PAGE_SIZE \
    (UINT64_C(1) << 12)                            /**< large form only: 0 for 2 MiB, 1 for 1 GiB */
#define HV_GPA_PAGE_RANGE_BASE_LARGE_PFN_SHIFT 21u /**< large form only */
/** @} */

/**
 * @name Sets of virtual processors
 * HV_VP_SET: values of Format and limits. TLFS, data type HV_VP_SET.
 * @{
 */
#define HV_GENERIC_SET_SPARSE_4K 0u /**< one bank of 64 VPs for each bit of ValidBanksMask */
#define HV_GENERIC_SET_ALL       1u /**< all VPs of the partition */
#define HV_VP_SET_BANKS          64u
#define HV_VP_SET_VPS_PER_BANK   64u
#define HV_VP_SET_MAX_BYTES      528u /**< the header and 64 banks */
/** @} */

/**
 * @name Capabilities of the extended hypercalls
 * Output of HvExtCallQueryCapabilities.
 * @{
 */
#define HV_EXT_CAPABILITY_GET_BOOT_ZEROED_MEMORY (UINT64_C(1) << 0)
#define HV_EXT_CAPABILITY_MEMORY_HEAT_HINT       (UINT64_C(1) << 1)
#define HV_EXT_CAPABILITY_EPF_SETUP              (UINT64_C(1) << 2)
#define HV_EXT_CAPABILITY_SCHEDULER_ASSIST_SETUP (UINT64_C(1) << 3)
#define HV_EXT_CAPABILITY_MEMORY_HEAT_HINT_ASYNC (UINT64_C(1) << 4)
/** @} */

#endif
