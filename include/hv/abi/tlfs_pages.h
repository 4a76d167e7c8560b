/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Pages that a guest and the hypervisor share.
 *
 * Sources: TLFS "Timers", "Virtual Processors", "Virtual Secure Mode", "Inter-Partition
 * Communication" and v6.0b for the monitor page.
 */
#ifndef HV_ABI_TLFS_PAGES_H
#define HV_ABI_TLFS_PAGES_H

#include <hv/abi/tlfs_base.h>
#include <hv/abi/tlfs_values.h>

/** TLFS: HV_REFERENCE_TSC_PAGE. Time is ((TSC * tsc_scale) >> 64) + tsc_offset. */
struct hv_reference_tsc_page {
    uint32_t tsc_sequence;   /**< 0 when only HV_X64_MSR_TIME_REF_COUNT has the time */
    uint32_t reserved1;      /**< not used */
    uint64_t tsc_scale;      /**< fraction of 64 bits */
    int64_t tsc_offset;      /**< in units of 100 ns */
    uint64_t reserved2[509]; /**< not used */
} HV_PACKED;

/**
 * @name Fields of the VP assist page
 * TLFS, data type HV_VP_ASSIST_PAGE and those that it contains.
 * @{
 */
#define HV_VP_ASSIST_NO_EOI_REQUIRED            0x00000001u /**< field apic_assist */
#define HV_VP_VTL_CONTROL_VINA_ASSERTED         0x01u       /**< field vina_status */
#define HV_NESTED_DIRECT_HYPERCALL              0x00000001u /**< field features */
#define HV_NESTED_VIRTUALIZATION_EXCEPTION      0x00000002u /**< field features */
#define HV_NESTED_INTER_PARTITION_COMMUNICATION 0x00000001u /**< field hypercall_controls */
/** @} */

/**
 * @name Reasons for the entry to a VTL
 * TLFS, data type HV_VP_VTL_CONTROL.
 * @{
 */
#define HvVtlEntryReserved  0u
#define HvVtlEntryVtlCall   1u
#define HvVtlEntryInterrupt 2u
#define HvVtlEntryIntercept 3u
/** @} */

/** TLFS: HV_VP_VTL_CONTROL. */
struct hv_vp_vtl_control {
    uint32_t entry_reason;       /**< HvVtlEntry value */
    uint8_t vina_status;         /**< HV_VP_VTL_CONTROL_VINA_ASSERTED */
    uint8_t reserved_z[3];       /**< zero */
    uint64_t vtl_return_x64_rax; /**< RAX on VTL return; for a 32-bit VTL, EAX in bits 31:0 and ECX
                                    in 63:32 */
    uint64_t vtl_return_x64_rcx; /**< RCX on VTL return; for a 32-bit VTL, EDX in bits 31:0 */
} HV_PACKED;

/** TLFS: HV_NESTED_ENLIGHTENMENTS_CONTROL. */
struct hv_nested_enlightenments_control {
    uint32_t features;           /**< HV_NESTED bits */
    uint32_t hypercall_controls; /**< HV_NESTED_INTER_PARTITION_COMMUNICATION */
} HV_PACKED;

/** TLFS: HV_VIRTUALIZATION_FAULT_INFORMATION. */
struct hv_virtualization_fault_information {
    uint16_t parameter0; /**< depends on the code */
    uint16_t reserved0;  /**< zero */
    uint32_t code;       /**< the current fault */
    uint64_t parameter1; /**< depends on the code */
} HV_PACKED;

/** TLFS: HV_VP_ASSIST_PAGE, at HV_X64_MSR_VP_ASSIST_PAGE. */
struct hv_vp_assist_page {
    uint32_t apic_assist;                 /**< HV_VP_ASSIST_NO_EOI_REQUIRED */
    uint32_t reserved_z0;                 /**< zero */
    struct hv_vp_vtl_control vtl_control; /**< of the VTL that owns the page */
    struct hv_nested_enlightenments_control
        nested_enlightenments_control;             /**< granted to the nested guest */
    uint8_t enlighten_vm_entry;                    /**< 1 when current_nested_vmcs is to be used */
    uint8_t reserved_z1[7];                        /**< zero */
    uint64_t current_nested_vmcs;                  /**< GPA of the enlightened VMCS */
    uint8_t synthetic_time_unhalted_timer_expired; /**< set by the hypervisor */
    uint8_t reserved_z2[7];                        /**< zero */
    struct hv_virtualization_fault_information
        virtualization_fault_information; /**< aligned to 16 bytes */
    uint8_t reserved_z3[4016];            /**< zero */
} HV_PACKED;

/** TLFS: HV_SYNIC_EVENT_FLAGS. Flag n is bit n % 8 of byte n / 8. */
struct hv_synic_event_flags {
    uint8_t flags[HV_EVENT_FLAGS_BYTE_COUNT]; /**< 2048 flags */
} HV_PACKED;

/** The page at HV_X64_MSR_SIEFP. */
struct hv_synic_event_flags_page {
    struct hv_synic_event_flags sint_event_flags[HV_SYNIC_SINT_COUNT]; /**< for each SINT */
} HV_PACKED;

/**
 * @name Event rings
 * The page at HV_X64_MSR_SIRBP; beyond the TLFS, Linux, include/hyperv.
 * @{
 */
#define HV_SYNIC_EVENT_RING_MESSAGE_COUNT 63u
/** @} */

/** Ring of a SINT in which the hypervisor puts the ids of doorbell ports. */
struct hv_synic_event_ring {
    uint8_t signal_masked; /**< the guest drains the ring and wants no message */
    uint8_t ring_full;     /**< a doorbell found no room */
    uint16_t reserved_z;   /**< zero */
    uint32_t data[HV_SYNIC_EVENT_RING_MESSAGE_COUNT]; /**< port ids; the guest frees a slot by
                                                         writing 0 */
} HV_PACKED;

/** The page at HV_X64_MSR_SIRBP. */
struct hv_synic_event_ring_page {
    struct hv_synic_event_ring sint_event_ring[HV_SYNIC_SINT_COUNT]; /**< for each SINT */
} HV_PACKED;

/**
 * @name Groups of the monitor page
 * TLFS v6.0b HV_MONITOR_PAGE.
 * @{
 */
#define HV_MONITOR_GROUPS                          4u
#define HV_MONITOR_TRIGGERS_PER_GROUP              32u
#define HV_MONITOR_TRIGGER_STATE_GROUP_ENABLE_MASK 0x0000000Fu /**< a bit for each group */
/** @} */

/** TLFS: HV_MONITOR_TRIGGER_GROUP. */
struct hv_monitor_trigger_group {
    uint32_t pending; /**< a bit for each trigger that was set */
    uint32_t armed;   /**< a bit for each that waits for its latency to pass */
} HV_PACKED;

/** TLFS: HV_MONITOR_PARAMETER, what a trigger signals. */
struct hv_monitor_parameter {
    uint32_t connection_id; /**< of an event connection */
    uint16_t flag_number;   /**< relative to the port's base flag */
    uint16_t reserved_z;    /**< zero */
} HV_PACKED;

/** TLFS v6.0b: HV_MONITOR_PAGE. */
struct hv_monitor_page {
    uint32_t trigger_state; /**< HV_MONITOR_TRIGGER_STATE bits */
    uint32_t reserved_z1;   /**< zero */
    struct hv_monitor_trigger_group trigger_group[HV_MONITOR_GROUPS]; /**< triggers */
    uint8_t reserved_z2[536];                                         /**< zero */
    uint16_t latency[HV_MONITOR_GROUPS]
                    [HV_MONITOR_TRIGGERS_PER_GROUP]; /**< hint, in units of 100 ns */
    uint8_t reserved_z3[256];                        /**< zero */
    struct hv_monitor_parameter
        parameter[HV_MONITOR_GROUPS]
                 [HV_MONITOR_TRIGGERS_PER_GROUP]; /**< what each trigger signals */
    uint8_t reserved_z4[1984];                    /**< zero */
} HV_PACKED;

/**
 * @name VP register page
 * The state page HvVpStatePageRegisters; beyond the TLFS, Linux, include/hyperv. The dirty bits
 * tell which classes the reader has changed.
 * @{
 */
#define HV_VP_REGISTER_PAGE_VERSION_1     1u
#define HV_VP_REGISTER_PAGE_DIRTY_GENERAL 0x01u
#define HV_VP_REGISTER_PAGE_DIRTY_IP      0x02u
#define HV_VP_REGISTER_PAGE_DIRTY_XMM     0x04u
#define HV_VP_REGISTER_PAGE_DIRTY_SEGMENT 0x08u
#define HV_VP_REGISTER_PAGE_DIRTY_FLAGS   0x10u
/** @} */

/** Page in which the hypervisor leaves registers at an intercept; beyond the TLFS. */
struct hv_vp_register_page {
    uint16_t version;                /**< HV_VP_REGISTER_PAGE_VERSION_1 */
    uint8_t is_valid;                /**< 0 when the registers must be read by hypercall */
    uint8_t reserved_z;              /**< zero */
    uint32_t dirty;                  /**< HV_VP_REGISTER_PAGE_DIRTY bits */
    uint64_t gp_registers[16];       /**< RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15 */
    uint64_t rip;                    /**< RIP */
    uint64_t rflags;                 /**< RFLAGS */
    uint64_t reserved1;              /**< zero */
    struct hv_u128 xmm_registers[6]; /**< XMM0 to XMM5 */
    struct hv_x64_segment_register segment_registers[6]; /**< ES, CS, SS, DS, FS, GS */
    uint64_t cr0;                                        /**< CR0 */
    uint64_t cr3;                                        /**< CR3 */
    uint64_t cr4;                                        /**< CR4 */
    uint64_t cr8;                                        /**< CR8 */
    uint64_t efer;                                       /**< IA32_EFER */
    uint64_t dr7;                                        /**< DR7 */
    uint64_t pending_interruption;                       /**< HV_X64_PENDING_INTERRUPTION bits */
    uint64_t interrupt_state;                            /**< HV_X64_INTERRUPT_STATE bits */
    uint64_t instruction_emulation_hints;                /**< HvRegisterInstructionEmulationHints */
    uint64_t xfem;                                       /**< XCR0 */
    uint8_t reserved2[256];                              /**< not used */
    uint8_t interrupt_vector_count;                      /**< of the vectors that follow */
    uint8_t interrupt_vectors[7];                        /**< to inject under the root scheduler */
    uint8_t reserved3[3400];                             /**< not used */
} HV_PACKED;

/** @name hv_stimer_state.flags
 * @{
 */
#define HV_STIMER_STATE_UNDELIVERED 1u /**< a message has not been delivered */
/** @} */

/** State of a synthetic timer; this and the next are of Linux, include/hyperv. */
struct hv_stimer_state {
    uint32_t flags;                  /**< HV_STIMER_STATE bits */
    uint32_t reserved;               /**< zero */
    uint64_t config;                 /**< HV_X64_MSR_STIMER0_CONFIG */
    uint64_t count;                  /**< HV_X64_MSR_STIMER0_COUNT */
    uint64_t adjustment;             /**< what a restore needs besides */
    uint64_t undelivered_expiration; /**< of the message, reference time */
} HV_PACKED;

/** HV_VP_STATE_SYNTHETIC_TIMERS. */
struct hv_synthetic_timers_state {
    struct hv_stimer_state timers[4]; /**< by index */
    uint64_t reserved[5];             /**< zero */
} HV_PACKED;

/** State of a local APIC, at the start of a page; beyond the TLFS, Linux, include/hyperv. Registers
 * are as the APIC has them in its mode. */
struct hv_local_interrupt_controller_state {
    uint32_t id;            /**< APIC ID */
    uint32_t version;       /**< version */
    uint32_t ldr;           /**< logical destination */
    uint32_t dfr;           /**< destination format */
    uint32_t spurious;      /**< spurious interrupt vector */
    uint32_t isr[8];        /**< in service */
    uint32_t tmr[8];        /**< trigger mode */
    uint32_t irr[8];        /**< requested */
    uint32_t esr;           /**< error status, as it was latched */
    uint32_t icr_high;      /**< interrupt command, bits 63:32 */
    uint32_t icr_low;       /**< bits 31:0 */
    uint32_t lvt_timer;     /**< local vector table */
    uint32_t lvt_thermal;   /**< local vector table */
    uint32_t lvt_perfmon;   /**< local vector table */
    uint32_t lvt_lint0;     /**< local vector table */
    uint32_t lvt_lint1;     /**< local vector table */
    uint32_t lvt_error;     /**< local vector table */
    uint32_t lvt_cmci;      /**< local vector table */
    uint32_t error_status;  /**< errors since the latest were latched */
    uint32_t initial_count; /**< timer */
    uint32_t counter_value; /**< timer */
    uint32_t divide;        /**< timer */
    uint32_t remote_read;   /**< not used */
} HV_PACKED;

/** @cond layout */
HV_ABI_SIZE(hv_stimer_state, 40);
HV_ABI_SIZE(hv_synthetic_timers_state, 200);
HV_ABI_SIZE(hv_local_interrupt_controller_state, 176);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, id, 0);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, version, 4);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, ldr, 8);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, dfr, 12);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, spurious, 16);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, isr, 20);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, tmr, 52);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, irr, 84);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, esr, 116);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, icr_high, 120);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, icr_low, 124);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, lvt_timer, 128);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, lvt_lint0, 140);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, lvt_cmci, 152);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, error_status, 156);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, initial_count, 160);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, counter_value, 164);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, divide, 168);
HV_ABI_OFFSET(hv_local_interrupt_controller_state, remote_read, 172);
HV_ABI_SIZE(hv_reference_tsc_page, 4096);
HV_ABI_OFFSET(hv_reference_tsc_page, tsc_sequence, 0);
HV_ABI_OFFSET(hv_reference_tsc_page, reserved1, 4);
HV_ABI_OFFSET(hv_reference_tsc_page, tsc_scale, 8);
HV_ABI_OFFSET(hv_reference_tsc_page, tsc_offset, 16);
HV_ABI_OFFSET(hv_reference_tsc_page, reserved2, 24);
HV_ABI_SIZE(hv_vp_vtl_control, 24);
HV_ABI_OFFSET(hv_vp_vtl_control, entry_reason, 0);
HV_ABI_OFFSET(hv_vp_vtl_control, vina_status, 4);
HV_ABI_OFFSET(hv_vp_vtl_control, vtl_return_x64_rax, 8);
HV_ABI_OFFSET(hv_vp_vtl_control, vtl_return_x64_rcx, 16);
HV_ABI_SIZE(hv_nested_enlightenments_control, 8);
HV_ABI_OFFSET(hv_nested_enlightenments_control, features, 0);
HV_ABI_OFFSET(hv_nested_enlightenments_control, hypercall_controls, 4);
HV_ABI_SIZE(hv_virtualization_fault_information, 16);
HV_ABI_OFFSET(hv_virtualization_fault_information, parameter0, 0);
HV_ABI_OFFSET(hv_virtualization_fault_information, reserved0, 2);
HV_ABI_OFFSET(hv_virtualization_fault_information, code, 4);
HV_ABI_OFFSET(hv_virtualization_fault_information, parameter1, 8);
HV_ABI_SIZE(hv_vp_assist_page, 4096);
HV_ABI_OFFSET(hv_vp_assist_page, apic_assist, 0);
HV_ABI_OFFSET(hv_vp_assist_page, reserved_z0, 4);
HV_ABI_OFFSET(hv_vp_assist_page, vtl_control, 8);
HV_ABI_OFFSET(hv_vp_assist_page, nested_enlightenments_control, 32);
HV_ABI_OFFSET(hv_vp_assist_page, enlighten_vm_entry, 40);
HV_ABI_OFFSET(hv_vp_assist_page, current_nested_vmcs, 48);
HV_ABI_OFFSET(hv_vp_assist_page, synthetic_time_unhalted_timer_expired, 56);
HV_ABI_OFFSET(hv_vp_assist_page, virtualization_fault_information, 64);
HV_ABI_OFFSET(hv_vp_assist_page, vtl_control.vina_status, 12);
HV_ABI_OFFSET(hv_vp_assist_page, vtl_control.vtl_return_x64_rax, 16);
HV_ABI_OFFSET(hv_vp_assist_page, vtl_control.vtl_return_x64_rcx, 24);
HV_ABI_OFFSET(hv_vp_assist_page, nested_enlightenments_control.hypercall_controls, 36);
HV_ABI_OFFSET(hv_vp_assist_page, virtualization_fault_information.code, 68);
HV_ABI_OFFSET(hv_vp_assist_page, virtualization_fault_information.parameter1, 72);
HV_ABI_SIZE(hv_synic_event_flags, 256);
HV_ABI_OFFSET(hv_synic_event_flags, flags, 0);
HV_ABI_SIZE(hv_synic_event_flags_page, 4096);
HV_ABI_OFFSET(hv_synic_event_flags_page, sint_event_flags, 0);
HV_ABI_SIZE(hv_synic_event_ring, 256);
HV_ABI_OFFSET(hv_synic_event_ring, signal_masked, 0);
HV_ABI_OFFSET(hv_synic_event_ring, ring_full, 1);
HV_ABI_OFFSET(hv_synic_event_ring, reserved_z, 2);
HV_ABI_OFFSET(hv_synic_event_ring, data, 4);
HV_ABI_SIZE(hv_synic_event_ring_page, 4096);
HV_ABI_OFFSET(hv_synic_event_ring_page, sint_event_ring, 0);
HV_ABI_SIZE(hv_monitor_trigger_group, 8);
HV_ABI_OFFSET(hv_monitor_trigger_group, pending, 0);
HV_ABI_OFFSET(hv_monitor_trigger_group, armed, 4);
HV_ABI_SIZE(hv_monitor_parameter, 8);
HV_ABI_OFFSET(hv_monitor_parameter, connection_id, 0);
HV_ABI_OFFSET(hv_monitor_parameter, flag_number, 4);
HV_ABI_OFFSET(hv_monitor_parameter, reserved_z, 6);
HV_ABI_SIZE(hv_monitor_page, 4096);
HV_ABI_OFFSET(hv_monitor_page, trigger_state, 0);
HV_ABI_OFFSET(hv_monitor_page, reserved_z1, 4);
HV_ABI_OFFSET(hv_monitor_page, trigger_group, 8);
HV_ABI_OFFSET(hv_monitor_page, reserved_z2, 40);
HV_ABI_OFFSET(hv_monitor_page, latency, 576);
HV_ABI_OFFSET(hv_monitor_page, reserved_z3, 832);
HV_ABI_OFFSET(hv_monitor_page, parameter, 1088);
HV_ABI_OFFSET(hv_monitor_page, reserved_z4, 2112);
HV_ABI_SIZE(hv_vp_register_page, 4096);
HV_ABI_OFFSET(hv_vp_register_page, version, 0);
HV_ABI_OFFSET(hv_vp_register_page, is_valid, 2);
HV_ABI_OFFSET(hv_vp_register_page, dirty, 4);
HV_ABI_OFFSET(hv_vp_register_page, gp_registers, 8);
HV_ABI_OFFSET(hv_vp_register_page, rip, 136);
HV_ABI_OFFSET(hv_vp_register_page, rflags, 144);
HV_ABI_OFFSET(hv_vp_register_page, xmm_registers, 160);
HV_ABI_OFFSET(hv_vp_register_page, segment_registers, 256);
HV_ABI_OFFSET(hv_vp_register_page, cr0, 352);
HV_ABI_OFFSET(hv_vp_register_page, cr3, 360);
HV_ABI_OFFSET(hv_vp_register_page, cr4, 368);
HV_ABI_OFFSET(hv_vp_register_page, cr8, 376);
HV_ABI_OFFSET(hv_vp_register_page, efer, 384);
HV_ABI_OFFSET(hv_vp_register_page, dr7, 392);
HV_ABI_OFFSET(hv_vp_register_page, pending_interruption, 400);
HV_ABI_OFFSET(hv_vp_register_page, interrupt_state, 408);
HV_ABI_OFFSET(hv_vp_register_page, instruction_emulation_hints, 416);
HV_ABI_OFFSET(hv_vp_register_page, xfem, 424);
HV_ABI_OFFSET(hv_vp_register_page, reserved2, 432);
HV_ABI_OFFSET(hv_vp_register_page, interrupt_vector_count, 688);
HV_ABI_OFFSET(hv_vp_register_page, interrupt_vectors, 689);
/** @endcond */

#endif
