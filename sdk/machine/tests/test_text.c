/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which bytes are texts and names. */
#include <check.h>
#include <string.h>

#include <hvkit/machine.h>

#include "suite.h"

static bool is_text(const char *bytes)
{
    return hv_machine_is_text(bytes, strlen(bytes));
}

static bool is_name(const char *bytes)
{
    return hv_machine_is_name(bytes, strlen(bytes));
}

/* A code point in UTF-8 of a length that may be more than it takes. */
static bool is_text_point(uint32_t point, unsigned length)
{
    static const uint8_t first[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    char bytes[4];

    for (unsigned i = length - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    bytes[0] = (char)(length == 1 ? point : first[length] | point);
    return hv_machine_is_text(bytes, length);
}

START_TEST(printable_characters_are_text)
{
    ck_assert(is_text(""));
    ck_assert(is_text("console=ttyS0 root=/dev/sda1"));
    ck_assert(is_text(" ~"));
    ck_assert(is_text("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"));
    ck_assert(is_text_point(0xA0, 2) && is_text_point(0x7FF, 2));
    ck_assert(is_text_point(0x800, 3) && is_text_point(0xFFFD, 3));
    ck_assert(is_text_point(0xD7FF, 3) && is_text_point(0xE000, 3));
    ck_assert(is_text_point(0x10000, 4) && is_text_point(0x10FFFF, 4));
}
END_TEST

START_TEST(control_characters_are_none)
{
    for (uint32_t point = 0; point < 0x20; point++)
        ck_assert(!is_text_point(point, 1));
    for (uint32_t point = 0x80; point < 0xA0; point++)
        ck_assert(!is_text_point(point, 2));
    ck_assert(!is_text_point(0x7F, 1));
    ck_assert(!is_text_point(0x2028, 3) && !is_text_point(0x2029, 3));
    ck_assert(is_text_point(0x2027, 3) && is_text_point(0x202A, 3));
    ck_assert(!is_text_point(0xFEFF, 3) && !is_text_point(0xFFFE, 3) && !is_text_point(0xFFFF, 3));
}
END_TEST

START_TEST(surrogates_and_points_beyond_unicode_are_none)
{
    ck_assert(!is_text_point(0xD800, 3) && !is_text_point(0xDFFF, 3));
    ck_assert(!is_text_point(0x110000, 4));
    ck_assert(!is_text("\xF5\x80\x80\x80"));
}
END_TEST

START_TEST(longer_forms_than_needed_are_none)
{
    ck_assert(!is_text_point('a', 2) && !is_text_point('a', 3) && !is_text_point('a', 4));
    ck_assert(!is_text_point(0xA0, 3) && !is_text_point(0x7FF, 3));
    ck_assert(!is_text_point(0xFFFD, 4));
}
END_TEST

START_TEST(broken_sequences_are_none)
{
    ck_assert(!is_text("\x80") && !is_text("\xBF") && !is_text("\xC1\xBF") && !is_text("\xFF"));
    ck_assert(!is_text("\x80\x80\x80\x80\x80\x80") && !is_text("\xFF\xBF\xBF\xBF\xBF\xBF"));
    ck_assert(!is_text("\xC3") && !is_text("\xE2\x82") && !is_text("\xF0\x9F\x98"));
    ck_assert(!is_text("\xC3z") && !is_text("\xE2\x82z") && !is_text("\xE2z\x82"));
    ck_assert(!is_text("\xC3\xC3"));
    /* Cut off by the size, not by the 0. */
    ck_assert(!hv_machine_is_text("\xE2\x82\xAC", 2));
    ck_assert(hv_machine_is_text("\xE2\x82\xAC", 3));
}
END_TEST

START_TEST(names_are_made_of_few_characters)
{
    ck_assert(is_name("a") && is_name("z9-0") && is_name("-"));
    ck_assert(!is_name(""));
    ck_assert(!is_name("A") && !is_name("a b") && !is_name("a_b") && !is_name("a.b"));
    ck_assert(!is_name("`") && !is_name("{") && !is_name("/") && !is_name(":") && !is_name("@"));
    ck_assert(!is_name("\xC3\xA4"));
    ck_assert(is_name("0123456789012345678901234567890"));
    ck_assert(!is_name("01234567890123456789012345678901"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("text");
    Suite *suite = suite_create("text");

    tcase_add_test(tests, printable_characters_are_text);
    tcase_add_test(tests, control_characters_are_none);
    tcase_add_test(tests, surrogates_and_points_beyond_unicode_are_none);
    tcase_add_test(tests, longer_forms_than_needed_are_none);
    tcase_add_test(tests, broken_sequences_are_none);
    tcase_add_test(tests, names_are_made_of_few_characters);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
