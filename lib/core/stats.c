/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "core.h"
#include "stats.h"

#define PAGES (sizeof(((struct hv_stats_pages *)0)->msr) / sizeof(uint64_t))

/* A page of zeros is a well-formed page: it begins with the header that ends the list of counter
   groups (TLFS v2.0 21.1.3: type 0, version 0, length 0). */
hv_status hv_stats_init(struct hv_partition *partition, struct hv_stats_pages *stats)
{
    for (size_t i = 0; i < PAGES; i++) {
        /* TLFS v2.0 21.1.2: a write to a statistics page is a machine check. */
        hv_status status =
            hv_overlay_init(partition, &stats->overlay[i], HV_ACCESS_READ, HV_X64_EXCEPTION_MC);

        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return HV_STATUS_SUCCESS;
}

void hv_stats_destroy(struct hv_partition *partition, struct hv_stats_pages *stats)
{
    for (size_t i = 0; i < PAGES; i++)
        hv_overlay_destroy(partition, &stats->overlay[i]);
}

void hv_stats_reset(struct hv_partition *partition, struct hv_stats_pages *stats)
{
    hv_lock_acquire(&partition->register_lock);
    for (size_t i = 0; i < PAGES; i++) {
        atomic_store_explicit(&stats->msr[i], 0, memory_order_relaxed);
        hv_overlay_disable(partition, &stats->overlay[i]);
    }
    hv_lock_release(&partition->register_lock);
}

/* The MSRs are: partition retail, partition internal, VP retail, VP internal. */
static struct hv_stats_pages *find_pages(struct hv_vp *vp, uint32_t msr, uint32_t *index)
{
    if (msr >= HV_X64_MSR_STATS_VP_RETAIL_PAGE) {
        *index = msr - HV_X64_MSR_STATS_VP_RETAIL_PAGE;
        return &vp->stats;
    }
    *index = msr - HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE;
    return &vp->partition->stats;
}

enum hv_msr_result hv_stats_read(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    uint32_t index;
    struct hv_stats_pages *stats = find_pages(vp, msr, &index);

    *value = atomic_load_explicit(&stats->msr[index], memory_order_relaxed);
    return HV_MSR_OK;
}

enum hv_msr_result hv_stats_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    uint32_t index;
    struct hv_stats_pages *stats = find_pages(vp, msr, &index);

    return hv_msr_place_page(vp->partition, &stats->msr[index], &stats->overlay[index], value);
}
