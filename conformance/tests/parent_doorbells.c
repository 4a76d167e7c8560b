/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Doorbells: stores of a child's that reach its parent by an event ring. */
#include "parent_port_support.h"

#define BELL      0xfeb00000u /* nothing is mapped there */
#define BELL_SINT 5u
#define SLOTS     HV_SYNIC_EVENT_RING_MESSAGE_COUNT

#define ANY (HV_DOORBELL_FLAG_TRIGGER_SIZE_ANY | HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE)

#define BYTES_OF(value) \
    (uint8_t)(value), (uint8_t)((value) >> 8), (uint8_t)((value) >> 16), (uint8_t)((value) >> 24)

/* MOV to memory of an immediate, in 32-bit mode. */
#define STORE_BYTE(address, value) 0xc6, 0x05, BYTES_OF(address), (uint8_t)(value)
#define STORE_WORD(address, value) \
    0x66, 0xc7, 0x05, BYTES_OF(address), (uint8_t)(value), (uint8_t)((unsigned)(value) >> 8)
#define STORE_DWORD(address, value) 0xc7, 0x05, BYTES_OF(address), BYTES_OF(value)

static volatile struct hv_synic_event_ring *ring;
static unsigned tail;

/* The place in the ring lasts as long as the VP, so it is looked for. */
static void find_tail(const struct child *child)
{
    static const uint8_t code[] = { STORE_DWORD(BELL, 0), CHILD_OUT };

    child_run_code(child, 0, code, sizeof(code));
    for (tail = 0; tail < SLOTS && ring->data[tail] == 0; tail++)
        continue;
    REQUIRE(tail < SLOTS, "nothing is in the ring");
    ring->data[tail] = 0;
    tail = (tail + 1) % SLOTS;
}

static uint16_t make_port(const struct child *child, uint32_t id)
{
    struct hv_input_create_port port = pp_message_port(parent_own_id(), child->id);

    port.port_id = id;
    port.port_info.port_type = HvPortTypeDoorbell;
    port.port_info.message.target_sint = BELL_SINT;
    port.port_info.message.target_vp = 0;
    return pp_create(port);
}

static uint16_t hang(const struct child *child, uint32_t number, uint64_t gpa, uint64_t value,
                     uint64_t flags)
{
    struct hv_input_connect_port line = pp_line(child->id, parent_own_id(), HvPortTypeDoorbell);

    line.connection_id = PP_LINE + number;
    line.port_id = PP_PORT + number;
    line.connection_info.doorbell.gpa = gpa;
    line.connection_info.doorbell.trigger_value = value;
    line.connection_info.doorbell.flags = flags;
    return pp_connect(line);
}

static void add(const struct child *child, uint32_t number, uint64_t gpa, uint64_t value,
                uint64_t flags)
{
    REQUIRE_EQ(make_port(child, PP_PORT + number), HV_STATUS_SUCCESS);
    REQUIRE_EQ(hang(child, number, gpa, value, flags), HV_STATUS_SUCCESS);
}

/* A child, and a ring on the caller's CPU 0 that asks for no messages. PP_PORT is at BELL. */
static struct child begin(void)
{
    struct child child = pp_begin();
    uint64_t page = phys_of(hv_test_page(0));
    volatile struct hv_synic_event_ring_page *rings = hv_map_data(page);

    child_listen();
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIRBP, page | HV_X64_MSR_PAGE_ENABLE));
    REQUIRE_NO_FAULT(
        safe_wrmsr(HV_X64_MSR_SINT0 + BELL_SINT, SYNIC_VECTOR | HV_X64_MSR_SINT_AS_INTERCEPT));
    ring = &rings->sint_event_ring[BELL_SINT];
    for (unsigned i = 0; i < SLOTS; i++)
        ring->data[i] = 0;
    ring->signal_masked = 1;
    add(&child, 0, BELL, 0, ANY);
    find_tail(&child);
    return child;
}

/* The next ID in the ring, or 0. */
static uint32_t take(void)
{
    uint32_t id = ring->data[tail];

    if (id == 0)
        return 0;
    ring->data[tail] = 0;
    tail = (tail + 1) % SLOTS;
    return id;
}

/* Runs a store and CHILD_OUT. @return whether the store was intercepted */
static bool is_intercepted(const struct child *child, const void *code, size_t size)
{
    struct hv_message message;

    child_load(child, 0, code, size);
    child_run(child, 0);
    REQUIRE(child_wait(&message), "no message");
    if (message.header.message_type == HvMessageTypeX64IoPortIntercept)
        return false;
    CHECK(message.header.message_type == HvMessageTypeUnmappedGpa ||
              message.header.message_type == HvMessageTypeGpaIntercept,
          "message 0x%x", message.header.message_type);
    return true;
}

HV_TEST(ports_connections, a_doorbell_rings_without_an_intercept,
        COVERS(HV_REQ_PORT_025, HV_REQ_PORT_054, HV_REQ_PORT_056), NEEDS_PARENT_PORTS,
        "A doorbell is for notifications that are cheap; and what it does is no more than they")
{
    static const uint8_t on[] = { STORE_DWORD(BELL, 0x1234), CHILD_OUT };
    static const uint8_t beside[] = { STORE_BYTE(BELL + 1, 0), CHILD_OUT };
    struct child child = begin();

    CHECK(!is_intercepted(&child, on, sizeof(on)), "the store is intercepted");
    CHECK_EQ(take(), PP_PORT);
    CHECK_EQ(take(), 0);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRip), CHILD_CODE_GPA + sizeof(on) - 2);
    CHECK(is_intercepted(&child, beside, sizeof(beside)), "the next byte rings too");
    CHECK_EQ(take(), 0);
}

HV_TEST(ports_connections, size_and_value_decide_what_rings, COVERS(HV_REQ_PORT_055),
        NEEDS_PARENT_PORTS, "A device tells its queues apart by what is written")
{
    static const struct {
        uint64_t flags, value;
        bool byte, word, dword; /* what rings of the stores of 0x34, 0x1234, 0x12345678 */
    } cases[] = {
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_BYTE, 0x34, true, false, false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_BYTE, 0x35, false, false, false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_WORD, 0x1234, false, true, false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD, 0x12345678, false, false, true },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_QWORD | HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE, 0, false, false,
          false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_WORD | HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE, 0, false, true,
          false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_ANY, 0x1234, false, true, false },
        { ANY, 0, true, true, true },
    };
    static const uint8_t byte[] = { STORE_BYTE(BELL + 64, 0x34), CHILD_OUT };
    static const uint8_t word[] = { STORE_WORD(BELL + 64, 0x1234), CHILD_OUT };
    static const uint8_t dword[] = { STORE_DWORD(BELL + 64, 0x12345678), CHILD_OUT };
    struct child child = begin();

    REQUIRE_EQ(make_port(&child, PP_PORT + 1), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        REQUIRE_EQ(hang(&child, 1, BELL + 64, cases[i].value, cases[i].flags), HV_STATUS_SUCCESS);
        CHECK(is_intercepted(&child, byte, sizeof(byte)) != cases[i].byte, "case %u: byte", i);
        CHECK(is_intercepted(&child, word, sizeof(word)) != cases[i].word, "case %u: word", i);
        CHECK(is_intercepted(&child, dword, sizeof(dword)) != cases[i].dword, "case %u: dword", i);
        while (take() != 0)
            continue;
        REQUIRE_EQ(pp_disconnect(child.id, PP_LINE + 1), HV_STATUS_SUCCESS);
    }
}

HV_TEST(ports_connections, a_doorbells_place_is_checked, COVERS(HV_REQ_PORT_054, HV_REQ_PORT_055),
        NEEDS_PARENT_PORTS, "A doorbell over two pages is over one that its parent did not mean")
{
    struct child child = begin();

    REQUIRE_EQ(make_port(&child, PP_PORT + 1), HV_STATUS_SUCCESS);
    CHECK_EQ(hang(&child, 1, BELL + PAGE_SIZE - 2, 0, HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(hang(&child, 1, UINT64_C(1) << 60, 0, ANY), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(hang(&child, 1, BELL + 64, 0, 5), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(hang(&child, 1, BELL + 64, 0, UINT64_C(1) << 40), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(hang(&child, 1, BELL + PAGE_SIZE - 4, 0, HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD),
             HV_STATUS_SUCCESS);
}

HV_TEST(ports_connections, a_ring_tells_when_it_is_asked_to, COVERS(HV_REQ_PORT_054),
        NEEDS_PARENT_PORTS, "Linux sleeps until the message comes, and then looks at the ring")
{
    static const uint8_t code[] = { STORE_DWORD(BELL, 0), CHILD_OUT };
    struct child child = begin();
    struct hv_message message;

    ring->signal_masked = 0;
    child_load(&child, 0, code, sizeof(code));
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeSynicSintIntercept);
    CHECK_EQ((uint32_t)message.payload[0], BELL_SINT);
    CHECK_EQ(take(), PP_PORT);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
}

HV_TEST(ports_connections, a_full_ring_loses_nothing, COVERS(HV_REQ_PORT_054), NEEDS_PARENT_PORTS,
        "A notification that is lost is a queue that nobody looks at any more")
{
    static const uint8_t first[] = { STORE_DWORD(BELL, 0), CHILD_OUT };
    static const uint8_t second[] = { STORE_DWORD(BELL + 64, 0), CHILD_OUT };
    struct child child = begin();
    unsigned heard = 0;

    add(&child, 1, BELL + 64, 0, ANY);
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(!is_intercepted(&child, first, sizeof(first)), "store %u is intercepted", i);
    CHECK_EQ(ring->ring_full, 0);
    CHECK(!is_intercepted(&child, second, sizeof(second)), "a full ring intercepts");
    CHECK_EQ(ring->ring_full, 1);
    ring->ring_full = 0;
    for (heard = 0; take() == PP_PORT; heard++)
        continue;
    CHECK_EQ(heard, SLOTS);
    CHECK_EQ(
        hv_result_status(hv_call(hv_control(HvCallNotifyRingEmpty, true, 0, 0, 0), BELL_SINT, 0)),
        HV_STATUS_SUCCESS);
    CHECK_EQ(take(), PP_PORT + 1);
    CHECK_EQ(take(), 0);
}

HV_TEST(ports_connections, a_doorbell_that_is_taken_down_does_not_ring,
        COVERS(HV_REQ_PORT_041, HV_REQ_PORT_048), NEEDS_PARENT_PORTS,
        "The device that was notified is gone, and another may be there")
{
    static const uint8_t code[] = { STORE_DWORD(BELL, 0), CHILD_OUT };
    struct child child = begin();

    CHECK_EQ(pp_disconnect(child.id, PP_LINE), HV_STATUS_SUCCESS);
    CHECK(is_intercepted(&child, code, sizeof(code)), "the store is not intercepted");
    CHECK_EQ(hang(&child, 0, BELL, 0, ANY), HV_STATUS_SUCCESS);
    CHECK(!is_intercepted(&child, code, sizeof(code)), "the store is intercepted");
    CHECK_EQ(take(), PP_PORT);
    CHECK_EQ(pp_delete(parent_own_id(), PP_PORT), HV_STATUS_SUCCESS);
    CHECK(is_intercepted(&child, code, sizeof(code)), "the store is not intercepted");
    CHECK_EQ(take(), 0);
}
