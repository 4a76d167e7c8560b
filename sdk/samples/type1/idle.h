/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Waiting with the processor halted. Both are called with GIF clear, as the exit path runs, and
   return so; an NMI that arrives before the halt is not slept over. */
#ifndef TYPE1_IDLE_H
#define TYPE1_IDLE_H

#include <stdbool.h>
#include <stdint.h>

/* Until an NMI; then its handler has run. */
void idle_wait_nmi(void);

/* Until an NMI or an interrupt; then its handler has run. */
void idle_wait_interrupt(void);

/* Opens the interrupt flags for a moment: what is pending is handled. */
void idle_take_interrupts(void);

/* Opens the global interrupt flag for a moment: a pending NMI is handled. */
void idle_take_nmi(void);

/* Whether what interrupted rip is an interrupt, whatever its vector: nothing there can fault. */
bool idle_is_interrupted(uint64_t rip);

/* Called from fault.c: where an NMI or interrupt handler that interrupted rip has to return to. */
uint64_t idle_resume(uint64_t rip);

#endif
