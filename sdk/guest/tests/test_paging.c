/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Mappings and their attributes.
 */
#include "selftest.h"

#define SIZE_2M 0x200000ULL

static uint8_t *page;

static bool maps(void *gva, uint64_t size, uint32_t flags)
{
    struct paging_mapping mapping;

    return paging_query((uintptr_t)gva, &mapping) && mapping.gpa == phys_of(page) &&
           mapping.size == size && mapping.flags == flags;
}

static uint64_t read_byte(void *address)
{
    return *(volatile uint8_t *)address;
}

static uint64_t write_byte(void *address)
{
    *(volatile uint8_t *)address = 1;
    return 0;
}

static void test_attributes(void)
{
    uint32_t nx = rdmsr(MSR_EFER) & EFER_NXE ? PF_FETCH | PF_PRESENT : 0;
    uint8_t *window = paging_map_window(phys_of(page), PAGE_SIZE, MAP_WRITE), byte = 0;
    uint64_t value;

    check(maps(window, PAGE_SIZE, MAP_WRITE), "query gives what was mapped");
    page[0] = 0xc3;
    check_no_fault(safe_read8(window, &byte), "read through a window");
    check(byte == 0xc3, "a window shows its page");
    check_no_fault(safe_write8(window + 1, 0x5a), "write through a window");
    check(page[1] == 0x5a, "a write reaches the page");
    check_no_fault(safe_call((guest_call_fn *)(uintptr_t)window, NULL, NULL), "executable window");

    check(paging_protect((uintptr_t)window, PAGE_SIZE, MAP_NX), "change to read-only and NX");
    check_fault(safe_write8(window, 1), VECTOR_PF, PF_PRESENT | PF_WRITE, "read-only page");
    check_no_fault(safe_read8(window, &byte), "read-only page can be read");
    check_fault(safe_call((guest_call_fn *)(uintptr_t)window, NULL, NULL), VECTOR_PF, nx,
                "NX page");
    check_fault(run_user(read_byte, window, &value), VECTOR_PF, PF_PRESENT | PF_USER,
                "supervisor page at CPL 3");
    paging_protect((uintptr_t)window, PAGE_SIZE, MAP_USER | MAP_NX);
    check_no_fault(run_user(read_byte, window, &value), "user page at CPL 3");
    check(value == 0xc3, "user page is read");
    check_fault(run_user(write_byte, window, NULL), VECTOR_PF, PF_PRESENT | PF_USER | PF_WRITE,
                "read-only user page at CPL 3");
    paging_protect((uintptr_t)window, PAGE_SIZE, MAP_WRITE | MAP_PAT(6));
    check(maps(window, PAGE_SIZE, MAP_WRITE | MAP_PAT(6)), "PAT index");
    check(paging_unmap((uintptr_t)window, PAGE_SIZE), "unmap");
    check_fault(safe_read8(window, &byte), VECTOR_PF, 0, "unmapped page");
}

static void test_large(void)
{
    uint8_t *large = alloc_pages(512, SIZE_2M), byte;
    uint64_t gva = paging_alloc_gva(SIZE_2M, SIZE_2M);
    struct paging_mapping mapping;

    check(paging_map(gva, phys_of(large), SIZE_2M, MAP_WRITE | MAP_2M), "2 MiB page");
    check(paging_query(gva + 0x12345, &mapping) && mapping.size == SIZE_2M &&
              mapping.gpa == phys_of(large) + 0x12345,
          "query inside a 2 MiB page");
    check(paging_protect(gva + PAGE_SIZE, PAGE_SIZE, MAP_NX), "change part of a 2 MiB page");
    check_fault(safe_write8((void *)(gva + PAGE_SIZE), 1), VECTOR_PF, PF_PRESENT | PF_WRITE,
                "changed part of a 2 MiB page");
    check_no_fault(safe_write8((void *)(gva + 2 * PAGE_SIZE), 0x77), "rest of a 2 MiB page");
    check(large[2 * PAGE_SIZE] == 0x77, "rest of a 2 MiB page shows its memory");
    check_no_fault(safe_read8((void *)(gva + SIZE_2M - 1), &byte), "end of a 2 MiB page");
    check(paging_unmap(gva, SIZE_2M), "unmap a split 2 MiB page");
    check_fault(safe_read8((void *)gva, &byte), VECTOR_PF, 0, "unmapped 2 MiB page");
    free_pages(large, 512);
}

static void test_refusals(void)
{
    uint64_t gva = paging_alloc_gva(PAGE_SIZE, 0);
    struct paging_mapping mapping;

    check(!paging_map(gva + 1, 0, PAGE_SIZE, 0) && !paging_map(gva, 1, PAGE_SIZE, 0) &&
              !paging_map(gva, 0, 0, 0) && !paging_map(gva, 0, PAGE_SIZE, MAP_2M) &&
              !paging_map(1ULL << 63, 0, PAGE_SIZE, 0) &&
              !paging_map(gva, 1ULL << 52, PAGE_SIZE, 0),
          "bad mappings are refused");
    check(!paging_protect(gva, PAGE_SIZE, 0) && !paging_query(gva, &mapping),
          "what is not mapped cannot be changed or found");
    check(paging_entry((uintptr_t)page, 2) != NULL && paging_entry(gva, 1) == NULL,
          "entries of the page table");
}

/* A physical address bit that the CPU does not have must be zero. */
static void test_raw_entry(void)
{
    uint8_t *window = paging_map_window(phys_of(page), PAGE_SIZE, MAP_WRITE), byte;
    uint64_t *entry = paging_entry((uintptr_t)window, 1);
    struct fault fault;

    if ((cpuid(0x80000008).eax & 0xff) < 52) {
        *entry |= 1ULL << 51;
        paging_flush();
        fault = safe_read8(window, &byte);
        check(fault.raised && fault.vector == VECTOR_PF && (fault.error & PF_RSVD) != 0,
              "reserved bit in an entry");
    }
    paging_unmap((uintptr_t)window, PAGE_SIZE);
}

void test_paging(void)
{
    page = alloc_page();
    test_attributes();
    test_large();
    test_refusals();
    test_raw_entry();
    free_page(page);
}
