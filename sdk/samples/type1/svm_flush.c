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

_Atomic uint64_t svm_slat_generation = 1;

static uint32_t flush_all = VMCB_TLB_FLUSH_ALL; /* vmcb.tlb_control that forgets all of a guest */

void svm_flush_init(bool by_asid)
{
    if (by_asid)
        flush_all = VMCB_TLB_FLUSH_ASID;
}

/* ---- On the VP's LP ---- */

/*
 * INVLPGA may forget more than asked for, but not less than INVLPG: KVM takes it for the same
 * hypercalls.
 */
static void forget_ranges(const struct hv_flush *flush)
{
    for (uint32_t i = 0; i < flush->count; i++) {
        uint64_t page = flush->ranges[i] & HV_GVA_RANGE_BASE_MASK;
        uint64_t further = flush->ranges[i] & HV_GVA_RANGE_ADDITIONAL_PAGES_MASK;

        svm_invlpga(page, SVM_GUEST_ASID);
        for (; further > 0; further--) {
            page += PAGE_SIZE;
            svm_invlpga(page, SVM_GUEST_ASID);
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
    uint64_t generation = svm_generation();
    struct hv_flush flush;

    /* Before looking what there is: whoever comes later sets it again. */
    atomic_fetch_and(&vp->lp->events, ~(uint32_t)LP_EVENT_LEAVE);
    hv_flush_queue_take(&vp->flushes, &flush);
    if (vp->lp->generation != generation || needs_all(vp, &flush))
        vp->vmcb->tlb_control = flush_all;
    else
        forget_ranges(&flush);
    vp->lp->generation = generation;
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

void svm_flush_slat(void *context, struct hv_partition *partition)
{
    (void)context;
    (void)partition;
    atomic_fetch_add(&svm_slat_generation, 1);
    for (uint32_t i = 0; i < lp_count(); i++)
        call_outside_guest(lp_get(i));
    for (uint32_t i = 0; i < lp_count(); i++)
        wait_outside_guest(lp_get(i));
}

void svm_flush_tlb(void *context, struct hv_vp *vp)
{
    struct svm_vp *target = hv_vp_backend(vp);

    (void)context;
    hv_flush_queue_add_all(&target->flushes);
    call_outside_guest(target->lp);
}

void svm_flush_ranges(void *context, struct hv_vp *vp, const uint64_t *ranges, uint32_t count)
{
    struct svm_vp *target = hv_vp_backend(vp);

    (void)context;
    hv_flush_queue_add(&target->flushes, ranges, count);
    call_outside_guest(target->lp);
}

void svm_wait_flushed(void *context, struct hv_vp *vp)
{
    struct svm_vp *target = hv_vp_backend(vp);

    (void)context;
    wait_outside_guest(target->lp);
}
