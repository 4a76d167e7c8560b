/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A back end whose VPs play a list of accesses, and run on for ever after the last of them, until
 * they are kicked.
 */
#ifndef VMM_FAKE_BACKEND_H
#define VMM_FAKE_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend.h"

#define FAKE_VPS   4u
#define FAKE_STEPS 4096u

enum fake_action {
    FAKE_OUT,          /* a byte to a port */
    FAKE_OUT_WORD,     /* two bytes */
    FAKE_TRIPLE_FAULT, /* its end */
    FAKE_UNKNOWN,      /* a message that nobody knows */
    FAKE_FAIL,         /* the VP can't be run */
};

struct fake_step {
    enum fake_action action;
    uint16_t port;
    uint16_t value;
};

struct fake_backend {
    struct vmm_backend backend;
    struct fake_step steps[FAKE_STEPS]; /* VP 0's; the others run without end */
    uint32_t step_count;
    uint32_t next; /* step of VP 0, for its thread alone */
    uint8_t bytes[FAKE_VPS][4];

    /* What is to go wrong, and what was seen. */
    bool refuses_open, refuses_make, refuses_prepare;
    bool crashed, halted;      /* what registers say */
    atomic_uint made, unmade;  /* partitions */
    atomic_uint running;       /* VPs in run() */
    atomic_uint running_seen;  /* most of them at a time, when a partition went */
    atomic_uint ended_vectors; /* bits: vectors 0x30 on that have ended, to be taken */
    int ended_file;
};

void fake_backend_init(struct fake_backend *fake);

void fake_backend_add(struct fake_backend *fake, enum fake_action action, uint16_t port,
                      uint16_t value);

/* Each character goes to COM1; no more than its FIFO holds, since nobody waits for room in it. */
void fake_backend_print(struct fake_backend *fake, const char *text);

/* Switches the machine off, or resets it. */
void fake_backend_power_off(struct fake_backend *fake);
void fake_backend_reset(struct fake_backend *fake);

#endif
