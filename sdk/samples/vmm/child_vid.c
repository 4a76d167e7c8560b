/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The worker's wishes, to the back end and the VPs' threads. */
#include "child.h"

#include <time.h>

static const struct vmm_backend *backend_of(void *context)
{
    return ((struct vmm_child *)context)->backend;
}

static hv_status map(void *context, uint64_t gpa, void *host, uint64_t size, uint32_t flags)
{
    const struct vmm_backend *backend = backend_of(context);

    return backend->map(backend->context, gpa, host, size, flags);
}

static hv_status unmap(void *context, uint64_t gpa, uint64_t size)
{
    const struct vmm_backend *backend = backend_of(context);

    return backend->unmap(backend->context, gpa, size);
}

static hv_status get_registers(void *context, uint32_t vp_index, const uint32_t *names,
                               union hv_register_value *values, uint32_t count)
{
    const struct vmm_backend *backend = backend_of(context);

    return backend->get_registers(backend->context, vp_index, names, values, count);
}

static hv_status set_registers(void *context, uint32_t vp_index,
                               const struct worker_register *registers, uint32_t count)
{
    const struct vmm_backend *backend = backend_of(context);

    return backend->set_registers(backend->context, vp_index, registers, count);
}

static struct hv_vp_register_page *register_page(void *context, uint32_t vp_index)
{
    const struct vmm_backend *backend = backend_of(context);

    return backend->register_page(backend->context, vp_index);
}

static hv_status resume(void *context, uint32_t vp_index, const struct worker_register *registers,
                        uint32_t count)
{
    struct vmm_child *child = context;
    hv_status status = child->backend->prepare(child->backend->context, vp_index, registers, count);

    if (status == HV_STATUS_SUCCESS)
        vmm_vps_allow(&child->vps, vp_index);
    return status;
}

static hv_status suspend(void *context, uint32_t vp_index)
{
    struct vmm_child *child = context;

    vmm_vps_stop(&child->vps, vp_index);
    return HV_STATUS_SUCCESS;
}

static hv_status translate(void *context, uint32_t vp_index, uint64_t gva, uint64_t flags,
                           uint64_t *gpa, uint32_t *code)
{
    const struct vmm_backend *backend = backend_of(context);

    return backend->translate(backend->context, vp_index, gva, flags, gpa, code);
}

static hv_status assert_interrupt(void *context, const struct worker_interrupt *interrupt)
{
    const struct vmm_backend *backend = backend_of(context);

    return backend->assert_interrupt(backend->context, interrupt);
}

static hv_status clear_interrupt(void *context)
{
    const struct vmm_backend *backend = backend_of(context);

    return backend->clear_interrupt(backend->context);
}

uint64_t vmm_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 10000000 + (uint64_t)time.tv_nsec / 100;
}

/* Devices need a time that goes on evenly, not the partition's own, which can be frozen. */
static uint64_t now(void *context)
{
    (void)context;
    return vmm_now();
}

void vmm_child_vid(struct vmm_child *child)
{
    child->vid =
        (struct worker_vid){ .context = child,
                             .map = map,
                             .unmap = unmap,
                             .get_registers = get_registers,
                             .set_registers = set_registers,
                             .register_page = child->backend->register_page ? register_page : NULL,
                             .resume = resume,
                             .suspend = suspend,
                             .translate = translate,
                             .assert_interrupt = assert_interrupt,
                             .clear_interrupt =
                                 child->backend->clear_interrupt ? clear_interrupt : NULL,
                             .now = now };
}
