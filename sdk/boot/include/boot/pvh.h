/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief What a PVH host hands to the program that it starts.
 *
 * The program is entered in 32-bit protected mode without paging, with flat segments and the
 * physical address of a struct pvh_start_info in EBX.
 *
 * Source: Xen's public interface, arch-x86/hvm/start_info.h.
 */
#ifndef BOOT_PVH_H
#define BOOT_PVH_H

#include <stdint.h>

#define PVH_MAGIC   0x336EC578u /**< pvh_start_info::magic */
#define PVH_VERSION 1           /**< the first with a memory map */

/** The start of it all. */
struct pvh_start_info {
    uint32_t magic;              /**< PVH_MAGIC */
    uint32_t version;            /**< PVH_VERSION */
    uint32_t flags;              /**< zero */
    uint32_t module_count;       /**< entries at modules */
    uint64_t modules;            /**< struct pvh_module; the first is the initrd */
    uint64_t command_line;       /**< zero-terminated */
    uint64_t rsdp;               /**< ACPI's root pointer; 0: search for it */
    uint64_t memory_map;         /**< struct pvh_region */
    uint32_t memory_map_entries; /**< entries there */
    uint32_t reserved;           /**< zero */
};

/** A file beside the program. */
struct pvh_module {
    uint64_t address;      /**< where it lies */
    uint64_t size;         /**< bytes */
    uint64_t command_line; /**< zero-terminated, or 0 */
    uint64_t reserved;     /**< zero */
};

/** An entry of the memory map. */
struct pvh_region {
    uint64_t base;     /**< first address */
    uint64_t size;     /**< bytes */
    uint32_t type;     /**< as in ACPI's E820 map; 1 is usable */
    uint32_t reserved; /**< zero */
};

#endif
