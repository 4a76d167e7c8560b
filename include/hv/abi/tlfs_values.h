/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Values of virtual processor registers that are more than a number.
 *
 * Source: TLFS, data types HV_REGISTER_VALUE and those that it contains.
 */
#ifndef HV_ABI_TLFS_VALUES_H
#define HV_ABI_TLFS_VALUES_H

#include <hv/abi/tlfs_base.h>

/** A 128-bit value. */
struct hv_u128 {
    uint64_t low;  /**< bits 63:0 */
    uint64_t high; /**< bits 127:64 */
} HV_PACKED;

/** TLFS: HV_X64_SEGMENT_REGISTER, a segment register with its hidden part. */
struct hv_x64_segment_register {
    uint64_t base;       /**< base address */
    uint32_t limit;      /**< in bytes */
    uint16_t selector;   /**< visible part */
    uint16_t attributes; /**< HV_X64_SEGMENT bits */
} HV_PACKED;

/** TLFS: HV_X64_TABLE_REGISTER, GDTR or IDTR. */
struct hv_x64_table_register {
    uint16_t pad[3]; /**< not used */
    uint16_t limit;  /**< in bytes */
    uint64_t base;   /**< base address */
} HV_PACKED;

/** TLFS: HV_X64_FP_REGISTER, an x87 register. */
struct hv_x64_fp_register {
    uint64_t mantissa;      /**< significand */
    uint16_t sign_exponent; /**< HV_X64_FP bits */
    uint16_t reserved[3];   /**< zero */
} HV_PACKED;

/** TLFS: HV_X64_FP_CONTROL_STATUS_REGISTER. */
struct hv_x64_fp_control_status_register {
    uint16_t fp_control;  /**< FCW */
    uint16_t fp_status;   /**< FSW */
    uint8_t fp_tag;       /**< abridged FTW */
    uint8_t reserved;     /**< zero */
    uint16_t last_fp_op;  /**< last opcode */
    uint64_t last_fp_rip; /**< last RIP; outside long mode, EIP in bits 31:0 and CS in 47:32 */
} HV_PACKED;

/** TLFS: HV_X64_XMM_CONTROL_STATUS_REGISTER. */
struct hv_x64_xmm_control_status_register {
    uint64_t
        last_fp_rdp; /**< last data pointer; outside long mode, DP in bits 31:0 and DS in 47:32 */
    uint32_t xmm_status_control;      /**< MXCSR */
    uint32_t xmm_status_control_mask; /**< MXCSR mask */
} HV_PACKED;

/** TLFS: HV_REGISTER_VALUE; what is shorter than 128 bits is extended by zeros. */
union hv_register_value {
    struct hv_u128 reg128;                  /**< all bits */
    uint64_t reg64;                         /**< bits 63:0 */
    uint32_t reg32;                         /**< bits 31:0 */
    uint16_t reg16;                         /**< bits 15:0 */
    uint8_t reg8;                           /**< bits 7:0 */
    struct hv_x64_segment_register segment; /**< of a segment register */
    struct hv_x64_table_register table;     /**< of GDTR and IDTR */
    struct hv_x64_fp_register fp;           /**< of HvX64RegisterFpMmx0 and the following */
    struct hv_x64_fp_control_status_register
        fp_control_status; /**< of HvX64RegisterFpControlStatus */
    struct hv_x64_xmm_control_status_register
        xmm_control_status; /**< of HvX64RegisterXmmControlStatus */
};

/** TLFS: HV_INITIAL_VP_CONTEXT for x64, the state in which a virtual processor or a VTL starts. */
struct hv_initial_vp_context {
    uint64_t rip;                        /**< RIP */
    uint64_t rsp;                        /**< RSP */
    uint64_t rflags;                     /**< RFLAGS */
    struct hv_x64_segment_register cs;   /**< CS */
    struct hv_x64_segment_register ds;   /**< DS */
    struct hv_x64_segment_register es;   /**< ES */
    struct hv_x64_segment_register fs;   /**< FS */
    struct hv_x64_segment_register gs;   /**< GS */
    struct hv_x64_segment_register ss;   /**< SS */
    struct hv_x64_segment_register tr;   /**< TR */
    struct hv_x64_segment_register ldtr; /**< LDTR */
    struct hv_x64_table_register idtr;   /**< IDTR */
    struct hv_x64_table_register gdtr;   /**< GDTR */
    uint64_t efer;                       /**< IA32_EFER */
    uint64_t cr0;                        /**< CR0 */
    uint64_t cr3;                        /**< CR3 */
    uint64_t cr4;                        /**< CR4 */
    uint64_t msr_cr_pat;                 /**< IA32_PAT */
} HV_PACKED;

/** @cond layout */
HV_ABI_SIZE(hv_u128, 16);
HV_ABI_OFFSET(hv_u128, low, 0);
HV_ABI_OFFSET(hv_u128, high, 8);
HV_ABI_SIZE(hv_x64_segment_register, 16);
HV_ABI_OFFSET(hv_x64_segment_register, base, 0);
HV_ABI_OFFSET(hv_x64_segment_register, limit, 8);
HV_ABI_OFFSET(hv_x64_segment_register, selector, 12);
HV_ABI_OFFSET(hv_x64_segment_register, attributes, 14);
HV_ABI_SIZE(hv_x64_table_register, 16);
HV_ABI_OFFSET(hv_x64_table_register, limit, 6);
HV_ABI_OFFSET(hv_x64_table_register, base, 8);
HV_ABI_SIZE(hv_x64_fp_register, 16);
HV_ABI_OFFSET(hv_x64_fp_register, mantissa, 0);
HV_ABI_OFFSET(hv_x64_fp_register, sign_exponent, 8);
HV_ABI_SIZE(hv_x64_fp_control_status_register, 16);
HV_ABI_OFFSET(hv_x64_fp_control_status_register, fp_control, 0);
HV_ABI_OFFSET(hv_x64_fp_control_status_register, fp_status, 2);
HV_ABI_OFFSET(hv_x64_fp_control_status_register, fp_tag, 4);
HV_ABI_OFFSET(hv_x64_fp_control_status_register, last_fp_op, 6);
HV_ABI_OFFSET(hv_x64_fp_control_status_register, last_fp_rip, 8);
HV_ABI_SIZE(hv_x64_xmm_control_status_register, 16);
HV_ABI_OFFSET(hv_x64_xmm_control_status_register, last_fp_rdp, 0);
HV_ABI_OFFSET(hv_x64_xmm_control_status_register, xmm_status_control, 8);
HV_ABI_OFFSET(hv_x64_xmm_control_status_register, xmm_status_control_mask, 12);
HV_ABI_ASSERT(sizeof(union hv_register_value) == 16, "size of hv_register_value");
HV_ABI_SIZE(hv_initial_vp_context, 224);
HV_ABI_OFFSET(hv_initial_vp_context, rip, 0);
HV_ABI_OFFSET(hv_initial_vp_context, rsp, 8);
HV_ABI_OFFSET(hv_initial_vp_context, rflags, 16);
HV_ABI_OFFSET(hv_initial_vp_context, cs, 24);
HV_ABI_OFFSET(hv_initial_vp_context, ds, 40);
HV_ABI_OFFSET(hv_initial_vp_context, es, 56);
HV_ABI_OFFSET(hv_initial_vp_context, fs, 72);
HV_ABI_OFFSET(hv_initial_vp_context, gs, 88);
HV_ABI_OFFSET(hv_initial_vp_context, ss, 104);
HV_ABI_OFFSET(hv_initial_vp_context, tr, 120);
HV_ABI_OFFSET(hv_initial_vp_context, ldtr, 136);
HV_ABI_OFFSET(hv_initial_vp_context, idtr, 152);
HV_ABI_OFFSET(hv_initial_vp_context, gdtr, 168);
HV_ABI_OFFSET(hv_initial_vp_context, efer, 184);
HV_ABI_OFFSET(hv_initial_vp_context, cr0, 192);
HV_ABI_OFFSET(hv_initial_vp_context, cr3, 200);
HV_ABI_OFFSET(hv_initial_vp_context, cr4, 208);
HV_ABI_OFFSET(hv_initial_vp_context, msr_cr_pat, 216);
/** @endcond */

#endif
