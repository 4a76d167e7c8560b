/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which word was meant, and how a text of a user is shown back to them. */
#include <check.h>
#include <string.h>

#include "errors.h"
#include "suggest.h"
#include "suite.h"

static const char *const words[] = {
    "memory", "kernel", "vps", "on", "com1", "com2", "reset", NULL
};

static const char *meant(const char *text)
{
    return suggest(text, strlen(text), words);
}

START_TEST(a_third_of_the_letters_may_be_wrong)
{
    ck_assert_str_eq(meant("memory"), "memory");
    ck_assert_str_eq(meant("memmory"), "memory");
    ck_assert_str_eq(meant("mem0ri"), "memory");
    ck_assert_str_eq(meant("MEMORY"), "memory");
    ck_assert_str_eq(meant("mmeory"), "memory");
    ck_assert_str_eq(meant("emmoyr"), "memory");
    ck_assert_str_eq(meant("vp"), "vps");
    ck_assert_str_eq(meant("resset"), "reset");
    ck_assert_ptr_null(meant("mmr"));
    ck_assert_ptr_null(meant("rst"));
    ck_assert_ptr_null(meant("no"));
    ck_assert_ptr_null(meant(""));
}
END_TEST

START_TEST(what_may_be_two_words_is_none)
{
    ck_assert_ptr_null(meant("com3"));
    ck_assert_ptr_null(meant("com"));
    ck_assert_str_eq(meant("com1"), "com1");
}
END_TEST

START_TEST(long_words_are_none)
{
    char text[64];

    memset(text, 'm', sizeof(text));
    ck_assert_ptr_null(suggest(text, sizeof(text), words));
}
END_TEST

START_TEST(words_are_listed)
{
    static const char *const one[] = { "console", NULL };

    ck_assert_str_eq(expected_words("com3", 4, words).text,
                     "expected one of memory, kernel, vps, on, com1, com2, reset");
    ck_assert_str_eq(expected_words("ON", 2, words).text, "did you mean 'on'?");
    ck_assert_str_eq(expected_words("x", 1, one).text, "expected console");
}
END_TEST

START_TEST(long_list_is_cut_off)
{
    const char *many[40];
    char word[21];

    memset(word, 'w', 20);
    word[20] = 0;
    for (unsigned i = 0; i < 39; i++)
        many[i] = word;
    many[39] = NULL;
    ck_assert_uint_eq(strlen(expected_words("x", 1, many).text), WORD_LIST_SIZE - 1);
}
END_TEST

START_TEST(quote_has_no_control_characters)
{
    ck_assert_str_eq(quote("a b", 3).text, "a b");
    ck_assert_str_eq(quote("\x1b[2J\0\x7f\xc2\x9b", 8).text, "\\x1b[2J\\x00\\x7f\\xc2\\x9b");
    ck_assert_str_eq(quote("", 0).text, "");
}
END_TEST

START_TEST(quote_is_short)
{
    char text[200], expected[76];

    memset(text, 'x', sizeof(text));
    memset(expected, 'x', 72);
    memcpy(expected + 72, "...", 4);
    ck_assert_uint_eq(strlen(quote(text, 72).text), 72);
    ck_assert_str_eq(quote(text, 73).text, expected);
    memset(text, '\n', sizeof(text));
    ck_assert_uint_lt(strlen(quote(text, sizeof(text)).text), QUOTE_SIZE);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("suggest");
    Suite *suite = suite_create("suggest");

    tcase_add_test(tests, a_third_of_the_letters_may_be_wrong);
    tcase_add_test(tests, what_may_be_two_words_is_none);
    tcase_add_test(tests, long_words_are_none);
    tcase_add_test(tests, words_are_listed);
    tcase_add_test(tests, long_list_is_cut_off);
    tcase_add_test(tests, quote_has_no_control_characters);
    tcase_add_test(tests, quote_is_short);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
