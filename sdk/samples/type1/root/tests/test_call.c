/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Hypercalls with types, and the pools that they feed. */
#include <string.h>

#include "../call.h"
#include "../host.h"
#include "../pool.h"
#include "fake_host.h"
#include "suite.h"

static uint64_t make(void)
{
    uint64_t id;

    fake_host_init();
    ck_assert_uint_eq(root_call_create_partition(0, &id), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(root_call_initialize_partition(id), HV_STATUS_SUCCESS);
    return id;
}

START_TEST(list_is_finished_when_the_hypervisor_stops_in_the_middle)
{
    struct root_pool pool = { .partition = make() };

    fake.most_reps = 3;
    ck_assert_uint_eq(root_pool_add(&pool, 40), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(pool.deposited, 40);
    ck_assert_uint_eq(fake.partition[1].pool_count, 40);
    ck_assert_uint_eq(root_pool_drain(&pool), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.free_pages, FAKE_FREE_PAGES);
}
END_TEST

START_TEST(list_that_gets_nowhere_is_given_up)
{
    struct root_pool pool = { .partition = make() };

    fake.stuck = true;
    ck_assert_uint_eq(root_pool_add(&pool, 5), HV_STATUS_OPERATION_FAILED);
    ck_assert_uint_eq(pool.deposited, 0);
    ck_assert_uint_eq(fake.free_pages, FAKE_FREE_PAGES);
}
END_TEST

START_TEST(page_that_was_not_taken_stays_here)
{
    struct root_pool pool = { .partition = make() };

    fake.fail_at = fake.calls + 2;
    fake.fail_status = HV_STATUS_OPERATION_DENIED;
    ck_assert_uint_eq(root_pool_add(&pool, 40), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(pool.deposited, 32);
    ck_assert_uint_eq(fake.free_pages, FAKE_FREE_PAGES - 32);
    ck_assert_uint_eq(root_pool_drain(&pool), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.free_pages, FAKE_FREE_PAGES);
}
END_TEST

START_TEST(shortage_is_mended_in_the_pool_that_was_short)
{
    struct root_pool pool = { .partition = make() }, own = { .partition = HV_PARTITION_ID_SELF };

    ck_assert(root_pool_mend(&pool, &own, HV_STATUS_INSUFFICIENT_MEMORY));
    ck_assert(root_pool_mend(&pool, &own, HV_STATUS_INSUFFICIENT_CONTIGUOUS_MEMORY));
    ck_assert_uint_eq(own.deposited, 0);
    ck_assert_uint_gt(pool.deposited, 0);
    ck_assert(root_pool_mend(&pool, &own, HV_STATUS_INSUFFICIENT_ROOT_MEMORY));
    ck_assert(root_pool_mend(&pool, &own, HV_STATUS_INSUFFICIENT_CONTIGUOUS_ROOT_MEMORY));
    ck_assert_uint_gt(own.deposited, 0);
    ck_assert(!root_pool_mend(&pool, &own, HV_STATUS_INVALID_PARAMETER));
    ck_assert(!root_pool_mend(&pool, &own, HV_STATUS_SUCCESS));
    root_pool_drain(&pool);
    root_pool_drain(&own);
}
END_TEST

START_TEST(missing_page_is_told)
{
    struct root_pool pool = { .partition = make() };
    uint64_t page;

    ck_assert_uint_eq(root_pool_add(&pool, 2), HV_STATUS_SUCCESS);
    page = fake.partition[1].pool[--fake.partition[1].pool_count];
    ck_assert_uint_eq(root_pool_drain(&pool), HV_STATUS_NO_RESOURCES);
    ck_assert_uint_eq(pool.deposited, 1);
    root_host_give_pages((void *)(uintptr_t)(page * HV_PAGE_SIZE), 1);
}
END_TEST

START_TEST(registers_are_written_and_read_in_order)
{
    uint64_t id = make();
    struct root_pool pool = { .partition = id };
    const uint32_t names[2] = { HvX64RegisterRbx, HvX64RegisterRip };
    const struct worker_register written[2] = {
        { .name = HvX64RegisterRip, .value.reg128 = { .low = 0x1234 } },
        { .name = HvX64RegisterRbx, .value.reg128 = { .low = 5, .high = 6 } },
    };
    union hv_register_value values[2];

    ck_assert_uint_eq(root_pool_add(&pool, FAKE_VP_PAGES), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(root_call_create_vp(id, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(root_call_set_registers(id, 1, written, 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(root_call_get_registers(id, 1, names, values, 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(values[0].reg128.low, 5);
    ck_assert_uint_eq(values[0].reg128.high, 6);
    ck_assert_uint_eq(values[1].reg64, 0x1234);
    ck_assert_uint_eq(root_call_get_registers(id, 1, names, values, ROOT_CALL_MOST_REGISTERS + 1),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(root_call_resume(id, 1, written, 2), HV_STATUS_SUCCESS);
    ck_assert(!fake.partition[1].vp[1].explicit_suspend);
    ck_assert_uint_eq(root_call_delete_vp(id, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(root_pool_drain(&pool), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(translation_is_that_of_the_byte)
{
    uint64_t id = make(), gpa;
    uint32_t code = 1;

    ck_assert_uint_eq(
        root_call_translate(id, 0, 0x7654321, HV_TRANSLATE_GVA_VALIDATE_READ, &gpa, &code),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(gpa, 0x7654321);
    ck_assert_uint_eq(code, HvTranslateGvaSuccess);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("root_call");
    TCase *tcase = tcase_create("root_call");

    tcase_add_checked_fixture(tcase, NULL, fake_host_free);
    tcase_add_test(tcase, list_is_finished_when_the_hypervisor_stops_in_the_middle);
    tcase_add_test(tcase, list_that_gets_nowhere_is_given_up);
    tcase_add_test(tcase, page_that_was_not_taken_stays_here);
    tcase_add_test(tcase, shortage_is_mended_in_the_pool_that_was_short);
    tcase_add_test(tcase, missing_page_is_told);
    tcase_add_test(tcase, registers_are_written_and_read_in_order);
    tcase_add_test(tcase, translation_is_that_of_the_byte);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
