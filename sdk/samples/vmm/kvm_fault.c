/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Memory that this process has mapped for reading alone is an overlay page that the guest must not
 * write. When it does, KVM can't go on, and says no more than that. The instruction has not been
 * executed: its operand leads to the page. If none does, page tables lie there, which the processor
 * wanted to write, or a stack; then it was the page that has been protected last.
 */
#include <hv/insn.h>

#include "kvm_backend.h"

#define PAGE_OFFSET (HV_PAGE_SIZE - 1)

static bool translate(const struct kvm_vp *vp, uint64_t linear, uint64_t *gpa)
{
    struct kvm_translation translation = { .linear_address = linear };

    if (kvm_call(vp->partition, vp->file, KVM_TRANSLATE, &translation) < 0 || !translation.valid)
        return false;
    *gpa = translation.physical_address;
    return true;
}

/* ---- The instruction ---- */

static enum hv_insn_mode mode_of(const struct kvm_vp *vp)
{
    if (kvm_long_mode(vp))
        return HV_INSN_64;
    return vp->run->s.regs.sregs.cs.db ? HV_INSN_32 : HV_INSN_16;
}

/* In 64-bit mode no segment but FS and GS has a base. */
static uint64_t base_of(const struct kvm_vp *vp, unsigned segment)
{
    const struct kvm_sregs *sregs = &vp->run->s.regs.sregs;
    const struct kvm_segment *segments[] = { &sregs->es, &sregs->cs, &sregs->ss,
                                             &sregs->ds, &sregs->fs, &sregs->gs };

    if (segment >= sizeof(segments) / sizeof(segments[0]) ||
        (kvm_long_mode(vp) && segment != HV_INSN_FS && segment != HV_INSN_GS))
        return 0;
    return segments[segment]->base;
}

static uint64_t linear_of(const struct kvm_vp *vp, unsigned segment, uint64_t offset)
{
    uint64_t linear = base_of(vp, segment) + offset;

    return kvm_long_mode(vp) ? linear : (uint32_t)linear;
}

/* The bytes that can be read, which may be less than the instruction. */
static unsigned fetch(const struct kvm_vp *vp, uint8_t bytes[HV_INSN_MAX_LENGTH])
{
    uint64_t linear = linear_of(vp, HV_INSN_CS, vp->gprs.rip);
    unsigned count = 0;

    while (count < HV_INSN_MAX_LENGTH) {
        uint64_t left = HV_PAGE_SIZE - ((linear + count) & PAGE_OFFSET), gpa;
        unsigned size = HV_INSN_MAX_LENGTH - count;

        if (size > left)
            size = (unsigned)left;
        if (!translate(vp, linear + count, &gpa) ||
            !hv_address_read(vp->partition->partition, gpa, bytes + count, size))
            break;
        count += size;
    }
    return count;
}

/* ---- The page ---- */

static bool is_protected(const struct kvm_vp *vp, uint64_t linear, uint64_t *gpa)
{
    struct hv_mapping mapping;

    return translate(vp, linear, gpa) &&
           hv_address_translate(vp->partition->partition, *gpa / HV_PAGE_SIZE, &mapping) &&
           mapping.overlay && !(mapping.access & HV_ACCESS_WRITE);
}

/* The first byte or the last, which may lie in the next page. */
static bool touches(const struct kvm_vp *vp, uint64_t linear, unsigned size, uint64_t *gpa)
{
    return is_protected(vp, linear, gpa) || (size > 1 && is_protected(vp, linear + size - 1, gpa));
}

static bool find_operand(const struct kvm_vp *vp, uint64_t *gpa)
{
    uint8_t bytes[HV_INSN_MAX_LENGTH];
    const uint64_t *gpr = vp->gprs.gpr;
    struct hv_insn insn;

    if (hv_insn_decode(bytes, fetch(vp, bytes), mode_of(vp), &insn) != HV_INSN_OK)
        return false;
    if (insn.op == HV_INSN_OP_MOVS)
        return touches(vp, linear_of(vp, HV_INSN_ES, hv_insn_string_destination(&insn, gpr)),
                       insn.memory.size, gpa);
    return insn.memory.present &&
           touches(vp,
                   linear_of(vp, insn.memory.segment,
                             hv_insn_effective_offset(&insn, gpr, vp->gprs.rip)),
                   insn.memory.size, gpa);
}

/* If an exception was on its way, it has not been delivered: neither will the next. */
enum kvm_result kvm_fault_handle(struct kvm_vp *vp, struct worker_intercept *intercept)
{
    struct kvm_vcpu_events events = { 0 };
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY,
                            .gprs = &vp->gprs,
                            .memory = { .access = HV_ACCESS_WRITE } };

    (void)kvm_call(vp->partition, vp->file, KVM_GET_VCPU_EVENTS, &events);
    if (events.exception.injected)
        return kvm_tell_end(intercept);
    if (!find_operand(vp, &exit.memory.gpa)) {
        exit.memory.page_walk = true;
        exit.memory.gpa = atomic_load(&vp->partition->memory.protected_gpa);
    }
    /* Another VP may have taken it away meanwhile: then the instruction is executed again. */
    (void)hv_vp_exit(vp->vp, &exit);
    return KVM_GOES_ON;
}
