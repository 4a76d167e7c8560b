/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A ring seen from the peer's side of the memory: layout, signals, and what a hostile peer gets. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/ring.h>

#include "ring_fixture.h"
#include "suite.h"

#define SIZE ((FIXTURE_PAGES - 1) * 4096u)

static struct ring_fixture ring;
static struct hv_ring_reader reader;
static struct hv_ring_writer writer;
static struct hv_ring_packet got;
static uint64_t words[65535];

static void start_at(uint32_t index)
{
    ring_fixture_init(&ring, FIXTURE_PAGES);
    ring.control->write_index = index;
    ring.control->read_index = index;
    ck_assert_int_eq(hv_ring_writer_init(&writer, &ring.memory), HV_RING_OK);
    ck_assert_int_eq(hv_ring_reader_init(&reader, &ring.memory), HV_RING_OK);
}

static void setup(void)
{
    start_at(0);
}

static void teardown(void)
{
    ck_assert(ring_fixture_is_intact(&ring));
}

static enum hv_ring_status put(uint32_t payload_size)
{
    static const uint8_t payload[SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    struct hv_ring_packet packet = { .type = VMBUS_PACKET_TYPE_IN_BAND,
                                     .completion_requested = true,
                                     .transaction_id = 0x0102030405060708,
                                     .payload = payload,
                                     .payload_size = payload_size };
    return hv_ring_writer_put(&writer, &packet);
}

static enum hv_ring_status next(void)
{
    return hv_ring_reader_next(&reader, words, 65535, &got);
}

START_TEST(written_packet_has_the_layout_of_the_wire)
{
    static const uint8_t expected[] = {
        6, 0, 2, 0, 4,    0,    1, 0, 8, 7,  6,  5, 4, 3, 2, 1, /* descriptor */
        1, 2, 3, 4, 5,    6,    7, 8, 9, 10, 11, 0, 0, 0, 0, 0, /* payload, padded */
        0, 0, 0, 0, 0xF0, 0x2F, 0, 0,                           /* trailer: where it began */
    };
    uint8_t bytes[sizeof(expected)];
    start_at(SIZE - 16);
    ck_assert_int_eq(put(11), HV_RING_OK);
    ck_assert_uint_eq(ring.control->write_index, SIZE - 16);
    hv_ring_writer_publish(&writer);
    ck_assert_uint_eq(ring.control->write_index, sizeof(expected) - 16);
    ring_fixture_peek(&ring, SIZE - 16, bytes, sizeof(bytes));
    ck_assert_mem_eq(bytes, expected, sizeof(expected));
}
END_TEST

START_TEST(packet_may_wrap_at_each_of_its_words)
{
    for (uint32_t index = SIZE - 64; index < SIZE; index += 8) {
        start_at(index);
        ck_assert_int_eq(put(15), HV_RING_OK);
        hv_ring_writer_publish(&writer);
        ck_assert_int_eq(next(), HV_RING_OK);
        ck_assert_uint_eq(got.transaction_id, 0x0102030405060708);
        ck_assert_uint_eq(got.payload_size, 16);
        ck_assert_uint_eq(got.payload[14], 15);
        ck_assert_uint_eq(got.payload[15], 0);
        ck_assert_int_eq(next(), HV_RING_EMPTY);
        ck_assert(ring_fixture_is_intact(&ring));
    }
}
END_TEST

START_TEST(packet_is_invisible_until_published_and_space_is_taken_until_released)
{
    ck_assert_int_eq(put(8), HV_RING_OK);
    ck_assert_int_eq(next(), HV_RING_EMPTY);
    hv_ring_writer_publish(&writer);
    ck_assert_int_eq(next(), HV_RING_OK);
    ck_assert_uint_eq(ring.control->read_index, 0);
    hv_ring_reader_release(&reader);
    ck_assert_uint_eq(ring.control->read_index, 32);
}
END_TEST

START_TEST(eight_bytes_of_a_full_ring_stay_free)
{
    ck_assert_int_eq(put(SIZE - 8 - 24 + 1), HV_RING_TOO_LARGE);
    ck_assert_int_eq(put(SIZE - 8 - 24), HV_RING_OK);
    ck_assert_int_eq(put(0), HV_RING_FULL);
    hv_ring_writer_publish(&writer);
    ck_assert_uint_eq(ring.control->write_index, SIZE - 8);
    ck_assert_int_eq(next(), HV_RING_OK);
    ck_assert_uint_eq(got.payload_size, SIZE - 32);
    hv_ring_reader_release(&reader);
    ck_assert_int_eq(put(0), HV_RING_OK);
}
END_TEST

START_TEST(only_the_first_packet_in_an_empty_ring_signals)
{
    put(8);
    put(8);
    ck_assert(hv_ring_writer_publish(&writer));
    ck_assert(!hv_ring_writer_publish(&writer));
    put(8);
    ck_assert(!hv_ring_writer_publish(&writer));
    while (next() == HV_RING_OK) {
    }
    hv_ring_reader_release(&reader);
    put(8);
    ck_assert(hv_ring_writer_publish(&writer));
}
END_TEST

START_TEST(masked_reader_is_not_signalled_and_finds_the_packet_when_it_unmasks)
{
    hv_ring_reader_mask(&reader);
    ck_assert_uint_eq(ring.control->interrupt_mask, 1);
    put(8);
    ck_assert(!hv_ring_writer_publish(&writer));
    ck_assert(hv_ring_reader_unmask(&reader));
    ck_assert_uint_eq(ring.control->interrupt_mask, 0);
    ck_assert_int_eq(next(), HV_RING_OK);
    ck_assert(!hv_ring_reader_unmask(&reader));
}
END_TEST

START_TEST(waiting_writer_is_signalled_once_when_its_space_comes_free)
{
    while (put(1000) == HV_RING_OK) {
    }
    hv_ring_writer_publish(&writer);
    ck_assert_int_eq(hv_ring_writer_wait(&writer, 3 * 1024 - 8), HV_RING_FULL);
    ck_assert_uint_eq(ring.control->pending_send_size, 3 * 1024 - 8);
    hv_ring_reader_mask(&reader); /* does not matter for this signal */
    ck_assert_int_eq(next(), HV_RING_OK);
    ck_assert(!hv_ring_reader_release(&reader));
    ck_assert_int_eq(next(), HV_RING_OK);
    ck_assert(hv_ring_reader_release(&reader));
    ck_assert_int_eq(next(), HV_RING_OK);
    ck_assert(!hv_ring_reader_release(&reader));
    ck_assert_int_eq(put(3 * 1024 - 8 - 24), HV_RING_OK);
    hv_ring_writer_publish(&writer);
    ck_assert_uint_eq(ring.control->pending_send_size, 0);
}
END_TEST

START_TEST(wait_finds_space_that_came_free_meanwhile)
{
    ck_assert_int_eq(hv_ring_writer_wait(&writer, 4096), HV_RING_OK);
    ck_assert_uint_eq(ring.control->pending_send_size, 0);
    ck_assert_int_eq(hv_ring_writer_wait(&writer, SIZE), HV_RING_TOO_LARGE);
    ck_assert_int_eq(hv_ring_writer_wait(&writer, 0), HV_RING_INVALID);
    put(8);
    ck_assert_int_eq(hv_ring_writer_wait(&writer, 4096), HV_RING_INVALID);
}
END_TEST

START_TEST(peer_that_asks_for_size_minus_one_is_signalled_when_the_ring_is_empty)
{
    put(8);
    put(8);
    hv_ring_writer_publish(&writer);
    ring.control->pending_send_size = SIZE - 1;
    ck_assert_int_eq(next(), HV_RING_OK);
    ck_assert(!hv_ring_reader_release(&reader));
    ck_assert_int_eq(next(), HV_RING_OK);
    ck_assert(hv_ring_reader_release(&reader));
    ck_assert_uint_eq(ring.control->pending_send_size, SIZE - 1);
}
END_TEST

START_TEST(writer_says_that_it_waits_by_pending_send_size)
{
    ring_fixture_init(&ring, FIXTURE_PAGES);
    ring.control->pending_send_size = 77;
    ck_assert_int_eq(hv_ring_writer_init(&writer, &ring.memory), HV_RING_OK);
    ck_assert_uint_eq(ring.control->feature_bits, VMBUS_RING_FEATURE_PENDING_SEND_SIZE);
    ck_assert_uint_eq(ring.control->pending_send_size, 0);
}
END_TEST

static void corrupt_index(uint32_t index)
{
    setup();
    put(8);
    hv_ring_writer_publish(&writer);
    ring.control->write_index = index;
    ck_assert_int_eq(next(), HV_RING_CORRUPT);
    ck_assert_int_eq(reader.fault, HV_RING_FAULT_INDEX);
    ring.control->write_index = 32;
    ck_assert_int_eq(next(), HV_RING_CORRUPT);
    ck_assert(!hv_ring_reader_unmask(&reader));

    ring.control->read_index = index;
    ck_assert_int_eq(put(8), HV_RING_CORRUPT);
    ck_assert_int_eq(writer.fault, HV_RING_FAULT_INDEX);
    ring.control->read_index = 0;
    ck_assert_int_eq(put(8), HV_RING_CORRUPT);
    ck_assert(!hv_ring_writer_publish(&writer));
    ck_assert_int_eq(hv_ring_writer_wait(&writer, 8), HV_RING_CORRUPT);
}

START_TEST(bad_index_stops_the_ring_for_good)
{
    corrupt_index(SIZE);
    corrupt_index(SIZE + 8);
    corrupt_index(4);
    corrupt_index(UINT32_MAX - 7);
    corrupt_index(UINT32_MAX);
}
END_TEST

START_TEST(bad_index_is_refused_at_the_start)
{
    ring_fixture_init(&ring, FIXTURE_PAGES);
    ring.control->read_index = SIZE;
    ck_assert_int_eq(hv_ring_reader_init(&reader, &ring.memory), HV_RING_CORRUPT);
    ck_assert_int_eq(next(), HV_RING_CORRUPT);
    ck_assert_int_eq(hv_ring_writer_init(&writer, &ring.memory), HV_RING_CORRUPT);
    ck_assert_int_eq(put(8), HV_RING_CORRUPT);
}
END_TEST

START_TEST(packet_longer_than_what_was_written_stops_the_ring)
{
    for (uint16_t length8 = 0; length8 < 9; length8++) {
        setup();
        put(8);
        hv_ring_writer_publish(&writer);
        ring_fixture_poke(&ring, 4, &length8, 2);
        ck_assert_int_eq(next(), length8 == 2 || length8 == 3 ? HV_RING_OK : HV_RING_CORRUPT);
    }
}
END_TEST

START_TEST(fragment_of_a_packet_stops_the_ring)
{
    for (uint32_t bytes = 8; bytes < 24; bytes += 8) {
        setup();
        ring.control->write_index = bytes;
        ck_assert_int_eq(next(), HV_RING_CORRUPT);
        ck_assert_int_eq(reader.fault, HV_RING_FAULT_LENGTH);
    }
}
END_TEST

START_TEST(trailer_is_not_checked)
{
    const uint64_t junk = UINT64_MAX;
    put(8);
    hv_ring_writer_publish(&writer);
    ring_fixture_poke(&ring, 24, &junk, 8);
    ck_assert_int_eq(next(), HV_RING_OK);
}
END_TEST

START_TEST(packet_stays_when_the_buffer_is_too_small)
{
    put(16);
    hv_ring_writer_publish(&writer);
    ck_assert_int_eq(hv_ring_reader_next(&reader, words, 3, &got), HV_RING_NO_BUFFER);
    ck_assert_int_eq(hv_ring_reader_next(&reader, words, 4, &got), HV_RING_OK);
}
END_TEST

START_TEST(peer_that_changes_our_own_index_changes_nothing)
{
    put(8);
    put(8);
    hv_ring_writer_publish(&writer);
    ring.control->read_index = 4242;
    ck_assert_int_eq(next(), HV_RING_OK);
    hv_ring_reader_release(&reader);
    ck_assert_uint_eq(ring.control->read_index, 32);
}
END_TEST

START_TEST(ring_is_taken_up_where_it_was_left)
{
    put(8);
    put(15);
    hv_ring_writer_publish(&writer);
    ck_assert_int_eq(next(), HV_RING_OK);
    hv_ring_reader_release(&reader);
    ck_assert_int_eq(hv_ring_reader_init(&reader, &ring.memory), HV_RING_OK);
    ck_assert_int_eq(next(), HV_RING_OK);
    ck_assert_uint_eq(got.payload_size, 16);
}
END_TEST

START_TEST(memory_that_is_no_ring_is_refused)
{
    void *pages[] = { ring.pages[0], ring.pages[1], NULL };
    struct hv_ring_memory memory = { pages, 3 };
    ck_assert_int_eq(hv_ring_reader_init(&reader, &memory), HV_RING_INVALID);
    pages[2] = (uint8_t *)ring.pages[2] + 4;
    ck_assert_int_eq(hv_ring_writer_init(&writer, &memory), HV_RING_INVALID);
    memory.page_count = 1;
    ck_assert_int_eq(hv_ring_format(&memory), HV_RING_INVALID);
    memory.page_count = VMBUS_RING_MAX_PAGES + 1;
    ck_assert_int_eq(hv_ring_format(&memory), HV_RING_INVALID);
    memory = (struct hv_ring_memory){ NULL, 2 };
    ck_assert_int_eq(hv_ring_format(&memory), HV_RING_INVALID);
}
END_TEST

START_TEST(formatted_ring_is_empty)
{
    memset(ring.pages[0], 0xFF, 4096);
    ck_assert_int_eq(hv_ring_format(&ring.memory), HV_RING_OK);
    ck_assert_int_eq(hv_ring_reader_init(&reader, &ring.memory), HV_RING_OK);
    ck_assert_int_eq(next(), HV_RING_EMPTY);
    ck_assert_uint_eq(ring.control->interrupt_mask, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ring");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, written_packet_has_the_layout_of_the_wire);
    tcase_add_test(tests, packet_may_wrap_at_each_of_its_words);
    tcase_add_test(tests, packet_is_invisible_until_published_and_space_is_taken_until_released);
    tcase_add_test(tests, eight_bytes_of_a_full_ring_stay_free);
    tcase_add_test(tests, only_the_first_packet_in_an_empty_ring_signals);
    tcase_add_test(tests, masked_reader_is_not_signalled_and_finds_the_packet_when_it_unmasks);
    tcase_add_test(tests, waiting_writer_is_signalled_once_when_its_space_comes_free);
    tcase_add_test(tests, wait_finds_space_that_came_free_meanwhile);
    tcase_add_test(tests, peer_that_asks_for_size_minus_one_is_signalled_when_the_ring_is_empty);
    tcase_add_test(tests, writer_says_that_it_waits_by_pending_send_size);
    tcase_add_test(tests, bad_index_stops_the_ring_for_good);
    tcase_add_test(tests, bad_index_is_refused_at_the_start);
    tcase_add_test(tests, packet_longer_than_what_was_written_stops_the_ring);
    tcase_add_test(tests, fragment_of_a_packet_stops_the_ring);
    tcase_add_test(tests, trailer_is_not_checked);
    tcase_add_test(tests, packet_stays_when_the_buffer_is_too_small);
    tcase_add_test(tests, peer_that_changes_our_own_index_changes_nothing);
    tcase_add_test(tests, ring_is_taken_up_where_it_was_left);
    tcase_add_test(tests, memory_that_is_no_ring_is_refused);
    tcase_add_test(tests, formatted_ring_is_empty);
    Suite *suite = suite_create("ring");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
