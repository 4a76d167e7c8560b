/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Why the guest was left, and what comes of it. */
#include "apic.h"
#include "console.h"
#include "cpu.h"
#include "fetch.h"
#include "idle.h"
#include "lp.h"
#include "memory.h"
#include "svm.h"
#include "svm_child.h"
#include "svm_debug.h"

#define HYPERVISOR_LEAVES 0x4

static void raise_ud(struct svm_vp *vp)
{
    svm_raise(vp, VECTOR_UD, false, 0);
}

static void raise_gp(struct svm_vp *vp)
{
    svm_raise(vp, VECTOR_GP, true, 0);
}

/* What the processor does besides advancing RIP when an instruction is done. */
static void finish_instruction(struct svm_vp *vp)
{
    if (!svm_long_mode(vp))
        vp->gprs.rip &= UINT32_MAX;
    vp->vmcb->interrupt_shadow &= ~VMCB_SHADOW;
    if (__builtin_expect((vp->gprs.rflags & RFLAGS_TF) != 0, false)) {
        vp->vmcb->dr6 |= UINT64_C(1) << 14;
        svm_touch(vp, VMCB_CLEAN_DR);
        svm_raise(vp, VECTOR_DB, false, 0);
    }
}

static void advance(struct svm_vp *vp, unsigned length)
{
    vp->gprs.rip += length;
    finish_instruction(vp);
}

/* The VP waits, for what there is a name for. */
static __attribute__((noinline)) void begin_wait(struct svm_vp *vp, enum hv_disposition disposition)
{
    if (disposition == HV_DISPOSITION_RESET)
        machine_reset();
    vp->activity = disposition == HV_DISPOSITION_IDLE ? SVM_IDLE : SVM_LENDS;
}

/* True if it is for this back end. */
static inline __attribute__((always_inline)) bool pass_to_core(struct svm_vp *vp)
{
    uint64_t rip = vp->gprs.rip;
    enum hv_disposition disposition = hv_vp_exit(vp->vp, &vp->exit);

    if (vp->gprs.rip != rip)
        finish_instruction(vp);
    if (disposition <= HV_DISPOSITION_PASS)
        return disposition == HV_DISPOSITION_PASS;
    if (disposition == HV_DISPOSITION_SUSPEND || disposition == HV_DISPOSITION_LOOK)
        vp->stops = true;
    else
        begin_wait(vp, disposition);
    return false;
}

/* False if the instruction has changed meanwhile: then it runs again. */
static bool begin_instruction(struct svm_vp *vp, enum hv_insn_op op)
{
    vp->exit.gprs = &vp->gprs;
    vp->exit.instruction_length = (uint8_t)fetch_length(vp, op);
    return vp->exit.instruction_length != 0;
}

/* For exits of children, out of the way of the others, where these are inlined. */
void svm_advance(struct svm_vp *vp, unsigned length)
{
    advance(vp, length);
}

bool svm_pass_to_core(struct svm_vp *vp)
{
    return pass_to_core(vp);
}

bool svm_begin_instruction(struct svm_vp *vp, enum hv_insn_op op)
{
    return begin_instruction(vp, op);
}

static void exit_cpuid(struct svm_vp *vp)
{
    uint32_t leaf = (uint32_t)vp->gprs.gpr[HV_GPR_RAX];
    uint32_t *native = vp->exit.cpuid.native;

    if (!begin_instruction(vp, HV_INSN_OP_CPUID))
        return;
    vp->exit.reason = HV_EXIT_CPUID;
    if (leaf >> 28 != HYPERVISOR_LEAVES)
        svm_cpuid(vp, leaf, (uint32_t)vp->gprs.gpr[HV_GPR_RCX], native);
    if (!pass_to_core(vp))
        return;
    vp->gprs.gpr[HV_GPR_RAX] = native[0];
    vp->gprs.gpr[HV_GPR_RBX] = native[1];
    vp->gprs.gpr[HV_GPR_RCX] = native[2];
    vp->gprs.gpr[HV_GPR_RDX] = native[3];
    advance(vp, vp->exit.instruction_length);
}

/* It is its parent's to say what becomes of that, if it has one. */
static void refuse_msr(struct svm_vp *vp, bool write)
{
    vp->exit.reason = HV_EXIT_UNKNOWN_MSR;
    vp->exit.unknown_msr.write = write;
    (void)svm_pass_to_core(vp);
}

static void exit_rdmsr(struct svm_vp *vp)
{
    uint64_t value = 0;

    if (!begin_instruction(vp, HV_INSN_OP_RDMSR))
        return;
    vp->exit.reason = HV_EXIT_MSR_READ;
    if (!pass_to_core(vp))
        return;
    if (!svm_msr_read(vp, (uint32_t)vp->gprs.gpr[HV_GPR_RCX], &value)) {
        refuse_msr(vp, false);
        return;
    }
    vp->gprs.gpr[HV_GPR_RAX] = (uint32_t)value;
    vp->gprs.gpr[HV_GPR_RDX] = value >> 32;
    advance(vp, vp->exit.instruction_length);
}

static void exit_wrmsr(struct svm_vp *vp)
{
    uint64_t value = vp->gprs.gpr[HV_GPR_RDX] << 32 | (uint32_t)vp->gprs.gpr[HV_GPR_RAX];

    if (!begin_instruction(vp, HV_INSN_OP_WRMSR))
        return;
    vp->exit.reason = HV_EXIT_MSR_WRITE;
    if (!pass_to_core(vp))
        return;
    if (svm_msr_write(vp, (uint32_t)vp->gprs.gpr[HV_GPR_RCX], value))
        advance(vp, vp->exit.instruction_length);
    else
        refuse_msr(vp, true);
}

static void exit_io(struct svm_vp *vp)
{
    if (!svm_io(vp)) {
        raise_gp(vp);
        return;
    }
    vp->gprs.rip = vp->vmcb->exit_info_2;
    finish_instruction(vp);
}

static void exit_vmmcall(struct svm_vp *vp)
{
    const struct vmcb *vmcb = vp->vmcb;
    bool is_64;

    if (!begin_instruction(vp, HV_INSN_OP_VMMCALL))
        return;
    is_64 = fetch_is_64(vp);
    vp->exit.reason = HV_EXIT_HYPERCALL;
    vp->exit.hypercall.cpl = vmcb->cpl;
    vp->exit.hypercall.protected_mode =
        is_64 || ((vmcb->cr0 & CR0_PE) && !(vp->gprs.rflags & RFLAGS_VM));
    vp->exit.hypercall.long_mode = is_64;
    if (pass_to_core(vp))
        raise_ud(vp);
}

static void exit_memory(struct svm_vp *vp)
{
    uint64_t info = vp->vmcb->exit_info_1, address = vp->vmcb->exit_info_2;

    vp->exit.reason = HV_EXIT_MEMORY;
    vp->exit.gprs = &vp->gprs;
    vp->exit.instruction_length = 0;
    vp->exit.memory.gpa = address;
    vp->exit.memory.code_size = 0;
    vp->exit.memory.page_walk = (info & VMCB_NPF_PAGE_WALK) != 0;
    vp->exit.memory.access = HV_ACCESS_READ;
    if (info & VMCB_NPF_EXECUTE)
        vp->exit.memory.access = HV_ACCESS_EXECUTE;
    else if (info & VMCB_NPF_WRITE)
        vp->exit.memory.access = HV_ACCESS_WRITE;
    if (vp->child)
        svm_child_describe_access(vp, &vp->exit);
    else if (address / PAGE_SIZE == apic_page() / PAGE_SIZE)
        fetch_code(vp, &vp->exit);
    if (pass_to_core(vp))
        svm_raise(vp, VECTOR_MC, false, 0);
}

/* The cache's content must not be lost: other partitions' is in it too (APM vol. 2, 15.13). */
static void exit_invd(struct svm_vp *vp)
{
    if (!begin_instruction(vp, HV_INSN_OP_INVD))
        return;
    wbinvd();
    advance(vp, vp->exit.instruction_length);
}

/* The NMI is still pending; opening the interrupt flag runs the hypervisor's handler. */
static void exit_nmi(struct svm_vp *vp)
{
    svm_release_guest(vp);
    idle_take_nmi();
    svm_regain_guest(vp);
}

/* Likewise. */
static void exit_interrupt(struct svm_vp *vp)
{
    svm_interrupt_before_taking(atomic_load(&vp->lp->backend));
    svm_release_guest(vp);
    idle_take_interrupts();
    svm_regain_guest(vp);
}

static void exit_hlt(struct svm_vp *vp)
{
    if (!begin_instruction(vp, HV_INSN_OP_HLT))
        return;
    advance(vp, vp->exit.instruction_length);
    vp->activity = SVM_HALTED;
}

static void exit_write_cr8(struct svm_vp *vp)
{
    struct hv_insn insn;
    uint64_t value;

    if (!fetch_instruction(vp, &insn) || insn.op != HV_INSN_OP_MOV_TO_CR || insn.reg != 8)
        return;
    value = vp->gprs.gpr[insn.rm];
    if (value > 15) {
        raise_gp(vp);
        return;
    }
    hv_interrupt_set_cr8(vp->vp, (uint8_t)value);
    advance(vp, insn.length);
}

static void __attribute__((noreturn)) exit_shutdown(struct svm_vp *vp)
{
    log_line("LP %u: triple fault at 0x%lx, CR2 0x%lx; the machine is reset", vp->lp->index,
             vp->vmcb->rip, vp->vmcb->cr2);
    machine_reset();
}

/* The guest has made a state for itself in which no processor can be: for it that is a shutdown. */
static void __attribute__((noreturn)) exit_invalid(struct svm_vp *vp)
{
    log_line("LP %u: impossible guest state at 0x%lx, CR0 0x%lx, CR4 0x%lx, EFER 0x%lx; the "
             "machine is reset",
             vp->lp->index, vp->vmcb->rip, vp->vmcb->cr0, vp->vmcb->cr4, vp->vmcb->efer);
    machine_reset();
}

static void __attribute__((noreturn)) exit_unknown(struct svm_vp *vp)
{
    const struct vmcb *vmcb = vp->vmcb;

    console_line("LP %u: exit 0x%lx (0x%lx, 0x%lx) is not expected; the hypervisor is at fault",
                 vp->lp->index, vmcb->exit_code, vmcb->exit_info_1, vmcb->exit_info_2);
    console_line("guest rip %016lx rsp %016lx rflags %016lx cs %04x %04x", vmcb->rip, vmcb->rsp,
                 vmcb->rflags, vmcb->cs.selector, vmcb->cs.attributes);
    console_line("guest cr0 %016lx cr3 %016lx cr4 %016lx efer %016lx", vmcb->cr0, vmcb->cr3,
                 vmcb->cr4, vmcb->efer);
    machine_stop(3);
}

static void dispatch_other(struct svm_vp *vp)
{
    switch ((uint32_t)vp->vmcb->exit_code) {
    case VMCB_EXIT_NPF:
        exit_memory(vp);
        break;
    case VMCB_EXIT_IO:
        exit_io(vp);
        break;
    case VMCB_EXIT_NMI:
        exit_nmi(vp);
        break;
    case VMCB_EXIT_INTERRUPT:
        exit_interrupt(vp);
        break;
    case VMCB_EXIT_VIRTUAL:
        /* The guest can take the interrupt that waits. */
        break;
    case VMCB_EXIT_HLT:
        exit_hlt(vp);
        break;
    case VMCB_EXIT_WRITE_CR8:
        exit_write_cr8(vp);
        break;
    case VMCB_EXIT_IRET:
        svm_event_iret(vp);
        break;
    case VMCB_EXIT_READ_IDTR:
    case VMCB_EXIT_READ_GDTR:
    case VMCB_EXIT_READ_LDTR:
    case VMCB_EXIT_READ_TR:
        svm_npiep_exit(vp);
        break;
    case VMCB_EXIT_INVD:
        exit_invd(vp);
        break;
    case VMCB_EXIT_EXCEPTION + VECTOR_MC:
        /* The root partition owns the machine check registers. */
        svm_raise(vp, VECTOR_MC, false, 0);
        break;
    case VMCB_EXIT_INIT:
        log_line("LP %u: INIT signal; the machine is reset", vp->lp->index);
        machine_reset();
    case VMCB_EXIT_SHUTDOWN:
        exit_shutdown(vp);
    case VMCB_EXIT_INVALID:
        exit_invalid(vp);
    case VMCB_EXIT_VMRUN:
    case VMCB_EXIT_VMLOAD:
    case VMCB_EXIT_VMSAVE:
    case VMCB_EXIT_STGI:
    case VMCB_EXIT_CLGI:
    case VMCB_EXIT_SKINIT:
    case VMCB_EXIT_MONITOR:
    case VMCB_EXIT_MWAIT:
    case VMCB_EXIT_INVLPGA:
    case VMCB_EXIT_INVLPGB:
    case VMCB_EXIT_INVLPGB_ILLEGAL:
    case VMCB_EXIT_TLBSYNC:
        raise_ud(vp);
        break;
    case VMCB_EXIT_READ_DR0:
    case VMCB_EXIT_READ_DR0 + 1:
    case VMCB_EXIT_READ_DR0 + 2:
    case VMCB_EXIT_READ_DR0 + 3:
    case VMCB_EXIT_WRITE_DR0:
    case VMCB_EXIT_WRITE_DR0 + 1:
    case VMCB_EXIT_WRITE_DR0 + 2:
    case VMCB_EXIT_WRITE_DR0 + 3:
    case VMCB_EXIT_WRITE_DR0 + 5:
    case VMCB_EXIT_WRITE_DR0 + 7:
        svm_debug_open(vp);
        break;
    default:
        /* The hypervisor is at fault; a child is nevertheless all that ends by it. */
        if (!vp->child)
            exit_unknown(vp);
        log_line("LP %u: exit 0x%lx of a child is not expected", vp->lp->index,
                 vp->vmcb->exit_code);
        svm_child_shut_down(vp);
    }
}

/* What there is most of is found without a search. */
static void dispatch(struct svm_vp *vp)
{
    uint32_t code = (uint32_t)vp->vmcb->exit_code;

    if (code == VMCB_EXIT_VMMCALL)
        exit_vmmcall(vp);
    else if (code == VMCB_EXIT_CPUID)
        exit_cpuid(vp);
    else if (code != VMCB_EXIT_MSR)
        dispatch_other(vp);
    else if (vp->vmcb->exit_info_1 & 1)
        exit_wrmsr(vp);
    else
        exit_rdmsr(vp);
}

/* True if that was all. */
static bool handle_special(struct svm_vp *vp)
{
    if (vp->stepping && svm_event_stepped(vp))
        return true;
    return vp->child && svm_child_exit(vp);
}

void svm_handle_exit(struct svm_vp *vp)
{
    svm_event_interrupted(vp);
    if (__builtin_expect(vp->special, false) && handle_special(vp))
        return;
    dispatch(vp);
}
