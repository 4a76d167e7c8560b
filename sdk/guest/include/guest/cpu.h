/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file cpu.h
 * @brief Privileged and system instructions as functions, one instruction each.
 *
 * None of them catches a fault; see fault.h for those that do.
 */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define CR0_PE (1u << 0)
#define CR0_MP (1u << 1)
#define CR0_EM (1u << 2)
#define CR0_TS (1u << 3)
#define CR0_NE (1u << 5)
#define CR0_WP (1u << 16)
#define CR0_AM (1u << 18)
#define CR0_NW (1u << 29)
#define CR0_CD (1u << 30)
#define CR0_PG (1u << 31)

#define CR4_TSD        (1u << 2)
#define CR4_PAE        (1u << 5)
#define CR4_PGE        (1u << 7)
#define CR4_OSFXSR     (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP       (1u << 11)
#define CR4_OSXSAVE    (1u << 18)
#define CR4_SMEP       (1u << 20)
#define CR4_SMAP       (1u << 21)

#define MSR_APIC_BASE      0x0000001bu
#define MSR_PAT            0x00000277u
#define MSR_EFER           0xc0000080u
#define MSR_FS_BASE        0xc0000100u
#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u

#define EFER_SCE (1u << 0)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_NXE (1u << 11)

#define RFLAGS_CF (1u << 0)
#define RFLAGS_ZF (1u << 6)
#define RFLAGS_TF (1u << 8)
#define RFLAGS_IF (1u << 9)
#define RFLAGS_AC (1u << 18)

/** Output of CPUID. */
struct cpuid_regs {
    uint32_t eax, ebx, ecx, edx;
};

/** CPUID with EAX = @p leaf and ECX = @p subleaf. */
static inline struct cpuid_regs cpuid_count(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "0"(leaf), "2"(subleaf));
    return r;
}

/** CPUID with EAX = @p leaf and ECX = 0. */
static inline struct cpuid_regs cpuid(uint32_t leaf)
{
    return cpuid_count(leaf, 0);
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

/** RDTSC, not ordered against the instructions around it. */
static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/** RDTSC after every earlier load, and before every later instruction. */
static inline uint64_t rdtsc_ordered(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

#define GUEST_DEFINE_PORT(width, suffix, reg)                                                  \
    static inline uint##width##_t in##suffix(uint16_t port)                                    \
    {                                                                                          \
        uint##width##_t value;                                                                 \
                                                                                               \
        __asm__ volatile("in" #suffix " %1, %" reg "0" : "=a"(value) : "Nd"(port) : "memory"); \
        return value;                                                                          \
    }                                                                                          \
    static inline void out##suffix(uint16_t port, uint##width##_t value)                       \
    {                                                                                          \
        __asm__ volatile("out" #suffix " %" reg "0, %1" ::"a"(value), "Nd"(port) : "memory");  \
    }

GUEST_DEFINE_PORT(8, b, "b")
GUEST_DEFINE_PORT(16, w, "w")
GUEST_DEFINE_PORT(32, l, "k")

#define GUEST_DEFINE_CR(n)                                              \
    static inline uint64_t read_cr##n(void)                             \
    {                                                                   \
        uint64_t value;                                                 \
                                                                        \
        __asm__ volatile("mov %%cr" #n ", %0" : "=r"(value)::"memory"); \
        return value;                                                   \
    }                                                                   \
    static inline void write_cr##n(uint64_t value)                      \
    {                                                                   \
        __asm__ volatile("mov %0, %%cr" #n ::"r"(value) : "memory");    \
    }

GUEST_DEFINE_CR(0)
GUEST_DEFINE_CR(2)
GUEST_DEFINE_CR(3)
GUEST_DEFINE_CR(4)
GUEST_DEFINE_CR(8)

static inline void invlpg(const volatile void *address)
{
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}

static inline void cpu_pause(void)
{
    __asm__ volatile("pause" ::: "memory");
}

static inline void cpu_halt(void)
{
    __asm__ volatile("hlt" ::: "memory");
}

static inline uint64_t read_rflags(void)
{
    uint64_t value;

    __asm__ volatile("pushfq; pop %0" : "=r"(value)::"memory");
    return value;
}

static inline void irq_enable(void)
{
    __asm__ volatile("sti" ::: "memory");
}

static inline void irq_disable(void)
{
    __asm__ volatile("cli" ::: "memory");
}

/** Enables interrupts and halts, with no window in between in which one could be lost. */
static inline void irq_enable_and_halt(void)
{
    __asm__ volatile("sti; hlt" ::: "memory");
}

/** Lets interrupts in. Not with PAUSE, behind which QEMU's emulator keeps the shadow of STI. */
static inline void irq_window(void)
{
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
}

/** Disables interrupts. @return whether they were enabled, for irq_restore(). */
static inline bool irq_save(void)
{
    bool enabled = (read_rflags() & RFLAGS_IF) != 0;

    irq_disable();
    return enabled;
}

static inline void irq_restore(bool enabled)
{
    if (enabled)
        irq_enable();
}

/** One XMM register. */
struct xmm {
    uint64_t low, high;
};

/** Stores XMM0 to XMM15. The runtime itself never touches them. */
void xmm_save(struct xmm regs[16]);

/** Loads XMM0 to XMM15. */
void xmm_load(const struct xmm regs[16]);

#endif
