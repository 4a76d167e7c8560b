/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Pages: one bit for each below the end of RAM, or MEMORY_END.
 */
#include "private.h"

#define LOWEST 0x100000ULL

static uint64_t *used; /* bit set: not free */
static size_t page_limit;
static size_t free_count;
static size_t hint; /* no free page below */
static struct spinlock lock;

static bool is_used(size_t page)
{
    return (used[page / 64] >> page % 64 & 1) != 0;
}

static void mark(size_t page, bool taken)
{
    if (page >= page_limit || is_used(page) == taken)
        return;
    used[page / 64] ^= 1ULL << page % 64;
    free_count += taken ? (size_t)-1 : 1;
}

static uint64_t clip(uint64_t address)
{
    if (address < LOWEST)
        return LOWEST;
    return address > MEMORY_END ? MEMORY_END : address;
}

/* Free ranges shrink to whole pages, taken ones grow. */
static void mark_range(uint64_t base, uint64_t size, bool taken)
{
    uint64_t start = clip(base), end = clip(base + size);

    if (taken)
        end = (end + PAGE_SIZE - 1) & PAGE_MASK;
    else
        start = (start + PAGE_SIZE - 1) & PAGE_MASK;
    for (uint64_t at = start & PAGE_MASK; at + PAGE_SIZE <= end; at += PAGE_SIZE)
        mark(at >> PAGE_SHIFT, taken);
}

static size_t find_limit(const struct guest_boot_info *boot)
{
    uint64_t limit = LOWEST;

    for (uint32_t i = 0; i < boot->region_count; i++) {
        uint64_t end = clip(boot->regions[i].base + boot->regions[i].size);

        if (boot->regions[i].type == MEMORY_USABLE && end > limit)
            limit = end;
    }
    return limit >> PAGE_SHIFT;
}

static bool is_ram(const struct guest_boot_info *boot, uint64_t base, uint64_t size)
{
    for (uint32_t i = 0; i < boot->region_count; i++) {
        const struct guest_memory_region *region = &boot->regions[i];

        if (region->type == MEMORY_USABLE && base >= region->base &&
            base + size <= region->base + region->size)
            return true;
    }
    return false;
}

/* Whether the range is RAM that nothing lies in yet, and is mapped. */
static bool is_free_ram(const struct guest_boot_info *boot, uint64_t base, uint64_t size)
{
    if (base < phys_of(guest_image_end) && base + size > phys_of(guest_image_start))
        return false;
    for (uint32_t i = 0; i < boot->module_count; i++) {
        const struct guest_module *module = &boot->modules[i];

        if (base < module->base + module->size && base + size > module->base)
            return false;
    }
    return is_ram(boot, base, size) && base + size <= BOOT_MAPPED_END;
}

static uint64_t page_up(uint64_t address)
{
    return (address + PAGE_SIZE - 1) & PAGE_MASK;
}

/* The bitmap goes behind the image, behind a module, or to the start of some RAM: firmware may have
 * kept what lies behind the image for itself. */
static uint64_t bitmap_place(const struct guest_boot_info *boot, uint64_t size)
{
    uint64_t place = page_up(phys_of(guest_image_end));

    for (uint32_t i = 0; !is_free_ram(boot, place, size) && i < boot->module_count; i++)
        place = page_up(boot->modules[i].base + boot->modules[i].size);
    for (uint32_t i = 0; !is_free_ram(boot, place, size) && i < boot->region_count; i++)
        place = page_up(clip(boot->regions[i].base));
    if (place + size > page_limit << PAGE_SHIFT || !is_free_ram(boot, place, size))
        guest_panic("no memory for the page bitmap");
    return place;
}

void memory_init(const struct guest_boot_info *boot)
{
    uint64_t place, size;

    page_limit = find_limit(boot);
    size = (page_limit + 63) / 64 * 8;
    place = bitmap_place(boot, size);
    used = virt_of(place);
    memset(used, 0xff, size);

    for (uint32_t i = 0; i < boot->region_count; i++) {
        if (boot->regions[i].type == MEMORY_USABLE)
            mark_range(boot->regions[i].base, boot->regions[i].size, false);
    }
    for (uint32_t i = 0; i < boot->region_count; i++) {
        if (boot->regions[i].type != MEMORY_USABLE)
            mark_range(boot->regions[i].base, boot->regions[i].size, true);
    }
    for (uint32_t i = 0; i < boot->module_count; i++)
        mark_range(boot->modules[i].base, boot->modules[i].size, true);
    mark_range(phys_of(guest_image_start), (uint64_t)(guest_image_end - guest_image_start), true);
    mark_range(place, size, true);
}

static bool run_is_free(size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_used(first + i))
            return false;
    }
    return true;
}

static size_t find_run_from(size_t lowest, size_t count, size_t step)
{
    for (size_t first = (lowest + step - 1) / step * step;
         first < page_limit && count <= page_limit - first; first += step) {
        if (run_is_free(first, count))
            return first;
    }
    return 0;
}

static size_t find_run(size_t count, size_t step, bool high)
{
    size_t first = high ? find_run_from(BOOT_MAPPED_END >> PAGE_SHIFT, count, step) : 0;

    while (hint < page_limit && is_used(hint))
        hint++;
    return first != 0 ? first : find_run_from(hint, count, step);
}

static void mark_run(size_t first, size_t count, bool taken)
{
    for (size_t i = 0; i < count; i++)
        mark(first + i, taken);
}

static void *take_pages(size_t count, size_t align, bool high)
{
    size_t step = align <= PAGE_SIZE ? 1 : align >> PAGE_SHIFT, first;
    void *pages;

    if (count == 0 || (align & (align - 1)) != 0)
        return NULL;
    spin_lock(&lock);
    first = find_run(count, step, high);
    if (first != 0)
        mark_run(first, count, true);
    spin_unlock(&lock);
    if (first == 0)
        return NULL;
    pages = virt_of((uint64_t)first << PAGE_SHIFT);
    memset(pages, 0, count << PAGE_SHIFT);
    return pages;
}

void *alloc_pages(size_t count, size_t align)
{
    return take_pages(count, align, false);
}

void *alloc_high_pages(size_t count, size_t align)
{
    return take_pages(count, align, true);
}

void *alloc_page(void)
{
    void *page = alloc_pages(1, 0);

    if (page == NULL)
        guest_panic("out of memory");
    return page;
}

void free_pages(void *pages, size_t count)
{
    size_t first = phys_of(pages) >> PAGE_SHIFT;

    spin_lock(&lock);
    mark_run(first, count, false);
    if (first < hint)
        hint = first;
    spin_unlock(&lock);
}

void free_page(void *page)
{
    free_pages(page, 1);
}

size_t free_page_count(void)
{
    return free_count;
}
