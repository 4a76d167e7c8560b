/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The address manager: a partition's guest physical address (GPA) space.
 *
 * Nested page tables are built in pages of the partition's pool, with the largest pages that
 * alignment allows (4 KiB, 2 MiB, 1 GiB), in the format that the platform names. A region that was
 * once cut into smaller pages stays so. Functions that change the space take its lock and, where a
 * translation was taken away or narrowed, call hv_cpu_ops.flush_slat before they return, without
 * the lock.
 *
 * The GPA space of a partition with a parent in the same hierarchy is made by that, with
 * hypercalls, which keep account of whose each page is; functions that map and unmap here do not.
 *
 * hv_address_translate(), hv_address_read() and hv_address_write() take no lock. When a function
 * has taken a page away from a partition and returns, none of them is still at work on it, on any
 * LP: it can be given to somebody else. Who uses the page that hv_address_translate() has named
 * does so between hv_address_enter() and hv_address_leave() to have the same.
 */
#ifndef HV_ADDRESS_H
#define HV_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/exit.h>
#include <hv/partition.h>

/** How a page is cached, in the encoding of the TLFS's HV_CACHE_TYPE. */
enum hv_cache_type {
    HV_CACHE_UNCACHED = 0,
    HV_CACHE_WRITE_COMBINING = 1,
    HV_CACHE_WRITE_THROUGH = 4,
    HV_CACHE_WRITE_PROTECTED = 5,
    HV_CACHE_WRITE_BACK = 6,
};

/** What a guest physical page maps to. */
struct hv_mapping {
    uint64_t spa_page; /**< System physical page number. */
    uint8_t access;    /**< Mask of enum hv_access; HV_ACCESS_NONE: not mapped, or inaccessible. */
    uint8_t cache;     /**< enum hv_cache_type. */
    bool overlay;      /**< This is an overlay page, which covers what is mapped here. */
    bool inaccessible; /**< Not unmapped, but mapped without any right (TLFS v6.0b, 5.1). */
};

/**
 * Map @p count pages from @p gpa_page on to as many from @p spa_page on. What was mapped there
 * before is replaced; an overlay stays on top and covers the new page.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_PARAMETER when a page lies outside the GPA space or
 *         the machine's physical address width, the access mask is none or impossible in the table
 *         format, or the cache type does not exist; HV_STATUS_INSUFFICIENT_MEMORY, and then some of
 *         the pages may have been mapped.
 */
hv_status hv_address_map(struct hv_partition *partition, uint64_t gpa_page, uint64_t spa_page,
                         uint64_t count, uint8_t access, enum hv_cache_type cache);

/**
 * Take mappings away; pages that are not mapped are passed over.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_PARAMETER when a page lies outside the GPA space;
 *         HV_STATUS_INSUFFICIENT_MEMORY when a large page can't be cut, and then nothing changed.
 */
hv_status hv_address_unmap(struct hv_partition *partition, uint64_t gpa_page, uint64_t count);

/**
 * Change access rights of mapped pages; pages that are not mapped are passed over.
 * @return as hv_address_unmap(); HV_STATUS_INVALID_PARAMETER also for an access mask that is none
 * or impossible in the table format.
 */
hv_status hv_address_protect(struct hv_partition *partition, uint64_t gpa_page, uint64_t count,
                             uint8_t access);

/**
 * What a guest access to @p gpa_page reaches, overlays included. Takes no lock.
 * @return false when the page lies outside the GPA space or a guest can't access it at all; of
 *         @p mapping, access is HV_ACCESS_NONE then and inaccessible tells whether it is mapped.
 */
bool hv_address_translate(const struct hv_partition *partition, uint64_t gpa_page,
                          struct hv_mapping *mapping);

/**
 * Begin to use memory of @p partition by hv_address_translate(): until hv_address_leave() no page
 * that is mapped now, or that is found meanwhile, goes to anybody else. For a short while, in which
 * the LP waits for nothing, takes no lock and changes no GPA space.
 * @return for hv_address_leave().
 */
void *hv_address_enter(const struct hv_partition *partition);

/** The end of that. */
void hv_address_leave(void *section);

/** System physical page number of the top-level nested page table, for the VMCB or the EPTP. */
uint64_t hv_address_root(const struct hv_partition *partition);

/**
 * Copy @p size bytes from guest physical memory, crossing pages if need be. Each byte is read once.
 * @return false, with nothing promised of @p out, when a page is not mapped, not readable or not
 *         ordinary memory.
 */
bool hv_address_read(const struct hv_partition *partition, uint64_t gpa, void *out, uint32_t size);

/**
 * Copy @p size bytes to guest physical memory. Every page is checked before any byte is written
 * (TLFS v6.0b, 5.2).
 * @return false when a page is not mapped, not writable or not ordinary memory; nothing has been
 *         written then, unless another LP took the page away between check and copy.
 */
bool hv_address_write(const struct hv_partition *partition, uint64_t gpa, const void *in,
                      uint32_t size);

#endif
