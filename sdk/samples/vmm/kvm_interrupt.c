/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Interrupts between lib/core's local APIC and the guest. KVM takes one from us when the guest can
 * take it at once, and comes back when it can if it can't yet. It has no APIC of its own, and keeps
 * CR8 as it is told.
 */
#include "kvm_backend.h"

#define RFLAGS_IF (UINT64_C(1) << 9)

/* ---- What has come ---- */

static void take_init(struct kvm_vp *vp)
{
    kvm_vp_finish(vp);
    hv_vp_reset(vp->vp);
    if (vp->index == 0)
        kvm_set_reset_state(vp);
    else
        kvm_set_init_state(vp);
}

void kvm_interrupt_take_events(struct kvm_vp *vp)
{
    struct hv_interrupt_vectors vectors;
    uint32_t events;

    hv_vp_prepare(vp->vp);
    events = hv_interrupt_events(vp->vp, &vectors);
    if (events == 0)
        return;
    if (events & HV_INTERRUPT_INIT)
        take_init(vp);
    if ((events & HV_INTERRUPT_STARTUP) && atomic_load(&vp->activity) == KVM_WAITS_FOR_STARTUP) {
        kvm_set_startup_state(vp, vectors.startup);
        atomic_store(&vp->activity, KVM_RUNS);
    }
    if (atomic_load(&vp->activity) == KVM_WAITS_FOR_STARTUP)
        return;
    vp->nmi |= (events & HV_INTERRUPT_NMI) != 0;
    if (events & HV_INTERRUPT_EXTINT)
        vp->extint = vectors.extint;
}

/* The view is current afterwards. */
static void look(const struct kvm_vp *vp)
{
    uint64_t now = kvm_tsc();

    if (!vp->view->current || now >= vp->view->deadline)
        hv_interrupt_poll(vp->vp, now);
}

/* Something waits that the guest takes as soon as RFLAGS.IF and nothing else allows it. */
static bool is_pending(const struct kvm_vp *vp)
{
    return vp->extint != HV_INTERRUPT_NONE || vp->view->vector != HV_INTERRUPT_NONE;
}

bool kvm_interrupt_is_awake(struct kvm_vp *vp)
{
    int activity = atomic_load(&vp->activity);

    if (activity == KVM_RUNS)
        return true;
    if (activity == KVM_WAITS_FOR_STARTUP)
        return false;
    look(vp);
    if (vp->nmi || vp->exception.valid)
        return true;
    return is_pending(vp) && (activity == KVM_IDLE || (vp->gprs.rflags & RFLAGS_IF));
}

/* ---- On its way in ---- */

/* What the guest takes now: an 8259's interrupt passes by the APIC and its priorities. */
static uint8_t take(struct kvm_vp *vp)
{
    int vector = vp->extint;

    if (vector == HV_INTERRUPT_NONE) {
        vector = vp->view->vector;
        hv_interrupt_accept(vp->vp, (uint8_t)vector);
        return (uint8_t)vector;
    }
    vp->extint = HV_INTERRUPT_NONE;
    hv_interrupt_extint_taken(vp->vp);
    atomic_store(&vp->partition->extint_taken, true);
    return (uint8_t)vector;
}

/* An instruction that KVM has still to end may fault: then the interrupt must not be there yet. */
static bool can_take(const struct kvm_vp *vp)
{
    return vp->run->ready_for_interrupt_injection && !vp->unfinished && !vp->exception.valid &&
           !vp->nmi;
}

static void inject(struct kvm_vp *vp)
{
    const struct kvm_interrupt interrupt = { .irq = take(vp) };

    (void)kvm_call(vp->partition, vp->file, KVM_INTERRUPT, &interrupt);
    /* Behind it there is room for no other before the guest has run. */
    vp->run->ready_for_interrupt_injection = 0;
}

static void inject_exception(struct kvm_vp *vp)
{
    const struct kvm_exception *exception = &vp->exception;
    bool protected_mode = vp->run->s.regs.sregs.cr0 & 1;
    struct kvm_vcpu_events events = { 0 };

    vp->exception.valid = false;
    if (kvm_call(vp->partition, vp->file, KVM_GET_VCPU_EVENTS, &events) < 0)
        return;
    events.exception.injected = 1;
    events.exception.nr = exception->vector;
    events.exception.has_error_code = exception->has_error && protected_mode;
    events.exception.error_code = exception->error;
    (void)kvm_call(vp->partition, vp->file, KVM_SET_VCPU_EVENTS, &events);
    vp->run->ready_for_interrupt_injection = 0;
}

void kvm_interrupt_prepare(struct kvm_vp *vp)
{
    look(vp);
    if (is_pending(vp) && can_take(vp))
        inject(vp);
    if (vp->exception.valid)
        inject_exception(vp);
    if (vp->nmi)
        (void)kvm_call(vp->partition, vp->file, KVM_NMI, NULL);
    vp->nmi = false;
    vp->run->request_interrupt_window = is_pending(vp);
    vp->run->cr8 = vp->view->cr8;
}
