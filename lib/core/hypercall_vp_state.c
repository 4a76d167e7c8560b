/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallGetVpState and HvCallSetVpState, of state that takes one page of the caller's. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "vp_state.h"

struct access {
    const struct hv_input_vp_state *input;
    void *page; /* the caller's private page for output, which these calls have none of */
    hv_status status;
};

static void get(struct hv_vp *vp, void *argument)
{
    struct access *access = argument;

    access->status =
        hv_vp_state_get(vp, access->input->type, access->input->xsave_states, access->page);
}

static void set(struct hv_vp *vp, void *argument)
{
    struct access *access = argument;

    access->status =
        hv_vp_state_set(vp, access->input->type, access->input->xsave_states, access->page);
}

static hv_status check_input(const struct hv_hypercall_call *call, uint64_t *gpa)
{
    const struct hv_input_vp_state *input = call->header;
    const struct hv_partition *partition = call->vp->partition;

    if (call->control->variable_qwords != 1 || call->variable[0] >= partition->address.page_count ||
        input->reserved0[0] || input->reserved0[1] || input->reserved0[2] || input->reserved1)
        return HV_STATUS_INVALID_PARAMETER;
    *gpa = call->variable[0] << HV_PAGE_SHIFT;
    return hv_hypercall_check_vtl(input->input_vtl);
}

static hv_status carry_out(const struct hv_hypercall_call *call, struct hv_vp *target,
                           void (*run)(struct hv_vp *vp, void *argument))
{
    struct access access = { .input = call->header, .page = call->output };

    hv_request_call(call->vp, target, run, &access);
    return access.status;
}

hv_status hv_hypercall_get_vp_state(struct hv_hypercall_call *call)
{
    const struct hv_input_vp_state *input = call->header;
    struct hv_vp *target;
    uint64_t gpa;
    hv_status status = check_input(call, &gpa);

    if (status == HV_STATUS_SUCCESS)
        status = hv_hypercall_child_vp(call->vp, input->partition_id, input->vp_index, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = carry_out(call, target, get);
    hv_hypercall_leave(call->vp, target->partition);
    if (status == HV_STATUS_SUCCESS &&
        !hv_address_write(call->vp->partition, gpa, call->output, HV_PAGE_SIZE))
        return HV_STATUS_INVALID_PARAMETER;
    return status;
}

hv_status hv_hypercall_set_vp_state(struct hv_hypercall_call *call)
{
    const struct hv_input_vp_state *input = call->header;
    struct hv_vp *target;
    uint64_t gpa;
    hv_status status = check_input(call, &gpa);

    if (status == HV_STATUS_SUCCESS)
        status = hv_hypercall_child_vp(call->vp, input->partition_id, input->vp_index, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = HV_STATUS_INVALID_PARAMETER;
    if (hv_address_read(call->vp->partition, gpa, call->output, HV_PAGE_SIZE))
        status = carry_out(call, target, set);
    hv_hypercall_leave(call->vp, target->partition);
    return status;
}
