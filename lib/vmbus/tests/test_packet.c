/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a packet may say. Each packet is written as words by hand, so both directions are judged by
 * the layout and not by each other. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/ring.h>

#include "suite.h"

/* type, data offset, length, flags; offsets in words of 8 bytes. */
#define DESCRIPTOR(type, offset, length, flags)                               \
    ((uint64_t)(type) | (uint64_t)(offset) << 16 | (uint64_t)(length) << 32 | \
     (uint64_t)(flags) << 48)
#define PAIR(low, high) ((uint64_t)(low) | (uint64_t)(high) << 32)

static struct hv_ring_packet packet;

static enum hv_ring_fault parse(const uint64_t *words, size_t count)
{
    return hv_ring_packet_parse(words, count, &packet);
}

START_TEST(in_band_packet_gives_id_flag_and_payload)
{
    const uint64_t words[] = { DESCRIPTOR(6, 2, 4, 1), 0x1122334455667788, 0xAA, 0xBB };
    ck_assert_int_eq(parse(words, 4), HV_RING_FAULT_NONE);
    ck_assert_uint_eq(packet.type, VMBUS_PACKET_TYPE_IN_BAND);
    ck_assert(packet.completion_requested);
    ck_assert_uint_eq(packet.transaction_id, 0x1122334455667788);
    ck_assert_uint_eq(packet.payload_size, 16);
    ck_assert_ptr_eq(packet.payload, (const uint8_t *)&words[2]);
    ck_assert_uint_eq(packet.range_count, 0);
}
END_TEST

START_TEST(gap_between_descriptor_and_payload_is_skipped)
{
    const uint64_t words[] = { DESCRIPTOR(0xB, 3, 4, 0), 7, 0, 0xBB };
    ck_assert_int_eq(parse(words, 4), HV_RING_FAULT_NONE);
    ck_assert_uint_eq(packet.payload_size, 8);
    ck_assert_uint_eq(packet.payload[0], 0xBB);
}
END_TEST

START_TEST(lengths_that_contradict_each_other_are_refused)
{
    const struct {
        uint16_t offset, length;
    } bad[] = { { 0, 4 }, { 1, 4 }, { 3, 2 }, { 2, 5 }, { 0xFFFF, 0xFFFF }, { 0, 0 }, { 5, 4 } };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const uint64_t words[4] = { DESCRIPTOR(6, bad[i].offset, bad[i].length, 0) };
        ck_assert_int_eq(parse(words, 4), HV_RING_FAULT_LENGTH);
    }
    const uint64_t words[2] = { DESCRIPTOR(6, 2, 2, 0), 0 };
    ck_assert_int_eq(parse(words, 1), HV_RING_FAULT_LENGTH);
    ck_assert_int_eq(parse(words, 2), HV_RING_FAULT_NONE);
}
END_TEST

START_TEST(reserved_flags_are_refused)
{
    for (unsigned bit = 1; bit < 16; bit++) {
        const uint64_t words[] = { DESCRIPTOR(6, 2, 2, 1u << bit), 0 };
        ck_assert_int_eq(parse(words, 2), HV_RING_FAULT_FLAGS);
    }
}
END_TEST

START_TEST(types_that_no_receiver_takes_are_refused)
{
    for (unsigned type = 0; type <= 0x10; type++) {
        /* One range word, valid as GPA range and as transfer page range. */
        const uint64_t words[] = { DESCRIPTOR(type, 5, 5, 0), 0, PAIR(0, 1), PAIR(1, 0), 42 };
        int taken = type == 6 || type == 7 || type == 9 || type == 0xA || type == 0xB;
        ck_assert_int_eq(parse(words, 5), taken ? HV_RING_FAULT_NONE : HV_RING_FAULT_TYPE);
    }
}
END_TEST

START_TEST(gpa_ranges_are_walked_in_order)
{
    const uint64_t words[] = {
        DESCRIPTOR(9, 8, 9, 0), 1, PAIR(0xDEAD, 2), PAIR(4097, 4095), 10, 11, PAIR(8, 0), 12, 99
    };
    struct hv_ring_gpa_range range;
    uint32_t cursor = 0;
    ck_assert_int_eq(parse(words, 9), HV_RING_FAULT_NONE);
    ck_assert(hv_ring_gpa_range_next(&packet, &cursor, &range));
    ck_assert_uint_eq(range.byte_count, 4097);
    ck_assert_uint_eq(range.byte_offset, 4095);
    ck_assert_uint_eq(range.page_count, 2);
    ck_assert_uint_eq(range.pages[1], 11);
    ck_assert(hv_ring_gpa_range_next(&packet, &cursor, &range));
    ck_assert_uint_eq(range.page_count, 1);
    ck_assert_uint_eq(range.pages[0], 12);
    ck_assert(!hv_ring_gpa_range_next(&packet, &cursor, &range));
    ck_assert_uint_eq(packet.payload[0], 99);
}
END_TEST

START_TEST(bad_gpa_ranges_are_refused)
{
    const struct {
        uint32_t ranges, bytes, offset;
    } bad[] = {
        { 0, 1, 0 },          /* none */
        { 2, 1, 0 },          /* second one is empty */
        { 1, 0, 0 },          /* empty */
        { 1, 1, 0x1000 },     /* offset beyond the page */
        { 1, 8193, 0 },       /* more pages than numbers */
        { 1, 8192, 1 },       /* likewise, by the offset */
        { 1, 0xFFFFFFFF, 1 }, /* sum beyond 32 bits */
        { 0xFFFFFFFF, 1, 0 }, /* more ranges than there can be */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const uint64_t words[] = { DESCRIPTOR(9, 6, 8, 0),
                                   0,
                                   PAIR(0, bad[i].ranges),
                                   PAIR(bad[i].bytes, bad[i].offset),
                                   0,
                                   0,
                                   1,
                                   1 };
        ck_assert_msg(parse(words, 8) == HV_RING_FAULT_RANGES, "case %zu", i);
    }
    const uint64_t words[] = { DESCRIPTOR(9, 6, 6, 0), 0, PAIR(0, 1), PAIR(8192, 0), 0, 0 };
    ck_assert_int_eq(parse(words, 6), HV_RING_FAULT_NONE);
    const uint64_t no_header[] = { DESCRIPTOR(9, 2, 6, 0), 0, PAIR(0, 1), PAIR(8192, 0), 0, 0 };
    ck_assert_int_eq(parse(no_header, 6), HV_RING_FAULT_LENGTH);
}
END_TEST

START_TEST(transfer_page_ranges_must_fit_before_the_payload)
{
    const uint64_t words[] = { DESCRIPTOR(7, 5, 5, 0), 0, PAIR(0x01CAFE, 2), PAIR(10, 20),
                               PAIR(30, 40) };
    ck_assert_int_eq(parse(words, 5), HV_RING_FAULT_NONE);
    ck_assert_uint_eq(packet.set_id, 0xCAFE);
    ck_assert_uint_eq(packet.range_count, 2);
    struct hv_ring_transfer_range range = hv_ring_transfer_range(&packet, 1);
    ck_assert_uint_eq(range.byte_count, 30);
    ck_assert_uint_eq(range.byte_offset, 40);
    const uint64_t more[] = { DESCRIPTOR(7, 5, 5, 0), 0, PAIR(0xCAFE, 3), PAIR(10, 20),
                              PAIR(30, 40) };
    ck_assert_int_eq(parse(more, 5), HV_RING_FAULT_RANGES);
}
END_TEST

START_TEST(space_counts_header_padding_and_trailer)
{
    const uint64_t range[] = { PAIR(1, 0), 5 };
    struct hv_ring_packet p = { .type = VMBUS_PACKET_TYPE_IN_BAND };
    ck_assert_uint_eq(hv_ring_packet_space(&p), 24);
    p.payload_size = 1;
    ck_assert_uint_eq(hv_ring_packet_space(&p), 32);
    p.payload_size = (65535 - 2) * 8;
    ck_assert_uint_eq(hv_ring_packet_space(&p), 65536 * 8);
    p.payload_size++;
    ck_assert_uint_eq(hv_ring_packet_space(&p), 0);
    p.payload_size = UINT32_MAX;
    ck_assert_uint_eq(hv_ring_packet_space(&p), 0);
    p = (struct hv_ring_packet){
        .type = VMBUS_PACKET_TYPE_GPA_DIRECT, .range_count = 1, .ranges = range, .range_words = 2
    };
    ck_assert_uint_eq(hv_ring_packet_space(&p), 16 + 8 + 16 + 8);
}
END_TEST

START_TEST(packets_that_break_the_rules_are_not_sent)
{
    const uint64_t range[] = { PAIR(4096, 1), 5, 6 };
    struct hv_ring_packet bad[] = {
        { .type = VMBUS_PACKET_TYPE_GPADL },
        { .type = VMBUS_PACKET_TYPE_IN_BAND, .range_count = 1, .ranges = range, .range_words = 3 },
        { .type = VMBUS_PACKET_TYPE_GPA_DIRECT },
        { .type = VMBUS_PACKET_TYPE_GPA_DIRECT,
          .range_count = 1,
          .ranges = range,
          .range_words = 2 },
        { .type = VMBUS_PACKET_TYPE_TRANSFER_PAGES,
          .range_count = 1,
          .ranges = range,
          .range_words = 2 },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_uint_eq(hv_ring_packet_space(&bad[i]), 0);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("packet");
    tcase_add_test(tests, in_band_packet_gives_id_flag_and_payload);
    tcase_add_test(tests, gap_between_descriptor_and_payload_is_skipped);
    tcase_add_test(tests, lengths_that_contradict_each_other_are_refused);
    tcase_add_test(tests, reserved_flags_are_refused);
    tcase_add_test(tests, types_that_no_receiver_takes_are_refused);
    tcase_add_test(tests, gpa_ranges_are_walked_in_order);
    tcase_add_test(tests, bad_gpa_ranges_are_refused);
    tcase_add_test(tests, transfer_page_ranges_must_fit_before_the_payload);
    tcase_add_test(tests, space_counts_header_padding_and_trailer);
    tcase_add_test(tests, packets_that_break_the_rules_are_not_sent);
    Suite *suite = suite_create("packet");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
