/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <worker/guest.h>

#include "mem.h"
#include "mmio.h"
#include "physical.h"
#include "port.h"

#define EXO_MEMORY_MESSAGE_SIZE offsetof(struct hv_x64_memory_intercept_message, ds_segment)

void worker_guest_init(struct worker_guest *guest, const struct worker_vid *vid)
{
    *guest = (struct worker_guest){ .vid = vid };
    worker_memory_init(&guest->memory, vid);
    worker_bus_init(&guest->ports);
    worker_bus_init(&guest->mmio);
}

static enum worker_result unsupported(struct worker_guest *guest, const char *reason)
{
    guest->reason = reason;
    return WORKER_UNSUPPORTED;
}

/* ---- Intercepts without devices ---- */

static void answer_cpuid(struct worker_vp *vp, const struct hv_x64_cpuid_intercept_message *message)
{
    if (vp->length == 0)
        vp->length = 2;
    worker_vp_set(vp, WORKER_RAX, 4, false, message->default_result_rax);
    worker_vp_set(vp, WORKER_RCX, 4, false, message->default_result_rcx);
    worker_vp_set(vp, WORKER_RDX, 4, false, message->default_result_rdx);
    worker_vp_set(vp, WORKER_RBX, 4, false, message->default_result_rbx);
}

static void pass_halt(struct worker_vp *vp)
{
    if (vp->length == 0)
        vp->length = 1;
}

/* The VP runs on: this is a notification. */
static enum worker_result end_interrupt(struct worker_guest *guest,
                                        const struct hv_x64_apic_eoi_message *message, uint64_t now)
{
    const struct worker_interrupt_end *end = &guest->interrupt_end;

    if (end->ended)
        end->ended(end->context, message->interrupt_vector, now);
    return WORKER_GOES_ON;
}

/* ---- Messages ---- */

/* Least payload of a message whose instruction is executed here; 0 for others. */
static unsigned needed_size(uint32_t type)
{
    switch (type) {
    case HvMessageTypeX64IoPortIntercept:
        return sizeof(struct hv_x64_io_port_intercept_message);
    case HvMessageTypeUnmappedGpa:
    case HvMessageTypeGpaIntercept:
        return EXO_MEMORY_MESSAGE_SIZE;
    case HvMessageTypeX64CpuidIntercept:
        return sizeof(struct hv_x64_cpuid_intercept_message);
    case HvMessageTypeMsrIntercept:
    case HvMessageTypeX64Halt:
        return sizeof(struct hv_x64_intercept_message_header);
    default:
        return 0;
    }
}

static enum worker_result execute(struct worker_guest *guest, uint32_t type, const void *payload,
                                  unsigned size, uint64_t now)
{
    struct worker_vp vp;

    worker_vp_start(&vp, guest, payload, now);
    if (type == HvMessageTypeX64IoPortIntercept)
        worker_port_intercept(&vp, payload);
    else if (type == HvMessageTypeX64CpuidIntercept)
        answer_cpuid(&vp, payload);
    else if (type == HvMessageTypeMsrIntercept)
        worker_vp_raise(&vp, WORKER_GP_FAULT, 0);
    else if (type == HvMessageTypeX64Halt)
        pass_halt(&vp);
    else
        worker_mmio_intercept(&vp, payload, size);
    return worker_vp_finish(&vp);
}

enum worker_result worker_guest_message(struct worker_guest *guest,
                                        const struct hv_message *message, uint64_t now)
{
    uint32_t type = message->header.message_type;
    unsigned size = message->header.payload_size, needed = needed_size(type);

    if (type == HvMessageTypeUnrecoverableException)
        return WORKER_TRIPLE_FAULT;
    if (type == HvMessageTypeX64ApicEoi && size >= sizeof(struct hv_x64_apic_eoi_message))
        return end_interrupt(guest, (const void *)message->payload, now);
    if (needed == 0)
        return unsupported(guest, "an intercept of a kind that the worker does not know");
    if (size < needed)
        return unsupported(guest, "an intercept message that is too short");
    return execute(guest, type, message->payload, size, now);
}

/* ---- Accesses ---- */

static uint64_t get_bytes(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, bytes, size);
    return value;
}

static void do_access(struct worker_guest *guest, const struct worker_access *access,
                      uint64_t address, uint8_t *bytes, uint64_t now)
{
    unsigned size = access->size;
    uint64_t value;

    if (access->is_write && access->is_port) {
        worker_bus_write(&guest->ports, address, size, get_bytes(bytes, size), now);
    } else if (access->is_write) {
        worker_physical_write(guest, address, size, get_bytes(bytes, size), now);
    } else {
        value = access->is_port ? worker_bus_read(&guest->ports, address, size, now)
                                : worker_physical_read(guest, address, size, now);
        memcpy(bytes, &value, size);
    }
}

enum worker_result worker_guest_access(struct worker_guest *guest, uint32_t vp_index,
                                       const struct worker_access *access, uint64_t now)
{
    uint64_t step = access->is_port ? 0 : access->size;

    if (access->size != 1 && access->size != 2 && access->size != 4 && access->size != 8)
        return unsupported(guest, "an access of a size that no instruction has");
    for (uint32_t i = 0; i < access->count; i++)
        do_access(guest, access, access->address + i * step,
                  access->data + (uint64_t)i * access->size, now);
    if (guest->stopped)
        return WORKER_STOPPED;
    guest->status = guest->vid->resume(guest->vid->context, vp_index, NULL, 0);
    return guest->status == HV_STATUS_SUCCESS ? WORKER_GOES_ON : WORKER_FAILED;
}

enum worker_result worker_guest_intercept(struct worker_guest *guest,
                                          struct worker_intercept *intercept, uint64_t now)
{
    if (intercept->kind == WORKER_INTERCEPT_ACCESS)
        return worker_guest_access(guest, intercept->vp_index, &intercept->access, now);
    return worker_guest_message(guest, &intercept->message, now);
}
