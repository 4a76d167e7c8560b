/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Requests from one VP to another: how an LP gets something done on the LP that owns a VP, since
 * nobody else touches its state.
 */
#ifndef HV_CORE_REQUEST_H
#define HV_CORE_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>

struct hv_vp;

/* Lives on the stack of the LP that waits for it. */
struct hv_request {
    void (*run)(struct hv_vp *vp, void *argument);
    void *argument;
    struct hv_request *next; /* posted before this one */
    _Atomic bool done;
};

/*
 * Runs function on the LP that owns target and waits for it. The caller is the LP that owns self;
 * while it waits it serves requests for all its VPs, so two LPs may ask each other at once. When it
 * owns target too, runs it at once. The function must not call hv_request_call().
 *
 * The wait ends when target's LP calls hv_request_serve(), so a VP that has been created must
 * always belong to an LP that reacts to kicks, also while the VP waits for its startup.
 */
void hv_request_call(struct hv_vp *self, struct hv_vp *target,
                     void (*run)(struct hv_vp *vp, void *argument), void *argument);

/*
 * One step of waiting for something that another LP does: serves requests for self meanwhile. On
 * the LP that owns self.
 */
void hv_request_wait(struct hv_vp *self);

/* Serves what is posted for vp, in the order in which it was posted. On the LP that owns it. */
void hv_request_serve(struct hv_vp *vp);

#endif
