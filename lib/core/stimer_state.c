/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The synthetic timers of a child's VP as its parent gets and sets them. The layout is that of
 * Linux, which leaves open what the adjustment is: here it is when a periodic timer expires next.
 */
#include "core.h"
#include "stimer.h"
#include "vp_state.h"

static bool is_periodic(uint64_t config)
{
    const uint64_t both = HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC;

    return (config & both) == both;
}

static void get_timer(const struct hv_stimer *timer, struct hv_stimer_state *state)
{
    const struct hv_timer_message_payload *payload = (const void *)timer->message.content.payload;

    *state = (struct hv_stimer_state){
        .config = timer->config,
        .count = timer->count,
        .adjustment = is_periodic(timer->config) ? timer->expiration : 0,
    };
    if (!timer->message.queued)
        return;
    state->flags = HV_STIMER_STATE_UNDELIVERED;
    state->undelivered_expiration = payload->expiration_time;
}

void hv_stimer_state_get(const struct hv_vp *vp, struct hv_synthetic_timers_state *state)
{
    for (unsigned i = 0; i < HV_STIMERS; i++)
        get_timer(&vp->stimers.timer[i], &state->timers[i]);
}

/* What a guest could not have brought about is refused. */
static bool is_valid(const struct hv_vp *vp, const struct hv_stimer_state *state)
{
    bool enabled = state->config & HV_X64_MSR_STIMER_CONFIG_ENABLE;
    bool direct = state->config & HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE;
    bool waits = state->flags & HV_STIMER_STATE_UNDELIVERED;

    if ((state->flags & ~HV_STIMER_STATE_UNDELIVERED) || state->reserved ||
        !hv_stimer_config_is_valid(vp, state->config))
        return false;
    if (enabled && !hv_stimer_may_be_enabled(state->config))
        return false;
    return !waits ||
           (!direct && hv_stimer_may_be_enabled(state->config) && (!enabled || state->count != 0));
}

static bool are_valid(const struct hv_vp *vp, const struct hv_synthetic_timers_state *state)
{
    for (unsigned i = 0; i < HV_STIMERS; i++)
        if (!is_valid(vp, &state->timers[i]))
            return false;
    for (unsigned i = 0; i < sizeof(state->reserved) / sizeof(state->reserved[0]); i++)
        if (state->reserved[i])
            return false;
    return true;
}

static uint64_t next_expiration(const struct hv_vp *vp, const struct hv_stimer_state *state)
{
    if (!is_periodic(state->config))
        return state->count;
    return state->adjustment ? state->adjustment
                             : hv_time_add(hv_time_reference(vp->partition), state->count);
}

/* The message of a timer that has expired comes before its next expiration. */
static void set_timer(struct hv_vp *vp, unsigned index, const struct hv_stimer_state *state)
{
    struct hv_stimer *timer = &vp->stimers.timer[index];
    bool runs = (state->config & HV_X64_MSR_STIMER_CONFIG_ENABLE) && state->count != 0;

    hv_synic_unqueue(vp, &timer->message);
    timer->config = state->config;
    timer->count = state->count;
    timer->expiration = next_expiration(vp, state);
    timer->due = HV_APIC_NEVER;
    if (state->flags & HV_STIMER_STATE_UNDELIVERED)
        hv_stimer_send(vp, index, state->undelivered_expiration);
    else if (runs)
        timer->due = timer->expiration;
}

bool hv_stimer_state_set(struct hv_vp *vp, const struct hv_synthetic_timers_state *state)
{
    if (!are_valid(vp, state))
        return false;
    for (unsigned i = 0; i < HV_STIMERS; i++)
        set_timer(vp, i, &state->timers[i]);
    /* At the next look it is found out when the first of them is due. */
    vp->stimers.deadline = hv_now(vp->partition);
    hv_apic_touch(&vp->apic);
    return true;
}
