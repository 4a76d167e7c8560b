/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The root partition: all of the machine but the hypervisor's memory, running the first boot
   module. */
#ifndef TYPE1_ROOT_H
#define TYPE1_ROOT_H

#include <stdbool.h>
#include <stdint.h>

struct boot_info;
struct relocation;

struct hv_partition;

/* Bytes of the page pool for its nested page tables, twice if it is to be renewed, or else for the
   table by which children get memory. Before the pool exists. */
uint64_t root_pool_size(bool renewable);

/* Bytes for what its program is told at its start, beside the modules. */
uint64_t root_store_size(void);

/*
 * Makes the partition and its VPs and loads the program; VP 0 is left for LP 0 to run.
 * @param privileges those that it may have, of which it gets what lib/core implements
 * @param renewable  root_renew() will be called: so it can't have children, which point at it
 */
void root_start(const struct boot_info *boot, const struct relocation *relocation,
                uint64_t privileges, bool renewable);

/*
 * Makes the partition and its VPs once more, as they were at the start, in other memory; the memory
 * of the old ones is overwritten. With each LP outside the guest and outside lib/core.
 */
struct hv_partition *root_renew(void);

#endif
