/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Who may say what when, and which versions come of it. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/ic.h>

#include "suite.h"

static struct hv_ic_host host;
static struct hv_ic_guest guest;
static struct hv_ic_message message;
static uint8_t request[HV_IC_MAX_PACKET_SIZE];
static uint8_t reply[HV_IC_MAX_PACKET_SIZE];
static size_t request_size, reply_size;

static void setup(void)
{
    hv_ic_host_init(&host, &hv_ic_shutdown);
    hv_ic_guest_init(&guest, &hv_ic_shutdown);
}

static void negotiate(void)
{
    ck_assert_int_eq(hv_ic_host_negotiate(&host, request, sizeof(request), &request_size),
                     HV_IC_OK);
}

static enum hv_ic_status to_guest(void)
{
    return hv_ic_guest_receive(&guest, request, request_size, reply, sizeof(reply), &reply_size,
                               &message);
}

static enum hv_ic_status to_host(void)
{
    return hv_ic_host_receive(&host, reply, reply_size, &message);
}

static enum hv_ic_status ask(void)
{
    return hv_ic_host_request(&host, "abcd", 4, request, sizeof(request), &request_size);
}

static void answer(void)
{
    ck_assert_int_eq(to_guest(), HV_IC_MESSAGE);
    ck_assert_int_eq(hv_ic_guest_respond(&message, IC_STATUS_SUCCESS, "ok", 2, reply, sizeof(reply),
                                         &reply_size),
                     HV_IC_OK);
}

static void make_ready(void)
{
    negotiate();
    ck_assert_int_eq(to_guest(), HV_IC_REPLY);
    ck_assert_int_eq(to_host(), HV_IC_NEGOTIATED);
}

/* A reply by hand: @counts versions 3.0 of the framework, then @version. */
static void reply_by_hand(uint8_t id, uint8_t flags, uint16_t frameworks, uint16_t messages,
                          struct ic_version version)
{
    struct ic_negotiate head = { .framework_count = frameworks, .message_count = messages };
    struct ic_version framework = { 3, 0 };
    uint8_t body[32] = { 0 };
    memcpy(body, &head, 8);
    memcpy(body + 8, &framework, 4);
    memcpy(body + 12, &version, 4);
    struct hv_ic_message m = { .type = IC_TYPE_NEGOTIATE,
                               .transaction_id = id,
                               .flags = flags,
                               .body = body,
                               .body_size = 16 };
    ck_assert_int_eq(hv_ic_build(reply, sizeof(reply), &m, &reply_size), HV_IC_OK);
}

START_TEST(offer_lists_all_versions_ascending)
{
    static const uint8_t body[] = { 2, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0,
                                    1, 0, 0, 0, 3, 0, 0, 0, 3, 0, 1, 0, 3, 0, 2, 0 };
    negotiate();
    ck_assert_int_eq(hv_ic_parse(request, request_size, &message), HV_IC_OK);
    ck_assert_uint_eq(message.type, IC_TYPE_NEGOTIATE);
    ck_assert_uint_eq(message.flags, IC_FLAG_TRANSACTION | IC_FLAG_REQUEST);
    ck_assert_uint_eq(message.framework_version.major, 0);
    ck_assert_uint_eq(message.message_version.major, 0);
    ck_assert_uint_eq(message.body_size, sizeof(body));
    ck_assert_mem_eq(message.body, body, sizeof(body));
}
END_TEST

START_TEST(highest_common_versions_win_whatever_their_order)
{
    static const struct ic_version old[] = { { 3, 1 }, { 1, 0 }, { 9, 9 }, { 3, 0 } };
    static const struct ic_version framework[] = { { 1, 0 } };
    const struct hv_ic_service service = { .type = IC_TYPE_SHUTDOWN,
                                           .frameworks = framework,
                                           .framework_count = 1,
                                           .messages = old,
                                           .message_count = 4 };
    hv_ic_guest_init(&guest, &service);
    make_ready();
    ck_assert_uint_eq(guest.message_version.major, 3);
    ck_assert_uint_eq(guest.message_version.minor, 1);
    ck_assert_uint_eq(host.message_version.minor, 1);
    ck_assert_uint_eq(host.framework_version.major, 1);
}
END_TEST

START_TEST(no_common_version_is_said_with_counts_of_zero_and_stops_the_service)
{
    static const struct ic_version future[] = { { 4, 0 } };
    struct hv_ic_service service = hv_ic_shutdown;
    service.messages = future;
    service.message_count = 1;
    hv_ic_guest_init(&guest, &service);
    negotiate();
    ck_assert_int_eq(to_guest(), HV_IC_UNSUPPORTED);
    ck_assert(!guest.negotiated);
    ck_assert_uint_eq(reply_size, HV_IC_HEADER_SIZE + sizeof(struct ic_negotiate));
    ck_assert_int_eq(to_host(), HV_IC_UNSUPPORTED);
    ck_assert_int_eq(host.state, HV_IC_HOST_STOPPED);
    ck_assert_int_eq(ask(), HV_IC_NOT_READY);
    ck_assert_int_eq(to_host(), HV_IC_NOT_READY);
}
END_TEST

START_TEST(requests_wait_for_the_negotiation)
{
    ck_assert_int_eq(ask(), HV_IC_NOT_READY);
    negotiate();
    ck_assert_int_eq(ask(), HV_IC_NOT_READY);
    ck_assert_int_eq(to_guest(), HV_IC_REPLY);
    ck_assert_int_eq(to_host(), HV_IC_NEGOTIATED);
    ck_assert_int_eq(ask(), HV_IC_OK);
}
END_TEST

START_TEST(response_repeats_versions_and_transaction_id)
{
    make_ready();
    ck_assert_int_eq(ask(), HV_IC_OK);
    answer();
    uint8_t id = message.transaction_id;
    ck_assert_int_eq(to_host(), HV_IC_MESSAGE);
    ck_assert_uint_eq(message.transaction_id, id);
    ck_assert_uint_eq(message.message_version.minor, 2);
    ck_assert_uint_eq(message.flags, IC_FLAG_TRANSACTION | IC_FLAG_RESPONSE);
    ck_assert_mem_eq(message.body, "ok", 2);
    ck_assert_int_eq(to_host(), HV_IC_IGNORED);
}
END_TEST

START_TEST(second_request_waits_for_the_first_response)
{
    make_ready();
    ck_assert_int_eq(ask(), HV_IC_OK);
    ck_assert_int_eq(ask(), HV_IC_BUSY);
    answer();
    ck_assert_int_eq(to_host(), HV_IC_MESSAGE);
    ck_assert_int_eq(ask(), HV_IC_OK);
}
END_TEST

START_TEST(heartbeats_go_on_while_the_guest_sleeps_and_each_is_answered_once)
{
    static uint8_t sent[3][64];
    static size_t sizes[3];
    hv_ic_host_init(&host, &hv_ic_heartbeat);
    hv_ic_guest_init(&guest, &hv_ic_heartbeat);
    make_ready();
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(hv_ic_host_request(&host, "beat", 4, sent[i], sizeof(sent[i]), &sizes[i]),
                         HV_IC_OK);
    }
    for (int i = 2; i >= 0; i--) {
        memcpy(request, sent[i], sizes[i]);
        request_size = sizes[i];
        answer();
        ck_assert_int_eq(to_host(), HV_IC_MESSAGE);
        ck_assert_int_eq(to_host(), HV_IC_IGNORED);
    }
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(ask(), HV_IC_OK);
    }
}
END_TEST

START_TEST(linux_reply_of_the_whole_request_is_taken)
{
    negotiate();
    reply_by_hand(host.negotiate_id, 5, 1, 1, (struct ic_version){ 3, 2 });
    memcpy(reply + 4, request + 4, 4); /* pipe length as long as the request's */
    reply_size = request_size;
    ck_assert_int_eq(to_host(), HV_IC_NEGOTIATED);
}
END_TEST

START_TEST(reply_that_breaks_a_rule_stops_the_service)
{
    const struct ic_version good = { 3, 2 }, never_offered = { 3, 3 };
    const struct {
        uint8_t id_error, flags;
        uint16_t frameworks, messages;
        struct ic_version version;
    } bad[] = {
        { 1, 5, 1, 1, good },          { 0, 4, 1, 1, good }, { 0, 3, 1, 1, good },
        { 0, 7, 1, 1, good },          { 0, 5, 2, 0, good }, { 0, 5, 0, 1, good },
        { 0, 5, 1, 0, good },          { 0, 5, 1, 2, good }, { 0, 5, 0xFFFF, 0xFFFF, good },
        { 0, 5, 1, 1, never_offered },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setup();
        negotiate();
        reply_by_hand(host.negotiate_id ^ bad[i].id_error, bad[i].flags, bad[i].frameworks,
                      bad[i].messages, bad[i].version);
        ck_assert_msg(to_host() == HV_IC_MALFORMED, "case %zu", i);
        ck_assert_int_eq(host.state, HV_IC_HOST_STOPPED);
    }
}
END_TEST

START_TEST(left_over_response_is_dropped_while_negotiating)
{
    make_ready();
    ck_assert_int_eq(ask(), HV_IC_OK);
    answer();
    negotiate();
    ck_assert_int_eq(to_host(), HV_IC_IGNORED);
    ck_assert_int_eq(to_guest(), HV_IC_REPLY);
    ck_assert_int_eq(to_host(), HV_IC_NEGOTIATED);
    ck_assert_int_eq(ask(), HV_IC_OK);
}
END_TEST

START_TEST(guest_ignores_what_is_not_for_it)
{
    make_ready();
    struct hv_ic_message other = { .type = IC_TYPE_KVP, .flags = 3 };
    hv_ic_build(request, sizeof(request), &other, &request_size);
    ck_assert_int_eq(to_guest(), HV_IC_IGNORED);
    other.type = IC_TYPE_SHUTDOWN;
    other.flags = IC_FLAG_TRANSACTION | IC_FLAG_RESPONSE;
    hv_ic_build(request, sizeof(request), &other, &request_size);
    ck_assert_int_eq(to_guest(), HV_IC_IGNORED);
    other.flags = 3;
    hv_ic_build(request, sizeof(request), &other, &request_size);
    ck_assert_int_eq(to_guest(), HV_IC_MESSAGE);
    hv_ic_guest_init(&guest, &hv_ic_shutdown);
    ck_assert_int_eq(to_guest(), HV_IC_IGNORED);
}
END_TEST

START_TEST(offer_with_more_versions_than_bytes_is_malformed)
{
    negotiate();
    request[HV_IC_HEADER_SIZE] = 5;
    ck_assert_int_eq(to_guest(), HV_IC_MALFORMED);
    ck_assert(!guest.negotiated);
}
END_TEST

START_TEST(negotiation_that_can_not_be_sent_changes_nothing)
{
    make_ready();
    ck_assert_int_eq(hv_ic_host_negotiate(&host, request, 30, &request_size), HV_IC_NO_BUFFER);
    ck_assert_int_eq(host.state, HV_IC_HOST_READY);
    ck_assert_int_eq(ask(), HV_IC_OK);
}
END_TEST

START_TEST(every_service_agrees_with_itself)
{
    const struct hv_ic_service *const services[] = { &hv_ic_heartbeat, &hv_ic_shutdown,
                                                     &hv_ic_timesync,  &hv_ic_kvp,
                                                     &hv_ic_vss,       &hv_ic_file_copy };
    const struct ic_version latest[] = {
        { 3, 0 }, { 3, 2 }, { 4, 0 }, { 5, 0 }, { 7, 0 }, { 1, 1 }
    };
    for (size_t i = 0; i < 6; i++) {
        hv_ic_host_init(&host, services[i]);
        hv_ic_guest_init(&guest, services[i]);
        make_ready();
        ck_assert_uint_eq(host.message_version.major, latest[i].major);
        ck_assert_uint_eq(host.message_version.minor, latest[i].minor);
        ck_assert_uint_eq(host.framework_version.major, 3);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("negotiation");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, offer_lists_all_versions_ascending);
    tcase_add_test(tests, highest_common_versions_win_whatever_their_order);
    tcase_add_test(tests, no_common_version_is_said_with_counts_of_zero_and_stops_the_service);
    tcase_add_test(tests, requests_wait_for_the_negotiation);
    tcase_add_test(tests, response_repeats_versions_and_transaction_id);
    tcase_add_test(tests, second_request_waits_for_the_first_response);
    tcase_add_test(tests, heartbeats_go_on_while_the_guest_sleeps_and_each_is_answered_once);
    tcase_add_test(tests, linux_reply_of_the_whole_request_is_taken);
    tcase_add_test(tests, reply_that_breaks_a_rule_stops_the_service);
    tcase_add_test(tests, left_over_response_is_dropped_while_negotiating);
    tcase_add_test(tests, guest_ignores_what_is_not_for_it);
    tcase_add_test(tests, offer_with_more_versions_than_bytes_is_malformed);
    tcase_add_test(tests, negotiation_that_can_not_be_sent_changes_nothing);
    tcase_add_test(tests, every_service_agrees_with_itself);
    Suite *suite = suite_create("negotiation");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
