/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallRetargetDeviceInterrupt (TLFS v6.0b: virtual interrupt interfaces). No partition has a
 * device whose interrupts the hypervisor routes, so a call without a mistake names an unknown one.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "vp_set.h"

#define TARGET_FLAGS \
    (HV_DEVICE_INTERRUPT_TARGET_MULTICAST | HV_DEVICE_INTERRUPT_TARGET_PROCESSOR_SET)

/* A set has its format where a mask would be; the rest of it is the variable header. */
static hv_status parse_targets(struct hv_vp_bitmap *targets,
                               const struct hv_device_interrupt_target *target,
                               const struct hv_hypercall_call *call)
{
    const uint16_t words = call->control->variable_qwords;
    struct hv_vp_set set = { .format = target->processor_mask };

    if (!(target->flags & HV_DEVICE_INTERRUPT_TARGET_PROCESSOR_SET)) {
        hv_vp_bitmap_from_mask(targets, target->processor_mask);
        return words == 0 ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_HYPERCALL_INPUT;
    }
    if (set.format == HV_GENERIC_SET_ALL)
        return HV_STATUS_INVALID_PARAMETER;
    if (words == 0)
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    set.valid_banks_mask = call->variable[0];
    return hv_vp_bitmap_from_set(targets, &set, call->variable + 1, (uint16_t)(words - 1));
}

hv_status hv_hypercall_parse_target(const struct hv_hypercall_call *call,
                                    const struct hv_device_interrupt_target *target,
                                    struct hv_vp_bitmap *targets)
{
    hv_status status;

    if (target->flags & ~TARGET_FLAGS)
        return HV_STATUS_INVALID_PARAMETER;
    if (target->vector < HV_APIC_FIRST_VECTOR || target->vector > UINT8_MAX)
        return HV_STATUS_INVALID_PARAMETER;
    status = parse_targets(targets, target, call);
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (hv_vp_bitmap_is_empty(targets) || !hv_vp_bitmap_exists(targets, call->vp->partition))
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

hv_status hv_hypercall_retarget_device_interrupt(struct hv_hypercall_call *call)
{
    const struct hv_input_retarget_device_interrupt *input = call->header;
    struct hv_vp_bitmap targets;
    hv_status status = hv_hypercall_check_self(call->vp, input->partition_id);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->reserved || input->interrupt_entry.reserved ||
        input->interrupt_entry.interrupt_source != HvInterruptSourceMsi)
        return HV_STATUS_INVALID_PARAMETER;
    status = hv_hypercall_parse_target(call, &input->interrupt_target, &targets);
    return status == HV_STATUS_SUCCESS ? HV_STATUS_INVALID_DEVICE_ID : status;
}
