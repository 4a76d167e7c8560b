/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The heap against a plain search, with random insertions, changes and removals. */
#include <check.h>
#include <string.h>

#include "heap.h"
#include "suite.h"

#define NODES 200
#define STEPS 20000

static struct hv_heap_node *slots[NODES];
static struct hv_heap_node nodes[NODES];
static struct hv_heap heap;
static uint32_t state;

static void setup(void)
{
    memset(nodes, 0, sizeof(nodes));
    heap = (struct hv_heap){ .nodes = slots };
    state = 1;
}

static uint32_t random_below(uint32_t limit)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % limit;
}

static uint64_t smallest(void)
{
    uint64_t key = UINT64_MAX;

    for (unsigned i = 0; i < NODES; i++)
        if (hv_heap_has(&nodes[i]) && nodes[i].key < key)
            key = nodes[i].key;
    return key;
}

/* Whether no other than the first is smaller than the second. */
static bool is_second_right(void)
{
    const struct hv_heap_node *second = hv_heap_second(&heap);
    uint64_t key = UINT64_MAX;

    for (uint32_t i = 1; i < heap.count; i++)
        if (slots[i]->key < key)
            key = slots[i]->key;
    return second ? second != slots[0] && second->key == key : heap.count < 2;
}

/* One assertion for all: they are slow. */
static bool is_ordered(void)
{
    bool ordered = true;

    for (uint32_t i = 1; i < heap.count; i++)
        ordered &= slots[(i - 1) / 2]->key <= slots[i]->key;
    for (uint32_t i = 0; i < heap.count; i++)
        ordered &= slots[i]->place == i + 1;
    return ordered;
}

START_TEST(an_empty_heap_has_no_first)
{
    ck_assert_ptr_null(hv_heap_first(&heap));
    hv_heap_insert(&heap, &nodes[0], 7);
    ck_assert_ptr_eq(hv_heap_first(&heap), &nodes[0]);
    ck_assert(hv_heap_has(&nodes[0]));
    hv_heap_remove(&heap, &nodes[0]);
    ck_assert_ptr_null(hv_heap_first(&heap));
    ck_assert(!hv_heap_has(&nodes[0]));
}
END_TEST

START_TEST(the_first_has_the_smallest_key)
{
    uint32_t count = 0;

    for (unsigned step = 0; step < STEPS; step++) {
        struct hv_heap_node *node = &nodes[random_below(NODES)];

        if (hv_heap_has(node) && step % 3 == 0) {
            hv_heap_raise(&heap, node, node->key + random_below(100000));
        } else if (hv_heap_has(node)) {
            hv_heap_remove(&heap, node);
            count--;
        } else {
            hv_heap_insert(&heap, node, random_below(step % 2 ? 10 : 1000000));
            count++;
        }
        ck_assert_uint_eq(heap.count, count);
        ck_assert(is_ordered());
        if (count != 0)
            ck_assert_uint_eq(hv_heap_first(&heap)->key, smallest());
        ck_assert(is_second_right());
    }
}
END_TEST

START_TEST(what_is_taken_out_comes_in_order)
{
    uint64_t last = 0;

    for (unsigned i = 0; i < NODES; i++)
        hv_heap_insert(&heap, &nodes[i], random_below(100));
    for (unsigned i = 0; i < NODES; i++) {
        struct hv_heap_node *first = hv_heap_first(&heap);

        ck_assert_uint_ge(first->key, last);
        last = first->key;
        hv_heap_remove(&heap, first);
    }
    ck_assert_uint_eq(heap.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap");
    TCase *tests = tcase_create("heap");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, an_empty_heap_has_no_first);
    tcase_add_test(tests, the_first_has_the_smallest_key);
    tcase_add_test(tests, what_is_taken_out_comes_in_order);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
