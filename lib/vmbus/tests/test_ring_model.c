/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Random work on both sides of a ring, against a queue that remembers what was sent.
 *
 * With an honest peer, what is read is what was put, in order, and no side that sleeps is
 * forgotten: the model wakes a side only by the signals that the ring asks for. With a hostile
 * peer, who writes anywhere in the shared pages between the steps, memory stays whole and every
 * packet returned keeps the promises of its struct.
 */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hv/ring.h>

#include "ring_fixture.h"
#include "suite.h"

#define MAX_WORDS 2048u
#define QUEUE     4096u

static struct ring_fixture ring;
static uint64_t random_state;

static uint32_t roll(uint32_t sides)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % sides;
}

struct sent {
    uint64_t id;
    uint32_t payload_size;
    uint32_t ranges;
    bool completion;
};

struct model {
    struct hv_ring_reader reader;
    struct hv_ring_writer writer;
    struct sent queue[QUEUE];
    uint32_t head, tail;
    uint64_t next_id;
    bool writer_sleeps, reader_sleeps;
    uint32_t wakes_of_writer, wakes_of_reader;
    struct sent pending;
};

static uint8_t payload_byte(uint64_t id, uint32_t index)
{
    return (uint8_t)(id * 31 + index * 7 + 1);
}

static struct sent random_packet(struct model *model)
{
    struct sent sent = { .id = ++model->next_id,
                         .payload_size = roll(roll(8) == 0 ? 3000 : 100),
                         .ranges = roll(3) == 0 ? 1 + roll(8) : 0,
                         .completion = roll(2) == 0 };
    return sent;
}

static struct hv_ring_packet build(const struct sent *sent, uint8_t *payload, uint64_t *ranges)
{
    for (uint32_t i = 0; i < sent->payload_size; i++) {
        payload[i] = payload_byte(sent->id, i);
    }
    for (uint32_t i = 0; i < sent->ranges; i++) {
        ranges[2 * i] = (i + 1) | (uint64_t)i << 32;
        ranges[2 * i + 1] = sent->id + i;
    }
    bool direct = sent->ranges != 0;
    return (struct hv_ring_packet){
        .type = direct ? VMBUS_PACKET_TYPE_GPA_DIRECT : VMBUS_PACKET_TYPE_IN_BAND,
        .completion_requested = sent->completion,
        .transaction_id = sent->id,
        .payload = payload,
        .payload_size = sent->payload_size,
        .range_count = sent->ranges,
        .ranges = direct ? ranges : NULL,
        .range_words = 2 * sent->ranges,
    };
}

static bool payload_is(const struct sent *sent, const uint8_t *payload, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        if (payload[i] != (i < sent->payload_size ? payload_byte(sent->id, i) : 0)) {
            return false;
        }
    }
    return true;
}

static void check_received(const struct sent *sent, const struct hv_ring_packet *packet)
{
    struct hv_ring_gpa_range range;
    uint32_t cursor = 0;
    ck_assert_uint_eq(packet->transaction_id, sent->id);
    ck_assert_int_eq(packet->completion_requested, sent->completion);
    ck_assert_uint_eq(packet->payload_size, (sent->payload_size + 7) / 8 * 8);
    ck_assert(payload_is(sent, packet->payload, packet->payload_size));
    for (uint32_t i = 0; i < sent->ranges; i++) {
        ck_assert(hv_ring_gpa_range_next(packet, &cursor, &range));
        ck_assert_uint_eq(range.byte_count, i + 1);
        ck_assert_uint_eq(range.byte_offset, i);
        ck_assert_uint_eq(range.pages[0], sent->id + i);
    }
    ck_assert(!hv_ring_gpa_range_next(packet, &cursor, &range));
}

static void publish(struct model *model)
{
    if (hv_ring_writer_publish(&model->writer)) {
        model->reader_sleeps = false;
        model->wakes_of_reader++;
    }
}

static void release(struct model *model)
{
    if (hv_ring_reader_release(&model->reader)) {
        model->writer_sleeps = false;
        model->wakes_of_writer++;
    }
}

static void writer_turn(struct model *model)
{
    static uint8_t payload[3000];
    static uint64_t ranges[16];
    if (model->pending.id == 0) {
        model->pending = random_packet(model);
    }
    struct hv_ring_packet packet = build(&model->pending, payload, ranges);
    enum hv_ring_status status = hv_ring_writer_put(&model->writer, &packet);
    if (status == HV_RING_OK) {
        model->queue[model->tail++ % QUEUE] = model->pending;
        model->pending.id = 0;
        if (roll(2) == 0) {
            publish(model);
        }
        return;
    }
    ck_assert_int_eq(status, HV_RING_FULL);
    publish(model);
    status = hv_ring_writer_wait(&model->writer, hv_ring_packet_space(&packet));
    ck_assert(status == HV_RING_OK || status == HV_RING_FULL);
    model->writer_sleeps = status == HV_RING_FULL;
}

static void reader_turn(struct model *model)
{
    static uint64_t words[MAX_WORDS];
    struct hv_ring_packet packet;
    if (roll(4) == 0) {
        hv_ring_reader_mask(&model->reader);
    }
    enum hv_ring_status status = hv_ring_reader_next(&model->reader, words, MAX_WORDS, &packet);
    if (status == HV_RING_OK) {
        ck_assert_uint_ne(model->head, model->tail);
        check_received(&model->queue[model->head++ % QUEUE], &packet);
        if (roll(3) == 0) {
            release(model);
        }
        return;
    }
    ck_assert_int_eq(status, HV_RING_EMPTY);
    release(model);
    model->reader_sleeps = !hv_ring_reader_unmask(&model->reader);
}

static void start(struct model *model, uint64_t seed)
{
    random_state = seed;
    memset(model, 0, sizeof(*model));
    ring_fixture_init(&ring, 2 + roll(FIXTURE_PAGES - 1));
    uint32_t index = roll((ring.memory.page_count - 1) * 512) * 8;
    ring.control->write_index = index;
    ring.control->read_index = index;
    ck_assert_int_eq(hv_ring_reader_init(&model->reader, &ring.memory), HV_RING_OK);
    ck_assert_int_eq(hv_ring_writer_init(&model->writer, &ring.memory), HV_RING_OK);
}

/* Turns come in runs, so that the ring is often full and often empty. */
static void run(struct model *model, uint32_t turns)
{
    while (turns > 0) {
        bool writer = roll(2) == 0;
        for (uint32_t run_length = 1 + roll(60); run_length > 0 && turns > 0;
             run_length--, turns--) {
            if (writer && !model->writer_sleeps) {
                writer_turn(model);
            } else if (!writer && !model->reader_sleeps) {
                reader_turn(model);
            }
        }
        /* Both asleep for good: a signal was lost. */
        publish(model);
        ck_assert(!(model->writer_sleeps && model->reader_sleeps));
    }
}

START_TEST(everything_sent_arrives_in_order_and_no_wakeup_is_lost)
{
    struct model *model = malloc(sizeof(*model));
    start(model, 0x9E3779B97F4A7C15u + (uint64_t)_i * 0x1234567);
    run(model, 20000);
    ck_assert_uint_gt(model->head, 1000);
    ck_assert_uint_gt(model->wakes_of_reader, 10);
    ck_assert_uint_gt(model->wakes_of_writer, 10);
    publish(model);
    ck_assert(model->head == model->tail || !model->reader_sleeps);
    ck_assert(ring_fixture_is_intact(&ring));
    free(model);
}
END_TEST

static void attack(void)
{
    uint32_t size = (ring.memory.page_count - 1) * 4096;
    uint64_t junk = random_state;
    uint32_t *fields = ring.pages[0];
    switch (roll(8)) {
    case 0:
        fields[roll(4)] = (uint32_t)junk;
        break;
    case 1:
    case 2:
        fields[roll(2)] = roll(size / 8) * 8;
        break;
    case 3:
        fields[2 + roll(2)] = roll(size + 16);
        break;
    case 4:
        junk = VMBUS_PACKET_TYPE_GPA_DIRECT | (uint64_t)roll(16) << 16 | (uint64_t)roll(64) << 32;
        ring_fixture_poke(&ring, fields[roll(2)] % size, &junk, 8);
        break;
    default:
        ring_fixture_poke(&ring, roll(size), &junk, 1 + roll(8));
    }
}

static void check_promises(const struct hv_ring_packet *packet, const uint64_t *words, size_t count)
{
    struct hv_ring_gpa_range range;
    uint32_t cursor = 0, ranges = 0;
    const uint8_t *end = (const uint8_t *)(words + count);
    ck_assert(packet->payload >= (const uint8_t *)words && packet->payload <= end);
    ck_assert_uint_le(packet->payload_size, (size_t)(end - packet->payload));
    while (hv_ring_gpa_range_next(packet, &cursor, &range)) {
        ck_assert_uint_ge(range.byte_count, 1);
        ck_assert_uint_le(range.byte_offset, 0xFFF);
        ck_assert(range.pages + range.page_count <= (const uint64_t *)packet->payload);
        ranges++;
    }
    if (packet->type == VMBUS_PACKET_TYPE_GPA_DIRECT) {
        ck_assert_uint_eq(ranges, packet->range_count);
    }
    /* What was received can be sent on. */
    ck_assert_uint_ne(hv_ring_packet_space(packet), 0);
}

static void hostile_turn(struct model *model, uint32_t *received)
{
    static uint64_t words[MAX_WORDS];
    static uint8_t payload[3000];
    static uint64_t ranges[16];
    struct hv_ring_packet packet;
    attack();
    if (roll(2) == 0) {
        struct sent sent = random_packet(model);
        packet = build(&sent, payload, ranges);
        hv_ring_writer_put(&model->writer, &packet);
        hv_ring_writer_publish(&model->writer);
        hv_ring_writer_wait(&model->writer, hv_ring_packet_space(&packet));
        return;
    }
    bool stopped = model->reader.fault != HV_RING_FAULT_NONE;
    enum hv_ring_status status = hv_ring_reader_next(&model->reader, words, MAX_WORDS, &packet);
    ck_assert(!stopped || status == HV_RING_CORRUPT);
    ck_assert_int_eq(status == HV_RING_CORRUPT, model->reader.fault != HV_RING_FAULT_NONE);
    if (status == HV_RING_OK) {
        check_promises(&packet, words, MAX_WORDS);
        ++*received;
    }
    hv_ring_reader_release(&model->reader);
}

START_TEST(hostile_peer_gets_nothing_but_a_stopped_ring)
{
    struct model *model = malloc(sizeof(*model));
    uint32_t received = 0, stopped = 0;
    for (uint32_t seed = 1; seed <= 1500; seed++) {
        start(model, seed * 0x9E3779B97F4A7C15u);
        for (uint32_t turn = 0; turn < 40; turn++) {
            hostile_turn(model, &received);
        }
        stopped += model->reader.fault != HV_RING_FAULT_NONE;
        ck_assert(ring_fixture_is_intact(&ring));
    }
    ck_assert_uint_gt(received, 1000);
    ck_assert_uint_gt(stopped, 500);
    free(model);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ring model");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, everything_sent_arrives_in_order_and_no_wakeup_is_lost, 0, 20);
    tcase_add_test(tests, hostile_peer_gets_nothing_but_a_stopped_ring);
    Suite *suite = suite_create("ring model");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
