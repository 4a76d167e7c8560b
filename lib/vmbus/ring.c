/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Both sides of a ring.
 *
 * Order of accesses. Indices are published with a store and taken with a load that are sequentially
 * consistent, which gives two things:
 *
 *  - Release and acquire. Data that a writer stored is there for whoever loads its write_index;
 *    loads of a reader are done before a writer who sees its read_index overwrites the data.
 *  - One order of all index, mask and pending_send_size accesses, so that of two sides which each
 *    store one word and then load the other's, at least one sees the other's store. The pairs:
 *      write_index, then interrupt_mask     against  interrupt_mask, then write_index
 *      write_index, then read_index         against  read_index, then write_index
 *      pending_send_size, then read_index   against  read_index, then pending_send_size
 *    Without it a signal could be lost that nothing would repeat.
 *
 * The data itself is moved with relaxed atomics, a word at a time: a hostile peer may write it at
 * any moment, and no word must be read twice.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/ring.h>

#include "mem.h"
#include "packet.h"

#define WORD       ((uint32_t)sizeof(uint64_t))
#define PAGE       VMBUS_RING_PAGE_SIZE
#define TRAILER    ((uint32_t)sizeof(struct vmbus_packet_trailer))
#define DESCRIPTOR ((uint32_t)sizeof(struct vmbus_packet_descriptor))

/* Whatever type the owner of the page gave it. */
typedef _Atomic uint32_t shared_u32 __attribute__((may_alias));
typedef _Atomic uint64_t shared_u64 __attribute__((may_alias));

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock can't be shared with the peer");
_Static_assert(sizeof(shared_u32) == 4 && sizeof(shared_u64) == 8, "as on the wire");

#define FIELD(name) offsetof(struct vmbus_ring_control, name)

static shared_u32 *control(const struct hv_ring_memory *memory, size_t offset)
{
    return (shared_u32 *)((uint8_t *)memory->pages[0] + offset);
}

static uint32_t get(const struct hv_ring_memory *memory, size_t offset)
{
    return atomic_load_explicit(control(memory, offset), memory_order_seq_cst);
}

static void set(const struct hv_ring_memory *memory, size_t offset, uint32_t value)
{
    atomic_store_explicit(control(memory, offset), value, memory_order_seq_cst);
}

static shared_u64 *data(const struct hv_ring_memory *memory, uint32_t offset)
{
    return (shared_u64 *)((uint8_t *)memory->pages[1 + offset / PAGE] + offset % PAGE);
}

static bool memory_is_valid(const struct hv_ring_memory *memory)
{
    if (memory->pages == NULL || memory->page_count < 2 ||
        memory->page_count > VMBUS_RING_MAX_PAGES) {
        return false;
    }
    for (uint32_t i = 0; i < memory->page_count; i++) {
        if (memory->pages[i] == NULL || (uintptr_t)memory->pages[i] % WORD != 0) {
            return false;
        }
    }
    return true;
}

static uint32_t data_size(const struct hv_ring_memory *memory)
{
    return (memory->page_count - 1) * PAGE;
}

static bool index_is_valid(uint32_t index, uint32_t size)
{
    return index < size && index % VMBUS_RING_ALIGNMENT == 0;
}

/* No packet is as long as the data area; 8189 pages are far below 2^31. */
static uint32_t advance(uint32_t index, uint32_t bytes, uint32_t size)
{
    uint32_t sum = index + bytes;
    return sum >= size ? sum - size : sum;
}

/* Bytes from @from up to @to, both valid. */
static uint32_t distance(uint32_t from, uint32_t to, uint32_t size)
{
    return to >= from ? to - from : to + size - from;
}

enum hv_ring_status hv_ring_format(const struct hv_ring_memory *memory)
{
    if (!memory_is_valid(memory)) {
        return HV_RING_INVALID;
    }
    memset(memory->pages[0], 0, PAGE);
    return HV_RING_OK;
}

/* ---- Reader ---- */

enum hv_ring_status hv_ring_reader_init(struct hv_ring_reader *reader,
                                        const struct hv_ring_memory *memory)
{
    if (!memory_is_valid(memory)) {
        return HV_RING_INVALID;
    }
    uint32_t index = get(memory, FIELD(read_index));
    *reader = (struct hv_ring_reader){
        .memory = memory,
        .size = data_size(memory),
        .released = index,
        .next = index,
    };
    if (!index_is_valid(index, reader->size) ||
        !index_is_valid(get(memory, FIELD(write_index)), reader->size)) {
        reader->fault = HV_RING_FAULT_INDEX;
        return HV_RING_CORRUPT;
    }
    return HV_RING_OK;
}

static enum hv_ring_status reader_stop(struct hv_ring_reader *reader, enum hv_ring_fault fault)
{
    reader->fault = fault;
    return HV_RING_CORRUPT;
}

static void load_words(const struct hv_ring_reader *reader, uint32_t offset, uint64_t *words,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        words[i] = atomic_load_explicit(
            data(reader->memory, advance(offset, i * WORD, reader->size)), memory_order_relaxed);
    }
}

/* Bytes that wait between the reader's position and the write index. */
static enum hv_ring_status reader_available(struct hv_ring_reader *reader, uint32_t *bytes)
{
    uint32_t index = get(reader->memory, FIELD(write_index));
    if (!index_is_valid(index, reader->size)) {
        return reader_stop(reader, HV_RING_FAULT_INDEX);
    }
    *bytes = distance(reader->next, index, reader->size);
    return *bytes == 0 ? HV_RING_EMPTY : HV_RING_OK;
}

enum hv_ring_status hv_ring_reader_next(struct hv_ring_reader *reader, uint64_t *words,
                                        size_t count, struct hv_ring_packet *packet)
{
    uint64_t first[DESCRIPTOR / sizeof(uint64_t)];
    struct vmbus_packet_descriptor descriptor;
    uint32_t available;
    if (reader->fault != HV_RING_FAULT_NONE) {
        return HV_RING_CORRUPT;
    }
    enum hv_ring_status status = reader_available(reader, &available);
    if (status != HV_RING_OK) {
        return status;
    }
    if (available < DESCRIPTOR + TRAILER) {
        return reader_stop(reader, HV_RING_FAULT_LENGTH);
    }
    load_words(reader, reader->next, first, DESCRIPTOR / WORD);
    memcpy(&descriptor, first, sizeof(descriptor));
    uint32_t length = descriptor.length8 * WORD;
    if (length < DESCRIPTOR || length + TRAILER > available) {
        return reader_stop(reader, HV_RING_FAULT_LENGTH);
    }
    if (descriptor.length8 > count) {
        return HV_RING_NO_BUFFER;
    }
    memcpy(words, first, DESCRIPTOR);
    load_words(reader, advance(reader->next, DESCRIPTOR, reader->size), words + DESCRIPTOR / WORD,
               descriptor.length8 - DESCRIPTOR / WORD);
    enum hv_ring_fault fault = hv_ring_packet_parse(words, descriptor.length8, packet);
    if (fault != HV_RING_FAULT_NONE) {
        return reader_stop(reader, fault);
    }
    reader->next = advance(reader->next, length + TRAILER, reader->size);
    return HV_RING_OK;
}

/*
 * Linux waits while free <= pending and is woken at free > pending, where free counts the gap;
 * OpenVMM's writers leave the gap out. Each rule's crossing lies within this one's. Some guests
 * store the ring's size minus 1, meaning an empty ring, hence the rounding.
 */
static bool crosses(uint32_t old_free, uint32_t new_free, uint32_t pending)
{
    return old_free <= pending && new_free >= pending - pending % VMBUS_RING_ALIGNMENT;
}

bool hv_ring_reader_release(struct hv_ring_reader *reader)
{
    uint32_t freed = distance(reader->released, reader->next, reader->size);
    if (reader->fault != HV_RING_FAULT_NONE || freed == 0) {
        return false;
    }
    reader->released = reader->next;
    set(reader->memory, FIELD(read_index), reader->next);
    uint32_t pending = get(reader->memory, FIELD(pending_send_size));
    if (pending == 0) {
        return false;
    }
    uint32_t index = get(reader->memory, FIELD(write_index));
    if (!index_is_valid(index, reader->size)) {
        reader_stop(reader, HV_RING_FAULT_INDEX);
        return false;
    }
    uint32_t new_free = reader->size - distance(reader->next, index, reader->size);
    uint32_t old_free = new_free > freed ? new_free - freed : 0;
    return crosses(old_free, new_free, pending);
}

void hv_ring_reader_mask(struct hv_ring_reader *reader)
{
    if (reader->fault == HV_RING_FAULT_NONE) {
        set(reader->memory, FIELD(interrupt_mask), 1);
    }
}

bool hv_ring_reader_unmask(struct hv_ring_reader *reader)
{
    uint32_t available;
    if (reader->fault != HV_RING_FAULT_NONE) {
        return false;
    }
    set(reader->memory, FIELD(interrupt_mask), 0);
    return reader_available(reader, &available) == HV_RING_OK;
}

/* ---- Writer ---- */

enum hv_ring_status hv_ring_writer_init(struct hv_ring_writer *writer,
                                        const struct hv_ring_memory *memory)
{
    if (!memory_is_valid(memory)) {
        return HV_RING_INVALID;
    }
    uint32_t index = get(memory, FIELD(write_index));
    *writer = (struct hv_ring_writer){
        .memory = memory,
        .size = data_size(memory),
        .published = index,
        .next = index,
    };
    if (!index_is_valid(index, writer->size) ||
        !index_is_valid(get(memory, FIELD(read_index)), writer->size)) {
        writer->fault = HV_RING_FAULT_INDEX;
        return HV_RING_CORRUPT;
    }
    set(memory, FIELD(pending_send_size), 0);
    set(memory, FIELD(feature_bits), VMBUS_RING_FEATURE_PENDING_SEND_SIZE);
    return HV_RING_OK;
}

/* HV_RING_OK if @space bytes fit behind what was put. */
static enum hv_ring_status writer_check_space(struct hv_ring_writer *writer, uint32_t space)
{
    if (space > writer->size - VMBUS_RING_GAP) {
        return HV_RING_TOO_LARGE;
    }
    uint32_t index = get(writer->memory, FIELD(read_index));
    if (!index_is_valid(index, writer->size)) {
        writer->fault = HV_RING_FAULT_INDEX;
        return HV_RING_CORRUPT;
    }
    uint32_t used = distance(index, writer->next, writer->size);
    return space > writer->size - VMBUS_RING_GAP - used ? HV_RING_FULL : HV_RING_OK;
}

/* Stores one word at *@offset and moves on. */
static void store_word(const struct hv_ring_writer *writer, uint32_t *offset, uint64_t word)
{
    atomic_store_explicit(data(writer->memory, *offset), word, memory_order_relaxed);
    *offset = advance(*offset, WORD, writer->size);
}

static void store_bytes(const struct hv_ring_writer *writer, uint32_t *offset, const uint8_t *bytes,
                        uint32_t size)
{
    for (uint32_t done = 0; done < size; done += WORD) {
        uint64_t word = 0;
        uint32_t left = size - done;
        memcpy(&word, bytes + done, left < WORD ? left : WORD);
        store_word(writer, offset, word);
    }
}

enum hv_ring_status hv_ring_writer_put(struct hv_ring_writer *writer,
                                       const struct hv_ring_packet *packet)
{
    if (writer->fault != HV_RING_FAULT_NONE) {
        return HV_RING_CORRUPT;
    }
    uint32_t space = hv_ring_packet_space(packet);
    if (space == 0) {
        return HV_RING_INVALID;
    }
    enum hv_ring_status status = writer_check_space(writer, space);
    if (status != HV_RING_OK) {
        return status;
    }
    uint64_t header[HV_RING_HEADER_WORDS];
    uint32_t words = (uint32_t)hv_ring_packet_header(packet, space, header);
    uint32_t offset = writer->next;
    store_bytes(writer, &offset, (const uint8_t *)header, words * WORD);
    store_bytes(writer, &offset, (const uint8_t *)packet->ranges, packet->range_words * WORD);
    store_bytes(writer, &offset, packet->payload, packet->payload_size);
    struct vmbus_packet_trailer trailer = { .start = writer->next };
    store_bytes(writer, &offset, (const uint8_t *)&trailer, TRAILER);
    writer->next = offset;
    return HV_RING_OK;
}

static void withdraw_pending_send_size(struct hv_ring_writer *writer)
{
    if (writer->waiting) {
        set(writer->memory, FIELD(pending_send_size), 0);
        writer->waiting = false;
    }
}

bool hv_ring_writer_publish(struct hv_ring_writer *writer)
{
    uint32_t old = writer->published;
    if (writer->fault != HV_RING_FAULT_NONE || writer->next == old) {
        return false;
    }
    writer->published = writer->next;
    set(writer->memory, FIELD(write_index), writer->next);
    withdraw_pending_send_size(writer);
    return get(writer->memory, FIELD(interrupt_mask)) == 0 &&
           get(writer->memory, FIELD(read_index)) == old;
}

enum hv_ring_status hv_ring_writer_wait(struct hv_ring_writer *writer, uint32_t space)
{
    if (writer->fault != HV_RING_FAULT_NONE) {
        return HV_RING_CORRUPT;
    }
    if (space == 0 || writer->next != writer->published) {
        return HV_RING_INVALID;
    }
    if (space > writer->size - VMBUS_RING_GAP) {
        return HV_RING_TOO_LARGE;
    }
    writer->waiting = true;
    set(writer->memory, FIELD(pending_send_size), space);
    enum hv_ring_status status = writer_check_space(writer, space);
    if (status == HV_RING_OK) {
        withdraw_pending_send_size(writer);
    }
    return status;
}
