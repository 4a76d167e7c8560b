/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The synthetic interrupt controller of a VP (TLFS: inter-partition communication): 16 sources
 * (SINTs), a page of message slots, a page of event flags.
 *
 * Queues and slots belong to the LP that owns the VP. Other LPs push messages on a list, as they do
 * requests, and set event flags, which are atomic.
 */
#ifndef HV_CORE_SYNIC_H
#define HV_CORE_SYNIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>

#include "address_space.h"
#include "apic.h"
#include "event_ring.h"
#include "msr.h"

struct hv_vp;

/* A message and the room that it takes until it is in a slot; who owns the room decides when it can
   be used again. */
struct hv_synic_message {
    struct hv_synic_message *next; /* in a queue, where the last one's is the first; or of the list
                                      of posts: the one before */
    /* Called on the LP of the VP when the message is in its slot, or has been dropped. */
    void (*release)(struct hv_vp *vp, struct hv_synic_message *message);
    const _Atomic bool *dead; /* once that is true it is dropped instead; NULL: it never is */
    uint8_t sint;
    bool queued;
    bool gathers; /* others may be taken into it when it comes to its slot: a signal */
    struct hv_message content;
};

struct hv_synic {
    _Atomic uint64_t scontrol;
    _Atomic uint64_t siefp;
    _Atomic uint64_t simp;
    _Atomic uint64_t sirbp;
    _Atomic uint64_t sint[HV_SYNIC_SINT_COUNT];
    struct hv_overlay event_page;
    struct hv_overlay message_page;
    struct hv_overlay ring_page; /* not of a partition outside any hierarchy */
    struct hv_event_rings rings;
    struct hv_synic_message ring_message;     /* on its way while rings.busy */
    _Atomic(struct hv_synic_message *) posts; /* pushed by any LP, the latest first */
    /* Of each SINT's queue; NULL: it is empty. */
    struct hv_synic_message *last[HV_SYNIC_SINT_COUNT];
    uint32_t waiting;                 /* SINTs whose queue is not empty, as a mask */
    uint64_t retry;                   /* TSC at which to try them again, or HV_APIC_NEVER */
    uint32_t auto_eoi[HV_APIC_WORDS]; /* vectors of SINTs that want no EOI */
};

static inline struct hv_synic_message *hv_synic_first(const struct hv_synic *synic, unsigned sint)
{
    struct hv_synic_message *last = synic->last[sint];

    return last ? last->next : NULL;
}

/* The one behind a message in its queue, or NULL. */
static inline struct hv_synic_message *hv_synic_next(const struct hv_synic *synic,
                                                     const struct hv_synic_message *message)
{
    return message == synic->last[message->sint] ? NULL : message->next;
}

/* Two pages of the partition's pool, three in a hierarchy. */
hv_status hv_synic_init(struct hv_vp *vp);
/* Drops all messages and gives the pages back, also those of an initialization that failed. Nobody
   posts any more. */
void hv_synic_destroy(struct hv_vp *vp);
/* Registers to their values at creation, pages zeroed, queues emptied. On the VP's LP. */
void hv_synic_reset(struct hv_vp *vp);

/* SCONTROL, SVERSION, SIEFP, SIMP, SIRBP, EOM, SINT0 to SINT15. */
hv_msr_reader hv_synic_read;
hv_msr_writer hv_synic_write;

/* The controller is on, and so is the page that this register places. */
bool hv_synic_is_on(const struct hv_synic *synic, const _Atomic uint64_t *page);

/* Raises the vector of a SINT, if that is not masked, and the guest does not look by itself. As
   hv_vp_interrupt(). */
void hv_synic_interrupt(struct hv_vp *self, struct hv_vp *target, unsigned sint);

/* Whether messages, or event flags, can reach the VP at all. On any LP. */
bool hv_synic_takes_messages(const struct hv_vp *vp);
bool hv_synic_takes_events(const struct hv_vp *vp);

/* Queues a message for one of the VP's own SINTs and delivers what can be. On the VP's LP. */
void hv_synic_queue(struct hv_vp *vp, struct hv_synic_message *message);

/* The same of one that is posted to it now, by anybody. */
void hv_synic_add(struct hv_vp *vp, struct hv_synic_message *message);

/* Puts a message into its slot, if it has nothing to wait for: no other one, and the slot is empty.
   What is behind its payload is not copied. On the VP's LP, outside of what that does with its
   SynIC. */
bool hv_synic_show(struct hv_vp *vp, unsigned sint, const struct hv_message *message);

/* Takes a queued message back. On the VP's LP. */
void hv_synic_unqueue(struct hv_vp *vp, struct hv_synic_message *message);

/* Whether what self sends to target is delivered at once: this LP, which owns self, owns that too,
   and it is not in the middle of something. */
bool hv_synic_is_here(const struct hv_vp *self, const struct hv_vp *target);

/* Sends a message to a VP, whose LP delivers it. Where that is done at once, a section of another
   address space must have been left. */
void hv_synic_post(struct hv_vp *self, struct hv_vp *target, struct hv_synic_message *message);

/* Takes what others have posted. On the VP's LP, after a kick. */
void hv_synic_take_posts(struct hv_vp *vp);

/* As above, without delivering any. */
void hv_synic_collect_posts(struct hv_vp *vp);

/* Drops those that are dead. On the VP's LP. */
void hv_synic_drop_dead(struct hv_vp *vp);

/* Moves messages to slots that have become empty. On the VP's LP: at EOM, EOI, retry. */
void hv_synic_deliver(struct hv_vp *vp);

/*
 * Sets an event flag of a VP and interrupts it. On any LP; self as above, or NULL.
 * @return HV_STATUS_INVALID_SYNIC_STATE when its SynIC, its page or the SINT is off.
 */
hv_status hv_synic_signal(struct hv_vp *self, struct hv_vp *target, uint8_t sint, uint32_t flag,
                          bool *newly_set);

static inline bool hv_synic_is_dead(const struct hv_synic_message *message)
{
    return message->dead && atomic_load_explicit(message->dead, memory_order_relaxed);
}

static inline bool hv_synic_has_posts(const struct hv_synic *synic)
{
    return atomic_load_explicit(&synic->posts, memory_order_relaxed) != NULL;
}

#endif
