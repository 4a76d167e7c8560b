/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallGetVpRegisters and HvCallSetVpRegisters: one register a rep, of the caller's own partition
   or of a child. */
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

static hv_status check_header(const struct hv_input_vp_registers *header)
{
    hv_status status = hv_hypercall_check_vtl(header->input_vtl);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (header->reserved[0] || header->reserved[1] || header->reserved[2])
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

/* TLFS v2.0, 10.3.1: a VP can't reach what suspends it. */
static hv_status find_own(const struct hv_hypercall_call *call, uint32_t name,
                          struct hv_vp **target)
{
    const struct hv_input_vp_registers *header = call->header;
    const struct hv_partition *partition = call->vp->partition;
    hv_status status;

    if (!hv_partition_may(partition, HV_PRIVILEGE_AccessVpRegisters))
        return HV_STATUS_ACCESS_DENIED;
    status = check_header(header);
    if (status != HV_STATUS_SUCCESS)
        return status;
    *target =
        header->vp_index == HV_VP_INDEX_SELF ? call->vp : hv_vp_get(partition, header->vp_index);
    if (!*target)
        return HV_STATUS_INVALID_VP_INDEX;
    return hv_suspend_is_register(name) ? HV_STATUS_INVALID_PARAMETER : HV_STATUS_SUCCESS;
}

static hv_status find_childs(const struct hv_hypercall_call *call, struct hv_vp **target)
{
    const struct hv_input_vp_registers *header = call->header;
    hv_status status =
        hv_hypercall_child_vp(call->vp, header->partition_id, header->vp_index, target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = check_header(header);
    if (status != HV_STATUS_SUCCESS)
        hv_hypercall_leave(call->vp, (*target)->partition);
    return status;
}

typedef void access_function(struct hv_vp *vp, void *argument);

static hv_status carry_out_far(const struct hv_hypercall_call *call, struct access *access,
                               access_function *run)
{
    const struct hv_input_vp_registers *header = call->header;
    bool own = header->partition_id == HV_PARTITION_ID_SELF ||
               header->partition_id == call->vp->partition->id;
    struct hv_vp *target;
    hv_status status = own ? find_own(call, access->name, &target) : find_childs(call, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_request_call(call->vp, target, run, access);
    if (!own)
        hv_hypercall_leave(call->vp, target->partition);
    return access->status;
}

/* The target, if what is done to it is done at once: a VP of a child on this LP. */
static struct hv_vp *find_near(const struct hv_hypercall_call *call)
{
    const struct hv_input_vp_registers *header = call->header;

    return hv_hypercall_near_child_vp(call->vp, header->partition_id, header->vp_index);
}

static hv_status carry_out_near(const struct hv_hypercall_call *call, struct hv_vp *near,
                                struct access *access, access_function *run)
{
    hv_status status = check_header(call->header);

    if (status != HV_STATUS_SUCCESS)
        return status;
    run(near, access);
    return access->status;
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

/* The LP looks when the call is done, so there is no kick. */
static hv_status set_suspend_near(struct hv_hypercall_call *call, struct hv_vp *near,
                                  const struct access *access)
{
    hv_status status = check_header(call->header);
    bool runs;

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_suspend_change(near, access->name, &access->value, &runs);
    if (runs) {
        hv_vp_wake_heir(near);
        call->looks = true;
    }
    return status;
}

hv_status hv_hypercall_get_vp_registers(struct hv_hypercall_call *call)
{
    struct access access = { .name = *(const uint32_t *)call->input };
    struct hv_vp *near = find_near(call);
    hv_status status =
        near ? carry_out_near(call, near, &access, get) : carry_out_far(call, &access, get);

    if (status == HV_STATUS_SUCCESS)
        memcpy(call->output, &access.value, sizeof(access.value));
    return status;
}

/* Bytes 4 to 15 of the element are ignored: TLFS v6.0b calls them padding. */
hv_status hv_hypercall_set_vp_registers(struct hv_hypercall_call *call)
{
    const struct hv_register_assoc *element = call->input;
    struct hv_vp *near = find_near(call);
    struct access access;

    access.name = element->name;
    memcpy(&access.value, &element->value, sizeof(access.value));
    if (!near)
        return carry_out_far(call, &access, set);
    if (!hv_suspend_is_register(access.name))
        return carry_out_near(call, near, &access, set);
    return set_suspend_near(call, near, &access);
}
