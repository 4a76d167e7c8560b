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
    uint32_t type;       /**< HvPortTypeMessage or HvPortTypeEvent. */
    uint32_t sint;       /**< Synthetic interrupt source, 1 to 15. */
    uint32_t vp_index;   /**< Target VP, or HV_ANY_VP. */
    uint16_t base_flag;  /**< Event port: its first event flag. */
    uint16_t flag_count; /**< Event port: how many; base_flag + flag_count is at most 2048. */
};

/**
 * Create a port. A message port takes three pages of the owner's pool, for 16 messages that wait;
 * an event port none of its own.
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
 * Delete a port: what is sent to it from here on is refused. Messages that wait are still
 * delivered; then its memory is back in the pool.
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
 *         HV_STATUS_INVALID_PORT_ID; HV_STATUS_INSUFFICIENT_MEMORY of @p sender.
 */
hv_status hv_port_connect(struct hv_partition *sender, uint32_t connection_id,
                          struct hv_partition *owner, uint32_t port_id);

/** Take a connection away. @return HV_STATUS_SUCCESS or HV_STATUS_INVALID_CONNECTION_ID. */
hv_status hv_port_disconnect(struct hv_partition *sender, uint32_t connection_id);

#endif
