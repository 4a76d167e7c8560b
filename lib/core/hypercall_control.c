/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <hv/abi/tlfs.h>

#include "hypercall.h"

static uint16_t field(uint64_t value, uint64_t mask, unsigned shift)
{
    return (uint16_t)((value & mask) >> shift);
}

hv_status hv_hypercall_parse_control(uint64_t value, struct hv_hypercall_control *control)
{
    control->code = (uint16_t)(value & HV_HYPERCALL_CALL_CODE_MASK);
    control->fast = (value & HV_HYPERCALL_FAST) != 0;
    control->nested = (value & HV_HYPERCALL_IS_NESTED) != 0;
    control->variable_qwords = field(value, HV_HYPERCALL_VARIABLE_HEADER_SIZE_MASK,
                                     HV_HYPERCALL_VARIABLE_HEADER_SIZE_SHIFT);
    control->rep_count = field(value, HV_HYPERCALL_REP_COUNT_MASK, HV_HYPERCALL_REP_COUNT_SHIFT);
    control->rep_start =
        field(value, HV_HYPERCALL_REP_START_INDEX_MASK, HV_HYPERCALL_REP_START_INDEX_SHIFT);
    return (value & HV_HYPERCALL_RSVDZ_MASK) ? HV_STATUS_INVALID_HYPERCALL_INPUT
                                             : HV_STATUS_SUCCESS;
}

uint64_t hv_hypercall_resume_value(uint64_t value, uint16_t rep_start)
{
    return (value & ~HV_HYPERCALL_REP_START_INDEX_MASK) | (uint64_t)rep_start
                                                              << HV_HYPERCALL_REP_START_INDEX_SHIFT;
}

uint64_t hv_hypercall_result(hv_status status, uint16_t reps_completed)
{
    return status | (uint64_t)reps_completed << HV_HYPERCALL_RESULT_REPS_COMPLETED_SHIFT;
}
