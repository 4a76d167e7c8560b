/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From a module back to a description. */
#ifndef MACHINE_SHOW_H
#define MACHINE_SHOW_H

#include <stdio.h>

#include <hvkit/machine.h>

/* Writes a description with each key spelled out, which compiled again gives the same module. */
void module_show(const struct hv_machine_module *module, FILE *stream);

#endif
