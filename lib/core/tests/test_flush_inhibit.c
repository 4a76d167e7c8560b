/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Flushes that wait until a parent has completed an instruction: who waits, and who goes on when.
 */
#include <check.h>
#include <string.h>

#include "child_fixture.h"
#include "suite.h"

#define INPUT UINT64_C(0x2000) /* in the child */
#define ALL   (HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES)
#define RIP   UINT64_C(0x4000)

#define INHIBIT HV_INTERCEPT_SUSPEND_TLB_FLUSH_INHIBIT

static struct hv_vp *second, *third;

static void setup(void)
{
    child_setup();
    second = fake_vp_create(&fake, child, 1);
    third = fake_vp_create(&fake, child, 2);
    atomic_store(&child->guest_os_id, 1);
    atomic_store(&vp->suspended, 0);
    atomic_store(&second->suspended, 0);
    atomic_store(&third->suspended, 0);
}

static uint64_t suspend_register(void)
{
    uint64_t value;

    ck_assert_uint_eq(get_register_of(root_vp, vp, HvRegisterInterceptSuspend, &value),
                      HV_STATUS_SUCCESS);
    return value;
}

static hv_status set_suspend_register(uint64_t value)
{
    return set_register_of(root_vp, vp, HvRegisterInterceptSuspend, value);
}

/* The VP reads where nothing is. */
static void intercept_memory(struct hv_vp *target)
{
    struct hv_exit exit = exit_of(target, HV_EXIT_MEMORY);

    exit.memory.gpa = (uint64_t)CHILD_RAM * HV_PAGE_SIZE;
    exit.memory.access = HV_ACCESS_READ;
    ck_assert_int_eq(run_exit(target, &exit), HV_DISPOSITION_SUSPEND);
    empty_slot(root_vp);
    empty_slot(other_root_vp);
}

/* The VP makes a call with its input at INPUT. */
static enum hv_disposition call(struct hv_vp *caller, uint64_t control)
{
    struct hv_exit exit = exit_of(caller, HV_EXIT_HYPERCALL);

    exit.gprs->rip = RIP;
    exit.gprs->gpr[HV_GPR_RCX] = control;
    exit.gprs->gpr[HV_GPR_RDX] = INPUT;
    exit.hypercall.protected_mode = true;
    exit.hypercall.long_mode = true;
    return run_exit(caller, &exit);
}

static enum hv_disposition flush(struct hv_vp *caller, uint64_t flags, uint64_t mask)
{
    const struct hv_input_flush_virtual_address_space input = { 0x1000, flags, mask };

    memcpy(fake_page(&fake, FAKE_FIRST_POOL - CHILD_RAM + INPUT / HV_PAGE_SIZE), &input,
           sizeof(input));
    return call(caller, HvCallFlushVirtualAddressSpace);
}

static bool is_done(struct hv_vp *caller)
{
    return fake_vp(caller)->gprs.rip != RIP;
}

static void expect_wait(struct hv_vp *caller, enum hv_disposition disposition)
{
    ck_assert_int_eq(disposition, HV_DISPOSITION_SUSPEND);
    ck_assert(hv_vp_is_suspended(caller));
    ck_assert(!is_done(caller));
    ck_assert_uint_eq(atomic_load(&fake_vp(vp)->tlb_flushes), 0);
}

static void expect_done(struct hv_vp *caller, enum hv_disposition disposition)
{
    ck_assert_int_eq(disposition, HV_DISPOSITION_RESUME);
    ck_assert(!hv_vp_is_suspended(caller));
    ck_assert(is_done(caller));
    ck_assert_uint_eq(fake_vp(caller)->gprs.gpr[HV_GPR_RAX], HV_STATUS_SUCCESS);
}

START_TEST(a_memory_intercept_inhibits)
{
    intercept(vp);
    ck_assert_uint_eq(suspend_register(), 1);
    resume();
    intercept_memory(vp);
    ck_assert_uint_eq(suspend_register(), 1 | INHIBIT);
}
END_TEST

START_TEST(the_parent_clears_each_bit_alone)
{
    intercept_memory(vp);
    ck_assert_uint_eq(set_suspend_register(INHIBIT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(suspend_register(), INHIBIT);
    ck_assert(!hv_vp_is_suspended(vp));
    ck_assert_uint_eq(set_suspend_register(1 | INHIBIT), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(set_suspend_register(0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set_suspend_register(INHIBIT), HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(set_suspend_register(4), HV_STATUS_INVALID_REGISTER_VALUE);
    intercept_memory(vp);
    ck_assert_uint_eq(set_suspend_register(1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(suspend_register(), 1);
    ck_assert(hv_vp_is_suspended(vp));
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterExplicitSuspend, INHIBIT),
                      HV_STATUS_INVALID_REGISTER_VALUE);
}
END_TEST

START_TEST(a_flush_waits_until_it_is_permitted)
{
    unsigned kicks;

    intercept_memory(vp);
    expect_wait(second, flush(second, ALL, 0));
    kicks = fake_vp(second)->kicks;
    ck_assert_uint_eq(set_suspend_register(1), HV_STATUS_SUCCESS);
    ck_assert(!hv_vp_is_suspended(second));
    ck_assert_uint_eq(fake_vp(second)->kicks, kicks + 1);
    expect_done(second, flush(second, ALL, 0));
    ck_assert_uint_eq(atomic_load(&fake_vp(vp)->tlb_flushes), 1);
}
END_TEST

START_TEST(a_list_waits_from_its_start)
{
    const uint64_t control = HvCallFlushVirtualAddressList | UINT64_C(2) << 32;

    intercept_memory(vp);
    expect_wait(second, flush(second, 0, 1));
    ck_assert_uint_eq(set_suspend_register(0), HV_STATUS_SUCCESS);
    intercept_memory(vp);
    expect_wait(second, call(second, control));
    ck_assert_uint_eq(fake_vp(second)->gprs.gpr[HV_GPR_RCX], control);
    ck_assert_uint_eq(set_suspend_register(0), HV_STATUS_SUCCESS);
    ck_assert_int_eq(call(second, control), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(fake_vp(second)->gprs.gpr[HV_GPR_RAX], UINT64_C(2) << 32);
    ck_assert_uint_eq(atomic_load(&fake_vp(vp)->range_flushes), 1);
}
END_TEST

START_TEST(only_who_is_named_is_waited_for)
{
    intercept_memory(vp);
    expect_done(second, flush(second, 0, 6));
    expect_wait(second, flush(second, 0, 1));
}
END_TEST

START_TEST(a_vp_does_not_wait_for_itself)
{
    intercept_memory(vp);
    ck_assert_uint_eq(set_suspend_register(INHIBIT), HV_STATUS_SUCCESS);
    expect_done(vp, flush(vp, ALL, 0));
}
END_TEST

START_TEST(of_two_that_inhibit_both_must_permit)
{
    intercept_memory(vp);
    intercept_memory(third);
    expect_wait(second, flush(second, ALL, 0));
    ck_assert_uint_eq(set_suspend_register(0), HV_STATUS_SUCCESS);
    expect_wait(second, flush(second, ALL, 0));
    ck_assert_uint_eq(set_register_of(root_vp, third, HvRegisterInterceptSuspend, 0),
                      HV_STATUS_SUCCESS);
    expect_done(second, flush(second, ALL, 0));
}
END_TEST

/* What else suspends it stays. */
START_TEST(who_may_flush_may_still_be_suspended)
{
    intercept_memory(vp);
    expect_wait(second, flush(second, ALL, 0));
    ck_assert_uint_eq(set_register_of(root_vp, second, HvRegisterExplicitSuspend, 1),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set_suspend_register(0), HV_STATUS_SUCCESS);
    ck_assert(hv_vp_is_suspended(second));
    ck_assert_uint_eq(set_register_of(root_vp, second, HvRegisterExplicitSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert(!hv_vp_is_suspended(second));
}
END_TEST

START_TEST(who_is_gone_holds_nobody_back)
{
    intercept_memory(third);
    expect_wait(second, flush(second, ALL, 0));
    hv_vp_destroy(root_vp, third);
    ck_assert(!hv_vp_is_suspended(second));
    expect_done(second, flush(second, ALL, 0));
}
END_TEST

/* ---- By a translation ---- */

static uint32_t translate(uint64_t flags, uint64_t gva_page)
{
    const struct hv_input_translate_virtual_address input = { .partition_id = child->id,
                                                              .control_flags = flags,
                                                              .gva_page = gva_page };
    const struct hv_output_translate_virtual_address *output = output_page();

    memcpy(input_page(), &input, sizeof(input));
    ck_assert_uint_eq(call_from(root_vp, HvCallTranslateVirtualAddress), HV_STATUS_SUCCESS);
    return output->result_code;
}

START_TEST(a_translation_inhibits_when_it_is_asked_to)
{
    const uint64_t flags = HV_TRANSLATE_GVA_VALIDATE_READ;

    ck_assert_uint_eq(translate(flags, 1), HvTranslateGvaSuccess);
    ck_assert_uint_eq(suspend_register(), 0);
    ck_assert_uint_eq(translate(flags | HV_TRANSLATE_GVA_TLB_FLUSH_INHIBIT, 1),
                      HvTranslateGvaSuccess);
    ck_assert_uint_eq(suspend_register(), INHIBIT);
    expect_wait(second, flush(second, ALL, 0));
    ck_assert_uint_eq(set_suspend_register(0), HV_STATUS_SUCCESS);
    expect_done(second, flush(second, ALL, 0));
}
END_TEST

/* In paging mode with no tables. */
static void lose_tables(void)
{
    const struct hv_register128 cr0 = { .low = UINT64_C(0x80000001) };
    const struct hv_register128 cr3 = { .low = (uint64_t)CHILD_RAM * HV_PAGE_SIZE };
    const struct hv_cpu_ops *cpu = &fake.platform.cpu;

    ck_assert_uint_eq(cpu->set_register(cpu->context, vp, HvX64RegisterCr0, &cr0),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(cpu->set_register(cpu->context, vp, HvX64RegisterCr3, &cr3),
                      HV_STATUS_SUCCESS);
}

START_TEST(a_translation_that_fails_inhibits_nothing)
{
    const uint64_t flags = HV_TRANSLATE_GVA_VALIDATE_READ | HV_TRANSLATE_GVA_TLB_FLUSH_INHIBIT;

    lose_tables();
    ck_assert_uint_eq(translate(flags, 1), HvTranslateGvaGpaUnmapped);
    ck_assert_uint_eq(suspend_register(), 0);
    intercept_memory(vp);
    ck_assert_uint_eq(translate(flags, 1), HvTranslateGvaGpaUnmapped);
    ck_assert_uint_eq(suspend_register(), 1 | INHIBIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flush-inhibit");
    TCase *tests = tcase_create("flush-inhibit");

    tcase_add_checked_fixture(tests, setup, child_teardown);
    tcase_add_test(tests, a_memory_intercept_inhibits);
    tcase_add_test(tests, the_parent_clears_each_bit_alone);
    tcase_add_test(tests, a_flush_waits_until_it_is_permitted);
    tcase_add_test(tests, a_list_waits_from_its_start);
    tcase_add_test(tests, only_who_is_named_is_waited_for);
    tcase_add_test(tests, a_vp_does_not_wait_for_itself);
    tcase_add_test(tests, of_two_that_inhibit_both_must_permit);
    tcase_add_test(tests, who_may_flush_may_still_be_suspended);
    tcase_add_test(tests, who_is_gone_holds_nobody_back);
    tcase_add_test(tests, a_translation_inhibits_when_it_is_asked_to);
    tcase_add_test(tests, a_translation_that_fails_inhibits_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
