/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Page allocator and heap.
 */
#include "selftest.h"

#define BLOCKS 64

static bool is_zero(const void *memory, size_t size)
{
    const uint8_t *bytes = memory;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static void test_pages(void)
{
    size_t before = free_page_count();
    uint8_t *page = alloc_page(), *run, *large;

    check(page != NULL && phys_of(page) % PAGE_SIZE == 0 && phys_of(page) >= 0x100000,
          "a page is a page");
    memset(page, 0xff, PAGE_SIZE);
    free_page(page);
    check(free_page_count() == before, "a freed page is free");
    page = alloc_page();
    check(is_zero(page, PAGE_SIZE), "a page comes zeroed");
    run = alloc_pages(5, 0);
    large = alloc_pages(512, 512 * PAGE_SIZE);
    check(run != NULL && large != NULL && phys_of(large) % (512 * PAGE_SIZE) == 0 &&
              free_page_count() == before - 1 - 5 - 512,
          "runs of pages, aligned");
    check(alloc_pages(before, 0) == NULL && alloc_pages(1, 3000) == NULL,
          "impossible runs are refused");
    free_page(page);
    free_pages(run, 5);
    free_pages(large, 512);
    check(free_page_count() == before, "freed runs are free");
}

#define HIGH 0x100000000ULL

/* First address above all usable RAM. */
static uint64_t end_of_ram(void)
{
    const struct guest_boot_info *boot = boot_info();
    uint64_t end = 0;

    for (uint32_t i = 0; i < boot->region_count; i++) {
        uint64_t behind = boot->regions[i].base + boot->regions[i].size;

        if (boot->regions[i].type == MEMORY_USABLE && behind > end)
            end = behind;
    }
    return end & PAGE_MASK;
}

/* On most machines here there is no RAM above 4 GiB. */
static void test_high(void)
{
    bool has_high = end_of_ram() > HIGH;
    uint8_t *page = alloc_high_pages(1, 0), *last = virt_of(end_of_ram() - PAGE_SIZE);
    uint8_t *large = alloc_high_pages(512, 512 * PAGE_SIZE);
    struct paging_mapping mapping = { 0 };

    printf("# RAM ends at 0x%llx\n", (unsigned long long)end_of_ram());
    check(page != NULL && large != NULL && (phys_of(page) >= HIGH) == has_high &&
              (phys_of(large) >= HIGH) == has_high,
          "high pages are above 4 GiB, if there are any");
    check(is_zero(large, 512 * PAGE_SIZE), "high pages come zeroed");
    memset(large, 0xa5, 512 * PAGE_SIZE);
    check(is_zero(page, PAGE_SIZE) && large[512 * PAGE_SIZE - 1] == 0xa5, "high pages are memory");
    check(paging_query(phys_of(last), &mapping) && mapping.gpa == phys_of(last) &&
              (mapping.flags & (MAP_WRITE | MAP_USER | MAP_NX)) == (MAP_WRITE | MAP_NX),
          "the last page of RAM is mapped where it is");
    free_page(page);
    free_pages(large, 512);
}

static void test_heap(void)
{
    static uint8_t *block[BLOCKS];
    bool good = true;
    uint8_t *large;
    size_t before;

    for (size_t i = 0; i < BLOCKS; i++) {
        block[i] = kmalloc(i * 37 + 1);
        good = good && block[i] != NULL && (uintptr_t)block[i] % 16 == 0 &&
               is_zero(block[i], i * 37 + 1);
        memset(block[i], (int)i, i * 37 + 1);
    }
    check(good, "blocks are aligned and zeroed");
    for (size_t i = 0; i < BLOCKS; i++)
        good = good && block[i][0] == i && block[i][i * 37] == i;
    check(good, "blocks do not overlap");
    before = free_page_count();
    for (size_t i = 0; i < BLOCKS; i += 2)
        kfree(block[i]);
    for (size_t i = 1; i < BLOCKS; i += 2)
        kfree(block[i]);
    large = kmalloc(60000);
    check(large != NULL && free_page_count() == before, "freed neighbours merge");
    kfree(large);
    kfree(NULL);
    check(kmalloc(0) == NULL && kmalloc((size_t)1 << 40) == NULL, "impossible sizes are refused");
}

void test_memory(void)
{
    test_pages();
    test_high();
    test_heap();
}
