/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The way of an intercept message: from the child's VP, by the SynIC of a VP of its parent, to the
 * slot of SINT 0. While one is on its way it refers to the child's partition.
 */
#include "intercept.h"

#include <stddef.h>

#include "core.h"
#include "intercept_message.h"
#include "vp_state_page.h"
#include "mem.h"

#define SINT 0 /* TLFS v6.0b, 11.4: intercept messages go there */

static struct hv_vp *vp_of_message(struct hv_synic_message *message)
{
    return (void *)((uint8_t *)message - offsetof(struct hv_vp, intercept.message));
}

static struct hv_vp *vp_of_eoi(struct hv_synic_message *message)
{
    return (void *)((uint8_t *)message - offsetof(struct hv_vp, intercept.eoi.message));
}

static struct hv_vp *vp_of_signal(struct hv_synic_message *message)
{
    const uint8_t *signal = (const uint8_t *)message;

    return ((const struct hv_dispatch *)(signal - offsetof(struct hv_dispatch, signal)))->vp;
}

/* ---- To whom ---- */

/* TLFS: any VP of the parent will do. The one that dealt with this VP last has what it needs at
   hand; the first of those that take messages, when that one doesn't. */
static struct hv_vp *find_receiver(const struct hv_vp *vp)
{
    const struct hv_partition *parent = hv_vp_parent(vp);
    uint32_t index = atomic_load_explicit(&vp->intercept.caller, memory_order_relaxed);
    struct hv_vp *preferred = hv_vp_get(parent, index);

    if (preferred && hv_synic_takes_messages(preferred))
        return preferred;
    for (uint32_t i = 0; i < parent->max_vps; i++) {
        struct hv_vp *other = hv_vp_get(parent, i);

        if (other && hv_synic_takes_messages(other))
            return other;
        if (other && !preferred)
            preferred = other;
    }
    return preferred;
}

/*
 * A parent without VPs has nobody who could miss a message. The section is for a receiver that its
 * own parent takes away at this moment: hv_vp_destroy() waits for those that have found it. One of
 * this LP, which delivers at once, is not taken away before that is done.
 */
static bool send(struct hv_vp *self, const struct hv_vp *vp, struct hv_intercept_message *message)
{
    void *section = hv_address_enter(hv_vp_parent(vp));
    struct hv_vp *receiver = find_receiver(vp);
    bool is_here = receiver && hv_synic_is_here(self, receiver);

    atomic_store_explicit(&message->receiver, receiver, memory_order_relaxed);
    if (receiver && !is_here)
        hv_synic_post(self, receiver, &message->message);
    hv_address_leave(section);
    if (is_here)
        hv_synic_post(self, receiver, &message->message);
    return receiver != NULL;
}

static bool post(struct hv_vp *self, struct hv_vp *vp, struct hv_intercept_message *message)
{
    bool sent;

    hv_partition_hold(vp->partition);
    message->message.sint = SINT;
    sent = send(self, vp, message);
    if (!sent)
        hv_partition_drop(vp->partition);
    return sent;
}

/* ---- Intercepts ---- */

/* The message is in its slot. On the LP of the receiver. */
static void released(struct hv_vp *receiver, struct hv_synic_message *message)
{
    struct hv_vp *vp = vp_of_message(message);
    struct hv_partition *partition = vp->partition;

    (void)receiver;
    /* Release: the room of the message is used again by who finds the VP not suspended. */
    if (atomic_fetch_and_explicit(&vp->suspended, ~(uint32_t)HV_VP_SUSPEND_MESSAGE,
                                  memory_order_release) == HV_VP_SUSPEND_MESSAGE)
        hv_vp_kick(vp);
    hv_partition_drop(partition);
}

struct hv_message *hv_intercept_room(struct hv_vp *vp)
{
    struct hv_message *page = hv_state_page(vp, HvVpStatePageInterceptMessage);

    return page ? page : &vp->intercept.message.message.content;
}

/* To a VP of this LP that looks after this one, which stops, at once; there may be none. It is not
   in the middle of something. */
static bool hand_over(const struct hv_vp *vp, const struct hv_message *message)
{
    struct hv_vp *receiver = hv_deals_parent(vp);

    if (!receiver || receiver->waiting || !hv_synic_show(receiver, SINT, message))
        return false;
    hv_vp_wake_heir(receiver);
    return true;
}

static enum hv_disposition suspend(struct hv_vp *vp, uint32_t bits)
{
    atomic_fetch_or_explicit(&vp->suspended, bits, memory_order_relaxed);
    return HV_DISPOSITION_SUSPEND;
}

/* It does not go on, whatever its parent does, before the room of its message is free again. */
static void send_later(struct hv_vp *vp)
{
    suspend(vp, HV_VP_SUSPEND_MESSAGE);
    if (!post(vp, vp, &vp->intercept.message))
        atomic_fetch_and_explicit(&vp->suspended, ~(uint32_t)HV_VP_SUSPEND_MESSAGE,
                                  memory_order_relaxed);
}

/*
 * The VP is suspended before the message is on its way, so that a parent which has read the message
 * finds it so; and a parent that sees it suspended gets a message, as both happen on the LP of the
 * VP before that serves another request.
 */
enum hv_disposition hv_intercept_send(struct hv_vp *vp, const struct hv_message *content,
                                      unsigned counter)
{
    struct hv_intercept_message *message = &vp->intercept.message;

    hv_vp_count(vp, counter);
    if (content != &message->message.content) {
        /* The call by which it was dispatched tells of it. */
        if (hv_vp_lender(vp))
            return suspend(vp, HV_VP_SUSPEND_INTERCEPT);
        hv_intercept_make_opaque(&message->message.content, vp->partition->id, vp->index);
    }
    suspend(vp, HV_VP_SUSPEND_INTERCEPT);
    if (!hand_over(vp, &message->message.content))
        send_later(vp);
    return HV_DISPOSITION_SUSPEND;
}

/* ---- Ends of interrupts ---- */

static bool has_vector(const struct hv_intercept_eoi *eoi)
{
    uint32_t any = 0;

    for (unsigned word = 0; word < HV_APIC_WORDS; word++)
        any |= atomic_load_explicit(&eoi->vectors[word], memory_order_seq_cst);
    return any != 0;
}

/* By who has made it busy. */
static bool take_vector(struct hv_intercept_eoi *eoi, uint8_t *vector)
{
    for (unsigned word = 0; word < HV_APIC_WORDS; word++) {
        uint32_t bits = atomic_load_explicit(&eoi->vectors[word], memory_order_seq_cst);

        if (bits == 0)
            continue;
        *vector = (uint8_t)(word * 32 + (unsigned)__builtin_ctz(bits));
        atomic_fetch_and_explicit(&eoi->vectors[word], ~(bits & -bits), memory_order_seq_cst);
        return true;
    }
    return false;
}

/*
 * Sends the next vector, unless one is on its way: then its release does. Who sets a vector looks
 * whether it is busy after that, and who ends being busy looks for vectors after that: one of the
 * two sees the other.
 */
static void send_eoi(struct hv_vp *self, struct hv_vp *vp)
{
    struct hv_intercept_eoi *eoi = &vp->intercept.eoi;
    struct hv_message *content = &eoi->message.message.content;
    uint8_t vector;

    while (has_vector(eoi) && !atomic_exchange_explicit(&eoi->busy, true, memory_order_seq_cst)) {
        if (take_vector(eoi, &vector)) {
            hv_intercept_make_eoi(content, vp->partition->id, vp->index, vector);
            if (post(self, vp, &eoi->message))
                return;
        }
        atomic_store_explicit(&eoi->busy, false, memory_order_seq_cst);
    }
}

static void eoi_released(struct hv_vp *receiver, struct hv_synic_message *message)
{
    struct hv_vp *vp = vp_of_eoi(message);
    struct hv_partition *partition = vp->partition;

    atomic_store_explicit(&vp->intercept.eoi.busy, false, memory_order_seq_cst);
    send_eoi(receiver, vp);
    hv_partition_drop(partition);
}

void hv_intercept_end_of_interrupt(struct hv_vp *vp, uint8_t vector)
{
    if (!hv_intercept_is_on(vp->partition, HvInterceptTypeX64ApicEoi))
        return;
    atomic_fetch_or_explicit(&vp->intercept.eoi.vectors[vector / 32], 1u << vector % 32,
                             memory_order_seq_cst);
    send_eoi(vp, vp);
}

/* ---- Signals ---- */

static void signal_released(struct hv_vp *receiver, struct hv_synic_message *message)
{
    struct hv_vp *vp = vp_of_signal(message);
    struct hv_partition *partition = vp->partition;

    (void)receiver;
    /* Release: from here on the room of the message is used again. */
    atomic_store_explicit(&vp->dispatch->busy, false, memory_order_release);
    hv_partition_drop(partition);
}

/* They follow each other, so that the order of messages stays what it was. */
void hv_intercept_gather_signals(struct hv_vp *receiver, struct hv_synic_message *message)
{
    struct hv_synic_message *next;

    while ((next = hv_synic_first(&receiver->synic, SINT)) != NULL && next->gathers &&
           hv_intercept_add_signal(&message->content, &next->content)) {
        hv_synic_unqueue(receiver, next);
        next->release(receiver, next);
    }
}

bool hv_intercept_send_signal(struct hv_vp *vp)
{
    struct hv_dispatch *dispatch = vp->dispatch;
    bool sent;

    /* Acquire: pairs with the release of who has had the message before. */
    if (atomic_exchange_explicit(&dispatch->busy, true, memory_order_acquire))
        return false;
    hv_intercept_make_signal(&dispatch->signal.message.content, vp->partition->id, vp->index);
    sent = post(vp, vp, &dispatch->signal);
    if (!sent)
        atomic_store_explicit(&dispatch->busy, false, memory_order_release);
    return sent;
}

void hv_intercept_init_signal(struct hv_intercept_message *signal)
{
    signal->message.release = signal_released;
    signal->message.gathers = true;
}

/* ---- Beginning and end ---- */

void hv_intercept_init(struct hv_vp *vp)
{
    vp->intercept.message.message.release = released;
    vp->intercept.eoi.message.message.release = eoi_released;
    atomic_store_explicit(&vp->suspended, HV_VP_SUSPEND_EXPLICIT, memory_order_relaxed);
}

/* The VP of a child whose message this is, or NULL: it is another kind of message. */
static struct hv_vp *sender_of(struct hv_synic_message *message)
{
    if (message->release == released)
        return vp_of_message(message);
    if (message->release == signal_released)
        return vp_of_signal(message);
    return message->release == eoi_released ? vp_of_eoi(message) : NULL;
}

void hv_intercept_forward(struct hv_vp *self, struct hv_vp *vp)
{
    struct hv_synic_message *message, *next;

    hv_synic_collect_posts(vp);
    for (message = hv_synic_first(&vp->synic, SINT); message; message = next) {
        const struct hv_vp *sender = sender_of(message);

        next = hv_synic_next(&vp->synic, message);
        if (!sender)
            continue;
        hv_synic_unqueue(vp, message);
        if (!send(self, sender, (struct hv_intercept_message *)message))
            message->release(vp, message);
    }
}

/* On the LP of the receiver, if the message has not been released yet. */
static void take_back(struct hv_vp *vp, void *argument)
{
    struct hv_intercept_message *message = argument;

    hv_synic_take_posts(vp);
    if (!message->message.queued ||
        atomic_load_explicit(&message->receiver, memory_order_relaxed) != vp)
        return;
    hv_synic_unqueue(vp, &message->message);
    message->message.release(vp, &message->message);
}

static void recall(struct hv_vp *self, struct hv_intercept_message *message)
{
    hv_request_call(self, atomic_load_explicit(&message->receiver, memory_order_relaxed), take_back,
                    message);
}

void hv_intercept_end(struct hv_vp *self, struct hv_vp *vp)
{
    struct hv_intercept_eoi *eoi = &vp->intercept.eoi;

    if (atomic_load_explicit(&vp->suspended, memory_order_acquire) & HV_VP_SUSPEND_MESSAGE)
        recall(self, &vp->intercept.message);
    for (unsigned word = 0; word < HV_APIC_WORDS; word++)
        atomic_store_explicit(&eoi->vectors[word], 0, memory_order_seq_cst);
    if (atomic_load_explicit(&eoi->busy, memory_order_seq_cst))
        recall(self, &eoi->message);
    if (vp->dispatch && atomic_load_explicit(&vp->dispatch->busy, memory_order_acquire))
        recall(self, &vp->dispatch->signal);
    if (vp->intercept.direct_port)
        hv_port_drop(vp->intercept.direct_port);
    vp->intercept.direct_port = NULL;
    for (uint32_t type = 0; type < HV_VP_STATE_PAGES; type++)
        hv_state_page_destroy(vp, type);
    hv_intercept_results_destroy(vp);
    hv_flush_permit(vp);
}
