/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Exceptions, NMIs and interrupts on their way into the guest (APM vol. 2, 15.20 and 15.21). */
#include "apic.h"
#include "console.h"
#include "cpu.h"
#include "lp.h"
#include "svm.h"

#define DR6_STEP (UINT64_C(1) << 14)

/* #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP, #VC, #SX (APM vol. 2, 8.2). */
#define EXCEPTIONS_WITH_ERROR 0x60227D00u

static bool is_contributory(uint8_t vector)
{
    return vector == 0 || (vector >= VECTOR_TS && vector <= VECTOR_GP);
}

static bool is_exception(uint64_t event)
{
    return (event & VMCB_EVENT_VALID) && (event & VMCB_EVENT_TYPE) == VMCB_EVENT_EXCEPTION;
}

static uint64_t exception_event(uint8_t vector, bool has_error, uint32_t error)
{
    uint64_t event = VMCB_EVENT_VALID | VMCB_EVENT_EXCEPTION | vector;

    if (has_error)
        event |= VMCB_EVENT_HAS_ERROR | (uint64_t)error << VMCB_EVENT_ERROR_SHIFT;
    return event;
}

/* Whether the second exception while the first is delivered makes a double fault (APM vol. 2,
   8.2.9). */
static bool is_double_fault(uint8_t first, uint8_t second)
{
    if (first == VECTOR_PF)
        return second == VECTOR_PF || is_contributory(second);
    return is_contributory(first) && is_contributory(second);
}

/* An interrupt or NMI whose delivery gave way to an exception waits; it must not be lost. */
static void put_back(struct svm_vp *vp, uint64_t event)
{
    if ((event & VMCB_EVENT_TYPE) == VMCB_EVENT_NMI)
        vp->nmi_pending = true;
    else if ((event & VMCB_EVENT_TYPE) == VMCB_EVENT_INTERRUPT)
        svm_interrupt_put_back(vp, (uint8_t)event);
}

void svm_deliver(struct svm_vp *vp, uint64_t exception)
{
    uint64_t first = vp->event;
    uint8_t first_vector = (uint8_t)first, vector = (uint8_t)exception;

    if (!is_exception(first)) {
        if (first & VMCB_EVENT_VALID)
            put_back(vp, first);
        vp->event = exception;
        return;
    }
    if (first_vector == VECTOR_DF && vp->child) {
        vp->event = 0;
        vp->shut_down = vp->stops = true;
        return;
    }
    if (first_vector == VECTOR_DF) {
        log_line("LP %u: triple fault at 0x%lx; the machine is reset", vp->lp->index, vp->gprs.rip);
        machine_reset();
    }
    if (is_double_fault(first_vector, vector))
        vp->event = exception_event(VECTOR_DF, true, 0);
    else
        vp->event = exception;
}

/* The processor would not ask the parent about an exception that is injected. */
void svm_raise(struct svm_vp *vp, uint8_t vector, bool has_error, uint32_t error)
{
    uint64_t exception = exception_event(vector, has_error, error);

    if (vp->exceptions >> vector & 1) {
        vp->raised = exception;
        vp->stops = true;
        return;
    }
    svm_deliver(vp, exception);
}

void svm_inject_exception(void *context, struct hv_vp *vp, uint8_t vector, bool has_error,
                          uint32_t error)
{
    (void)context;
    svm_raise(hv_vp_backend(vp), vector, has_error, error);
}

void svm_event_interrupted(struct svm_vp *vp)
{
    uint64_t event = vp->vmcb->exit_event;
    uint8_t vector = (uint8_t)event;

    if (!(event & VMCB_EVENT_VALID))
        return;
    switch (event & VMCB_EVENT_TYPE) {
    case VMCB_EVENT_INTERRUPT:
        svm_interrupt_put_back(vp, vector);
        break;
    case VMCB_EVENT_NMI:
        vp->nmi_pending = true;
        svm_event_set_nmi_mask(vp, false);
        break;
    case VMCB_EVENT_EXCEPTION:
        /* RIP is still at INT3 or INTO: they execute again. */
        if (vector != VECTOR_BP && vector != VECTOR_OF)
            vp->event = event;
        break;
    default:
        /* INT n: likewise. */
        break;
    }
}

static void intercept_iret(struct svm_vp *vp, bool on)
{
    if (on)
        vp->vmcb->intercept_1 |= VMCB_INTERCEPT_IRET;
    else
        vp->vmcb->intercept_1 &= ~(uint32_t)VMCB_INTERCEPT_IRET;
    svm_touch(vp, VMCB_CLEAN_INTERCEPTS);
}

void svm_event_set_nmi_mask(struct svm_vp *vp, bool masked)
{
    vp->nmi_masked = masked;
    vp->nmi_iret = false;
    intercept_iret(vp, masked);
}

static void intercept_exceptions(struct svm_vp *vp, uint32_t exceptions)
{
    vp->vmcb->intercept_exceptions = exceptions;
    svm_touch(vp, VMCB_CLEAN_INTERCEPTS);
}

/* All exceptions are intercepted meanwhile, or the flag would go to the stack of their handler. */
void svm_event_step(struct svm_vp *vp)
{
    vp->stepping = vp->special = true;
    vp->step_iret = vp->nmi_masked && vp->nmi_iret && vp->gprs.rip == vp->nmi_iret_rip;
    vp->step_guest_flag = (vp->gprs.rflags & RFLAGS_TF) != 0;
    vp->gprs.rflags |= RFLAGS_TF;
    intercept_exceptions(vp, ~(1u << VECTOR_NMI));
}

bool svm_has_error_code(uint8_t vector)
{
    return (EXCEPTIONS_WITH_ERROR >> vector & 1) != 0;
}

void svm_raise_intercepted(struct svm_vp *vp, uint8_t vector)
{
    if (vector == VECTOR_PF) {
        vp->vmcb->cr2 = vp->vmcb->exit_info_2;
        svm_touch(vp, VMCB_CLEAN_CR2);
    }
    svm_deliver(
        vp, exception_event(vector, svm_has_error_code(vector), (uint32_t)vp->vmcb->exit_info_1));
}

bool svm_event_stepped(struct svm_vp *vp)
{
    uint64_t vector = vp->vmcb->exit_code - VMCB_EXIT_EXCEPTION;

    vp->stepping = false;
    vp->special = vp->child;
    intercept_exceptions(vp, SVM_EXCEPTIONS | vp->exceptions);
    /* IRET has loaded flags of its own, which are the guest's. */
    if (!vp->step_guest_flag && !(vp->step_iret && vp->gprs.rip != vp->nmi_iret_rip))
        vp->gprs.rflags &= ~(uint64_t)RFLAGS_TF;
    if (vector >= 32)
        return false;
    if (vector != VECTOR_DB || vp->step_guest_flag || !(vp->vmcb->dr6 & DR6_STEP)) {
        if (vp->exceptions >> vector & 1)
            return false;
        svm_raise_intercepted(vp, (uint8_t)vector);
        return true;
    }
    vp->vmcb->dr6 &= ~DR6_STEP;
    svm_touch(vp, VMCB_CLEAN_DR);
    return true;
}

/* After the event that goes in now the LP is to come back at once. */
static void return_after_event(struct svm_vp *vp)
{
    atomic_store(&vp->lp->kicked, true);
    apic_send(vp->lp->apic_id, APIC_ICR_NMI | APIC_ICR_ASSERT);
}

void svm_event_prepare_nmi(struct svm_vp *vp)
{
    if (vp->stepping)
        return;
    if (vp->nmi_masked && vp->nmi_iret && vp->gprs.rip != vp->nmi_iret_rip)
        vp->nmi_masked = false;
    if (vp->nmi_masked && !vp->nmi_iret)
        return;
    if (vp->event & VMCB_EVENT_VALID) {
        return_after_event(vp);
        return;
    }
    if (vp->nmi_masked || (vp->vmcb->interrupt_shadow & VMCB_SHADOW)) {
        svm_event_step(vp);
        return;
    }
    vp->event = VMCB_EVENT_VALID | VMCB_EVENT_NMI | VECTOR_NMI;
    vp->nmi_pending = false;
    svm_event_set_nmi_mask(vp, true);
}

void svm_event_iret(struct svm_vp *vp)
{
    intercept_iret(vp, false);
    vp->nmi_iret = true;
    vp->nmi_iret_rip = vp->gprs.rip;
}
