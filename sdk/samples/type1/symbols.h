/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Names of the hypervisor's own functions, for backtraces. */
#ifndef TYPE1_SYMBOLS_H
#define TYPE1_SYMBOLS_H

#include <stdint.h>

/* The function that address lies in, or NULL; *offset is how far. */
const char *symbol_at(uint64_t address, uint64_t *offset);

#endif
