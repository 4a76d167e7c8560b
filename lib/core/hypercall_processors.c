/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls that reach several VPs at once: flushes of cached translations (TLFS: virtual MMU) and
 * interrupts (HvCallSendSyntheticClusterIpi).
 *
 * A flush of one address space forgets all of them: the processor tags what it has cached by
 * partition, not by address space, and a flush may always do more than was asked for. A list
 * forgets its pages, as long as that is less work than to forget everything and find it again.
 */
#include <hv/flush.h>

#include "core.h"
#include "hypercall.h"
#include "vp_set.h"

#define FLUSH_FLAGS                                                  \
    (HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES | \
     HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY)

/* ---- Flushes ---- */

/* An address space is named by what is in CR3: no wider than a GPA, nor than a physical address. */
static bool is_address_space(const struct hv_vp *vp, uint64_t cr3)
{
    const struct hv_partition *partition = vp->partition;

    return cr3 >> partition->gpa_bits == 0 &&
           cr3 >> partition->platform->facts.physical_address_bits == 0;
}

static hv_status check_flush(const struct hv_hypercall_call *call, uint64_t address_space,
                             uint64_t flags)
{
    bool list = call->input != NULL;

    if (flags & ~FLUSH_FLAGS)
        return HV_STATUS_INVALID_PARAMETER;
    if (list && (flags & HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY))
        return HV_STATUS_INVALID_PARAMETER;
    if (!(flags & HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES) &&
        !is_address_space(call->vp, address_space))
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

/* The list from this element on; NULL when everything is to go. */
static const uint64_t *find_list(const struct hv_hypercall_call *call, uint32_t *count)
{
    if (!call->input)
        return NULL;
    *count = (uint32_t)call->control->rep_count - call->index;
    return hv_flush_pages(call->input, *count) > HV_FLUSH_MAXIMUM_PAGES ? NULL : call->input;
}

/* All are told before any is waited for. */
static void flush_now(const struct hv_hypercall_call *call, const struct hv_vp_bitmap *targets)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(call->vp);
    const struct hv_partition *partition = call->vp->partition;
    uint32_t count = 0;
    const uint64_t *list = find_list(call, &count);
    struct hv_vp *vp;

    for (uint32_t index = 0; (vp = hv_vp_bitmap_next(targets, partition, &index));) {
        if (list)
            cpu->flush_ranges(cpu->context, vp, list, count);
        else
            cpu->flush_tlb(cpu->context, vp);
    }
    for (uint32_t index = 0; (vp = hv_vp_bitmap_next(targets, partition, &index));)
        cpu->wait_flushed(cpu->context, vp);
}

static hv_status flush(struct hv_hypercall_call *call, const struct hv_vp_bitmap *targets)
{
    call->again = hv_flush_waits(call->vp, targets);
    if (!call->again)
        flush_now(call, targets);
    return HV_STATUS_SUCCESS;
}

hv_status hv_hypercall_flush_virtual_address_space(struct hv_hypercall_call *call)
{
    const struct hv_input_flush_virtual_address_space *input = call->header;
    struct hv_vp_bitmap targets;
    hv_status status;

    status = check_flush(call, input->address_space, input->flags);
    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_vp_bitmap_from_mask(&targets, input->processor_mask);
    targets.all = input->flags & HV_FLUSH_ALL_PROCESSORS;
    if (hv_vp_bitmap_is_empty(&targets))
        return HV_STATUS_INVALID_PARAMETER;
    return flush(call, &targets);
}

hv_status hv_hypercall_flush_virtual_address_space_ex(struct hv_hypercall_call *call)
{
    const struct hv_input_flush_virtual_address_space_ex *input = call->header;
    struct hv_vp_bitmap targets;
    hv_status status;

    status = check_flush(call, input->address_space, input->flags);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_vp_bitmap_from_set(&targets, &input->processor_set, call->variable,
                                   call->control->variable_qwords);
    if (status != HV_STATUS_SUCCESS)
        return status;
    targets.all |= (input->flags & HV_FLUSH_ALL_PROCESSORS) != 0;
    return flush(call, &targets);
}

/* TLFS v6.0b: HvSwitchVirtualAddressSpace. That nothing is flushed is a hope, not a promise. */
hv_status hv_hypercall_switch_virtual_address_space(struct hv_hypercall_call *call)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(call->vp);
    const uint64_t *address_space = call->header;
    struct hv_register128 value = { .low = *address_space };

    if (!is_address_space(call->vp, *address_space) ||
        cpu->set_register(cpu->context, call->vp, HvX64RegisterCr3, &value) != HV_STATUS_SUCCESS)
        return HV_STATUS_INVALID_PARAMETER;
    cpu->flush_tlb(cpu->context, call->vp);
    return HV_STATUS_SUCCESS;
}

/* ---- Interrupts ---- */

static hv_status check_ipi(const struct hv_vp *vp, uint32_t vector, uint8_t target_vtl,
                           const uint8_t reserved[3])
{
    /* Who has APICs of another make sends IPIs through them. */
    if (!(vp->partition->platform->facts.capabilities & HV_CPU_LOCAL_APIC))
        return HV_STATUS_INVALID_HYPERCALL_CODE;
    if (vector < HV_APIC_FIRST_VECTOR || vector > UINT8_MAX)
        return HV_STATUS_INVALID_PARAMETER;
    if (reserved[0] || reserved[1] || reserved[2])
        return HV_STATUS_INVALID_PARAMETER;
    return hv_hypercall_check_vtl(target_vtl);
}

static void interrupt(const struct hv_hypercall_call *call, const struct hv_vp_bitmap *targets,
                      uint32_t vector)
{
    struct hv_vp *vp;

    for (uint32_t index = 0; (vp = hv_vp_bitmap_next(targets, call->vp->partition, &index));)
        hv_vp_interrupt(call->vp, vp, (uint8_t)vector);
}

hv_status hv_hypercall_send_cluster_ipi(struct hv_hypercall_call *call)
{
    const struct hv_input_send_synthetic_cluster_ipi *input = call->header;
    struct hv_vp_bitmap targets;
    hv_status status = check_ipi(call->vp, input->vector, input->target_vtl, input->reserved);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_vp_bitmap_from_mask(&targets, input->processor_mask);
    interrupt(call, &targets, input->vector);
    return HV_STATUS_SUCCESS;
}

hv_status hv_hypercall_send_cluster_ipi_ex(struct hv_hypercall_call *call)
{
    const struct hv_input_send_synthetic_cluster_ipi_ex *input = call->header;
    struct hv_vp_bitmap targets;
    hv_status status = check_ipi(call->vp, input->vector, input->target_vtl, input->reserved);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_vp_bitmap_from_set(&targets, &input->processor_set, call->variable,
                                   call->control->variable_qwords);
    if (status == HV_STATUS_SUCCESS)
        interrupt(call, &targets, input->vector);
    return status;
}
