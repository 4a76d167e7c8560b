/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What an LP exchanges when it turns to another VP. Why: MSRs are read and written only where that
 * is needed, by what the LP knows of the processor; what it has wrong is another partition's value.
 * Floating-point registers are those of the machine that runs the test.
 */
#include <check.h>
#include <string.h>

#include "processor.h"
#include "suite.h"
#include "svm.h"
#include "svm_debug.h"
#include "svm_switch.h"
#include "svm_xsave.h"

#define VPS    2
#define UNSEEN 6 /* of the MSRs: those that guests write unseen come first */

enum { DEBUGCTL = UNSEEN, TSC_AUX, MSRS };

static const uint32_t names[MSRS] = { MSR_SPEC_CTRL,   MSR_U_CET,   MSR_PL0_SSP,  MSR_PL0_SSP + 1,
                                      MSR_PL0_SSP + 2, MSR_PL3_SSP, MSR_DEBUGCTL, MSR_TSC_AUX };
static struct lp lp;
static struct svm_vp vp[VPS];
static struct svm_xsave area[VPS], before;
static uint32_t intercepted;
static unsigned debug_loads, debug_saves;

/* ---- In place of the rest of the back end ---- */

void svm_debug_load(const struct svm_vp *loaded)
{
    (void)loaded;
    debug_loads++;
}

void svm_debug_save(struct svm_vp *saved)
{
    (void)saved;
    debug_saves++;
}

void svm_debug_reset(struct svm_vp *reset)
{
    (void)reset;
}

void svm_msr_intercept(uint8_t *map, uint32_t msr, bool read, bool write)
{
    (void)map;
    ck_assert(!read && write);
    for (unsigned i = 0; i < MSRS; i++)
        if (names[i] == msr)
            intercepted |= 1u << i;
}

void *hv_vp_backend(const struct hv_vp *hv_vp)
{
    (void)hv_vp;
    return NULL;
}

/* ---- Tests ---- */

static void begin(void)
{
    svm_switch_init();
    svm_switch_begin(&lp);
    for (unsigned i = 0; i < VPS; i++) {
        vp[i] = (struct svm_vp){ .lp = &lp };
        svm_switch_reset(&vp[i], &area[i]);
    }
    svm_switch_to(&vp[0]);
}

static void setup(void)
{
    __asm__ volatile("fxsave64 %0" : "=m"(before));
    memset(&lp, 0, sizeof(lp));
    memset(area, 0, sizeof(area));
    memset(&processor, 0, sizeof(processor));
    memcpy(processor.msrs, names, sizeof(names));
    processor.msr_count = MSRS;
    debug_loads = debug_saves = 0;
    begin();
    processor.msr_reads = processor.msr_writes = 0;
}

/* The compiler's own code is to find the control registers that it knows. */
static void teardown(void)
{
    __asm__ volatile("fxrstor64 %0" : : "m"(before));
}

/* The guest that runs writes them all: some unseen, the others by exits. */
static void write_all(struct svm_vp *of, uint64_t first)
{
    for (unsigned i = 0; i < UNSEEN; i++)
        processor.values[i] = first + i;
    for (unsigned i = UNSEEN; i < MSRS; i++)
        ck_assert(svm_switch_write_msr(of, names[i], first + i));
}

static void check_all(uint64_t first)
{
    for (unsigned i = 0; i < MSRS; i++)
        ck_assert_uint_eq(processor.values[i], first + i);
}

START_TEST(each_vp_finds_its_msrs_again)
{
    write_all(&vp[0], 100);
    svm_switch_to(&vp[1]);
    for (unsigned i = 0; i < MSRS; i++)
        ck_assert_uint_eq(processor.values[i], 0);
    write_all(&vp[1], 200);
    svm_switch_to(&vp[0]);
    check_all(100);
    svm_switch_to(&vp[1]);
    check_all(200);
}
END_TEST

START_TEST(what_both_have_is_not_written)
{
    write_all(&vp[0], 100);
    svm_switch_to(&vp[1]);
    write_all(&vp[1], 100);
    processor.msr_writes = 0;
    svm_switch_to(&vp[0]);
    svm_switch_to(&vp[1]);
    ck_assert_uint_eq(processor.msr_writes, 0);
    ck_assert(svm_switch_write_msr(&vp[1], MSR_TSC_AUX, 1));
    svm_switch_to(&vp[0]);
    ck_assert_uint_eq(processor.msr_writes, 1);
    check_all(100);
}
END_TEST

START_TEST(only_what_is_written_unseen_is_read)
{
    ck_assert(svm_switch_write_msr(&vp[0], MSR_TSC_AUX, 1));
    processor.msr_reads = 0;
    svm_switch_to(&vp[1]);
    ck_assert_uint_eq(processor.msr_reads, UNSEEN);
}
END_TEST

/* The processor clears bits of DEBUGCTL by itself. */
START_TEST(debugctl_is_read_while_it_has_bits)
{
    ck_assert(svm_switch_write_msr(&vp[0], MSR_DEBUGCTL, 3));
    processor.values[DEBUGCTL] = 1;
    processor.msr_reads = 0;
    svm_switch_to(&vp[1]);
    ck_assert_uint_eq(processor.msr_reads, UNSEEN + 1);
    ck_assert_uint_eq(processor.values[DEBUGCTL], 0);
    svm_switch_to(&vp[0]);
    ck_assert_uint_eq(processor.values[DEBUGCTL], 1);
}
END_TEST

START_TEST(a_value_that_the_processor_refuses_changes_nothing)
{
    write_all(&vp[0], 100);
    processor.refuses = true;
    ck_assert(!svm_switch_write_msr(&vp[0], MSR_TSC_AUX, 1));
    processor.refuses = false;
    svm_switch_to(&vp[1]);
    svm_switch_to(&vp[0]);
    check_all(100);
}
END_TEST

START_TEST(what_is_not_written_unseen_is_intercepted)
{
    uint8_t map;

    intercepted = 0;
    svm_switch_intercept(&map);
    ck_assert_uint_eq(intercepted, 1u << DEBUGCTL | 1u << TSC_AUX);
    for (unsigned i = 0; i < MSRS; i++)
        ck_assert(svm_switches_msr(names[i]));
    ck_assert(!svm_switches_msr(MSR_EFER));
}
END_TEST

START_TEST(an_msr_that_the_machine_lacks_is_not_exchanged)
{
    processor.msr_count = TSC_AUX;
    svm_switch_init();
    ck_assert(!svm_switches_msr(MSR_TSC_AUX));
    ck_assert(svm_switches_msr(MSR_DEBUGCTL));
    svm_switch_to(&vp[1]);
}
END_TEST

START_TEST(a_turn_to_the_same_vp_exchanges_nothing)
{
    processor.msr_reads = debug_loads = debug_saves = 0;
    svm_switch_to(&vp[0]);
    ck_assert_uint_eq(processor.msr_reads + debug_loads + debug_saves, 0);
    svm_switch_to(&vp[1]);
    ck_assert_uint_eq(debug_loads, 1);
    ck_assert_uint_eq(debug_saves, 1);
}
END_TEST

START_TEST(of_a_vp_that_goes_all_is_in_its_memory)
{
    write_all(&vp[0], 100);
    svm_switch_away(&vp[1]);
    ck_assert_ptr_eq(lp.in_processor, &vp[0]);
    svm_switch_away(&vp[0]);
    ck_assert_ptr_null(lp.in_processor);
    for (unsigned i = 0; i < MSRS; i++)
        ck_assert_uint_eq(vp[0].msrs[i], 100 + i);
    /* What it has left in the processor is not the next one's. */
    svm_switch_to(&vp[1]);
    for (unsigned i = 0; i < MSRS; i++)
        ck_assert_uint_eq(processor.values[i], 0);
}
END_TEST

START_TEST(who_had_the_processor_gets_it_back)
{
    struct svm_vp *other;

    write_all(&vp[0], 100);
    other = svm_switch_borrow(&vp[1]);
    ck_assert_ptr_eq(lp.in_processor, &vp[1]);
    write_all(&vp[1], 200);
    svm_switch_return(&vp[1], other);
    ck_assert_ptr_eq(lp.in_processor, &vp[0]);
    check_all(100);
    svm_switch_away(&vp[0]);
    svm_switch_return(&vp[1], svm_switch_borrow(&vp[1]));
    ck_assert_ptr_null(lp.in_processor);
    ck_assert_uint_eq(vp[1].msrs[0], 200);
}
END_TEST

static void begin_with_xsave(void)
{
    processor.has_xsave = true;
    lp.in_processor = NULL;
    begin();
    ck_assert_uint_eq(svm_switch_states(), SVM_XSAVE_X87 | SVM_XSAVE_SSE);
}

/* By FXSAVE, or by XSAVE where there is that. */
START_TEST(floating_point_registers_are_exchanged)
{
    uint64_t mine = 0x1122334455667788, found = 0;

    if (_i == 1)
        begin_with_xsave();
    __asm__ volatile("movq %0, %%xmm15" : : "r"(mine));
    svm_switch_to(&vp[1]);
    __asm__ volatile("movq %%xmm15, %0" : "=r"(found));
    ck_assert_uint_eq(found, 0);
    svm_switch_to(&vp[0]);
    __asm__ volatile("movq %%xmm15, %0" : "=r"(found));
    ck_assert_uint_eq(found, mine);
}
END_TEST

/* While XSAVE runs, XCR0 is one for all that there is. */
START_TEST(each_vp_finds_its_xcr0_again)
{
    begin_with_xsave();
    ck_assert_uint_eq(processor.xcr0, 1);
    processor.xcr0 = 3;
    svm_switch_to(&vp[1]);
    ck_assert_uint_eq(processor.xcr0, 1);
    svm_switch_to(&vp[0]);
    ck_assert_uint_eq(processor.xcr0, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switch");
    TCase *tests = tcase_create("switch");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_vp_finds_its_msrs_again);
    tcase_add_test(tests, what_both_have_is_not_written);
    tcase_add_test(tests, only_what_is_written_unseen_is_read);
    tcase_add_test(tests, debugctl_is_read_while_it_has_bits);
    tcase_add_test(tests, a_value_that_the_processor_refuses_changes_nothing);
    tcase_add_test(tests, what_is_not_written_unseen_is_intercepted);
    tcase_add_test(tests, an_msr_that_the_machine_lacks_is_not_exchanged);
    tcase_add_test(tests, a_turn_to_the_same_vp_exchanges_nothing);
    tcase_add_test(tests, of_a_vp_that_goes_all_is_in_its_memory);
    tcase_add_test(tests, who_had_the_processor_gets_it_back);
    tcase_add_loop_test(tests, floating_point_registers_are_exchanged, 0, 2);
    tcase_add_test(tests, each_vp_finds_its_xcr0_again);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
