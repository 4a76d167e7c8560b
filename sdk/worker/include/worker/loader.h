/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Puts a kernel into a guest's memory, and says in which state its first VP starts.
 *
 * Kernels come from the guest's owner and are not trusted: whatever a file holds, only the guest's
 * memory is written, and only where the memory map says that it is usable.
 *
 * Three ways lead into a kernel; the file says which it knows, and the first of them is taken,
 * unless worker_kernel::multiboot says otherwise:
 *
 * - Linux as a bzImage, by the 64-bit boot protocol;
 * - an ELF image by PVH (Linux's vmlinux is one), in 32-bit protected mode;
 * - an ELF image by multiboot 1, in 32-bit protected mode.
 *
 * Source: The Linux/x86 Boot Protocol; Xen's public interface, start_info.h; Multiboot
 * Specification 0.6.96.
 */
#ifndef WORKER_LOADER_H
#define WORKER_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include <worker/memory.h>
#include <worker/vid.h>

/**
 * @name What the loader writes for the kernel
 * Guest memory from WORKER_LOADER_FIRST to WORKER_LOADER_END must be usable; no kernel may be
 * there.
 * @{
 */
#define WORKER_LOADER_FIRST        0x6000u
#define WORKER_LOADER_END          0x40000u
#define WORKER_COMMAND_LINE_LENGTH 0x4000u /**< most characters, whatever a kernel allows */
/** @} */

/**
 * @name Types of memory
 * ACPI specification, "Address Range Types".
 * @{
 */
#define WORKER_MEMORY_USABLE   1u
#define WORKER_MEMORY_RESERVED 2u
#define WORKER_MEMORY_ACPI     3u /**< tables; usable when they were read */
/** @} */

#define WORKER_MAP_REGIONS     16u /**< most of a memory map */
#define WORKER_START_REGISTERS 48u /**< most of a start */

/** An entry of the memory map. */
struct worker_region {
    uint64_t base; /**< first address */
    uint64_t size; /**< bytes */
    uint32_t type; /**< WORKER_MEMORY value */
};

/** The memory map, by ascending address. */
struct worker_map {
    uint32_t count;                                  /**< regions */
    struct worker_region region[WORKER_MAP_REGIONS]; /**< without overlaps */
};

/** What is to be started. The bytes are needed until worker_load() returns. */
struct worker_kernel {
    const uint8_t *image;     /**< the kernel's file */
    uint64_t image_size;      /**< of it */
    const uint8_t *initrd;    /**< its initrd, or multiboot module; NULL: none */
    uint64_t initrd_size;     /**< of it */
    const char *command_line; /**< zero-terminated; NULL is the empty one */
    uint64_t rsdp;            /**< GPA of ACPI's root pointer; 0: there is none */
    bool multiboot;           /**< goes before PVH, in an image that knows both */
};

/** State in which the first VP starts, for worker_vid::resume(). */
struct worker_start {
    uint32_t count;                                           /**< registers */
    struct worker_register registers[WORKER_START_REGISTERS]; /**< in this order */
};

/**
 * Loads a kernel.
 *
 * @param memory  The guest's memory.
 * @param map     What of it is usable; the kernel is told.
 * @param kernel  What to load.
 * @param start   Filled when it is loaded.
 * @return NULL, or what is wrong, in words that follow the name of the kernel's file. Memory may
 *         have been written then.
 */
const char *worker_load(struct worker_memory *memory, const struct worker_map *map,
                        const struct worker_kernel *kernel, struct worker_start *start);

#endif
