/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "slat.h"

#include <hv/abi/tlfs.h>

#define INACCESSIBLE (UINT64_C(1) << 10)
#define BACKED       (UINT64_C(1) << 11) /* an inaccessible page has a page of memory */
#define CACHE_SHIFT  56 /* out of the way of accessed and dirty bits, which stay in place */
#define CACHE_MASK   UINT64_C(7)

uint64_t hv_slat_encode(const struct hv_slat_ops *slat, const struct hv_mapping *mapping,
                        unsigned level)
{
    if (mapping->access != HV_ACCESS_NONE)
        return slat->leaf(mapping, level);
    if (!mapping->inaccessible)
        return 0;
    if (mapping->spa_page == HV_NO_PAGE)
        return INACCESSIBLE;
    return mapping->spa_page << HV_PAGE_SHIFT | INACCESSIBLE | BACKED |
           (uint64_t)mapping->cache << CACHE_SHIFT;
}

void hv_slat_decode(const struct hv_slat_ops *slat, uint64_t entry, unsigned level,
                    struct hv_mapping *mapping)
{
    if (slat->is_present(entry)) {
        mapping->inaccessible = false;
        slat->decode(entry, level, mapping);
        return;
    }
    *mapping = (struct hv_mapping){ .spa_page = HV_NO_PAGE };
    mapping->inaccessible = entry & INACCESSIBLE;
    if (!(entry & BACKED))
        return;
    mapping->spa_page = (entry & HV_SLAT_ADDRESS_MASK) >> HV_PAGE_SHIFT;
    mapping->cache = (entry >> CACHE_SHIFT) & CACHE_MASK;
}

bool hv_slat_has_page(const struct hv_slat_ops *slat, uint64_t entry)
{
    return slat->is_present(entry) || (entry & BACKED);
}

uint64_t hv_slat_part(const struct hv_slat_ops *slat, uint64_t entry, unsigned level,
                      unsigned index)
{
    if (slat->is_present(entry))
        return slat->split(entry, level, index);
    if (!(entry & BACKED))
        return entry;
    return entry + ((hv_slat_pages(level - 1) * index) << HV_PAGE_SHIFT);
}
