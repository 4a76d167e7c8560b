/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A ring whose peer is the input: it writes anywhere in the shared pages between the calls.
 *
 * Input: bytes of steps. Each step is an opcode and its operands, see do_step(); past the end all
 * operands are 0. Invariants: guard pages keep their pattern (and the address sanitizer watches the
 * rest), a packet that is returned keeps the promises of its struct and can be sent on, and a
 * stopped ring stays stopped.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hv/ring.h>

#include "fuzz.h"

#define PAGES     4u
#define MAX_WORDS 1536u

struct run {
    const uint8_t *data;
    size_t left;
    _Alignas(4096) uint8_t bytes[(2 * PAGES + 1) * 4096];
    void *pages[PAGES];
    struct hv_ring_memory memory;
    struct hv_ring_reader reader;
    struct hv_ring_writer writer;
    uint64_t words[MAX_WORDS];
};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static uint64_t take(struct run *run, size_t bytes)
{
    uint64_t value = 0;
    size_t count = bytes < run->left ? bytes : run->left;
    memcpy(&value, run->data, count);
    run->data += count;
    run->left -= count;
    return value;
}

static void set_up(struct run *run)
{
    memset(run->bytes, 0xA5, sizeof(run->bytes));
    for (uint32_t i = 0; i < PAGES; i++) {
        run->pages[i] = run->bytes + (2 * (PAGES - 1 - i) + 1) * 4096;
        memset(run->pages[i], 0, 4096);
    }
    run->memory = (struct hv_ring_memory){ run->pages, 2 + (uint32_t)take(run, 1) % (PAGES - 1) };
    struct vmbus_ring_control *control = run->pages[0];
    control->read_index = control->write_index = (uint32_t)take(run, 2) * 8;
    hv_ring_reader_init(&run->reader, &run->memory);
    hv_ring_writer_init(&run->writer, &run->memory);
}

static void check_guards(const struct run *run)
{
    uint8_t expected[4096];
    memset(expected, 0xA5, sizeof(expected));
    for (uint32_t page = 0; page <= 2 * PAGES; page += 2) {
        require(memcmp(run->bytes + page * 4096, expected, 4096) == 0);
    }
}

static void check_packet(struct run *run, const struct hv_ring_packet *packet)
{
    struct hv_ring_gpa_range range;
    uint32_t cursor = 0;
    uint32_t ranges = 0;
    const uint8_t *start = (const uint8_t *)run->words;
    require(packet->payload >= start + 16 && packet->payload_size % 8 == 0);
    require(packet->payload + packet->payload_size <= start + sizeof(run->words));
    while (hv_ring_gpa_range_next(packet, &cursor, &range)) {
        uint64_t end = (uint64_t)range.byte_offset + range.byte_count;
        require(range.byte_count != 0 && range.byte_offset < 4096);
        require((end + 4095) / 4096 == range.page_count);
        require((const uint8_t *)(range.pages + range.page_count) <= packet->payload);
        ranges++;
    }
    if (packet->type == VMBUS_PACKET_TYPE_GPA_DIRECT) {
        require(ranges == packet->range_count && ranges != 0);
    }
    if (packet->type == VMBUS_PACKET_TYPE_TRANSFER_PAGES) {
        for (uint32_t i = 0; i < packet->range_count; i++) {
            hv_ring_transfer_range(packet, i);
        }
        require((const uint8_t *)(packet->ranges + packet->range_count) <= packet->payload);
    }
    require(hv_ring_packet_space(packet) != 0);
}

static void read_one(struct run *run)
{
    struct hv_ring_packet packet;
    bool stopped = run->reader.fault != HV_RING_FAULT_NONE;
    enum hv_ring_status status = hv_ring_reader_next(&run->reader, run->words, MAX_WORDS, &packet);
    require(!stopped || status == HV_RING_CORRUPT);
    require((status == HV_RING_CORRUPT) == (run->reader.fault != HV_RING_FAULT_NONE));
    if (status != HV_RING_OK) {
        return;
    }
    check_packet(run, &packet);
    /* What was received can be sent on. */
    hv_ring_writer_put(&run->writer, &packet);
}

static void write_one(struct run *run)
{
    static const uint8_t payload[12288];
    struct hv_ring_packet packet = { .type = (uint16_t)(6 + take(run, 1) % 8),
                                     .transaction_id = take(run, 8),
                                     .payload = payload,
                                     .payload_size = (uint32_t)take(run, 2) % sizeof(payload) };
    bool stopped = run->writer.fault != HV_RING_FAULT_NONE;
    enum hv_ring_status status = hv_ring_writer_put(&run->writer, &packet);
    require(!stopped || status == HV_RING_CORRUPT);
    if (status == HV_RING_FULL) {
        hv_ring_writer_wait(&run->writer, hv_ring_packet_space(&packet));
    }
}

static void poke(struct run *run, uint32_t offset, uint64_t value, uint32_t size)
{
    uint32_t data = (run->memory.page_count - 1) * 4096;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t at = (offset + i) % data;
        ((uint8_t *)run->pages[1 + at / 4096])[at % 4096] = (uint8_t)(value >> 8 * i);
    }
}

static void do_step(struct run *run)
{
    uint32_t *control = run->pages[0];
    switch (take(run, 1) % 10) {
    case 0:
        control[take(run, 1) % 4] = (uint32_t)take(run, 4);
        return;
    case 1:
        control[0] = (uint32_t)take(run, 2) * 8;
        return;
    case 2:
        control[1] = (uint32_t)take(run, 2) * 8;
        return;
    case 3:
        poke(run, (uint32_t)take(run, 2), take(run, 8), 8);
        return;
    case 4: /* a word behind where the reader stands */
        poke(run, run->reader.next + (uint32_t)take(run, 1) * 8, take(run, 8), 8);
        return;
    case 5:
        read_one(run);
        return;
    case 6:
        hv_ring_reader_release(&run->reader);
        return;
    case 7:
        write_one(run);
        return;
    case 8:
        hv_ring_writer_publish(&run->writer);
        return;
    default:
        hv_ring_reader_mask(&run->reader);
        hv_ring_reader_unmask(&run->reader);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run run;
    run.data = data;
    run.left = size;
    set_up(&run);
    while (run.left != 0) {
        do_step(&run);
    }
    check_guards(&run);
    return 0;
}
