/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallMapVpStatePage and HvCallUnmapVpStatePage. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "vp_state_page.h"

#define MAP_LOCATION_PROVIDED 1u

struct mapping {
    uint32_t type;
    bool given;
    uint64_t gpa_page;
    hv_status status;
};

static void map(struct hv_vp *vp, void *argument)
{
    struct mapping *mapping = argument;

    mapping->status = hv_state_page_map(vp, mapping->type, mapping->given, &mapping->gpa_page);
}

static void unmap(struct hv_vp *vp, void *argument)
{
    struct mapping *mapping = argument;

    mapping->status = hv_state_page_unmap(vp, mapping->type);
}

/* What both calls have in common: header is their first 16 bytes. */
static hv_status carry_out(const struct hv_hypercall_call *call, struct mapping *mapping,
                           void (*run)(struct hv_vp *vp, void *argument))
{
    const struct hv_input_map_vp_state_page *header = call->header;
    hv_status status = hv_hypercall_check_vtl(header->input_vtl);
    struct hv_vp *target;

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_hypercall_child_vp(call->vp, header->partition_id, header->vp_index, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    mapping->type = header->type;
    hv_request_call(call->vp, target, run, mapping);
    hv_hypercall_leave(call->vp, target->partition);
    return mapping->status;
}

hv_status hv_hypercall_map_vp_state_page(struct hv_hypercall_call *call)
{
    const struct hv_input_map_vp_state_page *input = call->header;
    struct mapping mapping = { .given = input->flags == MAP_LOCATION_PROVIDED,
                               .gpa_page = input->requested_map_location };
    uint64_t *location = call->output;
    hv_status status;

    if (input->flags & ~MAP_LOCATION_PROVIDED)
        return HV_STATUS_INVALID_PARAMETER;
    status = carry_out(call, &mapping, map);
    if (status == HV_STATUS_SUCCESS)
        *location = mapping.gpa_page;
    return status;
}

hv_status hv_hypercall_unmap_vp_state_page(struct hv_hypercall_call *call)
{
    const struct hv_input_map_vp_state_page *input = call->header;
    struct mapping mapping = { 0 };

    return input->flags ? HV_STATUS_INVALID_PARAMETER : carry_out(call, &mapping, unmap);
}
