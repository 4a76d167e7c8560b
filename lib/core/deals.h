/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Parents' VPs and children's VPs that have to do with each other on one LP: a parent that looks
 * after a child's VP makes call after call about it, and gets its messages.
 *
 * Both VPs of a deal are the LP's, and a deal ends when one of them leaves it. So what is found
 * here is there until the LP serves what others ask of it; nobody has to be kept from taking it
 * away meanwhile. All of this belongs to the LP.
 */
#ifndef HV_CORE_DEALS_H
#define HV_CORE_DEALS_H

#include <stdint.h>

struct hv_vp;

#define HV_DEALS 8 /* of which one takes another one's place */

struct hv_deal {
    struct hv_vp *parent, *child; /* NULL: none */
};

/* All zero: nobody has to do with anybody. */
struct hv_deals {
    struct hv_deal last[HV_DEALS];
};

/* The caller's LP, which owns both, is to remember them. Without a scheduler nothing happens. */
void hv_deals_note(struct hv_vp *parent, struct hv_vp *child);

/* A VP is about to leave. */
void hv_deals_forget(struct hv_deals *deals, const struct hv_vp *vp);

/*
 * The child's VP that these name, if the last that has to do with it is this VP of its parent's,
 * and the child is active, and nobody is about to change which VPs it has; or NULL. parent's LP,
 * where this is called, owns the VP.
 */
struct hv_vp *hv_deals_child(const struct hv_vp *parent, uint64_t partition_id, uint32_t vp_index);

/* The VP of the same LP that the last call about this one came from, or NULL; other LPs don't
   count. On the LP of the child's VP. */
struct hv_vp *hv_deals_parent(const struct hv_vp *child);

#endif
