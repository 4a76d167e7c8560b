/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The local APIC as a parent sees it, by way of the record of save and restore, which checks what
 * comes in.
 */
#include "apic_record.h"
#include "core.h"
#include "mem.h"
#include "vp_state.h"

static uint32_t read_register(struct hv_apic *apic, unsigned reg, uint64_t now)
{
    uint64_t value;

    return hv_apic_read(apic, reg, now, &value) ? (uint32_t)value : 0;
}

void hv_apic_state_get(struct hv_vp *vp, struct hv_local_interrupt_controller_state *state)
{
    uint64_t now = hv_now(vp->partition);
    struct hv_apic *apic = &vp->apic;
    struct hv_apic_record record;

    hv_apic_save(apic, now, &record);
    *state = (struct hv_local_interrupt_controller_state){
        .id = read_register(apic, HV_APIC_ID, now),
        .version = read_register(apic, HV_APIC_VERSION, now),
        .ldr = record.ldr,
        .dfr = record.dfr,
        .spurious = record.svr,
        .esr = record.esr,
        .icr_high = (uint32_t)(record.icr >> 32),
        .icr_low = (uint32_t)record.icr,
        .lvt_timer = record.lvt[0],
        .lvt_thermal = record.lvt[HV_INTERRUPT_THERMAL],
        .lvt_perfmon = record.lvt[HV_INTERRUPT_PERFORMANCE],
        .lvt_lint0 = record.lvt[HV_INTERRUPT_LINT0],
        .lvt_lint1 = record.lvt[HV_INTERRUPT_LINT1],
        .lvt_error = record.lvt[HV_APIC_LVT_ENTRIES - 1],
        .error_status = record.errors,
        .initial_count = record.initial,
        .counter_value = hv_apic_timer_count(apic, now),
        .divide = record.divide,
    };
    memcpy(state->isr, record.isr, sizeof(record.isr));
    memcpy(state->tmr, record.tmr, sizeof(record.tmr));
    memcpy(state->irr, record.irr, sizeof(record.irr));
}

/* SDM: an APIC that is off by software keeps its local interrupts masked. */
static void fill_table(const struct hv_local_interrupt_controller_state *state,
                       struct hv_apic_record *record)
{
    uint32_t masked = state->spurious & HV_APIC_SVR_ENABLE ? 0 : HV_APIC_LVT_MASKED;

    record->lvt[0] = state->lvt_timer | masked;
    record->lvt[HV_INTERRUPT_THERMAL] = state->lvt_thermal | masked;
    record->lvt[HV_INTERRUPT_PERFORMANCE] = state->lvt_perfmon | masked;
    record->lvt[HV_INTERRUPT_LINT0] = state->lvt_lint0 | masked;
    record->lvt[HV_INTERRUPT_LINT1] = state->lvt_lint1 | masked;
    record->lvt[HV_APIC_LVT_ENTRIES - 1] = state->lvt_error | masked;
}

/* A deadline is an MSR, and stays if the timer stays in that mode. */
static void fill_timer(const struct hv_local_interrupt_controller_state *state,
                       struct hv_apic_record *record)
{
    record->initial = state->initial_count;
    record->divide = state->divide;
    if (hv_apic_timer_mode_of(state->lvt_timer) != HV_APIC_TSC_DEADLINE ||
        hv_apic_timer_mode_of(record->lvt[0]) != HV_APIC_TSC_DEADLINE) {
        record->timer_armed = 0;
        record->timer_left = 0;
    }
}

bool hv_apic_state_set(struct hv_vp *vp, const struct hv_local_interrupt_controller_state *state)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    uint64_t now = hv_now(vp->partition);
    struct hv_apic_record record;

    if (state->id != read_register(&vp->apic, HV_APIC_ID, now))
        return false;
    hv_apic_save(&vp->apic, now, &record);
    /* Events stay in the inbox, where they are. */
    record.events = 0;
    record.startup_vector = 0;
    record.extint_vector = 0;
    record.ldr = state->ldr;
    record.dfr = state->dfr;
    record.svr = state->spurious;
    record.esr = state->esr;
    record.errors = state->error_status;
    record.icr = (uint64_t)state->icr_high << 32 | state->icr_low;
    memcpy(record.isr, state->isr, sizeof(record.isr));
    memcpy(record.tmr, state->tmr, sizeof(record.tmr));
    memcpy(record.irr, state->irr, sizeof(record.irr));
    fill_timer(state, &record);
    fill_table(state, &record);
    if (!hv_apic_restore(&vp->apic, &record, sizeof(record), now))
        return false;
    hv_apic_timer_set_count(&vp->apic, state->counter_value, now);
    hv_apic_routes_update(vp->partition);
    cpu->apic_changed(cpu->context, vp);
    return true;
}
