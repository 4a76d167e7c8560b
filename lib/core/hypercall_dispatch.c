/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallDispatchVp: a VP of a child runs in the time of the root's VP that makes the call. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

#define FLAGS \
    (HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND | HV_DISPATCH_VP_FLAG_SCAN_INTERRUPT_INJECTION)

#define FIRST_VECTOR 16u /* of an interrupt */

static hv_status check(const struct hv_hypercall_call *call)
{
    const struct hv_input_dispatch_vp *input = call->header;

    if (!(call->vp->partition->platform->facts.capabilities & HV_CPU_ROOT_SCHEDULER))
        return HV_STATUS_OPERATION_DENIED;
    if ((input->flags & ~FLAGS) || input->time_slice || input->spec_ctrl)
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

static void inject(struct hv_vp *target)
{
    uint64_t vectors = hv_register_page_take_vectors(target);
    uint8_t count = (uint8_t)vectors;

    for (unsigned i = 0; i < count && i < sizeof(vectors) - 1; i++) {
        uint8_t vector = (uint8_t)(vectors >>= 8);

        if (vector >= FIRST_VECTOR)
            hv_interrupt_post(target, vector, false);
    }
}

/* A VP that can't run is not dispatched: the call says so at once. */
static hv_status dispatch(struct hv_hypercall_call *call, struct hv_vp *target)
{
    const struct hv_input_dispatch_vp *input = call->header;
    hv_status status = hv_dispatch_begin(call->vp, target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->flags & HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND)
        status = hv_suspend_end_intercept(target);
    if (status == HV_STATUS_SUCCESS &&
        (input->flags & HV_DISPATCH_VP_FLAG_SCAN_INTERRUPT_INJECTION))
        inject(target);
    call->lends = status == HV_STATUS_SUCCESS && !hv_dispatch_is_over(target, call->output);
    if (!call->lends)
        hv_dispatch_end(target, HV_LP_YIELDS);
    return status;
}

hv_status hv_hypercall_dispatch_vp(struct hv_hypercall_call *call)
{
    const struct hv_input_dispatch_vp *input = call->header;
    struct hv_vp *target;
    hv_status status = check(call);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_hypercall_child_vp(call->vp, input->partition_id, input->vp_index, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = dispatch(call, target);
    hv_hypercall_leave(call->vp, target->partition);
    return status;
}
