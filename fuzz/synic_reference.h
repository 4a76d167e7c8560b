/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What fuzz_synic.c knows of two VPs by itself: which messages are on their way and which were
 * seen, what the timers were told, what the pages held. It takes the TLFS's point of view, and of
 * the implementation only what a guest or an embedder sees.
 *
 * Each event is told to it before or after it is done, as its comment says; check() comes after
 * each step and compares.
 */
#ifndef FUZZ_SYNIC_REFERENCE_H
#define FUZZ_SYNIC_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/port.h>

#include "core.h"
#include "fake_platform.h"

#define VPS          2
#define PORTS        16  /* and connections */
#define MAX_PORTS    256 /* in the course of an input */
#define MAX_MESSAGES 256
#define NO_PORT      -1

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

struct reference_port {
    struct hv_port_config config;
    uint32_t id;
    bool deleted;
    int latest[VPS]; /* message of it that the VP saw last, or -1 */
};

enum reference_state {
    POSTED,  /* its VP has not taken it */
    WAITING, /* behind others, or for the page */
    SEEN,
    DROPPED, /* by a reset of its VP, or with its port */
};

struct reference_message {
    int port; /* index */
    uint32_t target, size;
    enum reference_state state;
};

struct reference_timer {
    uint64_t config, count;
    uint64_t start; /* reference time of the latest write */
    bool enabled;
    unsigned fired; /* since then */
    uint64_t latest;
    uint64_t deadline; /* reference time from which on a look must find a tick */
    bool expired;      /* a one-shot timer, since then */
};

struct reference_vp {
    struct reference_timer timer[HV_STIMERS];
    struct hv_message_page slots;           /* as they were */
    struct hv_synic_event_flags_page flags; /* likewise */
    uint32_t requested[HV_APIC_WORDS];      /* and interrupts */
    uint32_t timer_sints;                   /* that timers may have sent messages to */
    uint32_t waited;                        /* SINTs where something waited since the slot's fill */
    uint32_t emptied;                       /* slots, since the hypervisor looked */
    unsigned kicks;                         /* when the VP looked last */
    bool served;                            /* timers, in this step */
};

struct reference {
    struct reference_port ports[MAX_PORTS];
    int port_count;
    int port_of[PORTS];       /* by ID: index, or NO_PORT */
    int connection_of[PORTS]; /* likewise */
    struct reference_message messages[MAX_MESSAGES];
    int message_count;
    struct reference_vp vp[VPS];
    const struct hv_port_config *signalled; /* whose flag may become set in this step, or NULL */
    uint32_t flag_number;
};

struct machine {
    struct fake_platform fake;
    struct hv_partition *partition;
    struct fake_vp backends[VPS];
    struct hv_vp *vps[VPS];
    struct reference reference;
};

static inline struct hv_message *slot_of(const struct hv_vp *vp, unsigned sint)
{
    struct hv_message_page *page = vp->synic.message_page.page;

    return &page->sint_message[sint];
}

void reference_begin(struct machine *machine);

/* Compares all that can be seen. */
void check(struct machine *machine);

/* When all has been read: nothing is left, no timer was lost. */
void reference_end(const struct machine *machine);

uint64_t reference_now(const struct machine *machine);

/* Before: what the call has to answer. number is the message's, for its payload. */
hv_status reference_post(struct machine *machine, uint32_t connection, uint32_t size,
                         uint64_t *number);
/* After, if that was a success: which VP it went to. */
void reference_posted(struct machine *machine, uint32_t self, uint32_t target);

/* What the call has to answer; its answer counts where there is a choice. */
hv_status reference_signal(struct machine *machine, uint32_t connection, uint16_t flag,
                           hv_status answer);

/* What the call has to answer. */
hv_status reference_create(struct machine *machine, uint32_t id,
                           const struct hv_port_config *config);
hv_status reference_delete(struct machine *machine, uint32_t id);
hv_status reference_connect(struct machine *machine, uint32_t connection, uint32_t id);
hv_status reference_disconnect(struct machine *machine, uint32_t connection);

/* After a write to a timer's register: whether it had to be accepted. */
bool reference_timer(struct machine *machine, uint32_t vp, unsigned timer, bool count,
                     uint64_t value);

/* The VP has served its timers. */
void reference_served(struct machine *machine, uint32_t vp);
/* It has taken the messages that others posted. */
void reference_queued(struct machine *machine, uint32_t vp);
/* And all else, after a kick. */
void reference_prepared(struct machine *machine, uint32_t vp);
void reference_reset(struct machine *machine, uint32_t vp);

/* The hypervisor has looked at all slots of the VP. */
void reference_scanned(struct machine *machine, uint32_t vp);

/* The guest changes what it sees. */
void reference_emptied(struct machine *machine, uint32_t vp, unsigned sint);
void reference_cleared(struct machine *machine, uint32_t vp, unsigned sint);
void reference_taken(struct machine *machine, uint32_t vp, unsigned vector);

/* Whether a message waits that the VP has taken. */
bool reference_waits(const struct machine *machine, uint32_t vp);

#endif
