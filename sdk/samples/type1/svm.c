/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "svm.h"

#include "console.h"
#include "cpu.h"
#include "idle.h"
#include "lp.h"
#include "memory.h"
#include "save_restore.h"
#include "svm_child.h"
#include "svm_switch.h"
#include "svm_turn.h"

#define CPUID_SVM            (1u << 2) /* leaf 0x80000001 ECX */
#define CPUID_SVM_LEAF       0x8000000A
#define CPUID_SVM_NPT        (1u << 0) /* leaf 0x8000000A EDX */
#define CPUID_SVM_NEXT_RIP   (1u << 3)
#define CPUID_SVM_CLEAN      (1u << 5)
#define CPUID_SVM_FLUSH_ASID (1u << 6)

static bool next_rip;

void svm_check(void)
{
    uint64_t vm_cr = 0;

    if (!(cpuid_or_zero(0x80000001).ecx & CPUID_SVM))
        boot_fail("this processor has no AMD-V (SVM); in QEMU, use -cpu max or -cpu EPYC,+svm");
    if (rdmsr_safe(MSR_VM_CR, &vm_cr) && (vm_cr & VM_CR_SVMDIS))
        boot_fail("AMD-V is disabled; enable SVM in the firmware's set-up");
    if (!(cpuid_or_zero(CPUID_SVM_LEAF).edx & CPUID_SVM_NPT))
        boot_fail("this processor has no nested paging; in QEMU, add npt to -cpu");
}

void svm_init(bool testdev)
{
    uint32_t svm = cpuid_or_zero(CPUID_SVM_LEAF).edx;

    next_rip = (svm & CPUID_SVM_NEXT_RIP) != 0;
    svm_turn_init((svm & CPUID_SVM_CLEAN) != 0);
    svm_flush_init((svm & CPUID_SVM_FLUSH_ASID) != 0, cpuid_or_zero(CPUID_SVM_LEAF).ebx);
    svm_switch_init();
    svm_vp_init(testdev);
    svm_child_init();
}

bool svm_has_next_rip(void)
{
    return next_rip;
}

/* From here on the LP's own FS, GS, TR, LDTR and system call MSRs are in lp->host. */
void svm_release_guest(struct svm_vp *vp)
{
    svm_vmsave(vp->vmcb_address);
    svm_vmload(memory_physical(vp->lp->host));
    vp->loaded = false;
}

void svm_regain_guest(struct svm_vp *vp)
{
    svm_vmload(vp->vmcb_address);
    vp->loaded = true;
}

uint64_t svm_set_timer(struct lp *lp, uint64_t now, uint64_t deadline)
{
    uint64_t meeting = save_restore_deadline(lp);

    if (lp->deadline < deadline)
        deadline = lp->deadline;
    if (meeting < deadline)
        deadline = meeting;
    lp_set_timer(lp, now, deadline);
    return deadline;
}

static uint64_t take_page(const struct lp *lp)
{
    uint64_t page;

    if (!memory_page_alloc(&page))
        boot_fail("no memory for LP %u; start the hypervisor with a larger pool=<MiB>", lp->index);
    return page * PAGE_SIZE;
}

void svm_run_lp(struct lp *lp)
{
    uint64_t host;

    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
    wrmsr(MSR_VM_HSAVE_PA, take_page(lp));
    host = take_page(lp);
    lp->host = memory_at(host);
    __asm__ volatile("clgi" : : : "memory");
    svm_vmsave(host);
    svm_switch_begin(lp);
    /* Events stay as they are: other VPs may have sent some before this LP looks up. */
    while (!atomic_load(&lp->backend))
        idle_wait_nmi();
    svm_turn_picked(lp);
}

/* An LP that tells itself is not in the guest: the exit that it handles ends in a look. */
static void svm_kick_lp(void *context, void *lp)
{
    struct lp *target = lp;
    struct svm_vp *running;

    (void)context;
    if (target != lp_current()) {
        lp_notify_other(target, LP_EVENT_LOOK);
        return;
    }
    atomic_fetch_or(&target->events, LP_EVENT_LOOK);
    running = atomic_load_explicit(&target->running, memory_order_relaxed);
    if (running)
        running->stops = true;
}

static void svm_lp_run_time(void *context, uint32_t lp, struct hv_lp_run_time *time)
{
    (void)context;
    lp_run_time(lp_get(lp), rdtsc(), time);
}

void svm_fill_platform(struct hv_platform *platform)
{
    platform->cpu = (struct hv_cpu_ops){
        .get_register = svm_get_register,
        .read_shown = svm_read_shown,
        .gprs = svm_gprs,
        .set_register = svm_set_register,
        .read_xmm = svm_read_xmm,
        .write_xmm = svm_write_xmm,
        .inject_exception = svm_inject_exception,
        .end_of_interrupt = svm_end_of_interrupt,
        .apic_changed = svm_apic_changed,
        .push = svm_push,
        .start = svm_start,
        .create_vp = svm_create_vp,
        .delete_vp = svm_delete_vp,
        .power_off = svm_power_off,
        .lp_run_time = svm_lp_run_time,
        .cpuid = svm_tell_cpuid,
        .get_xsave = svm_get_xsave,
        .set_xsave = svm_set_xsave,
        .flush_slat = svm_flush_slat,
        .flush_tlb = svm_flush_tlb,
        .flush_ranges = svm_flush_ranges,
        .wait_flushed = svm_wait_flushed,
        .kick_lp = svm_kick_lp,
        .move_vp = svm_move_vp,
    };
    platform->facts.slat_format = HV_SLAT_NPT;
    platform->facts.capabilities |= HV_CPU_NPIEP | HV_CPU_GUEST_IDLE | HV_CPU_RESET | HV_CPU_XMM |
                                    HV_CPU_MSR_BITMAPS | HV_CPU_LOCAL_APIC | HV_CPU_START_VP |
                                    HV_CPU_CREATE_VP;
}
