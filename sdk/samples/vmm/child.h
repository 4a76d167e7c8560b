/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The machine: a worker, the partition in which its VPs run, and consoles, from its creation to its
 * end. VPs' threads and the one that sees to time and consoles are in the worker one at a time.
 */
#ifndef VMM_CHILD_H
#define VMM_CHILD_H

#include <signal.h>

#include <worker/machine.h>
#include <worker/watch.h>

#include "console.h"
#include "vps.h"

/* How it has ended. */
enum vmm_end {
    VMM_RUNS, /* it hasn't */
    VMM_SHUTDOWN,
    VMM_RESET,
    VMM_HALT, /* all VPs wait, and nothing can wake them */
    VMM_TRIPLE_FAULT,
    VMM_CRASH,
    VMM_TEXT,        /* it has written what it was expected to write */
    VMM_STOPPED,     /* somebody wanted that */
    VMM_TIME,        /* its time was over */
    VMM_UNSUPPORTED, /* it has done what can't be done */
    VMM_ERROR,       /* something was refused */
};

struct vmm_child {
    const struct hv_machine *machine;
    const struct vmm_backend *backend;
    uint64_t stop_at;      /* WORKER_NO_TIME: never */
    sigset_t waiting_mask; /* of signals, while the thread of time waits */
    bool pressed;          /* the power button was, when somebody asked */
    int wake;              /* an eventfd: somebody wants the thread of time to look */
    struct vmm_console console[WORKER_COM_PORTS];
    struct vmm_vps vps;

    pthread_mutex_t lock; /* for all that follows */
    enum vmm_end end;
    struct vmm_trouble trouble;
    struct worker_vid vid;
    struct worker_machine worker;
    bool has_worker;
    void *ram;
    struct worker_watch watch;
    uint64_t next_look;
    uint64_t sleeps_until; /* of the thread of time */
    uint32_t resets;       /* after which it has started again */
};

/* So many times somebody has asked for the machine's end, gently and at once; by signals. */
extern volatile sig_atomic_t vmm_asked, vmm_forced;

/* Units of 100 ns that go on evenly. */
uint64_t vmm_now(void);

/*
 * Makes its threads; given machine, backend, stop_at, and consoles that are open. The next is
 * vmm_child_run().
 */
bool vmm_child_init(struct vmm_child *child, struct vmm_trouble *trouble);

/* Runs it to its end, through all the times that it starts again. Returns whether the end is an
   expected one; what it was is told on standard error. */
bool vmm_child_run(struct vmm_child *child);

void vmm_child_free(struct vmm_child *child);

/* ---- Between the files that it is made of; the lock is held. ---- */

/* Its end, unless it has one. */
void vmm_child_end(struct vmm_child *child, enum vmm_end end);

/* What the worker and the consoles say of its end. */
void vmm_child_look(struct vmm_child *child);

void vmm_child_vid(struct vmm_child *child);

/* Sees to time and consoles until it ends. The lock is not held. */
void vmm_loop(struct vmm_child *child);

/* Has that looked again. */
void vmm_loop_wake(const struct vmm_child *child);

#endif
