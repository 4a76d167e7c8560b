/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* XSAVE areas between a parent's format and the VP's. The layout is the machine's own. */
#include <check.h>
#include <string.h>

#include "suite.h"
#include "svm.h"
#include "svm_switch.h"
#include "svm_xsave.h"

#define AVX       UINT64_C(4)
#define COMPACTED (UINT64_C(1) << 63)
#define HEADER    512
#define EXTENDED  576

static struct svm_vp vp;
static struct svm_xsave area, page;
static uint64_t states;

/* ---- In place of the back end: the VP's state is in its memory ---- */

void *hv_vp_backend(const struct hv_vp *hv_vp)
{
    (void)hv_vp;
    return &vp;
}

uint64_t svm_switch_states(void)
{
    return states;
}

struct svm_vp *svm_switch_borrow(struct svm_vp *borrowed)
{
    return borrowed;
}

void svm_switch_away(struct svm_vp *left)
{
    (void)left;
}

void svm_switch_return(struct svm_vp *returned, struct svm_vp *other)
{
    ck_assert_ptr_eq(returned, other);
}

/* ---- Tests ---- */

static void setup(void)
{
    states = 3;
    if (__builtin_cpu_supports("avx"))
        states |= AVX;
    memset(&area, 0, sizeof(area));
    memset(&page, 0, sizeof(page));
    vp = (struct svm_vp){ .xsave = &area };
    svm_xsave_reset(&area);
}

static uint64_t *header_of(struct svm_xsave *of)
{
    return (uint64_t *)(void *)(of->bytes + HEADER);
}

static bool get(void)
{
    return svm_get_xsave(NULL, NULL, states, &page, sizeof(page));
}

static bool set(void)
{
    return svm_set_xsave(NULL, NULL, states, &page, sizeof(page));
}

START_TEST(a_new_vp_is_as_after_reset)
{
    ck_assert(get());
    ck_assert_uint_eq(header_of(&page)[0], 1);
    ck_assert_uint_eq(header_of(&page)[1], COMPACTED | states);
    ck_assert_uint_eq(page.bytes[0], 0x40);
    ck_assert_uint_eq(page.bytes[4], 0xFF);
    ck_assert_uint_eq(page.bytes[24] | page.bytes[25] << 8, 0x1F80);
}
END_TEST

START_TEST(what_is_set_is_there_in_either_format)
{
    for (unsigned compacted = 0; compacted < 2; compacted++) {
        setup();
        header_of(&page)[0] = states;
        header_of(&page)[1] = compacted ? COMPACTED | states : 0;
        memset(page.bytes + 160, 0x11, 256);
        memset(page.bytes + EXTENDED, 0x22, 256);
        ck_assert(set());
        memset(&page, 0, sizeof(page));
        ck_assert(get());
        ck_assert_uint_eq(header_of(&page)[0], states);
        ck_assert_uint_eq(page.bytes[160], 0x11);
        ck_assert_uint_eq(page.bytes[415], 0x11);
        ck_assert_uint_eq(page.bytes[416], 0);
        ck_assert_uint_eq(page.bytes[EXTENDED], states & AVX ? 0x22 : 0);
    }
}
END_TEST

START_TEST(components_that_are_not_named_stay)
{
    header_of(&page)[0] = 3;
    memset(page.bytes + 160, 0x33, 256);
    ck_assert(set());
    header_of(&page)[0] = 1;
    memset(page.bytes + 160, 0x44, 256);
    ck_assert(svm_set_xsave(NULL, NULL, 1, &page, sizeof(page)));
    ck_assert_uint_eq(area.bytes[160], 0x33);
    ck_assert_uint_eq(header_of(&area)[0] & 3, 3);
}
END_TEST

START_TEST(what_xrstor_refuses_is_refused)
{
    header_of(&page)[0] = states | UINT64_C(1) << 62;
    ck_assert(!set());
    header_of(&page)[0] = states;
    header_of(&page)[1] = states;
    ck_assert(!set());
    header_of(&page)[1] = COMPACTED | 1;
    ck_assert(!set());
    header_of(&page)[1] = COMPACTED | states | UINT64_C(1) << 61;
    ck_assert(!set());
    header_of(&page)[1] = 0;
    for (unsigned word = 2; word < 8; word++) {
        header_of(&page)[word] = 1;
        ck_assert(!set());
        header_of(&page)[word] = 0;
    }
    page.bytes[27] = 0x80;
    ck_assert(!set());
    page.bytes[27] = 0;
    ck_assert(set());
}
END_TEST

START_TEST(an_area_that_is_too_small_is_refused)
{
    ck_assert(!svm_get_xsave(NULL, NULL, states, &page, EXTENDED - 1));
    ck_assert(!svm_set_xsave(NULL, NULL, states, &page, EXTENDED - 1));
    ck_assert(svm_get_xsave(NULL, NULL, 3, &page, EXTENDED));
    header_of(&page)[0] = states;
    header_of(&page)[1] = COMPACTED | states;
    ck_assert_int_eq(svm_set_xsave(NULL, NULL, states, &page, EXTENDED), !(states & AVX));
    ck_assert(!svm_get_xsave(NULL, NULL, 0, &page, sizeof(page)));
}
END_TEST

START_TEST(without_xsave_there_is_no_area)
{
    states = 0;
    ck_assert(!svm_get_xsave(NULL, NULL, 3, &page, sizeof(page)));
    ck_assert(!svm_set_xsave(NULL, NULL, 3, &page, sizeof(page)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("xsave");
    TCase *tests = tcase_create("xsave");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_new_vp_is_as_after_reset);
    tcase_add_test(tests, what_is_set_is_there_in_either_format);
    tcase_add_test(tests, components_that_are_not_named_stay);
    tcase_add_test(tests, what_xrstor_refuses_is_refused);
    tcase_add_test(tests, an_area_that_is_too_small_is_refused);
    tcase_add_test(tests, without_xsave_there_is_no_area);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
