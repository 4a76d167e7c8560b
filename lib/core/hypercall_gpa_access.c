/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallGetGpaPagesAccessState: which pages a child has read and written. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

static hv_status check(const struct hv_input_get_gpa_pages_access_state *header)
{
    uint64_t flags = header->flags;
    bool both =
        ((flags & HV_GPA_PAGE_ACCESS_CLEAR_ACCESSED) &&
         (flags & HV_GPA_PAGE_ACCESS_SET_ACCESSED)) ||
        ((flags & HV_GPA_PAGE_ACCESS_CLEAR_DIRTY) && (flags & HV_GPA_PAGE_ACCESS_SET_DIRTY));

    return both || (flags & ~HV_GPA_PAGE_ACCESS_MASK) ? HV_STATUS_INVALID_PARAMETER
                                                      : HV_STATUS_SUCCESS;
}

static hv_status take_state(struct hv_partition *child,
                            const struct hv_input_get_gpa_pages_access_state *header,
                            uint16_t index, uint8_t *state, bool *stale)
{
    uint64_t count = child->address.page_count;

    if (header->gpa_page >= count || index >= count - header->gpa_page)
        return HV_STATUS_INVALID_PARAMETER;
    return hv_address_access_state(child, header->gpa_page + index, header->flags, state, stale);
}

/* Behind the flush hardware records again; whatever was written before it is in what the caller
   then reads of the page. */
static hv_status take_states(struct hv_hypercall_call *call, struct hv_partition *child)
{
    uint8_t *states = call->output; /* from call->index on */
    bool stale = false;
    hv_status status;

    do {
        status = take_state(child, call->header, (uint16_t)(call->index + call->done),
                            &states[call->done], &stale);
        if (status == HV_STATUS_SUCCESS)
            call->done++;
    } while (status == HV_STATUS_SUCCESS && call->index + call->done < call->control->rep_count &&
             hv_now(call->vp->partition) < call->deadline);
    if (stale)
        hv_address_flush(child);
    return status;
}

hv_status hv_hypercall_get_gpa_pages_access_state(struct hv_hypercall_call *call)
{
    const struct hv_input_get_gpa_pages_access_state *header = call->header;
    struct hv_partition *target;
    hv_status status = check(header);

    if (status == HV_STATUS_SUCCESS)
        status = hv_hypercall_begin(call->vp, header->partition_id, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (target == call->vp->partition)
        status = HV_STATUS_ACCESS_DENIED;
    else
        status = hv_address_is_tracked(&target->address) ? take_states(call, target)
                                                         : HV_STATUS_OPERATION_DENIED;
    hv_hypercall_end(target);
    return status;
}
