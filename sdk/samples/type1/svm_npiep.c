/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Non-privileged instruction execution prevention (TLFS: virtual processors, "NPIEP"): SGDT, SIDT,
 * SLDT and STR raise #GP outside CPL 0. At CPL 0 the instruction is let through by itself: the
 * intercepts are off for one step.
 */
#include <hv/abi/tlfs.h>

#include "cpu.h"
#include "svm.h"

#define ALL_INTERCEPTS                                                                \
    (VMCB_INTERCEPT_READ_GDTR | VMCB_INTERCEPT_READ_IDTR | VMCB_INTERCEPT_READ_LDTR | \
     VMCB_INTERCEPT_READ_TR)

void svm_npiep_set(struct svm_vp *vp, uint32_t config)
{
    uint32_t intercepts = 0;

    if (config & HV_X64_MSR_NPIEP_CONFIG_PREVENT_SGDT)
        intercepts |= VMCB_INTERCEPT_READ_GDTR;
    if (config & HV_X64_MSR_NPIEP_CONFIG_PREVENT_SIDT)
        intercepts |= VMCB_INTERCEPT_READ_IDTR;
    if (config & HV_X64_MSR_NPIEP_CONFIG_PREVENT_SLDT)
        intercepts |= VMCB_INTERCEPT_READ_LDTR;
    if (config & HV_X64_MSR_NPIEP_CONFIG_PREVENT_STR)
        intercepts |= VMCB_INTERCEPT_READ_TR;
    vp->npiep = config;
    vp->vmcb->intercept_1 = (vp->vmcb->intercept_1 & ~(uint32_t)ALL_INTERCEPTS) | intercepts;
    svm_touch(vp, VMCB_CLEAN_INTERCEPTS);
}

void svm_npiep_exit(struct svm_vp *vp)
{
    if (vp->vmcb->cpl != 0) {
        svm_raise(vp, VECTOR_GP, true, 0);
        return;
    }
    svm_npiep_set(vp, 0);
    svm_event_step(vp);
}
