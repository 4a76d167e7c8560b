/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Deposited pages: taken out of the depositor's reach, counted, and given back as they were. */
#include <hv/address.h>

#include "root_fixture.h"
#include "suite.h"

#define FAR_GPA UINT64_C(0x40000) /* nothing is mapped there, nor near it */

static struct hv_frames *frames(void)
{
    return &root->lineage.hierarchy->frames;
}

static bool is_mapped(uint64_t gpa_page)
{
    struct hv_mapping mapping;

    return hv_address_translate(root, gpa_page, &mapping);
}

static hv_status status_of(uint64_t value)
{
    return (hv_status)(value & HV_HYPERCALL_RESULT_STATUS_MASK);
}

static uint64_t balance(uint64_t id)
{
    struct hv_input_withdraw_memory input = { .partition_id = id };

    return call(HvCallGetMemoryBalance, &input, sizeof(input));
}

static void expect_balance(uint64_t id, uint64_t available, uint64_t in_use)
{
    ck_assert_uint_eq(balance(id), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output(0), available);
    ck_assert_uint_eq(output(1), in_use);
}

START_TEST(a_deposited_page_leaves_the_callers_memory)
{
    struct hv_partition *child = create_child();
    unsigned flushes = fake.slat_flushes;

    ck_assert_uint_eq(deposit(child->id, FIRST_OWN, 3), result(HV_STATUS_SUCCESS, 3));
    for (uint64_t page = FIRST_OWN; page < FIRST_OWN + 3; page++) {
        ck_assert(!is_mapped(page));
        ck_assert(hv_frame_is_deposited(frames(), page, child));
        ck_assert(!hv_frame_is_held(frames(), page, NULL));
    }
    ck_assert(is_mapped(FIRST_OWN - 1) && is_mapped(FIRST_OWN + 3));
    ck_assert_uint_eq(fake.slat_flushes - flushes, 3);
    expect_balance(child->id, 3, 0);
}
END_TEST

START_TEST(a_page_comes_back_empty_to_where_it_was)
{
    static const uint8_t zeros[HV_PAGE_SIZE];
    struct hv_partition *child = create_child();
    struct hv_mapping mapping;

    /* Not where it lies in the machine. */
    ck_assert_uint_eq(
        hv_address_map(root, FAR_GPA, FIRST_OWN, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_address_unmap(root, FIRST_OWN, 1), HV_STATUS_SUCCESS);
    memset(page_at(FIRST_OWN), 0x77, HV_PAGE_SIZE);
    ck_assert_uint_eq(deposit(child->id, FAR_GPA, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(withdraw(child->id, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(output(0), FAR_GPA);
    ck_assert(hv_address_translate(root, FAR_GPA, &mapping));
    ck_assert_uint_eq(mapping.spa_page, FIRST_OWN);
    ck_assert_uint_eq(mapping.access, HV_ACCESS_ALL);
    ck_assert_uint_eq(mapping.cache, HV_CACHE_WRITE_BACK);
    ck_assert_mem_eq(page_at(FIRST_OWN), zeros, HV_PAGE_SIZE);
    ck_assert(hv_frame_is_held(frames(), FIRST_OWN, NULL));
    expect_balance(child->id, 0, 0);
}
END_TEST

static void *(*map_really)(void *context, uint64_t spa_page);

static void *map_with_hole(void *context, uint64_t spa_page)
{
    return spa_page == FIRST_OWN ? NULL : map_really(context, spa_page);
}

START_TEST(a_device_among_memory_and_an_overlay_with_all_access_are_denied)
{
    struct hv_partition *child = create_child();
    struct hv_overlay overlay;

    map_really = fake.platform.memory.map;
    fake.platform.memory.map = map_with_hole;
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN, 1), HV_STATUS_OPERATION_DENIED);
    fake.platform.memory.map = map_really;
    ck_assert_uint_eq(hv_overlay_init(root, &overlay, HV_ACCESS_ALL, HV_X64_EXCEPTION_GP),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_overlay_enable(root, &overlay, FIRST_OWN), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN, 1), HV_STATUS_OPERATION_DENIED);
    hv_overlay_destroy(root, &overlay);
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN, 1), result(HV_STATUS_SUCCESS, 1));
}
END_TEST

START_TEST(what_is_not_the_callers_own_ram_is_denied)
{
    struct hv_partition *child = create_child(), *other = create_child();
    uint64_t code = HV_X64_MSR_PAGE_ENABLE | (uint64_t)(FIRST_OWN + 1) << HV_PAGE_SHIFT;

    ck_assert_uint_eq(hv_address_protect(root, FIRST_OWN, 1, HV_ACCESS_READ | HV_ACCESS_EXECUTE),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_wrmsr(root_vp, HV_X64_MSR_HYPERCALL, code), HV_DISPOSITION_RESUME);
    ck_assert(hv_frame_map(frames(), FIRST_OWN + 2, 1, NULL, other, FIRST_OWN + 2));
    ck_assert_uint_eq(deposit(other->id, FIRST_OWN + 3, 1), result(HV_STATUS_SUCCESS, 1));
    /* A device, and memory beyond the table of frames. */
    ck_assert_uint_eq(
        hv_address_map(root, FAR_GPA, FAKE_PAGES + 9, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    frames()->count = FIRST_OWN + 5;

    for (uint64_t page = FIRST_OWN; page < FIRST_OWN + 4; page++)
        ck_assert_uint_eq(deposit(child->id, page, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(deposit(child->id, FAR_GPA, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(deposit(child->id, FAR_GPA + 1, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(deposit(child->id, UINT64_MAX, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN + 5, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN + 4, 1), result(HV_STATUS_SUCCESS, 1));
    expect_balance(child->id, 1, 0);
    ck_assert(is_mapped(FIRST_OWN + 2) && is_mapped(FIRST_OWN + 5));
}
END_TEST

START_TEST(deposits_before_one_that_fails_count)
{
    struct hv_partition *child = create_child();

    ck_assert_uint_eq(deposit(child->id, FIRST_OWN + 2, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN, 5), result(HV_STATUS_OPERATION_DENIED, 2));
    expect_balance(child->id, 3, 0);
    ck_assert(is_mapped(FIRST_OWN + 3));
}
END_TEST

START_TEST(a_deposit_without_memory_for_tables_leaves_the_page)
{
    struct hv_partition *child = create_child();
    uint64_t page;

    while (hv_pool_alloc(&root->pool, &page))
        continue;
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN, 1), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert(is_mapped(FIRST_OWN));
    ck_assert(hv_frame_is_held(frames(), FIRST_OWN, NULL));
    expect_balance(child->id, 0, 0);
}
END_TEST

START_TEST(states_decide_about_deposits)
{
    struct hv_partition *child = create_child();

    ck_assert_uint_eq(deposit(child->id, FIRST_OWN, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN + 1, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN + 2, 1), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert(is_mapped(FIRST_OWN + 2));
    expect_balance(child->id, 2, 0);
    ck_assert_uint_eq(withdraw(child->id, 2), result(HV_STATUS_SUCCESS, 2));
}
END_TEST

START_TEST(withdrawing_ends_when_nothing_is_unused)
{
    struct hv_partition *child = active_child(FIRST_OWN, 14);
    bool seen[FIRST_OWN + 14] = { false };

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    expect_balance(child->id, 4, 10);
    ck_assert_uint_eq(withdraw(child->id, 3), result(HV_STATUS_SUCCESS, 3));
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_ge(output(i), FIRST_OWN);
        ck_assert_uint_lt(output(i), FIRST_OWN + 14);
        ck_assert(!seen[output(i)]);
        seen[output(i)] = true;
    }
    ck_assert_uint_eq(withdraw(child->id, 3), result(HV_STATUS_NO_RESOURCES, 1));
    ck_assert_uint_eq(withdraw(child->id, 1), HV_STATUS_NO_RESOURCES);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(withdraw(child->id, 512), result(HV_STATUS_NO_RESOURCES, 10));
    for (uint64_t page = FIRST_OWN; page < FIRST_OWN + 14; page++)
        ck_assert(is_mapped(page));
}
END_TEST

START_TEST(the_root_gets_no_pages_but_those_that_it_deposited)
{
    struct hv_partition *child;
    uint64_t page;

    ck_assert_uint_eq(hv_address_protect(root, FIRST_OWN, 1, HV_ACCESS_ALL), HV_STATUS_SUCCESS);
    while (hv_partition_available(root) > 1)
        ck_assert_ptr_nonnull(hv_pool_alloc(&root->pool, &page));
    ck_assert_uint_eq(withdraw(HV_PARTITION_ID_SELF, 1), HV_STATUS_NO_RESOURCES);
    ck_assert_uint_eq(deposit(HV_PARTITION_ID_SELF, FIRST_OWN, 3), result(HV_STATUS_SUCCESS, 3));
    ck_assert_uint_eq(deposit(root->id, FIRST_OWN + 3, 5), result(HV_STATUS_SUCCESS, 5));
    child = create_child();
    ck_assert_uint_eq(hv_partition_available(root), 0);
    ck_assert_uint_eq(withdraw(HV_PARTITION_ID_SELF, 1), HV_STATUS_NO_RESOURCES);
    ck_assert_uint_eq(hv_child_delete(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(withdraw(HV_PARTITION_ID_SELF, 99), result(HV_STATUS_NO_RESOURCES, 8));
    ck_assert_uint_eq(hv_partition_available(root), 1);
}
END_TEST

START_TEST(a_proximity_domain_must_exist)
{
    struct hv_input_withdraw_memory input = {
        .partition_id = create_child()->id,
        .proximity_domain_info = { 1, HV_PROXIMITY_DOMAIN_INFO_VALID },
    };

    ck_assert_uint_eq(call(HvCallGetMemoryBalance, &input, sizeof(input)),
                      HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO);
    ck_assert_uint_eq(call(reps(HvCallWithdrawMemory, 1), &input, sizeof(input)),
                      HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO);
    input.proximity_domain_info.flags = 1u << 30;
    ck_assert_uint_eq(call(HvCallGetMemoryBalance, &input, sizeof(input)),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(memory_is_given_to_nobody_but_children)
{
    struct hv_partition *child = create_child(), *other = create_child();

    other->lineage.parent = child;
    ck_assert_uint_eq(deposit(other->id, FIRST_OWN, 1), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(withdraw(other->id, 1), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(balance(other->id), HV_STATUS_ACCESS_DENIED);
    other->lineage.parent = root;
    ck_assert_uint_eq(status_of(deposit(999, FIRST_OWN, 1)), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(status_of(withdraw(999, 1)), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(balance(999), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert(is_mapped(FIRST_OWN));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hypercall memory");
    TCase *tests = tcase_create("hypercall memory");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_deposited_page_leaves_the_callers_memory);
    tcase_add_test(tests, a_page_comes_back_empty_to_where_it_was);
    tcase_add_test(tests, a_device_among_memory_and_an_overlay_with_all_access_are_denied);
    tcase_add_test(tests, what_is_not_the_callers_own_ram_is_denied);
    tcase_add_test(tests, deposits_before_one_that_fails_count);
    tcase_add_test(tests, a_deposit_without_memory_for_tables_leaves_the_page);
    tcase_add_test(tests, states_decide_about_deposits);
    tcase_add_test(tests, withdrawing_ends_when_nothing_is_unused);
    tcase_add_test(tests, the_root_gets_no_pages_but_those_that_it_deposited);
    tcase_add_test(tests, a_proximity_domain_must_exist);
    tcase_add_test(tests, memory_is_given_to_nobody_but_children);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
