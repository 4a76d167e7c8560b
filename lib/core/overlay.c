/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Overlay pages (TLFS v6.0b, 5.2.1).
 *
 * A covered GPA page has a 4 KiB entry in the nested page tables that names the visible overlay.
 * The overlays that lie there form a stack, found by hash; the one at the bottom remembers what the
 * parent or the embedder has mapped underneath. The TLFS leaves the order open: here the one that
 * came last is on top.
 */
#include "core.h"

static unsigned bucket_of(uint64_t gpa_page)
{
    return (unsigned)(gpa_page % HV_COVERED_BUCKETS);
}

/* The link that holds the top of the stack at gpa_page, or the NULL at the end of its bucket. */
static struct hv_overlay **find_link(struct hv_address_space *space, uint64_t gpa_page)
{
    struct hv_overlay **link = &space->covered[bucket_of(gpa_page)];

    while (*link != NULL && (*link)->gpa_page != gpa_page)
        link = &(*link)->next;
    return link;
}

/* Returns whether cached translations may have become wrong. */
static bool set(struct hv_partition *partition, uint64_t gpa_page, const struct hv_mapping *mapping)
{
    const struct hv_cpu_ops *cpu = &partition->platform->cpu;
    bool stale = hv_address_set(partition, gpa_page, mapping);

    if (cpu->page_changed)
        cpu->page_changed(cpu->context, partition, gpa_page);
    return stale;
}

static bool show(struct hv_partition *partition, const struct hv_overlay *overlay)
{
    struct hv_mapping mapping = { .spa_page = overlay->spa_page,
                                  .access = overlay->access,
                                  .cache = HV_CACHE_WRITE_BACK,
                                  .overlay = true };

    return set(partition, overlay->gpa_page, &mapping);
}

static void remember_covered(struct hv_partition *partition, struct hv_overlay *overlay)
{
    (void)hv_address_look_up(partition, overlay->gpa_page, &overlay->under);
}

static bool push(struct hv_partition *partition, struct hv_overlay *overlay, uint64_t gpa_page)
{
    struct hv_address_space *space = &partition->address;
    struct hv_overlay **link;

    overlay->enabled = true;
    overlay->gpa_page = gpa_page;
    if (gpa_page >= space->page_count)
        return false;

    link = find_link(space, gpa_page);
    overlay->below = *link;
    overlay->next = NULL;
    if (overlay->below != NULL)
        overlay->next = overlay->below->next;
    else
        remember_covered(partition, overlay);
    *link = overlay;
    return show(partition, overlay);
}

/* What was recorded of the page beneath before it was covered is not known any more. */
static bool uncover(struct hv_partition *partition, const struct hv_overlay *overlay)
{
    bool stale = set(partition, overlay->gpa_page, &overlay->under);

    if (hv_address_is_tracked(&partition->address))
        hv_address_record_write(partition, overlay->gpa_page);
    return stale;
}

static bool pop_top(struct hv_partition *partition, struct hv_overlay **link)
{
    struct hv_overlay *top = *link;

    if (top->below == NULL) {
        *link = top->next;
        return uncover(partition, top);
    }
    top->below->next = top->next;
    *link = top->below;
    return show(partition, top->below);
}

static void remove_covered(struct hv_overlay *above, const struct hv_overlay *overlay)
{
    while (above->below != overlay)
        above = above->below;
    above->below = overlay->below;
    if (overlay->below == NULL)
        above->under = overlay->under;
}

/* Returns whether cached translations may have become wrong. */
static bool take_away(struct hv_partition *partition, struct hv_overlay *overlay)
{
    struct hv_address_space *space = &partition->address;
    struct hv_overlay **link;

    if (!overlay->enabled)
        return false;
    overlay->enabled = false;
    if (overlay->gpa_page >= space->page_count)
        return false;

    link = find_link(space, overlay->gpa_page);
    if (*link == overlay)
        return pop_top(partition, link);
    remove_covered(*link, overlay);
    return false;
}

static hv_status move_locked(struct hv_partition *partition, struct hv_overlay *overlay,
                             uint64_t gpa_page, bool *stale)
{
    if (overlay->enabled && overlay->gpa_page == gpa_page)
        return HV_STATUS_SUCCESS;
    if (gpa_page < partition->address.page_count &&
        hv_address_isolate(partition, gpa_page) != HV_STATUS_SUCCESS)
        return HV_STATUS_INSUFFICIENT_MEMORY;

    *stale |= take_away(partition, overlay);
    *stale |= push(partition, overlay, gpa_page);
    return HV_STATUS_SUCCESS;
}

hv_status hv_overlay_init(struct hv_partition *partition, struct hv_overlay *overlay,
                          uint8_t access, uint8_t violation_vector)
{
    struct hv_overlay fresh = { .access = access, .violation_vector = violation_vector };

    fresh.page = hv_pool_alloc(&partition->pool, &fresh.spa_page);
    if (fresh.page == NULL)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    *overlay = fresh;
    return HV_STATUS_SUCCESS;
}

void hv_overlay_share(struct hv_overlay *overlay, const struct hv_overlay *owner)
{
    *overlay = (struct hv_overlay){ .spa_page = owner->spa_page,
                                    .page = owner->page,
                                    .access = owner->access,
                                    .violation_vector = owner->violation_vector };
}

hv_status hv_overlay_enable(struct hv_partition *partition, struct hv_overlay *overlay,
                            uint64_t gpa_page)
{
    struct hv_address_space *space = &partition->address;
    bool stale = false;
    hv_status status;

    hv_lock_acquire(&space->lock);
    status = move_locked(partition, overlay, gpa_page, &stale);
    hv_lock_release(&space->lock);
    if (stale)
        hv_address_flush(partition);
    return status;
}

void hv_overlay_disable(struct hv_partition *partition, struct hv_overlay *overlay)
{
    struct hv_address_space *space = &partition->address;
    bool stale;

    hv_lock_acquire(&space->lock);
    stale = take_away(partition, overlay);
    hv_lock_release(&space->lock);
    if (stale)
        hv_address_flush(partition);
}

void hv_overlay_remove_all(struct hv_partition *partition)
{
    struct hv_address_space *space = &partition->address;

    for (unsigned i = 0; i < HV_COVERED_BUCKETS; i++)
        while (space->covered[i] != NULL)
            (void)take_away(partition, space->covered[i]);
}

void hv_overlay_destroy(struct hv_partition *partition, struct hv_overlay *overlay)
{
    if (overlay->page == NULL)
        return;
    hv_overlay_disable(partition, overlay);
    hv_pool_free(&partition->pool, overlay->spa_page);
    overlay->page = NULL;
}

struct hv_overlay *hv_overlay_at(const struct hv_address_space *space, uint64_t gpa_page)
{
    struct hv_overlay *overlay = space->covered[bucket_of(gpa_page)];

    while (overlay != NULL && overlay->gpa_page != gpa_page)
        overlay = overlay->next;
    return overlay;
}

bool hv_overlay_among(const struct hv_address_space *space, uint64_t gpa_page, uint64_t count)
{
    for (unsigned i = 0; i < HV_COVERED_BUCKETS; i++) {
        const struct hv_overlay *overlay = space->covered[i];

        for (; overlay != NULL; overlay = overlay->next)
            if (overlay->gpa_page - gpa_page < count)
                return true;
    }
    return false;
}

struct hv_mapping *hv_overlay_covered(const struct hv_address_space *space, uint64_t gpa_page)
{
    struct hv_overlay *overlay = hv_overlay_at(space, gpa_page);

    while (overlay->below != NULL)
        overlay = overlay->below;
    return &overlay->under;
}
