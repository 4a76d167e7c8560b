/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Bits and numbers of the x86 architecture (AMD APM vol. 2, chapters 3 and 5, appendix A). The
   assembler reads this file too, so it holds nothing but plain numbers. */
#ifndef TYPE1_X86_H
#define TYPE1_X86_H

#define CR0_PE (1 << 0)
#define CR0_MP (1 << 1)
#define CR0_EM (1 << 2)
#define CR0_TS (1 << 3)
#define CR0_ET (1 << 4)
#define CR0_NE (1 << 5)
#define CR0_WP (1 << 16)
#define CR0_NW (1 << 29)
#define CR0_CD (1 << 30)
#define CR0_PG 0x80000000

#define CR4_PSE        (1 << 4)
#define CR4_PAE        (1 << 5)
#define CR4_MCE        (1 << 6)
#define CR4_OSFXSR     (1 << 9)
#define CR4_OSXMMEXCPT (1 << 10)
#define CR4_LA57       (1 << 12)
#define CR4_PCIDE      (1 << 17)
#define CR4_OSXSAVE    (1 << 18)
#define CR4_SMAP       (1 << 21)
#define CR4_PKE        (1 << 22)
#define CR4_CET        (1 << 23)

#define EFER_SCE   (1 << 0)
#define EFER_LME   (1 << 8)
#define EFER_LMA   (1 << 10)
#define EFER_NXE   (1 << 11)
#define EFER_SVME  (1 << 12)
#define EFER_FFXSR (1 << 14)
#define EFER_TCE   (1 << 15)

#define RFLAGS_ONE 0x2
#define RFLAGS_TF  (1 << 8)
#define RFLAGS_IF  (1 << 9)
#define RFLAGS_RF  (1 << 16)
#define RFLAGS_VM  (1 << 17)
#define RFLAGS_AC  (1 << 18)

#define MSR_PLATFORM_ID  0x17
#define MSR_TSC          0x10
#define MSR_APIC_BASE    0x1B
#define MSR_TSC_ADJUST   0x3B
#define MSR_SPEC_CTRL    0x48
#define MSR_PRED_CMD     0x49
#define MSR_PATCH_LEVEL  0x8B
#define MSR_MTRR_CAP     0xFE
#define MSR_SYSENTER_CS  0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176
#define MSR_MCG_CAP      0x179
#define MSR_MCG_STATUS   0x17A
#define MSR_DEBUGCTL     0x1D9
#define MSR_MTRR_BASE0   0x200
#define MSR_MTRR_FIX64K  0x250
#define MSR_MTRR_FIX16K  0x258
#define MSR_MTRR_FIX4K   0x268
#define MSR_PAT          0x277
#define MSR_MTRR_TYPE    0x2FF
#define MSR_U_CET        0x6A0
#define MSR_PL0_SSP      0x6A4
#define MSR_PL3_SSP      0x6A7
#define MSR_TSC_DEADLINE 0x6E0
#define MSR_X2APIC_FIRST 0x800
#define MSR_X2APIC_ICR   0x830
#define MSR_X2APIC_LAST  0x8FF
#define MSR_XSS          0xDA0
#define MSR_EFER         0xC0000080
#define MSR_STAR         0xC0000081
#define MSR_LSTAR        0xC0000082
#define MSR_CSTAR        0xC0000083
#define MSR_SFMASK       0xC0000084
#define MSR_FS_BASE      0xC0000100
#define MSR_GS_BASE      0xC0000101
#define MSR_KERNEL_GS    0xC0000102
#define MSR_TSC_AUX      0xC0000103
#define MSR_TSC_RATIO    0xC0000104
#define MSR_SYSCFG       0xC0010010
#define MSR_HWCR         0xC0010015
#define MSR_NB_CFG       0xC001001F
#define MSR_PATCH_LOADER 0xC0010020
#define MSR_INT_PENDING  0xC0010055
#define MSR_VM_CR        0xC0010114
#define MSR_IGNNE        0xC0010115
#define MSR_SMM_CTL      0xC0010116
#define MSR_VM_HSAVE_PA  0xC0010117
#define MSR_SVM_KEY      0xC0010118
#define MSR_DE_CFG       0xC0011029
#define VM_CR_SVMDIS     (1 << 4)

#define CPUID_1_ECX_XSAVE (1 << 26)

#define PAT_RESET 0x0007040600070406

#define APIC_BASE_BSP    (1 << 8)
#define APIC_BASE_EXTD   (1 << 10)
#define APIC_BASE_ENABLE (1 << 11)

#define VECTOR_DB  1
#define VECTOR_NMI 2
#define VECTOR_BP  3
#define VECTOR_OF  4
#define VECTOR_UD  6
#define VECTOR_DF  8
#define VECTOR_TS  10
#define VECTOR_NP  11
#define VECTOR_SS  12
#define VECTOR_GP  13
#define VECTOR_PF  14
#define VECTOR_MC  18

#endif
