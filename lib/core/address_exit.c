/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What becomes of an access that the nested page tables did not allow (TLFS v6.0b, 8.8).
 *
 * A child's becomes an intercept message to its parent, unless it rings a doorbell. A partition
 * without a parent has nobody to send one to. For a violation of access rights the TLFS gives it
 * #MC. For an unmapped page it would let the root reach the SPA of the same number; but what the
 * embedder left out of the root's GPA space is the hypervisor's own memory, or none at all, so the
 * access is denied in the same way. A guest can survive that: the exception comes before the
 * instruction, as a fault, and a handler may repair or skip it.
 *
 * Overlay pages are the hypervisor's, in a child too: it gets the exception that goes with the
 * page.
 */
#include "core.h"

struct violation {
    enum { ALLOWED, UNMAPPED, DENIED, DENIED_BY_OVERLAY } kind;
    uint8_t vector;
    uint8_t cache_type;
};

static void inject(struct hv_vp *vp, uint8_t vector)
{
    hv_vp_inject(vp, vector, vector == HV_X64_EXCEPTION_GP, 0);
}

static struct violation find_violation(struct hv_partition *partition, uint64_t gpa_page,
                                       uint8_t access)
{
    struct violation violation = { .kind = UNMAPPED, .vector = HV_X64_EXCEPTION_MC };
    const struct hv_overlay *overlay;
    struct hv_mapping mapping;

    if (!hv_address_look_up(partition, gpa_page, &mapping) && !mapping.inaccessible)
        return violation;
    violation.cache_type = mapping.cache;
    violation.kind = DENIED;
    overlay = hv_overlay_at(&partition->address, gpa_page);
    if ((mapping.access & access) == access) {
        violation.kind = ALLOWED;
    } else if (overlay != NULL) {
        violation.kind = DENIED_BY_OVERLAY;
        violation.vector = overlay->violation_vector;
    }
    return violation;
}

enum hv_disposition hv_address_exit(struct hv_vp *vp, struct hv_exit *exit)
{
    struct hv_partition *partition = vp->partition;
    uint64_t gpa_page = exit->memory.gpa >> HV_PAGE_SHIFT;
    struct violation violation;

    /* The lock keeps the table and the list of overlays in step. */
    hv_lock_acquire(&partition->address.lock);
    violation = find_violation(partition, gpa_page, exit->memory.access);
    hv_lock_release(&partition->address.lock);

    /* Another LP has changed the page since: the access is tried again. */
    if (violation.kind == ALLOWED)
        return HV_DISPOSITION_RESUME;
    if (violation.kind != DENIED_BY_OVERLAY && hv_vp_parent(vp) && hv_doorbell_exit(vp, exit))
        return HV_DISPOSITION_RESUME;
    if (violation.kind != DENIED_BY_OVERLAY && hv_vp_parent(vp))
        return hv_intercept_memory(vp, exit, violation.kind == DENIED, violation.cache_type);
    inject(vp, violation.vector);
    return HV_DISPOSITION_RESUME;
}
