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
    test_heap();
}
