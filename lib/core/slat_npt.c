/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * AMD nested paging: the page table format of long mode (APM vol. 2, 5.3 and 15.25). The host must
 * run with EFER.NXE = 1.
 *
 * Caching is an index into the host's PAT (15.25.8). The assignment below fits the value that the
 * PAT has at reset, in which WC comes out as UC-, which lets the guest's own choice of WC through,
 * and WP as WT; a host that wants the real ones puts WC at index 2 and WP at index 5.
 */
#include "slat.h"

#include <hv/abi/tlfs.h>

#define NPT_PRESENT   (UINT64_C(1) << 0)
#define NPT_WRITE     (UINT64_C(1) << 1)
#define NPT_USER      (UINT64_C(1) << 2) /* every nested walk is a user access (15.25.5) */
#define NPT_PWT       (UINT64_C(1) << 3)
#define NPT_PCD       (UINT64_C(1) << 4)
#define NPT_ACCESSED  (UINT64_C(1) << 5)
#define NPT_DIRTY     (UINT64_C(1) << 6)
#define NPT_PAT       (UINT64_C(1) << 7) /* at level 1 */
#define NPT_LARGE     (UINT64_C(1) << 7) /* at levels 2 and 3 */
#define NPT_OVERLAY   (UINT64_C(1) << 9) /* available to software */
#define NPT_PAT_LARGE (UINT64_C(1) << 12)
#define NPT_NX        (UINT64_C(1) << 63)

#define NPT_PAT_INDEX_PAT 4u /* behind PWT and PCD */

static const uint8_t pat_cache[8] = {
    [0] = HV_CACHE_WRITE_BACK, [1] = HV_CACHE_WRITE_THROUGH, [2] = HV_CACHE_WRITE_COMBINING,
    [3] = HV_CACHE_UNCACHED,   [4] = HV_CACHE_WRITE_BACK,    [5] = HV_CACHE_WRITE_PROTECTED,
    [6] = HV_CACHE_UNCACHED,   [7] = HV_CACHE_UNCACHED,
};

static uint64_t pat_bit(unsigned level)
{
    return level == 1 ? NPT_PAT : NPT_PAT_LARGE;
}

static uint64_t encode_cache(uint8_t cache, unsigned level)
{
    switch (cache) {
    case HV_CACHE_WRITE_BACK:
        return 0;
    case HV_CACHE_WRITE_THROUGH:
        return NPT_PWT;
    case HV_CACHE_WRITE_COMBINING:
        return NPT_PCD;
    case HV_CACHE_WRITE_PROTECTED:
        return NPT_PWT | pat_bit(level);
    default:
        return NPT_PCD | NPT_PWT;
    }
}

static uint8_t decode_cache(uint64_t entry, unsigned level)
{
    unsigned index = (unsigned)((entry & (NPT_PWT | NPT_PCD)) / NPT_PWT);

    return pat_cache[entry & pat_bit(level) ? index | NPT_PAT_INDEX_PAT : index];
}

static uint64_t npt_table(uint64_t spa_page)
{
    return spa_page << HV_PAGE_SHIFT | NPT_PRESENT | NPT_WRITE | NPT_USER;
}

static uint64_t npt_leaf(const struct hv_mapping *mapping, unsigned level)
{
    uint64_t entry = mapping->spa_page << HV_PAGE_SHIFT | NPT_PRESENT | NPT_USER;

    if (mapping->access & HV_ACCESS_WRITE)
        entry |= NPT_WRITE;
    if (!(mapping->access & HV_ACCESS_EXECUTE))
        entry |= NPT_NX;
    if (mapping->overlay)
        entry |= NPT_OVERLAY;
    if (level > 1)
        entry |= NPT_LARGE;
    return entry | encode_cache(mapping->cache, level);
}

/* At level 1 the PAT bit moves to where the large bit was. */
static uint64_t npt_split(uint64_t leaf, unsigned level, unsigned index)
{
    uint64_t offset = (hv_slat_pages(level - 1) * index) << HV_PAGE_SHIFT;

    if (level > 2)
        return leaf + offset;
    if (leaf & NPT_PAT_LARGE)
        return ((leaf & ~NPT_PAT_LARGE) | NPT_PAT) + offset;
    return (leaf & ~NPT_LARGE) + offset;
}

static bool npt_is_present(uint64_t entry)
{
    return entry & NPT_PRESENT;
}

static uint64_t npt_page(uint64_t entry)
{
    return (entry & HV_SLAT_ADDRESS_MASK) >> HV_PAGE_SHIFT;
}

static bool npt_descend(uint64_t entry, unsigned level, uint64_t *spa_page)
{
    if (!npt_is_present(entry) || level == 1)
        return false;
    if (level != HV_SLAT_TOP_LEVEL && (entry & NPT_LARGE))
        return false;
    *spa_page = npt_page(entry);
    return true;
}

static void npt_decode(uint64_t entry, unsigned level, struct hv_mapping *mapping)
{
    uint8_t access = HV_ACCESS_READ;

    if (entry & NPT_WRITE)
        access |= HV_ACCESS_WRITE;
    if (!(entry & NPT_NX))
        access |= HV_ACCESS_EXECUTE;
    mapping->spa_page = npt_page(entry) & ~(hv_slat_pages(level) - 1);
    mapping->access = access;
    mapping->cache = decode_cache(entry, level);
    mapping->overlay = entry & NPT_OVERLAY;
}

/* What is present can be read. */
static bool npt_access_valid(uint8_t access, uint32_t capabilities)
{
    (void)capabilities;
    return (access & HV_ACCESS_READ) && !(access & ~HV_ACCESS_ALL);
}

const struct hv_slat_ops hv_slat_npt = {
    .accessed = NPT_ACCESSED,
    .dirty = NPT_DIRTY,
    .table = npt_table,
    .leaf = npt_leaf,
    .split = npt_split,
    .is_present = npt_is_present,
    .descend = npt_descend,
    .decode = npt_decode,
    .access_valid = npt_access_valid,
};
