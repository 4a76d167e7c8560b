/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Calls by which a parent makes and ends child partitions and their VPs. */
#include <hv/abi/tlfs.h>

#include "child.h"
#include "core.h"
#include "hypercall.h"

hv_status hv_hypercall_check_proximity(const struct hv_proximity_domain_info *info)
{
    if (info->flags & ~(HV_PROXIMITY_DOMAIN_PREFERRED | HV_PROXIMITY_DOMAIN_INFO_VALID))
        return HV_STATUS_INVALID_PARAMETER;
    /* There is one domain; who merely prefers another one gets this. */
    if (info->flags == HV_PROXIMITY_DOMAIN_INFO_VALID && info->id != 0)
        return HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO;
    return HV_STATUS_SUCCESS;
}

/* TLFS: HvCallCreatePartition. */
hv_status hv_hypercall_create_partition(struct hv_hypercall_call *call)
{
    const struct hv_input_create_partition *input = call->header;
    hv_status status = hv_hypercall_check_proximity(&input->proximity_domain_info);

    if (status != HV_STATUS_SUCCESS)
        return status;
    return hv_child_create(call->vp->partition, input, call->output);
}

/* TLFS: HvCallInitializePartition. */
hv_status hv_hypercall_initialize_partition(struct hv_hypercall_call *call)
{
    const uint64_t *partition_id = call->header;
    struct hv_partition *child;
    hv_status status = hv_hypercall_child(call->vp, *partition_id, &child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_child_initialize(child);
    hv_partition_drop(child);
    return status;
}

/* TLFS: HvCallFinalizePartition. A partition with much memory takes several executions. */
hv_status hv_hypercall_finalize_partition(struct hv_hypercall_call *call)
{
    const uint64_t *partition_id = call->header;
    const struct hv_partition *caller = call->vp->partition;
    bool done = false;
    struct hv_partition *child;
    hv_status status = hv_hypercall_child(call->vp, *partition_id, &child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status =
        hv_child_finalize(call->vp, child, hv_now(caller) + hv_hypercall_budget(caller), &done);
    hv_partition_drop(child);
    call->again = status == HV_STATUS_SUCCESS && !done;
    return status;
}

/* TLFS: HvCallDeletePartition. */
hv_status hv_hypercall_delete_partition(struct hv_hypercall_call *call)
{
    const uint64_t *partition_id = call->header;
    struct hv_partition *child;
    hv_status status = hv_hypercall_child(call->vp, *partition_id, &child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_child_delete(child);
    hv_partition_drop(child);
    return status;
}

/* Whether an enumeration may go on from there (TLFS v2.0: HvGetNextChildPartition). */
static hv_status check_previous(struct hv_partition *parent, uint64_t previous)
{
    struct hv_partition *child;
    hv_status status = HV_STATUS_SUCCESS;

    if (previous == HV_PARTITION_ID_INVALID)
        return HV_STATUS_SUCCESS;
    child = hv_hierarchy_find(parent->lineage.hierarchy, previous);
    if (!child)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (child->lineage.parent != parent)
        status = HV_STATUS_INVALID_PARTITION_ID;
    hv_partition_drop(child);
    return status;
}

/* TLFS: HvCallGetNextChildPartition. */
hv_status hv_hypercall_get_next_child_partition(struct hv_hypercall_call *call)
{
    const struct hv_input_get_next_child_partition *input = call->header;
    uint64_t *id = call->output;
    struct hv_partition *parent, *next;
    hv_status status = hv_hypercall_target(call->vp, input->parent_id, &parent);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = check_previous(parent, input->previous_child_id);
    if (status == HV_STATUS_SUCCESS) {
        next = hv_hierarchy_next_child(parent, input->previous_child_id);
        *id = next ? next->id : HV_PARTITION_ID_INVALID;
        if (next)
            hv_partition_drop(next);
    }
    hv_partition_drop(parent);
    return status;
}

static hv_status check_create_vp(const struct hv_input_create_vp *input)
{
    if (input->subnode_type || input->flags)
        return HV_STATUS_INVALID_PARAMETER;
    return hv_hypercall_check_proximity(&input->proximity_domain_info);
}

/* TLFS: HvCallCreateVp. A subnode's ID means nothing without a type. Linux leaves it and the
   padding as its last call had these bytes. */
hv_status hv_hypercall_create_vp(struct hv_hypercall_call *call)
{
    const struct hv_input_create_vp *input = call->header;
    struct hv_partition *child;
    hv_status status = hv_hypercall_child(call->vp, input->partition_id, &child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = check_create_vp(input);
    if (status == HV_STATUS_SUCCESS)
        status = hv_child_create_vp(call->vp, child, input->vp_index);
    hv_partition_drop(child);
    return status;
}

/* TLFS: HvCallDeleteVp. */
hv_status hv_hypercall_delete_vp(struct hv_hypercall_call *call)
{
    const struct hv_input_delete_vp *input = call->header;
    struct hv_partition *child;
    hv_status status = hv_hypercall_child(call->vp, input->partition_id, &child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_child_delete_vp(call->vp, child, input->vp_index);
    hv_partition_drop(child);
    return status;
}
