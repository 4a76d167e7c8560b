/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A VP's local APIC: a state machine that takes register accesses, interrupts and the time, and
 * says what is to be done. It knows no other VP; who receives what it sends is apic_route.h's
 * affair.
 *
 * All of it belongs to the LP that owns the VP, but for the inbox, into which any LP may post.
 */
#ifndef HV_CORE_APIC_H
#define HV_CORE_APIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/apic.h>
#include <hv/interrupt.h>

#include "lock.h"

#define HV_APIC_WORDS       8  /* of 32 vectors */
#define HV_APIC_LVT_ENTRIES 6  /* timer to error */
#define HV_APIC_NO_VECTOR   -1 /* nothing to deliver */
#define HV_APIC_NEVER       UINT64_MAX

/* What software may set in the spurious interrupt vector register. */
#define HV_APIC_SVR_WRITABLE (HV_APIC_SVR_VECTOR_MASK | HV_APIC_SVR_ENABLE | HV_APIC_SVR_FOCUS)

/* What comes over from other LPs besides fixed interrupts: bits of the inbox's events. */
enum hv_apic_event {
    HV_APIC_EVENT_NMI = 1u << 0,
    HV_APIC_EVENT_INIT = 1u << 1,
    HV_APIC_EVENT_STARTUP = 1u << 2,
    HV_APIC_EVENT_EXTINT = 1u << 3,
    /* For lib/core itself: the partition's monitor pages are other ones (port_monitor.c). */
    HV_APIC_EVENT_MONITORS = 1u << 4,
};

struct hv_apic_inbox {
    /* Bits 0 to 7: an edge word is not zero; 8: the level ones are others; 9 and up: the events. */
    _Atomic uint32_t summary;
    _Atomic uint32_t edge[HV_APIC_WORDS];
    _Atomic uint32_t startup_vector; /* of the latest start-up IPI */
    _Atomic int extint_vector;       /* of the latest external interrupt, or HV_APIC_NO_VECTOR: that
                                        one was withdrawn */
    struct hv_lock level_lock; /* of the two below, so that what comes after a withdrawal stays */
    uint32_t level[HV_APIC_WORDS];
    bool withdrawn; /* those that came before them, too */
};

/*
 * Ratios of the clocks that an APIC timer runs by; of the machine, constant, and not 0. Conversions
 * stay in 64 bits while neither clock is more than 2^24 times as fast as the other.
 */
struct hv_apic_clock {
    uint64_t tsc_per_tick;  /* TSC ticks for one of the APIC's clock, 32.32 */
    uint64_t ticks_per_tsc; /* the reverse */
    uint64_t min_period;    /* TSC ticks; what a guest asks for below that is lengthened to it, so
                               that its timer can't keep it, and whoever shares its LP, from running */
};

struct hv_apic_timer {
    bool armed;
    uint64_t deadline; /* TSC of the next expiry; HV_APIC_NEVER when not armed */
    uint64_t period;   /* TSC ticks; periodic mode only */
    uint32_t initial;  /* initial count register */
    uint32_t divide;   /* divide configuration register */
};

struct hv_apic {
    struct hv_interrupt_view view; /* whoever changes what it shows says so */
    struct hv_apic_inbox inbox;
    const struct hv_apic_clock *clock;
    _Atomic uint64_t base; /* IA32_APIC_BASE; senders on other LPs look at the mode */
    uint32_t id;           /* 32 bits, as in x2APIC mode */
    uint8_t tpr;
    bool eoi_spared; /* assist says that the highest in service needs no EOI; nothing is waiting */
    uint32_t svr;
    uint32_t esr;         /* as latched by the latest write */
    uint32_t errors;      /* since then */
    _Atomic uint32_t ldr; /* senders on other LPs match against these two */
    _Atomic uint32_t dfr;
    uint64_t icr; /* xAPIC: high word as written */
    uint32_t lvt[HV_APIC_LVT_ENTRIES];
    uint32_t irr[HV_APIC_WORDS];
    uint32_t isr[HV_APIC_WORDS];
    uint32_t tmr[HV_APIC_WORDS];
    uint32_t *assist; /* the EOI assist of the guest's VP assist page; NULL without one */
    struct hv_apic_timer timer;
};

/* What an access to a register asks of its caller. */
enum hv_apic_effect_kind {
    HV_APIC_NOTHING,
    HV_APIC_FAULT,    /* #GP; nothing has changed */
    HV_APIC_SEND,     /* send what command says */
    HV_APIC_EOI_SENT, /* a level-triggered interrupt is complete: tell the source of vector */
    HV_APIC_LOGICAL,  /* the logical ID, or the mode, is another */
    HV_APIC_TIMER,    /* the deadline is another */
};

struct hv_apic_effect {
    enum hv_apic_effect_kind kind;
    union {
        uint64_t command; /* the ICR; the destination is in bits 63:32 in both modes */
        uint8_t vector;
    };
};

/* Into the state after power-on. boot: this is the VP that starts by itself. */
void hv_apic_init(struct hv_apic *apic, const struct hv_apic_clock *clock, uint32_t id, bool boot);

/* INIT: as after power-on, but for the ID and the mode. What is in the inbox stays there. */
void hv_apic_reset(struct hv_apic *apic);

static inline uint64_t hv_apic_base(const struct hv_apic *apic)
{
    return atomic_load_explicit(&apic->base, memory_order_relaxed);
}

static inline void hv_apic_touch(struct hv_apic *apic)
{
    apic->view.current = false;
}

static inline bool hv_apic_is_x2(const struct hv_apic *apic)
{
    return (hv_apic_base(apic) & HV_APIC_BASE_EXTD) != 0;
}

/* Whether that base is this one's, in any mode that there is. */
static inline bool hv_apic_can_have_base(const struct hv_apic *apic, uint64_t base)
{
    const uint64_t modes = HV_APIC_BASE_ENABLE | HV_APIC_BASE_EXTD;

    return ((base ^ hv_apic_base(apic)) & ~modes) == 0 && (base & modes) != HV_APIC_BASE_EXTD;
}

static inline bool hv_apic_is_enabled(const struct hv_apic *apic)
{
    return (hv_apic_base(apic) & HV_APIC_BASE_ENABLE) != 0;
}

/*
 * Registers, by enum hv_apic_register; now is the TSC. In xAPIC mode an access to a register that
 * is not there reads zero and is an error of the ESR; in x2APIC mode it is HV_APIC_FAULT. A timer
 * that is due by now is served first, under what the registers were until now. A disabled APIC has
 * no registers, but for those that are synthetic MSRs too (EOI, ICR, TPR): that is the caller's
 * affair.
 */
bool hv_apic_read(struct hv_apic *apic, unsigned reg, uint64_t now, uint64_t *value);
struct hv_apic_effect hv_apic_write(struct hv_apic *apic, unsigned reg, uint64_t value,
                                    uint64_t now);

/* Writes IA32_APIC_BASE. The base itself can't be moved (TLFS allows it to be fixed). */
struct hv_apic_effect hv_apic_write_base(struct hv_apic *apic, uint64_t value);

/* IA32_TSC_DEADLINE; does nothing in the other modes. As above, a timer that is due is served. */
uint64_t hv_apic_read_deadline(struct hv_apic *apic, uint64_t now);
struct hv_apic_effect hv_apic_write_deadline(struct hv_apic *apic, uint64_t value, uint64_t now);

/* Completes the highest interrupt in service; the value does not matter. */
struct hv_apic_effect hv_apic_eoi(struct hv_apic *apic);

/* CR8 is bits 7:4 of the task priority. */
static inline void hv_apic_set_tpr(struct hv_apic *apic, uint8_t tpr)
{
    apic->tpr = tpr;
    hv_apic_touch(apic);
}

/* A fixed interrupt arrives. A vector below 16 is an error of the ESR. */
void hv_apic_request(struct hv_apic *apic, uint8_t vector, bool level);

/*
 * Whether a fixed interrupt is accepted at all: the APIC is enabled, by software too.
 */
static inline bool hv_apic_accepts(const struct hv_apic *apic)
{
    return hv_apic_is_enabled(apic) && (apic->svr & HV_APIC_SVR_ENABLE);
}

/* The highest requested vector above the processor priority, or HV_APIC_NO_VECTOR. */
int hv_apic_pending(const struct hv_apic *apic);

/* The highest requested vector whatever the task priority, if above what is in service: what
   lowering the task priority would let through; or HV_APIC_NO_VECTOR. */
int hv_apic_pending_behind_tpr(const struct hv_apic *apic);

/* Whether any vector is requested, whatever its priority. */
static inline bool hv_apic_has_request(const struct hv_apic *apic)
{
    uint32_t any = 0;

    for (unsigned word = 0; word < HV_APIC_WORDS; word++)
        any |= apic->irr[word];
    return any != 0;
}

/* The processor takes that vector. auto_eoi: it never gets into service. */
void hv_apic_accept(struct hv_apic *apic, uint8_t vector, bool auto_eoi);

uint8_t hv_apic_processor_priority(const struct hv_apic *apic);

/* The highest vector in service, or HV_APIC_NO_VECTOR; it may be complete if its EOI is spared. */
int hv_apic_in_service(const struct hv_apic *apic);

/*
 * Where the guest has its EOI assist, a word that it writes at any time; NULL: nowhere. On the LP
 * that owns the VP, as all that follows.
 */
void hv_apic_set_assist(struct hv_apic *apic, uint32_t *assist);

/* Tells the guest that the vector just accepted needs no EOI, if the rules allow that. */
void hv_apic_spare_eoi(struct hv_apic *apic);

/* Takes that back, so that the EOI is an exit; unless the guest has made use of it: then the
   interrupt is complete. */
void hv_apic_require_eoi(struct hv_apic *apic);

/* Looks whether the guest has made use of it, and lets it stand. */
void hv_apic_note_spared_eoi(struct hv_apic *apic);

/* Serves the timer; to be called when now has reached timer.deadline, and harmless earlier. */
void hv_apic_timer_expire(struct hv_apic *apic, uint64_t now);

/*
 * Posts into the inbox, from any LP. Returns whether the owner must be kicked: it has not been
 * since it looked last. HV_APIC_NO_VECTOR withdraws an external interrupt that nobody has taken.
 */
bool hv_apic_post(struct hv_apic *apic, uint8_t vector, bool level);
bool hv_apic_post_event(struct hv_apic *apic, enum hv_apic_event event, int vector);

/* As above: withdraws the level-triggered interrupts that are requested and nobody has taken. */
bool hv_apic_post_withdrawal(struct hv_apic *apic);

static inline bool hv_apic_has_post(const struct hv_apic *apic)
{
    return atomic_load_explicit(&apic->inbox.summary, memory_order_relaxed) != 0;
}

/*
 * Takes what was posted: fixed interrupts into the IRR; returns bits of enum hv_apic_event. Of INIT
 * and STARTUP together, INIT came first.
 */
uint32_t hv_apic_take_posts(struct hv_apic *apic);

/* Takes only the fixed interrupts; returns which events stay behind in the inbox. */
uint32_t hv_apic_take_interrupts(struct hv_apic *apic);

/* Of apic.c, for apic_record.c. */
uint32_t hv_apic_lvt_writable(unsigned reg);

static inline uint32_t hv_apic_x2_logical_id(uint32_t id)
{
    return (id >> 4) << 16 | 1u << (id & 15);
}

/* Of apic_timer.c, for apic.c and apic_record.c. */
void hv_apic_timer_resume(struct hv_apic *apic, bool armed, uint64_t left, uint64_t now);
void hv_apic_timer_reset(struct hv_apic *apic);
/* The counter of a timer with an initial count is there, and goes on. */
void hv_apic_timer_set_count(struct hv_apic *apic, uint32_t count, uint64_t now);
void hv_apic_timer_start(struct hv_apic *apic, uint32_t count, uint64_t now);
void hv_apic_timer_set_divide(struct hv_apic *apic, uint32_t divide, uint64_t now);
void hv_apic_timer_mode_changed(struct hv_apic *apic, uint32_t old_lvt);
uint32_t hv_apic_timer_count(const struct hv_apic *apic, uint64_t now);

/* Whether a register is an entry of the local vector table. */
static inline bool hv_apic_is_lvt(unsigned reg)
{
    return reg >= HV_APIC_LVT_TIMER && reg <= HV_APIC_LVT_ERROR;
}

static inline uint32_t *hv_apic_lvt(struct hv_apic *apic, unsigned reg)
{
    return &apic->lvt[reg - HV_APIC_LVT_TIMER];
}

static inline enum hv_apic_timer_mode hv_apic_timer_mode_of(uint32_t lvt)
{
    return lvt >> HV_APIC_LVT_TIMER_SHIFT & HV_APIC_LVT_TIMER_MASK;
}

/* An entry of the local vector table fires. */
void hv_apic_fire(struct hv_apic *apic, unsigned reg);

#endif
