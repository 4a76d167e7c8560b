/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A binary heap of nodes that live elsewhere: the one with the smallest key in O(1), all else in
 * O(log n), removal from the middle too.
 */
#ifndef HV_CORE_HEAP_H
#define HV_CORE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/* Part of what is sorted; in one heap at a time. */
struct hv_heap_node {
    uint64_t key;
    uint32_t place; /* in the heap, from 1 on; 0: in none */
};

struct hv_heap {
    struct hv_heap_node **nodes; /* room for all that will be in it at once */
    uint32_t count;
};

/* Puts a node that is in no heap in. */
void hv_heap_insert(struct hv_heap *heap, struct hv_heap_node *node, uint64_t key);

/* Takes a node that is in this heap out. */
void hv_heap_remove(struct hv_heap *heap, struct hv_heap_node *node);

/* The node with the smallest key, or NULL. */
static inline struct hv_heap_node *hv_heap_first(const struct hv_heap *heap)
{
    return heap->count != 0 ? heap->nodes[0] : (struct hv_heap_node *)0;
}

/* The one that would be first without that, or NULL. */
static inline struct hv_heap_node *hv_heap_second(const struct hv_heap *heap)
{
    struct hv_heap_node *second = heap->count > 1 ? heap->nodes[1] : (struct hv_heap_node *)0;

    if (heap->count > 2 && heap->nodes[2]->key < second->key)
        second = heap->nodes[2];
    return second;
}

/* For hv_heap_raise(): puts a node whose key has grown where it belongs. */
void hv_heap_sink(struct hv_heap *heap, struct hv_heap_node *node);

/* Gives a node that is in this heap a key that is not smaller. */
static inline void hv_heap_raise(struct hv_heap *heap, struct hv_heap_node *node, uint64_t key)
{
    struct hv_heap_node *const *below;

    node->key = key;
    if (2 * node->place > heap->count)
        return;
    below = &heap->nodes[2 * node->place - 1];
    if (below[0]->key < key || (2 * node->place < heap->count && below[1]->key < key))
        hv_heap_sink(heap, node);
}

static inline bool hv_heap_has(const struct hv_heap_node *node)
{
    return node->place != 0;
}

#endif
