/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallGetVpState and HvCallSetVpState. State goes by one page of the caller's, which the variable
 * header names; but the synthetic timers are the output of the one, and the variable header of the
 * other.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "mem.h"
#include "vp_state.h"

#define TIMERS_SIZE (uint16_t)sizeof(struct hv_synthetic_timers_state)

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

static bool is_in_page(const struct hv_input_vp_state *input)
{
    return input->type != HV_VP_STATE_SYNTHETIC_TIMERS;
}

/* words: qwords of the variable header that this type of state has. */
static hv_status check_input(const struct hv_hypercall_call *call, uint16_t words)
{
    const struct hv_input_vp_state *input = call->header;

    if (call->control->variable_qwords != words || input->reserved0[0] || input->reserved0[1] ||
        input->reserved0[2] || input->reserved1)
        return HV_STATUS_INVALID_PARAMETER;
    return hv_hypercall_check_vtl(input->input_vtl);
}

static hv_status check_page(const struct hv_hypercall_call *call, uint64_t *gpa)
{
    hv_status status = check_input(call, 1);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (call->variable[0] >= call->vp->partition->address.page_count)
        return HV_STATUS_INVALID_PARAMETER;
    *gpa = call->variable[0] << HV_PAGE_SHIFT;
    return HV_STATUS_SUCCESS;
}

static hv_status carry_out(const struct hv_hypercall_call *call, struct hv_vp *target,
                           void (*run)(struct hv_vp *vp, void *argument))
{
    struct access access = { .input = call->header, .page = call->output };

    hv_request_call(call->vp, target, run, &access);
    return access.status;
}

/* ---- Timers ---- */

static hv_status get_timers(struct hv_hypercall_call *call)
{
    const struct hv_input_vp_state *input = call->header;
    const uint16_t room = call->output_data_size;
    struct hv_vp *target;
    hv_status status = check_input(call, 0);

    /* What is behind the output ends with its page, and begins where the output does. */
    if (status == HV_STATUS_SUCCESS && (room % HV_HYPERCALL_ALIGNMENT || room < TIMERS_SIZE))
        status = HV_STATUS_INVALID_ALIGNMENT;
    if (status == HV_STATUS_SUCCESS)
        status = hv_hypercall_child_vp(call->vp, input->partition_id, input->vp_index, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = carry_out(call, target, get);
    hv_hypercall_leave(call->vp, target->partition);
    call->output_data_size = TIMERS_SIZE;
    return status;
}

static hv_status set_timers(struct hv_hypercall_call *call)
{
    const struct hv_input_vp_state *input = call->header;
    struct hv_vp *target;
    hv_status status = check_input(call, TIMERS_SIZE / sizeof(uint64_t));

    if (status == HV_STATUS_SUCCESS)
        status = hv_hypercall_child_vp(call->vp, input->partition_id, input->vp_index, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    memcpy(call->output, call->variable, TIMERS_SIZE);
    status = carry_out(call, target, set);
    hv_hypercall_leave(call->vp, target->partition);
    return status;
}

/* ---- State in pages ---- */

static hv_status get_page(struct hv_hypercall_call *call)
{
    const struct hv_input_vp_state *input = call->header;
    struct hv_vp *target;
    uint64_t gpa;
    hv_status status = check_page(call, &gpa);

    call->output_data_size = 0;

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

static hv_status set_page(struct hv_hypercall_call *call)
{
    const struct hv_input_vp_state *input = call->header;
    struct hv_vp *target;
    uint64_t gpa;
    hv_status status = check_page(call, &gpa);

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

/* ---- The calls ---- */

hv_status hv_hypercall_get_vp_state(struct hv_hypercall_call *call)
{
    return is_in_page(call->header) ? get_page(call) : get_timers(call);
}

hv_status hv_hypercall_set_vp_state(struct hv_hypercall_call *call)
{
    return is_in_page(call->header) ? set_page(call) : set_timers(call);
}
