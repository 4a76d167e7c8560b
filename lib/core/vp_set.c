/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <stddef.h>

#include "core.h"
#include "vp_set.h"

void hv_vp_bitmap_from_mask(struct hv_vp_bitmap *bitmap, uint64_t mask)
{
    *bitmap = (struct hv_vp_bitmap){ .words = { mask } };
}

hv_status hv_vp_bitmap_from_set(struct hv_vp_bitmap *bitmap, const struct hv_vp_set *set,
                                const uint64_t *banks, uint16_t bank_count)
{
    uint16_t next = 0;

    *bitmap = (struct hv_vp_bitmap){ .all = set->format == HV_GENERIC_SET_ALL };
    if (bitmap->all)
        return HV_STATUS_SUCCESS;
    if (set->format != HV_GENERIC_SET_SPARSE_4K)
        return HV_STATUS_INVALID_PARAMETER;
    /* One bank for each bit, in the order of the bits. */
    for (uint64_t valid = set->valid_banks_mask; valid != 0; valid &= valid - 1) {
        unsigned bank = (unsigned)__builtin_ctzll(valid);

        if (next == bank_count)
            return HV_STATUS_INVALID_HYPERCALL_INPUT;
        if (bank < HV_VP_SET_WORDS)
            bitmap->words[bank] = banks[next];
        else
            bitmap->beyond |= banks[next] != 0;
        next++;
    }
    return next == bank_count ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_HYPERCALL_INPUT;
}

bool hv_vp_bitmap_is_empty(const struct hv_vp_bitmap *bitmap)
{
    uint64_t any = bitmap->all || bitmap->beyond;

    for (unsigned word = 0; word < HV_VP_SET_WORDS; word++)
        any |= bitmap->words[word];
    return any == 0;
}

/* The first member from index on, or the end. */
static uint32_t next_member(const struct hv_vp_bitmap *bitmap, uint32_t index, uint32_t end)
{
    while (index < end) {
        uint64_t left = bitmap->all ? 1 : bitmap->words[index / 64] >> index % 64;

        if (left != 0)
            return index + (uint32_t)__builtin_ctzll(left);
        index = (index / 64 + 1) * 64;
    }
    return end;
}

bool hv_vp_bitmap_exists(const struct hv_vp_bitmap *bitmap, const struct hv_partition *partition)
{
    uint32_t index = 0;

    if (bitmap->all)
        return true;
    while ((index = next_member(bitmap, index, HV_PARTITION_MAX_VPS)) < HV_PARTITION_MAX_VPS) {
        if (index >= partition->max_vps || !partition->vps[index])
            return false;
        index++;
    }
    return !bitmap->beyond;
}

struct hv_vp *hv_vp_bitmap_next(const struct hv_vp_bitmap *bitmap,
                                const struct hv_partition *partition, uint32_t *index)
{
    for (uint32_t member = *index;; member++) {
        member = next_member(bitmap, member, partition->max_vps);
        if (member >= partition->max_vps)
            return NULL;
        if (partition->vps[member]) {
            *index = member + 1;
            return partition->vps[member];
        }
    }
}
