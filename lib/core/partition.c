/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <hv/address.h>

#include "core.h"
#include "crash.h"
#include "hypercall_page.h"
#include "mem.h"
#include "stats.h"

_Static_assert(HV_PARTITION_MAX_VPS * sizeof(struct hv_vp *) <= HV_PAGE_SIZE,
               "the table of VPs must fit in one page");

/* The object; the tables of VPs and of APIC IDs; the crash message; the top nested page table; the
   hypercall page, the reference TSC page and two statistics pages. */
#define PARTITION_PAGES 9

/* A root's hierarchy, and the statistics page of the hypervisor. */
#define ROOT_PAGES 2

static bool has_hierarchy(const struct hv_partition_config *config)
{
    return config->root && config->frames;
}

/* Only who has a hierarchy can have children. */
static uint64_t wanted_privileges(const struct hv_partition_config *config)
{
    return has_hierarchy(config) ? config->privileges
                                 : config->privileges & ~HV_FEATURES_OF_HIERARCHIES;
}

size_t hv_partition_pages(const struct hv_partition_config *config)
{
    return PARTITION_PAGES + (has_hierarchy(config) ? ROOT_PAGES : 0);
}

static bool places_valid(const struct hv_partition_config *config)
{
    uint64_t space = UINT64_C(1) << (config->gpa_bits - HV_PAGE_SHIFT);
    uint64_t count = hv_partition_overlay_pages(config);

    return config->first_overlay == 0 ||
           (config->root && count <= space && config->first_overlay <= space - count);
}

static bool config_valid(const struct hv_partition_config *config)
{
    return config->id != HV_PARTITION_ID_INVALID && config->id != HV_PARTITION_ID_SELF &&
           config->max_vps >= 1 && config->max_vps <= HV_PARTITION_MAX_VPS &&
           config->gpa_bits >= HV_GPA_BITS_MIN && config->gpa_bits <= HV_SLAT_ADDRESS_BITS;
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

    partition->vps = hv_pool_alloc(&partition->pool, &partition->vps_page);
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
    return hv_stats_init(partition, &partition->stats, &hv_stats_of_partition);
}

static void destroy_components(struct hv_partition *partition)
{
    struct hv_pool *pool = &partition->pool;

    hv_stats_destroy(partition, &partition->stats);
    hv_crash_destroy(partition);
    hv_time_destroy(partition);
    hv_hypercall_page_destroy(partition);
    (void)hv_address_space_destroy(partition, UINT64_MAX);
    hv_apic_routes_destroy(partition);
    hv_pool_free(pool, partition->vps_page);
}

/* A partition that is nobody's child yet: its object in the first page, its components in the
 * others. */
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
    created->spa_page = pages[0];
    created->id = config->id;
    created->root = config->root;
    created->gpa_bits = config->gpa_bits;
    created->max_vps = config->max_vps;
    atomic_init(&created->lineage.references, 1);
    hv_cpu_share_init(&created->share);
    hv_features_derive(&created->features, platform, wanted_privileges(config));
    if (hv_partition_may(created, HV_PRIVILEGE_CpuManagement))
        created->first_overlay = config->first_overlay;
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

    if (!config_valid(config) || !places_valid(config))
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

static void give_back(struct hv_pool *pool, const uint64_t *pages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hv_pool_free(pool, pages[i]);
}

/* Its own pages stay in its parent's account, where they are in use until it is released. */
hv_status hv_partition_create_child(struct hv_partition *parent,
                                    const struct hv_partition_config *config,
                                    struct hv_partition **child)
{
    uint64_t pages[PARTITION_PAGES];
    hv_status status;

    for (size_t i = 0; i < PARTITION_PAGES; i++) {
        if (hv_pool_alloc(&parent->pool, &pages[i]))
            continue;
        give_back(&parent->pool, pages, i);
        return HV_STATUS_INSUFFICIENT_MEMORY;
    }
    status = build(parent->platform, config, pages, PARTITION_PAGES, child);
    if (status == HV_STATUS_SUCCESS)
        (*child)->pool.total = 0;
    else
        give_back(&parent->pool, pages, PARTITION_PAGES);
    return status;
}

hv_status hv_partition_deposit(struct hv_partition *partition, uint64_t spa_page)
{
    hv_status status = hv_pool_deposit(&partition->pool, spa_page);

    hv_stats_note_pool(partition);
    return status;
}

hv_status hv_partition_withdraw(struct hv_partition *partition, uint64_t *spa_page)
{
    hv_status status = hv_pool_withdraw(&partition->pool, spa_page);

    hv_stats_note_pool(partition);
    return status;
}

size_t hv_partition_available(const struct hv_partition *partition)
{
    return hv_pool_unused(&partition->pool);
}

void *hv_partition_alloc_page(struct hv_partition *partition, uint64_t *spa_page)
{
    return hv_pool_alloc(&partition->pool, spa_page);
}

void hv_partition_free_page(struct hv_partition *partition, uint64_t spa_page)
{
    hv_pool_free(&partition->pool, spa_page);
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

/* Its own pages were its parent's, which has had them in use all the time. */
void hv_partition_release(struct hv_partition *partition)
{
    struct hv_partition *parent = partition->lineage.parent;
    uint64_t spa_page;

    destroy_components(partition);
    while (hv_pool_alloc(&partition->pool, &spa_page))
        hv_pool_free(&parent->pool, spa_page);
    hv_pool_free(&parent->pool, partition->spa_page);
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
