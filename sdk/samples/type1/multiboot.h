/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Multiboot Specification 0.6.96 (1) and 2.0 (2): what the hypervisor reads, and what it writes for
   the root partition. */
#ifndef TYPE1_MULTIBOOT_H
#define TYPE1_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT1_HEADER_MAGIC  0x1BADB002u
#define MULTIBOOT1_HEADER_SEARCH 8192u
#define MULTIBOOT1_LOADER_MAGIC  0x2BADB002u
#define MULTIBOOT2_LOADER_MAGIC  0x36D76289u

#define MULTIBOOT1_INFO_MEMORY       (1u << 0)
#define MULTIBOOT1_INFO_COMMAND_LINE (1u << 2)
#define MULTIBOOT1_INFO_MODULES      (1u << 3)
#define MULTIBOOT1_INFO_MEMORY_MAP   (1u << 6)
#define MULTIBOOT1_INFO_LOADER_NAME  (1u << 9)

struct multiboot1_info {
    uint32_t flags;
    uint32_t memory_lower;
    uint32_t memory_upper;
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count;
    uint32_t modules;
    uint32_t symbols[4];
    uint32_t memory_map_length;
    uint32_t memory_map;
    uint32_t drives_length;
    uint32_t drives;
    uint32_t config_table;
    uint32_t loader_name;
} __attribute__((packed));

struct multiboot1_module {
    uint32_t start;
    uint32_t end;
    uint32_t command_line;
    uint32_t reserved;
} __attribute__((packed));

struct multiboot1_region {
    uint32_t size; /* of the rest */
    uint64_t base;
    uint64_t length;
    uint32_t type;
} __attribute__((packed));

#define MULTIBOOT2_TAG_END          0u
#define MULTIBOOT2_TAG_COMMAND_LINE 1u
#define MULTIBOOT2_TAG_MODULE       3u
#define MULTIBOOT2_TAG_MEMORY_MAP   6u
#define MULTIBOOT2_TAG_RSDP_OLD     14u
#define MULTIBOOT2_TAG_RSDP_NEW     15u

struct multiboot2_tag {
    uint32_t type;
    uint32_t size;
} __attribute__((packed));

struct multiboot2_module {
    struct multiboot2_tag tag;
    uint32_t start;
    uint32_t end;
    char command_line[];
} __attribute__((packed));

struct multiboot2_memory_map {
    struct multiboot2_tag tag;
    uint32_t entry_size;
    uint32_t entry_version;
    uint8_t entries[];
} __attribute__((packed));

struct multiboot2_region {
    uint64_t base;
    uint64_t length;
    uint32_t type;
    uint32_t reserved;
} __attribute__((packed));

#endif
