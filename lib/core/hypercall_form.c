/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the input value of a hypercall decides by itself, in the order that the dispatcher's is. */
#include "core.h"
#include "hypercall_frame.h"

static bool may_call(const struct hv_partition *partition, const struct hv_hypercall_row *row)
{
    uint64_t held = partition->features.privileges & row->privilege;

    if ((row->flags & HV_HYPERCALL_ROOT) && !partition->root)
        return false;
    if (row->flags & HV_HYPERCALL_ANY_PRIVILEGE)
        return held != 0;
    return held == row->privilege;
}

static bool is_rep_range_valid(const struct hv_hypercall_control *control,
                               const struct hv_hypercall_row *row)
{
    if (row->flags & HV_HYPERCALL_REP)
        return control->rep_start < control->rep_count;
    return control->rep_count == 0 && control->rep_start == 0;
}

static hv_status check(const struct hv_hypercall_form *form, const struct hv_partition *partition,
                       hv_status format)
{
    const struct hv_hypercall_control *control = &form->control;
    const struct hv_hypercall_row *row = form->row;

    if (row && !may_call(partition, row))
        return HV_STATUS_ACCESS_DENIED;
    /* Without nested virtualization there is no other hypervisor to ask; KVM has bit 31 reserved.
     */
    if (format != HV_STATUS_SUCCESS || control->nested)
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    if (!row || !row->handler)
        return HV_STATUS_INVALID_HYPERCALL_CODE;
    if (!is_rep_range_valid(control, row))
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    if (control->variable_qwords && !(row->flags & HV_HYPERCALL_VARIABLE_HEADER))
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    if (control->fast && !(row->flags & HV_HYPERCALL_ALLOW_FAST))
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

static void measure(struct hv_hypercall_form *form)
{
    const struct hv_hypercall_row *row = form->row;
    uint32_t reps = row->flags & HV_HYPERCALL_REP ? form->control.rep_count : 1;

    form->header_size = row->header_size + form->control.variable_qwords * 8u;
    form->input_size = form->header_size;
    if (row->flags & HV_HYPERCALL_REP)
        form->input_size += reps * row->input_size;
    form->output_size = reps * row->output_size;
}

/* Where the lists are if the call is fast. */
static void measure_registers(struct hv_hypercall_form *form)
{
    form->input_chunks = (form->input_size + HV_HYPERCALL_CHUNK_SIZE - 1) / HV_HYPERCALL_CHUNK_SIZE;
    form->registers = 0;
    if (form->input_size > HV_HYPERCALL_FAST_MAX_INPUT_BYTES)
        form->registers |= HV_FEATURE_EDX_XMM_HYPERCALL_INPUT;
    if (form->output_size)
        form->registers |= HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT;
    form->fits = form->input_chunks * HV_HYPERCALL_CHUNK_SIZE + form->output_size <=
                 HV_HYPERCALL_XMM_FAST_MAX_BYTES;
}

void hv_hypercall_make_form(struct hv_hypercall_form *form, const struct hv_partition *partition,
                            uint64_t value, hv_hypercall_lookup *find)
{
    hv_status format = hv_hypercall_parse_control(value, &form->control);

    form->value = value;
    form->privileges = partition->features.privileges;
    form->find = find;
    form->row = find(form->control.code);
    form->counter = hv_hypercall_counter(form->control.code);
    form->status = check(form, partition, format);
    if (form->row) {
        measure(form);
        measure_registers(form);
    }
}
