/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Instructions that C has no words for. */
#ifndef TYPE1_CPU_H
#define TYPE1_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "x86.h"

#define CPUID_INVARIANT_TSC (1u << 8) /* leaf 0x80000007 EDX */

struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

/* A pointer that the compiler is to keep: else it reckons the address anew for each use. */
#define HIDE(pointer) __asm__("" : "+r"(pointer))

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint16_t inw(uint16_t port)
{
    uint16_t value;

    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

/* A fixup names an instruction that may fault and where to go on; see fault.c. */
#define FAULT_FIXUP(from, to) \
    ".pushsection .fault_fixups, \"a\"\n.quad " from ", " to "\n.popsection\n"

/* False where the machine answers with #GP. */
static inline bool rdmsr_safe(uint32_t msr, uint64_t *value)
{
    uint32_t low = 0, high = 0;
    uint8_t done = 0;

    __asm__ volatile("1: rdmsr\n"
                     "movb $1, %2\n"
                     "2:\n" FAULT_FIXUP("1b", "2b")
                     : "+a"(low), "+d"(high), "+q"(done)
                     : "c"(msr));
    *value = (uint64_t)high << 32 | low;
    return done != 0;
}

static inline bool wrmsr_safe(uint32_t msr, uint64_t value)
{
    uint8_t done = 0;

    __asm__ volatile("1: wrmsr\n"
                     "movb $1, %0\n"
                     "2:\n" FAULT_FIXUP("1b", "2b")
                     : "+q"(done)
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
    return done != 0;
}

static inline uint64_t xgetbv(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static inline bool xsetbv_safe(uint64_t value)
{
    uint8_t done = 0;

    __asm__ volatile("1: xsetbv\n"
                     "movb $1, %0\n"
                     "2:\n" FAULT_FIXUP("1b", "2b")
                     : "+q"(done)
                     : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
    return done != 0;
}

static inline struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result result;

    __asm__ volatile("cpuid"
                     : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                     : "a"(leaf), "c"(subleaf));
    return result;
}

/* The bits of a CPUID leaf, 0 where the processor has no such leaf. */
static inline struct cpuid_result cpuid_or_zero(uint32_t leaf)
{
    if (cpuid(leaf & 0x80000000, 0).eax < leaf)
        return (struct cpuid_result){ 0 };
    return cpuid(leaf, 0);
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

#define CPU_REGISTER(name)                                              \
    static inline uint64_t read_##name(void)                            \
    {                                                                   \
        uint64_t value;                                                 \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value));          \
        return value;                                                   \
    }                                                                   \
    static inline void write_##name(uint64_t value)                     \
    {                                                                   \
        __asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory"); \
    }

CPU_REGISTER(cr0)
CPU_REGISTER(cr2)
CPU_REGISTER(cr3)
CPU_REGISTER(cr4)
CPU_REGISTER(cr8)
CPU_REGISTER(dr0)
CPU_REGISTER(dr1)
CPU_REGISTER(dr2)
CPU_REGISTER(dr3)

static inline void cpu_relax(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static inline void wbinvd(void)
{
    __asm__ volatile("wbinvd" : : : "memory");
}

#endif
