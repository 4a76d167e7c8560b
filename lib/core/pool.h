/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A partition's memory pool: the pages deposited for it. Unused pages form a list threaded through
 * the pages themselves.
 */
#ifndef HV_CORE_POOL_H
#define HV_CORE_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/platform.h>

#include "lock.h"

struct hv_pool {
    const struct hv_memory_ops *memory;
    struct hv_lock lock;   /* held by writers of all below */
    uint64_t first_unused; /* SPA page number; meaningful while unused > 0 */
    _Atomic size_t unused; /* read without the lock as a statistic */
    size_t total;          /* deposited and not withdrawn */
};

/* An empty pool; memory is kept by reference. */
void hv_pool_init(struct hv_pool *pool, const struct hv_memory_ops *memory);

/*
 * Takes a page in. HV_STATUS_INVALID_PARAMETER when it is not ordinary memory. That nobody else
 * uses the page is the caller's to know.
 */
hv_status hv_pool_deposit(struct hv_pool *pool, uint64_t spa_page);

/*
 * Gives an unused page out, zeroed: what was in it was the hypervisor's.
 * HV_STATUS_INSUFFICIENT_MEMORY when there is none.
 */
hv_status hv_pool_withdraw(struct hv_pool *pool, uint64_t *spa_page);

typedef bool hv_pool_choice(const void *context, uint64_t spa_page);

/*
 * As hv_pool_withdraw(), of the pages for which the choice says true. Called with the lock held, it
 * uses nothing of the pool. Looks at each unused page at worst.
 */
hv_status hv_pool_withdraw_chosen(struct hv_pool *pool, hv_pool_choice *choice, const void *context,
                                  uint64_t *spa_page);

/* A zeroed page for which the choice says true, in use until hv_pool_free(); false when there is
   none. */
bool hv_pool_alloc_chosen(struct hv_pool *pool, hv_pool_choice *choice, const void *context,
                          uint64_t *spa_page);

/* Takes a page out that is in no account of the pool; false when it isn't among the unused ones. */
bool hv_pool_take(struct hv_pool *pool, uint64_t spa_page);

/* Pages that are not in use, and those that are, at one moment. */
void hv_pool_balance(struct hv_pool *pool, uint64_t *unused, uint64_t *used);

/* Pages that hv_pool_alloc() could give at this moment. */
size_t hv_pool_unused(const struct hv_pool *pool);

/* A zeroed page, or NULL. spa_page may be NULL. */
void *hv_pool_alloc(struct hv_pool *pool, uint64_t *spa_page);
/* Takes back a page that hv_pool_alloc() gave. */
void hv_pool_free(struct hv_pool *pool, uint64_t spa_page);

#endif
