/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Ports and connections as a parent makes and ends them: who may, and what is refused. */
#include "parent_port_support.h"

/* ---- Ports ---- */

HV_TEST(ports_connections, a_port_is_made_once,
        COVERS(HV_REQ_PORT_024, HV_REQ_PORT_026, HV_REQ_PORT_028, HV_REQ_PORT_034),
        NEEDS_PARENT_PORTS, "Two ports of one ID would let a sender reach whichever was made last")
{
    struct child child = pp_begin();
    struct hv_input_create_port port = pp_message_port(child.id, parent_own_id());

    CHECK_EQ(pp_create(port), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PORT_ID);
    port.port_id |= UINT32_C(1) << 24;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PORT_ID);
    port.port_id = PP_PORT | UINT32_C(1) << 31;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PORT_ID);
    /* The caller's IDs are others. */
    CHECK_EQ(pp_create(pp_message_port(parent_own_id(), child.id)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_delete(child.id, PP_PORT), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_create(pp_message_port(child.id, parent_own_id())), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, port_types_are_four, COVERS(HV_REQ_PORT_025), NEEDS_PARENT_PORTS,
        "A type that is taken for another one sends what its sender did not mean")
{
    struct child child = pp_begin();
    struct hv_input_create_port port = pp_message_port(child.id, parent_own_id());
    static const uint32_t undefined[] = { 0, 5, 0x80000001 };

    for (unsigned i = 0; i < sizeof(undefined) / sizeof(undefined[0]); i++) {
        port.port_info.port_type = undefined[i];
        CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PARAMETER);
    }
    for (uint32_t type = HvPortTypeMessage; type <= HvPortTypeDoorbell; type++) {
        port = type == HvPortTypeEvent ? pp_event_port(child.id, parent_own_id())
                                       : pp_message_port(child.id, parent_own_id());
        port.port_id = PP_PORT + type;
        port.port_info.port_type = type;
        if (type == HvPortTypeMonitor) {
            port.port_info.monitor.monitor_address = UINT64_C(0x4000);
            port.port_info.monitor.reserved = 0;
        }
        CHECK(pp_create(port) == HV_STATUS_SUCCESS, "type %u is refused", type);
    }
}

HV_TEST(ports_connections, a_ports_target_is_checked, COVERS(HV_REQ_PORT_031, HV_REQ_PORT_032),
        NEEDS_PARENT_PORTS, "SINT 0 is the hypervisor's, and no VP is nobody's")
{
    struct child child = pp_begin();
    struct hv_input_create_port port = pp_message_port(child.id, parent_own_id());

    port.port_info.message.target_sint = 0;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PARAMETER);
    port.port_info.message.target_sint = 16;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PARAMETER);
    port.port_info.message.target_sint = 15;
    port.port_info.message.target_vp = 1;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_VP_INDEX);
    port.port_info.message.target_vp = 0;
    CHECK_EQ(pp_create(port), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, an_event_ports_flags_are_checked,
        COVERS(HV_REQ_PORT_029, HV_REQ_PORT_033), NEEDS_PARENT_PORTS,
        "Flags beyond the page would be somebody else's memory")
{
    struct child child = pp_begin();
    struct hv_input_create_port port = pp_event_port(child.id, parent_own_id());

    port.port_info.event.flag_count = 0;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PARAMETER);
    port.port_info.event.base_flag_number = 2047;
    port.port_info.event.flag_count = 2;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PARAMETER);
    port.port_info.event.base_flag_number = 0xffff;
    port.port_info.event.flag_count = 0xffff;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PARAMETER);
    port.port_info.event.base_flag_number = 2047;
    port.port_info.event.flag_count = 1;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PARAMETER);
    port.port_info.event.base_flag_number = 2046;
    CHECK_EQ(pp_create(port), HV_STATUS_SUCCESS);
}

HV_TEST(
    ports_connections, a_ports_reserved_fields_are_zero,
    COVERS(HV_REQ_PORT_026, HV_REQ_PORT_028, HV_REQ_PORT_029, HV_REQ_PORT_056), NEEDS_PARENT_PORTS,
    "What is reserved today has a meaning tomorrow, which a parent must not ask for by accident")
{
    struct child child = pp_begin();
    struct hv_input_create_port bad[5];

    for (unsigned i = 0; i < 5; i++)
        bad[i] = pp_message_port(child.id, parent_own_id());
    bad[0].port_info.message.reserved = 1;
    bad[1].port_info.padding = 1;
    bad[2].reserved = 1;
    bad[3] = pp_event_port(child.id, parent_own_id());
    bad[3].port_info.event.reserved = 1;
    bad[4].port_info.port_type = HvPortTypeDoorbell;
    bad[4].port_info.message.reserved = 1;
    for (unsigned i = 0; i < 5; i++)
        CHECK(pp_create(bad[i]) == HV_STATUS_INVALID_PARAMETER, "case %u is taken", i);
    CHECK_EQ(pp_create(pp_message_port(child.id, parent_own_id())), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, a_port_is_between_two_partitions,
        COVERS(HV_REQ_PORT_035, HV_REQ_PORT_036), NEEDS_PARENT_PORTS,
        "Who is at the other end decides who may send")
{
    struct child child = pp_begin();
    uint64_t own = parent_own_id();

    CHECK_EQ(pp_create(pp_message_port(own, own)), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(pp_create(pp_message_port(child.id, child.id)), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(pp_create(pp_message_port(child.id, PARENT_NOBODY)), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(pp_create(pp_message_port(PARENT_NOBODY, own)), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(pp_create(pp_message_port(own, child.id)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_create(pp_message_port(child.id, own)), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, both_partitions_are_active, COVERS(HV_REQ_PORT_038), NEEDS_PARENT_PORTS,
        "A partition that is being made or taken away has nobody to receive")
{
    struct child child = pp_begin();
    uint64_t created = child_create(CHILD_EXO), own = parent_own_id();

    CHECK_EQ(pp_create(pp_message_port(created, own)), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(pp_create(pp_message_port(own, created)), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(pp_create(pp_message_port(child.id, created)), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_create(pp_message_port(own, child.id)), HV_STATUS_INVALID_PARTITION_STATE);
}

/* ---- Connections ---- */

HV_TEST(ports_connections, only_the_partition_that_is_named_connects, COVERS(HV_REQ_PORT_040),
        NEEDS_PARENT_PORTS, "Others could flood a port that was not made for them")
{
    struct child child = pp_begin(), other = child_make(CHILD_EXO);
    uint64_t own = parent_own_id();
    uint16_t status;

    REQUIRE_EQ(pp_create(pp_message_port(child.id, other.id)), HV_STATUS_SUCCESS);
    status = pp_connect(pp_line(own, child.id, HvPortTypeMessage));
    CHECK(status == HV_STATUS_INVALID_PORT_ID || status == HV_STATUS_INVALID_PARTITION_ID,
          "status 0x%x", status);
    CHECK_EQ(pp_connect(pp_line(other.id, child.id, HvPortTypeMessage)), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, a_connection_is_made_once,
        COVERS(HV_REQ_PORT_024, HV_REQ_PORT_043, HV_REQ_PORT_045, HV_REQ_PORT_046),
        NEEDS_PARENT_PORTS, "Two connections of one ID would send to whichever was made last")
{
    struct child child = pp_begin();
    uint64_t own = parent_own_id();
    struct hv_input_connect_port line = pp_line(own, child.id, HvPortTypeMessage);
    struct hv_input_create_port second = pp_message_port(child.id, own);

    CHECK_EQ(pp_connect(line), HV_STATUS_INVALID_PORT_ID);
    second.port_id = PP_PORT + 1;
    REQUIRE_EQ(pp_create(pp_message_port(child.id, own)), HV_STATUS_SUCCESS);
    REQUIRE_EQ(pp_create(second), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_connect(line), HV_STATUS_SUCCESS);
    line.port_id = PP_PORT + 1;
    CHECK_EQ(pp_connect(line), HV_STATUS_INVALID_CONNECTION_ID);
    line.connection_id = PP_LINE | UINT32_C(1) << 24;
    CHECK_EQ(pp_connect(line), HV_STATUS_INVALID_CONNECTION_ID);
    line.connection_id = PP_LINE + 1;
    line.port_id = PP_PORT;
    CHECK_EQ(pp_connect(line), HV_STATUS_INVALID_PORT_ID);
    line.port_id = (PP_PORT + 1) | UINT32_C(1) << 24;
    CHECK_EQ(pp_connect(line), HV_STATUS_INVALID_PORT_ID);
    line.port_id = PP_PORT + 1;
    CHECK_EQ(pp_connect(line), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, a_connections_fields_are_checked,
        COVERS(HV_REQ_PORT_043, HV_REQ_PORT_046), NEEDS_PARENT_PORTS,
        "What goes with another type of port says that the parent has mistaken it")
{
    struct child child = pp_begin();
    struct hv_input_connect_port bad[5];

    REQUIRE_EQ(pp_create(pp_message_port(child.id, parent_own_id())), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 5; i++)
        bad[i] = pp_line(parent_own_id(), child.id, HvPortTypeMessage);
    bad[0].connection_info.port_type = HvPortTypeEvent;
    bad[1].connection_info.monitor.monitor_address = PAGE_SIZE;
    bad[2].connection_info.padding = 1;
    bad[3].reserved0[1] = 1;
    bad[4].reserved1 = 1;
    for (unsigned i = 0; i < 5; i++)
        CHECK(pp_connect(bad[i]) == HV_STATUS_INVALID_PARAMETER, "case %u is taken", i);
    CHECK_EQ(pp_connect(pp_line(parent_own_id(), child.id, HvPortTypeMessage)), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, partitions_to_connect_are_there, COVERS(HV_REQ_PORT_047),
        NEEDS_PARENT_PORTS, "A connection in somebody else's name would send as somebody else")
{
    struct child child = pp_begin();
    uint64_t own = parent_own_id();

    CHECK_EQ(pp_connect(pp_line(PARENT_NOBODY, own, HvPortTypeMessage)),
             HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(pp_connect(pp_line(own, PARENT_NOBODY, HvPortTypeMessage)),
             HV_STATUS_INVALID_PARTITION_ID);
    REQUIRE_EQ(pp_create(pp_message_port(own, child.id)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_connect(pp_line(child.id, own, HvPortTypeMessage)), HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, a_connection_ends_once, COVERS(HV_REQ_PORT_048, HV_REQ_PORT_049),
        NEEDS_PARENT_PORTS, "Its ID may have a new meaning the second time")
{
    struct child child = pp_begin();
    uint64_t own = parent_own_id();

    CHECK_EQ(pp_disconnect(own, PP_LINE), HV_STATUS_INVALID_CONNECTION_ID);
    pp_join(&child, pp_message_port(child.id, own));
    CHECK_EQ(pp_disconnect(child.id, PP_LINE), HV_STATUS_INVALID_CONNECTION_ID);
    CHECK_EQ(
        hv_result_status(hv_call(hv_control(HvCallDisconnectPort, true, 0, 0, 0), own, PP_LINE)),
        HV_STATUS_SUCCESS);
    CHECK_EQ(pp_disconnect(own, PP_LINE), HV_STATUS_INVALID_CONNECTION_ID);
    CHECK_EQ(pp_connect(pp_line(own, child.id, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_disconnect(PARENT_NOBODY, PP_LINE), HV_STATUS_INVALID_PARTITION_ID);
}

/* ---- The end of a port ---- */

HV_TEST(ports_connections, a_port_ends_once, COVERS(HV_REQ_PORT_041), NEEDS_PARENT_PORTS,
        "Its ID may have a new meaning the second time")
{
    struct child child = pp_begin();

    CHECK_EQ(pp_delete(child.id, PP_PORT), HV_STATUS_INVALID_PORT_ID);
    REQUIRE_EQ(pp_create(pp_message_port(child.id, parent_own_id())), HV_STATUS_SUCCESS);
    CHECK_EQ(
        hv_result_status(hv_call(hv_control(HvCallDeletePort, true, 0, 0, 0), child.id, PP_PORT)),
        HV_STATUS_SUCCESS);
    CHECK_EQ(pp_delete(child.id, PP_PORT), HV_STATUS_INVALID_PORT_ID);
    CHECK_EQ(pp_delete(PARENT_NOBODY, PP_PORT), HV_STATUS_INVALID_PARTITION_ID);
}

HV_TEST(ports_connections, a_ports_memory_is_its_owners, COVERS(HV_REQ_PORT_039),
        NEEDS_PARENT_PORTS,
        "A sender who pays for buffers, or nobody who gets them back, empties a pool")
{
    struct child child = pp_begin();
    uint64_t own = parent_own_id(), before = pp_used(child.id);

    REQUIRE_EQ(pp_create(pp_message_port(child.id, own)), HV_STATUS_SUCCESS);
    CHECK(pp_used(child.id) > before, "a port takes none of its owner's memory");
    REQUIRE_EQ(pp_connect(pp_line(own, child.id, HvPortTypeMessage)), HV_STATUS_SUCCESS);
    for (uint64_t i = 0; i < 4; i++)
        CHECK_EQ(pp_post(i), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_delete(child.id, PP_PORT), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_used(child.id), before);
}

/* ---- Properties ---- */

HV_TEST(ports_connections, a_ports_properties_are_read_and_set,
        COVERS(HV_REQ_PORT_050, HV_REQ_PORT_051), NEEDS_PARENT_PORTS,
        "What a port counts and prefers is all that its owner's parent can know of it")
{
    struct child child = pp_begin();
    uint64_t own = parent_own_id(), value;

    CHECK_EQ(pp_get_property(child.id, PP_PORT, HvPortPropertyPostCount, &value),
             HV_STATUS_INVALID_PORT_ID);
    pp_join(&child, pp_message_port(child.id, own));
    CHECK_EQ(pp_get_property(child.id, PP_PORT, HvPortPropertyPostCount, &value),
             HV_STATUS_SUCCESS);
    CHECK_EQ(value, 0);
    for (uint64_t i = 0; i < 3; i++)
        CHECK_EQ(pp_post(i), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_get_property(child.id, PP_PORT, HvPortPropertyPostCount, &value),
             HV_STATUS_SUCCESS);
    CHECK_EQ(value, 3);
    CHECK_EQ(pp_set_property(child.id, PP_PORT, HvPortPropertyPreferredTargetVp, 0),
             HV_STATUS_SUCCESS);
    CHECK_EQ(pp_get_property(child.id, PP_PORT, HvPortPropertyPreferredTargetVp, &value),
             HV_STATUS_SUCCESS);
    CHECK_EQ(value, 0);
    CHECK_EQ(pp_get_property(child.id, PP_PORT, 2, &value), HV_STATUS_UNKNOWN_PROPERTY);
    CHECK_EQ(pp_set_property(child.id, PP_PORT, 2, 0), HV_STATUS_UNKNOWN_PROPERTY);
    CHECK_EQ(pp_get_property(PARENT_NOBODY, PP_PORT, 0, &value), HV_STATUS_INVALID_PARTITION_ID);
}

/* ---- The calls of TLFS v2.0 ---- */

HV_TEST(ports_connections, calls_of_old_make_the_same, COVERS(HV_REQ_PORT_027, HV_REQ_PORT_044),
        NEEDS_PARENT_PORTS, "A parent that was written for them makes its children's ports still")
{
    struct child child = pp_begin();
    const struct hv_input_create_port_v2 port = {
        .port_partition = child.id,
        .port_id = PP_PORT,
        .connection_partition = parent_own_id(),
        .port_info = pp_message_port(child.id, parent_own_id()).port_info,
    };
    const struct hv_input_connect_port_v2 line = { .connection_partition = parent_own_id(),
                                                   .connection_id = PP_LINE,
                                                   .port_partition = child.id,
                                                   .port_id = PP_PORT };

    CHECK_EQ(parent_simple(HvConnectPort, &line, sizeof(line)), HV_STATUS_INVALID_PORT_ID);
    CHECK_EQ(parent_simple(HvCreatePort, &port, sizeof(port)), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_simple(HvCreatePort, &port, sizeof(port)), HV_STATUS_INVALID_PORT_ID);
    CHECK_EQ(parent_simple(HvConnectPort, &line, sizeof(line)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_post(5), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_slot_payload(&child), 5);
}
