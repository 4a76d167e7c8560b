/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The registers in memory, and the instructions that reach them. Those that the TLFS lists must
 * work, whatever their operands; of others a hypervisor may know nothing, but they do no damage.
 */
#include "apic_support.h"

/* Reads back what is written to bits 31:24, and does nothing by itself. */
#define REGISTER  APIC_ICR_HIGH
#define MASK      0xff000000u
#define OLD       0xa5000000u
#define NEW       0x5a000000u
#define PAGE_BASE UINT64_C(0x000ffffffffff000)

static volatile uint32_t *address_of(enum apic_register reg)
{
    return (volatile uint32_t *)((rdmsr(MSR_APIC_BASE) & PAGE_BASE) + (uint64_t)reg);
}

static void begin_page(void)
{
    apic_begin();
    if (apic_is_x2())
        test_skip("in x2APIC mode the registers are not in memory");
    apic_write(REGISTER, OLD);
}

/* ---- Instructions that must work, in 64-bit mode ---- */

/* The register is what is stored, then what has the address, and what is loaded from there. */
#define DEFINE_MOVE(name, name32)                                                          \
    static uint32_t move_##name(volatile uint32_t *address, uint32_t value)                \
    {                                                                                      \
        uint32_t result;                                                                   \
                                                                                           \
        __asm__ volatile("mov %k[value], %%" name32 "\n\t"                                 \
                         "mov %%" name32 ", (%q[address])\n\t"                             \
                         "mov %q[address], %%" #name "\n\t"                                \
                         "mov (%%" #name "), %%" name32 "\n\t"                             \
                         "mov %%" name32 ", %k[result]"                                    \
                         : [result] "=r"(result)                                           \
                         : [value] "r"(value), [address] "r"((uint64_t)(uintptr_t)address) \
                         : #name, "memory");                                               \
        return result;                                                                     \
    }

DEFINE_MOVE(rax, "eax")
DEFINE_MOVE(rbx, "ebx")
DEFINE_MOVE(rcx, "ecx")
DEFINE_MOVE(rdx, "edx")
DEFINE_MOVE(rsi, "esi")
DEFINE_MOVE(rdi, "edi")
DEFINE_MOVE(r8, "r8d")
DEFINE_MOVE(r9, "r9d")
DEFINE_MOVE(r10, "r10d")
DEFINE_MOVE(r11, "r11d")
DEFINE_MOVE(r12, "r12d")
DEFINE_MOVE(r13, "r13d")
DEFINE_MOVE(r14, "r14d")
DEFINE_MOVE(r15, "r15d")

HV_TEST(local_apic, mov_reaches_registers_from_each_general_register, COVERS(HV_REQ_APIC_007),
        NEEDS_NOTHING, "R12 as a base needs a SIB byte, R13 a displacement")
{
    static uint32_t (*const moves[])(volatile uint32_t *,
                                     uint32_t) = { move_rax, move_rbx, move_rcx, move_rdx, move_rsi,
                                                   move_rdi, move_r8,  move_r9,  move_r10, move_r11,
                                                   move_r12, move_r13, move_r14, move_r15 };

    begin_page();
    for (unsigned i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        uint32_t value = 0x11000000 * (i + 1), result = moves[i](address_of(REGISTER), value);

        CHECK(result == value, "register %u: 0x%x was written, 0x%x is read", i, value, result);
    }
}

HV_TEST(local_apic, mov_reaches_registers_by_each_addressing_mode, COVERS(HV_REQ_APIC_007),
        NEEDS_NOTHING, "What a compiler makes of an access to an array of registers")
{
    uint64_t base = (uint64_t)(uintptr_t)address_of(REGISTER), index = 0x40;
    uint32_t result;

    begin_page();
    __asm__ volatile("movl %1, -0x200(%2,%3,8)" : "=m"(result) : "r"(NEW), "r"(base), "r"(index));
    CHECK_EQ(apic_read(REGISTER), NEW);
    __asm__ volatile("movl -0x100(%1,%2,4), %0" : "=r"(result) : "r"(base), "r"(index));
    CHECK_EQ(result, NEW);
    __asm__ volatile("movl 0x7f(%1), %0" : "=r"(result) : "r"(base - 0x7f));
    CHECK_EQ(result, NEW);
    __asm__ volatile("movl %%fs:0x12345(%1), %0"
                     : "=r"(result)
                     : "r"(base - 0x12345 - rdmsr(MSR_FS_BASE)));
    CHECK_EQ(result, NEW);
    apic_write(REGISTER, OLD);
    __asm__ volatile("movl (%1), %0" : "=r"(result) : "r"(base));
    CHECK_EQ(result, OLD);
}

HV_TEST(local_apic, mov_immediate_reaches_registers, COVERS(HV_REQ_APIC_007), NEEDS_NOTHING,
        "The value is in the instruction, behind the address")
{
    uint64_t base = (uint64_t)(uintptr_t)address_of(REGISTER);

    begin_page();
    __asm__ volatile("movl %1, (%0)" ::"r"(base), "i"(NEW) : "memory");
    CHECK_EQ(apic_read(REGISTER), NEW);
    __asm__ volatile("movl %1, -0x12345678(%0)" ::"r"(base + 0x12345678), "i"(OLD) : "memory");
    CHECK_EQ(apic_read(REGISTER), OLD);
}

/* The address is in the instruction, 64 bits of it. */
HV_TEST(local_apic, mov_eax_offset_reaches_registers, COVERS(HV_REQ_APIC_007), NEEDS_NOTHING,
        "The form that compilers chose for fixed addresses")
{
    uint32_t result;

    begin_page();
    if (address_of(0) != (void *)(uintptr_t)0xfee00000)
        test_skip("the registers are not where the code has them");
    __asm__ volatile("movabs 0xfee00310, %0" : "=a"(result));
    CHECK_EQ(result, OLD);
    __asm__ volatile("movabs %0, 0xfee00310" ::"a"(NEW) : "memory");
    CHECK_EQ(apic_read(REGISTER), NEW);
}

/* ---- In 32-bit modes, where the forms have the names that the TLFS gives ---- */

/* EAX to memory, back, immediate, and by EBX; the results in ECX, EDX and ESI; PUSH into EDI. */
static const uint8_t forms[] = {
    0xa3, 0x10, 0x03, 0xe0, 0xfe,                               /* mov [0xfee00310], eax */
    0xb8, 0x00, 0x00, 0x00, 0x00,                               /* mov eax, 0 */
    0xa1, 0x10, 0x03, 0xe0, 0xfe,                               /* mov eax, [0xfee00310] */
    0x89, 0xc1,                                                 /* mov ecx, eax */
    0xff, 0x35, 0x10, 0x03, 0xe0, 0xfe,                         /* push dword [0xfee00310] */
    0x5f,                                                       /* pop edi */
    0xc7, 0x05, 0x10, 0x03, 0xe0, 0xfe, 0x00, 0x00, 0x00, 0xa5, /* mov dword [...], 0xa5000000 */
    0xbb, 0x00, 0x03, 0xe0, 0xfe,                               /* mov ebx, 0xfee00300 */
    0x8b, 0x53, 0x10,                                           /* mov edx, [ebx + 0x10] */
    0xff, 0x73, 0x10,                                           /* push dword [ebx + 0x10] */
    0x5e,                                                       /* pop esi */
    0x89, 0xd8,                                                 /* mov eax, ebx */
    0xf7, 0xd3,                                                 /* not ebx */
    0x89, 0x48, 0x10,                                           /* mov [eax + 0x10], ecx */
};

static void check_forms(enum cpu_mode mode)
{
    struct regs32 regs = { .eax = NEW };

    CHECK_NO_FAULT(run_mode(mode, forms, sizeof(forms), &regs));
    CHECK(regs.ecx == NEW, "%s: MOV EAX from the offset: 0x%x", mode_name(mode), regs.ecx);
    CHECK(regs.edi == NEW, "%s: PUSH of the offset: 0x%x", mode_name(mode), regs.edi);
    CHECK(regs.edx == OLD, "%s: MOV of an immediate, to EDX: 0x%x", mode_name(mode), regs.edx);
    CHECK(regs.esi == OLD, "%s: PUSH by EBX: 0x%x", mode_name(mode), regs.esi);
    CHECK(apic_read(REGISTER) == NEW, "%s: MOV from ECX: 0x%x", mode_name(mode),
          apic_read(REGISTER));
}

HV_TEST(local_apic, mov_and_push_reach_registers_in_32_bit_modes, COVERS(HV_REQ_APIC_007),
        NEEDS_NOTHING, "PUSH of 32 bits exists in no other, and 32-bit Windows used it")
{
    begin_page();
    if (address_of(0) != (void *)(uintptr_t)0xfee00000)
        test_skip("the registers are not where the code has them");
    check_forms(MODE_COMPAT_CPL0);
    check_forms(MODE_PROTECTED32);
    if (mode_usable(MODE_PAE32))
        check_forms(MODE_PAE32);
}

/* ---- Other instructions ---- */

static uint32_t neighbours(void)
{
    return apic_read(APIC_SVR) ^ apic_read(APIC_LDR) << 1 ^ apic_read(APIC_TPR) << 2 ^
           apic_read(APIC_LVT_TIMER) << 3 ^ apic_read(APIC_TIMER_INITIAL) << 4;
}

struct attempt {
    uint32_t before;
    struct fault fault;
};

static struct attempt attempt_begin(void)
{
    apic_write(REGISTER, OLD);
    return (struct attempt){ .before = neighbours() };
}

/* Rejected with no effect, or carried out with that effect, or ignored. */
static void attempt_end(const struct attempt *attempt, uint32_t effect, const char *what)
{
    uint32_t value = apic_read(REGISTER);

    CHECK(!attempt->fault.raised || attempt->fault.vector == VECTOR_GP, "%s: %s", what,
          vector_name(attempt->fault.vector));
    CHECK(value == OLD || (!attempt->fault.raised && value == effect), "%s: the register is 0x%x",
          what, value);
    CHECK(neighbours() == attempt->before, "%s: another register has changed", what);
    OBSERVE(what, "%s", attempt->fault.raised ? "#GP" : value == OLD ? "no-effect" : "carried-out");
}

#define ATTEMPT(what, effect, instruction, ...)               \
    do {                                                      \
        struct attempt attempt = attempt_begin();             \
                                                              \
        fault_clear();                                        \
        __asm__ volatile(GUEST_TRY(instruction) __VA_ARGS__); \
        attempt.fault = fault_take();                         \
        attempt_end(&attempt, effect, what);                  \
    } while (0)

HV_TEST(local_apic, narrow_accesses_do_no_damage, COVERS(HV_REQ_APIC_008), NEEDS_NOTHING,
        "8 and 16 bits: carried out, rejected or ignored, but nothing else")
{
    volatile uint8_t *byte = (volatile uint8_t *)address_of(REGISTER) + 3;
    uint16_t word = 0;

    begin_page();
    ATTEMPT("store-8", NEW, "movb $0x5a, (%0)", ::"r"(byte) : "memory");
    ATTEMPT("store-16", NEW, "movw $0x5a00, -1(%0)", ::"r"(byte) : "memory");
    ATTEMPT("load-8", OLD, "movb (%1), %b0", : "+q"(word) : "r"(byte) : "memory");
    ATTEMPT("load-16", OLD, "movw -1(%1), %w0", : "+r"(word) : "r"(byte) : "memory");
}

HV_TEST(local_apic, read_modify_write_does_no_damage, COVERS(HV_REQ_APIC_008), NEEDS_NOTHING,
        "A load and a store in one instruction: both happen, or neither")
{
    volatile uint32_t *reg = address_of(REGISTER);
    uint32_t value = NEW;

    begin_page();
    ATTEMPT("or", OLD | NEW, "orl %0, (%1)", ::"r"(value), "r"(reg) : "memory", "cc");
    ATTEMPT("and", OLD & 0xf0000000, "andl %0, (%1)", ::"r"(0xf0000000), "r"(reg) : "memory", "cc");
    ATTEMPT("lock-add", OLD + 0x01000000, "lock addl %0, (%1)", ::"r"(0x01000000), "r"(reg)
            : "memory", "cc");
    ATTEMPT("xchg", NEW, "xchgl %0, (%1)", : "+r"(value) : "r"(reg) : "memory");
}

HV_TEST(local_apic, string_moves_do_no_damage, COVERS(HV_REQ_APIC_008), NEEDS_NOTHING,
        "An emulator that knows MOVS may know its operands the wrong way round")
{
    static uint32_t memory;
    volatile uint32_t *reg = address_of(REGISTER);
    const void *source = &memory;
    volatile void *target = reg;

    begin_page();
    memory = NEW;
    ATTEMPT("movs-store", NEW, "movsl", : "+S"(source), "+D"(target)::"memory");
    source = (const void *)(uintptr_t)reg;
    target = &memory;
    ATTEMPT("movs-load", OLD, "movsl", : "+S"(source), "+D"(target)::"memory");
    CHECK(memory == OLD || memory == NEW, "MOVS has loaded 0x%x", memory);
    target = reg;
    ATTEMPT("stos", NEW, "stosl", : "+D"(target) : "a"(NEW) : "memory");
}
