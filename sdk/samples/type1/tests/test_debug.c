/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Debug registers of VPs that take turns on an LP. Why: they are exchanged only for those who use
 * them, and what is forgotten is a breakpoint of another partition.
 */
#include <check.h>
#include <string.h>

#include "processor.h"
#include "suite.h"
#include "svm.h"
#include "svm_debug.h"

#define ENABLED     UINT64_C(0x1)
#define ENABLED_ALL UINT64_C(0x80) /* the last one, globally */
#define RESERVED    UINT64_C(0x400)
#define INTERCEPTED 0x00AF000Fu /* reads of DR0 to DR3; writes of these, DR5 and DR7 */

static struct lp lp;
static struct vmcb vmcb[2];
static struct svm_vp vp[2];

static void setup(void)
{
    memset(&lp, 0, sizeof(lp));
    memset(vmcb, 0, sizeof(vmcb));
    memset(&processor, 0, sizeof(processor));
    for (unsigned i = 0; i < 2; i++) {
        vmcb[i] = (struct vmcb){ .dr7 = RESERVED, .clean = UINT32_MAX };
        vp[i] = (struct svm_vp){ .vmcb = &vmcb[i], .lp = &lp };
        svm_debug_reset(&vp[i]);
    }
    lp.in_processor = &vp[0];
}

/* As svm_switch_to() does. */
static void turn_to(struct svm_vp *next)
{
    svm_debug_save(lp.in_processor);
    svm_debug_load(next);
    lp.in_processor = next;
}

/* The guest writes them all. */
static void fill(uint64_t first)
{
    for (unsigned i = 0; i < 4; i++)
        processor.dr[i] = first + i;
}

static void check(const struct svm_vp *of, uint64_t first)
{
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(svm_debug_get(of, i), first + i);
}

START_TEST(who_does_not_use_them_costs_nothing)
{
    fill(100);
    ck_assert_uint_eq(vmcb[0].intercept_dr, INTERCEPTED);
    turn_to(&vp[1]);
    turn_to(&vp[0]);
    ck_assert_uint_eq(processor.dr_writes, 0);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(svm_debug_get(&vp[0], i), 0);
}
END_TEST

START_TEST(the_first_access_brings_its_own_into_the_processor)
{
    fill(100);
    for (unsigned i = 0; i < 4; i++)
        svm_debug_set(&vp[0], i, 7 + i);
    ck_assert_uint_eq(processor.dr_writes, 0);
    vmcb[0].clean = UINT32_MAX;
    svm_debug_open(&vp[0]);
    ck_assert_uint_eq(vmcb[0].intercept_dr, 0);
    ck_assert_uint_eq(vmcb[0].clean & VMCB_CLEAN_INTERCEPTS, 0);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(processor.dr[i], 7 + i);
    check(&vp[0], 7);
}
END_TEST

START_TEST(what_the_guest_has_written_is_there_after_anothers_turn)
{
    svm_debug_open(&vp[0]);
    fill(10);
    turn_to(&vp[1]);
    check(&vp[0], 10);
    svm_debug_open(&vp[1]);
    fill(20);
    turn_to(&vp[0]);
    check(&vp[1], 20);
    check(&vp[0], 10);
    svm_debug_open(&vp[0]);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(processor.dr[i], 10 + i);
}
END_TEST

START_TEST(without_breakpoints_they_go_with_the_turn)
{
    svm_debug_open(&vp[0]);
    vmcb[0].clean = UINT32_MAX;
    turn_to(&vp[1]);
    ck_assert_uint_eq(vmcb[0].intercept_dr, INTERCEPTED);
    ck_assert_uint_eq(vmcb[0].clean & VMCB_CLEAN_INTERCEPTS, 0);
    processor.dr_writes = 0;
    turn_to(&vp[0]);
    ck_assert_uint_eq(processor.dr_writes, 0);
}
END_TEST

START_TEST(breakpoints_come_back_with_each_turn)
{
    static const uint64_t on[] = { ENABLED, ENABLED_ALL };

    svm_debug_open(&vp[0]);
    fill(30);
    vmcb[0].dr7 |= on[_i];
    turn_to(&vp[1]);
    fill(0);
    turn_to(&vp[0]);
    ck_assert_uint_eq(vmcb[0].intercept_dr, 0);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(processor.dr[i], 30 + i);
}
END_TEST

START_TEST(breakpoints_that_are_set_from_outside_count_at_once)
{
    svm_debug_set(&vp[0], 2, 0x1234);
    vmcb[0].dr7 |= ENABLED;
    svm_debug_update(&vp[0]);
    ck_assert_uint_eq(vmcb[0].intercept_dr, 0);
    ck_assert_uint_eq(processor.dr[2], 0x1234);
    /* The other one's are not in the processor: they come with its turn. */
    svm_debug_set(&vp[1], 2, 0x5678);
    vmcb[1].dr7 |= ENABLED;
    svm_debug_update(&vp[1]);
    ck_assert_uint_eq(processor.dr[2], 0x1234);
    turn_to(&vp[1]);
    ck_assert_uint_eq(processor.dr[2], 0x5678);
}
END_TEST

START_TEST(dr7_without_breakpoints_opens_nothing)
{
    svm_debug_update(&vp[0]);
    ck_assert_uint_eq(vmcb[0].intercept_dr, INTERCEPTED);
    /* Nor does one that is open already lose what the guest has written. */
    svm_debug_open(&vp[0]);
    fill(40);
    vmcb[0].dr7 |= ENABLED;
    svm_debug_update(&vp[0]);
    check(&vp[0], 40);
}
END_TEST

START_TEST(one_that_is_set_while_it_is_in_the_processor_is_there)
{
    svm_debug_open(&vp[0]);
    for (unsigned i = 0; i < 4; i++)
        svm_debug_set(&vp[0], i, 50 + i);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(processor.dr[i], 50 + i);
    svm_debug_set(&vp[1], 0, 60);
    check(&vp[0], 50);
    ck_assert_uint_eq(svm_debug_get(&vp[1], 0), 60);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("debug");
    TCase *tests = tcase_create("debug");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, who_does_not_use_them_costs_nothing);
    tcase_add_test(tests, the_first_access_brings_its_own_into_the_processor);
    tcase_add_test(tests, what_the_guest_has_written_is_there_after_anothers_turn);
    tcase_add_test(tests, without_breakpoints_they_go_with_the_turn);
    tcase_add_loop_test(tests, breakpoints_come_back_with_each_turn, 0, 2);
    tcase_add_test(tests, breakpoints_that_are_set_from_outside_count_at_once);
    tcase_add_test(tests, dr7_without_breakpoints_opens_nothing);
    tcase_add_test(tests, one_that_is_set_while_it_is_in_the_processor_is_there);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
