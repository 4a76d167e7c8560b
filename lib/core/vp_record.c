/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The saved state of a VP: what is in no other record of it, and its assist page. */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "mem.h"
#include "ratio.h"
#include "vp_assist.h"

/* ---- Registers and run time ---- */

static void save_vp(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer)
{
    struct hv_vp_payload payload = { .tsc_hz = vp->partition->platform->facts.tsc_hz,
                                     .run_ticks = hv_vp_run_ticks(vp, tsc),
                                     .npiep = vp->npiep };

    for (size_t i = 0; i < 2; i++)
        payload.stats[i] = atomic_load_explicit(&vp->stats.msr[i], memory_order_relaxed);
    hv_record_put(writer, &payload, sizeof(payload));
}

static hv_status take_stats(struct hv_vp *vp, const struct hv_vp_payload *payload)
{
    for (size_t i = 0; i < 2; i++)
        if (hv_msr_place_page(vp->partition, &vp->stats.msr[i], &vp->stats.overlay[i],
                              payload->stats[i]) != HV_MSR_OK)
            return HV_STATUS_INSUFFICIENT_MEMORY;
    return HV_STATUS_SUCCESS;
}

static hv_status restore_vp(struct hv_vp *vp, const struct hv_restore *restore,
                            const struct hv_record *record)
{
    const struct hv_platform_facts *facts = &vp->partition->platform->facts;
    struct hv_vp_payload payload;

    (void)restore;
    memcpy(&payload, record->bytes, sizeof(payload));
    if (payload.tsc_hz == 0 || payload.zero ||
        hv_msr_set(vp, HV_X64_MSR_NPIEP_CONFIG, payload.npiep) != HV_MSR_OK)
        return HV_STATUS_INVALID_PARAMETER;
    vp->running = false;
    vp->run_ticks = hv_ratio_convert(payload.run_ticks, payload.tsc_hz, facts->tsc_hz);
    return take_stats(vp, &payload);
}

const struct hv_vp_component hv_vp_component = {
    .kind = { .component = HV_RECORD_VP, .version = 1, .fixed = sizeof(struct hv_vp_payload) },
    .save = save_vp,
    .restore = restore_vp,
};

/* ---- The assist page: its content is the guest's, placed or not ---- */

static void save_assist(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer)
{
    struct hv_assist_payload payload = { .msr = atomic_load_explicit(&vp->assist_msr,
                                                                     memory_order_relaxed) };

    (void)tsc;
    hv_record_put(writer, &payload, sizeof(payload));
    hv_record_put(writer, vp->assist_page.page, HV_PAGE_SIZE);
}

static hv_status restore_assist(struct hv_vp *vp, const struct hv_restore *restore,
                                const struct hv_record *record)
{
    struct hv_assist_payload payload;

    (void)restore;
    memcpy(&payload, record->bytes, sizeof(payload));
    memcpy(vp->assist_page.page, record->bytes + sizeof(payload), HV_PAGE_SIZE);
    return hv_vp_assist_write(vp, HV_X64_MSR_VP_ASSIST_PAGE, payload.msr) == HV_MSR_OK
               ? HV_STATUS_SUCCESS
               : HV_STATUS_INSUFFICIENT_MEMORY;
}

const struct hv_vp_component hv_assist_component = {
    .kind = { .component = HV_RECORD_ASSIST_PAGE,
              .version = 1,
              .fixed = sizeof(struct hv_assist_payload) + HV_PAGE_SIZE },
    .save = save_assist,
    .restore = restore_assist,
};
