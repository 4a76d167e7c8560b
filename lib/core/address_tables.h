/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Single entries of a GPA space's nested page tables: finding them, changing them, putting tables
 * above them. For the files of the address manager; changes are made under the lock of the space.
 */
#ifndef HV_CORE_ADDRESS_TABLES_H
#define HV_CORE_ADDRESS_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "address_space.h"

typedef _Atomic uint64_t hv_entry;

/* Where a walk ended. */
struct hv_place {
    hv_entry *slot;
    uint64_t entry; /* a leaf, or not present; a table only where a walk was told to stop */
    unsigned level;
};

/* The entries of a table page. */
hv_entry *hv_tables_at(const struct hv_partition *partition, uint64_t spa_page);

/* The entry that decides on gpa_page, which lies within the space. */
struct hv_place hv_tables_find(const struct hv_partition *partition, uint64_t gpa_page);

/* The same, but not below a level: there it may be an entry that points to a table. */
struct hv_place hv_tables_find_above(const struct hv_partition *partition, uint64_t gpa_page,
                                     unsigned lowest);

/*
 * Makes a leaf or an entry that is not present say this. What hardware has recorded of accesses is
 * kept if it is the same page of memory. Returns whether a cached translation may have become
 * wrong.
 */
bool hv_tables_store(const struct hv_address_space *space, const struct hv_place *place,
                     const struct hv_mapping *mapping);

/* Puts a table, in the page given, where place has a large leaf or nothing; it says the same. */
void hv_tables_deepen(const struct hv_partition *partition, const struct hv_place *place,
                      uint64_t spa_page);

/* The same with a page of the pool. HV_STATUS_INSUFFICIENT_MEMORY. */
hv_status hv_tables_deepen_from_pool(struct hv_partition *partition, const struct hv_place *place);

static inline bool hv_place_is_mapped(const struct hv_address_space *space,
                                      const struct hv_place *place)
{
    return space->slat->is_present(place->entry);
}

#endif
