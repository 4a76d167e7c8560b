/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "vp_state_page.h"

#include "core.h"

static bool is_offered(const struct hv_vp *vp, uint32_t type)
{
    const uint64_t needed = HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED;

    return type == HvVpStatePageRegisters ||
           (type == HvVpStatePageInterceptMessage && (vp->partition->creation_flags & needed));
}

/* Where a page of the child's pool was before the parent deposited it. */
static bool find_home(const struct hv_vp *vp, uint64_t spa_page, uint64_t *gpa_page)
{
    const struct hv_lineage *parent = &hv_vp_parent(vp)->lineage;

    *gpa_page = hv_frame_place(&parent->hierarchy->frames, spa_page, parent->level);
    return *gpa_page != HV_FRAME_NOWHERE;
}

/* A deposit to the child would not help a parent that lacks the memory. */
static hv_status of_parent(hv_status status)
{
    return status == HV_STATUS_INSUFFICIENT_MEMORY ? HV_STATUS_INSUFFICIENT_ROOT_MEMORY : status;
}

hv_status hv_state_page_map(struct hv_vp *vp, uint32_t type, bool given, uint64_t *gpa_page)
{
    struct hv_partition *parent = hv_vp_parent(vp);
    struct hv_overlay *overlay;
    hv_status status;

    if (!is_offered(vp, type))
        return HV_STATUS_INVALID_PARAMETER;
    overlay = &vp->intercept.pages[type];
    if (!overlay->page) {
        status = hv_overlay_init(vp->partition, overlay, HV_ACCESS_READ | HV_ACCESS_WRITE,
                                 HV_X64_EXCEPTION_MC);
        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    if (!given && !find_home(vp, overlay->spa_page, gpa_page))
        return HV_STATUS_INVALID_PARAMETER;
    if (*gpa_page >= parent->address.page_count)
        return HV_STATUS_INVALID_PARAMETER;
    return of_parent(hv_overlay_enable(parent, overlay, *gpa_page));
}

hv_status hv_state_page_unmap(struct hv_vp *vp, uint32_t type)
{
    if (!hv_state_page(vp, type))
        return HV_STATUS_INVALID_PARAMETER;
    hv_overlay_disable(hv_vp_parent(vp), &vp->intercept.pages[type]);
    return HV_STATUS_SUCCESS;
}

void hv_state_page_destroy(struct hv_vp *vp, uint32_t type)
{
    struct hv_overlay *overlay = &vp->intercept.pages[type];

    if (!overlay->page)
        return;
    hv_overlay_disable(hv_vp_parent(vp), overlay);
    hv_pool_free(&vp->partition->pool, overlay->spa_page);
    overlay->page = NULL;
}

void *hv_state_page(struct hv_vp *vp, uint32_t type)
{
    const struct hv_overlay *overlay;

    if (type >= HV_VP_STATE_PAGES)
        return NULL;
    overlay = &vp->intercept.pages[type];
    return overlay->enabled ? overlay->page : NULL;
}
