/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * MSRs that are not synthetic. Most are the root partition's own; the permission map names those
 * that would take the machine from the hypervisor, or that the VMCB holds.
 */
#include "cpu.h"
#include "lp.h"
#include "memory.h"
#include "svm.h"
#include "svm_child.h"
#include "svm_switch.h"

/* Offset in the map of the vector that holds the MSR (APM vol. 2, 15.11); false: it has no bits. */
static bool map_offset(uint32_t msr, uint32_t *offset)
{
    static const struct {
        uint32_t first, offset;
    } vectors[] = { { 0, 0 }, { 0xC0000000, 0x800 }, { 0xC0010000, 0x1000 } };

    for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        if (msr - vectors[i].first >= 0x2000)
            continue;
        *offset = vectors[i].offset + (msr - vectors[i].first) / 4;
        return true;
    }
    return false;
}

void svm_msr_intercept(uint8_t *map, uint32_t msr, bool read, bool write)
{
    uint32_t offset;

    if (!map_offset(msr, &offset))
        return;
    map[offset] &= (uint8_t) ~(3u << (msr % 4 * 2));
    map[offset] |= (uint8_t)((read ? 1u : 0u) << (msr % 4 * 2));
    map[offset] |= (uint8_t)((write ? 2u : 0u) << (msr % 4 * 2));
}

uint64_t svm_msr_map(void)
{
    static const struct {
        uint32_t msr;
        bool read, write;
    } intercepted[] = {
        { MSR_PLATFORM_ID, true, true }, { MSR_TSC, false, true },
        { MSR_APIC_BASE, true, true },   { MSR_TSC_ADJUST, true, true },
        { MSR_PAT, true, true },         { MSR_TSC_DEADLINE, true, true },
        { MSR_EFER, true, true },        { MSR_TSC_RATIO, true, true },
        { MSR_SYSCFG, false, true },     { MSR_PATCH_LOADER, true, true },
        { MSR_VM_CR, true, true },       { MSR_IGNNE, true, true },
        { MSR_SMM_CTL, true, true },     { MSR_VM_HSAVE_PA, true, true },
        { MSR_SVM_KEY, true, true },
    };
    uint8_t *map = memory_take(SVM_MSR_MAP_PAGES);

    for (unsigned i = 0; i < sizeof(intercepted) / sizeof(intercepted[0]); i++)
        svm_msr_intercept(map, intercepted[i].msr, intercepted[i].read, intercepted[i].write);
    for (uint32_t msr = MSR_X2APIC_FIRST; msr <= MSR_X2APIC_LAST; msr++)
        svm_msr_intercept(map, msr, true, true);
    svm_switch_intercept(map);
    return memory_physical(map);
}

bool svm_pat_valid(uint64_t pat)
{
    for (unsigned i = 0; i < 8; i++, pat >>= 8)
        if ((pat & 0xFF) > 7 || (pat & 0xFF) == 2 || (pat & 0xFF) == 3)
            return false;
    return true;
}

bool svm_efer_valid(uint64_t efer)
{
    struct cpuid_result extended = cpuid_or_zero(0x80000001);
    uint64_t allowed = EFER_SCE | EFER_LME | EFER_LMA;

    if (extended.edx & 1u << 20)
        allowed |= EFER_NXE;
    if (extended.edx & 1u << 25)
        allowed |= EFER_FFXSR;
    if (extended.ecx & 1u << 17)
        allowed |= EFER_TCE;
    return (efer & ~allowed) == 0;
}

bool svm_write_efer(struct svm_vp *vp, uint64_t value)
{
    uint64_t old = vp->vmcb->efer;

    if (!svm_efer_valid(value))
        return false;
    if ((vp->vmcb->cr0 & CR0_PG) && ((value ^ old) & EFER_LME))
        return false;
    /* LMA is the processor's to change. */
    vp->vmcb->efer = (value & ~(uint64_t)EFER_LMA) | (old & EFER_LMA) | EFER_SVME;
    svm_touch(vp, VMCB_CLEAN_CR);
    return true;
}

bool svm_write_pat(struct svm_vp *vp, uint64_t value)
{
    if (!svm_pat_valid(value))
        return false;
    vp->vmcb->pat = value;
    svm_touch(vp, VMCB_CLEAN_NESTED);
    return true;
}

/* What a guest has of the machine's own MSRs. AMD has some in the vectors of the map alone; for
   others the machine is never asked. */
static bool has_msr(uint32_t msr)
{
    uint32_t offset;

    switch (msr) {
    case MSR_PLATFORM_ID:
    case MSR_TSC_ADJUST:
    case MSR_TSC_RATIO:
    case MSR_VM_CR:
    case MSR_IGNNE:
    case MSR_SMM_CTL:
    case MSR_VM_HSAVE_PA:
    case MSR_SVM_KEY:
        return false;
    default:
        return map_offset(msr, &offset);
    }
}

bool svm_msr_read(struct svm_vp *vp, uint32_t msr, uint64_t *value)
{
    if (vp->child)
        return svm_child_msr_read(vp, msr, value);
    switch (msr) {
    case MSR_EFER:
        *value = vp->vmcb->efer & ~(uint64_t)EFER_SVME;
        return true;
    case MSR_PAT:
        *value = vp->vmcb->pat;
        return true;
    case MSR_PATCH_LOADER:
        return false;
    default:
        return has_msr(msr) && rdmsr_safe(msr, value);
    }
}

bool svm_msr_write(struct svm_vp *vp, uint32_t msr, uint64_t value)
{
    if (vp->child)
        return svm_child_msr_write(vp, msr, value);
    switch (msr) {
    case MSR_EFER:
        return svm_write_efer(vp, value);
    case MSR_PAT:
        return svm_write_pat(vp, value);
    case MSR_TSC:
        /* Taken and dropped: reference time holds only while all VPs count alike (TLFS: partition
           reference time enlightenment). */
        return true;
    case MSR_SYSCFG:
        /* Memory encryption would hide the hypervisor's own memory from it. */
        return value == rdmsr(MSR_SYSCFG);
    case MSR_PATCH_LOADER:
        /* Takes an address that means nothing here; the guest sees that the revision stays. */
        return true;
    default:
        return has_msr(msr) && svm_switch_write_msr(vp, msr, value);
    }
}
