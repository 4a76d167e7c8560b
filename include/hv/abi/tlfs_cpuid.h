/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief CPUID leaves of the hypervisor and their bits.
 *
 * Source: TLFS "Feature and Interface Discovery".
 */
#ifndef HV_ABI_TLFS_CPUID_H
#define HV_ABI_TLFS_CPUID_H

#include <stdint.h>

/**
 * @name CPUID leaves
 * TLFS "Feature and Interface Discovery". The suffix says what the leaf holds.
 * @{
 */
#define HV_CPUID_VENDOR_AND_MAX_FUNCTION        0x40000000u
#define HV_CPUID_INTERFACE                      0x40000001u
#define HV_CPUID_VERSION                        0x40000002u
#define HV_CPUID_FEATURES                       0x40000003u
#define HV_CPUID_ENLIGHTENMENT_INFO             0x40000004u
#define HV_CPUID_IMPLEMENTATION_LIMITS          0x40000005u
#define HV_CPUID_HARDWARE_FEATURES              0x40000006u
#define HV_CPUID_CPU_MANAGEMENT_FEATURES        0x40000007u
#define HV_CPUID_SVM_FEATURES                   0x40000008u
#define HV_CPUID_NESTED_HYPERVISOR_FEATURES     0x40000009u
#define HV_CPUID_NESTED_VIRTUALIZATION_FEATURES 0x4000000Au
#define HV_CPUID_IPT_FEATURES                   0x4000000Bu /**< known by name only */
/** @} */

/**
 * @name CPUID leaves beyond the TLFS
 * Isolation and the leaves of the virtualization stack; Linux, include/hyperv. KVM puts its
 * synthetic debugger on the same three numbers.
 * @{
 */
#define HV_CPUID_ISOLATION_CONFIG         0x4000000Cu
#define HV_CPUID_VIRT_STACK_VENDOR        0x40000080u
#define HV_CPUID_VIRT_STACK_INTERFACE     0x40000081u
#define HV_CPUID_VIRT_STACK_PROPERTIES    0x40000082u
#define HV_VIRT_STACK_INTERFACE_SIGNATURE 0x31235356u /**< "VS#1", leaf 0x40000081 EAX */
/** @} */

/**
 * @name Presence and identity
 * TLFS "Feature and Interface Discovery".
 * @{
 */
#define HV_CPUID_1_ECX_HYPERVISOR_PRESENT (UINT32_C(1) << 31) /**< leaf 1 ECX */
#define HV_CPUID_MIN_MAX_FUNCTION         0x40000005u /**< the least value of leaf 0x40000000 EAX */
#define HV_VENDOR_EBX                     0x7263694Du /**< "Micr" */
#define HV_VENDOR_ECX                     0x666F736Fu /**< "osof" */
#define HV_VENDOR_EDX                     0x76482074u /**< "t Hv" */
#define HV_INTERFACE_SIGNATURE            0x31237648u /**< "Hv#1", leaf 0x40000001 EAX */
/** @} */

/**
 * @name Version
 * Leaf 0x40000002: EAX is the build number and ECX the service pack. All zero until the guest has
 * set its OS id.
 * @{
 */
#define HV_VERSION_EBX_MAJOR_SHIFT          16u
#define HV_VERSION_EBX_MINOR_MASK           0x0000FFFFu
#define HV_VERSION_EDX_SERVICE_BRANCH_SHIFT 24u
#define HV_VERSION_EDX_SERVICE_NUMBER_MASK  0x00FFFFFFu
/** @} */

/**
 * @name Features, ECX
 * Leaf 0x40000003 ECX. EAX and EBX are the partition privilege mask.
 * @{
 */
#define HV_FEATURE_ECX_INVARIANT_MPERF          (UINT32_C(1) << 5)
#define HV_FEATURE_ECX_SUPERVISOR_SHADOW_STACK  (UINT32_C(1) << 6)
#define HV_FEATURE_ECX_ARCHITECTURAL_PMU        (UINT32_C(1) << 7)
#define HV_FEATURE_ECX_EXCEPTION_TRAP_INTERCEPT (UINT32_C(1) << 8)
/** @} */

/**
 * @name Features, ECX, beyond the TLFS
 * Linux, include/hyperv.
 * @{
 */
#define HV_FEATURE_ECX_VP_DISPATCH_INTERRUPT_INJECTION (UINT32_C(1) << 9)
#define HV_FEATURE_ECX_VP_GHCB_ROOT_MAPPING            (UINT32_C(1) << 10)
/** @} */

/**
 * @name Features, EDX
 * Leaf 0x40000003 EDX.
 * @{
 */
#define HV_FEATURE_EDX_MWAIT                             (UINT32_C(1) << 0) /**< deprecated */
#define HV_FEATURE_EDX_GUEST_DEBUGGING                   (UINT32_C(1) << 1)
#define HV_FEATURE_EDX_PERFORMANCE_MONITOR               (UINT32_C(1) << 2)
#define HV_FEATURE_EDX_CPU_DYNAMIC_PARTITIONING          (UINT32_C(1) << 3)
#define HV_FEATURE_EDX_XMM_HYPERCALL_INPUT               (UINT32_C(1) << 4)
#define HV_FEATURE_EDX_GUEST_IDLE_STATE                  (UINT32_C(1) << 5)
#define HV_FEATURE_EDX_HYPERVISOR_SLEEP_STATE            (UINT32_C(1) << 6)
#define HV_FEATURE_EDX_NUMA_DISTANCE_QUERY               (UINT32_C(1) << 7)
#define HV_FEATURE_EDX_TIMER_FREQUENCIES                 (UINT32_C(1) << 8)
#define HV_FEATURE_EDX_SYNTHETIC_MACHINE_CHECK_INJECTION (UINT32_C(1) << 9)
#define HV_FEATURE_EDX_GUEST_CRASH_MSRS                  (UINT32_C(1) << 10)
#define HV_FEATURE_EDX_DEBUG_MSRS                        (UINT32_C(1) << 11)
#define HV_FEATURE_EDX_NPIEP                             (UINT32_C(1) << 12)
#define HV_FEATURE_EDX_DISABLE_HYPERVISOR                (UINT32_C(1) << 13)
#define HV_FEATURE_EDX_EXTENDED_GVA_RANGES_FOR_FLUSH     (UINT32_C(1) << 14)
#define HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT              (UINT32_C(1) << 15)
#define HV_FEATURE_EDX_SINT_POLLING_MODE                 (UINT32_C(1) << 17)
#define HV_FEATURE_EDX_HYPERCALL_MSR_LOCK                (UINT32_C(1) << 18)
#define HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS           (UINT32_C(1) << 19)
#define HV_FEATURE_EDX_VSM_PAT_REGISTER                  (UINT32_C(1) << 20)
#define HV_FEATURE_EDX_VSM_BNDCFGS_REGISTER              (UINT32_C(1) << 21)
#define HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER     (UINT32_C(1) << 23)
#define HV_FEATURE_EDX_LBR                               (UINT32_C(1) << 26)
/** @} */

/**
 * @name Features, EDX, beyond the TLFS
 * The hvdef crate of OpenVMM.
 * @{
 */
#define HV_FEATURE_EDX_IPT                 (UINT32_C(1) << 27)
#define HV_FEATURE_EDX_CROSS_VTL_FLUSH     (UINT32_C(1) << 28)
#define HV_FEATURE_EDX_IDLE_SPEC_CTRL      (UINT32_C(1) << 29)
#define HV_FEATURE_EDX_TRANSLATE_GVA_FLAGS (UINT32_C(1) << 30)
#define HV_FEATURE_EDX_APIC_EOI_INTERCEPT  (UINT32_C(1) << 31)
/** @} */

/**
 * @name Recommendations, EAX
 * Leaf 0x40000004 EAX: what the guest should do.
 * @{
 */
#define HV_RECOMMEND_EAX_ADDRESS_SPACE_SWITCH_HYPERCALL (UINT32_C(1) << 0)
#define HV_RECOMMEND_EAX_LOCAL_FLUSH_HYPERCALL          (UINT32_C(1) << 1)
#define HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL         (UINT32_C(1) << 2)
#define HV_RECOMMEND_EAX_APIC_MSRS                      (UINT32_C(1) << 3)
#define HV_RECOMMEND_EAX_RESET_MSR                      (UINT32_C(1) << 4)
#define HV_RECOMMEND_EAX_RELAXED_TIMING                 (UINT32_C(1) << 5)
#define HV_RECOMMEND_EAX_DMA_REMAPPING                  (UINT32_C(1) << 6)
#define HV_RECOMMEND_EAX_INTERRUPT_REMAPPING            (UINT32_C(1) << 7)
#define HV_RECOMMEND_EAX_X2APIC_MSRS                    (UINT32_C(1) << 8)
#define HV_RECOMMEND_EAX_DEPRECATE_AUTO_EOI             (UINT32_C(1) << 9)
#define HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI          (UINT32_C(1) << 10)
#define HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS             (UINT32_C(1) << 11)
#define HV_RECOMMEND_EAX_NESTED \
    (UINT32_C(1) << 12) /**< the hypervisor runs within a Hyper-V partition */
#define HV_RECOMMEND_EAX_INT_FOR_MBEC_SYSTEM_CALLS         (UINT32_C(1) << 13)
#define HV_RECOMMEND_EAX_ENLIGHTENED_VMCS                  (UINT32_C(1) << 14)
#define HV_RECOMMEND_EAX_SYNCED_TIMELINE                   (UINT32_C(1) << 15)
#define HV_RECOMMEND_EAX_DIRECT_LOCAL_FLUSH_ENTIRE         (UINT32_C(1) << 17) /**< CR4.PGE */
#define HV_RECOMMEND_EAX_NO_NON_ARCHITECTURAL_CORE_SHARING (UINT32_C(1) << 18)
/** @} */

/**
 * @name Recommendations, EAX, beyond the TLFS
 * Linux, include/hyperv.
 * @{
 */
#define HV_RECOMMEND_EAX_MMIO_HYPERCALLS (UINT32_C(1) << 21)
/** @} */

/**
 * @name Recommendations, EBX and ECX
 * Leaf 0x40000004 EBX: retries of a spin lock before HvCallNotifyLongSpinWait.
 * @{
 */
#define HV_RECOMMEND_EBX_SPIN_RETRIES_NEVER         0xFFFFFFFFu /**< never notify */
#define HV_RECOMMEND_ECX_PHYSICAL_ADDRESS_BITS_MASK 0x0000007Fu /**< 0 when not reported */
/** @} */

/**
 * @name Hardware features, EAX
 * Leaf 0x40000006 EAX: what the hypervisor has detected and uses.
 * @{
 */
#define HV_HARDWARE_EAX_APIC_OVERLAY_ASSIST              (UINT32_C(1) << 0)
#define HV_HARDWARE_EAX_MSR_BITMAPS                      (UINT32_C(1) << 1)
#define HV_HARDWARE_EAX_PERFORMANCE_COUNTERS             (UINT32_C(1) << 2)
#define HV_HARDWARE_EAX_SECOND_LEVEL_ADDRESS_TRANSLATION (UINT32_C(1) << 3)
#define HV_HARDWARE_EAX_DMA_REMAPPING                    (UINT32_C(1) << 4)
#define HV_HARDWARE_EAX_INTERRUPT_REMAPPING              (UINT32_C(1) << 5)
#define HV_HARDWARE_EAX_MEMORY_PATROL_SCRUBBER           (UINT32_C(1) << 6)
#define HV_HARDWARE_EAX_DMA_PROTECTION                   (UINT32_C(1) << 7)
#define HV_HARDWARE_EAX_HPET_REQUESTED                   (UINT32_C(1) << 8)
#define HV_HARDWARE_EAX_VOLATILE_SYNTHETIC_TIMERS        (UINT32_C(1) << 9)
#define HV_HARDWARE_EAX_HYPERVISOR_LEVEL_SHIFT           10u
#define HV_HARDWARE_EAX_HYPERVISOR_LEVEL_MASK            0x00003C00u /**< 0 when not nested */
#define HV_HARDWARE_EAX_PHYSICAL_DESTINATION_MODE        (UINT32_C(1) << 14)
#define HV_HARDWARE_EAX_VMFUNC_ALIAS_MAP_SWITCH          (UINT32_C(1) << 15)
#define HV_HARDWARE_EAX_HARDWARE_MEMORY_ZEROING          (UINT32_C(1) << 16)
#define HV_HARDWARE_EAX_UNRESTRICTED_GUEST               (UINT32_C(1) << 17)
#define HV_HARDWARE_EAX_RESOURCE_ALLOCATION              (UINT32_C(1) << 18) /**< RDT-A */
#define HV_HARDWARE_EAX_RESOURCE_MONITORING              (UINT32_C(1) << 19) /**< RDT-M */
#define HV_HARDWARE_EAX_GUEST_VIRTUAL_PMU                (UINT32_C(1) << 20)
#define HV_HARDWARE_EAX_GUEST_VIRTUAL_LBR                (UINT32_C(1) << 21)
#define HV_HARDWARE_EAX_GUEST_VIRTUAL_IPT                (UINT32_C(1) << 22)
#define HV_HARDWARE_EAX_APIC_EMULATION                   (UINT32_C(1) << 23)
#define HV_HARDWARE_EAX_ACPI_WDAT                        (UINT32_C(1) << 24)
/** @} */

/**
 * @name CPU management features
 * Leaf 0x40000007, of the root partition.
 * @{
 */
#define HV_CPU_MANAGEMENT_EAX_START_LOGICAL_PROCESSOR       (UINT32_C(1) << 0)
#define HV_CPU_MANAGEMENT_EAX_CREATE_ROOT_VIRTUAL_PROCESSOR (UINT32_C(1) << 1)
#define HV_CPU_MANAGEMENT_EAX_PERFORMANCE_COUNTER_SYNC      (UINT32_C(1) << 2)
#define HV_CPU_MANAGEMENT_EAX_RESERVED_IDENTITY_BIT         (UINT32_C(1) << 31)
#define HV_CPU_MANAGEMENT_EBX_PROCESSOR_POWER_MANAGEMENT    (UINT32_C(1) << 0)
#define HV_CPU_MANAGEMENT_EBX_MWAIT_IDLE_STATES             (UINT32_C(1) << 1)
#define HV_CPU_MANAGEMENT_EBX_LOGICAL_PROCESSOR_IDLING      (UINT32_C(1) << 2)
#define HV_CPU_MANAGEMENT_ECX_REMAP_GUEST_UNCACHED          (UINT32_C(1) << 0)
/** @} */

/**
 * @name SVM features
 * Leaf 0x40000008 EAX: shared virtual memory.
 * @{
 */
#define HV_SVM_EAX_SVM_SUPPORTED    (UINT32_C(1) << 0)
#define HV_SVM_EAX_MAX_PASIDS_SHIFT 11u
/** @} */

/**
 * @name Nested hypervisor features
 * Leaf 0x40000009: EAX has the privileges of the synthetic MSRs of the L0 hypervisor, with a
 * numbering of its own for AccessReenlightenmentControls; EDX its hypercall features.
 * @{
 */
#define HV_NESTED_HYPERVISOR_EAX_AccessSynicRegs     (UINT32_C(1) << 2)
#define HV_NESTED_HYPERVISOR_EAX_AccessIntrCtrlRegs  (UINT32_C(1) << 4)
#define HV_NESTED_HYPERVISOR_EAX_AccessHypercallMsrs (UINT32_C(1) << 5)
#define HV_NESTED_HYPERVISOR_EAX_AccessVpIndex       (UINT32_C(1) << 6)
#define HV_NESTED_HYPERVISOR_EAX_AccessReenlightenmentControls \
    (UINT32_C(1) << 12) /**< bit 13 in the privilege mask */
#define HV_NESTED_HYPERVISOR_EDX_XMM_HYPERCALL_INPUT  (UINT32_C(1) << 4)
#define HV_NESTED_HYPERVISOR_EDX_XMM_HYPERCALL_OUTPUT (UINT32_C(1) << 15)
#define HV_NESTED_HYPERVISOR_EDX_SINT_POLLING_MODE    (UINT32_C(1) << 17)
/** @} */

/**
 * @name Nested virtualization features
 * Leaf 0x4000000A. The table of the TLFS also prints bits 22 and 21 of EAX as reserved; its rows
 * define them.
 * @{
 */
#define HV_NESTED_VIRTUALIZATION_EAX_EVMCS_VERSION_LOW_MASK                 0x000000FFu
#define HV_NESTED_VIRTUALIZATION_EAX_EVMCS_VERSION_HIGH_SHIFT               8u
#define HV_NESTED_VIRTUALIZATION_EAX_EVMCS_VERSION_HIGH_MASK                0x0000FF00u
#define HV_NESTED_VIRTUALIZATION_EAX_DIRECT_VIRTUAL_FLUSH                   (UINT32_C(1) << 17)
#define HV_NESTED_VIRTUALIZATION_EAX_FLUSH_GUEST_PHYSICAL_HYPERCALLS        (UINT32_C(1) << 18)
#define HV_NESTED_VIRTUALIZATION_EAX_ENLIGHTENED_MSR_BITMAP                 (UINT32_C(1) << 19)
#define HV_NESTED_VIRTUALIZATION_EAX_VIRTUALIZATION_EXCEPTION_IN_PAGE_FAULT (UINT32_C(1) << 20)
#define HV_NESTED_VIRTUALIZATION_EAX_GUEST_IA32_DEBUG_CTL \
    (UINT32_C(1) << 21) /**< GuestIa32DebugCtl may be non-zero */
#define HV_NESTED_VIRTUALIZATION_EAX_ENLIGHTENED_TLB (UINT32_C(1) << 22) /**< AMD */
#define HV_NESTED_VIRTUALIZATION_EBX_PERF_GLOBAL_CTRL \
    (UINT32_C(1) << 0) /**< the enlightened VMCS has GuestPerfGlobalCtrl and HostPerfGlobalCtrl */
/** @} */

/**
 * @name Virtualization stack properties, beyond the TLFS
 * Leaf 0x40000082 EAX; the hvdef crate of OpenVMM and Linux.
 * @{
 */
#define HV_VIRT_STACK_EAX_PORTABLE             (UINT32_C(1) << 0)
#define HV_VIRT_STACK_EAX_DEBUG_DEVICE_PRESENT (UINT32_C(1) << 1)
#define HV_VIRT_STACK_EAX_EXTENDED_IOAPIC_RTE  (UINT32_C(1) << 2)
#define HV_VIRT_STACK_EAX_CONFIDENTIAL_VMBUS   (UINT32_C(1) << 3)
/** @} */

#endif
