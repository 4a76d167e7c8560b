/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where the overlay pages of a root lie until it moves them. Not in the TLFS, where the guest
 * always names the place: Linux, as a root, reads it from the MSR, and sets no more than the bit
 * that enables the page.
 */
#ifndef HV_CORE_OVERLAY_PLACE_H
#define HV_CORE_OVERLAY_PLACE_H

#include <stdint.h>

#include <hv/partition.h>
#include <hv/vp.h>

/* Those of the partition. */
enum hv_partition_place {
    HV_PLACE_HYPERCALL,
    HV_PLACE_REFERENCE_TSC,
    HV_PARTITION_PLACES,
};

/* Those of each VP. */
enum hv_vp_place {
    HV_PLACE_ASSIST,
    HV_PLACE_SIEFP,
    HV_PLACE_SIMP,
    HV_PLACE_SIRBP,
    HV_VP_PLACES,
};

/* The value of the MSR after a reset: the place, not enabled; 0 where the guest is to choose it. */
uint64_t hv_place_of_partition(const struct hv_partition *partition, enum hv_partition_place place);
uint64_t hv_place_of_vp(const struct hv_vp *vp, enum hv_vp_place place);

#endif
