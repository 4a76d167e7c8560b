/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "heap.h"

/* Places count from 1: the children of place p are 2 p and 2 p + 1. */
static void put(struct hv_heap *heap, uint32_t place, struct hv_heap_node *node)
{
    heap->nodes[place - 1] = node;
    node->place = place;
}

static struct hv_heap_node *at(const struct hv_heap *heap, uint32_t place)
{
    return heap->nodes[place - 1];
}

/* Puts node at place, or as far above as what is there has larger keys. */
static void rise(struct hv_heap *heap, uint32_t place, struct hv_heap_node *node)
{
    while (place > 1 && at(heap, place / 2)->key > node->key) {
        put(heap, place, at(heap, place / 2));
        place /= 2;
    }
    put(heap, place, node);
}

/* Puts node at place, or as far below as what is there has smaller keys. */
static void sink(struct hv_heap *heap, uint32_t place, struct hv_heap_node *node)
{
    for (;;) {
        uint32_t child = 2 * place;

        if (child < heap->count && at(heap, child + 1)->key < at(heap, child)->key)
            child++;
        if (child > heap->count || at(heap, child)->key >= node->key)
            break;
        put(heap, place, at(heap, child));
        place = child;
    }
    put(heap, place, node);
}

void hv_heap_insert(struct hv_heap *heap, struct hv_heap_node *node, uint64_t key)
{
    node->key = key;
    rise(heap, ++heap->count, node);
}

void hv_heap_remove(struct hv_heap *heap, struct hv_heap_node *node)
{
    struct hv_heap_node *last = at(heap, heap->count--);
    uint32_t place = node->place;

    node->place = 0;
    if (last == node)
        return;
    if (place > 1 && at(heap, place / 2)->key > last->key)
        rise(heap, place, last);
    else
        sink(heap, place, last);
}

void hv_heap_sink(struct hv_heap *heap, struct hv_heap_node *node)
{
    sink(heap, node->place, node);
}
