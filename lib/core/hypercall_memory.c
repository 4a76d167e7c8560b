/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls by which a parent gives memory to a partition's pool and takes it back (TLFS v2.0:
 * partitions, "memory pools"). A page that is deposited is out of reach in every GPA space that it
 * was in, the depositor's and those above: what the hypervisor keeps in it is nobody's to see. Its
 * frame remembers where it was.
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

/* Where a partition, or one above it, has a page that it passes on. */
static uint64_t place_of(const struct hv_partition *partition, uint64_t spa_page)
{
    const struct hv_lineage *lineage = &partition->lineage;

    return hv_frame_place(&lineage->hierarchy->frames, spa_page, lineage->level);
}

/* To the depositor, and up to (but not including) end. */
static void reveal(struct hv_partition *depositor, const struct hv_partition *end,
                   uint64_t spa_page)
{
    for (struct hv_partition *each = depositor; each != end; each = each->lineage.parent)
        hv_address_reveal(each, place_of(each, spa_page), spa_page);
}

/*
 * From the depositor and all above it. What those lack is nothing that the depositor could give
 * them, so it is denied.
 */
static hv_status conceal(struct hv_partition *depositor, uint64_t spa_page)
{
    for (struct hv_partition *each = depositor; each; each = each->lineage.parent) {
        hv_status status = hv_address_conceal(each, place_of(each, spa_page), spa_page);

        if (status == HV_STATUS_SUCCESS)
            continue;
        reveal(depositor, each, spa_page);
        return each == depositor ? status : HV_STATUS_OPERATION_DENIED;
    }
    return HV_STATUS_SUCCESS;
}

/* Everything else is denied, whatever the reason (TLFS v2.0: HvDepositMemory). */
static hv_status take_page(struct hv_partition *caller, struct hv_partition *target,
                           uint64_t gpa_page, uint64_t *spa_page)
{
    struct hv_frames *frames = &caller->lineage.hierarchy->frames;
    hv_status status;

    if (!find_own_page(caller, gpa_page, spa_page) ||
        !hv_frame_deposit(frames, *spa_page, hv_frame_holder(caller), hv_frame_holder(target)))
        return HV_STATUS_OPERATION_DENIED;
    hv_frame_note_place(frames, *spa_page, caller->lineage.level, gpa_page);
    status = conceal(caller, *spa_page);
    if (status != HV_STATUS_SUCCESS)
        hv_frame_return(frames, *spa_page, hv_frame_holder(target), hv_frame_holder(caller));
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
    return status == HV_STATUS_SUCCESS ? hv_partition_deposit(target, spa_page) : status;
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

struct withdrawal {
    const struct hv_frames *frames;
    const struct hv_partition *holder;
    unsigned level; /* of the caller */
    bool any;       /* also what the target has deposited for itself */
};

/* The root's pool has pages of the embedder too, which came from no GPA. */
static bool is_to_withdraw(const void *context, uint64_t spa_page)
{
    const struct withdrawal *wanted = context;

    return hv_frame_is_deposited(wanted->frames, spa_page, wanted->holder) &&
           (wanted->any || hv_frame_is_from(wanted->frames, spa_page, wanted->level));
}

/* Nobody passes the page on before all have it again. */
static void put_back(struct hv_partition *caller, struct hv_partition *target, uint64_t spa_page)
{
    struct hv_frames *frames = &caller->lineage.hierarchy->frames;

    reveal(caller, NULL, spa_page);
    hv_frame_return(frames, spa_page, hv_frame_holder(target), hv_frame_holder(caller));
}

/* What a partition has deposited for itself goes back to where it was, but to its parent when it
   has no GPA space any more. */
static hv_status withdraw(struct hv_partition *caller, struct hv_partition *target,
                          uint64_t *gpa_page)
{
    struct withdrawal wanted = { .frames = &caller->lineage.hierarchy->frames,
                                 .holder = hv_frame_holder(target),
                                 .level = caller->lineage.level,
                                 .any = hv_partition_state(&target->lineage) ==
                                        HV_PARTITION_FINALIZED };
    uint64_t spa_page;

    if (hv_pool_withdraw_chosen(&target->pool, is_to_withdraw, &wanted, &spa_page) !=
        HV_STATUS_SUCCESS)
        return HV_STATUS_NO_RESOURCES;
    hv_stats_note_pool(target);
    *gpa_page = place_of(caller, spa_page);
    put_back(caller, target, spa_page);
    return HV_STATUS_SUCCESS;
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
