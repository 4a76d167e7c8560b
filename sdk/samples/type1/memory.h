/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Physical memory: where it can be reached, what is RAM, and the hypervisor's own pages. */
#ifndef TYPE1_MEMORY_H
#define TYPE1_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

#define PAGE_SIZE UINT64_C(4096)

struct boot_info;

/* Where the direct map shows a physical address. */
static inline void *memory_at(uint64_t physical)
{
    return (void *)(uintptr_t)(DIRECT_BASE + physical);
}

/* The physical address of something in the direct map. */
static inline uint64_t memory_physical(const void *address)
{
    return (uint64_t)(uintptr_t)address - DIRECT_BASE;
}

static inline uint64_t page_round_up(uint64_t size)
{
    return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/* The pages from start to end, both physical and page aligned, become the pool. */
void memory_pool_init(uint64_t start, uint64_t end);

/*
 * Contiguous zeroed pages, for ever; while the machine starts, on the first LP. boot_fail() if
 * there are none left.
 */
void *memory_take(uint64_t pages);

/* One page, not zeroed; false if there is none. On any LP. */
bool memory_page_alloc(uint64_t *page_number);
void memory_page_free(uint64_t page_number);

/* Pages left in the pool. */
uint64_t memory_available(void);

/* Remembers what is RAM, for memory_is_ram(). */
void memory_map_init(const struct boot_info *boot);

/* Whether a whole page is RAM, the hypervisor's own pages included. */
bool memory_is_ram(uint64_t page_number);

/* First address above all whole pages of RAM. */
uint64_t memory_top(void);

#endif
