/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A VP's local APIC among what is saved of the VP, with the events that its back end has not yet
   seen. */
#include "apic_record.h"
#include "component.h"
#include "core.h"
#include "mem.h"
#include "ratio.h"

/* Behind it: struct hv_apic_record. */
struct payload {
    uint64_t tsc_hz; /* of its timer */
};

static void save(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer)
{
    const struct payload payload = { .tsc_hz = vp->partition->platform->facts.tsc_hz };
    struct hv_apic_record record;

    /* So that an INIT takes back a start-up that came before it. */
    hv_vp_take_interrupts(vp);
    hv_apic_save(&vp->apic, tsc, &record);
    record.events |= vp->apic_events;
    hv_apic_save_events(&vp->apic.inbox, &record);
    hv_record_put(writer, &payload, sizeof(payload));
    hv_record_put(writer, &record, sizeof(record));
}

static hv_status restore_apic(struct hv_vp *vp, const struct hv_restore *restore,
                              const struct hv_record *saved)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    const struct hv_platform_facts *facts = &vp->partition->platform->facts;
    struct hv_apic_record record;
    struct payload payload;

    memcpy(&payload, saved->bytes, sizeof(payload));
    memcpy(&record, saved->bytes + sizeof(payload), sizeof(record));
    if (payload.tsc_hz == 0)
        return HV_STATUS_INVALID_PARAMETER;
    record.timer_left = hv_ratio_convert(record.timer_left, payload.tsc_hz, facts->tsc_hz);
    if (!hv_apic_restore(&vp->apic, &record, sizeof(record), restore->tsc))
        return HV_STATUS_INVALID_PARAMETER;
    hv_apic_routes_update(vp->partition);
    cpu->apic_changed(cpu->context, vp);
    return HV_STATUS_SUCCESS;
}

const struct hv_vp_component hv_apic_component = {
    .kind = { .component = HV_RECORD_APIC,
              .version = 1,
              .fixed = sizeof(struct payload) + sizeof(struct hv_apic_record) },
    .needs_apic = true,
    .save = save,
    .restore = restore_apic,
};
