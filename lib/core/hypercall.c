/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The dispatcher: all that is common to every hypercall, in one fixed order. The TLFS leaves most
 * of the order open (hypercall interface, "ordering of error conditions"); where it does, it is
 * KVM's.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall_frame.h"
#include "mem.h"

/* ---- Registers (TLFS: "hypercall register conventions") ---- */

static uint64_t pair(const struct hv_gprs *gprs, enum hv_gpr high, enum hv_gpr low)
{
    return gprs->gpr[high] << 32 | (uint32_t)gprs->gpr[low];
}

static void load_registers(struct hv_hypercall_frame *frame)
{
    const struct hv_gprs *gprs = frame->exit->gprs;

    frame->rip = gprs->rip;
    if (frame->exit->hypercall.long_mode) {
        frame->value = gprs->gpr[HV_GPR_RCX];
        frame->words[0] = gprs->gpr[HV_GPR_RDX];
        frame->words[1] = gprs->gpr[HV_GPR_R8];
    } else {
        frame->value = pair(gprs, HV_GPR_RDX, HV_GPR_RAX);
        frame->words[0] = pair(gprs, HV_GPR_RBX, HV_GPR_RCX);
        frame->words[1] = pair(gprs, HV_GPR_RDI, HV_GPR_RSI);
    }
}

/* 32-bit code sees the lower halves; the upper ones become zero, as after any 32-bit write. */
static void store_pair(struct hv_gprs *gprs, uint64_t value)
{
    gprs->gpr[HV_GPR_RAX] = (uint32_t)value;
    gprs->gpr[HV_GPR_RDX] = value >> 32;
}

/* A caller that has set its own RIP by HvCallSetVpRegisters continues there. */
static enum hv_disposition complete(const struct hv_hypercall_frame *frame, hv_status status,
                                    uint16_t reps_completed)
{
    struct hv_gprs *gprs = frame->exit->gprs;
    uint64_t result = hv_hypercall_result(status, reps_completed);
    uint64_t next = frame->rip + frame->exit->instruction_length;

    if (!frame->exit->hypercall.long_mode) {
        store_pair(gprs, result);
        next &= UINT32_MAX;
    } else {
        gprs->gpr[HV_GPR_RAX] = result;
    }
    if (gprs->rip == frame->rip)
        gprs->rip = next;
    return HV_DISPOSITION_RESUME;
}

/* The caller executes its instruction again, after taking interrupts that have become pending
   (TLFS: "hypercall continuation"). */
static enum hv_disposition suspend(const struct hv_hypercall_frame *frame, uint16_t next_element)
{
    struct hv_gprs *gprs = frame->exit->gprs;
    uint64_t value = hv_hypercall_resume_value(frame->value, next_element);

    if (frame->exit->hypercall.long_mode)
        gprs->gpr[HV_GPR_RCX] = value;
    else
        store_pair(gprs, value);
    return hv_vp_is_suspended(frame->vp) ? HV_DISPOSITION_SUSPEND : HV_DISPOSITION_RESUME;
}

/* ---- Checks ---- */

/*
 * TLFS: "legal hypercall environments". While the guest has not given its identity there can be no
 * hypercall page, so the instruction was executed by other means than the page.
 */
static bool is_legal_environment(const struct hv_vp *vp, const struct hv_exit *exit)
{
    if (exit->hypercall.cpl != 0 || !exit->hypercall.protected_mode)
        return false;
    /* Relaxed: a value of its own, nothing is published with it. */
    return atomic_load_explicit(&vp->partition->guest_os_id, memory_order_relaxed) != 0;
}

/* What the value alone decides: found out again only when something of it differs from last time.
 */
static const struct hv_hypercall_form *form_of(struct hv_vp *vp, uint64_t value,
                                               hv_hypercall_lookup *find)
{
    const struct hv_partition *partition = vp->partition;
    struct hv_hypercall_form *form = &vp->hypercall_form;

    if (form->value != value || form->find != find ||
        form->privileges != partition->features.privileges)
        hv_hypercall_make_form(form, partition, value, find);
    return form;
}

/* ---- Execution ---- */

/* All but what is of an element. */
static inline void prepare_call(const struct hv_hypercall_frame *frame,
                                struct hv_hypercall_call *call)
{
    const uint8_t *input = frame->vp->hypercall_input;

    call->vp = frame->vp;
    call->control = &frame->form->control;
    call->header = input;
    call->variable = (const uint64_t *)(const void *)(input + frame->form->row->header_size);
    call->output = frame->vp->hypercall_output;
    call->again = call->looks = call->lends = false;
    call->input_data_size = frame->input_data_size;
    call->output_data_size = frame->output_data_size;
}

/* Of a call that is completed, or goes on later. */
static enum hv_disposition leave(const struct hv_hypercall_call *call,
                                 enum hv_disposition disposition)
{
    if (call->looks && disposition == HV_DISPOSITION_RESUME)
        return HV_DISPOSITION_LOOK;
    return disposition;
}

static enum hv_disposition run_simple(const struct hv_hypercall_frame *frame)
{
    struct hv_hypercall_call call;
    hv_status status;

    prepare_call(frame, &call);
    call.input = NULL;
    call.index = 0;
    if (frame->form->output_size)
        memset(call.output, 0, frame->form->output_size);
    status = frame->form->row->handler(&call);
    if (call.again)
        return suspend(frame, 0);
    if (call.lends) {
        frame->vp->dispatch->output_gpa = frame->words[1];
        (void)complete(frame, status, 0);
        return HV_DISPOSITION_DISPATCH;
    }
    if (status == HV_STATUS_SUCCESS)
        status =
            hv_hypercall_write_output(frame, 0, frame->form->output_size + call.output_data_size);
    return complete(frame, status, 0);
}

static hv_status run_element(const struct hv_hypercall_frame *frame, struct hv_hypercall_call *call,
                             uint16_t index)
{
    const struct hv_hypercall_row *row = frame->form->row;

    call->index = index;
    call->done = 0;
    call->input =
        frame->vp->hypercall_input + frame->form->header_size + (uint32_t)index * row->input_size;
    call->output = frame->vp->hypercall_output + (uint32_t)index * row->output_size;
    if (row->output_size)
        memset(call->output, 0, row->output_size);
    return row->handler(call);
}

/* Whether the caller would execute the same call again if it were suspended. Not when one of the
   registers that make the call was set meanwhile, by the call or by another VP: then the rest of
   the list is done now or never. */
static bool is_resumable(const struct hv_hypercall_frame *frame)
{
    struct hv_hypercall_frame now = { .exit = frame->exit };

    load_registers(&now);
    return now.rip == frame->rip && now.value == frame->value && now.words[0] == frame->words[0] &&
           now.words[1] == frame->words[1];
}

/* Elements that a handler of many has done. */
static uint16_t count_many(const struct hv_hypercall_frame *frame,
                           const struct hv_hypercall_call *call, hv_status status)
{
    if (frame->form->row->flags & HV_HYPERCALL_BATCH)
        return call->done;
    return status == HV_STATUS_SUCCESS ? (uint16_t)(frame->form->control.rep_count - call->index)
                                       : 0;
}

/* Elements that the handler has done, which was called for one. */
static uint16_t count_done(const struct hv_hypercall_frame *frame,
                           const struct hv_hypercall_call *call, hv_status status)
{
    if (frame->form->row->flags & (HV_HYPERCALL_BATCH | HV_HYPERCALL_AT_ONCE))
        return count_many(frame, call, status);
    return status == HV_STATUS_SUCCESS;
}

uint64_t hv_hypercall_budget(const struct hv_partition *partition)
{
    return partition->platform->facts.tsc_hz / 1000000 * HV_HYPERCALL_TIME_TARGET_MICROSECONDS;
}

/* One element is left, as mostly: no time can run out, and it is done or not. */
static enum hv_disposition run_last(const struct hv_hypercall_frame *frame)
{
    const uint16_t size = frame->form->row->output_size;
    uint16_t index = frame->form->control.rep_start;
    struct hv_hypercall_call call;
    hv_status status;

    prepare_call(frame, &call);
    call.deadline = UINT64_MAX;
    status = run_element(frame, &call, index);
    if (call.again)
        return suspend(frame, index);
    if (status == HV_STATUS_SUCCESS && size)
        status =
            hv_hypercall_write_output(frame, (uint32_t)index * size, (uint32_t)index * size + size);
    if (status == HV_STATUS_SUCCESS)
        index++;
    return leave(&call, complete(frame, status, index));
}

/* At least one element, then as many as time allows. */
static enum hv_disposition run_rep(const struct hv_hypercall_frame *frame)
{
    const struct hv_partition *partition = frame->vp->partition;
    const uint16_t size = frame->form->row->output_size;
    uint16_t start = frame->form->control.rep_start;
    uint16_t index = start;
    struct hv_hypercall_call call;
    hv_status status, written = HV_STATUS_SUCCESS;

    if (frame->form->control.rep_count - start == 1)
        return run_last(frame);
    prepare_call(frame, &call);
    call.deadline = hv_now(partition) + hv_hypercall_budget(partition);
    do {
        status = run_element(frame, &call, index);
        if (call.again)
            break;
        index = (uint16_t)(index + count_done(frame, &call, status));
    } while (status == HV_STATUS_SUCCESS && index < frame->form->control.rep_count &&
             (hv_now(partition) < call.deadline || !is_resumable(frame)));

    if (size)
        written = hv_hypercall_write_output(frame, (uint32_t)start * size, (uint32_t)index * size);
    if (written != HV_STATUS_SUCCESS)
        return leave(&call, complete(frame, written, start));
    if (status == HV_STATUS_SUCCESS && index < frame->form->control.rep_count)
        return leave(&call, suspend(frame, index));
    return leave(&call, complete(frame, status, index));
}

/* ---- Parameters that are out of reach ---- */

/* Memory that a parent could give. Overlays are the hypervisor's; what they deny is an error. */
static bool lacks(const struct hv_partition *partition, uint64_t gpa, uint8_t access)
{
    struct hv_mapping mapping;

    return !hv_address_translate(partition, gpa >> HV_PAGE_SHIFT, &mapping) ||
           (!mapping.overlay && !(mapping.access & access));
}

/* As if the instruction itself had made the access: it is executed again when it can be made. What
   lies beneath the hypercall page is no instruction, so the message has its bytes. */
static enum hv_disposition access_memory(const struct hv_hypercall_frame *frame, uint64_t gpa,
                                         uint8_t access)
{
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY,
                            .instruction_length = frame->exit->instruction_length,
                            .gprs = frame->exit->gprs,
                            .memory = { .gpa = gpa, .access = access } };

    if (exit.instruction_length == HV_HYPERCALL_INSTRUCTION_LENGTH) {
        exit.memory.code_size = HV_HYPERCALL_INSTRUCTION_LENGTH;
        memcpy(exit.memory.code, hv_hypercall_instruction(frame->vp->partition->platform),
               HV_HYPERCALL_INSTRUCTION_LENGTH);
    }
    return hv_address_exit(frame->vp, &exit);
}

/* TLFS: "alignment requirements": memory that the caller has not got is its parent's affair; for a
   caller without one it is an error like others. */
static enum hv_disposition refuse(const struct hv_hypercall_frame *frame, hv_status status)
{
    const struct hv_partition *partition = frame->vp->partition;

    if (status == HV_STATUS_INVALID_HYPERCALL_INPUT && !frame->form->control.fast &&
        hv_vp_parent(frame->vp)) {
        if (frame->form->output_size && lacks(partition, frame->words[1], HV_ACCESS_WRITE))
            return access_memory(frame, frame->words[1], HV_ACCESS_WRITE);
        if (frame->form->input_size && lacks(partition, frame->words[0], HV_ACCESS_READ))
            return access_memory(frame, frame->words[0], HV_ACCESS_READ);
    }
    return complete(frame, status, frame->form->control.rep_start);
}

enum hv_disposition hv_hypercall_dispatch(struct hv_vp *vp, struct hv_exit *exit,
                                          hv_hypercall_lookup *find)
{
    struct hv_hypercall_frame frame; /* each field is set by a step before those that read it */
    hv_status status;

    frame.vp = vp;
    frame.exit = exit;
    if (!is_legal_environment(vp, exit))
        return hv_vp_inject_ud(vp);
    load_registers(&frame);
    frame.form = form_of(vp, frame.value, find);
    hv_vp_count(vp, frame.form->counter);
    if (frame.form->status != HV_STATUS_SUCCESS)
        return complete(&frame, frame.form->status, 0);
    if (!frame.form->control.fast)
        status = hv_hypercall_take_lists(&frame);
    else if (hv_hypercall_registers_offered(&frame))
        status = hv_hypercall_take_registers(&frame);
    else
        return hv_vp_inject_ud(vp);
    if (status != HV_STATUS_SUCCESS)
        return refuse(&frame, status);
    return frame.form->row->flags & HV_HYPERCALL_REP ? run_rep(&frame) : run_simple(&frame);
}

enum hv_disposition hv_hypercall_exit(struct hv_vp *vp, struct hv_exit *exit)
{
    return hv_hypercall_dispatch(vp, exit, hv_hypercall_find);
}
