/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Sets of VPs as hypercalls name them: masks of 64, and HV_VP_SET. */
#ifndef HV_CORE_VP_SET_H
#define HV_CORE_VP_SET_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/partition.h>

#define HV_VP_SET_WORDS (HV_PARTITION_MAX_VPS / 64)

/* By VP index. Members that do not exist are passed over by whoever uses it. */
struct hv_vp_bitmap {
    bool all;
    bool beyond;                     /* has members that no partition can have */
    uint64_t words[HV_VP_SET_WORDS]; /* unless all */
};

void hv_vp_bitmap_from_mask(struct hv_vp_bitmap *bitmap, uint64_t mask);

/*
 * From an HV_VP_SET and its banks. Pure.
 * @return HV_STATUS_INVALID_PARAMETER for an unknown format; HV_STATUS_INVALID_HYPERCALL_INPUT when
 *         there are not as many banks as the mask of valid ones says.
 */
hv_status hv_vp_bitmap_from_set(struct hv_vp_bitmap *bitmap, const struct hv_vp_set *set,
                                const uint64_t *banks, uint16_t bank_count);

bool hv_vp_bitmap_is_empty(const struct hv_vp_bitmap *bitmap);

/* Whether every member is a VP of the partition. */
bool hv_vp_bitmap_exists(const struct hv_vp_bitmap *bitmap, const struct hv_partition *partition);

/* The next member that exists, beginning with index; NULL at the end. */
struct hv_vp *hv_vp_bitmap_next(const struct hv_vp_bitmap *bitmap,
                                const struct hv_partition *partition, uint32_t *index);

#endif
