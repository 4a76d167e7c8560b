/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "mmio.h"

#include <stddef.h>

#include "alu.h"
#include "gva.h"

/* ---- Operands ---- */

static bool find_memory(struct worker_vp *vp, const struct hv_insn *insn, uint64_t *linear)
{
    return worker_gva_linear(vp, insn->memory.segment,
                             hv_insn_effective_offset(insn, vp->gpr, vp->header->rip),
                             insn->memory.size, linear);
}

/* The operand that is not in memory: an immediate or a register. */
static uint64_t other_operand(const struct worker_vp *vp, const struct hv_insn *insn)
{
    unsigned size = insn->memory.size;

    if (insn->immediate_size != 0)
        return size == 8 ? (uint64_t)insn->immediate
                         : (uint64_t)insn->immediate & ((UINT64_C(1) << (8 * size)) - 1);
    return worker_vp_get(vp, insn->reg, size, insn->reg_high_byte);
}

static void set_register(struct worker_vp *vp, const struct hv_insn *insn, uint64_t value)
{
    worker_vp_set(vp, insn->reg, insn->operand_size, insn->reg_high_byte, value);
}

/* ---- Instructions ---- */

static void move(struct worker_vp *vp, const struct hv_insn *insn, uint64_t linear)
{
    uint64_t value;

    if (insn->memory.access == HV_INSN_ACCESS_STORE)
        worker_gva_write(vp, linear, insn->memory.size, other_operand(vp, insn));
    else if (worker_gva_read(vp, linear, insn->memory.size, &value))
        set_register(vp, insn, value);
}

static void move_extended(struct worker_vp *vp, const struct hv_insn *insn, uint64_t linear)
{
    unsigned size = insn->memory.size;
    uint64_t value;

    if (!worker_gva_read(vp, linear, size, &value))
        return;
    if (insn->op == HV_INSN_OP_MOVSX && size < 8) {
        uint64_t sign = UINT64_C(1) << (8 * size - 1);

        value = (value ^ sign) - sign;
    }
    set_register(vp, insn, value);
}

static void exchange(struct worker_vp *vp, const struct hv_insn *insn, uint64_t linear)
{
    unsigned size = insn->memory.size;
    uint64_t value;

    if (!worker_gva_probe_write(vp, linear, size) || !worker_gva_read(vp, linear, size, &value))
        return;
    if (worker_gva_write(vp, linear, size, other_operand(vp, insn)))
        set_register(vp, insn, value);
}

/* With the memory operand as the left side, or as the right one of a register. */
static void calculate(struct worker_vp *vp, const struct hv_insn *insn, uint64_t linear)
{
    bool in_memory = insn->rm_first, stores = worker_alu_stores(insn->op);
    unsigned size = insn->memory.size;
    uint64_t value, other = other_operand(vp, insn), rflags = vp->rflags;

    if (in_memory && stores && !worker_gva_probe_write(vp, linear, size))
        return;
    if (!worker_gva_read(vp, linear, size, &value))
        return;
    value = in_memory ? worker_alu(insn->op, size, value, other, &rflags)
                      : worker_alu(insn->op, size, other, value, &rflags);
    if (stores && in_memory && !worker_gva_write(vp, linear, size, value))
        return;
    if (stores && !in_memory)
        set_register(vp, insn, value);
    vp->rflags = rflags;
}

/* Parameters where there is no memory (TLFS: a memory intercept, before the call is executed). The
   call fails as that of a partition without a parent does. */
static void refuse_hypercall(struct worker_vp *vp)
{
    worker_vp_set(vp, WORKER_RAX, 4, false, HV_STATUS_INVALID_HYPERCALL_INPUT);
    if (worker_vp_mode(vp) != HV_INSN_64)
        worker_vp_set(vp, WORKER_RDX, 4, false, 0);
}

static void execute(struct worker_vp *vp, const struct hv_insn *insn)
{
    uint64_t linear;

    if (insn->op == HV_INSN_OP_VMMCALL || insn->op == HV_INSN_OP_VMCALL) {
        refuse_hypercall(vp);
        return;
    }

    if (insn->op == HV_INSN_OP_MOVS || insn->op == HV_INSN_OP_STOS || insn->op == HV_INSN_OP_LODS) {
        worker_mmio_string(vp, insn);
        return;
    }
    if (!insn->memory.present || insn->memory.size == 0 || insn->memory.size > 8) {
        worker_vp_unsupported(vp, "a device accessed by an instruction that is not emulated");
        return;
    }
    if (!find_memory(vp, insn, &linear))
        return;
    if (insn->op == HV_INSN_OP_MOV)
        move(vp, insn, linear);
    else if (insn->op == HV_INSN_OP_MOVZX || insn->op == HV_INSN_OP_MOVSX)
        move_extended(vp, insn, linear);
    else if (insn->op == HV_INSN_OP_XCHG)
        exchange(vp, insn, linear);
    else if (worker_alu_knows(insn->op))
        calculate(vp, insn, linear);
    else
        worker_vp_unsupported(vp, "a device accessed by an instruction that is not emulated");
}

/* ---- The message ---- */

static void know_registers(struct worker_vp *vp,
                           const struct hv_x64_memory_intercept_message *message)
{
    const uint64_t values[WORKER_GPRS] = {
        message->rax, message->rcx, message->rdx, message->rbx, message->rsp, message->rbp,
        message->rsi, message->rdi, message->r8,  message->r9,  message->r10, message->r11,
        message->r12, message->r13, message->r14, message->r15,
    };

    for (unsigned i = 0; i < WORKER_GPRS; i++)
        worker_vp_know(vp, i, values[i]);
    worker_vp_know_segment(vp, HV_INSN_DS, &message->ds_segment);
    worker_vp_know_segment(vp, HV_INSN_SS, &message->ss_segment);
}

/* The processor has checked that page for the access that it made. */
static void know_page(struct worker_vp *vp, const struct hv_x64_memory_intercept_message *message)
{
    const uint8_t needed = HV_X64_MEMORY_ACCESS_GVA_VALID | HV_X64_MEMORY_ACCESS_GVA_GPA_VALID;
    uint64_t flags = message->header.intercept_access_type == HV_INTERCEPT_ACCESS_WRITE
                         ? HV_TRANSLATE_GVA_VALIDATE_WRITE
                         : HV_TRANSLATE_GVA_VALIDATE_READ;

    if ((message->memory_access_info & needed) == needed)
        worker_gva_know(vp, message->guest_virtual_address, message->guest_physical_address, flags);
}

void worker_mmio_intercept(struct worker_vp *vp,
                           const struct hv_x64_memory_intercept_message *message, unsigned size)
{
    struct hv_insn insn;

    if (message->instruction_byte_count > sizeof(message->instruction_bytes)) {
        worker_vp_unsupported(vp, "a memory intercept that makes no sense");
        return;
    }
    if (message->header.intercept_access_type == HV_INTERCEPT_ACCESS_EXECUTE) {
        worker_vp_unsupported(vp, "an instruction outside of memory");
        return;
    }
    /* The access is that of a stack or a table, not of the instruction at RIP. */
    if (message->header.execution_state & HV_X64_VP_EXECUTION_STATE_INTERRUPTION_PENDING) {
        worker_vp_unsupported(vp, "an event that is delivered by way of a device");
        return;
    }
    if (size >= sizeof(*message))
        know_registers(vp, message);
    know_page(vp, message);
    if (worker_vp_decode(vp, message->instruction_bytes, message->instruction_byte_count, &insn) &&
        worker_vp_load_gprs(vp))
        execute(vp, &insn);
}
