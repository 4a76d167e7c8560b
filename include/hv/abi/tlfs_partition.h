/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Partitions: privileges, properties, creation flags, GPA mapping, intercepts, translation.
 *
 * Sources: TLFS "Partitions" and the data types of the same names.
 */
#ifndef HV_ABI_TLFS_PARTITION_H
#define HV_ABI_TLFS_PARTITION_H

#include <stdint.h>

/**
 * @name Partition privileges
 * HV_PARTITION_PRIVILEGE_MASK: CPUID leaf 0x40000003, EAX is bits 31:0 and EBX bits 63:32. Named
 * after its fields.
 * @{
 */
#define HV_PRIVILEGE_AccessVpRunTimeReg              (UINT64_C(1) << 0)
#define HV_PRIVILEGE_AccessPartitionReferenceCounter (UINT64_C(1) << 1)
#define HV_PRIVILEGE_AccessSynicRegs                 (UINT64_C(1) << 2)
#define HV_PRIVILEGE_AccessSyntheticTimerRegs        (UINT64_C(1) << 3)
#define HV_PRIVILEGE_AccessIntrCtrlRegs              (UINT64_C(1) << 4)
#define HV_PRIVILEGE_AccessHypercallMsrs             (UINT64_C(1) << 5)
#define HV_PRIVILEGE_AccessVpIndex                   (UINT64_C(1) << 6)
#define HV_PRIVILEGE_AccessResetReg                  (UINT64_C(1) << 7)
#define HV_PRIVILEGE_AccessStatsReg                  (UINT64_C(1) << 8)
#define HV_PRIVILEGE_AccessPartitionReferenceTsc     (UINT64_C(1) << 9)
#define HV_PRIVILEGE_AccessGuestIdleReg              (UINT64_C(1) << 10)
#define HV_PRIVILEGE_AccessFrequencyRegs             (UINT64_C(1) << 11)
#define HV_PRIVILEGE_AccessDebugRegs                 (UINT64_C(1) << 12) /**< v6.0b only */
#define HV_PRIVILEGE_AccessReenlightenmentControls   (UINT64_C(1) << 13)
#define HV_PRIVILEGE_CreatePartitions                (UINT64_C(1) << 32)
#define HV_PRIVILEGE_AccessPartitionId               (UINT64_C(1) << 33)
#define HV_PRIVILEGE_AccessMemoryPool                (UINT64_C(1) << 34)
#define HV_PRIVILEGE_AdjustMessageBuffers            (UINT64_C(1) << 35) /**< v2.0 only */
#define HV_PRIVILEGE_PostMessages                    (UINT64_C(1) << 36)
#define HV_PRIVILEGE_SignalEvents                    (UINT64_C(1) << 37)
#define HV_PRIVILEGE_CreatePort                      (UINT64_C(1) << 38)
#define HV_PRIVILEGE_ConnectPort                     (UINT64_C(1) << 39)
#define HV_PRIVILEGE_AccessStats                     (UINT64_C(1) << 40)
#define HV_PRIVILEGE_Debugging                       (UINT64_C(1) << 43)
#define HV_PRIVILEGE_CpuManagement                   (UINT64_C(1) << 44)
#define HV_PRIVILEGE_ConfigureProfiler               (UINT64_C(1) << 45) /**< v2.0 only */
#define HV_PRIVILEGE_AccessVSM                       (UINT64_C(1) << 48)
#define HV_PRIVILEGE_AccessVpRegisters               (UINT64_C(1) << 49)
#define HV_PRIVILEGE_EnableExtendedHypercalls        (UINT64_C(1) << 52)
#define HV_PRIVILEGE_StartVirtualProcessor           (UINT64_C(1) << 53)
/** @} */

/**
 * @name Partition privileges beyond the TLFS
 * Bits that no TLFS document defines; names are those of the hvdef crate of OpenVMM. Linux uses
 * bits 15 and 54.
 * @{
 */
#define HV_PRIVILEGE_AccessRootSchedulerReg       (UINT64_C(1) << 14)
#define HV_PRIVILEGE_AccessTscInvariantControls   (UINT64_C(1) << 15)
#define HV_PRIVILEGE_AccessVpExitTracing          (UINT64_C(1) << 46)
#define HV_PRIVILEGE_EnableExtendedGvaRangesFlush (UINT64_C(1) << 47)
#define HV_PRIVILEGE_FastHypercallOutput          (UINT64_C(1) << 51)
#define HV_PRIVILEGE_Isolation                    (UINT64_C(1) << 54)
/** @} */

/**
 * @name Partition property codes
 * TLFS, data type HV_PARTITION_PROPERTY_CODE.
 * @{
 */
#define HvPartitionPropertyPrivilegeFlags                    0x00010000u
#define HvPartitionPropertySyntheticProcFeatures             0x00010001u
#define HvPartitionPropertySuspend                           0x00020000u
#define HvPartitionPropertyCpuReserve                        0x00020001u
#define HvPartitionPropertyCpuCap                            0x00020002u
#define HvPartitionPropertyCpuWeight                         0x00020003u
#define HvPartitionPropertyCpuGroupId                        0x00020004u
#define HvPartitionPropertyTimeFreeze                        0x00030003u
#define HvPartitionPropertyReferenceTime                     0x00030005u
#define HvPartitionPropertyVirtualTlbPageCount               0x00050000u
#define HvPartitionPropertyVsmConfig                         0x00050001u
#define HvPartitionPropertyZeroMemoryOnReset                 0x00050002u
#define HvPartitionPropertyProcessorsPerSocket               0x00050003u
#define HvPartitionPropertyNestedTlbSize                     0x00050004u
#define HvPartitionPropertyGpaPageAccessTracking             0x00050005u
#define HvPartitionPropertyVsmPermissionsDirtySinceLastQuery 0x00050006u
#define HvPartitionPropertyIsolationState                    0x0005000Cu
#define HvPartitionPropertyIsolationControl                  0x0005000Du
#define HvPartitionPropertyAllocationId                      0x0005000Eu
#define HvPartitionPropertyMonitoringId                      0x0005000Fu
#define HvPartitionPropertyImplementedPhysicalAddressBits    0x00050010u
#define HvPartitionPropertyNonArchitecturalCoreSharing       0x00050011u
#define HvPartitionPropertyHypercallDoorbellPage             0x00050012u
#define HvPartitionPropertyIsolationPolicy                   0x00050014u
#define HvPartitionPropertyUnimplementedMsrAction            0x00050017u
#define HvPartitionPropertySevVmgexitOffloads                0x00050022u
#define HvPartitionPropertyPartitionDiagBufferConfig         0x00050026u
#define HvPartitionPropertyGicdBaseAddress                   0x00050028u
#define HvPartitionPropertyGitsTranslaterBaseAddress         0x00050029u
#define HvPartitionPropertyProcessorVendor                   0x00060000u
#define HvPartitionPropertyProcessorXsaveFeatures            0x00060002u
#define HvPartitionPropertyProcessorCLFlushSize              0x00060003u
#define HvPartitionPropertyEnlightenmentModifications        0x00060004u
#define HvPartitionPropertyCompatibilityVersion              0x00060005u
#define HvPartitionPropertyPhysicalAddressWidth              0x00060006u
#define HvPartitionPropertyXsaveStates                       0x00060007u
#define HvPartitionPropertyMaxXsaveDataSize                  0x00060008u
#define HvPartitionPropertyProcessorClockFrequency           0x00060009u
#define HvPartitionPropertyProcessorFeatures0                0x0006000Au
#define HvPartitionPropertyProcessorFeatures1                0x0006000Bu
#define HvPartitionPropertyGuestOsId                         0x00070000u
#define HvPartitionPropertyProcessorVirtualizationFeatures   0x00080000u
#define HvPartitionPropertyVmmCapabilities                   0x00090007u
#define HvPartitionVpPropertySchedulingAffinitySet           0x10001000u
/** @} */

/**
 * @name Partition property codes of TLFS v2.0
 * Later versions do not list them.
 * @{
 */
#define HvPartitionPropertyEmulatedTimerPeriod  0x00030000u
#define HvPartitionPropertyEmulatedTimerControl 0x00030001u
#define HvPartitionPropertyPmTimerAssist        0x00030002u
#define HvPartitionPropertyDebugChannelId       0x00040000u
#define HvPartitionPropertyProcessorFeatures    0x00060001u
/** @} */

/**
 * @name Synthetic processor features
 * The value of HvPartitionPropertySyntheticProcFeatures, whose bits no TLFS document lists: those
 * of Linux (include/hyperv), which are also those of WHV_SYNTHETIC_PROCESSOR_FEATURES.
 * @{
 */
#define HV_SYNTHETIC_FEATURE_HYPERVISOR_PRESENT          (UINT64_C(1) << 0)
#define HV_SYNTHETIC_FEATURE_HV1                         (UINT64_C(1) << 1)
#define HV_SYNTHETIC_FEATURE_ACCESS_VP_RUN_TIME_REG      (UINT64_C(1) << 2)
#define HV_SYNTHETIC_FEATURE_ACCESS_REFERENCE_COUNTER    (UINT64_C(1) << 3)
#define HV_SYNTHETIC_FEATURE_ACCESS_SYNIC_REGS           (UINT64_C(1) << 4)
#define HV_SYNTHETIC_FEATURE_ACCESS_SYNTHETIC_TIMER_REGS (UINT64_C(1) << 5)
#define HV_SYNTHETIC_FEATURE_ACCESS_INTR_CTRL_REGS       (UINT64_C(1) << 6)
#define HV_SYNTHETIC_FEATURE_ACCESS_HYPERCALL_REGS       (UINT64_C(1) << 7)
#define HV_SYNTHETIC_FEATURE_ACCESS_VP_INDEX             (UINT64_C(1) << 8)
#define HV_SYNTHETIC_FEATURE_ACCESS_REFERENCE_TSC        (UINT64_C(1) << 9)
#define HV_SYNTHETIC_FEATURE_ACCESS_GUEST_IDLE_REG       (UINT64_C(1) << 10)
#define HV_SYNTHETIC_FEATURE_ACCESS_FREQUENCY_REGS       (UINT64_C(1) << 11)
#define HV_SYNTHETIC_FEATURE_POST_MESSAGES               (UINT64_C(1) << 17)
#define HV_SYNTHETIC_FEATURE_FAST_HYPERCALL_OUTPUT       (UINT64_C(1) << 18)
#define HV_SYNTHETIC_FEATURE_START_VIRTUAL_PROCESSOR     (UINT64_C(1) << 20)
#define HV_SYNTHETIC_FEATURE_DIRECT_SYNTHETIC_TIMERS     (UINT64_C(1) << 22)
#define HV_SYNTHETIC_FEATURE_EXTENDED_PROCESSOR_MASKS    (UINT64_C(1) << 24)
#define HV_SYNTHETIC_FEATURE_TB_FLUSH_HYPERCALLS         (UINT64_C(1) << 25)
#define HV_SYNTHETIC_FEATURE_SYNTHETIC_CLUSTER_IPI       (UINT64_C(1) << 26)
#define HV_SYNTHETIC_FEATURE_NOTIFY_LONG_SPIN_WAIT       (UINT64_C(1) << 27)
#define HV_SYNTHETIC_FEATURE_SIGNAL_EVENTS               (UINT64_C(1) << 29)
#define HV_SYNTHETIC_FEATURE_RETARGET_DEVICE_INTERRUPT   (UINT64_C(1) << 30)
#define HV_SYNTHETIC_FEATURE_TIME_UNHALTED_TIMER         (UINT64_C(1) << 34)
/** @} */

/**
 * @name Values of HvPartitionPropertyProcessorVendor
 * TLFS v2.0, HV_PROCESSOR_VENDOR.
 * @{
 */
#define HvProcessorVendorAmd   0u
#define HvProcessorVendorIntel 1u
/** @} */

/**
 * @name Scales of the CPU properties
 * TLFS v2.0 "Scheduler": HvPartitionPropertyCpuReserve, CpuCap and CpuWeight.
 * @{
 */
#define HV_CPU_CAP_SCALE      0x10000u /**< one logical processor */
#define HV_CPU_WEIGHT_MIN     1u
#define HV_CPU_WEIGHT_MAX     10000u
#define HV_CPU_WEIGHT_DEFAULT 100u
/** @} */

/**
 * @name Partition creation flags
 * TLFS, data type HV_PARTITION_CREATION_FLAGS, a UINT64.
 * @{
 */
#define HV_PARTITION_CREATION_FLAG_SMT_ENABLED_GUEST               (UINT64_C(1) << 0)
#define HV_PARTITION_CREATION_FLAG_NESTED_VIRTUALIZATION_CAPABLE   (UINT64_C(1) << 1)
#define HV_PARTITION_CREATION_FLAG_GPA_SUPER_PAGES_ENABLED         (UINT64_C(1) << 4)
#define HV_PARTITION_CREATION_FLAG_EXO_PARTITION                   (UINT64_C(1) << 8)
#define HV_PARTITION_CREATION_FLAG_VTL1_OVERRIDE                   (UINT64_C(1) << 9)
#define HV_PARTITION_CREATION_FLAG_VTL2_OVERRIDE                   (UINT64_C(1) << 10)
#define HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED                   (UINT64_C(1) << 13)
#define HV_PARTITION_CREATION_FLAG_ENABLE_PERFMON_PMU              (UINT64_C(1) << 15)
#define HV_PARTITION_CREATION_FLAG_ENABLE_PERFMON_LBR              (UINT64_C(1) << 16)
#define HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED  (UINT64_C(1) << 19)
#define HV_PARTITION_CREATION_FLAG_HYPERCALL_DOORBELL_PAGE_ENABLED (UINT64_C(1) << 20)
#define HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE                  (UINT64_C(1) << 22)
/** @} */

/**
 * @name Flags of a proximity domain
 * TLFS, data type HV_PROXIMITY_DOMAIN_INFO.
 * @{
 */
#define HV_PROXIMITY_DOMAIN_PREFERRED \
    0x00000001u /**< another domain is allowed when this one has no memory */
#define HV_PROXIMITY_DOMAIN_INFO_VALID 0x80000000u
/** @} */

/**
 * @name GPA mapping flags
 * TLFS, data type HV_MAP_GPA_FLAGS, a UINT32.
 * @{
 */
#define HV_MAP_GPA_READABLE          0x00000001u
#define HV_MAP_GPA_WRITABLE          0x00000002u
#define HV_MAP_GPA_KERNEL_EXECUTABLE 0x00000004u
#define HV_MAP_GPA_USER_EXECUTABLE   0x00000008u
#define HV_MAP_GPA_PERMISSIONS_MASK  0x0000000Fu
#define HV_MAP_GPA_ADJUSTABLE        0x00008000u /**< beyond the TLFS; Linux sets it for RAM */
#define HV_MAP_GPA_SPECIAL_MASK \
    0x00030000u /**< the three values below exclude each other and the permissions */
#define HV_MAP_GPA_NO_ACCESS               0x00010000u
#define HV_MAP_GPA_ZEROED                  0x00020000u
#define HV_MAP_GPA_ONES                    0x00030000u
#define HV_MAP_GPA_NO_OVERLAY              0x00100000u
#define HV_MAP_GPA_NOT_CACHED              0x00200000u
#define HV_MAP_GPA_CLEAR_ACCESSED          0x01000000u
#define HV_MAP_GPA_SET_ACCESSED            0x02000000u
#define HV_MAP_GPA_CLEAR_DIRTY             0x04000000u
#define HV_MAP_GPA_SET_DIRTY               0x08000000u
#define HV_MAP_GPA_DONT_SET_RANGE_ACCESSED 0x10000000u
#define HV_MAP_GPA_LARGE_PAGE              0x80000000u
/** @} */

/**
 * @name GPA unmapping flags
 * TLFS, data type HV_UNMAP_GPA_FLAGS, a UINT32.
 * @{
 */
#define HV_UNMAP_GPA_KEEP_PRECOMMITTED 0x00000002u
#define HV_UNMAP_GPA_LARGE_PAGE        0x00000004u /**< the repetition count is in large pages */
/** @} */

/**
 * @name Access state of a GPA page, beyond the TLFS
 * Output of HvCallGetGpaPagesAccessState, a byte a page; Linux, include/hyperv.
 * @{
 */
#define HV_GPA_PAGE_ACCESSED 0x01u
#define HV_GPA_PAGE_DIRTY    0x02u
/** @} */

/**
 * @name Flags of HvCallGetGpaPagesAccessState, beyond the TLFS
 * What happens to the state once it has been read; Linux, include/hyperv.
 * @{
 */
#define HV_GPA_PAGE_ACCESS_CLEAR_ACCESSED UINT64_C(0x1)
#define HV_GPA_PAGE_ACCESS_SET_ACCESSED   UINT64_C(0x2)
#define HV_GPA_PAGE_ACCESS_CLEAR_DIRTY    UINT64_C(0x4)
#define HV_GPA_PAGE_ACCESS_SET_DIRTY      UINT64_C(0x8)
#define HV_GPA_PAGE_ACCESS_MASK           UINT64_C(0xF)
/** @} */

/**
 * @name Translation control flags
 * TLFS, data type HV_TRANSLATE_GVA_CONTROL_FLAGS, a UINT64.
 * @{
 */
#define HV_TRANSLATE_GVA_VALIDATE_READ       UINT64_C(0x0001)
#define HV_TRANSLATE_GVA_VALIDATE_WRITE      UINT64_C(0x0002)
#define HV_TRANSLATE_GVA_VALIDATE_EXECUTE    UINT64_C(0x0004)
#define HV_TRANSLATE_GVA_PRIVILEGE_EXEMPT    UINT64_C(0x0008)
#define HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS UINT64_C(0x0010)
#define HV_TRANSLATE_GVA_TLB_FLUSH_INHIBIT   UINT64_C(0x0020)
#define HV_TRANSLATE_GVA_SUPERVISOR_ACCESS   UINT64_C(0x0040)
#define HV_TRANSLATE_GVA_USER_ACCESS         UINT64_C(0x0080)
#define HV_TRANSLATE_GVA_ENFORCE_SMAP        UINT64_C(0x0100)
#define HV_TRANSLATE_GVA_OVERRIDE_SMAP       UINT64_C(0x0200)
#define HV_TRANSLATE_GVA_SHADOW_STACK        UINT64_C(0x0400)
#define HV_TRANSLATE_GVA_INPUT_VTL_SHIFT     56u
#define HV_TRANSLATE_GVA_INPUT_VTL_MASK      (UINT64_C(0xFF) << 56)
/** @} */

/**
 * @name Translation result codes
 * TLFS, data type HV_TRANSLATE_GVA_RESULT.
 * @{
 */
#define HvTranslateGvaSuccess                 0u
#define HvTranslateGvaPageNotPresent          1u
#define HvTranslateGvaPrivilegeViolation      2u
#define HvTranslateGvaInvalidPageTableFlags   3u
#define HvTranslateGvaGpaUnmapped             4u
#define HvTranslateGvaGpaNoReadAccess         5u
#define HvTranslateGvaGpaNoWriteAccess        6u
#define HvTranslateGvaGpaIllegalOverlayAccess 7u
#define HvTranslateGvaIntercept               8u
#define HvTranslateGvaGpaUnaccepted           9u
/** @} */

/**
 * @name Cache types
 * TLFS, data type HV_TRANSLATE_GVA_RESULT.
 * @{
 */
#define HvCacheTypeUncached       0u
#define HvCacheTypeWriteCombining 1u
#define HvCacheTypeWriteThrough   4u
#define HvCacheTypeWriteProtected 5u
#define HvCacheTypeWriteBack      6u
/** @} */

/**
 * @name Fields of the second word of HV_TRANSLATE_GVA_RESULT
 * TLFS, data type HV_TRANSLATE_GVA_RESULT.
 * @{
 */
#define HV_TRANSLATE_GVA_RESULT_CACHE_TYPE_MASK 0x000000FFu
#define HV_TRANSLATE_GVA_RESULT_OVERLAY_PAGE    0x00000100u
/** @} */

/**
 * @name Results of an access to guest physical memory
 * TLFS v2.0 12.3.5, HV_ACCESS_GPA_RESULT_CODE.
 * @{
 */
#define HvAccessGpaSuccess              0u
#define HvAccessGpaUnmapped             1u
#define HvAccessGpaReadIntercept        2u
#define HvAccessGpaWriteIntercept       3u
#define HvAccessGpaIllegalOverlayAccess 4u
/** @} */

/**
 * @name Fields of HV_ACCESS_GPA_CONTROL_FLAGS
 * TLFS v2.0 12.3.5, a UINT64.
 * @{
 */
#define HV_ACCESS_GPA_CACHE_TYPE_MASK UINT64_C(0xFF)
#define HV_ACCESS_GPA_MAX_BYTES       16u /**< of one HvReadGpa or HvWriteGpa */
/** @} */

/**
 * @name Intercept types
 * TLFS, data type HV_INTERCEPT_TYPE.
 * @{
 */
#define HvInterceptTypeX64IoPort                            0x00000000u
#define HvInterceptTypeX64Msr                               0x00000001u
#define HvInterceptTypeX64Cpuid                             0x00000002u
#define HvInterceptTypeException                            0x00000003u
#define HvInterceptTypeX64GlobalCpuid                       0x00000006u
#define HvInterceptTypeX64ApicSmi                           0x00000007u
#define HvInterceptTypeHypercall                            0x00000008u
#define HvInterceptTypeX64ApicInitSipi                      0x00000009u
#define HvInterceptTypeX64ApicWrite                         0x0000000Bu
#define HvInterceptTypeUnknownSynicConnection               0x0000000Du
#define HvInterceptTypeX64ApicEoi                           0x0000000Eu
#define HvInterceptTypeRetargetInterruptWithUnknownDeviceId 0x0000000Fu
#define HvInterceptTypeX64ExceptionTrap                     0x00000010u
#define HvInterceptTypeX64IoPortRange                       0x00000011u
#define HvInterceptTypeRegister                             0x00000012u
#define HvInterceptTypeSystemResetExtended                  0x00000013u
/** @} */

/**
 * @name Access of an intercept to install
 * TLFS, data type HV_INTERCEPT_ACCESS_TYPE_MASK.
 * @{
 */
#define HV_INTERCEPT_ACCESS_MASK_NONE    0x0u /**< removes the intercept */
#define HV_INTERCEPT_ACCESS_MASK_READ    0x1u
#define HV_INTERCEPT_ACCESS_MASK_WRITE   0x2u
#define HV_INTERCEPT_ACCESS_MASK_EXECUTE 0x4u
/** @} */

/**
 * @name Actions on an unimplemented MSR
 * TLFS, HV_UNIMPLEMENTED_MSR_ACTION; also the values of HvPartitionPropertyUnimplementedMsrAction.
 * @{
 */
#define HvUnimplementedMsrActionFault               0u
#define HvUnimplementedMsrActionIgnoreWriteReadZero 1u
/** @} */

/**
 * @name Flags of HvCallGetVpCpuidValues
 * TLFS, data type HV_GET_VP_CPUID_VALUES_FLAGS.
 * @{
 */
#define HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS         0x1u
#define HV_GET_VP_CPUID_VALUES_APPLY_REGISTERED_VALUES 0x2u
/** @} */

/**
 * @name Virtual processor state pages
 * TLFS, data type HV_VP_STATE_PAGE_TYPE.
 * @{
 */
#define HvVpStatePageRegisters        0u
#define HvVpStatePageInterceptMessage 1u
#define HvVpVtlStatePageGhcb          2u
/** @} */

/**
 * @name Virtual processor state
 * Types of HvCallGetVpState and HvCallSetVpState; beyond the TLFS, Linux, include/hyperv. Those
 * with the highest bit are in pages.
 * @{
 */
#define HV_VP_STATE_LOCAL_INTERRUPT_CONTROLLER 0x80000000u
#define HV_VP_STATE_XSAVE                      0x80000001u
#define HV_VP_STATE_SIM_PAGE                   0x80000002u
#define HV_VP_STATE_SIEF_PAGE                  0x80000003u
#define HV_VP_STATE_SYNTHETIC_TIMERS           0x00000004u
/** @} */

/**
 * @name Statistics objects
 * TLFS, data type HV_STATS_OBJECT_TYPE. The first two are not in the TLFS; Linux, include/hyperv.
 * @{
 */
#define HvStatsObjectHypervisor       0x00000001u
#define HvStatsObjectLogicalProcessor 0x00000002u
#define HvStatsObjectPartition        0x00010001u
#define HvStatsObjectVp               0x00010002u
/** @} */

/**
 * @name Interrupt types
 * TLFS, data type HV_INTERRUPT_TYPE.
 * @{
 */
#define HvX64InterruptTypeFixed          0u
#define HvX64InterruptTypeLowestPriority 1u
#define HvX64InterruptTypeSmi            2u
#define HvX64InterruptTypeRemoteRead     3u
#define HvX64InterruptTypeNmi            4u
#define HvX64InterruptTypeInit           5u
#define HvX64InterruptTypeSipi           6u
#define HvX64InterruptTypeExtInt         7u
#define HvX64InterruptTypeLocalInt0      8u
#define HvX64InterruptTypeLocalInt1      9u
/** @} */

/**
 * @name Fields of HV_X64_INTERRUPT_CONTROL
 * TLFS, data type HV_INTERRUPT_CONTROL, a UINT64.
 * @{
 */
#define HV_X64_INTERRUPT_CONTROL_TYPE_MASK                UINT64_C(0xFFFFFFFF)
#define HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED          (UINT64_C(1) << 32)
#define HV_X64_INTERRUPT_CONTROL_LOGICAL_DESTINATION_MODE (UINT64_C(1) << 33)
/** @} */

/**
 * @name Interrupt sources
 * TLFS, data type HV_INTERRUPT_ENTRY; the I/O APIC is not in the TLFS, but in Linux,
 * include/hyperv.
 * @{
 */
#define HvInterruptSourceMsi    1u
#define HvInterruptSourceIoApic 2u
/** @} */

/**
 * @name Device IDs and trigger modes
 * HV_DEVICE_ID has its type in the highest two bits; beyond the TLFS, Linux, include/hyperv.
 * @{
 */
#define HV_DEVICE_ID_TYPE_SHIFT 62
#define HV_DEVICE_TYPE_LOGICAL  0u
#define HV_DEVICE_TYPE_PCI      1u /**< bits 15:0 requester ID, 31:16 segment */
#define HV_DEVICE_TYPE_IOAPIC   2u /**< bits 7:0 I/O APIC ID */
#define HV_DEVICE_TYPE_ACPI     3u

#define HV_INTERRUPT_TRIGGER_MODE_EDGE  0u
#define HV_INTERRUPT_TRIGGER_MODE_LEVEL 1u
/** @} */

/**
 * @name Flags of a device interrupt target
 * TLFS, data type HV_DEVICE_INTERRUPT_TARGET.
 * @{
 */
#define HV_DEVICE_INTERRUPT_TARGET_MULTICAST     1u
#define HV_DEVICE_INTERRUPT_TARGET_PROCESSOR_SET 2u
/** @} */

/**
 * @name Interrupt vectors
 * TLFS, data type HV_INTERRUPT_VECTOR.
 * @{
 */
#define HV_INTERRUPT_VECTOR_NONE 0xFFFFFFFFu
/** @} */

/**
 * @name Port types
 * TLFS v6.0b HV_PORT_TYPE; later text lists the doorbell alone.
 * @{
 */
#define HvPortTypeMessage  1u
#define HvPortTypeEvent    2u
#define HvPortTypeMonitor  3u
#define HvPortTypeDoorbell 4u
/** @} */

/**
 * @name Fields of port and connection ids
 * TLFS, data types HV_PORT_ID and HV_CONNECTION_ID: the upper 8 bits must be zero.
 * @{
 */
#define HV_PORT_ID_MASK       0x00FFFFFFu
#define HV_CONNECTION_ID_MASK 0x00FFFFFFu
/** @} */

/**
 * @name Port properties
 * TLFS v2.0 HV_PORT_PROPERTY_CODE.
 * @{
 */
#define HvPortPropertyPostCount         0x00000000u /**< messages posted since the creation */
#define HvPortPropertyPreferredTargetVp 0x00000001u /**< of a port with HV_ANY_VP */
/** @} */

/**
 * @name Doorbell flags
 * TLFS, data type HV_CONNECTION_INFO, a UINT64.
 * @{
 */
#define HV_DOORBELL_FLAG_TRIGGER_SIZE_MASK  UINT64_C(0x00000007)
#define HV_DOORBELL_FLAG_TRIGGER_SIZE_ANY   UINT64_C(0x00000000)
#define HV_DOORBELL_FLAG_TRIGGER_SIZE_BYTE  UINT64_C(0x00000001)
#define HV_DOORBELL_FLAG_TRIGGER_SIZE_WORD  UINT64_C(0x00000002)
#define HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD UINT64_C(0x00000003)
#define HV_DOORBELL_FLAG_TRIGGER_SIZE_QWORD UINT64_C(0x00000004)
#define HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE  UINT64_C(0x80000000)
/** @} */

#endif
