/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a root asks of the machine when it boots. The embedder has started all logical processors
 * and made all VPs of the root before: there is nothing left to add.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

/* TLFS v2.0 13.2: HvGetLogicalProcessorRunTime; in 100 ns units. */
hv_status hv_hypercall_get_logical_processor_run_time(struct hv_hypercall_call *call)
{
    const struct hv_input_get_logical_processor_run_time *input = call->header;
    struct hv_output_get_logical_processor_run_time *output = call->output;
    const struct hv_partition *partition = call->vp->partition;
    const struct hv_cpu_ops *cpu = &partition->platform->cpu;
    struct hv_lp_run_time ticks;

    if (input->lp_index >= partition->platform->facts.lp_count)
        return HV_STATUS_INVALID_LP_INDEX;
    cpu->lp_run_time(cpu->context, input->lp_index, &ticks);
    output->global_time = hv_time_from_ticks(partition, ticks.total);
    output->local_run_time = hv_time_from_ticks(partition, ticks.guests);
    output->hypervisor_time = hv_time_from_ticks(partition, ticks.hypervisor);
    return HV_STATUS_SUCCESS;
}

/* HvCallAddLogicalProcessor. */
hv_status hv_hypercall_add_logical_processor(struct hv_hypercall_call *call)
{
    const struct hv_input_add_logical_processor *input = call->header;
    const struct hv_platform_facts *facts = &call->vp->partition->platform->facts;

    return input->lp_index < facts->lp_count ? HV_STATUS_OBJECT_IN_USE : HV_STATUS_INVALID_LP_INDEX;
}

/* HvCallGetSystemProperty. */
hv_status hv_hypercall_get_system_property(struct hv_hypercall_call *call)
{
    const struct hv_input_get_system_property *input = call->header;
    uint64_t *value = call->output;

    if (input->reserved || input->argument)
        return HV_STATUS_INVALID_PARAMETER;
    if (input->property_id != HvSystemPropertySchedulerType)
        return HV_STATUS_UNKNOWN_PROPERTY;
    *value = call->vp->partition->platform->facts.capabilities & HV_CPU_ROOT_SCHEDULER
                 ? HvSchedulerTypeRoot
                 : HvSchedulerTypeLp;
    return HV_STATUS_SUCCESS;
}
