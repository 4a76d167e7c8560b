/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which pages a guest has read and written, from the accessed and dirty bits of the nested page
 * tables. Hardware sets them for the guest's own accesses; what lib/core writes on its behalf is
 * recorded here. When in doubt a page counts as written: it is then copied once too often.
 */
#include "address_tables.h"
#include "core.h"

/* NPT has them always; EPT where the back end has turned them on. */
static bool is_recorded(const struct hv_partition *partition)
{
    const struct hv_platform_facts *facts = &partition->platform->facts;

    return facts->slat_format == HV_SLAT_NPT || (facts->capabilities & HV_CPU_EPT_ACCESS_FLAGS);
}

hv_status hv_address_track(struct hv_partition *partition, bool on)
{
    if (on && !is_recorded(partition))
        return HV_STATUS_OPERATION_DENIED;
    /* Relaxed: who sees it late has written before it was turned on. */
    atomic_store_explicit(&partition->address.tracking, on, memory_order_relaxed);
    return HV_STATUS_SUCCESS;
}

void hv_address_record_write(const struct hv_partition *partition, uint64_t gpa_page)
{
    const struct hv_slat_ops *slat = partition->address.slat;
    const uint64_t bits = slat->accessed | slat->dirty;
    struct hv_place place = hv_tables_find(partition, gpa_page);
    uint64_t entry = place.entry, below;

    while (hv_slat_has_page(slat, entry) && !slat->descend(entry, place.level, &below) &&
           (entry & bits) != bits &&
           !atomic_compare_exchange_weak_explicit(place.slot, &entry, entry | bits,
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}

static uint8_t state_of(const struct hv_slat_ops *slat, uint64_t entry)
{
    uint8_t state = 0;

    if (entry & slat->accessed)
        state |= HV_GPA_PAGE_ACCESSED;
    if (entry & slat->dirty)
        state |= HV_GPA_PAGE_DIRTY;
    return state;
}

/* What the guest wrote before it was covered is not known any more. */
static uint8_t covered_state(const struct hv_address_space *space, uint64_t gpa_page)
{
    return hv_overlay_covered(space, gpa_page)->spa_page != HV_NO_PAGE
               ? HV_GPA_PAGE_ACCESSED | HV_GPA_PAGE_DIRTY
               : 0;
}

/* The bits that the flags clear, and those that they set. */
static uint64_t bits_of(const struct hv_slat_ops *slat, uint64_t flags, uint64_t accessed,
                        uint64_t dirty)
{
    return (flags & accessed ? slat->accessed : 0) | (flags & dirty ? slat->dirty : 0);
}

/* A large page that is changed is cut, as it stands for others too. */
static hv_status change(struct hv_partition *partition, uint64_t gpa_page, uint64_t clear,
                        uint64_t set, bool *stale)
{
    struct hv_place place = hv_tables_find(partition, gpa_page);

    while (((place.entry & ~clear) | set) != place.entry) {
        if (place.level > 1) {
            if (hv_tables_deepen_from_pool(partition, &place) != HV_STATUS_SUCCESS)
                return HV_STATUS_INSUFFICIENT_MEMORY;
            place = hv_tables_find(partition, gpa_page);
        } else if (atomic_compare_exchange_weak_explicit(
                       place.slot, &place.entry, (place.entry & ~clear) | set, memory_order_relaxed,
                       memory_order_relaxed)) {
            *stale |= (place.entry & clear) != 0;
            break;
        }
    }
    return HV_STATUS_SUCCESS;
}

static hv_status access_state_locked(struct hv_partition *partition, uint64_t gpa_page,
                                     uint64_t flags, uint8_t *state, bool *stale)
{
    const struct hv_address_space *space = &partition->address;
    const struct hv_slat_ops *slat = space->slat;
    struct hv_place place = hv_tables_find(partition, gpa_page);
    struct hv_mapping mapping;

    *state = 0;
    if (hv_overlay_at(space, gpa_page)) {
        *state = covered_state(space, gpa_page);
        return HV_STATUS_SUCCESS;
    }
    if (!hv_slat_has_page(slat, place.entry))
        return HV_STATUS_SUCCESS;
    /* What a grandchild does to it is recorded elsewhere; it stays written. */
    (void)hv_address_look_up(partition, gpa_page, &mapping);
    if (!hv_partition_has_at_hand(partition, mapping.spa_page)) {
        *state = HV_GPA_PAGE_ACCESSED | HV_GPA_PAGE_DIRTY;
        return HV_STATUS_SUCCESS;
    }
    *state = state_of(slat, place.entry);
    return change(
        partition, gpa_page,
        bits_of(slat, flags, HV_GPA_PAGE_ACCESS_CLEAR_ACCESSED, HV_GPA_PAGE_ACCESS_CLEAR_DIRTY),
        bits_of(slat, flags, HV_GPA_PAGE_ACCESS_SET_ACCESSED, HV_GPA_PAGE_ACCESS_SET_DIRTY), stale);
}

hv_status hv_address_access_state(struct hv_partition *partition, uint64_t gpa_page, uint64_t flags,
                                  uint8_t *state, bool *stale)
{
    struct hv_address_space *space = &partition->address;
    hv_status status;

    hv_lock_acquire(&space->lock);
    status = access_state_locked(partition, gpa_page, flags, state, stale);
    hv_lock_release(&space->lock);
    return status;
}
