/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Words of the description and the numbers of the module that they stand for. */
#ifndef MACHINE_NAMES_H
#define MACHINE_NAMES_H

#include <stdint.h>

/* Ends with NULL; the value of a word is its index and 1. */
extern const char *const boot_names[];
extern const char *const device_names[];
extern const char *const end_names[]; /* without "text", which is a key */

/* The parts of the hypervisor interface, and the privileges that they are. */
extern const char *const privilege_names[];
extern const uint64_t privilege_values[];

#endif
