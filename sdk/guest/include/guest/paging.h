/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file paging.h
 * @brief The 4-level page table that all CPUs share.
 *
 * At guest_main() the first 4 GiB are identity mapped, writable and not executable, supervisor
 * only, except for the kernel image: that is executable and accessible at CPL 3 as well (so
 * CR4.SMEP and CR4.SMAP must stay clear on a CPU that runs it).
 *
 * A change is flushed from the TLB of the calling CPU alone; others need paging_flush(), such as
 * smp_call_all(paging_flush_call, NULL).
 */
#ifndef GUEST_PAGING_H
#define GUEST_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Attributes of a mapping; none: read-only, executable, supervisor, write-back, 4 KiB. */
enum paging_flags {
    MAP_WRITE = 1u << 0,
    MAP_USER = 1u << 1,
    MAP_NX = 1u << 2, /**< ignored where the CPU has no NX */
    MAP_GLOBAL = 1u << 3,
    MAP_2M = 1u << 4, /**< 2 MiB pages: addresses and size must be multiples */
    MAP_1G = 1u << 5, /**< 1 GiB pages, likewise */
    MAP_PAT_SHIFT = 8,
    MAP_PAT_MASK = 7u << 8,
};

/** Attribute: entry @p n (0 to 7) of the PAT MSR. */
#define MAP_PAT(n) (((uint32_t)(n)&7u) << MAP_PAT_SHIFT)

/** The PAT entries after reset. */
#define MAP_WB MAP_PAT(0)
#define MAP_WT MAP_PAT(1)
#define MAP_UC MAP_PAT(3)

/** What an address is mapped to. */
struct paging_mapping {
    uint64_t gpa;   /**< of the queried byte, not of its page */
    uint64_t size;  /**< of its page */
    uint32_t flags; /**< enum paging_flags; WRITE and USER as they result from all levels */
};

/**
 * @brief Maps @p size bytes at @p gva to @p gpa, replacing what was there.
 *
 * Larger pages that are hit in part are split. Intermediate entries permit everything, so the leaf
 * decides.
 * @param gva   canonical address, multiple of the page size in @p flags
 * @param gpa   guest physical address, likewise; need not be RAM
 * @param size  bytes, likewise
 * @param flags enum paging_flags
 * @return false, and nothing changed, if an argument is misaligned, not canonical or too large
 */
bool paging_map(uint64_t gva, uint64_t gpa, uint64_t size, uint32_t flags);

/** Removes mappings; @p gva and @p size are multiples of 4 KiB. @return false if they are not */
bool paging_unmap(uint64_t gva, uint64_t size);

/** Gives present pages the attributes @p flags (page size ignored), splitting large pages that are
 * hit in part. @return false if misaligned or a page is not mapped */
bool paging_protect(uint64_t gva, uint64_t size, uint32_t flags);

/** Looks up the mapping of @p gva. @return false if there is none */
bool paging_query(uint64_t gva, struct paging_mapping *mapping);

/** The entry that translates @p gva at @p level (1: 4 KiB PTE, 2: PDE, 3: PDPTE, 4: PML4E), for
 * tests that write bits of their own; flush afterwards. @return NULL if the walk ends above it */
uint64_t *paging_entry(uint64_t gva, unsigned int level);

/** Reserves @p size bytes of virtual addresses that nothing uses, aligned to @p align (a power of
 * two; 0 means 4 KiB), with an unmapped page behind them. Never given back. */
uint64_t paging_alloc_gva(uint64_t size, uint64_t align);

/** Reserves virtual addresses and maps them to @p gpa. @return their address */
void *paging_map_window(uint64_t gpa, uint64_t size, uint32_t flags);

/** Drops this CPU's TLB, global entries included. */
void paging_flush(void);

/** paging_flush() in the form that smp_call_all() takes. */
void paging_flush_call(void *unused);

#endif
