/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "pool.h"

#include <stddef.h>

#include "call.h"
#include "host.h"

#define BATCH 32u /* pages for a call at once; most need a few */

static void *page_at(uint64_t number)
{
    return (void *)(uintptr_t)(number * HV_PAGE_SIZE);
}

static uint64_t number_of(const void *page)
{
    return (uintptr_t)page / HV_PAGE_SIZE;
}

/* As many pages as there are, up to count. */
static uint32_t take(uint64_t numbers[BATCH], uint64_t count)
{
    uint32_t taken = 0;
    void *page;

    while (taken < count && taken < BATCH && (page = root_host_take_pages(1, 0)) != NULL)
        numbers[taken++] = number_of(page);
    return taken;
}

hv_status root_pool_add(struct root_pool *pool, uint64_t pages)
{
    hv_status status = HV_STATUS_SUCCESS;
    uint64_t numbers[BATCH];

    while (pages > 0 && status == HV_STATUS_SUCCESS) {
        uint32_t count = take(numbers, pages), done = 0;

        if (count == 0)
            return HV_STATUS_INSUFFICIENT_MEMORY;
        status = root_call_deposit(pool->partition, numbers, count, &done);
        pool->deposited += done;
        pages -= done;
        for (uint32_t i = done; i < count; i++)
            root_host_give_pages(page_at(numbers[i]), 1);
    }
    return status;
}

bool root_pool_mend(struct root_pool *pool, struct root_pool *own, hv_status status)
{
    switch (status) {
    case HV_STATUS_INSUFFICIENT_MEMORY:
    case HV_STATUS_INSUFFICIENT_CONTIGUOUS_MEMORY:
        return root_pool_add(pool, BATCH) == HV_STATUS_SUCCESS;
    case HV_STATUS_INSUFFICIENT_ROOT_MEMORY:
    case HV_STATUS_INSUFFICIENT_CONTIGUOUS_ROOT_MEMORY:
        return root_pool_add(own, BATCH) == HV_STATUS_SUCCESS;
    default:
        return false;
    }
}

hv_status root_pool_drain(struct root_pool *pool)
{
    hv_status status = HV_STATUS_SUCCESS;
    uint64_t numbers[BATCH];
    uint32_t done;

    while (pool->deposited > 0 && status == HV_STATUS_SUCCESS) {
        uint32_t count = pool->deposited < BATCH ? (uint32_t)pool->deposited : BATCH;

        status = root_call_withdraw(pool->partition, numbers, count, &done);
        pool->deposited -= done;
        for (uint32_t i = 0; i < done; i++)
            root_host_give_pages(page_at(numbers[i]), 1);
    }
    return pool->deposited == 0 ? HV_STATUS_SUCCESS : status;
}
