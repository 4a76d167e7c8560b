/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The machine that is to run, out of a description; read by hvkit-machine's code. */
#ifndef VMM_MACHINE_CHOICE_H
#define VMM_MACHINE_CHOICE_H

#include <hvkit/machine.h>

/*
 * Reads a description, takes one machine of it, and reads the files that this machine names. What
 * is wrong is told on standard error, with its place.
 *
 * name: of the machine; NULL: the only one. What is returned lasts until the program ends; NULL:
 * something is wrong.
 */
const struct hv_machine *vmm_machine_choose(const char *path, const char *name);

#endif
