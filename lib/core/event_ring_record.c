/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The saved event rings of a VP: their register, the page with its content whether it is placed or
 * not, where the hypervisor is in each, which doorbells wait for room, and of what the VP was not
 * told yet. It comes when ports and the SynIC are there.
 */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "event_ring.h"
#include "mem.h"

_Static_assert(sizeof(((struct hv_event_rings_payload *)0)->head) == HV_SYNIC_SINT_COUNT,
               "a place in each ring");

/* ---- Save ---- */

static void save_waiting(const struct hv_event_rings *rings, uint32_t sint,
                         struct hv_record_writer *writer)
{
    const struct hv_port *last = rings->last[sint], *port = last;

    while (port) {
        port = port->next_waiting;
        if (!atomic_load_explicit(&port->deleted, memory_order_relaxed)) {
            const struct hv_waiting_doorbell_payload waiting = { sint, port->id };

            hv_record_put(writer, &waiting, sizeof(waiting));
        }
        if (port == last)
            break;
    }
}

static void save(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer)
{
    struct hv_synic *synic = &vp->synic;
    struct hv_event_rings *rings = &synic->rings;
    struct hv_event_rings_payload payload = {
        .sirbp = atomic_load_explicit(&synic->sirbp, memory_order_relaxed),
        .signals = hv_event_ring_signals(vp),
    };

    (void)tsc;
    hv_lock_acquire(&rings->lock);
    memcpy(payload.head, rings->head, sizeof(payload.head));
    hv_record_put(writer, &payload, sizeof(payload));
    hv_record_put(writer, synic->ring_page.page, HV_PAGE_SIZE);
    for (uint32_t sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++)
        save_waiting(rings, sint, writer);
    hv_lock_release(&rings->lock);
}

/* ---- Restore ---- */

static bool is_valid(const struct hv_event_rings_payload *payload)
{
    for (uint32_t sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++)
        if (payload->head[sint] >= HV_SYNIC_EVENT_RING_MESSAGE_COUNT)
            return false;
    return payload->signals >> HV_SYNIC_SINT_COUNT == 0 && payload->zero == 0;
}

static bool is_for(const struct hv_port *port, const struct hv_vp *vp, uint32_t sint)
{
    const struct hv_port_config *config = &port->config;

    return config->type == HvPortTypeDoorbell && config->sint == sint &&
           (config->vp_index == HV_ANY_VP || config->vp_index == vp->index);
}

static hv_status restore_waiting(struct hv_vp *vp,
                                 const struct hv_waiting_doorbell_payload *waiting)
{
    struct hv_port *port = hv_port_find(vp->partition, waiting->port_id);
    hv_status status = HV_STATUS_INVALID_PORT_ID;

    if (!port)
        return status;
    if (is_for(port, vp, waiting->sint) && hv_event_ring_wait(vp, port))
        status = HV_STATUS_SUCCESS;
    hv_port_drop(port);
    return status;
}

static hv_status restore_all_waiting(struct hv_vp *vp, const struct hv_record *record)
{
    const struct hv_record_kind *kind = &hv_event_rings_component.kind;
    hv_status status = HV_STATUS_SUCCESS;

    for (uint32_t i = 0; status == HV_STATUS_SUCCESS && i < hv_record_elements(record, kind); i++) {
        struct hv_waiting_doorbell_payload waiting;

        memcpy(&waiting, hv_record_element(record, kind, i), sizeof(waiting));
        status = restore_waiting(vp, &waiting);
    }
    return status;
}

static hv_status restore_rings(struct hv_vp *vp, const struct hv_restore *restore,
                               const struct hv_record *record)
{
    struct hv_synic *synic = &vp->synic;
    struct hv_event_rings_payload payload;
    hv_status status;

    (void)restore;
    memcpy(&payload, record->bytes, sizeof(payload));
    if (!is_valid(&payload))
        return HV_STATUS_INVALID_PARAMETER;
    if (hv_msr_place_page(vp->partition, &synic->sirbp, &synic->ring_page, payload.sirbp) !=
        HV_MSR_OK)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    memcpy(synic->ring_page.page, record->bytes + sizeof(payload), HV_PAGE_SIZE);
    memcpy(synic->rings.head, payload.head, sizeof(payload.head));
    status = restore_all_waiting(vp, record);
    if (status == HV_STATUS_SUCCESS)
        hv_event_ring_signal_again(vp, payload.signals);
    return status;
}

const struct hv_vp_component hv_event_rings_component = {
    .kind = { .component = HV_RECORD_EVENT_RINGS,
              .version = 1,
              .fixed = sizeof(struct hv_event_rings_payload) + HV_PAGE_SIZE,
              .element = sizeof(struct hv_waiting_doorbell_payload) },
    .needs_rings = true,
    .save = save,
    .restore = restore_rings,
};
