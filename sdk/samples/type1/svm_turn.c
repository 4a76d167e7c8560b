/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The turns of VPs on an LP: what has come for one is seen to, it is entered until it waits or
   makes room, and then it is the next one's turn. */
#include "svm_turn.h"

#include "apic.h"
#include "console.h"
#include "cpu.h"
#include "idle.h"
#include "lp.h"
#include "save_restore.h"
#include "svm.h"
#include "svm_child.h"
#include "svm_switch.h"

_Static_assert(__builtin_offsetof(struct svm_vp, gprs) == 0, "svm_entry.S");
_Static_assert(__builtin_offsetof(struct svm_vp, vmcb_address) == 144, "svm_entry.S");

/* Of steps that each turn of a VP takes: a call would cost about as much as the step. */
#define ALWAYS_INLINE __attribute__((always_inline))

void svm_enter(struct svm_vp *vp);
void svm_enter_shadowed(struct svm_vp *vp);

static uint32_t clean; /* what vmcb.clean says when nothing was changed */

void svm_turn_init(bool has_clean_bits)
{
    clean = has_clean_bits ? VMCB_CLEAN_ALL : 0;
}

/* The bootstrap processor's INIT leads to the firmware: as a reset of the machine does. */
static void take_init(struct svm_vp *vp)
{
    if (vp->child) {
        svm_child_take_init(vp);
        return;
    }
    if (vp->lp->index == 0)
        machine_reset();
    hv_vp_reset(vp->vp);
    svm_apic_changed(NULL, vp->vp);
    lp_end_all_interrupts(vp->lp);
    svm_set_init_state(vp);
    vp->activity = SVM_WAIT_FOR_STARTUP;
}

/* The root's VP gets an NMI of the machine, whoever runs. */
static void post_nmi(struct lp *lp)
{
    struct svm_vp *root = atomic_load(&lp->backend);

    hv_interrupt_post_event(root->vp, HV_INTERRUPT_NMI, 0);
}

/* What came to the LP itself. */
static inline ALWAYS_INLINE uint32_t take_lp_events(struct lp *lp)
{
    uint32_t events = 0;

    if (atomic_load(&lp->events) != 0)
        events = atomic_exchange(&lp->events, 0);
    if (__builtin_expect((events & LP_EVENT_NMI) != 0, false))
        post_nmi(lp);
    return events;
}

/* INIT, start-up IPIs and NMIs that have come; the guest's state is released. */
static inline ALWAYS_INLINE void take_events(struct svm_vp *vp)
{
    struct hv_interrupt_vectors vectors;
    uint32_t events;

    hv_vp_prepare(vp->vp);
    events = hv_interrupt_events(vp->vp, &vectors);
    if (__builtin_expect(events == 0, true))
        return;
    if (events & HV_INTERRUPT_INIT)
        take_init(vp);
    if ((events & HV_INTERRUPT_STARTUP) && vp->activity == SVM_WAIT_FOR_STARTUP) {
        svm_set_startup_state(vp, vectors.startup);
        vp->activity = SVM_RUNNING;
    }
    if (vp->activity == SVM_WAIT_FOR_STARTUP)
        return;
    if (events & HV_INTERRUPT_NMI)
        vp->nmi_pending = true;
    if (events & HV_INTERRUPT_EXTINT)
        svm_interrupt_take_extint(vp, vectors.extint);
}

static struct hv_lp *scheduler(const struct lp *lp)
{
    return atomic_load_explicit(&lp->scheduler, memory_order_relaxed);
}

/* Of VPs that do not run; it changes only here, where the LP looks after them. */
static void note_deadline(struct lp *lp)
{
    lp->deadline = hv_lp_deadline(scheduler(lp));
}

static struct hv_vp *pick(struct lp *lp, uint64_t now)
{
    struct hv_vp *vp = hv_lp_pick(scheduler(lp), now);

    note_deadline(lp);
    return vp;
}

/* Whether the VP that runs is to make room; if not, when its time is over may have changed. */
static bool look_around(struct svm_vp *vp, uint64_t now)
{
    struct lp *lp = vp->lp;
    uint64_t before = lp->deadline;

    if (hv_lp_look(scheduler(lp), now))
        return true;
    note_deadline(lp);
    if (lp->deadline != before)
        vp->quiet = false;
    return false;
}

/* Whatever keeps the VP from being entered; false if there is nothing. */
static bool has_work(const struct svm_vp *vp)
{
    return atomic_load(&vp->lp->events) != 0 || vp->generation != svm_generation(vp) ||
           !hv_flush_queue_is_empty(&vp->flushes) || save_restore_is_due(vp);
}

/* All of that is flushes. */
static bool has_only_flushes(const struct svm_vp *vp)
{
    return (atomic_load(&vp->lp->events) & ~(uint32_t)LP_EVENT_LEAVE) == 0 &&
           !save_restore_is_due(vp);
}

static inline ALWAYS_INLINE void count_run_time(struct svm_vp *vp, uint64_t now)
{
    if (vp->counted)
        return;
    hv_vp_account_start(vp->vp, now);
    if (!lp_counts(vp->lp, LP_TIME_GUESTS))
        lp_count_begin(vp->lp, LP_TIME_GUESTS, now);
    vp->counted = true;
}

/* The VP can't go on. */
static bool let_go(struct svm_vp *vp, enum hv_lp_release why)
{
    vp->release = why;
    return false;
}

/* Whether somebody else runs at once, instead of the VP: the scheduler has done its part then. */
static inline ALWAYS_INLINE bool hand_over(struct lp *lp, uint64_t now, enum hv_lp_release why)
{
    lp->next = hv_lp_hand_over(scheduler(lp), now, why);
    if (!lp->next)
        return false;
    note_deadline(lp);
    return true;
}

/* A child may be deleted as soon as it was put: then nothing here refers to it any more. */
static inline ALWAYS_INLINE void put(struct lp *lp, struct svm_vp *vp, uint64_t now)
{
    if (vp->counted)
        hv_vp_account_stop(vp->vp, now);
    vp->counted = false;
    if (vp->child)
        svm_switch_away(vp);
    if (lp->next)
        return;
    if (lp_counts(lp, LP_TIME_GUESTS))
        lp_count_end(lp, LP_TIME_GUESTS, now);
    atomic_store(&lp->running, NULL);
    hv_lp_put(scheduler(lp), now, vp->release, vp->view->deadline);
}

/* The scheduler is a new one too, and the VP is all that it has. */
static void renew(struct svm_vp *vp)
{
    save_restore_now(vp);
    if (pick(vp->lp, rdtsc()) != vp->vp)
        machine_stop(3);
}

/* False if what the VP waits for has not come: then it is let go. */
static bool end_wait(struct svm_vp *vp)
{
    bool lends = vp->activity == SVM_LENDS;

    if (!svm_is_awake(vp))
        return let_go(vp, lends ? HV_LP_LENDS : HV_LP_WAITS);
    if (__builtin_expect(lends, false))
        hv_vp_end_lending(vp->vp);
    return true;
}

/* At now. The guest's state is released. False if the VP can't go on: then it is let go. */
static inline ALWAYS_INLINE bool make_ready(struct svm_vp *vp, uint64_t now)
{
    if (save_restore_is_due(vp)) {
        renew(vp);
        now = rdtsc();
    }
    take_events(vp);
    if (vp->activity == SVM_WAIT_FOR_STARTUP || hv_vp_is_suspended(vp->vp))
        return let_go(vp, HV_LP_STOPS);
    if (svm_waits(vp) && !end_wait(vp))
        return false;
    vp->activity = SVM_RUNNING;
    count_run_time(vp, now);
    return true;
}

/* As make_ready(). */
static inline ALWAYS_INLINE bool look(struct lp *lp, struct svm_vp *vp, uint64_t now)
{
    bool stops = hv_vp_is_suspended(vp->vp);

    if (!svm_waits(vp) && hand_over(lp, now, stops ? HV_LP_STOPS : HV_LP_YIELDS))
        return false;
    /* Who comes next is picked then, and what has come for this one has kicked it. */
    if (stops)
        return let_go(vp, HV_LP_STOPS);
    if (look_around(vp, now)) {
        /* One that waits makes room anyway, unless what it waits for has come. */
        if (!svm_waits(vp))
            return let_go(vp, HV_LP_YIELDS);
        note_deadline(lp);
    }
    return make_ready(vp, now);
}

/* What was released is loaded again; and the parent may want to see other exceptions by now. */
static inline void regain(struct svm_vp *vp)
{
    svm_regain_guest(vp);
    if (vp->child)
        svm_child_prepare(vp);
}

/* Sees to what has come; pauses: to the last exit too. False if the VP can't go on, at now: then it
   is let go, with its state released. */
static inline ALWAYS_INLINE bool pause(struct lp *lp, struct svm_vp *vp, bool pauses, uint64_t *now)
{
    uint32_t events = take_lp_events(lp);

    if (vp->injected >= 0)
        svm_interrupt_withdraw(vp);
    if (vp->raised)
        svm_child_show_raised(vp);
    if (vp->shut_down)
        svm_child_shut_down(vp);
    vp->stops = false;
    if ((events & LP_EVENT_LOOK) || pauses || save_restore_is_due(vp)) {
        /* INIT changes what VMLOAD has loaded. */
        svm_release_guest(vp);
        *now = rdtsc();
        if (!look(lp, vp, *now))
            return false;
        regain(vp);
    } else {
        *now = rdtsc();
    }
    svm_flush(vp);
    return true;
}

/*
 * Whether the VP can be entered now; if not, there is something else to see to. Flushes change
 * nothing of that, nor need what VMLOAD has loaded.
 */
static bool begin_entry(struct lp *lp, struct svm_vp *vp)
{
    /* Sequentially consistent, as the other side is in svm_flush.c: either it sees this LP in the
       guest and waits, or this LP sees what it asks for. */
    atomic_store(&lp->in_guest, true);
    while (__builtin_expect(has_work(vp), false)) {
        atomic_store(&lp->in_guest, false);
        if (!has_only_flushes(vp))
            return false;
        svm_flush(vp);
        atomic_store(&lp->in_guest, true);
    }
    return true;
}

static void enter(struct lp *lp, struct svm_vp *vp)
{
    struct vmcb *vmcb = vp->vmcb;

    vmcb->event = vp->event;
    vp->event = 0;
    vmcb->rax = vp->gprs.gpr[HV_GPR_RAX];
    vmcb->rsp = vp->gprs.gpr[HV_GPR_RSP];
    vmcb->rip = vp->gprs.rip;
    vmcb->rflags = vp->gprs.rflags;
    if (__builtin_expect((vmcb->interrupt_shadow & VMCB_SHADOW) != 0, false))
        svm_enter_shadowed(vp);
    else
        svm_enter(vp);
    vp->gprs.gpr[HV_GPR_RAX] = vmcb->rax;
    vp->gprs.gpr[HV_GPR_RSP] = vmcb->rsp;
    vp->gprs.rip = vmcb->rip;
    vp->gprs.rflags = vmcb->rflags;
    vmcb->tlb_control = 0;
    vmcb->clean = clean;
    atomic_store_explicit(&lp->in_guest, false, memory_order_release);
}

/* now may be a little while ago. */
static inline void prepare(struct svm_vp *vp, uint64_t now)
{
    if (hv_vp_npiep(vp->vp) != vp->npiep && !vp->stepping)
        svm_npiep_set(vp, hv_vp_npiep(vp->vp));
    if (vp->nmi_pending)
        svm_event_prepare_nmi(vp);
    if (!svm_interrupt_is_prepared(vp, now))
        svm_interrupt_prepare(vp);
}

/* From now on, until there is something else to see to. True if it is of the last exit. */
static inline ALWAYS_INLINE bool run_undisturbed(struct lp *lp, struct svm_vp *vp, uint64_t now)
{
    for (;;) {
        prepare(vp, now);
        if (!begin_entry(lp, vp))
            return svm_pauses(vp);
        enter(lp, vp);
        svm_interrupt_left(vp);
        svm_handle_exit(vp);
        if (__builtin_expect(svm_pauses(vp), false))
            return true;
        now = rdtsc();
    }
}

/* Loads the VP that was picked at now; false if it can't go on. */
static inline ALWAYS_INLINE bool begin(struct lp *lp, struct svm_vp *vp, uint64_t now)
{
    /* Before in_guest is set, so that who sees that finds out whose guest it is (svm_flush.c). */
    atomic_store(&lp->slat, vp->slat);
    atomic_store(&lp->running, vp);
    if (!make_ready(vp, now))
        return false;
    svm_interrupt_return(vp, now);
    svm_take_asid(vp);
    svm_switch_to(vp);
    regain(vp);
    return true;
}

/* The VP that was picked at now, until it has nothing to do or makes room: tells when that was. */
static inline ALWAYS_INLINE uint64_t run(struct lp *lp, struct svm_vp *vp, uint64_t now)
{
    bool goes_on = begin(lp, vp, now);

    while (goes_on)
        goes_on = pause(lp, vp, run_undisturbed(lp, vp, now), &now);
    put(lp, vp, now);
    return now;
}

/* No VP can run. Interrupts of the machine are the root's, and wake its VP. */
static void idle(struct lp *lp)
{
    struct svm_vp *root = atomic_load(&lp->backend);

    if (save_restore_is_due(root)) {
        save_restore_now(root);
        return;
    }
    svm_set_timer(lp, rdtsc(), UINT64_MAX);
    svm_interrupt_before_taking(root);
    lp_count_begin(lp, LP_TIME_IDLE, rdtsc());
    idle_wait_interrupt();
    lp_count_end(lp, LP_TIME_IDLE, rdtsc());
}

void svm_turn_picked(struct lp *lp)
{
    uint64_t now = rdtsc();

    for (;;) {
        struct hv_vp *vp = lp->next;

        lp->next = NULL;
        if (!vp) {
            (void)take_lp_events(lp);
            vp = pick(lp, now);
        }
        if (vp) {
            now = run(lp, hv_vp_backend(vp), now);
            continue;
        }
        /* What the LP tells itself while it picks comes without an NMI. */
        if (atomic_load(&lp->events) == 0)
            idle(lp);
        now = rdtsc();
    }
}
