/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Whether a machine and its files fit each other. */
#ifndef MACHINE_FIT_H
#define MACHINE_FIT_H

#include "description.h"

/* Takes the boot protocol from the kernel's file where it is left open. The files are there. */
void machine_fit(struct hv_machine *machine, const struct places *places, struct errors *errors);

#endif
