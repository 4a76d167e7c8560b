/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The pages that were deposited for a partition, and how they come back. */
#ifndef ROOT_POOL_H
#define ROOT_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/status.h>

struct root_pool {
    uint64_t partition; /* ID, or HV_PARTITION_ID_SELF */
    uint64_t deposited; /* pages that the hypervisor has */
};

/* Deposits that many more pages; those that the hypervisor refuses stay here. */
hv_status root_pool_add(struct root_pool *pool, uint64_t pages);

/*
 * Whether a call that failed so is worth another try: it had too little memory, and got more. The
 * status says whose pool was too small: the partition's, or that of the root itself.
 */
bool root_pool_mend(struct root_pool *pool, struct root_pool *own, hv_status status);

/* Withdraws all pages. HV_STATUS_SUCCESS when each that was deposited has come back. */
hv_status root_pool_drain(struct root_pool *pool);

#endif
