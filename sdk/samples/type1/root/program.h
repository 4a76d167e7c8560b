/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Several children at once, on one VP of the root. */
#ifndef ROOT_PROGRAM_H
#define ROOT_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include <hvkit/machine.h>

/*
 * Makes these machines, and runs them until all have ended.
 *
 * machines: count of them, up to HV_MACHINE_MAX_MACHINES.
 *
 * watched: name of the machine whose first console has the machine's serial port, byte by byte;
 * NULL: all consoles are shown by lines.
 *
 * Returns whether each child has come to an end that its description expects, and all memory is
 * back.
 */
bool root_program_run(const struct hv_machine *machines, uint32_t count, const char *watched);

#endif
