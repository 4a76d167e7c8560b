/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Doorbells and event rings. Why: with them a child notifies its parent without an exit to it, so a
 * store that rings must be no other than the parent has named, and none may be lost.
 */
#include <check.h>
#include <string.h>

#include <hv/insn.h>

#include "child_fixture.h"
#include "component.h"
#include "suite.h"

#define SINT     5u
#define VECTOR   0x99
#define PORT     0x777u
#define LINE     0x888u
#define BELL     UINT64_C(0xFEB00010) /* nothing is mapped there */
#define RING_GPA UINT64_C(0x40000)
#define SLOTS    HV_SYNIC_EVENT_RING_MESSAGE_COUNT

#define ANY (HV_DOORBELL_FLAG_TRIGGER_SIZE_ANY | HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE)

static void enable_ring(struct hv_vp *target, uint64_t sint)
{
    write_msr(target, HV_X64_MSR_SIRBP,
              (RING_GPA + target->index * HV_PAGE_SIZE) | HV_X64_MSR_PAGE_ENABLE);
    write_msr(target, HV_X64_MSR_SINT0 + SINT, sint);
}

static void begin(void)
{
    child_setup();
    root->features.privileges |=
        HV_PRIVILEGE_CreatePort | HV_PRIVILEGE_ConnectPort | HV_PRIVILEGE_CpuManagement;
    enable_ring(root_vp, VECTOR | HV_X64_MSR_SINT_AS_INTERCEPT);
    resume();
}

static hv_status simple(uint16_t code, const void *input, size_t size)
{
    memcpy(input_page(), input, size);
    return (hv_status)call_from(root_vp, code);
}

static hv_status create(uint32_t id, uint32_t sint, uint32_t vp_index)
{
    struct hv_input_create_port input = { .port_partition = root->id,
                                          .port_id = id,
                                          .connection_partition = child->id,
                                          .port_info = { .port_type = HvPortTypeDoorbell } };

    input.port_info.message.target_sint = sint;
    input.port_info.message.target_vp = vp_index;
    return simple(HvCallCreatePort, &input, sizeof(input));
}

static hv_status connect(uint32_t id, uint64_t gpa, uint64_t value, uint64_t flags)
{
    struct hv_input_connect_port input = { .connection_partition = child->id,
                                           .connection_id = LINE + id,
                                           .port_partition = root->id,
                                           .port_id = id,
                                           .connection_info = { .port_type = HvPortTypeDoorbell } };

    input.connection_info.doorbell.gpa = gpa;
    input.connection_info.doorbell.trigger_value = value;
    input.connection_info.doorbell.flags = flags;
    return simple(HvCallConnectPort, &input, sizeof(input));
}

static void hang(uint32_t id, uint64_t gpa, uint64_t value, uint64_t flags)
{
    ck_assert_uint_eq(create(id, SINT, HV_ANY_VP), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(id, gpa, value, flags), HV_STATUS_SUCCESS);
}

/* ---- What the child executes ---- */

static struct hv_exit store_exit(uint64_t gpa, const void *code, uint8_t size)
{
    struct hv_exit exit = exit_of(vp, HV_EXIT_MEMORY);

    fake_vp(vp)->gprs.rip = 0x1000;
    exit.memory.gpa = gpa;
    exit.memory.access = HV_ACCESS_WRITE;
    exit.memory.code_mode = HV_INSN_64;
    exit.memory.code_size = size;
    memcpy(exit.memory.code, code, size);
    return exit;
}

/* Whether the instruction at 0x1000, of that size, rang and is complete; else it was intercepted.
 */
static bool rings(uint64_t gpa, const void *code, uint8_t size)
{
    struct hv_exit exit = store_exit(gpa, code, size);
    enum hv_disposition disposition = run_exit(vp, &exit);

    if (disposition == HV_DISPOSITION_RESUME) {
        ck_assert_uint_eq(fake_vp(vp)->gprs.rip, 0x1000u + size);
        return true;
    }
    ck_assert_int_eq(disposition, HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, 0x1000);
    resume();
    empty_slot(root_vp);
    return false;
}

/* MOV [RBX], EAX and its like. */
static bool stores(uint64_t gpa, unsigned size, uint64_t value)
{
    static const uint8_t codes[][3] = {
        [1] = { 0x88, 0x03 },
        [2] = { 0x66, 0x89, 0x03 },
        [4] = { 0x89, 0x03 },
        [8] = { 0x48, 0x89, 0x03 },
    };

    fake_vp(vp)->gprs.gpr[HV_GPR_RBX] = gpa;
    fake_vp(vp)->gprs.gpr[HV_GPR_RAX] = value;
    return rings(gpa, codes[size], size == 1 || size == 4 ? 2 : 3);
}

/* ---- What the parent sees ---- */

static struct hv_synic_event_ring *ring(struct hv_vp *target)
{
    struct hv_synic_event_ring_page *page = target->synic.ring_page.page;

    return &page->sint_event_ring[SINT];
}

static int pending(struct hv_vp *target)
{
    hv_interrupt_poll(target, fake.tsc);
    return hv_interrupt_view(target)->vector;
}

static bool told(struct hv_vp *target)
{
    const struct hv_message *slot = slot_of(target);
    bool is_told = slot->header.message_type == HvMessageTypeSynicSintIntercept;

    if (is_told) {
        ck_assert_uint_eq(slot->header.payload_size, 4);
        ck_assert_uint_eq(slot->payload[0], SINT);
        empty_slot(target);
    }
    return is_told;
}

static hv_status notify(uint64_t sint)
{
    return (hv_status)fake_hypercall(root_vp, HvCallNotifyRingEmpty | HV_HYPERCALL_FAST, sint, 0);
}

START_TEST(a_store_rings_and_goes_on)
{
    hang(PORT, BELL, 0, ANY);
    ck_assert(stores(BELL, 2, 3));
    ck_assert_uint_eq(ring(root_vp)->data[0], PORT);
    ck_assert_uint_eq(ring(root_vp)->data[1], 0);
    ck_assert(told(root_vp));
    ck_assert_int_eq(pending(root_vp), MESSAGES);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
    ck_assert_uint_eq(atomic_load(&vp->suspended), 0);
}
END_TEST

START_TEST(a_sint_that_is_no_intercept_interrupts)
{
    write_msr(root_vp, HV_X64_MSR_SINT0 + SINT, VECTOR);
    hang(PORT, BELL, 0, ANY);
    ck_assert(stores(BELL, 4, 3));
    ck_assert_int_eq(pending(root_vp), VECTOR);
    ck_assert(!told(root_vp));
}
END_TEST

START_TEST(size_and_value_decide)
{
    static const struct {
        uint64_t flags, value;
        unsigned size;
        uint64_t stored;
        bool rings;
    } cases[] = {
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_BYTE, 7, 1, 0xFF07, true },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_BYTE, 7, 1, 8, false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_BYTE, 7, 2, 7, false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_WORD, 0x1234, 2, 0x991234, true },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_WORD, 0x1234, 4, 0x1234, false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD, 0x12345678, 4, 0x9912345678, true },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD, 0x12345678, 8, 0x12345678, false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_QWORD, UINT64_MAX, 8, UINT64_MAX, true },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_QWORD, UINT64_MAX, 4, UINT64_MAX, false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_ANY, 5, 1, 5, true },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_ANY, 5, 8, 5, true },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_ANY, 5, 8, 6, false },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_WORD | HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE, 5, 2, 6, true },
        { HV_DOORBELL_FLAG_TRIGGER_SIZE_WORD | HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE, 5, 1, 5, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t id = PORT + (uint32_t)i;
        uint64_t gpa = BELL + 64 * i;

        hang(id, gpa, cases[i].value, cases[i].flags);
        ck_assert_msg(stores(gpa, cases[i].size, cases[i].stored) == cases[i].rings, "case %zu", i);
    }
}
END_TEST

START_TEST(an_immediate_and_a_high_byte_are_values)
{
    static const uint8_t immediate[] = { 0xC6, 0x03, 0x2A }; /* MOV BYTE [RBX], 2Ah */
    static const uint8_t negative[] = { 0x48, 0xC7, 0x03, 0xFF, 0xFF, 0xFF, 0xFF };
    static const uint8_t high[] = { 0x88, 0x23 }; /* MOV [RBX], AH */

    hang(PORT, BELL, 0x2A, HV_DOORBELL_FLAG_TRIGGER_SIZE_BYTE);
    hang(PORT + 1, BELL, UINT64_MAX, HV_DOORBELL_FLAG_TRIGGER_SIZE_QWORD);
    fake_vp(vp)->gprs.gpr[HV_GPR_RBX] = BELL;
    fake_vp(vp)->gprs.gpr[HV_GPR_RAX] = 0x2A00;
    ck_assert(rings(BELL, immediate, sizeof(immediate)));
    ck_assert(rings(BELL, high, sizeof(high)));
    ck_assert(rings(BELL, negative, sizeof(negative)));
    ck_assert_uint_eq(ring(root_vp)->data[0], PORT);
    ck_assert_uint_eq(ring(root_vp)->data[1], PORT);
    ck_assert_uint_eq(ring(root_vp)->data[2], PORT + 1);
}
END_TEST

START_TEST(other_addresses_and_instructions_are_the_parents)
{
    static const uint8_t exchange[] = { 0x87, 0x03 }; /* XCHG [RBX], EAX */
    static const uint8_t string[] = { 0xAB };         /* STOSD */
    static const uint8_t load[] = { 0x8B, 0x03 };     /* MOV EAX, [RBX] */
    static const uint8_t adding[] = { 0x01, 0x03 };   /* ADD [RBX], EAX */
    struct hv_exit exit;

    hang(PORT, BELL, 0, ANY);
    ck_assert(!stores(BELL + 1, 1, 0));
    ck_assert(!stores(BELL - 1, 1, 0));
    ck_assert(!stores(BELL + HV_PAGE_SIZE, 1, 0));
    fake_vp(vp)->gprs.gpr[HV_GPR_RBX] = BELL;
    fake_vp(vp)->gprs.gpr[HV_GPR_RDI] = BELL;
    ck_assert(!rings(BELL, exchange, sizeof(exchange)));
    ck_assert(!rings(BELL, string, sizeof(string)));
    ck_assert(!rings(BELL, adding, sizeof(adding)));
    ck_assert(!rings(BELL, load, 1)); /* half of it */
    exit = store_exit(BELL, load, sizeof(load));
    exit.memory.access = HV_ACCESS_READ;
    ck_assert_int_eq(run_exit(vp, &exit), HV_DISPOSITION_SUSPEND);
    resume();
    exit = store_exit(BELL, "\x89\x03", 2);
    exit.memory.page_walk = true;
    ck_assert_int_eq(run_exit(vp, &exit), HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(ring(root_vp)->data[0], 0);
}
END_TEST

/* It faults at the first byte of the second page, where the doorbell is. */
START_TEST(a_store_that_begins_in_the_page_before_is_another_one)
{
    static const uint8_t code[] = { 0x89, 0x03 };
    uint64_t gpa = BELL & ~(uint64_t)(HV_PAGE_SIZE - 1);

    hang(PORT, gpa, 0, ANY);
    fake_vp(vp)->gprs.gpr[HV_GPR_RBX] = gpa - 2;
    ck_assert(!rings(gpa, code, sizeof(code)));
    fake_vp(vp)->gprs.gpr[HV_GPR_RBX] = gpa;
    ck_assert(rings(gpa, code, sizeof(code)));
}
END_TEST

START_TEST(a_segments_base_counts)
{
    static const uint8_t through_fs[] = { 0x64, 0x89, 0x03 };
    struct hv_register128 value = { .low = 0x18 };

    hang(PORT, BELL, 0, ANY);
    ck_assert_uint_eq(fake.platform.cpu.set_register(&fake, vp, HvX64RegisterFs, &value),
                      HV_STATUS_SUCCESS);
    fake_vp(vp)->gprs.gpr[HV_GPR_RBX] = BELL - 0x18;
    ck_assert(rings(BELL, through_fs, sizeof(through_fs)));
    fake_vp(vp)->gprs.gpr[HV_GPR_RBX] = BELL;
    ck_assert(!rings(BELL, through_fs, sizeof(through_fs)));
}
END_TEST

START_TEST(memory_that_may_be_written_does_not_ring)
{
    struct hv_exit exit = store_exit(0x3000, "\x89\x03", 2);

    fake_vp(vp)->gprs.gpr[HV_GPR_RBX] = 0x3000;
    hang(PORT, 0x3000, 0, ANY);
    /* The access is tried again. */
    ck_assert_int_eq(run_exit(vp, &exit), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, 0x1000);
    ck_assert_uint_eq(ring(root_vp)->data[0], 0);
    ck_assert_uint_eq(hv_address_protect(child, 3, 1, HV_ACCESS_READ), HV_STATUS_SUCCESS);
    ck_assert(stores(0x3000, 4, 0));
    ck_assert_uint_eq(ring(root_vp)->data[0], PORT);
}
END_TEST

START_TEST(a_doorbell_that_nobody_hears_is_the_parents)
{
    hang(PORT, BELL, 0, ANY);
    write_msr(root_vp, HV_X64_MSR_SIRBP, 0);
    ck_assert(!stores(BELL, 4, 0));
    enable_ring(root_vp, VECTOR | HV_X64_MSR_SINT_MASKED);
    ck_assert(!stores(BELL, 4, 0));
    write_msr(root_vp, HV_X64_MSR_SINT0 + SINT, VECTOR | HV_X64_MSR_SINT_AS_INTERCEPT);
    write_msr(root_vp, HV_X64_MSR_SIMP, 0);
    ck_assert(!stores(BELL, 4, 0));
    write_msr(root_vp, HV_X64_MSR_SINT0 + SINT, VECTOR);
    ck_assert(stores(BELL, 4, 0));
    write_msr(root_vp, HV_X64_MSR_SCONTROL, 0);
    ck_assert(!stores(BELL, 4, 0));
}
END_TEST

START_TEST(the_vp_that_is_named_or_one_that_listens)
{
    hang(PORT, BELL, 0, ANY);
    ck_assert_uint_eq(create(PORT + 1, SINT, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(PORT + 1, BELL + 8, 0, ANY), HV_STATUS_SUCCESS);
    ck_assert(!stores(BELL + 8, 4, 0));
    enable_ring(other_root_vp, VECTOR | HV_X64_MSR_SINT_AS_INTERCEPT);
    ck_assert(stores(BELL + 8, 4, 0));
    ck_assert_uint_eq(ring(other_root_vp)->data[0], PORT + 1);
    ck_assert(told(other_root_vp));
    write_msr(root_vp, HV_X64_MSR_SIRBP, 0);
    ck_assert(stores(BELL, 4, 0));
    ck_assert_uint_eq(ring(other_root_vp)->data[1], PORT);
    ck_assert(told(other_root_vp));
    ck_assert_uint_eq(ring(root_vp)->data[0], 0);
}
END_TEST

/* ---- The ring ---- */

/* As Linux reads it. */
static unsigned drain(unsigned *tail, uint32_t expected)
{
    struct hv_synic_event_ring *source = ring(root_vp);
    unsigned count = 0;

    source->signal_masked = 1;
    while (source->data[*tail] != 0) {
        ck_assert_uint_eq(source->data[*tail], expected);
        source->data[*tail] = 0;
        *tail = (*tail + 1) % SLOTS;
        count++;
    }
    source->signal_masked = 0;
    return count;
}

START_TEST(one_message_tells_of_all_until_the_guest_wants_another)
{
    unsigned tail = 0;

    hang(PORT, BELL, 0, ANY);
    for (unsigned round = 0; round < 30; round++) {
        ck_assert(stores(BELL, 4, 0));
        ck_assert(told(root_vp));
        ring(root_vp)->signal_masked = 1;
        for (unsigned i = 0; i < 4; i++)
            ck_assert(stores(BELL, 4, 0));
        ck_assert(!told(root_vp));
        ck_assert_uint_eq(drain(&tail, PORT), 5);
    }
}
END_TEST

START_TEST(a_full_ring_keeps_one_of_each_that_rings)
{
    unsigned tail = 0;

    hang(PORT, BELL, 0, ANY);
    hang(PORT + 1, BELL + 8, 0, ANY);
    hang(PORT + 2, BELL + 16, 0, ANY);
    for (unsigned i = 0; i < SLOTS; i++) {
        ck_assert(stores(BELL, 4, 0));
        ck_assert_uint_eq(ring(root_vp)->ring_full, 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(stores(BELL + 8, 4, 0));
        ck_assert(stores(BELL + 16, 4, 0));
    }
    ck_assert_uint_eq(ring(root_vp)->ring_full, 1);
    ring(root_vp)->ring_full = 0;
    ck_assert_uint_eq(drain(&tail, PORT), SLOTS);
    while (told(root_vp))
        ;
    ck_assert_uint_eq(notify(SINT), HV_STATUS_SUCCESS);
    ck_assert(told(root_vp));
    ck_assert_uint_eq(ring(root_vp)->data[0], PORT + 1);
    ck_assert_uint_eq(ring(root_vp)->data[1], PORT + 2);
    ck_assert_uint_eq(ring(root_vp)->data[2], 0);
    ck_assert_uint_eq(ring(root_vp)->ring_full, 0);
    /* And they can ring again. */
    ck_assert(stores(BELL + 8, 4, 0));
    ck_assert_uint_eq(ring(root_vp)->data[2], PORT + 1);
}
END_TEST

START_TEST(what_waits_goes_in_before_what_rings_later)
{
    unsigned tail = 0;

    hang(PORT, BELL, 0, ANY);
    hang(PORT + 1, BELL + 8, 0, ANY);
    for (unsigned i = 0; i < SLOTS; i++)
        ck_assert(stores(BELL, 4, 0));
    ck_assert(stores(BELL + 8, 4, 0));
    ck_assert_uint_eq(drain(&tail, PORT), SLOTS);
    ck_assert(stores(BELL, 4, 0));
    ck_assert_uint_eq(ring(root_vp)->data[0], PORT + 1);
    ck_assert_uint_eq(ring(root_vp)->data[1], PORT);
}
END_TEST

START_TEST(a_ring_that_is_empty_already_has_nothing_to_add)
{
    ck_assert_uint_eq(notify(SINT), HV_STATUS_SUCCESS);
    ck_assert(!told(root_vp));
    ck_assert_uint_eq(notify(16), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(notify(UINT64_C(1) << 32), HV_STATUS_INVALID_PARAMETER);
    root->features.privileges &= ~HV_PRIVILEGE_CpuManagement;
    ck_assert_uint_eq(notify(SINT), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(a_port_that_waits_may_be_deleted)
{
    size_t unused = hv_partition_available(root);
    const struct hv_input_delete_port input = { root->id, PORT + 1, 0 };
    unsigned tail = 0;

    hang(PORT, BELL, 0, ANY);
    hang(PORT + 1, BELL + 8, 0, ANY);
    for (unsigned i = 0; i < SLOTS; i++)
        ck_assert(stores(BELL, 4, 0));
    ck_assert(stores(BELL + 8, 4, 0));
    ck_assert_uint_eq(simple(HvCallDeletePort, &input, sizeof(input)), HV_STATUS_SUCCESS);
    ck_assert(!stores(BELL + 8, 4, 0));
    ck_assert_uint_eq(drain(&tail, PORT), SLOTS);
    ck_assert_uint_eq(notify(SINT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(ring(root_vp)->data[0], 0);
    ck_assert_uint_eq(hv_partition_available(root), unused - 1);
}
END_TEST

START_TEST(a_reset_forgets_what_waits)
{
    size_t unused = hv_partition_available(root);
    const struct hv_input_delete_port input = { root->id, PORT, 0 };

    hang(PORT, BELL, 0, ANY);
    for (unsigned i = 0; i <= SLOTS; i++)
        ck_assert(stores(BELL, 4, 0));
    ck_assert_uint_eq(simple(HvCallDeletePort, &input, sizeof(input)), HV_STATUS_SUCCESS);
    ck_assert_uint_lt(hv_partition_available(root), unused);
    hv_synic_reset(root_vp);
    ck_assert_uint_eq(hv_partition_available(root), unused);
    enable_messages(root_vp);
    enable_ring(root_vp, VECTOR);
    hang(PORT + 1, BELL, 0, ANY);
    ck_assert(stores(BELL, 4, 0));
    ck_assert_uint_eq(ring(root_vp)->data[0], PORT + 1);
}
END_TEST

/* Linux goes on at its place when its module comes back. */
START_TEST(the_place_in_the_ring_outlasts_its_page)
{
    hang(PORT, BELL, 0, ANY);
    ck_assert(stores(BELL, 4, 0));
    ring(root_vp)->data[0] = 0;
    write_msr(root_vp, HV_X64_MSR_SIRBP, 0);
    enable_ring(root_vp, VECTOR);
    ck_assert(stores(BELL, 4, 0));
    ck_assert_uint_eq(ring(root_vp)->data[0], 0);
    ck_assert_uint_eq(ring(root_vp)->data[1], PORT);
}
END_TEST

START_TEST(messages_of_several_sints_follow_each_other)
{
    struct hv_synic_event_ring_page *page = root_vp->synic.ring_page.page;

    write_msr(root_vp, HV_X64_MSR_SINT0 + 6, VECTOR | HV_X64_MSR_SINT_AS_INTERCEPT);
    hang(PORT, BELL, 0, ANY);
    ck_assert_uint_eq(create(PORT + 1, 6, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(PORT + 1, BELL + 8, 0, ANY), HV_STATUS_SUCCESS);
    intercept(vp);
    resume();
    /* Behind the message of the intercept. */
    ck_assert(stores(BELL + 8, 4, 0));
    ck_assert(stores(BELL, 4, 0));
    ck_assert(stores(BELL, 4, 0));
    ck_assert_uint_eq(page->sint_event_ring[6].data[0], PORT + 1);
    empty_slot(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->payload[0], 6);
    empty_slot(root_vp);
    ck_assert(told(root_vp));
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
}
END_TEST

/* ---- Ports and connections ---- */

START_TEST(what_is_no_doorbell_is_refused)
{
    const uint64_t end = UINT64_C(1) << 36;

    ck_assert_uint_eq(create(0, SINT, HV_ANY_VP), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(create(PORT, 0, HV_ANY_VP), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(create(PORT, SINT, 2), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(create(PORT, SINT, HV_ANY_VP), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(PORT, BELL, 0, 5), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(connect(PORT, BELL, 0, 8), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(connect(PORT, BELL, 0, UINT64_C(1) << 32), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(connect(PORT, end, 0, ANY), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(connect(PORT, 0x1FFD, 0, HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(connect(PORT, 0x1FFC, 0, HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD),
                      HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_doorbell_is_neither_for_messages_nor_for_events)
{
    const struct hv_input_signal_event event = { .connection_id = LINE + PORT };
    const struct hv_input_post_message message = { .connection_id = LINE + PORT,
                                                   .message_type = 1 };
    struct hv_hypercall_call call = { .vp = vp, .header = &event };

    hang(PORT, BELL, 0, ANY);
    ck_assert_uint_eq(hv_hypercall_signal_event(&call), HV_STATUS_INVALID_PORT_ID);
    call.header = &message;
    ck_assert_uint_eq(hv_hypercall_post_message(&call), HV_STATUS_INVALID_PORT_ID);
}
END_TEST

START_TEST(a_connection_that_ends_does_not_ring_any_more)
{
    const struct hv_input_disconnect_port input = { child->id, LINE + PORT,
                                                    HV_DISCONNECT_PORT_IS_DOORBELL };

    hang(PORT, BELL, 0, ANY);
    hang(PORT + 1, BELL, 0, HV_DOORBELL_FLAG_TRIGGER_SIZE_BYTE);
    ck_assert_uint_eq(simple(HvCallDisconnectPort, &input, sizeof(input)), HV_STATUS_SUCCESS);
    ck_assert(!stores(BELL, 4, 0));
    ck_assert(stores(BELL, 1, 0));
    ck_assert_uint_eq(ring(root_vp)->data[0], PORT + 1);
    ck_assert_uint_eq(connect(PORT, BELL, 0, ANY), HV_STATUS_SUCCESS);
    ck_assert(stores(BELL, 4, 0));
}
END_TEST

START_TEST(without_a_hierarchy_there_are_no_rings)
{
    struct hv_partition_config config = {
        .id = 9, .privileges = UINT64_MAX, .max_vps = 1, .gpa_bits = 36
    };
    struct hv_partition *alone;
    struct hv_vp *its_vp;
    uint64_t pages[32], value;
    size_t count = hv_partition_pages(&config) + hv_vp_pages(&config) + 4;

    for (size_t i = 0; i < count; i++)
        ck_assert(fake.platform.pages.alloc(&fake, &pages[i]));
    ck_assert_uint_eq(hv_partition_create(&fake.platform, &config, pages, count, &alone),
                      HV_STATUS_SUCCESS);
    its_vp = fake_vp_create(&fake, alone, 0);
    ck_assert_int_eq(hv_msr_get(its_vp, HV_X64_MSR_SIRBP, &value), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_set(its_vp, HV_X64_MSR_SIRBP, 1), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_get(root_vp, HV_X64_MSR_SIRBP, &value), HV_MSR_OK);
    ck_assert_uint_eq(value, RING_GPA | HV_X64_MSR_PAGE_ENABLE);
}
END_TEST

/* ---- Saved and restored ---- */

#define ROOM 32768

static uint8_t saved[ROOM], saved_vp[ROOM];
static size_t size, size_vp;

static struct hv_partition *find_partition(void *context, uint64_t id)
{
    (void)context;
    return id == child->id ? child : NULL;
}

static void save(void)
{
    ck_assert_uint_eq(hv_partition_save(root, fake.tsc, saved, ROOM, &size), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_vp_save(root_vp, fake.tsc, saved_vp, ROOM, &size_vp), HV_STATUS_SUCCESS);
}

static hv_status restore(void)
{
    const struct hv_restore how = { .tsc = fake.tsc, .find_partition = find_partition };

    for (uint32_t id = PORT; id < PORT + 4; id++)
        (void)hv_port_delete(root, id);
    ck_assert_uint_eq(hv_partition_restore(root, &how, saved, size), HV_STATUS_SUCCESS);
    return hv_vp_restore(root_vp, &how, saved_vp, size_vp);
}

/* The record of the rings, which is the last one. */
static struct hv_record_header *record(void)
{
    size_t at = 0;

    for (;;) {
        struct hv_record_header *header = (void *)(saved_vp + at);

        ck_assert_uint_lt(at, size_vp);
        if (header->component == HV_RECORD_EVENT_RINGS)
            return header;
        at += sizeof(*header) + header->size;
    }
}

static struct hv_event_rings_payload *payload(void)
{
    return (void *)(record() + 1);
}

static struct hv_waiting_doorbell_payload *waiting(unsigned index)
{
    uint8_t *first = (uint8_t *)(payload() + 1) + HV_PAGE_SIZE;

    return (struct hv_waiting_doorbell_payload *)(void *)first + index;
}

static void fill_ring(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        ring(root_vp)->data[i] = 1;
}

/* One in the ring and told; then PORT + 2 and PORT + 1 wait. */
static void ring_three(void)
{
    for (uint32_t i = 0; i < 3; i++)
        hang(PORT + i, BELL + 8 * i, 0, ANY);
    ck_assert(stores(BELL, 4, 0));
    ck_assert(told(root_vp));
    fill_ring();
    ck_assert(stores(BELL + 16, 4, 0));
    ck_assert(stores(BELL + 8, 4, 0));
}

START_TEST(rings_go_on_where_they_were)
{
    uint64_t place = root_vp->synic.sirbp;

    ring_three();
    save();
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(root_vp->synic.sirbp, place);
    ck_assert(root_vp->synic.ring_page.enabled);
    ck_assert_uint_eq(ring(root_vp)->ring_full, 1);
    ck_assert_uint_eq(ring(root_vp)->data[1], 1);
    memset(ring(root_vp)->data, 0, sizeof(ring(root_vp)->data));
    ck_assert_uint_eq(notify(SINT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(ring(root_vp)->data[0], 0);
    ck_assert_uint_eq(ring(root_vp)->data[1], PORT + 2);
    ck_assert_uint_eq(ring(root_vp)->data[2], PORT + 1);
    ck_assert_uint_eq(ring(root_vp)->data[3], 0);
    ck_assert(told(root_vp));
}
END_TEST

/* The guest has something else in the slot. */
START_TEST(what_was_not_told_is_told_after_a_restore)
{
    hang(PORT, BELL, 0, ANY);
    ck_assert(stores(BELL, 4, 0));
    ck_assert(stores(BELL, 4, 0));
    save();
    ck_assert_uint_eq(payload()->signals, 1u << SINT);
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
    ck_assert(told(root_vp));
    write_msr(root_vp, HV_X64_MSR_EOM, 0);
    ck_assert(told(root_vp));
    write_msr(root_vp, HV_X64_MSR_EOM, 0);
    ck_assert(!told(root_vp));
}
END_TEST

START_TEST(doorbells_of_ports_that_are_gone_are_not_saved)
{
    uint32_t bytes;

    ring_three();
    save();
    bytes = record()->size;
    ck_assert_uint_eq(hv_port_delete(root, PORT + 2), HV_STATUS_SUCCESS);
    save();
    ck_assert_uint_eq(record()->size, bytes - sizeof(struct hv_waiting_doorbell_payload));
    ck_assert_uint_eq(waiting(0)->port_id, PORT + 1);
    ck_assert_uint_eq(waiting(0)->sint, SINT);
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(rings_that_can_not_be_are_refused)
{
    ring_three();
    ck_assert_uint_eq(create(PORT + 3, SINT, 1), HV_STATUS_SUCCESS);
    save();
    payload()->head[15] = SLOTS;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PARAMETER);
    payload()->head[15] = SLOTS - 1;
    payload()->signals = 1u << HV_SYNIC_SINT_COUNT;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PARAMETER);
    payload()->signals = 0;
    payload()->zero = 1;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PARAMETER);
    payload()->zero = 0;
    waiting(1)->port_id = PORT + 2; /* twice */
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PORT_ID);
    waiting(1)->port_id = PORT + 3; /* another VP's */
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PORT_ID);
    waiting(1)->port_id = PORT + 4; /* nobody's */
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PORT_ID);
    waiting(1)->port_id = PORT + 1;
    waiting(1)->sint = SINT + 1;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PORT_ID);
    waiting(1)->sint = SINT;
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_vp_with_rings_is_none_without)
{
    save();
    record()->component = HV_RECORD_EVENT_RINGS + 1;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_SAVE_RESTORE_STATE);
    save();
    record()->version = 2;
    ck_assert_uint_eq(restore(), HV_STATUS_FEATURE_UNAVAILABLE);
    save();
    size_vp -= sizeof(struct hv_record_header) + record()->size;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_SAVE_RESTORE_STATE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doorbell");
    TCase *tests = tcase_create("doorbell");

    tcase_add_checked_fixture(tests, begin, child_teardown);
    tcase_add_test(tests, a_store_rings_and_goes_on);
    tcase_add_test(tests, a_sint_that_is_no_intercept_interrupts);
    tcase_add_test(tests, size_and_value_decide);
    tcase_add_test(tests, an_immediate_and_a_high_byte_are_values);
    tcase_add_test(tests, other_addresses_and_instructions_are_the_parents);
    tcase_add_test(tests, a_store_that_begins_in_the_page_before_is_another_one);
    tcase_add_test(tests, a_segments_base_counts);
    tcase_add_test(tests, memory_that_may_be_written_does_not_ring);
    tcase_add_test(tests, a_doorbell_that_nobody_hears_is_the_parents);
    tcase_add_test(tests, the_vp_that_is_named_or_one_that_listens);
    tcase_add_test(tests, one_message_tells_of_all_until_the_guest_wants_another);
    tcase_add_test(tests, a_full_ring_keeps_one_of_each_that_rings);
    tcase_add_test(tests, what_waits_goes_in_before_what_rings_later);
    tcase_add_test(tests, a_ring_that_is_empty_already_has_nothing_to_add);
    tcase_add_test(tests, a_port_that_waits_may_be_deleted);
    tcase_add_test(tests, a_reset_forgets_what_waits);
    tcase_add_test(tests, the_place_in_the_ring_outlasts_its_page);
    tcase_add_test(tests, messages_of_several_sints_follow_each_other);
    tcase_add_test(tests, what_is_no_doorbell_is_refused);
    tcase_add_test(tests, a_doorbell_is_neither_for_messages_nor_for_events);
    tcase_add_test(tests, a_connection_that_ends_does_not_ring_any_more);
    tcase_add_test(tests, without_a_hierarchy_there_are_no_rings);
    tcase_add_test(tests, rings_go_on_where_they_were);
    tcase_add_test(tests, what_was_not_told_is_told_after_a_restore);
    tcase_add_test(tests, doorbells_of_ports_that_are_gone_are_not_saved);
    tcase_add_test(tests, rings_that_can_not_be_are_refused);
    tcase_add_test(tests, a_vp_with_rings_is_none_without);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
