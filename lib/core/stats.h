/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Statistics (TLFS v2.0, 21): a page of counters for each partition, each VP, each logical
 * processor and the hypervisor, which a partition sees of itself by an MSR and, with its
 * children's, by calls.
 *
 * Counters are counted where they are seen, in the page. A VP's belong to its LP; the others are
 * changed by whoever changes what they count. What nobody counts stays zero.
 */
#ifndef HV_CORE_STATS_H
#define HV_CORE_STATS_H

#include <stdatomic.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/status.h>

#include "address_space.h"

struct hv_hierarchy;
struct hv_partition;
struct hv_vp;

/* An object's page as somebody sees it. */
struct hv_stats_view {
    struct hv_overlay overlay; /* in the viewer's GPA space */
    uint64_t place;            /* a page of the viewer's pool that is kept for where it lies;
                                  meaningful while has_place */
    bool has_place;
};

/* Who may see a partition, or a VP of it. */
enum hv_stats_viewer {
    HV_STATS_PARENT,
    HV_STATS_SELF,
    HV_STATS_VIEWERS,
};

/* Statistics pages of a partition or VP: index 0 retail, 1 internal, as the MSRs have them. */
struct hv_stats_pages {
    _Atomic uint64_t msr[2];
    struct hv_overlay overlay[2];
    struct hv_stats_view views[HV_STATS_VIEWERS]; /* of the retail page; under the register_lock */
};

/* The groups of a page (tlfs_statistics.h). */
struct hv_stats_format {
    uint16_t second; /* index of the second header, or 0 */
    uint16_t end;    /* index behind the last group */
};

extern const struct hv_stats_format hv_stats_of_hypervisor;
extern const struct hv_stats_format hv_stats_of_lp;
extern const struct hv_stats_format hv_stats_of_partition;
extern const struct hv_stats_format hv_stats_of_vp;

/* Writes the headers of an empty page. */
void hv_stats_format(void *page, const struct hv_stats_format *format);

/* stats is the partition's own, or that of a VP of a partition that has its own. */
hv_status hv_stats_init(struct hv_partition *partition, struct hv_stats_pages *stats,
                        const struct hv_stats_format *format);
/* Gives the pages back, also those of an initialization that failed; nobody sees them any more. */
void hv_stats_destroy(struct hv_partition *partition, struct hv_stats_pages *stats);
void hv_stats_reset(struct hv_partition *partition, struct hv_stats_pages *stats);

/* One more, or one less, of what any LP may count. */
static inline void hv_stats_add(void *page, unsigned counter, uint64_t change)
{
    _Atomic uint64_t *counters = page;

    atomic_fetch_add_explicit(&counters[counter], change, memory_order_relaxed);
}

static inline void hv_stats_store(void *page, unsigned counter, uint64_t value)
{
    _Atomic uint64_t *counters = page;

    atomic_store_explicit(&counters[counter], value, memory_order_relaxed);
}

/* One more of what only this LP counts. */
static inline __attribute__((always_inline)) void hv_stats_count_in(void *page, unsigned counter)
{
    _Atomic uint64_t *counters = page;

    hv_stats_store(page, counter,
                   atomic_load_explicit(&counters[counter], memory_order_relaxed) + 1);
}

/* ---- What concerns more than a VP (stats_global.c) ---- */

/* Of a hierarchy: what is seen by the root alone. */
struct hv_stats_globals {
    struct hv_stats_view hypervisor;
    struct hv_stats_lps *_Atomic lps; /* records by index; made under the root's register_lock */
    _Atomic uint64_t due; /* TSC from which on the pages of LPs are brought up to date */
};

/* Makes the hypervisor's page, of a hierarchy that has its root alone. */
hv_status hv_stats_globals_init(struct hv_partition *root);

/* The view of a logical processor, with its page, or NULL: no page left. Under the root's
   register_lock. */
struct hv_stats_view *hv_stats_lp(struct hv_partition *root, uint32_t lp);

/* Brings the pages of logical processors that somebody has asked for up to date; but not every
   time. */
void hv_stats_refresh(struct hv_partition *root, uint64_t tsc);

/* The partition has been given pages, or they have been taken from it. */
void hv_stats_note_pool(struct hv_partition *partition);

/* It has got VPs or, with a change of -1, lost one. */
void hv_stats_note_vps(struct hv_partition *partition, uint64_t change);

/* Its parent has got or lost it as a child. */
void hv_stats_note_child(struct hv_partition *child, uint64_t change);

/* ---- Views (stats_view.c) ---- */

/*
 * Shows a page to the viewer: at *gpa_page if that is given, or else where the viewer had the page
 * that is shown, or another one that it has deposited, which is then told. Under the lock of the
 * view. HV_STATUS_OPERATION_DENIED when it is shown already; HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_stats_show(struct hv_partition *viewer, struct hv_stats_view *view, bool given,
                        uint64_t *gpa_page);

/* The end of that. HV_STATUS_OPERATION_DENIED when it is not shown. */
hv_status hv_stats_hide(struct hv_partition *viewer, struct hv_stats_view *view);

/* Takes a partition's page, or that of one of its VPs, from whoever sees it. */
void hv_stats_hide_all(struct hv_partition *partition, struct hv_stats_pages *stats);

#endif
