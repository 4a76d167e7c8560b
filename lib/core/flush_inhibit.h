/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * TlbFlushInhibit (TLFS v6.0b, 9.1.4): while a parent completes an instruction of its child's VP by
 * the translations that the VP had, no other VP flushes them. A VP that tries is suspended with its
 * hypercall not done, and makes it again when it may.
 */
#ifndef HV_CORE_FLUSH_INHIBIT_H
#define HV_CORE_FLUSH_INHIBIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct hv_vp;
struct hv_vp_bitmap;

/* Part of struct hv_partition. */
struct hv_flush_inhibits {
    _Atomic uint32_t vps; /* of which flushes are inhibited */
    _Atomic bool waited;  /* some VP waits for one of them */
};

/* On the LP that owns the VP, or with it standing still. False: they were inhibited already. */
bool hv_flush_inhibit(struct hv_vp *vp);

/* As above; whoever waits for it goes on. */
void hv_flush_permit(struct hv_vp *vp);

bool hv_flush_is_inhibited(const struct hv_vp *vp);

/* Whether self has to wait before it flushes the targets; then it is suspended until it may try
   again. On the LP that owns self. */
bool hv_flush_waits(struct hv_vp *self, const struct hv_vp_bitmap *targets);

#endif
