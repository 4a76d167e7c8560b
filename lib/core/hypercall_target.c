/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Whom a call is about. */
#include "core.h"
#include "hypercall.h"

hv_status hv_hypercall_child(const struct hv_vp *vp, uint64_t partition_id,
                             struct hv_partition **child)
{
    struct hv_partition *target;
    hv_status status = hv_hypercall_target(vp, partition_id, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (target == vp->partition) {
        hv_partition_drop(target);
        return HV_STATUS_ACCESS_DENIED;
    }
    *child = target;
    return HV_STATUS_SUCCESS;
}

hv_status hv_hypercall_enter(struct hv_vp *vp, uint64_t partition_id, struct hv_partition **target)
{
    hv_status status = hv_hypercall_target(vp, partition_id, target);

    if (status != HV_STATUS_SUCCESS || *target == vp->partition)
        return status;
    hv_gate_enter(&(*target)->gate, vp);
    if (hv_partition_state(&(*target)->lineage) == HV_PARTITION_ACTIVE)
        return HV_STATUS_SUCCESS;
    hv_hypercall_leave(vp, *target);
    return HV_STATUS_INVALID_PARTITION_STATE;
}

void hv_hypercall_leave(const struct hv_vp *vp, struct hv_partition *target)
{
    if (target != vp->partition)
        hv_gate_leave(&target->gate);
    hv_partition_drop(target);
}
