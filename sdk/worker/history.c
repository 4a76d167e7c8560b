/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <worker/history.h>

#include <stddef.h>

void worker_history_init(struct worker_history *history)
{
    *history = (struct worker_history){ .count = 0 };
}

static struct worker_past *last_of(struct worker_history *history)
{
    return &history->past[(history->count - 1) % WORKER_HISTORY_LENGTH];
}

static bool is_same(const struct worker_past *a, const struct worker_past *b)
{
    return a->rip == b->rip && a->address == b->address && a->type == b->type &&
           a->vp_index == b->vp_index && a->is_port == b->is_port && a->is_write == b->is_write;
}

static void add(struct worker_history *history, const struct worker_past *past)
{
    if (history->count > 0 && is_same(past, last_of(history))) {
        last_of(history)->repeats++;
        return;
    }
    history->count++;
    *last_of(history) = *past;
}

static uint64_t address_of(uint32_t type, const void *payload)
{
    switch (type) {
    case HvMessageTypeX64IoPortIntercept:
        return ((const struct hv_x64_io_port_intercept_message *)payload)->port_number;
    case HvMessageTypeUnmappedGpa:
    case HvMessageTypeGpaIntercept:
        return ((const struct hv_x64_memory_intercept_message *)payload)->guest_physical_address;
    case HvMessageTypeMsrIntercept:
        return ((const struct hv_x64_msr_intercept_message *)payload)->msr_number;
    case HvMessageTypeX64ApicEoi:
        return ((const struct hv_x64_apic_eoi_message *)payload)->interrupt_vector;
    default:
        return 0;
    }
}

void worker_history_add_message(struct worker_history *history, uint32_t vp_index,
                                const struct hv_message *message)
{
    const struct hv_x64_intercept_message_header *header = (const void *)message->payload;
    uint32_t type = message->header.message_type;
    struct worker_past past = { .address = address_of(type, message->payload),
                                .type = type,
                                .vp_index = vp_index };

    if (type != HvMessageTypeX64ApicEoi) {
        past.rip = header->rip;
        past.is_write = header->intercept_access_type == HV_INTERCEPT_ACCESS_WRITE;
    }
    add(history, &past);
}

void worker_history_add_access(struct worker_history *history, uint32_t vp_index,
                               const struct worker_access *access)
{
    const struct worker_past past = { .address = access->address,
                                      .vp_index = vp_index,
                                      .is_port = access->is_port,
                                      .is_write = access->is_write };

    add(history, &past);
}

void worker_history_conclude(struct worker_history *history, enum worker_result result)
{
    last_of(history)->result = result;
}

const struct worker_past *worker_history_get(const struct worker_history *history, uint32_t age)
{
    if (age >= WORKER_HISTORY_LENGTH || age >= history->count)
        return NULL;
    return &history->past[(history->count - 1 - age) % WORKER_HISTORY_LENGTH];
}
