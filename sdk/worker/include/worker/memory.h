/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The guest's memory as the worker sees it: some pieces of the host's.
 *
 * Nothing here trusts an address: what is not wholly in one piece is refused. Guests change their
 * memory while it is read; a reader takes a copy once and looks at the copy.
 */
#ifndef WORKER_MEMORY_H
#define WORKER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/status.h>

struct worker_vid;

#define WORKER_MEMORY_PIECES 8u /**< most pieces that a guest can have */

/** A piece of memory. */
struct worker_memory_piece {
    uint64_t gpa;   /**< first address */
    uint64_t size;  /**< bytes */
    uint8_t *host;  /**< where it lies */
    uint32_t flags; /**< HV_MAP_GPA permission bits of the guest */
};

/** All of a guest's memory. All fields are private. */
struct worker_memory {
    const struct worker_vid *vid;                           /**< gives it to the guest */
    uint32_t count;                                         /**< pieces */
    struct worker_memory_piece piece[WORKER_MEMORY_PIECES]; /**< in the order of their coming */
};

/** Starts without memory. @p vid must outlive @p memory. */
void worker_memory_init(struct worker_memory *memory, const struct worker_vid *vid);

/**
 * Gives the guest a piece of memory.
 *
 * @param memory The guest's memory.
 * @param gpa    First address; a multiple of HV_PAGE_SIZE, as is @p size.
 * @param host   Memory of the host, whole pages; the guest finds what is in it.
 * @param size   Bytes, not 0.
 * @param flags  HV_MAP_GPA permission bits.
 * @return HV_STATUS_INVALID_PARAMETER for what is not aligned, wraps or overlaps another piece,
 *         HV_STATUS_INSUFFICIENT_MEMORY when there are WORKER_MEMORY_PIECES, or what the VID says.
 */
hv_status worker_memory_add(struct worker_memory *memory, uint64_t gpa, void *host, uint64_t size,
                            uint32_t flags);

/** Where those bytes lie in the host; NULL unless all of them are in one piece. */
void *worker_memory_at(const struct worker_memory *memory, uint64_t gpa, uint64_t size);

/** Copies from the guest, once. False, and nothing is copied, unless all is in one piece. */
bool worker_memory_read(const struct worker_memory *memory, uint64_t gpa, void *buffer,
                        uint64_t size);

/** Copies to the guest. False, and nothing is copied, unless all is in one piece that it may write.
 */
bool worker_memory_write(const struct worker_memory *memory, uint64_t gpa, const void *buffer,
                         uint64_t size);

#endif
