/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* APM vol. 2, chapter 16. */
#include "guest_apic.h"

#include "apic.h"
#include "console.h"
#include "cpu.h"
#include "fetch.h"
#include "lp.h"
#include "memory.h"
#include "svm.h"

#define XAPIC_BROADCAST  0xFFu
#define X2APIC_BROADCAST UINT32_MAX
#define DFR_FLAT         0xFu
#define X2APIC_ICR_VALID UINT64_C(0xFFFFFFFF000CCFFF)

enum shorthand {
    SHORTHAND_NONE,
    SHORTHAND_SELF,
    SHORTHAND_ALL,
    SHORTHAND_OTHERS,
};

static bool logical_match_x2apic(uint32_t destination, const struct lp *lp)
{
    return destination >> 16 == lp->apic_id >> 4 && (destination & 1u << (lp->apic_id & 15));
}

/* Flat model, or clusters of four (APM vol. 2, 16.6.1). */
static bool logical_match_xapic(uint32_t destination, const struct lp *lp)
{
    uint32_t id = lp->logical_id >> 24;

    if (apic_read(APIC_DFR) >> 28 == DFR_FLAT)
        return (destination & id) != 0;
    return destination >> 4 == id >> 4 && (destination & id & 0xF);
}

static bool is_target(const struct svm_vp *vp, const struct lp *lp, uint64_t command)
{
    bool x2apic = apic_is_x2apic();
    uint32_t destination = (uint32_t)(x2apic ? command >> 32 : command >> 56);

    switch ((command & APIC_ICR_SHORTHAND_MASK) >> APIC_ICR_SHORTHAND_SHIFT) {
    case SHORTHAND_SELF:
        return lp == vp->lp;
    case SHORTHAND_ALL:
        return true;
    case SHORTHAND_OTHERS:
        return lp != vp->lp;
    default:
        break;
    }
    if (destination == (x2apic ? X2APIC_BROADCAST : XAPIC_BROADCAST))
        return true;
    if (!(command & APIC_ICR_LOGICAL))
        return destination == lp->apic_id;
    return x2apic ? logical_match_x2apic(destination, lp) : logical_match_xapic(destination, lp);
}

static void notify_targets(const struct svm_vp *vp, uint64_t command, uint32_t event)
{
    for (uint32_t i = 0; i < lp_count(); i++) {
        struct lp *lp = lp_get(i);

        if (!is_target(vp, lp, command))
            continue;
        if (event == LP_EVENT_STARTUP)
            atomic_store(&lp->startup_vector, (uint8_t)command);
        lp_notify(lp, event);
    }
}

static void send_command(const struct svm_vp *vp, uint64_t command)
{
    switch (command & APIC_ICR_MODE_MASK) {
    case APIC_ICR_NMI:
        notify_targets(vp, command, LP_EVENT_NMI);
        break;
    case APIC_ICR_INIT:
        /* A level de-assert does nothing since the first local APICs. */
        if (!(command & APIC_ICR_LEVEL) || (command & APIC_ICR_ASSERT))
            notify_targets(vp, command, LP_EVENT_INIT);
        break;
    case APIC_ICR_STARTUP:
        notify_targets(vp, command, LP_EVENT_STARTUP);
        break;
    default:
        apic_send_raw(command);
        break;
    }
}

bool guest_apic_write_x2apic_icr(struct svm_vp *vp, uint64_t value)
{
    if (!(vp->apic_base & APIC_BASE_EXTD) || (value & ~X2APIC_ICR_VALID))
        return false;
    send_command(vp, value);
    return true;
}

static bool write_icr(struct svm_vp *vp, uint64_t value)
{
    if (apic_is_x2apic() && (value & ~X2APIC_ICR_VALID))
        return false;
    if (!apic_is_x2apic())
        apic_write(APIC_ICR_HIGH, (uint32_t)(value >> 32));
    send_command(vp, value);
    return true;
}

bool guest_apic_write_synthetic(void *context, struct hv_vp *hv_vp, enum hv_apic_register reg,
                                uint64_t value)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp);

    (void)context;
    if (!(vp->apic_base & APIC_BASE_ENABLE))
        return false;
    switch (reg) {
    case HV_APIC_ICR:
        return write_icr(vp, value);
    case HV_APIC_TPR:
        apic_write(APIC_TPR, (uint32_t)value);
        return true;
    case HV_APIC_EOI:
        break;
    }
    /* x2APIC mode takes nothing but zero (APM vol. 2, 16.11). */
    apic_write(APIC_EOI, 0);
    return true;
}

uint64_t guest_apic_read_synthetic(void *context, struct hv_vp *vp, enum hv_apic_register reg)
{
    (void)context;
    (void)vp;
    if (reg == HV_APIC_TPR)
        return apic_read(APIC_TPR);
    if (apic_is_x2apic())
        return rdmsr(MSR_X2APIC_ICR);
    return (uint64_t)apic_read(APIC_ICR_HIGH) << 32 | apic_read(APIC_ICR);
}

bool guest_apic_is_page(uint64_t gpa)
{
    return (gpa & ~(PAGE_SIZE - 1)) == apic_page();
}

static void write_register(struct svm_vp *vp, uint32_t reg, uint32_t value)
{
    switch (reg) {
    case APIC_ID:
        /* The hypervisor reaches the LP by it. */
        break;
    case APIC_LDR:
        vp->lp->logical_id = value;
        apic_write(reg, value);
        break;
    case APIC_ICR:
        send_command(vp, (uint64_t)apic_read(APIC_ICR_HIGH) << 32 | value);
        break;
    default:
        apic_write(reg, value);
        break;
    }
}

/* The register or immediate operand. */
static uint32_t source_operand(const struct svm_vp *vp, const struct hv_insn *insn)
{
    if (insn->immediate_size != 0)
        return (uint32_t)insn->immediate;
    return (uint32_t)vp->gprs.gpr[insn->reg];
}

/* What the instruction stores; false for one that nobody uses on an APIC. */
static bool stored_value(struct svm_vp *vp, const struct hv_insn *insn, uint32_t reg,
                         uint32_t *value)
{
    uint32_t source = source_operand(vp, insn);

    switch (insn->op) {
    case HV_INSN_OP_MOV:
        *value = source;
        return true;
    case HV_INSN_OP_XCHG:
        *value = source;
        vp->gprs.gpr[insn->reg] = apic_read(reg);
        return true;
    default:
        return false;
    }
}

void guest_apic_store(struct svm_vp *vp, uint64_t gpa)
{
    uint32_t reg = (uint32_t)(gpa & (PAGE_SIZE - 1)), value;
    struct hv_insn insn;

    if (!fetch_instruction(vp, &insn))
        return;
    /* 16.3.1: registers are accessed as aligned doublewords; anything else is undefined. */
    if (!insn.memory.present || insn.memory.size != 4 || reg % 16 != 0 ||
        !stored_value(vp, &insn, reg, &value)) {
        log_line("LP %u: instruction at 0x%lx can't write the APIC page; #GP", vp->lp->index,
                 vp->gprs.rip);
        svm_raise(vp, VECTOR_GP, true, 0);
        return;
    }
    if (!(vp->apic_base & APIC_BASE_EXTD) && (vp->apic_base & APIC_BASE_ENABLE))
        write_register(vp, reg, value);
    vp->gprs.rip += insn.length;
    vp->vmcb->interrupt_shadow &= ~VMCB_SHADOW;
}

/* Disabled, it keeps receiving what the hypervisor sends it, and nothing else (16.3.2). */
static void set_physical_mode(struct svm_vp *vp, uint64_t value)
{
    uint64_t physical = rdmsr(MSR_APIC_BASE);

    if (!(value & APIC_BASE_ENABLE)) {
        apic_reset();
        return;
    }
    if ((value ^ physical) & APIC_BASE_EXTD) {
        if (physical & APIC_BASE_EXTD) {
            wrmsr(MSR_APIC_BASE, physical & ~(uint64_t)(APIC_BASE_EXTD | APIC_BASE_ENABLE));
            wrmsr(MSR_APIC_BASE, physical & ~(uint64_t)APIC_BASE_EXTD);
        } else {
            wrmsr(MSR_APIC_BASE, physical | APIC_BASE_EXTD);
        }
    }
    vp->lp->logical_id = 0;
}

bool guest_apic_write_base(struct svm_vp *vp, uint64_t value)
{
    uint64_t old = vp->apic_base, mode = APIC_BASE_ENABLE | APIC_BASE_EXTD;
    bool was_x2apic = (old & APIC_BASE_EXTD) != 0, to_x2apic = (value & APIC_BASE_EXTD) != 0;

    /* Nothing but the mode may change; the base would take the page from the hypervisor. */
    if ((value ^ old) & ~mode)
        return false;
    if (to_x2apic && (!(value & APIC_BASE_ENABLE) || !(cpuid(1, 0).ecx & 1u << 21)))
        return false;
    /* From x2APIC only to disabled, and to x2APIC only from enabled (16.10). */
    if (was_x2apic && !to_x2apic && (value & APIC_BASE_ENABLE))
        return false;
    if (to_x2apic && !(old & APIC_BASE_ENABLE))
        return false;
    if ((value ^ old) & mode)
        set_physical_mode(vp, value);
    vp->apic_base = value;
    return true;
}
