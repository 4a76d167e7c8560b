/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The back end of /dev/mshv, Linux's driver of the Hyper-V interface for a root partition. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/mshv.h>
#include <worker/register_page.h>

#include "backend.h"
#include "mshv_partition.h"

static bool open_device(void *context, const char *device, struct vmm_trouble *trouble)
{
    struct mshv_partition *partition = context;

    partition->device = open(device, O_RDWR | O_CLOEXEC);
    return partition->device >= 0 || vmm_trouble(trouble, "%s: %s", device, strerror(errno));
}

static bool make(void *context, const struct hv_machine *machine, struct vmm_trouble *trouble)
{
    return mshv_partition_make(context, machine, trouble);
}

static void unmake(void *context)
{
    mshv_partition_unmake(context);
}

/* ---- Memory ---- */

/* The kernel gives the guest its pages one after the other, when it touches them. */
static hv_status map(void *context, uint64_t gpa, void *host, uint64_t size, uint32_t flags)
{
    const struct mshv_partition *partition = context;
    struct mshv_user_mem_region region = { .size = size,
                                           .guest_pfn = gpa / HV_PAGE_SIZE,
                                           .userspace_addr = (uintptr_t)host };

    if (flags & HV_MAP_GPA_WRITABLE)
        region.flags |= 1u << MSHV_SET_MEM_BIT_WRITABLE;
    if (flags & (HV_MAP_GPA_KERNEL_EXECUTABLE | HV_MAP_GPA_USER_EXECUTABLE))
        region.flags |= 1u << MSHV_SET_MEM_BIT_EXECUTABLE;
    return ioctl(partition->file, MSHV_SET_GUEST_MEMORY, &region) < 0 ? HV_STATUS_OPERATION_FAILED
                                                                      : HV_STATUS_SUCCESS;
}

static hv_status unmap(void *context, uint64_t gpa, uint64_t size)
{
    const struct mshv_partition *partition = context;
    struct mshv_user_mem_region region = { .size = size,
                                           .guest_pfn = gpa / HV_PAGE_SIZE,
                                           .flags = 1u << MSHV_SET_MEM_BIT_UNMAP };

    return ioctl(partition->file, MSHV_SET_GUEST_MEMORY, &region) < 0 ? HV_STATUS_OPERATION_FAILED
                                                                      : HV_STATUS_SUCCESS;
}

/* ---- Registers ---- */

static struct hv_vp_register_page *register_page(void *context, uint32_t vp_index)
{
    const struct mshv_partition *partition = context;
    const struct mshv_vp *vp = &partition->vp[vp_index];

    return vp->stopped && vp->registers && vp->registers->is_valid ? vp->registers : NULL;
}

static hv_status get_registers(void *context, uint32_t vp_index, const uint32_t *names,
                               union hv_register_value *values, uint32_t count)
{
    const struct mshv_partition *partition = context;
    const struct hv_vp_register_page *page = register_page(context, vp_index);

    if (page && worker_register_page_get(page, names, values, count))
        return HV_STATUS_SUCCESS;
    return mshv_get_registers(partition->file, vp_index, names, values, count);
}

static hv_status set_registers(void *context, uint32_t vp_index,
                               const struct worker_register *registers, uint32_t count)
{
    struct mshv_partition *partition = context;

    partition->vp[vp_index].stopped = false;
    return mshv_set_registers(partition->file, vp_index, registers, count);
}

static hv_status translate(void *context, uint32_t vp_index, uint64_t gva, uint64_t flags,
                           uint64_t *gpa, uint32_t *code)
{
    const struct mshv_partition *partition = context;
    const struct hv_input_translate_virtual_address input = { .vp_index = vp_index,
                                                              .control_flags = flags,
                                                              .gva_page = gva / HV_PAGE_SIZE };
    struct hv_output_translate_virtual_address output = { 0 };
    hv_status status = mshv_call(partition->file, HvCallTranslateVirtualAddress, 0, &input,
                                 sizeof(input), &output, sizeof(output));

    *code = output.result_code;
    *gpa = output.gpa_page * HV_PAGE_SIZE + gva % HV_PAGE_SIZE;
    return status;
}

/* ---- Running ---- */

/* The VP goes on with the next MSHV_RUN_VP, which takes what the page has. */
static hv_status prepare(void *context, uint32_t vp_index, const struct worker_register *registers,
                         uint32_t count)
{
    struct mshv_partition *partition = context;

    partition->vp[vp_index].stopped = false;
    if (count == 0)
        return HV_STATUS_SUCCESS;
    return mshv_set_registers(partition->file, vp_index, registers, count);
}

static enum vmm_run run(void *context, uint32_t vp_index, struct worker_intercept *intercept,
                        struct vmm_trouble *trouble)
{
    struct mshv_partition *partition = context;
    struct mshv_run_vp message;

    _Static_assert(sizeof(message.msg_buf) == sizeof(intercept->message), "a whole message");
    if (ioctl(partition->vp[vp_index].file, MSHV_RUN_VP, &message) < 0) {
        if (errno == EINTR)
            return VMM_RUN_KICKED;
        vmm_trouble(trouble, "could not run VP %u: %s", vp_index, strerror(errno));
        return VMM_RUN_FAILED;
    }
    intercept->kind = WORKER_INTERCEPT_MESSAGE;
    memcpy(&intercept->message, message.msg_buf, sizeof(intercept->message));
    return VMM_RUN_INTERCEPT;
}

static void intercepted(void *context, uint32_t vp_index)
{
    ((struct mshv_partition *)context)->vp[vp_index].stopped = true;
}

/* ---- Interrupts ---- */

static hv_status assert_interrupt(void *context, const struct worker_interrupt *interrupt)
{
    struct mshv_partition *partition = context;
    const struct hv_input_assert_virtual_interrupt input = {
        .interrupt_control =
            interrupt->type |
            (interrupt->level_triggered ? HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED : 0) |
            (interrupt->logical_destination ? HV_X64_INTERRUPT_CONTROL_LOGICAL_DESTINATION_MODE
                                            : 0),
        .destination_address = interrupt->destination,
        .requested_vector = interrupt->vector,
    };

    if (interrupt->level_triggered) {
        hv_status status = mshv_levels_prepare(&partition->levels, partition->file, interrupt);

        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return mshv_call(partition->file, HvCallAssertVirtualInterrupt, 0, &input, sizeof(input), NULL,
                     0);
}

static hv_status clear_interrupt(void *context)
{
    const struct mshv_partition *partition = context;
    const uint64_t id = 0;

    return mshv_call(partition->file, HvClearVirtualInterrupt, 0, &id, sizeof(id), NULL, 0);
}

static int ended_file(void *context)
{
    return ((struct mshv_partition *)context)->levels.epoll;
}

static bool take_ended(void *context, uint32_t *vector)
{
    return mshv_levels_take(&((struct mshv_partition *)context)->levels, vector);
}

static const uint32_t requests[] = {
    MSHV_RUN_VP,
    MSHV_ROOT_HVCALL,
    MSHV_SET_GUEST_MEMORY,
    MSHV_CREATE_PARTITION,
    MSHV_INITIALIZE_PARTITION,
    MSHV_CREATE_VP,
    MSHV_SET_MSI_ROUTING,
    MSHV_IRQFD,
};
static struct mshv_partition partition = { .file = -1, .levels = { .epoll = -1 } };

const struct vmm_backend vmm_mshv_backend = {
    .context = &partition,
    .name = "mshv",
    .device = "/dev/mshv",
    .requests = requests,
    .request_count = sizeof(requests) / sizeof(requests[0]),
    .open = open_device,
    .take_memory = vmm_take_memory,
    .give_memory = vmm_give_memory,
    .make = make,
    .unmake = unmake,
    .run = run,
    .intercepted = intercepted,
    .prepare = prepare,
    .register_page = register_page,
    .map = map,
    .unmap = unmap,
    .get_registers = get_registers,
    .set_registers = set_registers,
    .translate = translate,
    .assert_interrupt = assert_interrupt,
    .clear_interrupt = clear_interrupt,
    .ended_file = ended_file,
    .take_ended = take_ended,
};
