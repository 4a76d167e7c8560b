/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Logical processors. */
#ifndef TYPE1_LP_H
#define TYPE1_LP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

/* What others ask of an LP; bits of lp.events. Whoever sets one kicks the LP afterwards. */
enum lp_event {
    LP_EVENT_LOOK = 1 << 0,  /* call hv_lp_look() */
    LP_EVENT_NMI = 1 << 1,   /* an NMI of the machine, for the root's VP */
    LP_EVENT_LEAVE = 1 << 2, /* leave the guest and forget translations (svm_flush.c) */
};

struct hv_lp;

/* What an LP does with its time, besides working for itself. */
enum lp_time {
    LP_TIME_GUESTS,
    LP_TIME_IDLE,
    LP_TIME_KINDS,
};

struct hv_lp_run_time;

struct lp_tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));

/* MSRs in the processor that each VP has for itself, at most. */
#define LP_SWITCHED_MSRS 9

struct lp {
    uint32_t index;
    uint32_t apic_id;
    _Atomic bool online;
    _Atomic uint32_t events;
    /* An NMI is under way to it that carries nothing but the wish to look at events. */
    _Atomic bool kicked;
    /* Between the last look at events and generation, and the exit. */
    _Atomic bool in_guest;
    uint64_t asid_round; /* number of times that all ASIDs were given away anew; 0: never yet */
    uint32_t next_asid;
    _Atomic(struct hv_lp *) scheduler;
    _Atomic(void *) backend; /* of the root's VP, which gets the interrupts of the machine */
    uint64_t deadline;       /* TSC at which the scheduler has something to do */
    struct hv_vp *next;      /* whom the one that ran has handed over to; NULL: one is picked */
    _Atomic(void *) running; /* of the VP that was picked, or NULL */
    _Atomic(_Atomic uint64_t *) slat; /* generation of nested page tables of the last one */
    void *in_processor; /* of the VP whose floating-point registers are, or NULL (svm_switch.c) */
    uint64_t msrs[LP_SWITCHED_MSRS]; /* likewise: what the processor has */
    bool uses_msrs;                  /* one of them may be something else than 0 */
    void *host;                      /* VMCB that holds what VMLOAD loads for the hypervisor */
    uint64_t scheduler_memory;       /* physical address of its pages */
    uint64_t armed;                  /* TSC that its timer is set to; UINT64_MAX: stopped */
    uint32_t completed[8]; /* level-triggered vectors in service here that the guest is done with */
    uint64_t started;      /* TSC */
    _Atomic uint64_t spent[LP_TIME_KINDS]; /* TSC ticks */
    _Atomic uint64_t since[LP_TIME_KINDS]; /* TSC at which it began; 0: it does something else */
    struct lp_tss tss;
    uint64_t gdt[5];
};

/* Registers of the first LP's APIC as firmware left them. */
struct lp_firmware_apic {
    uint32_t spurious, lint0, lint1;
};

const struct lp_firmware_apic *lp_firmware_apic(void);

/* Finds the processors; their structures come from the page pool. */
void lp_init(void);

/* Makes this LP's APIC the hypervisor's. */
void lp_take_apic(struct lp *lp);

/* An empty scheduler, in place of the one that there may have been. With tsc_hz measured. */
void lp_make_scheduler(struct lp *lp);

/* Loads GDT, IDT and TSS of LP 0 and goes on with next() on its own stack. */
void lp_enter_first(void (*next)(void)) __attribute__((noreturn));

/* Starts all others; each waits until it is given a VP. */
void lp_start_others(void);

uint32_t lp_count(void);
struct lp *lp_get(uint32_t index);

/* Upper bound of lp_count(), before lp_init(). */
uint32_t lp_count_possible(void);

/* The LP that this is called on. */
struct lp *lp_current(void);

/* Adds to its events and makes it look at them soon. On any LP. */
void lp_notify(struct lp *lp, uint32_t events);

/* The same for an LP that is not this one. */
void lp_notify_other(struct lp *lp, uint32_t events);

/* The interrupt handler's part: passes a device's interrupt on to the VP. */
void lp_interrupt(uint8_t vector);

/* The guest is done with a level-triggered interrupt that came through here. */
void lp_end_of_interrupt(struct lp *lp, uint8_t vector);

/* The guest forgets what it has not completed. */
void lp_end_all_interrupts(struct lp *lp);

/* Makes an interrupt at that TSC, which ends the guest's run or the idle wait. */
void lp_set_timer(struct lp *lp, uint64_t now, uint64_t deadline);

/* The LP begins to spend its time so, and ends. On that LP. */
void lp_count_begin(struct lp *lp, enum lp_time kind, uint64_t tsc);
void lp_count_end(struct lp *lp, enum lp_time kind, uint64_t tsc);
static inline bool lp_counts(const struct lp *lp, enum lp_time kind)
{
    return atomic_load_explicit(&lp->since[kind], memory_order_relaxed) != 0;
}

/* hv_cpu_ops.lp_run_time. On any LP. */
void lp_run_time(struct lp *lp, uint64_t tsc, struct hv_lp_run_time *time);

/* The NMI handler's part: tells a kick from a real NMI. */
void lp_nmi(void);

#endif
