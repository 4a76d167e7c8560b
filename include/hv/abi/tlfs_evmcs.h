/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Enlightened VMCS, enlightened VMCB fields and what goes with them.
 *
 * Source: TLFS "Nested Virtualization", data types HV_VMX_ENLIGHTENED_VMCS and
 * HV_SVM_ENLIGHTENED_VMCB_FIELDS.
 */
#ifndef HV_ABI_TLFS_EVMCS_H
#define HV_ABI_TLFS_EVMCS_H

#include <hv/abi/tlfs_base.h>

/**
 * @name Clean field groups
 * Bits of clean_fields: a set bit promises that no field of the group has changed since the last
 * entry.
 * @{
 */
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_NONE                  0u
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_IO_BITMAP             (UINT32_C(1) << 0)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_MSR_BITMAP            (UINT32_C(1) << 1)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_CONTROL_GRP2          (UINT32_C(1) << 2)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_CONTROL_GRP1          (UINT32_C(1) << 3)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_CONTROL_PROC          (UINT32_C(1) << 4)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_CONTROL_EVENT         (UINT32_C(1) << 5)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_CONTROL_ENTRY         (UINT32_C(1) << 6)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_CONTROL_EXCPN         (UINT32_C(1) << 7)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_CRDR                  (UINT32_C(1) << 8)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_CONTROL_XLAT          (UINT32_C(1) << 9)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_GUEST_BASIC           (UINT32_C(1) << 10)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_GUEST_GRP1            (UINT32_C(1) << 11)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_GUEST_GRP2            (UINT32_C(1) << 12)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_HOST_POINTER          (UINT32_C(1) << 13)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_HOST_GRP1             (UINT32_C(1) << 14)
#define HV_VMX_ENLIGHTENED_CLEAN_FIELD_ENLIGHTENMENTSCONTROL (UINT32_C(1) << 15)
/** @} */

/**
 * @name Enlightenments control
 * Bits of enlightenments_control, in the enlightened VMCS and in the enlightened VMCB fields.
 * @{
 */
#define HV_ENLIGHTENMENTS_CONTROL_NESTED_FLUSH_VIRTUAL_HYPERCALL \
    (UINT32_C(1) << 0) /**< direct virtual flush */
#define HV_ENLIGHTENMENTS_CONTROL_MSR_BITMAP \
    (UINT32_C(1) << 1) /**< changes of the MSR bitmap are reported by the clean field */
#define HV_ENLIGHTENMENTS_CONTROL_ENLIGHTENED_NPT_TLB \
    (UINT32_C(1) << 2) /**< AMD: flushes of an ASID keep entries derived from the NPT */
/** @} */

/**
 * @name Synthetic exits
 * Exit to a nested hypervisor after a direct virtual flush while the TLB was locked.
 * @{
 */
#define HV_VMX_SYNTHETIC_EXIT_REASON_TRAP_AFTER_FLUSH 0x10000031u
#define HV_SVM_EXITCODE_ENL                           0xF0000000u
#define HV_SVM_ENL_EXITCODE_TRAP_AFTER_FLUSH          1u /**< ExitInfo1 of HV_SVM_EXITCODE_ENL */
/** @} */

/**
 * @name Enlightened VMCB
 * Place of the fields in a VMCB, and the clean bit that covers them.
 * @{
 */
#define HV_SVM_ENLIGHTENED_VMCB_OFFSET    0x3E0u
#define HV_SVM_ENLIGHTENED_VMCB_CLEAN_BIT 31u
/** @} */

/** TLFS: HV_SVM_ENLIGHTENED_VMCB_FIELDS, at HV_SVM_ENLIGHTENED_VMCB_OFFSET. */
struct hv_svm_enlightened_vmcb_fields {
    uint32_t enlightenments_control; /**< HV_ENLIGHTENMENTS_CONTROL bits */
    uint32_t vp_id;                  /**< VP of the nested guest */
    uint64_t vm_id;                  /**< nested guest */
    uint64_t partition_assist_page;  /**< GPA of struct vm_partition_assist_page */
    uint64_t reserved;               /**< zero */
} HV_PACKED;

/** TLFS: VM_PARTITION_ASSIST_PAGE. */
struct vm_partition_assist_page {
    uint32_t
        tlb_lock_count; /**< a direct virtual flush causes a synthetic exit while it is not 0 */
} HV_PACKED;

/** TLFS: HV_VMX_ENLIGHTENED_VMCS. Each field names the VMCS field that it replaces and its clean
 * group. */
struct hv_vmx_enlightened_vmcs {
    uint32_t version_number;                 /**< no VMCS field */
    uint32_t abort_indicator;                /**< no VMCS field */
    uint16_t host_es_selector;               /**< VMCS field 0x00000C00, HOST_GRP1 */
    uint16_t host_cs_selector;               /**< VMCS field 0x00000C02, HOST_GRP1 */
    uint16_t host_ss_selector;               /**< VMCS field 0x00000C04, HOST_GRP1 */
    uint16_t host_ds_selector;               /**< VMCS field 0x00000C06, HOST_GRP1 */
    uint16_t host_fs_selector;               /**< VMCS field 0x00000C08, HOST_GRP1 */
    uint16_t host_gs_selector;               /**< VMCS field 0x00000C0A, HOST_GRP1 */
    uint16_t host_tr_selector;               /**< VMCS field 0x00000C0C, HOST_GRP1 */
    uint8_t padding0[2];                     /**< not used */
    uint64_t host_pat;                       /**< VMCS field 0x00002C00, HOST_GRP1 */
    uint64_t host_efer;                      /**< VMCS field 0x00002C02, HOST_GRP1 */
    uint64_t host_cr0;                       /**< VMCS field 0x00006C00, HOST_GRP1 */
    uint64_t host_cr3;                       /**< VMCS field 0x00006C02, HOST_GRP1 */
    uint64_t host_cr4;                       /**< VMCS field 0x00006C04, HOST_GRP1 */
    uint64_t host_sysenter_esp_msr;          /**< VMCS field 0x00006C10, HOST_GRP1 */
    uint64_t host_sysenter_eip_msr;          /**< VMCS field 0x00006C12, HOST_GRP1 */
    uint64_t host_rip;                       /**< no VMCS field */
    uint32_t host_sysenter_cs_msr;           /**< VMCS field 0x00006C16, HOST_GRP1 */
    uint32_t pin_controls;                   /**< VMCS field 0x00004000, CONTROL_GRP1 */
    uint32_t exit_controls;                  /**< VMCS field 0x0000400C, CONTROL_GRP1 */
    uint32_t secondary_processor_controls;   /**< VMCS field 0x0000401E, CONTROL_GRP1 */
    uint64_t io_bitmap_a;                    /**< VMCS field 0x00002000, IO_BITMAP */
    uint64_t io_bitmap_b;                    /**< VMCS field 0x00002002, IO_BITMAP */
    uint64_t msr_bitmap;                     /**< VMCS field 0x00002004, MSR_BITMAP */
    uint16_t guest_es_selector;              /**< VMCS field 0x00000800, GUEST_GRP2 */
    uint16_t guest_cs_selector;              /**< VMCS field 0x00000802, GUEST_GRP2 */
    uint16_t guest_ss_selector;              /**< VMCS field 0x00000804, GUEST_GRP2 */
    uint16_t guest_ds_selector;              /**< VMCS field 0x00000806, GUEST_GRP2 */
    uint16_t guest_fs_selector;              /**< VMCS field 0x00000808, GUEST_GRP2 */
    uint16_t guest_gs_selector;              /**< VMCS field 0x0000080A, GUEST_GRP2 */
    uint16_t guest_ldtr_selector;            /**< VMCS field 0x0000080C, GUEST_GRP2 */
    uint16_t guest_tr_selector;              /**< VMCS field 0x0000080E, GUEST_GRP2 */
    uint32_t guest_es_limit;                 /**< VMCS field 0x00004800, GUEST_GRP2 */
    uint32_t guest_cs_limit;                 /**< VMCS field 0x00004802, GUEST_GRP2 */
    uint32_t guest_ss_limit;                 /**< VMCS field 0x00004804, GUEST_GRP2 */
    uint32_t guest_ds_limit;                 /**< VMCS field 0x00004806, GUEST_GRP2 */
    uint32_t guest_fs_limit;                 /**< VMCS field 0x00004808, GUEST_GRP2 */
    uint32_t guest_gs_limit;                 /**< VMCS field 0x0000480A, GUEST_GRP2 */
    uint32_t guest_ldtr_limit;               /**< VMCS field 0x0000480C, GUEST_GRP2 */
    uint32_t guest_tr_limit;                 /**< VMCS field 0x0000480E, GUEST_GRP2 */
    uint32_t guest_gdtr_limit;               /**< VMCS field 0x00004810, GUEST_GRP2 */
    uint32_t guest_idtr_limit;               /**< VMCS field 0x00004812, GUEST_GRP2 */
    uint32_t guest_es_attributes;            /**< VMCS field 0x00004814, GUEST_GRP2 */
    uint32_t guest_cs_attributes;            /**< VMCS field 0x00004816, GUEST_GRP2 */
    uint32_t guest_ss_attributes;            /**< VMCS field 0x00004818, GUEST_GRP2 */
    uint32_t guest_ds_attributes;            /**< VMCS field 0x0000481A, GUEST_GRP2 */
    uint32_t guest_fs_attributes;            /**< VMCS field 0x0000481C, GUEST_GRP2 */
    uint32_t guest_gs_attributes;            /**< VMCS field 0x0000481E, GUEST_GRP2 */
    uint32_t guest_ldtr_attributes;          /**< VMCS field 0x00004820, GUEST_GRP2 */
    uint32_t guest_tr_attributes;            /**< VMCS field 0x00004822, GUEST_GRP2 */
    uint64_t guest_es_base;                  /**< VMCS field 0x00006806, GUEST_GRP2 */
    uint64_t guest_cs_base;                  /**< VMCS field 0x00006808, GUEST_GRP2 */
    uint64_t guest_ss_base;                  /**< VMCS field 0x0000680A, GUEST_GRP2 */
    uint64_t guest_ds_base;                  /**< VMCS field 0x0000680C, GUEST_GRP2 */
    uint64_t guest_fs_base;                  /**< VMCS field 0x0000680E, GUEST_GRP2 */
    uint64_t guest_gs_base;                  /**< VMCS field 0x00006810, GUEST_GRP2 */
    uint64_t guest_ldtr_base;                /**< VMCS field 0x00006812, GUEST_GRP2 */
    uint64_t guest_tr_base;                  /**< VMCS field 0x00006814, GUEST_GRP2 */
    uint64_t guest_gdtr_base;                /**< VMCS field 0x00006816, GUEST_GRP2 */
    uint64_t guest_idtr_base;                /**< VMCS field 0x00006818, GUEST_GRP2 */
    uint8_t padding1[24];                    /**< not used */
    uint64_t exit_msr_store_address;         /**< no VMCS field */
    uint64_t exit_msr_load_address;          /**< no VMCS field */
    uint64_t entry_msr_load_address;         /**< no VMCS field */
    uint64_t cr3_target0;                    /**< no VMCS field */
    uint64_t cr3_target1;                    /**< no VMCS field */
    uint64_t cr3_target2;                    /**< no VMCS field */
    uint64_t cr3_target3;                    /**< no VMCS field */
    uint32_t pfec_mask;                      /**< no VMCS field */
    uint32_t pfec_match;                     /**< no VMCS field */
    uint32_t cr3_target_count;               /**< no VMCS field */
    uint32_t exit_msr_store_count;           /**< no VMCS field */
    uint32_t exit_msr_load_count;            /**< no VMCS field */
    uint32_t entry_msr_load_count;           /**< no VMCS field */
    uint64_t tsc_offset;                     /**< VMCS field 0x00002010, CONTROL_GRP2 */
    uint64_t virtual_apic_page;              /**< VMCS field 0x00002012, CONTROL_GRP2 */
    uint64_t guest_working_vmcs_ptr;         /**< VMCS field 0x00002800, GUEST_GRP1 */
    uint64_t guest_ia32_debug_ctl;           /**< VMCS field 0x00002802, GUEST_GRP1 */
    uint64_t guest_pat;                      /**< VMCS field 0x00002804, GUEST_GRP1 */
    uint64_t guest_efer;                     /**< VMCS field 0x00002806, GUEST_GRP1 */
    uint64_t guest_pdpte0;                   /**< VMCS field 0x0000280A, GUEST_GRP1 */
    uint64_t guest_pdpte1;                   /**< VMCS field 0x0000280C, GUEST_GRP1 */
    uint64_t guest_pdpte2;                   /**< VMCS field 0x0000280E, GUEST_GRP1 */
    uint64_t guest_pdpte3;                   /**< VMCS field 0x00002810, GUEST_GRP1 */
    uint64_t guest_pending_debug_exceptions; /**< VMCS field 0x00006822, GUEST_GRP1 */
    uint64_t guest_sysenter_esp_msr;         /**< VMCS field 0x00006824, GUEST_GRP1 */
    uint64_t guest_sysenter_eip_msr;         /**< VMCS field 0x00006826, GUEST_GRP1 */
    uint32_t guest_sleep_state;              /**< VMCS field 0x00004826, GUEST_GRP1 */
    uint32_t guest_sysenter_cs_msr;          /**< VMCS field 0x0000482A, GUEST_GRP1 */
    uint64_t cr0_guest_host_mask;            /**< VMCS field 0x00006000, CRDR */
    uint64_t cr4_guest_host_mask;            /**< VMCS field 0x00006002, CRDR */
    uint64_t cr0_read_shadow;                /**< VMCS field 0x00006004, CRDR */
    uint64_t cr4_read_shadow;                /**< VMCS field 0x00006006, CRDR */
    uint64_t guest_cr0;                      /**< VMCS field 0x00006800, CRDR */
    uint64_t guest_cr3;                      /**< VMCS field 0x00006802, CRDR */
    uint64_t guest_cr4;                      /**< VMCS field 0x00006804, CRDR */
    uint64_t guest_dr7;                      /**< VMCS field 0x0000681A, CRDR */
    uint64_t host_fs_base;                   /**< VMCS field 0x00006C06, HOST_POINTER */
    uint64_t host_gs_base;                   /**< VMCS field 0x00006C08, HOST_POINTER */
    uint64_t host_tr_base;                   /**< VMCS field 0x00006C0A, HOST_POINTER */
    uint64_t host_gdtr_base;                 /**< VMCS field 0x00006C0C, HOST_POINTER */
    uint64_t host_idtr_base;                 /**< VMCS field 0x00006C0E, HOST_POINTER */
    uint64_t host_rsp;                       /**< VMCS field 0x00006C14, HOST_POINTER */
    uint64_t ept_root;                       /**< VMCS field 0x0000201A, CONTROL_XLAT */
    uint16_t vpid;                           /**< VMCS field 0x00000000, CONTROL_XLAT */
    uint8_t padding2[46];                    /**< not used */
    uint64_t exit_ept_fault_gpa;            /**< VMCS field 0x00002400, no clean group, read-only */
    uint32_t exit_instruction_error;        /**< VMCS field 0x00004400, no clean group, read-only */
    uint32_t exit_reason;                   /**< VMCS field 0x00004402, no clean group, read-only */
    uint32_t exit_interruption_info;        /**< VMCS field 0x00004404, no clean group, read-only */
    uint32_t exit_exception_error_code;     /**< VMCS field 0x00004406, no clean group, read-only */
    uint32_t exit_idt_vectoring_info;       /**< VMCS field 0x00004408, no clean group, read-only */
    uint32_t exit_idt_vectoring_error_code; /**< VMCS field 0x0000440A, no clean group, read-only */
    uint32_t exit_instruction_length;       /**< VMCS field 0x0000440C, no clean group, read-only */
    uint32_t exit_instruction_info;         /**< VMCS field 0x0000440E, no clean group, read-only */
    uint64_t exit_qualification;            /**< VMCS field 0x00006400, no clean group, read-only */
    uint64_t exit_io_instruction_ecx;       /**< VMCS field 0x00006402, no clean group, read-only */
    uint64_t exit_io_instruction_esi;       /**< VMCS field 0x00006404, no clean group, read-only */
    uint64_t exit_io_instruction_edi;       /**< VMCS field 0x00006406, no clean group, read-only */
    uint64_t exit_io_instruction_eip;       /**< VMCS field 0x00006408, no clean group, read-only */
    uint64_t guest_linear_address;          /**< VMCS field 0x0000640A, no clean group, read-only */
    uint64_t guest_rsp;                     /**< VMCS field 0x0000681C, GUEST_BASIC */
    uint64_t guest_rflags;                  /**< VMCS field 0x00006820, GUEST_BASIC */
    uint32_t guest_interruptibility;        /**< VMCS field 0x00004824, GUEST_BASIC */
    uint32_t processor_controls;            /**< VMCS field 0x00004002, CONTROL_PROC */
    uint32_t exception_bitmap;              /**< VMCS field 0x00004004, CONTROL_EXCPN */
    uint32_t entry_controls;                /**< VMCS field 0x00004012, CONTROL_ENTRY */
    uint32_t entry_interrupt_info;          /**< VMCS field 0x00004016, CONTROL_EVENT */
    uint32_t entry_exception_error_code;    /**< VMCS field 0x00004018, CONTROL_EVENT */
    uint32_t entry_instruction_length;      /**< VMCS field 0x0000401A, CONTROL_EVENT */
    uint32_t tpr_threshold;                 /**< VMCS field 0x0000401C, no clean group */
    uint64_t guest_rip;                     /**< VMCS field 0x0000681E, no clean group */
    uint32_t clean_fields;                  /**< no VMCS field */
    uint8_t padding3[4];                    /**< not used */
    uint32_t synthetic_controls;            /**< no VMCS field */
    uint32_t enlightenments_control;        /**< no VMCS field */
    uint32_t vp_id;                         /**< no VMCS field */
    uint8_t padding4[4];                    /**< not used */
    uint64_t vm_id;                         /**< no VMCS field */
    uint64_t partition_assist_page;         /**< no VMCS field */
    uint8_t padding5[32];                   /**< not used */
    uint64_t guest_bndcfgs;                 /**< VMCS field 0x00002812, GUEST_GRP1 */
    uint64_t guest_perf_global_ctrl;        /**< VMCS field 0x00002808, GUEST_GRP1 */
    uint64_t guest_s_cet;                   /**< VMCS field 0x00006828, GUEST_GRP1 */
    uint64_t guest_ssp;                     /**< VMCS field 0x0000682A, GUEST_BASIC */
    uint64_t guest_interrupt_ssp_table_addr; /**< VMCS field 0x0000682C, GUEST_GRP1 */
    uint64_t guest_lbr_ctl;                  /**< VMCS field 0x00002816, GUEST_GRP1 */
    uint8_t padding6[16];                    /**< not used */
    uint64_t xss_exiting_bitmap;             /**< VMCS field 0x0000202C, CONTROL_GRP2 */
    uint64_t encls_exiting_bitmap;           /**< VMCS field 0x0000202E, CONTROL_GRP2 */
    uint64_t host_perf_global_ctrl;          /**< VMCS field 0x00002C04, HOST_GRP1 */
    uint64_t tsc_multiplier;                 /**< VMCS field 0x00002032, CONTROL_GRP2 */
    uint64_t host_s_cet;                     /**< VMCS field 0x00006C18, HOST_GRP1 */
    uint64_t host_ssp;                       /**< VMCS field 0x00006C1A, HOST_GRP1 */
    uint64_t host_interrupt_ssp_table_addr;  /**< VMCS field 0x00006C1C, HOST_GRP1 */
    uint64_t tertiary_processor_controls;    /**< VMCS field 0x00002034, CONTROL_GRP1 */
    uint8_t padding7[3072];                  /**< not used */
} HV_PACKED;

/** @cond layout */
HV_ABI_SIZE(hv_svm_enlightened_vmcb_fields, 32);
HV_ABI_OFFSET(hv_svm_enlightened_vmcb_fields, enlightenments_control, 0);
HV_ABI_OFFSET(hv_svm_enlightened_vmcb_fields, vp_id, 4);
HV_ABI_OFFSET(hv_svm_enlightened_vmcb_fields, vm_id, 8);
HV_ABI_OFFSET(hv_svm_enlightened_vmcb_fields, partition_assist_page, 16);
HV_ABI_OFFSET(hv_svm_enlightened_vmcb_fields, reserved, 24);
HV_ABI_SIZE(vm_partition_assist_page, 4);
HV_ABI_OFFSET(vm_partition_assist_page, tlb_lock_count, 0);
HV_ABI_SIZE(hv_vmx_enlightened_vmcs, 4096);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, version_number, 0x000);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, abort_indicator, 0x004);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_es_selector, 0x008);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_cs_selector, 0x00A);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_ss_selector, 0x00C);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_ds_selector, 0x00E);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_fs_selector, 0x010);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_gs_selector, 0x012);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_tr_selector, 0x014);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_pat, 0x018);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_efer, 0x020);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_cr0, 0x028);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_cr3, 0x030);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_cr4, 0x038);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_sysenter_esp_msr, 0x040);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_sysenter_eip_msr, 0x048);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_rip, 0x050);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_sysenter_cs_msr, 0x058);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, pin_controls, 0x05C);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_controls, 0x060);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, secondary_processor_controls, 0x064);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, io_bitmap_a, 0x068);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, io_bitmap_b, 0x070);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, msr_bitmap, 0x078);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_es_selector, 0x080);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_cs_selector, 0x082);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ss_selector, 0x084);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ds_selector, 0x086);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_fs_selector, 0x088);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_gs_selector, 0x08A);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ldtr_selector, 0x08C);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_tr_selector, 0x08E);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_es_limit, 0x090);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_cs_limit, 0x094);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ss_limit, 0x098);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ds_limit, 0x09C);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_fs_limit, 0x0A0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_gs_limit, 0x0A4);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ldtr_limit, 0x0A8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_tr_limit, 0x0AC);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_gdtr_limit, 0x0B0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_idtr_limit, 0x0B4);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_es_attributes, 0x0B8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_cs_attributes, 0x0BC);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ss_attributes, 0x0C0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ds_attributes, 0x0C4);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_fs_attributes, 0x0C8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_gs_attributes, 0x0CC);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ldtr_attributes, 0x0D0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_tr_attributes, 0x0D4);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_es_base, 0x0D8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_cs_base, 0x0E0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ss_base, 0x0E8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ds_base, 0x0F0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_fs_base, 0x0F8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_gs_base, 0x100);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ldtr_base, 0x108);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_tr_base, 0x110);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_gdtr_base, 0x118);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_idtr_base, 0x120);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_msr_store_address, 0x140);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_msr_load_address, 0x148);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, entry_msr_load_address, 0x150);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, cr3_target0, 0x158);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, cr3_target1, 0x160);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, cr3_target2, 0x168);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, cr3_target3, 0x170);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, pfec_mask, 0x178);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, pfec_match, 0x17C);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, cr3_target_count, 0x180);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_msr_store_count, 0x184);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_msr_load_count, 0x188);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, entry_msr_load_count, 0x18C);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, tsc_offset, 0x190);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, virtual_apic_page, 0x198);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_working_vmcs_ptr, 0x1A0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ia32_debug_ctl, 0x1A8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_pat, 0x1B0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_efer, 0x1B8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_pdpte0, 0x1C0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_pdpte1, 0x1C8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_pdpte2, 0x1D0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_pdpte3, 0x1D8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_pending_debug_exceptions, 0x1E0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_sysenter_esp_msr, 0x1E8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_sysenter_eip_msr, 0x1F0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_sleep_state, 0x1F8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_sysenter_cs_msr, 0x1FC);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, cr0_guest_host_mask, 0x200);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, cr4_guest_host_mask, 0x208);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, cr0_read_shadow, 0x210);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, cr4_read_shadow, 0x218);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_cr0, 0x220);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_cr3, 0x228);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_cr4, 0x230);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_dr7, 0x238);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_fs_base, 0x240);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_gs_base, 0x248);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_tr_base, 0x250);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_gdtr_base, 0x258);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_idtr_base, 0x260);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_rsp, 0x268);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, ept_root, 0x270);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, vpid, 0x278);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_ept_fault_gpa, 0x2A8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_instruction_error, 0x2B0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_reason, 0x2B4);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_interruption_info, 0x2B8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_exception_error_code, 0x2BC);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_idt_vectoring_info, 0x2C0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_idt_vectoring_error_code, 0x2C4);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_instruction_length, 0x2C8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_instruction_info, 0x2CC);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_qualification, 0x2D0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_io_instruction_ecx, 0x2D8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_io_instruction_esi, 0x2E0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_io_instruction_edi, 0x2E8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exit_io_instruction_eip, 0x2F0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_linear_address, 0x2F8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_rsp, 0x300);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_rflags, 0x308);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_interruptibility, 0x310);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, processor_controls, 0x314);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, exception_bitmap, 0x318);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, entry_controls, 0x31C);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, entry_interrupt_info, 0x320);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, entry_exception_error_code, 0x324);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, entry_instruction_length, 0x328);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, tpr_threshold, 0x32C);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_rip, 0x330);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, clean_fields, 0x338);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, synthetic_controls, 0x340);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, enlightenments_control, 0x344);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, vp_id, 0x348);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, vm_id, 0x350);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, partition_assist_page, 0x358);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_bndcfgs, 0x380);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_perf_global_ctrl, 0x388);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_s_cet, 0x390);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_ssp, 0x398);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_interrupt_ssp_table_addr, 0x3A0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, guest_lbr_ctl, 0x3A8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, xss_exiting_bitmap, 0x3C0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, encls_exiting_bitmap, 0x3C8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_perf_global_ctrl, 0x3D0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, tsc_multiplier, 0x3D8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_s_cet, 0x3E0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_ssp, 0x3E8);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, host_interrupt_ssp_table_addr, 0x3F0);
HV_ABI_OFFSET(hv_vmx_enlightened_vmcs, tertiary_processor_controls, 0x3F8);
/** @endcond */

#endif
