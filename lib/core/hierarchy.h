/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The partitions of one machine: whose child each is, which has an ID, who holds each page of
 * memory. There is one hierarchy for the root partition and all its descendants; a partition whose
 * parent is the embedder has none.
 */
#ifndef HV_CORE_HIERARCHY_H
#define HV_CORE_HIERARCHY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/partition.h>

#include "frame.h"
#include "lock.h"
#include "stats.h"

#define HV_HIERARCHY_BUCKETS 64

/* In the life of a partition, in this order (TLFS: partitions, "partition creation" to "partition
   destruction"). */
enum hv_partition_state {
    HV_PARTITION_CREATED,   /* until HvCallInitializePartition: nothing but properties and memory */
    HV_PARTITION_ACTIVE,    /* has VPs and a GPA space */
    HV_PARTITION_FINALIZED, /* had them: there is nothing left but memory to withdraw */
    HV_PARTITION_DELETED,   /* not found any more; here until the last reference is dropped */
};

/* A partition's place among the others; part of struct hv_partition. */
struct hv_lineage {
    struct hv_hierarchy *hierarchy; /* NULL: the embedder is the parent */
    struct hv_partition *parent;    /* NULL: the root. For ever, and referred to */
    unsigned level;                 /* the root's is 0, a child's one more than its parent's */
    _Atomic uint32_t state;         /* enum hv_partition_state; written under lock */
    _Atomic uint32_t references;    /* one while it is found, one by each child and each user */
    struct hv_lock lock;            /* taken by who changes state or builds on its not changing */
    /* Under the lock of the hierarchy. */
    struct hv_partition *first_child; /* by falling ID */
    struct hv_partition *next_sibling;
    struct hv_partition *next; /* in the bucket */
};

/* Lives in a page of the root's pool. */
struct hv_hierarchy {
    struct hv_lock lock; /* guards the links of all partitions; held for no longer than a search */
    uint64_t last_id;    /* IDs are not used twice */
    struct hv_partition *buckets[HV_HIERARCHY_BUCKETS];
    struct hv_frames frames;
    struct hv_stats_globals stats;
    uint64_t reserved;            /* of LPs, by all VPs (cpu_share.c) */
    _Atomic uint32_t sleep_types; /* how to turn the machine off (hypercall_power.c) */
};

/* Makes the hierarchy of a root partition, with root as its only member. */
hv_status hv_hierarchy_init(struct hv_partition *root, const struct hv_partition_config *config);

/*
 * Adds a partition, with an ID of its own, as a child of parent: found from now on, and with the
 * one reference that this takes. The parent, which the caller refers to, is referred to by it.
 */
void hv_hierarchy_add(struct hv_partition *parent, struct hv_partition *child);

/* Makes it not be found, and drops the reference of its being so. Once, with state DELETED. */
void hv_hierarchy_remove(struct hv_partition *partition);

/* The partition with that ID, with a reference for the caller, or NULL. */
struct hv_partition *hv_hierarchy_find(struct hv_hierarchy *hierarchy, uint64_t id);

/* Whether it has a child that is found. */
bool hv_hierarchy_has_children(struct hv_partition *parent);

/* The child of parent with the smallest ID above previous, with a reference, or NULL. */
struct hv_partition *hv_hierarchy_next_child(struct hv_partition *parent, uint64_t previous);

/* One more reference to a partition that the caller refers to already. */
void hv_partition_hold(struct hv_partition *partition);

/*
 * Drops a reference. With the last one of a deleted partition all its pages go to its parent; of a
 * partition outside any hierarchy nothing happens.
 */
void hv_partition_drop(struct hv_partition *partition);

/*
 * Whether a page of memory in the partition's GPA space is still its own to use or lose: it has not
 * deposited the page, nor, unless it is the root, given it to a child, to whom it could have given
 * all of its rights.
 */
bool hv_partition_has_at_hand(const struct hv_partition *partition, uint64_t spa_page);

static inline enum hv_partition_state hv_partition_state(const struct hv_lineage *lineage)
{
    return (enum hv_partition_state)atomic_load_explicit(&lineage->state, memory_order_acquire);
}

#endif
