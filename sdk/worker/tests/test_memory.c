/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Guest memory: what is given to the guest, and that no address reaches beyond it. */
#include <check.h>
#include <string.h>

#include <worker/memory.h>

#include "fake_vid.h"
#include "suite.h"

#define ALL (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE)

static _Alignas(4096) uint8_t low[2 * HV_PAGE_SIZE], high[HV_PAGE_SIZE];
static struct fake_vid fake;
static struct worker_memory memory;

static void setup(void)
{
    fake_vid_init(&fake);
    worker_memory_init(&memory, &fake.vid);
    ck_assert_uint_eq(worker_memory_add(&memory, 0x10000, low, sizeof(low), ALL), 0);
    ck_assert_uint_eq(
        worker_memory_add(&memory, UINT64_C(1) << 32, high, sizeof(high), HV_MAP_GPA_READABLE), 0);
}

START_TEST(guest_gets_what_is_added)
{
    ck_assert_uint_eq(fake.map_count, 2);
    ck_assert_uint_eq(fake.maps[1].gpa, UINT64_C(1) << 32);
    ck_assert_uint_eq(fake.maps[1].size, HV_PAGE_SIZE);
    ck_assert_ptr_eq(fake.maps[1].host, high);
    ck_assert_uint_eq(fake.maps[1].flags, HV_MAP_GPA_READABLE);
}
END_TEST

START_TEST(bytes_lie_where_the_host_has_them)
{
    uint32_t value = 0x12345678, copy = 0;

    ck_assert(worker_memory_write(&memory, 0x10FFE, &value, 4));
    ck_assert_int_eq(memcmp(low + 0xFFE, &value, 4), 0);
    ck_assert(worker_memory_read(&memory, 0x10FFE, &copy, 4));
    ck_assert_uint_eq(copy, value);
    ck_assert_ptr_eq(worker_memory_at(&memory, 0x11FFF, 1), low + 0x1FFF);
}
END_TEST

START_TEST(nothing_lies_outside)
{
    uint8_t bytes[8] = { 0 };

    ck_assert_ptr_null(worker_memory_at(&memory, 0xFFFF, 1));
    ck_assert_ptr_null(worker_memory_at(&memory, 0xFFFF, 2));
    ck_assert_ptr_null(worker_memory_at(&memory, 0x12000, 1));
    ck_assert_ptr_null(worker_memory_at(&memory, 0x11FFF, 2));
    ck_assert_ptr_null(worker_memory_at(&memory, 0x10000, UINT64_MAX));
    ck_assert_ptr_null(worker_memory_at(&memory, UINT64_MAX, 8));
    ck_assert(!worker_memory_read(&memory, 0x11FFC, bytes, 8));
    ck_assert(!worker_memory_write(&memory, 0x11FFC, bytes, 8));
}
END_TEST

START_TEST(memory_that_the_guest_may_not_write_is_not_written_for_it)
{
    uint8_t byte = 1;

    ck_assert(!worker_memory_write(&memory, UINT64_C(1) << 32, &byte, 1));
    ck_assert_uint_eq(high[0], 0);
    ck_assert(worker_memory_read(&memory, UINT64_C(1) << 32, &byte, 1));
}
END_TEST

START_TEST(pieces_are_whole_pages_that_do_not_overlap)
{
    ck_assert_uint_eq(worker_memory_add(&memory, 0x20001, low, 0x1000, ALL),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(worker_memory_add(&memory, 0x20000, low, 0x1001, ALL),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(worker_memory_add(&memory, 0x20000, low, 0, ALL),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(worker_memory_add(&memory, 0 - HV_PAGE_SIZE, low, 0x2000, ALL),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(worker_memory_add(&memory, 0x11000, low, 0x1000, ALL),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(worker_memory_add(&memory, 0xF000, low, 0x2000, ALL),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(worker_memory_add(&memory, 0x20000, low + 8, 0x1000, ALL),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(fake.map_count, 2);
    ck_assert_uint_eq(worker_memory_add(&memory, 0x12000, low, 0x1000, ALL), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(worker_memory_add(&memory, 0xF000, low, 0x1000, ALL), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(what_the_host_refuses_is_not_there)
{
    fake.refusal = HV_STATUS_ACCESS_DENIED;
    ck_assert_uint_eq(worker_memory_add(&memory, 0x20000, low, 0x1000, ALL),
                      HV_STATUS_ACCESS_DENIED);
    ck_assert_ptr_null(worker_memory_at(&memory, 0x20000, 1));
}
END_TEST

START_TEST(running_out_of_pieces_is_a_status)
{
    for (uint32_t i = 2; i < WORKER_MEMORY_PIECES; i++)
        ck_assert_uint_eq(worker_memory_add(&memory, i * 0x100000, low, 0x1000, ALL), 0);
    ck_assert_uint_eq(worker_memory_add(&memory, 0x10000000, low, 0x1000, ALL),
                      HV_STATUS_INSUFFICIENT_MEMORY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker memory");
    TCase *tcase = tcase_create("memory");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, guest_gets_what_is_added);
    tcase_add_test(tcase, bytes_lie_where_the_host_has_them);
    tcase_add_test(tcase, nothing_lies_outside);
    tcase_add_test(tcase, memory_that_the_guest_may_not_write_is_not_written_for_it);
    tcase_add_test(tcase, pieces_are_whole_pages_that_do_not_overlap);
    tcase_add_test(tcase, what_the_host_refuses_is_not_there);
    tcase_add_test(tcase, running_out_of_pieces_is_a_status);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
