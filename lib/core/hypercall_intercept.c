/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Calls of a parent about what it wants to see of its child. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "intercept_install.h"
#include "intercept_result.h"
#include "mem.h"

static hv_status install(struct hv_partition *child, const struct hv_input_install_intercept *input)
{
    hv_status status = HV_STATUS_INVALID_PARTITION_STATE;

    hv_lock_acquire(&child->lineage.lock);
    if (hv_partition_state(&child->lineage) == HV_PARTITION_ACTIVE)
        status = hv_intercept_install(child, input->intercept_type, input->access_type,
                                      input->intercept_parameter);
    hv_lock_release(&child->lineage.lock);
    return status;
}

/* TLFS: HvCallInstallIntercept. */
hv_status hv_hypercall_install_intercept(struct hv_hypercall_call *call)
{
    const struct hv_input_install_intercept *input = call->header;
    struct hv_partition *child;
    hv_status status = hv_hypercall_child(call->vp, input->partition_id, &child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = install(child, input);
    hv_partition_drop(child);
    return status;
}

struct registration {
    uint32_t type;
    union hv_intercept_result_parameters parameters;
    hv_status status;
};

static void add_result(struct hv_vp *vp, void *argument)
{
    struct registration *registration = argument;

    registration->status =
        hv_intercept_result_register(vp, registration->type, &registration->parameters);
}

static void remove_result(struct hv_vp *vp, void *argument)
{
    struct registration *registration = argument;

    registration->status =
        hv_intercept_result_unregister(vp, registration->type, &registration->parameters);
}

/* The parameters follow the header, size bytes of them. */
static hv_status change_results(const struct hv_hypercall_call *call, size_t size,
                                void (*run)(struct hv_vp *vp, void *argument))
{
    const struct hv_input_register_intercept_result *input = call->header;
    struct registration registration = { .type = input->intercept_type };
    struct hv_vp *target;
    hv_status status =
        hv_hypercall_child_vp(call->vp, input->partition_id, input->vp_index, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    memcpy(&registration.parameters, input + 1, size);
    hv_request_call(call->vp, target, run, &registration);
    hv_hypercall_leave(call->vp, target->partition);
    return registration.status;
}

/* TLFS: HvCallRegisterInterceptResult. */
hv_status hv_hypercall_register_intercept_result(struct hv_hypercall_call *call)
{
    return change_results(call, sizeof(union hv_intercept_result_parameters), add_result);
}

/* TLFS: HvCallUnregisterInterceptResult. */
hv_status hv_hypercall_unregister_intercept_result(struct hv_hypercall_call *call)
{
    return change_results(call, HV_UNREGISTER_INTERCEPT_RESULT_SIZE, remove_result);
}

/* TLFS: HvCallCheckForIoIntercept. */
hv_status hv_hypercall_check_for_io_intercept(struct hv_hypercall_call *call)
{
    const struct hv_input_check_for_io_intercept *input = call->header;
    bool *intercept = call->output;
    struct hv_vp *target;
    hv_status status = hv_hypercall_check_vtl(input->target_vtl);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->padding || input->is_write > 1 ||
        (input->size != 1 && input->size != 2 && input->size != 4))
        return HV_STATUS_INVALID_PARAMETER;
    status = hv_hypercall_vp(call->vp, input->partition_id, input->vp_index, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    *intercept = hv_vp_parent(target) != NULL;
    hv_hypercall_leave(call->vp, target->partition);
    return HV_STATUS_SUCCESS;
}
