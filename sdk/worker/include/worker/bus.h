/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief A bus: which device answers at which addresses. There is one of ports, one of memory.
 *
 * A device says how many bytes it takes at a time. Accesses that are wider, not aligned, or at the
 * edge of its range reach it in pieces, in ascending order, so a device sees aligned accesses of 1,
 * 2, 4 or 8 bytes within its range only. Where no device is, all bits read as one and writes
 * vanish, as on a PC.
 *
 * Times are in units of 100 ns of the partition's reference time. A bus is used by one thread at a
 * time.
 */
#ifndef WORKER_BUS_H
#define WORKER_BUS_H

#include <stdbool.h>
#include <stdint.h>

#define WORKER_BUS_RANGES 64u /**< most ranges that a bus can have */

/** What answers. Must not add to or remove from the bus that calls it. */
struct worker_device {
    /** Handed to each function. */
    void *context;
    /**
     * Reads @p size bytes at @p offset from the range's first address; bits above are ignored.
     * NULL: all bits are one.
     */
    uint64_t (*read)(void *context, uint64_t offset, unsigned size, uint64_t now);
    /** Writes @p size bytes of @p value, whose other bits are zero. NULL: writes vanish. */
    void (*write)(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
    /** Bytes at a time: 1, 2, 4 or 8. */
    unsigned width;
};

/** A device at its place. */
struct worker_range {
    uint64_t first;              /**< address */
    uint64_t last;               /**< address, included */
    struct worker_device device; /**< who answers there */
};

/** A bus. All fields are private. */
struct worker_bus {
    uint32_t count;                               /**< ranges */
    uint32_t found;                               /**< index of the one that was found last */
    struct worker_range range[WORKER_BUS_RANGES]; /**< by ascending address */
};

/** Starts without devices. */
void worker_bus_init(struct worker_bus *bus);

/**
 * Puts a device on the bus.
 *
 * @param bus     The bus.
 * @param first   First address.
 * @param count   Addresses, not 0.
 * @param device  Copied.
 * @return False when the range wraps or overlaps another, when the width is none, or when there are
 *         WORKER_BUS_RANGES.
 */
bool worker_bus_add(struct worker_bus *bus, uint64_t first, uint64_t count,
                    const struct worker_device *device);

/** Takes away the device whose range starts at @p first; false: there is none. */
bool worker_bus_remove(struct worker_bus *bus, uint64_t first);

/** Whether a device answers at any of the @p size addresses. */
bool worker_bus_claims(const struct worker_bus *bus, uint64_t address, unsigned size);

/** Reads @p size bytes, 1 to 8, as a little-endian number. */
uint64_t worker_bus_read(struct worker_bus *bus, uint64_t address, unsigned size, uint64_t now);

/** Writes the low @p size bytes, 1 to 8, of @p value. */
void worker_bus_write(struct worker_bus *bus, uint64_t address, unsigned size, uint64_t value,
                      uint64_t now);

#endif
