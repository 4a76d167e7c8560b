/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls that catch what they raise, and recovery from what nobody expected.
 */
#include "private.h"

/* CF PF AF ZF SF DF OF AC ID */
#define HYPERCALL_FLAGS 0x240cd5u

/* hypercall.S addresses the fields by these. */
_Static_assert(__builtin_offsetof(struct regs, r8) == 56, "hypercall.S");
_Static_assert(__builtin_offsetof(struct regs, rflags) == 120, "hypercall.S");
_Static_assert(__builtin_offsetof(struct regs, xmm) == 128, "hypercall.S");
_Static_assert(__builtin_offsetof(struct guest_jmp, cs) == 72, "trap.S");

extern const char vmcall_stub[], vmmcall_stub[];

void hypercall_raw(struct regs *regs, uint64_t target);

struct raw_call {
    struct regs regs;
    uint64_t target;
};

struct fault safe_call(guest_call_fn *fn, void *arg, uint64_t *result)
{
    struct cpu *cpu = this_cpu();
    struct guest_jmp *outer = cpu->catcher;
    struct guest_jmp jmp;
    uint64_t value;

    if (guest_setjmp(&jmp) != 0) {
        cpu->catcher = outer;
        return cpu->fault;
    }
    cpu->catcher = &jmp;
    value = fn(arg);
    cpu->catcher = outer;
    if (result != NULL)
        *result = value;
    return (struct fault){ .raised = false };
}

static uint64_t raw_call(void *arg)
{
    struct raw_call *call = arg;

    hypercall_raw(&call->regs, call->target);
    return 0;
}

static uint64_t entry_target(enum hypercall_entry entry, uint64_t address)
{
    switch (entry) {
    case ENTRY_VMCALL:
        return (uintptr_t)vmcall_stub;
    case ENTRY_VMMCALL:
        return (uintptr_t)vmmcall_stub;
    default:
        return address;
    }
}

struct fault safe_hypercall(enum hypercall_entry entry, uint64_t address, struct regs *regs)
{
    struct raw_call call = { *regs, entry_target(entry, address) };
    struct fault fault;

    call.regs.rflags = (call.regs.rflags & HYPERCALL_FLAGS) | (read_rflags() & RFLAGS_IF);
    fault = safe_call(raw_call, &call, NULL);
    if (!fault.raised)
        *regs = call.regs;
    return fault;
}

struct fault safe_vmcall(struct regs *regs)
{
    return safe_hypercall(ENTRY_VMCALL, 0, regs);
}

struct fault safe_vmmcall(struct regs *regs)
{
    return safe_hypercall(ENTRY_VMMCALL, 0, regs);
}

struct guest_jmp *guest_set_recovery(struct guest_jmp *jmp)
{
    struct cpu *cpu = this_cpu();
    struct guest_jmp *previous = cpu->recovery;

    cpu->recovery = jmp;
    return previous;
}

struct fault last_unexpected_fault(void)
{
    return this_cpu()->unexpected;
}
