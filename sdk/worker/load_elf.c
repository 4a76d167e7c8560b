/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <boot/elf.h>
#include <boot/multiboot.h>
#include <boot/pvh.h>

#include "load.h"
#include "mem.h"

#define KIB     1024u
#define ONE_MIB UINT64_C(0x100000)

static const char no_room[] = "does not fit into the guest's memory; give it more";

/* ---- The image ---- */

static const char *load_segments(const struct load *load, const struct elf_image *image,
                                 uint64_t *end)
{
    *end = ONE_MIB;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        uint64_t segment_end = segment->address + segment->memory_size;

        if (segment->address < WORKER_LOADER_END && segment_end > WORKER_LOADER_FIRST)
            return "has a segment in the first 256 KiB, which the loader needs; link it elsewhere";
        if (!load_copy(load, segment->address, load->kernel->image + segment->offset,
                       segment->file_size, segment->memory_size))
            return no_room;
        if (segment_end > *end)
            *end = segment_end;
    }
    return NULL;
}

/* ---- PVH ---- */

static bool put_pvh_map(const struct load *load)
{
    struct pvh_region map[WORKER_MAP_REGIONS];

    for (uint32_t i = 0; i < load->map->count; i++)
        map[i] = (struct pvh_region){ .base = load->map->region[i].base,
                                      .size = load->map->region[i].size,
                                      .type = load->map->region[i].type };
    return load_copy(load, LOAD_MAP, map, load->map->count * sizeof(map[0]), sizeof(map));
}

static bool put_pvh_info(const struct load *load)
{
    const struct worker_kernel *kernel = load->kernel;
    const struct pvh_module module = { .address = load->initrd, .size = kernel->initrd_size };
    const struct pvh_start_info info = {
        .magic = PVH_MAGIC,
        .version = PVH_VERSION,
        .module_count = kernel->initrd_size ? 1 : 0,
        .modules = kernel->initrd_size ? LOAD_MODULES : 0,
        .command_line = LOAD_COMMAND_LINE,
        .rsdp = kernel->rsdp,
        .memory_map = LOAD_MAP,
        .memory_map_entries = load->map->count,
    };

    return put_pvh_map(load) &&
           load_copy(load, LOAD_MODULES, &module, sizeof(module), sizeof(module)) &&
           load_copy(load, LOAD_INFO, &info, sizeof(info), sizeof(info));
}

/* ---- Multiboot ---- */

/* KiB of usable memory from an address on. */
static uint32_t usable_kib(const struct worker_map *map, uint64_t start)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct worker_region *region = &map->region[i];

        if (region->type == WORKER_MEMORY_USABLE && region->base <= start &&
            region->base + region->size > start)
            return (uint32_t)((region->base + region->size - start) / KIB);
    }
    return 0;
}

static bool put_multiboot_map(const struct load *load)
{
    struct multiboot1_region map[WORKER_MAP_REGIONS];

    for (uint32_t i = 0; i < load->map->count; i++)
        map[i] = (struct multiboot1_region){ .size = sizeof(map[i]) - sizeof(map[i].size),
                                             .base = load->map->region[i].base,
                                             .length = load->map->region[i].size,
                                             .type = load->map->region[i].type };
    return load_copy(load, LOAD_MAP, map, load->map->count * sizeof(map[0]), sizeof(map));
}

static bool put_multiboot_info(const struct load *load)
{
    const struct worker_kernel *kernel = load->kernel;
    const struct multiboot1_module module = { .start = (uint32_t)load->initrd,
                                              .end =
                                                  (uint32_t)(load->initrd + kernel->initrd_size) };
    const struct multiboot1_info info = {
        .flags = MULTIBOOT1_INFO_MEMORY | MULTIBOOT1_INFO_COMMAND_LINE | MULTIBOOT1_INFO_MODULES |
                 MULTIBOOT1_INFO_MEMORY_MAP,
        .memory_lower = usable_kib(load->map, 0),
        .memory_upper = usable_kib(load->map, ONE_MIB),
        .command_line = LOAD_COMMAND_LINE,
        .module_count = kernel->initrd_size ? 1 : 0,
        .modules = LOAD_MODULES,
        .memory_map_length = load->map->count * (uint32_t)sizeof(struct multiboot1_region),
        .memory_map = LOAD_MAP,
    };

    return put_multiboot_map(load) &&
           load_copy(load, LOAD_MODULES, &module, sizeof(module), sizeof(module)) &&
           load_copy(load, LOAD_INFO, &info, sizeof(info), sizeof(info));
}

const char *load_elf(struct load *load)
{
    struct elf_image image;
    enum elf_status status = elf_parse(load->kernel->image, load->kernel->image_size, &image);
    const char *wrong;
    uint64_t end;
    bool pvh;

    if (status != ELF_OK)
        return elf_status_text(status);
    pvh = image.pvh && !(load->kernel->multiboot && image.multiboot);
    wrong = load_segments(load, &image, &end);
    if (wrong)
        return wrong;
    if (!load_command_line(load, WORKER_COMMAND_LINE_LENGTH))
        return "takes no command line of that length; shorten it";
    if (load->kernel->initrd_size != 0 && !load_initrd(load, end, FOUR_GIB - 1))
        return "has an initrd that does not fit into the guest's memory beside it; give it more";
    if (!(pvh ? put_pvh_info(load) : put_multiboot_info(load)))
        return no_room;
    load_start_32(load, pvh ? image.pvh_entry : image.entry);
    load_register(load, HvX64RegisterRbx, LOAD_INFO);
    if (!pvh)
        load_register(load, HvX64RegisterRax, MULTIBOOT1_LOADER_MAGIC);
    return NULL;
}
