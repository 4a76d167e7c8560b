/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Reads the headers of a boot module: an ELF image (32 or 64 bits, x86) that a multiboot loader or
   a PVH host can start. A pure function of the bytes; it loads nothing. */
#ifndef TYPE1_ELF_H
#define TYPE1_ELF_H

#include <stdbool.h>
#include <stdint.h>

#define ELF_MAX_SEGMENTS 32

enum elf_status {
    ELF_OK,
    ELF_TOO_SHORT,
    ELF_NOT_ELF,
    ELF_WRONG_MACHINE,
    ELF_NOT_EXECUTABLE,
    ELF_BAD_HEADERS,
    ELF_TOO_MANY_SEGMENTS,
    ELF_NO_SEGMENTS,
    ELF_BAD_SEGMENT,
    ELF_ENTRY_OUTSIDE,
    ELF_NO_PROTOCOL,
    ELF_STATUS_COUNT,
};

/* What is to be put at a physical address: size bytes of the file, zeros to memory_size. */
struct elf_segment {
    uint64_t offset;
    uint64_t address;
    uint64_t file_size;
    uint64_t memory_size;
};

struct elf_image {
    uint32_t segment_count;
    struct elf_segment segments[ELF_MAX_SEGMENTS];
    bool multiboot;     /* has a multiboot1 header without unknown required flags */
    bool pvh;           /* has a note with a PVH entry */
    uint32_t entry;     /* physical, of multiboot */
    uint32_t pvh_entry; /* physical */
};

/* Nothing of image is promised unless ELF_OK is returned. */
enum elf_status elf_parse(const uint8_t *bytes, uint64_t size, struct elf_image *image);

/* What is wrong, and what to do, in words. */
const char *elf_status_text(enum elf_status status);

#endif
