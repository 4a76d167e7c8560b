/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "pool.h"

#include "mem.h"

/* What an unused page holds: the link to the next one. */
struct hv_pool_link {
    uint64_t next; /* SPA page number; meaningless in the last page of the list */
};

void hv_pool_init(struct hv_pool *pool, const struct hv_memory_ops *memory)
{
    memset(pool, 0, sizeof(*pool));
    pool->memory = memory;
}

static void *map(const struct hv_pool *pool, uint64_t spa_page)
{
    return pool->memory->map(pool->memory->context, spa_page);
}

/* Under the lock, which orders the counter; its own atomicity only serves hv_pool_unused(). */
static void set_unused(struct hv_pool *pool, size_t unused)
{
    atomic_store_explicit(&pool->unused, unused, memory_order_relaxed);
}

static void push(struct hv_pool *pool, uint64_t spa_page, struct hv_pool_link *link)
{
    link->next = pool->first_unused;
    pool->first_unused = spa_page;
    set_unused(pool, hv_pool_unused(pool) + 1);
}

/* NULL when no page is unused. */
static struct hv_pool_link *pop(struct hv_pool *pool, uint64_t *spa_page)
{
    struct hv_pool_link *link;

    if (hv_pool_unused(pool) == 0)
        return NULL;
    *spa_page = pool->first_unused;
    link = map(pool, *spa_page);
    pool->first_unused = link->next;
    set_unused(pool, hv_pool_unused(pool) - 1);
    return link;
}

hv_status hv_pool_deposit(struct hv_pool *pool, uint64_t spa_page)
{
    struct hv_pool_link *link = map(pool, spa_page);

    if (link == NULL)
        return HV_STATUS_INVALID_PARAMETER;

    hv_lock_acquire(&pool->lock);
    push(pool, spa_page, link);
    pool->total++;
    hv_lock_release(&pool->lock);
    return HV_STATUS_SUCCESS;
}

hv_status hv_pool_withdraw(struct hv_pool *pool, uint64_t *spa_page)
{
    void *page;

    hv_lock_acquire(&pool->lock);
    page = pop(pool, spa_page);
    if (page != NULL)
        pool->total--;
    hv_lock_release(&pool->lock);

    if (page == NULL)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    memset(page, 0, HV_PAGE_SIZE);
    return HV_STATUS_SUCCESS;
}

/* Takes the first page that is chosen out of the list; NULL when none is. */
static struct hv_pool_link *pop_chosen(struct hv_pool *pool, hv_pool_choice *choice,
                                       const void *context, uint64_t *spa_page)
{
    uint64_t *number = &pool->first_unused;

    for (size_t left = hv_pool_unused(pool); left > 0; left--) {
        struct hv_pool_link *link = map(pool, *number);

        if (choice(context, *number)) {
            *spa_page = *number;
            *number = link->next;
            set_unused(pool, hv_pool_unused(pool) - 1);
            return link;
        }
        number = &link->next;
    }
    return NULL;
}

hv_status hv_pool_withdraw_chosen(struct hv_pool *pool, hv_pool_choice *choice, const void *context,
                                  uint64_t *spa_page)
{
    void *page;

    hv_lock_acquire(&pool->lock);
    page = pop_chosen(pool, choice, context, spa_page);
    if (page != NULL)
        pool->total--;
    hv_lock_release(&pool->lock);

    if (page == NULL)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    memset(page, 0, HV_PAGE_SIZE);
    return HV_STATUS_SUCCESS;
}

bool hv_pool_alloc_chosen(struct hv_pool *pool, hv_pool_choice *choice, const void *context,
                          uint64_t *spa_page)
{
    void *page;

    hv_lock_acquire(&pool->lock);
    page = pop_chosen(pool, choice, context, spa_page);
    hv_lock_release(&pool->lock);

    if (page == NULL)
        return false;
    memset(page, 0, HV_PAGE_SIZE);
    return true;
}

static bool is_page(const void *wanted, uint64_t spa_page)
{
    return *(const uint64_t *)wanted == spa_page;
}

bool hv_pool_take(struct hv_pool *pool, uint64_t spa_page)
{
    bool taken;

    hv_lock_acquire(&pool->lock);
    taken = pop_chosen(pool, is_page, &spa_page, &spa_page) != NULL;
    hv_lock_release(&pool->lock);
    return taken;
}

void hv_pool_balance(struct hv_pool *pool, uint64_t *unused, uint64_t *used)
{
    hv_lock_acquire(&pool->lock);
    *unused = hv_pool_unused(pool);
    *used = pool->total - *unused;
    hv_lock_release(&pool->lock);
}

size_t hv_pool_unused(const struct hv_pool *pool)
{
    return atomic_load_explicit(&pool->unused, memory_order_relaxed);
}

void *hv_pool_alloc(struct hv_pool *pool, uint64_t *spa_page)
{
    uint64_t number;
    void *page;

    hv_lock_acquire(&pool->lock);
    page = pop(pool, &number);
    hv_lock_release(&pool->lock);

    if (page == NULL)
        return NULL;
    memset(page, 0, HV_PAGE_SIZE);
    if (spa_page != NULL)
        *spa_page = number;
    return page;
}

void hv_pool_free(struct hv_pool *pool, uint64_t spa_page)
{
    struct hv_pool_link *link = map(pool, spa_page);

    hv_lock_acquire(&pool->lock);
    push(pool, spa_page, link);
    hv_lock_release(&pool->lock);
}
