/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Ports and connections that are made by hypercalls. Why: who may reach whom is decided here, so
 * each refusal counts; and what a partition has made others use must end with it.
 */
#include <check.h>
#include <string.h>

#include <hv/save.h>

#include "port_fixture.h"
#include "suite.h"

/* ---- What they are for ---- */

START_TEST(a_child_posts_to_its_parent)
{
    join(child, root);
    ck_assert_uint_eq(post_from(vp, 7), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(root_vp)->header.message_type, TYPE);
    ck_assert_uint_eq(slot(root_vp)->header.origination_id, PORT);
    ck_assert_uint_eq(slot(root_vp)->payload[0], 7);
    nobody_is_held();
}
END_TEST

START_TEST(a_parent_posts_to_its_child)
{
    join(root, child);
    ck_assert_uint_eq(post_from(root_vp, 8), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(vp)->payload[0], 8);
    nobody_is_held();
}
END_TEST

START_TEST(a_child_posts_to_a_sibling_if_their_parent_wants_it)
{
    join(sibling, child);
    ck_assert_uint_eq(post_from(hv_vp_get(sibling, 0), 9), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(vp)->payload[0], 9);
    nobody_is_held();
}
END_TEST

START_TEST(an_event_sets_the_flag_of_its_port)
{
    const uint8_t *flags = root_vp->synic.event_page.page;

    ck_assert_uint_eq(create(event_port(root, child)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(connection(child, root, HvPortTypeEvent)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(signal_from(vp, 9), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flags[SINT * 256 + 13], 1 << 5);
    ck_assert_uint_eq(signal_from(vp, 10), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(post_from(vp, 1), HV_STATUS_INVALID_PORT_ID);
}
END_TEST

START_TEST(self_is_a_name_too)
{
    struct hv_input_create_port port = message_port(root, child);
    struct hv_input_connect_port line = connection(child, root, HvPortTypeMessage);

    port.port_partition = HV_PARTITION_ID_SELF;
    line.port_partition = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(create(port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(line), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(vp, 7), HV_STATUS_SUCCESS);
    port = message_port(child, root);
    port.connection_partition = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(create(port), HV_STATUS_SUCCESS);
    port.port_partition = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(create(port), HV_STATUS_INVALID_PARTITION_ID);
}
END_TEST

START_TEST(memory_is_its_owners)
{
    size_t of_root = hv_partition_available(root), of_child = hv_partition_available(child);

    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_available(root), of_root - 1 - HV_PORT_BUFFER_PAGES);
    ck_assert_uint_eq(hv_partition_available(child), of_child);
    ck_assert_uint_eq(connect(connection(child, root, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_available(root), of_root - 1 - HV_PORT_BUFFER_PAGES);
    ck_assert_uint_eq(hv_partition_available(child), of_child - 1);
}
END_TEST

START_TEST(without_memory_there_is_neither)
{
    join(root, child);
    ck_assert_uint_eq(disconnect(root, LINE, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(delete (child, PORT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_SUCCESS);
    while (hv_partition_available(child) > 2)
        ck_assert_ptr_nonnull(hv_partition_alloc_page(child, NULL));
    ck_assert_uint_eq(create(message_port(child, root)), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(hv_partition_available(child), 2);
    while (hv_partition_available(child) > 0)
        ck_assert_ptr_nonnull(hv_partition_alloc_page(child, NULL));
    ck_assert_uint_eq(connect(connection(child, root, HvPortTypeMessage)),
                      HV_STATUS_INSUFFICIENT_MEMORY);
    /* The port can be connected still. */
    ck_assert_ptr_nonnull(hv_port_claim(root, PORT, child->id, LINE));
}
END_TEST

/* ---- Who may ---- */

START_TEST(for_itself_a_partition_needs_a_privilege)
{
    root->features.privileges &= ~(HV_PRIVILEGE_CreatePort | HV_PRIVILEGE_ConnectPort);
    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(delete (root, PORT, 0), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(connect(connection(root, child, HvPortTypeMessage)), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(disconnect(root, LINE, 0), HV_STATUS_ACCESS_DENIED);
    /* For its child it doesn't. */
    ck_assert_uint_eq(create(message_port(child, sibling)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(connection(sibling, child, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(disconnect(sibling, LINE, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(delete (child, PORT, 0), HV_STATUS_SUCCESS);
    nobody_is_held();
}
END_TEST

START_TEST(a_child_with_the_privileges_makes_its_own)
{
    struct hv_input_create_port port = message_port(child, root);
    struct hv_input_connect_port line = connection(child, root, HvPortTypeMessage);

    ck_assert_uint_eq(from_child(HvCallCreatePort, &port, sizeof(port)), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(from_child(HvCallConnectPort, &line, sizeof(line)), HV_STATUS_ACCESS_DENIED);
    child->features.privileges |= HV_PRIVILEGE_CreatePort;
    ck_assert_uint_eq(from_child(HvCallCreatePort, &port, sizeof(port)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(from_child(HvCallConnectPort, &line, sizeof(line)), HV_STATUS_ACCESS_DENIED);
    child->features.privileges |= HV_PRIVILEGE_ConnectPort;
    ck_assert_uint_eq(from_child(HvCallConnectPort, &line, sizeof(line)),
                      HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(from_child(HvCallConnectPort, &line, sizeof(line)), HV_STATUS_SUCCESS);
    /* But not others'. */
    port = message_port(root, child);
    line = connection(root, child, HvPortTypeMessage);
    ck_assert_uint_eq(from_child(HvCallCreatePort, &port, sizeof(port)), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(from_child(HvCallConnectPort, &line, sizeof(line)), HV_STATUS_ACCESS_DENIED);
    port = message_port(sibling, child);
    ck_assert_uint_eq(from_child(HvCallCreatePort, &port, sizeof(port)), HV_STATUS_ACCESS_DENIED);
    nobody_is_held();
}
END_TEST

START_TEST(nobody_is_told_apart_from_somebody_elses)
{
    struct hv_input_create_port port = message_port(root, child);
    struct hv_input_connect_port line = connection(child, root, HvPortTypeMessage);

    port.connection_partition = 99;
    ck_assert_uint_eq(create(port), HV_STATUS_INVALID_PARTITION_ID);
    port.connection_partition = HV_PARTITION_ID_INVALID;
    ck_assert_uint_eq(create(port), HV_STATUS_INVALID_PARTITION_ID);
    port = message_port(root, child);
    port.port_partition = 99;
    ck_assert_uint_eq(create(port), HV_STATUS_INVALID_PARTITION_ID);
    line.port_partition = 99;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_PARTITION_ID);
    line = connection(child, root, HvPortTypeMessage);
    line.connection_partition = 99;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_PARTITION_ID);
    line.connection_partition = root->id;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_PARTITION_ID);
    nobody_is_held();
}
END_TEST

START_TEST(only_the_partition_that_the_port_names_may_connect)
{
    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(connection(sibling, root, HvPortTypeMessage)),
                      HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(connect(connection(child, root, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    nobody_is_held();
}
END_TEST

/* What the embedder has made is the embedder's to connect. */
START_TEST(ports_of_the_embedder_are_none_of_theirs)
{
    const struct hv_port_config config = { .type = HvPortTypeMessage, .sint = SINT };

    ck_assert_uint_eq(hv_port_create(root, PORT, &config), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(connection(child, root, HvPortTypeMessage)),
                      HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_INVALID_PORT_ID);
}
END_TEST

START_TEST(partitions_are_to_be_active)
{
    atomic_store(&child->lineage.state, HV_PARTITION_CREATED);
    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(create(message_port(child, root)), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(connect(connection(root, child, HvPortTypeMessage)),
                      HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(connect(connection(child, root, HvPortTypeMessage)),
                      HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(delete (child, PORT, 0), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(disconnect(child, LINE, 0), HV_STATUS_INVALID_PARTITION_STATE);
    nobody_is_held();
}
END_TEST

/* ---- What is no port, and no connection ---- */

START_TEST(ids_are_24_bits_and_unique)
{
    struct hv_input_create_port port = message_port(root, child);
    struct hv_input_connect_port line = connection(child, root, HvPortTypeMessage);

    port.port_id |= 1u << 24;
    ck_assert_uint_eq(create(port), HV_STATUS_INVALID_PORT_ID);
    join(child, root);
    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_CONNECTION_ID);
    line.connection_id = LINE | 1u << 31;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_CONNECTION_ID);
    /* Connected already. */
    line.connection_id = LINE + 1;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_PORT_ID);
    line.port_id |= 1u << 24;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_PORT_ID);
    line.port_id = PORT + 1;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_PORT_ID);
    /* Others have IDs of their own. */
    ck_assert_uint_eq(create(message_port(child, root)), HV_STATUS_SUCCESS);
    nobody_is_held();
}
END_TEST

START_TEST(targets_are_checked)
{
    struct hv_input_create_port port = message_port(root, child);

    port.port_info.message.target_vp = 2;
    refuse(port, HV_STATUS_INVALID_VP_INDEX);
    port.port_info.message.target_sint = 0;
    refuse(port, HV_STATUS_INVALID_VP_INDEX);
    port.port_info.message.target_vp = 1;
    refuse(port, HV_STATUS_INVALID_PARAMETER);
    port.port_info.message.target_sint = 16;
    refuse(port, HV_STATUS_INVALID_PARAMETER);
    port.port_info.message.target_sint = 15;
    ck_assert_uint_eq(create(port), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(flags_are_checked)
{
    struct hv_input_create_port port = event_port(root, child);

    port.port_info.event.flag_count = 0;
    refuse(port, HV_STATUS_INVALID_PARAMETER);
    port.port_info.event.base_flag_number = 2047;
    port.port_info.event.flag_count = 1;
    refuse(port, HV_STATUS_INVALID_PARAMETER);
    port.port_info.event.base_flag_number = 0xFFFF;
    port.port_info.event.flag_count = 0xFFFF;
    refuse(port, HV_STATUS_INVALID_PARAMETER);
    port.port_info.event.base_flag_number = 2046;
    port.port_info.event.flag_count = 1;
    ck_assert_uint_eq(create(port), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(reserved_fields_of_ports_are_zero)
{
    struct hv_input_create_port bad[6];

    for (unsigned i = 0; i < 6; i++)
        bad[i] = i == 5 ? event_port(root, child) : message_port(root, child);
    bad[0].port_info.padding = 1;
    bad[1].port_info.message.reserved = 1;
    bad[2].port_vtl = 1;
    bad[3].min_connection_vtl = 1;
    bad[4].reserved = 1;
    bad[5].port_info.event.reserved = 1;
    for (unsigned i = 0; i < 6; i++)
        refuse(bad[i], HV_STATUS_INVALID_PARAMETER);
    bad[0] = message_port(root, child);
    bad[0].port_info.port_type = 0;
    refuse(bad[0], HV_STATUS_INVALID_PARAMETER);
    bad[0].port_info.port_type = 5;
    refuse(bad[0], HV_STATUS_INVALID_PARAMETER);
    bad[0] = message_port(root, child);
    bad[0].proximity_domain_info.id = 1;
    bad[0].proximity_domain_info.flags = HV_PROXIMITY_DOMAIN_INFO_VALID;
    refuse(bad[0], HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO);
    ck_assert_uint_eq(delete (root, PORT, 1), HV_STATUS_INVALID_PARAMETER);
    nobody_is_held();
}
END_TEST

START_TEST(reserved_fields_of_connections_are_zero)
{
    struct hv_input_connect_port bad[11];

    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 11; i++)
        bad[i] = connection(child, root, HvPortTypeMessage);
    bad[0].connection_vtl = 1;
    bad[1].reserved0[0] = 1;
    bad[2].reserved0[1] = 1;
    bad[3].reserved0[2] = 1;
    bad[4].reserved1 = 1;
    bad[5].connection_info.padding = 1;
    bad[6].connection_info.monitor.monitor_address = 1;
    bad[7].connection_info.monitor.reserved[0] = 1;
    bad[8].connection_info.monitor.reserved[1] = 1;
    bad[9].connection_info.port_type = HvPortTypeEvent;
    bad[10].proximity_domain_info.flags = 4;
    for (unsigned i = 0; i < 11; i++)
        ck_assert_uint_eq(connect(bad[i]), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(disconnect(child, LINE, 4), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(disconnect(child, LINE, 0), HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(connect(connection(child, root, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    nobody_is_held();
}
END_TEST

/* The calls of TLFS v2.0, which know no doorbells. */
START_TEST(calls_of_old_are_there)
{
    struct hv_input_create_port_v2 port = { .port_partition = root->id,
                                            .port_id = PORT,
                                            .connection_partition = child->id,
                                            .port_info = message_port(root, child).port_info };
    struct hv_input_connect_port_v2 line = { .connection_partition = child->id,
                                             .connection_id = LINE,
                                             .port_partition = root->id,
                                             .port_id = PORT };

    ck_assert_uint_eq(simple(HvConnectPort, &line, sizeof(line)), HV_STATUS_INVALID_PORT_ID);
    port.padding = 1;
    ck_assert_uint_eq(simple(HvCreatePort, &port, sizeof(port)), HV_STATUS_INVALID_PARAMETER);
    port.padding = 0;
    port.port_info.port_type = HvPortTypeDoorbell;
    ck_assert_uint_eq(simple(HvCreatePort, &port, sizeof(port)), HV_STATUS_INVALID_PARAMETER);
    port.port_info.port_type = HvPortTypeMessage;
    ck_assert_uint_eq(simple(HvCreatePort, &port, sizeof(port)), HV_STATUS_SUCCESS);
    line.connection_info = HV_PAGE_SIZE;
    ck_assert_uint_eq(simple(HvConnectPort, &line, sizeof(line)), HV_STATUS_INVALID_PARAMETER);
    line.connection_info = 0;
    line.padding0 = 1;
    ck_assert_uint_eq(simple(HvConnectPort, &line, sizeof(line)), HV_STATUS_INVALID_PARAMETER);
    line.padding0 = 0;
    line.padding1 = 1;
    ck_assert_uint_eq(simple(HvConnectPort, &line, sizeof(line)), HV_STATUS_INVALID_PARAMETER);
    line.padding1 = 0;
    line.port_partition = 99;
    ck_assert_uint_eq(simple(HvConnectPort, &line, sizeof(line)), HV_STATUS_INVALID_PARTITION_ID);
    line.port_partition = root->id;
    ck_assert_uint_eq(simple(HvConnectPort, &line, sizeof(line)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(vp, 7), HV_STATUS_SUCCESS);
    nobody_is_held();
}
END_TEST

START_TEST(delete_and_disconnect_are_fast_calls_too)
{
    const uint64_t fast = HV_HYPERCALL_FAST;

    join(child, root);
    ck_assert_uint_eq(fake_hypercall(root_vp, HvCallDisconnectPort | fast, child->id, LINE),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_hypercall(root_vp, HvCallDeletePort | fast, root->id, PORT),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_hypercall(root_vp, HvCallDeletePort | fast, root->id, PORT),
                      HV_STATUS_INVALID_PORT_ID);
}
END_TEST

/* ---- Properties ---- */

static hv_status get(uint32_t code, uint64_t *value)
{
    const struct hv_input_get_port_property input = { .partition_id = child->id,
                                                      .port_id = PORT,
                                                      .property_code = code };
    hv_status status = simple(HvGetPortProperty, &input, sizeof(input));

    memcpy(value, output_page(), sizeof(*value));
    return status;
}

static hv_status set(uint32_t code, uint64_t value)
{
    const struct hv_input_set_port_property input = {
        .partition_id = child->id, .port_id = PORT, .property_code = code, .property_value = value
    };

    return simple(HvCallSetPortProperty, &input, sizeof(input));
}

START_TEST(a_port_counts_what_was_posted)
{
    uint64_t count;

    ck_assert_uint_eq(get(HvPortPropertyPostCount, &count), HV_STATUS_INVALID_PORT_ID);
    join(root, child);
    ck_assert_uint_eq(get(HvPortPropertyPostCount, &count), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(count, 0);
    for (unsigned i = 0; i <= HV_PORT_MESSAGES; i++)
        ck_assert_uint_eq(post_from(root_vp, i), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(root_vp, 99), HV_STATUS_INSUFFICIENT_BUFFERS);
    ck_assert_uint_eq(get(HvPortPropertyPostCount, &count), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(count, HV_PORT_MESSAGES + 1);
    ck_assert_uint_eq(set(HvPortPropertyPostCount, 0), HV_STATUS_OPERATION_DENIED);
    nobody_is_held();
}
END_TEST

START_TEST(a_vp_can_be_preferred)
{
    struct hv_vp *second = fake_vp_create(&fake, child, 1);
    uint64_t value;

    listen(second, 0xA000, 0xB000);
    join(root, child);
    ck_assert_uint_eq(get(HvPortPropertyPreferredTargetVp, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value, HV_ANY_VP);
    ck_assert_uint_eq(set(HvPortPropertyPreferredTargetVp, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(get(HvPortPropertyPreferredTargetVp, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value, 1);
    ck_assert_uint_eq(post_from(root_vp, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(second)->payload[0], 1);
    empty(second);
    /* One that does not listen is not waited for, and comes first again when it does. */
    write_msr(second, HV_X64_MSR_SCONTROL, 0);
    ck_assert_uint_eq(post_from(root_vp, 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(vp)->payload[0], 2);
    write_msr(second, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    ck_assert_uint_eq(post_from(root_vp, 3), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(second)->payload[0], 3);
    ck_assert_uint_eq(set(HvPortPropertyPreferredTargetVp, HV_ANY_VP), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(HvPortPropertyPreferredTargetVp, child->max_vps),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(set(HvPortPropertyPreferredTargetVp, UINT64_C(1) << 32),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
}
END_TEST

START_TEST(a_port_with_a_target_has_no_choice)
{
    struct hv_input_create_port port = message_port(child, root);
    uint64_t value;

    port.port_info.message.target_vp = 0;
    ck_assert_uint_eq(create(port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(get(HvPortPropertyPreferredTargetVp, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value, 0);
    ck_assert_uint_eq(set(HvPortPropertyPreferredTargetVp, 0), HV_STATUS_OPERATION_DENIED);
}
END_TEST

START_TEST(other_properties_are_unknown)
{
    struct hv_input_get_port_property input = { .partition_id = child->id, .port_id = PORT };
    struct hv_input_set_port_property change = { .partition_id = child->id, .port_id = PORT };
    uint64_t value;

    ck_assert_uint_eq(create(message_port(child, root)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(get(2, &value), HV_STATUS_UNKNOWN_PROPERTY);
    ck_assert_uint_eq(set(2, 0), HV_STATUS_UNKNOWN_PROPERTY);
    input.padding0 = 1;
    ck_assert_uint_eq(simple(HvGetPortProperty, &input, sizeof(input)),
                      HV_STATUS_INVALID_PARAMETER);
    change.padding1 = 1;
    ck_assert_uint_eq(simple(HvCallSetPortProperty, &change, sizeof(change)),
                      HV_STATUS_INVALID_PARAMETER);
    input.padding0 = 0;
    input.partition_id = 99;
    ck_assert_uint_eq(simple(HvGetPortProperty, &input, sizeof(input)),
                      HV_STATUS_INVALID_PARTITION_ID);
    nobody_is_held();
}
END_TEST

/* ---- The end ---- */

START_TEST(a_port_that_is_deleted_leaves_a_connection)
{
    size_t unused = hv_partition_available(root);

    join(child, root);
    ck_assert_uint_eq(delete (root, PORT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_available(root), unused);
    ck_assert_uint_eq(post_from(vp, 1), HV_STATUS_INVALID_PORT_ID);
    /* Also from another port of the same ID. */
    ck_assert_uint_eq(create(message_port(root, child)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(vp, 1), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(connect(connection(child, root, HvPortTypeMessage)),
                      HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(disconnect(child, LINE, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(connection(child, root, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(vp, 1), HV_STATUS_SUCCESS);
    nobody_is_held();
}
END_TEST

START_TEST(what_waits_is_lost_and_its_memory_back_at_once)
{
    size_t unused = hv_partition_available(child);

    join(root, child);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(post_from(root_vp, i), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(delete (child, PORT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_available(child), unused);
    /* What had arrived stays. */
    ck_assert_uint_eq(slot(vp)->payload[0], 0);
    empty(vp);
    ck_assert_uint_eq(slot(vp)->header.message_type, HvMessageTypeNone);
    nobody_is_held();
}
END_TEST

START_TEST(disconnecting_loses_nothing)
{
    join(root, child);
    ck_assert_uint_eq(post_from(root_vp, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(root_vp, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(disconnect(root, LINE, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(root_vp, 2), HV_STATUS_INVALID_CONNECTION_ID);
    empty(vp);
    ck_assert_uint_eq(slot(vp)->payload[0], 1);
    /* It can be connected again. */
    ck_assert_uint_eq(connect(connection(root, child, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(root_vp, 3), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_child_that_ends_takes_its_ports_along)
{
    uint64_t unused, used;

    join(root, child);
    ck_assert_uint_eq(post_from(root_vp, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(root_vp, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(end(child), HV_STATUS_SUCCESS);
    hv_pool_balance(&child->pool, &unused, &used);
    /* The pages that the fixture made it of. */
    ck_assert_uint_le(used, 8);
    ck_assert_uint_eq(post_from(root_vp, 1), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(disconnect(root, LINE, 0), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_child_that_ends_frees_the_ports_that_it_was_connected_to)
{
    join(child, root);
    ck_assert_uint_eq(end(child), HV_STATUS_SUCCESS);
    ck_assert_ptr_nonnull(hv_port_claim(root, PORT, child->id, LINE));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hypercall port");
    TCase *tests = tcase_create("hypercall port");

    tcase_add_checked_fixture(tests, begin, child_teardown);
    tcase_add_test(tests, a_child_posts_to_its_parent);
    tcase_add_test(tests, a_parent_posts_to_its_child);
    tcase_add_test(tests, a_child_posts_to_a_sibling_if_their_parent_wants_it);
    tcase_add_test(tests, an_event_sets_the_flag_of_its_port);
    tcase_add_test(tests, self_is_a_name_too);
    tcase_add_test(tests, memory_is_its_owners);
    tcase_add_test(tests, without_memory_there_is_neither);
    tcase_add_test(tests, for_itself_a_partition_needs_a_privilege);
    tcase_add_test(tests, a_child_with_the_privileges_makes_its_own);
    tcase_add_test(tests, nobody_is_told_apart_from_somebody_elses);
    tcase_add_test(tests, only_the_partition_that_the_port_names_may_connect);
    tcase_add_test(tests, ports_of_the_embedder_are_none_of_theirs);
    tcase_add_test(tests, partitions_are_to_be_active);
    tcase_add_test(tests, ids_are_24_bits_and_unique);
    tcase_add_test(tests, targets_are_checked);
    tcase_add_test(tests, flags_are_checked);
    tcase_add_test(tests, reserved_fields_of_ports_are_zero);
    tcase_add_test(tests, reserved_fields_of_connections_are_zero);
    tcase_add_test(tests, calls_of_old_are_there);
    tcase_add_test(tests, delete_and_disconnect_are_fast_calls_too);
    tcase_add_test(tests, a_port_counts_what_was_posted);
    tcase_add_test(tests, a_vp_can_be_preferred);
    tcase_add_test(tests, a_port_with_a_target_has_no_choice);
    tcase_add_test(tests, other_properties_are_unknown);
    tcase_add_test(tests, a_port_that_is_deleted_leaves_a_connection);
    tcase_add_test(tests, what_waits_is_lost_and_its_memory_back_at_once);
    tcase_add_test(tests, disconnecting_loses_nothing);
    tcase_add_test(tests, a_child_that_ends_takes_its_ports_along);
    tcase_add_test(tests, a_child_that_ends_frees_the_ports_that_it_was_connected_to);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
