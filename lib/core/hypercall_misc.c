/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Calls about the caller's partition as a whole, and hints. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

hv_status hv_hypercall_check_self(const struct hv_vp *vp, uint64_t partition_id)
{
    const struct hv_partition *partition = vp->partition;

    if (partition_id == HV_PARTITION_ID_SELF || partition_id == partition->id)
        return HV_STATUS_SUCCESS;
    return hv_partition_may(partition, HV_PRIVILEGE_CreatePartitions)
               ? HV_STATUS_INVALID_PARTITION_ID
               : HV_STATUS_ACCESS_DENIED;
}

hv_status hv_hypercall_check_vtl(uint8_t input_vtl)
{
    bool names_vtl = input_vtl & HV_INPUT_VTL_USE_TARGET_VTL;

    if (input_vtl & HV_INPUT_VTL_RSVDZ_MASK)
        return HV_STATUS_INVALID_PARAMETER;
    if (names_vtl && (input_vtl & HV_INPUT_VTL_TARGET_VTL_MASK))
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

/*
 * TLFS: HvCallNotifyLongSpinWait: advice that never fails, whatever its reserved bits hold. Which
 * VP runs next is the embedder's affair, and it has seen the exit.
 */
hv_status hv_hypercall_notify_long_spin_wait(struct hv_hypercall_call *call)
{
    (void)call;
    return HV_STATUS_SUCCESS;
}

/* TLFS v2.0 5.6.7: HvGetPartitionId. */
hv_status hv_hypercall_get_partition_id(struct hv_hypercall_call *call)
{
    uint64_t *id = call->output;

    *id = call->vp->partition->id;
    return HV_STATUS_SUCCESS;
}

static hv_status find_apic_id(const struct hv_partition *partition, uint32_t apic_id,
                              uint32_t *vp_index)
{
    const struct hv_vp *found = hv_apic_find(partition, apic_id);

    if (!found)
        return HV_STATUS_INVALID_PARAMETER;
    *vp_index = found->index;
    return HV_STATUS_SUCCESS;
}

/* TLFS: HvCallGetVpIndexFromApicId. */
hv_status hv_hypercall_get_vp_index_from_apic_id(struct hv_hypercall_call *call)
{
    const struct hv_input_get_vp_index_from_apic_id *header = call->header;
    const uint32_t *apic_id = call->input; /* padding follows */
    struct hv_partition *target;
    hv_status status = hv_hypercall_enter(call->vp, header->partition_id, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_hypercall_check_vtl(header->target_vtl);
    if (status == HV_STATUS_SUCCESS)
        status = find_apic_id(target, *apic_id, call->output);
    hv_hypercall_leave(call->vp, target);
    return status;
}
