/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Multiboot: what a program is found by, and what it is handed at its start.
 *
 * A program of either version is entered in 32-bit protected mode without paging, with flat
 * segments, the loader's magic number in EAX and the physical address of the information in EBX.
 *
 * Source: Multiboot Specification 0.6.96 (1) and 2.0 (2).
 */
#ifndef BOOT_MULTIBOOT_H
#define BOOT_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT1_HEADER_MAGIC  0x1BADB002u /**< where a program says that it is one */
#define MULTIBOOT1_HEADER_SEARCH 8192u       /**< the header lies within so many bytes */
#define MULTIBOOT1_LOADER_MAGIC  0x2BADB002u /**< EAX, for version 1 */
#define MULTIBOOT2_LOADER_MAGIC  0x36D76289u /**< EAX, for version 2 */

#define MULTIBOOT1_INFO_MEMORY       (1u << 0)
#define MULTIBOOT1_INFO_COMMAND_LINE (1u << 2)
#define MULTIBOOT1_INFO_MODULES      (1u << 3)
#define MULTIBOOT1_INFO_MEMORY_MAP   (1u << 6)
#define MULTIBOOT1_INFO_LOADER_NAME  (1u << 9)

/** Information of version 1. */
struct multiboot1_info {
    uint32_t flags;             /**< MULTIBOOT1_INFO bits: which fields are valid */
    uint32_t memory_lower;      /**< KiB from address 0 on */
    uint32_t memory_upper;      /**< KiB from 1 MiB on */
    uint32_t boot_device;       /**< BIOS number of the disk */
    uint32_t command_line;      /**< zero-terminated */
    uint32_t module_count;      /**< entries at modules */
    uint32_t modules;           /**< struct multiboot1_module */
    uint32_t symbols[4];        /**< of the program */
    uint32_t memory_map_length; /**< bytes at memory_map */
    uint32_t memory_map;        /**< struct multiboot1_region */
    uint32_t drives_length;     /**< bytes at drives */
    uint32_t drives;            /**< BIOS drives */
    uint32_t config_table;      /**< of the BIOS */
    uint32_t loader_name;       /**< zero-terminated */
} __attribute__((packed));

/** A file beside the program. */
struct multiboot1_module {
    uint32_t start;        /**< first address */
    uint32_t end;          /**< behind the last one */
    uint32_t command_line; /**< zero-terminated */
    uint32_t reserved;     /**< zero */
} __attribute__((packed));

/** An entry of the memory map. */
struct multiboot1_region {
    uint32_t size;   /**< of the rest */
    uint64_t base;   /**< first address */
    uint64_t length; /**< bytes */
    uint32_t type;   /**< as in the E820 map; 1 is usable */
} __attribute__((packed));

#define MULTIBOOT2_TAG_END          0u
#define MULTIBOOT2_TAG_COMMAND_LINE 1u
#define MULTIBOOT2_TAG_MODULE       3u
#define MULTIBOOT2_TAG_MEMORY_MAP   6u
#define MULTIBOOT2_TAG_RSDP_OLD     14u
#define MULTIBOOT2_TAG_RSDP_NEW     15u

/** What each piece of information of version 2 starts with. */
struct multiboot2_tag {
    uint32_t type; /**< MULTIBOOT2_TAG value */
    uint32_t size; /**< with this header, without padding to 8 bytes */
} __attribute__((packed));

/** A file beside the program. */
struct multiboot2_module {
    struct multiboot2_tag tag; /**< header */
    uint32_t start;            /**< first address */
    uint32_t end;              /**< behind the last one */
    char command_line[];       /**< zero-terminated */
} __attribute__((packed));

/** The memory map. */
struct multiboot2_memory_map {
    struct multiboot2_tag tag; /**< header */
    uint32_t entry_size;       /**< bytes from one entry to the next */
    uint32_t entry_version;    /**< 0 */
    uint8_t entries[];         /**< struct multiboot2_region */
} __attribute__((packed));

/** An entry of the memory map. */
struct multiboot2_region {
    uint64_t base;     /**< first address */
    uint64_t length;   /**< bytes */
    uint32_t type;     /**< as in the E820 map; 1 is usable */
    uint32_t reserved; /**< zero */
} __attribute__((packed));

#endif
