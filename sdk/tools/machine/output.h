/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Writing a file all or not at all. */
#ifndef MACHINE_OUTPUT_H
#define MACHINE_OUTPUT_H

#include <stdint.h>

/* Puts a new file in the place of an old one only when it is complete; what is no ordinary file, as
   a pipe, is written to. Returns NULL, or what went wrong. */
const char *output_write(const char *path, const uint8_t *bytes, uint64_t size);

#endif
