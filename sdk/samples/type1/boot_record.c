/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "boot_record.h"

#include <boot/multiboot.h>
#include <boot/pvh.h>

#include "acpi.h"
#include "boot.h"
#include "console.h"
#include "memory.h"
#include "relocate.h"
#include "root.h"
#include "string.h"

#define KIB         1024
#define MIB         (KIB * KIB)
#define MAX_REGIONS (BOOT_MAX_REGIONS + 2)

struct region_list {
    uint32_t count;
    struct boot_region region[MAX_REGIONS];
};

uint64_t root_store_size(void)
{
    return page_round_up(MAX_REGIONS * sizeof(struct multiboot1_region) +
                         BOOT_MAX_MODULES * (BOOT_MAX_COMMAND_LINE + 64) + PAGE_SIZE);
}

static void *take(struct boot_record_area *area, uint64_t size)
{
    void *memory = memory_at(area->address);

    size = (size + 15) & ~UINT64_C(15);
    if (size > area->size)
        boot_fail("boot information: larger than expected; the hypervisor is at fault");
    area->address += size;
    area->size -= size;
    return memset(memory, 0, size);
}

static uint64_t put_text(struct boot_record_area *area, const char *text)
{
    uint64_t length = 0;
    char *copy;

    while (text[length])
        length++;
    copy = take(area, length + 1);
    memcpy(copy, text, length);
    return memory_physical(copy);
}

static void add(struct region_list *list, uint64_t start, uint64_t end, uint32_t type)
{
    if (start < end)
        list->region[list->count++] =
            (struct boot_region){ .base = start, .size = end - start, .type = type };
}

/* The machine's map, with the hypervisor's memory as reserved. It lies within one region. */
static void cut_map(struct region_list *list, const struct boot_info *boot,
                    const struct relocation *relocation)
{
    uint64_t hole = relocation->base, hole_end = relocation->base + relocation->size;

    list->count = 0;
    for (uint32_t i = 0; i < boot->region_count; i++) {
        const struct boot_region *region = &boot->regions[i];
        uint64_t start = region->base, end = region->base + region->size;

        if (region->type != BOOT_MEMORY_USABLE || hole < start || hole_end > end) {
            add(list, start, end, region->type);
            continue;
        }
        add(list, start, hole, region->type);
        add(list, hole, hole_end, BOOT_MEMORY_RESERVED);
        add(list, hole_end, end, region->type);
    }
}

/* End of the usable memory that starts at or below start, or start. */
static uint64_t usable_end(const struct region_list *list, uint64_t start)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct boot_region *region = &list->region[i];

        if (region->type == BOOT_MEMORY_USABLE && region->base <= start &&
            region->base + region->size > start)
            return region->base + region->size;
    }
    return start;
}

static void put_multiboot_map(struct boot_record_area *area, struct multiboot1_info *info,
                              const struct region_list *list)
{
    struct multiboot1_region *map = take(area, list->count * sizeof(*map));

    for (uint32_t i = 0; i < list->count; i++) {
        map[i].size = sizeof(map[i]) - sizeof(map[i].size);
        map[i].base = list->region[i].base;
        map[i].length = list->region[i].size;
        map[i].type = list->region[i].type;
    }
    info->memory_map = (uint32_t)memory_physical(map);
    info->memory_map_length = list->count * (uint32_t)sizeof(*map);
    info->memory_lower = (uint32_t)(usable_end(list, 0) / KIB);
    info->memory_upper = (uint32_t)((usable_end(list, MIB) - MIB) / KIB);
}

static void put_multiboot_modules(struct boot_record_area *area, struct multiboot1_info *info,
                                  const struct boot_info *boot)
{
    uint32_t count = boot->module_count - 1;
    struct multiboot1_module *modules = take(area, count * sizeof(*modules));

    for (uint32_t i = 0; i < count; i++) {
        const struct boot_module *module = &boot->modules[i + 1];

        modules[i].start = (uint32_t)module->start;
        modules[i].end = (uint32_t)(module->start + module->size);
        modules[i].command_line = (uint32_t)put_text(area, module->command_line);
    }
    info->module_count = count;
    info->modules = (uint32_t)memory_physical(modules);
}

uint64_t boot_record_multiboot(struct boot_record_area *area, const struct boot_info *boot,
                               const struct relocation *relocation)
{
    static struct region_list list;
    struct multiboot1_info *info = take(area, sizeof(*info));

    cut_map(&list, boot, relocation);
    info->flags = MULTIBOOT1_INFO_MEMORY | MULTIBOOT1_INFO_COMMAND_LINE | MULTIBOOT1_INFO_MODULES |
                  MULTIBOOT1_INFO_MEMORY_MAP | MULTIBOOT1_INFO_LOADER_NAME;
    put_multiboot_map(area, info, &list);
    put_multiboot_modules(area, info, boot);
    info->command_line = (uint32_t)put_text(area, boot->modules[0].command_line);
    info->loader_name = (uint32_t)put_text(area, "hvkit");
    return memory_physical(info);
}

/* Multiboot2 hands over a copy of the RSDP; the original may be nowhere in reach. */
static uint64_t put_rsdp(struct boot_record_area *area, const struct boot_info *boot)
{
    void *copy;

    if (boot->rsdp_length == 0)
        return acpi_bios_rsdp();
    copy = take(area, BOOT_RSDP_SIZE);
    memcpy(copy, boot->rsdp, boot->rsdp_length);
    return memory_physical(copy);
}

static void put_pvh_modules(struct boot_record_area *area, struct pvh_start_info *info,
                            const struct boot_info *boot)
{
    uint32_t count = boot->module_count - 1;
    struct pvh_module *modules = take(area, count * sizeof(*modules));

    for (uint32_t i = 0; i < count; i++) {
        modules[i].address = boot->modules[i + 1].start;
        modules[i].size = boot->modules[i + 1].size;
        modules[i].command_line = put_text(area, boot->modules[i + 1].command_line);
    }
    info->module_count = count;
    info->modules = memory_physical(modules);
}

uint64_t boot_record_pvh(struct boot_record_area *area, const struct boot_info *boot,
                         const struct relocation *relocation)
{
    static struct region_list list;
    struct pvh_start_info *info = take(area, sizeof(*info));
    struct pvh_region *map;

    cut_map(&list, boot, relocation);
    map = take(area, list.count * sizeof(*map));
    for (uint32_t i = 0; i < list.count; i++) {
        map[i].base = list.region[i].base;
        map[i].size = list.region[i].size;
        map[i].type = list.region[i].type;
    }
    info->magic = PVH_MAGIC;
    info->version = PVH_VERSION;
    info->memory_map = memory_physical(map);
    info->memory_map_entries = list.count;
    info->command_line = put_text(area, boot->modules[0].command_line);
    info->rsdp = put_rsdp(area, boot);
    put_pvh_modules(area, info, boot);
    return memory_physical(info);
}
