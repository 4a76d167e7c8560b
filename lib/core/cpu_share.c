/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "cpu_share.h"

#include "core.h"

void hv_cpu_share_init(struct hv_cpu_share *share)
{
    atomic_init(&share->weight, HV_CPU_WEIGHT_DEFAULT);
    share->cap = HV_CPU_CAP_SCALE;
}

/* Of all partitions, where there is more than one. */
static struct hv_lock *lock_of(struct hv_partition *partition)
{
    struct hv_hierarchy *hierarchy = partition->lineage.hierarchy;

    return hierarchy ? &hierarchy->lock : &partition->register_lock;
}

/* ---- What all VPs of the machine have reserved, under the lock ---- */

static uint64_t own_total(const struct hv_cpu_share *share)
{
    return (uint64_t)share->reserve * share->vps;
}

/* Replaces the partition's part of the total, if the machine has that much. */
static bool reserve(struct hv_partition *partition, uint32_t each, uint32_t vps)
{
    struct hv_cpu_share *share = &partition->share;
    struct hv_hierarchy *hierarchy = partition->lineage.hierarchy;
    uint64_t others = hierarchy ? hierarchy->reserved - own_total(share) : 0;
    uint64_t total = others + (uint64_t)each * vps;

    if (each != 0 && total > (uint64_t)partition->platform->facts.lp_count * HV_CPU_CAP_SCALE)
        return false;
    share->reserve = each;
    share->vps = vps;
    if (hierarchy)
        hierarchy->reserved = total;
    return true;
}

/* ---- Properties ---- */

hv_status hv_cpu_share_get(const struct hv_partition *partition, uint32_t code, uint64_t *value)
{
    const struct hv_cpu_share *share = &partition->share;

    switch (code) {
    case HvPartitionPropertyCpuWeight:
        *value = atomic_load_explicit(&share->weight, memory_order_relaxed);
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyCpuReserve:
        *value = share->reserve;
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyCpuCap:
        *value = share->cap;
        return HV_STATUS_SUCCESS;
    default:
        return HV_STATUS_UNKNOWN_PROPERTY;
    }
}

static hv_status set_weight(struct hv_cpu_share *share, uint64_t value)
{
    if (value < HV_CPU_WEIGHT_MIN || value > HV_CPU_WEIGHT_MAX)
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    atomic_store_explicit(&share->weight, (uint32_t)value, memory_order_relaxed);
    return HV_STATUS_SUCCESS;
}

static hv_status set_cap(struct hv_cpu_share *share, uint64_t value)
{
    if (value > HV_CPU_CAP_SCALE || value < share->reserve)
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    share->cap = (uint32_t)value;
    return HV_STATUS_SUCCESS;
}

static hv_status set_reserve(struct hv_partition *partition, uint64_t value)
{
    const struct hv_cpu_share *share = &partition->share;

    return value <= share->cap && reserve(partition, (uint32_t)value, share->vps)
               ? HV_STATUS_SUCCESS
               : HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
}

static hv_status set_locked(struct hv_partition *partition, uint32_t code, uint64_t value)
{
    switch (code) {
    case HvPartitionPropertyCpuWeight:
        return set_weight(&partition->share, value);
    case HvPartitionPropertyCpuReserve:
        return set_reserve(partition, value);
    case HvPartitionPropertyCpuCap:
        return set_cap(&partition->share, value);
    default:
        return HV_STATUS_UNKNOWN_PROPERTY;
    }
}

hv_status hv_cpu_share_set(struct hv_partition *partition, uint32_t code, uint64_t value)
{
    hv_status status;

    hv_lock_acquire(lock_of(partition));
    status = set_locked(partition, code, value);
    hv_lock_release(lock_of(partition));
    return status;
}

/* ---- VPs ---- */

hv_status hv_cpu_share_add_vp(struct hv_partition *partition)
{
    const struct hv_cpu_share *share = &partition->share;
    bool reserved;

    hv_lock_acquire(lock_of(partition));
    reserved = reserve(partition, share->reserve, share->vps + 1);
    hv_lock_release(lock_of(partition));
    return reserved ? HV_STATUS_SUCCESS : HV_STATUS_OPERATION_DENIED;
}

void hv_cpu_share_remove_vp(struct hv_partition *partition)
{
    const struct hv_cpu_share *share = &partition->share;

    hv_lock_acquire(lock_of(partition));
    (void)reserve(partition, share->reserve, share->vps - 1);
    hv_lock_release(lock_of(partition));
}
