/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Partitions, what they are given, and what of them is to be seen. */
#include "call_frame.h"

/* Version of the interface that the partition sees: major in bits 15:8, minor in 7:0. */
#define COMPATIBILITY_VERSION 0x0609u

/*
 * TLFS "Hypercall Interface": a call may end early, with the elements that it has done. Reps
 * completed counts from the start of the list, with errors too. A hypervisor that never gets on is
 * not asked for ever.
 */
hv_status root_call_rep(struct root_call_pages *pages, uint16_t code, uint32_t count,
                        uint32_t *done)
{
    uint64_t result;
    uint32_t start;

    *done = 0;
    do {
        start = *done;
        result = root_host_hypercall(code | (uint64_t)count << HV_HYPERCALL_REP_COUNT_SHIFT |
                                         (uint64_t)start << HV_HYPERCALL_REP_START_INDEX_SHIFT,
                                     pages);
        *done = (uint32_t)((result & HV_HYPERCALL_RESULT_REPS_COMPLETED_MASK) >>
                           HV_HYPERCALL_RESULT_REPS_COMPLETED_SHIFT);
        if ((result & HV_HYPERCALL_RESULT_STATUS_MASK) != HV_STATUS_SUCCESS)
            return (hv_status)(result & HV_HYPERCALL_RESULT_STATUS_MASK);
    } while (*done<count && * done> start);
    return *done == count ? HV_STATUS_SUCCESS : HV_STATUS_OPERATION_FAILED;
}

hv_status root_call_scheduler_type(uint64_t *type)
{
    const struct hv_input_get_system_property input = { .property_id =
                                                            HvSystemPropertySchedulerType };
    struct root_call_pages *pages = root_call_begin(&input, sizeof(input));
    hv_status status = root_call_simple(pages, HvCallGetSystemProperty);

    memcpy(type, pages->output, sizeof(*type));
    return status;
}

/* ---- Their life ---- */

hv_status root_call_create_partition(uint64_t flags, uint64_t *id)
{
    const struct hv_input_create_partition input = { .flags = flags,
                                                     .compatibility_version =
                                                         COMPATIBILITY_VERSION };
    struct root_call_pages *pages = root_call_begin(&input, sizeof(input));
    hv_status status = root_call_simple(pages, HvCallCreatePartition);

    memcpy(id, pages->output, sizeof(*id));
    return status;
}

static hv_status call_with_id(uint16_t code, uint64_t id)
{
    return root_call_simple(root_call_begin(&id, sizeof(id)), code);
}

hv_status root_call_initialize_partition(uint64_t id)
{
    return call_with_id(HvCallInitializePartition, id);
}

hv_status root_call_finalize_partition(uint64_t id)
{
    return call_with_id(HvCallFinalizePartition, id);
}

hv_status root_call_delete_partition(uint64_t id)
{
    return call_with_id(HvCallDeletePartition, id);
}

hv_status root_call_set_property(uint64_t id, uint32_t code, uint64_t value)
{
    const struct hv_input_set_partition_property input = { .partition_id = id,
                                                           .property_code = code,
                                                           .property_value = value };

    return root_call_simple(root_call_begin(&input, sizeof(input)), HvCallSetPartitionProperty);
}

/* ---- Intercepts ---- */

hv_status root_call_install_intercept(uint64_t id, uint32_t type, uint32_t access,
                                      uint64_t parameter)
{
    const struct hv_input_install_intercept input = { .partition_id = id,
                                                      .access_type = access,
                                                      .intercept_type = type,
                                                      .intercept_parameter = parameter };

    return root_call_simple(root_call_begin(&input, sizeof(input)), HvCallInstallIntercept);
}

hv_status root_call_register_cpuid(uint64_t id, uint32_t vp_index,
                                   const struct hv_register_x64_cpuid_result_parameters *result)
{
    const struct hv_input_register_intercept_result input = {
        .partition_id = id, .vp_index = vp_index, .intercept_type = HvInterceptTypeX64Cpuid
    };
    struct root_call_pages *pages = root_call_begin(&input, sizeof(input));

    memcpy(pages->input + sizeof(input), result, sizeof(*result));
    return root_call_simple(pages, HvCallRegisterInterceptResult);
}

/* ---- Interrupts ---- */

hv_status root_call_assert_interrupt(uint64_t id, const struct worker_interrupt *interrupt)
{
    const struct hv_input_assert_virtual_interrupt input = {
        .target_partition = id,
        .interrupt_control =
            interrupt->type |
            (interrupt->level_triggered ? HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED : 0) |
            (interrupt->logical_destination ? HV_X64_INTERRUPT_CONTROL_LOGICAL_DESTINATION_MODE
                                            : 0),
        .destination_address = interrupt->destination,
        .requested_vector = interrupt->vector,
    };

    return root_call_simple(root_call_begin(&input, sizeof(input)), HvCallAssertVirtualInterrupt);
}

hv_status root_call_clear_interrupt(uint64_t id)
{
    return call_with_id(HvClearVirtualInterrupt, id);
}
