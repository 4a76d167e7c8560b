/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "load.h"

#include "mem.h"

static bool is_usable(const struct worker_map *map, uint64_t gpa, uint64_t size)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct worker_region *region = &map->region[i];

        if (region->type == WORKER_MEMORY_USABLE && gpa >= region->base &&
            gpa - region->base < region->size && size <= region->size - (gpa - region->base))
            return true;
    }
    return false;
}

void *load_at(const struct load *load, uint64_t gpa, uint64_t size)
{
    return is_usable(load->map, gpa, size) ? worker_memory_at(load->memory, gpa, size) : NULL;
}

bool load_copy(const struct load *load, uint64_t gpa, const void *bytes, uint64_t size,
               uint64_t memory_size)
{
    uint8_t *to = load_at(load, gpa, memory_size);

    if (!to)
        return false;
    memcpy(to, bytes, size);
    memset(to + size, 0, memory_size - size);
    return true;
}

/* Regions are in ascending order: the last one that has room is the highest. */
bool load_initrd(struct load *load, uint64_t first, uint64_t last)
{
    uint64_t size = load->kernel->initrd_size;

    for (uint32_t i = load->map->count; i-- > 0;) {
        const struct worker_region *region = &load->map->region[i];
        uint64_t end = region->base + region->size, start;

        if (region->type != WORKER_MEMORY_USABLE)
            continue;
        if (end - 1 > last)
            end = last + 1;
        if (end < size)
            continue;
        start = (end - size) & ~HV_PAGE_MASK;
        if (start < first || start < region->base)
            continue;
        load->initrd = start;
        return load_copy(load, start, load->kernel->initrd, size, size);
    }
    return false;
}

bool load_command_line(const struct load *load, uint64_t most)
{
    const char *text = load->kernel->command_line ? load->kernel->command_line : "";
    uint64_t length = 0;

    if (most > WORKER_COMMAND_LINE_LENGTH)
        most = WORKER_COMMAND_LINE_LENGTH;
    while (text[length])
        if (++length > most)
            return false;
    return load_copy(load, LOAD_COMMAND_LINE, text, length, length + 1);
}

const char *worker_load(struct worker_memory *memory, const struct worker_map *map,
                        const struct worker_kernel *kernel, struct worker_start *start)
{
    static const uint8_t elf[4] = { 0x7F, 'E', 'L', 'F' };
    struct load load = { .memory = memory, .map = map, .kernel = kernel, .start = start };
    uint8_t *own = load_at(&load, WORKER_LOADER_FIRST, WORKER_LOADER_END - WORKER_LOADER_FIRST);

    if (!own)
        return "can't be loaded: the guest has no memory below 256 KiB";
    memset(own, 0, WORKER_LOADER_END - WORKER_LOADER_FIRST);
    start->count = 0;
    if (kernel->image_size >= sizeof(elf) && memcmp(kernel->image, elf, sizeof(elf)) == 0)
        return load_elf(&load);
    return load_linux(&load);
}
