/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallMapDeviceInterrupt and HvCallUnmapDeviceInterrupt, by which a root learns what to write to
 * a device or to an I/O APIC so that its interrupt reaches one of the root's VPs. Layouts are those
 * of Linux.
 *
 * An embedder that remaps interrupts says what; otherwise devices address the APIC ID of the VP as
 * they would without a hypervisor.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "vp_set.h"

#define MSI_ADDRESS          0xFEE00000u
#define MSI_DESTINATION      12 /* bits 19:12 of the address */
#define MSI_LEVEL            (1u << 15)
#define MSI_ASSERT           (1u << 14)
#define IOAPIC_LEVEL         (UINT64_C(1) << 15)
#define IOAPIC_DESTINATION   56
#define IOAPIC_ID_MASK       UINT64_C(0xFF)
#define DEVICE_TYPE(id)      ((id) >> HV_DEVICE_ID_TYPE_SHIFT)
#define DEVICE_NUMBER_IN(id) ((id) & ~(UINT64_C(3) << HV_DEVICE_ID_TYPE_SHIFT))

static hv_status check_device(uint64_t device_id)
{
    switch (DEVICE_TYPE(device_id)) {
    case HV_DEVICE_TYPE_PCI:
        return HV_STATUS_SUCCESS;
    case HV_DEVICE_TYPE_IOAPIC:
        return DEVICE_NUMBER_IN(device_id) & ~IOAPIC_ID_MASK ? HV_STATUS_INVALID_DEVICE_ID
                                                             : HV_STATUS_SUCCESS;
    default:
        return HV_STATUS_INVALID_DEVICE_ID;
    }
}

static bool is_described(const struct hv_input_map_device_interrupt *input)
{
    const struct hv_device_interrupt_descriptor *interrupt = &input->interrupt;

    return !input->flags && !input->base_irt_index && !interrupt->reserved &&
           interrupt->interrupt_type == HvX64InterruptTypeFixed &&
           interrupt->trigger_mode <= HV_INTERRUPT_TRIGGER_MODE_LEVEL &&
           interrupt->vector_count == 1;
}

static void make_msi(const struct hv_device_interrupt *interrupt, struct hv_interrupt_entry *entry)
{
    entry->interrupt_source = HvInterruptSourceMsi;
    entry->msi_entry.address = MSI_ADDRESS | interrupt->apic_id << MSI_DESTINATION;
    entry->msi_entry.data = interrupt->vector | (interrupt->level ? MSI_LEVEL | MSI_ASSERT : 0);
}

static void make_redirection(const struct hv_device_interrupt *interrupt,
                             struct hv_interrupt_entry *entry)
{
    entry->interrupt_source = HvInterruptSourceIoApic;
    entry->data = interrupt->vector | (interrupt->level ? IOAPIC_LEVEL : 0) |
                  (uint64_t)interrupt->apic_id << IOAPIC_DESTINATION;
}

/* Physical destinations of eight bits, as devices have them without remapping. */
static hv_status make_entry(const struct hv_device_interrupt *interrupt,
                            struct hv_interrupt_entry *entry)
{
    if (interrupt->apic_id >= UINT8_MAX)
        return HV_STATUS_INVALID_PARAMETER;
    if (DEVICE_TYPE(interrupt->device_id) == HV_DEVICE_TYPE_PCI)
        make_msi(interrupt, entry);
    else
        make_redirection(interrupt, entry);
    return HV_STATUS_SUCCESS;
}

/* An entry addresses one APIC: to all of several can't be had. */
static bool is_for_one(const struct hv_device_interrupt_target *target,
                       const struct hv_vp_bitmap *targets, const struct hv_partition *partition)
{
    uint32_t index = 0;

    if (!(target->flags & HV_DEVICE_INTERRUPT_TARGET_MULTICAST))
        return true;
    (void)hv_vp_bitmap_next(targets, partition, &index);
    return !hv_vp_bitmap_next(targets, partition, &index);
}

/* Of several VPs, the first. */
static hv_status map(const struct hv_hypercall_call *call, const struct hv_vp_bitmap *targets)
{
    const struct hv_input_map_device_interrupt *input = call->header;
    struct hv_output_map_device_interrupt *output = call->output;
    const struct hv_cpu_ops *cpu = hv_vp_cpu(call->vp);
    uint32_t index = 0;
    const struct hv_vp *vp = hv_vp_bitmap_next(targets, call->vp->partition, &index);
    const struct hv_device_interrupt interrupt = {
        .device_id = input->device_id,
        .apic_id = vp->apic.id,
        .vector = (uint8_t)input->interrupt.target.vector,
        .level = input->interrupt.trigger_mode == HV_INTERRUPT_TRIGGER_MODE_LEVEL,
    };

    return cpu->map_interrupt ? cpu->map_interrupt(cpu->context, &interrupt, &output->entry)
                              : make_entry(&interrupt, &output->entry);
}

hv_status hv_hypercall_map_device_interrupt(struct hv_hypercall_call *call)
{
    const struct hv_input_map_device_interrupt *input = call->header;
    struct hv_vp_bitmap targets;
    hv_status status = hv_hypercall_check_self(call->vp, input->partition_id);

    if (status == HV_STATUS_SUCCESS)
        status = is_described(input) ? check_device(input->device_id) : HV_STATUS_INVALID_PARAMETER;
    if (status == HV_STATUS_SUCCESS)
        status = hv_hypercall_parse_target(call, &input->interrupt.target, &targets);
    if (status == HV_STATUS_SUCCESS &&
        !is_for_one(&input->interrupt.target, &targets, call->vp->partition))
        status = HV_STATUS_INVALID_PARAMETER;
    return status == HV_STATUS_SUCCESS ? map(call, &targets) : status;
}

hv_status hv_hypercall_unmap_device_interrupt(struct hv_hypercall_call *call)
{
    const struct hv_input_unmap_device_interrupt *input = call->header;
    const struct hv_cpu_ops *cpu = hv_vp_cpu(call->vp);
    hv_status status = hv_hypercall_check_self(call->vp, input->partition_id);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->flags || input->entry.reserved)
        return HV_STATUS_INVALID_PARAMETER;
    status = check_device(input->device_id);
    if (status != HV_STATUS_SUCCESS || !cpu->unmap_interrupt)
        return status;
    return cpu->unmap_interrupt(cpu->context, input->device_id, &input->entry);
}
