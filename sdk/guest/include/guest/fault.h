/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file fault.h
 * @brief Exceptions as expected results: instructions and calls that hand back the fault they
 * raise.
 *
 * An exception is looked up in this order: a handler of register_interrupt(), the exception
 * table (one instruction and where to continue), the innermost safe_call() of this CPU, the
 * recovery point of guest_set_recovery(). The last is for exceptions that nobody expected; they
 * are reported on the console first. Without a recovery point the boot CPU ends the guest with
 * GUEST_EXIT_FAULT, and another CPU abandons its job (see smp_call()).
 */
#ifndef GUEST_FAULT_H
#define GUEST_FAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <guest/cpu.h>
#include <guest/percpu.h>

/** Exception vectors. */
enum vector {
    VECTOR_DE = 0,
    VECTOR_DB = 1,
    VECTOR_NMI = 2,
    VECTOR_BP = 3,
    VECTOR_OF = 4,
    VECTOR_BR = 5,
    VECTOR_UD = 6,
    VECTOR_NM = 7,
    VECTOR_DF = 8,
    VECTOR_TS = 10,
    VECTOR_NP = 11,
    VECTOR_SS = 12,
    VECTOR_GP = 13,
    VECTOR_PF = 14,
    VECTOR_MF = 16,
    VECTOR_AC = 17,
    VECTOR_MC = 18,
    VECTOR_XM = 19,
};

/** Page-fault error code. */
#define PF_PRESENT (1u << 0)
#define PF_WRITE   (1u << 1)
#define PF_USER    (1u << 2)
#define PF_RSVD    (1u << 3)
#define PF_FETCH   (1u << 4)

/** Adds an exception table entry: a fault at label @p from continues at label @p to. */
#define GUEST_EX_TABLE(from, to)      \
    ".pushsection .ex_table, \"a\"\n" \
    ".quad " #from ", " #to "\n"      \
    ".popsection\n"

/** One instruction that may fault; execution continues behind it in any case. */
#define GUEST_TRY(insn) "661: " insn "\n662:\n" GUEST_EX_TABLE(661b, 662b)

/** Forgets the last fault of this CPU; do this before a GUEST_TRY() of your own. */
static inline void fault_clear(void)
{
    ((volatile struct cpu *)this_cpu())->fault.raised = false;
    __asm__ volatile("" ::: "memory");
}

/** The fault raised on this CPU since fault_clear(); .raised is false if there was none. */
static inline struct fault fault_take(void)
{
    const struct cpu *cpu = this_cpu();

    __asm__ volatile("" ::: "memory");
    if (!cpu->fault.raised)
        return (struct fault){ .raised = false };
    return cpu->fault;
}

/** RDMSR; *@p value is 0 if it faults. */
static inline struct fault safe_rdmsr(uint32_t msr, uint64_t *value)
{
    uint32_t low = 0, high = 0;

    fault_clear();
    __asm__ volatile(GUEST_TRY("rdmsr") : "+a"(low), "+d"(high) : "c"(msr) : "memory");
    *value = (uint64_t)high << 32 | low;
    return fault_take();
}

/** WRMSR. */
static inline struct fault safe_wrmsr(uint32_t msr, uint64_t value)
{
    fault_clear();
    __asm__ volatile(GUEST_TRY("wrmsr")::"c"(msr), "a"((uint32_t)value),
                     "d"((uint32_t)(value >> 32))
                     : "memory");
    return fault_take();
}

#define GUEST_DEFINE_SAFE_ACCESS(width)                                                         \
    /** One load of this width from @p address; *value is 0 if it faults. */                    \
    static inline struct fault safe_read##width(const volatile void *address,                   \
                                                uint##width##_t *value)                         \
    {                                                                                           \
        uint##width##_t v = 0;                                                                  \
                                                                                                \
        fault_clear();                                                                          \
        __asm__ volatile(GUEST_TRY("mov (%1), %0") : "+r"(v) : "r"(address) : "memory");        \
        *value = v;                                                                             \
        return fault_take();                                                                    \
    }                                                                                           \
    /** One store of this width to @p address. */                                               \
    static inline struct fault safe_write##width(volatile void *address, uint##width##_t value) \
    {                                                                                           \
        fault_clear();                                                                          \
        __asm__ volatile(GUEST_TRY("mov %0, (%1)")::"r"(value), "r"(address) : "memory");       \
        return fault_take();                                                                    \
    }

GUEST_DEFINE_SAFE_ACCESS(8)
GUEST_DEFINE_SAFE_ACCESS(16)
GUEST_DEFINE_SAFE_ACCESS(32)
GUEST_DEFINE_SAFE_ACCESS(64)

/** A function for safe_call() and run_user(). */
typedef uint64_t guest_call_fn(void *arg);

/**
 * @brief Calls a function and catches any exception inside it, at any depth.
 *
 * Also catches a jump to nowhere, a fault while fetching, and a double fault. Does not undo what
 * the function did: locks it holds stay held. Calls nest; the innermost catches.
 *
 * @param fn     function to call; any address will do
 * @param arg    its argument
 * @param result receives its result; may be NULL; unchanged if it faulted
 * @return the fault
 */
struct fault safe_call(guest_call_fn *fn, void *arg, uint64_t *result);

/** Registers in and out of safe_hypercall(). */
struct regs {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rflags; /**< in: only the arithmetic flags, AC and ID are taken */
    struct xmm xmm[6];
};

/** How safe_hypercall() enters the hypervisor. */
enum hypercall_entry {
    ENTRY_VMCALL,  /**< the VMCALL instruction */
    ENTRY_VMMCALL, /**< the VMMCALL instruction */
    ENTRY_ADDRESS, /**< a near call, as to a hypercall page */
};

/**
 * @brief Executes one hypercall instruction, or calls a hypercall page, with given registers.
 *
 * @param entry   which instruction
 * @param address what to call, for ENTRY_ADDRESS; ignored otherwise
 * @param regs    registers before, replaced by those after; unchanged if it faulted
 * @return the fault, with .rip that of the faulting instruction
 */
struct fault safe_hypercall(enum hypercall_entry entry, uint64_t address, struct regs *regs);

/** safe_hypercall() with VMCALL. */
struct fault safe_vmcall(struct regs *regs);

/** safe_hypercall() with VMMCALL. */
struct fault safe_vmmcall(struct regs *regs);

/** Where guest_longjmp() goes. */
struct guest_jmp {
    uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
    uint64_t rflags, cs; /**< for the return from an exception; guest_longjmp() ignores them */
};

/** Remembers this place. @return 0 at first, then the value given to guest_longjmp(). */
int guest_setjmp(struct guest_jmp *jmp) __attribute__((returns_twice));

/** Returns from guest_setjmp() again; @p value must not be 0. */
void guest_longjmp(struct guest_jmp *jmp, int value) __attribute__((noreturn));

/**
 * @brief Sets where this CPU continues after an exception that nobody expected.
 *
 * The exception is reported on the console, then guest_setjmp() of @p jmp returns 1 with
 * interrupts disabled; last_unexpected_fault() tells what happened.
 *
 * @param jmp recovery point, in a function that is still running; NULL for none
 * @return the previous recovery point of this CPU
 */
struct guest_jmp *guest_set_recovery(struct guest_jmp *jmp);

/** The last exception of this CPU that nobody expected. */
struct fault last_unexpected_fault(void);

/** How many unexpected exceptions there were since boot, on all CPUs. */
uint32_t unexpected_fault_count(void);

/** "#GP" and so on; "#?" for a vector that is no exception. */
const char *vector_name(uint8_t vector);

#endif
