/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From a packet to the words in front of its ranges. */
#ifndef HV_VMBUS_PACKET_H
#define HV_VMBUS_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include <hv/ring.h>

#define HV_RING_HEADER_WORDS 3

/*
 * Builds what stands before the ranges and the payload of @packet, whose hv_ring_packet_space() is
 * @space and not 0. Returns the number of words.
 */
size_t hv_ring_packet_header(const struct hv_ring_packet *packet, uint32_t space,
                             uint64_t header[HV_RING_HEADER_WORDS]);

#endif
