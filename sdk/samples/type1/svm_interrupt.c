/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Interrupts between lib/core's local APIC and the guest: when one can be taken it is injected,
 * when not the processor is asked to leave the guest as soon as it can (APM vol. 2, 15.21).
 */
#include "apic.h"
#include "clock.h"
#include "cpu.h"
#include "fetch.h"
#include "idle.h"
#include "lp.h"
#include "memory.h"
#include "save_restore.h"
#include "svm.h"

void svm_interrupt_put_back(struct svm_vp *vp, uint8_t vector)
{
    vp->accepted = vector;
    vp->quiet = false;
}

void svm_interrupt_take_extint(struct svm_vp *vp, int vector)
{
    vp->extint = vector;
    vp->quiet = false;
}

/* Something waits that the guest takes as soon as RFLAGS.IF and nothing else allows it. */
static bool is_pending(const struct svm_vp *vp)
{
    return (vp->accepted & vp->extint & vp->view->vector) != HV_INTERRUPT_NONE;
}

/* The view is current afterwards, but not yet what the processor has been told. */
static void look(struct svm_vp *vp, uint64_t now)
{
    if (vp->view->current && now < vp->view->deadline)
        return;
    vp->quiet = false;
    hv_interrupt_poll(vp->vp, now);
}

/* What the guest takes now: an 8259's interrupt passes by the APIC and its priorities. */
static uint8_t take(struct svm_vp *vp)
{
    int vector = vp->accepted;

    if (vector >= 0) {
        vp->accepted = HV_INTERRUPT_NONE;
        return (uint8_t)vector;
    }
    vector = vp->extint;
    if (vector >= 0) {
        vp->extint = HV_INTERRUPT_NONE;
        hv_interrupt_extint_taken(vp->vp);
        return (uint8_t)vector;
    }
    vector = vp->view->vector;
    hv_interrupt_accept(vp->vp, (uint8_t)vector);
    return (uint8_t)vector;
}

/*
 * An 8259 that is answered takes its interrupt for delivered; before, it may withdraw it. So it is
 * answered only when the guest takes the interrupt at once: the physical pin is open no longer.
 */
static void set_pin(struct svm_vp *vp, bool open)
{
    uint32_t entry = hv_interrupt_local_entry(vp->vp, HV_INTERRUPT_LINT0);

    vp->pin_open = open;
    vp->quiet = false;
    apic_write(APIC_LVT_LINT0, open ? entry : entry | APIC_LVT_MASKED);
}

void svm_interrupt_before_taking(struct svm_vp *vp)
{
    bool open = vp->extint < 0 && vp->accepted < 0 && svm_interrupt_can_take(vp);

    if (vp->wants_extint && open != vp->pin_open)
        set_pin(vp, open);
}

static void watch(struct svm_vp *vp, bool window, bool priority)
{
    struct vmcb *vmcb = vp->vmcb;

    if (window == vp->window && priority == vp->priority)
        return;
    vp->window = window;
    vp->priority = priority;
    vmcb->intercept_1 &= ~(uint32_t)VMCB_INTERCEPT_VIRTUAL;
    vmcb->intercept_cr &= ~VMCB_INTERCEPT_WRITE_CR8;
    if (window)
        vmcb->intercept_1 |= VMCB_INTERCEPT_VIRTUAL;
    if (priority)
        vmcb->intercept_cr |= VMCB_INTERCEPT_WRITE_CR8;
    svm_touch(vp, VMCB_CLEAN_INTERCEPTS);
}

/* Of the highest priority, so that nothing but RFLAGS.IF and its shadow is in its way. */
#define VIRTUAL_INTERRUPT \
    (VMCB_V_IRQ | VMCB_V_IGNORE_TPR | VMCB_V_PRIORITY_MAX << VMCB_V_PRIORITY_SHIFT)

/* Another interrupt waits behind the one that goes in. */
#define COME_BACK_HZ 50000

static void end_injection(struct svm_vp *vp)
{
    vp->injected = HV_INTERRUPT_NONE;
    if (!(vp->vmcb->virtual_interrupt & VMCB_V_IRQ))
        return;
    vp->vmcb->virtual_interrupt &= ~VMCB_V_IRQ;
    svm_touch(vp, VMCB_CLEAN_TPR);
}

void svm_interrupt_withdraw(struct svm_vp *vp)
{
    svm_interrupt_put_back(vp, (uint8_t)vp->injected);
    end_injection(vp);
}

/*
 * An exit that has interrupted the delivery has it as its event, which it puts back. QEMU's
 * emulator (7.2) keeps V_IRQ then, and calls the event an exception.
 */
void svm_interrupt_injected(struct svm_vp *vp)
{
    uint64_t event = vp->vmcb->exit_event;

    if (!(vp->vmcb->virtual_interrupt & VMCB_V_IRQ)) {
        end_injection(vp);
    } else if ((event & VMCB_EVENT_VALID) && (uint8_t)event == vp->injected) {
        vp->vmcb->exit_event = (event & ~VMCB_EVENT_TYPE) | VMCB_EVENT_INTERRUPT;
        end_injection(vp);
    } else {
        svm_interrupt_withdraw(vp);
    }
}

static uint64_t come_back(uint64_t deadline)
{
    uint64_t soon = rdtsc() + clock_tsc_hz() / COME_BACK_HZ;

    return soon < deadline ? soon : deadline;
}

/*
 * An interrupt goes in as the virtual interrupt, never as an event: QEMU's emulator (7.2) gives the
 * guest one that was injected as an event a second time if it has to leave its loop before the
 * guest's next exit, wherever the guest is then. So the virtual interrupt can't serve to watch for
 * the next, and the LP's timer has to.
 */
void svm_interrupt_prepare(struct svm_vp *vp)
{
    uint64_t control, deadline, now = rdtsc();
    bool pending;

    look(vp, now);
    pending = is_pending(vp);
    if (pending && svm_interrupt_can_take(vp)) {
        vp->injected = take(vp);
        pending = is_pending(vp);
    }
    if (__builtin_expect(vp->wants_extint, false)) {
        svm_interrupt_before_taking(vp);
        pending |= !vp->pin_open;
    }
    control = VMCB_V_INTR_MASKING | vp->view->cr8;
    deadline = vp->view->deadline;
    if (vp->injected >= 0) {
        control |= VIRTUAL_INTERRUPT | (uint64_t)vp->injected << VMCB_V_VECTOR_SHIFT;
        if (pending)
            deadline = come_back(deadline);
    } else if (pending) {
        /* The virtual interrupt is never delivered: an exit comes first. */
        control |= VIRTUAL_INTERRUPT;
    }
    /* With a virtual interrupt that waits too: QEMU aborts when the guest writes CR8 then. */
    watch(vp, pending && vp->injected < 0,
          pending || vp->view->behind_priority || vp->view->fine_priority);
    if (vp->vmcb->virtual_interrupt != control) {
        vp->vmcb->virtual_interrupt = control;
        svm_touch(vp, VMCB_CLEAN_TPR);
    }
    vp->until = svm_set_timer(vp->lp, now, deadline);
    vp->quiet = pending ? vp->window : !vp->priority;
}

void svm_interrupt_return(struct svm_vp *vp, uint64_t now)
{
    if (vp->quiet)
        vp->until = svm_set_timer(vp->lp, now, vp->view->deadline);
}

/* ---- Waiting ---- */

bool svm_is_awake(struct svm_vp *vp)
{
    look(vp, rdtsc());
    if ((vp->nmi_pending && !vp->nmi_masked) || (vp->event & VMCB_EVENT_VALID))
        return true;
    if (is_pending(vp) && (vp->activity != SVM_HALTED || (vp->gprs.rflags & RFLAGS_IF)))
        return true;
    return vp->activity == SVM_LENDS && !hv_vp_lends(vp->vp);
}

/* ---- What lib/core asks for ---- */

void svm_end_of_interrupt(void *context, struct hv_vp *vp, uint8_t vector)
{
    struct svm_vp *target = hv_vp_backend(vp);

    (void)context;
    lp_end_of_interrupt(target->lp, vector);
}

/*
 * Local interrupts of the machine are the root partition's: the physical table has what it wrote.
 * Devices may address their interrupts by the logical ID that it has given the VP.
 */
void svm_apic_changed(void *context, struct hv_vp *vp)
{
    static const struct {
        enum hv_interrupt_local entry;
        uint32_t reg;
    } entries[] = {
        { HV_INTERRUPT_THERMAL, APIC_LVT_THERMAL },
        { HV_INTERRUPT_PERFORMANCE, APIC_LVT_PERFMON },
        { HV_INTERRUPT_LINT1, APIC_LVT_LINT1 },
    };

    struct svm_vp *target = hv_vp_backend(vp);
    uint32_t pin = hv_interrupt_local_entry(vp, HV_INTERRUPT_LINT0);

    (void)context;
    target->quiet = false;
    if (target->child)
        return;
    target->wants_extint = !(pin & APIC_LVT_MASKED) && (pin & APIC_LVT_MODE) == APIC_LVT_EXTINT;
    set_pin(target, !target->wants_extint);
    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        apic_write(entries[i].reg, hv_interrupt_local_entry(vp, entries[i].entry));
    if (apic_is_x2apic() || (hv_interrupt_apic_base(vp) & APIC_BASE_EXTD))
        return;
    apic_write(APIC_DFR, hv_interrupt_destination_format(vp));
    apic_write(APIC_LDR, hv_interrupt_logical_id(vp));
}
