/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The saved state of a local APIC. */
#ifndef HV_CORE_APIC_RECORD_H
#define HV_CORE_APIC_RECORD_H

#include <stddef.h>

#include "apic.h"

/*
 * What is in the inbox is part of the record: fixed interrupts as requested ones, the rest as
 * events. The timer is what is left of it, in TSC ticks: where the record is restored the TSC has
 * another value, and a deadline taken from the old one would be in the past, or years away.
 */
struct hv_apic_record {
    uint64_t base;
    uint64_t icr;
    uint64_t timer_left; /* 0 if not armed */
    uint32_t id;
    uint32_t svr;
    uint32_t esr;
    uint32_t errors;
    uint32_t ldr;
    uint32_t dfr;
    uint32_t lvt[HV_APIC_LVT_ENTRIES];
    uint32_t irr[HV_APIC_WORDS];
    uint32_t isr[HV_APIC_WORDS];
    uint32_t tmr[HV_APIC_WORDS];
    uint32_t initial;
    uint32_t divide;
    uint32_t events; /* enum hv_apic_event */
    uint8_t tpr;
    uint8_t timer_armed;
    uint8_t startup_vector; /* 0 without that event; so is the next */
    uint8_t extint_vector;
};

/*
 * Writes the state to record, after serving the timer. On the LP that owns the VP; the APIC goes on
 * unharmed, and what others post later is not in the record.
 */
void hv_apic_save(struct hv_apic *apic, uint64_t now, struct hv_apic_record *record);

/* Completes the events of a record by their vectors; an ExtINT that was withdrawn is none. */
void hv_apic_save_events(const struct hv_apic_inbox *inbox, struct hv_apic_record *record);

/*
 * Takes a saved state, of any origin and alignment, which goes on from now. On the LP that owns the
 * VP; what others have posted stays. False when the record has another size or is of another ID or
 * holds what no APIC can be in: then nothing has changed. The caller tells the routes, as after
 * HV_APIC_LOGICAL, and the timer queue.
 */
bool hv_apic_restore(struct hv_apic *apic, const void *record, size_t size, uint64_t now);

#endif
