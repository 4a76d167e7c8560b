/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A root partition with frames for the fake machine's memory, and children. */
#ifndef HV_CORE_TESTS_FAMILY_H
#define HV_CORE_TESTS_FAMILY_H

#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"

static struct hv_frame family_frames[FAKE_PAGES];

static inline void family_must(bool condition)
{
    if (!condition)
        abort();
}

/* With pages of the fake's pool: what it needs, and as many to spare. */
static inline struct hv_partition *family_create(struct fake_platform *fake, bool root,
                                                 size_t spare)
{
    const struct hv_page_ops *ops = &fake->platform.pages;
    struct hv_partition_config config = { .id = 1,
                                          .privileges = UINT64_MAX,
                                          .root = root,
                                          .max_vps = 4,
                                          .gpa_bits = 40,
                                          .frames = root ? family_frames : NULL,
                                          .frame_count = FAKE_PAGES };
    struct hv_partition *partition;
    uint64_t pages[FAKE_PAGES];
    size_t count = hv_partition_pages(&config) + spare;

    for (size_t i = 0; i < count; i++)
        family_must(ops->alloc(ops->context, &pages[i]));
    family_must(hv_partition_create(&fake->platform, &config, pages, count, &partition) ==
                HV_STATUS_SUCCESS);
    return partition;
}

/* The root has guest RAM of FAKE_FIRST_POOL pages at GPA = SPA. */
static inline struct hv_partition *family_root(struct fake_platform *fake)
{
    struct hv_partition *root;

    memset(family_frames, 0, sizeof(family_frames));
    root = family_create(fake, true, 32);
    root->features.privileges |= HV_PRIVILEGE_CreatePartitions;
    family_must(hv_address_map(root, 0, 0, FAKE_FIRST_POOL, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK) ==
                HV_STATUS_SUCCESS);
    return root;
}

static inline struct hv_partition *family_child(struct fake_platform *fake,
                                                struct hv_partition *parent, size_t spare)
{
    struct hv_partition *child = family_create(fake, false, spare);

    hv_hierarchy_add(parent, child);
    atomic_store(&child->lineage.state, HV_PARTITION_ACTIVE);
    return child;
}

static inline bool family_holds(const struct hv_partition *holder, uint64_t spa_page)
{
    const struct hv_partition *named = holder->lineage.parent ? holder : NULL;

    return hv_frame_is_held(&holder->lineage.hierarchy->frames, spa_page, named);
}

#endif
