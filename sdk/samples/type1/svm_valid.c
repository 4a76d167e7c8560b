/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "svm_valid.h"

#include <hv/abi/tlfs.h>

#include "cpu.h"
#include "svm.h"

#define RFLAGS_DEFINED UINT64_C(0x3F7FD7) /* CF to ID, with the bit that is always one */
#define CR0_DEFINED    UINT64_C(0xE005003F)
#define CR4_ALWAYS     UINT64_C(0x7FF) /* VME to OSXMMEXCPT */

bool svm_valid_canonical(const struct svm_vp *vp, uint64_t value)
{
    unsigned unused = (vp->vmcb->cr4 & CR4_LA57) ? 64 - 57 : 64 - 48;

    return (uint64_t)((int64_t)(value << unused) >> unused) == value;
}

bool svm_valid_rip(const struct svm_vp *vp, uint64_t value)
{
    return svm_long_mode(vp) ? svm_valid_canonical(vp, value) : value <= UINT32_MAX;
}

bool svm_valid_rflags(const struct svm_vp *vp, uint64_t value)
{
    (void)vp;
    return (value & ~RFLAGS_DEFINED) == 0 && (value & RFLAGS_ONE);
}

bool svm_valid_cr0(const struct svm_vp *vp, uint64_t value)
{
    const struct vmcb *vmcb = vp->vmcb;

    if (value & ~CR0_DEFINED)
        return false;
    if (((value & CR0_PG) && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD)))
        return false;
    return !((value & CR0_PG) && (vmcb->efer & EFER_LME) && !(vmcb->cr4 & CR4_PAE));
}

bool svm_valid_cr3(const struct svm_vp *vp, uint64_t value)
{
    unsigned bits = hv_partition_platform(hv_vp_partition(vp->vp))->facts.physical_address_bits;

    return !svm_long_mode(vp) || value >> bits == 0;
}

/* A feature's bit in CR4, and where CPUID announces it. */
struct cr4_rule {
    uint8_t bit;
    uint8_t leaf;
    enum { IN_EBX, IN_ECX } reg;
    uint8_t cpuid_bit;
};

static const struct cr4_rule cr4_rules[] = {
    { 11, 7, IN_ECX, 2 },  /* UMIP */
    { 12, 7, IN_ECX, 16 }, /* LA57 */
    { 16, 7, IN_EBX, 0 },  /* FSGSBASE */
    { 17, 1, IN_ECX, 17 }, /* PCIDE */
    { 18, 1, IN_ECX, 26 }, /* OSXSAVE */
    { 20, 7, IN_EBX, 7 },  /* SMEP */
    { 21, 7, IN_EBX, 20 }, /* SMAP */
    { 22, 7, IN_ECX, 3 },  /* PKE */
    { 23, 7, IN_ECX, 7 },  /* CET */
};

bool svm_valid_cr4(const struct svm_vp *vp, uint64_t value)
{
    uint64_t defined = CR4_ALWAYS;

    for (unsigned i = 0; i < sizeof(cr4_rules) / sizeof(cr4_rules[0]); i++) {
        const struct cr4_rule *rule = &cr4_rules[i];
        struct cpuid_result leaf = cpuid_or_zero(rule->leaf);
        uint32_t announced = rule->reg == IN_EBX ? leaf.ebx : leaf.ecx;

        if (announced >> rule->cpuid_bit & 1)
            defined |= UINT64_C(1) << rule->bit;
    }
    if (vp->child)
        defined &= ~(uint64_t)CR4_CET;
    if (value & ~defined)
        return false;
    if (!svm_long_mode(vp))
        return true;
    return (value & CR4_PAE) && !((value ^ vp->vmcb->cr4) & CR4_LA57);
}

bool svm_valid_debug(const struct svm_vp *vp, uint64_t value)
{
    (void)vp;
    return value <= UINT32_MAX;
}

bool svm_valid_pat(const struct svm_vp *vp, uint64_t value)
{
    (void)vp;
    return svm_pat_valid(value);
}

bool svm_valid_segment(const struct svm_vp *vp, uint32_t name, const struct hv_register128 *value)
{
    uint32_t attributes = (uint32_t)(value->high >> 48);

    if (!svm_valid_canonical(vp, value->low))
        return false;
    if (name != HvX64RegisterCs)
        return true;
    /* Code of 64 and of 32 bits at once is no mode (APM vol. 2, 15.5.1). */
    return !((attributes & HV_X64_SEGMENT_LONG) && (attributes & HV_X64_SEGMENT_DEFAULT));
}

bool svm_valid_event(uint64_t type, uint64_t vector, bool has_error)
{
    switch (type) {
    case HvX64PendingInterrupt:
    case HvX64PendingSoftwareInterrupt:
        return vector <= UINT8_MAX && !has_error;
    case HvX64PendingNmi:
        return vector == VECTOR_NMI && !has_error;
    case HvX64PendingException:
        return vector < 32 && vector != VECTOR_NMI;
    default:
        return false;
    }
}
