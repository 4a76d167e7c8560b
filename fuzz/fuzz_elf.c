/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * An ELF image's headers, as loaders of the SDK read them: whatever elf_parse() accepts must be
 * safe to load by what it says alone.
 */
#include <stdint.h>
#include <stdlib.h>

#include <boot/elf.h>

#include "fuzz.h"

#define FOUR_GIB (UINT64_C(1) << 32)

static void check_segment(const struct elf_segment *segment, size_t size)
{
    if (segment->offset > size || segment->file_size > size - segment->offset)
        abort();
    if (segment->file_size > segment->memory_size || segment->memory_size == 0)
        abort();
    if (segment->address >= FOUR_GIB || segment->memory_size > FOUR_GIB - segment->address)
        abort();
}

static int is_loaded(const struct elf_image *image, uint64_t address)
{
    for (uint32_t i = 0; i < image->segment_count; i++)
        if (address - image->segments[i].address < image->segments[i].memory_size)
            return 1;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image image;
    enum elf_status status = elf_parse(data, size, &image);

    if (!elf_status_text(status))
        abort();
    if (status != ELF_OK)
        return 0;
    for (uint32_t i = 0; i < image.segment_count; i++)
        check_segment(&image.segments[i], size);
    if (!image.multiboot && !image.pvh)
        abort();
    if (image.multiboot && !is_loaded(&image, image.entry))
        abort();
    if (image.pvh && !is_loaded(&image, image.pvh_entry))
        abort();
    return 0;
}
