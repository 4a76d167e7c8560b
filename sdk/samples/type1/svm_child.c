/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Exits of a child's VP. Ports, memory and the end of the VP are its parent's; it stays outside the
 * guest until its parent has dealt with that. What would reach the machine does nothing.
 */
#include "svm_child.h"

#include "cpu.h"
#include "fetch.h"
#include "gva.h"
#include "lp.h"
#include "memory.h"
#include "string.h"
#include "svm.h"
#include "svm_switch.h"

#define RESET_SELECTOR 0xF000
#define RESET_BASE     UINT64_C(0xFFFF0000)
#define RESET_RIP      UINT64_C(0xFFF0)

/* INT3 and INTO are instructions, for which nobody can ask; NMIs are no exceptions. */
#define NEVER_SHOWN (1u << VECTOR_NMI | 1u << VECTOR_BP | 1u << VECTOR_OF | 1u << VECTOR_MC)

static struct {
    uint64_t io_map;
    uint64_t msr_map;
} maps;

void svm_child_init(void)
{
    void *ports = memory_take(SVM_IO_MAP_PAGES);

    memset(ports, 0xFF, SVM_IO_MAP_PAGES * PAGE_SIZE);
    maps.io_map = memory_physical(ports);
    maps.msr_map = svm_child_msr_map();
}

void svm_child_set_intercepts(struct svm_vp *vp)
{
    struct vmcb *vmcb = vp->vmcb;

    vmcb->intercept_1 |= VMCB_INTERCEPT_RDPMC;
    vmcb->intercept_2 |= VMCB_INTERCEPT_WBINVD | VMCB_INTERCEPT_XSETBV;
    vmcb->iopm = maps.io_map;
    vmcb->msrpm = maps.msr_map;
}

/* ---- Beginning ---- */

void svm_child_set_reset_state(struct svm_vp *vp)
{
    svm_set_init_state(vp);
    vp->activity = hv_vp_index(vp->vp) == 0 ? SVM_RUNNING : SVM_WAIT_FOR_STARTUP;
    vp->vmcb->cr0 = CR0_CD | CR0_NW | CR0_ET;
    vp->vmcb->cs.selector = RESET_SELECTOR;
    vp->vmcb->cs.base = RESET_BASE;
    vp->gprs.rip = RESET_RIP;
}

void svm_child_take_init(struct svm_vp *vp)
{
    hv_vp_reset(vp->vp);
    svm_child_set_reset_state(vp);
}

/* ---- The end ---- */

void svm_child_shut_down(struct svm_vp *vp)
{
    vp->shut_down = false;
    vp->exit.reason = HV_EXIT_SHUTDOWN;
    vp->exit.gprs = &vp->gprs;
    vp->exit.instruction_length = 0;
    (void)svm_pass_to_core(vp);
}

/* ---- Ports ---- */

static void exit_io(struct svm_vp *vp)
{
    uint64_t info = vp->vmcb->exit_info_1;
    struct hv_exit *exit = &vp->exit;

    exit->reason = HV_EXIT_IO;
    exit->gprs = &vp->gprs;
    exit->instruction_length = (uint8_t)((vp->vmcb->exit_info_2 - vp->gprs.rip) & 0xF);
    exit->io.port = (uint16_t)(info >> VMCB_IO_PORT_SHIFT);
    exit->io.size = (uint8_t)(info >> VMCB_IO_SIZE_SHIFT) & VMCB_IO_SIZE_MASK;
    exit->io.write = !(info & VMCB_IO_IN);
    exit->io.string = (info & VMCB_IO_STRING) != 0;
    exit->io.rep = (info & VMCB_IO_REP) != 0;
    /* What else there is says all about IN and OUT; a string's segment is in a prefix. */
    exit->io.code_size = exit->io.string ? (uint8_t)fetch_bytes(vp, exit->io.code) : 0;
    (void)svm_pass_to_core(vp);
}

/* ---- Memory ---- */

/* The processor does not tell the virtual address. It is that of the operand, if that leads to the
   physical one. */
static bool find_operand(struct svm_vp *vp, const struct hv_exit *exit, uint64_t *gva)
{
    struct hv_insn insn;
    uint64_t gpa;

    if (hv_insn_decode(exit->memory.code, exit->memory.code_size, fetch_mode(vp), &insn) !=
            HV_INSN_OK ||
        !insn.memory.present)
        return false;
    *gva = fetch_linear(vp, insn.memory.segment,
                        hv_insn_effective_offset(&insn, vp->gprs.gpr, vp->gprs.rip));
    return gva_translate(vp, *gva, &gpa) && gpa == exit->memory.gpa;
}

void svm_child_describe_access(struct svm_vp *vp, struct hv_exit *exit)
{
    exit->memory.gva_valid = false;
    if (exit->memory.access == HV_ACCESS_EXECUTE) {
        exit->memory.gva = fetch_linear_rip(vp);
        exit->memory.gva_valid = !exit->memory.page_walk;
        return;
    }
    fetch_code(vp, exit);
    if (!exit->memory.page_walk)
        exit->memory.gva_valid = find_operand(vp, exit, &exit->memory.gva);
}

/* ---- Exceptions ---- */

void svm_child_prepare(struct svm_vp *vp)
{
    uint32_t wanted = hv_vp_exception_intercepts(vp->vp) & ~NEVER_SHOWN;

    if (wanted == vp->exceptions || vp->stepping)
        return;
    vp->exceptions = wanted;
    vp->vmcb->intercept_exceptions = SVM_EXCEPTIONS | wanted;
    svm_touch(vp, VMCB_CLEAN_INTERCEPTS);
}

/* page: the address of a page fault, which is not in CR2 yet if the processor tells of it. True if
   the parent doesn't want to see it after all. */
static bool show_exception(struct svm_vp *vp, uint8_t vector, uint32_t error, uint64_t page)
{
    struct hv_exit *exit = &vp->exit;

    exit->reason = HV_EXIT_EXCEPTION;
    exit->gprs = &vp->gprs;
    exit->instruction_length = 0;
    exit->exception.vector = vector;
    exit->exception.has_error = svm_has_error_code(vector);
    exit->exception.error = error;
    exit->exception.parameter = vector == VECTOR_PF   ? page
                                : vector == VECTOR_DB ? vp->vmcb->dr6
                                                      : 0;
    exit->exception.code_size = (uint8_t)fetch_bytes(vp, exit->exception.code);
    return svm_pass_to_core(vp);
}

static void exit_exception(struct svm_vp *vp, uint8_t vector)
{
    if (show_exception(vp, vector, (uint32_t)vp->vmcb->exit_info_1, vp->vmcb->exit_info_2))
        svm_raise_intercepted(vp, vector);
}

void svm_child_show_raised(struct svm_vp *vp)
{
    uint64_t event = vp->raised;

    vp->raised = 0;
    if (show_exception(vp, (uint8_t)event, (uint32_t)(event >> VMCB_EVENT_ERROR_SHIFT),
                       vp->vmcb->cr2))
        svm_deliver(vp, event);
}

/* The machine's, which is the root's to look after. */
static void exit_machine_check(struct svm_vp *vp)
{
    struct svm_vp *root = atomic_load(&vp->lp->backend);

    svm_raise(root, VECTOR_MC, false, 0);
    hv_lp_kick(root->vp);
}

/* ---- Single instructions ---- */

static void exit_hlt(struct svm_vp *vp)
{
    if (!svm_begin_instruction(vp, HV_INSN_OP_HLT))
        return;
    vp->exit.reason = HV_EXIT_HALT;
    if (!svm_pass_to_core(vp))
        return;
    svm_advance(vp, vp->exit.instruction_length);
    vp->activity = SVM_HALTED;
}

/* INVD or WBINVD. What it has in caches is coherent with all that others see, and no device looks
   behind them. QEMU's emulator takes the one for the other. */
static void exit_flush_caches(struct svm_vp *vp)
{
    if (svm_begin_instruction(vp, HV_INSN_OP_WBINVD) || svm_begin_instruction(vp, HV_INSN_OP_INVD))
        svm_advance(vp, vp->exit.instruction_length);
}

static void exit_xsetbv(struct svm_vp *vp)
{
    const uint64_t *gpr = vp->gprs.gpr;
    uint64_t value = gpr[HV_GPR_RDX] << 32 | (uint32_t)gpr[HV_GPR_RAX];

    if (!svm_begin_instruction(vp, HV_INSN_OP_XSETBV))
        return;
    if ((uint32_t)gpr[HV_GPR_RCX] != 0 || vp->vmcb->cpl != 0 || !svm_set_xcr0(vp, value))
        svm_raise(vp, VECTOR_GP, true, 0);
    else
        svm_advance(vp, vp->exit.instruction_length);
}

bool svm_child_exit(struct svm_vp *vp)
{
    uint32_t code = (uint32_t)vp->vmcb->exit_code;

    /* Its parent goes on; the VP is prepared when it has its next turn. */
    if (code == VMCB_EXIT_IO) {
        exit_io(vp);
        return true;
    }
    svm_child_prepare(vp);
    switch (code) {
    case VMCB_EXIT_HLT:
        exit_hlt(vp);
        return true;
    case VMCB_EXIT_INVD:
    case VMCB_EXIT_WBINVD:
        exit_flush_caches(vp);
        return true;
    case VMCB_EXIT_XSETBV:
        exit_xsetbv(vp);
        return true;
    case VMCB_EXIT_RDPMC:
        svm_raise(vp, VECTOR_GP, true, 0);
        return true;
    case VMCB_EXIT_SHUTDOWN:
    case VMCB_EXIT_INVALID:
        svm_child_shut_down(vp);
        return true;
    case VMCB_EXIT_EXCEPTION + VECTOR_MC:
        exit_machine_check(vp);
        return true;
    default:
        if (code - VMCB_EXIT_EXCEPTION >= 32)
            return false;
        exit_exception(vp, (uint8_t)(code - VMCB_EXIT_EXCEPTION));
        return true;
    }
}
