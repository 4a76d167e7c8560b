/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "address_replace.h"

#include "address_tables.h"
#include "core.h"

#define RUN_LENGTH_SHIFT 40 /* above it: pages after the first one */
#define RUN_FIRST_MASK   ((UINT64_C(1) << RUN_LENGTH_SHIFT) - 1)

/* ---- what is to be given back ---- */

void hv_replaced_init(struct hv_replaced *replaced, uint64_t *runs)
{
    *replaced = (struct hv_replaced){ .runs = runs, .table = HV_NO_PAGE };
}

/* A large page may have replaced as many runs as there is room for. */
bool hv_replaced_has_room(const struct hv_replaced *replaced, unsigned level)
{
    if (level > 1)
        return replaced->count == 0 && replaced->table == HV_NO_PAGE;
    return replaced->count < HV_REPLACED_RUNS;
}

static bool follows(uint64_t run, uint64_t spa_page)
{
    return (run & RUN_FIRST_MASK) + (run >> RUN_LENGTH_SHIFT) + 1 == spa_page;
}

static void note(struct hv_replaced *replaced, uint64_t spa_page)
{
    if (replaced->count > 0 && follows(replaced->runs[replaced->count - 1], spa_page))
        replaced->runs[replaced->count - 1] += UINT64_C(1) << RUN_LENGTH_SHIFT;
    else
        replaced->runs[replaced->count++] = spa_page;
}

static void give_back(struct hv_partition *partition, uint64_t run)
{
    const struct hv_lineage *lineage = &partition->lineage;
    uint64_t first = run & RUN_FIRST_MASK;

    for (uint64_t page = first; page <= first + (run >> RUN_LENGTH_SHIFT); page++)
        hv_frame_give_back(&lineage->hierarchy->frames, page, partition,
                           hv_frame_holder(lineage->parent));
}

void hv_replaced_release(struct hv_partition *partition, struct hv_replaced *replaced)
{
    if (replaced->stale || replaced->table != HV_NO_PAGE)
        hv_address_flush(partition);
    for (unsigned i = 0; i < replaced->count; i++)
        give_back(partition, replaced->runs[i]);
    if (replaced->table != HV_NO_PAGE)
        hv_pool_free(&partition->pool, replaced->table);
    hv_replaced_init(replaced, replaced->runs);
}

/* ---- one replacement ---- */

struct replacement {
    struct hv_partition *partition;
    uint64_t gpa_page;
    struct hv_place place;
    const hv_entry *table; /* what place has instead of a leaf, or NULL */
    struct hv_mapping old; /* what place has otherwise, below any overlay */
    const struct hv_mapping *mapping;
    uint64_t source; /* where the parent has the first page of mapping */
};

static struct hv_frames *frames_of(const struct replacement *change)
{
    return &change->partition->lineage.hierarchy->frames;
}

/* The parent, as a holder. */
static struct hv_partition *giver(const struct replacement *change)
{
    return hv_frame_holder(change->partition->lineage.parent);
}

static uint64_t page_within(uint64_t spa_page, uint64_t index)
{
    return spa_page == HV_NO_PAGE ? HV_NO_PAGE : spa_page + index;
}

static uint64_t new_page(const struct replacement *change, uint64_t index)
{
    return page_within(change->mapping->spa_page, index);
}

static uint64_t old_page(const struct replacement *change, uint64_t index)
{
    struct hv_mapping old;

    if (!change->table)
        return page_within(change->old.spa_page, index);
    hv_slat_decode(change->partition->address.slat,
                   atomic_load_explicit(&change->table[index], memory_order_relaxed), 1, &old);
    return old.spa_page;
}

static bool has_old_pages(const struct replacement *change)
{
    return change->table || change->old.spa_page != HV_NO_PAGE;
}

/* ---- new pages ---- */

/* Under the lock of the parent's space. What the child writes is not recorded in the parent's
   tables, so the page counts as written there. */
static bool may_grant(const struct replacement *change, uint64_t gpa_page, uint64_t spa_page)
{
    const struct hv_partition *parent = change->partition->lineage.parent;
    uint8_t access = change->mapping->access;
    struct hv_mapping mapping;

    hv_address_look_beneath(parent, gpa_page, &mapping);
    if (mapping.spa_page != spa_page || (mapping.access & access) != access)
        return false;
    if (access != HV_ACCESS_NONE)
        hv_address_record_write(parent, gpa_page);
    return true;
}

static bool map_run(const struct replacement *change, uint64_t index, uint64_t count)
{
    return hv_frame_map(frames_of(change), new_page(change, index), count, giver(change),
                        change->partition, change->source + index);
}

/*
 * Nobody gives a child what it doesn't have at that moment, nor more rights to it than it has
 * itself; the root's pages are where they are, and it decides on rights alone. Once the child has
 * the page, its parent's rights do not change. The lock is that of a space above: locks are taken
 * upwards.
 */
static bool take_run(const struct replacement *change, uint64_t index, uint64_t count)
{
    struct hv_partition *parent = change->partition->lineage.parent;
    bool taken = true;

    if (!parent->lineage.parent)
        return map_run(change, index, count);
    hv_lock_acquire(&parent->address.lock);
    for (uint64_t i = index; i < index + count && taken; i++)
        taken = may_grant(change, change->source + i, new_page(change, i));
    taken = taken && map_run(change, index, count);
    hv_lock_release(&parent->address.lock);
    return taken;
}

static bool stays(const struct replacement *change, uint64_t index)
{
    return old_page(change, index) == new_page(change, index);
}

static void drop_new(const struct replacement *change, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (!stays(change, i))
            hv_frame_unmap(frames_of(change), new_page(change, i), 1, change->partition,
                           giver(change));
}

/* All or none. */
static bool take_new(const struct replacement *change, uint64_t pages)
{
    uint64_t done = 0;

    if (change->mapping->spa_page == HV_NO_PAGE)
        return true;
    if (!has_old_pages(change))
        return take_run(change, 0, pages);
    if (!hv_frame_can_map(frames_of(change), change->mapping->spa_page, pages, giver(change),
                          change->partition))
        return false;
    while (done < pages && (stays(change, done) || take_run(change, done, 1)))
        done++;
    if (done == pages)
        return true;
    drop_new(change, done);
    return false;
}

/* ---- old pages ---- */

/* The page stays, with other rights. */
static hv_status check_stay(const struct replacement *change, uint64_t spa_page)
{
    struct hv_partition *parent = change->partition->lineage.parent;
    bool granted;

    if (!hv_partition_has_at_hand(change->partition, spa_page))
        return HV_STATUS_OBJECT_IN_USE;
    if (!parent || !parent->lineage.parent || change->mapping->access == HV_ACCESS_NONE)
        return HV_STATUS_SUCCESS;
    hv_lock_acquire(&parent->address.lock);
    granted = may_grant(change, hv_frame_place(frames_of(change), spa_page, parent->lineage.level),
                        spa_page);
    hv_lock_release(&parent->address.lock);
    return granted ? HV_STATUS_SUCCESS : HV_STATUS_OPERATION_DENIED;
}

/* The old page stays with the child, and nobody else, until it is given back. What nobody has
   passed on was mapped by the embedder, who keeps no account here. */
static bool hold_back(const struct replacement *change, uint64_t spa_page)
{
    return hv_frame_hold_back(frames_of(change), spa_page, change->partition, giver(change)) ||
           !hv_frame_is_passed_on(frames_of(change), spa_page);
}

static hv_status leave_old(const struct replacement *change, uint64_t index)
{
    uint64_t old = old_page(change, index);

    if (old == HV_NO_PAGE)
        return HV_STATUS_SUCCESS;
    if (stays(change, index))
        return check_stay(change, old);
    return hold_back(change, old) ? HV_STATUS_SUCCESS : HV_STATUS_OBJECT_IN_USE;
}

static void keep_old(const struct replacement *change, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t old = old_page(change, i);

        if (old != HV_NO_PAGE && !stays(change, i))
            hv_frame_keep(frames_of(change), old, change->partition);
    }
}

static void note_old(const struct replacement *change, uint64_t count, struct hv_replaced *replaced)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t old = old_page(change, i);

        if (old != HV_NO_PAGE && !stays(change, i))
            note(replaced, old);
    }
}

/* ---- both ---- */

static hv_status exchange_frames(const struct replacement *change, struct hv_replaced *replaced)
{
    uint64_t pages = hv_slat_pages(change->place.level), left = 0;
    hv_status status = HV_STATUS_SUCCESS;

    if (!change->partition->lineage.parent)
        return HV_STATUS_SUCCESS;
    if (has_old_pages(change))
        while (left < pages && (status = leave_old(change, left)) == HV_STATUS_SUCCESS)
            left++;
    if (status == HV_STATUS_SUCCESS && !take_new(change, pages))
        status = HV_STATUS_OPERATION_DENIED;
    if (status == HV_STATUS_SUCCESS)
        note_old(change, left, replaced);
    else
        keep_old(change, left);
    return status;
}

static void store(const struct replacement *change, struct hv_replaced *replaced)
{
    const struct hv_address_space *space = &change->partition->address;
    uint64_t table;

    if (change->table) {
        space->slat->descend(change->place.entry, change->place.level, &table);
        replaced->table = table;
        atomic_store_explicit(change->place.slot,
                              hv_slat_encode(space->slat, change->mapping, change->place.level),
                              memory_order_release);
    } else if (change->place.level == 1 && hv_overlay_at(space, change->gpa_page)) {
        *hv_overlay_covered(space, change->gpa_page) = *change->mapping;
        /* It may have been covered this moment, by an LP that has not flushed yet. */
        replaced->stale = true;
    } else {
        replaced->stale |= hv_tables_store(space, &change->place, change->mapping);
    }
}

/* Whether the entry says so already, for these pages and more. */
static bool is_said(const struct hv_partition *partition, const struct hv_place *place,
                    const struct hv_mapping *mapping)
{
    return mapping->spa_page == HV_NO_PAGE &&
           place->entry == hv_slat_encode(partition->address.slat, mapping, place->level);
}

static void read_old(struct replacement *change)
{
    const struct hv_address_space *space = &change->partition->address;

    hv_slat_decode(space->slat, change->place.entry, change->place.level, &change->old);
    if (change->old.overlay)
        change->old = *hv_overlay_covered(space, change->gpa_page);
}

static hv_status find_place(struct replacement *change, unsigned level)
{
    struct hv_partition *partition = change->partition;
    const struct hv_slat_ops *slat = partition->address.slat;
    uint64_t table;

    for (;;) {
        change->place = hv_tables_find_above(partition, change->gpa_page, level);
        if (change->place.level == level || is_said(partition, &change->place, change->mapping))
            break;
        if (hv_tables_deepen_from_pool(partition, &change->place) != HV_STATUS_SUCCESS)
            return HV_STATUS_INSUFFICIENT_MEMORY;
    }
    if (!slat->descend(change->place.entry, change->place.level, &table)) {
        read_old(change);
        return HV_STATUS_SUCCESS;
    }
    change->table = hv_tables_at(partition, table);
    return hv_overlay_among(&partition->address, change->gpa_page, hv_slat_pages(level))
               ? HV_STATUS_INVALID_PARAMETER
               : HV_STATUS_SUCCESS;
}

static hv_status replace_locked(struct replacement *change, unsigned level,
                                struct hv_replaced *replaced)
{
    hv_status status = find_place(change, level);

    if (status != HV_STATUS_SUCCESS || is_said(change->partition, &change->place, change->mapping))
        return status;
    status = exchange_frames(change, replaced);
    if (status == HV_STATUS_SUCCESS)
        store(change, replaced);
    return status;
}

hv_status hv_address_replace(struct hv_partition *partition, uint64_t gpa_page, unsigned level,
                             const struct hv_mapping *mapping, uint64_t source,
                             struct hv_replaced *replaced)
{
    struct replacement change = {
        .partition = partition, .gpa_page = gpa_page, .mapping = mapping, .source = source
    };
    struct hv_address_space *space = &partition->address;
    hv_status status;

    hv_lock_acquire(&space->lock);
    status = replace_locked(&change, level, replaced);
    hv_lock_release(&space->lock);
    return status;
}

/* ---- rights of what is mapped ---- */

static hv_status modify_locked(struct replacement *change, const struct hv_mapping *rights,
                               struct hv_replaced *replaced)
{
    struct hv_mapping mapping = *rights;
    hv_status status;

    change->mapping = &mapping;
    change->place = hv_tables_find(change->partition, change->gpa_page);
    read_old(change);
    if (old_page(change, 0) == HV_NO_PAGE)
        return HV_STATUS_OPERATION_DENIED;
    status = find_place(change, 1);
    if (status != HV_STATUS_SUCCESS)
        return status;
    mapping.spa_page = old_page(change, 0);
    status = check_stay(change, mapping.spa_page);
    if (status != HV_STATUS_SUCCESS)
        return status;
    store(change, replaced);
    return HV_STATUS_SUCCESS;
}

hv_status hv_address_modify(struct hv_partition *partition, uint64_t gpa_page,
                            const struct hv_mapping *rights, struct hv_replaced *replaced)
{
    struct replacement change = { .partition = partition, .gpa_page = gpa_page };
    struct hv_address_space *space = &partition->address;
    hv_status status;

    hv_lock_acquire(&space->lock);
    status = modify_locked(&change, rights, replaced);
    hv_lock_release(&space->lock);
    return status;
}
