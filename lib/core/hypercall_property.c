/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Properties of the caller's partition and of its children. Early ones are set while a child has
 * just been created, all others while it is active (TLFS: HV_PARTITION_PROPERTY_CODE, "early
 * properties").
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

static bool is_early(uint32_t code)
{
    return code == HvPartitionPropertyPrivilegeFlags ||
           code == HvPartitionPropertySyntheticProcFeatures ||
           code == HvPartitionPropertyPhysicalAddressWidth;
}

/* What the input of each of the four calls begins with. */
struct request {
    uint64_t partition_id;
    uint32_t code;
    bool well_formed; /* reserved fields, and the argument that no property has, are zero */
};

static hv_status get(const struct hv_vp *caller, const struct request *request, uint64_t *value)
{
    struct hv_partition *target;
    hv_status status = hv_hypercall_target(caller, request->partition_id, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (!request->well_formed)
        status = HV_STATUS_INVALID_PARAMETER;
    else if (hv_partition_state(&target->lineage) == HV_PARTITION_FINALIZED)
        status = HV_STATUS_INVALID_PARTITION_STATE;
    else
        status = hv_partition_get_property(target, request->code, value);
    hv_partition_drop(target);
    return status;
}

/* With the lock of its state. The root's own properties are as those of an active partition. */
static hv_status set_locked(struct hv_partition *target, uint32_t code, uint64_t value)
{
    enum hv_partition_state needed = is_early(code) ? HV_PARTITION_CREATED : HV_PARTITION_ACTIVE;
    uint64_t current;
    hv_status status = hv_partition_get_property(target, code, &current);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (target->lineage.parent && hv_partition_state(&target->lineage) != needed)
        return HV_STATUS_INVALID_PARTITION_STATE;
    return hv_partition_set_property(target, code, value);
}

static hv_status set(const struct hv_vp *caller, const struct request *request, uint64_t value)
{
    struct hv_partition *target;
    hv_status status = hv_hypercall_target(caller, request->partition_id, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_lock_acquire(&target->lineage.lock);
    if (target == caller->partition && !target->root)
        status = HV_STATUS_ACCESS_DENIED;
    else
        status = request->well_formed ? set_locked(target, request->code, value)
                                      : HV_STATUS_INVALID_PARAMETER;
    hv_lock_release(&target->lineage.lock);
    hv_partition_drop(target);
    return status;
}

/* TLFS: HvCallGetPartitionProperty. */
hv_status hv_hypercall_get_partition_property(struct hv_hypercall_call *call)
{
    const struct hv_input_get_partition_property *input = call->header;
    const struct request request = { input->partition_id, input->property_code, !input->padding };

    return get(call->vp, &request, call->output);
}

/* TLFS: HvCallSetPartitionProperty. */
hv_status hv_hypercall_set_partition_property(struct hv_hypercall_call *call)
{
    const struct hv_input_set_partition_property *input = call->header;
    const struct request request = { input->partition_id, input->property_code, !input->padding };

    return set(call->vp, &request, input->property_value);
}

/* HvCallGetPartitionPropertyEx, for properties of 64 bits. */
hv_status hv_hypercall_get_partition_property_ex(struct hv_hypercall_call *call)
{
    const struct hv_input_get_partition_property_ex *input = call->header;
    const struct request request = { input->partition_id, input->property_code,
                                     !input->padding && !input->property_argument };

    return get(call->vp, &request, call->output);
}

/* TLFS: HvCallSetPartitionPropertyEx, for the same ones. */
hv_status hv_hypercall_set_partition_property_ex(struct hv_hypercall_call *call)
{
    const struct hv_input_get_partition_property_ex *input = call->header;
    const struct request request = { input->partition_id, input->property_code,
                                     !input->padding && !input->property_argument &&
                                         call->control->variable_qwords == 1 };

    return set(call->vp, &request, call->variable[0]);
}
