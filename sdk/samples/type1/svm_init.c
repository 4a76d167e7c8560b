/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The state of a processor after INIT, and after the start-up IPI that follows it. */
#include "cpu.h"
#include "svm.h"

#define RESET_DR6       UINT64_C(0xFFFF0FF0)
#define RESET_DR7       UINT64_C(0x400)
#define REAL_MODE_LIMIT 0xFFFFu
#define REAL_MODE_CODE  0x9Bu
#define REAL_MODE_DATA  0x93u
#define RESET_LDTR      0x82u
#define RESET_TR        0x8Bu

/* APM vol. 2, table 14-1: initial processor state. */
void svm_set_init_state(struct svm_vp *vp)
{
    const struct vmcb_segment data = { 0, REAL_MODE_DATA, REAL_MODE_LIMIT, 0 };
    struct vmcb *vmcb = vp->vmcb;

    vp->gprs = (struct hv_gprs){ 0 };
    vp->gprs.rflags = RFLAGS_ONE;
    vp->gprs.gpr[HV_GPR_RDX] = cpuid(1, 0).eax;
    vp->event = 0;
    vp->quiet = false;
    vp->injected = HV_INTERRUPT_NONE;
    vp->accepted = HV_INTERRUPT_NONE;
    vp->extint = HV_INTERRUPT_NONE;
    vp->nmi_pending = false;
    svm_event_set_nmi_mask(vp, false);
    vmcb->interrupt_shadow = 0;
    vmcb->virtual_interrupt = 0;
    vmcb->es = vmcb->ss = vmcb->ds = vmcb->fs = vmcb->gs = data;
    vmcb->ldtr = (struct vmcb_segment){ 0, RESET_LDTR, REAL_MODE_LIMIT, 0 };
    vmcb->tr = (struct vmcb_segment){ 0, RESET_TR, REAL_MODE_LIMIT, 0 };
    vmcb->gdtr = vmcb->idtr = (struct vmcb_segment){ 0, 0, REAL_MODE_LIMIT, 0 };
    vmcb->cpl = 0;
    vmcb->efer = EFER_SVME;
    vmcb->cr0 = CR0_ET;
    vmcb->cr2 = vmcb->cr3 = vmcb->cr4 = 0;
    vmcb->dr6 = RESET_DR6;
    vmcb->dr7 = RESET_DR7;
    svm_touch(vp, VMCB_CLEAN_ALL);
    svm_set_startup_state(vp, 0);
}

void svm_set_startup_state(struct svm_vp *vp, uint8_t vector)
{
    vp->vmcb->cs = (struct vmcb_segment){ (uint16_t)(vector << 8), REAL_MODE_CODE, REAL_MODE_LIMIT,
                                          (uint64_t)vector << 12 };
    vp->gprs.rip = 0;
    svm_touch(vp, VMCB_CLEAN_SEGMENTS);
}
