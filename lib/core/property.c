/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "core.h"

hv_status hv_partition_get_property(const struct hv_partition *partition, uint32_t code,
                                    uint64_t *value)
{
    const struct hv_platform_facts *facts = &partition->platform->facts;

    switch (code) {
    case HvPartitionPropertyPrivilegeFlags:
        *value = partition->features.privileges;
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyReferenceTime:
        *value = hv_time_reference(partition);
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyDebugChannelId:
        *value = atomic_load_explicit(&partition->debug.channel, memory_order_relaxed);
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyImplementedPhysicalAddressBits:
        *value = facts->physical_address_bits;
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyPhysicalAddressWidth:
        *value = partition->gpa_bits;
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyProcessorClockFrequency:
        *value = facts->tsc_hz;
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyGuestOsId:
        *value = atomic_load_explicit(&partition->guest_os_id, memory_order_relaxed);
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyUnimplementedMsrAction:
        *value =
            atomic_load_explicit(&partition->intercepts.unknown_msr_action, memory_order_relaxed);
        return partition->lineage.parent ? HV_STATUS_SUCCESS : HV_STATUS_UNKNOWN_PROPERTY;
    default:
        return HV_STATUS_UNKNOWN_PROPERTY;
    }
}

/* What a guest was told must not change under it: CPUID-015 wants privileges constant. */
static hv_status set_privileges(struct hv_partition *partition, uint64_t value)
{
    if (atomic_load_explicit(&partition->vp_count, memory_order_relaxed) > 0)
        return HV_STATUS_INVALID_PARTITION_STATE;
    if (value & ~hv_features_grantable(partition))
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    hv_features_derive(&partition->features, partition->platform, value);
    return HV_STATUS_SUCCESS;
}

/* TLFS v2.0 20.1.1: 16 bits wide; that no other partition has it is the caller's care. */
static hv_status set_debug_channel(struct hv_partition *partition, uint64_t value)
{
    if (value > UINT16_MAX)
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    atomic_store_explicit(&partition->debug.channel, (uint16_t)value, memory_order_relaxed);
    return HV_STATUS_SUCCESS;
}

/* A partition that is nobody's child has only what the architecture says. */
static hv_status set_msr_action(struct hv_partition *partition, uint64_t value)
{
    if (!partition->lineage.parent)
        return HV_STATUS_UNKNOWN_PROPERTY;
    if (value > HvUnimplementedMsrActionIgnoreWriteReadZero)
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    atomic_store_explicit(&partition->intercepts.unknown_msr_action, (uint32_t)value,
                          memory_order_relaxed);
    return HV_STATUS_SUCCESS;
}

hv_status hv_partition_set_property(struct hv_partition *partition, uint32_t code, uint64_t value)
{
    uint64_t current;
    hv_status status;

    switch (code) {
    case HvPartitionPropertyPrivilegeFlags:
        return set_privileges(partition, value);
    case HvPartitionPropertyReferenceTime:
        hv_time_set_reference(partition, value);
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyDebugChannelId:
        return set_debug_channel(partition, value);
    case HvPartitionPropertyUnimplementedMsrAction:
        return set_msr_action(partition, value);
    default:
        /* Of the codes that TLFS v2.0 5.6.6 lists, this one is for what is read-only. */
        status = hv_partition_get_property(partition, code, &current);
        return status == HV_STATUS_SUCCESS ? HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE : status;
    }
}
