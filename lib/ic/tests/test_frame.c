/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The bytes of a message, written by hand. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/ic.h>

#include "suite.h"

static uint8_t packet[128];
static struct hv_ic_message message;

/* Framework 3.0, heartbeat 3.0, a body of 4 bytes, failure, id 0x42, transaction and response. */
static void setup(void)
{
    static const uint8_t head[] = { 1, 0, 0, 0, 24, 0, 0, 0,    3, 0,    0,    0, 1, 0,
                                    3, 0, 0, 0, 4,  0, 5, 0x40, 0, 0x80, 0x42, 5, 0, 0 };
    static const uint8_t body[] = { 0xDE, 0xAD, 0xBE, 0xEF };
    memset(packet, 0, sizeof(packet));
    memcpy(packet, head, sizeof(head));
    memcpy(packet + sizeof(head), body, sizeof(body));
}

START_TEST(message_is_taken_apart)
{
    ck_assert_int_eq(hv_ic_parse(packet, 32, &message), HV_IC_OK);
    ck_assert_uint_eq(message.framework_version.major, 3);
    ck_assert_uint_eq(message.message_version.major, 3);
    ck_assert_uint_eq(message.type, IC_TYPE_HEARTBEAT);
    ck_assert_uint_eq(message.status, IC_STATUS_FAIL);
    ck_assert_uint_eq(message.transaction_id, 0x42);
    ck_assert_uint_eq(message.flags, 5);
    ck_assert_uint_eq(message.body_size, 4);
    ck_assert_uint_eq(message.body[3], 0xEF);
}
END_TEST

START_TEST(built_message_has_the_same_bytes)
{
    uint8_t built[64];
    size_t size = 0;
    hv_ic_parse(packet, 32, &message);
    ck_assert_int_eq(hv_ic_build(built, sizeof(built), &message, &size), HV_IC_OK);
    ck_assert_uint_eq(size, 32);
    ck_assert_mem_eq(built, packet, 32);
}
END_TEST

START_TEST(body_may_lie_in_the_buffer)
{
    size_t size = 0;
    hv_ic_parse(packet, 32, &message);
    message.body = packet + 4;
    message.body_size = 20;
    ck_assert_int_eq(hv_ic_build(packet, sizeof(packet), &message, &size), HV_IC_OK);
    ck_assert_uint_eq(packet[28], 24);
    ck_assert_uint_eq(packet[28 + 4], 3);
}
END_TEST

START_TEST(trailing_bytes_are_left_out)
{
    packet[4] = 60;
    ck_assert_int_eq(hv_ic_parse(packet, sizeof(packet), &message), HV_IC_OK);
    ck_assert_uint_eq(message.body_size, 4);
}
END_TEST

START_TEST(packet_cut_short_is_malformed)
{
    for (size_t size = 0; size < 32; size++) {
        ck_assert_int_eq(hv_ic_parse(packet, size, &message), HV_IC_MALFORMED);
    }
}
END_TEST

START_TEST(lengths_that_contradict_each_other_are_malformed)
{
    packet[4] = 23; /* pipe length below header and body */
    ck_assert_int_eq(hv_ic_parse(packet, sizeof(packet), &message), HV_IC_MALFORMED);
    packet[4] = 19; /* pipe length below the header */
    packet[18] = 0;
    ck_assert_int_eq(hv_ic_parse(packet, sizeof(packet), &message), HV_IC_MALFORMED);
    memset(packet + 4, 0xFF, 4);
    ck_assert_int_eq(hv_ic_parse(packet, sizeof(packet), &message), HV_IC_MALFORMED);
}
END_TEST

START_TEST(other_pipe_packets_are_malformed)
{
    for (unsigned type = 0; type < 256; type++) {
        packet[0] = (uint8_t)type;
        ck_assert_int_eq(hv_ic_parse(packet, 32, &message), type == 1 ? HV_IC_OK : HV_IC_MALFORMED);
    }
}
END_TEST

START_TEST(message_above_the_limit_is_neither_parsed_nor_built)
{
    static uint8_t big[HV_IC_MAX_PACKET_SIZE + 1];
    static uint8_t body[IC_MAX_MESSAGE_SIZE];
    size_t size = 0;
    uint32_t length = IC_MAX_MESSAGE_SIZE + 1;
    memcpy(big, packet, 32);
    memcpy(big + 4, &length, 4);
    ck_assert_int_eq(hv_ic_parse(big, sizeof(big), &message), HV_IC_MALFORMED);
    length--;
    memcpy(big + 4, &length, 4);
    ck_assert_int_eq(hv_ic_parse(big, sizeof(big), &message), HV_IC_OK);
    message.body = body;
    message.body_size = IC_MAX_MESSAGE_SIZE - 20;
    ck_assert_int_eq(hv_ic_build(big, sizeof(big), &message, &size), HV_IC_OK);
    ck_assert_uint_eq(size, HV_IC_MAX_PACKET_SIZE);
    message.body_size++;
    ck_assert_int_eq(hv_ic_build(big, sizeof(big), &message, &size), HV_IC_NO_BUFFER);
}
END_TEST

START_TEST(buffer_too_small_is_not_touched)
{
    uint8_t small[32];
    size_t size = 99;
    memset(small, 0x77, sizeof(small));
    hv_ic_parse(packet, 32, &message);
    for (size_t capacity = 0; capacity < 32; capacity++) {
        ck_assert_int_eq(hv_ic_build(small, capacity, &message, &size), HV_IC_NO_BUFFER);
    }
    ck_assert_uint_eq(small[0], 0x77);
    ck_assert_uint_eq(size, 99);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("frame");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, message_is_taken_apart);
    tcase_add_test(tests, built_message_has_the_same_bytes);
    tcase_add_test(tests, body_may_lie_in_the_buffer);
    tcase_add_test(tests, trailing_bytes_are_left_out);
    tcase_add_test(tests, packet_cut_short_is_malformed);
    tcase_add_test(tests, lengths_that_contradict_each_other_are_malformed);
    tcase_add_test(tests, other_pipe_packets_are_malformed);
    tcase_add_test(tests, message_above_the_limit_is_neither_parsed_nor_built);
    tcase_add_test(tests, buffer_too_small_is_not_touched);
    Suite *suite = suite_create("frame");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
