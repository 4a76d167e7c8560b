/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#ifndef TYPE1_MULTIBOOT_READ_H
#define TYPE1_MULTIBOOT_READ_H

#include <stdint.h>

struct boot_info;

/* Copies all that matters of the loader's information; boot_fail() if it is unusable. */
void multiboot_read(struct boot_info *boot, uint32_t magic, uint32_t address);

#endif
