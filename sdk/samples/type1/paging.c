/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "paging.h"

#include <stddef.h>

#include "cpu.h"
#include "image.h"
#include "memory.h"
#include "string.h"

#define ENTRIES        512
#define SIZE_2M        (UINT64_C(1) << 21)
#define CPUID_1G_PAGES (1u << 26) /* leaf 0x80000001 EDX */

static uint64_t top_table;

static uint64_t *table_below(uint64_t *entry)
{
    if (!(*entry & PAGE_PRESENT))
        *entry = memory_physical(memory_take(1)) | PAGE_PRESENT | PAGE_WRITE;
    return memory_at(*entry & PAGE_ADDRESS);
}

/* Maps one page of the size 1 << shift. */
static void map_page(uint64_t virtual_address, uint64_t physical, unsigned shift, uint64_t flags)
{
    uint64_t *table = memory_at(top_table);
    unsigned level = 39;

    for (; level > shift; level -= 9)
        table = table_below(&table[(virtual_address >> level) % ENTRIES]);
    if (shift > 12)
        flags |= PAGE_LARGE;
    table[(virtual_address >> shift) % ENTRIES] = physical | flags | PAGE_PRESENT;
}

void paging_map(uint64_t virtual_address, uint64_t physical, uint64_t size, uint64_t flags)
{
    for (uint64_t offset = 0; offset < size; offset += PAGE_SIZE)
        map_page(virtual_address + offset, physical + offset, 12, flags);
}

static void map_direct(uint64_t limit)
{
    bool huge = (cpuid_or_zero(0x80000001).edx & CPUID_1G_PAGES) != 0;
    unsigned shift = huge ? 30 : 21;

    for (uint64_t address = 0; address < limit; address += UINT64_C(1) << shift)
        map_page(DIRECT_BASE + address, address, shift, PAGE_WRITE | PAGE_NO_EXECUTE);
}

/* From one of the linker's marks to the next; the image's first byte is at LOAD_ADDRESS. */
static void map_section(uint64_t image, const uint8_t *from, const uint8_t *to, uint64_t flags)
{
    uint64_t offset = (uint64_t)(uintptr_t)from - IMAGE_BASE - LOAD_ADDRESS;

    paging_map((uint64_t)(uintptr_t)from, image + offset, (uint64_t)(to - from), flags);
}

uint64_t paging_build(uint64_t image, uint64_t limit)
{
    top_table = memory_physical(memory_take(1));
    map_section(image, image_text_start, image_rodata_start, 0);
    map_section(image, image_rodata_start, image_data_start, PAGE_NO_EXECUTE);
    map_section(image, image_data_start, image_end, PAGE_WRITE | PAGE_NO_EXECUTE);
    map_direct(limit);
    return top_table;
}

uint64_t paging_start_tables(void)
{
    uint64_t *start = memory_take(1);
    uint64_t *low = memory_take(1);
    uint64_t *pages = memory_take(1);

    memcpy(start, memory_at(top_table), PAGE_SIZE);
    for (uint64_t i = 0; i < ENTRIES; i++)
        pages[i] = i * SIZE_2M | PAGE_LARGE | PAGE_WRITE | PAGE_PRESENT;
    low[0] = memory_physical(pages) | PAGE_WRITE | PAGE_PRESENT;
    start[0] = memory_physical(low) | PAGE_WRITE | PAGE_PRESENT;
    return memory_physical(start);
}
