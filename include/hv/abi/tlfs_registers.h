/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Names of the virtual processor registers that all architectures share, and the fields of
 * registers.
 *
 * Source: TLFS, data type HV_REGISTER_NAME; v6.0b where marked. A register value is always 128 bits
 * wide (union hv_register_value). tlfs_registers_x64.h has the registers of x64; those of ARM64 are
 * not listed.
 */
#ifndef HV_ABI_TLFS_REGISTERS_H
#define HV_ABI_TLFS_REGISTERS_H

#include <stdint.h>

/**
 * @name VP registers: Suspend / Migration
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterExplicitSuspend           0x00000000u /**< HV_EXPLICIT_SUSPEND_REGISTER */
#define HvRegisterInterceptSuspend          0x00000001u /**< HV_INTERCEPT_SUSPEND_REGISTER */
#define HvRegisterInstructionEmulationHints 0x00000002u
#define HvRegisterDispatchSuspend           0x00000003u /**< HV_DISPATCH_SUSPEND_REGISTER */
#define HvRegisterInternalActivityState     0x00000004u
/** @} */

/**
 * @name VP registers: Version & Feature Discovery
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterHypervisorVersion         0x00000100u /**< CPUID 0x40000002 */
#define HvRegisterPrivilegesAndFeaturesInfo 0x00000200u /**< CPUID 0x40000003 */
#define HvRegisterFeaturesInfo              0x00000201u /**< CPUID 0x40000004 */
#define HvRegisterImplementationLimitsInfo  0x00000202u /**< CPUID 0x40000005 */
#define HvRegisterHardwareFeaturesInfo      0x00000203u /**< CPUID 0x40000006 */
#define HvRegisterCpuManagementFeaturesInfo 0x00000204u /**< CPUID 0x40000007 */
#define HvRegisterPasidFeaturesInfo         0x00000205u /**< CPUID 0x40000008 */
#define HvRegisterNestedVirtFeaturesInfo    0x00000207u /**< CPUID 0x4000000A */
#define HvRegisterIptFeaturesInfo           0x00000208u /**< CPUID 0x4000000B */
/** @} */

/**
 * @name VP registers: Guest Crash Registers
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterGuestCrashP0  0x00000210u
#define HvRegisterGuestCrashP1  0x00000211u
#define HvRegisterGuestCrashP2  0x00000212u
#define HvRegisterGuestCrashP3  0x00000213u
#define HvRegisterGuestCrashP4  0x00000214u
#define HvRegisterGuestCrashCtl 0x00000215u
/** @} */

/**
 * @name VP registers: Frequency / Timing
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterProcessorClockFrequency 0x00000240u
#define HvRegisterInterruptClockFrequency 0x00000241u
/** @} */

/**
 * @name VP registers: Idle & Debug
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterGuestIdle            0x00000250u
#define HvRegisterDebugDeviceOptions   0x00000260u
#define HvRegisterMemoryZeroingControl 0x00000270u
/** @} */

/**
 * @name VP registers: Pending Events & Interrupt State
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterPendingEvent0               0x00010004u
#define HvRegisterPendingEvent1               0x00010005u
#define HvRegisterDeliverabilityNotifications 0x00010006u
#define HvRegisterPendingEvent2               0x00010008u
#define HvRegisterPendingEvent3               0x00010009u
/** @} */

/**
 * @name VP registers: Runtime / Context
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterVpRuntime            0x00090000u /**< in units of 100 ns */
#define HvRegisterGuestOsId            0x00090002u
#define HvRegisterVpIndex              0x00090003u
#define HvRegisterTimeRefCount         0x00090004u
#define HvRegisterCpuManagementVersion 0x00090007u
#define HvRegisterVpAssistPage         0x00090013u
#define HvRegisterVpRootSignalCount    0x00090014u
#define HvRegisterReferenceTsc         0x00090017u
#define HvRegisterReferenceTscSequence 0x0009001Au
#define HvRegisterNestedVpIndex        0x00091003u
/** @} */

/**
 * @name VP registers: Performance Statistics
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterStatsPartitionRetail 0x00090020u
#define HvRegisterStatsVpRetail        0x00090022u
/** @} */

/**
 * @name VP registers: Synthetic Interrupt Controller (SynIC) - Primary
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterSint0    0x000A0000u
#define HvRegisterSint1    0x000A0001u
#define HvRegisterSint2    0x000A0002u
#define HvRegisterSint3    0x000A0003u
#define HvRegisterSint4    0x000A0004u
#define HvRegisterSint5    0x000A0005u
#define HvRegisterSint6    0x000A0006u
#define HvRegisterSint7    0x000A0007u
#define HvRegisterSint8    0x000A0008u
#define HvRegisterSint9    0x000A0009u
#define HvRegisterSint10   0x000A000Au
#define HvRegisterSint11   0x000A000Bu
#define HvRegisterSint12   0x000A000Cu
#define HvRegisterSint13   0x000A000Du
#define HvRegisterSint14   0x000A000Eu
#define HvRegisterSint15   0x000A000Fu
#define HvRegisterScontrol 0x000A0010u
#define HvRegisterSversion 0x000A0011u
#define HvRegisterSifp     0x000A0012u /**< page of event flags, as HV_X64_MSR_SIEFP */
#define HvRegisterSipp     0x000A0013u /**< page of messages, as HV_X64_MSR_SIMP */
#define HvRegisterEom      0x000A0014u
#define HvRegisterSirbp    0x000A0015u /**< event ring page, as HV_X64_MSR_SIRBP */
/** @} */

/**
 * @name VP registers: Synthetic Timers
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterStimer0Config            0x000B0000u
#define HvRegisterStimer0Count             0x000B0001u
#define HvRegisterStimer1Config            0x000B0002u
#define HvRegisterStimer1Count             0x000B0003u
#define HvRegisterStimer2Config            0x000B0004u
#define HvRegisterStimer2Count             0x000B0005u
#define HvRegisterStimer3Config            0x000B0006u
#define HvRegisterStimer3Count             0x000B0007u
#define HvRegisterStimeUnhaltedTimerConfig 0x000B0100u
#define HvRegisterStimeUnhaltedTimerCount  0x000B0101u
/** @} */

/**
 * @name VP registers: Virtual Secure Mode (VSM) / Isolation
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterVsmCodePageOffsets     0x000D0002u
#define HvRegisterVsmVpStatus            0x000D0003u
#define HvRegisterVsmPartitionStatus     0x000D0004u
#define HvRegisterVsmVina                0x000D0005u
#define HvRegisterVsmCapabilities        0x000D0006u
#define HvRegisterVsmPartitionConfig     0x000D0007u
#define HvRegisterVsmVpSecureConfigVtl0  0x000D0010u
#define HvRegisterVsmVpSecureConfigVtl1  0x000D0011u
#define HvRegisterVsmVpSecureConfigVtl2  0x000D0012u
#define HvRegisterVsmVpSecureConfigVtl3  0x000D0013u
#define HvRegisterVsmVpSecureConfigVtl4  0x000D0014u
#define HvRegisterVsmVpSecureConfigVtl5  0x000D0015u
#define HvRegisterVsmVpSecureConfigVtl6  0x000D0016u
#define HvRegisterVsmVpSecureConfigVtl7  0x000D0017u
#define HvRegisterVsmVpSecureConfigVtl8  0x000D0018u
#define HvRegisterVsmVpSecureConfigVtl9  0x000D0019u
#define HvRegisterVsmVpSecureConfigVtl10 0x000D001Au
#define HvRegisterVsmVpSecureConfigVtl11 0x000D001Bu
#define HvRegisterVsmVpSecureConfigVtl12 0x000D001Cu
#define HvRegisterVsmVpSecureConfigVtl13 0x000D001Du
#define HvRegisterVsmVpSecureConfigVtl14 0x000D001Eu
#define HvRegisterVsmVpWaitForTlbLock    0x000D0020u
#define HvRegisterIsolationCapabilities  0x000D0100u
/** @} */

/**
 * @name VP registers of TLFS v6.0b
 * Registers that v6.0b lists and later text does not.
 * @{
 */
#define HvRegisterPowerStateConfigC1     0x00000220u
#define HvRegisterPowerStateTriggerC1    0x00000221u
#define HvRegisterPowerStateConfigC2     0x00000222u
#define HvRegisterPowerStateTriggerC2    0x00000223u
#define HvRegisterPowerStateConfigC3     0x00000224u
#define HvRegisterPowerStateTriggerC3    0x00000225u
#define HvRegisterStatsPartitionInternal 0x00090021u
#define HvRegisterStatsVpInternal        0x00090023u
/** @} */

/**
 * @name VP registers beyond the TLFS
 * The SynIC of the L0 hypervisor as seen by a nested root; Linux, include/hyperv.
 * @{
 */
#define HvRegisterNestedSint0    0x000A1000u
#define HvRegisterNestedSint1    0x000A1001u
#define HvRegisterNestedSint2    0x000A1002u
#define HvRegisterNestedSint3    0x000A1003u
#define HvRegisterNestedSint4    0x000A1004u
#define HvRegisterNestedSint5    0x000A1005u
#define HvRegisterNestedSint6    0x000A1006u
#define HvRegisterNestedSint7    0x000A1007u
#define HvRegisterNestedSint8    0x000A1008u
#define HvRegisterNestedSint9    0x000A1009u
#define HvRegisterNestedSint10   0x000A100Au
#define HvRegisterNestedSint11   0x000A100Bu
#define HvRegisterNestedSint12   0x000A100Cu
#define HvRegisterNestedSint13   0x000A100Du
#define HvRegisterNestedSint14   0x000A100Eu
#define HvRegisterNestedSint15   0x000A100Fu
#define HvRegisterNestedScontrol 0x000A1010u
#define HvRegisterNestedSversion 0x000A1011u
#define HvRegisterNestedSifp     0x000A1012u
#define HvRegisterNestedSipp     0x000A1013u
#define HvRegisterNestedEom      0x000A1014u
#define HvRegisterNestedSirbp    0x000A1015u
/** @} */

/**
 * @name Fields of the suspend registers
 * TLFS "Virtual Processors", virtual processor register formats.
 * @{
 */
#define HV_EXPLICIT_SUSPEND_SUSPENDED  (UINT64_C(1) << 0)
#define HV_INTERCEPT_SUSPEND_SUSPENDED (UINT64_C(1) << 0)
#define HV_INTERCEPT_SUSPEND_TLB_FLUSH_INHIBIT \
    (UINT64_C(1) << 1) /**< TLB flushes of other VPs wait for this one */
#define HV_DISPATCH_SUSPEND_SUSPENDED (UINT64_C(1) << 0)
/** @} */

/**
 * @name Fields of HV_X64_PENDING_INTERRUPTION_REGISTER
 * TLFS "Virtual Processors". Bits 15:9 are reserved.
 * @{
 */
#define HV_X64_PENDING_INTERRUPTION_PENDING                  (UINT64_C(1) << 0)
#define HV_X64_PENDING_INTERRUPTION_TYPE_SHIFT               1u
#define HV_X64_PENDING_INTERRUPTION_TYPE_MASK                (UINT64_C(7) << 1)
#define HV_X64_PENDING_INTERRUPTION_DELIVER_ERROR_CODE       (UINT64_C(1) << 4)
#define HV_X64_PENDING_INTERRUPTION_INSTRUCTION_LENGTH_SHIFT 5u
#define HV_X64_PENDING_INTERRUPTION_INSTRUCTION_LENGTH_MASK  (UINT64_C(0xF) << 5)
#define HV_X64_PENDING_INTERRUPTION_VECTOR_SHIFT             16u
#define HV_X64_PENDING_INTERRUPTION_VECTOR_MASK              (UINT64_C(0xFFFF) << 16)
#define HV_X64_PENDING_INTERRUPTION_ERROR_CODE_SHIFT         32u
/** @} */

/**
 * @name Values of the interruption type
 * HV_X64_PENDING_INTERRUPTION_TYPE.
 * @{
 */
#define HvX64PendingInterrupt                   0u
#define HvX64PendingNmi                         2u
#define HvX64PendingException                   3u
#define HvX64PendingSoftwareInterrupt           4u
#define HvX64PendingPrivilegedSoftwareException 5u
#define HvX64PendingSoftwareException           6u
/** @} */

/**
 * @name Fields of HV_X64_INTERRUPT_STATE_REGISTER
 * TLFS "Virtual Processors".
 * @{
 */
#define HV_X64_INTERRUPT_STATE_INTERRUPT_SHADOW (UINT64_C(1) << 0)
#define HV_X64_INTERRUPT_STATE_NMI_MASKED       (UINT64_C(1) << 1)
/** @} */

/**
 * @name Fields of HV_X64_SEGMENT_REGISTER: attributes
 * TLFS, data type HV_X64_SEGMENT_REGISTER. Bits 11:8 are reserved.
 * @{
 */
#define HV_X64_SEGMENT_TYPE_MASK   0x000Fu
#define HV_X64_SEGMENT_NON_SYSTEM  0x0010u
#define HV_X64_SEGMENT_DPL_SHIFT   5u
#define HV_X64_SEGMENT_DPL_MASK    0x0060u
#define HV_X64_SEGMENT_PRESENT     0x0080u
#define HV_X64_SEGMENT_AVAILABLE   0x1000u
#define HV_X64_SEGMENT_LONG        0x2000u
#define HV_X64_SEGMENT_DEFAULT     0x4000u
#define HV_X64_SEGMENT_GRANULARITY 0x8000u
/** @} */

/**
 * @name Fields of HV_X64_FP_REGISTER: exponent and sign
 * TLFS, data type HV_X64_FP_REGISTER.
 * @{
 */
#define HV_X64_FP_BIASED_EXPONENT_MASK 0x7FFFu
#define HV_X64_FP_SIGN                 0x8000u
/** @} */

/**
 * @name Fields of HvRegisterInternalActivityState
 * Windows Hypervisor Platform API, WHV_INTERNAL_ACTIVITY_REGISTER: the TLFS gives the name alone.
 * @{
 */
#define HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND (UINT64_C(1) << 0) /**< waits for its start-up */
#define HV_INTERNAL_ACTIVITY_HALT_SUSPEND    (UINT64_C(1) << 1) /**< has executed HLT */
#define HV_INTERNAL_ACTIVITY_IDLE_SUSPEND    (UINT64_C(1) << 2) /**< has read the guest idle MSR */
/** @} */

/**
 * @name Fields of HvX64RegisterSevAvicGpa
 * TLFS, data type HV_X64_REGISTER_SEV_GPA_PAGE.
 * @{
 */
#define HV_X64_REGISTER_SEV_GPA_PAGE_ENABLED      (UINT64_C(1) << 0)
#define HV_X64_REGISTER_SEV_GPA_PAGE_NUMBER_SHIFT 12u
/** @} */

/**
 * @name Fields of HvRegisterVsmCapabilities
 * TLFS "Virtual Secure Mode".
 * @{
 */
#define HV_REGISTER_VSM_CAPABILITIES_DENY_LOWER_VTL_STARTUP (UINT64_C(1) << 46)
#define HV_REGISTER_VSM_CAPABILITIES_MBEC_VTL_MASK_SHIFT    47u
#define HV_REGISTER_VSM_CAPABILITIES_MBEC_VTL_MASK          (UINT64_C(0xFFFF) << 47)
#define HV_REGISTER_VSM_CAPABILITIES_DR6_SHARED             (UINT64_C(1) << 63)
/** @} */

/**
 * @name Fields of HvRegisterVsmPartitionStatus
 * TLFS "Virtual Secure Mode".
 * @{
 */
#define HV_REGISTER_VSM_PARTITION_STATUS_ENABLED_VTL_SET_MASK       UINT64_C(0xFFFF)
#define HV_REGISTER_VSM_PARTITION_STATUS_MAXIMUM_VTL_SHIFT          16u
#define HV_REGISTER_VSM_PARTITION_STATUS_MAXIMUM_VTL_MASK           (UINT64_C(0xF) << 16)
#define HV_REGISTER_VSM_PARTITION_STATUS_MBEC_ENABLED_VTL_SET_SHIFT 20u
#define HV_REGISTER_VSM_PARTITION_STATUS_MBEC_ENABLED_VTL_SET_MASK  (UINT64_C(0xFFFF) << 20)
/** @} */

/**
 * @name Fields of HvRegisterVsmVpStatus
 * TLFS "Virtual Secure Mode".
 * @{
 */
#define HV_REGISTER_VSM_VP_STATUS_ACTIVE_VTL_MASK       UINT64_C(0xF)
#define HV_REGISTER_VSM_VP_STATUS_ACTIVE_MBEC_ENABLED   (UINT64_C(1) << 4)
#define HV_REGISTER_VSM_VP_STATUS_ENABLED_VTL_SET_SHIFT 16u
#define HV_REGISTER_VSM_VP_STATUS_ENABLED_VTL_SET_MASK  (UINT64_C(0xFFFF) << 16)
/** @} */

/**
 * @name Fields of HvRegisterVsmPartitionConfig
 * TLFS "Virtual Secure Mode". The default mask has the order of the HV_MAP_GPA bits: kernel execute
 * is its bit 2. v6.0b prints bits 2 and 3 the other way round.
 * @{
 */
#define HV_REGISTER_VSM_PARTITION_CONFIG_ENABLE_VTL_PROTECTION             (UINT64_C(1) << 0)
#define HV_REGISTER_VSM_PARTITION_CONFIG_DEFAULT_VTL_PROTECTION_MASK_SHIFT 1u
#define HV_REGISTER_VSM_PARTITION_CONFIG_DEFAULT_VTL_PROTECTION_MASK       (UINT64_C(0xF) << 1)
#define HV_REGISTER_VSM_PARTITION_CONFIG_ZERO_MEMORY_ON_RESET              (UINT64_C(1) << 5)
#define HV_REGISTER_VSM_PARTITION_CONFIG_DENY_LOWER_VTL_STARTUP            (UINT64_C(1) << 6)
#define HV_REGISTER_VSM_PARTITION_CONFIG_INTERCEPT_VP_STARTUP              (UINT64_C(1) << 9)
#define HV_REGISTER_VSM_PARTITION_CONFIG_RSVDZ_MASK                        (~UINT64_C(0x27F))
/** @} */

/**
 * @name Fields of HvRegisterVsmVpSecureConfigVtl0 to Vtl14
 * HV_REGISTER_VSM_VP_SECURE_VTL_CONFIG. TLFS "Virtual Secure Mode".
 * @{
 */
#define HV_REGISTER_VSM_VP_SECURE_VTL_CONFIG_MBEC_ENABLED (UINT64_C(1) << 0)
#define HV_REGISTER_VSM_VP_SECURE_VTL_CONFIG_TLB_LOCKED   (UINT64_C(1) << 1)
/** @} */

/**
 * @name Fields of HvRegisterVsmVina
 * TLFS "Virtual Secure Mode". Bits above 10 are RsvdP.
 * @{
 */
#define HV_REGISTER_VSM_VINA_VECTOR_MASK UINT64_C(0xFF)
#define HV_REGISTER_VSM_VINA_ENABLED     (UINT64_C(1) << 8)
#define HV_REGISTER_VSM_VINA_AUTO_RESET  (UINT64_C(1) << 9)
#define HV_REGISTER_VSM_VINA_AUTO_EOI    (UINT64_C(1) << 10)
/** @} */

/**
 * @name Fields of HvRegisterVsmCodePageOffsets
 * TLFS "Virtual Secure Mode".
 * @{
 */
#define HV_REGISTER_VSM_CODE_PAGE_OFFSETS_VTL_CALL_MASK    UINT64_C(0xFFF)
#define HV_REGISTER_VSM_CODE_PAGE_OFFSETS_VTL_RETURN_SHIFT 12u
#define HV_REGISTER_VSM_CODE_PAGE_OFFSETS_VTL_RETURN_MASK  (UINT64_C(0xFFF) << 12)
/** @} */

/**
 * @name Fields of HvX64RegisterCrInterceptControl
 * HV_REGISTER_CR_INTERCEPT_CONTROL. TLFS "Virtual Secure Mode".
 * @{
 */
#define HV_REGISTER_CR_INTERCEPT_CONTROL_CR0_WRITE                    (UINT64_C(1) << 0)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_CR4_WRITE                    (UINT64_C(1) << 1)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_XCR0_WRITE                   (UINT64_C(1) << 2)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_IA32_MISC_ENABLE_READ        (UINT64_C(1) << 3)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_IA32_MISC_ENABLE_WRITE       (UINT64_C(1) << 4)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_LSTAR_READ               (UINT64_C(1) << 5)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_LSTAR_WRITE              (UINT64_C(1) << 6)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_STAR_READ                (UINT64_C(1) << 7)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_STAR_WRITE               (UINT64_C(1) << 8)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_CSTAR_READ               (UINT64_C(1) << 9)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_CSTAR_WRITE              (UINT64_C(1) << 10)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_APIC_BASE_MSR_READ           (UINT64_C(1) << 11)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_APIC_BASE_MSR_WRITE          (UINT64_C(1) << 12)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_EFER_READ                (UINT64_C(1) << 13)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_EFER_WRITE               (UINT64_C(1) << 14)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_GDTR_WRITE                   (UINT64_C(1) << 15)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_IDTR_WRITE                   (UINT64_C(1) << 16)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_LDTR_WRITE                   (UINT64_C(1) << 17)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_TR_WRITE                     (UINT64_C(1) << 18)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_SYSENTER_CS_WRITE        (UINT64_C(1) << 19)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_SYSENTER_EIP_WRITE       (UINT64_C(1) << 20)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_SYSENTER_ESP_WRITE       (UINT64_C(1) << 21)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_SFMASK_WRITE             (UINT64_C(1) << 22)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_TSC_AUX_WRITE            (UINT64_C(1) << 23)
#define HV_REGISTER_CR_INTERCEPT_CONTROL_MSR_SGX_LAUNCH_CONTROL_WRITE (UINT64_C(1) << 24)
/** @} */

#endif
