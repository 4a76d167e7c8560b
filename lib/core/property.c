/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "core.h"

/* What the parent has disabled, the child does not have. */
static hv_status get_processor_property(const struct hv_partition *partition, uint32_t code,
                                        uint64_t *value)
{
    const struct hv_platform_facts *facts = &partition->platform->facts;
    const struct hv_creation *creation = &partition->creation;

    switch (code) {
    case HvPartitionPropertyProcessorVendor:
        *value = facts->slat_format == HV_SLAT_NPT ? HvProcessorVendorAmd : HvProcessorVendorIntel;
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyProcessorFeatures0:
        *value = facts->processor.features[0] & ~creation->disabled_features[0];
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyProcessorFeatures1:
        *value = facts->processor.features[1] & ~creation->disabled_features[1];
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyProcessorXsaveFeatures:
        *value = facts->processor.xsave_features & ~creation->disabled_xsave_features;
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyXsaveStates:
        *value = facts->processor.xsave_states;
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyMaxXsaveDataSize:
        *value = facts->processor.xsave_size;
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyProcessorCLFlushSize:
        *value = facts->processor.clflush_size;
        return HV_STATUS_SUCCESS;
    default:
        return HV_STATUS_UNKNOWN_PROPERTY;
    }
}

/* The version is a child's; others were not created by a call. */
static hv_status get_other_property(const struct hv_partition *partition, uint32_t code,
                                    uint64_t *value)
{
    if (hv_cpu_share_get(partition, code, value) == HV_STATUS_SUCCESS)
        return HV_STATUS_SUCCESS;
    if (!partition->lineage.parent || code != HvPartitionPropertyCompatibilityVersion)
        return get_processor_property(partition, code, value);
    *value = partition->creation.compatibility_version;
    return HV_STATUS_SUCCESS;
}

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
    case HvPartitionPropertyGpaPageAccessTracking:
        *value = hv_address_is_tracked(&partition->address);
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
    case HvPartitionPropertySyntheticProcFeatures:
        *value = hv_features_get_synthetic(partition);
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyTimeFreeze:
        *value = atomic_load_explicit(&partition->time.frozen, memory_order_relaxed);
        return HV_STATUS_SUCCESS;
    default:
        return get_other_property(partition, code, value);
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

static hv_status set_synthetic_features(struct hv_partition *partition, uint64_t value)
{
    if (atomic_load_explicit(&partition->vp_count, memory_order_relaxed) > 0)
        return HV_STATUS_INVALID_PARTITION_STATE;
    return hv_features_set_synthetic(partition, value);
}

/* Of a child that has nothing in its GPA space yet. */
static hv_status set_address_width(struct hv_partition *partition, uint64_t value)
{
    if (!partition->lineage.parent || value < HV_GPA_BITS_MIN ||
        value > hv_partition_widest_gpa(partition->platform))
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    if (hv_partition_state(&partition->lineage) != HV_PARTITION_CREATED)
        return HV_STATUS_INVALID_PARTITION_STATE;
    partition->gpa_bits = (uint8_t)value;
    partition->address.page_count = UINT64_C(1) << (value - HV_PAGE_SHIFT);
    return HV_STATUS_SUCCESS;
}

static hv_status set_time_freeze(struct hv_partition *partition, uint64_t value)
{
    if (value > 1)
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    hv_time_freeze(partition, value == 1);
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
    case HvPartitionPropertySyntheticProcFeatures:
        return set_synthetic_features(partition, value);
    case HvPartitionPropertyPhysicalAddressWidth:
        return set_address_width(partition, value);
    case HvPartitionPropertyTimeFreeze:
        return set_time_freeze(partition, value);
    case HvPartitionPropertyCpuReserve:
    case HvPartitionPropertyCpuCap:
    case HvPartitionPropertyCpuWeight:
        return hv_cpu_share_set(partition, code, value);
    case HvPartitionPropertyReferenceTime:
        hv_time_set_reference(partition, value);
        return HV_STATUS_SUCCESS;
    case HvPartitionPropertyDebugChannelId:
        return set_debug_channel(partition, value);
    case HvPartitionPropertyUnimplementedMsrAction:
        return set_msr_action(partition, value);
    case HvPartitionPropertyGpaPageAccessTracking:
        return value > 1 ? HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE
                         : hv_address_track(partition, value != 0);
    default:
        /* Of the codes that TLFS v2.0 5.6.6 lists, this one is for what is read-only. */
        status = hv_partition_get_property(partition, code, &current);
        return status == HV_STATUS_SUCCESS ? HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE : status;
    }
}
