/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Reads the header of a Linux kernel (bzImage) for the 64-bit boot protocol, and the layout
 * of what such a kernel is handed. A pure function of the bytes; it loads nothing.
 *
 * Source: The Linux/x86 Boot Protocol, in the kernel's Documentation/arch/x86/boot.rst and
 * zero-page.rst.
 */
#ifndef BOOT_BZIMAGE_H
#define BOOT_BZIMAGE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * @name The setup header
 * Offsets in the file, and in the zero page.
 * @{
 */
#define BZIMAGE_SETUP_SECTORS       0x1F1u
#define BZIMAGE_SYSTEM_SIZE         0x1F4u /**< in units of 16 bytes */
#define BZIMAGE_BOOT_FLAG           0x1FEu
#define BZIMAGE_HEADER_LENGTH       0x201u /**< the header ends so many bytes behind 0x202 */
#define BZIMAGE_MAGIC               0x202u
#define BZIMAGE_VERSION             0x206u
#define BZIMAGE_LOADER_TYPE         0x210u
#define BZIMAGE_LOAD_FLAGS          0x211u
#define BZIMAGE_CODE32_START        0x214u
#define BZIMAGE_INITRD_ADDRESS      0x218u
#define BZIMAGE_INITRD_SIZE         0x21Cu
#define BZIMAGE_COMMAND_LINE        0x228u
#define BZIMAGE_INITRD_MAX          0x22Cu
#define BZIMAGE_ALIGNMENT           0x230u
#define BZIMAGE_RELOCATABLE         0x234u
#define BZIMAGE_EXTENDED_LOAD_FLAGS 0x236u
#define BZIMAGE_COMMAND_LINE_SIZE   0x238u
#define BZIMAGE_PREFERRED_ADDRESS   0x258u
#define BZIMAGE_INIT_SIZE           0x260u
/** @} */

/**
 * @name The zero page
 * Offsets of what is no part of the setup header.
 * @{
 */
#define ZERO_PAGE_RSDP       0x070u /**< address of ACPI's root pointer */
#define ZERO_PAGE_MAP_COUNT  0x1E8u /**< entries of the memory map */
#define ZERO_PAGE_HEADER     0x1F1u /**< the setup header */
#define ZERO_PAGE_HEADER_END 0x290u /**< the header ends here at the latest */
#define ZERO_PAGE_MAP        0x2D0u /**< struct zero_page_region */
#define ZERO_PAGE_MAP_MAX    128u   /**< most entries of the memory map */
#define ZERO_PAGE_SIZE       0x1000u
/** @} */

#define BZIMAGE_LOADER_UNKNOWN 0xFFu  /**< loader type of those that have no number */
#define BZIMAGE_ENTRY_64       0x200u /**< the entry, from the start of the kernel */
#define BZIMAGE_CODE_SELECTOR  0x10u  /**< CS at the entry */
#define BZIMAGE_DATA_SELECTOR  0x18u  /**< DS, ES and SS at the entry */

/** An entry of the memory map. */
struct zero_page_region {
    uint64_t base; /**< first address */
    uint64_t size; /**< bytes */
    uint32_t type; /**< as in ACPI's E820 map; 1 is usable */
} __attribute__((packed));

/** What bzimage_parse() says of a file. */
enum bzimage_status {
    BZIMAGE_OK,           /**< it is good */
    BZIMAGE_TOO_SHORT,    /**< header or kernel are cut off */
    BZIMAGE_NOT_LINUX,    /**< another kind of file, or too short to tell */
    BZIMAGE_TOO_OLD,      /**< boot protocol before 2.12 */
    BZIMAGE_NOT_64_BIT,   /**< no 64-bit entry */
    BZIMAGE_BAD_HEADER,   /**< sizes or addresses that can't be */
    BZIMAGE_STATUS_COUNT, /**< how many there are */
};

/** What bzimage_parse() has found. */
struct bzimage {
    uint64_t kernel_offset;     /**< of the 64-bit part, in the file */
    uint64_t kernel_size;       /**< its bytes, all in the file, more than BZIMAGE_ENTRY_64 */
    uint32_t header_size;       /**< of the setup header, from BZIMAGE_SETUP_SECTORS on */
    uint32_t command_line_size; /**< most characters, without the zero at the end */
    uint64_t address;           /**< where to load: preferred, a multiple of alignment */
    uint64_t memory_size;       /**< what it needs from there on, at least kernel_size */
    uint64_t alignment;         /**< a power of two */
    uint64_t initrd_max;        /**< last address that an initrd may occupy */
    bool relocatable;           /**< may be loaded elsewhere */
};

/**
 * Reads a kernel.
 *
 * @param bytes  The file, from anywhere.
 * @param size   Of it.
 * @param image  Filled when BZIMAGE_OK is returned, else undefined.
 */
enum bzimage_status bzimage_parse(const uint8_t *bytes, uint64_t size, struct bzimage *image);

/** What is wrong, and what to do, in words that follow the file's name. */
const char *bzimage_status_text(enum bzimage_status status);

#endif
