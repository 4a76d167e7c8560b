/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <check.h>
#include <string.h>

#include <hvkit/machine_line.h>

#include "suite.h"

static struct hv_machine machine;
static struct hv_machine_line line;
static char shown[2048]; /* lines, each with a | behind it */

static void setup(void)
{
    machine = (struct hv_machine){
        .device_count = 2,
        .devices = { { .show = HV_MACHINE_SHOW_ALL }, { .show = HV_MACHINE_SHOW_ALL } },
        .end_count = 1,
        .ends = { { .kind = HV_MACHINE_END_TEXT, .device = 0, .text = "login:" } },
    };
    line = (struct hv_machine_line){ .machine = &machine };
    shown[0] = 0;
}

static void show(void *context, const struct hv_machine_line *ended)
{
    ck_assert_ptr_eq(context, shown);
    strncat(shown, ended->text, ended->length);
    strcat(shown, "|");
}

static void add(const char *text)
{
    for (; *text; text++)
        hv_machine_line_add(&line, (uint8_t)*text, show, shown);
}

START_TEST(lines_are_shown_when_they_end)
{
    add("one\ntw");
    ck_assert_str_eq(shown, "one|");
    add("o\n\n");
    ck_assert_str_eq(shown, "one|two||");
}
END_TEST

START_TEST(what_was_begun_is_shown_once)
{
    add("half");
    hv_machine_line_flush(&line, show, shown);
    hv_machine_line_flush(&line, show, shown);
    ck_assert_str_eq(shown, "half|");
}
END_TEST

START_TEST(control_characters_are_left_out)
{
    add("a\r\x1b[2J\x7f\tb\n");
    ck_assert_str_eq(shown, "a[2J\tb|");
}
END_TEST

START_TEST(a_long_line_comes_in_pieces)
{
    for (unsigned i = 0; i < HV_MACHINE_LINE + 1; i++)
        add("x");
    ck_assert_uint_eq(strlen(shown), HV_MACHINE_LINE + 1);
    add("\n");
    ck_assert_str_eq(shown + HV_MACHINE_LINE, "|x|");
}
END_TEST

START_TEST(only_lines_with_a_text_are_shown)
{
    machine.devices[0].show = HV_MACHINE_SHOW_LINES;
    machine.devices[0].shown_count = 2;
    machine.devices[0].shown[0] = "error";
    machine.devices[0].shown[1] = "end";
    add("an error here\nnothing\nthe end\nerro\n");
    ck_assert_str_eq(shown, "an error here|the end|");
}
END_TEST

START_TEST(nothing_is_shown_where_nothing_is_to_be)
{
    machine.devices[0].show = HV_MACHINE_SHOW_NONE;
    add("one\ntwo");
    hv_machine_line_flush(&line, show, shown);
    ck_assert_str_eq(shown, "");
}
END_TEST

START_TEST(an_end_is_seen_before_its_line_ends)
{
    add("host login");
    ck_assert(!line.text_seen);
    add(":");
    ck_assert(line.text_seen);
}
END_TEST

START_TEST(an_end_is_of_one_console_and_one_line)
{
    line.device = 1;
    add("login:");
    ck_assert(!line.text_seen);
    setup();
    add("log\nin:");
    ck_assert(!line.text_seen);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("line");
    Suite *suite = suite_create("machine_line");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, lines_are_shown_when_they_end);
    tcase_add_test(tests, what_was_begun_is_shown_once);
    tcase_add_test(tests, control_characters_are_left_out);
    tcase_add_test(tests, a_long_line_comes_in_pieces);
    tcase_add_test(tests, only_lines_with_a_text_are_shown);
    tcase_add_test(tests, nothing_is_shown_where_nothing_is_to_be);
    tcase_add_test(tests, an_end_is_seen_before_its_line_ends);
    tcase_add_test(tests, an_end_is_of_one_console_and_one_line);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
