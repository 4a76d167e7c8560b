/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Command lines. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "suite.h"

#define MOST_WORDS 32

static struct vmm_options options;
static struct vmm_trouble trouble;

/* The words behind the program's name, with spaces between them. */
static bool read_line(const char *line)
{
    static char text[1024];
    static char *words[MOST_WORDS];
    int count = 0;

    trouble.text[0] = 0;
    strcpy(text, line);
    words[count++] = (char *)"hvkit-vmm";
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    return vmm_options_read(&options, count, words, &trouble);
}

static void expect_trouble(const char *line, const char *words)
{
    ck_assert_msg(!read_line(line), "'%s' is taken", line);
    ck_assert_msg(strstr(trouble.text, words) != NULL, "'%s': '%s' does not say '%s'", line,
                  trouble.text, words);
}

START_TEST(description_and_machine_are_taken_in_order)
{
    ck_assert(read_line("d.yaml"));
    ck_assert_str_eq(options.description, "d.yaml");
    ck_assert_ptr_null(options.machine);
    ck_assert_ptr_null(options.device);
    ck_assert_ptr_null(options.backend);
    ck_assert_uint_eq(options.seconds, 0);
    ck_assert(!options.batch);
    ck_assert(read_line("--batch d.yaml --device /dev/x --backend kvm web --timeout 30"));
    ck_assert_str_eq(options.description, "d.yaml");
    ck_assert_str_eq(options.machine, "web");
    ck_assert_str_eq(options.device, "/dev/x");
    ck_assert_str_eq(options.backend, "kvm");
    ck_assert_uint_eq(options.seconds, 30);
    ck_assert(options.batch);
}
END_TEST

START_TEST(places_of_consoles)
{
    static const struct {
        const char *line;
        enum vmm_place place;
        const char *path;
    } rows[] = { { "--console com1=lines d", VMM_LINES, NULL },
                 { "--console com1=terminal d", VMM_TERMINAL, NULL },
                 { "--console com1=none d", VMM_NOWHERE, NULL },
                 { "--console com1=file:/tmp/a=b d", VMM_FILE, "/tmp/a=b" },
                 { "--console com1=unix:s d", VMM_SOCKET, "s" } };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_msg(read_line(rows[i].line), "%s: %s", rows[i].line, trouble.text);
        ck_assert_uint_eq(options.wish_count, 1);
        ck_assert_uint_eq(options.wishes[0].length, 4);
        ck_assert_int_eq(options.wishes[0].place, rows[i].place);
        if (rows[i].path)
            ck_assert_str_eq(options.wishes[0].path, rows[i].path);
        else
            ck_assert_ptr_null(options.wishes[0].path);
    }
}
END_TEST

START_TEST(help_needs_nothing_else)
{
    ck_assert(read_line("--help"));
    ck_assert(options.help);
    ck_assert(read_line("-h"));
    ck_assert(options.help);
}
END_TEST

START_TEST(what_is_wrong_is_told)
{
    expect_trouble("", "no machine description");
    expect_trouble("--batch", "no machine description");
    expect_trouble("a b c", "'c' is one argument too many");
    expect_trouble("--bach d", "no option '--bach'");
    expect_trouble("d --console", "--console: a value is missing");
    expect_trouble("--console com1 d", "'com1' is not NAME=PLACE");
    expect_trouble("--console =lines d", "'=lines' is not NAME=PLACE");
    expect_trouble("--console a=tty d", "'tty' is no place");
    expect_trouble("--console a=file: d", "'file:' is no place");
    expect_trouble("--console a=linesx d", "'linesx' is no place");
    expect_trouble("--console a=lines --console a=none d", "'a' is named twice");
    expect_trouble("--timeout 0 d", "'0' is not a number of seconds");
    expect_trouble("--timeout -1 d", "'-1' is not a number");
    expect_trouble("--timeout 5s d", "'5s' is not a number");
    expect_trouble("--timeout 99999999999999999999 d", "is not a number");
    expect_trouble("--timeout 1000001 d", "is not a number");
}
END_TEST

START_TEST(there_are_as_many_consoles_as_devices)
{
    char line[512] = "d";

    for (unsigned i = 0; i < HV_MACHINE_MAX_DEVICES; i++)
        sprintf(line + strlen(line), " --console c%u=none", i);
    ck_assert(read_line(line));
    ck_assert_uint_eq(options.wish_count, HV_MACHINE_MAX_DEVICES);
    strcat(line, " --console one-more=none");
    expect_trouble(line, "at most 8 consoles");
}
END_TEST

START_TEST(names_that_begin_alike_are_two)
{
    ck_assert(read_line("--console a=none --console ab=lines d"));
    ck_assert_uint_eq(options.wish_count, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_options");
    TCase *tests = tcase_create("options");

    tcase_add_test(tests, description_and_machine_are_taken_in_order);
    tcase_add_test(tests, places_of_consoles);
    tcase_add_test(tests, help_needs_nothing_else);
    tcase_add_test(tests, what_is_wrong_is_told);
    tcase_add_test(tests, there_are_as_many_consoles_as_devices);
    tcase_add_test(tests, names_that_begin_alike_are_two);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
