/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The saved state of the synthetic timers: their registers, and when they expire by reference time,
 * which stands still meanwhile. What has expired and not been delivered is a message that waits.
 */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "mem.h"

static void save(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer)
{
    (void)tsc;
    for (unsigned i = 0; i < HV_STIMERS; i++) {
        const struct hv_stimer *timer = &vp->stimers.timer[i];
        const struct hv_timer_payload payload = { .config = timer->config,
                                                  .count = timer->count,
                                                  .expiration = timer->expiration,
                                                  .due = timer->due };

        hv_record_put(writer, &payload, sizeof(payload));
    }
}

static bool is_valid(const struct hv_vp *vp, const struct hv_timer_payload *timer)
{
    bool enabled = timer->config & HV_X64_MSR_STIMER_CONFIG_ENABLE;
    bool periodic = timer->config & HV_X64_MSR_STIMER_CONFIG_PERIODIC;

    if (!hv_stimer_config_is_valid(vp, timer->config))
        return false;
    if (enabled && !hv_stimer_may_be_enabled(timer->config))
        return false;
    if (timer->due == HV_APIC_NEVER)
        return true;
    /* One that runs has a count, by which a periodic one finds its next expiration. */
    return enabled && timer->count != 0 && (periodic || timer->due == timer->expiration);
}

static hv_status restore_timers(struct hv_vp *vp, const struct hv_restore *restore,
                                const struct hv_record *record)
{
    struct hv_timer_payload timers[HV_STIMERS];

    memcpy(timers, record->bytes, sizeof(timers));
    for (unsigned i = 0; i < HV_STIMERS; i++)
        if (!is_valid(vp, &timers[i]))
            return HV_STATUS_INVALID_PARAMETER;
    for (unsigned i = 0; i < HV_STIMERS; i++) {
        struct hv_stimer *timer = &vp->stimers.timer[i];

        timer->config = timers[i].config;
        timer->count = timers[i].count;
        timer->expiration = timers[i].expiration;
        timer->due = timers[i].due;
    }
    /* At the next look it is found out when the first of them is due. */
    vp->stimers.deadline = restore->tsc;
    hv_apic_touch(&vp->apic);
    return HV_STATUS_SUCCESS;
}

const struct hv_vp_component hv_timers_component = {
    .kind = { .component = HV_RECORD_TIMERS,
              .version = 1,
              .fixed = HV_STIMERS * sizeof(struct hv_timer_payload) },
    .save = save,
    .restore = restore_timers,
};
