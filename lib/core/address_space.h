/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Private face of the address manager; its public one is hv/address.h. */
#ifndef HV_CORE_ADDRESS_SPACE_H
#define HV_CORE_ADDRESS_SPACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/address.h>

#include "lock.h"
#include "slat.h"

#define HV_COVERED_BUCKETS 32

/*
 * Table pages that overlays may take from a partition's pool: a guest that moves its overlays
 * through its whole GPA space would otherwise empty it. A move to a region that had one before
 * takes none.
 */
#define HV_OVERLAY_TABLES_BASE   64
#define HV_OVERLAY_TABLES_PER_VP 12

struct hv_grace;
struct hv_overlay;

struct hv_address_space {
    const struct hv_slat_ops *slat;
    struct hv_grace *readers; /* the partition's: who translates without the lock */
    struct hv_lock lock; /* guards changes of the tables and all below; translation takes none */
    uint64_t root;       /* SPA page number of the top table */
    /* GPA pages that exist: 1 << (gpa_bits - 12); 0 once it is destroyed. */
    _Atomic uint64_t page_count;
    uint32_t capabilities;
    _Atomic bool tracking;   /* what lib/core writes to the guest's memory is recorded as well */
    uint32_t overlay_tables; /* table pages made to place overlays; never given back */
    /* Overlays by GPA page number: the visible one of each covered page, those below linked to it.
     */
    struct hv_overlay *covered[HV_COVERED_BUCKETS];
};

/*
 * An empty GPA space with its top table, from the partition's pool. HV_STATUS_INVALID_PARAMETER for
 * gpa_bits outside 32 to HV_SLAT_ADDRESS_BITS; HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_address_space_init(struct hv_partition *partition, uint8_t gpa_bits);

/*
 * The end of a partition's GPA space, when none of its VPs is there any more: overlays are taken
 * away, nothing is mapped, every page that the partition held there is its parent's again, every
 * table is back in the pool. What translates sees a space without pages from the first call on.
 *
 * Goes on until the deadline (hv_time_ops.tsc), by one table or one large page at least, which is
 * 512 pages and some microseconds (a page of 1 GiB, which no guest can map, takes longer); false:
 * to be called again for the rest, by one LP at a time. The owners of overlays that are still
 * enabled must be there at the first call. Once it has returned true, it does nothing any more.
 */
bool hv_address_space_destroy(struct hv_partition *partition, uint64_t deadline);

/*
 * One overlay page (TLFS: overlay pages). It has its page for life, so its content survives being
 * moved, covered or disabled.
 */
struct hv_overlay {
    uint64_t spa_page;        /* the page that is shown */
    void *page;               /* where that can be written */
    uint64_t gpa_page;        /* where it lies while enabled */
    uint8_t access;           /* what the guest may do with it: mask of enum hv_access */
    uint8_t violation_vector; /* exception for anything else */
    bool enabled;            /* placed (it may lie beyond the GPA space, and then nobody sees it) */
    struct hv_mapping under; /* what the page at the bottom of this stack covers; valid in the
                                lowest overlay of a stack */
    struct hv_overlay *below; /* the overlay that this one covers */
    struct hv_overlay *next;  /* in the hash bucket, for the top of a stack */
};

/*
 * Gives the overlay its page, zeroed, from the partition's pool. Both table formats must be able to
 * express access: it includes HV_ACCESS_READ.
 */
hv_status hv_overlay_init(struct hv_partition *partition, struct hv_overlay *overlay,
                          uint8_t access, uint8_t violation_vector);

/* An overlay that shows the page of another one, with the same rights: to be disabled before that
   one is destroyed, and not destroyed itself. */
void hv_overlay_share(struct hv_overlay *overlay, const struct hv_overlay *owner);

/* Takes the overlay away and gives its page back; nothing to do for one that was not initialized.
 */
void hv_overlay_destroy(struct hv_partition *partition, struct hv_overlay *overlay);

/*
 * Puts the overlay at gpa_page, on top of whatever is there; if it was elsewhere it leaves that
 * place first. Where it lies already, it stays as it is. Beyond the GPA space it becomes enabled
 * but is not accessible. On HV_STATUS_INSUFFICIENT_MEMORY (no page for the tables) nothing has
 * changed.
 */
hv_status hv_overlay_enable(struct hv_partition *partition, struct hv_overlay *overlay,
                            uint64_t gpa_page);

/* Takes the overlay away; what it covered reappears. Nothing to do when it is not enabled. */
void hv_overlay_disable(struct hv_partition *partition, struct hv_overlay *overlay);

/* ---- address_access.c ---- */

/*
 * Turns the record of what a guest has read and written on or off
 * (HvPartitionPropertyGpaPageAccessTracking). What has been so far is not forgotten.
 * HV_STATUS_OPERATION_DENIED when the hardware keeps none.
 */
hv_status hv_address_track(struct hv_partition *partition, bool on);

/*
 * Reads the HV_GPA_PAGE bits of a page within the space (none when it has no memory, all when it
 * has and an overlay covers it), then changes them by the HV_GPA_PAGE_ACCESS flags. Sets *stale
 * when a flush is needed for hardware to record anew. HV_STATUS_INSUFFICIENT_MEMORY when a large
 * page can't be cut; nothing has changed then.
 */
hv_status hv_address_access_state(struct hv_partition *partition, uint64_t gpa_page, uint64_t flags,
                                  uint8_t *state, bool *stale);

/* A page that is found is about to be written by lib/core. In a section, or under the lock. */
void hv_address_record_write(const struct hv_partition *partition, uint64_t gpa_page);

static inline bool hv_address_is_tracked(const struct hv_address_space *space)
{
    return atomic_load_explicit(&space->tracking, memory_order_relaxed);
}

/* Completes a memory exit by the rules for overlays and for pages that are not mapped. */
enum hv_disposition hv_address_exit(struct hv_vp *vp, struct hv_exit *exit);

/*
 * Writes the 4 or 8 bytes at gpa, which is a multiple of that, if they are what is expected, in
 * one; else the guest has changed them, and keeps them. Hands out what was there. Of
 * guest_memory.c; false as hv_address_write().
 */
bool hv_address_replace_word(const struct hv_partition *partition, uint64_t gpa, uint32_t size,
                             uint64_t expected, uint64_t value, uint64_t *found);

/* As hv_address_translate(), between hv_address_enter() and hv_address_leave() or under the lock of
   the space. */
bool hv_address_look_up(const struct hv_partition *partition, uint64_t gpa_page,
                        struct hv_mapping *mapping);

/* The same of a page within the space; returns how many pages, from this one on, the entry speaks
   of that says so. */
uint64_t hv_address_look_up_run(const struct hv_partition *partition, uint64_t gpa_page,
                                struct hv_mapping *mapping);

/* ---- address_conceal.c ---- */

/*
 * Takes the partition's access to spa_page, which it has at gpa_page, and flushes: the page becomes
 * inaccessible, under an overlay too. HV_STATUS_OPERATION_DENIED when there is another one;
 * HV_STATUS_INSUFFICIENT_MEMORY when a large page can't be cut; nothing has changed then.
 */
hv_status hv_address_conceal(struct hv_partition *partition, uint64_t gpa_page, uint64_t spa_page);

/* The end of that: all access, unless there is something else at gpa_page by now. */
void hv_address_reveal(struct hv_partition *partition, uint64_t gpa_page, uint64_t spa_page);

/* ---- between the files of the address manager */

/* What there is at gpa_page below all overlays. Under the lock of the space. */
void hv_address_look_beneath(const struct hv_partition *partition, uint64_t gpa_page,
                             struct hv_mapping *mapping);

/* Takes every overlay away that lies within the space, under its lock; without flush. */
void hv_overlay_remove_all(struct hv_partition *partition);

/* ---- between address.c and overlay.c, under the lock of the space ---- */

/* The visible overlay at gpa_page, or NULL. */
struct hv_overlay *hv_overlay_at(const struct hv_address_space *space, uint64_t gpa_page);

/* Whether there is an overlay at one of count pages from gpa_page on. */
bool hv_overlay_among(const struct hv_address_space *space, uint64_t gpa_page, uint64_t count);

/* What the overlays at gpa_page cover; there is one. */
struct hv_mapping *hv_overlay_covered(const struct hv_address_space *space, uint64_t gpa_page);

/*
 * Sees to it that gpa_page has a 4 KiB entry of its own. On HV_STATUS_INSUFFICIENT_MEMORY nothing
 * has changed.
 */
hv_status hv_address_isolate(struct hv_partition *partition, uint64_t gpa_page);

/*
 * Makes the entry of gpa_page, which has one of 4 KiB, say this; not mapped if it allows nothing.
 * Returns whether a translation that was cached may have become wrong.
 */
bool hv_address_set(struct hv_partition *partition, uint64_t gpa_page,
                    const struct hv_mapping *mapping);

/*
 * Hardware forgets what it has cached of the partition's tables, and lib/core too: when this
 * returns nobody reads or writes by a translation that was there before the call. Without the lock.
 */
void hv_address_flush(struct hv_partition *partition);

#endif
