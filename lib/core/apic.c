/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Registers, priorities and the way of an interrupt from request to completion. */
#include "apic_bits.h"
#include "mem.h"

#define VERSION \
    (HV_APIC_VERSION_INTEGRATED | (HV_APIC_LVT_ENTRIES - 1) << HV_APIC_VERSION_MAX_LVT_SHIFT)
#define SVR_RESET       0xFFu
#define BASE_WRITABLE   (HV_APIC_BASE_EXTD | HV_APIC_BASE_ENABLE)
#define CLASS(priority) ((unsigned)(priority) >> 4)

/* ---- Interrupts ---- */

static void report_error(struct hv_apic *apic, uint32_t error)
{
    bool armed = apic->errors == 0;

    apic->errors |= error;
    /* SDM: a write to the ESR arms the error interrupt again. */
    if (armed)
        hv_apic_fire(apic, HV_APIC_LVT_ERROR);
}

void hv_apic_request(struct hv_apic *apic, uint8_t vector, bool level)
{
    if (!hv_apic_accepts(apic))
        return;
    if (vector < HV_APIC_FIRST_VECTOR) {
        report_error(apic, HV_APIC_ESR_RECEIVE_ILLEGAL);
        return;
    }
    hv_apic_require_eoi(apic);
    /* One that is requested already makes nobody look again. */
    if (!hv_apic_test(apic->irr, vector)) {
        hv_apic_touch(apic);
        hv_apic_set(apic->irr, vector);
    }
    if (level)
        hv_apic_set(apic->tmr, vector);
    else
        hv_apic_clear(apic->tmr, vector);
}

void hv_apic_fire(struct hv_apic *apic, unsigned reg)
{
    uint32_t lvt = *hv_apic_lvt(apic, reg);
    uint8_t vector = (uint8_t)(lvt & HV_APIC_LVT_VECTOR_MASK);

    if (lvt & HV_APIC_LVT_MASKED)
        return;
    switch (lvt >> HV_APIC_LVT_MODE_SHIFT & HV_APIC_LVT_MODE_MASK) {
    case HV_APIC_FIXED:
        /* Only the entries of the two lines have that bit. */
        hv_apic_request(apic, vector, lvt & HV_APIC_LVT_LEVEL);
        break;
    case HV_APIC_NMI:
        hv_apic_post_event(apic, HV_APIC_EVENT_NMI, 0);
        break;
    case HV_APIC_EXTINT:
        hv_apic_post_event(apic, HV_APIC_EVENT_EXTINT, vector);
        break;
    default:
        /* There is no SMI (TLFS: local APIC); INIT through the table is of no use to anyone. */
        break;
    }
}

int hv_apic_in_service(const struct hv_apic *apic)
{
    return hv_apic_highest(apic->isr);
}

uint8_t hv_apic_processor_priority(const struct hv_apic *apic)
{
    int vector = hv_apic_in_service(apic);

    if (vector == HV_APIC_NO_VECTOR || CLASS(apic->tpr) >= CLASS(vector))
        return apic->tpr;
    return (uint8_t)(vector & 0xF0);
}

static int requested_above(const struct hv_apic *apic, uint8_t priority)
{
    int vector = hv_apic_highest(apic->irr);

    if (vector == HV_APIC_NO_VECTOR || CLASS(vector) <= CLASS(priority))
        return HV_APIC_NO_VECTOR;
    return vector;
}

int hv_apic_pending(const struct hv_apic *apic)
{
    return requested_above(apic, hv_apic_processor_priority(apic));
}

int hv_apic_pending_behind_tpr(const struct hv_apic *apic)
{
    int in_service = hv_apic_in_service(apic);

    return requested_above(apic, in_service == HV_APIC_NO_VECTOR ? 0 : (uint8_t)in_service);
}

void hv_apic_accept(struct hv_apic *apic, uint8_t vector, bool auto_eoi)
{
    hv_apic_touch(apic);
    hv_apic_clear(apic->irr, vector);
    if (!auto_eoi)
        hv_apic_set(apic->isr, vector);
}

struct hv_apic_effect hv_apic_eoi(struct hv_apic *apic)
{
    struct hv_apic_effect effect = { .kind = HV_APIC_NOTHING };
    int vector;

    hv_apic_require_eoi(apic);
    vector = hv_apic_in_service(apic);
    if (vector == HV_APIC_NO_VECTOR)
        return effect;
    hv_apic_touch(apic);
    hv_apic_clear(apic->isr, (unsigned)vector);
    if (hv_apic_test(apic->tmr, (unsigned)vector)) {
        effect.kind = HV_APIC_EOI_SENT;
        effect.vector = (uint8_t)vector;
    }
    return effect;
}

/* ---- Modes ---- */

static void mask_table(struct hv_apic *apic)
{
    for (unsigned i = 0; i < HV_APIC_LVT_ENTRIES; i++)
        apic->lvt[i] |= HV_APIC_LVT_MASKED;
}

void hv_apic_reset(struct hv_apic *apic)
{
    uint32_t logical = hv_apic_is_x2(apic) ? hv_apic_x2_logical_id(apic->id) : 0;

    hv_apic_require_eoi(apic);
    hv_apic_touch(apic);
    atomic_store_explicit(&apic->ldr, logical, memory_order_relaxed);
    atomic_store_explicit(&apic->dfr, UINT32_MAX, memory_order_relaxed);
    apic->tpr = 0;
    apic->svr = SVR_RESET;
    apic->esr = apic->errors = 0;
    apic->icr = 0;
    memset(apic->lvt, 0, sizeof(apic->lvt));
    memset(apic->irr, 0, sizeof(apic->irr));
    memset(apic->isr, 0, sizeof(apic->isr));
    memset(apic->tmr, 0, sizeof(apic->tmr));
    mask_table(apic);
    hv_apic_timer_reset(apic);
}

static void set_base(struct hv_apic *apic, uint64_t base)
{
    atomic_store_explicit(&apic->base, base, memory_order_relaxed);
}

void hv_apic_init(struct hv_apic *apic, const struct hv_apic_clock *clock, uint32_t id, bool boot)
{
    memset(apic, 0, sizeof(*apic));
    apic->clock = clock;
    apic->id = id;
    set_base(apic, HV_APIC_DEFAULT_BASE | HV_APIC_BASE_ENABLE | (boot ? HV_APIC_BASE_BSP : 0));
    hv_apic_reset(apic);
}

/* SDM, "x2APIC State Transitions": x2APIC mode is entered from xAPIC mode and left by disabling. */
static bool is_legal_transition(uint64_t from, uint64_t to)
{
    if (!(to & HV_APIC_BASE_ENABLE))
        return !(to & HV_APIC_BASE_EXTD);
    if (!(from & HV_APIC_BASE_ENABLE))
        return !(to & HV_APIC_BASE_EXTD);
    return (to & HV_APIC_BASE_EXTD) || !(from & HV_APIC_BASE_EXTD);
}

/* SDM, "State Changes From xAPIC Mode to x2APIC Mode": all but these two is preserved. */
static void enter_x2(struct hv_apic *apic)
{
    atomic_store_explicit(&apic->ldr, hv_apic_x2_logical_id(apic->id), memory_order_relaxed);
    apic->icr = (uint32_t)apic->icr;
}

struct hv_apic_effect hv_apic_write_base(struct hv_apic *apic, uint64_t value)
{
    struct hv_apic_effect effect = { .kind = HV_APIC_FAULT };
    uint64_t base = hv_apic_base(apic), changed = base ^ value;

    if ((changed & ~(uint64_t)BASE_WRITABLE) || !is_legal_transition(base, value))
        return effect;
    effect.kind = HV_APIC_NOTHING;
    if (changed == 0)
        return effect;
    set_base(apic, value);
    if (changed & HV_APIC_BASE_ENABLE)
        hv_apic_reset(apic);
    else
        enter_x2(apic);
    effect.kind = HV_APIC_LOGICAL;
    return effect;
}

/* ---- Registers ---- */

static bool read_vectors(const struct hv_apic *apic, unsigned reg, uint64_t *value)
{
    if (reg >= HV_APIC_ISR && reg < HV_APIC_ISR + HV_APIC_WORDS)
        *value = apic->isr[reg - HV_APIC_ISR];
    else if (reg >= HV_APIC_TMR && reg < HV_APIC_TMR + HV_APIC_WORDS)
        *value = apic->tmr[reg - HV_APIC_TMR];
    else if (reg >= HV_APIC_IRR && reg < HV_APIC_IRR + HV_APIC_WORDS)
        *value = apic->irr[reg - HV_APIC_IRR];
    else
        return false;
    return true;
}

/* Registers that are read in the same way in both modes. */
static bool read_common(struct hv_apic *apic, unsigned reg, uint64_t now, uint64_t *value)
{
    switch (reg) {
    case HV_APIC_VERSION:
        *value = VERSION;
        break;
    case HV_APIC_TPR:
        *value = apic->tpr;
        break;
    case HV_APIC_PPR:
        *value = hv_apic_processor_priority(apic);
        break;
    case HV_APIC_LDR:
        *value = atomic_load_explicit(&apic->ldr, memory_order_relaxed);
        break;
    case HV_APIC_SVR:
        *value = apic->svr;
        break;
    case HV_APIC_ESR:
        *value = apic->esr;
        break;
    case HV_APIC_INITIAL_COUNT:
        *value = apic->timer.initial;
        break;
    case HV_APIC_CURRENT_COUNT:
        *value = hv_apic_timer_count(apic, now);
        break;
    case HV_APIC_DIVIDE:
        *value = apic->timer.divide;
        break;
    default:
        if (!hv_apic_is_lvt(reg))
            return read_vectors(apic, reg, value);
        *value = *hv_apic_lvt(apic, reg);
        break;
    }
    return true;
}

static bool read_x2(struct hv_apic *apic, unsigned reg, uint64_t now, uint64_t *value)
{
    switch (reg) {
    case HV_APIC_ID:
        *value = apic->id;
        return true;
    case HV_APIC_ICR:
        *value = apic->icr;
        return true;
    default:
        return read_common(apic, reg, now, value);
    }
}

static bool read_xapic(struct hv_apic *apic, unsigned reg, uint64_t now, uint64_t *value)
{
    switch (reg) {
    case HV_APIC_ID:
        *value = apic->id << HV_APIC_XAPIC_SHIFT;
        return true;
    case HV_APIC_DFR:
        *value = atomic_load_explicit(&apic->dfr, memory_order_relaxed);
        return true;
    case HV_APIC_ICR:
        *value = (uint32_t)apic->icr;
        return true;
    case HV_APIC_ICR_HIGH:
        *value = apic->icr >> 32;
        return true;
    case HV_APIC_EOI:
        *value = 0;
        return true;
    default:
        return read_common(apic, reg, now, value);
    }
}

bool hv_apic_read(struct hv_apic *apic, unsigned reg, uint64_t now, uint64_t *value)
{
    hv_apic_timer_expire(apic, now);
    hv_apic_note_spared_eoi(apic);
    if (hv_apic_is_x2(apic))
        return read_x2(apic, reg, now, value);
    if (read_xapic(apic, reg, now, value))
        return true;
    report_error(apic, HV_APIC_ESR_ILLEGAL_REGISTER);
    *value = 0;
    return true;
}

/* What software may set in an entry of the local vector table. */
uint32_t hv_apic_lvt_writable(unsigned reg)
{
    const uint32_t mode = HV_APIC_LVT_MODE_MASK << HV_APIC_LVT_MODE_SHIFT;
    const uint32_t common = HV_APIC_LVT_VECTOR_MASK | HV_APIC_LVT_MASKED;

    switch (reg) {
    case HV_APIC_LVT_TIMER:
        return common | HV_APIC_LVT_TIMER_MASK << HV_APIC_LVT_TIMER_SHIFT;
    case HV_APIC_LVT_ERROR:
        return common;
    case HV_APIC_LVT_LINT0:
    case HV_APIC_LVT_LINT1:
        return common | mode | HV_APIC_LVT_POLARITY | HV_APIC_LVT_LEVEL;
    default:
        return common | mode;
    }
}

/* Bits that software may write one to without a fault in x2APIC mode; the rest is reserved. */
static uint64_t defined_bits(unsigned reg)
{
    switch (reg) {
    case HV_APIC_TPR:
        return 0xFF;
    case HV_APIC_SVR:
        return HV_APIC_SVR_WRITABLE;
    case HV_APIC_ICR:
        return UINT64_C(0xFFFFFFFF00000000) | HV_APIC_ICR_DEFINED_LOW;
    case HV_APIC_INITIAL_COUNT:
        return UINT32_MAX;
    case HV_APIC_DIVIDE:
        return HV_APIC_DIVIDE_DEFINED;
    case HV_APIC_SELF_IPI:
        return HV_APIC_ICR_VECTOR_MASK;
    case HV_APIC_LVT_LINT0:
    case HV_APIC_LVT_LINT1:
        return hv_apic_lvt_writable(reg) | HV_APIC_ICR_PENDING | HV_APIC_LVT_REMOTE_IRR;
    default:
        /* The EOI and error status registers take nothing but zero. */
        return hv_apic_is_lvt(reg) ? hv_apic_lvt_writable(reg) | HV_APIC_ICR_PENDING : 0;
    }
}

static bool is_writable_x2(unsigned reg)
{
    switch (reg) {
    case HV_APIC_TPR:
    case HV_APIC_EOI:
    case HV_APIC_SVR:
    case HV_APIC_ESR:
    case HV_APIC_ICR:
    case HV_APIC_INITIAL_COUNT:
    case HV_APIC_DIVIDE:
    case HV_APIC_SELF_IPI:
        return true;
    default:
        return hv_apic_is_lvt(reg);
    }
}

static void write_spurious(struct hv_apic *apic, uint32_t value)
{
    apic->svr = value & HV_APIC_SVR_WRITABLE;
    if (!(apic->svr & HV_APIC_SVR_ENABLE))
        mask_table(apic);
}

static struct hv_apic_effect write_table(struct hv_apic *apic, unsigned reg, uint32_t value)
{
    struct hv_apic_effect effect = { .kind = HV_APIC_NOTHING };
    uint32_t *entry = hv_apic_lvt(apic, reg), old = *entry;

    *entry = value & hv_apic_lvt_writable(reg);
    if (!(apic->svr & HV_APIC_SVR_ENABLE))
        *entry |= HV_APIC_LVT_MASKED;
    if (reg == HV_APIC_LVT_TIMER) {
        hv_apic_timer_mode_changed(apic, old);
        effect.kind = HV_APIC_TIMER;
    }
    return effect;
}

static struct hv_apic_effect send(struct hv_apic *apic, uint64_t command)
{
    struct hv_apic_effect effect = { .kind = HV_APIC_NOTHING };
    uint32_t low = (uint32_t)command;
    uint32_t mode = low >> HV_APIC_ICR_MODE_SHIFT & HV_APIC_ICR_MODE_MASK;
    bool to_self =
        (low >> HV_APIC_ICR_SHORTHAND_SHIFT & HV_APIC_ICR_SHORTHAND_MASK) == HV_APIC_TO_SELF;
    bool deassert = (low & HV_APIC_ICR_LEVEL) && !(low & HV_APIC_ICR_ASSERT);

    if (mode <= HV_APIC_LOWEST_PRIORITY && (low & HV_APIC_ICR_VECTOR_MASK) < HV_APIC_FIRST_VECTOR) {
        report_error(apic, HV_APIC_ESR_SEND_ILLEGAL);
        /* SDM, "Error Handling": it is received too, if from the APIC itself. */
        if (to_self)
            report_error(apic, HV_APIC_ESR_RECEIVE_ILLEGAL);
        return effect;
    }
    /* A level de-assert of INIT does nothing since the first local APICs. */
    if (mode == HV_APIC_INIT && deassert)
        return effect;
    effect.kind = HV_APIC_SEND;
    effect.command = command;
    return effect;
}

static struct hv_apic_effect send_to_self(struct hv_apic *apic, uint32_t vector)
{
    return send(apic, (uint64_t)HV_APIC_TO_SELF << HV_APIC_ICR_SHORTHAND_SHIFT | vector);
}

static struct hv_apic_effect write_common(struct hv_apic *apic, unsigned reg, uint32_t value,
                                          uint64_t now)
{
    struct hv_apic_effect effect = { .kind = HV_APIC_NOTHING };

    switch (reg) {
    case HV_APIC_TPR:
        apic->tpr = (uint8_t)value;
        break;
    case HV_APIC_EOI:
        return hv_apic_eoi(apic);
    case HV_APIC_SVR:
        write_spurious(apic, value);
        break;
    case HV_APIC_ESR:
        apic->esr = apic->errors;
        apic->errors = 0;
        break;
    case HV_APIC_INITIAL_COUNT:
        hv_apic_timer_start(apic, value, now);
        effect.kind = HV_APIC_TIMER;
        break;
    case HV_APIC_DIVIDE:
        hv_apic_timer_set_divide(apic, value & HV_APIC_DIVIDE_DEFINED, now);
        effect.kind = HV_APIC_TIMER;
        break;
    default:
        if (hv_apic_is_lvt(reg))
            return write_table(apic, reg, value);
        break;
    }
    return effect;
}

static struct hv_apic_effect write_x2(struct hv_apic *apic, unsigned reg, uint64_t value,
                                      uint64_t now)
{
    if (!is_writable_x2(reg) || (value & ~defined_bits(reg)))
        return (struct hv_apic_effect){ .kind = HV_APIC_FAULT };
    if (reg == HV_APIC_SELF_IPI)
        return send_to_self(apic, (uint32_t)value);
    if (reg != HV_APIC_ICR)
        return write_common(apic, reg, (uint32_t)value, now);
    apic->icr = value;
    return send(apic, value);
}

static struct hv_apic_effect set_logical(_Atomic uint32_t *reg, uint32_t value)
{
    atomic_store_explicit(reg, value, memory_order_relaxed);
    return (struct hv_apic_effect){ .kind = HV_APIC_LOGICAL };
}

/* Read-only registers ignore what is written. */
static bool is_known_xapic(unsigned reg)
{
    return reg == HV_APIC_ID || reg == HV_APIC_VERSION || reg == HV_APIC_PPR ||
           reg == HV_APIC_CURRENT_COUNT || (reg >= HV_APIC_ISR && reg < HV_APIC_ESR) ||
           (reg != HV_APIC_SELF_IPI && is_writable_x2(reg));
}

static struct hv_apic_effect write_xapic(struct hv_apic *apic, unsigned reg, uint32_t value,
                                         uint64_t now)
{
    uint64_t destination = apic->icr >> 32 >> HV_APIC_XAPIC_SHIFT;

    switch (reg) {
    case HV_APIC_LDR:
        return set_logical(&apic->ldr, value & HV_APIC_XAPIC_BROADCAST << HV_APIC_LDR_SHIFT);
    case HV_APIC_DFR:
        return set_logical(&apic->dfr, value | HV_APIC_DFR_ONES);
    case HV_APIC_ICR_HIGH:
        apic->icr = (uint32_t)apic->icr | (uint64_t)(value & HV_APIC_ICR_HIGH_DEFINED) << 32;
        return (struct hv_apic_effect){ .kind = HV_APIC_NOTHING };
    case HV_APIC_ICR:
        value &= HV_APIC_ICR_DEFINED_LOW;
        apic->icr = (apic->icr & ~(uint64_t)UINT32_MAX) | value;
        return send(apic, destination << 32 | value);
    default:
        break;
    }
    if (!is_known_xapic(reg))
        report_error(apic, HV_APIC_ESR_ILLEGAL_REGISTER);
    return write_common(apic, reg, value, now);
}

struct hv_apic_effect hv_apic_write(struct hv_apic *apic, unsigned reg, uint64_t value,
                                    uint64_t now)
{
    hv_apic_touch(apic);
    hv_apic_timer_expire(apic, now);
    if (hv_apic_is_x2(apic))
        return write_x2(apic, reg, value, now);
    return write_xapic(apic, reg, (uint32_t)value, now);
}
