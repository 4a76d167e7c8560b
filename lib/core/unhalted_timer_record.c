/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The saved state of the synthetic time-unhalted timer: its registers, and how much run time is
 * left until it expires. It goes on when the VP does.
 */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "mem.h"

static void save(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer)
{
    const struct hv_unhalted_timer *timer = &vp->unhalted_timer;
    const struct hv_unhalted_timer_payload payload = { .config = timer->config,
                                                       .count = timer->count,
                                                       .left = hv_unhalted_timer_left(vp, tsc) };

    hv_record_put(writer, &payload, sizeof(payload));
}

static hv_status restore_timer(struct hv_vp *vp, const struct hv_restore *restore,
                               const struct hv_record *record)
{
    struct hv_unhalted_timer *timer = &vp->unhalted_timer;
    struct hv_unhalted_timer_payload payload;

    memcpy(&payload, record->bytes, sizeof(payload));
    if (!hv_unhalted_timer_config_is_valid(payload.config))
        return HV_STATUS_INVALID_PARAMETER;
    timer->config = payload.config;
    timer->count = payload.count;
    hv_unhalted_timer_resume(vp, payload.left, restore->tsc);
    return HV_STATUS_SUCCESS;
}

const struct hv_vp_component hv_unhalted_timer_component = {
    .kind = { .component = HV_RECORD_UNHALTED_TIMER,
              .version = 1,
              .fixed = sizeof(struct hv_unhalted_timer_payload) },
    .save = save,
    .restore = restore_timer,
};
