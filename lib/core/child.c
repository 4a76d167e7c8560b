/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "child.h"

#include "core.h"

/* What the TLFS defines (HV_PARTITION_CREATION_FLAGS). */
#define DEFINED_FLAGS                                                                      \
    (HV_PARTITION_CREATION_FLAG_SMT_ENABLED_GUEST |                                        \
     HV_PARTITION_CREATION_FLAG_NESTED_VIRTUALIZATION_CAPABLE |                            \
     HV_PARTITION_CREATION_FLAG_GPA_SUPER_PAGES_ENABLED |                                  \
     HV_PARTITION_CREATION_FLAG_EXO_PARTITION | HV_PARTITION_CREATION_FLAG_VTL1_OVERRIDE | \
     HV_PARTITION_CREATION_FLAG_VTL2_OVERRIDE | HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED | \
     HV_PARTITION_CREATION_FLAG_ENABLE_PERFMON_PMU |                                       \
     HV_PARTITION_CREATION_FLAG_ENABLE_PERFMON_LBR |                                       \
     HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED |                           \
     HV_PARTITION_CREATION_FLAG_HYPERCALL_DOORBELL_PAGE_ENABLED |                          \
     HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE)

#define IMPLEMENTED_FLAGS                                                                  \
    (HV_PARTITION_CREATION_FLAG_SMT_ENABLED_GUEST |                                        \
     HV_PARTITION_CREATION_FLAG_GPA_SUPER_PAGES_ENABLED |                                  \
     HV_PARTITION_CREATION_FLAG_EXO_PARTITION | HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED | \
     HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED |                           \
     HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE)

static hv_status add_child(struct hv_partition *parent,
                           const struct hv_input_create_partition *input, uint64_t *id)
{
    const struct hv_partition_config config = { .privileges = hv_features_of_child(parent),
                                                .max_vps = HV_PARTITION_MAX_VPS,
                                                .gpa_bits =
                                                    hv_partition_widest_gpa(parent->platform) };
    struct hv_partition *child;
    hv_status status = hv_partition_create_child(parent, &config, &child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    child->creation_flags = input->flags;
    child->creation = (struct hv_creation){
        .compatibility_version = input->compatibility_version,
        .disabled_features = { input->disabled_processor_features[0],
                               input->disabled_processor_features[1] },
        .disabled_xsave_features = input->disabled_processor_xsave_features,
    };
    hv_hierarchy_add(parent, child);
    *id = child->id;
    return HV_STATUS_SUCCESS;
}

/* The lock keeps a parent that is being finalized from getting another child. */
hv_status hv_child_create(struct hv_partition *parent,
                          const struct hv_input_create_partition *input, uint64_t *id)
{
    hv_status status = HV_STATUS_INVALID_PARTITION_STATE;

    if ((input->flags & ~DEFINED_FLAGS) || input->padding || input->isolation_properties)
        return HV_STATUS_INVALID_PARAMETER;
    if (input->flags & ~IMPLEMENTED_FLAGS)
        return HV_STATUS_FEATURE_UNAVAILABLE;
    if (parent->lineage.level + 1 >= HV_HIERARCHY_LEVELS)
        return HV_STATUS_PARTITION_TOO_DEEP;
    hv_lock_acquire(&parent->lineage.lock);
    if (hv_partition_state(&parent->lineage) == HV_PARTITION_ACTIVE)
        status = add_child(parent, input, id);
    hv_lock_release(&parent->lineage.lock);
    return status;
}

static bool is_in(const struct hv_partition *child, enum hv_partition_state state)
{
    return hv_partition_state(&child->lineage) == state;
}

/* From one state to another, or not at all. Under the lock. */
static hv_status change_state(struct hv_partition *child, enum hv_partition_state from,
                              enum hv_partition_state to)
{
    if (!is_in(child, from))
        return HV_STATUS_INVALID_PARTITION_STATE;
    atomic_store_explicit(&child->lineage.state, to, memory_order_release);
    return HV_STATUS_SUCCESS;
}

hv_status hv_child_initialize(struct hv_partition *child)
{
    hv_status status;

    hv_lock_acquire(&child->lineage.lock);
    status = change_state(child, HV_PARTITION_CREATED, HV_PARTITION_ACTIVE);
    hv_lock_release(&child->lineage.lock);
    return status;
}

/* ---- VPs ---- */

/* VPs of one partition refer to each other, so none of them may be in the middle of something. */
static void pause_all(struct hv_vp *self, struct hv_partition *child)
{
    for (uint32_t i = 0; i < child->max_vps; i++)
        if (child->vps[i])
            hv_vp_pause(self, child->vps[i]);
}

static void resume_all(struct hv_partition *child)
{
    for (uint32_t i = 0; i < child->max_vps; i++)
        if (child->vps[i])
            hv_vp_resume(child->vps[i]);
}

/* With the gate entered, so that the child keeps its VPs. */
static hv_status create_vp(struct hv_partition *child, uint32_t index)
{
    hv_status status = HV_STATUS_INVALID_PARTITION_STATE;

    hv_lock_acquire(&child->lineage.lock);
    if (is_in(child, HV_PARTITION_ACTIVE))
        status = hv_vp_create_suspended(child, index);
    hv_lock_release(&child->lineage.lock);
    return status;
}

hv_status hv_child_create_vp(struct hv_vp *self, struct hv_partition *child, uint32_t index)
{
    hv_status status;

    hv_gate_enter(&child->gate, self);
    status = create_vp(child, index);
    hv_gate_leave(&child->gate);
    return status;
}

/* With the gate closed. */
static hv_status delete_vp(struct hv_vp *self, struct hv_partition *child, uint32_t index)
{
    struct hv_vp *vp = hv_vp_get(child, index);

    if (!is_in(child, HV_PARTITION_ACTIVE))
        return HV_STATUS_INVALID_PARTITION_STATE;
    if (!vp)
        return HV_STATUS_INVALID_VP_INDEX;
    pause_all(self, child);
    hv_vp_destroy(self, vp);
    resume_all(child);
    return HV_STATUS_SUCCESS;
}

hv_status hv_child_delete_vp(struct hv_vp *self, struct hv_partition *child, uint32_t index)
{
    hv_status status;

    hv_gate_close(&child->gate, self);
    status = delete_vp(self, child, index);
    hv_gate_open(&child->gate);
    return status;
}

/* ---- The end ---- */

/* With the gate closed, and as often as it takes. */
static bool take_everything(struct hv_vp *self, struct hv_partition *child, uint64_t deadline)
{
    struct hv_partition *parent = child->lineage.parent;
    uint64_t top_table = child->address.root;
    bool done;

    pause_all(self, child);
    for (uint32_t i = 0; i < child->max_vps; i++)
        if (child->vps[i])
            hv_vp_destroy(self, child->vps[i]);
    hv_stats_hide_all(child, &child->stats);
    hv_intercept_destroy(child);
    hv_connections_destroy(child);
    done = hv_address_space_destroy(child, deadline);
    /* One of the pages that the child began with. */
    if (done && hv_pool_take(&child->pool, top_table))
        hv_pool_free(&parent->pool, top_table);
    return done;
}

/* Under the lock, which keeps the child from getting children of its own. */
static hv_status finalize_state(struct hv_partition *child)
{
    if (hv_hierarchy_has_children(child))
        return HV_STATUS_OPERATION_DENIED;
    return change_state(child, HV_PARTITION_ACTIVE, HV_PARTITION_FINALIZED);
}

static hv_status begin_end(struct hv_partition *child)
{
    hv_status status;

    if (is_in(child, HV_PARTITION_FINALIZED))
        return HV_STATUS_SUCCESS;
    hv_lock_acquire(&child->lineage.lock);
    status = finalize_state(child);
    hv_lock_release(&child->lineage.lock);
    if (status == HV_STATUS_SUCCESS)
        hv_ports_delete(child);
    return status;
}

hv_status hv_child_finalize(struct hv_vp *self, struct hv_partition *child, uint64_t deadline,
                            bool *done)
{
    hv_status status = begin_end(child);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_gate_close(&child->gate, self);
    *done = take_everything(self, child, deadline);
    hv_gate_open(&child->gate);
    return HV_STATUS_SUCCESS;
}

/* Under the lock of its state. */
static hv_status check_deletable(struct hv_partition *child)
{
    uint64_t unused, used;

    if (!is_in(child, HV_PARTITION_CREATED) && !is_in(child, HV_PARTITION_FINALIZED))
        return HV_STATUS_INVALID_PARTITION_STATE;
    hv_pool_balance(&child->pool, &unused, &used);
    return unused + used ? HV_STATUS_OPERATION_DENIED : HV_STATUS_SUCCESS;
}

hv_status hv_child_delete(struct hv_partition *child)
{
    hv_status status;

    hv_lock_acquire(&child->lineage.lock);
    status = check_deletable(child);
    if (status == HV_STATUS_SUCCESS)
        atomic_store_explicit(&child->lineage.state, HV_PARTITION_DELETED, memory_order_release);
    hv_lock_release(&child->lineage.lock);
    if (status == HV_STATUS_SUCCESS)
        hv_hierarchy_remove(child);
    return status;
}
