/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Who sees a statistics page, and where. A caller that names no place expects the page where it has
 * memory (Linux maps it like that): where it had the very page before it was deposited, or, for a
 * page that nobody has deposited, where it had another one, which is kept out of use meanwhile.
 */
#include "core.h"
#include "stats.h"

/* A page that the viewer has deposited for somebody: its place is free. */
static bool find_home(const struct hv_partition *viewer, uint64_t spa_page, uint64_t *gpa_page)
{
    const struct hv_lineage *lineage = &viewer->lineage;

    if (!lineage->hierarchy || !hv_frame_is_in_pool(&lineage->hierarchy->frames, spa_page))
        return false;
    *gpa_page = hv_frame_place(&lineage->hierarchy->frames, spa_page, lineage->level);
    return *gpa_page != HV_FRAME_NOWHERE;
}

struct choice {
    const struct hv_frames *frames;
    const struct hv_partition *holder;
    unsigned level;
};

static bool is_its_own(const void *context, uint64_t spa_page)
{
    const struct choice *choice = context;

    return hv_frame_is_deposited(choice->frames, spa_page, choice->holder) &&
           hv_frame_is_from(choice->frames, spa_page, choice->level);
}

static bool keep_place(struct hv_partition *viewer, struct hv_stats_view *view, uint64_t *gpa_page)
{
    const struct choice choice = { .frames = &viewer->lineage.hierarchy->frames,
                                   .holder = hv_frame_holder(viewer),
                                   .level = viewer->lineage.level };

    view->has_place = hv_pool_alloc_chosen(&viewer->pool, is_its_own, &choice, &view->place);
    return view->has_place && find_home(viewer, view->place, gpa_page);
}

static void drop_place(struct hv_partition *viewer, struct hv_stats_view *view)
{
    if (view->has_place)
        hv_pool_free(&viewer->pool, view->place);
    view->has_place = false;
}

hv_status hv_stats_show(struct hv_partition *viewer, struct hv_stats_view *view, bool given,
                        uint64_t *gpa_page)
{
    hv_status status;

    if (view->overlay.enabled)
        return HV_STATUS_OPERATION_DENIED;
    if (!given && !find_home(viewer, view->overlay.spa_page, gpa_page) &&
        !keep_place(viewer, view, gpa_page))
        return HV_STATUS_INSUFFICIENT_MEMORY;
    status = hv_overlay_enable(viewer, &view->overlay, *gpa_page);
    if (status != HV_STATUS_SUCCESS)
        drop_place(viewer, view);
    return status;
}

hv_status hv_stats_hide(struct hv_partition *viewer, struct hv_stats_view *view)
{
    if (!view->overlay.enabled)
        return HV_STATUS_OPERATION_DENIED;
    hv_overlay_disable(viewer, &view->overlay);
    drop_place(viewer, view);
    return HV_STATUS_SUCCESS;
}

void hv_stats_hide_all(struct hv_partition *partition, struct hv_stats_pages *stats)
{
    hv_lock_acquire(&partition->register_lock);
    if (partition->lineage.parent)
        (void)hv_stats_hide(partition->lineage.parent, &stats->views[HV_STATS_PARENT]);
    (void)hv_stats_hide(partition, &stats->views[HV_STATS_SELF]);
    hv_lock_release(&partition->register_lock);
}
