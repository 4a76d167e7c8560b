/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "memory.h"

#include "boot.h"
#include "console.h"
#include "lock.h"
#include "string.h"

static struct {
    atomic_flag lock;
    uint64_t next; /* first address never handed out */
    uint64_t end;
    uint64_t free_page; /* head of a list through the pages given back, 0 for none */
    uint64_t free_count;
} pool = { .lock = ATOMIC_FLAG_INIT };

/* Ordinary memory, in pages: from first to before end. */
static struct {
    uint32_t count;
    struct {
        uint64_t first, end;
    } range[BOOT_MAX_REGIONS];
} ram;

void memory_pool_init(uint64_t start, uint64_t end)
{
    pool.next = start;
    pool.end = end;
}

void *memory_take(uint64_t pages)
{
    uint64_t address = pool.next;

    if (pages > (pool.end - pool.next) / PAGE_SIZE)
        boot_fail("the hypervisor's memory is used up; start it with a larger pool=<MiB>");
    pool.next += pages * PAGE_SIZE;
    return memset(memory_at(address), 0, pages * PAGE_SIZE);
}

bool memory_page_alloc(uint64_t *page_number)
{
    bool found = true;

    lock_acquire(&pool.lock);
    if (pool.free_page != 0) {
        *page_number = pool.free_page;
        pool.free_page = *(const uint64_t *)memory_at(pool.free_page * PAGE_SIZE);
        pool.free_count--;
    } else if (pool.next < pool.end) {
        *page_number = pool.next / PAGE_SIZE;
        pool.next += PAGE_SIZE;
    } else {
        found = false;
    }
    lock_release(&pool.lock);
    return found;
}

void memory_page_free(uint64_t page_number)
{
    lock_acquire(&pool.lock);
    *(uint64_t *)memory_at(page_number * PAGE_SIZE) = pool.free_page;
    pool.free_page = page_number;
    pool.free_count++;
    lock_release(&pool.lock);
}

uint64_t memory_available(void)
{
    return pool.free_count + (pool.end - pool.next) / PAGE_SIZE;
}

/* ACPI tables lie in ordinary memory, which the root partition may use once it has read them. */
static bool is_ram(uint32_t type)
{
    return type == BOOT_MEMORY_USABLE || type == BOOT_MEMORY_ACPI;
}

void memory_map_init(const struct boot_info *boot)
{
    for (uint32_t i = 0; i < boot->region_count; i++) {
        const struct boot_region *region = &boot->regions[i];

        if (!is_ram(region->type))
            continue;
        ram.range[ram.count].first = page_round_up(region->base) / PAGE_SIZE;
        ram.range[ram.count].end = (region->base + region->size) / PAGE_SIZE;
        ram.count++;
    }
}

static bool range_has(uint32_t index, uint64_t page_number)
{
    return page_number >= ram.range[index].first && page_number < ram.range[index].end;
}

/* Nearly always it is the range of the last answer; LPs overwrite each other's, with no harm. */
bool memory_is_ram(uint64_t page_number)
{
    static _Atomic uint32_t last;

    if (__builtin_expect(range_has(atomic_load_explicit(&last, memory_order_relaxed), page_number),
                         true))
        return true;
    for (uint32_t i = 0; i < ram.count; i++) {
        if (range_has(i, page_number)) {
            atomic_store_explicit(&last, i, memory_order_relaxed);
            return true;
        }
    }
    return false;
}

uint64_t memory_top(void)
{
    uint64_t top = 0;

    for (uint32_t i = 0; i < ram.count; i++)
        if (ram.range[i].end > top)
            top = ram.range[i].end;
    return top * PAGE_SIZE;
}
