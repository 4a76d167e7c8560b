/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallStartVirtualProcessor. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

struct start {
    const struct hv_initial_vp_context *context;
    hv_status status;
};

static void start(struct hv_vp *vp, void *argument)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    struct start *request = argument;

    request->status = cpu->start(cpu->context, vp, request->context);
}

/* TLFS: HvCallStartVirtualProcessor. The target VTL is a number here, not an HV_INPUT_VTL. */
hv_status hv_hypercall_start_virtual_processor(struct hv_hypercall_call *call)
{
    const struct hv_input_enable_vp_vtl *input = call->header;
    const struct hv_partition *partition = call->vp->partition;
    struct start request = { .context = &input->vp_context };
    hv_status status = hv_hypercall_check_self(call->vp, input->partition_id);
    struct hv_vp *target;

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->target_vtl || input->reserved[0] || input->reserved[1] || input->reserved[2])
        return HV_STATUS_INVALID_PARAMETER;
    target = input->vp_index == HV_VP_INDEX_SELF ? call->vp : hv_vp_get(partition, input->vp_index);
    if (!target)
        return HV_STATUS_INVALID_VP_INDEX;
    hv_request_call(call->vp, target, start, &request);
    /* Its LP may be this one, which has not been told by a request then. */
    if (request.status == HV_STATUS_SUCCESS)
        hv_vp_kick(target);
    return request.status;
}
