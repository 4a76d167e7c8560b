/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The Linux/x86 Boot Protocol, "The Real-Mode Kernel Header"; of ELF files, what loaders' parser
   says. */
#include "kernel.h"

#include <boot/elf.h>
#include <hvkit/machine_format.h>

#define BOOT_FLAG       0x1FE
#define HEADER          0x202
#define VERSION         0x206
#define XLOADFLAGS      0x236
#define CMDLINE_SIZE    0x238
#define PREF_ADDRESS    0x258
#define INIT_SIZE       0x260
#define HEADER_END      0x264
#define BOOT_FLAG_MAGIC 0xAA55u
#define HEADER_MAGIC    0x53726448u /* "HdrS" */
#define VERSION_2_12    0x20Cu      /* the first with xloadflags */
#define XLF_KERNEL_64   1u

static uint64_t number(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static bool is_linux(const uint8_t *bytes, uint64_t size)
{
    return size >= HEADER_END && number(bytes + BOOT_FLAG, 2) == BOOT_FLAG_MAGIC &&
           number(bytes + HEADER, 4) == HEADER_MAGIC;
}

static const char *examine_linux(const uint8_t *bytes, struct kernel *kernel)
{
    uint64_t address = number(bytes + PREF_ADDRESS, 8);

    if (number(bytes + VERSION, 2) < VERSION_2_12 ||
        (number(bytes + XLOADFLAGS, 2) & XLF_KERNEL_64) == 0)
        return "is a Linux kernel without a 64-bit entry; take one for x86-64, of version 3.8 or "
               "later";
    if (address > HV_MACHINE_MAX_MEMORY)
        return "is a Linux kernel that wants to lie beyond any memory; it is damaged";
    kernel->protocols[HV_MACHINE_BOOT_LINUX] = true;
    kernel->end = address + number(bytes + INIT_SIZE, 4);
    kernel->command_line = number(bytes + CMDLINE_SIZE, 4);
    return NULL;
}

static const char *examine_elf(const uint8_t *bytes, uint64_t size, struct kernel *kernel)
{
    static struct elf_image image;
    enum elf_status status = elf_parse(bytes, size, &image);

    if (status == ELF_TOO_SHORT || status == ELF_NOT_ELF)
        return "is neither a bzImage of Linux nor an ELF file";
    if (status != ELF_OK)
        return elf_status_text(status);
    kernel->protocols[HV_MACHINE_BOOT_PVH] = image.pvh;
    kernel->protocols[HV_MACHINE_BOOT_MULTIBOOT] = image.multiboot;
    for (uint32_t i = 0; i < image.segment_count; i++) {
        uint64_t end = image.segments[i].address + image.segments[i].memory_size;

        if (end > kernel->end)
            kernel->end = end;
    }
    return NULL;
}

const char *kernel_examine(const uint8_t *bytes, uint64_t size, struct kernel *kernel)
{
    *kernel = (struct kernel){ .end = 0 };
    return is_linux(bytes, size) ? examine_linux(bytes, kernel) : examine_elf(bytes, size, kernel);
}
