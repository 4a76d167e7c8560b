/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a kernel's file tells about how it is started. */
#ifndef MACHINE_KERNEL_H
#define MACHINE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel {
    bool protocols[4];     /* by enum hv_machine_boot */
    uint64_t end;          /* of the memory that it needs where it is put, before anything else */
    uint64_t command_line; /* bytes that it takes; 0 if it does not say */
};

/* Returns NULL, or what is wrong with the file. */
const char *kernel_examine(const uint8_t *bytes, uint64_t size, struct kernel *kernel);

#endif
