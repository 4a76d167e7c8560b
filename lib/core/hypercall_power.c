/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How a root turns the machine off: it tells what its ACPI tables say of the state, and then enters
 * it. Not in the TLFS; as Linux does it.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

#define SOFT_OFF 5 /* ACPI: S5 */

/* In hv_hierarchy.sleep_types. */
#define KNOWN        (UINT32_C(1) << 31)
#define PM1B_SHIFT   8
#define SLP_TYP_LAST 7 /* ACPI: three bits */

static _Atomic uint32_t *sleep_types(const struct hv_hypercall_call *call)
{
    return &call->vp->partition->lineage.hierarchy->sleep_types;
}

/* HvCallSetSystemProperty, whose one property is how to enter a sleep state. */
hv_status hv_hypercall_set_system_property(struct hv_hypercall_call *call)
{
    const struct hv_input_set_system_property *input = call->header;

    if (input->property_id != HvSystemPropertySleepState)
        return HV_STATUS_UNKNOWN_PROPERTY;
    if (input->reserved || input->sleep_state != SOFT_OFF || input->pm1a_slp_typ > SLP_TYP_LAST ||
        input->pm1b_slp_typ > SLP_TYP_LAST)
        return HV_STATUS_INVALID_PARAMETER;
    atomic_store_explicit(sleep_types(call),
                          KNOWN | input->pm1a_slp_typ | (uint32_t)input->pm1b_slp_typ << PM1B_SHIFT,
                          memory_order_relaxed);
    return HV_STATUS_SUCCESS;
}

/* HvCallEnterSleepState; it returns when the machine can't be turned off. */
hv_status hv_hypercall_enter_sleep_state(struct hv_hypercall_call *call)
{
    const struct hv_input_enter_sleep_state *input = call->header;
    const struct hv_cpu_ops *cpu = hv_vp_cpu(call->vp);
    uint32_t types = atomic_load_explicit(sleep_types(call), memory_order_relaxed);

    if (input->sleep_state != SOFT_OFF)
        return HV_STATUS_INVALID_PARAMETER;
    if (!cpu->power_off || !(types & KNOWN))
        return HV_STATUS_OPERATION_DENIED;
    cpu->power_off(cpu->context, (uint8_t)types, (uint8_t)(types >> PM1B_SHIFT));
    return HV_STATUS_OPERATION_FAILED;
}
