/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The saved state of a partition as such: what it was created with, and its own registers. */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "mem.h"

/* ---- Save ---- */

static bool debug_is_active(const struct hv_partition *partition)
{
    const struct hv_debug_ops *debug = &partition->platform->debug;

    return hv_debug_is_present(partition->platform) &&
           atomic_load_explicit(&partition->debug.seen, memory_order_relaxed) !=
               debug->received(debug->context);
}

static void save(struct hv_partition *partition, uint64_t tsc, struct hv_record_writer *writer)
{
    const struct hv_features *features = &partition->features;
    struct hv_partition_payload payload = {
        .privileges = features->privileges,
        .features_edx = features->features_edx,
        .recommendations = features->recommendations,
        .hardware = features->hardware,
        .vp_count = atomic_load_explicit(&partition->vp_count, memory_order_relaxed),
        .page_count = partition->address.page_count,
        .guest_os_id = atomic_load_explicit(&partition->guest_os_id, memory_order_relaxed),
        .hypercall_msr = atomic_load_explicit(&partition->hypercall_msr, memory_order_relaxed),
        .debug_channel = atomic_load_explicit(&partition->debug.channel, memory_order_relaxed),
        .debug_active = debug_is_active(partition),
    };

    (void)tsc;
    for (size_t i = 0; i < 5; i++)
        payload.crash[i] =
            atomic_load_explicit(&partition->crash.parameters[i], memory_order_relaxed);
    for (size_t i = 0; i < 2; i++)
        payload.stats[i] = atomic_load_explicit(&partition->stats.msr[i], memory_order_relaxed);
    hv_record_put(writer, &payload, sizeof(payload));
}

/* ---- Restore ---- */

/* TLFS: of all that a guest was told only AccessPartitionReferenceTsc may change by migration. */
static bool is_same_partition(const struct hv_partition *partition,
                              const struct hv_partition_payload *payload)
{
    const struct hv_features *features = &partition->features;
    const uint64_t constant = ~(uint64_t)HV_PRIVILEGE_AccessPartitionReferenceTsc;

    return ((payload->privileges ^ features->privileges) & constant) == 0 &&
           payload->features_edx == features->features_edx &&
           payload->recommendations == features->recommendations &&
           payload->hardware == features->hardware &&
           payload->vp_count == atomic_load_explicit(&partition->vp_count, memory_order_relaxed) &&
           payload->page_count == partition->address.page_count;
}

/* What the guest itself could have written (hypercall_page.c). */
static bool hypercall_is_valid(const struct hv_partition *partition,
                               const struct hv_partition_payload *payload)
{
    uint64_t msr = payload->hypercall_msr;
    bool enabled = msr & HV_X64_MSR_HYPERCALL_ENABLE, locked = msr & HV_X64_MSR_HYPERCALL_LOCKED;

    return msr >> HV_X64_MSR_HYPERCALL_GPFN_SHIFT < partition->address.page_count &&
           (!enabled || locked || payload->guest_os_id != 0);
}

static void take_debug(struct hv_partition *partition, const struct hv_partition_payload *payload)
{
    const struct hv_debug_ops *debug = &partition->platform->debug;
    uint64_t received = 0;

    if (hv_debug_is_present(partition->platform))
        received = debug->received(debug->context);
    atomic_store_explicit(&partition->debug.channel, payload->debug_channel, memory_order_relaxed);
    atomic_store_explicit(&partition->debug.seen, received - payload->debug_active,
                          memory_order_relaxed);
}

static hv_status take_pages(struct hv_partition *partition,
                            const struct hv_partition_payload *payload)
{
    enum hv_msr_result result = hv_msr_place_page(
        partition, &partition->hypercall_msr, &partition->hypercall_page, payload->hypercall_msr);

    for (size_t i = 0; result == HV_MSR_OK && i < 2; i++)
        result = hv_msr_place_page(partition, &partition->stats.msr[i],
                                   &partition->stats.overlay[i], payload->stats[i]);
    return result == HV_MSR_OK ? HV_STATUS_SUCCESS : HV_STATUS_INSUFFICIENT_MEMORY;
}

static hv_status restore_partition(struct hv_partition *partition, const struct hv_restore *restore,
                                   const struct hv_record *record)
{
    struct hv_partition_payload payload;

    (void)restore;
    memcpy(&payload, record->bytes, sizeof(payload));
    if (!is_same_partition(partition, &payload))
        return HV_STATUS_INVALID_PARTITION_STATE;
    if (!hypercall_is_valid(partition, &payload) || payload.debug_active > 1 || payload.zero)
        return HV_STATUS_INVALID_PARAMETER;
    atomic_store_explicit(&partition->guest_os_id, payload.guest_os_id, memory_order_relaxed);
    for (size_t i = 0; i < 5; i++)
        atomic_store_explicit(&partition->crash.parameters[i], payload.crash[i],
                              memory_order_relaxed);
    take_debug(partition, &payload);
    return take_pages(partition, &payload);
}

const struct hv_partition_component hv_partition_component = {
    .kind = { .component = HV_RECORD_PARTITION,
              .version = 1,
              .fixed = sizeof(struct hv_partition_payload) },
    .save = save,
    .restore = restore_partition,
};
