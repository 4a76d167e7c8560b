/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A host whose VPs are arrays of registers: what the worker does to them stays there to be seen. */
#ifndef WORKER_FAKE_VID_H
#define WORKER_FAKE_VID_H

#include <worker/vid.h>

#define FAKE_REGISTERS  128u
#define FAKE_MAPPINGS   16u
#define FAKE_INTERRUPTS 64u

/* A page of the guest's tables that is not mapped to itself, or not for all. */
struct fake_page {
    uint64_t gva;   /* of the page */
    uint64_t gpa;   /* where it leads to */
    uint32_t code;  /* HvTranslateGva value for every access ... */
    bool read_only; /* ... or HvTranslateGvaPrivilegeViolation for writes alone */
};

struct fake_vid {
    struct worker_vid vid;
    uint64_t now;
    hv_status refusal; /* answer of every function, if it is not HV_STATUS_SUCCESS */

    struct worker_register registers[FAKE_REGISTERS]; /* of all VPs */
    uint32_t register_count;
    struct hv_vp_register_page *register_page; /* of each VP; NULL: none that counts */
    unsigned reads;
    unsigned resumes;
    unsigned suspends;
    unsigned translations;
    uint64_t translation_flags; /* of the last one */
    uint32_t resumed_vp;
    uint32_t resumed_registers; /* how many it got */
    uint32_t resumed_before;    /* how many the one before it got */

    struct fake_page pages[FAKE_MAPPINGS];
    uint32_t page_count;

    struct {
        uint64_t gpa, size;
        void *host;
        uint32_t flags;
    } maps[FAKE_MAPPINGS];
    uint32_t map_count;

    struct worker_interrupt interrupts[FAKE_INTERRUPTS]; /* the last ones, in a ring */
    uint32_t interrupt_count;
    bool legacy_taken; /* the last HvX64InterruptTypeExtInt, as clear_interrupt() tells once */
};

/* All registers are zero, all addresses mapped to themselves. */
void fake_vid_init(struct fake_vid *fake);

uint64_t fake_vid_get(const struct fake_vid *fake, uint32_t name);
void fake_vid_set(struct fake_vid *fake, uint32_t name, uint64_t value);
union hv_register_value *fake_vid_register(struct fake_vid *fake, uint32_t name);

#endif
