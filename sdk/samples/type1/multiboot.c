/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <boot/multiboot.h>

#include "boot.h"
#include "console.h"
#include "memory.h"
#include "multiboot_read.h"
#include "string.h"

static void copy_text(char *to, uint32_t room, const char *from, uint32_t limit)
{
    uint32_t i = 0;

    for (; i + 1 < room && i < limit && from[i]; i++)
        to[i] = from[i];
    to[i] = 0;
}

static void add_region(struct boot_info *boot, uint64_t base, uint64_t size, uint32_t type)
{
    if (size == 0 || base + size < base)
        return;
    if (boot->region_count == BOOT_MAX_REGIONS)
        boot_fail("the memory map has more than %u entries; that is not supported",
                  BOOT_MAX_REGIONS);
    boot->regions[boot->region_count++] =
        (struct boot_region){ .base = base, .size = size, .type = type };
}

static void add_module(struct boot_info *boot, uint32_t start, uint32_t end, const char *text,
                       uint32_t text_limit)
{
    struct boot_module *module = &boot->modules[boot->module_count];

    if (boot->module_count == BOOT_MAX_MODULES || end < start)
        boot_fail("boot modules: more than %u, or one that ends before it starts",
                  BOOT_MAX_MODULES);
    boot->module_count++;
    module->start = start;
    module->size = end - start;
    copy_text(module->command_line, sizeof(module->command_line), text, text_limit);
}

static void read_multiboot1(struct boot_info *boot, const struct multiboot1_info *info)
{
    if (info->flags & MULTIBOOT1_INFO_COMMAND_LINE)
        copy_text(boot->command_line, sizeof(boot->command_line), memory_at(info->command_line),
                  UINT32_MAX);
    if (info->flags & MULTIBOOT1_INFO_MODULES) {
        const struct multiboot1_module *modules = memory_at(info->modules);

        for (uint32_t i = 0; i < info->module_count; i++)
            add_module(boot, modules[i].start, modules[i].end, memory_at(modules[i].command_line),
                       modules[i].command_line ? UINT32_MAX : 0);
    }
    if (!(info->flags & MULTIBOOT1_INFO_MEMORY_MAP))
        boot_fail("the boot loader gives no memory map; use one that speaks multiboot fully");
    for (uint32_t offset = 0; offset < info->memory_map_length;) {
        const struct multiboot1_region *region = memory_at((uint64_t)info->memory_map + offset);

        add_region(boot, region->base, region->length, region->type);
        offset += region->size + (uint32_t)sizeof(region->size);
    }
}

static void read_memory_map(struct boot_info *boot, const struct multiboot2_memory_map *map)
{
    if (map->entry_size < sizeof(struct multiboot2_region))
        return;
    for (uint32_t offset = sizeof(*map); offset + map->entry_size <= map->tag.size;
         offset += map->entry_size) {
        const struct multiboot2_region *region = (const void *)((const uint8_t *)map + offset);

        add_region(boot, region->base, region->length, region->type);
    }
}

static void read_rsdp(struct boot_info *boot, const struct multiboot2_tag *tag)
{
    uint32_t length = tag->size - (uint32_t)sizeof(*tag);

    /* The new form wins, whatever the order of the tags. */
    if (length > BOOT_RSDP_SIZE)
        length = BOOT_RSDP_SIZE;
    if (length < boot->rsdp_length)
        return;
    memcpy(boot->rsdp, tag + 1, length);
    boot->rsdp_length = length;
}

static void read_tag(struct boot_info *boot, const struct multiboot2_tag *tag)
{
    const struct multiboot2_module *module = (const void *)tag;

    switch (tag->type) {
    case MULTIBOOT2_TAG_COMMAND_LINE:
        copy_text(boot->command_line, sizeof(boot->command_line), (const char *)(tag + 1),
                  tag->size - (uint32_t)sizeof(*tag));
        break;
    case MULTIBOOT2_TAG_MODULE:
        add_module(boot, module->start, module->end, module->command_line,
                   tag->size - (uint32_t)sizeof(*module));
        break;
    case MULTIBOOT2_TAG_MEMORY_MAP:
        read_memory_map(boot, (const void *)tag);
        break;
    case MULTIBOOT2_TAG_RSDP_OLD:
    case MULTIBOOT2_TAG_RSDP_NEW:
        read_rsdp(boot, tag);
        break;
    default:
        break;
    }
}

static void read_multiboot2(struct boot_info *boot, uint64_t address)
{
    const uint32_t *header = memory_at(address);
    uint32_t total = header[0];

    for (uint32_t offset = 8; offset + sizeof(struct multiboot2_tag) <= total;) {
        const struct multiboot2_tag *tag = memory_at(address + offset);

        if (tag->type == MULTIBOOT2_TAG_END || tag->size < sizeof(*tag) ||
            tag->size > total - offset)
            break;
        read_tag(boot, tag);
        offset += (tag->size + 7) & ~7u;
    }
    if (boot->region_count == 0)
        boot_fail("the boot loader gives no memory map; use one that speaks multiboot2 fully");
}

void multiboot_read(struct boot_info *boot, uint32_t magic, uint32_t address)
{
    if (magic == MULTIBOOT1_LOADER_MAGIC)
        read_multiboot1(boot, memory_at(address));
    else if (magic == MULTIBOOT2_LOADER_MAGIC)
        read_multiboot2(boot, address);
    else
        boot_fail("not started by a multiboot loader (magic 0x%08x); use GRUB or qemu -kernel",
                  magic);
}
