/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From machines to a module. */
#ifndef MACHINE_MODULE_WRITE_H
#define MACHINE_MODULE_WRITE_H

#include <hvkit/machine.h>

/*
 * Makes a module of machines that have all their files. Files that lie at the same place are one.
 * Equal machines give equal bytes. Returns what free() is for, or NULL without memory.
 */
uint8_t *module_write(const struct hv_machine *machines, uint32_t count, uint64_t *size);

#endif
