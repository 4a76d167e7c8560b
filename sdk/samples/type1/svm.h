/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The CPU back end for AMD SVM. */
#ifndef TYPE1_SVM_H
#define TYPE1_SVM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/hv.h>

#include "cpu.h"
#include "gva.h"
#include "lp.h"
#include "svm_mtrr.h"
#include "svm_xsave.h"
#include "vmcb.h"

/* Exceptions that are always intercepted. */
#define SVM_EXCEPTIONS (1u << 18) /* #MC */

/* Pages of a child's VP: itself, its VMCB, its XSAVE area. */
#define SVM_VP_PAGES 3

/* Pages of the permission maps. A bit for each port, and an access of four bytes at the last one
   looks three bits further (APM vol. 2, 15.10.1). */
#define SVM_IO_MAP_PAGES  3
#define SVM_MSR_MAP_PAGES 2

/* What a VP does, or waits for. */
enum svm_activity {
    SVM_RUNNING,
    SVM_WAIT_FOR_STARTUP,
    /* Those that wait for something which comes to the LP. */
    SVM_HALTED, /* HLT: for an interrupt that it takes */
    SVM_IDLE,   /* HV_DISPOSITION_IDLE: for one that may be masked */
    SVM_LENDS,  /* HV_DISPOSITION_DISPATCH: for that too, or the end of its lending */
};

/* One VP, of one LP; in one page. The first four fields are known to svm_entry.S. */
struct svm_vp {
    struct hv_gprs gprs; /* valid while outside the guest */
    uint64_t vmcb_address;
    struct vmcb *vmcb;

    struct hv_vp *vp;
    _Atomic(struct lp *) lp; /* whose it is */
    bool child;              /* of a partition with a parent */
    bool special;            /* that, or it is stepped: its exits take more than the usual way */
    uint64_t event;          /* to be injected at the next entry, as vmcb.event; 0 for none */
    enum svm_activity activity;
    enum hv_lp_release release; /* why it is let go */
    bool counted;               /* run time is being counted */
    bool loaded; /* what VMLOAD loads is the guest's and in the processor, not in the VMCB */
    bool stops; /* was suspended by its exit, is to be shut down, or something has come meanwhile */
    bool shut_down;      /* of a child: by a triple fault, which its parent is to be told of */
    uint32_t exceptions; /* of a child: those that its parent wants to see */
    uint64_t raised; /* of a child: such a one, as vmcb.event, that is to be shown; 0 for none */

    const struct hv_interrupt_view *view; /* of vp */
    uint64_t until;                       /* TSC at which the LP's timer should have come */
    bool quiet;        /* nothing waits or is watched but for the window in which the guest can take
                          what waits, as long as the view is current; the pin may be open too */
    int accepted;      /* vector that the APIC has in service and the guest has not seen yet, or
                          HV_INTERRUPT_NONE */
    int injected;      /* vector that goes in as the virtual interrupt, or HV_INTERRUPT_NONE */
    int extint;        /* vector of an 8259 that the guest is about to take, or HV_INTERRUPT_NONE */
    bool wants_extint; /* the guest lets pin 0 of its APIC through as that of an 8259 */
    bool pin_open;     /* and so does the physical APIC, for now */
    bool window;       /* leaves the guest when it could take an interrupt */
    bool priority;     /* leaves the guest when it writes CR8 */

    bool nmi_pending;
    bool nmi_masked;      /* since the last injection, until its IRET */
    bool nmi_iret;        /* that IRET, at nmi_iret_rip, is about to execute */
    bool stepping;        /* RFLAGS.TF is set for this entry only */
    bool step_iret;       /* what is stepped is the IRET at nmi_iret_rip */
    bool step_guest_flag; /* what the guest has there */
    uint64_t nmi_iret_rip;
    uint32_t npiep; /* what svm_npiep_set() was told last */

    struct hv_flush_queue flushes; /* what to forget before the next entry */
    _Atomic uint64_t *slat;        /* generation of its partition's nested page tables */
    uint64_t generation;           /* of those that its ASID knows; 0: of none */
    uint64_t asid_round;           /* of the LP's, in which it got its ASID */

    /* While lp.in_processor is another one. */
    struct svm_xsave *xsave;
    uint64_t xcr0;
    uint64_t debug[4]; /* DR0 to DR3; always, unless debug_open */
    bool debug_open;   /* the VP reaches them in the processor */
    uint64_t msrs[LP_SWITCHED_MSRS];
    bool uses_msrs; /* one of them has been something else than 0 */

    struct svm_mtrr mtrr;             /* of a child */
    uint64_t spa_pages[SVM_VP_PAGES]; /* of a child */

    struct hv_exit exit;
    struct gva_cache pages;
};

/* boot_fail() if the machine can't. */
void svm_check(void);

/* Permission maps and features; once. testdev: the root gets the ports of hyperv_testdev.h. */
void svm_init(bool testdev);

/* Makes this LP a host and runs the VPs that it is, or will be, given. */
void svm_run_lp(struct lp *lp) __attribute__((noreturn));

/* VPs come and go (svm_vp.c). */
void svm_vp_init(bool testdev);
/* A VP of the root for the LP, in the state after INIT, in memory of the hypervisor. */
struct svm_vp *svm_vp_create(struct lp *lp);
/* From here on it is the back end's part of that VP. */
void svm_vp_join(struct svm_vp *vp, struct hv_vp *hv_vp);
hv_status svm_create_vp(void *context, struct hv_vp *vp, void **backend);
void svm_delete_vp(void *context, struct hv_vp *vp);
void svm_move_vp(void *context, struct hv_vp *vp, void *lp);

/* The functions and capabilities that lib/core gets. */
void svm_fill_platform(struct hv_platform *platform);

/* Which instructions report the next RIP; false: decode. */
bool svm_has_next_rip(void);

/* Of the nested page tables of the VP's partition: bumped by each flush, and never 0. */
static inline uint64_t svm_generation(const struct svm_vp *vp)
{
    return atomic_load(vp->slat);
}

/*
 * Around what reads a guest's memory by gva_pointer(): the parent can give a child's pages to
 * somebody else. The root alone gives its pages away, and gets to see no more of them than the
 * length of an instruction.
 */
static inline void *gva_enter(const struct svm_vp *vp)
{
    return vp->child ? hv_address_enter(hv_vp_partition(vp->vp)) : NULL;
}

static inline void gva_leave(void *section)
{
    if (section)
        hv_address_leave(section);
}

/* Marks groups of VMCB fields as changed. */
static inline void svm_touch(struct svm_vp *vp, uint32_t groups)
{
    vp->vmcb->clean &= ~groups;
}

/* Handles the exit that the VMCB describes (svm_exit.c). */
void svm_handle_exit(struct svm_vp *vp);
/* Hands vp->exit to lib/core; true if it is for this back end. */
bool svm_pass_to_core(struct svm_vp *vp);
/* Fills in the length of the instruction; false if it has changed meanwhile: then it runs again. */
bool svm_begin_instruction(struct svm_vp *vp, enum hv_insn_op op);
/* The instruction is done. */
void svm_advance(struct svm_vp *vp, unsigned length);

/* What VMLOAD loads: the LP's own in exchange for the guest's, and back (svm.c). */
void svm_release_guest(struct svm_vp *vp);
void svm_regain_guest(struct svm_vp *vp);

/* Arms the LP's timer at now: for the VP that runs, at deadline, and for all else (svm.c). */
uint64_t svm_set_timer(struct lp *lp, uint64_t now, uint64_t deadline);

/* Cached translations (svm_flush.c). */
/* by_asid: the TLB control has a flush of one ASID. asids: how many there are, 0 among them. */
void svm_flush_init(bool by_asid, uint32_t asids);
/* The VP is about to run, after others: it gets an ASID that no other VP of the LP has. */
void svm_take_asid(struct svm_vp *vp);
/* The generation of a partition's nested page tables; some share one. */
_Atomic uint64_t *svm_slat_of(const struct hv_partition *partition);
/* Before an entry: forgets what a newer generation or the VP's queue ask for. */
void svm_flush(struct svm_vp *vp);
void svm_flush_slat(void *context, struct hv_partition *partition);
void svm_flush_tlb(void *context, struct hv_vp *vp);
void svm_flush_ranges(void *context, struct hv_vp *vp, const uint64_t *ranges, uint32_t count);
void svm_wait_flushed(void *context, struct hv_vp *vp);

/* Interrupts (svm_interrupt.c). */
/* Before an entry: injects one, or asks for an exit when the guest can take it. */
void svm_interrupt_prepare(struct svm_vp *vp);
/* The LP turns to a VP again, at now: others may have had its timer meanwhile. */
void svm_interrupt_return(struct svm_vp *vp, uint64_t now);
/* Before something else than the entry that it was prepared for. */
void svm_interrupt_withdraw(struct svm_vp *vp);
/* After an exit: the interrupt that was to go in has been taken, or waits again. */
void svm_interrupt_injected(struct svm_vp *vp);
/* An interrupt that the APIC has in service gave way to an exception: it waits. */
void svm_interrupt_put_back(struct svm_vp *vp, uint8_t vector);
/* An interrupt of an 8259. */
void svm_interrupt_take_extint(struct svm_vp *vp, int vector);
/* Before physical interrupts are let in. */
void svm_interrupt_before_taking(struct svm_vp *vp);
/* Whether a VP that is halted or idle has what it waits for. */
bool svm_is_awake(struct svm_vp *vp);
static inline bool svm_waits(const struct svm_vp *vp)
{
    return vp->activity >= SVM_HALTED;
}
/* Of one that runs: whether its last exit has put an end to that. */
static inline bool svm_pauses(const struct svm_vp *vp)
{
    return vp->activity != SVM_RUNNING || vp->stops;
}
void svm_end_of_interrupt(void *context, struct hv_vp *vp, uint8_t vector);
void svm_apic_changed(void *context, struct hv_vp *vp);
/* PUSH of 32 bits (svm_push.c). */
bool svm_push(void *context, struct hv_vp *vp, uint32_t value);

/* Sets the state after INIT or a start-up IPI (svm_init.c). */
void svm_set_init_state(struct svm_vp *vp);
void svm_set_startup_state(struct svm_vp *vp, uint8_t vector);

/* Registers by name, for lib/core. */
hv_status svm_get_register(void *context, struct hv_vp *vp, uint32_t name,
                           struct hv_register128 *value);
struct hv_gprs *svm_gprs(void *context, struct hv_vp *vp);
void svm_read_shown(void *context, struct hv_vp *vp, struct hv_shown_registers *registers);
hv_status svm_set_register(void *context, struct hv_vp *vp, uint32_t name,
                           const struct hv_register128 *value);

/* False: not a value for XCR0. The VP's state is in the processor. */
bool svm_set_xcr0(struct svm_vp *vp, uint64_t value);

/* hv_cpu_ops.start. */
hv_status svm_start(void *context, struct hv_vp *vp, const struct hv_initial_vp_context *initial);
void svm_read_xmm(void *context, struct hv_vp *vp, unsigned first, unsigned count, void *out);
void svm_write_xmm(void *context, struct hv_vp *vp, unsigned first, unsigned count, const void *in);

/* MSRs that are not synthetic; false: #GP (svm_msr.c). */
bool svm_msr_read(struct svm_vp *vp, uint32_t msr, uint64_t *value);
bool svm_msr_write(struct svm_vp *vp, uint32_t msr, uint64_t value);
bool svm_efer_valid(uint64_t efer);
bool svm_pat_valid(uint64_t pat);
bool svm_write_efer(struct svm_vp *vp, uint64_t value);
bool svm_write_pat(struct svm_vp *vp, uint64_t value);
/* The MSR permission map of the root, filled in; and of one map, who is intercepted. */
uint64_t svm_msr_map(void);
void svm_msr_intercept(uint8_t *map, uint32_t msr, bool read, bool write);

/* Carries out an access to an I/O port that is intercepted; false: #GP (svm_io.c). */
bool svm_io(struct svm_vp *vp);
/* The I/O permission map of the root, filled in. */
uint64_t svm_io_map(bool testdev);
void svm_power_off(void *context, uint8_t pm1a_type, uint8_t pm1b_type);

/* What a guest sees of the processor: what is the same for all, and all of it (svm_cpuid.c). */
void svm_cpuid_of_all(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
void svm_cpuid(const struct svm_vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* Events (svm_event.c). */
void svm_inject_exception(void *context, struct hv_vp *vp, uint8_t vector, bool has_error,
                          uint32_t error);
void svm_raise(struct svm_vp *vp, uint8_t vector, bool has_error, uint32_t error);
/* The same for an exception that the parent has seen, or doesn't want to. */
void svm_deliver(struct svm_vp *vp, uint64_t exception);
/* Gives the guest an exception that was intercepted. */
void svm_raise_intercepted(struct svm_vp *vp, uint8_t vector);
bool svm_has_error_code(uint8_t vector);
/* Takes back what was being delivered when the VP left the guest. */
void svm_event_interrupted(struct svm_vp *vp);
/* Before an entry with an NMI pending. */
void svm_event_prepare_nmi(struct svm_vp *vp);
/* The VP is about to execute IRET. */
void svm_event_iret(struct svm_vp *vp);
/* Lets one instruction of the guest execute, then leaves it. */
void svm_event_step(struct svm_vp *vp);
/* Undoes stepping, after an exit. True if the exit was nothing but the step. */
bool svm_event_stepped(struct svm_vp *vp);
void svm_event_set_nmi_mask(struct svm_vp *vp, bool masked);

/* Enforces hv_vp_npiep() (svm_npiep.c). */
void svm_npiep_set(struct svm_vp *vp, uint32_t config);
void svm_npiep_exit(struct svm_vp *vp);

/* Resets the machine (machine.c). */
void machine_reset(void) __attribute__((noreturn));

static inline void svm_vmload(uint64_t address)
{
    __asm__ volatile("vmload %0" : : "a"(address) : "memory");
}

/* Forgets what INVLPG would for the address, of another ASID. */
static inline void svm_invlpga(uint64_t address, uint32_t asid)
{
    __asm__ volatile("invlpga %0, %1" : : "a"(address), "c"(asid) : "memory");
}

static inline void svm_vmsave(uint64_t address)
{
    __asm__ volatile("vmsave %0" : : "a"(address) : "memory");
}

static inline bool svm_interrupt_can_take(const struct svm_vp *vp)
{
    return (vp->gprs.rflags & RFLAGS_IF) && !(vp->vmcb->interrupt_shadow & VMCB_SHADOW) &&
           !(vp->event & VMCB_EVENT_VALID) && !vp->stepping;
}

/* Before an entry: whether svm_interrupt_prepare() would find all as it has left it. */
static inline bool svm_interrupt_is_prepared(const struct svm_vp *vp, uint64_t now)
{
    if (!vp->quiet || !vp->view->current || now >= vp->until)
        return false;
    if (vp->window)
        return !svm_interrupt_can_take(vp);
    return !vp->wants_extint || !vp->pin_open || svm_interrupt_can_take(vp);
}

/* After an exit: what the guest has made of CR8, and of an interrupt. */
static inline void svm_interrupt_left(struct svm_vp *vp)
{
    uint8_t cr8 = vp->vmcb->virtual_interrupt & VMCB_V_TPR;

    if (__builtin_expect(cr8 != vp->view->cr8, false))
        hv_interrupt_set_cr8(vp->vp, cr8);
    if (__builtin_expect(vp->injected >= 0, false))
        svm_interrupt_injected(vp);
}

static inline bool svm_long_mode(const struct svm_vp *vp)
{
    return (vp->vmcb->efer & (UINT64_C(1) << 10)) != 0;
}

#endif
