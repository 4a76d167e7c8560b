/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <hv/insn.h>

#include "apic_access.h"
#include "apic_route.h"
#include "core.h"

/* ---- What an access leads to ---- */

/* Whose line it is may assert it again: the back end's or, for a child, its parent's. */
static void end_of_level(struct hv_vp *vp, uint8_t vector)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    if (hv_vp_parent(vp))
        hv_intercept_end_of_interrupt(vp, vector);
    else
        cpu->end_of_interrupt(cpu->context, vp, vector);
}

/* False: #GP. */
static bool carry_out(struct hv_vp *vp, struct hv_apic_effect effect)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    switch (effect.kind) {
    case HV_APIC_FAULT:
        return false;
    case HV_APIC_SEND:
        hv_apic_send(vp, effect.command);
        break;
    case HV_APIC_EOI_SENT:
        end_of_level(vp, effect.vector);
        break;
    case HV_APIC_LOGICAL:
        hv_apic_routes_update(vp->partition);
        cpu->apic_changed(cpu->context, vp);
        break;
    case HV_APIC_NOTHING:
    case HV_APIC_TIMER:
        break;
    }
    return true;
}

/* TLFS: messages that wait are looked at again when the guest completes an interrupt. */
static void end_interrupt(struct hv_vp *vp)
{
    carry_out(vp, hv_apic_eoi(&vp->apic));
    hv_synic_deliver(vp);
}

static bool write_register(struct hv_vp *vp, unsigned reg, uint64_t value)
{
    if (!carry_out(vp, hv_apic_write(&vp->apic, reg, value, hv_now(vp->partition))))
        return false;
    if (reg == HV_APIC_EOI)
        hv_synic_deliver(vp);
    /* Some back ends pass the processor's own local interrupts on. */
    if (hv_apic_is_lvt(reg) || reg == HV_APIC_SVR)
        hv_vp_cpu(vp)->apic_changed(hv_vp_cpu(vp)->context, vp);
    return true;
}

/* ---- MSRs of the architecture ---- */

static bool is_x2_register(uint32_t msr)
{
    return msr >= HV_APIC_X2_MSR_FIRST && msr <= HV_APIC_X2_MSR_LAST;
}

static bool is_apic_msr(const struct hv_vp *vp, uint32_t msr)
{
    return hv_vp_has_apic(vp) &&
           (is_x2_register(msr) || msr == HV_APIC_BASE_MSR || msr == HV_APIC_TSC_DEADLINE_MSR);
}

/* The registers are MSRs in x2APIC mode only. */
static bool is_reachable(const struct hv_vp *vp, uint32_t msr)
{
    return !is_x2_register(msr) || hv_apic_is_x2(&vp->apic);
}

bool hv_apic_get_msr(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    struct hv_apic *apic = &vp->apic;

    if (msr == HV_APIC_BASE_MSR) {
        *value = hv_apic_base(apic);
        return true;
    }
    if (msr == HV_APIC_TSC_DEADLINE_MSR) {
        *value = hv_apic_read_deadline(apic, hv_now(vp->partition));
        return true;
    }
    return hv_apic_read(apic, msr - HV_APIC_X2_MSR_FIRST, hv_now(vp->partition), value);
}

bool hv_apic_set_msr(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_apic *apic = &vp->apic;

    if (msr == HV_APIC_BASE_MSR)
        return carry_out(vp, hv_apic_write_base(apic, value));
    if (msr == HV_APIC_TSC_DEADLINE_MSR)
        return carry_out(vp, hv_apic_write_deadline(apic, value, hv_now(vp->partition)));
    return write_register(vp, msr - HV_APIC_X2_MSR_FIRST, value);
}

/* TLFS, HvCallSetVpRegisters: a register is set without what a write would raise. Modes that a
   processor would have to pass through are passed through here. */
bool hv_apic_set_base(struct hv_vp *vp, uint64_t value)
{
    struct hv_apic *apic = &vp->apic;
    uint64_t base = hv_apic_base(apic);
    struct hv_apic_effect effect = hv_apic_write_base(apic, value);

    if (effect.kind == HV_APIC_FAULT && hv_apic_can_have_base(apic, value)) {
        (void)hv_apic_write_base(apic, (base & ~HV_APIC_BASE_EXTD) ^ HV_APIC_BASE_ENABLE);
        effect = hv_apic_write_base(apic, value);
    }
    return carry_out(vp, effect);
}

enum hv_disposition hv_apic_rdmsr(struct hv_vp *vp, struct hv_exit *exit)
{
    uint64_t *gpr = exit->gprs->gpr, value;
    uint32_t msr = (uint32_t)gpr[HV_GPR_RCX];

    if (!is_apic_msr(vp, msr))
        return HV_DISPOSITION_PASS;
    if (!is_reachable(vp, msr) || !hv_apic_get_msr(vp, msr, &value))
        return hv_vp_inject_gp(vp);
    gpr[HV_GPR_RAX] = (uint32_t)value;
    gpr[HV_GPR_RDX] = value >> 32;
    return hv_exit_complete(exit);
}

enum hv_disposition hv_apic_wrmsr(struct hv_vp *vp, struct hv_exit *exit)
{
    const uint64_t *gpr = exit->gprs->gpr;
    uint32_t msr = (uint32_t)gpr[HV_GPR_RCX];
    uint64_t value = gpr[HV_GPR_RDX] << 32 | (uint32_t)gpr[HV_GPR_RAX];

    if (!is_apic_msr(vp, msr))
        return HV_DISPOSITION_PASS;
    if (!is_reachable(vp, msr) || !hv_apic_set_msr(vp, msr, value))
        return hv_vp_inject_gp(vp);
    return hv_exit_complete(exit);
}

/* ---- Synthetic MSRs (TLFS: local APIC, "local APIC MSR accesses") ---- */

enum hv_msr_result hv_apic_write_eoi(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    (void)msr;
    if (!hv_vp_has_apic(vp) || value >> 32)
        return HV_MSR_FAULT;
    end_interrupt(vp);
    return HV_MSR_OK;
}

enum hv_msr_result hv_apic_read_icr(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = vp->apic.icr;
    return hv_vp_has_apic(vp) ? HV_MSR_OK : HV_MSR_FAULT;
}

/* The high half is the destination as the mode has it: bits 31:24 of it, or all. */
enum hv_msr_result hv_apic_write_icr(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    (void)msr;
    if (!hv_vp_has_apic(vp))
        return HV_MSR_FAULT;
    if (hv_apic_is_x2(&vp->apic))
        return write_register(vp, HV_APIC_ICR, value) ? HV_MSR_OK : HV_MSR_FAULT;
    write_register(vp, HV_APIC_ICR_HIGH, value >> 32);
    write_register(vp, HV_APIC_ICR, (uint32_t)value);
    return HV_MSR_OK;
}

enum hv_msr_result hv_apic_read_tpr(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = vp->apic.tpr;
    return hv_vp_has_apic(vp) ? HV_MSR_OK : HV_MSR_FAULT;
}

enum hv_msr_result hv_apic_write_tpr(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    (void)msr;
    if (!hv_vp_has_apic(vp) || value > UINT8_MAX)
        return HV_MSR_FAULT;
    hv_apic_set_tpr(&vp->apic, (uint8_t)value);
    return HV_MSR_OK;
}

/* ---- The page ---- */

bool hv_apic_is_page(const struct hv_vp *vp, uint64_t gpa)
{
    return hv_vp_has_apic(vp) && gpa >> HV_PAGE_SHIFT == HV_APIC_DEFAULT_BASE >> HV_PAGE_SHIFT;
}

/* Else nothing is there, and the bus answers as it does where nothing is. */
static bool has_page(const struct hv_apic *apic)
{
    return hv_apic_is_enabled(apic) && !hv_apic_is_x2(apic);
}

static unsigned register_at(uint64_t gpa)
{
    return (unsigned)(gpa & (HV_PAGE_SIZE - 1)) / 16;
}

uint32_t hv_apic_page_load(struct hv_vp *vp, uint64_t gpa)
{
    uint64_t value = UINT32_MAX;

    if (has_page(&vp->apic))
        hv_apic_read(&vp->apic, register_at(gpa), hv_now(vp->partition), &value);
    return (uint32_t)value;
}

void hv_apic_page_store(struct hv_vp *vp, uint64_t gpa, uint32_t value)
{
    if (has_page(&vp->apic))
        write_register(vp, register_at(gpa), value);
}

/* The accesses that the TLFS demands: 32 bits, aligned, MOV and PUSH. */
static bool is_supported(const struct hv_insn *insn, uint64_t gpa)
{
    return (insn->op == HV_INSN_OP_MOV || insn->op == HV_INSN_OP_PUSH) && insn->memory.present &&
           insn->memory.size == 4 && gpa % 16 == 0;
}

static void store(struct hv_vp *vp, const struct hv_exit *exit, const struct hv_insn *insn)
{
    uint64_t value = insn->immediate_size ? (uint64_t)insn->immediate : exit->gprs->gpr[insn->reg];

    hv_apic_page_store(vp, exit->memory.gpa, (uint32_t)value);
}

/* False: PUSH has faulted. */
static bool load(struct hv_vp *vp, const struct hv_exit *exit, const struct hv_insn *insn)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    uint32_t value = hv_apic_page_load(vp, exit->memory.gpa);

    if (insn->op == HV_INSN_OP_PUSH)
        return cpu->push(cpu->context, vp, value);
    exit->gprs->gpr[insn->reg] = value;
    return true;
}

enum hv_disposition hv_apic_page_exit(struct hv_vp *vp, struct hv_exit *exit)
{
    struct hv_insn insn;

    /* Not there: another VP has changed the code, or its mapping. The instruction runs again. */
    if (hv_insn_decode(exit->memory.code, exit->memory.code_size,
                       (enum hv_insn_mode)exit->memory.code_mode, &insn) != HV_INSN_OK)
        return HV_DISPOSITION_RESUME;
    if (!is_supported(&insn, exit->memory.gpa))
        return hv_vp_inject_gp(vp);
    exit->instruction_length = insn.length;
    if (insn.memory.access == HV_INSN_ACCESS_STORE)
        store(vp, exit, &insn);
    else if (!load(vp, exit, &insn))
        return HV_DISPOSITION_RESUME;
    return hv_exit_complete(exit);
}
