/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file interrupt.h
 * @brief Interrupt handlers, one table for all CPUs.
 *
 * Double fault, NMI and machine check run on stacks of their own. An interrupt without a handler is
 * counted in struct cpu, acknowledged if the local APIC has it in service, and otherwise ignored.
 *
 * An interrupt into a handler that has interrupts disabled is passed over, and so is the last one
 * again into other code that has them disabled. QEMU's emulation of SVM forgets that it has
 * delivered what a hypervisor injects, and delivers it again if something makes it look up before
 * the guest's next exit (7.2: helper_vmrun() leaves exception_index set).
 */
#ifndef GUEST_INTERRUPT_H
#define GUEST_INTERRUPT_H

#include <stdint.h>

/** State of the interrupted code; a handler may change it. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/** A handler; runs with interrupts disabled, and calls apic_eoi() itself where one is due. */
typedef void interrupt_fn(struct trap_frame *frame, void *arg);

/**
 * @brief Sets the handler of a vector on all CPUs, exceptions included.
 *
 * @param vector 0 to 255
 * @param fn     handler; NULL for none
 * @param arg    its argument
 */
void register_interrupt(uint8_t vector, interrupt_fn *fn, void *arg);

#endif
