/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <check.h>

#include "power.h"
#include "suite.h"

#define S5    5u
#define SLEEP (1u << 13)
#define S3    (1u << 10)
#define OFF   (S5 << 10)

static void check_write(int offset, unsigned size, uint32_t value, uint32_t written)
{
    struct power_write write = power_filter(offset, size, value, S5);

    ck_assert_uint_eq(write.value, written);
    ck_assert(write.refused == (value != written));
}

START_TEST(sleep_is_refused_and_the_rest_is_written)
{
    check_write(0, 2, SLEEP | S3 | 1, S3 | 1);
    check_write(0, 2, SLEEP, 0);
    check_write(0, 2, 0xFFFF, 0xDFFF);
}
END_TEST

START_TEST(power_off_is_let_through)
{
    check_write(0, 2, SLEEP | OFF | 1, SLEEP | OFF | 1);
    check_write(1, 1, (SLEEP | OFF) >> 8, (SLEEP | OFF) >> 8);
    check_write(0, 4, 0xFFFF0000 | SLEEP | OFF, 0xFFFF0000 | SLEEP | OFF);
}
END_TEST

START_TEST(a_state_is_entered_with_the_rest_as_it_is)
{
    ck_assert_uint_eq(power_enter(0xFFFF, S5), 0xE3FF | OFF);
    ck_assert_uint_eq(power_enter(0x0001, S5), SLEEP | OFF | 1);
    ck_assert_uint_eq(power_enter(0x1C00, 0), SLEEP);
    ck_assert_uint_eq(power_enter(0, 0xF8 | 1), SLEEP | S3);
}
END_TEST

START_TEST(writes_without_slp_en_are_let_through)
{
    check_write(0, 2, 0xDFFF, 0xDFFF);
    check_write(1, 1, 0xDF, 0xDF);
    check_write(0, 4, 0xFFFFDFFF, 0xFFFFDFFF);
}
END_TEST

START_TEST(bytes_of_the_register_are_told_apart)
{
    check_write(0, 1, 0xFF, 0xFF);
    check_write(1, 1, 0x24, 0x04);
}
END_TEST

START_TEST(wide_writes_change_nothing_but_slp_en)
{
    check_write(0, 4, 0xFFFFFFFF, 0xFFFFDFFF);
    check_write(-1, 4, 0xFFFFFFFF, 0xFFDFFFFF);
    check_write(-2, 4, 0xFFFFFFFF, 0xDFFFFFFF);
    check_write(1, 4, 0xFFFFFFFF, 0xFFFFFFDF);
}
END_TEST

START_TEST(writes_across_an_end_are_looked_at_where_they_reach_the_high_byte)
{
    check_write(1, 2, 0xFFFF, 0xFFDF);
    check_write(-1, 2, 0xFFFF, 0xFFFF);
    check_write(-3, 4, 0xFFFFFFFF, 0xFFFFFFFF);
}
END_TEST

START_TEST(ports_elsewhere_are_not_looked_at)
{
    check_write(2, 4, 0xFFFFFFFF, 0xFFFFFFFF);
    check_write(-4, 4, 0xFFFFFFFF, 0xFFFFFFFF);
    check_write(0xFB00, 2, 0xFFFF, 0xFFFF);
    check_write(-0xFB00, 2, 0xFFFF, 0xFFFF);
}
END_TEST

START_TEST(nothing_is_refused_where_s5_is_not_known)
{
    struct power_write write = power_filter(0, 2, SLEEP | S3, POWER_ANY_TYPE);

    ck_assert(!write.refused);
    ck_assert_uint_eq(write.value, SLEEP | S3);
}
END_TEST

#define NAME 0x08, '_', 'S', '5', '_'

static bool find(const uint8_t *aml, uint32_t length, unsigned first, unsigned second)
{
    uint8_t types[2] = { 0xEE, 0xEE };
    bool found = power_find_s5(aml, length, types);

    ck_assert_uint_eq(types[0], found ? first : 0xEE);
    ck_assert_uint_eq(types[1], found ? second : 0xEE);
    return found;
}

START_TEST(s5_is_found_among_other_names)
{
    static const uint8_t zeros[] = { 0x08, '_', 'S',  '3',  '_', 0x12, 6, 4, 1, 1,
                                     0,    0,   NAME, 0x12, 6,   4,    0, 0, 0, 0 };
    static const uint8_t bytes[] = { NAME, 0x12, 10, 4, 0x0A, 5, 0x0A, 7, 0, 0 };
    static const uint8_t wide[] = { 0x08, '\\', '_', 'S',  '5',  '_', 0x12, 0x4A, 0,
                                    2,    0x0B, 6,   0x00, 0x0C, 3,   0,    0,    0 };

    ck_assert(find(zeros, sizeof(zeros), 0, 0));
    ck_assert(find(bytes, sizeof(bytes), 5, 7));
    ck_assert(find(wide, sizeof(wide), 6, 3));
}
END_TEST

START_TEST(s5_that_is_cut_off_is_not_found)
{
    static const uint8_t aml[] = { NAME, 0x12, 0x4A, 0, 2, 0x0A, 5, 0x0C, 7, 0, 0, 0 };

    for (uint32_t length = 0; length < sizeof(aml); length++)
        ck_assert(!find(aml, length, 0, 0));
    ck_assert(find(aml, sizeof(aml), 5, 7));
}
END_TEST

START_TEST(s5_that_is_no_package_of_integers_is_not_found)
{
    static const uint8_t method[] = { 0x14, '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0 };
    static const uint8_t integer[] = { NAME, 0x0A, 6, 4, 0, 0, 0, 0 };
    static const uint8_t single[] = { NAME, 0x12, 3, 1, 5, 5 };
    static const uint8_t names[] = { NAME, 0x12, 11, 2, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H' };

    ck_assert(!find(method, sizeof(method), 0, 0));
    ck_assert(!find(integer, sizeof(integer), 0, 0));
    ck_assert(!find(single, sizeof(single), 0, 0));
    ck_assert(!find(names, sizeof(names), 0, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("power");
    TCase *tests = tcase_create("power");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, sleep_is_refused_and_the_rest_is_written);
    tcase_add_test(tests, power_off_is_let_through);
    tcase_add_test(tests, a_state_is_entered_with_the_rest_as_it_is);
    tcase_add_test(tests, writes_without_slp_en_are_let_through);
    tcase_add_test(tests, bytes_of_the_register_are_told_apart);
    tcase_add_test(tests, wide_writes_change_nothing_but_slp_en);
    tcase_add_test(tests, writes_across_an_end_are_looked_at_where_they_reach_the_high_byte);
    tcase_add_test(tests, ports_elsewhere_are_not_looked_at);
    tcase_add_test(tests, nothing_is_refused_where_s5_is_not_known);
    tcase_add_test(tests, s5_is_found_among_other_names);
    tcase_add_test(tests, s5_that_is_cut_off_is_not_found);
    tcase_add_test(tests, s5_that_is_no_package_of_integers_is_not_found);
    return run_suite(suite);
}
