/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A hypervisor whose partitions are arrays, and whose VPs execute a list of steps. */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>

#include "step.h"

#define FAKE_PARTITIONS 4u
#define FAKE_VPS        4u
#define FAKE_POOL       4096u
#define FAKE_REGISTERS  128u
#define FAKE_QUEUE      64u
#define FAKE_OUTPUT     65536u
#define FAKE_VP_PAGES   9u /* of the pool, that a VP takes */
#define FAKE_FREE_PAGES 20000u

struct fake_register {
    uint32_t name;
    union hv_register_value value;
};

struct fake_vp {
    bool exists;
    bool explicit_suspend, intercept_suspend;
    struct fake_register registers[FAKE_REGISTERS];
    uint32_t register_count;
    uint64_t page[2]; /* state pages, by type; 0: not mapped */
    const struct fake_step *step;
};

struct fake_partition {
    uint64_t id; /* 0: there is none */
    bool active, finalized;
    uint64_t pool[FAKE_POOL];
    uint32_t pool_count;
    uint32_t used; /* of the pool, for VPs and tables */
    uint64_t privileges;
    uint64_t mapped; /* pages */
    uint32_t large;  /* elements that were large pages */
    uint32_t intercepts;
    uint32_t cpuid_results;
    uint32_t interrupts;
    struct fake_vp vp[FAKE_VPS];
};

struct fake_host {
    struct fake_partition partition[FAKE_PARTITIONS]; /* 0 is the root itself */
    uint32_t created;
    const struct fake_step *script[FAKE_PARTITIONS]; /* of VP 0 of each, in order of creation */
    struct hv_message queue[FAKE_QUEUE];
    uint32_t queue_first, queue_count;
    uint64_t now;
    uint64_t free_pages;
    bool
        root_schedules; /* VPs run when they are dispatched; every fourth time the root is wanted */
    bool dispatching;   /* one does */
    uint32_t dispatches, polls;
    uint32_t signals; /* that are still sent for VPs which block */
    uint32_t calls;
    uint32_t fail_at;   /* number of the call that fails, from 1 on; 0: none */
    uint16_t fail_code; /* or the call of this code that fails, the first time */
    uint16_t fail_status;
    bool stuck;         /* rep calls that succeed do nothing */
    uint32_t most_reps; /* elements that a rep call does before it returns; 0: all */
    bool create_wants;  /* creating a partition takes a page of the root's pool */
    const char *typed;
    uint64_t typed_at; /* not before this time */
    char output[FAKE_OUTPUT];
    uint32_t output_count;
};

extern struct fake_host fake;

/* An empty one; and all memory that it still has. */
void fake_host_init(void);
void fake_host_free(void);

/* How often a text is in what was shown. */
unsigned fake_host_shown(const char *text);

#endif
