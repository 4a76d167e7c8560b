/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Saves the root partition every so many milliseconds, makes it anew in other memory and restores
 * it there: so that nothing lives on by accident, and a guest can look for what was lost. The
 * machine, its memory and its devices stay; so does what this back end knows of interrupts on their
 * way and of a VP that halts.
 */
#ifndef TYPE1_SAVE_RESTORE_H
#define TYPE1_SAVE_RESTORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"
#include "lp.h"
#include "svm.h"

struct save_restore {
    uint64_t period;     /* TSC ticks; 0: never */
    uint64_t next;       /* TSC at which LP 0 begins; of LP 0 */
    _Atomic bool wanted; /* it has begun */
};

extern struct save_restore save_restore;

/* From now on, with the root partition's VPs made. While the machine starts, on LP 0. */
void save_restore_start(uint32_t period_ms);

/* Whether the LP is to call save_restore_now(). A VP that is stepped ends that first. */
static inline bool save_restore_is_due(const struct svm_vp *vp)
{
    if (__builtin_expect(save_restore.period == 0, true) || vp->stepping)
        return false;
    return atomic_load_explicit(&save_restore.wanted, memory_order_relaxed) ||
           (vp->lp->index == 0 && rdtsc() >= save_restore.next);
}

/* When to leave the guest for it, though no interrupt is due. */
static inline uint64_t save_restore_deadline(const struct lp *lp)
{
    return save_restore.period != 0 && lp->index == 0 ? save_restore.next : UINT64_MAX;
}

/*
 * Comes together with all other LPs and goes on with the new VP. The guest's state is released; VP
 * run time stands still afterwards.
 */
void save_restore_now(struct svm_vp *vp);

#endif
