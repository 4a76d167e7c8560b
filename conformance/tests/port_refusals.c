/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What HvCallPostMessage and HvCallSignalEvent refuse, and with which status. */
#include "port_support.h"

#define UNKNOWN_CONNECTION 0xfedcbau
#define RESERVED_ID_BITS   0xff000000u

#define POSTS   NEEDS(.privileges = HV_PRIVILEGE_PostMessages | HV_PRIVILEGE_AccessHypercallMsrs)
#define SIGNALS NEEDS(.privileges = HV_PRIVILEGE_SignalEvents | HV_PRIVILEGE_AccessHypercallMsrs)

HV_TEST(ports_connections, posting_needs_its_privilege, COVERS(HV_REQ_PORT_002),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs, .lacks = HV_PRIVILEGE_PostMessages),
        "A guest that learns which connections there are knows its neighbours")
{
    struct hv_input_post_message message = port_message(UNKNOWN_CONNECTION, 0);

    hv_enable_hypercalls();
    CHECK_EQ(port_post(&message), HV_STATUS_ACCESS_DENIED);
}

HV_TEST(ports_connections, signalling_needs_its_privilege, COVERS(HV_REQ_PORT_016),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs, .lacks = HV_PRIVILEGE_SignalEvents),
        "A guest that learns which connections there are knows its neighbours")
{
    hv_enable_hypercalls();
    CHECK_EQ(port_signal(UNKNOWN_CONNECTION, 0), HV_STATUS_ACCESS_DENIED);
}

/* An implementation once dropped what was sent to an unknown connection (openvmm#3273). */
HV_TEST(ports_connections, posting_to_nobody_is_refused, COVERS(HV_REQ_PORT_001, HV_REQ_PORT_003),
        POSTS, "A guest that hears of success waits for an answer for ever")
{
    struct hv_input_post_message message = port_message(UNKNOWN_CONNECTION, 0);

    hv_enable_hypercalls();
    CHECK_EQ(port_post(&message), HV_STATUS_INVALID_CONNECTION_ID);
    message.connection_id = 0;
    CHECK_EQ(port_post(&message), HV_STATUS_INVALID_CONNECTION_ID);
}

HV_TEST(ports_connections, signalling_nobody_is_refused, COVERS(HV_REQ_PORT_015, HV_REQ_PORT_019),
        SIGNALS, "A guest that hears of success waits for an answer for ever")
{
    hv_enable_hypercalls();
    CHECK_EQ(port_signal(UNKNOWN_CONNECTION, 0), HV_STATUS_INVALID_CONNECTION_ID);
    CHECK_EQ(port_signal(0, 0), HV_STATUS_INVALID_CONNECTION_ID);
}

/* KVM hands what it has read from memory to QEMU as if it were the address. */
HV_TEST(ports_connections, signalling_nobody_from_memory_is_refused,
        COVERS(HV_REQ_PORT_015, HV_REQ_PORT_019), SIGNALS,
        "A guest may use the slow form of any call")
{
    static struct hv_input_signal_event input __attribute__((aligned(8)));

    hv_enable_hypercalls();
    input = (struct hv_input_signal_event){ .connection_id = UNKNOWN_CONNECTION };
    CHECK_EQ(hv_result_status(hv_call(HvCallSignalEvent, phys_of(&input), 0)),
             HV_STATUS_INVALID_CONNECTION_ID);
}

/* Nothing may come of a message that was refused. */
static void check_post_refused(const struct hv_input_post_message *message, uint16_t status)
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);

    irq_enable();
    CHECK_EQ(port_post(message), status);
    udelay(SYNIC_QUIET);
    irq_disable();
    CHECK_EQ(pages.messages->sint_message[PORT_SINT].header.message_type, HvMessageTypeNone);
    CHECK_EQ(hv_interrupt_count(), 0);
    synic_off(NULL);
}

static struct hv_input_post_message message_to_self(void)
{
    port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    return port_message(ports_messages(0, PORT_SINT), 1);
}

HV_TEST(ports_connections, a_message_of_type_zero_is_refused, COVERS(HV_REQ_PORT_005), PORTS,
        "Zero is how an empty slot looks: the receiver would wait for what has come")
{
    struct hv_input_post_message message = message_to_self();

    message.message_type = HvMessageTypeNone;
    check_post_refused(&message, HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(ports_connections, types_of_the_hypervisor_are_refused,
        COVERS(HV_REQ_PORT_006, HV_REQ_SYNIC_061), PORTS,
        "A guest could make another believe that its timer has expired")
{
    struct hv_input_post_message message = message_to_self();

    message.message_type = HvMessageTimerExpired;
    check_post_refused(&message, HV_STATUS_INVALID_PARAMETER);
    message.message_type = HV_MESSAGE_TYPE_HYPERVISOR_MASK;
    check_post_refused(&message, HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(ports_connections, a_payload_that_is_too_large_is_refused, COVERS(HV_REQ_PORT_007), PORTS,
        "It would be written over the next slot, or read from behind the sender's block")
{
    struct hv_input_post_message message = message_to_self();
    static const uint32_t sizes[] = { 241, 256, 0x10008, UINT32_MAX };

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        message.payload_size = sizes[i];
        check_post_refused(&message, HV_STATUS_INVALID_PARAMETER);
    }
}

HV_TEST(ports_connections, reserved_bits_of_an_id_are_no_part_of_it, COVERS(HV_REQ_PORT_004), PORTS,
        "An ID with more bits is another ID, should they ever mean something")
{
    struct hv_input_post_message message = message_to_self();
    uint16_t status;

    message.connection_id |= RESERVED_ID_BITS;
    status = port_post(&message);
    CHECK(status != HV_STATUS_SUCCESS, "a message is taken");
    status = port_signal(ports_events(0, PORT_SINT) | RESERVED_ID_BITS, 0);
    CHECK(status != HV_STATUS_SUCCESS, "an event is taken");
    synic_off(NULL);
}

HV_TEST(ports_connections, messages_need_a_message_port, COVERS(HV_REQ_PORT_008), PORTS,
        "An event port has no buffers, and its owner looks for no messages")
{
    struct hv_input_post_message message = message_to_self();

    message.connection_id = ports_events(0, PORT_SINT);
    check_post_refused(&message, HV_STATUS_INVALID_PORT_ID);
}

HV_TEST(ports_connections, events_need_an_event_port, COVERS(HV_REQ_PORT_020), PORTS,
        "A message port has no flags: one of another port would be set")
{
    struct hv_input_post_message message = message_to_self();

    CHECK_EQ(port_signal(message.connection_id, 0), HV_STATUS_INVALID_PORT_ID);
    synic_off(NULL);
}

HV_TEST(ports_connections, flags_beyond_the_ports_are_refused, COVERS(HV_REQ_PORT_018), PORTS,
        "They are another port's")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t connection = ports_events(0, PORT_SINT);
    static const uint16_t flags[] = { 1, 2, 2047, 2048, 0xffff };

    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        CHECK_EQ(port_signal(connection, flags[i]), HV_STATUS_INVALID_PARAMETER);
    CHECK(!port_flag(&pages, PORT_SINT, connection), "the port's own flag is set");
    CHECK(!port_flag(&pages, PORT_SINT, connection + 1), "the next flag is set");
    synic_off(NULL);
}

HV_TEST(ports_connections, a_message_for_a_synic_that_is_off_is_refused,
        COVERS(HV_REQ_PORT_011, HV_REQ_SYNIC_003, HV_REQ_SYNIC_055, HV_REQ_SYNIC_056), PORTS,
        "The sender has to know that nobody will receive it")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    struct hv_input_post_message message = port_message(ports_messages(0, PORT_SINT), 1);

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, 0));
    CHECK_EQ(port_post(&message), HV_STATUS_INVALID_SYNIC_STATE);
    udelay(SYNIC_QUIET);
    CHECK_EQ(pages.messages->sint_message[PORT_SINT].header.message_type, HvMessageTypeNone);
    synic_off(NULL);
}

/* QEMU aborts: its test device knows of no message that can't be delivered. */
HV_TEST(ports_connections, a_message_without_a_page_is_refused,
        COVERS(HV_REQ_PORT_011, HV_REQ_SYNIC_055, HV_REQ_SYNIC_056), PORTS,
        "There is nowhere to put it")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    struct hv_input_post_message message = port_message(ports_messages(0, PORT_SINT), 1);

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, pages.message_gpa));
    CHECK_EQ(port_post(&message), HV_STATUS_INVALID_SYNIC_STATE);
    udelay(SYNIC_QUIET);
    synic_off(NULL);
}
