/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A small heap: blocks in address order, first fit, neighbours merged when they are freed.
 */
#include "private.h"

#define ALIGN     16
#define GROW_SIZE ((size_t)65536)

struct block {
    size_t size;        /* of what follows */
    struct block *next; /* next free block by address */
};

_Static_assert(sizeof(struct block) == ALIGN, "blocks are aligned by their header");

static struct block *free_list;
static struct spinlock lock;

static char *end_of(struct block *block)
{
    return (char *)(block + 1) + block->size;
}

static void insert(struct block *block)
{
    struct block **link = &free_list, *previous = NULL;

    while (*link != NULL && *link < block) {
        previous = *link;
        link = &previous->next;
    }
    block->next = *link;
    *link = block;
    if (block->next != NULL && end_of(block) == (char *)block->next) {
        block->size += sizeof(*block) + block->next->size;
        block->next = block->next->next;
    }
    if (previous != NULL && end_of(previous) == (char *)block) {
        previous->size += sizeof(*block) + block->size;
        previous->next = block->next;
    }
}

/* Takes @p size bytes from the front of the free block at *@p link. */
static struct block *take(struct block **link, size_t size)
{
    struct block *block = *link, *rest;

    if (block->size < size + sizeof(*block) + ALIGN) {
        *link = block->next;
        return block;
    }
    rest = (struct block *)((char *)(block + 1) + size);
    rest->size = block->size - size - sizeof(*rest);
    rest->next = block->next;
    *link = rest;
    block->size = size;
    return block;
}

static struct block *find(size_t size)
{
    for (struct block **link = &free_list; *link != NULL; link = &(*link)->next) {
        if ((*link)->size >= size)
            return take(link, size);
    }
    return NULL;
}

static bool grow(size_t size)
{
    size_t bytes =
        size + sizeof(struct block) < GROW_SIZE ? GROW_SIZE : size + sizeof(struct block);
    size_t pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    struct block *block = alloc_pages(pages, 0);

    if (block == NULL)
        return false;
    block->size = pages * PAGE_SIZE - sizeof(*block);
    insert(block);
    return true;
}

void *kmalloc(size_t size)
{
    struct block *block;

    if (size == 0 || size > (size_t)1 << 32)
        return NULL;
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    spin_lock(&lock);
    block = find(size);
    if (block == NULL && grow(size))
        block = find(size);
    spin_unlock(&lock);
    if (block == NULL)
        return NULL;
    return memset(block + 1, 0, block->size);
}

void kfree(void *pointer)
{
    if (pointer == NULL)
        return;
    spin_lock(&lock);
    insert((struct block *)pointer - 1);
    spin_unlock(&lock);
}
