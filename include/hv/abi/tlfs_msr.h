/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Synthetic MSRs and their fields.
 *
 * Source: TLFS v6.0b Appendix C and the chapters of the features; v2.0 for the power state and
 * statistics MSRs.
 */
#ifndef HV_ABI_TLFS_MSR_H
#define HV_ABI_TLFS_MSR_H

#include <stdint.h>

/**
 * @name Synthetic MSRs
 * TLFS v6.0b Appendix C. Each line gives the access and what the MSR depends on: a privilege by its
 * name in HV_PARTITION_PRIVILEGE_MASK, or a feature bit. Appendix C prints REFERENCE_TSC as
 * read-only and under AccessPartitionReferenceCounter; the text (R/W, AccessPartitionReferenceTsc)
 * is followed.
 * @{
 */
#define HV_X64_MSR_GUEST_OS_ID             0x40000000u /**< R/W; AccessHypercallMsrs */
#define HV_X64_MSR_HYPERCALL               0x40000001u /**< R/W; AccessHypercallMsrs */
#define HV_X64_MSR_VP_INDEX                0x40000002u /**< R; AccessVpIndex */
#define HV_X64_MSR_RESET                   0x40000003u /**< R/W; AccessResetReg */
#define HV_X64_MSR_VP_RUNTIME              0x40000010u /**< R; AccessVpRunTimeReg */
#define HV_X64_MSR_TIME_REF_COUNT          0x40000020u /**< R; AccessPartitionReferenceCounter */
#define HV_X64_MSR_REFERENCE_TSC           0x40000021u /**< R/W; AccessPartitionReferenceTsc */
#define HV_X64_MSR_TSC_FREQUENCY           0x40000022u /**< R; AccessFrequencyRegs */
#define HV_X64_MSR_APIC_FREQUENCY          0x40000023u /**< R; AccessFrequencyRegs */
#define HV_X64_MSR_NPIEP_CONFIG            0x40000040u /**< R/W; leaf 0x40000003 EDX bit 12 */
#define HV_X64_MSR_EOI                     0x40000070u /**< W; AccessIntrCtrlRegs */
#define HV_X64_MSR_ICR                     0x40000071u /**< R/W; AccessIntrCtrlRegs */
#define HV_X64_MSR_TPR                     0x40000072u /**< R/W; AccessIntrCtrlRegs */
#define HV_X64_MSR_VP_ASSIST_PAGE          0x40000073u /**< R/W; AccessIntrCtrlRegs */
#define HV_X64_MSR_SCONTROL                0x40000080u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SVERSION                0x40000081u /**< R; AccessSynicRegs */
#define HV_X64_MSR_SIEFP                   0x40000082u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SIMP                    0x40000083u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_EOM                     0x40000084u /**< W; AccessSynicRegs */
#define HV_X64_MSR_SINT0                   0x40000090u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT1                   0x40000091u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT2                   0x40000092u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT3                   0x40000093u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT4                   0x40000094u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT5                   0x40000095u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT6                   0x40000096u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT7                   0x40000097u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT8                   0x40000098u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT9                   0x40000099u /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT10                  0x4000009Au /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT11                  0x4000009Bu /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT12                  0x4000009Cu /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT13                  0x4000009Du /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT14                  0x4000009Eu /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_SINT15                  0x4000009Fu /**< R/W; AccessSynicRegs */
#define HV_X64_MSR_STIMER0_CONFIG          0x400000B0u /**< R/W; AccessSyntheticTimerRegs */
#define HV_X64_MSR_STIMER0_COUNT           0x400000B1u /**< R/W; AccessSyntheticTimerRegs */
#define HV_X64_MSR_STIMER1_CONFIG          0x400000B2u /**< R/W; AccessSyntheticTimerRegs */
#define HV_X64_MSR_STIMER1_COUNT           0x400000B3u /**< R/W; AccessSyntheticTimerRegs */
#define HV_X64_MSR_STIMER2_CONFIG          0x400000B4u /**< R/W; AccessSyntheticTimerRegs */
#define HV_X64_MSR_STIMER2_COUNT           0x400000B5u /**< R/W; AccessSyntheticTimerRegs */
#define HV_X64_MSR_STIMER3_CONFIG          0x400000B6u /**< R/W; AccessSyntheticTimerRegs */
#define HV_X64_MSR_STIMER3_COUNT           0x400000B7u /**< R/W; AccessSyntheticTimerRegs */
#define HV_X64_MSR_GUEST_IDLE              0x400000F0u /**< R; AccessGuestIdleReg */
#define HV_X64_MSR_CRASH_P0                0x40000100u /**< R/W; leaf 0x40000003 EDX bit 10 */
#define HV_X64_MSR_CRASH_P1                0x40000101u /**< R/W; leaf 0x40000003 EDX bit 10 */
#define HV_X64_MSR_CRASH_P2                0x40000102u /**< R/W; leaf 0x40000003 EDX bit 10 */
#define HV_X64_MSR_CRASH_P3                0x40000103u /**< R/W; leaf 0x40000003 EDX bit 10 */
#define HV_X64_MSR_CRASH_P4                0x40000104u /**< R/W; leaf 0x40000003 EDX bit 10 */
#define HV_X64_MSR_CRASH_CTL               0x40000105u /**< R/W; leaf 0x40000003 EDX bit 10 */
#define HV_X64_MSR_REENLIGHTENMENT_CONTROL 0x40000106u /**< R/W; AccessReenlightenmentControls */
#define HV_X64_MSR_TSC_EMULATION_CONTROL   0x40000107u /**< R/W; AccessReenlightenmentControls */
#define HV_X64_MSR_TSC_EMULATION_STATUS    0x40000108u /**< R/W; AccessReenlightenmentControls */
#define HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG \
    0x40000114u /**< R/W; AccessSyntheticTimerRegs, leaf 0x40000003 EDX bit 23 */
#define HV_X64_MSR_STIME_UNHALTED_TIMER_COUNT \
    0x40000115u /**< R/W; AccessSyntheticTimerRegs, leaf 0x40000003 EDX bit 23 */
/** @} */

/**
 * @name Power state and statistics MSRs
 * TLFS v2.0; later versions do not list them.
 * @{
 */
#define HV_X64_MSR_POWER_STATE_TRIGGER_C1        0x400000C1u /**< R; CpuManagement */
#define HV_X64_MSR_POWER_STATE_TRIGGER_C2        0x400000C2u /**< R; CpuManagement */
#define HV_X64_MSR_POWER_STATE_TRIGGER_C3        0x400000C3u /**< R; CpuManagement */
#define HV_X64_MSR_POWER_STATE_CONFIG_C1         0x400000D1u /**< R/W; CpuManagement */
#define HV_X64_MSR_POWER_STATE_CONFIG_C2         0x400000D2u /**< R/W; CpuManagement */
#define HV_X64_MSR_POWER_STATE_CONFIG_C3         0x400000D3u /**< R/W; CpuManagement */
#define HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE   0x400000E0u /**< R/W; AccessStatsReg */
#define HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE 0x400000E1u /**< R/W; AccessStatsReg */
#define HV_X64_MSR_STATS_VP_RETAIL_PAGE          0x400000E2u /**< R/W; AccessStatsReg */
#define HV_X64_MSR_STATS_VP_INTERNAL_PAGE        0x400000E3u /**< R/W; AccessStatsReg */
/** @} */

/**
 * @name MSRs of a nested root
 * TLFS "Nested Virtualization": the synthetic interrupt controller of the L0 hypervisor, for a root
 * partition that is itself nested.
 * @{
 */
#define HV_X64_MSR_NESTED_VP_INDEX 0x40001002u /**< R */
#define HV_X64_MSR_NESTED_SCONTROL 0x40001080u /**< R/W */
#define HV_X64_MSR_NESTED_SVERSION 0x40001081u /**< R */
#define HV_X64_MSR_NESTED_SIEFP    0x40001082u /**< R/W */
#define HV_X64_MSR_NESTED_SIMP     0x40001083u /**< R/W */
#define HV_X64_MSR_NESTED_EOM      0x40001084u /**< W */
#define HV_X64_MSR_NESTED_SINT0    0x40001090u /**< R/W */
#define HV_X64_MSR_NESTED_SINT1    0x40001091u /**< R/W */
#define HV_X64_MSR_NESTED_SINT2    0x40001092u /**< R/W */
#define HV_X64_MSR_NESTED_SINT3    0x40001093u /**< R/W */
#define HV_X64_MSR_NESTED_SINT4    0x40001094u /**< R/W */
#define HV_X64_MSR_NESTED_SINT5    0x40001095u /**< R/W */
#define HV_X64_MSR_NESTED_SINT6    0x40001096u /**< R/W */
#define HV_X64_MSR_NESTED_SINT7    0x40001097u /**< R/W */
#define HV_X64_MSR_NESTED_SINT8    0x40001098u /**< R/W */
#define HV_X64_MSR_NESTED_SINT9    0x40001099u /**< R/W */
#define HV_X64_MSR_NESTED_SINT10   0x4000109Au /**< R/W */
#define HV_X64_MSR_NESTED_SINT11   0x4000109Bu /**< R/W */
#define HV_X64_MSR_NESTED_SINT12   0x4000109Cu /**< R/W */
#define HV_X64_MSR_NESTED_SINT13   0x4000109Du /**< R/W */
#define HV_X64_MSR_NESTED_SINT14   0x4000109Eu /**< R/W */
#define HV_X64_MSR_NESTED_SINT15   0x4000109Fu /**< R/W */
/** @} */

/**
 * @name MSRs beyond the TLFS
 * MSRs that no TLFS document numbers; numbers and names are those of Linux (include/hyperv and
 * KVM).
 * @{
 */
#define HV_X64_MSR_SIRBP                 0x40000085u /**< R/W; event ring page of the SynIC */
#define HV_X64_MSR_SYNDBG_CONTROL        0x400000F1u /**< R/W; synthetic debugger */
#define HV_X64_MSR_SYNDBG_STATUS         0x400000F2u /**< R; synthetic debugger */
#define HV_X64_MSR_SYNDBG_SEND_BUFFER    0x400000F3u /**< R/W; synthetic debugger */
#define HV_X64_MSR_SYNDBG_RECV_BUFFER    0x400000F4u /**< R/W; synthetic debugger */
#define HV_X64_MSR_SYNDBG_PENDING_BUFFER 0x400000F5u /**< R/W; synthetic debugger */
#define HV_X64_MSR_SYNDBG_OPTIONS        0x400000FFu /**< R/W; synthetic debugger */
#define HV_X64_MSR_TSC_INVARIANT_CONTROL 0x40000118u /**< R/W; AccessTscInvariantControls */
/** @} */

/**
 * @name Fields of HV_X64_MSR_GUEST_OS_ID
 * TLFS "Hypercall Interface", guest OS identity: the form of proprietary systems.
 * @{
 */
#define HV_GUEST_OS_ID_BUILD_MASK    UINT64_C(0xFFFF)
#define HV_GUEST_OS_ID_SERVICE_SHIFT 16u
#define HV_GUEST_OS_ID_SERVICE_MASK  (UINT64_C(0xFF) << 16)
#define HV_GUEST_OS_ID_MINOR_SHIFT   24u
#define HV_GUEST_OS_ID_MINOR_MASK    (UINT64_C(0xFF) << 24)
#define HV_GUEST_OS_ID_MAJOR_SHIFT   32u
#define HV_GUEST_OS_ID_MAJOR_MASK    (UINT64_C(0xFF) << 32)
#define HV_GUEST_OS_ID_OS_SHIFT      40u
#define HV_GUEST_OS_ID_OS_MASK       (UINT64_C(0xFF) << 40)
#define HV_GUEST_OS_ID_VENDOR_SHIFT  48u
#define HV_GUEST_OS_ID_VENDOR_MASK   (UINT64_C(0x7FFF) << 48)
#define HV_GUEST_OS_ID_OPEN_SOURCE \
    (UINT64_C(1) << 63) /**< set in the form of open source systems */
/** @} */

/**
 * @name Values of the OS field
 * Of a proprietary system.
 * @{
 */
#define HV_GUEST_OS_UNDEFINED  0u
#define HV_GUEST_OS_MSDOS      1u
#define HV_GUEST_OS_WINDOWS_3X 2u
#define HV_GUEST_OS_WINDOWS_9X 3u
#define HV_GUEST_OS_WINDOWS_NT 4u
#define HV_GUEST_OS_WINDOWS_CE 5u
/** @} */

/**
 * @name Values of the vendor field
 * Of a proprietary system.
 * @{
 */
#define HV_GUEST_OS_VENDOR_MICROSOFT  0x0001u
#define HV_GUEST_OS_VENDOR_HPE        0x0002u
#define HV_GUEST_OS_VENDOR_BLACKBERRY 0x0003u
#define HV_GUEST_OS_VENDOR_LANCOM     0x0200u
/** @} */

/**
 * @name Fields of HV_X64_MSR_GUEST_OS_ID, open source form
 * Bit 63 is #HV_GUEST_OS_ID_OPEN_SOURCE.
 * @{
 */
#define HV_GUEST_OS_ID_OPEN_SOURCE_BUILD_MASK    UINT64_C(0xFFFF)
#define HV_GUEST_OS_ID_OPEN_SOURCE_VERSION_SHIFT 16u
#define HV_GUEST_OS_ID_OPEN_SOURCE_VERSION_MASK  (UINT64_C(0xFFFFFFFF) << 16)
#define HV_GUEST_OS_ID_OPEN_SOURCE_OS_SHIFT      48u /**< chosen by the system itself */
#define HV_GUEST_OS_ID_OPEN_SOURCE_OS_MASK       (UINT64_C(0xFF) << 48)
#define HV_GUEST_OS_ID_OPEN_SOURCE_TYPE_SHIFT    56u
#define HV_GUEST_OS_ID_OPEN_SOURCE_TYPE_MASK     (UINT64_C(0x7F) << 56)
/** @} */

/**
 * @name Values of the OS type field
 * Of an open source system.
 * @{
 */
#define HV_GUEST_OS_TYPE_LINUX   1u
#define HV_GUEST_OS_TYPE_FREEBSD 2u
#define HV_GUEST_OS_TYPE_XEN     3u
#define HV_GUEST_OS_TYPE_ILLUMOS 4u
/** @} */

/**
 * @name Fields of HV_X64_MSR_HYPERCALL
 * TLFS "Hypercall Interface", establishing the hypercall interface. Bits 11:2 are RsvdP.
 * @{
 */
#define HV_X64_MSR_HYPERCALL_ENABLE (UINT64_C(1) << 0)
#define HV_X64_MSR_HYPERCALL_LOCKED \
    (UINT64_C(1) << 1) /**< immutable until the partition is reset */
#define HV_X64_MSR_HYPERCALL_GPFN_SHIFT 12u
#define HV_X64_MSR_HYPERCALL_GPFN_MASK  (~UINT64_C(0xFFF))
#define HV_X64_MSR_HYPERCALL_RSVDP_MASK UINT64_C(0xFFC)
/** @} */

/**
 * @name Fields of the MSRs that hold a page address
 * VP_ASSIST_PAGE, SIEFP, SIMP, SIRBP, REFERENCE_TSC and the statistics MSRs. Bits 11:1 are RsvdP.
 * @{
 */
#define HV_X64_MSR_PAGE_ENABLE     (UINT64_C(1) << 0)
#define HV_X64_MSR_PAGE_GPFN_SHIFT 12u
#define HV_X64_MSR_PAGE_BASE_MASK  (~UINT64_C(0xFFF))
#define HV_X64_MSR_PAGE_RSVDP_MASK UINT64_C(0xFFE)
/** @} */

/**
 * @name Fields of HV_X64_MSR_RESET
 * TLFS v2.0 section 6.3.5; later versions give no format.
 * @{
 */
#define HV_X64_MSR_RESET_RESET (UINT64_C(1) << 0)
/** @} */

/**
 * @name Fields of HV_X64_MSR_SCONTROL and of HV_X64_MSR_SVERSION
 * TLFS "Virtual Interrupt Controller".
 * @{
 */
#define HV_X64_MSR_SCONTROL_ENABLE (UINT64_C(1) << 0)
#define HV_SYNIC_VERSION_1         UINT64_C(1) /**< value of SVERSION */
/** @} */

/**
 * @name Fields of HV_X64_MSR_SINT0 to HV_X64_MSR_SINT15
 * TLFS "Virtual Interrupt Controller". Bits 15:8 and those above 18 are RsvdP in the TLFS; bits 19
 * and 20 are those of Linux (include/hyperv).
 * @{
 */
#define HV_X64_MSR_SINT_VECTOR_MASK  UINT64_C(0xFF)
#define HV_X64_MSR_SINT_VECTOR_FIRST 16u /**< lowest vector that a SINT can have */
#define HV_X64_MSR_SINT_MASKED       (UINT64_C(1) << 16)
#define HV_X64_MSR_SINT_AUTO_EOI     (UINT64_C(1) << 17)
#define HV_X64_MSR_SINT_POLLING      (UINT64_C(1) << 18) /**< HV_FEATURE_EDX_SINT_POLLING_MODE */
#define HV_X64_MSR_SINT_AS_INTERCEPT \
    (UINT64_C(1) << 19) /**< messages of this SINT arrive as intercept messages in slot 0 */
#define HV_X64_MSR_SINT_PROXY (UINT64_C(1) << 20)
#define HV_X64_MSR_SINT_RESET UINT64_C(0x10000) /**< value after the creation of the VP */
/** @} */

/**
 * @name Fields of HV_X64_MSR_STIMER0_CONFIG to HV_X64_MSR_STIMER3_CONFIG
 * TLFS "Timers". Bits 15:13 and 63:20 are RsvdZ.
 * @{
 */
#define HV_X64_MSR_STIMER_CONFIG_ENABLE   (UINT64_C(1) << 0)
#define HV_X64_MSR_STIMER_CONFIG_PERIODIC (UINT64_C(1) << 1)
#define HV_X64_MSR_STIMER_CONFIG_LAZY     (UINT64_C(1) << 2)
#define HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE \
    (UINT64_C(1) << 3) /**< a write of the count enables the timer */
#define HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_SHIFT 4u
#define HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_MASK  (UINT64_C(0xFF) << 4)
#define HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE \
    (UINT64_C(1) << 12) /**< interrupts with the APIC vector instead of a message */
#define HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT 16u
#define HV_X64_MSR_STIMER_CONFIG_SINTX_MASK  (UINT64_C(0xF) << 16)
#define HV_X64_MSR_STIMER_CONFIG_RSVDZ_MASK  UINT64_C(0xFFFFFFFFFFF0E000)
/** @} */

/**
 * @name Fields of HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG
 * TLFS "Timers", synthetic time-unhalted timer. Bits 63:9 are RsvdZ.
 * @{
 */
#define HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_VECTOR_MASK \
    UINT64_C(0xFF) /**< 2 for an NMI, otherwise 16 or above */
#define HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_ENABLED    (UINT64_C(1) << 8)
#define HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_RSVDZ_MASK UINT64_C(0xFFFFFFFFFFFFFE00)
/** @} */

/**
 * @name Fields of the reenlightenment MSRs
 * HV_REENLIGHTENMENT_CONTROL, HV_TSC_EMULATION_CONTROL, HV_TSC_EMULATION_STATUS. TLFS "Nested
 * Virtualization".
 * @{
 */
#define HV_REENLIGHTENMENT_CONTROL_VECTOR_MASK     UINT64_C(0xFF)
#define HV_REENLIGHTENMENT_CONTROL_ENABLED         (UINT64_C(1) << 16)
#define HV_REENLIGHTENMENT_CONTROL_TARGET_VP_SHIFT 32u
#define HV_REENLIGHTENMENT_CONTROL_RSVDZ_MASK      UINT64_C(0x00000000FFFEFF00)
#define HV_TSC_EMULATION_CONTROL_ENABLED           (UINT64_C(1) << 0)
#define HV_TSC_EMULATION_STATUS_IN_PROGRESS        (UINT64_C(1) << 0)
/** @} */

/**
 * @name Fields of HV_X64_MSR_TSC_INVARIANT_CONTROL
 * Linux, include/hyperv: other bits must be zero.
 * @{
 */
#define HV_X64_MSR_TSC_INVARIANT_CONTROL_EXPOSE \
    (UINT64_C(1) << 0) /**< CPUID then reports the invariant TSC */
/** @} */

/**
 * @name Fields of HV_X64_MSR_SYNDBG_OPTIONS
 * Linux, KVM.
 * @{
 */
#define HV_X64_MSR_SYNDBG_OPTIONS_USE_HCALLS \
    (UINT64_C(1) << 2) /**< debug data travels by hypercalls instead of MSRs */
/** @} */

/**
 * @name Fields of HV_X64_MSR_NPIEP_CONFIG
 * HV_X64_MSR_NPIEP_CONFIG_CONTENTS. TLFS "Virtual Processors", non-privileged instruction execution
 * prevention.
 * @{
 */
#define HV_X64_MSR_NPIEP_CONFIG_PREVENT_SGDT (UINT64_C(1) << 0)
#define HV_X64_MSR_NPIEP_CONFIG_PREVENT_SIDT (UINT64_C(1) << 1)
#define HV_X64_MSR_NPIEP_CONFIG_PREVENT_SLDT (UINT64_C(1) << 2)
#define HV_X64_MSR_NPIEP_CONFIG_PREVENT_STR  (UINT64_C(1) << 3)
/** @} */

/**
 * @name Fields of HV_X64_MSR_CRASH_CTL
 * HV_CRASH_CTL_REG_CONTENTS. TLFS "Partitions", partition crash enlightenment; v6.0b reserves bits
 * 61:0.
 * @{
 */
#define HV_CRASH_CTL_PRE_OS_ID_SHIFT 58u
#define HV_CRASH_CTL_PRE_OS_ID_MASK \
    (UINT64_C(7) << 58) /**< the environment before the OS that crashed */
#define HV_CRASH_CTL_NO_CRASH_DUMP (UINT64_C(1) << 61)
#define HV_CRASH_CTL_CRASH_MESSAGE \
    (UINT64_C(1) << 62) /**< P3 is the GPA of a message and P4 its length in bytes */
#define HV_CRASH_CTL_CRASH_NOTIFY  (UINT64_C(1) << 63)
#define HV_CRASH_MESSAGE_MAX_BYTES 4096u
/** @} */

#endif
