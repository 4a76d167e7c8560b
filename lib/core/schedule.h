/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Private face of the scheduler; its public one is hv/sched.h. */
#ifndef HV_CORE_SCHEDULE_H
#define HV_CORE_SCHEDULE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/sched.h>

#include "deals.h"
#include "heap.h"

/* A VP's part; belongs to its LP but for what is atomic. */
struct hv_sched {
    _Atomic(struct hv_lp *) lp; /* NULL: there is no scheduler. Another's by its own word */
    struct hv_heap_node ready;  /* among those that can run, by what each has had */
    struct hv_heap_node timer;  /* among those that wait for a deadline */
    uint64_t had;               /* run time, TSC ticks by weight, in the LP's reckoning */
    _Atomic bool kicked;        /* in the LP's list of kicks, or about to be */
    _Atomic(struct hv_vp *) next_kicked; /* there */
};

/*
 * Makes the LP that owns vp take note that something has come for it. On any LP, also without a
 * scheduler.
 */
void hv_vp_kick(struct hv_vp *vp);

/* The same on the LP that owns vp, where it needs no list. */
void hv_vp_wake(struct hv_vp *vp);
/* The same by a VP of that LP, with a scheduler, whose exit ends with its suspension: the LP will
   look without being told. */
void hv_vp_wake_heir(struct hv_vp *vp);

/*
 * Takes vp, which is suspended and which nobody kicks any more, from its LP: when this returns that
 * has let go of it. On the LP that owns self. Without a scheduler nothing happens.
 */
void hv_sched_leave(struct hv_vp *self, struct hv_vp *vp);

/*
 * While an LP waits for another: serves what others ask of its VPs. self is the one whose exit it
 * is handling.
 */
void hv_sched_serve(struct hv_vp *self);

/* Whether the caller's LP, which owns self, owns target too. */
bool hv_sched_is_shared(const struct hv_vp *self, const struct hv_vp *target);

/* Of the LP that owns self, where this is called; NULL without a scheduler. */
struct hv_deals *hv_sched_deals(const struct hv_vp *self);

/*
 * Makes vp, which runs only when it is dispatched, a VP of the LP that owns self, where this is
 * called; waits for the LP that has it. HV_STATUS_INVALID_VP_STATE: it runs there, or is about to,
 * or yet another LP takes it, or there is no scheduler; HV_STATUS_NO_RESOURCES: this LP has
 * HV_LP_MAX_VPS.
 */
hv_status hv_sched_take(struct hv_vp *self, struct hv_vp *vp);

#endif
