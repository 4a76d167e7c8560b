/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Who answers at an address, and in which pieces an access reaches a device. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include <worker/bus.h>

#include "suite.h"

static struct worker_bus bus;
static char log_text[512];

/* A device that writes down what it is asked, and answers with the offset in each byte. */
static uint64_t log_read(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    uint64_t value = 0;

    sprintf(log_text + strlen(log_text), "%sr%u@%u,%u ", (const char *)context, size,
            (unsigned)offset, (unsigned)now);
    for (unsigned i = 0; i < 8; i++)
        value |= (offset + i) << (8 * i);
    return value;
}

static void log_write(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    sprintf(log_text + strlen(log_text), "%sw%u@%u=%llx,%u ", (const char *)context, size,
            (unsigned)offset, (unsigned long long)value, (unsigned)now);
}

static bool add(const char *name, uint64_t first, uint64_t count, unsigned width)
{
    const struct worker_device device = { (void *)(uintptr_t)name, log_read, log_write, width };

    return worker_bus_add(&bus, first, count, &device);
}

static void setup(void)
{
    worker_bus_init(&bus);
    log_text[0] = 0;
}

START_TEST(device_is_asked_with_its_offset_and_the_time)
{
    ck_assert(add("a", 0x3F8, 8, 1));
    ck_assert_uint_eq(worker_bus_read(&bus, 0x3FD, 1, 77), 5);
    worker_bus_write(&bus, 0x3F9, 1, 0xAA, 78);
    ck_assert_str_eq(log_text, "ar1@5,77 aw1@1=aa,78 ");
}
END_TEST

START_TEST(wide_access_to_a_narrow_device_is_split)
{
    ck_assert(add("a", 0x3F8, 8, 1));
    ck_assert_uint_eq(worker_bus_read(&bus, 0x3F8, 4, 0), 0x03020100);
    worker_bus_write(&bus, 0x3FC, 2, 0xBBAA, 0);
    ck_assert_str_eq(log_text, "ar1@0,0 ar1@1,0 ar1@2,0 ar1@3,0 aw1@4=aa,0 aw1@5=bb,0 ");
}
END_TEST

START_TEST(wide_device_gets_all_at_once)
{
    ck_assert(add("a", 0x1000, 0x1000, 8));
    ck_assert_uint_eq(worker_bus_read(&bus, 0x1008, 8, 0), UINT64_C(0x0F0E0D0C0B0A0908));
    worker_bus_write(&bus, 0x1004, 4, UINT64_MAX, 0);
    ck_assert_str_eq(log_text, "ar8@8,0 aw4@4=ffffffff,0 ");
}
END_TEST

START_TEST(device_sees_aligned_accesses_only)
{
    ck_assert(add("a", 0x1000, 0x1000, 4));
    ck_assert_uint_eq(worker_bus_read(&bus, 0x1001, 4, 0), 0x04030201);
    worker_bus_write(&bus, 0x1006, 8, UINT64_C(0x8877665544332211), 0);
    ck_assert_str_eq(log_text, "ar1@1,0 ar2@2,0 ar1@4,0 aw2@6=2211,0 aw4@8=66554433,0 "
                               "aw2@12=8877,0 ");
}
END_TEST

START_TEST(nobody_answers_with_ones)
{
    ck_assert_uint_eq(worker_bus_read(&bus, 0x80, 1, 0), 0xFF);
    ck_assert_uint_eq(worker_bus_read(&bus, 0x80, 4, 0), 0xFFFFFFFF);
    ck_assert_uint_eq(worker_bus_read(&bus, 0xFED00000, 8, 0), UINT64_MAX);
    worker_bus_write(&bus, 0x80, 1, 0, 0);
}
END_TEST

START_TEST(access_over_an_edge_is_shared)
{
    ck_assert(add("a", 0x10, 2, 4));
    ck_assert(add("b", 0x13, 1, 4));
    ck_assert_uint_eq(worker_bus_read(&bus, 0x0F, 8, 0), UINT64_C(0xFFFFFF00FF0100FF));
    ck_assert_str_eq(log_text, "ar2@0,0 br1@0,0 ");
}
END_TEST

START_TEST(the_last_address_counts)
{
    ck_assert(add("a", 0xFFFF, 1, 1));
    ck_assert(add("b", UINT64_MAX, 1, 1));
    ck_assert_uint_eq(worker_bus_read(&bus, 0xFFFF, 2, 0), 0xFF00);
    worker_bus_write(&bus, UINT64_MAX, 1, 1, 0);
    ck_assert_str_eq(log_text, "ar1@0,0 bw1@0=1,0 ");
}
END_TEST

START_TEST(device_without_functions_is_nobody)
{
    const struct worker_device nothing = { .width = 1 };

    ck_assert(worker_bus_add(&bus, 0x80, 1, &nothing));
    ck_assert_uint_eq(worker_bus_read(&bus, 0x80, 1, 0), 0xFF);
    worker_bus_write(&bus, 0x80, 1, 0, 0);
    ck_assert(worker_bus_claims(&bus, 0x80, 1));
}
END_TEST

START_TEST(ranges_do_not_overlap)
{
    ck_assert(add("a", 0x10, 0x10, 1));
    ck_assert(!add("b", 0x1F, 1, 1));
    ck_assert(!add("b", 0x08, 9, 1));
    ck_assert(!add("b", 0x08, 0x100, 1));
    ck_assert(!add("b", 0x12, 2, 1));
    ck_assert(add("b", 0x20, 1, 1));
    ck_assert(add("c", 0x0F, 1, 1));
    ck_assert_uint_eq(worker_bus_read(&bus, 0x0F, 1, 0), 0);
    ck_assert_uint_eq(worker_bus_read(&bus, 0x20, 1, 0), 0);
    ck_assert_str_eq(log_text, "cr1@0,0 br1@0,0 ");
}
END_TEST

START_TEST(senseless_ranges_are_refused)
{
    ck_assert(!add("a", 0x10, 0, 1));
    ck_assert(!add("a", UINT64_MAX, 2, 1));
    ck_assert(!add("a", 0x10, 1, 0));
    ck_assert(!add("a", 0x10, 1, 3));
    ck_assert(!add("a", 0x10, 1, 16));
    for (uint32_t i = 0; i < WORKER_BUS_RANGES; i++)
        ck_assert(add("a", i, 1, 1));
    ck_assert(!add("a", 0x1000, 1, 1));
}
END_TEST

START_TEST(removed_device_is_gone)
{
    ck_assert(add("a", 0x10, 4, 1));
    ck_assert(add("b", 0x20, 4, 1));
    ck_assert(!worker_bus_remove(&bus, 0x11));
    ck_assert(worker_bus_remove(&bus, 0x10));
    ck_assert(!worker_bus_remove(&bus, 0x10));
    ck_assert(!worker_bus_claims(&bus, 0x10, 4));
    ck_assert_uint_eq(worker_bus_read(&bus, 0x10, 1, 0), 0xFF);
    ck_assert_uint_eq(worker_bus_read(&bus, 0x21, 1, 0), 1);
}
END_TEST

/* Whoever answered last is not asked for more than it has. */
START_TEST(place_of_the_last_access_is_no_other_devices)
{
    ck_assert(add("b", 0x20, 4, 1));
    worker_bus_read(&bus, 0x20, 1, 0);
    ck_assert(add("a", 0x10, 4, 1));
    worker_bus_read(&bus, 0x20, 1, 0);
    worker_bus_read(&bus, 0x23, 2, 0);
    worker_bus_read(&bus, 0x1F, 1, 0);
    worker_bus_read(&bus, 0x13, 1, 0);
    worker_bus_read(&bus, 0x20, 1, 0);
    ck_assert(worker_bus_remove(&bus, 0x20));
    worker_bus_read(&bus, 0x20, 1, 0);
    worker_bus_read(&bus, 0x10, 1, 0);
    ck_assert_str_eq(log_text, "br1@0,0 br1@0,0 br1@3,0 ar1@3,0 br1@0,0 ar1@0,0 ");
}
END_TEST

START_TEST(an_address_is_claimed_by_any_byte)
{
    ck_assert(add("a", 0x10, 4, 1));
    ck_assert(!worker_bus_claims(&bus, 0x0E, 2));
    ck_assert(worker_bus_claims(&bus, 0x0E, 3));
    ck_assert(worker_bus_claims(&bus, 0x13, 8));
    ck_assert(!worker_bus_claims(&bus, 0x14, 8));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker bus");
    TCase *tcase = tcase_create("bus");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, device_is_asked_with_its_offset_and_the_time);
    tcase_add_test(tcase, wide_access_to_a_narrow_device_is_split);
    tcase_add_test(tcase, wide_device_gets_all_at_once);
    tcase_add_test(tcase, device_sees_aligned_accesses_only);
    tcase_add_test(tcase, nobody_answers_with_ones);
    tcase_add_test(tcase, access_over_an_edge_is_shared);
    tcase_add_test(tcase, the_last_address_counts);
    tcase_add_test(tcase, device_without_functions_is_nobody);
    tcase_add_test(tcase, ranges_do_not_overlap);
    tcase_add_test(tcase, senseless_ranges_are_refused);
    tcase_add_test(tcase, removed_device_is_gone);
    tcase_add_test(tcase, place_of_the_last_access_is_no_other_devices);
    tcase_add_test(tcase, an_address_is_claimed_by_any_byte);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
