/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallPostMessage: what arrives, where, in which order. */
#include "port_support.h"

#define BUFFERS 16 /* of a port (TLFS: inter-partition communication, "guest message buffers") */
#define LARGEST HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT

static volatile struct hv_message *slot_of(const struct synic_pages *pages)
{
    return &pages->messages->sint_message[PORT_SINT];
}

/* Fills the payload with bytes that tell their offset; returns the number of wrong ones. */
static void fill(struct hv_input_post_message *message, uint32_t size)
{
    uint8_t *bytes = (uint8_t *)message->payload;

    for (uint32_t i = 0; i < LARGEST; i++)
        bytes[i] = (uint8_t)(i + 1);
    message->payload_size = size;
}

static unsigned wrong_bytes(const struct synic_pages *pages, uint32_t size)
{
    const volatile uint8_t *bytes = (const volatile uint8_t *)slot_of(pages)->payload;
    unsigned wrong = 0;

    for (uint32_t i = 0; i < size; i++)
        wrong += bytes[i] != (uint8_t)(i + 1);
    return wrong;
}

static void send_of_size(uint32_t size)
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    struct hv_input_post_message message = port_message(ports_messages(0, PORT_SINT), 0);

    fill(&message, size);
    irq_enable();
    REQUIRE_EQ(port_post_patiently(&message), HV_STATUS_SUCCESS);
    REQUIRE(synic_wait_message(&pages, PORT_SINT), "no message");
    CHECK(synic_wait_interrupts(1), "no interrupt");
    irq_disable();
    CHECK_EQ(slot_of(&pages)->header.message_type, PORT_TYPE);
    CHECK_EQ(slot_of(&pages)->header.payload_size, size);
    CHECK_EQ(slot_of(&pages)->header.message_flags, 0);
    CHECK_EQ(wrong_bytes(&pages, size), 0);
    CHECK_EQ(hv_interrupt_count(), 1);
    synic_empty(&pages, PORT_SINT);
    synic_off(NULL);
}

HV_TEST(ports_connections, a_message_arrives_as_it_was_sent,
        COVERS(HV_REQ_PORT_001, HV_REQ_PORT_013), PORTS,
        "Type, size and payload are the sender's; the receiver knows nothing else")
{
    static const uint32_t sizes[] = { 8, 0, 1, 232 };

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        send_of_size(sizes[i]);
}

/* QEMU's test device aborts: its check allows one byte less. */
HV_TEST(ports_connections, the_largest_message_arrives_whole,
        COVERS(HV_REQ_PORT_001, HV_REQ_PORT_007, HV_REQ_PORT_013), PORTS,
        "VMBus packs its messages as full as they may be")
{
    send_of_size(LARGEST);
}

HV_TEST(ports_connections, bytes_behind_the_payload_are_not_sent,
        COVERS(HV_REQ_PORT_013, HV_REQ_SYNIC_048), PORTS,
        "They are whatever lay in the sender's memory")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_MASKED);
    struct hv_input_post_message message = port_message(ports_messages(0, PORT_SINT), 1);

    message.payload[1] = UINT64_C(0x5ec4e75ec4e75ec4);
    message.payload[29] = UINT64_C(0x5ec4e75ec4e75ec4);
    REQUIRE_EQ(port_post_patiently(&message), HV_STATUS_SUCCESS);
    REQUIRE(synic_wait_message(&pages, PORT_SINT), "no message");
    CHECK_EQ(slot_of(&pages)->payload[0], 1);
    CHECK(slot_of(&pages)->payload[1] != message.payload[1], "the next eight bytes came along");
    CHECK(slot_of(&pages)->payload[29] != message.payload[29], "the last eight bytes came along");
    synic_empty(&pages, PORT_SINT);
    synic_off(NULL);
}

/* VMBus loses its place when two of its messages change places (openvmm#956). */
HV_TEST(ports_connections, messages_to_a_vp_arrive_in_order,
        COVERS(HV_REQ_SYNIC_054, HV_REQ_PORT_014, HV_REQ_SYNIC_042), PORTS,
        "Each message of VMBus stands on the one before")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    struct hv_input_post_message message = port_message(ports_messages(0, PORT_SINT), 0);

    irq_enable();
    for (unsigned number = 0; number < 50; number++) {
        message.payload[0] = number;
        REQUIRE_EQ(port_post_patiently(&message), HV_STATUS_SUCCESS);
        /* Every other one finds the slot full, and waits. */
        if (number % 2 == 0)
            continue;
        for (unsigned taken = number - 1; taken <= number; taken++) {
            REQUIRE(synic_wait_message(&pages, PORT_SINT), "message %u is lost", taken);
            REQUIRE_EQ(slot_of(&pages)->payload[0], taken);
            synic_empty(&pages, PORT_SINT);
        }
    }
    irq_disable();
    synic_off(NULL);
}

static void take_one(const struct synic_pages *pages, uint64_t number)
{
    REQUIRE(synic_wait_message(pages, PORT_SINT), "message %u is lost", (unsigned)number);
    REQUIRE_EQ(slot_of(pages)->payload[0], number);
    synic_empty(pages, PORT_SINT);
}

HV_TEST(ports_connections, messages_keep_their_order_when_buffers_run_out,
        COVERS(HV_REQ_SYNIC_054, HV_REQ_PORT_010), PORTS,
        "A message that is refused must not take the place of one that waits")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    struct hv_input_post_message message = port_message(ports_messages(0, PORT_SINT), 0);
    uint64_t sent = 0, taken = 0;

    irq_enable();
    while (sent < 60) {
        uint16_t status;

        message.payload[0] = sent;
        status = port_post(&message);
        if (status == HV_STATUS_SUCCESS) {
            sent++;
        } else {
            REQUIRE_EQ(status, HV_STATUS_INSUFFICIENT_BUFFERS);
            take_one(&pages, taken++);
        }
    }
    while (taken < sent)
        take_one(&pages, taken++);
    irq_disable();
    synic_off(NULL);
}

/* Posts with the slot full until there is no buffer; returns how many were taken. */
static unsigned post_until_refused(uint32_t connection)
{
    for (unsigned sent = 0; sent < 4 * BUFFERS; sent++) {
        struct hv_input_post_message message = port_message(connection, sent);
        uint16_t status = port_post(&message);

        if (status == HV_STATUS_INSUFFICIENT_BUFFERS)
            return sent;
        REQUIRE_EQ(status, HV_STATUS_SUCCESS);
    }
    return 4 * BUFFERS;
}

/* Takes that many messages, and sees that they are the first ones and no more. */
static void take_all(const struct synic_pages *pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        REQUIRE(synic_wait_message(pages, PORT_SINT), "message %u of %u does not come", i, count);
        CHECK_EQ(slot_of(pages)->payload[0], i);
        synic_empty(pages, PORT_SINT);
    }
    udelay(SYNIC_QUIET);
    CHECK_EQ(slot_of(pages)->header.message_type, HvMessageTypeNone);
}

/* Everything that waits arrives, once. */
static unsigned fill_and_drain(void)
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    uint32_t connection = ports_messages(0, PORT_SINT);
    unsigned taken;

    slot_of(&pages)->header.message_type = 0x1234;
    irq_enable();
    taken = post_until_refused(connection);
    CHECK(taken < 4 * BUFFERS, "%u messages wait, and there is room for more", taken);
    synic_wait_pending(&pages, PORT_SINT);
    CHECK_EQ(slot_of(&pages)->header.message_type, 0x1234);
    synic_empty(&pages, PORT_SINT);
    take_all(&pages, taken);
    irq_disable();
    synic_off(NULL);
    return taken;
}

HV_TEST(ports_connections, a_sender_is_told_when_buffers_are_used_up,
        COVERS(HV_REQ_PORT_010, HV_REQ_PORT_014, HV_REQ_SYNIC_014, HV_REQ_SYNIC_042), PORTS,
        "A receiver that does not look must not be able to eat the hypervisor's memory")
{
    CHECK(fill_and_drain() > 0, "no message can wait at all");
}

HV_TEST(ports_connections, a_port_has_sixteen_buffers, COVERS(HV_REQ_PORT_010), PORTS,
        "Senders count on them")
{
    CHECK_EQ(fill_and_drain(), BUFFERS);
}

static struct synic_pages other_pages;

static void other_on(void *unused)
{
    (void)unused;
    synic_off(NULL);
    safe_wrmsr(HV_X64_MSR_SIMP, other_pages.message_gpa | HV_X64_MSR_PAGE_ENABLE);
    safe_wrmsr(HV_X64_MSR_SIEFP, other_pages.event_gpa | HV_X64_MSR_PAGE_ENABLE);
    safe_wrmsr(synic_sint_msr(PORT_SINT), SYNIC_VECTOR | HV_X64_MSR_SINT_AUTO_EOI);
    safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    other_pages.messages->sint_message[PORT_SINT].header.message_type = HvMessageTypeNone;
}

static void other_receives(void *unused)
{
    (void)unused;
    irq_enable();
    CHECK(synic_wait_message(&other_pages, PORT_SINT), "no message on VP 1");
    CHECK(synic_wait_interrupts(1), "no interrupt on VP 1");
    irq_disable();
}

HV_TEST(ports_connections, a_message_reaches_the_vp_of_its_port, COVERS(HV_REQ_PORT_013),
        NEEDS(NEEDS_SYNIC, .ports = true, .vps = 2),
        "Each VP has its own channels, and its own interrupt")
{
    struct synic_pages pages = port_setup(PORT_SINT, HV_X64_MSR_SINT_AUTO_EOI);
    struct hv_input_post_message message;

    other_pages = synic_pages();
    REQUIRE_NO_FAULT(smp_call(1, other_on, NULL));
    message = port_message(ports_messages(1, PORT_SINT), 77);
    smp_start(1, other_receives, NULL);
    CHECK_EQ(port_post_patiently(&message), HV_STATUS_SUCCESS);
    CHECK_NO_FAULT(smp_join(1));
    CHECK_EQ(other_pages.messages->sint_message[PORT_SINT].payload[0], 77);
    CHECK_EQ(slot_of(&pages)->header.message_type, HvMessageTypeNone);
    other_pages.messages->sint_message[PORT_SINT].header.message_type = HvMessageTypeNone;
    smp_call(1, synic_off, NULL);
    synic_off(NULL);
}
