/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Input and output blocks of hypercalls: partitions, virtual processors, memory, intercepts.
 *
 * Sources: the pages of the hypercalls in the TLFS. A list of a rep hypercall, and the banks of a
 * set of virtual processors, follow the structure and are not part of it. Fields named reserved
 * must be zero unless stated.
 */
#ifndef HV_ABI_TLFS_INPUT_H
#define HV_ABI_TLFS_INPUT_H

#include <hv/abi/tlfs_base.h>
#include <hv/abi/tlfs_values.h>

/** TLFS: HV_VP_SET. The banks follow: 8 bytes for each bit set in valid_banks_mask. */
struct hv_vp_set {
    uint64_t format;           /**< HV_GENERIC_SET value */
    uint64_t valid_banks_mask; /**< bit n stands for the VPs 64 * n to 64 * n + 63 */
} HV_PACKED;

/** TLFS: HV_PROXIMITY_DOMAIN_INFO. */
struct hv_proximity_domain_info {
    uint32_t id;    /**< of the domain */
    uint32_t flags; /**< HV_PROXIMITY_DOMAIN bits */
} HV_PACKED;

/** HvCallCreatePartition. */
struct hv_input_create_partition {
    uint64_t flags;                                        /**< HV_PARTITION_CREATION_FLAG bits */
    struct hv_proximity_domain_info proximity_domain_info; /**< where its memory is taken */
    uint32_t compatibility_version;             /**< major version in bits 15:8, minor in 7:0 */
    uint32_t padding;                           /**< zero */
    uint64_t disabled_processor_features[2];    /**< set bits are hidden from the partition */
    uint64_t disabled_processor_xsave_features; /**< set bits are hidden from the partition */
    uint64_t isolation_properties; /**< zero in the TLFS; Linux: isolation type in bits 4:0, of the
                                      host in 6:5 */
} HV_PACKED;

/** HvCallCreatePartition. */
struct hv_output_create_partition {
    uint64_t partition_id; /**< of the new partition */
} HV_PACKED;

/** HvCallGetPartitionProperty; the value is returned in 8 bytes. */
struct hv_input_get_partition_property {
    uint64_t partition_id;  /**< may be HV_PARTITION_ID_SELF */
    uint32_t property_code; /**< HvPartitionProperty value */
    uint32_t padding;       /**< zero */
} HV_PACKED;

/** HvCallSetPartitionProperty. */
struct hv_input_set_partition_property {
    uint64_t partition_id;   /**< may be HV_PARTITION_ID_SELF */
    uint32_t property_code;  /**< HvPartitionProperty value */
    uint32_t padding;        /**< zero */
    uint64_t property_value; /**< new value */
} HV_PACKED;

/** HvCallGetPartitionPropertyEx, and HvCallSetPartitionPropertyEx, whose value is the variable
 * header. */
struct hv_input_get_partition_property_ex {
    uint64_t partition_id;      /**< may be HV_PARTITION_ID_SELF */
    uint32_t property_code;     /**< HvPartitionProperty value */
    uint32_t padding;           /**< zero */
    uint64_t property_argument; /**< zero for properties that have none */
} HV_PACKED;

/** HvCallGetNextChildPartition; the output is an ID, or HV_PARTITION_ID_INVALID at the end. */
struct hv_input_get_next_child_partition {
    uint64_t parent_id;         /**< may be HV_PARTITION_ID_SELF */
    uint64_t previous_child_id; /**< HV_PARTITION_ID_INVALID to begin */
} HV_PACKED;

/** HvCallDepositMemory; a list of page numbers of 8 bytes follows. */
struct hv_input_deposit_memory {
    uint64_t partition_id; /**< may be HV_PARTITION_ID_SELF */
} HV_PACKED;

/** HvCallWithdrawMemory; the output is a list of page numbers of 8 bytes. */
struct hv_input_withdraw_memory {
    uint64_t partition_id;                                 /**< may be HV_PARTITION_ID_SELF */
    struct hv_proximity_domain_info proximity_domain_info; /**< which pages to withdraw */
} HV_PACKED;

/** HvCallGetMemoryBalance, whose input is that of HvCallWithdrawMemory. */
struct hv_output_get_memory_balance {
    uint64_t pages_available; /**< not used by the hypervisor */
    uint64_t pages_in_use;    /**< used */
} HV_PACKED;

/** HvCallCreateVp. */
struct hv_input_create_vp {
    uint64_t partition_id;                                 /**< may be HV_PARTITION_ID_SELF */
    uint32_t vp_index;                                     /**< of the new VP */
    uint8_t padding[3];                                    /**< should be zero; ignored */
    uint8_t subnode_type;                                  /**< 0 for any */
    uint64_t subnode_id;                                   /**< ignored for subnode_type 0 */
    struct hv_proximity_domain_info proximity_domain_info; /**< where its memory is taken */
    uint64_t flags; /**< for a VP of the root partition, the index of its logical processor */
} HV_PACKED;

/** HvCallDeleteVp. */
struct hv_input_delete_vp {
    uint64_t partition_id; /**< of the VP */
    uint32_t vp_index;     /**< of the VP */
    uint32_t padding;      /**< ignored */
} HV_PACKED;

/** HvCallGetVpRegisters and HvCallSetVpRegisters. A list follows: of names of 4 bytes for Get,
 * whose output is a list of values of 16 bytes; of struct hv_register_assoc for Set. */
struct hv_input_vp_registers {
    uint64_t partition_id; /**< may be HV_PARTITION_ID_SELF */
    uint32_t vp_index;     /**< may be HV_VP_INDEX_SELF */
    uint8_t input_vtl;     /**< HV_INPUT_VTL */
    uint8_t reserved[3];   /**< zero */
} HV_PACKED;

/** List element of HvCallSetVpRegisters. */
struct hv_register_assoc {
    uint32_t name;                 /**< HvRegister or HvX64Register value */
    uint8_t reserved[12];          /**< ignored */
    union hv_register_value value; /**< new value */
} HV_PACKED;

/** HvCallMapGpaPages; a list of source page numbers of 8 bytes follows. */
struct hv_input_map_gpa_pages {
    uint64_t target_partition_id; /**< partition whose GPA space changes */
    uint64_t target_gpa_base;     /**< first page number, in units of 4 KiB */
    uint32_t map_flags;           /**< HV_MAP_GPA bits; the TLFS gives them 8 bytes */
    uint32_t padding;             /**< zero */
} HV_PACKED;

/** HvCallUnmapGpaPages, a rep hypercall without a list. */
struct hv_input_unmap_gpa_pages {
    uint64_t target_partition_id; /**< partition whose GPA space changes */
    uint64_t target_gpa_base;     /**< first page number, in units of 4 KiB */
    uint32_t unmap_flags;         /**< HV_UNMAP_GPA bits */
    uint32_t padding;             /**< zero */
} HV_PACKED;

/** HvCallMapSparseGpaPages and HvCallModifySparseGpaPages. A list follows: of struct hv_gpa_mapping
 * for Map, of page numbers of 8 bytes for Modify. */
struct hv_input_modify_sparse_gpa_pages {
    uint64_t target_partition_id; /**< partition whose GPA space changes */
    uint32_t map_flags;           /**< HV_MAP_GPA bits */
    uint32_t padding;             /**< zero */
} HV_PACKED;

/** TLFS: HV_GPA_MAPPING, list element of HvCallMapSparseGpaPages. */
struct hv_gpa_mapping {
    uint64_t target_gpa_page_number; /**< in the target partition */
    uint64_t source_gpa_page_number; /**< in the calling partition */
} HV_PACKED;

/** HvCallGetGpaPagesAccessState, a rep hypercall without a list; beyond the TLFS (Linux,
 * include/hyperv). A byte a page comes out. */
struct hv_input_get_gpa_pages_access_state {
    uint64_t partition_id; /**< a child */
    uint64_t flags;        /**< HV_GPA_PAGE_ACCESS bits */
    uint64_t gpa_page;     /**< the first page's number */
} HV_PACKED;

/** HvCallModifyVtlProtectionMask; a list of page numbers of 8 bytes follows. */
struct hv_input_modify_vtl_protection_mask {
    uint64_t target_partition_id; /**< HV_PARTITION_ID_SELF */
    uint32_t map_flags;           /**< HV_MAP_GPA permission bits */
    uint8_t target_vtl;           /**< HV_INPUT_VTL */
    uint8_t reserved[3];          /**< zero */
} HV_PACKED;

/** HvCallTranslateVirtualAddress and HvCallTranslateVirtualAddressEx. */
struct hv_input_translate_virtual_address {
    uint64_t partition_id;  /**< may be HV_PARTITION_ID_SELF */
    uint32_t vp_index;      /**< whose state is used */
    uint32_t padding;       /**< zero */
    uint64_t control_flags; /**< HV_TRANSLATE_GVA bits */
    uint64_t gva_page;      /**< virtual page number */
} HV_PACKED;

/** HvCallTranslateVirtualAddress. */
struct hv_output_translate_virtual_address {
    uint32_t result_code;        /**< HvTranslateGva value */
    uint32_t cache_type_overlay; /**< HV_TRANSLATE_GVA_RESULT bits */
    uint64_t gpa_page;           /**< physical page number */
} HV_PACKED;

/** HvCallTranslateVirtualAddressEx. The text of HV_TRANSLATE_GVA_RESULT_EX has a pending event of
 * 16 bytes; by the offsets of the call there is room for 8. */
struct hv_output_translate_virtual_address_ex {
    uint32_t result_code;        /**< HvTranslateGva value */
    uint32_t cache_type_overlay; /**< HV_TRANSLATE_GVA_RESULT bits */
    uint64_t event_info;         /**< of an intercept */
    uint64_t gpa_page;           /**< physical page number */
} HV_PACKED;

/** HvReadGpa; TLFS v2.0 12.4.5. The call ends within a page. */
struct hv_input_read_gpa {
    uint64_t partition_id;  /**< a child */
    uint32_t vp_index;      /**< as which the access is made */
    uint32_t byte_count;    /**< 1 to HV_ACCESS_GPA_MAX_BYTES */
    uint64_t base_gpa;      /**< guest physical address */
    uint64_t control_flags; /**< cache type in bits 7:0 */
} HV_PACKED;

/** HvReadGpa. */
struct hv_output_read_gpa {
    uint32_t result_code; /**< HvAccessGpa value */
    uint32_t reserved;    /**< zero */
    uint8_t data[16];     /**< what was read, zeros behind it */
} HV_PACKED;

/** HvWriteGpa; TLFS v2.0 12.4.6. */
struct hv_input_write_gpa {
    struct hv_input_read_gpa access; /**< where */
    uint8_t data[16];                /**< what; bytes behind the count are ignored */
} HV_PACKED;

/** HvWriteGpa. */
struct hv_output_write_gpa {
    uint32_t result_code; /**< HvAccessGpa value */
    uint32_t reserved;    /**< zero */
} HV_PACKED;

/** HvCallInstallIntercept. */
struct hv_input_install_intercept {
    uint64_t partition_id;        /**< a child */
    uint32_t access_type;         /**< HV_INTERCEPT_ACCESS_MASK bits */
    uint32_t intercept_type;      /**< HvInterceptType value */
    uint64_t intercept_parameter; /**< port, leaf, MSR or vector; for a range of ports, first in
                                     bits 15:0 and last in 31:16 */
} HV_PACKED;

/** HvCallCheckForIoIntercept; one byte is returned, 1 when such an access is intercepted. */
struct hv_input_check_for_io_intercept {
    uint64_t partition_id; /**< may be HV_PARTITION_ID_SELF */
    uint32_t vp_index;     /**< VP */
    uint8_t target_vtl;    /**< HV_INPUT_VTL */
    uint8_t padding;       /**< zero */
    uint16_t port;         /**< first port */
    uint8_t size;          /**< 1, 2 or 4 bytes */
    uint8_t is_write;      /**< 1 for OUT, 0 for IN */
    uint8_t unused[6];     /**< not part of the input; makes it a multiple of 8 bytes */
} HV_PACKED;

/** HV_REGISTER_X64_CPUID_RESULT_PARAMETERS; the input part, the first 12 bytes, is beyond the TLFS
 * (Linux, include/hyperv). */
struct hv_register_x64_cpuid_result_parameters {
    uint32_t input_eax;       /**< leaf */
    uint32_t input_ecx;       /**< subleaf */
    uint8_t subleaf_specific; /**< 0 when the result is that of all subleaves */
    uint8_t always_override;  /**< 1 when it counts for every VP state */
    uint16_t padding;         /**< zero */
    uint32_t result_eax;      /**< value */
    uint32_t result_eax_mask; /**< its bits that count */
    uint32_t result_ebx;      /**< value */
    uint32_t result_ebx_mask; /**< its bits that count */
    uint32_t result_ecx;      /**< value */
    uint32_t result_ecx_mask; /**< its bits that count */
    uint32_t result_edx;      /**< value */
    uint32_t result_edx_mask; /**< its bits that count */
} HV_PACKED;

/** TLFS: HV_REGISTER_X64_MSR_RESULT_PARAMETERS. */
struct hv_register_x64_msr_result_parameters {
    uint32_t msr_index;   /**< MSR */
    uint32_t access_type; /**< HV_INTERCEPT_ACCESS_MASK bits */
    uint32_t action;      /**< HvUnimplementedMsrAction value */
} HV_PACKED;

/** HvCallRegisterInterceptResult; the parameters of the intercept type follow. */
struct hv_input_register_intercept_result {
    uint64_t partition_id;   /**< a child */
    uint32_t vp_index;       /**< VP for which the result counts */
    uint32_t intercept_type; /**< HvInterceptType value */
} HV_PACKED;

/** Bytes that HvCallUnregisterInterceptResult has of the parameters: what names a leaf, or an MSR.
 * The TLFS gives no layout. */
#define HV_UNREGISTER_INTERCEPT_RESULT_SIZE 12u

/** HvCallGetVpCpuidValues; the list of leaves follows, and EAX, EBX, ECX, EDX are returned for
 * each. */
struct hv_input_get_vp_cpuid_values {
    uint64_t partition_id; /**< a child */
    uint32_t vp_index;     /**< VP */
    uint32_t flags;        /**< HV_GET_VP_CPUID_VALUES bits */
    uint64_t reserved;     /**< zero */
} HV_PACKED;

/** TLFS: HV_CPUID_LEAF_INFO, with the size that it has in Linux, include/hyperv. */
struct hv_cpuid_leaf_info {
    uint32_t eax;  /**< leaf */
    uint32_t ecx;  /**< subleaf */
    uint64_t xfem; /**< instead of the VP's */
    uint64_t xss;  /**< instead of the VP's */
} HV_PACKED;

/**
 * @name Flags of HvCallEnablePartitionVtl
 * TLFS, the page of the hypercall; one byte.
 * @{
 */
#define HV_ENABLE_PARTITION_VTL_MBEC 0x01u
/** @} */

/** HvCallEnablePartitionVtl. */
struct hv_input_enable_partition_vtl {
    uint64_t target_partition_id; /**< HV_PARTITION_ID_SELF */
    uint8_t target_vtl;           /**< VTL to enable */
    uint8_t flags;                /**< HV_ENABLE_PARTITION_VTL bits */
    uint8_t reserved[6];          /**< zero */
} HV_PACKED;

/** HvCallEnableVpVtl and HvCallStartVirtualProcessor. */
struct hv_input_enable_vp_vtl {
    uint64_t partition_id;                   /**< of the VP */
    uint32_t vp_index;                       /**< of the VP */
    uint8_t target_vtl;                      /**< VTL to enable, or in which to start */
    uint8_t reserved[3];                     /**< zero */
    struct hv_initial_vp_context vp_context; /**< state in which it starts */
} HV_PACKED;

/** HvCallGetVpIndexFromApicId. The list follows: APIC ids of 4 bytes (Linux) or of 4 bytes in 8
 * (the TLFS prints 4 bytes of padding behind each). */
struct hv_input_get_vp_index_from_apic_id {
    uint64_t partition_id; /**< may be HV_PARTITION_ID_SELF */
    uint8_t target_vtl;    /**< HV_INPUT_VTL */
    uint8_t reserved[7];   /**< zero */
} HV_PACKED;

/** HvCallFlushVirtualAddressSpace and HvCallFlushVirtualAddressList; the list of HV_GVA_RANGE
 * follows. */
struct hv_input_flush_virtual_address_space {
    uint64_t address_space;  /**< CR3 */
    uint64_t flags;          /**< HV_FLUSH bits */
    uint64_t processor_mask; /**< a bit for each of the VPs 0 to 63 */
} HV_PACKED;

/** HvCallFlushVirtualAddressSpaceEx and HvCallFlushVirtualAddressListEx; the banks are the variable
 * header, the list of HV_GVA_RANGE follows them. */
struct hv_input_flush_virtual_address_space_ex {
    uint64_t address_space;         /**< CR3 */
    uint64_t flags;                 /**< HV_FLUSH bits */
    struct hv_vp_set processor_set; /**< VPs to flush */
} HV_PACKED;

/** HvCallFlushGuestPhysicalAddressSpace and HvCallFlushGuestPhysicalAddressList; the list of
 * HV_GPA_PAGE_RANGE follows. */
struct hv_input_flush_guest_physical_address_space {
    uint64_t address_space; /**< root of the nested page tables */
    uint64_t flags;         /**< zero */
} HV_PACKED;

/** HvGetLogicalProcessorRunTime. */
struct hv_input_get_logical_processor_run_time {
    uint32_t lp_index; /**< index of a logical processor */
    uint32_t padding;  /**< ignored */
} HV_PACKED;

/** HvGetLogicalProcessorRunTime: times in units of 100 ns. */
struct hv_output_get_logical_processor_run_time {
    uint64_t global_time;     /**< since the processor was started */
    uint64_t local_run_time;  /**< of that, in guests */
    uint64_t reserved;        /**< zero */
    uint64_t hypervisor_time; /**< of that, in the hypervisor */
} HV_PACKED;

/** HvCallAddLogicalProcessor; the layout is that of Linux (include/hyperv). */
struct hv_input_add_logical_processor {
    uint32_t lp_index;                                     /**< index that it gets */
    uint32_t apic_id;                                      /**< of the processor */
    struct hv_proximity_domain_info proximity_domain_info; /**< where it is */
} HV_PACKED;

/** HvCallGetSystemProperty, whose output is 8 bytes; the layout is that of Linux. */
struct hv_input_get_system_property {
    uint32_t property_id; /**< HvSystemProperty value */
    uint32_t reserved;    /**< zero */
    uint64_t argument;    /**< zero for properties that have none */
} HV_PACKED;

/** HvCallSetSystemProperty of HvSystemPropertySleepState; the layout is that of Linux. */
struct hv_input_set_system_property {
    uint32_t property_id; /**< HvSystemProperty value */
    uint32_t reserved;    /**< zero */
    uint32_t sleep_state; /**< ACPI Sx */
    uint8_t pm1a_slp_typ; /**< SLP_TYP for the PM1a control register */
    uint8_t pm1b_slp_typ; /**< the same for PM1b */
    uint8_t reserved1[2]; /**< not looked at */
} HV_PACKED;

/** HvCallEnterSleepState; the layout is that of Linux. */
struct hv_input_enter_sleep_state {
    uint32_t sleep_state; /**< ACPI Sx */
    uint32_t padding;     /**< no part of the input */
} HV_PACKED;

/** HvCallNotifyPartitionEvent; the layout is that of Linux. */
struct hv_input_notify_partition_event {
    uint32_t event; /**< HvPartitionEvent value */
    uint32_t input; /**< of the event */
} HV_PACKED;

/**
 * @name System properties, scheduler types and partition events
 * Beyond the TLFS; of Linux, include/hyperv.
 * @{
 */
#define HvSystemPropertySleepState    3u
#define HvSystemPropertySchedulerType 15u

#define HvSchedulerTypeLp    1u /**< the hypervisor schedules, without regard to SMT */
#define HvSchedulerTypeLpSmt 2u /**< the hypervisor schedules, and knows of SMT */
#define HvSchedulerTypeCore  3u /**< the same by cores */
#define HvSchedulerTypeRoot  4u /**< the root schedules */

#define HvPartitionEventRootCrashdump               2u /**< its input is a HvCrashdumpAction value */
#define HvPartitionEventAllLogicalProcessorsStarted 4u

#define HvCrashdumpActionSuspendAllVps 1u /**< of all guests */
#define HvCrashdumpActionEntry         4u /**< the root has crashed */
/** @} */

/** @cond layout */
HV_ABI_SIZE(hv_input_get_logical_processor_run_time, 8);
HV_ABI_OFFSET(hv_input_get_logical_processor_run_time, lp_index, 0);
HV_ABI_SIZE(hv_output_get_logical_processor_run_time, 32);
HV_ABI_OFFSET(hv_output_get_logical_processor_run_time, global_time, 0);
HV_ABI_OFFSET(hv_output_get_logical_processor_run_time, local_run_time, 8);
HV_ABI_OFFSET(hv_output_get_logical_processor_run_time, hypervisor_time, 24);
HV_ABI_SIZE(hv_input_add_logical_processor, 16);
HV_ABI_OFFSET(hv_input_add_logical_processor, lp_index, 0);
HV_ABI_OFFSET(hv_input_add_logical_processor, apic_id, 4);
HV_ABI_OFFSET(hv_input_add_logical_processor, proximity_domain_info, 8);
HV_ABI_SIZE(hv_input_get_system_property, 16);
HV_ABI_OFFSET(hv_input_get_system_property, property_id, 0);
HV_ABI_OFFSET(hv_input_get_system_property, argument, 8);
HV_ABI_SIZE(hv_input_set_system_property, 16);
HV_ABI_OFFSET(hv_input_set_system_property, sleep_state, 8);
HV_ABI_OFFSET(hv_input_set_system_property, pm1b_slp_typ, 13);
HV_ABI_SIZE(hv_input_enter_sleep_state, 8);
HV_ABI_SIZE(hv_input_notify_partition_event, 8);
HV_ABI_OFFSET(hv_input_notify_partition_event, event, 0);
HV_ABI_OFFSET(hv_input_notify_partition_event, input, 4);
HV_ABI_SIZE(hv_vp_set, 16);
HV_ABI_OFFSET(hv_vp_set, format, 0);
HV_ABI_OFFSET(hv_vp_set, valid_banks_mask, 8);
HV_ABI_SIZE(hv_proximity_domain_info, 8);
HV_ABI_OFFSET(hv_proximity_domain_info, id, 0);
HV_ABI_OFFSET(hv_proximity_domain_info, flags, 4);
HV_ABI_SIZE(hv_input_create_partition, 56);
HV_ABI_OFFSET(hv_input_create_partition, flags, 0);
HV_ABI_OFFSET(hv_input_create_partition, proximity_domain_info, 8);
HV_ABI_OFFSET(hv_input_create_partition, compatibility_version, 16);
HV_ABI_OFFSET(hv_input_create_partition, disabled_processor_features, 24);
HV_ABI_OFFSET(hv_input_create_partition, disabled_processor_xsave_features, 40);
HV_ABI_OFFSET(hv_input_create_partition, isolation_properties, 48);
HV_ABI_SIZE(hv_output_create_partition, 8);
HV_ABI_OFFSET(hv_output_create_partition, partition_id, 0);
HV_ABI_SIZE(hv_input_get_partition_property, 16);
HV_ABI_OFFSET(hv_input_get_partition_property, partition_id, 0);
HV_ABI_OFFSET(hv_input_get_partition_property, property_code, 8);
HV_ABI_SIZE(hv_input_set_partition_property, 24);
HV_ABI_OFFSET(hv_input_set_partition_property, partition_id, 0);
HV_ABI_OFFSET(hv_input_set_partition_property, property_code, 8);
HV_ABI_OFFSET(hv_input_set_partition_property, property_value, 16);
HV_ABI_SIZE(hv_input_deposit_memory, 8);
HV_ABI_OFFSET(hv_input_deposit_memory, partition_id, 0);
HV_ABI_SIZE(hv_input_withdraw_memory, 16);
HV_ABI_OFFSET(hv_input_withdraw_memory, partition_id, 0);
HV_ABI_OFFSET(hv_input_withdraw_memory, proximity_domain_info, 8);
HV_ABI_SIZE(hv_output_get_memory_balance, 16);
HV_ABI_OFFSET(hv_output_get_memory_balance, pages_available, 0);
HV_ABI_OFFSET(hv_output_get_memory_balance, pages_in_use, 8);
HV_ABI_SIZE(hv_input_create_vp, 40);
HV_ABI_OFFSET(hv_input_create_vp, partition_id, 0);
HV_ABI_OFFSET(hv_input_create_vp, vp_index, 8);
HV_ABI_OFFSET(hv_input_create_vp, padding, 12);
HV_ABI_OFFSET(hv_input_create_vp, subnode_type, 15);
HV_ABI_OFFSET(hv_input_create_vp, subnode_id, 16);
HV_ABI_OFFSET(hv_input_create_vp, proximity_domain_info, 24);
HV_ABI_OFFSET(hv_input_create_vp, flags, 32);
HV_ABI_SIZE(hv_input_get_partition_property_ex, 24);
HV_ABI_OFFSET(hv_input_get_partition_property_ex, partition_id, 0);
HV_ABI_OFFSET(hv_input_get_partition_property_ex, property_code, 8);
HV_ABI_OFFSET(hv_input_get_partition_property_ex, property_argument, 16);
HV_ABI_SIZE(hv_input_get_next_child_partition, 16);
HV_ABI_OFFSET(hv_input_get_next_child_partition, parent_id, 0);
HV_ABI_OFFSET(hv_input_get_next_child_partition, previous_child_id, 8);
HV_ABI_SIZE(hv_input_delete_vp, 16);
HV_ABI_OFFSET(hv_input_delete_vp, partition_id, 0);
HV_ABI_OFFSET(hv_input_delete_vp, vp_index, 8);
HV_ABI_SIZE(hv_input_vp_registers, 16);
HV_ABI_OFFSET(hv_input_vp_registers, partition_id, 0);
HV_ABI_OFFSET(hv_input_vp_registers, vp_index, 8);
HV_ABI_OFFSET(hv_input_vp_registers, input_vtl, 12);
HV_ABI_SIZE(hv_register_assoc, 32);
HV_ABI_OFFSET(hv_register_assoc, name, 0);
HV_ABI_OFFSET(hv_register_assoc, value, 16);
HV_ABI_SIZE(hv_input_map_gpa_pages, 24);
HV_ABI_OFFSET(hv_input_map_gpa_pages, target_partition_id, 0);
HV_ABI_OFFSET(hv_input_map_gpa_pages, target_gpa_base, 8);
HV_ABI_OFFSET(hv_input_map_gpa_pages, map_flags, 16);
HV_ABI_SIZE(hv_input_unmap_gpa_pages, 24);
HV_ABI_OFFSET(hv_input_unmap_gpa_pages, target_partition_id, 0);
HV_ABI_OFFSET(hv_input_unmap_gpa_pages, target_gpa_base, 8);
HV_ABI_OFFSET(hv_input_unmap_gpa_pages, unmap_flags, 16);
HV_ABI_SIZE(hv_input_modify_sparse_gpa_pages, 16);
HV_ABI_OFFSET(hv_input_modify_sparse_gpa_pages, target_partition_id, 0);
HV_ABI_OFFSET(hv_input_modify_sparse_gpa_pages, map_flags, 8);
HV_ABI_SIZE(hv_input_get_gpa_pages_access_state, 24);
HV_ABI_OFFSET(hv_input_get_gpa_pages_access_state, partition_id, 0);
HV_ABI_OFFSET(hv_input_get_gpa_pages_access_state, flags, 8);
HV_ABI_OFFSET(hv_input_get_gpa_pages_access_state, gpa_page, 16);
HV_ABI_SIZE(hv_gpa_mapping, 16);
HV_ABI_OFFSET(hv_gpa_mapping, target_gpa_page_number, 0);
HV_ABI_OFFSET(hv_gpa_mapping, source_gpa_page_number, 8);
HV_ABI_SIZE(hv_input_modify_vtl_protection_mask, 16);
HV_ABI_OFFSET(hv_input_modify_vtl_protection_mask, target_partition_id, 0);
HV_ABI_OFFSET(hv_input_modify_vtl_protection_mask, map_flags, 8);
HV_ABI_OFFSET(hv_input_modify_vtl_protection_mask, target_vtl, 12);
HV_ABI_SIZE(hv_input_translate_virtual_address, 32);
HV_ABI_OFFSET(hv_input_translate_virtual_address, partition_id, 0);
HV_ABI_OFFSET(hv_input_translate_virtual_address, vp_index, 8);
HV_ABI_OFFSET(hv_input_translate_virtual_address, control_flags, 16);
HV_ABI_OFFSET(hv_input_translate_virtual_address, gva_page, 24);
HV_ABI_SIZE(hv_output_translate_virtual_address, 16);
HV_ABI_OFFSET(hv_output_translate_virtual_address, result_code, 0);
HV_ABI_OFFSET(hv_output_translate_virtual_address, cache_type_overlay, 4);
HV_ABI_OFFSET(hv_output_translate_virtual_address, gpa_page, 8);
HV_ABI_SIZE(hv_output_translate_virtual_address_ex, 24);
HV_ABI_OFFSET(hv_output_translate_virtual_address_ex, event_info, 8);
HV_ABI_OFFSET(hv_output_translate_virtual_address_ex, gpa_page, 16);
HV_ABI_SIZE(hv_input_read_gpa, 32);
HV_ABI_OFFSET(hv_input_read_gpa, vp_index, 8);
HV_ABI_OFFSET(hv_input_read_gpa, byte_count, 12);
HV_ABI_OFFSET(hv_input_read_gpa, base_gpa, 16);
HV_ABI_OFFSET(hv_input_read_gpa, control_flags, 24);
HV_ABI_SIZE(hv_output_read_gpa, 24);
HV_ABI_OFFSET(hv_output_read_gpa, data, 8);
HV_ABI_SIZE(hv_input_write_gpa, 48);
HV_ABI_OFFSET(hv_input_write_gpa, data, 32);
HV_ABI_SIZE(hv_output_write_gpa, 8);
HV_ABI_SIZE(hv_input_install_intercept, 24);
HV_ABI_OFFSET(hv_input_install_intercept, partition_id, 0);
HV_ABI_OFFSET(hv_input_install_intercept, access_type, 8);
HV_ABI_OFFSET(hv_input_install_intercept, intercept_type, 12);
HV_ABI_OFFSET(hv_input_install_intercept, intercept_parameter, 16);
HV_ABI_SIZE(hv_input_check_for_io_intercept, 24);
HV_ABI_OFFSET(hv_input_check_for_io_intercept, partition_id, 0);
HV_ABI_OFFSET(hv_input_check_for_io_intercept, vp_index, 8);
HV_ABI_OFFSET(hv_input_check_for_io_intercept, target_vtl, 12);
HV_ABI_OFFSET(hv_input_check_for_io_intercept, port, 14);
HV_ABI_OFFSET(hv_input_check_for_io_intercept, size, 16);
HV_ABI_OFFSET(hv_input_check_for_io_intercept, is_write, 17);
HV_ABI_SIZE(hv_register_x64_cpuid_result_parameters, 44);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, input_eax, 0);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, input_ecx, 4);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, subleaf_specific, 8);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, always_override, 9);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, result_eax, 12);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, result_eax_mask, 16);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, result_ebx, 20);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, result_ebx_mask, 24);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, result_ecx, 28);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, result_ecx_mask, 32);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, result_edx, 36);
HV_ABI_OFFSET(hv_register_x64_cpuid_result_parameters, result_edx_mask, 40);
HV_ABI_SIZE(hv_register_x64_msr_result_parameters, 12);
HV_ABI_OFFSET(hv_register_x64_msr_result_parameters, msr_index, 0);
HV_ABI_OFFSET(hv_register_x64_msr_result_parameters, access_type, 4);
HV_ABI_OFFSET(hv_register_x64_msr_result_parameters, action, 8);
HV_ABI_SIZE(hv_input_register_intercept_result, 16);
HV_ABI_OFFSET(hv_input_register_intercept_result, partition_id, 0);
HV_ABI_OFFSET(hv_input_register_intercept_result, vp_index, 8);
HV_ABI_OFFSET(hv_input_register_intercept_result, intercept_type, 12);
HV_ABI_SIZE(hv_input_get_vp_cpuid_values, 24);
HV_ABI_OFFSET(hv_input_get_vp_cpuid_values, vp_index, 8);
HV_ABI_OFFSET(hv_input_get_vp_cpuid_values, flags, 12);
HV_ABI_OFFSET(hv_input_get_vp_cpuid_values, reserved, 16);
HV_ABI_SIZE(hv_cpuid_leaf_info, 24);
HV_ABI_OFFSET(hv_cpuid_leaf_info, ecx, 4);
HV_ABI_OFFSET(hv_cpuid_leaf_info, xfem, 8);
HV_ABI_OFFSET(hv_cpuid_leaf_info, xss, 16);
HV_ABI_SIZE(hv_input_enable_partition_vtl, 16);
HV_ABI_OFFSET(hv_input_enable_partition_vtl, target_partition_id, 0);
HV_ABI_OFFSET(hv_input_enable_partition_vtl, target_vtl, 8);
HV_ABI_OFFSET(hv_input_enable_partition_vtl, flags, 9);
HV_ABI_SIZE(hv_input_enable_vp_vtl, 240);
HV_ABI_OFFSET(hv_input_enable_vp_vtl, partition_id, 0);
HV_ABI_OFFSET(hv_input_enable_vp_vtl, vp_index, 8);
HV_ABI_OFFSET(hv_input_enable_vp_vtl, target_vtl, 12);
HV_ABI_OFFSET(hv_input_enable_vp_vtl, vp_context, 16);
HV_ABI_SIZE(hv_input_get_vp_index_from_apic_id, 16);
HV_ABI_OFFSET(hv_input_get_vp_index_from_apic_id, partition_id, 0);
HV_ABI_OFFSET(hv_input_get_vp_index_from_apic_id, target_vtl, 8);
HV_ABI_SIZE(hv_input_flush_virtual_address_space, 24);
HV_ABI_OFFSET(hv_input_flush_virtual_address_space, address_space, 0);
HV_ABI_OFFSET(hv_input_flush_virtual_address_space, flags, 8);
HV_ABI_OFFSET(hv_input_flush_virtual_address_space, processor_mask, 16);
HV_ABI_SIZE(hv_input_flush_virtual_address_space_ex, 32);
HV_ABI_OFFSET(hv_input_flush_virtual_address_space_ex, address_space, 0);
HV_ABI_OFFSET(hv_input_flush_virtual_address_space_ex, flags, 8);
HV_ABI_OFFSET(hv_input_flush_virtual_address_space_ex, processor_set, 16);
HV_ABI_SIZE(hv_input_flush_guest_physical_address_space, 16);
HV_ABI_OFFSET(hv_input_flush_guest_physical_address_space, address_space, 0);
HV_ABI_OFFSET(hv_input_flush_guest_physical_address_space, flags, 8);
/** @endcond */

#endif
