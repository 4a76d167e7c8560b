/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * SynIC, synthetic timers, ports and connections of two VPs under any sequence of what guests and
 * an embedder do, on a clock that the input turns. A reference (synic_reference.h) keeps account
 * of what was sent and asked for; what a guest sees must agree with it after each step.
 *
 * Input: operations of 12 bytes; see struct operation.
 */
#include <hv/interrupt.h>
#include <hv/port.h>

#include "fuzz.h"
#include "hypercall.h"
#include "synic_reference.h"

#define MAX_OPERATIONS 250
#define FIRST_PAGE     16u /* GPA page numbers of the four places for SynIC pages */
#define TYPE           7u  /* of messages */

struct operation {
    uint8_t kind;
    uint8_t where;  /* bit 7: the VP; bits 3:0: SINT, port or connection */
    uint16_t small; /* whatever the kind needs */
    uint64_t value;
} __attribute__((packed));

enum operation_kind {
    WRITE_SINT,
    WRITE_CONTROL,
    PLACE_MESSAGES,
    PLACE_FLAGS,
    READ_SLOT,
    EMPTY_SLOT,
    WRITE_EOM,
    POST,
    SIGNAL,
    CLEAR_FLAGS,
    PREPARE,
    POLL,
    ACCEPT,
    END_INTERRUPT,
    WRITE_CONFIG,
    WRITE_COUNT,
    PASS_TIME,
    PASS_TO_DEADLINE,
    CREATE_PORT,
    DELETE_PORT,
    CONNECT,
    DISCONNECT,
    RESET,
    WRITE_ANYTHING,
    KINDS,
};

static struct machine machine;

static bool write_msr(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    CHECK(fake_wrmsr(vp, msr, value) == HV_DISPOSITION_RESUME);
    return !fake_vp(vp)->injected;
}

/* One at which the hypervisor looks at all slots. */
static void write_scanning(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    CHECK(write_msr(vp, msr, value));
    reference_scanned(&machine, vp->index);
}

static void place(struct hv_vp *vp, uint32_t msr, uint16_t small)
{
    uint64_t page = FIRST_PAGE + (small >> 1) % 4;

    write_scanning(vp, msr, page << HV_PAGE_SHIFT | (small & 1));
}

/* ---- Interrupts ---- */

/* Few vectors, so that SINTs share some; small: bits 1:0 of the vector, bits 10:8 the flags. */
static void write_sint(struct hv_vp *vp, unsigned sint, uint16_t small)
{
    uint64_t value = (small & 3u) << 5 | (small >> 2 & 7u);

    value |= (uint64_t)(small >> 8 & 7) << 16;
    CHECK(write_msr(vp, HV_X64_MSR_SINT0 + sint, value) ==
          ((value & HV_X64_MSR_SINT_MASKED) ||
           (value & HV_X64_MSR_SINT_VECTOR_MASK) >= HV_X64_MSR_SINT_VECTOR_FIRST));
}

static void poll(struct hv_vp *vp)
{
    const struct hv_interrupt_view *view = hv_interrupt_view(vp);
    uint64_t now = machine.fake.tsc;

    hv_interrupt_poll(vp, now);
    CHECK(view->current);
    reference_served(&machine, vp->index);
    check(&machine);
    /* What waits is looked at again by itself. */
    if (reference_waits(&machine, vp->index))
        CHECK(view->deadline <= now + machine.fake.platform.facts.tsc_hz / 1000);
}

static bool needs_no_eoi(const struct hv_vp *vp, unsigned vector)
{
    for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++) {
        uint64_t value = vp->synic.sint[sint];

        if ((value & HV_X64_MSR_SINT_AUTO_EOI) && !(value & HV_X64_MSR_SINT_MASKED) &&
            (value & HV_X64_MSR_SINT_VECTOR_MASK) == vector)
            return true;
    }
    return false;
}

static void accept(struct hv_vp *vp)
{
    int vector;

    poll(vp);
    vector = hv_interrupt_view(vp)->vector;
    if (vector == HV_INTERRUPT_NONE)
        return;
    reference_taken(&machine, vp->index, (unsigned)vector);
    hv_interrupt_accept(vp, (uint8_t)vector);
    CHECK(needs_no_eoi(vp, (unsigned)vector) == (hv_apic_in_service(&vp->apic) != vector));
    /* As if the EOI had come at once. */
    if (needs_no_eoi(vp, (unsigned)vector))
        reference_scanned(&machine, vp->index);
}

/* ---- Messages and flags ---- */

static bool is_visible(const _Atomic uint64_t *reg)
{
    return *reg & HV_X64_MSR_PAGE_ENABLE;
}

static void empty_slot(struct hv_vp *vp, unsigned sint)
{
    if (!is_visible(&vp->synic.simp))
        return;
    reference_emptied(&machine, vp->index, sint);
    slot_of(vp, sint)->header.message_type = HvMessageTypeNone;
}

/* As the TLFS asks a guest to do it. */
static void read_slot(struct hv_vp *vp, unsigned sint)
{
    struct hv_message *slot = slot_of(vp, sint);

    if (slot->header.message_type == HvMessageTypeNone)
        return;
    empty_slot(vp, sint);
    if (slot->header.message_flags & HV_MESSAGE_FLAG_PENDING)
        write_scanning(vp, HV_X64_MSR_EOM, 0);
}

static void post(struct hv_vp *vp, const struct operation *operation)
{
    struct hv_input_post_message input = {
        .connection_id = operation->where & 0xF,
        .message_type = TYPE,
        .payload_size = 8 + operation->small % (HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT - 7),
    };
    struct hv_hypercall_call call = { .vp = vp, .header = &input };
    hv_status expected =
        reference_post(&machine, input.connection_id, input.payload_size, &input.payload[0]);
    const struct hv_vp *other = machine.vps[1 - vp->index];
    const struct hv_synic_message *before = other->synic.posts;

    CHECK(hv_hypercall_post_message(&call) == expected);
    /* Taken by a VP that posts to itself: nothing overtakes. */
    if (!hv_synic_has_posts(&vp->synic))
        reference_queued(&machine, vp->index);
    if (expected == HV_STATUS_SUCCESS)
        reference_posted(&machine, vp->index,
                         other->synic.posts == before ? vp->index : other->index);
}

static void signal(struct hv_vp *vp, const struct operation *operation)
{
    struct hv_input_signal_event input = {
        .connection_id = operation->where & 0xF,
        .flag_number = operation->small,
    };
    struct hv_hypercall_call call = { .vp = vp, .header = &input };
    hv_status answer = hv_hypercall_signal_event(&call);

    CHECK(answer == reference_signal(&machine, input.connection_id, input.flag_number, answer));
}

static void clear_flags(struct hv_vp *vp, unsigned sint)
{
    struct hv_synic_event_flags_page *page = vp->synic.event_page.page;

    if (!is_visible(&vp->synic.siefp))
        return;
    memset(&page->sint_event_flags[sint], 0, sizeof(page->sint_event_flags[sint]));
    reference_cleared(&machine, vp->index, sint);
}

/* ---- Timers ---- */

static void write_timer(struct hv_vp *vp, const struct operation *operation, bool count)
{
    unsigned timer = operation->where % HV_STIMERS;
    uint32_t msr = HV_X64_MSR_STIMER0_CONFIG + 2 * timer + count;
    uint64_t value = operation->value;

    if (count && (operation->small & 0x100))
        value = reference_now(&machine) + (value >> operation->small % 64);
    else if (count)
        value >>= operation->small % 64;
    else
        value = operation->small | (value & 0xF) << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT;
    CHECK(write_msr(vp, msr, value) == reference_timer(&machine, vp->index, timer, count, value));
}

static void pass(uint64_t ticks)
{
    /* Less than the reference time can hold, however often. */
    machine.fake.tsc += ticks >> 16;
}

static void pass_to_deadline(struct hv_vp *vp)
{
    poll(vp);
    if (hv_interrupt_view(vp)->deadline < UINT64_C(1) << 60)
        machine.fake.tsc = hv_interrupt_view(vp)->deadline;
    poll(vp);
}

/* ---- Steps ---- */

static void create_port(const struct operation *operation)
{
    uint32_t id = operation->where & 0xF;
    struct hv_port_config config = {
        .type = operation->small & 1 ? HvPortTypeMessage : HvPortTypeEvent,
        .sint = operation->small >> 1 & 0xF,
        .vp_index = operation->small & 0x20 ? HV_ANY_VP : operation->small >> 6 & 1,
        .base_flag = (uint16_t)(operation->value & 0xFFF),
        .flag_count = (uint16_t)(operation->value >> 12 & 0xFF),
    };

    CHECK(hv_port_create(machine.partition, id, &config) ==
          reference_create(&machine, id, &config));
}

/* The registers and pages of INIT; the guest turns its APIC on again. */
static void reset(struct hv_vp *vp)
{
    hv_vp_reset(vp);
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, machine.fake.tsc);
    reference_reset(&machine, vp->index);
}

/* Whatever the value: only #GP or not. The timers have their own operations. */
static void write_anything(struct hv_vp *vp, const struct operation *operation)
{
    static const uint32_t msrs[] = { HV_X64_MSR_SVERSION, HV_X64_MSR_SCONTROL, HV_X64_MSR_EOM };

    write_msr(vp, msrs[operation->small % 3], operation->value);
}

static void control_ports(const struct operation *operation)
{
    uint32_t id = operation->where & 0xF, other = operation->small & 0xF;

    switch (operation->kind % KINDS) {
    case CREATE_PORT:
        create_port(operation);
        break;
    case DELETE_PORT:
        CHECK(hv_port_delete(machine.partition, id) == reference_delete(&machine, id));
        break;
    case CONNECT:
        CHECK(hv_port_connect(machine.partition, id, machine.partition, other) ==
              reference_connect(&machine, id, other));
        break;
    default:
        CHECK(hv_port_disconnect(machine.partition, id) == reference_disconnect(&machine, id));
        break;
    }
}

static void run_guest(struct hv_vp *vp, const struct operation *operation)
{
    unsigned sint = operation->where & 0xF;

    switch (operation->kind % KINDS) {
    case WRITE_SINT:
        write_sint(vp, sint, operation->small);
        break;
    case WRITE_CONTROL:
        write_scanning(vp, HV_X64_MSR_SCONTROL, operation->small & 1);
        break;
    case PLACE_MESSAGES:
        place(vp, HV_X64_MSR_SIMP, operation->small);
        break;
    case PLACE_FLAGS:
        place(vp, HV_X64_MSR_SIEFP, operation->small);
        break;
    case READ_SLOT:
        read_slot(vp, sint);
        break;
    case EMPTY_SLOT:
        empty_slot(vp, sint);
        break;
    case WRITE_EOM:
        write_scanning(vp, HV_X64_MSR_EOM, operation->value);
        break;
    case POST:
        post(vp, operation);
        break;
    case SIGNAL:
        signal(vp, operation);
        break;
    case CLEAR_FLAGS:
        clear_flags(vp, sint);
        break;
    case END_INTERRUPT:
        write_scanning(vp, HV_X64_MSR_EOI, 0);
        break;
    case WRITE_CONFIG:
    case WRITE_COUNT:
        write_timer(vp, operation, operation->kind % KINDS == WRITE_COUNT);
        break;
    default:
        write_anything(vp, operation);
        break;
    }
}

static void run(const struct operation *operation)
{
    struct hv_vp *vp = machine.vps[operation->where >> 7];

    switch (operation->kind % KINDS) {
    case PREPARE:
        hv_vp_prepare(vp);
        reference_prepared(&machine, vp->index);
        break;
    case POLL:
        poll(vp);
        break;
    case ACCEPT:
        accept(vp);
        break;
    case PASS_TIME:
        pass(operation->value >> operation->small % 64);
        break;
    case PASS_TO_DEADLINE:
        pass_to_deadline(vp);
        break;
    case CREATE_PORT:
    case DELETE_PORT:
    case CONNECT:
    case DISCONNECT:
        control_ports(operation);
        break;
    case RESET:
        reset(vp);
        break;
    default:
        run_guest(vp, operation);
        break;
    }
}

/* ---- Beginning and end ---- */

static void turn_on(struct hv_vp *vp)
{
    write_scanning(vp, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    place(vp, HV_X64_MSR_SIMP, (uint16_t)(vp->index * 4 + 1));
    place(vp, HV_X64_MSR_SIEFP, (uint16_t)(vp->index * 4 + 3));
    check(&machine);
}

/* Filling the memory of a new platform takes longer than all else, so all inputs share one. */
static void build(void)
{
    struct fake_platform *fake = &machine.fake;

    if (!fake->memory)
        fake_platform_init(fake);
    memset(fake->taken, 0, sizeof(fake->taken));
    memset(fake_page(fake, 0), 0, FAKE_FIRST_POOL * (size_t)HV_PAGE_SIZE);
    memset(machine.backends, 0, sizeof(machine.backends));
    memset(&machine.reference, 0, sizeof(machine.reference));
    fake->tsc = FAKE_TSC_HZ;
    machine.partition = fake_partition(fake);
    for (unsigned i = 0; i < VPS; i++) {
        CHECK(hv_vp_create(machine.partition, i, i, &machine.backends[i], &machine.vps[i]) ==
              HV_STATUS_SUCCESS);
        hv_apic_write(&machine.vps[i]->apic, HV_APIC_SVR, 0x1FF, fake->tsc);
    }
    reference_begin(&machine);
    for (unsigned i = 0; i < VPS; i++)
        turn_on(machine.vps[i]);
}

/* False when there was nothing. */
static bool read_all(void)
{
    bool any = false;

    for (unsigned i = 0; i < VPS; i++) {
        for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++) {
            any |= slot_of(machine.vps[i], sint)->header.message_type != HvMessageTypeNone;
            read_slot(machine.vps[i], sint);
        }
    }
    return any;
}

/* Both guests read all that there is. */
static void drain(void)
{
    for (unsigned i = 0; i < VPS; i++) {
        struct hv_vp *vp = machine.vps[i];

        turn_on(vp);
        hv_vp_prepare(vp);
        reference_prepared(&machine, i);
        check(&machine);
        poll(vp);
        check(&machine);
    }
    while (read_all())
        check(&machine);
    reference_end(&machine);
}

static void check_memory(size_t before)
{
    for (uint32_t id = 0; id < PORTS; id++) {
        CHECK(hv_port_delete(machine.partition, id) == reference_delete(&machine, id));
        CHECK(hv_port_disconnect(machine.partition, id) == reference_disconnect(&machine, id));
    }
    CHECK(hv_pool_unused(&machine.partition->pool) == before);
}

/* What lasts is taken before: a page of connections, the tables under the overlays. */
static size_t warm_up(void)
{
    const struct hv_port_config config = { .type = HvPortTypeMessage, .sint = 1 };

    CHECK(hv_port_create(machine.partition, 0, &config) == reference_create(&machine, 0, &config));
    CHECK(hv_port_connect(machine.partition, 0, machine.partition, 0) ==
          reference_connect(&machine, 0, 0));
    CHECK(hv_port_delete(machine.partition, 0) == reference_delete(&machine, 0));
    CHECK(hv_port_disconnect(machine.partition, 0) == reference_disconnect(&machine, 0));
    return hv_pool_unused(&machine.partition->pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct operation operation;
    size_t unused;

    build();
    unused = warm_up();
    for (unsigned i = 0; i < MAX_OPERATIONS && size >= sizeof(operation); i++) {
        memcpy(&operation, data, sizeof(operation));
        data += sizeof(operation);
        size -= sizeof(operation);
        run(&operation);
        check(&machine);
    }
    drain();
    check_memory(unused);
    return 0;
}
