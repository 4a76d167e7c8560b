/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore. A record may come from an enemy: it is taken whole or not at all. */
#include "apic_record.h"
#include "apic_bits.h"
#include "mem.h"

#define ERRORS \
    (HV_APIC_ESR_SEND_ILLEGAL | HV_APIC_ESR_RECEIVE_ILLEGAL | HV_APIC_ESR_ILLEGAL_REGISTER)
#define EVENTS                                                                   \
    ((uint32_t)(HV_APIC_EVENT_NMI | HV_APIC_EVENT_INIT | HV_APIC_EVENT_STARTUP | \
                HV_APIC_EVENT_EXTINT))
#define ILLEGAL_VECTORS   ((1u << HV_APIC_FIRST_VECTOR) - 1)
#define LDR_XAPIC_DEFINED (HV_APIC_XAPIC_BROADCAST << HV_APIC_LDR_SHIFT)

/* Every byte of a record has a meaning, so a record says nothing of the memory it was made in. */
_Static_assert(sizeof(struct hv_apic_record) == 184, "no padding");

/* ---- Save ---- */

static void save_registers(const struct hv_apic *apic, struct hv_apic_record *record)
{
    record->base = hv_apic_base(apic);
    record->icr = apic->icr;
    record->id = apic->id;
    record->svr = apic->svr;
    record->esr = apic->esr;
    record->errors = apic->errors;
    record->ldr = atomic_load_explicit(&apic->ldr, memory_order_relaxed);
    record->dfr = atomic_load_explicit(&apic->dfr, memory_order_relaxed);
    record->tpr = apic->tpr;
    memcpy(record->lvt, apic->lvt, sizeof(record->lvt));
    memcpy(record->irr, apic->irr, sizeof(record->irr));
    memcpy(record->isr, apic->isr, sizeof(record->isr));
    memcpy(record->tmr, apic->tmr, sizeof(record->tmr));
}

static void save_timer(const struct hv_apic_timer *timer, uint64_t now,
                       struct hv_apic_record *record)
{
    record->initial = timer->initial;
    record->divide = timer->divide;
    record->timer_armed = timer->armed;
    record->timer_left = timer->armed && timer->deadline > now ? timer->deadline - now : 0;
}

void hv_apic_save_events(const struct hv_apic_inbox *inbox, struct hv_apic_record *record)
{
    int extint = atomic_load_explicit(&inbox->extint_vector, memory_order_relaxed);

    if (extint == HV_APIC_NO_VECTOR)
        record->events &= ~(uint32_t)HV_APIC_EVENT_EXTINT;
    if (record->events & HV_APIC_EVENT_STARTUP)
        record->startup_vector =
            (uint8_t)atomic_load_explicit(&inbox->startup_vector, memory_order_relaxed);
    if (record->events & HV_APIC_EVENT_EXTINT)
        record->extint_vector = (uint8_t)extint;
}

void hv_apic_save(struct hv_apic *apic, uint64_t now, struct hv_apic_record *record)
{
    memset(record, 0, sizeof(*record));
    hv_apic_timer_expire(apic, now);
    hv_apic_require_eoi(apic);
    record->events = hv_apic_take_interrupts(apic) & EVENTS;
    save_registers(apic, record);
    save_timer(&apic->timer, now, record);
    hv_apic_save_events(&apic->inbox, record);
}

/* ---- Restore ---- */

static bool addresses_are_valid(const struct hv_apic_record *record)
{
    bool is_x2 = record->base & HV_APIC_BASE_EXTD;
    uint64_t icr = is_x2 ? UINT32_MAX : HV_APIC_ICR_HIGH_DEFINED;

    return (is_x2 ? record->ldr == hv_apic_x2_logical_id(record->id)
                  : (record->ldr & ~LDR_XAPIC_DEFINED) == 0) &&
           (record->dfr & HV_APIC_DFR_ONES) == HV_APIC_DFR_ONES &&
           (record->icr & ~(icr << 32 | HV_APIC_ICR_DEFINED_LOW)) == 0;
}

static bool table_is_valid(const struct hv_apic_record *record)
{
    for (unsigned i = 0; i < HV_APIC_LVT_ENTRIES; i++) {
        bool masked = record->lvt[i] & HV_APIC_LVT_MASKED;

        if ((record->lvt[i] & ~hv_apic_lvt_writable(HV_APIC_LVT_TIMER + i)) ||
            (!masked && !(record->svr & HV_APIC_SVR_ENABLE)))
            return false;
    }
    return true;
}

/* At most one of each class of 16 can be in service. */
static bool vectors_are_valid(const struct hv_apic_record *record)
{
    for (unsigned i = 0; i < HV_APIC_WORDS; i++) {
        uint32_t low = record->isr[i] & 0xFFFF, high = record->isr[i] >> 16;

        if ((low & (low - 1)) || (high & (high - 1)))
            return false;
    }
    return ((record->irr[0] | record->isr[0] | record->tmr[0]) & ILLEGAL_VECTORS) == 0;
}

static bool timer_is_valid(const struct hv_apic_record *record)
{
    enum hv_apic_timer_mode mode = hv_apic_timer_mode_of(record->lvt[0]);

    if ((record->divide & ~HV_APIC_DIVIDE_DEFINED) || record->timer_armed > 1)
        return false;
    if (!record->timer_armed)
        return record->timer_left == 0 && (record->initial == 0 || mode <= HV_APIC_PERIODIC);
    return mode <= HV_APIC_PERIODIC ? record->initial != 0
                                    : mode == HV_APIC_TSC_DEADLINE && record->initial == 0;
}

static bool events_are_valid(const struct hv_apic_record *record)
{
    return (record->events & ~EVENTS) == 0 &&
           ((record->events & HV_APIC_EVENT_STARTUP) || record->startup_vector == 0) &&
           ((record->events & HV_APIC_EVENT_EXTINT) || record->extint_vector == 0);
}

/* Disabled, an APIC is as after a reset; only CR8 is still there. */
static bool mode_is_valid(const struct hv_apic_record *record)
{
    uint32_t requests = 0;

    if (record->base & HV_APIC_BASE_ENABLE)
        return true;
    for (unsigned i = 0; i < HV_APIC_WORDS; i++)
        requests |= record->irr[i] | record->isr[i] | record->tmr[i];
    return requests == 0 && !(record->svr & HV_APIC_SVR_ENABLE) && !record->timer_armed;
}

static bool is_valid(const struct hv_apic *apic, const struct hv_apic_record *record)
{
    return record->id == apic->id && hv_apic_can_have_base(apic, record->base) &&
           (record->svr & ~HV_APIC_SVR_WRITABLE) == 0 &&
           ((record->esr | record->errors) & ~ERRORS) == 0 && addresses_are_valid(record) &&
           table_is_valid(record) && vectors_are_valid(record) && timer_is_valid(record) &&
           events_are_valid(record) && mode_is_valid(record);
}

static void take_registers(struct hv_apic *apic, const struct hv_apic_record *record)
{
    atomic_store_explicit(&apic->base, record->base, memory_order_relaxed);
    atomic_store_explicit(&apic->ldr, record->ldr, memory_order_relaxed);
    atomic_store_explicit(&apic->dfr, record->dfr, memory_order_relaxed);
    apic->icr = record->icr;
    apic->svr = record->svr;
    apic->esr = record->esr;
    apic->errors = record->errors;
    apic->tpr = record->tpr;
    memcpy(apic->lvt, record->lvt, sizeof(apic->lvt));
    memcpy(apic->irr, record->irr, sizeof(apic->irr));
    memcpy(apic->isr, record->isr, sizeof(apic->isr));
    memcpy(apic->tmr, record->tmr, sizeof(apic->tmr));
}

static void take_timer(struct hv_apic *apic, const struct hv_apic_record *record, uint64_t now)
{
    hv_apic_timer_reset(apic);
    apic->timer.initial = record->initial;
    apic->timer.divide = record->divide;
    hv_apic_timer_resume(apic, record->timer_armed, record->timer_left, now);
}

/* In the order in which they have an effect together. */
static void take_events(struct hv_apic *apic, const struct hv_apic_record *record)
{
    if (record->events & HV_APIC_EVENT_INIT)
        hv_apic_post_event(apic, HV_APIC_EVENT_INIT, 0);
    if (record->events & HV_APIC_EVENT_STARTUP)
        hv_apic_post_event(apic, HV_APIC_EVENT_STARTUP, record->startup_vector);
    if (record->events & HV_APIC_EVENT_NMI)
        hv_apic_post_event(apic, HV_APIC_EVENT_NMI, 0);
    if (record->events & HV_APIC_EVENT_EXTINT)
        hv_apic_post_event(apic, HV_APIC_EVENT_EXTINT, record->extint_vector);
}

bool hv_apic_restore(struct hv_apic *apic, const void *record, size_t size, uint64_t now)
{
    struct hv_apic_record copy;

    if (size != sizeof(copy))
        return false;
    memcpy(&copy, record, sizeof(copy));
    if (!is_valid(apic, &copy))
        return false;
    hv_apic_require_eoi(apic);
    hv_apic_touch(apic);
    take_registers(apic, &copy);
    take_timer(apic, &copy, now);
    take_events(apic, &copy);
    return true;
}
