/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The saved state of reference time. It stands still until the restore and goes on from where it
 * was, by another offset and perhaps another scale; so the reference TSC page gets a sequence that
 * no guest has seen with the old ones. Its content is not saved: all of it follows.
 */
#include <hv/abi/tlfs.h>
#include <hv/interrupt.h>

#include "component.h"
#include "core.h"
#include "mem.h"

static void save(struct hv_partition *partition, uint64_t tsc, struct hv_record_writer *writer)
{
    const struct hv_time *time = &partition->time;
    struct hv_time_payload payload = {
        .reference = hv_time_reference_at(partition, tsc),
        .reference_tsc_msr = atomic_load_explicit(&time->reference_tsc_msr, memory_order_relaxed),
        .reenlightenment_control =
            atomic_load_explicit(&time->reenlightenment_control, memory_order_relaxed),
        .tsc_emulation_control =
            atomic_load_explicit(&time->tsc_emulation_control, memory_order_relaxed),
        .tsc_emulation_status =
            atomic_load_explicit(&time->tsc_emulation_status, memory_order_relaxed),
        .tsc_invariant_control =
            atomic_load_explicit(&time->tsc_invariant_control, memory_order_relaxed),
        .sequence = time->sequence,
    };

    hv_record_put(writer, &payload, sizeof(payload));
}

static bool is_valid(const struct hv_time_payload *payload)
{
    return hv_time_value_allowed(HV_X64_MSR_REENLIGHTENMENT_CONTROL, 0,
                                 payload->reenlightenment_control) &&
           hv_time_value_allowed(HV_X64_MSR_TSC_EMULATION_CONTROL, 0,
                                 payload->tsc_emulation_control) &&
           hv_time_value_allowed(HV_X64_MSR_TSC_EMULATION_STATUS, 0,
                                 payload->tsc_emulation_status) &&
           hv_time_value_allowed(HV_X64_MSR_TSC_INVARIANT_CONTROL, 0,
                                 payload->tsc_invariant_control) &&
           payload->zero == 0;
}

/* TLFS: nested virtualization, "live migration notification". */
static void notify(struct hv_partition *partition, uint64_t control)
{
    struct hv_vp *target =
        hv_vp_get(partition, (uint32_t)(control >> HV_REENLIGHTENMENT_CONTROL_TARGET_VP_SHIFT));

    if ((control & HV_REENLIGHTENMENT_CONTROL_ENABLED) && target)
        hv_interrupt_post(target, (uint8_t)(control & HV_REENLIGHTENMENT_CONTROL_VECTOR_MASK),
                          false);
}

static hv_status restore_time(struct hv_partition *partition, const struct hv_restore *restore,
                              const struct hv_record *record)
{
    struct hv_time *time = &partition->time;
    struct hv_time_payload payload;

    memcpy(&payload, record->bytes, sizeof(payload));
    if (!is_valid(&payload))
        return HV_STATUS_INVALID_PARAMETER;
    if (hv_msr_place_page(partition, &time->reference_tsc_msr, &time->page,
                          payload.reference_tsc_msr) != HV_MSR_OK)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    atomic_store_explicit(&time->reenlightenment_control, payload.reenlightenment_control,
                          memory_order_relaxed);
    atomic_store_explicit(&time->tsc_emulation_control, payload.tsc_emulation_control,
                          memory_order_relaxed);
    atomic_store_explicit(&time->tsc_emulation_status, payload.tsc_emulation_status,
                          memory_order_relaxed);
    atomic_store_explicit(&time->tsc_invariant_control, payload.tsc_invariant_control,
                          memory_order_relaxed);
    hv_time_resume(partition, payload.reference, restore->tsc, payload.sequence);
    if (restore->migrated)
        notify(partition, payload.reenlightenment_control);
    return HV_STATUS_SUCCESS;
}

const struct hv_partition_component hv_time_component = {
    .kind = { .component = HV_RECORD_TIME, .version = 1, .fixed = sizeof(struct hv_time_payload) },
    .save = save,
    .restore = restore_time,
};
