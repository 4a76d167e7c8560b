/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* An LP of the scheduler: of sched.c, where VPs come, go and are kicked, and of turn.c, which
   chooses among them. */
#ifndef HV_CORE_LP_H
#define HV_CORE_LP_H

#include "core.h"
#include "schedule.h"

struct hv_lp {
    const struct hv_platform *platform;
    void *backend;
    uint64_t slice; /* TSC ticks */
    struct hv_vp *current;
    struct hv_vp *payer;    /* in whose time that runs: itself, or who has dispatched it */
    bool lent;              /* it is the latter */
    bool woken;             /* somebody has become ready since the last look */
    struct hv_vp *borrower; /* who runs next, in the time of its lender; or NULL */
    struct hv_vp *heir;     /* of ready, woken last: whom current may hand over to; or NULL */
    struct hv_vp *sleeper;  /* in ready though it is suspended, since it has handed over; or NULL */
    uint64_t started;       /* TSC at which current was picked, or its run time counted last */
    uint64_t slice_end;
    uint64_t floor; /* who waits does not fall behind this: what the least that runs has had */
    struct hv_heap ready;  /* who can run, and who does but in another's time */
    struct hv_heap timers; /* who waits for a deadline */
    struct hv_deals deals;
    _Atomic uint32_t vp_count;
    _Atomic(struct hv_vp *) kicked; /* list with many producers; its LP takes all at once */
};

/* Takes its timer out, if there is one. */
static inline void hv_lp_stop_timer(struct hv_lp *lp, struct hv_vp *vp)
{
    if (hv_heap_has(&vp->sched.timer))
        hv_heap_remove(&lp->timers, &vp->sched.timer);
}

/* vp, which is neither in ready nor current, can run: or is told so to who dispatches it. */
void hv_lp_begin_ready(struct hv_lp *lp, struct hv_vp *vp);

/* The same for any VP of the LP. */
static inline void hv_lp_make_ready(struct hv_lp *lp, struct hv_vp *vp)
{
    if (!hv_heap_has(&vp->sched.ready) && vp != lp->current)
        hv_lp_begin_ready(lp, vp);
}

/* For hv_lp_take_kicks(), when there are some. */
void hv_lp_take_listed(struct hv_lp *lp);

/* Serves what is posted for VPs of this LP, and makes them ready. */
static inline void hv_lp_take_kicks(struct hv_lp *lp)
{
    if (atomic_load_explicit(&lp->kicked, memory_order_relaxed))
        hv_lp_take_listed(lp);
}

#endif
