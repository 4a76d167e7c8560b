/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* VPs come and go: the root's in memory of the hypervisor, a child's in its partition's. */
#include <hv/abi/tlfs.h>

#include "cpu.h"
#include "lp.h"
#include "memory.h"
#include "platform.h"
#include "svm.h"
#include "svm_child.h"
#include "svm_switch.h"

#define CPUID_INVLPGB (1u << 3) /* leaf 0x80000008 EBX */

_Static_assert(sizeof(struct svm_vp) <= PAGE_SIZE, "a child's VP must fit in one page");

static struct {
    bool has_invlpgb;
    uint64_t io_map;
    uint64_t msr_map;
} root;

void svm_vp_init(bool testdev)
{
    root.has_invlpgb = (cpuid_or_zero(0x80000008).ebx & CPUID_INVLPGB) != 0;
    root.io_map = svm_io_map(testdev);
    root.msr_map = svm_msr_map();
}

/*
 * Nearly all I/O ports, control and debug registers, XSETBV, task switches: all these are the
 * root's own, with no exit. SVM's own instructions do not exist for a guest, nor do MONITOR and
 * MWAIT (TLFS v6.0b 8.5: #UD unless the hypervisor announces them).
 */
static void set_intercepts(struct vmcb *vmcb)
{
    vmcb->intercept_exceptions = SVM_EXCEPTIONS;
    vmcb->intercept_1 = VMCB_INTERCEPT_INTERRUPT | VMCB_INTERCEPT_NMI | VMCB_INTERCEPT_INIT |
                        VMCB_INTERCEPT_CPUID | VMCB_INTERCEPT_INVD | VMCB_INTERCEPT_HLT |
                        VMCB_INTERCEPT_INVLPGA | VMCB_INTERCEPT_IO | VMCB_INTERCEPT_MSR |
                        VMCB_INTERCEPT_SHUTDOWN;
    vmcb->intercept_2 = VMCB_INTERCEPT_VMRUN | VMCB_INTERCEPT_VMMCALL | VMCB_INTERCEPT_VMLOAD |
                        VMCB_INTERCEPT_VMSAVE | VMCB_INTERCEPT_STGI | VMCB_INTERCEPT_CLGI |
                        VMCB_INTERCEPT_SKINIT | VMCB_INTERCEPT_MONITOR | VMCB_INTERCEPT_MWAIT;
    /* The bits are reserved where the instructions do not exist. */
    if (root.has_invlpgb)
        vmcb->intercept_3 =
            VMCB_INTERCEPT_INVLPGB | VMCB_INTERCEPT_INVLPGB_ILLEGAL | VMCB_INTERCEPT_TLBSYNC;
}

/* A VP of zeroes; what depends on its partition is still missing. */
static void build(struct svm_vp *vp, struct lp *lp, struct vmcb *vmcb, void *xsave)
{
    vp->vmcb = vmcb;
    vp->vmcb_address = memory_physical(vmcb);
    vp->lp = lp;
    set_intercepts(vmcb);
    vmcb->iopm = root.io_map;
    vmcb->msrpm = root.msr_map;
    vmcb->nested_control = VMCB_NESTED_PAGING;
    vmcb->pat = PAT_RESET;
    svm_switch_reset(vp, xsave);
}

struct svm_vp *svm_vp_create(struct lp *lp)
{
    struct svm_vp *vp = memory_take(page_round_up(sizeof(*vp)) / PAGE_SIZE);

    build(vp, lp, memory_take(1), memory_take(1));
    svm_set_init_state(vp);
    return vp;
}

void svm_vp_join(struct svm_vp *vp, struct hv_vp *hv_vp)
{
    const struct hv_partition *partition = hv_vp_partition(hv_vp);

    vp->vp = hv_vp;
    vp->view = hv_interrupt_view(hv_vp);
    vp->slat = svm_slat_of(partition);
    vp->vmcb->nested_cr3 = hv_address_root(partition) * PAGE_SIZE;
    svm_touch(vp, VMCB_CLEAN_NESTED);
}

/* ---- Children ---- */

static void free_pages(struct hv_partition *partition, const uint64_t pages[SVM_VP_PAGES],
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        hv_partition_free_page(partition, pages[i]);
}

static struct svm_vp *build_child(struct hv_partition *partition, struct lp *lp)
{
    uint64_t pages[SVM_VP_PAGES];
    void *mapped[SVM_VP_PAGES];
    struct svm_vp *vp;

    for (unsigned i = 0; i < SVM_VP_PAGES; i++) {
        mapped[i] = hv_partition_alloc_page(partition, &pages[i]);
        if (mapped[i])
            continue;
        free_pages(partition, pages, i);
        return NULL;
    }
    vp = mapped[0];
    for (unsigned i = 0; i < SVM_VP_PAGES; i++)
        vp->spa_pages[i] = pages[i];
    vp->child = vp->special = true;
    build(vp, lp, mapped[1], mapped[2]);
    svm_child_set_intercepts(vp);
    return vp;
}

/* The LP that has fewest VPs; one without a VP of the root does not run. Under the root's scheduler
   that of the root's VP which makes it: it moves when another one lends it its time. */
static struct lp *choose_lp(void)
{
    struct lp *best = lp_get(0);

    if (platform_get()->facts.capabilities & HV_CPU_ROOT_SCHEDULER)
        return lp_current();
    for (uint32_t i = 1; i < lp_count() && atomic_load(&lp_get(i)->backend); i++)
        if (hv_lp_load(atomic_load(&lp_get(i)->scheduler)) <
            hv_lp_load(atomic_load(&best->scheduler)))
            best = lp_get(i);
    return best;
}

hv_status svm_create_vp(void *context, struct hv_vp *hv_vp, void **backend)
{
    struct hv_partition *partition = hv_vp_partition(hv_vp);
    struct lp *lp = choose_lp();
    struct svm_vp *vp = build_child(partition, lp);

    (void)context;
    if (!vp)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    svm_vp_join(vp, hv_vp);
    svm_child_set_reset_state(vp);
    *backend = vp;
    if (hv_lp_add(atomic_load(&lp->scheduler), hv_vp) == HV_STATUS_SUCCESS)
        return HV_STATUS_SUCCESS;
    free_pages(partition, vp->spa_pages, SVM_VP_PAGES);
    return HV_STATUS_INSUFFICIENT_MEMORY;
}

/*
 * Its LP has put it, and so has all of it in memory. What it had of that LP it does not find again
 * when it comes back: its ASID is another one there, and the processor may still know its VMCB as
 * it was.
 */
void svm_move_vp(void *context, struct hv_vp *hv_vp, void *lp)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp);

    (void)context;
    vp->asid_round = 0;
    svm_touch(vp, VMCB_CLEAN_ALL);
    /* Sequentially consistent, for svm_flush.c: who still sees the old LP has left what is to be
       forgotten before the first entry on the new one looks for it. */
    atomic_store(&vp->lp, lp);
}

/* Its LP has let go of it and keeps nothing of it in the processor. */
void svm_delete_vp(void *context, struct hv_vp *hv_vp)
{
    const struct svm_vp *vp = hv_vp_backend(hv_vp);
    uint64_t pages[SVM_VP_PAGES];

    (void)context;
    for (unsigned i = 0; i < SVM_VP_PAGES; i++)
        pages[i] = vp->spa_pages[i];
    free_pages(hv_vp_partition(hv_vp), pages, SVM_VP_PAGES);
}
