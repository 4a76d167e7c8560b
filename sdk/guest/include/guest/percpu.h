/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file percpu.h
 * @brief What each CPU has of its own, found through the GS base.
 */
#ifndef GUEST_PERCPU_H
#define GUEST_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

struct guest_jmp;

/** An exception that was raised, or .raised == false. */
struct fault {
    bool raised;
    uint8_t vector;
    uint32_t error; /**< error code pushed by the CPU, or 0 */
    uint64_t rip;   /**< of the faulting instruction; EIP or IP in the other modes */
    uint64_t cr2;   /**< faulting address, for a page fault only; 0 otherwise */
};

/** Private part: stacks, descriptor tables, job slot. */
struct cpu_private;

/** One CPU. */
struct cpu {
    struct cpu *self;
    uint32_t index;             /**< 0 for the boot CPU, then in order of start */
    uint32_t apic_id;           /**< local APIC id */
    struct fault fault;         /**< see fault_take() */
    struct fault unexpected;    /**< see last_unexpected_fault() */
    struct guest_jmp *catcher;  /**< innermost safe_call() */
    struct guest_jmp *recovery; /**< see guest_set_recovery() */
    uint64_t stray_interrupts;  /**< interrupts for which there was no handler */
    uint8_t stray_vector;       /**< vector of the last of them */
    uint32_t handlers;          /**< that are running, one inside the other */
    uint8_t taken;              /**< vector of the last interrupt that a handler was called for */
    struct cpu_private *priv;
};

/** The CPU that executes this. */
static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;

    __asm__("movq %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

/** Index of the CPU that executes this. */
static inline uint32_t cpu_index(void)
{
    return this_cpu()->index;
}

#endif
