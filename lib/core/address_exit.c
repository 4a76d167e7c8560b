/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What becomes of an access that the nested page tables did not allow (TLFS v6.0b, 8.8).
 *
 * A partition without a parent has nobody to send an intercept message to. For a violation of
 * access rights the TLFS gives it #MC. For an unmapped page it would let the root reach the SPA of
 * the same number; but what the embedder left out of the root's GPA space is the hypervisor's own
 * memory, or none at all, so the access is denied in the same way. A guest can survive that: the
 * exception comes before the instruction, as a fault, and a handler may repair or skip it.
 */
#include "core.h"

static void inject(struct hv_vp *vp, uint8_t vector)
{
    hv_vp_inject(vp, vector, vector == HV_X64_EXCEPTION_GP, 0);
}

/* The exception for a denied access, or 0 when the access is allowed by now. */
static uint8_t violation_vector(struct hv_partition *partition, uint64_t gpa_page, uint8_t access)
{
    const struct hv_overlay *overlay;
    struct hv_mapping mapping;

    if (!hv_address_look_up(partition, gpa_page, &mapping))
        return HV_X64_EXCEPTION_MC;
    if ((mapping.access & access) == access)
        return 0;
    overlay = hv_overlay_at(&partition->address, gpa_page);
    return overlay == NULL ? HV_X64_EXCEPTION_MC : overlay->violation_vector;
}

enum hv_disposition hv_address_exit(struct hv_vp *vp, const struct hv_exit *exit)
{
    struct hv_partition *partition = vp->partition;
    uint64_t gpa_page = exit->memory.gpa >> HV_PAGE_SHIFT;
    uint8_t vector;

    /* The lock keeps the table and the list of overlays in step. */
    hv_lock_acquire(&partition->address.lock);
    vector = violation_vector(partition, gpa_page, exit->memory.access);
    hv_lock_release(&partition->address.lock);

    /* Without a vector, another LP has changed the page since: the access is tried again. */
    if (vector != 0)
        inject(vp, vector);
    return HV_DISPOSITION_RESUME;
}
