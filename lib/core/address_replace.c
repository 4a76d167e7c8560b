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
    struct hv_lineage *lineage = &partition->lineage;
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
    const struct hv_mapping *mapping;
    uint64_t source; /* where the parent has the first page of mapping */
};

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
    const struct hv_slat_ops *slat = change->partition->address.slat;
    struct hv_mapping old;

    if (change->table) {
        hv_slat_decode(slat, atomic_load_explicit(&change->table[index], memory_order_relaxed), 1,
                       &old);
        return old.spa_page;
    }
    hv_slat_decode(slat, change->place.entry, change->place.level, &old);
    if (old.overlay)
        old = *hv_overlay_covered(&change->partition->address, change->gpa_page);
    return page_within(old.spa_page, index);
}

/* The old page stays with the child, and nobody else, until it is given back. What nobody has
   passed on was mapped by the embedder, who keeps no account here. */
static bool hold_back(struct hv_frames *frames, uint64_t spa_page, struct hv_partition *child)
{
    return spa_page == HV_NO_PAGE || hv_frame_hold_back(frames, spa_page, child) ||
           !hv_frame_is_passed_on(frames, spa_page);
}

/* Under the lock of the parent's space. What the child writes is not recorded in the parent's
   tables, so the page counts as written there. */
static bool grant_locked(const struct hv_partition *parent, uint64_t gpa_page, uint64_t spa_page,
                         uint8_t access)
{
    struct hv_mapping mapping;

    hv_address_look_beneath(parent, gpa_page, &mapping);
    if (mapping.spa_page != spa_page || (mapping.access & access) != access)
        return false;
    hv_address_record_write(parent, gpa_page);
    return true;
}

/*
 * Nobody gives a child more rights to a page than it has itself, but for the root, which decides on
 * its own. The child holds the page, so its parent's rights do not change after this. The lock is
 * that of a space above: locks are taken upwards.
 */
static bool grant(const struct replacement *change, uint64_t spa_page)
{
    const struct hv_lineage *lineage = &change->partition->lineage;
    struct hv_partition *parent = lineage->parent;
    uint64_t place;
    bool granted;

    if (!parent || !parent->lineage.parent || change->mapping->access == HV_ACCESS_NONE)
        return true;
    place = hv_frame_place(&lineage->hierarchy->frames, spa_page, parent->lineage.level);
    hv_lock_acquire(&parent->address.lock);
    granted = grant_locked(parent, place, spa_page, change->mapping->access);
    hv_lock_release(&parent->address.lock);
    return granted;
}

/* Passes the index-th page of the new memory on. */
static bool pass(const struct replacement *change, uint64_t index)
{
    struct hv_partition *child = change->partition, *parent = child->lineage.parent;
    struct hv_frames *frames = &child->lineage.hierarchy->frames;
    uint64_t page = new_page(change, index);

    if (page == HV_NO_PAGE)
        return true;
    if (!hv_frame_pass(frames, page, hv_frame_holder(parent), child, false))
        return false;
    hv_frame_note_place(frames, page, parent->lineage.level, change->source + index);
    if (grant(change, page))
        return true;
    hv_frame_return(frames, page, child, false, hv_frame_holder(parent));
    return false;
}

/* The page stays, with other rights. */
static hv_status check_stay(const struct replacement *change, uint64_t spa_page)
{
    if (spa_page == HV_NO_PAGE)
        return HV_STATUS_SUCCESS;
    if (!hv_partition_has_at_hand(change->partition, spa_page))
        return HV_STATUS_OBJECT_IN_USE;
    return grant(change, spa_page) ? HV_STATUS_SUCCESS : HV_STATUS_OPERATION_DENIED;
}

static hv_status exchange_frame(const struct replacement *change, uint64_t index)
{
    struct hv_partition *child = change->partition;
    struct hv_lineage *lineage = &child->lineage;
    struct hv_frames *frames = &lineage->hierarchy->frames;
    uint64_t old = old_page(change, index), new = new_page(change, index);

    if (old == new)
        return check_stay(change, new);
    if (!pass(change, index))
        return HV_STATUS_OPERATION_DENIED;
    if (hold_back(frames, old, child))
        return HV_STATUS_SUCCESS;
    if (new != HV_NO_PAGE)
        hv_frame_return(frames, new, child, false, hv_frame_holder(lineage->parent));
    return HV_STATUS_OBJECT_IN_USE;
}

static void undo_exchange(const struct replacement *change, uint64_t index)
{
    struct hv_partition *child = change->partition;
    struct hv_lineage *lineage = &child->lineage;
    struct hv_frames *frames = &lineage->hierarchy->frames;
    uint64_t old = old_page(change, index), new = new_page(change, index);

    if (old == new)
        return;
    if (old != HV_NO_PAGE)
        hv_frame_give_back(frames, old, child, child);
    if (new != HV_NO_PAGE)
        hv_frame_return(frames, new, child, false, hv_frame_holder(lineage->parent));
}

static hv_status exchange_frames(const struct replacement *change, struct hv_replaced *replaced)
{
    uint64_t pages = hv_slat_pages(change->place.level);
    hv_status status = HV_STATUS_SUCCESS;
    uint64_t done;

    if (!change->partition->lineage.parent)
        return HV_STATUS_SUCCESS;
    for (done = 0; done < pages && status == HV_STATUS_SUCCESS; done++)
        status = exchange_frame(change, done);
    if (status != HV_STATUS_SUCCESS) {
        for (done--; done > 0; done--)
            undo_exchange(change, done - 1);
        return status;
    }
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t old = old_page(change, i);

        if (old != HV_NO_PAGE && old != new_page(change, i))
            note(replaced, old);
    }
    return HV_STATUS_SUCCESS;
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
    if (!slat->descend(change->place.entry, change->place.level, &table))
        return HV_STATUS_SUCCESS;
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
