/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypervisor's own page tables. */
#ifndef TYPE1_PAGING_H
#define TYPE1_PAGING_H

#include <stdint.h>

#define PAGE_PRESENT       (UINT64_C(1) << 0)
#define PAGE_WRITE         (UINT64_C(1) << 1)
#define PAGE_USER          (UINT64_C(1) << 2)
#define PAGE_WRITE_THROUGH (UINT64_C(1) << 3)
#define PAGE_ACCESSED      (UINT64_C(1) << 5)
#define PAGE_DIRTY         (UINT64_C(1) << 6)
#define PAGE_NO_CACHE      (UINT64_C(1) << 4)
#define PAGE_LARGE         (UINT64_C(1) << 7)
#define PAGE_NO_EXECUTE    (UINT64_C(1) << 63)
#define PAGE_ADDRESS       UINT64_C(0x000FFFFFFFFFF000)

/*
 * Builds the tables: the image that now lies at image, and all physical memory below limit.
 * @return physical address of the top table.
 */
uint64_t paging_build(uint64_t image, uint64_t limit);

/* Adds the pages to the tables that paging_build() returned; they must not be mapped yet. */
void paging_map(uint64_t virtual_address, uint64_t physical, uint64_t size, uint64_t flags);

/* The top table for an LP that starts: as the other, and the first 1 GiB one to one. */
uint64_t paging_start_tables(void);

#endif
