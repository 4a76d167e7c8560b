/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Ports in the hands of a guest that makes them itself: any sequence of commands of the sample's
 * test device, messages, events, writes to registers of the SynIC and of timers, changes of the
 * pages, time and interrupts taken. No message may be written over that the guest has not read, and
 * when everything has been taken away, all memory is back.
 *
 * Input: operations of 12 bytes; see struct operation.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hv/abi/tlfs.h>
#include <hv/interrupt.h>

#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"
#include "hypercall.h"
#include "hyperv_testdev.h"

#define VPS            2
#define CONNECTIONS    256
#define MAX_OPERATIONS 300

/* kind: low nibble enum operation_kind, bit 7 the VP. */
struct operation {
    uint8_t kind;
    uint8_t index;
    uint16_t size;
    uint64_t value;
} __attribute__((packed));

enum operation_kind {
    COMMAND,
    POST_MESSAGE,
    SIGNAL_EVENT,
    WRITE_SYNIC,
    WRITE_TIMER,
    EMPTY_SLOT,
    FILL_SLOT,
    CLEAR_FLAGS,
    SERVE,
    TAKE_INTERRUPT,
    END_OF_INTERRUPT,
    ADVANCE_TIME,
    RESET_VP,
    KINDS,
};

struct machine {
    struct fake_platform fake;
    struct hv_partition *partition;
    struct fake_vp backends[VPS];
    struct hv_vp *vps[VPS];
    size_t pages; /* free, or in nested page tables, which stay, when nothing has been made */
};

static struct hv_message *slot_of(struct hv_vp *vp, unsigned sint)
{
    struct hv_message_page *page = vp->synic.message_page.page;

    return &page->sint_message[sint % HV_SYNIC_SINT_COUNT];
}

static void post_message(struct hv_vp *vp, const struct operation *operation)
{
    struct hv_input_post_message input = { .connection_id = operation->index,
                                           .message_type = (uint32_t)operation->value,
                                           .payload_size = operation->size };
    struct hv_hypercall_call call = { .vp = vp, .header = &input };
    hv_status status;

    memset(input.payload, operation->index, sizeof(input.payload));
    status = hv_hypercall_post_message(&call);
    CHECK(status != HV_STATUS_SUCCESS ||
          (operation->size <= HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT && input.message_type != 0 &&
           !(input.message_type & HV_MESSAGE_TYPE_HYPERVISOR_MASK)));
}

static void signal_event(struct hv_vp *vp, const struct operation *operation)
{
    const struct hv_input_signal_event input = { .connection_id = operation->index,
                                                 .flag_number = operation->size };
    struct hv_hypercall_call call = { .vp = vp, .header = &input };
    hv_status status = hv_hypercall_signal_event(&call);

    /* TLFS: events never run out of anything. */
    CHECK(status != HV_STATUS_INSUFFICIENT_BUFFERS && status != HV_STATUS_INSUFFICIENT_MEMORY);
    CHECK(status != HV_STATUS_SUCCESS || operation->size == 0);
}

static void take_interrupt(struct hv_vp *vp, uint64_t tsc)
{
    const struct hv_interrupt_view *view = hv_interrupt_view(vp);

    hv_interrupt_poll(vp, tsc);
    CHECK(view->vector == HV_INTERRUPT_NONE || view->vector >= 16);
    if (view->vector != HV_INTERRUPT_NONE)
        hv_interrupt_accept(vp, (uint8_t)view->vector);
}

static void write_synic(struct hv_vp *vp, const struct operation *operation)
{
    uint32_t msr = HV_X64_MSR_SCONTROL + operation->index % 32;
    uint64_t value = operation->value;

    if (msr == HV_X64_MSR_SIMP || msr == HV_X64_MSR_SIEFP)
        value &= ((uint64_t)FAKE_FIRST_POOL << HV_PAGE_SHIFT) - 1;
    fake_wrmsr(vp, msr, value);
}

static void run_operation(struct machine *machine, const struct operation *operation)
{
    struct hv_vp *vp = machine->vps[operation->kind >> 7];

    switch ((operation->kind & 0x7F) % KINDS) {
    case COMMAND:
        hyperv_testdev_command(machine->partition, (uint32_t)operation->value);
        break;
    case POST_MESSAGE:
        post_message(vp, operation);
        break;
    case SIGNAL_EVENT:
        signal_event(vp, operation);
        break;
    case WRITE_SYNIC:
        write_synic(vp, operation);
        break;
    case WRITE_TIMER:
        fake_wrmsr(vp, HV_X64_MSR_STIMER0_CONFIG + operation->index % 8, operation->value);
        break;
    case EMPTY_SLOT:
        slot_of(vp, operation->index)->header.message_type = HvMessageTypeNone;
        break;
    case FILL_SLOT:
        memset(slot_of(vp, operation->index), (int)operation->value | 1, sizeof(struct hv_message));
        break;
    case CLEAR_FLAGS:
        memset(vp->synic.event_page.page, (int)operation->value, HV_PAGE_SIZE);
        break;
    case SERVE:
        hv_vp_prepare(vp);
        break;
    case TAKE_INTERRUPT:
        take_interrupt(vp, machine->fake.tsc);
        break;
    case END_OF_INTERRUPT:
        hv_apic_eoi(&vp->apic);
        hv_synic_deliver(vp);
        break;
    case ADVANCE_TIME:
        machine->fake.tsc += operation->value & UINT32_MAX;
        break;
    case RESET_VP:
        hv_vp_reset(vp);
        hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, machine->fake.tsc);
        break;
    }
}

static bool changes_slots(const struct operation *operation)
{
    unsigned kind = (operation->kind & 0x7F) % KINDS;

    return kind == EMPTY_SLOT || kind == FILL_SLOT || kind == RESET_VP;
}

/* Only MessagePending may be set in a slot that was full. */
static void check_slots(struct machine *machine, struct hv_message_page before[VPS])
{
    for (unsigned i = 0; i < VPS; i++)
        for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++) {
            struct hv_message *old = &before[i].sint_message[sint];

            if (old->header.message_type == HvMessageTypeNone)
                continue;
            old->header.message_flags |=
                slot_of(machine->vps[i], sint)->header.message_flags & HV_MESSAGE_FLAG_PENDING;
            CHECK(memcmp(old, slot_of(machine->vps[i], sint), sizeof(*old)) == 0);
        }
}

static void run_and_check(struct machine *machine, const struct operation *operation)
{
    static struct hv_message_page before[VPS];

    for (unsigned i = 0; i < VPS; i++)
        memcpy(&before[i], machine->vps[i]->synic.message_page.page, sizeof(before[i]));
    run_operation(machine, operation);
    if (!changes_slots(operation))
        check_slots(machine, before);
}

static void command(struct machine *machine, uint32_t action, uint32_t connection)
{
    hyperv_testdev_command(machine->partition, connection << 24 | action << 16 | 5);
}

static size_t count_pages(struct machine *machine)
{
    return hv_partition_available(machine->partition) +
           fake_tables(&machine->fake, machine->partition);
}

static void destroy_all(struct machine *machine)
{
    for (uint32_t id = 0; id < CONNECTIONS; id++) {
        command(machine, HYPERV_TESTDEV_DESTROY_MESSAGES, id);
        command(machine, HYPERV_TESTDEV_DESTROY_EVENTS, id);
    }
    for (unsigned i = 0; i < VPS; i++)
        hv_vp_reset(machine->vps[i]);
    CHECK(count_pages(machine) == machine->pages);
}

/* Filling the memory of a new platform takes longer than all else, so all inputs share one. */
static void build(struct machine *machine)
{
    struct fake_platform *fake = &machine->fake;

    if (!fake->memory)
        fake_platform_init(fake);
    memset(fake->taken, 0, sizeof(fake->taken));
    memset(machine->backends, 0, sizeof(machine->backends));
    fake->tsc = FAKE_TSC_HZ;
    machine->partition = fake_partition_with(fake, UINT64_MAX);
    for (unsigned i = 0; i < VPS; i++) {
        CHECK(hv_vp_create(machine->partition, i, i, &machine->backends[i], &machine->vps[i]) ==
              HV_STATUS_SUCCESS);
        hv_apic_write(&machine->vps[i]->apic, HV_APIC_SVR, 0x1FF, fake->tsc);
    }
    /* A page of connections stays its partition's; there is memory for no more than one page of
       them. */
    command(machine, HYPERV_TESTDEV_CREATE_EVENTS, 0);
    command(machine, HYPERV_TESTDEV_DESTROY_EVENTS, 0);
    machine->pages = count_pages(machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine machine;
    struct operation operation;

    build(&machine);
    for (unsigned i = 0; i < MAX_OPERATIONS && size >= sizeof(operation); i++) {
        memcpy(&operation, data, sizeof(operation));
        data += sizeof(operation);
        size -= sizeof(operation);
        run_and_check(&machine, &operation);
    }
    destroy_all(&machine);
    return 0;
}
