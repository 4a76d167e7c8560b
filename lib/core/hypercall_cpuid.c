/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallGetVpCpuidValues: a leaf a rep. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "cpuid.h"
#include "hypercall.h"

#define FLAGS_DEFINED \
    (HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS | HV_GET_VP_CPUID_VALUES_APPLY_REGISTERED_VALUES)

struct question {
    const struct hv_cpuid_leaf_info *leaf;
    bool registered;
    uint32_t *answer;
};

static void ask(struct hv_vp *vp, void *argument)
{
    const struct question *question = argument;
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    uint32_t leaf = question->leaf->eax, subleaf = question->leaf->ecx;

    cpu->cpuid(cpu->context, vp, leaf, subleaf, question->answer);
    hv_cpuid_answer_child(vp, leaf, subleaf, question->registered, question->answer);
}

/* What CPUID says under other values of XFEM and XSS than the VP has can't be asked of a back end.
 */
static bool is_valid(const struct hv_input_get_vp_cpuid_values *header)
{
    return !header->reserved && !(header->flags & ~FLAGS_DEFINED) &&
           (header->flags & HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS);
}

hv_status hv_hypercall_get_vp_cpuid_values(struct hv_hypercall_call *call)
{
    const struct hv_input_get_vp_cpuid_values *header = call->header;
    struct question question = {
        .leaf = call->input,
        .registered = header->flags & HV_GET_VP_CPUID_VALUES_APPLY_REGISTERED_VALUES,
        .answer = call->output,
    };
    struct hv_vp *target;
    hv_status status =
        hv_hypercall_child_vp(call->vp, header->partition_id, header->vp_index, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (!is_valid(header))
        status = HV_STATUS_INVALID_PARAMETER;
    else if (!hv_vp_cpu(target)->cpuid)
        status = HV_STATUS_OPERATION_DENIED;
    else
        hv_request_call(call->vp, target, ask, &question);
    hv_hypercall_leave(call->vp, target->partition);
    return status;
}
