/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The root scheduler (HvSchedulerTypeRoot): VPs of the root's children run only while a VP of the
 * root lends them its time, by HvCallDispatchVp. The call ends when the borrower has an intercept
 * or can't go on, or when something has come for the lender. A borrower that could not go on and
 * can again is told of by a message.
 *
 * Lender and borrower are of one LP, which all of this belongs to: a VP that is dispatched by
 * another one than had it last moves there first.
 */
#ifndef HV_CORE_DISPATCH_H
#define HV_CORE_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/sched.h>
#include <hv/status.h>

#include "intercept.h"

struct hv_lp;
struct hv_vp;

/* A VP's part, in a page of its own: of the root's VPs and of those of its children, where the root
   schedules. */
struct hv_dispatch {
    struct hv_vp *vp;       /* whose it is */
    uint64_t spa_page;      /* of this object */
    struct hv_vp *lender;   /* of a child: in whose time it runs, or is about to; or NULL */
    struct hv_vp *borrower; /* of a root: who runs, or is about to, in its time; or NULL */
    uint64_t output_gpa;    /* of a root: where its call's output goes */
    struct hv_output_dispatch_vp output; /* of a root: that, once there is no borrower */
    _Atomic(struct hv_lp *) taker;       /* of a child: that wants to have it; or NULL */
    bool blocked;                        /* of a child: the last call has said so */
    uint64_t signals;                    /* of a child: HvRegisterVpRootSignalCount */
    struct hv_intercept_message signal;  /* of a child: on its way while busy */
    _Atomic bool busy;
};

/* A page of the VP's pool, if the root schedules; HV_STATUS_INSUFFICIENT_MEMORY. */
hv_status hv_dispatch_init(struct hv_vp *vp);
void hv_dispatch_destroy(struct hv_vp *vp);

/*
 * The lender's time is the borrower's from the next hv_lp_put() on. On the lender's LP, which the
 * borrower comes to. HV_STATUS_INVALID_VP_STATE: it has been lent to already, or is taken by yet
 * another LP at this moment; HV_STATUS_NO_RESOURCES: the LP has too many VPs.
 */
hv_status hv_dispatch_begin(struct hv_vp *lender, struct hv_vp *borrower);

/* What a VP that does not run would make of being dispatched: false if it can run. */
bool hv_dispatch_is_over(const struct hv_vp *borrower, struct hv_output_dispatch_vp *output);

/* The borrower is let go. Returns the lender. */
struct hv_vp *hv_dispatch_end(struct hv_vp *borrower, enum hv_lp_release why);

/* The lender forgets what it has lent. */
void hv_dispatch_cancel(struct hv_vp *lender);

/* Something has come for a VP that does not run. */
void hv_dispatch_signal(struct hv_vp *vp);

#endif
