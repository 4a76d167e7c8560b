/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interrupts that a parent asserts in its child (TLFS v6.0b, 10.5). */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

#define CONTROL_DEFINED                                                              \
    (HV_X64_INTERRUPT_CONTROL_TYPE_MASK | HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED | \
     HV_X64_INTERRUPT_CONTROL_LOGICAL_DESTINATION_MODE)

_Static_assert(HvX64InterruptTypeFixed == HV_APIC_FIXED &&
                   HvX64InterruptTypeLowestPriority == HV_APIC_LOWEST_PRIORITY &&
                   HvX64InterruptTypeNmi == HV_APIC_NMI && HvX64InterruptTypeInit == HV_APIC_INIT &&
                   HvX64InterruptTypeSipi == HV_APIC_STARTUP,
               "types have the numbers of delivery modes");

static bool has_vector(uint32_t type)
{
    return type == HvX64InterruptTypeFixed || type == HvX64InterruptTypeLowestPriority ||
           type == HvX64InterruptTypeSipi || type == HvX64InterruptTypeExtInt;
}

/* No SMI (TLFS: local APIC), and no pins: what is at them is the parent's to know. */
static bool is_offered(uint32_t type)
{
    return has_vector(type) || type == HvX64InterruptTypeNmi || type == HvX64InterruptTypeInit;
}

static bool may_have(uint32_t type, uint32_t vector)
{
    if (!has_vector(type))
        return vector == 0;
    return vector <= UINT8_MAX || vector == HV_INTERRUPT_VECTOR_NONE;
}

static bool is_valid(const struct hv_input_assert_virtual_interrupt *input)
{
    uint32_t type = (uint32_t)(input->interrupt_control & HV_X64_INTERRUPT_CONTROL_TYPE_MASK);

    if (input->interrupt_control & ~CONTROL_DEFINED || input->destination_address > UINT32_MAX ||
        input->target_vtl || input->reserved[0] || input->reserved[1] || input->reserved[2])
        return false;
    if (!is_offered(type) || !may_have(type, input->requested_vector))
        return false;
    return type != HvX64InterruptTypeExtInt || input->destination_address == 0;
}

/* TLFS: such an interrupt is VP 0's, and one at a time. */
static hv_status assert_extint(struct hv_partition *child, int vector)
{
    struct hv_vp *vp = hv_vp_get(child, 0);

    if (atomic_load_explicit(&child->intercepts.extint_acknowledged, memory_order_acquire))
        return HV_STATUS_ACKNOWLEDGED;
    if (vp)
        hv_interrupt_post_event(vp, HV_INTERRUPT_EXTINT, vector);
    return HV_STATUS_SUCCESS;
}

/* TLFS v6.0b, 10.3: an edge stays, which is no error. */
static void withdraw(const struct hv_partition *child,
                     const struct hv_apic_destination *destination, uint64_t control)
{
    if (control & HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED)
        hv_apic_withdraw(child, destination);
}

static hv_status assert_interrupt(struct hv_partition *child,
                                  const struct hv_input_assert_virtual_interrupt *input)
{
    uint32_t type = (uint32_t)(input->interrupt_control & HV_X64_INTERRUPT_CONTROL_TYPE_MASK);
    uint64_t control = input->interrupt_control;
    const struct hv_apic_destination destination =
        hv_apic_device_destination(child, (uint32_t)input->destination_address,
                                   control & HV_X64_INTERRUPT_CONTROL_LOGICAL_DESTINATION_MODE);
    bool none = input->requested_vector == HV_INTERRUPT_VECTOR_NONE;
    uint8_t vector = (uint8_t)input->requested_vector;

    if (type == HvX64InterruptTypeExtInt)
        return assert_extint(child, none ? HV_INTERRUPT_NONE : vector);
    if (none)
        withdraw(child, &destination, control);
    else
        hv_apic_assert(child, &destination, (uint8_t)type, vector,
                       control & HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED);
    return HV_STATUS_SUCCESS;
}

/* hv_hypercall_leave() ends it. */
static hv_status enter_child(struct hv_vp *vp, uint64_t partition_id, struct hv_partition **child)
{
    hv_status status = hv_hypercall_enter(vp, partition_id, child);

    if (status != HV_STATUS_SUCCESS || *child != vp->partition)
        return status;
    hv_hypercall_leave(vp, *child);
    return HV_STATUS_ACCESS_DENIED;
}

/* TLFS: HvCallAssertVirtualInterrupt. */
hv_status hv_hypercall_assert_virtual_interrupt(struct hv_hypercall_call *call)
{
    const struct hv_input_assert_virtual_interrupt *input = call->header;
    struct hv_partition *child;
    hv_status status = enter_child(call->vp, input->target_partition, &child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = is_valid(input) ? assert_interrupt(child, input) : HV_STATUS_INVALID_PARAMETER;
    hv_hypercall_leave(call->vp, child);
    return status;
}

/* TLFS v2.0 13.5.2: HvClearVirtualInterrupt. */
hv_status hv_hypercall_clear_virtual_interrupt(struct hv_hypercall_call *call)
{
    const uint64_t *partition_id = call->header;
    struct hv_partition *child;
    hv_status status = enter_child(call->vp, *partition_id, &child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (!atomic_exchange_explicit(&child->intercepts.extint_acknowledged, false,
                                  memory_order_acq_rel))
        status = HV_STATUS_NOT_ACKNOWLEDGED;
    hv_hypercall_leave(call->vp, child);
    return status;
}
