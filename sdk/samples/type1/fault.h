/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypervisor's own interrupt descriptor table: faults, NMIs, interrupts while idle. */
#ifndef TYPE1_FAULT_H
#define TYPE1_FAULT_H

#include <stdint.h>

/* Interrupt stacks (numbers in the TSS, from 1) of what may strike on a bad stack. */
#define FAULT_IST_DF  1
#define FAULT_IST_NMI 2
#define FAULT_IST_MC  3

/* What fault_entry.S leaves on the stack. */
struct fault_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rbx, rdx, rcx, rax;
    uint64_t vector;
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Fills in the table; once, before the first fault_load_idt(). */
void fault_init(void);

/* Loads it on this LP. */
void fault_load_idt(void);

/* Called from fault_entry.S. */
void fault_dispatch(struct fault_frame *frame);

#endif
