/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The wires of interrupts, between devices and the I/O APIC, and from there to the host. */
#ifndef WORKER_LINES_H
#define WORKER_LINES_H

#include <worker/machine.h>

/* The state after power-on: all lines idle. */
void worker_lines_init(struct worker_machine *machine);

/* Sets all lines to what the devices say. After each access to a device, and when time has come. */
void worker_lines_update(struct worker_machine *machine);

#endif
