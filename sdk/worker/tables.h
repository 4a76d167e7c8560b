/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What tells the guest of its machine. */
#ifndef WORKER_TABLES_H
#define WORKER_TABLES_H

#include <worker/machine.h>

/* Writes the ACPI tables to WORKER_TABLES, which is the RSDP's address. False: they can't describe
   so many VPs. */
bool worker_tables_write(struct worker_machine *machine);

#endif
