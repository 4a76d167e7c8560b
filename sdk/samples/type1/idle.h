/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Waiting with the processor halted. Both are called with GIF clear, as the exit path runs, and
   return so; an NMI that arrives before the halt is not slept over. */
#ifndef TYPE1_IDLE_H
#define TYPE1_IDLE_H

#include <stdint.h>

/* Until an NMI; then its handler has run. */
void idle_wait_nmi(void);

/* Until an NMI or an interrupt; the interrupt's vector is in lp.pending_vector, not ended. */
void idle_wait_interrupt(void);

/* Opens the global interrupt flag for a moment: a pending NMI is handled. */
void idle_take_nmi(void);

/* Called from fault.c: where an NMI or interrupt handler that interrupted rip has to return to. */
uint64_t idle_resume(uint64_t rip);

#endif
