/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a parent sends to its child by ports that it has made, and what becomes of it. */
#include "parent_port_support.h"

#define BUFFERS 16 /* of a port */

HV_TEST(ports_connections, a_message_reaches_a_child, COVERS(HV_REQ_PORT_013, HV_REQ_PORT_028),
        NEEDS_PARENT_PORTS, "A child knows of a message what its sender has said, and the port")
{
    struct child child = pp_begin();

    pp_join(&child, pp_message_port(child.id, parent_own_id()));
    CHECK_EQ(pp_post(UINT64_C(0x1122334455667788)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_slot_payload(&child), UINT64_C(0x1122334455667788));
    CHECK_EQ(pp_slot_type(&child), PORT_TYPE);
    CHECK_EQ((uint8_t)(pp_slot(&child, 0) >> 32), sizeof(uint64_t));
    CHECK_EQ(pp_slot(&child, 8), PP_PORT);
}

HV_TEST(ports_connections, messages_to_a_child_keep_their_order, COVERS(HV_REQ_PORT_039),
        NEEDS_PARENT_PORTS, "One in the slot and sixteen that wait is what a port promises")
{
    struct child child = pp_begin();
    struct hv_input_create_port port = pp_message_port(child.id, parent_own_id());

    port.port_info.message.target_vp = 0;
    pp_join(&child, port);
    CHECK_EQ(pp_post(0), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_slot_payload(&child), 0);
    for (uint64_t i = 1; i <= BUFFERS; i++)
        CHECK_EQ(pp_post(i), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(99), HV_STATUS_INSUFFICIENT_BUFFERS);
    for (uint64_t i = 0; i <= BUFFERS; i++) {
        CHECK_EQ(pp_slot_payload(&child), i);
        pp_empty(&child);
    }
    CHECK_EQ(pp_slot_type(&child), HvMessageTypeNone);
}

HV_TEST(ports_connections, an_event_reaches_a_child, COVERS(HV_REQ_PORT_017, HV_REQ_PORT_029),
        NEEDS_PARENT_PORTS, "The flag is the port's first one plus the sender's")
{
    struct child child = pp_begin();

    pp_join(&child, pp_event_port(child.id, parent_own_id()));
    CHECK_EQ(port_signal(PP_LINE, 3), HV_STATUS_SUCCESS);
    CHECK(pp_flag(&child, PP_FLAG + 3), "the flag is not set");
    CHECK(!pp_flag(&child, PP_FLAG + 2) && !pp_flag(&child, PP_FLAG + 4), "others are");
    CHECK_EQ(port_signal(PP_LINE, PP_FLAGS), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(pp_post(1), HV_STATUS_INVALID_PORT_ID);
}

/* ---- The target ---- */

HV_TEST(ports_connections, a_target_vp_that_is_gone_is_told,
        COVERS(HV_REQ_PORT_012, HV_REQ_PORT_023), NEEDS_PARENT_PORTS,
        "A sender that waits for a VP which has been deleted waits for ever")
{
    struct child child = pp_begin();
    struct hv_input_create_port messages = pp_message_port(child.id, parent_own_id());
    struct hv_input_create_port events = pp_event_port(child.id, parent_own_id());
    struct hv_input_connect_port line = pp_line(parent_own_id(), child.id, HvPortTypeEvent);

    messages.port_info.message.target_vp = 0;
    pp_join(&child, messages);
    events.port_id = line.port_id = PP_PORT + 1;
    line.connection_id = PP_LINE + 1;
    REQUIRE_EQ(pp_create(events), HV_STATUS_SUCCESS);
    REQUIRE_EQ(pp_connect(line), HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_delete_vp(child.id, 0), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(1), HV_STATUS_INVALID_VP_INDEX);
    CHECK_EQ(port_signal(PP_LINE + 1, 0), HV_STATUS_INVALID_VP_INDEX);
}

HV_TEST(ports_connections, a_child_that_does_not_listen_is_told,
        COVERS(HV_REQ_PORT_011, HV_REQ_PORT_021), NEEDS_PARENT_PORTS,
        "Else a sender would fill the buffers of a partition that never looks")
{
    struct child child = pp_begin();

    pp_join(&child, pp_message_port(child.id, parent_own_id()));
    child_set(&child, 0, HvRegisterScontrol, 0);
    CHECK_EQ(pp_post(1), HV_STATUS_INVALID_SYNIC_STATE);
    child_set(&child, 0, HvRegisterScontrol, HV_X64_MSR_SCONTROL_ENABLE);
    child_set(&child, 0, HvRegisterSipp, PP_SIM_GPA);
    CHECK_EQ(pp_post(1), HV_STATUS_INVALID_SYNIC_STATE);
    child_set(&child, 0, HvRegisterSipp, PP_SIM_GPA | HV_X64_MSR_PAGE_ENABLE);
    CHECK_EQ(pp_post(1), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, a_preferred_vp_comes_first, COVERS(HV_REQ_PORT_051), NEEDS_PARENT_PORTS,
        "A parent steers a port to the VP that has what it needs at hand")
{
    struct child child = pp_begin();
    const uint64_t second_sim = PP_SIM_GPA + 2 * PAGE_SIZE;

    child_add_vp(&child, 1);
    child_set(&child, 1, HvRegisterSipp, second_sim | HV_X64_MSR_PAGE_ENABLE);
    child_set(&child, 1, HvRegisterSint0 + PP_SINT, 0x55);
    child_set(&child, 1, HvRegisterScontrol, HV_X64_MSR_SCONTROL_ENABLE);
    pp_join(&child, pp_message_port(child.id, parent_own_id()));
    for (uint64_t vp = 0; vp < 2; vp++) {
        uint64_t gpa = (vp ? second_sim : PP_SIM_GPA) + PP_SINT * sizeof(struct hv_message);

        REQUIRE_EQ(pp_set_property(child.id, PP_PORT, HvPortPropertyPreferredTargetVp, vp),
                   HV_STATUS_SUCCESS);
        CHECK_EQ(pp_post(7 + vp), HV_STATUS_SUCCESS);
        CHECK_EQ(pp_arrived_at(&child, gpa), 7 + vp);
    }
}

/* ---- The end ---- */

HV_TEST(ports_connections, a_connection_outlives_its_port,
        COVERS(HV_REQ_PORT_009, HV_REQ_PORT_020, HV_REQ_PORT_041, HV_REQ_PORT_064),
        NEEDS_PARENT_PORTS, "It must not lead to what has the port's ID next")
{
    struct child child = pp_begin();
    uint64_t own = parent_own_id();

    pp_join(&child, pp_message_port(child.id, own));
    CHECK_EQ(pp_delete(child.id, PP_PORT), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(1), HV_STATUS_INVALID_PORT_ID);
    CHECK_EQ(port_signal(PP_LINE, 0), HV_STATUS_INVALID_PORT_ID);
    REQUIRE_EQ(pp_create(pp_message_port(child.id, own)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(1), HV_STATUS_INVALID_PORT_ID);
    CHECK_EQ(pp_connect(pp_line(own, child.id, HvPortTypeMessage)),
             HV_STATUS_INVALID_CONNECTION_ID);
    CHECK_EQ(pp_slot_type(&child), HvMessageTypeNone);
    CHECK_EQ(pp_disconnect(own, PP_LINE), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_connect(pp_line(own, child.id, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(2), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_slot_payload(&child), 2);
}

HV_TEST(ports_connections, what_waits_is_lost_with_its_port,
        COVERS(HV_REQ_PORT_039, HV_REQ_PORT_042), NEEDS_PARENT_PORTS,
        "A child that gets messages of a port which it has no more takes them for another's")
{
    struct child child = pp_begin();

    pp_join(&child, pp_message_port(child.id, parent_own_id()));
    CHECK_EQ(pp_post(1), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_slot_payload(&child), 1);
    CHECK_EQ(pp_post(2), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(3), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_delete(child.id, PP_PORT), HV_STATUS_SUCCESS);
    /* What had arrived may stay. */
    if (pp_slot_type(&child) != HvMessageTypeNone)
        CHECK_EQ(pp_slot(&child, 8), PP_PORT);
    pp_empty(&child);
    CHECK_EQ(pp_slot_type(&child), HvMessageTypeNone);
}

HV_TEST(ports_connections, disconnecting_loses_nothing, COVERS(HV_REQ_PORT_048), NEEDS_PARENT_PORTS,
        "The sender has been told that what it posted will arrive")
{
    struct child child = pp_begin();
    uint64_t own = parent_own_id();

    pp_join(&child, pp_message_port(child.id, own));
    CHECK_EQ(pp_post(1), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(2), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_disconnect(own, PP_LINE), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(3), HV_STATUS_INVALID_CONNECTION_ID);
    CHECK_EQ(pp_slot_payload(&child), 1);
    pp_empty(&child);
    CHECK_EQ(pp_slot_payload(&child), 2);
    pp_empty(&child);
    CHECK_EQ(pp_slot_type(&child), HvMessageTypeNone);
    CHECK_EQ(pp_connect(pp_line(own, child.id, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(4), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, a_partition_that_ends_takes_its_ports_along,
        COVERS(HV_REQ_PORT_009, HV_REQ_PORT_064), NEEDS_PARENT_PORTS,
        "A sender must not reach the memory of a partition that is gone")
{
    struct child child = pp_begin();
    uint64_t own = parent_own_id();

    pp_join(&child, pp_message_port(child.id, own));
    CHECK_EQ(pp_post(1), HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_used(child.id), 0);
    CHECK_EQ(pp_post(2), HV_STATUS_INVALID_PORT_ID);
    CHECK_EQ(pp_disconnect(own, PP_LINE), HV_STATUS_SUCCESS);
}

/* ---- Without a port ---- */

HV_TEST(ports_connections, a_parent_needs_no_port, COVERS(HV_REQ_PORT_052, HV_REQ_PORT_053),
        NEEDS_PARENT_PORTS, "A VMM that emulates VMBus has no partition that could own a port")
{
    struct child child = pp_begin();
    const struct hv_input_post_message_direct message = {
        .partition_id = child.id,
        .sint_index = PP_SINT,
        .message = { .header = { .message_type = PORT_TYPE, .payload_size = 8 },
                     .payload = { 0x77 } },
    };
    const struct hv_input_signal_event_direct event = { .target_partition = child.id,
                                                        .target_sint = PP_SINT,
                                                        .flag_number = 9 };

    CHECK_EQ(parent_simple(HvCallPostMessageDirect, &message, sizeof(message)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_slot_payload(&child), 0x77);
    CHECK_EQ(pp_slot_type(&child), PORT_TYPE);
    for (unsigned expected = 2; expected-- > 0;) {
        CHECK_EQ(parent_simple(HvCallSignalEventDirect, &event, sizeof(event)), HV_STATUS_SUCCESS);
        CHECK_EQ(*(const uint8_t *)parent_output(), expected);
        CHECK(pp_flag(&child, 9), "the flag is not set");
    }
}
