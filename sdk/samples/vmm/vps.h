/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A thread for each VP: it runs its VP as long as that is wanted, and hands what comes of it to
 * whoever handles it. Threads are made once and outlive the partition whose VPs they run.
 */
#ifndef VMM_VPS_H
#define VMM_VPS_H

#include <pthread.h>

#include "backend.h"

struct vmm_vps;

struct vmm_vp {
    struct vmm_vps *all;
    uint32_t index;
    pthread_t thread;
    bool wanted;  /* it is to run */
    bool running; /* it runs, or is about to */
    bool busy;    /* it runs, or what came of it is being handled */
};

struct vmm_vps {
    const struct vmm_backend *backend;
    /* Gets what has come of a VP that does not run any more. */
    void (*handle)(void *context, enum vmm_run result, struct worker_intercept *intercept,
                   const struct vmm_trouble *trouble);
    void *context;
    pthread_mutex_t lock; /* nothing else is locked while it is held */
    pthread_cond_t changed;
    uint32_t count;
    uint32_t ready; /* threads that have begun */
    bool over;      /* threads are to end */
    struct vmm_vp vp[HV_MACHINE_MAX_VPS];
};

/* Makes the threads, given backend, handle and context, and waits until they are there: the first
   things that a thread does are system calls that are not allowed later. No VP is wanted yet. */
bool vmm_vps_start(struct vmm_vps *vps, uint32_t count, struct vmm_trouble *trouble);

/* A VP is to run. */
void vmm_vps_allow(struct vmm_vps *vps, uint32_t index);

/* A VP is not to run: on return it does not. What has come of it may still be on its way to
 * handle().
 */
void vmm_vps_stop(struct vmm_vps *vps, uint32_t index);

/* The same for all, and on return handle() is not being called. Not from within it. */
void vmm_vps_park(struct vmm_vps *vps);

/* Ends the threads, of VPs that were parked. */
void vmm_vps_end(struct vmm_vps *vps);

#endif
