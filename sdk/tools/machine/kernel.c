/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the parsers of loaders say. */
#include "kernel.h"

#include <boot/bzimage.h>
#include <boot/elf.h>
#include <hvkit/machine_format.h>

static const char *examine_linux(const uint8_t *bytes, uint64_t size, struct kernel *kernel)
{
    struct bzimage image;
    enum bzimage_status status = bzimage_parse(bytes, size, &image);

    if (status == BZIMAGE_NOT_LINUX)
        return "is neither a bzImage of Linux nor an ELF file";
    if (status != BZIMAGE_OK)
        return bzimage_status_text(status);
    kernel->protocols[HV_MACHINE_BOOT_LINUX] = true;
    kernel->end = image.address + image.memory_size;
    kernel->command_line = image.command_line_size;
    return NULL;
}

static void take_elf(const struct elf_image *image, struct kernel *kernel)
{
    kernel->protocols[HV_MACHINE_BOOT_PVH] = image->pvh;
    kernel->protocols[HV_MACHINE_BOOT_MULTIBOOT] = image->multiboot;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        uint64_t end = image->segments[i].address + image->segments[i].memory_size;

        if (end > kernel->end)
            kernel->end = end;
    }
}

const char *kernel_examine(const uint8_t *bytes, uint64_t size, struct kernel *kernel)
{
    static struct elf_image image;
    enum elf_status status = elf_parse(bytes, size, &image);

    *kernel = (struct kernel){ .end = 0 };
    if (status == ELF_TOO_SHORT || status == ELF_NOT_ELF)
        return examine_linux(bytes, size, kernel);
    if (status != ELF_OK)
        return elf_status_text(status);
    take_elf(&image, kernel);
    return NULL;
}
