/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "deals.h"

#include "core.h"

static struct hv_deal *find(struct hv_deals *deals, uint64_t partition_id, uint32_t vp_index)
{
    return &deals->last[(partition_id + vp_index) % HV_DEALS];
}

static struct hv_deal *find_of(struct hv_deals *deals, const struct hv_vp *child)
{
    return find(deals, child->partition->id, child->index);
}

void hv_deals_note(struct hv_vp *parent, struct hv_vp *child)
{
    struct hv_deals *deals = hv_sched_deals(parent);

    if (deals)
        *find_of(deals, child) = (struct hv_deal){ parent, child };
}

void hv_deals_forget(struct hv_deals *deals, const struct hv_vp *vp)
{
    for (unsigned i = 0; i < HV_DEALS; i++)
        if (deals->last[i].parent == vp || deals->last[i].child == vp)
            deals->last[i] = (struct hv_deal){ NULL, NULL };
}

/* Who closes the gate goes on when this LP has served it, and sees what was done until then. */
static bool is_open(const struct hv_partition *partition)
{
    return hv_partition_state(&partition->lineage) == HV_PARTITION_ACTIVE &&
           hv_gate_is_open(&partition->gate);
}

struct hv_vp *hv_deals_child(const struct hv_vp *parent, uint64_t partition_id, uint32_t vp_index)
{
    struct hv_deals *deals = hv_sched_deals(parent);
    const struct hv_deal *deal;

    if (!deals)
        return NULL;
    deal = find(deals, partition_id, vp_index);
    if (deal->parent != parent || deal->child->index != vp_index ||
        deal->child->partition->id != partition_id || !is_open(deal->child->partition))
        return NULL;
    return deal->child;
}

struct hv_vp *hv_deals_parent(const struct hv_vp *child)
{
    struct hv_deals *deals = hv_sched_deals(child);
    const struct hv_deal *deal;

    if (!deals)
        return NULL;
    deal = find_of(deals, child);
    if (deal->child != child ||
        deal->parent->index != atomic_load_explicit(&child->intercept.caller, memory_order_relaxed))
        return NULL;
    return deal->parent;
}
