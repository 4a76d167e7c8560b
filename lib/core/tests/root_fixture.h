/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A root partition with VP 0, which makes children: by functions, or by hypercalls as a guest does.
 */
#ifndef HV_CORE_TESTS_ROOT_FIXTURE_H
#define HV_CORE_TESTS_ROOT_FIXTURE_H

#include <check.h>
#include <stdatomic.h>
#include <string.h>

#include "child.h"
#include "core.h"
#include "fake_platform.h"

#define INPUT_PAGE  1
#define OUTPUT_PAGE 2
#define FIRST_OWN   16 /* pages of the root's RAM that the tests may give away, from here on */

static struct fake_platform fake;
static struct hv_partition *root;
static struct hv_vp *root_vp;

/* The LP of any VP reacts at once. */
static inline void serve_at_once(void *context, struct hv_vp *vp)
{
    (void)context;
    hv_vp_prepare(vp);
}

static inline void setup(void)
{
    fake_platform_init(&fake);
    fake.platform.cpu.kick = serve_at_once;
    root = fake_root(&fake);
    root_vp = fake_vp_create(&fake, root, 0);
    atomic_store(&root->guest_os_id, 1);
}

static inline void teardown(void)
{
    fake_platform_destroy(&fake);
}

static inline uint64_t *page_at(uint64_t number)
{
    return fake_page(&fake, number);
}

/* A hypercall from memory; its result value. */
static inline uint64_t call(uint64_t control, const void *input, size_t size)
{
    memset(page_at(INPUT_PAGE), 0, HV_PAGE_SIZE);
    memset(page_at(OUTPUT_PAGE), 0xEE, HV_PAGE_SIZE);
    memcpy(page_at(INPUT_PAGE), input, size);
    return fake_hypercall(root_vp, control, INPUT_PAGE << HV_PAGE_SHIFT,
                          OUTPUT_PAGE << HV_PAGE_SHIFT);
}

static inline uint64_t output(unsigned index)
{
    return page_at(OUTPUT_PAGE)[index];
}

static inline uint64_t reps(uint16_t code, uint64_t count)
{
    return code | count << 32;
}

static inline uint64_t result(hv_status status, uint64_t done)
{
    return status | done << 32;
}

/* A call whose input is a partition ID. */
static inline uint64_t call_id(uint16_t code, uint64_t id)
{
    return call(code, &id, sizeof(id));
}

/* Deposits pages of the root, in their order. */
static inline uint64_t deposit(uint64_t id, uint64_t first, unsigned count)
{
    uint64_t input[HV_PAGE_SIZE / 8] = { id };

    for (unsigned i = 0; i < count; i++)
        input[1 + i] = first + i;
    return call(reps(HvCallDepositMemory, count), input, (1 + count) * sizeof(uint64_t));
}

static inline uint64_t withdraw(uint64_t id, unsigned count)
{
    struct hv_input_withdraw_memory input = { .partition_id = id };

    return call(reps(HvCallWithdrawMemory, count), &input, sizeof(input));
}

/* A child in state HV_PARTITION_CREATED; there is no reference to drop. */
static inline struct hv_partition *create_child(void)
{
    struct hv_input_create_partition input = { .flags = HV_PARTITION_CREATION_FLAG_EXO_PARTITION };
    struct hv_partition *child;
    uint64_t id;

    ck_assert_uint_eq(hv_child_create(root, &input, &id), HV_STATUS_SUCCESS);
    child = hv_hierarchy_find(root->lineage.hierarchy, id);
    hv_partition_drop(child);
    return child;
}

/* An active one with that many pages, from first on. */
static inline struct hv_partition *active_child(uint64_t first, unsigned count)
{
    struct hv_partition *child = create_child();

    if (count)
        ck_assert_uint_eq(deposit(child->id, first, count), result(HV_STATUS_SUCCESS, count));
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_SUCCESS);
    return child;
}

static inline hv_status finalize(struct hv_partition *child)
{
    bool done = true;
    hv_status status = hv_child_finalize(root_vp, child, UINT64_MAX, &done);

    ck_assert(done);
    return status;
}

#endif
