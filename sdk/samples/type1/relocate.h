/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Moving the hypervisor to the top of RAM below 4 GiB. */
#ifndef TYPE1_RELOCATE_H
#define TYPE1_RELOCATE_H

#include <stdint.h>

struct boot_info;

/* What the hypervisor keeps, and what it only stores there until the root partition has it. */
struct relocation {
    uint64_t base; /* first byte of the hypervisor's own memory: the image, then the page pool */
    uint64_t size;
    uint64_t store_base; /* below it: copies of the boot modules, and store_spare bytes before */
    uint64_t store_size; /* them; ordinary memory of the root partition, below 1 GiB if it fits */
};

/*
 * Moves the image and the modules, starts the page pool and switches to the final page tables.
 * Addresses of functions and variables stay the same; the modules' in boot are updated.
 * @param pool_size   bytes of the page pool
 * @param store_spare bytes wanted in the store beside the modules
 */
struct relocation relocate(struct boot_info *boot, uint64_t pool_size, uint64_t store_spare);

#endif
