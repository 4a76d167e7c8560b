/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file memory.h
 * @brief Pages and a small heap, from RAM above 1 MiB and below 512 GiB.
 *
 * All of that RAM is mapped where it is (virtual address == guest physical address), writable, not
 * executable, supervisor only. What is free below 4 GiB is taken first. Pages and blocks come
 * zeroed. Every function may be called on any CPU.
 */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  ((size_t)4096)
#define PAGE_MASK  (~(uint64_t)4095)

/** One zeroed page; never NULL: running out of memory ends the guest. */
void *alloc_page(void);

/**
 * @brief Zeroed pages that are contiguous.
 * @param count number of pages, at least 1
 * @param align alignment in bytes, a power of two; 0 means a page
 * @return the first page, or NULL if there is no such run
 */
void *alloc_pages(size_t count, size_t align);

/**
 * @brief The same, above 4 GiB if there are any: what is below is left to those who need it.
 * @param count number of pages, at least 1
 * @param align alignment in bytes, a power of two; 0 means a page
 * @return the first page, or NULL if there is no such run
 */
void *alloc_high_pages(size_t count, size_t align);

/** Gives back a page of alloc_page(), with its identity mapping as it was. */
void free_page(void *page);

/** Gives back pages of alloc_pages() or alloc_high_pages(). */
void free_pages(void *pages, size_t count);

/** Number of free pages. */
size_t free_page_count(void);

/** Guest physical address of memory from this allocator, or of the kernel image. */
static inline uint64_t phys_of(const volatile void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/** Where guest physical address @p gpa, below 4 GiB or RAM, is mapped. */
static inline void *virt_of(uint64_t gpa)
{
    return (void *)(uintptr_t)gpa;
}

/** A zeroed block, aligned to 16; NULL if there is no memory or @p size is 0. */
void *kmalloc(size_t size);

/** Gives back a block of kmalloc(); NULL is allowed. */
void kfree(void *block);

#endif
