/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Cached translations that a VP has to forget: of nested page tables or of its own, all of them by
 * the TLB control of its VMCB, or some addresses by INVLPGA (APM vol. 2, 15.16). Either works on
 * the VP's own LP alone. Others say what is to be forgotten and make the LP leave the guest, if it
 * is there; before it enters again it looks.
 */
#include <hv/abi/tlfs.h>

#include "cpu.h"
#include "lp.h"
#include "memory.h"
#include "svm.h"
#include "x86.h"

/* A power of two. Partitions whose IDs differ by a multiple share one, and flush more often. */
#define GENERATIONS 64

static _Atomic uint64_t generations[GENERATIONS];

static uint32_t flush_all = VMCB_TLB_FLUSH_ALL; /* vmcb.tlb_control that forgets all of a guest */
static uint32_t last_asid;

void svm_flush_init(bool by_asid, uint32_t asids)
{
    for (unsigned i = 0; i < GENERATIONS; i++)
        atomic_init(&generations[i], 1);
    if (by_asid)
        flush_all = VMCB_TLB_FLUSH_ASID;
    last_asid = asids - 1;
}

_Atomic uint64_t *svm_slat_of(const struct hv_partition *partition)
{
    return &generations[hv_partition_id(partition) % GENERATIONS];
}

/* ---- On the VP's LP ---- */

/*
 * INVLPGA may forget more than asked for, but not less than INVLPG: KVM takes it for the same
 * hypercalls.
 */
static void forget_ranges(const struct svm_vp *vp, const struct hv_flush *flush)
{
    for (uint32_t i = 0; i < flush->count; i++) {
        uint64_t page = flush->ranges[i] & HV_GVA_RANGE_BASE_MASK;
        uint64_t further = flush->ranges[i] & HV_GVA_RANGE_ADDITIONAL_PAGES_MASK;

        svm_invlpga(page, vp->vmcb->asid);
        for (; further > 0; further--) {
            page += PAGE_SIZE;
            svm_invlpga(page, vp->vmcb->asid);
        }
    }
}

/* Which PCIDs INVLPGA reaches the manual doesn't say. */
static bool needs_all(const struct svm_vp *vp, const struct hv_flush *flush)
{
    return flush->all || (flush->count > 0 && (vp->vmcb->cr4 & CR4_PCIDE));
}

void svm_flush(struct svm_vp *vp)
{
    uint64_t generation = svm_generation(vp);
    struct hv_flush flush;

    /* Before looking what there is: whoever comes later sets it again. */
    atomic_fetch_and(&vp->lp->events, ~(uint32_t)LP_EVENT_LEAVE);
    hv_flush_queue_take(&vp->flushes, &flush);
    if (vp->generation != generation || needs_all(vp, &flush))
        vp->vmcb->tlb_control = flush_all;
    else
        forget_ranges(vp, &flush);
    vp->generation = generation;
}

/*
 * When there are no more, all are given away anew, each to the next VP that runs. What another VP
 * has left there is forgotten with the first entry, as no generation is known.
 */
void svm_take_asid(struct svm_vp *vp)
{
    struct lp *lp = vp->lp;

    if (lp->asid_round == 0 || (vp->asid_round != lp->asid_round && lp->next_asid > last_asid)) {
        lp->asid_round++;
        lp->next_asid = 1;
    }
    if (vp->asid_round == lp->asid_round)
        return;
    vp->asid_round = lp->asid_round;
    vp->vmcb->asid = lp->next_asid++;
    vp->generation = 0;
    svm_touch(vp, VMCB_CLEAN_ASID);
}

/* ---- On any LP ---- */

/* After it has been said what is to be forgotten. The caller's own LP is not in the guest. */
static void call_outside_guest(struct lp *lp)
{
    if (atomic_load(&lp->in_guest))
        lp_notify_other(lp, LP_EVENT_LEAVE);
}

/* After call_outside_guest(). It need not see here what it was called for: it looks before it
   enters. One exit is enough. */
static void wait_outside_guest(const struct lp *lp)
{
    while (atomic_load(&lp->in_guest) && atomic_load(&lp->events) != 0)
        cpu_relax();
}

/* An LP that comes to the partition's VPs later sees the new generation. */
void svm_flush_slat(void *context, struct hv_partition *partition)
{
    _Atomic uint64_t *slat = svm_slat_of(partition);

    (void)context;
    atomic_fetch_add(slat, 1);
    for (uint32_t i = 0; i < lp_count(); i++)
        if (atomic_load(&lp_get(i)->slat) == slat)
            call_outside_guest(lp_get(i));
    for (uint32_t i = 0; i < lp_count(); i++)
        if (atomic_load(&lp_get(i)->slat) == slat)
            wait_outside_guest(lp_get(i));
}

static bool is_running(const struct svm_vp *vp)
{
    return atomic_load(&vp->lp->running) == vp;
}

void svm_flush_tlb(void *context, struct hv_vp *vp)
{
    struct svm_vp *target = hv_vp_backend(vp);

    (void)context;
    hv_flush_queue_add_all(&target->flushes);
    if (is_running(target))
        call_outside_guest(target->lp);
}

void svm_flush_ranges(void *context, struct hv_vp *vp, const uint64_t *ranges, uint32_t count)
{
    struct svm_vp *target = hv_vp_backend(vp);

    (void)context;
    hv_flush_queue_add(&target->flushes, ranges, count);
    if (is_running(target))
        call_outside_guest(target->lp);
}

void svm_wait_flushed(void *context, struct hv_vp *vp)
{
    struct svm_vp *target = hv_vp_backend(vp);

    (void)context;
    if (is_running(target))
        wait_outside_guest(target->lp);
}
