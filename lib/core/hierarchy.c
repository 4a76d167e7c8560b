/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "hierarchy.h"

#include "core.h"

_Static_assert(sizeof(struct hv_hierarchy) <= HV_PAGE_SIZE, "a hierarchy must fit in one page");

size_t hv_frame_table_size(uint64_t pages)
{
    return (size_t)pages * sizeof(struct hv_frame);
}

static struct hv_partition **bucket(struct hv_hierarchy *hierarchy, uint64_t id)
{
    return &hierarchy->buckets[id % HV_HIERARCHY_BUCKETS];
}

static void insert(struct hv_hierarchy *hierarchy, struct hv_partition *partition)
{
    struct hv_partition **first = bucket(hierarchy, partition->id);

    partition->lineage.next = *first;
    *first = partition;
}

hv_status hv_hierarchy_init(struct hv_partition *root, const struct hv_partition_config *config)
{
    struct hv_hierarchy *hierarchy = hv_pool_alloc(&root->pool, NULL);

    if (!hierarchy)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    hierarchy->last_id = root->id;
    hierarchy->frames.table = config->frames;
    hierarchy->frames.count = config->frame_count;
    root->lineage.hierarchy = hierarchy;
    insert(hierarchy, root);
    return hv_stats_globals_init(root);
}

void hv_hierarchy_add(struct hv_partition *parent, struct hv_partition *child)
{
    struct hv_hierarchy *hierarchy = parent->lineage.hierarchy;

    hv_partition_hold(parent);
    child->lineage.hierarchy = hierarchy;
    child->lineage.parent = parent;
    child->lineage.level = parent->lineage.level + 1;
    hv_lock_acquire(&hierarchy->lock);
    child->id = ++hierarchy->last_id;
    child->lineage.next_sibling = parent->lineage.first_child;
    parent->lineage.first_child = child;
    insert(hierarchy, child);
    hv_lock_release(&hierarchy->lock);
    hv_stats_note_child(child, 1);
}

/* Under the lock. */
static void unlink(struct hv_hierarchy *hierarchy, struct hv_partition *partition)
{
    struct hv_partition **link = bucket(hierarchy, partition->id);

    while (*link != partition)
        link = &(*link)->lineage.next;
    *link = partition->lineage.next;
    link = &partition->lineage.parent->lineage.first_child;
    while (*link != partition)
        link = &(*link)->lineage.next_sibling;
    *link = partition->lineage.next_sibling;
}

void hv_hierarchy_remove(struct hv_partition *partition)
{
    struct hv_hierarchy *hierarchy = partition->lineage.hierarchy;

    hv_lock_acquire(&hierarchy->lock);
    unlink(hierarchy, partition);
    hv_lock_release(&hierarchy->lock);
    hv_stats_note_child(partition, UINT64_MAX);
    hv_partition_drop(partition);
}

struct hv_partition *hv_hierarchy_find(struct hv_hierarchy *hierarchy, uint64_t id)
{
    struct hv_partition *partition;

    hv_lock_acquire(&hierarchy->lock);
    partition = *bucket(hierarchy, id);
    while (partition && partition->id != id)
        partition = partition->lineage.next;
    if (partition)
        hv_partition_hold(partition);
    hv_lock_release(&hierarchy->lock);
    return partition;
}

bool hv_hierarchy_has_children(struct hv_partition *parent)
{
    struct hv_hierarchy *hierarchy = parent->lineage.hierarchy;
    bool has;

    hv_lock_acquire(&hierarchy->lock);
    has = parent->lineage.first_child != NULL;
    hv_lock_release(&hierarchy->lock);
    return has;
}

struct hv_partition *hv_hierarchy_next_child(struct hv_partition *parent, uint64_t previous)
{
    struct hv_hierarchy *hierarchy = parent->lineage.hierarchy;
    struct hv_partition *found = NULL;

    hv_lock_acquire(&hierarchy->lock);
    for (struct hv_partition *child = parent->lineage.first_child; child && child->id > previous;
         child = child->lineage.next_sibling)
        found = child;
    if (found)
        hv_partition_hold(found);
    hv_lock_release(&hierarchy->lock);
    return found;
}

/* What nobody has passed on was mapped by the embedder. */
bool hv_partition_has_at_hand(const struct hv_partition *partition, uint64_t spa_page)
{
    const struct hv_lineage *lineage = &partition->lineage;

    if (!lineage->hierarchy)
        return true;
    if (!lineage->parent)
        return !hv_frame_is_in_pool(&lineage->hierarchy->frames, spa_page);
    return hv_frame_is_held(&lineage->hierarchy->frames, spa_page, partition) ||
           hv_frame_is_shared(&lineage->hierarchy->frames, spa_page,
                              hv_frame_holder(lineage->parent)) ||
           !hv_frame_is_passed_on(&lineage->hierarchy->frames, spa_page);
}

void hv_partition_hold(struct hv_partition *partition)
{
    atomic_fetch_add_explicit(&partition->lineage.references, 1, memory_order_relaxed);
}

/* Release: who drops the last one sees what all others have done before. */
void hv_partition_drop(struct hv_partition *partition)
{
    if (atomic_fetch_sub_explicit(&partition->lineage.references, 1, memory_order_acq_rel) == 1 &&
        hv_partition_state(&partition->lineage) == HV_PARTITION_DELETED)
        hv_partition_release(partition);
}
