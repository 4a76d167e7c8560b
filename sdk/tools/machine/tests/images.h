/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The least bytes that are a kernel. */
#ifndef MACHINE_TESTS_IMAGES_H
#define MACHINE_TESTS_IMAGES_H

#include <stdint.h>
#include <string.h>

#define IMAGE_SIZE  0x800u
#define IMAGE_NOTE  0x200u
#define IMAGE_BASE  0x100000u
#define LINUX_FLAG  0x236u
#define LINUX_LINE  0x238u
#define LINUX_BASE  0x258u
#define LINUX_SPACE 0x260u

static inline void image_put(uint8_t *image, unsigned offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        image[offset + i] = (uint8_t)(value >> (8 * i));
}

/* A bzImage for x86-64 that takes 2 MiB at 1 MiB, and a command line of 255 bytes: two sectors of
   setup, two of the kernel. */
static inline void image_linux(uint8_t *image)
{
    memset(image, 0, IMAGE_SIZE);
    image_put(image, 0x1F1, 1, 1);
    image_put(image, 0x1F4, 4, 0x400 / 16);
    image_put(image, 0x1FE, 2, 0xAA55);
    memcpy(image + 0x202, "HdrS", 4);
    image_put(image, 0x201, 1, 0x62);
    image_put(image, 0x206, 2, 0x20C);
    image_put(image, 0x211, 1, 1);
    image_put(image, 0x230, 4, IMAGE_BASE);
    image_put(image, LINUX_FLAG, 2, 1);
    image_put(image, LINUX_LINE, 4, 255);
    image_put(image, LINUX_BASE, 8, IMAGE_BASE);
    image_put(image, LINUX_SPACE, 4, 2 << 20);
}

static inline void image_multiboot(uint8_t *image)
{
    image_put(image, 0x100, 4, 0x1BADB002);
    image_put(image, 0x108, 4, (uint32_t)-0x1BADB002);
}

static inline void image_pvh(uint8_t *image)
{
    image_put(image, IMAGE_NOTE, 4, 4);
    image_put(image, IMAGE_NOTE + 4, 4, 4);
    image_put(image, IMAGE_NOTE + 8, 4, 18);
    memcpy(image + IMAGE_NOTE + 12, "Xen", 4);
    image_put(image, IMAGE_NOTE + 16, 4, IMAGE_BASE);
}

/* An ELF32 file with a segment of 2 MiB at 1 MiB, and a place for a note; no boot protocol yet. */
static inline void image_elf(uint8_t *image)
{
    memset(image, 0, IMAGE_SIZE);
    memcpy(image, "\177ELF\1\1\1", 7);
    image_put(image, 16, 2, 2);
    image_put(image, 18, 2, 3);
    image_put(image, 24, 4, IMAGE_BASE);
    image_put(image, 28, 4, 52);
    image_put(image, 42, 2, 32);
    image_put(image, 44, 2, 2);
    /* PT_LOAD */
    image_put(image, 52, 4, 1);
    image_put(image, 60, 4, IMAGE_BASE);
    image_put(image, 64, 4, IMAGE_BASE);
    image_put(image, 68, 4, IMAGE_SIZE);
    image_put(image, 72, 4, 2 << 20);
    /* PT_NOTE */
    image_put(image, 84, 4, 4);
    image_put(image, 88, 4, IMAGE_NOTE);
    image_put(image, 100, 4, 20);
}

#endif
