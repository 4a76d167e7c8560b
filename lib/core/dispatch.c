/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "dispatch.h"

#include "core.h"

/* Of grandchildren the hypervisor takes care. */
static bool is_needed(const struct hv_vp *vp)
{
    const struct hv_partition *partition = vp->partition, *parent = hv_vp_parent(vp);

    return (partition->platform->facts.capabilities & HV_CPU_ROOT_SCHEDULER) &&
           (parent ? parent->root : partition->root && partition->lineage.hierarchy);
}

hv_status hv_dispatch_init(struct hv_vp *vp)
{
    uint64_t spa_page;

    if (!is_needed(vp))
        return HV_STATUS_SUCCESS;
    vp->dispatch = hv_pool_alloc(&vp->partition->pool, &spa_page);
    if (!vp->dispatch)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    vp->dispatch->vp = vp;
    vp->dispatch->spa_page = spa_page;
    hv_intercept_init_signal(&vp->dispatch->signal);
    return HV_STATUS_SUCCESS;
}

void hv_dispatch_destroy(struct hv_vp *vp)
{
    if (vp->dispatch)
        hv_pool_free(&vp->partition->pool, vp->dispatch->spa_page);
}

hv_status hv_dispatch_begin(struct hv_vp *lender, struct hv_vp *borrower)
{
    hv_status status = hv_sched_take(lender, borrower);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (borrower->dispatch->lender)
        return HV_STATUS_INVALID_VP_STATE;
    borrower->dispatch->blocked = false;
    hv_stats_store(borrower->stats.overlay[0].page, VpRootDispatchThreadBlocked, 0);
    borrower->dispatch->lender = lender;
    lender->dispatch->borrower = borrower;
    return HV_STATUS_SUCCESS;
}

/* ---- The end ---- */

static void block(struct hv_vp *vp)
{
    vp->dispatch->blocked = true;
    hv_stats_store(vp->stats.overlay[0].page, VpRootDispatchThreadBlocked, 1);
}

static void set(struct hv_output_dispatch_vp *output, uint32_t state, uint32_t event)
{
    output->dispatch_state = state;
    output->dispatch_event = event;
}

bool hv_dispatch_is_over(const struct hv_vp *borrower, struct hv_output_dispatch_vp *output)
{
    uint32_t suspended = atomic_load_explicit(&borrower->suspended, memory_order_relaxed);

    if (suspended & HV_VP_SUSPEND_INTERCEPT)
        set(output, HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_INTERCEPT);
    else if (suspended & (HV_VP_SUSPEND_EXPLICIT | HV_VP_SUSPEND_DISPATCH))
        set(output, HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_SUSPEND);
    else if (suspended)
        set(output, HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_NONE);
    return suspended != 0;
}

struct hv_vp *hv_dispatch_end(struct hv_vp *borrower, enum hv_lp_release why)
{
    struct hv_vp *lender = borrower->dispatch->lender;
    struct hv_output_dispatch_vp *output = &lender->dispatch->output;

    if (!hv_dispatch_is_over(borrower, output))
        set(output, why == HV_LP_YIELDS ? HV_DISPATCH_STATE_READY : HV_DISPATCH_STATE_BLOCKED,
            HV_DISPATCH_EVENT_NONE);
    if (output->dispatch_state == HV_DISPATCH_STATE_BLOCKED)
        block(borrower);
    borrower->dispatch->lender = NULL;
    lender->dispatch->borrower = NULL;
    return lender;
}

bool hv_vp_lends(const struct hv_vp *vp)
{
    return vp->dispatch && vp->dispatch->borrower;
}

void hv_dispatch_cancel(struct hv_vp *lender)
{
    if (hv_vp_lends(lender))
        hv_dispatch_end(lender->dispatch->borrower, HV_LP_YIELDS);
}

/* The page was there and could be written when the call was made; what the caller has made of it
   since is its own affair. */
void hv_vp_end_lending(struct hv_vp *vp)
{
    hv_dispatch_cancel(vp);
    (void)hv_address_write(vp->partition, vp->dispatch->output_gpa, &vp->dispatch->output,
                           sizeof(vp->dispatch->output));
}

/* ---- Signals ---- */

void hv_dispatch_signal(struct hv_vp *vp)
{
    if (!vp->dispatch->blocked || atomic_load_explicit(&vp->suspended, memory_order_relaxed) != 0)
        return;
    vp->dispatch->blocked = false;
    hv_stats_store(vp->stats.overlay[0].page, VpRootDispatchThreadBlocked, 0);
    if (hv_intercept_send_signal(vp))
        vp->dispatch->signals++;
}
