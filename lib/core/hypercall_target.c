/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Whom a call is about. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

hv_status hv_hypercall_target(const struct hv_vp *vp, uint64_t partition_id,
                              struct hv_partition **target)
{
    struct hv_partition *caller = vp->partition, *found;
    hv_status status = hv_hypercall_check_self(vp, partition_id);

    if (status == HV_STATUS_SUCCESS) {
        hv_partition_hold(caller);
        *target = caller;
        return HV_STATUS_SUCCESS;
    }
    if (status == HV_STATUS_ACCESS_DENIED || !caller->lineage.hierarchy)
        return status;
    found = hv_hierarchy_find(caller->lineage.hierarchy, partition_id);
    if (!found)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (found->lineage.parent != caller) {
        hv_partition_drop(found);
        return HV_STATUS_ACCESS_DENIED;
    }
    *target = found;
    return HV_STATUS_SUCCESS;
}

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

hv_status hv_hypercall_begin(const struct hv_vp *vp, uint64_t partition_id,
                             struct hv_partition **target)
{
    hv_status status = hv_hypercall_target(vp, partition_id, target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_lock_acquire(&(*target)->lineage.lock);
    if (hv_partition_state(&(*target)->lineage) == HV_PARTITION_ACTIVE)
        return HV_STATUS_SUCCESS;
    hv_hypercall_end(*target);
    return HV_STATUS_INVALID_PARTITION_STATE;
}

void hv_hypercall_end(struct hv_partition *target)
{
    hv_lock_release(&target->lineage.lock);
    hv_partition_drop(target);
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

/* The parent's messages about a VP go to where that VP was dealt with last. */
static void note_caller(struct hv_vp *caller, struct hv_vp *target)
{
    atomic_store_explicit(&target->intercept.caller, caller->index, memory_order_relaxed);
    if (hv_sched_is_shared(caller, target))
        hv_deals_note(caller, target);
}

static hv_status find_vp(struct hv_vp *caller, struct hv_partition *partition, uint32_t vp_index,
                         struct hv_vp **target)
{
    bool own = partition == caller->partition;
    struct hv_vp *found;

    if (hv_partition_state(&partition->lineage) != HV_PARTITION_ACTIVE)
        return HV_STATUS_INVALID_PARTITION_STATE;
    found = hv_vp_get(partition, own && vp_index == HV_VP_INDEX_SELF ? caller->index : vp_index);
    if (!found)
        return HV_STATUS_INVALID_VP_INDEX;
    if (!own)
        note_caller(caller, found);
    *target = found;
    return HV_STATUS_SUCCESS;
}

hv_status hv_hypercall_vp(struct hv_vp *vp, uint64_t partition_id, uint32_t vp_index,
                          struct hv_vp **target)
{
    struct hv_partition *partition;
    hv_status status = hv_hypercall_enter(vp, partition_id, &partition);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = find_vp(vp, partition, vp_index, target);
    if (status != HV_STATUS_SUCCESS)
        hv_hypercall_leave(vp, partition);
    return status;
}

struct hv_vp *hv_hypercall_near_child_vp(const struct hv_vp *vp, uint64_t partition_id,
                                         uint32_t vp_index)
{
    struct hv_vp *target = hv_deals_child(vp, partition_id, vp_index);

    if (target)
        atomic_store_explicit(&target->intercept.caller, vp->index, memory_order_relaxed);
    return target;
}

hv_status hv_hypercall_child_vp(struct hv_vp *vp, uint64_t partition_id, uint32_t vp_index,
                                struct hv_vp **target)
{
    hv_status status = hv_hypercall_vp(vp, partition_id, vp_index, target);

    if (status != HV_STATUS_SUCCESS || (*target)->partition != vp->partition)
        return status;
    hv_hypercall_leave(vp, vp->partition);
    return HV_STATUS_ACCESS_DENIED;
}
