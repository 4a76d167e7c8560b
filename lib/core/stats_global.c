/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Statistics pages of the hypervisor and of logical processors, and what counts in several pages.
 */
#include "core.h"
#include "mem.h"
#include "stats.h"

#define REFRESHES_PER_SECOND 10

/* Views of some logical processors, with their pages, once somebody has asked for one of them. */
#define LPS_IN_PAGE ((HV_PAGE_SIZE - sizeof(void *)) / sizeof(struct hv_stats_lp))

struct hv_stats_lp {
    struct hv_stats_view view;
    void *_Atomic page; /* that of view, which is seen by who brings it up to date; or NULL */
};

struct hv_stats_lps {
    struct hv_stats_lps *_Atomic next;
    struct hv_stats_lp lps[LPS_IN_PAGE];
};

_Static_assert(sizeof(struct hv_stats_lps) <= HV_PAGE_SIZE, "they must fit in one page");

static void *page_of_hypervisor(const struct hv_partition *partition)
{
    const struct hv_hierarchy *hierarchy = partition->lineage.hierarchy;

    return hierarchy ? hierarchy->stats.hypervisor.overlay.page : NULL;
}

static void *page_of(const struct hv_partition *partition)
{
    return partition->stats.overlay[0].page;
}

static hv_status make_page(struct hv_partition *root, struct hv_stats_view *view,
                           const struct hv_stats_format *format)
{
    hv_status status = hv_overlay_init(root, &view->overlay, HV_ACCESS_READ, HV_X64_EXCEPTION_MC);

    if (status == HV_STATUS_SUCCESS)
        hv_stats_format(view->overlay.page, format);
    return status;
}

hv_status hv_stats_globals_init(struct hv_partition *root)
{
    struct hv_stats_view *view = &root->lineage.hierarchy->stats.hypervisor;
    hv_status status = make_page(root, view, &hv_stats_of_hypervisor);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_stats_store(view->overlay.page, HvLogicalProcessors, root->platform->facts.lp_count);
    hv_stats_store(view->overlay.page, HvPartitions, 1);
    hv_stats_store(page_of(root), PtPartitionId, root->id);
    hv_stats_note_pool(root);
    return HV_STATUS_SUCCESS;
}

/* ---- What counts in several pages ---- */

/* The lock keeps changes of the pool and what is said of them in the same order. */
void hv_stats_note_pool(struct hv_partition *partition)
{
    _Atomic uint64_t *counters = page_of(partition);
    void *all = page_of_hypervisor(partition);
    struct hv_pool *pool = &partition->pool;
    uint64_t old;

    hv_lock_acquire(&pool->lock);
    old = atomic_exchange_explicit(&counters[PtDepositedPages], pool->total, memory_order_relaxed);
    if (all)
        hv_stats_add(all, HvTotalPages, pool->total - old);
    hv_lock_release(&pool->lock);
}

void hv_stats_note_vps(struct hv_partition *partition, uint64_t change)
{
    void *all = page_of_hypervisor(partition);

    hv_stats_add(page_of(partition), PtVirtualProcessors, change);
    if (all)
        hv_stats_add(all, HvVirtualProcessors, change);
}

void hv_stats_note_child(struct hv_partition *child, uint64_t change)
{
    hv_stats_store(page_of(child), PtPartitionId, child->id);
    hv_stats_add(page_of(child->lineage.parent), PtNumberofActiveChildPartitions, change);
    hv_stats_add(page_of_hypervisor(child), HvPartitions, change);
}

/* ---- Logical processors ---- */

static struct hv_stats_lps *take_page(struct hv_partition *root)
{
    return hv_pool_alloc(&root->pool, NULL);
}

/* The record of a logical processor; its page may be still to be made. */
static struct hv_stats_lp *find_lp(struct hv_partition *root, uint32_t lp)
{
    struct hv_stats_lps *_Atomic *link = &root->lineage.hierarchy->stats.lps;

    for (;; lp -= (uint32_t)LPS_IN_PAGE) {
        struct hv_stats_lps *page = atomic_load_explicit(link, memory_order_relaxed);

        if (!page)
            page = take_page(root);
        if (!page)
            return NULL;
        /* Release: who finds it finds it zeroed. */
        atomic_store_explicit(link, page, memory_order_release);
        if (lp < LPS_IN_PAGE)
            return &page->lps[lp];
        link = &page->next;
    }
}

static void refresh_lp(const struct hv_partition *root, uint32_t index, void *page)
{
    const struct hv_cpu_ops *cpu = &root->platform->cpu;
    struct hv_lp_run_time ticks;

    cpu->lp_run_time(cpu->context, index, &ticks);
    hv_stats_store(page, LpGlobalTime, hv_time_from_ticks(root, ticks.total));
    hv_stats_store(page, LpTotalRunTime, hv_time_from_ticks(root, ticks.guests + ticks.hypervisor));
    hv_stats_store(page, LpHypervisorRunTime, hv_time_from_ticks(root, ticks.hypervisor));
}

struct hv_stats_view *hv_stats_lp(struct hv_partition *root, uint32_t lp)
{
    struct hv_stats_lp *record = find_lp(root, lp);

    if (!record)
        return NULL;
    if (!record->view.overlay.page) {
        if (make_page(root, &record->view, &hv_stats_of_lp) != HV_STATUS_SUCCESS)
            return NULL;
        /* Release: who finds the page finds its header. */
        atomic_store_explicit(&record->page, record->view.overlay.page, memory_order_release);
    }
    refresh_lp(root, lp, record->view.overlay.page);
    return &record->view;
}

/* One LP at a time, by what it has taken on. */
static bool is_due(struct hv_stats_globals *globals, const struct hv_partition *root, uint64_t tsc)
{
    uint64_t due = atomic_load_explicit(&globals->due, memory_order_relaxed);
    uint64_t next = tsc + root->platform->facts.tsc_hz / REFRESHES_PER_SECOND;

    return tsc >= due && atomic_compare_exchange_strong_explicit(
                             &globals->due, &due, next, memory_order_relaxed, memory_order_relaxed);
}

void hv_stats_refresh(struct hv_partition *root, uint64_t tsc)
{
    struct hv_stats_globals *globals = &root->lineage.hierarchy->stats;
    struct hv_stats_lps *lps = atomic_load_explicit(&globals->lps, memory_order_acquire);

    if (!lps || !is_due(globals, root, tsc))
        return;
    for (uint32_t first = 0; lps; first += (uint32_t)LPS_IN_PAGE) {
        for (uint32_t i = 0; i < LPS_IN_PAGE; i++) {
            void *page = atomic_load_explicit(&lps->lps[i].page, memory_order_acquire);

            if (page)
                refresh_lp(root, first + i, page);
        }
        lps = atomic_load_explicit(&lps->next, memory_order_acquire);
    }
}
