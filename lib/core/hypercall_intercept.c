/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Calls of a parent about what it wants to see of its child. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "intercept_install.h"

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
