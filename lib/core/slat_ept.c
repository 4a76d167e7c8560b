/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Intel extended page tables (SDM vol. 3C, 29.3). Mode-based execute control and #VE are off, so
 * bits 10 and 63 mean nothing. PAT is not ignored (bit 6 clear): the guest's own cache attributes
 * are honoured within the type that is given here (TLFS: virtual MMU, "cacheability settings").
 */
#include "slat.h"

#include <hv/abi/tlfs.h>
#include <hv/platform.h>

#define EPT_READ       (UINT64_C(1) << 0)
#define EPT_WRITE      (UINT64_C(1) << 1)
#define EPT_EXECUTE    (UINT64_C(1) << 2)
#define EPT_ACCESS     (EPT_READ | EPT_WRITE | EPT_EXECUTE)
#define EPT_TYPE_SHIFT 3
#define EPT_TYPE_MASK  UINT64_C(7)
#define EPT_LARGE      (UINT64_C(1) << 7)
#define EPT_ACCESSED   (UINT64_C(1) << 8) /* with HV_CPU_EPT_ACCESS_FLAGS; else ignored */
#define EPT_DIRTY      (UINT64_C(1) << 9)
#define EPT_OVERLAY    (UINT64_C(1) << 52) /* ignored by hardware */

/* Both are used as numbers below, without translation. */
_Static_assert((unsigned)HV_ACCESS_READ == EPT_READ && (unsigned)HV_ACCESS_WRITE == EPT_WRITE &&
                   (unsigned)HV_ACCESS_EXECUTE == EPT_EXECUTE,
               "an EPT entry has its access rights where enum hv_access has them");
_Static_assert(HV_CACHE_UNCACHED == 0 && HV_CACHE_WRITE_COMBINING == 1 &&
                   HV_CACHE_WRITE_THROUGH == 4 && HV_CACHE_WRITE_PROTECTED == 5 &&
                   HV_CACHE_WRITE_BACK == 6,
               "cache types are numbered as EPT numbers them");

static uint64_t ept_table(uint64_t spa_page)
{
    return spa_page << HV_PAGE_SHIFT | EPT_ACCESS;
}

static uint64_t ept_leaf(const struct hv_mapping *mapping, unsigned level)
{
    uint64_t entry = mapping->spa_page << HV_PAGE_SHIFT | mapping->access;

    if (mapping->overlay)
        entry |= EPT_OVERLAY;
    if (level > 1)
        entry |= EPT_LARGE;
    return entry | (uint64_t)mapping->cache << EPT_TYPE_SHIFT;
}

static uint64_t ept_split(uint64_t leaf, unsigned level, unsigned index)
{
    uint64_t entry = leaf + ((hv_slat_pages(level - 1) * index) << HV_PAGE_SHIFT);

    return level > 2 ? entry : entry & ~EPT_LARGE;
}

static bool ept_is_present(uint64_t entry)
{
    return entry & EPT_ACCESS;
}

static uint64_t ept_page(uint64_t entry)
{
    return (entry & HV_SLAT_ADDRESS_MASK) >> HV_PAGE_SHIFT;
}

static bool ept_descend(uint64_t entry, unsigned level, uint64_t *spa_page)
{
    if (!ept_is_present(entry) || level == 1)
        return false;
    if (level != HV_SLAT_TOP_LEVEL && (entry & EPT_LARGE))
        return false;
    *spa_page = ept_page(entry);
    return true;
}

static void ept_decode(uint64_t entry, unsigned level, struct hv_mapping *mapping)
{
    mapping->spa_page = ept_page(entry) & ~(hv_slat_pages(level) - 1);
    mapping->access = entry & EPT_ACCESS;
    mapping->cache = (entry >> EPT_TYPE_SHIFT) & EPT_TYPE_MASK;
    mapping->overlay = entry & EPT_OVERLAY;
}

/* Writable without readable is a misconfiguration (SDM vol. 3C, 29.3.3.1). */
static bool ept_access_valid(uint8_t access, uint32_t capabilities)
{
    if (access & ~HV_ACCESS_ALL)
        return false;
    if (access == HV_ACCESS_EXECUTE)
        return capabilities & HV_CPU_EPT_EXECUTE_ONLY;
    return access & HV_ACCESS_READ;
}

const struct hv_slat_ops hv_slat_ept = {
    .accessed = EPT_ACCESSED,
    .dirty = EPT_DIRTY,
    .table = ept_table,
    .leaf = ept_leaf,
    .split = ept_split,
    .is_present = ept_is_present,
    .descend = ept_descend,
    .decode = ept_decode,
    .access_valid = ept_access_valid,
};
