/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Ports and connections: how partitions send each other messages and events.
 *
 * A port belongs to the partition that receives through it; a connection to the partition that
 * sends on it. Source: TLFS, "Inter-Partition Communication".
 *
 * These functions are for embedders that wire partitions by themselves, such as a userspace VMM;
 * they ask for no privilege, and may connect a partition to itself. To be called with no VP of a
 * partition being created; else on any LP.
 */
#ifndef HV_PORT_H
#define HV_PORT_H

#include <stdint.h>

#include <hv/partition.h>
#include <hv/status.h>

/** What a port is for, and whom it reaches. */
struct hv_port_config {
    uint32_t type;       /**< HvPortTypeMessage, HvPortTypeEvent or HvPortTypeMonitor. All that
                              follows is zero for the last, which reaches nobody by itself. */
    uint32_t sint;       /**< Synthetic interrupt source, 1 to 15. */
    uint32_t vp_index;   /**< Target VP, or HV_ANY_VP. */
    uint16_t base_flag;  /**< Event port: its first event flag. */
    uint16_t flag_count; /**< Event port: how many; base_flag + flag_count is at most 2048. */
};

/**
 * Create a port. A message port takes three pages of the owner's pool, for 16 messages that wait;
 * the others none of their own.
 *
 * @param owner   the partition that receives.
 * @param port_id 24 bits, unique within @p owner.
 * @param config  copied.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_PORT_ID for an ID that is taken or too large;
 *         HV_STATUS_INVALID_PARAMETER for a type, SINT or flags out of range;
 *         HV_STATUS_INVALID_VP_INDEX; HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_port_create(struct hv_partition *owner, uint32_t port_id,
                         const struct hv_port_config *config);

/**
 * Delete a port: what is sent to it from here on is refused, and messages that wait are not
 * delivered (TLFS v2.0, 14.9.2). Its memory is back in the pool when the VPs that they wait for
 * have looked at them, and when its connections have ended.
 * @return HV_STATUS_SUCCESS or HV_STATUS_INVALID_PORT_ID.
 */
hv_status hv_port_delete(struct hv_partition *owner, uint32_t port_id);

/**
 * Connect a partition to a port, which can have several connections.
 *
 * @param sender        the partition that sends.
 * @param connection_id 24 bits, unique within @p sender.
 * @param owner         the port's owner.
 * @param port_id       the port.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_CONNECTION_ID for an ID that is taken or too large;
 *         HV_STATUS_INVALID_PORT_ID; HV_STATUS_INVALID_PARAMETER for a monitor port;
 *         HV_STATUS_INSUFFICIENT_MEMORY of @p sender.
 */
hv_status hv_port_connect(struct hv_partition *sender, uint32_t connection_id,
                          struct hv_partition *owner, uint32_t port_id);

/** Monitor pages that a partition can send by. */
#define HV_PORT_MONITORS 4

/**
 * Connect a partition to a monitor port by a page of its memory (TLFS: HV_MONITOR_PAGE). While the
 * connection is there and its port not deleted, that page is examined again and again. Each pending
 * trigger of an enabled group is armed; when its latency has passed since then, it is cleared and
 * has the effect of the HvCallSignalEvent that its parameter names, whose status is discarded.
 *
 * The distance between two examinations follows the smallest latency other than zero of all groups
 * that are enabled, within 100 us and 10 ms. They belong to VP 0 of @p sender, as its timers do
 * (hv_interrupt_poll()); so there are none without HV_CPU_LOCAL_APIC.
 *
 * That the receiver sees the same page is the embedder's to arrange, as is the page itself: one
 * that can't be written at an examination is passed over.
 *
 * @param sender        the partition that sends.
 * @param connection_id as for hv_port_connect().
 * @param owner         the port's owner.
 * @param port_id       a port of type HvPortTypeMonitor.
 * @param gpa           where the page is in the memory of @p sender, in bytes.
 * @return as hv_port_connect(); HV_STATUS_INVALID_ALIGNMENT when @p gpa is not that of a page;
 *         HV_STATUS_INVALID_PARAMETER when it lies outside the GPA space, and for a port of another
 *         type; HV_STATUS_NO_RESOURCES when @p sender has HV_PORT_MONITORS already. The first one
 * takes a page of the pool until the last has gone.
 */
hv_status hv_port_connect_monitor(struct hv_partition *sender, uint32_t connection_id,
                                  struct hv_partition *owner, uint32_t port_id, uint64_t gpa);

/** Take a connection away. @return HV_STATUS_SUCCESS or HV_STATUS_INVALID_CONNECTION_ID. */
hv_status hv_port_disconnect(struct hv_partition *sender, uint32_t connection_id);

#endif
