/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file boot.h
 * @brief What the boot loader said, the same for multiboot1, multiboot2 and PVH.
 */
#ifndef GUEST_BOOT_H
#define GUEST_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_MAX_MEMORY_REGIONS 128
#define GUEST_MAX_MODULES        16
#define GUEST_MAX_COMMAND_LINE   2048

/** Who booted us. */
enum boot_protocol {
    BOOT_MULTIBOOT1,
    BOOT_MULTIBOOT2,
    BOOT_PVH,
};

/** Type of memory, with the numbers of an E820 map. */
enum memory_type {
    MEMORY_USABLE = 1,
    MEMORY_RESERVED = 2,
    MEMORY_ACPI = 3,
    MEMORY_NVS = 4,
    MEMORY_BAD = 5,
};

struct guest_memory_region {
    uint64_t base;
    uint64_t size;
    uint32_t type; /**< enum memory_type; other numbers are reserved memory */
};

struct guest_module {
    uint64_t base;
    uint64_t size;
    char name[64]; /**< its command line, truncated */
};

/** All of it; copied, and valid as long as the guest runs. Modules stay where they are. */
struct guest_boot_info {
    enum boot_protocol protocol;
    uint32_t region_count;
    uint32_t module_count;
    uint64_t rsdp; /**< ACPI RSDP, or 0 if there are no ACPI tables */
    struct guest_memory_region regions[GUEST_MAX_MEMORY_REGIONS];
    struct guest_module modules[GUEST_MAX_MODULES];
    char command_line[GUEST_MAX_COMMAND_LINE];
};

/** Defined by the kernel; called on CPU 0 with interrupts disabled. Its result goes to
 * guest_exit(). */
int guest_main(const struct guest_boot_info *boot);

/** The boot information, from anywhere. */
const struct guest_boot_info *boot_info(void);

/**
 * @brief Looks for a word "name" or "name=value" on the command line; the last one counts.
 * @param name  name
 * @param value receives the value, truncated, "" without one; may be NULL if @p size is 0
 * @param size  size of @p value
 * @return whether it is there
 */
bool boot_option(const char *name, char *value, size_t size);

/** The number in name=number (decimal, or hexadecimal with 0x), else @p otherwise. */
uint64_t boot_option_number(const char *name, uint64_t otherwise);

/** Adds words to the command line; they count from the next boot_option() on. */
void boot_add_options(const char *words);

/** The ACPI table with this signature ("APIC", "FACP" …) and a good checksum, or NULL. */
const void *acpi_find(const char *signature);

/** The DSDT, which only the FADT points to, or NULL. */
const void *acpi_dsdt(void);

#endif
