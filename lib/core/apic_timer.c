/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The APIC's timer. Nothing counts: what is kept is the TSC of the next expiry, and a guest that
 * reads the counter gets what is left until then.
 */
#include "apic.h"
#include "ratio.h"

#define RATIO_SHIFT 32

static enum hv_apic_timer_mode mode_of(const struct hv_apic *apic)
{
    return hv_apic_timer_mode_of(apic->lvt[0]);
}

/* Bits 3, 1 and 0 of the register: 2, 4, 8, 16, 32, 64, 128, 1. */
static unsigned divide_shift(const struct hv_apic *apic)
{
    uint32_t divide = apic->timer.divide;

    return (((divide & 8) >> 1 | (divide & 3)) + 1) & 7;
}

/* Rounded up: no interrupt comes early. */
static uint64_t to_tsc(const struct hv_apic *apic, uint32_t count)
{
    return hv_ratio_apply_up((uint64_t)count << divide_shift(apic), apic->clock->tsc_per_tick,
                             RATIO_SHIFT);
}

/* The deadline, or the last TSC that there is. */
static uint64_t after(uint64_t now, uint64_t ticks)
{
    return ticks < HV_APIC_NEVER - now ? now + ticks : HV_APIC_NEVER - 1;
}

static void set_period(struct hv_apic *apic)
{
    uint64_t period = to_tsc(apic, apic->timer.initial);

    apic->timer.period = period > apic->clock->min_period ? period : apic->clock->min_period;
}

static void disarm(struct hv_apic_timer *timer)
{
    timer->armed = false;
    timer->deadline = HV_APIC_NEVER;
}

static void arm(struct hv_apic_timer *timer, uint64_t deadline)
{
    timer->armed = true;
    timer->deadline = deadline;
}

void hv_apic_timer_reset(struct hv_apic *apic)
{
    apic->timer = (struct hv_apic_timer){ .deadline = HV_APIC_NEVER };
}

void hv_apic_timer_start(struct hv_apic *apic, uint32_t count, uint64_t now)
{
    struct hv_apic_timer *timer = &apic->timer;

    if (mode_of(apic) > HV_APIC_PERIODIC)
        return;
    timer->initial = count;
    disarm(timer);
    if (count == 0)
        return;
    set_period(apic);
    arm(timer, after(now, mode_of(apic) == HV_APIC_PERIODIC ? timer->period : to_tsc(apic, count)));
}

/* As restored. What is left can't be more than a period. */
void hv_apic_timer_resume(struct hv_apic *apic, bool armed, uint64_t left, uint64_t now)
{
    struct hv_apic_timer *timer = &apic->timer;

    if (timer->initial != 0) {
        set_period(apic);
        left = left < timer->period ? left : timer->period;
    }
    if (armed)
        arm(timer, after(now, left));
}

void hv_apic_timer_set_count(struct hv_apic *apic, uint32_t count, uint64_t now)
{
    struct hv_apic_timer *timer = &apic->timer;

    if (timer->initial == 0 || mode_of(apic) > HV_APIC_PERIODIC)
        return;
    disarm(timer);
    if (count != 0)
        arm(timer, after(now, to_tsc(apic, count < timer->initial ? count : timer->initial)));
}

/* The counter goes on from where it is, at another speed. */
void hv_apic_timer_set_divide(struct hv_apic *apic, uint32_t divide, uint64_t now)
{
    struct hv_apic_timer *timer = &apic->timer;
    uint32_t left = hv_apic_timer_count(apic, now);

    timer->divide = divide;
    if (!timer->armed || mode_of(apic) > HV_APIC_PERIODIC)
        return;
    set_period(apic);
    arm(timer, after(now, to_tsc(apic, left)));
}

/*
 * SDM: a change to or from TSC-deadline mode disarms the timer. Between the other two it goes on,
 * as processors do it (kvm-unit-tests: apic, "change mode"): what it is at zero decides.
 */
void hv_apic_timer_mode_changed(struct hv_apic *apic, uint32_t old_lvt)
{
    enum hv_apic_timer_mode old = hv_apic_timer_mode_of(old_lvt);

    if (old != mode_of(apic) && (old > HV_APIC_PERIODIC || mode_of(apic) > HV_APIC_PERIODIC)) {
        disarm(&apic->timer);
        apic->timer.initial = 0;
    }
}

uint32_t hv_apic_timer_count(const struct hv_apic *apic, uint64_t now)
{
    const struct hv_apic_timer *timer = &apic->timer;
    uint64_t count;

    if (!timer->armed || mode_of(apic) > HV_APIC_PERIODIC || now >= timer->deadline)
        return 0;
    /* Rounded up: a counter shows a value from its tick on, and zero from the last tick on. */
    count = hv_ratio_apply_up(timer->deadline - now, apic->clock->ticks_per_tsc,
                              RATIO_SHIFT + divide_shift(apic));
    return count < timer->initial ? (uint32_t)count : timer->initial;
}

/* The counter has reached zero as often as it would have; the IRR merges what comes close. */
static void restart_period(struct hv_apic_timer *timer, uint64_t now)
{
    uint64_t late = now - timer->deadline;

    timer->deadline = after(now, timer->period - late % timer->period);
}

void hv_apic_timer_expire(struct hv_apic *apic, uint64_t now)
{
    struct hv_apic_timer *timer = &apic->timer;

    if (!timer->armed || now < timer->deadline)
        return;
    hv_apic_touch(apic);
    if (mode_of(apic) == HV_APIC_PERIODIC)
        restart_period(timer, now);
    else
        disarm(timer);
    hv_apic_fire(apic, HV_APIC_LVT_TIMER);
}

uint64_t hv_apic_read_deadline(struct hv_apic *apic, uint64_t now)
{
    hv_apic_timer_expire(apic, now);
    return mode_of(apic) == HV_APIC_TSC_DEADLINE && apic->timer.armed ? apic->timer.deadline : 0;
}

struct hv_apic_effect hv_apic_write_deadline(struct hv_apic *apic, uint64_t value, uint64_t now)
{
    struct hv_apic_effect effect = { .kind = HV_APIC_NOTHING };

    if (mode_of(apic) != HV_APIC_TSC_DEADLINE)
        return effect;
    hv_apic_touch(apic);
    hv_apic_timer_expire(apic, now);
    disarm(&apic->timer);
    if (value != 0)
        arm(&apic->timer, value);
    hv_apic_timer_expire(apic, now);
    effect.kind = HV_APIC_TIMER;
    return effect;
}
