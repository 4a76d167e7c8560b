/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A child partition and the machine in it, from its creation to the last page that comes back.
 *
 * Whatever a child does, and whatever call about it fails, ends the child alone.
 */
#ifndef ROOT_CHILD_H
#define ROOT_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include <hvkit/machine.h>
#include <worker/machine.h>
#include <worker/watch.h>

#include "console.h"
#include "pool.h"

/* How a child has ended. */
enum root_end {
    ROOT_RUNS, /**< it hasn't */
    ROOT_SHUTDOWN,
    ROOT_RESET,
    ROOT_HALT, /**< all VPs wait, and nothing can wake them */
    ROOT_TRIPLE_FAULT,
    ROOT_CRASH,
    ROOT_TEXT,    /**< it has written what it was expected to write */
    ROOT_STOPPED, /**< nobody needs it any more */
    ROOT_UNKNOWN, /**< it has done what can't be done */
    ROOT_ERROR,   /**< a call has failed */
};

/* A VP. */
struct root_vp {
    struct hv_vp_register_page *registers; /* NULL: not mapped */
    const struct hv_message *message;      /* of its last intercept; NULL: not mapped */
    bool stopped;                          /* by an intercept, and its registers unchanged */
    bool ready;                            /* where the root schedules: it can be dispatched */
    bool clear;                            /* and its intercept has been dealt with then */
};

/* What is there of it, and has to go. */
struct root_partition {
    struct root_pool pool; /* pool.partition is its ID, or HV_PARTITION_ID_INVALID */
    struct root_pool *own; /* of the root */
    bool dispatched;       /* the root schedules its VPs */
    bool active;           /* initialized */
    uint32_t vp_count;     /* VPs that were created, from 0 on */
    struct root_vp *vps;   /* as many as the machine is to have */
    uint64_t vps_pages;    /* size of that */
};

struct root_child {
    struct hv_machine machine; /* its description */
    enum root_end end;
    const char *failed;  /* what could not be done, with status; what is wrong, without */
    const char *subject; /* the file that is wrong */
    hv_status status;    /* with which it was refused */
    struct root_partition partition;
    uint8_t *ram;
    uint64_t ram_pages;
    struct worker_vid vid;
    bool has_worker; /* worker was initialized */
    uint32_t resets; /* after which it has started again */
    bool leaked;     /* of one of its former lives something is missing */
    struct worker_machine worker;
    struct root_console console[WORKER_COM_PORTS];
    uint64_t next_look; /* when its VPs are looked at */
    struct worker_watch watch;
};

/*
 * Makes the partition, loads the kernel, and lets it go. When that fails the child has ended.
 *
 * child: cleared, but for machine, partition.own and what the consoles need.
 */
void root_child_start(struct root_child *child);

/* Whether it ends when the others have. */
bool root_child_follows(const struct root_child *child);

/* The first of its VPs from *vp_index on that can be dispatched; false: there is none. */
bool root_child_find_ready(const struct root_child *child, uint32_t *vp_index);

/*
 * Runs such a VP, where the root schedules, and deals with its intercept. *interrupted is set when
 * something has come for the root, or its slice has ended.
 */
void root_child_dispatch(struct root_child *child, uint32_t vp_index, bool *interrupted);

/* A VP of it can be dispatched again. */
void root_child_signal(struct root_child *child, uint32_t vp_index);

/* A message about one of its VPs has come, in full. */
void root_child_message(struct root_child *child, uint32_t vp_index,
                        const struct hv_message *message);

/* A VP of it has an intercept, which its message page has. */
void root_child_intercept(struct root_child *child, uint32_t vp_index);

/* Does what is due. */
void root_child_advance(struct root_child *child, uint64_t now);

/* When it wants to be advanced. */
uint64_t root_child_deadline(const struct root_child *child);

/* Ends it, if it runs. */
void root_child_stop(struct root_child *child, enum root_end end);

/* Whether it has reset itself, and is to start again. */
bool root_child_restarts(const struct root_child *child);

/* Gives everything back, and makes it anew as root_child_start() does: nothing of it is left. */
void root_child_restart(struct root_child *child);

/*
 * Tells how it has ended, and gives everything back.
 *
 * Returns whether that is an end that the description expects, and nothing is missing.
 */
bool root_child_bury(struct root_child *child);

#endif
