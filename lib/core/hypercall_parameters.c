/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where the parameters of a hypercall are: in guest memory, or for a fast call in a block of
 * registers. TLFS: hypercall interface, "alignment requirements", "XMM fast hypercall input" and
 * "output".
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall_frame.h"
#include "mem.h"

#define XMM_SIZE HV_HYPERCALL_CHUNK_SIZE

/* What is left of the page behind a list that lies in it. */
static uint16_t room_behind(uint64_t gpa, uint32_t size)
{
    return (uint16_t)(HV_PAGE_SIZE - (gpa & HV_PAGE_MASK) - size);
}

/* ---- Fast calls ---- */

bool hv_hypercall_registers_offered(const struct hv_hypercall_frame *frame)
{
    const struct hv_hypercall_form *form = frame->form;
    uint32_t offered = frame->vp->partition->features.features_edx;

    return (form->registers & ~offered) == 0 &&
           (form->output_size == 0 || frame->exit->hypercall.long_mode);
}

hv_status hv_hypercall_take_registers(struct hv_hypercall_frame *frame)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(frame->vp);
    uint8_t *input = frame->vp->hypercall_input;
    uint32_t chunks = frame->form->input_chunks;

    frame->input_data_size = frame->output_data_size = 0;
    if (!frame->form->fits)
        return HV_STATUS_INVALID_HYPERCALL_INPUT;
    memcpy(input, frame->words, sizeof(frame->words));
    if (chunks > 1)
        cpu->read_xmm(cpu->context, frame->vp, 0, chunks - 1, input + XMM_SIZE);
    return HV_STATUS_SUCCESS;
}

static void read_chunk(const struct hv_hypercall_frame *frame, uint32_t chunk, uint8_t *bytes)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(frame->vp);

    if (chunk == 0)
        memcpy(bytes, frame->words, XMM_SIZE);
    else
        cpu->read_xmm(cpu->context, frame->vp, chunk - 1, 1, bytes);
}

static void write_chunk(const struct hv_hypercall_frame *frame, uint32_t chunk,
                        const uint8_t *bytes)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(frame->vp);
    uint64_t *gpr = frame->exit->gprs->gpr;

    if (chunk == 0) {
        memcpy(&gpr[HV_GPR_RDX], bytes, 8);
        memcpy(&gpr[HV_GPR_R8], bytes + 8, 8);
    } else {
        cpu->write_xmm(cpu->context, frame->vp, chunk - 1, 1, bytes);
    }
}

/* A chunk that is written in part keeps the rest: earlier elements of a call that was resumed. */
static void write_registers(const struct hv_hypercall_frame *frame, uint32_t from, uint32_t to)
{
    const uint8_t *output = frame->vp->hypercall_output;
    uint32_t base = frame->form->input_chunks * XMM_SIZE;

    while (from < to) {
        uint32_t within = from % XMM_SIZE;
        uint32_t size = XMM_SIZE - within < to - from ? XMM_SIZE - within : to - from;
        uint32_t chunk = (base + from) / XMM_SIZE;
        uint8_t bytes[XMM_SIZE];

        if (size < XMM_SIZE)
            read_chunk(frame, chunk, bytes);
        memcpy(bytes + within, output + from, size);
        write_chunk(frame, chunk, bytes);
        from += size;
    }
}

/* ---- Calls with parameters in memory ---- */

/* Catalogue HC-041 to HC-046. */
static hv_status check_list(const struct hv_hypercall_frame *frame, uint64_t gpa, uint32_t size)
{
    if (size == 0)
        return HV_STATUS_SUCCESS;
    if (gpa % HV_HYPERCALL_ALIGNMENT)
        return HV_STATUS_INVALID_ALIGNMENT;
    if ((gpa & HV_PAGE_MASK) + size > HV_PAGE_SIZE)
        return HV_STATUS_INVALID_ALIGNMENT;
    if (gpa >> frame->vp->partition->gpa_bits)
        return HV_STATUS_INVALID_ALIGNMENT;
    return HV_STATUS_SUCCESS;
}

/* The TLFS has a memory intercept in place of a status, which the dispatcher makes of this one
   for a child; a guest without a parent gets it: what KVM answers for parameters that it can't
   reach. */
static hv_status reached(bool success)
{
    return success ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_HYPERCALL_INPUT;
}

static bool is_writable(const struct hv_partition *partition, uint64_t gpa)
{
    const struct hv_memory_ops *memory = &partition->platform->memory;
    struct hv_mapping mapping;

    return hv_address_translate(partition, gpa >> HV_PAGE_SHIFT, &mapping) &&
           (mapping.access & HV_ACCESS_WRITE) && memory->map(memory->context, mapping.spa_page);
}

static hv_status read_memory(const struct hv_hypercall_frame *frame)
{
    const struct hv_partition *partition = frame->vp->partition;
    uint8_t *input = frame->vp->hypercall_input;
    uint64_t gpa = frame->words[0];
    uint32_t done = frame->form->control.rep_start * frame->form->row->input_size;
    uint32_t first = frame->form->header_size + done;

    if (done == 0)
        return reached(frame->form->input_size == 0 ||
                       hv_address_read(partition, gpa, input, frame->form->input_size));
    if (frame->form->header_size &&
        !hv_address_read(partition, gpa, input, frame->form->header_size))
        return reached(false);
    return reached(
        hv_address_read(partition, gpa + first, input + first, frame->form->input_size - first));
}

/* Before anything is read or done. */
static hv_status check_lists(const struct hv_hypercall_frame *frame)
{
    hv_status status = check_list(frame, frame->words[0], frame->form->input_size);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = check_list(frame, frame->words[1], frame->form->output_size);
    if (status != HV_STATUS_SUCCESS)
        return status;
    return reached(frame->form->output_size == 0 ||
                   is_writable(frame->vp->partition, frame->words[1]));
}

hv_status hv_hypercall_take_lists(struct hv_hypercall_frame *frame)
{
    const struct hv_hypercall_form *form = frame->form;
    hv_status status = check_lists(frame);

    frame->input_data_size = frame->output_data_size = 0;
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (form->row->flags & HV_HYPERCALL_DATA_OUT)
        frame->output_data_size = room_behind(frame->words[1], form->output_size);
    if (!(form->row->flags & HV_HYPERCALL_DATA_IN))
        return read_memory(frame);
    frame->input_data_size = room_behind(frame->words[0], form->input_size);
    return reached(hv_address_read(frame->vp->partition, frame->words[0],
                                   frame->vp->hypercall_input,
                                   form->input_size + frame->input_data_size));
}

/* ---- Both ---- */

hv_status hv_hypercall_write_output(const struct hv_hypercall_frame *frame, uint32_t from,
                                    uint32_t to)
{
    const struct hv_vp *vp = frame->vp;

    if (from == to)
        return HV_STATUS_SUCCESS;
    if (!frame->form->control.fast)
        return reached(hv_address_write(vp->partition, frame->words[1] + from,
                                        vp->hypercall_output + from, to - from));
    write_registers(frame, from, to);
    return HV_STATUS_SUCCESS;
}
