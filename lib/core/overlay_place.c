/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "overlay_place.h"

#include "core.h"

uint64_t hv_partition_overlay_pages(const struct hv_partition_config *config)
{
    return HV_PARTITION_PLACES + (uint64_t)config->max_vps * HV_VP_PLACES;
}

static uint64_t msr_of(const struct hv_partition *partition, uint64_t place)
{
    if (partition->first_overlay == 0)
        return 0;
    return (partition->first_overlay + place) << HV_X64_MSR_PAGE_GPFN_SHIFT;
}

uint64_t hv_place_of_partition(const struct hv_partition *partition, enum hv_partition_place place)
{
    return msr_of(partition, place);
}

uint64_t hv_place_of_vp(const struct hv_vp *vp, enum hv_vp_place place)
{
    return msr_of(vp->partition, HV_PARTITION_PLACES + (uint64_t)vp->index * HV_VP_PLACES + place);
}
