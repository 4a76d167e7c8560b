/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls by which a parent gives memory to a partition's pool and takes it back (TLFS v2.0:
 * partitions, "memory pools"). A page that is deposited is nobody's in any GPA space; its frame
 * remembers where it was.
 */
#include <hv/abi/tlfs.h>
#include <hv/address.h>

#include "core.h"
#include "hypercall.h"

/* The caller's own RAM, with no overlay over it. */
static bool find_own_page(const struct hv_partition *caller, uint64_t gpa_page, uint64_t *spa_page)
{
    const struct hv_memory_ops *memory = &caller->platform->memory;
    struct hv_mapping mapping;

    if (!hv_address_translate(caller, gpa_page, &mapping) || mapping.overlay ||
        mapping.access != HV_ACCESS_ALL || !memory->map(memory->context, mapping.spa_page))
        return false;
    *spa_page = mapping.spa_page;
    return true;
}

/* Everything else is denied, whatever the reason (TLFS v2.0: HvDepositMemory). */
static hv_status take_page(struct hv_partition *caller, struct hv_partition *target,
                           uint64_t gpa_page, uint64_t *spa_page)
{
    struct hv_frames *frames = &caller->lineage.hierarchy->frames;
    hv_status status;

    if (!find_own_page(caller, gpa_page, spa_page) ||
        !hv_frame_pass(frames, *spa_page, hv_frame_holder(caller), hv_frame_holder(target), true))
        return HV_STATUS_OPERATION_DENIED;
    status = hv_address_unmap(caller, gpa_page, 1);
    if (status != HV_STATUS_SUCCESS)
        hv_frame_return(frames, *spa_page, hv_frame_holder(target), true, hv_frame_holder(caller));
    else
        *hv_frame_gpa_page(frames, *spa_page) = gpa_page;
    return status;
}

/* Under the lock of the target's state. */
static hv_status deposit(struct hv_partition *caller, struct hv_partition *target,
                         uint64_t gpa_page)
{
    enum hv_partition_state state = hv_partition_state(&target->lineage);
    uint64_t spa_page;
    hv_status status;

    if (state != HV_PARTITION_CREATED && state != HV_PARTITION_ACTIVE)
        return HV_STATUS_INVALID_PARTITION_STATE;
    status = take_page(caller, target, gpa_page, &spa_page);
    return status == HV_STATUS_SUCCESS ? hv_pool_deposit(&target->pool, spa_page) : status;
}

/* TLFS: HvCallDepositMemory. */
hv_status hv_hypercall_deposit_memory(struct hv_hypercall_call *call)
{
    const struct hv_input_deposit_memory *header = call->header;
    const uint64_t *gpa_page = call->input;
    struct hv_partition *target;
    hv_status status = hv_hypercall_target(call->vp, header->partition_id, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_lock_acquire(&target->lineage.lock);
    status = deposit(call->vp->partition, target, *gpa_page);
    hv_lock_release(&target->lineage.lock);
    hv_partition_drop(target);
    return status;
}

struct deposited {
    const struct hv_frames *frames;
    const struct hv_partition *holder;
};

/* The root's pool has pages of the embedder too, which came from no GPA. */
static bool was_deposited(const void *context, uint64_t spa_page)
{
    const struct deposited *wanted = context;

    return hv_frame_is_deposited(wanted->frames, spa_page, wanted->holder);
}

/* The place in the caller's GPA space is empty since the page was taken from it. */
static hv_status put_back(struct hv_partition *caller, struct hv_partition *target,
                          uint64_t spa_page, uint64_t gpa_page)
{
    struct hv_frames *frames = &caller->lineage.hierarchy->frames;

    hv_frame_return(frames, spa_page, hv_frame_holder(target), true, hv_frame_holder(caller));
    return hv_address_map(caller, gpa_page, spa_page, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
}

static hv_status withdraw(struct hv_partition *caller, struct hv_partition *target,
                          uint64_t *gpa_page)
{
    struct hv_frames *frames = &caller->lineage.hierarchy->frames;
    struct deposited wanted = { .frames = frames, .holder = hv_frame_holder(target) };
    uint64_t spa_page;

    if (hv_pool_withdraw_chosen(&target->pool, was_deposited, &wanted, &spa_page) !=
        HV_STATUS_SUCCESS)
        return HV_STATUS_NO_RESOURCES;
    *gpa_page = *hv_frame_gpa_page(frames, spa_page);
    return put_back(caller, target, spa_page, *gpa_page);
}

/* TLFS: HvCallWithdrawMemory. */
hv_status hv_hypercall_withdraw_memory(struct hv_hypercall_call *call)
{
    const struct hv_input_withdraw_memory *header = call->header;
    struct hv_partition *target;
    hv_status status = hv_hypercall_target(call->vp, header->partition_id, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_hypercall_check_proximity(&header->proximity_domain_info);
    if (status == HV_STATUS_SUCCESS)
        status = withdraw(call->vp->partition, target, call->output);
    hv_partition_drop(target);
    return status;
}

/* TLFS: HvCallGetMemoryBalance. */
hv_status hv_hypercall_get_memory_balance(struct hv_hypercall_call *call)
{
    const struct hv_input_withdraw_memory *header = call->header;
    struct hv_output_get_memory_balance *output = call->output;
    struct hv_partition *target;
    uint64_t unused, used;
    hv_status status = hv_hypercall_target(call->vp, header->partition_id, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_hypercall_check_proximity(&header->proximity_domain_info);
    if (status == HV_STATUS_SUCCESS) {
        hv_pool_balance(&target->pool, &unused, &used);
        output->pages_available = unused;
        output->pages_in_use = used;
    }
    hv_partition_drop(target);
    return status;
}
