/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a parent changes in the GPA space of its child: each page of memory that comes in passes
 * from the parent to the child, each that is replaced goes back, once nobody can use it any more.
 */
#ifndef HV_CORE_ADDRESS_REPLACE_H
#define HV_CORE_ADDRESS_REPLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "address_space.h"

#define HV_REPLACED_RUNS (HV_PAGE_SIZE / sizeof(uint64_t))

/* What was replaced and is still to be given back. */
struct hv_replaced {
    uint64_t *runs; /* a page of memory for HV_REPLACED_RUNS of them: first SPA page and length */
    unsigned count; /* of runs */
    uint64_t table; /* a table that is not linked any more, or HV_NO_PAGE */
    bool stale;     /* hardware may have cached some of it */
};

/* Nothing yet; runs is kept. */
void hv_replaced_init(struct hv_replaced *replaced, uint64_t *runs);

/* Whether another replacement of that level finds room. */
bool hv_replaced_has_room(const struct hv_replaced *replaced, unsigned level);

/* Gives all of it back, after a flush if need be. */
void hv_replaced_release(struct hv_partition *partition, struct hv_replaced *replaced);

/*
 * Makes the GPA pages of one entry (level 1: gpa_page; level 2: 512 from there on, a multiple of
 * 512) say what mapping says: mapped, inaccessible, or unmapped. Its memory, if it has any, is
 * passed on by the parent, who has it at its GPA page source and following ones, unless it is there
 * already; what was there before is noted in replaced, which has room. Under an overlay, too. With
 * the partition's lineage.lock held.
 *
 * On failure nothing has changed: HV_STATUS_INSUFFICIENT_MEMORY for the tables;
 * HV_STATUS_OPERATION_DENIED when the parent does not hold a page of the new memory, or, but for
 * the root, has fewer rights to it; HV_STATUS_OBJECT_IN_USE when the child has passed a page of the
 * old one on, or deposited it; HV_STATUS_INVALID_PARAMETER at level 2 when there is an overlay
 * among the pages.
 */
hv_status hv_address_replace(struct hv_partition *partition, uint64_t gpa_page, unsigned level,
                             const struct hv_mapping *mapping, uint64_t source,
                             struct hv_replaced *replaced);

/*
 * Gives the memory of a GPA page, under an overlay too, other rights and another cache type:
 * access, inaccessible and cache of rights. Notes in replaced whether hardware may have cached the
 * old ones. HV_STATUS_OPERATION_DENIED when the page has no memory, or rights are beyond those of a
 * parent that is not the root; HV_STATUS_OBJECT_IN_USE when it is deposited, or a child's that has
 * passed it on; HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_address_modify(struct hv_partition *partition, uint64_t gpa_page,
                            const struct hv_mapping *rights, struct hv_replaced *replaced);

#endif
