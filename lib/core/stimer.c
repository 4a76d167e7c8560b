/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A timer is a moment of reference time. Nothing ticks: the VP's LP is told a TSC value at which to
 * come back. It is never too early, since the reference time decides then, and not the TSC.
 *
 * A periodic timer whose VP could not be reached is behind. Ticks that are few are all given, each
 * after half a period, until it has caught up (TLFS: "the period is shortened"); of many the oldest
 * are skipped; a lazy timer skips them all.
 */
#include "core.h"
#include "stimer.h"

#define NEVER      HV_APIC_NEVER
#define MAX_BEHIND 10 /* ticks that are given late, and not skipped */
#define IMMINENT   8  /* the last part of a period: one in so many */

static bool is_set(const struct hv_stimer *timer, uint64_t bits)
{
    return (timer->config & bits) != 0;
}

static uint64_t later(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

/* ---- Deadline ---- */

/* The TSC of a moment that lies ahead, or a little later. */
static uint64_t to_tsc(const struct hv_partition *partition, uint64_t moment)
{
    uint64_t reference = hv_time_reference(partition), now = hv_now(partition);

    if (moment <= reference)
        return now;
    return hv_time_tsc_after(partition, now, moment - reference);
}

static void set_deadline(struct hv_vp *vp)
{
    struct hv_stimers *stimers = &vp->stimers;
    uint64_t first = NEVER;

    hv_apic_touch(&vp->apic);
    for (unsigned i = 0; i < HV_STIMERS; i++)
        if (stimers->timer[i].due < first)
            first = stimers->timer[i].due;
    stimers->deadline = first == NEVER ? NEVER : to_tsc(vp->partition, first);
}

/* ---- Expiry ---- */

static void skip_to(struct hv_stimer *timer, uint64_t now, uint64_t keep)
{
    uint64_t missed = (now - timer->expiration) / timer->count + 1;

    if (missed > keep)
        timer->expiration = hv_time_add(timer->expiration, (missed - keep) * timer->count);
}

/* When a periodic timer is to signal its next expiration. */
static void schedule(struct hv_stimer *timer, uint64_t now)
{
    if (timer->expiration <= now)
        skip_to(timer, now, is_set(timer, HV_X64_MSR_STIMER_CONFIG_LAZY) ? 0 : MAX_BEHIND);
    timer->due = timer->expiration > now ? timer->expiration : hv_time_add(now, timer->count / 2);
    timer->due = later(timer->due, hv_time_add(now, HV_TIME_MIN_PERIOD));
}

void hv_stimer_send(struct hv_vp *vp, unsigned index, uint64_t expiration)
{
    struct hv_stimer *timer = &vp->stimers.timer[index];
    struct hv_timer_message_payload *payload = (void *)timer->message.content.payload;

    timer->message.sint = (uint8_t)((timer->config & HV_X64_MSR_STIMER_CONFIG_SINTX_MASK) >>
                                    HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
    timer->message.content.header = (struct hv_message_header){
        .message_type = HvMessageTimerExpired,
        .payload_size = sizeof(*payload),
    };
    *payload =
        (struct hv_timer_message_payload){ .timer_index = index, .expiration_time = expiration };
    hv_synic_queue(vp, &timer->message);
}

static void send_interrupt(struct hv_vp *vp, const struct hv_stimer *timer)
{
    uint8_t vector = (uint8_t)((timer->config & HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_MASK) >>
                               HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_SHIFT);

    hv_vp_interrupt(vp, vp, vector);
}

/* There is one message for each timer: the next tick waits until it is in its slot (released()). */
static void expire(struct hv_vp *vp, unsigned index, uint64_t now)
{
    struct hv_stimer *timer = &vp->stimers.timer[index];
    bool periodic = is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC);
    uint64_t expiration = timer->expiration;

    timer->due = NEVER;
    if (periodic)
        timer->expiration = hv_time_add(expiration, timer->count);
    else
        timer->config &= ~HV_X64_MSR_STIMER_CONFIG_ENABLE;
    if (!is_set(timer, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE)) {
        hv_stimer_send(vp, index, expiration);
        return;
    }
    send_interrupt(vp, timer);
    if (periodic)
        schedule(timer, now);
}

/* TLFS: a lazy timer whose VP is not there until shortly before the next tick is due skips this
   one. Of a period so short that ticks are kept apart, each is near the next. */
static bool is_stale(const struct hv_stimer *timer, uint64_t now)
{
    const uint64_t lazy = HV_X64_MSR_STIMER_CONFIG_LAZY | HV_X64_MSR_STIMER_CONFIG_PERIODIC;

    if ((timer->config & lazy) != lazy || timer->count < 2 * HV_TIME_MIN_PERIOD)
        return false;
    return (now - timer->expiration) % timer->count >= timer->count - timer->count / IMMINENT;
}

/* NEVER is no moment, not even when that is what the clock says. */
static bool is_due(const struct hv_stimer *timer, uint64_t now)
{
    return timer->due != NEVER && timer->due <= now;
}

void hv_stimer_expire(struct hv_vp *vp)
{
    uint64_t now = hv_time_reference(vp->partition);

    for (unsigned i = 0; i < HV_STIMERS; i++) {
        struct hv_stimer *timer = &vp->stimers.timer[i];

        if (!is_due(timer, now))
            continue;
        if (is_stale(timer, now))
            schedule(timer, now);
        else
            expire(vp, i, now);
    }
    set_deadline(vp);
}

static struct hv_stimer *timer_of(struct hv_vp *vp, const struct hv_synic_message *message)
{
    const struct hv_timer_message_payload *payload = (const void *)message->content.payload;

    return &vp->stimers.timer[payload->timer_index];
}

static void released(struct hv_vp *vp, struct hv_synic_message *message)
{
    struct hv_stimer *timer = timer_of(vp, message);

    if (timer->due != NEVER || !is_set(timer, HV_X64_MSR_STIMER_CONFIG_ENABLE) ||
        !is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC))
        return;
    schedule(timer, hv_time_reference(vp->partition));
    set_deadline(vp);
}

/* ---- Registers ---- */

static void stop(struct hv_vp *vp, struct hv_stimer *timer)
{
    timer->due = NEVER;
    hv_synic_unqueue(vp, &timer->message);
}

/* TLFS: a timer that sends messages needs a SINT other than 0. */
bool hv_stimer_may_be_enabled(uint64_t config)
{
    return config & (HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | HV_X64_MSR_STIMER_CONFIG_SINTX_MASK);
}

/* As the registers say now: from the beginning, or not at all. One that is enabled with a count of
   zero waits for another count. */
static void restart(struct hv_vp *vp, struct hv_stimer *timer)
{
    uint64_t now = hv_time_reference(vp->partition);

    stop(vp, timer);
    if (!hv_stimer_may_be_enabled(timer->config))
        timer->config &= ~HV_X64_MSR_STIMER_CONFIG_ENABLE;
    if (is_set(timer, HV_X64_MSR_STIMER_CONFIG_ENABLE) && timer->count != 0) {
        bool periodic = is_set(timer, HV_X64_MSR_STIMER_CONFIG_PERIODIC);

        timer->expiration = periodic ? hv_time_add(now, timer->count) : timer->count;
        timer->due = periodic ? hv_time_add(now, later(timer->count, HV_TIME_MIN_PERIOD))
                              : timer->expiration;
    }
    /* One that lies in the past expires at once. */
    hv_stimer_expire(vp);
}

static void write_count(struct hv_vp *vp, struct hv_stimer *timer, uint64_t value)
{
    timer->count = value;
    if (value == 0)
        timer->config &= ~HV_X64_MSR_STIMER_CONFIG_ENABLE;
    else if (is_set(timer, HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE))
        timer->config |= HV_X64_MSR_STIMER_CONFIG_ENABLE;
    restart(vp, timer);
}

bool hv_stimer_config_is_valid(const struct hv_vp *vp, uint64_t config)
{
    uint64_t vector = (config & HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_MASK) >>
                      HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_SHIFT;

    if (!(config & HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE))
        return true;
    return (vp->partition->features.features_edx & HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS) &&
           vector >= HV_APIC_FIRST_VECTOR;
}

static enum hv_msr_result write_config(struct hv_vp *vp, struct hv_stimer *timer, uint64_t value)
{
    if (!hv_stimer_config_is_valid(vp, value))
        return HV_MSR_FAULT;
    timer->config = value;
    restart(vp, timer);
    return HV_MSR_OK;
}

enum hv_msr_result hv_stimer_read(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    const struct hv_stimer *timer = &vp->stimers.timer[(msr - HV_X64_MSR_STIMER0_CONFIG) / 2];

    *value = msr & 1 ? timer->count : timer->config;
    return HV_MSR_OK;
}

enum hv_msr_result hv_stimer_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_stimer *timer = &vp->stimers.timer[(msr - HV_X64_MSR_STIMER0_CONFIG) / 2];

    if (!(msr & 1))
        return write_config(vp, timer, value);
    write_count(vp, timer, value);
    return HV_MSR_OK;
}

void hv_stimer_reset(struct hv_vp *vp)
{
    for (unsigned i = 0; i < HV_STIMERS; i++) {
        struct hv_stimer *timer = &vp->stimers.timer[i];

        stop(vp, timer);
        timer->config = timer->count = timer->expiration = 0;
    }
    vp->stimers.deadline = NEVER;
    hv_apic_touch(&vp->apic);
}

void hv_stimer_init(struct hv_vp *vp)
{
    for (unsigned i = 0; i < HV_STIMERS; i++)
        vp->stimers.timer[i].message.release = released;
    hv_stimer_reset(vp);
}
