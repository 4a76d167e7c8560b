/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A machine description: what docs/machines.md allows, as the structs that modules are made of. */
#ifndef MACHINE_DESCRIPTION_H
#define MACHINE_DESCRIPTION_H

#include <hvkit/machine.h>

#include "errors.h"
#include "tree.h"

/* The description leaves the boot protocol to the kernel's file. */
#define BOOT_FROM_FILE ((enum hv_machine_boot)0)

/* Where stands what a machine's files may contradict; the machine itself where a default counts. */
struct places {
    struct position memory;
    struct position boot;
    struct position kernel;
    struct position initrd;
    struct position command_line;
};

struct description {
    uint32_t count;
    struct hv_machine machines[HV_MACHINE_MAX_MACHINES]; /* of files, the names alone */
    struct places places[HV_MACHINE_MAX_MACHINES];
    struct tree tree; /* has the texts of the machines */
};

/* Reads a description; false if there are errors. In each case description_free() is needed. */
bool description_read(struct description *description, const char *bytes, size_t size,
                      struct errors *errors);

void description_free(struct description *description);

#endif
