/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* MSRs of a child: what is swapped with it is its own, everything else is intercepted. */
#include "cpu.h"
#include "memory.h"
#include "string.h"
#include "svm.h"
#include "svm_child.h"
#include "svm_mtrr.h"
#include "svm_switch.h"

uint64_t svm_child_msr_map(void)
{
    /* What VMLOAD and VMSAVE swap. */
    static const uint32_t own[] = {
        MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP, MSR_STAR,    MSR_LSTAR,
        MSR_CSTAR,       MSR_SFMASK,       MSR_FS_BASE,      MSR_GS_BASE, MSR_KERNEL_GS,
    };
    uint8_t *map = memory_take(SVM_MSR_MAP_PAGES);

    memset(map, 0xFF, SVM_MSR_MAP_PAGES * PAGE_SIZE);
    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        svm_msr_intercept(map, own[i], false, false);
    svm_msr_intercept(map, MSR_TSC, false, true);
    if (svm_switches_msr(MSR_TSC_AUX))
        svm_msr_intercept(map, MSR_TSC_AUX, false, true);
    if (svm_switches_msr(MSR_SPEC_CTRL)) {
        svm_msr_intercept(map, MSR_SPEC_CTRL, false, false);
        svm_msr_intercept(map, MSR_PRED_CMD, true, false);
    }
    return memory_physical(map);
}

/* What firmware sets up, of which nothing is the child's; operating systems look there without
   asking CPUID. */
static bool is_firmwares(uint32_t msr)
{
    return msr == MSR_SYSCFG || msr == MSR_HWCR || msr == MSR_NB_CFG || msr == MSR_INT_PENDING ||
           msr == MSR_DE_CFG;
}

bool svm_child_msr_read(struct svm_vp *vp, uint32_t msr, uint64_t *value)
{
    if (is_firmwares(msr)) {
        *value = 0;
        return true;
    }
    switch (msr) {
    case MSR_EFER:
        *value = vp->vmcb->efer & ~(uint64_t)EFER_SVME;
        return true;
    case MSR_PAT:
        *value = vp->vmcb->pat;
        return true;
    case MSR_MCG_CAP:
    case MSR_MCG_STATUS:
        /* No banks, hence no machine checks. */
        *value = 0;
        return true;
    case MSR_PATCH_LEVEL:
        return rdmsr_safe(msr, value);
    default:
        return svm_mtrr_read(&vp->mtrr, msr, value);
    }
}

bool svm_child_msr_write(struct svm_vp *vp, uint32_t msr, uint64_t value)
{
    if (is_firmwares(msr))
        return true;
    switch (msr) {
    case MSR_EFER:
        return svm_write_efer(vp, value);
    case MSR_PAT:
        return svm_write_pat(vp, value);
    case MSR_TSC:
        /* As the root's: all VPs count alike. */
        return true;
    case MSR_MCG_STATUS:
        return value == 0;
    case MSR_TSC_AUX:
        return svm_switches_msr(msr) && svm_switch_write_msr(vp, msr, value);
    default:
        return svm_mtrr_write(&vp->mtrr, msr, value);
    }
}
