/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief VMBus rings and the packets in them, as they stand in memory that host and guest share.
 *
 * VMBus has no public specification. Sources: OpenVMM, vm/devices/vmbus/vmbus_ring/src/lib.rs;
 * FreeBSD, sys/dev/hyperv/vmbus/vmbus_reg.h; Linux, include/linux/hyperv.h (facts). Integers are
 * little endian.
 */
#ifndef HV_ABI_VMBUS_H
#define HV_ABI_VMBUS_H

#include <hv/abi/tlfs_base.h>

/**
 * @name Sizes of a ring
 * @{
 */
#define VMBUS_RING_PAGE_SIZE  4096u /**< the control page, and the unit of the data area */
#define VMBUS_RING_MAX_PAGES  8190u /**< the length of a GPADL's ranges is 16 bits of bytes */
#define VMBUS_RING_ALIGNMENT  8u    /**< of indices, packets and trailers */
#define VMBUS_RING_GAP        8u    /**< bytes that stay unused: equal indices mean empty */
#define VMBUS_PIPE_MAX_LENGTH 16384u
/** @} */

/** Bit 0 of vmbus_ring_control.feature_bits: the writer of this ring waits by pending_send_size. */
#define VMBUS_RING_FEATURE_PENDING_SEND_SIZE 0x1u

/** The first page of a ring; the data area is the pages after it. */
struct vmbus_ring_control {
    uint32_t write_index;       /**< byte offset in the data area; owned by the writer */
    uint32_t read_index;        /**< byte offset in the data area; owned by the reader */
    uint32_t interrupt_mask;    /**< 1: do not signal for new data; owned by the reader */
    uint32_t pending_send_size; /**< free bytes the writer waits for, or 0; owned by the writer */
    uint32_t reserved1[12];
    uint32_t feature_bits; /**< VMBUS_RING_FEATURE bits */
    uint8_t reserved2[4020];
    uint64_t interrupt_count; /**< guest's signals to the host, for diagnosis only */
} HV_PACKED;
HV_ABI_SIZE(vmbus_ring_control, 4096);
HV_ABI_OFFSET(vmbus_ring_control, write_index, 0);
HV_ABI_OFFSET(vmbus_ring_control, read_index, 4);
HV_ABI_OFFSET(vmbus_ring_control, interrupt_mask, 8);
HV_ABI_OFFSET(vmbus_ring_control, pending_send_size, 12);
HV_ABI_OFFSET(vmbus_ring_control, feature_bits, 64);
HV_ABI_OFFSET(vmbus_ring_control, interrupt_count, 4088);

/**
 * @name Packet types
 * Types 1 to 5 are obsolete.
 * @{
 */
#define VMBUS_PACKET_TYPE_IN_BAND           0x0006u
#define VMBUS_PACKET_TYPE_TRANSFER_PAGES    0x0007u
#define VMBUS_PACKET_TYPE_GPADL             0x0008u
#define VMBUS_PACKET_TYPE_GPA_DIRECT        0x0009u
#define VMBUS_PACKET_TYPE_CANCEL            0x000Au
#define VMBUS_PACKET_TYPE_COMPLETION        0x000Bu
#define VMBUS_PACKET_TYPE_ADDITIONAL        0x000Cu
#define VMBUS_PACKET_TYPE_ADDITIONAL_DIRECT 0x000Du
/** @} */

/** Flag of a packet: its receiver answers with a completion of the same transaction id. */
#define VMBUS_PACKET_FLAG_COMPLETION_REQUESTED 0x0001u

/** The start of each packet. */
struct vmbus_packet_descriptor {
    uint16_t type;           /**< VMBUS_PACKET_TYPE value */
    uint16_t data_offset8;   /**< start of the payload, in units of 8 bytes from the descriptor */
    uint16_t length8;        /**< whole packet without trailer, in units of 8 bytes */
    uint16_t flags;          /**< VMBUS_PACKET_FLAG bits */
    uint64_t transaction_id; /**< opaque to the receiver, who repeats it in the completion */
} HV_PACKED;
HV_ABI_SIZE(vmbus_packet_descriptor, 16);
HV_ABI_OFFSET(vmbus_packet_descriptor, data_offset8, 2);
HV_ABI_OFFSET(vmbus_packet_descriptor, length8, 4);
HV_ABI_OFFSET(vmbus_packet_descriptor, flags, 6);
HV_ABI_OFFSET(vmbus_packet_descriptor, transaction_id, 8);

/** Follows the descriptor of VMBUS_PACKET_TYPE_GPA_DIRECT; then come the ranges. */
struct vmbus_gpa_direct_header {
    uint32_t reserved;    /**< may hold anything */
    uint32_t range_count; /**< at least 1 */
} HV_PACKED;
HV_ABI_SIZE(vmbus_gpa_direct_header, 8);
HV_ABI_OFFSET(vmbus_gpa_direct_header, range_count, 4);

/** Head of a range of guest memory; one 64-bit page number follows for each page that it touches.
 */
struct vmbus_gpa_range {
    uint32_t byte_count;  /**< at least 1 */
    uint32_t byte_offset; /**< into the first page, at most 0xFFF */
} HV_PACKED;
HV_ABI_SIZE(vmbus_gpa_range, 8);
HV_ABI_OFFSET(vmbus_gpa_range, byte_offset, 4);

/** Follows the descriptor of VMBUS_PACKET_TYPE_TRANSFER_PAGES; then come the ranges. */
struct vmbus_transfer_page_header {
    uint16_t set_id;
    uint8_t sender_owns_set;
    uint8_t reserved; /**< may hold anything */
    uint32_t range_count;
} HV_PACKED;
HV_ABI_SIZE(vmbus_transfer_page_header, 8);
HV_ABI_OFFSET(vmbus_transfer_page_header, sender_owns_set, 2);
HV_ABI_OFFSET(vmbus_transfer_page_header, range_count, 4);

/** A range within a buffer that was shared before. */
struct vmbus_transfer_page_range {
    uint32_t byte_count;
    uint32_t byte_offset; /**< from the start of the buffer */
} HV_PACKED;
HV_ABI_SIZE(vmbus_transfer_page_range, 8);
HV_ABI_OFFSET(vmbus_transfer_page_range, byte_offset, 4);

/** Follows each packet and is not counted in its length. Receivers do not check it. */
struct vmbus_packet_trailer {
    uint32_t reserved;
    uint32_t start; /**< index at which the packet began */
} HV_PACKED;
HV_ABI_SIZE(vmbus_packet_trailer, 8);
HV_ABI_OFFSET(vmbus_packet_trailer, start, 4);

/**
 * @name Pipe packet types
 * @{
 */
#define VMBUS_PIPE_DATA                1u
#define VMBUS_PIPE_PARTIAL             2u /**< written by the reader alone, in place */
#define VMBUS_PIPE_SETUP_GPA_DIRECT    3u
#define VMBUS_PIPE_TEARDOWN_GPA_DIRECT 4u
/** @} */

/** First bytes of the payload on a channel in pipe mode. */
struct vmbus_pipe_header {
    uint32_t type;   /**< VMBUS_PIPE value */
    uint32_t length; /**< bytes that follow, without padding; at most VMBUS_PIPE_MAX_LENGTH */
} HV_PACKED;
HV_ABI_SIZE(vmbus_pipe_header, 8);
HV_ABI_OFFSET(vmbus_pipe_header, length, 4);

#endif
