/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The root partition: all of the machine but the hypervisor's memory, running the first boot
   module. */
#ifndef TYPE1_ROOT_H
#define TYPE1_ROOT_H

#include <stdint.h>

struct boot_info;
struct relocation;

/* Bytes of the page pool for its nested page tables. Before the pool exists. */
uint64_t root_pool_size(void);

/* Bytes for what its program is told at its start, beside the modules. */
uint64_t root_store_size(void);

/*
 * Makes the partition and its VPs and loads the program; VP 0 is left for LP 0 to run.
 * @param privileges those that it may have, of which it gets what lib/core implements
 */
void root_start(const struct boot_info *boot, const struct relocation *relocation,
                uint64_t privileges);

#endif
