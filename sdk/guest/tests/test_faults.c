/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Faults of each kind, expected and not.
 */
#include "selftest.h"

#define NOT_CANONICAL ((void *)0x8000000000000000ULL)
#define NOT_MAPPED    ((void *)0x0000700000000000ULL)

static uint64_t divide(void *arg)
{
    (void)arg;
    __asm__ volatile("xor %%eax, %%eax; xor %%edx, %%edx; xor %%ecx, %%ecx; div %%ecx" ::
                         : "eax", "edx", "ecx");
    return 0;
}

static uint64_t breakpoint(void *arg)
{
    (void)arg;
    __asm__ volatile("int3");
    return 0;
}

static uint64_t undefined(void *arg)
{
    (void)arg;
    __asm__ volatile("ud2");
    return 0;
}

static uint64_t bad_segment(void *arg)
{
    (void)arg;
    __asm__ volatile("mov %w0, %%ds" ::"r"(0x1000));
    return 0;
}

static uint64_t bad_stack(void *arg)
{
    (void)arg;
    __asm__ volatile("mov %0, %%rsp; push %%rax" ::"r"(NOT_MAPPED));
    return 0;
}

static uint64_t add_one(void *arg)
{
    return *(uint64_t *)arg + 1;
}

static uint64_t nested(void *arg)
{
    struct fault inner = safe_call(undefined, NULL, NULL);

    (void)arg;
    if (inner.raised && inner.vector == VECTOR_UD)
        __asm__ volatile("int3");
    return 0;
}

static void test_instructions(void)
{
    uint64_t value = 1;
    uint8_t byte;
    struct fault fault;

    check_no_fault(safe_rdmsr(MSR_EFER, &value), "RDMSR of an MSR that exists");
    check((value & EFER_LMA) != 0, "RDMSR reads");
    check_no_fault(safe_wrmsr(MSR_FS_BASE, 0x1234), "WRMSR to an MSR that exists");
    check(rdmsr(MSR_FS_BASE) == 0x1234, "WRMSR writes");
    check_fault(safe_read8(NOT_CANONICAL, &byte), VECTOR_GP, 0, "read of a non-canonical address");
    fault = safe_read64(NOT_MAPPED, &value);
    check_fault(fault, VECTOR_PF, 0, "read of an unmapped address");
    check(fault.cr2 == (uintptr_t)NOT_MAPPED && value == 0, "#PF gives its address");
    check_fault(safe_write32(NOT_MAPPED, 1), VECTOR_PF, PF_WRITE, "write to an unmapped address");
    check_no_fault(safe_write16(&value, 0xabcd), "write to a mapped address");
    check(value == 0xabcd, "write writes its width");
}

static void test_calls(void)
{
    uint64_t argument = 41, value = 0;
    struct fault fault;

    check_no_fault(safe_call(add_one, &argument, &value), "call without a fault");
    check(value == 42, "call gives its result");
    check_fault(safe_call(divide, NULL, NULL), VECTOR_DE, 0, "#DE in a call");
    check_fault(safe_call(breakpoint, NULL, NULL), VECTOR_BP, 0, "#BP in a call");
    check_fault(safe_call(undefined, NULL, NULL), VECTOR_UD, 0, "#UD in a call");
    check_fault(safe_call(bad_segment, NULL, NULL), VECTOR_GP, 0x1000, "#GP with a selector");
    check_fault(safe_call(bad_stack, NULL, NULL), VECTOR_DF, 0, "#DF of a bad stack");
    check_fault(safe_call(nested, NULL, NULL), VECTOR_BP, 0, "calls nest");
    fault = safe_call((guest_call_fn *)NOT_MAPPED, NULL, NULL);
    check_fault(fault, VECTOR_PF, rdmsr(MSR_EFER) & EFER_NXE ? PF_FETCH : 0, "jump to nowhere");
    check(fault.rip == (uintptr_t)NOT_MAPPED, "#PF of a fetch gives its address");
    check(unexpected_fault_count() == 0, "expected faults are not counted as unexpected");
}

static void test_recovery(void)
{
    struct guest_jmp jmp, *previous;
    volatile bool reached = false;

    if (guest_setjmp(&jmp) == 0) {
        previous = guest_set_recovery(&jmp);
        check(previous == NULL, "no recovery point at first");
        reached = true;
        printf("# an unexpected #UD is reported next\n");
        __asm__ volatile("ud2");
        check(false, "unexpected fault goes to the recovery point");
    } else {
        check(reached && last_unexpected_fault().vector == VECTOR_UD,
              "unexpected fault goes to the recovery point");
    }
    check(guest_set_recovery(NULL) == &jmp && unexpected_fault_count() == 1,
          "unexpected faults are counted");
}

/* A hypercall page of our own: returns a mix of all inputs and changes XMM. */
__asm__(".text\n"
        "fake_hypercall:\n"
        "  add %rcx, %rax\n  add %rdx, %rax\n  add %rbx, %rax\n  add %rsi, %rax\n"
        "  add %rdi, %rax\n  add %rbp, %rax\n  add %r8, %rax\n  add %r9, %rax\n"
        "  add %r10, %rax\n  add %r11, %rax\n  add %r12, %rax\n  add %r13, %rax\n"
        "  add %r14, %rax\n  add %r15, %rax\n"
        "  movaps %xmm0, %xmm5\n"
        "  mov $0x77, %edi\n  mov $0x88, %r15d\n  stc\n  ret\n");
extern const char fake_hypercall[];

static void test_hypercall_entry(void)
{
    struct regs regs = { .rax = 1,
                         .rbx = 2,
                         .rcx = 4,
                         .rdx = 8,
                         .rsi = 16,
                         .rdi = 32,
                         .rbp = 64,
                         .r8 = 1 << 7,
                         .r9 = 1 << 8,
                         .r10 = 1 << 9,
                         .r11 = 1 << 10,
                         .r12 = 1 << 11,
                         .r13 = 1 << 12,
                         .r14 = 1 << 13,
                         .r15 = 1 << 14 };
    struct regs same;
    struct fault fault;
    bool vmcall_works;

    regs.xmm[0] = (struct xmm){ 0x1111, 0x2222 };
    check_no_fault(safe_hypercall(ENTRY_ADDRESS, (uintptr_t)fake_hypercall, &regs),
                   "call with given registers");
    check(regs.rax == 0x7fff && regs.rdi == 0x77 && regs.r15 == 0x88 && regs.rbp == 64 &&
              (regs.rflags & RFLAGS_CF) != 0 && regs.xmm[5].low == 0x1111 &&
              regs.xmm[5].high == 0x2222,
          "registers go in and out");
    same = regs;
    check_fault(safe_hypercall(ENTRY_ADDRESS, (uintptr_t)NOT_CANONICAL, &regs), VECTOR_GP, 0,
                "call of a bad address");
    check(memcmp(&same, &regs, sizeof(regs)) == 0, "registers are unchanged after a fault");
    fault = safe_vmcall(&regs);
    vmcall_works = !fault.raised;
    regs = same;
    fault = safe_vmmcall(&regs);
    check(vmcall_works || !fault.raised || fault.vector == VECTOR_UD || fault.vector == VECTOR_GP,
          "VMCALL and VMMCALL work or fault as they may");
}

static void test_xmm(void)
{
    struct xmm in[16], out[16];

    for (unsigned int i = 0; i < 16; i++)
        in[i] = (struct xmm){ 0x1000 + i, 0x2000 + i };
    xmm_load(in);
    xmm_save(out);
    check(memcmp(in, out, sizeof(in)) == 0, "XMM registers are loaded and stored");
}

void test_faults(void)
{
    test_instructions();
    test_calls();
    test_recovery();
    test_hypercall_entry();
    test_xmm();
}
