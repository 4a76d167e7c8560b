/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "stats.h"

#include "core.h"
#include "stats_msr.h"

#define PAGES    (sizeof(((struct hv_stats_pages *)0)->msr) / sizeof(uint64_t))
#define INTERNAL 1

const struct hv_stats_format hv_stats_of_hypervisor = { HV_STATISTICS_HV_SECOND,
                                                        HV_STATISTICS_HV_COUNTERS };
const struct hv_stats_format hv_stats_of_lp = { 0, HV_STATISTICS_LP_COUNTERS };
const struct hv_stats_format hv_stats_of_partition = { HV_STATISTICS_PT_SECOND,
                                                       HV_STATISTICS_PT_COUNTERS };
const struct hv_stats_format hv_stats_of_vp = { HV_STATISTICS_VP_SECOND,
                                                HV_STATISTICS_VP_COUNTERS };

static void write_header(struct hv_statistics_group_header *header, uint16_t type,
                         unsigned counters)
{
    *header = (struct hv_statistics_group_header){
        .type = type, .version_major = 1, .length = (uint16_t)(counters * sizeof(uint64_t))
    };
}

/* What follows the last group ends the page, as zeros are the header of the end. */
void hv_stats_format(void *page, const struct hv_stats_format *format)
{
    struct hv_statistics_group_header *headers = page;
    unsigned first_end = format->second ? format->second : format->end;

    write_header(&headers[0], HV_STATISTICS_TYPE_ARCHITECTURAL, first_end - 1u);
    if (format->second)
        write_header(&headers[format->second], HV_STATISTICS_TYPE_RELEASE_SPECIFIC,
                     format->end - format->second - 1u);
}

/* TLFS v2.0 21.1.2: a write to a statistics page is a machine check. */
static hv_status init_page(struct hv_partition *partition, struct hv_overlay *overlay)
{
    return hv_overlay_init(partition, overlay, HV_ACCESS_READ, HV_X64_EXCEPTION_MC);
}

/* It has no groups: zeros, which nobody writes; so the partition's is also that of its VPs. */
static hv_status init_internal(struct hv_partition *partition, struct hv_stats_pages *stats)
{
    if (stats == &partition->stats)
        return init_page(partition, &stats->overlay[INTERNAL]);
    hv_overlay_share(&stats->overlay[INTERNAL], &partition->stats.overlay[INTERNAL]);
    return HV_STATUS_SUCCESS;
}

hv_status hv_stats_init(struct hv_partition *partition, struct hv_stats_pages *stats,
                        const struct hv_stats_format *format)
{
    hv_status status = init_page(partition, &stats->overlay[0]);

    if (status == HV_STATUS_SUCCESS)
        status = init_internal(partition, stats);
    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_stats_format(stats->overlay[0].page, format);
    for (unsigned i = 0; i < HV_STATS_VIEWERS; i++)
        hv_overlay_share(&stats->views[i].overlay, &stats->overlay[0]);
    return HV_STATUS_SUCCESS;
}

void hv_stats_destroy(struct hv_partition *partition, struct hv_stats_pages *stats)
{
    struct hv_overlay *internal = &stats->overlay[INTERNAL];

    hv_overlay_destroy(partition, &stats->overlay[0]);
    if (stats == &partition->stats)
        hv_overlay_destroy(partition, internal);
    else
        hv_overlay_disable(partition, internal);
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
