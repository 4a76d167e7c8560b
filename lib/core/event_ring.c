/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "event_ring.h"

#include "core.h"
#include "mem.h"

#define MESSAGE_SINT HV_SYNIC_INTERCEPTION_SINT_INDEX

static struct hv_synic_event_ring *ring_of(const struct hv_vp *vp, uint32_t sint)
{
    struct hv_synic_event_ring_page *page = vp->synic.ring_page.page;

    return &page->sint_event_ring[sint];
}

static uint64_t sint_register(const struct hv_vp *vp, uint32_t sint)
{
    return atomic_load_explicit(&vp->synic.sint[sint], memory_order_relaxed);
}

bool hv_event_ring_takes(const struct hv_vp *vp, uint32_t sint)
{
    const struct hv_synic *synic = &vp->synic;
    uint64_t value = sint_register(vp, sint);

    if (!synic->ring_page.page || !hv_synic_is_on(synic, &synic->sirbp) ||
        (value & HV_X64_MSR_SINT_MASKED))
        return false;
    return !(value & HV_X64_MSR_SINT_AS_INTERCEPT) || hv_synic_takes_messages(vp);
}

/* ---- Telling the VP ---- */

static uint32_t take_signal(struct hv_event_rings *rings)
{
    uint32_t signals = atomic_load_explicit(&rings->signals, memory_order_seq_cst);

    atomic_fetch_and_explicit(&rings->signals, ~(signals & -signals), memory_order_seq_cst);
    return signals;
}

/* Sends the message for the next SINT, unless one is on its way: then its release does. Who sets a
   bit looks whether it is busy after that, and the other way round: one of the two sees it. */
static void send(struct hv_vp *self, struct hv_vp *target)
{
    struct hv_event_rings *rings = &target->synic.rings;
    struct hv_synic_message *message = &target->synic.ring_message;

    while (atomic_load_explicit(&rings->signals, memory_order_seq_cst) != 0 &&
           !atomic_exchange_explicit(&rings->busy, true, memory_order_seq_cst)) {
        uint32_t signals = take_signal(rings);

        if (signals != 0) {
            message->sint = MESSAGE_SINT;
            message->content = (struct hv_message){
                .header = { .message_type = HvMessageTypeSynicSintIntercept,
                            .payload_size = sizeof(struct hv_notification_message_payload) },
                .payload = { (uint32_t)__builtin_ctz(signals) },
            };
            hv_synic_post(self, target, message);
            return;
        }
        atomic_store_explicit(&rings->busy, false, memory_order_seq_cst);
    }
}

static void released(struct hv_vp *vp, struct hv_synic_message *message)
{
    (void)message;
    atomic_store_explicit(&vp->synic.rings.busy, false, memory_order_seq_cst);
    send(vp, vp);
}

/* The guest allows to be told and then looks at the ring; here it is the other way round. */
static void tell(struct hv_vp *self, struct hv_vp *target, uint32_t sint)
{
    const struct hv_synic_event_ring *ring = ring_of(target, sint);

    if (__atomic_load_n(&ring->signal_masked, __ATOMIC_SEQ_CST))
        return;
    if (!(sint_register(target, sint) & HV_X64_MSR_SINT_AS_INTERCEPT)) {
        hv_synic_interrupt(self, target, sint);
        return;
    }
    atomic_fetch_or_explicit(&target->synic.rings.signals, 1u << sint, memory_order_seq_cst);
    send(self, target);
}

/* ---- The rings; under their lock ---- */

static void append(struct hv_event_rings *rings, uint32_t sint, struct hv_port *port)
{
    struct hv_port **last = &rings->last[sint];

    port->next_waiting = port;
    if (*last) {
        port->next_waiting = (*last)->next_waiting;
        (*last)->next_waiting = port;
    }
    *last = port;
}

static struct hv_port *take_first(struct hv_event_rings *rings, uint32_t sint)
{
    struct hv_port **last = &rings->last[sint], *first = (*last)->next_waiting;

    if (first == *last)
        *last = NULL;
    else
        (*last)->next_waiting = first->next_waiting;
    return first;
}

/* It may ring, and wait, again. */
static void release(struct hv_port *port)
{
    atomic_store_explicit(&port->waiting, false, memory_order_release);
    hv_port_drop(port);
}

static uint32_t *slot_of(struct hv_vp *vp, uint32_t sint)
{
    void *slot = &ring_of(vp, sint)->data[vp->synic.rings.head[sint]];

    return slot;
}

static void put(struct hv_vp *vp, uint32_t sint, uint32_t port_id)
{
    uint8_t *head = &vp->synic.rings.head[sint];

    __atomic_store_n(slot_of(vp, sint), port_id, __ATOMIC_SEQ_CST);
    *head = (uint8_t)((*head + 1u) % HV_SYNIC_EVENT_RING_MESSAGE_COUNT);
}

/* Returns whether anything went in. */
static bool drain(struct hv_vp *vp, uint32_t sint)
{
    struct hv_event_rings *rings = &vp->synic.rings;
    bool any = false;

    while (rings->last[sint] && __atomic_load_n(slot_of(vp, sint), __ATOMIC_SEQ_CST) == 0) {
        struct hv_port *port = take_first(rings, sint);

        if (!atomic_load_explicit(&port->deleted, memory_order_relaxed)) {
            put(vp, sint, port->id);
            any = true;
        }
        release(port);
    }
    return any;
}

/* The guest looks at ring_full when it finds an empty slot: one emptied before is looked for again.
 */
static bool fill(struct hv_vp *vp, uint32_t sint)
{
    bool any = drain(vp, sint);

    if (!vp->synic.rings.last[sint])
        return any;
    __atomic_store_n(&ring_of(vp, sint)->ring_full, 1, __ATOMIC_SEQ_CST);
    return drain(vp, sint) || any;
}

/* Acquire: pairs with the release in release(). False: it waits already. */
static bool begin_to_wait(struct hv_port *port)
{
    if (atomic_exchange_explicit(&port->waiting, true, memory_order_acquire))
        return false;
    hv_port_hold(port);
    return true;
}

void hv_event_ring_signal(struct hv_vp *self, struct hv_vp *target, struct hv_port *port)
{
    struct hv_event_rings *rings = &target->synic.rings;
    uint32_t sint = port->config.sint;
    bool any;

    if (!begin_to_wait(port))
        return;
    hv_lock_acquire(&rings->lock);
    append(rings, sint, port);
    any = fill(target, sint);
    hv_lock_release(&rings->lock);
    if (any)
        tell(self, target, sint);
}

void hv_event_ring_refill(struct hv_vp *vp, uint32_t sint)
{
    struct hv_event_rings *rings = &vp->synic.rings;
    bool any;

    if (!vp->synic.ring_page.page)
        return;
    hv_lock_acquire(&rings->lock);
    any = fill(vp, sint);
    hv_lock_release(&rings->lock);
    if (any)
        tell(vp, vp, sint);
}

/* ---- Save and restore ---- */

bool hv_event_ring_wait(struct hv_vp *vp, struct hv_port *port)
{
    struct hv_event_rings *rings = &vp->synic.rings;

    if (!begin_to_wait(port))
        return false;
    hv_lock_acquire(&rings->lock);
    append(rings, port->config.sint, port);
    hv_lock_release(&rings->lock);
    return true;
}

/* That of the message which is on its way is among them. */
uint32_t hv_event_ring_signals(const struct hv_vp *vp)
{
    const struct hv_synic_message *message = &vp->synic.ring_message;
    uint32_t signals = atomic_load_explicit(&vp->synic.rings.signals, memory_order_relaxed);

    if (message->queued)
        signals |= 1u << message->content.payload[0] % HV_SYNIC_SINT_COUNT;
    return signals;
}

void hv_event_ring_signal_again(struct hv_vp *vp, uint32_t signals)
{
    atomic_fetch_or_explicit(&vp->synic.rings.signals, signals, memory_order_seq_cst);
    send(vp, vp);
}

/* ---- Beginning and end ---- */

hv_status hv_event_ring_init(struct hv_vp *vp)
{
    vp->synic.ring_message.release = released;
    if (!vp->partition->lineage.hierarchy)
        return HV_STATUS_SUCCESS;
    return hv_overlay_init(vp->partition, &vp->synic.ring_page, HV_ACCESS_READ | HV_ACCESS_WRITE,
                           HV_X64_EXCEPTION_MC);
}

void hv_event_ring_reset(struct hv_vp *vp)
{
    struct hv_event_rings *rings = &vp->synic.rings;

    atomic_store_explicit(&rings->signals, 0, memory_order_seq_cst);
    if (!vp->synic.ring_page.page)
        return;
    hv_lock_acquire(&rings->lock);
    for (uint32_t sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++)
        while (rings->last[sint])
            release(take_first(rings, sint));
    memset(rings->head, 0, sizeof(rings->head));
    memset(vp->synic.ring_page.page, 0, HV_PAGE_SIZE);
    hv_lock_release(&rings->lock);
}

void hv_event_ring_destroy(struct hv_vp *vp)
{
    hv_overlay_destroy(vp->partition, &vp->synic.ring_page);
}
