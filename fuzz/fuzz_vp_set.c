/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Sets of VPs (HV_VP_SET) against a plain decoder: any format, mask of banks, banks and number of
 * them, on a partition whose VPs are any.
 *
 * Input: struct header, then the banks.
 */
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fuzz.h"
#include "vp_set.h"

#define MAX_BANKS   70u /* more than a mask can name */
#define SET_MEMBERS (64 * 64)

struct header {
    uint64_t format; /* beyond 4: one of the two that there are, by its lowest bit */
    uint64_t valid_banks;
    uint64_t mask;    /* the VPs of a simple mask */
    uint64_t exist;   /* every 64th bit: which VPs there are */
    uint16_t max_vps; /* of the partition */
    uint8_t count;    /* of banks, if not all that follow; bit 7: it counts */
    uint8_t reserved[5];
} __attribute__((packed));

static struct hv_vp vp_of[HV_PARTITION_MAX_VPS];
static _Atomic(struct hv_vp *) table[HV_PARTITION_MAX_VPS];

static bool exists(const struct header *header, uint32_t vp)
{
    return header->exist >> (vp * 7 + vp / 64) % 64 & 1;
}

/* TLFS: "Sparse Virtual Processor Set": VP n is bit n % 64 of bank n / 64, whose place is the
   number of valid banks before it. */
static bool is_member(const struct hv_vp_set *set, const uint64_t *banks, uint32_t vp)
{
    uint32_t bank = vp / 64, place = 0;

    if (set->format == HV_GENERIC_SET_ALL)
        return true;
    if (!(set->valid_banks_mask >> bank & 1))
        return false;
    for (uint32_t before = 0; before < bank; before++)
        place += set->valid_banks_mask >> before & 1;
    return banks[place] >> vp % 64 & 1;
}

static hv_status expected_status(const struct hv_vp_set *set, uint16_t count)
{
    uint32_t valid = 0;

    if (set->format == HV_GENERIC_SET_ALL)
        return HV_STATUS_SUCCESS;
    if (set->format != HV_GENERIC_SET_SPARSE_4K)
        return HV_STATUS_INVALID_PARAMETER;
    for (uint32_t bank = 0; bank < 64; bank++)
        valid += set->valid_banks_mask >> bank & 1;
    return valid == count ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_HYPERCALL_INPUT;
}

/* Each member that exists comes once, in order, and no other. */
static void check_walk(const struct hv_vp_bitmap *bitmap, const struct hv_partition *partition,
                       const struct hv_vp_set *set, const uint64_t *banks)
{
    uint32_t next = 0;

    for (uint32_t vp = 0; vp < partition->max_vps; vp++) {
        if (!partition->vps[vp] || !is_member(set, banks, vp))
            continue;
        CHECK(hv_vp_bitmap_next(bitmap, partition, &next) == partition->vps[vp]);
        CHECK(next == vp + 1);
    }
    CHECK(hv_vp_bitmap_next(bitmap, partition, &next) == NULL);
}

/* A set can name more VPs than a partition can have. */
static bool is_empty(const struct hv_vp_set *set, const uint64_t *banks)
{
    for (uint32_t vp = 0; vp < SET_MEMBERS; vp++)
        if (is_member(set, banks, vp))
            return false;
    return true;
}

static bool all_exist(const struct hv_partition *partition, const struct hv_vp_set *set,
                      const uint64_t *banks)
{
    for (uint32_t vp = 0; vp < SET_MEMBERS && set->format != HV_GENERIC_SET_ALL; vp++)
        if (is_member(set, banks, vp) && (vp >= partition->max_vps || !partition->vps[vp]))
            return false;
    return true;
}

static void check_mask(const struct hv_partition *partition, uint64_t mask)
{
    const struct hv_vp_set set = { .format = HV_GENERIC_SET_SPARSE_4K, .valid_banks_mask = 1 };
    struct hv_vp_bitmap bitmap;

    hv_vp_bitmap_from_mask(&bitmap, mask);
    CHECK(hv_vp_bitmap_is_empty(&bitmap) == (mask == 0));
    check_walk(&bitmap, partition, &set, &mask);
}

static void check_set(const struct hv_partition *partition, const struct header *header,
                      const uint64_t *banks, uint16_t count)
{
    struct hv_vp_set set = { .format = header->format, .valid_banks_mask = header->valid_banks };
    struct hv_vp_bitmap bitmap;
    /* Exactly so many, so that the sanitizer sees a read behind them. */
    uint64_t *exact = malloc(count * sizeof(*exact) + 1);
    hv_status status;

    if (header->format > 4)
        set.format = header->format & 1 ? HV_GENERIC_SET_ALL : HV_GENERIC_SET_SPARSE_4K;
    memcpy(exact, banks, count * sizeof(*exact));
    status = hv_vp_bitmap_from_set(&bitmap, &set, exact, count);
    CHECK(status == expected_status(&set, count));
    if (status == HV_STATUS_SUCCESS) {
        CHECK(hv_vp_bitmap_is_empty(&bitmap) == is_empty(&set, banks));
        CHECK(hv_vp_bitmap_exists(&bitmap, partition) == all_exist(partition, &set, banks));
        check_walk(&bitmap, partition, &set, banks);
    }
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hv_partition partition = { .vps = table };
    uint64_t banks[MAX_BANKS] = { 0 };
    struct header header;
    uint16_t count;

    if (size < sizeof(header))
        return -1;
    memcpy(&header, data, sizeof(header));
    size -= sizeof(header);
    if (size > sizeof(banks))
        size = sizeof(banks);
    memcpy(banks, data + sizeof(header), size);
    count = header.count & 0x80 ? header.count % MAX_BANKS : (uint16_t)(size / sizeof(banks[0]));
    partition.max_vps = header.max_vps % (HV_PARTITION_MAX_VPS + 1u);
    for (uint32_t vp = 0; vp < HV_PARTITION_MAX_VPS; vp++)
        table[vp] = exists(&header, vp) ? &vp_of[vp] : NULL;
    check_mask(&partition, header.mask);
    check_set(&partition, &header, banks, count);
    return 0;
}
