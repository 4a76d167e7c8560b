/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Input blocks of hypercalls: interrupts, messages, events, ports, statistics.
 *
 * Sources: the pages of the hypercalls in the TLFS. What follows a structure is not part of it.
 * Fields named reserved must be zero unless stated.
 */
#ifndef HV_ABI_TLFS_INPUT_IPC_H
#define HV_ABI_TLFS_INPUT_IPC_H

#include <hv/abi/tlfs_base.h>
#include <hv/abi/tlfs_input.h>
#include <hv/abi/tlfs_message.h>

/** HvCallSendSyntheticClusterIpi. */
struct hv_input_send_synthetic_cluster_ipi {
    uint32_t vector;         /**< 16 to 255 */
    uint8_t target_vtl;      /**< HV_INPUT_VTL */
    uint8_t reserved[3];     /**< zero */
    uint64_t processor_mask; /**< a bit for each of the VPs 0 to 63 */
} HV_PACKED;

/** HvCallSendSyntheticClusterIpiEx; the banks are the variable header. */
struct hv_input_send_synthetic_cluster_ipi_ex {
    uint32_t vector;                /**< 16 to 255 */
    uint8_t target_vtl;             /**< HV_INPUT_VTL */
    uint8_t reserved[3];            /**< zero */
    struct hv_vp_set processor_set; /**< VPs to interrupt */
} HV_PACKED;

/** HvCallNotifyLongSpinWait. */
struct hv_input_notify_long_spin_wait {
    uint32_t spin_count; /**< attempts since the first notification */
    uint32_t reserved;   /**< zero */
} HV_PACKED;

/** HvCallPostMessage. */
struct hv_input_post_message {
    uint32_t connection_id; /**< of a message connection */
    uint32_t reserved;      /**< zero */
    uint32_t message_type;  /**< without HV_MESSAGE_TYPE_HYPERVISOR_MASK, not 0 */
    uint32_t payload_size;  /**< in bytes, at most 240 */
    uint64_t
        payload[HV_MESSAGE_MAX_PAYLOAD_QWORD_COUNT]; /**< the whole array is part of the input */
} HV_PACKED;

/** HvCallSignalEvent. */
struct hv_input_signal_event {
    uint32_t connection_id; /**< of an event connection */
    uint16_t flag_number;   /**< relative to the base flag of the port */
    uint16_t reserved;      /**< zero */
} HV_PACKED;

/** HvCallPostMessageDirect. The TLFS gives the message 240 bytes at 16 and the SINT one byte; this
 * is the layout that Linux passes on. */
struct hv_input_post_message_direct {
    uint64_t partition_id;     /**< may be HV_PARTITION_ID_SELF */
    uint32_t vp_index;         /**< target */
    uint8_t vtl;               /**< target */
    uint8_t padding0[3];       /**< zero */
    uint32_t sint_index;       /**< target */
    struct hv_message message; /**< complete, with its header */
    uint32_t padding1;         /**< zero */
} HV_PACKED;

/** HvCallSignalEventDirect; one byte is returned, 1 when the flag was clear before. */
struct hv_input_signal_event_direct {
    uint64_t target_partition; /**< partition */
    uint32_t target_vp;        /**< VP */
    uint8_t target_vtl;        /**< VTL */
    uint8_t target_sint;       /**< SINT */
    uint16_t flag_number;      /**< absolute */
} HV_PACKED;

/** TLFS: HV_PORT_INFO. */
struct hv_port_info {
    uint32_t port_type; /**< HvPortType value */
    uint32_t padding;   /**< zero */
    union {
        /** Of HvPortTypeMessage and HvPortTypeDoorbell. */
        struct {
            uint32_t target_sint; /**< SINT */
            uint32_t target_vp;   /**< may be HV_ANY_VP */
            uint64_t reserved;    /**< zero */
        } HV_PACKED message;      /**< a message or doorbell port */
        /** Of HvPortTypeEvent. */
        struct {
            uint32_t target_sint;      /**< SINT */
            uint32_t target_vp;        /**< may be HV_ANY_VP */
            uint16_t base_flag_number; /**< first flag that belongs to the port */
            uint16_t flag_count;       /**< number of its flags */
            uint32_t reserved;         /**< zero */
        } HV_PACKED event;             /**< an event port */
        /** Of HvPortTypeMonitor. */
        struct {
            uint64_t monitor_address; /**< GPA of the monitor page */
            uint64_t reserved;        /**< zero */
        } HV_PACKED monitor;          /**< a monitor port */
    };
} HV_PACKED;

/** TLFS: HV_CONNECTION_INFO. */
struct hv_connection_info {
    uint32_t port_type; /**< HvPortType value */
    uint32_t padding;   /**< zero */
    union {
        /** Of HvPortTypeMonitor. */
        struct {
            uint64_t monitor_address; /**< GPA of the monitor page */
            uint64_t reserved[2];     /**< zero */
        } HV_PACKED monitor;          /**< a monitor connection */
        /** Of HvPortTypeDoorbell. */
        struct {
            uint64_t gpa;           /**< address whose writes ring */
            uint64_t trigger_value; /**< value that rings */
            uint64_t flags;         /**< HV_DOORBELL_FLAG bits */
        } HV_PACKED doorbell;       /**< a doorbell connection */
    };
} HV_PACKED;

/** HvCallCreatePort. */
struct hv_input_create_port {
    uint64_t port_partition;                               /**< owner of the port */
    uint32_t port_id;                                      /**< HV_PORT_ID */
    uint8_t port_vtl;                                      /**< VTL of the port */
    uint8_t min_connection_vtl;                            /**< least VTL of a connection */
    uint16_t reserved;                                     /**< zero */
    uint64_t connection_partition;                         /**< partition that may connect */
    struct hv_port_info port_info;                         /**< type and target */
    struct hv_proximity_domain_info proximity_domain_info; /**< where its memory is taken */
} HV_PACKED;

/** HvCreatePort, as struct hv_input_create_port without what that has behind port_info. TLFS v2.0,
 * 14.9.1. */
struct hv_input_create_port_v2 {
    uint64_t port_partition;       /**< owner of the port */
    uint32_t port_id;              /**< HV_PORT_ID */
    uint32_t padding;              /**< zero */
    uint64_t connection_partition; /**< partition that may connect */
    struct hv_port_info port_info; /**< type and target; no doorbell */
} HV_PACKED;

/** HvConnectPort; the port's type tells what the connection is. TLFS v2.0, 14.9.3. */
struct hv_input_connect_port_v2 {
    uint64_t connection_partition; /**< owner of the connection */
    uint32_t connection_id;        /**< HV_CONNECTION_ID */
    uint32_t padding0;             /**< zero */
    uint64_t port_partition;       /**< owner of the port */
    uint32_t port_id;              /**< HV_PORT_ID */
    uint32_t padding1;             /**< zero */
    uint64_t connection_info;      /**< GPA of the monitor page, or zero */
} HV_PACKED;

/** HvCallDeletePort. */
struct hv_input_delete_port {
    uint64_t port_partition; /**< owner of the port */
    uint32_t port_id;        /**< HV_PORT_ID */
    uint32_t reserved;       /**< zero */
} HV_PACKED;

/** HvCallConnectPort. */
struct hv_input_connect_port {
    uint64_t connection_partition;                         /**< owner of the connection */
    uint32_t connection_id;                                /**< HV_CONNECTION_ID */
    uint8_t connection_vtl;                                /**< VTL of the connection */
    uint8_t reserved0[3];                                  /**< zero */
    uint64_t port_partition;                               /**< owner of the port */
    uint32_t port_id;                                      /**< HV_PORT_ID */
    uint32_t reserved1;                                    /**< zero */
    struct hv_connection_info connection_info;             /**< type and address */
    struct hv_proximity_domain_info proximity_domain_info; /**< where its memory is taken */
} HV_PACKED;

/** Flag of HvCallDisconnectPort; beyond the TLFS, Linux, include/hyperv. */
#define HV_DISCONNECT_PORT_IS_DOORBELL 0x00000001u

/** HvCallDisconnectPort. */
struct hv_input_disconnect_port {
    uint64_t connection_partition; /**< owner of the connection */
    uint32_t connection_id;        /**< HV_CONNECTION_ID */
    uint32_t flags;                /**< zero in the TLFS; HV_DISCONNECT_PORT_IS_DOORBELL */
} HV_PACKED;

/** HvCallNotifyRingEmpty; beyond the TLFS, Linux, include/hyperv. */
struct hv_input_notify_ring_empty {
    uint32_t sint_index; /**< whose ring of the calling VP is empty */
    uint32_t reserved;   /**< zero; no part of the input for Linux */
} HV_PACKED;

/** HvGetPortProperty; the output is the value, 8 bytes. TLFS v2.0, 14.9.4. */
struct hv_input_get_port_property {
    uint64_t partition_id;  /**< owner of the port; may be HV_PARTITION_ID_SELF */
    uint32_t port_id;       /**< HV_PORT_ID */
    uint32_t padding0;      /**< zero */
    uint32_t property_code; /**< HvPortProperty value */
    uint32_t padding1;      /**< zero */
} HV_PACKED;

/** HvCallSetPortProperty. TLFS v2.0, 14.9.5, which lists the value as an output too; nothing is
 * returned. */
struct hv_input_set_port_property {
    uint64_t partition_id;   /**< owner of the port; may be HV_PARTITION_ID_SELF */
    uint32_t port_id;        /**< HV_PORT_ID */
    uint32_t padding0;       /**< zero */
    uint32_t property_code;  /**< HvPortProperty value */
    uint32_t padding1;       /**< zero */
    uint64_t property_value; /**< new value */
} HV_PACKED;

/** TLFS: HV_MSI_ENTRY. */
struct hv_msi_entry {
    uint32_t address; /**< lower half of the MSI address */
    uint32_t data;    /**< MSI data */
} HV_PACKED;

/** TLFS: HV_INTERRUPT_ENTRY. */
struct hv_interrupt_entry {
    uint32_t interrupt_source; /**< HvInterruptSource value */
    uint32_t reserved;         /**< zero */
    union {
        struct hv_msi_entry msi_entry; /**< of HvInterruptSourceMsi */
        uint64_t data;                 /**< of another source */
    };
} HV_PACKED;

/** TLFS: HV_DEVICE_INTERRUPT_TARGET. With HV_DEVICE_INTERRUPT_TARGET_PROCESSOR_SET, the last field
 * is the format of a struct hv_vp_set whose rest follows. */
struct hv_device_interrupt_target {
    uint32_t vector;         /**< interrupt vector */
    uint32_t flags;          /**< HV_DEVICE_INTERRUPT_TARGET bits */
    uint64_t processor_mask; /**< a bit for each of the VPs 0 to 63 */
} HV_PACKED;

/** HV_DEVICE_INTERRUPT_DESCRIPTOR; this and the three that follow are of Linux, include/hyperv. */
struct hv_device_interrupt_descriptor {
    uint32_t interrupt_type;                  /**< HvX64InterruptType value */
    uint32_t trigger_mode;                    /**< HV_INTERRUPT_TRIGGER_MODE value */
    uint32_t vector_count;                    /**< vectors that follow each other */
    uint32_t reserved;                        /**< zero */
    struct hv_device_interrupt_target target; /**< the first vector, and where to */
} HV_PACKED;

/** HvCallMapDeviceInterrupt; the rest of a set of VPs is the variable header. */
struct hv_input_map_device_interrupt {
    uint64_t partition_id;                           /**< whose device it is */
    uint64_t device_id;                              /**< HV_DEVICE_ID */
    uint32_t flags;                                  /**< zero */
    uint32_t base_irt_index;                         /**< zero */
    struct hv_interrupt_entry logical_entry;         /**< of logical devices */
    struct hv_device_interrupt_descriptor interrupt; /**< the interrupt */
} HV_PACKED;

/** HvCallMapDeviceInterrupt. */
struct hv_output_map_device_interrupt {
    struct hv_interrupt_entry entry; /**< what the device or I/O APIC is to be given */
    uint64_t deprecated[5];          /**< zero */
} HV_PACKED;

/** HvCallUnmapDeviceInterrupt. */
struct hv_input_unmap_device_interrupt {
    uint64_t partition_id;           /**< whose device it is */
    uint64_t device_id;              /**< HV_DEVICE_ID */
    struct hv_interrupt_entry entry; /**< as it was mapped */
    uint32_t flags;                  /**< zero */
    uint32_t padding;                /**< no part of the input */
} HV_PACKED;

/** HvCallRetargetDeviceInterrupt, with the layout of TLFS v6.0b. */
struct hv_input_retarget_device_interrupt {
    uint64_t partition_id;                              /**< HV_PARTITION_ID_SELF */
    uint64_t device_id;                                 /**< unique within the guest */
    struct hv_interrupt_entry interrupt_entry;          /**< address and data that the device has */
    uint64_t reserved;                                  /**< zero */
    struct hv_device_interrupt_target interrupt_target; /**< new target */
} HV_PACKED;

/** HvCallAssertVirtualInterrupt. */
struct hv_input_assert_virtual_interrupt {
    uint64_t target_partition;    /**< partition */
    uint64_t interrupt_control;   /**< HV_X64_INTERRUPT_CONTROL bits */
    uint64_t destination_address; /**< APIC id, or logical destination */
    uint32_t requested_vector;    /**< vector */
    uint8_t target_vtl;           /**< VTL */
    uint8_t reserved[3];          /**< zero */
} HV_PACKED;

/** HvCallGetVpSetFromMda; a struct hv_vp_set with its banks is returned. */
struct hv_input_get_vp_set_from_mda {
    uint64_t target_partition;    /**< may be HV_PARTITION_ID_SELF */
    uint64_t destination_address; /**< APIC id, or logical destination */
    uint8_t target_vtl;           /**< VTL */
    uint8_t logical;              /**< whether it is a logical destination: 0 or 1 */
    uint16_t reserved0;           /**< zero */
    uint32_t reserved1;           /**< zero */
} HV_PACKED;

/** HvCallMapVpStatePage and, in its first 16 bytes, HvCallUnmapVpStatePage; a page number of 8
 * bytes is returned. */
struct hv_input_map_vp_state_page {
    uint64_t partition_id;           /**< may be HV_PARTITION_ID_SELF */
    uint32_t vp_index;               /**< VP */
    uint16_t type;                   /**< HvVpStatePage value */
    uint8_t input_vtl;               /**< HV_INPUT_VTL */
    uint8_t flags;                   /**< bit 0: requested_map_location is given */
    uint64_t requested_map_location; /**< GPA page number */
} HV_PACKED;

/** HvCallDispatchVp; beyond the TLFS, Linux, include/hyperv. */
struct hv_input_dispatch_vp {
    uint64_t partition_id; /**< a child */
    uint32_t vp_index;     /**< VP */
    uint32_t flags;        /**< HV_DISPATCH_VP_FLAG bits */
    uint64_t time_slice;   /**< 0: as the hypervisor likes */
    uint64_t spec_ctrl;    /**< IA32_SPEC_CTRL of the caller, with a flag that says so */
} HV_PACKED;

/** What HvCallDispatchVp returns: why the VP does not run any more. */
struct hv_output_dispatch_vp {
    uint32_t dispatch_state; /**< HV_DISPATCH_STATE value */
    uint32_t dispatch_event; /**< HV_DISPATCH_EVENT value */
} HV_PACKED;

/**
 * @name Values of HvCallDispatchVp
 * Beyond the TLFS; of Linux, include/hyperv.
 * @{
 */
#define HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND 0x1u /**< clear HvRegisterInterceptSuspend */
/** Take the vectors of the register page. */
#define HV_DISPATCH_VP_FLAG_SCAN_INTERRUPT_INJECTION 0x40u

#define HV_DISPATCH_STATE_BLOCKED 1u /**< it can't run before a message says so */
#define HV_DISPATCH_STATE_READY   2u /**< it can be dispatched again */

#define HV_DISPATCH_EVENT_NONE      0u /**< neither of these */
#define HV_DISPATCH_EVENT_SUSPEND   1u /**< one of its suspend registers is set */
#define HV_DISPATCH_EVENT_INTERCEPT 2u /**< its intercept message page has been written */
/** @} */

/** HvCallGetVpState and HvCallSetVpState; beyond the TLFS, Linux, include/hyperv. The numbers of
 * the caller's pages with the state are the variable header. */
struct hv_input_vp_state {
    uint64_t partition_id; /**< a child */
    uint32_t vp_index;     /**< VP */
    uint8_t input_vtl;     /**< HV_INPUT_VTL */
    uint8_t reserved0[3];  /**< zero */
    uint32_t type;         /**< HV_VP_STATE value */
    uint32_t reserved1;    /**< zero */
    uint64_t xsave_flags;  /**< of HV_VP_STATE_XSAVE */
    uint64_t xsave_states; /**< of HV_VP_STATE_XSAVE: XSAVE state components */
} HV_PACKED;

/**
 * @name Options of the debugging calls
 * TLFS v2.0 20.2.1.
 * @{
 */
#define HV_DEBUG_POST_LOOP              0x00000001u /**< the guest posts again until it succeeds */
#define HV_DEBUG_RETRIEVE_LOOP          0x00000001u /**< wait for data, as long as the timeout */
#define HV_DEBUG_RETRIEVE_TEST_ACTIVITY 0x00000002u /**< fail if nothing was received since */
#define HV_DEBUG_PURGE_INCOMING_DATA    0x00000001u /**< discard what was received */
#define HV_DEBUG_PURGE_OUTGOING_DATA    0x00000002u /**< discard what was not sent yet */
/** @} */

/** HvPostDebugData; up to HV_DEBUG_MAXIMUM_DATA_SIZE bytes of data follow. */
struct hv_input_post_debug_data {
    uint32_t count;   /**< bytes to post; 0 asks how many are pending */
    uint32_t options; /**< HV_DEBUG_POST_LOOP */
} HV_PACKED;

/** HvPostDebugData. */
struct hv_output_post_debug_data {
    uint32_t pending_count; /**< bytes that wait to be sent, those of this call included */
    uint32_t padding;       /**< zero */
} HV_PACKED;

/** HvRetrieveDebugData. */
struct hv_input_retrieve_debug_data {
    uint32_t count;   /**< bytes wanted at most; 0 asks whether there are any */
    uint32_t options; /**< HV_DEBUG_RETRIEVE bits */
    uint64_t timeout; /**< longest wait, in units of 100 ns */
} HV_PACKED;

/** HvRetrieveDebugData; the data follow. */
struct hv_output_retrieve_debug_data {
    uint32_t retrieved_count; /**< bytes of data that follow */
    uint32_t remaining_count; /**< bytes still to be retrieved */
} HV_PACKED;

/** HvResetDebugSession. */
struct hv_input_reset_debug_session {
    uint32_t options; /**< HV_DEBUG_PURGE bits, one at least */
    uint32_t padding; /**< zero */
} HV_PACKED;

/** TLFS: HV_STATS_OBJECT_IDENTITY. */
struct hv_stats_object_identity {
    uint64_t
        object_id; /**< partition; for a logical processor, its index; zero for the hypervisor */
    uint32_t vp_index;       /**< of HvStatsObjectVp, otherwise zero */
    uint8_t reserved[3];     /**< zero */
    uint8_t stats_area_type; /**< area of the object: 0 self, 1 parent (Linux) */
} HV_PACKED;

/** HvCallMapStatsPage and HvCallUnmapStatsPage; the offset of the identity is that of TLFS v2.0,
 * later text prints 4. A page number of 8 bytes is returned by Map. */
struct hv_input_map_stats_page {
    uint32_t stats_type;                             /**< HvStatsObject value */
    uint32_t padding;                                /**< zero */
    struct hv_stats_object_identity object_identity; /**< which object */
} HV_PACKED;

/** HvCallMapStatsPage2. */
struct hv_input_map_stats_page2 {
    struct hv_input_map_stats_page map; /**< as above */
    uint64_t map_location;              /**< GPA page number */
} HV_PACKED;

/** One range of the output of HvExtCallGetBootZeroedMemory: a count of 8 bytes precedes up to 255
 * of them. */
struct hv_gpa_page_count {
    uint64_t start_gpa;  /**< page number */
    uint64_t page_count; /**< pages of 4 KiB */
} HV_PACKED;

/**
 * @name HvExtCallGetBootZeroedMemory
 * TLFS, the page of the hypercall. v6.0b describes a single range.
 * @{
 */
#define HV_BOOT_ZEROED_MEMORY_MAX_RANGES 255u
/** @} */

/** @cond layout */
HV_ABI_SIZE(hv_input_send_synthetic_cluster_ipi, 16);
HV_ABI_OFFSET(hv_input_send_synthetic_cluster_ipi, vector, 0);
HV_ABI_OFFSET(hv_input_send_synthetic_cluster_ipi, target_vtl, 4);
HV_ABI_OFFSET(hv_input_send_synthetic_cluster_ipi, processor_mask, 8);
HV_ABI_SIZE(hv_input_send_synthetic_cluster_ipi_ex, 24);
HV_ABI_OFFSET(hv_input_send_synthetic_cluster_ipi_ex, vector, 0);
HV_ABI_OFFSET(hv_input_send_synthetic_cluster_ipi_ex, target_vtl, 4);
HV_ABI_OFFSET(hv_input_send_synthetic_cluster_ipi_ex, processor_set, 8);
HV_ABI_SIZE(hv_input_notify_long_spin_wait, 8);
HV_ABI_OFFSET(hv_input_notify_long_spin_wait, spin_count, 0);
HV_ABI_SIZE(hv_input_post_message, 256);
HV_ABI_OFFSET(hv_input_post_message, connection_id, 0);
HV_ABI_OFFSET(hv_input_post_message, message_type, 8);
HV_ABI_OFFSET(hv_input_post_message, payload_size, 12);
HV_ABI_OFFSET(hv_input_post_message, payload, 16);
HV_ABI_SIZE(hv_input_signal_event, 8);
HV_ABI_OFFSET(hv_input_signal_event, connection_id, 0);
HV_ABI_OFFSET(hv_input_signal_event, flag_number, 4);
HV_ABI_SIZE(hv_input_post_message_direct, 280);
HV_ABI_OFFSET(hv_input_post_message_direct, partition_id, 0);
HV_ABI_OFFSET(hv_input_post_message_direct, vp_index, 8);
HV_ABI_OFFSET(hv_input_post_message_direct, vtl, 12);
HV_ABI_OFFSET(hv_input_post_message_direct, sint_index, 16);
HV_ABI_OFFSET(hv_input_post_message_direct, message, 20);
HV_ABI_SIZE(hv_input_signal_event_direct, 16);
HV_ABI_OFFSET(hv_input_signal_event_direct, target_partition, 0);
HV_ABI_OFFSET(hv_input_signal_event_direct, target_vp, 8);
HV_ABI_OFFSET(hv_input_signal_event_direct, target_vtl, 12);
HV_ABI_OFFSET(hv_input_signal_event_direct, target_sint, 13);
HV_ABI_OFFSET(hv_input_signal_event_direct, flag_number, 14);
HV_ABI_SIZE(hv_port_info, 24);
HV_ABI_OFFSET(hv_port_info, port_type, 0);
HV_ABI_OFFSET(hv_port_info, padding, 4);
HV_ABI_OFFSET(hv_port_info, message.target_sint, 8);
HV_ABI_OFFSET(hv_port_info, message.target_vp, 12);
HV_ABI_OFFSET(hv_port_info, event.target_sint, 8);
HV_ABI_OFFSET(hv_port_info, event.target_vp, 12);
HV_ABI_OFFSET(hv_port_info, event.base_flag_number, 16);
HV_ABI_OFFSET(hv_port_info, event.flag_count, 18);
HV_ABI_OFFSET(hv_port_info, monitor.monitor_address, 8);
HV_ABI_SIZE(hv_connection_info, 32);
HV_ABI_OFFSET(hv_connection_info, port_type, 0);
HV_ABI_OFFSET(hv_connection_info, padding, 4);
HV_ABI_OFFSET(hv_connection_info, monitor.monitor_address, 8);
HV_ABI_OFFSET(hv_connection_info, doorbell.gpa, 8);
HV_ABI_OFFSET(hv_connection_info, doorbell.trigger_value, 16);
HV_ABI_OFFSET(hv_connection_info, doorbell.flags, 24);
HV_ABI_SIZE(hv_input_create_port, 56);
HV_ABI_OFFSET(hv_input_create_port, port_partition, 0);
HV_ABI_OFFSET(hv_input_create_port, port_id, 8);
HV_ABI_OFFSET(hv_input_create_port, port_vtl, 12);
HV_ABI_OFFSET(hv_input_create_port, min_connection_vtl, 13);
HV_ABI_OFFSET(hv_input_create_port, connection_partition, 16);
HV_ABI_OFFSET(hv_input_create_port, port_info, 24);
HV_ABI_OFFSET(hv_input_create_port, proximity_domain_info, 48);
HV_ABI_SIZE(hv_input_create_port_v2, 48);
HV_ABI_OFFSET(hv_input_create_port_v2, port_id, 8);
HV_ABI_OFFSET(hv_input_create_port_v2, connection_partition, 16);
HV_ABI_OFFSET(hv_input_create_port_v2, port_info, 24);
HV_ABI_SIZE(hv_input_connect_port_v2, 40);
HV_ABI_OFFSET(hv_input_connect_port_v2, connection_id, 8);
HV_ABI_OFFSET(hv_input_connect_port_v2, port_partition, 16);
HV_ABI_OFFSET(hv_input_connect_port_v2, port_id, 24);
HV_ABI_OFFSET(hv_input_connect_port_v2, connection_info, 32);
HV_ABI_SIZE(hv_input_delete_port, 16);
HV_ABI_OFFSET(hv_input_delete_port, port_partition, 0);
HV_ABI_OFFSET(hv_input_delete_port, port_id, 8);
HV_ABI_SIZE(hv_input_connect_port, 72);
HV_ABI_OFFSET(hv_input_connect_port, connection_partition, 0);
HV_ABI_OFFSET(hv_input_connect_port, connection_id, 8);
HV_ABI_OFFSET(hv_input_connect_port, connection_vtl, 12);
HV_ABI_OFFSET(hv_input_connect_port, port_partition, 16);
HV_ABI_OFFSET(hv_input_connect_port, port_id, 24);
HV_ABI_OFFSET(hv_input_connect_port, connection_info, 32);
HV_ABI_OFFSET(hv_input_connect_port, proximity_domain_info, 64);
HV_ABI_SIZE(hv_input_disconnect_port, 16);
HV_ABI_OFFSET(hv_input_disconnect_port, connection_partition, 0);
HV_ABI_OFFSET(hv_input_disconnect_port, connection_id, 8);
HV_ABI_OFFSET(hv_input_disconnect_port, flags, 12);
HV_ABI_SIZE(hv_input_notify_ring_empty, 8);
HV_ABI_OFFSET(hv_input_notify_ring_empty, sint_index, 0);
HV_ABI_SIZE(hv_input_get_port_property, 24);
HV_ABI_OFFSET(hv_input_get_port_property, port_id, 8);
HV_ABI_OFFSET(hv_input_get_port_property, property_code, 16);
HV_ABI_SIZE(hv_input_set_port_property, 32);
HV_ABI_OFFSET(hv_input_set_port_property, port_id, 8);
HV_ABI_OFFSET(hv_input_set_port_property, property_code, 16);
HV_ABI_OFFSET(hv_input_set_port_property, property_value, 24);
HV_ABI_SIZE(hv_msi_entry, 8);
HV_ABI_OFFSET(hv_msi_entry, address, 0);
HV_ABI_OFFSET(hv_msi_entry, data, 4);
HV_ABI_SIZE(hv_interrupt_entry, 16);
HV_ABI_OFFSET(hv_interrupt_entry, interrupt_source, 0);
HV_ABI_OFFSET(hv_interrupt_entry, reserved, 4);
HV_ABI_OFFSET(hv_interrupt_entry, msi_entry, 8);
HV_ABI_OFFSET(hv_interrupt_entry, data, 8);
HV_ABI_SIZE(hv_device_interrupt_target, 16);
HV_ABI_OFFSET(hv_device_interrupt_target, vector, 0);
HV_ABI_OFFSET(hv_device_interrupt_target, flags, 4);
HV_ABI_OFFSET(hv_device_interrupt_target, processor_mask, 8);
HV_ABI_SIZE(hv_device_interrupt_descriptor, 32);
HV_ABI_SIZE(hv_input_map_device_interrupt, 72);
HV_ABI_OFFSET(hv_input_map_device_interrupt, logical_entry, 24);
HV_ABI_OFFSET(hv_input_map_device_interrupt, interrupt, 40);
HV_ABI_SIZE(hv_output_map_device_interrupt, 56);
HV_ABI_SIZE(hv_input_unmap_device_interrupt, 40);
HV_ABI_OFFSET(hv_input_unmap_device_interrupt, entry, 16);
HV_ABI_OFFSET(hv_input_unmap_device_interrupt, flags, 32);
HV_ABI_SIZE(hv_input_retarget_device_interrupt, 56);
HV_ABI_OFFSET(hv_input_retarget_device_interrupt, partition_id, 0);
HV_ABI_OFFSET(hv_input_retarget_device_interrupt, device_id, 8);
HV_ABI_OFFSET(hv_input_retarget_device_interrupt, interrupt_entry, 16);
HV_ABI_OFFSET(hv_input_retarget_device_interrupt, interrupt_target, 40);
HV_ABI_SIZE(hv_input_assert_virtual_interrupt, 32);
HV_ABI_OFFSET(hv_input_assert_virtual_interrupt, target_partition, 0);
HV_ABI_OFFSET(hv_input_assert_virtual_interrupt, interrupt_control, 8);
HV_ABI_OFFSET(hv_input_assert_virtual_interrupt, destination_address, 16);
HV_ABI_OFFSET(hv_input_assert_virtual_interrupt, requested_vector, 24);
HV_ABI_OFFSET(hv_input_assert_virtual_interrupt, target_vtl, 28);
HV_ABI_SIZE(hv_input_get_vp_set_from_mda, 24);
HV_ABI_OFFSET(hv_input_get_vp_set_from_mda, destination_address, 8);
HV_ABI_OFFSET(hv_input_get_vp_set_from_mda, target_vtl, 16);
HV_ABI_OFFSET(hv_input_get_vp_set_from_mda, logical, 17);
HV_ABI_OFFSET(hv_input_get_vp_set_from_mda, reserved0, 18);
HV_ABI_SIZE(hv_input_map_vp_state_page, 24);
HV_ABI_OFFSET(hv_input_map_vp_state_page, partition_id, 0);
HV_ABI_OFFSET(hv_input_map_vp_state_page, vp_index, 8);
HV_ABI_OFFSET(hv_input_map_vp_state_page, type, 12);
HV_ABI_OFFSET(hv_input_map_vp_state_page, input_vtl, 14);
HV_ABI_OFFSET(hv_input_map_vp_state_page, flags, 15);
HV_ABI_OFFSET(hv_input_map_vp_state_page, requested_map_location, 16);
HV_ABI_SIZE(hv_input_dispatch_vp, 32);
HV_ABI_OFFSET(hv_input_dispatch_vp, partition_id, 0);
HV_ABI_OFFSET(hv_input_dispatch_vp, vp_index, 8);
HV_ABI_OFFSET(hv_input_dispatch_vp, flags, 12);
HV_ABI_OFFSET(hv_input_dispatch_vp, time_slice, 16);
HV_ABI_OFFSET(hv_input_dispatch_vp, spec_ctrl, 24);
HV_ABI_SIZE(hv_output_dispatch_vp, 8);
HV_ABI_OFFSET(hv_output_dispatch_vp, dispatch_state, 0);
HV_ABI_OFFSET(hv_output_dispatch_vp, dispatch_event, 4);
HV_ABI_SIZE(hv_stats_object_identity, 16);
HV_ABI_OFFSET(hv_stats_object_identity, object_id, 0);
HV_ABI_OFFSET(hv_stats_object_identity, vp_index, 8);
HV_ABI_OFFSET(hv_stats_object_identity, stats_area_type, 15);
HV_ABI_SIZE(hv_input_vp_state, 40);
HV_ABI_OFFSET(hv_input_vp_state, partition_id, 0);
HV_ABI_OFFSET(hv_input_vp_state, vp_index, 8);
HV_ABI_OFFSET(hv_input_vp_state, input_vtl, 12);
HV_ABI_OFFSET(hv_input_vp_state, type, 16);
HV_ABI_OFFSET(hv_input_vp_state, xsave_flags, 24);
HV_ABI_OFFSET(hv_input_vp_state, xsave_states, 32);
HV_ABI_SIZE(hv_input_post_debug_data, 8);
HV_ABI_OFFSET(hv_input_post_debug_data, count, 0);
HV_ABI_OFFSET(hv_input_post_debug_data, options, 4);
HV_ABI_SIZE(hv_output_post_debug_data, 8);
HV_ABI_OFFSET(hv_output_post_debug_data, pending_count, 0);
HV_ABI_SIZE(hv_input_retrieve_debug_data, 16);
HV_ABI_OFFSET(hv_input_retrieve_debug_data, count, 0);
HV_ABI_OFFSET(hv_input_retrieve_debug_data, options, 4);
HV_ABI_OFFSET(hv_input_retrieve_debug_data, timeout, 8);
HV_ABI_SIZE(hv_output_retrieve_debug_data, 8);
HV_ABI_OFFSET(hv_output_retrieve_debug_data, retrieved_count, 0);
HV_ABI_OFFSET(hv_output_retrieve_debug_data, remaining_count, 4);
HV_ABI_SIZE(hv_input_reset_debug_session, 8);
HV_ABI_OFFSET(hv_input_reset_debug_session, options, 0);
HV_ABI_SIZE(hv_input_map_stats_page, 24);
HV_ABI_OFFSET(hv_input_map_stats_page, stats_type, 0);
HV_ABI_OFFSET(hv_input_map_stats_page, object_identity, 8);
HV_ABI_SIZE(hv_input_map_stats_page2, 32);
HV_ABI_OFFSET(hv_input_map_stats_page2, map_location, 24);
HV_ABI_SIZE(hv_gpa_page_count, 16);
HV_ABI_OFFSET(hv_gpa_page_count, start_gpa, 0);
HV_ABI_OFFSET(hv_gpa_page_count, page_count, 8);
/** @endcond */

#endif
