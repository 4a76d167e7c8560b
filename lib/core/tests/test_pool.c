/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A partition's pages: given once, given clean, never lost. */
#include <check.h>
#include <string.h>

#include "fake_platform.h"
#include "pool.h"
#include "suite.h"

#define FIRST 600u

static struct fake_platform fake;
static struct hv_pool pool;

static void setup(void)
{
    fake_platform_init(&fake);
    hv_pool_init(&pool, &fake.platform.memory);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static void deposit(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ck_assert_uint_eq(hv_pool_deposit(&pool, FIRST + i), HV_STATUS_SUCCESS);
}

static bool is_clean(const uint8_t *page)
{
    static const uint8_t zeros[HV_PAGE_SIZE];

    return memcmp(page, zeros, HV_PAGE_SIZE) == 0;
}

START_TEST(empty_pool_gives_nothing)
{
    uint64_t page = 77;

    ck_assert_uint_eq(hv_pool_unused(&pool), 0);
    ck_assert_ptr_null(hv_pool_alloc(&pool, &page));
    ck_assert_uint_eq(hv_pool_withdraw(&pool, &page), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(page, 77);
    ck_assert_uint_eq(pool.total, 0);
}
END_TEST

START_TEST(page_that_is_not_memory_is_refused)
{
    ck_assert_uint_eq(hv_pool_deposit(&pool, FAKE_PAGES), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_pool_deposit(&pool, UINT64_MAX), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_pool_unused(&pool), 0);
    ck_assert_uint_eq(pool.total, 0);
}
END_TEST

START_TEST(each_page_is_given_once_and_zeroed)
{
    bool given[8] = { false };

    deposit(8);
    for (unsigned i = 0; i < 8; i++) {
        uint64_t page;
        uint8_t *memory = hv_pool_alloc(&pool, &page);

        ck_assert_ptr_eq(memory, fake_page(&fake, page));
        ck_assert(is_clean(memory));
        ck_assert_uint_ge(page, FIRST);
        ck_assert_uint_lt(page, FIRST + 8);
        ck_assert(!given[page - FIRST]);
        given[page - FIRST] = true;
        memset(memory, 0xFF, HV_PAGE_SIZE);
    }
    ck_assert_ptr_null(hv_pool_alloc(&pool, NULL));
}
END_TEST

START_TEST(freed_page_is_given_again_and_zeroed)
{
    uint64_t page;
    uint64_t again;

    deposit(1);
    memset(hv_pool_alloc(&pool, &page), 0xFF, HV_PAGE_SIZE);
    hv_pool_free(&pool, page);
    ck_assert(is_clean(hv_pool_alloc(&pool, &again)));
    ck_assert_uint_eq(again, page);
}
END_TEST

START_TEST(withdrawn_page_tells_nothing_of_the_pool)
{
    uint64_t page;
    uint8_t *behind;

    deposit(3);
    for (unsigned i = 0; i < 3; i++) {
        behind = fake_page(&fake, FIRST + 3);
        *behind = 0xEE;
        ck_assert_uint_eq(hv_pool_withdraw(&pool, &page), HV_STATUS_SUCCESS);
        ck_assert(is_clean(fake_page(&fake, page)));
        ck_assert_uint_eq(*behind, 0xEE);
    }
    ck_assert_uint_eq(hv_pool_withdraw(&pool, &page), HV_STATUS_INSUFFICIENT_MEMORY);
}
END_TEST

START_TEST(page_in_use_cannot_be_withdrawn)
{
    uint64_t used;
    uint64_t page;

    deposit(2);
    ck_assert_ptr_nonnull(hv_pool_alloc(&pool, &used));
    ck_assert_uint_eq(hv_pool_withdraw(&pool, &page), HV_STATUS_SUCCESS);
    ck_assert_uint_ne(page, used);
    ck_assert_uint_eq(hv_pool_withdraw(&pool, &page), HV_STATUS_INSUFFICIENT_MEMORY);
}
END_TEST

START_TEST(accounts_balance)
{
    uint64_t page;

    deposit(5);
    ck_assert_uint_eq(pool.total, 5);
    ck_assert_uint_eq(hv_pool_unused(&pool), 5);
    ck_assert_ptr_nonnull(hv_pool_alloc(&pool, &page));
    ck_assert_uint_eq(pool.total, 5);
    ck_assert_uint_eq(hv_pool_unused(&pool), 4);
    hv_pool_free(&pool, page);
    ck_assert_uint_eq(hv_pool_unused(&pool), 5);
    ck_assert_uint_eq(hv_pool_withdraw(&pool, &page), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(pool.total, 4);
    ck_assert_uint_eq(hv_pool_unused(&pool), 4);
}
END_TEST

static bool is_wanted(const void *wanted, uint64_t spa_page)
{
    return ((const bool *)wanted)[spa_page - FIRST];
}

START_TEST(a_page_is_chosen_from_anywhere_in_the_list)
{
    bool wanted[4] = { false, true, true, false };
    bool seen[4] = { false };
    uint64_t page, in_use, free_pages;

    deposit(4);
    memset((uint8_t *)fake_page(&fake, FIRST + 1) + 8, 0x33, 8);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(hv_pool_withdraw_chosen(&pool, is_wanted, wanted, &page),
                          HV_STATUS_SUCCESS);
        ck_assert(wanted[page - FIRST]);
        ck_assert(is_clean(fake_page(&fake, page)));
        wanted[page - FIRST] = false;
    }
    page = 77;
    ck_assert_uint_eq(hv_pool_withdraw_chosen(&pool, is_wanted, wanted, &page),
                      HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(page, 77);
    ck_assert_uint_eq(pool.total, 2);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_ptr_nonnull(hv_pool_alloc(&pool, &page));
        seen[page - FIRST] = true;
    }
    ck_assert(seen[0] && seen[3]);
    hv_pool_free(&pool, FIRST);
    hv_pool_balance(&pool, &free_pages, &in_use);
    ck_assert_uint_eq(free_pages, 1);
    ck_assert_uint_eq(in_use, 1);
}
END_TEST

START_TEST(a_page_of_no_account_is_taken_out_again)
{
    deposit(2);
    hv_pool_free(&pool, FIRST + 5);
    ck_assert(!hv_pool_take(&pool, FIRST + 6));
    ck_assert(hv_pool_take(&pool, FIRST + 5));
    ck_assert(!hv_pool_take(&pool, FIRST + 5));
    ck_assert_uint_eq(hv_pool_unused(&pool), 2);
    ck_assert_uint_eq(pool.total, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pool");
    TCase *tests = tcase_create("pool");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, empty_pool_gives_nothing);
    tcase_add_test(tests, page_that_is_not_memory_is_refused);
    tcase_add_test(tests, each_page_is_given_once_and_zeroed);
    tcase_add_test(tests, freed_page_is_given_again_and_zeroed);
    tcase_add_test(tests, withdrawn_page_tells_nothing_of_the_pool);
    tcase_add_test(tests, page_in_use_cannot_be_withdrawn);
    tcase_add_test(tests, accounts_balance);
    tcase_add_test(tests, a_page_is_chosen_from_anywhere_in_the_list);
    tcase_add_test(tests, a_page_of_no_account_is_taken_out_again);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
