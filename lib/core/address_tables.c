/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "address_tables.h"

#include "core.h"

static inline hv_entry *at(const struct hv_memory_ops *memory, uint64_t spa_page)
{
    if (__builtin_expect(memory->direct != NULL, true))
        return (void *)(memory->direct + (spa_page << HV_PAGE_SHIFT));
    return memory->map(memory->context, spa_page);
}

hv_entry *hv_tables_at(const struct hv_partition *partition, uint64_t spa_page)
{
    return at(&partition->platform->memory, spa_page);
}

struct hv_place hv_tables_find_above(const struct hv_partition *partition, uint64_t gpa_page,
                                     unsigned lowest)
{
    const struct hv_slat_ops *slat = partition->address.slat;
    /* Not read again for each table, as what is behind an acquire would be. */
    const struct hv_memory_ops memory = partition->platform->memory;
    uint64_t table = partition->address.root;

    for (unsigned level = HV_SLAT_TOP_LEVEL;; level--) {
        hv_entry *slot = at(&memory, table) + hv_slat_index(gpa_page, level);
        /* Acquire pairs with the release in hv_tables_deepen(): a table that is seen is seen
           filled. */
        uint64_t entry = atomic_load_explicit(slot, memory_order_acquire);

        if (level == lowest || !slat->descend(entry, level, &table))
            return (struct hv_place){ slot, entry, level };
    }
}

struct hv_place hv_tables_find(const struct hv_partition *partition, uint64_t gpa_page)
{
    return hv_tables_find_above(partition, gpa_page, 1);
}

/* Whether what hardware may have cached of old misleads once new holds. */
static bool is_stale(const struct hv_mapping *old, const struct hv_mapping *new)
{
    return old->spa_page != new->spa_page || old->cache != new->cache ||
           (old->access & ~new->access);
}

static uint64_t with_history(const struct hv_slat_ops *slat, uint64_t entry, uint64_t old)
{
    bool same = (entry & HV_SLAT_ADDRESS_MASK) == (old & HV_SLAT_ADDRESS_MASK);

    if (!same || !hv_slat_has_page(slat, entry) || !hv_slat_has_page(slat, old))
        return entry;
    return entry | (old & (slat->accessed | slat->dirty));
}

/* Only hardware changes an entry at the same time, and only to record an access. */
bool hv_tables_store(const struct hv_address_space *space, const struct hv_place *place,
                     const struct hv_mapping *mapping)
{
    const struct hv_slat_ops *slat = space->slat;
    const uint64_t entry = hv_slat_encode(slat, mapping, place->level);
    uint64_t old = place->entry, new;
    struct hv_mapping was;

    do {
        new = with_history(slat, entry, old);
        /* Release: who finds the page finds what was written to it before it was mapped. */
    } while (!atomic_compare_exchange_weak_explicit(place->slot, &old, new, memory_order_release,
                                                    memory_order_relaxed));
    if (!slat->is_present(old))
        return false;
    slat->decode(old, place->level, &was);
    return is_stale(&was, mapping);
}

/* The exchange is repeated if hardware sets an accessed or dirty bit in the leaf meanwhile. */
void hv_tables_deepen(const struct hv_partition *partition, const struct hv_place *place,
                      uint64_t spa_page)
{
    const struct hv_slat_ops *slat = partition->address.slat;
    hv_entry *table = hv_tables_at(partition, spa_page);
    uint64_t entry = place->entry;

    do {
        for (unsigned i = 0; i < HV_SLAT_TABLE_ENTRIES; i++)
            atomic_store_explicit(&table[i], hv_slat_part(slat, entry, place->level, i),
                                  memory_order_relaxed);
    } while (!atomic_compare_exchange_weak_explicit(place->slot, &entry, slat->table(spa_page),
                                                    memory_order_release, memory_order_relaxed));
}

hv_status hv_tables_deepen_from_pool(struct hv_partition *partition, const struct hv_place *place)
{
    uint64_t spa_page;

    if (hv_pool_alloc(&partition->pool, &spa_page) == NULL)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    hv_tables_deepen(partition, place, spa_page);
    return HV_STATUS_SUCCESS;
}
