/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The timer expires at moments of the VP's run time, a period apart: what the guest does about the
 * last one, or how late it was served, does not move the next. While the VP is halted its run time
 * stands still, and so there is no TSC at which to come back.
 */
#include "core.h"
#include "unhalted_timer.h"
#include "vp_assist.h"

#define NEVER      HV_APIC_NEVER
#define NMI_VECTOR 2

static uint8_t vector_of(uint64_t config)
{
    return (uint8_t)(config & HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_VECTOR_MASK);
}

static bool is_on(const struct hv_unhalted_timer *timer)
{
    return (timer->config & HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_ENABLED) && timer->count != 0;
}

static uint64_t period_of(const struct hv_unhalted_timer *timer)
{
    return timer->count > HV_TIME_MIN_PERIOD ? timer->count : HV_TIME_MIN_PERIOD;
}

static uint64_t run_time(const struct hv_vp *vp, uint64_t tsc)
{
    return hv_time_from_ticks(vp->partition, hv_vp_run_ticks(vp, tsc));
}

uint64_t hv_unhalted_timer_left(const struct hv_vp *vp, uint64_t tsc)
{
    const struct hv_unhalted_timer *timer = &vp->unhalted_timer;
    uint64_t now = run_time(vp, tsc);

    return is_on(timer) && timer->due > now ? timer->due - now : 0;
}

/* Rounded up; where it is too early all the same, run time decides then. */
static uint64_t deadline_of(const struct hv_vp *vp, uint64_t tsc)
{
    uint64_t left;

    if (!vp->running || !is_on(&vp->unhalted_timer))
        return NEVER;
    left = hv_unhalted_timer_left(vp, tsc);
    if (left == 0)
        return tsc;
    return hv_time_tsc_after(vp->partition, tsc, left);
}

static void reckon(struct hv_vp *vp, uint64_t tsc)
{
    uint64_t deadline = deadline_of(vp, tsc);

    if (deadline == vp->unhalted_timer.deadline)
        return;
    vp->unhalted_timer.deadline = deadline;
    hv_apic_touch(&vp->apic);
}

/* One that is off has no deadline, whether the VP runs or not. */
void hv_unhalted_timer_account(struct hv_vp *vp, uint64_t tsc)
{
    if (vp->unhalted_timer.config & HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_ENABLED)
        reckon(vp, tsc);
}

/* ---- Expiry ---- */

static void fire(struct hv_vp *vp)
{
    uint8_t vector = vector_of(vp->unhalted_timer.config);

    hv_vp_assist_set_timer_expired(vp);
    if (vector == NMI_VECTOR)
        hv_interrupt_post_event(vp, HV_INTERRUPT_NMI, 0);
    else
        hv_vp_interrupt(vp, vp, vector);
}

/* Periods that have passed unseen are one interrupt. */
void hv_unhalted_timer_expire(struct hv_vp *vp, uint64_t tsc)
{
    struct hv_unhalted_timer *timer = &vp->unhalted_timer;
    uint64_t now = run_time(vp, tsc), period = period_of(timer);

    if (is_on(timer) && timer->due <= now) {
        timer->due = hv_time_add(now, period - (now - timer->due) % period);
        fire(vp);
    }
    reckon(vp, tsc);
}

/* ---- Registers ---- */

void hv_unhalted_timer_resume(struct hv_vp *vp, uint64_t left, uint64_t tsc)
{
    struct hv_unhalted_timer *timer = &vp->unhalted_timer;
    uint64_t period = period_of(timer);

    timer->due = hv_time_add(run_time(vp, tsc), left < period ? left : period);
    reckon(vp, tsc);
}

/* TLFS: the vector is that of the NMI, or one of an interrupt. One that is off may have none. */
bool hv_unhalted_timer_config_is_valid(uint64_t config)
{
    uint8_t vector = vector_of(config);

    if (config & HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_RSVDZ_MASK)
        return false;
    return !(config & HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_ENABLED) || vector == NMI_VECTOR ||
           vector >= HV_APIC_FIRST_VECTOR;
}

enum hv_msr_result hv_unhalted_timer_read(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    const struct hv_unhalted_timer *timer = &vp->unhalted_timer;

    *value = msr == HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG ? timer->config : timer->count;
    return HV_MSR_OK;
}

enum hv_msr_result hv_unhalted_timer_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_unhalted_timer *timer = &vp->unhalted_timer;

    if (msr == HV_X64_MSR_STIME_UNHALTED_TIMER_COUNT)
        timer->count = value;
    else if (hv_unhalted_timer_config_is_valid(value))
        timer->config = value;
    else
        return HV_MSR_FAULT;
    /* From the beginning, as the registers say now. */
    hv_unhalted_timer_resume(vp, NEVER, hv_now(vp->partition));
    return HV_MSR_OK;
}

void hv_unhalted_timer_reset(struct hv_vp *vp)
{
    vp->unhalted_timer = (struct hv_unhalted_timer){ .deadline = NEVER };
    hv_apic_touch(&vp->apic);
}
