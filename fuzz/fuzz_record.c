/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Saved partitions of an enemy. Records of a partition with messages, timers, ports and overlays
 * are changed and restored; whether they are taken or not, the partition is driven on afterwards.
 * What was taken is saved and restored once more, and has to be the same then.
 *
 * Input: one byte with the state that is saved, one with what is raw; then changes of the records,
 * a struct each, or the raw bytes of one piece.
 */
#include <stdlib.h>
#include <string.h>

#include <hv/interrupt.h>
#include <hv/port.h>

#include "component.h"
#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"
#include "hypercall.h"

#define VPS         2
#define PIECES      (VPS + 1) /* the VPs' and the partition's */
#define PIECE_SIZE  0x8000
#define SINT        3
#define PORT        5
#define CONNECTION  6
#define MONITOR_GPA UINT64_C(0x40000)
#define PEER_PORT   0x20              /* the first of the peer's */
#define CALLED_PORT 0x30              /* the first that the peer may connect to */
#define CALLED_LINE 0x40              /* the first connection to the peer */
#define CALLED_GPA  UINT64_C(0x50000) /* of the monitor page that was made by a call */
#define PEER_PAGES  32                /* to spare */
#define TICK        (FAKE_TSC_HZ / 10000000)
#define OTHER_TSC   UINT64_C(123456789)

/* What the saved partition is doing. */
enum state {
    STATE_SYNIC = 1 << 0,
    STATE_MESSAGES = 1 << 1,
    STATE_DELETED_PORT = 1 << 2,
    STATE_TIMERS = 1 << 3,
    STATE_PAGES = 1 << 4,
    STATE_APIC = 1 << 5,
    STATE_CALLS = 1 << 6, /* ports and connections made by hypercalls */
    STATE_RINGS = 1 << 7, /* with those: doorbells ring and wait */
    STATES = 1 << 8,
};

enum raw {
    RAW_PARTITION = 1,
    RAW_VP = 2,
};

enum change_kind {
    CHANGE_PAYLOAD, /* a field of a record */
    CHANGE_HEADER,  /* of a record */
    CHANGE_CUT,     /* the piece ends there */
    CHANGE_REMOVE,  /* bytes of the piece */
    CHANGE_DOUBLE,  /* bytes of the piece */
    CHANGE_KINDS,
};

struct __attribute__((packed)) change {
    uint8_t kind;
    uint8_t piece;
    uint8_t record; /* which of the piece */
    uint8_t size;   /* of the value */
    uint16_t offset;
    uint64_t value;
};

struct machine {
    struct fake_platform fake;
    struct fake_vp backends[VPS];
    struct hv_partition *partition;
    struct hv_partition *peer; /* a child of it, that nothing is done with */
    struct hv_vp *vps[VPS];
};

struct piece {
    uint8_t bytes[PIECE_SIZE];
    size_t size;
};

static struct machine source, target;

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* ---- Machines; made once, with a new partition for each input ---- */

/* What there is to be made by a call: one port of each kind. */
static struct hv_port_plan plan_of(uint32_t type, uint64_t sender_id, uint64_t monitor_gpa)
{
    struct hv_port_plan plan = { .config = { .type = type }, .sender_id = sender_id };

    if (type == HvPortTypeMonitor)
        plan.monitor_gpa = monitor_gpa;
    else
        plan.config = (struct hv_port_config){ .type = type, .sint = SINT, .vp_index = HV_ANY_VP };
    plan.config.flag_count = type == HvPortTypeEvent ? 9 : 0;
    return plan;
}

static const uint32_t types[] = { HvPortTypeMessage, HvPortTypeEvent, HvPortTypeMonitor,
                                  HvPortTypeDoorbell };

static void make_called_ports(struct hv_partition *owner, uint32_t first, uint64_t sender_id)
{
    for (uint32_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct hv_port_plan plan = plan_of(types[i], sender_id, CALLED_GPA);

        must(hv_port_add(owner, first + i, &plan) == HV_STATUS_SUCCESS);
    }
}

static void make_called_connections(struct machine *machine)
{
    for (uint32_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct hv_connection_plan plan = {
            .doorbell = { .gpa = 0x1230, .value = 7, .flags = HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD },
            .monitor_gpa = CALLED_GPA + HV_PAGE_SIZE,
        };
        struct hv_port *port =
            hv_port_claim(machine->peer, PEER_PORT + i, machine->partition->id, CALLED_LINE + i);

        must(port && hv_connection_begin(machine->partition, CALLED_LINE + i, port, &plan) ==
                         HV_STATUS_SUCCESS);
    }
}

static void add_peer(struct machine *machine)
{
    const struct hv_partition_config config = { .id = 2, .max_vps = 4, .gpa_bits = 36 };
    const struct hv_page_ops *ops = &machine->fake.platform.pages;
    uint64_t pages[FAKE_PAGES];
    size_t count = hv_partition_pages(&config) + PEER_PAGES;

    for (size_t i = 0; i < count; i++)
        must(ops->alloc(ops->context, &pages[i]));
    must(hv_partition_create(&machine->fake.platform, &config, pages, count, &machine->peer) ==
         HV_STATUS_SUCCESS);
    hv_hierarchy_add(machine->partition, machine->peer);
    atomic_store(&machine->peer->lineage.state, HV_PARTITION_ACTIVE);
    make_called_ports(machine->peer, PEER_PORT, machine->partition->id);
}

static void build(struct machine *machine, uint64_t tsc)
{
    if (!machine->fake.memory)
        fake_platform_init(&machine->fake);
    free(machine->fake.frames);
    machine->fake.frames = NULL;
    memset(machine->fake.taken, 0, sizeof(machine->fake.taken));
    memset(machine->backends, 0, sizeof(machine->backends));
    machine->fake.tsc = tsc;
    machine->partition = fake_root(&machine->fake);
    for (uint32_t i = 0; i < VPS; i++)
        must(hv_vp_create(machine->partition, i, i, &machine->backends[i], &machine->vps[i]) ==
             HV_STATUS_SUCCESS);
    add_peer(machine);
}

static void write_msr(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    must(hv_msr_set(vp, msr, value) == HV_MSR_OK);
}

static void post_messages(struct machine *machine)
{
    struct hv_input_post_message input = { .connection_id = CONNECTION,
                                           .message_type = 1,
                                           .payload_size = 8 };
    struct hv_hypercall_call call = { .vp = machine->vps[0], .header = &input };

    for (; input.payload[0] < 4; input.payload[0]++)
        hv_hypercall_post_message(&call);
}

static void make_ports(struct machine *machine, unsigned state)
{
    const struct hv_port_config messages = { .type = HvPortTypeMessage, .sint = SINT };
    const struct hv_port_config events = {
        .type = HvPortTypeEvent, .sint = SINT, .vp_index = 1, .flag_count = 9
    };
    const struct hv_port_config monitor = { .type = HvPortTypeMonitor };

    must(hv_port_create(machine->partition, PORT, &messages) == HV_STATUS_SUCCESS);
    must(hv_port_create(machine->partition, PORT + 1, &events) == HV_STATUS_SUCCESS);
    must(hv_port_connect(machine->partition, CONNECTION, machine->partition, PORT) ==
         HV_STATUS_SUCCESS);
    must(hv_port_connect(machine->partition, CONNECTION + 1, machine->partition, PORT + 1) ==
         HV_STATUS_SUCCESS);
    must(hv_port_create(machine->partition, PORT + 2, &monitor) == HV_STATUS_SUCCESS);
    must(hv_port_connect_monitor(machine->partition, CONNECTION + 2, machine->partition, PORT + 2,
                                 MONITOR_GPA) == HV_STATUS_SUCCESS);
    post_messages(machine);
    if (state & STATE_DELETED_PORT)
        must(hv_port_delete(machine->partition, PORT) == HV_STATUS_SUCCESS);
}

static void start_timers(struct hv_vp *vp)
{
    const uint64_t on = HV_X64_MSR_STIMER_CONFIG_ENABLE;
    const uint64_t sint = (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT;
    const uint64_t configs[] = { on | sint, on | sint | HV_X64_MSR_STIMER_CONFIG_PERIODIC,
                                 on | HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0x700,
                                 on | sint | HV_X64_MSR_STIMER_CONFIG_LAZY |
                                     HV_X64_MSR_STIMER_CONFIG_PERIODIC };

    for (uint32_t i = 0; i < 4; i++) {
        write_msr(vp, HV_X64_MSR_STIMER0_CONFIG + 2 * i, configs[i]);
        write_msr(vp, HV_X64_MSR_STIMER0_COUNT + 2 * i, 1000 * (i + 1));
    }
    write_msr(vp, HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG,
              HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_ENABLED | 0x71);
    write_msr(vp, HV_X64_MSR_STIME_UNHALTED_TIMER_COUNT, 1000);
    hv_vp_account_start(vp, hv_now(vp->partition));
}

static void place_pages(struct machine *machine)
{
    write_msr(machine->vps[0], HV_X64_MSR_GUEST_OS_ID, 1);
    write_msr(machine->vps[0], HV_X64_MSR_HYPERCALL, 0x1001);
    write_msr(machine->vps[0], HV_X64_MSR_REFERENCE_TSC, 0x2001);
    write_msr(machine->vps[0], HV_X64_MSR_VP_ASSIST_PAGE, 0x2001);
    write_msr(machine->vps[1], HV_X64_MSR_STATS_VP_RETAIL_PAGE, UINT64_C(0x8000000001));
}

static void use_apic(struct hv_vp *vp, uint64_t now)
{
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, now);
    hv_apic_write(&vp->apic, HV_APIC_LVT_TIMER, 1u << 17 | 0x90, now);
    hv_apic_write(&vp->apic, HV_APIC_INITIAL_COUNT, 5000, now);
    hv_interrupt_post(vp, 0x91, true);
    hv_interrupt_post_event(vp, HV_INTERRUPT_NMI, 0);
}

/* One rings twice and finds a place once, since the guest has not emptied the next one. */
static void ring_doorbells(struct machine *machine)
{
    struct hv_vp *vp = machine->vps[0];
    struct hv_port *port = hv_port_find(machine->partition, CALLED_PORT + 3);
    struct hv_synic_event_ring_page *page = vp->synic.ring_page.page;

    must(port != NULL);
    write_msr(vp, HV_X64_MSR_SIRBP, 0x9001);
    write_msr(vp, HV_X64_MSR_SINT0 + SINT, 0x40 | HV_X64_MSR_SINT_AS_INTERCEPT);
    page->sint_event_ring[SINT].data[1] = 1;
    hv_event_ring_signal(vp, vp, port);
    hv_event_ring_signal(vp, vp, port);
    must(port->waiting);
    hv_port_drop(port);
}

static void make_state(struct machine *machine, unsigned state)
{
    build(machine, FAKE_TSC_HZ);
    if (state & STATE_SYNIC)
        for (uint32_t i = 0; i < VPS; i++) {
            write_msr(machine->vps[i], HV_X64_MSR_SCONTROL, 1);
            write_msr(machine->vps[i], HV_X64_MSR_SIMP, 0x5001 + 0x2000 * i);
            write_msr(machine->vps[i], HV_X64_MSR_SIEFP, 0x6001 + 0x2000 * i);
            write_msr(machine->vps[i], HV_X64_MSR_SINT0 + SINT, 0x40);
        }
    if (state & STATE_APIC)
        use_apic(machine->vps[0], machine->fake.tsc);
    if (state & STATE_MESSAGES)
        make_ports(machine, state);
    if (state & STATE_CALLS) {
        make_called_ports(machine->partition, CALLED_PORT, machine->peer->id);
        make_called_connections(machine);
    }
    if ((state & STATE_RINGS) && (state & STATE_CALLS))
        ring_doorbells(machine);
    if (state & STATE_TIMERS)
        start_timers(machine->vps[0]);
    if (state & STATE_PAGES)
        place_pages(machine);
    machine->fake.tsc += 1500 * TICK;
    hv_interrupt_poll(machine->vps[0], machine->fake.tsc);
}

/* ---- Pieces ---- */

static void save(struct machine *machine, struct piece *pieces)
{
    uint64_t tsc = machine->fake.tsc;

    must(hv_partition_save(machine->partition, tsc, pieces[VPS].bytes, PIECE_SIZE,
                           &pieces[VPS].size) == HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < VPS; i++)
        must(hv_vp_save(machine->vps[i], tsc, pieces[i].bytes, PIECE_SIZE, &pieces[i].size) ==
             HV_STATUS_SUCCESS);
}

static struct hv_partition *find_partition(void *context, uint64_t id)
{
    const struct machine *machine = context;

    return id == machine->peer->id ? machine->peer : NULL;
}

/* As a first buffer: right behind its end lies what must not be touched. */
static hv_status restore_piece(struct machine *machine, const struct piece *piece, unsigned index)
{
    const struct hv_restore restore = { .tsc = machine->fake.tsc,
                                        .find_partition = find_partition,
                                        .context = machine };
    uint8_t *exact = malloc(piece->size + 1);
    hv_status status;

    memcpy(exact, piece->bytes, piece->size);
    status = index == VPS ? hv_partition_restore(machine->partition, &restore, exact, piece->size)
                          : hv_vp_restore(machine->vps[index], &restore, exact, piece->size);
    free(exact);
    return status;
}

static bool restore(struct machine *machine, const struct piece *pieces)
{
    bool taken = restore_piece(machine, &pieces[VPS], VPS) == HV_STATUS_SUCCESS;

    for (unsigned i = 0; i < VPS; i++)
        taken &= restore_piece(machine, &pieces[i], i) == HV_STATUS_SUCCESS;
    return taken;
}

/* Where the record begins, as far as the headers can be followed. */
static size_t find(const struct piece *piece, unsigned record)
{
    struct hv_record_header header;
    size_t at = 0;

    for (unsigned i = 0; i < record % 10; i++) {
        if (piece->size < sizeof(header) || at > piece->size - sizeof(header))
            return 0;
        memcpy(&header, piece->bytes + at, sizeof(header));
        if (header.size > piece->size - at - sizeof(header))
            return 0;
        at += sizeof(header) + header.size;
    }
    return at;
}

static void set(struct piece *piece, size_t at, const struct change *change)
{
    size_t size = 1u << change->size % 4;

    if (at <= piece->size && size <= piece->size - at)
        memcpy(piece->bytes + at, &change->value, size);
}

static void apply(struct piece *pieces, const struct change *change)
{
    struct piece *piece = &pieces[change->piece % PIECES];
    size_t record = find(piece, change->record), at = record + change->offset;
    size_t count = (uint16_t)change->value;

    switch ((enum change_kind)(change->kind % CHANGE_KINDS)) {
    case CHANGE_PAYLOAD:
        set(piece, at + sizeof(struct hv_record_header), change);
        break;
    case CHANGE_HEADER:
        set(piece, record + change->offset % sizeof(struct hv_record_header), change);
        break;
    case CHANGE_CUT:
        if (at < piece->size)
            piece->size = at;
        break;
    case CHANGE_REMOVE:
        if (at > piece->size || count > piece->size - at)
            break;
        memmove(piece->bytes + at, piece->bytes + at + count, piece->size - at - count);
        piece->size -= count;
        break;
    case CHANGE_DOUBLE:
        if (at > piece->size || count > piece->size - at || count > PIECE_SIZE - piece->size)
            break;
        memmove(piece->bytes + at + count, piece->bytes + at, piece->size - at);
        piece->size += count;
        break;
    case CHANGE_KINDS:
        break;
    }
}

/* ---- What holds, whatever was restored ---- */

static void check_timers(const struct hv_vp *vp)
{
    for (unsigned i = 0; i < HV_STIMERS; i++) {
        const struct hv_stimer *timer = &vp->stimers.timer[i];

        must(timer->due == HV_APIC_NEVER ||
             ((timer->config & HV_X64_MSR_STIMER_CONFIG_ENABLE) && timer->count != 0));
        must(!timer->message.queued || timer->message.sint != 0);
    }
    must(hv_unhalted_timer_config_is_valid(vp->unhalted_timer.config));
}

static void check_queues(const struct hv_vp *vp)
{
    const struct hv_synic *synic = &vp->synic;

    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++) {
        const struct hv_synic_message *message = hv_synic_first(synic, i);

        must((message != NULL) == (synic->waiting >> i & 1));
        for (; message; message = hv_synic_next(synic, message))
            must(message->queued && message->sint == i &&
                 message->content.header.message_type != HvMessageTypeNone &&
                 message->content.header.payload_size <= HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT);
    }
}

/* The guest empties its slots, takes interrupts and lets time pass. */
static void drive(struct machine *machine)
{
    struct hv_interrupt_vectors vectors;

    for (unsigned step = 0; step < 40; step++) {
        struct hv_vp *vp = machine->vps[step % VPS];
        struct hv_message_page *page = vp->synic.message_page.page;
        const struct hv_interrupt_view *view = hv_interrupt_view(vp);

        hv_vp_prepare(vp);
        hv_interrupt_events(vp, &vectors);
        hv_interrupt_poll(vp, machine->fake.tsc);
        if (view->vector != HV_INTERRUPT_NONE)
            hv_interrupt_accept(vp, (uint8_t)view->vector);
        check_timers(vp);
        check_queues(vp);
        hv_msr_set(vp, HV_X64_MSR_EOI, 0);
        for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++)
            page->sint_message[i].header.message_type = HvMessageTypeNone;
        hv_msr_set(vp, HV_X64_MSR_EOM, 0);
        post_messages(machine);
        machine->fake.tsc += (step + 1) * 100 * TICK;
    }
    hv_partition_reset(machine->partition);
    for (unsigned i = 0; i < VPS; i++)
        must(machine->vps[i]->synic.waiting == 0);
}

/* ---- Once more ---- */

static void forget_sequence(struct piece *pieces)
{
    size_t at = find(&pieces[VPS], 1) + sizeof(struct hv_record_header) +
                offsetof(struct hv_time_payload, sequence);

    memset(pieces[VPS].bytes + at, 0, sizeof(uint32_t));
}

static void check_same(const struct piece *left, const struct piece *right)
{
    for (unsigned i = 0; i < PIECES; i++)
        must(left[i].size == right[i].size &&
             memcmp(left[i].bytes, right[i].bytes, left[i].size) == 0);
}

/* Saved, restored and saved at one moment: nothing is different but the TSC page's sequence. */
static void check_round_trip(struct machine *machine)
{
    static struct piece first[PIECES], second[PIECES];
    uint64_t tsc = machine->fake.tsc;

    save(machine, first);
    build(machine, tsc);
    must(restore(machine, first));
    save(machine, second);
    forget_sequence(first);
    forget_sequence(second);
    check_same(first, second);
}

/* ---- Input ---- */

static const struct piece *state_of(unsigned state)
{
    static struct piece cache[STATES][PIECES];
    static bool made[STATES];

    if (!made[state]) {
        make_state(&source, state);
        save(&source, cache[state]);
        made[state] = true;
    }
    return cache[state];
}

static void take_raw(struct piece *piece, const uint8_t *data, size_t size)
{
    piece->size = size < PIECE_SIZE ? size : PIECE_SIZE;
    memcpy(piece->bytes, data, piece->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct piece pieces[PIECES];
    struct change change;

    if (size < 2)
        return -1;
    memcpy(pieces, state_of(data[0] % STATES), sizeof(pieces));
    if (data[1] == RAW_PARTITION || data[1] == RAW_VP) {
        take_raw(&pieces[data[1] == RAW_VP ? 0 : VPS], data + 2, size - 2);
        size = 2;
    }
    for (data += 2, size -= 2; size >= sizeof(change);
         data += sizeof(change), size -= sizeof(change)) {
        memcpy(&change, data, sizeof(change));
        apply(pieces, &change);
    }
    build(&target, OTHER_TSC);
    if (restore(&target, pieces))
        check_round_trip(&target);
    drive(&target);
    return 0;
}
