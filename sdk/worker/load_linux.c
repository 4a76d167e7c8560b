/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The Linux/x86 Boot Protocol, "64-bit Boot Protocol". */
#include <boot/bzimage.h>

#include "load.h"
#include "mem.h"

#define ONE_MIB UINT64_C(0x100000)

static const char no_room[] = "does not fit into the guest's memory; give it more";

/* Where the kernel wants to be, or else the lowest place where it may be. */
static bool place_kernel(const struct load *load, struct bzimage *image)
{
    uint64_t lowest = (ONE_MIB + image->alignment - 1) & ~(image->alignment - 1);

    if (image->address >= ONE_MIB && image->address + image->memory_size <= FOUR_GIB &&
        load_at(load, image->address, image->memory_size))
        return true;
    if (!image->relocatable || lowest + image->memory_size > FOUR_GIB)
        return false;
    image->address = lowest;
    return load_at(load, lowest, image->memory_size) != NULL;
}

static void put(uint8_t *page, uint32_t offset, unsigned size, uint64_t value)
{
    memcpy(page + offset, &value, size);
}

static void put_map(const struct worker_map *map, uint8_t *page)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct zero_page_region region = { .base = map->region[i].base,
                                                 .size = map->region[i].size,
                                                 .type = map->region[i].type };

        memcpy(page + ZERO_PAGE_MAP + i * sizeof(region), &region, sizeof(region));
    }
    put(page, ZERO_PAGE_MAP_COUNT, 1, map->count);
}

static bool put_zero_page(const struct load *load, const struct bzimage *image)
{
    const struct worker_kernel *kernel = load->kernel;
    uint8_t *page = load_at(load, LOAD_INFO, ZERO_PAGE_SIZE);

    if (!page)
        return false;
    memcpy(page + ZERO_PAGE_HEADER, kernel->image + BZIMAGE_SETUP_SECTORS, image->header_size);
    put(page, BZIMAGE_LOADER_TYPE, 1, BZIMAGE_LOADER_UNKNOWN);
    put(page, BZIMAGE_CODE32_START, 4, image->address);
    put(page, BZIMAGE_INITRD_ADDRESS, 4, load->initrd);
    put(page, BZIMAGE_INITRD_SIZE, 4, kernel->initrd_size);
    put(page, BZIMAGE_COMMAND_LINE, 4, LOAD_COMMAND_LINE);
    put(page, ZERO_PAGE_RSDP, 8, kernel->rsdp);
    put_map(load->map, page);
    return true;
}

static uint64_t last_of_initrd(const struct bzimage *image)
{
    return image->initrd_max < FOUR_GIB - 1 ? image->initrd_max : FOUR_GIB - 1;
}

const char *load_linux(struct load *load)
{
    const struct worker_kernel *kernel = load->kernel;
    struct bzimage image;
    enum bzimage_status status = bzimage_parse(kernel->image, kernel->image_size, &image);

    if (status != BZIMAGE_OK)
        return bzimage_status_text(status);
    if (!place_kernel(load, &image) ||
        !load_copy(load, image.address, kernel->image + image.kernel_offset, image.kernel_size,
                   image.kernel_size))
        return no_room;
    if (!load_command_line(load, image.command_line_size))
        return "takes no command line of that length; shorten it";
    if (kernel->initrd_size != 0 &&
        !load_initrd(load, image.address + image.memory_size, last_of_initrd(&image)))
        return "has an initrd that does not fit into the guest's memory beside it; give it more";
    if (!put_zero_page(load, &image) || !load_start_64(load, image.address + BZIMAGE_ENTRY_64))
        return no_room;
    load_register(load, HvX64RegisterRsi, LOAD_INFO);
    return NULL;
}
