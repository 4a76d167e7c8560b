/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a packet says: pure functions over private memory. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/ring.h>

#include "mem.h"
#include "packet.h"

#define WORD sizeof(uint64_t)

/* Descriptor, and the header behind it in packets with ranges. */
#define DESCRIPTOR_WORDS (sizeof(struct vmbus_packet_descriptor) / WORD)
#define RANGED_WORDS     (DESCRIPTOR_WORDS + 1)

_Static_assert(sizeof(struct vmbus_gpa_direct_header) == WORD, "ranges follow at once");
_Static_assert(sizeof(struct vmbus_transfer_page_header) == WORD, "ranges follow at once");
_Static_assert(sizeof(struct vmbus_transfer_page_range) == WORD, "one word a range");

static bool has_ranges(uint16_t type)
{
    return type == VMBUS_PACKET_TYPE_GPA_DIRECT || type == VMBUS_PACKET_TYPE_TRANSFER_PAGES;
}

static bool is_known(uint16_t type)
{
    return has_ranges(type) || type == VMBUS_PACKET_TYPE_IN_BAND ||
           type == VMBUS_PACKET_TYPE_CANCEL || type == VMBUS_PACKET_TYPE_COMPLETION;
}

static uint64_t pages_of(const struct vmbus_gpa_range *range)
{
    uint64_t end = (uint64_t)range->byte_offset + range->byte_count;
    return (end + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE;
}

/* Words of the GPA range at @words, head included; 0 if it is bad or longer than @count. */
static size_t gpa_range_words(const uint64_t *words, size_t count)
{
    struct vmbus_gpa_range range;
    if (count == 0) {
        return 0;
    }
    memcpy(&range, words, sizeof(range));
    if (range.byte_count == 0 || range.byte_offset >= HV_PAGE_SIZE ||
        pages_of(&range) > count - 1) {
        return 0;
    }
    return 1 + (size_t)pages_of(&range);
}

/* Words of all @range_count ranges at @words; 0 if they are bad or do not fit in @count. */
static size_t gpa_ranges_words(const uint64_t *words, size_t count, uint32_t range_count)
{
    size_t used = 0;
    /* Each turn uses up two words or more, so a huge count ends early. */
    for (uint32_t i = 0; i < range_count; i++) {
        size_t one = gpa_range_words(words + used, count - used);
        if (one == 0) {
            return 0;
        }
        used += one;
    }
    return used;
}

static enum hv_ring_fault parse_ranges(const uint64_t *words, size_t end,
                                       struct hv_ring_packet *packet)
{
    if (end < RANGED_WORDS) {
        return HV_RING_FAULT_LENGTH;
    }
    size_t room = end - RANGED_WORDS;
    size_t used;
    if (packet->type == VMBUS_PACKET_TYPE_GPA_DIRECT) {
        struct vmbus_gpa_direct_header header;
        memcpy(&header, words + DESCRIPTOR_WORDS, sizeof(header));
        packet->range_count = header.range_count;
        used = gpa_ranges_words(words + RANGED_WORDS, room, header.range_count);
        if (used == 0) {
            return HV_RING_FAULT_RANGES;
        }
    } else {
        struct vmbus_transfer_page_header header;
        memcpy(&header, words + DESCRIPTOR_WORDS, sizeof(header));
        packet->set_id = header.set_id;
        packet->range_count = header.range_count;
        used = header.range_count;
        if (used > room) {
            return HV_RING_FAULT_RANGES;
        }
    }
    packet->ranges = words + RANGED_WORDS;
    packet->range_words = (uint32_t)used;
    return HV_RING_FAULT_NONE;
}

enum hv_ring_fault hv_ring_packet_parse(const uint64_t *words, size_t count,
                                        struct hv_ring_packet *packet)
{
    struct vmbus_packet_descriptor descriptor;
    if (count < DESCRIPTOR_WORDS) {
        return HV_RING_FAULT_LENGTH;
    }
    memcpy(&descriptor, words, sizeof(descriptor));
    if (descriptor.data_offset8 < DESCRIPTOR_WORDS ||
        descriptor.length8 < descriptor.data_offset8 || descriptor.length8 > count) {
        return HV_RING_FAULT_LENGTH;
    }
    if ((descriptor.flags & ~VMBUS_PACKET_FLAG_COMPLETION_REQUESTED) != 0) {
        return HV_RING_FAULT_FLAGS;
    }
    if (!is_known(descriptor.type)) {
        return HV_RING_FAULT_TYPE;
    }
    *packet = (struct hv_ring_packet){
        .type = descriptor.type,
        .completion_requested = descriptor.flags != 0,
        .transaction_id = descriptor.transaction_id,
        .payload = (const uint8_t *)(words + descriptor.data_offset8),
        .payload_size = (uint32_t)(descriptor.length8 - descriptor.data_offset8) * (uint32_t)WORD,
    };
    return has_ranges(descriptor.type) ? parse_ranges(words, descriptor.data_offset8, packet)
                                       : HV_RING_FAULT_NONE;
}

static bool ranges_are_valid(const struct hv_ring_packet *packet)
{
    switch (packet->type) {
    case VMBUS_PACKET_TYPE_GPA_DIRECT:
        return packet->range_count != 0 &&
               gpa_ranges_words(packet->ranges, packet->range_words, packet->range_count) ==
                   packet->range_words;
    case VMBUS_PACKET_TYPE_TRANSFER_PAGES:
        return packet->range_words == packet->range_count;
    default:
        return packet->range_count == 0 && packet->range_words == 0;
    }
}

uint32_t hv_ring_packet_space(const struct hv_ring_packet *packet)
{
    if (!is_known(packet->type) || !ranges_are_valid(packet)) {
        return 0;
    }
    uint64_t words = has_ranges(packet->type) ? RANGED_WORDS : DESCRIPTOR_WORDS;
    words += packet->range_words;
    words += ((uint64_t)packet->payload_size + WORD - 1) / WORD;
    if (words > UINT16_MAX) {
        return 0;
    }
    return (uint32_t)(words * WORD + sizeof(struct vmbus_packet_trailer));
}

size_t hv_ring_packet_header(const struct hv_ring_packet *packet, uint32_t space,
                             uint64_t header[HV_RING_HEADER_WORDS])
{
    size_t words = has_ranges(packet->type) ? RANGED_WORDS : DESCRIPTOR_WORDS;
    struct vmbus_packet_descriptor descriptor = {
        .type = packet->type,
        .data_offset8 = (uint16_t)(words + packet->range_words),
        .length8 = (uint16_t)((space - sizeof(struct vmbus_packet_trailer)) / WORD),
        .flags = packet->completion_requested ? VMBUS_PACKET_FLAG_COMPLETION_REQUESTED : 0,
        .transaction_id = packet->transaction_id,
    };
    memcpy(header, &descriptor, sizeof(descriptor));
    if (packet->type == VMBUS_PACKET_TYPE_GPA_DIRECT) {
        struct vmbus_gpa_direct_header direct = { .range_count = packet->range_count };
        memcpy(header + DESCRIPTOR_WORDS, &direct, sizeof(direct));
    } else if (packet->type == VMBUS_PACKET_TYPE_TRANSFER_PAGES) {
        struct vmbus_transfer_page_header transfer = { .set_id = packet->set_id,
                                                       .range_count = packet->range_count };
        memcpy(header + DESCRIPTOR_WORDS, &transfer, sizeof(transfer));
    }
    return words;
}

bool hv_ring_gpa_range_next(const struct hv_ring_packet *packet, uint32_t *cursor,
                            struct hv_ring_gpa_range *range)
{
    struct vmbus_gpa_range head;
    if (packet->type != VMBUS_PACKET_TYPE_GPA_DIRECT || *cursor >= packet->range_words) {
        return false;
    }
    memcpy(&head, packet->ranges + *cursor, sizeof(head));
    range->byte_count = head.byte_count;
    range->byte_offset = head.byte_offset;
    range->pages = packet->ranges + *cursor + 1;
    range->page_count = (uint32_t)pages_of(&head);
    *cursor += 1 + range->page_count;
    return true;
}

struct hv_ring_transfer_range hv_ring_transfer_range(const struct hv_ring_packet *packet,
                                                     uint32_t index)
{
    struct vmbus_transfer_page_range range;
    memcpy(&range, packet->ranges + index, sizeof(range));
    return (struct hv_ring_transfer_range){ range.byte_count, range.byte_offset };
}
