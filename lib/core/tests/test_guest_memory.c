/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Guest memory as the hypervisor accesses it, and what becomes of accesses that are denied. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "suite.h"

static struct fake_platform fake;
static struct hv_partition *partition;

static void setup(void)
{
    fake_platform_init(&fake);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static void start(int format)
{
    fake.platform.facts.slat_format = format == 0 ? HV_SLAT_NPT : HV_SLAT_EPT;
    partition = fake_space(&fake, 40, 16);
}

static void map(uint64_t gpa_page, uint64_t spa_page, uint64_t count, uint8_t access)
{
    ck_assert_uint_eq(
        hv_address_map(partition, gpa_page, spa_page, count, access, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
}

static void start_with_ram(int format)
{
    start(format);
    map(0x100, 0x20, 1, HV_ACCESS_ALL);
    map(0x101, 0x10, 1, HV_ACCESS_READ | HV_ACCESS_WRITE);
    map(0x102, 0x30, 1, HV_ACCESS_READ);
    map(0x103, FAKE_PAGES + 5, 1, HV_ACCESS_ALL); /* a device */
}

static void fill(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + 1);
}

START_TEST(bytes_cross_page_boundaries)
{
    uint8_t in[300];
    uint8_t out[302];

    start_with_ram(_i);
    fill(in, sizeof(in));
    /* Every alignment against words, every length around their size. */
    for (uint32_t size = 1; size < sizeof(in); size += size < 20 ? 1 : 31) {
        for (uint64_t offset = HV_PAGE_SIZE - 20; offset < HV_PAGE_SIZE + 2; offset++) {
            uint64_t gpa = 0x100 * HV_PAGE_SIZE + offset;

            memset(fake_page(&fake, 0x20), 0, HV_PAGE_SIZE);
            memset(fake_page(&fake, 0x10), 0, HV_PAGE_SIZE);
            ck_assert(hv_address_write(partition, gpa, in, size));
            memset(out, 0, sizeof(out));
            ck_assert(hv_address_read(partition, gpa, out, size));
            ck_assert_mem_eq(in, out, size);
            /* Neither the byte before nor the one behind was touched. */
            ck_assert(hv_address_read(partition, gpa - 1, out, size + 2));
            ck_assert_uint_eq(out[0], 0);
            ck_assert_uint_eq(out[size + 1], 0);
        }
    }
}
END_TEST

START_TEST(bytes_land_in_the_pages_that_are_mapped)
{
    const uint8_t bytes[4] = { 1, 2, 3, 4 };

    start_with_ram(_i);
    ck_assert(hv_address_write(partition, 0x101 * HV_PAGE_SIZE - 2, bytes, 4));
    ck_assert_mem_eq((uint8_t *)fake_page(&fake, 0x20) + HV_PAGE_SIZE - 2, bytes, 2);
    ck_assert_mem_eq(fake_page(&fake, 0x10), bytes + 2, 2);
}
END_TEST

START_TEST(nothing_is_written_unless_everything_can_be)
{
    static uint8_t bytes[3 * HV_PAGE_SIZE];
    uint8_t *last = (uint8_t *)fake_page(&fake, 0x10) + HV_PAGE_SIZE - 1;

    start_with_ram(_i);
    memset(bytes, 0xEE, sizeof(bytes));
    /* Into a page that is read-only, into a device, and into a hole. */
    ck_assert(!hv_address_write(partition, 0x102 * HV_PAGE_SIZE - 1, bytes, 2));
    ck_assert_uint_eq(*last, 0);
    ck_assert(!hv_address_write(partition, 0x100 * HV_PAGE_SIZE, bytes, sizeof(bytes)));
    ck_assert_uint_eq(*(uint8_t *)fake_page(&fake, 0x20), 0);
    map(0x102, FAKE_PAGES + 4, 1, HV_ACCESS_ALL);
    ck_assert(!hv_address_write(partition, 0x102 * HV_PAGE_SIZE - 1, bytes, 2));
    ck_assert_uint_eq(*last, 0);
    ck_assert_uint_eq(hv_address_unmap(partition, 0x102, 1), HV_STATUS_SUCCESS);
    ck_assert(!hv_address_write(partition, 0x102 * HV_PAGE_SIZE - 1, bytes, 2));
    ck_assert_uint_eq(*last, 0);
}
END_TEST

START_TEST(reading_needs_memory_that_can_be_read)
{
    uint8_t bytes[2];

    start_with_ram(_i);
    ck_assert(hv_address_read(partition, 0x103 * HV_PAGE_SIZE - 2, bytes, 2));
    ck_assert(!hv_address_read(partition, 0x103 * HV_PAGE_SIZE - 1, bytes, 2)); /* a device */
    ck_assert(!hv_address_read(partition, 0x100 * HV_PAGE_SIZE - 1, bytes, 2)); /* a hole */
    if (_i == 0)
        return;
    ck_assert_uint_eq(hv_address_protect(partition, 0x100, 1, HV_ACCESS_EXECUTE),
                      HV_STATUS_SUCCESS);
    ck_assert(!hv_address_read(partition, 0x100 * HV_PAGE_SIZE, bytes, 1));
}
END_TEST

START_TEST(addresses_do_not_wrap)
{
    uint8_t bytes[16] = { 0 };

    start(_i);
    map(0, 0x20, 1, HV_ACCESS_ALL);
    map(partition->address.page_count - 1, 0x21, 1, HV_ACCESS_ALL);
    ck_assert(!hv_address_read(partition, UINT64_MAX - 3, bytes, 16));
    ck_assert(!hv_address_write(partition, UINT64_MAX - 3, bytes, 16));
    ck_assert(!hv_address_read(partition, UINT64_MAX, bytes, 1));
    ck_assert(!hv_address_read(partition, (UINT64_C(1) << 40) - 8, bytes, 16));
    ck_assert(hv_address_read(partition, (UINT64_C(1) << 40) - 16, bytes, 16));
    ck_assert(!hv_address_write(partition, 0, bytes, UINT32_MAX));
    /* No bytes are everywhere. */
    ck_assert(hv_address_read(partition, UINT64_MAX, bytes, 0));
    ck_assert(hv_address_write(partition, UINT64_MAX, bytes, 0));
}
END_TEST

static unsigned looks;

/* The guest changes the page each time that somebody looks for it. */
static void change_page(struct fake_platform *platform, uint64_t spa_page)
{
    looks++;
    memset(fake_page(platform, spa_page), (int)looks, HV_PAGE_SIZE);
}

START_TEST(reading_visits_each_page_once)
{
    uint8_t bytes[64];

    start_with_ram(_i);
    looks = 0;
    fake.on_map = change_page;
    ck_assert(hv_address_read(partition, 0x101 * HV_PAGE_SIZE - 32, bytes, sizeof(bytes)));
    ck_assert_uint_eq(looks, 2);
    for (size_t i = 0; i < sizeof(bytes); i++)
        ck_assert_uint_eq(bytes[i], i < 32 ? 1 : 2);
}
END_TEST

/* ---- memory exits ---- */

static struct fake_vp cpu;
static struct hv_vp vp;

static void access_page(uint64_t gpa, uint8_t access, bool page_walk)
{
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY, .gprs = &cpu.gprs };

    memset(&cpu, 0, sizeof(cpu));
    vp = (struct hv_vp){ .partition = partition, .backend = &cpu };
    exit.memory.gpa = gpa;
    exit.memory.access = access;
    exit.memory.page_walk = page_walk;
    ck_assert_int_eq(hv_address_exit(&vp, &exit), HV_DISPOSITION_RESUME);
}

static void expect_mc(void)
{
    ck_assert(cpu.injected);
    ck_assert_uint_eq(cpu.vector, HV_X64_EXCEPTION_MC);
    ck_assert(!cpu.has_error);
}

START_TEST(denied_access_raises_mc)
{
    start_with_ram(_i);
    access_page(0x102 * HV_PAGE_SIZE + 8, HV_ACCESS_WRITE, false); /* read-only */
    expect_mc();
    access_page(0x102 * HV_PAGE_SIZE + 8, HV_ACCESS_EXECUTE, false);
    expect_mc();
    access_page(0x102 * HV_PAGE_SIZE + 8, HV_ACCESS_WRITE, true);
    expect_mc();
    access_page(0x200 * HV_PAGE_SIZE, HV_ACCESS_READ, false); /* not mapped */
    expect_mc();
    access_page(UINT64_C(1) << 40, HV_ACCESS_READ, false); /* beyond the space */
    expect_mc();
    access_page(UINT64_MAX, HV_ACCESS_EXECUTE, false);
    expect_mc();
}
END_TEST

START_TEST(access_that_is_allowed_by_now_is_tried_again)
{
    start_with_ram(_i);
    access_page(0x100 * HV_PAGE_SIZE, HV_ACCESS_EXECUTE, false);
    ck_assert(!cpu.injected);
    access_page(0x101 * HV_PAGE_SIZE, HV_ACCESS_WRITE, false);
    ck_assert(!cpu.injected);
    access_page(0x102 * HV_PAGE_SIZE, HV_ACCESS_READ, true);
    ck_assert(!cpu.injected);
}
END_TEST

static void add_access_tests(Suite *suite)
{
    TCase *tests = tcase_create("access");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, bytes_cross_page_boundaries, 0, 2);
    tcase_add_loop_test(tests, bytes_land_in_the_pages_that_are_mapped, 0, 2);
    tcase_add_loop_test(tests, nothing_is_written_unless_everything_can_be, 0, 2);
    tcase_add_loop_test(tests, reading_needs_memory_that_can_be_read, 0, 2);
    tcase_add_loop_test(tests, addresses_do_not_wrap, 0, 2);
    tcase_add_loop_test(tests, reading_visits_each_page_once, 0, 2);
    tcase_add_loop_test(tests, denied_access_raises_mc, 0, 2);
    tcase_add_loop_test(tests, access_that_is_allowed_by_now_is_tried_again, 0, 2);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    Suite *suite = suite_create("guest_memory");

    add_access_tests(suite);
    return run_suite(suite);
}
