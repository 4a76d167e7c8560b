/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "relocate.h"

#include <stdbool.h>

#include "boot.h"
#include "console.h"
#include "cpu.h"
#include "image.h"
#include "memory.h"
#include "paging.h"
#include "string.h"

#define LOW_MEMORY UINT64_C(0x100000)
#define FOUR_GIB   (UINT64_C(1) << 32)
/* What Linux reaches by its first page tables, with which it reads what PVH hands to it. */
#define ONE_GIB   (UINT64_C(1) << 30)
#define MAX_TAKEN (BOOT_MAX_MODULES + 2)

/* Ranges that hold something while the image moves. */
struct taken {
    uint32_t count;
    struct {
        uint64_t start, end;
    } range[MAX_TAKEN];
};

static void take(struct taken *taken, uint64_t start, uint64_t end)
{
    taken->range[taken->count].start = start;
    taken->range[taken->count].end = end;
    taken->count++;
}

/* The start of a taken range that overlaps, or 0. */
static uint64_t overlapped(const struct taken *taken, uint64_t start, uint64_t end)
{
    for (uint32_t i = 0; i < taken->count; i++)
        if (start < taken->range[i].end && end > taken->range[i].start)
            return taken->range[i].start;
    return 0;
}

/* The highest free address for size bytes in one region and below limit, or 0. */
static uint64_t highest_in(const struct boot_region *region, const struct taken *taken,
                           uint64_t size, uint64_t limit)
{
    uint64_t floor = region->base > LOW_MEMORY ? region->base : LOW_MEMORY;
    uint64_t end = region->base + region->size;

    if (end > limit)
        end = limit;
    while (end >= floor && end - floor >= size) {
        uint64_t start = (end - size) & ~(PAGE_SIZE - 1);

        if (start < floor)
            return 0;
        end = overlapped(taken, start, start + size);
        if (end == 0)
            return start;
    }
    return 0;
}

static uint64_t highest_below(const struct boot_info *boot, const struct taken *taken,
                              uint64_t size, uint64_t limit)
{
    uint64_t best = 0;

    for (uint32_t i = 0; i < boot->region_count; i++) {
        uint64_t start;

        if (boot->regions[i].type != BOOT_MEMORY_USABLE)
            continue;
        start = highest_in(&boot->regions[i], taken, size, limit);
        if (start > best)
            best = start;
    }
    return best;
}

static uint64_t highest(const struct boot_info *boot, const struct taken *taken, uint64_t size)
{
    uint64_t best = highest_below(boot, taken, size, FOUR_GIB);

    if (best == 0)
        boot_fail("no %lu KiB of contiguous memory below 4 GiB; give the machine more memory",
                  size / 1024);
    return best;
}

static uint64_t image_size(void)
{
    return (uint64_t)(uintptr_t)image_end - IMAGE_BASE - LOAD_ADDRESS;
}

static uint64_t modules_size(const struct boot_info *boot)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < boot->module_count; i++)
        size += page_round_up(boot->modules[i].size);
    return size;
}

static void move_modules(struct boot_info *boot, uint64_t to)
{
    for (uint32_t i = 0; i < boot->module_count; i++) {
        struct boot_module *module = &boot->modules[i];

        memcpy(memory_at(to), memory_at(module->start), module->size);
        module->start = to;
        to += page_round_up(module->size);
    }
}

/*
 * The stack and all variables move too: nothing may be written between the copy and the switch, so
 * they are one statement.
 */
static void move_image(uint64_t to, uint64_t tables)
{
    const void *from = memory_at(LOAD_ADDRESS);
    void *target = memory_at(to);
    uint64_t size = image_size();

    __asm__ volatile("rep movsb\n"
                     "mov %3, %%cr3\n"
                     : "+S"(from), "+D"(target), "+c"(size)
                     : "r"(tables)
                     : "memory");
}

struct relocation relocate(struct boot_info *boot, uint64_t pool_size, uint64_t store_spare)
{
    struct taken taken = { 0 };
    struct relocation result;
    uint64_t tables, limit;

    take(&taken, LOAD_ADDRESS, LOAD_ADDRESS + image_size());
    for (uint32_t i = 0; i < boot->module_count; i++)
        take(&taken, boot->modules[i].start, boot->modules[i].start + boot->modules[i].size);
    result.size = image_size() + page_round_up(pool_size);
    result.base = highest(boot, &taken, result.size);
    take(&taken, result.base, result.base + result.size);
    result.store_size = page_round_up(store_spare) + modules_size(boot);
    result.store_base = highest_below(boot, &taken, result.store_size, ONE_GIB);
    if (result.store_base == 0)
        result.store_base = highest(boot, &taken, result.store_size);
    move_modules(boot, result.store_base + page_round_up(store_spare));

    memory_pool_init(result.base + image_size(), result.base + result.size);
    limit = memory_top() > FOUR_GIB ? memory_top() : FOUR_GIB;
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    tables = paging_build(result.base, limit);
    move_image(result.base, tables);
    return result;
}
