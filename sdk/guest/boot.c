/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Boot information of multiboot1, multiboot2 and PVH, made one.
 *
 * The loader is trusted; still, all sizes are bounded by our own tables.
 */
#include "private.h"

#define MB1_HAS_MEMORY       (1u << 0)
#define MB1_HAS_COMMAND_LINE (1u << 2)
#define MB1_HAS_MODULES      (1u << 3)
#define MB1_HAS_MAP          (1u << 6)

struct mb1_info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper; /* KiB */
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count, modules;
    uint32_t symbols[4];
    uint32_t map_length, map;
};

struct mb1_module {
    uint32_t start, end, command_line, reserved;
};

struct mb1_region {
    uint32_t size; /* of what follows */
    uint64_t base, length;
    uint32_t type;
} __attribute__((packed));

enum mb2_tag_type {
    MB2_END = 0,
    MB2_COMMAND_LINE = 1,
    MB2_MODULE = 3,
    MB2_MAP = 6,
    MB2_RSDP_OLD = 14,
    MB2_RSDP = 15,
};

struct mb2_tag {
    uint32_t type, size;
};

struct mb2_module {
    struct mb2_tag tag;
    uint32_t start, end;
    char command_line[];
};

struct mb2_map {
    struct mb2_tag tag;
    uint32_t entry_size, entry_version;
};

struct mb2_region {
    uint64_t base, length;
    uint32_t type, reserved;
};

/* struct hvm_start_info, version 1 */
struct pvh_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp, map;
    uint32_t map_count, reserved;
};

struct pvh_module {
    uint64_t base, size, command_line, reserved;
};

struct pvh_region {
    uint64_t base, size;
    uint32_t type, reserved;
};

static struct guest_boot_info info;
static uint8_t rsdp_copy[36] __attribute__((aligned(16)));

const struct guest_boot_info *boot_info(void)
{
    return &info;
}

static void copy_string(char *to, size_t size, uint64_t from)
{
    const char *s = virt_of(from);
    size_t length = from == 0 ? 0 : strlen(s);

    if (length >= size)
        length = size - 1;
    memcpy(to, s, length);
    to[length] = 0;
}

void boot_add_options(const char *words)
{
    size_t length = strlen(info.command_line);

    if (length + 2 > sizeof(info.command_line))
        return;
    info.command_line[length] = ' ';
    copy_string(info.command_line + length + 1, sizeof(info.command_line) - length - 1,
                phys_of(words));
}

static void add_region(uint64_t base, uint64_t size, uint32_t type)
{
    if (size == 0 || base + size < base || info.region_count == GUEST_MAX_MEMORY_REGIONS)
        return;
    info.regions[info.region_count++] = (struct guest_memory_region){ base, size, type };
}

static void add_module(uint64_t base, uint64_t size, uint64_t name)
{
    struct guest_module *module;

    if (info.module_count == GUEST_MAX_MODULES)
        guest_panic("more than %u modules", GUEST_MAX_MODULES);
    module = &info.modules[info.module_count++];
    module->base = base;
    module->size = size;
    copy_string(module->name, sizeof(module->name), name);
}

static void parse_mb1_map(const struct mb1_info *mb1)
{
    uint32_t at = mb1->map, end = mb1->map + mb1->map_length;

    while (at < end) {
        const struct mb1_region *region = virt_of(at);

        add_region(region->base, region->length, region->type);
        at += region->size + (uint32_t)sizeof(region->size);
    }
}

static void parse_mb1(const struct mb1_info *mb1)
{
    info.protocol = BOOT_MULTIBOOT1;
    if (mb1->flags & MB1_HAS_COMMAND_LINE)
        copy_string(info.command_line, sizeof(info.command_line), mb1->command_line);
    if (mb1->flags & MB1_HAS_MAP) {
        parse_mb1_map(mb1);
    } else if (mb1->flags & MB1_HAS_MEMORY) {
        add_region(0, (uint64_t)mb1->mem_lower << 10, MEMORY_USABLE);
        add_region(0x100000, (uint64_t)mb1->mem_upper << 10, MEMORY_USABLE);
    }
    if (mb1->flags & MB1_HAS_MODULES) {
        const struct mb1_module *module = virt_of(mb1->modules);

        for (uint32_t i = 0; i < mb1->module_count; i++)
            add_module(module[i].start, module[i].end - module[i].start, module[i].command_line);
    }
}

static void parse_mb2_map(const struct mb2_map *map)
{
    uint32_t offset = sizeof(*map);

    while (offset + sizeof(struct mb2_region) <= map->tag.size &&
           map->entry_size >= sizeof(struct mb2_region)) {
        const struct mb2_region *region = (const void *)((const char *)map + offset);

        add_region(region->base, region->length, region->type);
        offset += map->entry_size;
    }
}

/* The tag holds a copy of the RSDP, in memory that is about to be free. */
static void keep_rsdp(const struct mb2_tag *tag)
{
    size_t size = tag->size - sizeof(*tag);

    memcpy(rsdp_copy, tag + 1, size < sizeof(rsdp_copy) ? size : sizeof(rsdp_copy));
    info.rsdp = phys_of(rsdp_copy);
}

static void parse_mb2_tag(const struct mb2_tag *tag)
{
    const struct mb2_module *module = (const void *)tag;

    switch (tag->type) {
    case MB2_COMMAND_LINE:
        copy_string(info.command_line, sizeof(info.command_line), phys_of(tag + 1));
        break;
    case MB2_MODULE:
        add_module(module->start, module->end - module->start, phys_of(module->command_line));
        break;
    case MB2_MAP:
        parse_mb2_map((const void *)tag);
        break;
    case MB2_RSDP_OLD:
        if (info.rsdp == 0)
            keep_rsdp(tag);
        break;
    case MB2_RSDP:
        keep_rsdp(tag);
        break;
    default:
        break;
    }
}

static void parse_mb2(const uint32_t *total_size)
{
    uint32_t offset = 8;

    info.protocol = BOOT_MULTIBOOT2;
    while (offset + sizeof(struct mb2_tag) <= *total_size) {
        const struct mb2_tag *tag = (const void *)((const char *)total_size + offset);

        if (tag->type == MB2_END || tag->size < sizeof(*tag))
            return;
        parse_mb2_tag(tag);
        offset += (tag->size + 7) & ~7u;
    }
}

static void parse_pvh(const struct pvh_info *pvh)
{
    const struct pvh_module *module = virt_of(pvh->modules);
    const struct pvh_region *region = virt_of(pvh->map);

    info.protocol = BOOT_PVH;
    info.rsdp = pvh->rsdp;
    copy_string(info.command_line, sizeof(info.command_line), pvh->command_line);
    for (uint32_t i = 0; i < pvh->module_count; i++)
        add_module(module[i].base, module[i].size, module[i].command_line);
    for (uint32_t i = 0; pvh->version >= 1 && i < pvh->map_count; i++)
        add_region(region[i].base, region[i].size, region[i].type);
}

/* Xen's firmware_override enters at the ELF entry point instead of the note's: the registers are
 * those of PVH, but EAX says nothing. */
static bool is_pvh_info(uint32_t address)
{
    uint32_t magic;

    memcpy(&magic, virt_of(address), sizeof(magic));
    return magic == MAGIC_PVH;
}

void boot_parse(uint32_t magic, uint32_t address)
{
    if (magic != MAGIC_MULTIBOOT1 && magic != MAGIC_MULTIBOOT2 && is_pvh_info(address))
        magic = MAGIC_PVH;
    switch (magic) {
    case MAGIC_MULTIBOOT1:
        parse_mb1(virt_of(address));
        break;
    case MAGIC_MULTIBOOT2:
        parse_mb2(virt_of(address));
        break;
    case MAGIC_PVH:
        parse_pvh(virt_of(address));
        break;
    default:
        guest_panic("booted by an unknown protocol, magic %#x", magic);
    }
    if (info.region_count == 0)
        guest_panic("the boot loader gave no memory map");
}
