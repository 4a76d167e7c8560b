/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <hv/address.h>

#include "core.h"
#include "crash.h"
#include "hypercall_page.h"
#include "mem.h"
#include "stats.h"

#define GPA_BITS_MIN 32
#define GPA_BITS_MAX 48 /* what four levels of nested page tables translate */

_Static_assert(HV_PARTITION_MAX_VPS * sizeof(struct hv_vp *) <= HV_PAGE_SIZE,
               "the table of VPs must fit in one page");

/* The object; the tables of VPs and of APIC IDs; the crash message; the top nested page table; the
   hypercall page, the reference TSC page and two statistics pages. */
#define PARTITION_PAGES 9

/* A root's hierarchy. */
#define ROOT_PAGES 1

static bool has_hierarchy(const struct hv_partition_config *config)
{
    return config->root && config->frames;
}

size_t hv_partition_pages(const struct hv_partition_config *config)
{
    return PARTITION_PAGES + (has_hierarchy(config) ? ROOT_PAGES : 0);
}

static bool config_valid(const struct hv_partition_config *config)
{
    return config->id != HV_PARTITION_ID_INVALID && config->id != HV_PARTITION_ID_SELF &&
           config->max_vps >= 1 && config->max_vps <= HV_PARTITION_MAX_VPS &&
           config->gpa_bits >= GPA_BITS_MIN && config->gpa_bits <= GPA_BITS_MAX;
}

static hv_status deposit_all(struct hv_partition *partition, const uint64_t *pages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hv_status status = hv_pool_deposit(&partition->pool, pages[i]);

        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return HV_STATUS_SUCCESS;
}

/* Everything of a partition that takes pages of its pool. */
static hv_status init_components(struct hv_partition *partition)
{
    hv_status status;

    partition->vps = hv_pool_alloc(&partition->pool, NULL);
    if (!partition->vps)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    status = hv_apic_routes_init(partition);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_address_space_init(partition, partition->gpa_bits);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_hypercall_page_init(partition);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_time_init(partition);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_crash_init(partition);
    if (status != HV_STATUS_SUCCESS)
        return status;
    return hv_stats_init(partition, &partition->stats);
}

/* A partition that is nobody's child yet. */
static hv_status build(const struct hv_platform *platform, const struct hv_partition_config *config,
                       const uint64_t *pages, size_t count, struct hv_partition **partition)
{
    struct hv_partition *created;
    hv_status status;

    if (count == 0)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    created = platform->memory.map(platform->memory.context, pages[0]);
    if (!created)
        return HV_STATUS_INVALID_PARAMETER;

    memset(created, 0, sizeof(*created));
    created->platform = platform;
    created->id = config->id;
    created->root = config->root;
    created->gpa_bits = config->gpa_bits;
    created->max_vps = config->max_vps;
    atomic_init(&created->lineage.references, 1);
    hv_features_derive(&created->features, platform, config->privileges);
    hv_pool_init(&created->pool, &platform->memory);
    status = deposit_all(created, pages + 1, count - 1);
    if (status == HV_STATUS_SUCCESS)
        status = init_components(created);
    if (status == HV_STATUS_SUCCESS)
        *partition = created;
    return status;
}

hv_status hv_partition_create(const struct hv_platform *platform,
                              const struct hv_partition_config *config, const uint64_t *pages,
                              size_t count, struct hv_partition **partition)
{
    struct hv_partition *created;
    hv_status status;

    if (!config_valid(config))
        return HV_STATUS_INVALID_PARAMETER;
    status = build(platform, config, pages, count, &created);
    if (status == HV_STATUS_SUCCESS && has_hierarchy(config))
        status = hv_hierarchy_init(created, config);
    if (status != HV_STATUS_SUCCESS)
        return status;
    atomic_init(&created->lineage.state, HV_PARTITION_ACTIVE);
    *partition = created;
    return HV_STATUS_SUCCESS;
}

hv_status hv_partition_deposit(struct hv_partition *partition, uint64_t spa_page)
{
    return hv_pool_deposit(&partition->pool, spa_page);
}

hv_status hv_partition_withdraw(struct hv_partition *partition, uint64_t *spa_page)
{
    return hv_pool_withdraw(&partition->pool, spa_page);
}

size_t hv_partition_available(const struct hv_partition *partition)
{
    return hv_pool_unused(&partition->pool);
}

void *hv_partition_alloc_page(struct hv_partition *partition, uint64_t *spa_page)
{
    return hv_pool_alloc(&partition->pool, spa_page);
}

void hv_partition_reset(struct hv_partition *partition)
{
    for (uint32_t i = 0; i < partition->max_vps; i++) {
        if (partition->vps[i])
            hv_vp_reset(partition->vps[i]);
    }
    hv_hypercall_page_reset(partition);
    hv_time_reset(partition);
    hv_crash_reset(partition);
    hv_stats_reset(partition, &partition->stats);
}

void hv_partition_release(struct hv_partition *partition)
{
    struct hv_partition *parent = partition->lineage.parent;
    uint64_t spa_page;

    while (hv_pool_withdraw(&partition->pool, &spa_page) == HV_STATUS_SUCCESS)
        hv_pool_deposit(&parent->pool, spa_page);
    hv_partition_drop(parent);
}

uint64_t hv_partition_privileges(const struct hv_partition *partition)
{
    return partition->features.privileges;
}

uint64_t hv_partition_id(const struct hv_partition *partition)
{
    return partition->id;
}

const struct hv_platform *hv_partition_platform(const struct hv_partition *partition)
{
    return partition->platform;
}
