/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <worker/history.h>

#include "mem.h"

void worker_history_init(struct worker_history *history)
{
    *history = (struct worker_history){ .count = 0 };
}

static uint64_t address_of(uint32_t type, const void *payload)
{
    struct hv_x64_io_port_intercept_message port;
    struct hv_x64_memory_intercept_message memory;
    struct hv_x64_msr_intercept_message msr;
    struct hv_x64_apic_eoi_message eoi;

    switch (type) {
    case HvMessageTypeX64IoPortIntercept:
        memcpy(&port, payload, sizeof(port));
        return port.port_number;
    case HvMessageTypeUnmappedGpa:
    case HvMessageTypeGpaIntercept:
        memcpy(&memory, payload, sizeof(memory));
        return memory.guest_physical_address;
    case HvMessageTypeMsrIntercept:
        memcpy(&msr, payload, sizeof(msr));
        return msr.msr_number;
    case HvMessageTypeX64ApicEoi:
        memcpy(&eoi, payload, sizeof(eoi));
        return eoi.interrupt_vector;
    default:
        return 0;
    }
}

static struct worker_past past_of_message(const struct hv_message *message)
{
    uint32_t type = message->header.message_type;
    struct hv_x64_intercept_message_header header;

    memcpy(&header, message->payload, sizeof(header));
    return (struct worker_past){
        .rip = type == HvMessageTypeX64ApicEoi ? 0 : header.rip,
        .address = address_of(type, message->payload),
        .type = type,
        .is_write = type != HvMessageTypeX64ApicEoi &&
                    header.intercept_access_type == HV_INTERCEPT_ACCESS_WRITE,
    };
}

static struct worker_past past_of(const struct worker_intercept *intercept)
{
    struct worker_past past;

    if (intercept->kind == WORKER_INTERCEPT_MESSAGE)
        past = past_of_message(&intercept->message);
    else
        past = (struct worker_past){ .address = intercept->access.address,
                                     .is_port = intercept->access.is_port,
                                     .is_write = intercept->access.is_write };
    past.vp_index = intercept->vp_index;
    return past;
}

static bool is_same(const struct worker_past *a, const struct worker_past *b)
{
    return a->rip == b->rip && a->address == b->address && a->type == b->type &&
           a->vp_index == b->vp_index && a->is_port == b->is_port && a->is_write == b->is_write;
}

void worker_history_add(struct worker_history *history, const struct worker_intercept *intercept,
                        enum worker_result result)
{
    struct worker_past past = past_of(intercept);
    uint32_t last = history->count - 1;

    past.result = result;
    if (history->count > 0 && is_same(&past, &history->past[last % WORKER_HISTORY_LENGTH])) {
        history->past[last % WORKER_HISTORY_LENGTH].repeats++;
        history->past[last % WORKER_HISTORY_LENGTH].result = result;
        return;
    }
    history->past[history->count++ % WORKER_HISTORY_LENGTH] = past;
}

const struct worker_past *worker_history_get(const struct worker_history *history, uint32_t age)
{
    if (age >= WORKER_HISTORY_LENGTH || age >= history->count)
        return NULL;
    return &history->past[(history->count - 1 - age) % WORKER_HISTORY_LENGTH];
}
