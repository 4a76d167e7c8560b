/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The end of a GPA space. First it becomes empty for everybody, at one moment: it has no pages any
 * more. After the flush nobody is in the tables, so what is left is taken apart without care, a
 * table at a time. How far that has come stands in the tables alone.
 */
#include "address_tables.h"
#include "core.h"

/* No tables: the space is destroyed. */
#define NO_ROOT UINT64_MAX

static void close_space(struct hv_partition *partition)
{
    struct hv_address_space *space = &partition->address;

    hv_lock_acquire(&space->lock);
    hv_overlay_remove_all(partition);
    space->page_count = 0;
    hv_lock_release(&space->lock);
    hv_address_flush(partition);
}

/* What the partition does not hold, such as device memory, is passed over. */
static void return_frames(struct hv_partition *partition, uint64_t spa_page, uint64_t count)
{
    struct hv_lineage *lineage = &partition->lineage;

    if (lineage->parent)
        hv_frame_unmap(&lineage->hierarchy->frames, spa_page, count, partition,
                       hv_frame_holder(lineage->parent));
}

static void empty(struct hv_partition *partition, hv_entry *slot, unsigned level)
{
    uint64_t entry = atomic_load_explicit(slot, memory_order_relaxed);
    struct hv_mapping mapping;

    hv_slat_decode(partition->address.slat, entry, level, &mapping);
    if (mapping.spa_page != HV_NO_PAGE)
        return_frames(partition, mapping.spa_page, hv_slat_pages(level));
    atomic_store_explicit(slot, 0, memory_order_relaxed);
}

static void empty_all(struct hv_partition *partition, hv_entry *table)
{
    for (unsigned i = 0; i < HV_SLAT_TABLE_ENTRIES; i++)
        empty(partition, &table[i], 1);
}

static hv_entry *first_used(hv_entry *table)
{
    for (unsigned i = 0; i < HV_SLAT_TABLE_ENTRIES; i++)
        if (atomic_load_explicit(&table[i], memory_order_relaxed) != 0)
            return &table[i];
    return NULL;
}

static void free_table(struct hv_partition *partition, hv_entry *link, uint64_t table)
{
    if (link)
        atomic_store_explicit(link, 0, memory_order_relaxed);
    else
        partition->address.root = NO_ROOT;
    hv_pool_free(&partition->pool, table);
}

/* Empties one large leaf, or empties and frees one table. */
static void take_apart(struct hv_partition *partition)
{
    const struct hv_address_space *space = &partition->address;
    uint64_t table = space->root, below;
    hv_entry *link = NULL;

    for (unsigned level = HV_SLAT_TOP_LEVEL; level > 1; level--) {
        hv_entry *used = first_used(hv_tables_at(partition, table));

        if (!used) {
            free_table(partition, link, table);
            return;
        }
        if (!space->slat->descend(atomic_load_explicit(used, memory_order_relaxed), level,
                                  &below)) {
            empty(partition, used, level);
            return;
        }
        link = used;
        table = below;
    }
    empty_all(partition, hv_tables_at(partition, table));
    free_table(partition, link, table);
}

bool hv_address_space_destroy(struct hv_partition *partition, uint64_t deadline)
{
    struct hv_address_space *space = &partition->address;

    if (space->page_count != 0)
        close_space(partition);
    while (space->root != NO_ROOT) {
        take_apart(partition);
        if (hv_now(partition) >= deadline)
            break;
    }
    return space->root == NO_ROOT;
}
