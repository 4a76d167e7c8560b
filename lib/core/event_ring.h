/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The event rings of a VP (beyond the TLFS; Linux, include/hyperv and drivers/hv): a ring for each
 * SINT in the page at HV_X64_MSR_SIRBP, into which the hypervisor puts the IDs of doorbell ports.
 *
 * The guest empties a slot by writing 0. A port that finds no empty one waits, once however often
 * it rings, and goes in when the guest says that the ring is empty, or when another one rings.
 */
#ifndef HV_CORE_EVENT_RING_H
#define HV_CORE_EVENT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/status.h>

#include "lock.h"

struct hv_port;
struct hv_synic_message;
struct hv_vp;

/* Where the hypervisor is in each ring; part of struct hv_synic. */
struct hv_event_rings {
    struct hv_lock lock;                       /* one writes at a time */
    uint8_t head[HV_SYNIC_SINT_COUNT];         /* the slot for the next ID */
    struct hv_port *last[HV_SYNIC_SINT_COUNT]; /* ports that wait, in a circle: the latest one */
    _Atomic uint32_t signals; /* SINTs that are messages on SINT 0 and have something to say */
    _Atomic bool busy;        /* one such message is on its way */
};

/* VPs that can have children, or siblings, have rings. Their page is from the partition's pool. */
hv_status hv_event_ring_init(struct hv_vp *vp);
void hv_event_ring_destroy(struct hv_vp *vp);
/* Forgets what waits, and empties the rings. On the VP's LP. */
void hv_event_ring_reset(struct hv_vp *vp);

/* Whether what rings for that SINT can reach the VP. On any LP. */
bool hv_event_ring_takes(const struct hv_vp *vp, uint32_t sint);

/* Puts the port's ID into the ring of its SINT, or remembers it until there is room, and tells the
   VP. On any LP; self is the VP of this one. */
void hv_event_ring_signal(struct hv_vp *self, struct hv_vp *target, struct hv_port *port);

/* HvCallNotifyRingEmpty: puts in what waits. On the VP's LP. */
void hv_event_ring_refill(struct hv_vp *vp, uint32_t sint);

/* ---- Save and restore (event_ring_record.c) ---- */

/* A port that waits for room in the ring of its SINT, behind the others there; false: it waits
   already. */
bool hv_event_ring_wait(struct hv_vp *vp, struct hv_port *port);

/* SINTs of which the VP is still to be told, as a mask; and the same again. On its LP. */
uint32_t hv_event_ring_signals(const struct hv_vp *vp);
void hv_event_ring_signal_again(struct hv_vp *vp, uint32_t signals);

#endif
