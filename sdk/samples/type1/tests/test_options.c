/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <check.h>

#include "options.h"
#include "suite.h"

START_TEST(nothing_is_asked_for_by_default)
{
    struct options options = options_parse("hvkit-type1.elf");

    ck_assert(!options.log);
    ck_assert(!options.tsc_trusted);
    ck_assert(!options.minimal);
    ck_assert(!options.debug_loopback);
    ck_assert(!options.hyperv_testdev);
    ck_assert(!options.root_scheduler);
    ck_assert_uint_eq(options.save_restore_ms, 0);
    ck_assert_uint_eq(options.pool_mib, 4);
}
END_TEST

START_TEST(words_are_found_among_others)
{
    struct options options = options_parse("hvkit-type1.elf  log=com1 quiet pool=16 tsc=trust");

    ck_assert(options.log);
    ck_assert(options.tsc_trusted);
    ck_assert_uint_eq(options.pool_mib, 16);
    ck_assert(options_parse("log").log);
}
END_TEST

START_TEST(words_must_match_whole)
{
    struct options options = options_parse("logs log=com2 tsc=trusted xpool=16 pool=");

    ck_assert(!options.log);
    ck_assert(!options.tsc_trusted);
    ck_assert_uint_eq(options.pool_mib, 4);
}
END_TEST

START_TEST(minimal_is_a_word_of_its_own)
{
    ck_assert(options_parse("x minimal log").minimal);
    ck_assert(!options_parse("minimally").minimal);
}
END_TEST

START_TEST(debug_knows_one_connection)
{
    ck_assert(options_parse("debug=loopback").debug_loopback);
    ck_assert(!options_parse("debug debug=com2").debug_loopback);
}
END_TEST

START_TEST(the_test_device_is_a_word_of_its_own)
{
    ck_assert(options_parse("x hyperv-testdev log").hyperv_testdev);
    ck_assert(!options_parse("hyperv-testdevs hyperv").hyperv_testdev);
}
END_TEST

START_TEST(the_scheduler_is_the_root_only_if_it_says_so)
{
    ck_assert(options_parse("x scheduler=root log").root_scheduler);
    ck_assert(!options_parse("scheduler=roots scheduler= scheduler root").root_scheduler);
}
END_TEST

START_TEST(save_restore_has_a_period)
{
    ck_assert_uint_eq(options_parse("save-restore=20").save_restore_ms, 20);
    ck_assert_uint_eq(options_parse("save-restore=12345").save_restore_ms, 12345);
    ck_assert_uint_eq(options_parse("save-restore save-restore=").save_restore_ms, 0);
}
END_TEST

START_TEST(pool_is_bounded)
{
    ck_assert_uint_eq(options_parse("pool=99999999999999999999").pool_mib, 1024);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, nothing_is_asked_for_by_default);
    tcase_add_test(tests, words_are_found_among_others);
    tcase_add_test(tests, words_must_match_whole);
    tcase_add_test(tests, minimal_is_a_word_of_its_own);
    tcase_add_test(tests, debug_knows_one_connection);
    tcase_add_test(tests, the_test_device_is_a_word_of_its_own);
    tcase_add_test(tests, the_scheduler_is_the_root_only_if_it_says_so);
    tcase_add_test(tests, save_restore_has_a_period);
    tcase_add_test(tests, pool_is_bounded);
    return run_suite(suite);
}
