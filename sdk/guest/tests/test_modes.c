/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CPL 3, compatibility mode, protected mode without long mode, real mode.
 */
#include "selftest.h"

static volatile uint64_t shared;

static uint64_t user_code(void *arg)
{
    uint64_t cs;

    __asm__ volatile("mov %%cs, %0" : "=r"(cs));
    shared = (uintptr_t)arg;
    return cs & 3;
}

static uint64_t user_hlt(void *arg)
{
    (void)arg;
    cpu_halt();
    return 0;
}

static uint64_t user_rdmsr(void *arg)
{
    uint64_t value;
    struct fault fault = safe_rdmsr(MSR_EFER, &value);

    (void)arg;
    return fault.raised ? fault.vector : 0;
}

static void test_user(void)
{
    uint64_t result = 99;

    check_no_fault(run_user(user_code, (void *)0x55, &result), "function at CPL 3");
    check(result == 3 && shared == 0x55, "it ran at CPL 3 and wrote static data");
    check_fault(run_user(user_hlt, NULL, &result), VECTOR_GP, 0, "privileged instruction at CPL 3");
    check(result == 3, "no result after a fault");
    check_no_fault(run_user(user_rdmsr, NULL, &result), "RDMSR at CPL 3, caught there");
    check(result == VECTOR_GP, "fault caught at CPL 3");
}

static struct regs32 input(void)
{
    struct regs32 regs = {
        .eax = 1, .ebx = 2, .ecx = 4, .edx = 8, .esi = 16, .edi = 32, .ebp = 64
    };

    regs.xmm[0] = (struct xmm){ 0x0123456789abcdef, 0xfedcba9876543210 };
    return regs;
}

static void check_mode(bool good, enum cpu_mode mode, const char *what)
{
    char name[64];

    snprintf(name, sizeof(name), "%s: %s", mode_name(mode), what);
    check(good, name);
}

static void check_mode_fault(struct fault fault, uint8_t vector, uint32_t error, uint64_t rip,
                             enum cpu_mode mode, const char *what)
{
    char name[64];

    snprintf(name, sizeof(name), "%s: %s", mode_name(mode), what);
    check_fault(fault, vector, error, name);
    snprintf(name, sizeof(name), "%s: %s gives its address", mode_name(mode), what);
    check(fault.rip == rip, name);
}

static uint32_t data_segments(void)
{
    uint16_t ds, es;

    __asm__ volatile("mov %%ds, %0; mov %%es, %1" : "=r"(ds), "=r"(es));
    return (uint32_t)es << 16 | ds;
}

/* The same bytes mean the same with 16-bit operands, so sums stay below 64 KiB. */
static void test_registers(enum cpu_mode mode)
{
    /* add ax/eax with bx cx dx si di bp; movaps xmm5, xmm0; stc; mov bp, ax */
    static const uint8_t code[] = { 0x01, 0xd8, 0x01, 0xc8, 0x01, 0xd0, 0x01, 0xf0, 0x01,
                                    0xf8, 0x01, 0xe8, 0x0f, 0x28, 0xe8, 0x89, 0xc5, 0xf9 };
    static const uint8_t add_with_carry[] = { 0x11, 0xd8 };
    struct regs32 regs = input(), expected = input();
    uint32_t segments = data_segments();

    check_mode(!run_mode(mode, code, sizeof(code), &regs).raised, mode, "runs");
    check_mode(data_segments() == segments, mode, "data segments are as before");
    expected.eax = 0x7f;
    expected.ebp = 0x7f;
    expected.xmm[5] = expected.xmm[0];
    check_mode((regs.eflags & RFLAGS_CF) != 0, mode, "flags come out");
    regs.eflags = 0;
    check_mode(memcmp(&regs, &expected, sizeof(regs)) == 0, mode, "registers go in and out");
    regs = input();
    regs.eflags = RFLAGS_CF;
    run_mode(mode, add_with_carry, sizeof(add_with_carry), &regs);
    check_mode(regs.eax == 4, mode, "flags go in");
}

/* What the mode is, from inside: CS and CR0, or at CPL 3 CS alone. */
static void test_identity(enum cpu_mode mode)
{
    static const uint8_t read_cs[] = { 0x8c, 0xc8 };
    static const uint8_t read_cr0[] = { 0x0f, 0x20, 0xc0 };
    static const uint8_t read_efer[] = { 0x0f, 0x32 };
    bool paging = mode == MODE_PAE32 || mode == MODE_COMPAT_CPL0;
    struct regs32 regs = input();

    run_mode(mode, read_cs, sizeof(read_cs), &regs);
    check_mode(mode == MODE_REAL ? (regs.eax & 0xffff) == 0x900
                                 : (regs.eax & 3) == (mode == MODE_COMPAT_CPL3 ? 3 : 0),
               mode, "code segment");
    if (mode == MODE_COMPAT_CPL3)
        return;
    run_mode(mode, read_cr0, sizeof(read_cr0), &regs);
    check_mode((regs.eax & CR0_PE) == (mode == MODE_REAL ? 0 : CR0_PE), mode, "CR0.PE");
    check_mode((regs.eax & CR0_PG) == (paging ? CR0_PG : 0), mode, "CR0.PG");
    regs.ecx = MSR_EFER;
    check_mode(!run_mode(mode, read_efer, sizeof(read_efer), &regs).raised &&
                   (regs.eax & EFER_LMA) == (mode == MODE_COMPAT_CPL0 ? EFER_LMA : 0),
               mode, "EFER.LMA");
}

/* mov eax, 0x1000; mov ds, eax: beyond the GDT */
static const uint8_t bad_selector[] = { 0xb8, 0x00, 0x10, 0x00, 0x00, 0x8e, 0xd8 };

/* int 0x40: beyond the real-mode vectors; no error code there */
static const uint8_t bad_vector[] = { 0xcd, 0x40 };

static void test_mode_faults(enum cpu_mode mode)
{
    static const uint8_t undefined[] = { 0x90, 0x0f, 0x0b };
    static const uint8_t ret[] = { 0xc3, 0x0f, 0x0b };
    struct regs32 regs = input(), same = input();

    check_mode_fault(run_mode(mode, undefined, sizeof(undefined), &regs), VECTOR_UD, 0,
                     MODE_CODE_ADDRESS + 1, mode, "#UD");
    check_mode(memcmp(&regs, &same, sizeof(regs)) == 0, mode, "registers kept after a fault");
    if (mode == MODE_REAL)
        check_mode_fault(run_mode(mode, bad_vector, sizeof(bad_vector), &regs), VECTOR_GP, 0,
                         MODE_CODE_ADDRESS, mode, "#GP");
    else
        check_mode_fault(run_mode(mode, bad_selector, sizeof(bad_selector), &regs), VECTOR_GP,
                         0x1000, MODE_CODE_ADDRESS + 5, mode, "#GP");
    check_mode(!run_mode(mode, ret, sizeof(ret), &regs).raised, mode, "leaves by RET");
}

/* mov [MODE_DATA_ADDRESS], ax or eax */
static void test_data(enum cpu_mode mode)
{
    static const uint8_t code32[] = { 0xa3, 0x00, 0xc0, 0x00, 0x00 };
    static const uint8_t code16[] = { 0xa3, 0x00, 0xc0 };
    volatile uint16_t *data = virt_of(MODE_DATA_ADDRESS);
    struct regs32 regs = { .eax = 0x4321 };

    *data = 0;
    if (mode == MODE_REAL)
        run_mode(mode, code16, sizeof(code16), &regs);
    else
        run_mode(mode, code32, sizeof(code32), &regs);
    check_mode(*data == 0x4321, mode, "writes the data page");
}

static void test_pae_page_fault(void)
{
    /* mov eax, [0x7fdff000] */
    static const uint8_t code[] = { 0xa1, 0x00, 0xf0, 0xdf, 0x7f };
    struct regs32 regs = input();
    struct fault fault;

    paging_unmap(0x7fdff000, PAGE_SIZE);
    fault = run_mode(MODE_PAE32, code, sizeof(code), &regs);
    check_mode_fault(fault, VECTOR_PF, 0, MODE_CODE_ADDRESS, MODE_PAE32, "#PF");
    check(fault.cr2 == 0x7fdff000, "pae32: #PF gives the faulting address");
    paging_map(0x7fdff000, 0x7fdff000, PAGE_SIZE, MAP_WRITE | MAP_NX);
}

void test_modes(void)
{
    uint64_t gs = rdmsr(MSR_GS_BASE);

    test_user();
    for (enum cpu_mode mode = 0; mode < MODE_COUNT; mode++) {
        test_registers(mode);
        test_identity(mode);
        test_mode_faults(mode);
        test_data(mode);
    }
    test_pae_page_fault();
    check(rdmsr(MSR_GS_BASE) == gs && cpu_index() == 0, "GS base survives");
}
