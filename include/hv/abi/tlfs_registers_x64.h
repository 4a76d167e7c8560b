/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Names of the virtual processor registers of x64.
 *
 * Source: TLFS, data type HV_REGISTER_NAME; v6.0b where marked. tlfs_registers.h has the registers
 * that all architectures share.
 */
#ifndef HV_ABI_TLFS_REGISTERS_X64_H
#define HV_ABI_TLFS_REGISTERS_X64_H

#include <stdint.h>

/**
 * @name VP registers: Interrupt & Pending State
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvRegisterPendingInterruption      0x00010002u /**< HV_X64_PENDING_INTERRUPTION_REGISTER */
#define HvRegisterInterruptState           0x00010003u /**< HV_X64_INTERRUPT_STATE_REGISTER */
#define HvX64RegisterPendingDebugException 0x00010007u
/** @} */

/**
 * @name VP registers: General Purpose & Instruction State
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterRax    0x00020000u
#define HvX64RegisterRcx    0x00020001u
#define HvX64RegisterRdx    0x00020002u
#define HvX64RegisterRbx    0x00020003u
#define HvX64RegisterRsp    0x00020004u
#define HvX64RegisterRbp    0x00020005u
#define HvX64RegisterRsi    0x00020006u
#define HvX64RegisterRdi    0x00020007u
#define HvX64RegisterR8     0x00020008u
#define HvX64RegisterR9     0x00020009u
#define HvX64RegisterR10    0x0002000Au
#define HvX64RegisterR11    0x0002000Bu
#define HvX64RegisterR12    0x0002000Cu
#define HvX64RegisterR13    0x0002000Du
#define HvX64RegisterR14    0x0002000Eu
#define HvX64RegisterR15    0x0002000Fu
#define HvX64RegisterRip    0x00020010u
#define HvX64RegisterRflags 0x00020011u
/** @} */

/**
 * @name VP registers: Floating Point / SIMD
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterXmm0             0x00030000u
#define HvX64RegisterXmm1             0x00030001u
#define HvX64RegisterXmm2             0x00030002u
#define HvX64RegisterXmm3             0x00030003u
#define HvX64RegisterXmm4             0x00030004u
#define HvX64RegisterXmm5             0x00030005u
#define HvX64RegisterXmm6             0x00030006u
#define HvX64RegisterXmm7             0x00030007u
#define HvX64RegisterXmm8             0x00030008u
#define HvX64RegisterXmm9             0x00030009u
#define HvX64RegisterXmm10            0x0003000Au
#define HvX64RegisterXmm11            0x0003000Bu
#define HvX64RegisterXmm12            0x0003000Cu
#define HvX64RegisterXmm13            0x0003000Du
#define HvX64RegisterXmm14            0x0003000Eu
#define HvX64RegisterXmm15            0x0003000Fu
#define HvX64RegisterFpMmx0           0x00030010u
#define HvX64RegisterFpMmx1           0x00030011u
#define HvX64RegisterFpMmx2           0x00030012u
#define HvX64RegisterFpMmx3           0x00030013u
#define HvX64RegisterFpMmx4           0x00030014u
#define HvX64RegisterFpMmx5           0x00030015u
#define HvX64RegisterFpMmx6           0x00030016u
#define HvX64RegisterFpMmx7           0x00030017u
#define HvX64RegisterFpControlStatus  0x00030018u /**< HV_X64_FP_CONTROL_STATUS_REGISTER */
#define HvX64RegisterXmmControlStatus 0x00030019u /**< HV_X64_XMM_CONTROL_STATUS_REGISTER */
/** @} */

/**
 * @name VP registers: Control & Intermediate Control Registers
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterCr0             0x00040000u
#define HvX64RegisterCr2             0x00040001u
#define HvX64RegisterCr3             0x00040002u
#define HvX64RegisterCr4             0x00040003u
#define HvX64RegisterCr8             0x00040004u
#define HvX64RegisterXfem            0x00040005u /**< XCR0 */
#define HvX64RegisterIntermediateCr0 0x00041000u
#define HvX64RegisterIntermediateCr4 0x00041003u
#define HvX64RegisterIntermediateCr8 0x00041004u
/** @} */

/**
 * @name VP registers: Debug Registers
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterDr0 0x00050000u
#define HvX64RegisterDr1 0x00050001u
#define HvX64RegisterDr2 0x00050002u
#define HvX64RegisterDr3 0x00050003u
#define HvX64RegisterDr6 0x00050004u
#define HvX64RegisterDr7 0x00050005u
/** @} */

/**
 * @name VP registers: Segment Registers
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterEs   0x00060000u
#define HvX64RegisterCs   0x00060001u
#define HvX64RegisterSs   0x00060002u
#define HvX64RegisterDs   0x00060003u
#define HvX64RegisterFs   0x00060004u
#define HvX64RegisterGs   0x00060005u
#define HvX64RegisterLdtr 0x00060006u
#define HvX64RegisterTr   0x00060007u
/** @} */

/**
 * @name VP registers: Table Registers
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterIdtr 0x00070000u
#define HvX64RegisterGdtr 0x00070001u
/** @} */

/**
 * @name VP registers: Virtualized MSRs - Core & System
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterTsc           0x00080000u
#define HvX64RegisterEfer          0x00080001u
#define HvX64RegisterKernelGsBase  0x00080002u
#define HvX64RegisterApicBase      0x00080003u
#define HvX64RegisterPat           0x00080004u
#define HvX64RegisterSysenterCs    0x00080005u
#define HvX64RegisterSysenterEip   0x00080006u
#define HvX64RegisterSysenterEsp   0x00080007u
#define HvX64RegisterStar          0x00080008u
#define HvX64RegisterLstar         0x00080009u
#define HvX64RegisterCstar         0x0008000Au
#define HvX64RegisterSfmask        0x0008000Bu
#define HvX64RegisterInitialApicId 0x0008000Cu
/** @} */

/**
 * @name VP registers: Cache Control (MTRR Set)
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterMsrMtrrCap         0x0008000Du
#define HvX64RegisterMsrMtrrDefType     0x0008000Eu
#define HvX64RegisterMsrMtrrPhysBase0   0x00080010u
#define HvX64RegisterMsrMtrrPhysBase1   0x00080011u
#define HvX64RegisterMsrMtrrPhysBase2   0x00080012u
#define HvX64RegisterMsrMtrrPhysBase3   0x00080013u
#define HvX64RegisterMsrMtrrPhysBase4   0x00080014u
#define HvX64RegisterMsrMtrrPhysBase5   0x00080015u
#define HvX64RegisterMsrMtrrPhysBase6   0x00080016u
#define HvX64RegisterMsrMtrrPhysBase7   0x00080017u
#define HvX64RegisterMsrMtrrPhysBase8   0x00080018u
#define HvX64RegisterMsrMtrrPhysBase9   0x00080019u
#define HvX64RegisterMsrMtrrPhysBaseA   0x0008001Au
#define HvX64RegisterMsrMtrrPhysBaseB   0x0008001Bu
#define HvX64RegisterMsrMtrrPhysBaseC   0x0008001Cu
#define HvX64RegisterMsrMtrrPhysBaseD   0x0008001Du
#define HvX64RegisterMsrMtrrPhysBaseE   0x0008001Eu
#define HvX64RegisterMsrMtrrPhysBaseF   0x0008001Fu
#define HvX64RegisterMsrMtrrPhysMask0   0x00080040u
#define HvX64RegisterMsrMtrrPhysMask1   0x00080041u
#define HvX64RegisterMsrMtrrPhysMask2   0x00080042u
#define HvX64RegisterMsrMtrrPhysMask3   0x00080043u
#define HvX64RegisterMsrMtrrPhysMask4   0x00080044u
#define HvX64RegisterMsrMtrrPhysMask5   0x00080045u
#define HvX64RegisterMsrMtrrPhysMask6   0x00080046u
#define HvX64RegisterMsrMtrrPhysMask7   0x00080047u
#define HvX64RegisterMsrMtrrPhysMask8   0x00080048u
#define HvX64RegisterMsrMtrrPhysMask9   0x00080049u
#define HvX64RegisterMsrMtrrPhysMaskA   0x0008004Au
#define HvX64RegisterMsrMtrrPhysMaskB   0x0008004Bu
#define HvX64RegisterMsrMtrrPhysMaskC   0x0008004Cu
#define HvX64RegisterMsrMtrrPhysMaskD   0x0008004Du
#define HvX64RegisterMsrMtrrPhysMaskE   0x0008004Eu
#define HvX64RegisterMsrMtrrPhysMaskF   0x0008004Fu
#define HvX64RegisterMsrMtrrFix64k00000 0x00080070u
#define HvX64RegisterMsrMtrrFix16k80000 0x00080071u
#define HvX64RegisterMsrMtrrFix16kA0000 0x00080072u
#define HvX64RegisterMsrMtrrFix4kC0000  0x00080073u
#define HvX64RegisterMsrMtrrFix4kC8000  0x00080074u
#define HvX64RegisterMsrMtrrFix4kD0000  0x00080075u
#define HvX64RegisterMsrMtrrFix4kD8000  0x00080076u
#define HvX64RegisterMsrMtrrFix4kE0000  0x00080077u
#define HvX64RegisterMsrMtrrFix4kE8000  0x00080078u
#define HvX64RegisterMsrMtrrFix4kF0000  0x00080079u
#define HvX64RegisterMsrMtrrFix4kF8000  0x0008007Au
/** @} */

/**
 * @name VP registers: Additional Virtualized MSRs & Controls
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterTscAux                0x0008007Bu
#define HvX64RegisterBndcfgs               0x0008007Cu
#define HvX64RegisterDebugCtl              0x0008007Du
#define HvX64RegisterMCount                0x0008007Eu
#define HvX64RegisterACount                0x0008007Fu
#define HvX64RegisterSgxLaunchControl0     0x00080080u
#define HvX64RegisterSgxLaunchControl1     0x00080081u
#define HvX64RegisterSgxLaunchControl2     0x00080082u
#define HvX64RegisterSgxLaunchControl3     0x00080083u
#define HvX64RegisterSpecCtrl              0x00080084u
#define HvX64RegisterPredCmd               0x00080085u
#define HvX64RegisterVirtSpecCtrl          0x00080086u
#define HvX64RegisterTscVirtualOffset      0x00080087u
#define HvX64RegisterTsxCtrl               0x00080088u
#define HvX64RegisterXss                   0x0008008Bu
#define HvX64RegisterUCet                  0x0008008Cu
#define HvX64RegisterSCet                  0x0008008Du
#define HvX64RegisterSsp                   0x0008008Eu
#define HvX64RegisterPl0Ssp                0x0008008Fu
#define HvX64RegisterPl1Ssp                0x00080090u
#define HvX64RegisterPl2Ssp                0x00080091u
#define HvX64RegisterPl3Ssp                0x00080092u
#define HvX64RegisterInterruptSspTableAddr 0x00080093u
#define HvX64RegisterTscDeadline           0x00080095u
#define HvX64RegisterTscAdjust             0x00080096u
#define HvX64RegisterUmwaitControl         0x00080098u
#define HvX64RegisterXfd                   0x00080099u
#define HvX64RegisterXfdErr                0x0008009Au
/** @} */

/**
 * @name VP registers: Feature / Nested Virtualization Capability MSRs
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterMsrIa32MiscEnable        0x000800A0u
#define HvX64RegisterIa32FeatureControl       0x000800A1u
#define HvX64RegisterIa32VmxBasic             0x000800A2u
#define HvX64RegisterIa32VmxPinbasedCtls      0x000800A3u
#define HvX64RegisterIa32VmxExitCtls          0x000800A5u
#define HvX64RegisterIa32VmxEntryCtls         0x000800A6u
#define HvX64RegisterIa32VmxMisc              0x000800A7u
#define HvX64RegisterIa32VmxCr0Fixed0         0x000800A8u
#define HvX64RegisterIa32VmxCr0Fixed1         0x000800A9u
#define HvX64RegisterIa32VmxCr4Fixed0         0x000800AAu
#define HvX64RegisterIa32VmxCr4Fixed1         0x000800ABu
#define HvX64RegisterIa32VmxVmcsEnum          0x000800ACu
#define HvX64RegisterIa32VmxProcbasedCtls2    0x000800ADu
#define HvX64RegisterIa32VmxEptVpidCap        0x000800AEu
#define HvX64RegisterIa32VmxTruePinbasedCtls  0x000800AFu
#define HvX64RegisterIa32VmxTrueProcbasedCtls 0x000800B0u
#define HvX64RegisterIa32VmxTrueExitCtls      0x000800B1u
#define HvX64RegisterIa32VmxTrueEntryCtls     0x000800B2u
#define HvX64RegisterAmdVmHsavePa             0x000800B3u
#define HvX64RegisterAmdVmCr                  0x000800B4u
/** @} */

/**
 * @name VP registers: Performance Monitoring & Tracing
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterPerfGlobalCtrl     0x00081000u
#define HvX64RegisterPerfGlobalStatus   0x00081001u
#define HvX64RegisterPerfGlobalInUse    0x00081002u
#define HvX64RegisterFixedCtrCtrl       0x00081003u
#define HvX64RegisterDsArea             0x00081004u
#define HvX64RegisterPebsEnable         0x00081005u
#define HvX64RegisterPebsLdLat          0x00081006u
#define HvX64RegisterPebsFrontend       0x00081007u
#define HvX64RegisterRtitCtl            0x00081008u
#define HvX64RegisterRtitStatus         0x00081009u
#define HvX64RegisterRtitOutputBase     0x0008100Au
#define HvX64RegisterRtitOutputMaskPtrs 0x0008100Bu
#define HvX64RegisterRtitCr3Match       0x0008100Cu
#define HvX64RegisterPerfEvtSel0        0x00081100u /**< first of a family */
#define HvX64RegisterPmc0               0x00081200u /**< first of a family */
#define HvX64RegisterFixedCtr0          0x00081300u /**< first of a family */
#define HvX64RegisterLbrTos             0x00082000u
#define HvX64RegisterLbrSelect          0x00082001u
#define HvX64RegisterLerFromLip         0x00082002u
#define HvX64RegisterLerToLip           0x00082003u
#define HvX64RegisterLbrFrom0           0x00082100u /**< first of a family */
#define HvX64RegisterLbrTo0             0x00082200u /**< first of a family */
#define HvX64RegisterLbrInfo0           0x00083300u /**< first of a family */
/** @} */

/**
 * @name VP registers: APIC (x2APIC Mapped) Registers
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterApicId           0x00084802u
#define HvX64RegisterApicVersion      0x00084803u
#define HvX64RegisterApicTpr          0x00084808u
#define HvX64RegisterApicPpr          0x0008480Au
#define HvX64RegisterApicEoi          0x0008480Bu
#define HvX64RegisterApicLdr          0x0008480Du
#define HvX64RegisterApicSpurious     0x0008480Fu
#define HvX64RegisterApicIsr0         0x00084810u
#define HvX64RegisterApicIsr1         0x00084811u
#define HvX64RegisterApicIsr2         0x00084812u
#define HvX64RegisterApicIsr3         0x00084813u
#define HvX64RegisterApicIsr4         0x00084814u
#define HvX64RegisterApicIsr5         0x00084815u
#define HvX64RegisterApicIsr6         0x00084816u
#define HvX64RegisterApicIsr7         0x00084817u
#define HvX64RegisterApicTmr0         0x00084818u
#define HvX64RegisterApicTmr1         0x00084819u
#define HvX64RegisterApicTmr2         0x0008481Au
#define HvX64RegisterApicTmr3         0x0008481Bu
#define HvX64RegisterApicTmr4         0x0008481Cu
#define HvX64RegisterApicTmr5         0x0008481Du
#define HvX64RegisterApicTmr6         0x0008481Eu
#define HvX64RegisterApicTmr7         0x0008481Fu
#define HvX64RegisterApicIrr0         0x00084820u
#define HvX64RegisterApicIrr1         0x00084821u
#define HvX64RegisterApicIrr2         0x00084822u
#define HvX64RegisterApicIrr3         0x00084823u
#define HvX64RegisterApicIrr4         0x00084824u
#define HvX64RegisterApicIrr5         0x00084825u
#define HvX64RegisterApicIrr6         0x00084826u
#define HvX64RegisterApicIrr7         0x00084827u
#define HvX64RegisterApicEse          0x00084828u
#define HvX64RegisterApicIcr          0x00084830u
#define HvX64RegisterApicLvtTimer     0x00084832u
#define HvX64RegisterApicLvtThermal   0x00084833u
#define HvX64RegisterApicLvtPerfmon   0x00084834u
#define HvX64RegisterApicLvtLint0     0x00084835u
#define HvX64RegisterApicLvtLint1     0x00084836u
#define HvX64RegisterApicLvtError     0x00084837u
#define HvX64RegisterApicInitCount    0x00084838u
#define HvX64RegisterApicCurrentCount 0x00084839u
#define HvX64RegisterApicDivide       0x0008483Eu
#define HvX64RegisterApicSelfIpi      0x0008483Fu
/** @} */

/**
 * @name VP registers: Hypervisor-defined (Misc) & Synthetic MSRs
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterHypercall            0x00090001u
#define HvX64RegisterSyntheticEoi         0x00090010u
#define HvX64RegisterSyntheticIcr         0x00090011u
#define HvX64RegisterSyntheticTpr         0x00090012u
#define HvX64RegisterEmulatedTimerPeriod  0x00090030u
#define HvX64RegisterEmulatedTimerControl 0x00090031u
#define HvX64RegisterPmTimerAssist        0x00090032u
/** @} */

/**
 * @name VP registers: AMD SEV Configuration
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterSevControl 0x00090040u
#define HvX64RegisterSevGhcbGpa 0x00090041u
#define HvX64RegisterSevAvicGpa 0x00090043u /**< HV_X64_REGISTER_SEV_GPA_PAGE */
/** @} */

/**
 * @name VP registers: Nested State
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterNestedGuestState   0x00090050u
#define HvX64RegisterNestedCurrentVmGpa 0x00090051u
#define HvX64RegisterNestedVmxInvEpt    0x00090052u
#define HvX64RegisterNestedVmxInvVpid   0x00090053u
/** @} */

/**
 * @name VP registers: Intercept Control
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterCrInterceptControl            0x000E0000u
#define HvX64RegisterCrInterceptCr0Mask            0x000E0001u
#define HvX64RegisterCrInterceptCr4Mask            0x000E0002u
#define HvX64RegisterCrInterceptIa32MiscEnableMask 0x000E0003u
/** @} */

/**
 * @name VP registers: x64 GHCB (SEV-ES/SNP)
 * TLFS, data type HV_REGISTER_NAME.
 * @{
 */
#define HvX64RegisterGhcb 0x00090019u
/** @} */

/**
 * @name VP registers of TLFS v6.0b: AVX
 * Registers that v6.0b lists and later text does not.
 * @{
 */
#define HvX64RegisterYmm0Low   0x000C0000u
#define HvX64RegisterYmm1Low   0x000C0001u
#define HvX64RegisterYmm2Low   0x000C0002u
#define HvX64RegisterYmm3Low   0x000C0003u
#define HvX64RegisterYmm4Low   0x000C0004u
#define HvX64RegisterYmm5Low   0x000C0005u
#define HvX64RegisterYmm6Low   0x000C0006u
#define HvX64RegisterYmm7Low   0x000C0007u
#define HvX64RegisterYmm8Low   0x000C0008u
#define HvX64RegisterYmm9Low   0x000C0009u
#define HvX64RegisterYmm10Low  0x000C000Au
#define HvX64RegisterYmm11Low  0x000C000Bu
#define HvX64RegisterYmm12Low  0x000C000Cu
#define HvX64RegisterYmm13Low  0x000C000Du
#define HvX64RegisterYmm14Low  0x000C000Eu
#define HvX64RegisterYmm15Low  0x000C000Fu
#define HvX64RegisterYmm0High  0x000C0010u
#define HvX64RegisterYmm1High  0x000C0011u
#define HvX64RegisterYmm2High  0x000C0012u
#define HvX64RegisterYmm3High  0x000C0013u
#define HvX64RegisterYmm4High  0x000C0014u
#define HvX64RegisterYmm5High  0x000C0015u
#define HvX64RegisterYmm6High  0x000C0016u
#define HvX64RegisterYmm7High  0x000C0017u
#define HvX64RegisterYmm8High  0x000C0018u
#define HvX64RegisterYmm9High  0x000C0019u
#define HvX64RegisterYmm10High 0x000C001Au
#define HvX64RegisterYmm11High 0x000C001Bu
#define HvX64RegisterYmm12High 0x000C001Cu
#define HvX64RegisterYmm13High 0x000C001Du
#define HvX64RegisterYmm14High 0x000C001Eu
#define HvX64RegisterYmm15High 0x000C001Fu
/** @} */

#endif
