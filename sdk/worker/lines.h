/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The wires of interrupts, between devices and the I/O APIC, and from there to the host. */
#ifndef WORKER_LINES_H
#define WORKER_LINES_H

#include <worker/machine.h>

/* The state after power-on: all lines idle. */
void worker_lines_init(struct worker_machine *machine);

/* Sets the lines of one device to what it says: after each access to it. */
void worker_lines_update_com(struct worker_machine *machine, unsigned port);
void worker_lines_update_timer(struct worker_machine *machine);
void worker_lines_update_clock(struct worker_machine *machine);
void worker_lines_update_sci(struct worker_machine *machine);
void worker_lines_update_pci(struct worker_machine *machine);

/* Gives the host what the 8259s have, when it has taken the last of them: after each access to
   them. */
void worker_lines_update_legacy(struct worker_machine *machine);

/* All of that: when time has come. */
void worker_lines_update(struct worker_machine *machine);

#endif
