/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallTranslateVirtualAddress and its Ex form: by the state of a child's VP. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "mem.h"
#include "register.h"
#include "translate.h"

#define RFLAGS_AC (UINT64_C(1) << 18)

#define ACCESS_FLAGS                                                    \
    (HV_TRANSLATE_GVA_VALIDATE_READ | HV_TRANSLATE_GVA_VALIDATE_WRITE | \
     HV_TRANSLATE_GVA_VALIDATE_EXECUTE)
#define FLAGS                                                                                  \
    (ACCESS_FLAGS | HV_TRANSLATE_GVA_PRIVILEGE_EXEMPT | HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS | \
     HV_TRANSLATE_GVA_SUPERVISOR_ACCESS | HV_TRANSLATE_GVA_USER_ACCESS |                       \
     HV_TRANSLATE_GVA_ENFORCE_SMAP | HV_TRANSLATE_GVA_OVERRIDE_SMAP |                          \
     HV_TRANSLATE_GVA_TLB_FLUSH_INHIBIT | HV_TRANSLATE_GVA_INPUT_VTL_MASK)

struct question {
    struct hv_paging_state state;
    bool inhibit;   /* flushes until the parent permits them */
    bool inhibited; /* by this call */
    hv_status status;
};

static void get(struct hv_vp *vp, struct question *question, uint32_t name, uint64_t *value)
{
    struct hv_register128 read = { 0 };
    hv_status status = hv_register_get(vp, name, &read);

    if (status != HV_STATUS_SUCCESS)
        question->status = status;
    *value = read.low;
}

static uint8_t get_cpl(struct hv_vp *vp, struct question *question)
{
    struct hv_x64_segment_register ss = { 0 };
    struct hv_register128 read = { 0 };
    hv_status status = hv_register_get(vp, HvX64RegisterSs, &read);

    if (status != HV_STATUS_SUCCESS)
        question->status = status;
    memcpy(&ss, &read, sizeof(ss));
    return (uint8_t)((ss.attributes & HV_X64_SEGMENT_DPL_MASK) >> HV_X64_SEGMENT_DPL_SHIFT);
}

/* On the LP that owns the VP. */
static void read_state(struct hv_vp *vp, void *argument)
{
    struct question *question = argument;
    struct hv_paging_state *state = &question->state;
    uint64_t rflags;

    question->inhibited = question->inhibit && hv_flush_inhibit(vp);
    get(vp, question, HvX64RegisterCr0, &state->cr0);
    get(vp, question, HvX64RegisterCr3, &state->cr3);
    get(vp, question, HvX64RegisterCr4, &state->cr4);
    get(vp, question, HvX64RegisterEfer, &state->efer);
    get(vp, question, HvX64RegisterPat, &state->pat);
    get(vp, question, HvX64RegisterRflags, &rflags);
    state->alignment_check = rflags & RFLAGS_AC;
    state->cpl = get_cpl(vp, question);
}

/* TLB-046: what is read, written or executed is to be said. Of two that contradict each other the
   TLFS says nothing. */
static hv_status check_flags(uint64_t flags)
{
    const uint64_t modes = HV_TRANSLATE_GVA_SUPERVISOR_ACCESS | HV_TRANSLATE_GVA_USER_ACCESS;
    const uint64_t smap = HV_TRANSLATE_GVA_ENFORCE_SMAP | HV_TRANSLATE_GVA_OVERRIDE_SMAP;

    if (!(flags & ACCESS_FLAGS) || (flags & ~FLAGS))
        return HV_STATUS_INVALID_PARAMETER;
    if ((flags & modes) == modes || (flags & smap) == smap)
        return HV_STATUS_INVALID_PARAMETER;
    return hv_hypercall_check_vtl((uint8_t)(flags >> HV_TRANSLATE_GVA_INPUT_VTL_SHIFT));
}

/* TLFS: inhibited as a consequence of success. As above; an intercept has come to want it, too. */
static void take_back(struct hv_vp *vp, void *argument)
{
    (void)argument;
    if (!(atomic_load_explicit(&vp->suspended, memory_order_relaxed) & HV_VP_SUSPEND_INTERCEPT))
        hv_flush_permit(vp);
}

/* No lock is held while the VP is asked. */
static hv_status translate(struct hv_hypercall_call *call, struct hv_translation *found)
{
    const struct hv_input_translate_virtual_address *input = call->header;
    struct question question = { .status = HV_STATUS_SUCCESS,
                                 .inhibit =
                                     input->control_flags & HV_TRANSLATE_GVA_TLB_FLUSH_INHIBIT };
    hv_status status = check_flags(input->control_flags);
    struct hv_vp *target;

    if (status == HV_STATUS_SUCCESS)
        status = hv_hypercall_child_vp(call->vp, input->partition_id, input->vp_index, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_request_call(call->vp, target, read_state, &question);
    if (question.status == HV_STATUS_SUCCESS)
        hv_translate(target->partition, &question.state, input->control_flags, input->gva_page,
                     found);
    if (question.inhibited &&
        (question.status != HV_STATUS_SUCCESS || found->result != HvTranslateGvaSuccess))
        hv_request_call(call->vp, target, take_back, NULL);
    hv_hypercall_leave(call->vp, target->partition);
    return question.status;
}

static uint32_t cache_and_overlay(const struct hv_translation *found)
{
    return found->cache | (found->overlay ? HV_TRANSLATE_GVA_RESULT_OVERLAY_PAGE : 0);
}

/* TLFS: HvCallTranslateVirtualAddress. */
hv_status hv_hypercall_translate_virtual_address(struct hv_hypercall_call *call)
{
    struct hv_output_translate_virtual_address *output = call->output;
    struct hv_translation found = { 0 };
    hv_status status = translate(call, &found);

    output->result_code = found.result;
    output->cache_type_overlay = cache_and_overlay(&found);
    output->gpa_page = found.gpa_page;
    return status;
}

/* TLFS: HvCallTranslateVirtualAddressEx. No walk here ends in an intercept that it could tell of.
 */
hv_status hv_hypercall_translate_virtual_address_ex(struct hv_hypercall_call *call)
{
    const struct hv_input_translate_virtual_address *input = call->header;
    struct hv_output_translate_virtual_address_ex *output = call->output;
    struct hv_translation found = { 0 };
    hv_status status = input->padding ? HV_STATUS_INVALID_PARAMETER : translate(call, &found);

    output->result_code = found.result;
    output->cache_type_overlay = cache_and_overlay(&found);
    output->gpa_page = found.gpa_page;
    return status;
}
