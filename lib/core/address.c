/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The GPA space in nested page tables.
 *
 * Who reads the tables, hardware and hv_address_translate(), takes no lock. Therefore each entry
 * changes in one atomic store, and a table is complete before an entry points to it. Here a table
 * that was once linked stays where it is, empty or not, so a region that was once cut into small
 * pages stays so; address_replace.c takes tables away.
 *
 * Only accessed and dirty bits are written by hardware, and nothing here depends on them.
 *
 * The space's lock is never held while hardware is made to forget: an LP that waits for the lock
 * could not answer.
 */
#include "address_tables.h"
#include "core.h"
#include "mem.h"

/* Cuts what begins before gpa_page and ends after it, so that nothing does. */
static hv_status cut(struct hv_partition *partition, uint64_t gpa_page)
{
    const struct hv_address_space *space = &partition->address;

    while (gpa_page < space->page_count) {
        struct hv_place place = hv_tables_find(partition, gpa_page);

        if (place.entry == 0 || gpa_page % hv_slat_pages(place.level) == 0)
            break;
        if (hv_tables_deepen_from_pool(partition, &place) != HV_STATUS_SUCCESS)
            return HV_STATUS_INSUFFICIENT_MEMORY;
    }
    return HV_STATUS_SUCCESS;
}

static bool in_space(const struct hv_address_space *space, uint64_t gpa_page, uint64_t count)
{
    return gpa_page <= space->page_count && count <= space->page_count - gpa_page;
}

static bool in_machine(const struct hv_partition *partition, uint64_t spa_page, uint64_t count)
{
    unsigned bits = partition->platform->facts.physical_address_bits;
    uint64_t pages = UINT64_C(1) << (bits - HV_PAGE_SHIFT);

    return spa_page <= pages && count <= pages - spa_page;
}

static bool cache_valid(enum hv_cache_type cache)
{
    switch (cache) {
    case HV_CACHE_UNCACHED:
    case HV_CACHE_WRITE_COMBINING:
    case HV_CACHE_WRITE_THROUGH:
    case HV_CACHE_WRITE_PROTECTED:
    case HV_CACHE_WRITE_BACK:
        return true;
    }
    return false;
}

/* The highest level at which one leaf may map the beginning of this range. */
static unsigned largest_leaf(const struct hv_address_space *space, uint64_t gpa_page,
                             uint64_t spa_page, uint64_t count)
{
    unsigned level = space->capabilities & HV_CPU_1G_PAGES ? 3 : 2;

    while ((gpa_page | spa_page) % hv_slat_pages(level) != 0 || count < hv_slat_pages(level))
        level--;
    return level;
}

/*
 * Maps as much of the beginning of a range as one entry can, or makes a table on the way there.
 * count becomes the number of pages mapped.
 */
static hv_status map_step(struct hv_partition *partition, uint64_t gpa_page,
                          const struct hv_mapping *mapping, uint64_t *count, bool *stale)
{
    const struct hv_address_space *space = &partition->address;
    unsigned level = largest_leaf(space, gpa_page, mapping->spa_page, *count);
    struct hv_place place = hv_tables_find(partition, gpa_page);

    *count = 0;
    if (place.level > level)
        return hv_tables_deepen_from_pool(partition, &place);

    *count = hv_slat_pages(place.level);
    if (place.level == 1 && hv_overlay_at(space, gpa_page) != NULL)
        *hv_overlay_covered(space, gpa_page) = *mapping;
    else
        *stale |= hv_tables_store(space, &place, mapping);
    return HV_STATUS_SUCCESS;
}

static hv_status map_locked(struct hv_partition *partition, uint64_t gpa_page,
                            struct hv_mapping *mapping, uint64_t count, bool *stale)
{
    while (count > 0) {
        uint64_t done = count;
        hv_status status = map_step(partition, gpa_page, mapping, &done, stale);

        if (status != HV_STATUS_SUCCESS)
            return status;
        gpa_page += done;
        mapping->spa_page += done;
        count -= done;
    }
    return HV_STATUS_SUCCESS;
}

/* Gives mapped pages other rights; HV_ACCESS_NONE unmaps them, and inaccessible ones. */
static void restrict_mapping(struct hv_mapping *mapping, uint8_t access)
{
    if (access == HV_ACCESS_NONE)
        *mapping = (struct hv_mapping){ .spa_page = HV_NO_PAGE };
    else if (mapping->access != HV_ACCESS_NONE)
        mapping->access = access;
}

static bool restrict_place(const struct hv_address_space *space, const struct hv_place *place,
                           uint64_t gpa_page, uint8_t access)
{
    struct hv_mapping mapping;

    hv_slat_decode(space->slat, place->entry, place->level, &mapping);
    if (mapping.overlay) {
        restrict_mapping(hv_overlay_covered(space, gpa_page), access);
        return false;
    }
    restrict_mapping(&mapping, access);
    return hv_tables_store(space, place, &mapping);
}

/* Both ends are cut first, so running out of memory changes nothing. */
static hv_status restrict_locked(struct hv_partition *partition, uint64_t gpa_page, uint64_t count,
                                 uint8_t access, bool *stale)
{
    const struct hv_address_space *space = &partition->address;
    uint64_t end = gpa_page + count;

    if (cut(partition, gpa_page) != HV_STATUS_SUCCESS || cut(partition, end) != HV_STATUS_SUCCESS)
        return HV_STATUS_INSUFFICIENT_MEMORY;

    while (gpa_page < end) {
        struct hv_place place = hv_tables_find(partition, gpa_page);

        if (place.entry != 0)
            *stale |= restrict_place(space, &place, gpa_page, access);
        gpa_page = (gpa_page | (hv_slat_pages(place.level) - 1)) + 1;
    }
    return HV_STATUS_SUCCESS;
}

static hv_status restrict_range(struct hv_partition *partition, uint64_t gpa_page, uint64_t count,
                                uint8_t access)
{
    struct hv_address_space *space = &partition->address;
    bool stale = false;
    hv_status status;

    if (!in_space(space, gpa_page, count))
        return HV_STATUS_INVALID_PARAMETER;

    hv_lock_acquire(&space->lock);
    status = restrict_locked(partition, gpa_page, count, access, &stale);
    hv_lock_release(&space->lock);
    if (stale)
        hv_address_flush(partition);
    return status;
}

hv_status hv_address_space_init(struct hv_partition *partition, uint8_t gpa_bits)
{
    const struct hv_platform_facts *facts = &partition->platform->facts;
    struct hv_address_space *space = &partition->address;

    if (gpa_bits < 32 || gpa_bits > HV_SLAT_ADDRESS_BITS)
        return HV_STATUS_INVALID_PARAMETER;

    memset(space, 0, sizeof(*space));
    space->readers = &partition->readers;
    space->slat = facts->slat_format == HV_SLAT_EPT ? &hv_slat_ept : &hv_slat_npt;
    space->page_count = UINT64_C(1) << (gpa_bits - HV_PAGE_SHIFT);
    space->capabilities = facts->capabilities;
    if (hv_pool_alloc(&partition->pool, &space->root) == NULL)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    return HV_STATUS_SUCCESS;
}

hv_status hv_address_map(struct hv_partition *partition, uint64_t gpa_page, uint64_t spa_page,
                         uint64_t count, uint8_t access, enum hv_cache_type cache)
{
    struct hv_address_space *space = &partition->address;
    struct hv_mapping mapping = { .spa_page = spa_page, .access = access, .cache = (uint8_t)cache };
    bool stale = false;
    hv_status status;

    if (!in_space(space, gpa_page, count) || !in_machine(partition, spa_page, count))
        return HV_STATUS_INVALID_PARAMETER;
    if (!space->slat->access_valid(access, space->capabilities) || !cache_valid(cache))
        return HV_STATUS_INVALID_PARAMETER;

    hv_lock_acquire(&space->lock);
    status = map_locked(partition, gpa_page, &mapping, count, &stale);
    hv_lock_release(&space->lock);
    if (stale)
        hv_address_flush(partition);
    return status;
}

hv_status hv_address_unmap(struct hv_partition *partition, uint64_t gpa_page, uint64_t count)
{
    return restrict_range(partition, gpa_page, count, HV_ACCESS_NONE);
}

hv_status hv_address_protect(struct hv_partition *partition, uint64_t gpa_page, uint64_t count,
                             uint8_t access)
{
    const struct hv_address_space *space = &partition->address;

    if (!space->slat->access_valid(access, space->capabilities))
        return HV_STATUS_INVALID_PARAMETER;
    return restrict_range(partition, gpa_page, count, access);
}

static inline void read_place(const struct hv_address_space *space, const struct hv_place *place,
                              uint64_t gpa_page, struct hv_mapping *mapping)
{
    hv_slat_decode(space->slat, place->entry, place->level, mapping);
    if (mapping->spa_page != HV_NO_PAGE)
        mapping->spa_page += gpa_page % hv_slat_pages(place->level);
}

bool hv_address_look_up(const struct hv_partition *partition, uint64_t gpa_page,
                        struct hv_mapping *mapping)
{
    const struct hv_address_space *space = &partition->address;
    struct hv_place place;

    if (gpa_page >= space->page_count) {
        *mapping = (struct hv_mapping){ .spa_page = HV_NO_PAGE };
        return false;
    }
    place = hv_tables_find(partition, gpa_page);
    read_place(space, &place, gpa_page, mapping);
    return hv_place_is_mapped(space, &place);
}

uint64_t hv_address_look_up_run(const struct hv_partition *partition, uint64_t gpa_page,
                                struct hv_mapping *mapping)
{
    struct hv_place place = hv_tables_find(partition, gpa_page);
    uint64_t pages = hv_slat_pages(place.level);

    read_place(&partition->address, &place, gpa_page, mapping);
    return pages - gpa_page % pages;
}

void hv_address_look_beneath(const struct hv_partition *partition, uint64_t gpa_page,
                             struct hv_mapping *mapping)
{
    const struct hv_address_space *space = &partition->address;

    (void)hv_address_look_up(partition, gpa_page, mapping);
    if (mapping->overlay)
        *mapping = *hv_overlay_covered(space, gpa_page);
}

bool hv_address_translate(const struct hv_partition *partition, uint64_t gpa_page,
                          struct hv_mapping *mapping)
{
    void *section = hv_address_enter(partition);
    bool mapped = hv_address_look_up(partition, gpa_page, mapping);

    hv_address_leave(section);
    return mapped;
}

void *hv_address_enter(const struct hv_partition *partition)
{
    return (void *)hv_grace_enter(partition->address.readers);
}

void hv_address_leave(void *section)
{
    hv_grace_leave((_Atomic uint32_t *)section);
}

uint64_t hv_address_root(const struct hv_partition *partition)
{
    return partition->address.root;
}

static uint32_t overlay_tables_left(const struct hv_partition *partition)
{
    uint32_t vps = atomic_load_explicit(&partition->vp_count, memory_order_relaxed);
    uint32_t limit = HV_OVERLAY_TABLES_BASE + vps * HV_OVERLAY_TABLES_PER_VP;
    uint32_t taken = partition->address.overlay_tables;

    /* VPs that have been deleted may have taken more than the others are granted. */
    return taken < limit ? limit - taken : 0;
}

hv_status hv_address_isolate(struct hv_partition *partition, uint64_t gpa_page)
{
    uint64_t pages[HV_SLAT_TOP_LEVEL - 1];
    struct hv_address_space *space = &partition->address;
    struct hv_place place = hv_tables_find(partition, gpa_page);
    unsigned needed = place.level - 1;

    if (needed > overlay_tables_left(partition))
        return HV_STATUS_INSUFFICIENT_MEMORY;
    for (unsigned i = 0; i < needed; i++) {
        if (hv_pool_alloc(&partition->pool, &pages[i]) != NULL)
            continue;
        while (i-- > 0)
            hv_pool_free(&partition->pool, pages[i]);
        return HV_STATUS_INSUFFICIENT_MEMORY;
    }
    for (unsigned i = 0; i < needed; i++) {
        hv_tables_deepen(partition, &place, pages[i]);
        place = hv_tables_find(partition, gpa_page);
    }
    space->overlay_tables += needed;
    return HV_STATUS_SUCCESS;
}

bool hv_address_set(struct hv_partition *partition, uint64_t gpa_page,
                    const struct hv_mapping *mapping)
{
    struct hv_place place = hv_tables_find(partition, gpa_page);

    return hv_tables_store(&partition->address, &place, mapping);
}

void hv_address_flush(struct hv_partition *partition)
{
    const struct hv_cpu_ops *cpu = &partition->platform->cpu;

    cpu->flush_slat(cpu->context, partition);
    hv_grace_wait(&partition->readers);
}
