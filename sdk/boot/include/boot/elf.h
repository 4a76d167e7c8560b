/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Reads the headers of an ELF image (32 or 64 bits, x86) that a multiboot loader or a PVH
 * host can start. A pure function of the bytes; it loads nothing.
 *
 * Sources: System V ABI, chapters 4 and 5; Multiboot Specification 0.6.96, 3.1; Xen's public
 * interface, the ELF note XEN_ELFNOTE_PHYS32_ENTRY.
 */
#ifndef BOOT_ELF_H
#define BOOT_ELF_H

#include <stdbool.h>
#include <stdint.h>

#define ELF_MAX_SEGMENTS 32 /**< most of an image that is loaded */

/** What elf_parse() says of an image. */
enum elf_status {
    ELF_OK,                /**< it is good */
    ELF_TOO_SHORT,         /**< no room for a header */
    ELF_NOT_ELF,           /**< another kind of file */
    ELF_WRONG_MACHINE,     /**< not for x86 */
    ELF_NOT_EXECUTABLE,    /**< an object or a core */
    ELF_BAD_HEADERS,       /**< program headers outside of the file */
    ELF_TOO_MANY_SEGMENTS, /**< more than ELF_MAX_SEGMENTS */
    ELF_NO_SEGMENTS,       /**< nothing to load */
    ELF_BAD_SEGMENT,       /**< a segment outside of the file or above 4 GiB */
    ELF_ENTRY_OUTSIDE,     /**< an entry outside of what is loaded */
    ELF_NO_PROTOCOL,       /**< neither multiboot nor PVH */
    ELF_STATUS_COUNT,      /**< how many there are */
};

/** What is to be put at a physical address: file_size bytes of the file, zeros to memory_size. */
struct elf_segment {
    uint64_t offset;      /**< in the file */
    uint64_t address;     /**< physical, below 4 GiB */
    uint64_t file_size;   /**< bytes in the file, at most memory_size */
    uint64_t memory_size; /**< bytes in memory, not 0 */
};

/** What elf_parse() has found. */
struct elf_image {
    uint32_t segment_count;                        /**< at least 1 */
    struct elf_segment segments[ELF_MAX_SEGMENTS]; /**< in the order of the file */
    bool multiboot;     /**< has a multiboot1 header without unknown required flags */
    bool pvh;           /**< has a note with a PVH entry */
    uint32_t entry;     /**< physical, of multiboot */
    uint32_t pvh_entry; /**< physical, of PVH */
};

/**
 * Reads an image.
 *
 * @param bytes  The file, from anywhere.
 * @param size   Of it.
 * @param image  Filled when ELF_OK is returned, else undefined.
 */
enum elf_status elf_parse(const uint8_t *bytes, uint64_t size, struct elf_image *image);

/** What is wrong, and what to do, in words that follow the file's name. */
const char *elf_status_text(enum elf_status status);

#endif
