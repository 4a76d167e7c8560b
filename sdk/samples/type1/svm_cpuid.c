/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a guest sees of the processor: everything but SVM, memory encryption, MONITOR, and what
   would let it reach around the hypervisor. */
#include "cpu.h"
#include "svm.h"
#include "svm_child.h"

struct cpuid_mask {
    uint32_t leaf;
    uint32_t clear[4]; /* EAX, EBX, ECX, EDX */
};

static const struct cpuid_mask masks[] = {
    { 0x00000001, { 0, 0, 1u << 3 /* MONITOR */, 0 } },
    { 0x00000005, { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } }, /* MONITOR */
    { 0x00000007, { 0, 1u << 1 /* TSC_ADJUST */, 0, 0 } },
    { 0x80000001, { 0, 0, 1u << 2 | 1u << 12 /* SVM, SKINIT */, 0 } },
    { 0x80000008, { 0, 1u << 3 | 1u << 21 /* INVLPGB, nested INVLPGB */, 0, 0 } },
    { 0x8000000A, { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } }, /* SVM */
    { 0x8000001F, { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } }, /* SME, SEV */
    { 0x80000025, { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } }, /* SEV-SNP */
};

/* Bits that mirror what the guest has in its own registers. */
static void mirror_state(const struct svm_vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    if (leaf == 1) {
        out[2] &= ~(1u << 27);
        if (vp->vmcb->cr4 & CR4_OSXSAVE)
            out[2] |= 1u << 27;
        if (!(hv_interrupt_apic_base(vp->vp) & APIC_BASE_ENABLE))
            out[3] &= ~(1u << 9);
    }
    if (leaf == 7 && subleaf == 0) {
        out[2] &= ~(1u << 4);
        if (vp->vmcb->cr4 & CR4_PKE)
            out[2] |= 1u << 4;
    }
}

void svm_cpuid_of_all(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    struct cpuid_result native = cpuid(leaf, subleaf);

    out[0] = native.eax;
    out[1] = native.ebx;
    out[2] = native.ecx;
    out[3] = native.edx;
    for (unsigned i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        if (masks[i].leaf != leaf || (leaf == 7 && subleaf != 0))
            continue;
        for (unsigned reg = 0; reg < 4; reg++)
            out[reg] &= ~masks[i].clear[reg];
    }
    if (leaf == 1)
        out[2] |= 1u << 21 | 1u << 24; /* x2APIC, TSC deadline: lib/core's APIC has both */
}

void svm_cpuid(const struct svm_vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    svm_cpuid_of_all(leaf, subleaf, out);
    mirror_state(vp, leaf, subleaf, out);
    if (vp->child)
        svm_child_cpuid(vp, leaf, subleaf, out);
}
