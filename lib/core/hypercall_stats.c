/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvMapStatsPage, HvCallMapStatsPage2 and HvCallUnmapStatsPage (TLFS v2.0, 21.3). */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "stats.h"

/* A call while it is carried out. */
struct request {
    struct hv_vp *caller;
    uint32_t type;
    const struct hv_stats_object_identity *identity;
    bool map, given;
    uint64_t gpa_page;
};

/* With the lock that guards the view. */
static hv_status carry_out(struct request *request, struct hv_stats_view *view)
{
    struct hv_partition *viewer = request->caller->partition;

    return request->map ? hv_stats_show(viewer, view, request->given, &request->gpa_page)
                        : hv_stats_hide(viewer, view);
}

/* ---- Global objects ---- */

static hv_status run_lp(struct request *request, struct hv_partition *root)
{
    struct hv_stats_view *view;

    if (request->identity->object_id >= root->platform->facts.lp_count)
        return HV_STATUS_INVALID_PARAMETER;
    view = hv_stats_lp(root, (uint32_t)request->identity->object_id);
    return view ? carry_out(request, view) : HV_STATUS_INSUFFICIENT_MEMORY;
}

static hv_status run_hypervisor(struct request *request, struct hv_partition *root)
{
    if (request->identity->object_id)
        return HV_STATUS_INVALID_PARAMETER;
    return carry_out(request, &root->lineage.hierarchy->stats.hypervisor);
}

static hv_status run_global(struct request *request)
{
    struct hv_partition *root = request->caller->partition;
    hv_status status;

    if (!root->root)
        return HV_STATUS_ACCESS_DENIED;
    if (request->identity->vp_index)
        return HV_STATUS_INVALID_PARAMETER;
    hv_lock_acquire(&root->register_lock);
    status = request->type == HvStatsObjectLogicalProcessor ? run_lp(request, root)
                                                            : run_hypervisor(request, root);
    hv_lock_release(&root->register_lock);
    return status;
}

/* ---- Local objects ---- */

static hv_status run_pages(struct request *request, struct hv_partition *owner,
                           struct hv_stats_pages *pages)
{
    bool self = owner == request->caller->partition;
    hv_status status;

    hv_lock_acquire(&owner->register_lock);
    status = carry_out(request, &pages->views[self ? HV_STATS_SELF : HV_STATS_PARENT]);
    hv_lock_release(&owner->register_lock);
    return status;
}

static hv_status run_partition(struct request *request)
{
    struct hv_partition *target;
    hv_status status;

    if (request->identity->vp_index)
        return HV_STATUS_INVALID_PARAMETER;
    status = hv_hypercall_begin(request->caller, request->identity->object_id, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = run_pages(request, target, &target->stats);
    hv_hypercall_end(target);
    return status;
}

static hv_status run_vp(struct request *request)
{
    struct hv_vp *target;
    hv_status status = hv_hypercall_vp(request->caller, request->identity->object_id,
                                       request->identity->vp_index, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = run_pages(request, target->partition, &target->stats);
    hv_hypercall_leave(request->caller, target->partition);
    return status;
}

/* ---- The calls ---- */

/* What a parent area would show is the same as what the object's own does; Linux takes this status
   for the word that there is only one. */
static bool is_valid(const struct hv_input_map_stats_page *input)
{
    const struct hv_stats_object_identity *identity = &input->object_identity;

    return !input->padding && !identity->reserved[0] && !identity->reserved[1] &&
           !identity->reserved[2] && identity->stats_area_type == HV_STATS_AREA_SELF;
}

static hv_status run(struct request *request, const struct hv_input_map_stats_page *input)
{
    if (!is_valid(input))
        return HV_STATUS_INVALID_PARAMETER;
    request->type = input->stats_type;
    request->identity = &input->object_identity;
    switch (input->stats_type) {
    case HvStatsObjectHypervisor:
    case HvStatsObjectLogicalProcessor:
        return run_global(request);
    case HvStatsObjectPartition:
        return run_partition(request);
    case HvStatsObjectVp:
        return run_vp(request);
    default:
        return HV_STATUS_INVALID_PARAMETER;
    }
}

hv_status hv_hypercall_map_stats_page(struct hv_hypercall_call *call)
{
    struct request request = { .caller = call->vp, .map = true };
    uint64_t *gpa_page = call->output;
    hv_status status = run(&request, call->header);

    if (status == HV_STATUS_SUCCESS)
        *gpa_page = request.gpa_page;
    return status;
}

hv_status hv_hypercall_map_stats_page2(struct hv_hypercall_call *call)
{
    const struct hv_input_map_stats_page2 *input = call->header;
    struct request request = {
        .caller = call->vp, .map = true, .given = true, .gpa_page = input->map_location
    };

    return run(&request, &input->map);
}

hv_status hv_hypercall_unmap_stats_page(struct hv_hypercall_call *call)
{
    struct request request = { .caller = call->vp };

    return run(&request, call->header);
}
