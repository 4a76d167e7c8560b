/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the boot loader said, the same for multiboot1 and multiboot2. */
#ifndef TYPE1_BOOT_H
#define TYPE1_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#define BOOT_MAX_REGIONS      256
#define BOOT_MAX_MODULES      16
#define BOOT_MAX_COMMAND_LINE 1024
#define BOOT_RSDP_SIZE        36

/* Types of memory, with the numbers of an E820 map. */
enum boot_memory_type {
    BOOT_MEMORY_USABLE = 1,
    BOOT_MEMORY_RESERVED = 2,
    BOOT_MEMORY_ACPI = 3,
    BOOT_MEMORY_NVS = 4,
    BOOT_MEMORY_BAD = 5,
};

struct boot_region {
    uint64_t base;
    uint64_t size;
    uint32_t type;
};

struct boot_module {
    uint64_t start;
    uint64_t size;
    char command_line[BOOT_MAX_COMMAND_LINE];
};

/* All of it copied, since the loader's structures lie where the root partition will load. */
struct boot_info {
    uint32_t region_count;
    uint32_t module_count;
    struct boot_region regions[BOOT_MAX_REGIONS];
    struct boot_module modules[BOOT_MAX_MODULES];
    char command_line[BOOT_MAX_COMMAND_LINE];
    /* The boot loader's copy of the ACPI RSDP; length 0: look for it where a BIOS puts it. */
    uint8_t rsdp[BOOT_RSDP_SIZE];
    uint32_t rsdp_length;
};

/* Called from boot.S. */
void boot_main(uint32_t magic, uint32_t info_address) __attribute__((noreturn));

#endif
