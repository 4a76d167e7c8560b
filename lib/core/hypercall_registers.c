/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallGetVpRegisters and HvCallSetVpRegisters: one register a rep. */
#include <stddef.h>

#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "mem.h"
#include "register.h"

struct access {
    uint32_t name;
    struct hv_register128 value;
    hv_status status;
};

static hv_status find_target(const struct hv_hypercall_call *call, struct hv_vp **target)
{
    const struct hv_input_vp_registers *header = call->header;
    const struct hv_partition *partition = call->vp->partition;
    hv_status status = hv_hypercall_check_self(call->vp, header->partition_id);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (!hv_partition_may(partition, HV_PRIVILEGE_AccessVpRegisters))
        return HV_STATUS_ACCESS_DENIED;
    status = hv_hypercall_check_vtl(header->input_vtl);
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (header->reserved[0] || header->reserved[1] || header->reserved[2])
        return HV_STATUS_INVALID_PARAMETER;
    *target =
        header->vp_index == HV_VP_INDEX_SELF ? call->vp : hv_vp_get(partition, header->vp_index);
    return *target ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_VP_INDEX;
}

static void get(struct hv_vp *vp, void *argument)
{
    struct access *access = argument;

    access->status = hv_register_get(vp, access->name, &access->value);
}

static void set(struct hv_vp *vp, void *argument)
{
    struct access *access = argument;

    access->status = hv_register_set(vp, access->name, &access->value);
}

hv_status hv_hypercall_get_vp_registers(struct hv_hypercall_call *call)
{
    struct access access = { .name = *(const uint32_t *)call->input };
    struct hv_vp *target;
    hv_status status = find_target(call, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_request_call(call->vp, target, get, &access);
    if (access.status == HV_STATUS_SUCCESS)
        memcpy(call->output, &access.value, sizeof(access.value));
    return access.status;
}

/* Bytes 4 to 15 of the element are ignored: TLFS v6.0b calls them padding. */
hv_status hv_hypercall_set_vp_registers(struct hv_hypercall_call *call)
{
    const struct hv_register_assoc *element = call->input;
    struct access access = { .name = element->name };
    struct hv_vp *target;
    hv_status status = find_target(call, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    memcpy(&access.value, &element->value, sizeof(access.value));
    hv_request_call(call->vp, target, set, &access);
    return access.status;
}
