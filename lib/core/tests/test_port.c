/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Ports and connections, HvCallPostMessage, HvCallSignalEvent. Why: they are how partitions that
 * distrust each other talk; a connection must reach its port and nothing else, and a sender must
 * not be able to exhaust who receives.
 */
#include <check.h>

#include <hv/interrupt.h>
#include <hv/port.h>

#include "core.h"
#include "hypercall.h"
#include "port.h"
#include "suite.h"
#include "synic_fixture.h"

#define PORT       0x123456
#define CONNECTION 0xABCDEF
#define MAX_ID     0xFFFFFF

static const struct hv_port_config message_port = { .type = HvPortTypeMessage, .sint = SINT };
static const struct hv_port_config event_port = {
    .type = HvPortTypeEvent, .sint = SINT, .base_flag = 100, .flag_count = 10
};

static void connect(const struct hv_port_config *config)
{
    ck_assert_uint_eq(hv_port_create(partition, PORT, config), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(partition, CONNECTION, partition, PORT), HV_STATUS_SUCCESS);
}

static struct hv_input_post_message message_of(uint64_t number)
{
    struct hv_input_post_message input = { .connection_id = CONNECTION,
                                           .message_type = TYPE,
                                           .payload_size = 8 };

    input.payload[0] = number;
    /* Beyond the payload's size: it must not arrive. */
    input.payload[1] = 0x5EC4E7;
    return input;
}

static hv_status post_from(struct hv_vp *sender, const struct hv_input_post_message *input)
{
    struct hv_hypercall_call call = { .vp = sender, .header = input };

    return hv_hypercall_post_message(&call);
}

static hv_status post(const struct hv_input_post_message *input)
{
    return post_from(vp, input);
}

static hv_status signal_flag(uint32_t connection, uint16_t flag, uint16_t reserved)
{
    const struct hv_input_signal_event input = { .connection_id = connection,
                                                 .flag_number = flag,
                                                 .reserved = reserved };
    struct hv_hypercall_call call = { .vp = vp, .header = &input };

    return hv_hypercall_signal_event(&call);
}

static bool flag_is_set(struct hv_vp *target, unsigned flag)
{
    const uint8_t *flags = target->synic.event_page.page;

    return flags[SINT * 256 + flag / 8] >> flag % 8 & 1;
}

static void empty(struct hv_vp *target)
{
    slot(target, SINT)->header.message_type = HvMessageTypeNone;
    must_write(target, HV_X64_MSR_EOM, 0);
}

START_TEST(ids_are_24_bits_and_unique)
{
    ck_assert_uint_eq(hv_port_create(partition, MAX_ID + 1, &message_port),
                      HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(hv_port_create(partition, MAX_ID, &message_port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_create(partition, MAX_ID, &event_port), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(hv_port_connect(partition, MAX_ID + 1, partition, MAX_ID),
                      HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(hv_port_connect(partition, 1, partition, PORT), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(hv_port_connect(partition, 1, partition, MAX_ID), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(partition, 1, partition, MAX_ID),
                      HV_STATUS_INVALID_CONNECTION_ID);
}
END_TEST

START_TEST(configuration_is_checked)
{
    struct hv_port_config config = message_port;

    config.sint = 0;
    ck_assert_uint_eq(hv_port_create(partition, PORT, &config), HV_STATUS_INVALID_PARAMETER);
    config.sint = 16;
    ck_assert_uint_eq(hv_port_create(partition, PORT, &config), HV_STATUS_INVALID_PARAMETER);
    config = message_port;
    config.type = 7;
    ck_assert_uint_eq(hv_port_create(partition, PORT, &config), HV_STATUS_INVALID_PARAMETER);
    config = message_port;
    config.vp_index = 2;
    ck_assert_uint_eq(hv_port_create(partition, PORT, &config), HV_STATUS_INVALID_VP_INDEX);
    config = event_port;
    config.flag_count = 0;
    ck_assert_uint_eq(hv_port_create(partition, PORT, &config), HV_STATUS_INVALID_PARAMETER);
    config.base_flag = 2047;
    config.flag_count = 2;
    ck_assert_uint_eq(hv_port_create(partition, PORT, &config), HV_STATUS_INVALID_PARAMETER);
    config.flag_count = 1;
    ck_assert_uint_eq(hv_port_create(partition, PORT, &config), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(message_arrives_with_its_payload_alone)
{
    struct hv_input_post_message input = message_of(0x1122334455667788);

    connect(&message_port);
    ck_assert_uint_eq(post(&input), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, TYPE);
    ck_assert_uint_eq(slot(vp, SINT)->header.payload_size, 8);
    ck_assert_uint_eq(slot(vp, SINT)->header.origination_id, PORT);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 0x1122334455667788);
    ck_assert_uint_eq(slot(vp, SINT)->payload[1], 0);
    ck_assert_int_eq(pending(vp), VECTOR);
}
END_TEST

START_TEST(message_is_checked)
{
    struct hv_input_post_message input;

    connect(&message_port);
    input = message_of(1);
    input.reserved = 1;
    ck_assert_uint_eq(post(&input), HV_STATUS_INVALID_PARAMETER);
    input = message_of(1);
    input.message_type = HvMessageTypeNone;
    ck_assert_uint_eq(post(&input), HV_STATUS_INVALID_PARAMETER);
    input.message_type = UINT32_C(0x80000000);
    ck_assert_uint_eq(post(&input), HV_STATUS_INVALID_PARAMETER);
    input = message_of(1);
    input.payload_size = 241;
    ck_assert_uint_eq(post(&input), HV_STATUS_INVALID_PARAMETER);
    input = message_of(1);
    input.connection_id = CONNECTION - 1;
    ck_assert_uint_eq(post(&input), HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(signal_flag(CONNECTION, 0, 0), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, HvMessageTypeNone);
    input = message_of(1);
    input.payload_size = 240;
    ck_assert_uint_eq(post(&input), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(vp, SINT)->header.payload_size, 240);
}
END_TEST

START_TEST(messages_wait_and_are_limited)
{
    struct hv_input_post_message input;

    connect(&message_port);
    /* One in the slot, and 16 that wait. */
    for (uint64_t i = 0; i <= HV_PORT_MESSAGES; i++) {
        input = message_of(i);
        ck_assert_uint_eq(post(&input), HV_STATUS_SUCCESS);
    }
    ck_assert_uint_eq(post(&input), HV_STATUS_INSUFFICIENT_BUFFERS);
    for (uint64_t i = 0; i <= HV_PORT_MESSAGES; i++) {
        ck_assert_uint_eq(slot(vp, SINT)->header.message_type, TYPE);
        ck_assert_uint_eq(slot(vp, SINT)->payload[0], i);
        empty(vp);
    }
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(post(&input), HV_STATUS_SUCCESS);
}
END_TEST

/* What another VP has posted waits until the target's LP looks; the target may post before. */
START_TEST(own_message_does_not_overtake)
{
    struct hv_input_post_message first = message_of(1), second = message_of(2);

    connect(&message_port);
    ck_assert_uint_eq(post_from(other, &first), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post(&second), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 1);
    empty(vp);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 2);
}
END_TEST

START_TEST(any_vp_means_one_that_listens)
{
    struct hv_port_config config = message_port;
    struct hv_input_post_message input = message_of(5);

    config.vp_index = HV_ANY_VP;
    connect(&config);
    must_write(vp, HV_X64_MSR_SIMP, 0);
    ck_assert_uint_eq(post(&input), HV_STATUS_SUCCESS);
    hv_synic_take_posts(other);
    ck_assert_uint_eq(slot(other, SINT)->payload[0], 5);
    must_write(other, HV_X64_MSR_SCONTROL, 0);
    ck_assert_uint_eq(post(&input), HV_STATUS_INVALID_SYNIC_STATE);
}
END_TEST

START_TEST(event_sets_the_flag_of_its_port)
{
    connect(&event_port);
    ck_assert_uint_eq(signal_flag(CONNECTION, 9, 0), HV_STATUS_SUCCESS);
    ck_assert(flag_is_set(vp, 109));
    ck_assert(!flag_is_set(vp, 9));
    ck_assert_uint_eq(signal_flag(CONNECTION, 10, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert(!flag_is_set(vp, 110));
    ck_assert_uint_eq(signal_flag(CONNECTION, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert(!flag_is_set(vp, 100));
    ck_assert_uint_eq(signal_flag(CONNECTION - 1, 0, 0), HV_STATUS_INVALID_CONNECTION_ID);
    must_write(vp, HV_X64_MSR_SIEFP, 0);
    ck_assert_uint_eq(signal_flag(CONNECTION, 0, 0), HV_STATUS_INVALID_SYNIC_STATE);
}
END_TEST

/* TLFS v2.0, 14.9.2: what waits is lost; what is in a slot may still be seen. */
START_TEST(deleted_port_is_refused_and_what_waits_is_lost)
{
    struct hv_input_post_message first = message_of(1), second = message_of(2);

    connect(&message_port);
    ck_assert_uint_eq(post(&first), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post(&second), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_delete(partition, PORT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_delete(partition, PORT), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(post(&first), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 1);
    empty(vp);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, HvMessageTypeNone);
}
END_TEST

START_TEST(what_waits_of_other_ports_is_not_lost)
{
    const struct hv_port_config config = message_port;
    struct hv_input_post_message input = message_of(1);

    connect(&message_port);
    ck_assert_uint_eq(hv_port_create(partition, PORT + 1, &config), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(partition, CONNECTION - 1, partition, PORT + 1),
                      HV_STATUS_SUCCESS);
    for (uint64_t i = 0; i < 6; i++) {
        input = message_of(i);
        input.connection_id = CONNECTION - i % 2;
        ck_assert_uint_eq(post(&input), HV_STATUS_SUCCESS);
    }
    ck_assert_uint_eq(hv_port_delete(partition, PORT), HV_STATUS_SUCCESS);
    hv_synic_drop_dead(vp);
    for (uint64_t i = 1; i < 6; i += 2) {
        empty(vp);
        ck_assert_uint_eq(slot(vp, SINT)->payload[0], i);
    }
    empty(vp);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, HvMessageTypeNone);
}
END_TEST

START_TEST(a_vp_that_is_not_there_is_told)
{
    struct hv_input_post_message input = message_of(1);

    connect(&message_port);
    partition->vps[0] = NULL;
    ck_assert_uint_eq(post(&input), HV_STATUS_INVALID_VP_INDEX);
    partition->vps[0] = vp;
    ck_assert_uint_eq(post(&input), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(no_vp_at_all_is_told)
{
    struct hv_port_config config = event_port;

    config.vp_index = HV_ANY_VP;
    connect(&config);
    partition->vps[0] = partition->vps[1] = NULL;
    ck_assert_uint_eq(signal_flag(CONNECTION, 0, 0), HV_STATUS_INVALID_VP_INDEX);
    partition->vps[1] = other;
    must_write(other, HV_X64_MSR_SIEFP, 0);
    ck_assert_uint_eq(signal_flag(CONNECTION, 0, 0), HV_STATUS_INVALID_SYNIC_STATE);
    partition->vps[0] = vp;
    ck_assert_uint_eq(signal_flag(CONNECTION, 0, 0), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(memory_is_back_when_all_is_gone)
{
    size_t before;
    struct hv_input_post_message input = message_of(1);

    /* The page of connections stays. */
    connect(&event_port);
    ck_assert_uint_eq(hv_port_disconnect(partition, CONNECTION), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_delete(partition, PORT), HV_STATUS_SUCCESS);
    before = hv_pool_unused(&partition->pool);
    for (unsigned i = 0; i < 3; i++) {
        connect(&message_port);
        /* One that is refused holds nothing, however often. */
        for (unsigned again = 0; again < 2; again++)
            ck_assert_uint_eq(hv_port_connect(partition, CONNECTION, partition, PORT),
                              HV_STATUS_INVALID_CONNECTION_ID);
        ck_assert_uint_lt(hv_pool_unused(&partition->pool), before);
        ck_assert_uint_eq(post(&input), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(hv_port_delete(partition, PORT), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(hv_port_disconnect(partition, CONNECTION), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(hv_port_disconnect(partition, CONNECTION),
                          HV_STATUS_INVALID_CONNECTION_ID);
        empty(vp);
        ck_assert_uint_eq(hv_pool_unused(&partition->pool), before);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("port");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, synic_setup, teardown);
    tcase_add_test(all, ids_are_24_bits_and_unique);
    tcase_add_test(all, configuration_is_checked);
    tcase_add_test(all, message_arrives_with_its_payload_alone);
    tcase_add_test(all, message_is_checked);
    tcase_add_test(all, messages_wait_and_are_limited);
    tcase_add_test(all, own_message_does_not_overtake);
    tcase_add_test(all, any_vp_means_one_that_listens);
    tcase_add_test(all, event_sets_the_flag_of_its_port);
    tcase_add_test(all, deleted_port_is_refused_and_what_waits_is_lost);
    tcase_add_test(all, what_waits_of_other_ports_is_not_lost);
    tcase_add_test(all, a_vp_that_is_not_there_is_told);
    tcase_add_test(all, no_vp_at_all_is_told);
    tcase_add_test(all, memory_is_back_when_all_is_gone);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
