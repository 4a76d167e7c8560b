/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Pages of a GPA space that are deposited: the entry keeps the page and gives no right to it. So
 * what took the page's place meanwhile is told from what is to come back.
 */
#include "address_tables.h"
#include "core.h"

/* Says what the page is, below any overlay; it has an entry of 4 KiB. */
static bool store(struct hv_partition *partition, uint64_t gpa_page,
                  const struct hv_mapping *mapping)
{
    struct hv_address_space *space = &partition->address;

    if (!hv_overlay_at(space, gpa_page))
        return hv_address_set(partition, gpa_page, mapping);
    *hv_overlay_covered(space, gpa_page) = *mapping;
    /* It may have been covered this moment, by an LP that has not flushed yet. */
    return true;
}

static hv_status cut_out(struct hv_partition *partition, uint64_t gpa_page)
{
    for (;;) {
        struct hv_place place = hv_tables_find(partition, gpa_page);

        if (place.level == 1)
            return HV_STATUS_SUCCESS;
        if (hv_tables_deepen_from_pool(partition, &place) != HV_STATUS_SUCCESS)
            return HV_STATUS_INSUFFICIENT_MEMORY;
    }
}

static hv_status conceal_locked(struct hv_partition *partition, uint64_t gpa_page,
                                uint64_t spa_page, bool *stale)
{
    struct hv_mapping mapping;
    hv_status status;

    hv_address_look_beneath(partition, gpa_page, &mapping);
    if (mapping.spa_page != spa_page)
        return HV_STATUS_OPERATION_DENIED;
    status = cut_out(partition, gpa_page);
    if (status != HV_STATUS_SUCCESS)
        return status;
    mapping.access = HV_ACCESS_NONE;
    mapping.inaccessible = true;
    *stale = store(partition, gpa_page, &mapping);
    hv_address_record_write(partition, gpa_page);
    return HV_STATUS_SUCCESS;
}

hv_status hv_address_conceal(struct hv_partition *partition, uint64_t gpa_page, uint64_t spa_page)
{
    struct hv_address_space *space = &partition->address;
    bool stale = false;
    hv_status status;

    hv_lock_acquire(&space->lock);
    status = conceal_locked(partition, gpa_page, spa_page, &stale);
    hv_lock_release(&space->lock);
    if (stale)
        hv_address_flush(partition);
    return status;
}

void hv_address_reveal(struct hv_partition *partition, uint64_t gpa_page, uint64_t spa_page)
{
    struct hv_address_space *space = &partition->address;
    struct hv_mapping mapping;

    hv_lock_acquire(&space->lock);
    hv_address_look_beneath(partition, gpa_page, &mapping);
    if (mapping.spa_page == spa_page && mapping.inaccessible) {
        mapping.access = HV_ACCESS_ALL;
        mapping.inaccessible = false;
        store(partition, gpa_page, &mapping);
    }
    hv_lock_release(&space->lock);
}
