/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The program's calls, as lib/core answers them. */
#include "../program.h"
#include "core_host.h"
#include "suite.h"

static uint8_t kernel[KERNEL_SIZE];
static struct hv_machine machines[2];

static const struct fake_step hello[] = { SETS_SPEED(COM1), SAYS('h'),    SAYS('i'),
                                          SAYS('\n'),       SWITCHES_OFF, STAYS };

static void setup(void)
{
    core_host_init();
    step_make_kernel(kernel);
    machines[0] = step_machine("a", kernel);
    machines[1] = step_machine("b", kernel);
    core.script[0] = hello;
    core.script[1] = hello;
}

/* Runs what is there, and looks for what lib/core still has. */
static bool run(uint32_t count)
{
    bool expected = root_program_run(machines, count, NULL);

    ck_assert_uint_eq(core_host_children(), 0);
    ck_assert_uint_eq(core_host_shown("missing"), 0);
    ck_assert_uint_eq(core_host_shown("could not"), 0);
    return expected;
}

START_TEST(child_speaks_and_switches_itself_off)
{
    ck_assert(run(1));
    ck_assert_uint_eq(core_host_shown("a| hi\r\n"), 1);
    ck_assert_uint_eq(core_host_shown("root| child a ended: shutdown\r\n"), 1);
}
END_TEST

START_TEST(children_run_side_by_side)
{
    machines[1].vp_count = 4;
    ck_assert(run(2));
    ck_assert_uint_eq(core_host_shown("a| hi\r\n"), 1);
    ck_assert_uint_eq(core_host_shown("b| hi\r\n"), 1);
}
END_TEST

/* The first run cuts large pages of the root's into small ones, whose tables stay. */
START_TEST(nothing_stays_in_the_hypervisor)
{
    uint64_t before;

    core.script[2] = core.script[3] = hello;
    ck_assert(run(2));
    before = core_host_root_pages();
    ck_assert(run(2));
    ck_assert_uint_eq(core_host_root_pages(), before);
}
END_TEST

START_TEST(machine_without_the_interface_can_be_made)
{
    machines[0].privileges = 0;
    ck_assert(run(1));
}
END_TEST

START_TEST(triple_fault_has_its_registers_told)
{
    static const struct fake_step steps[] = { { FAKE_RDMSR, 0, 0, 0 },
                                              { FAKE_TRIPLE_FAULT, 0, 0, 0 },
                                              STAYS };

    core.script[0] = steps;
    machines[0].ends[0].kind = HV_MACHINE_END_CRASH;
    ck_assert(run(1));
    ck_assert_uint_eq(core_host_shown("root|   rip 0000000000200010"), 1);
    ck_assert_uint_eq(core_host_shown("MSR 1234\r\n"), 1);
    ck_assert_uint_eq(core_host_shown("root| child a ended: triple-fault\r\n"), 1);
}
END_TEST

START_TEST(crash_that_the_guest_reports_is_found)
{
    static const struct fake_step steps[] = { { FAKE_CRASH, 0, 0, 7 }, STAYS };

    core.script[0] = steps;
    machines[0].ends[0].kind = HV_MACHINE_END_CRASH;
    ck_assert(run(1));
    ck_assert_uint_eq(core_host_shown("p0  0000000000000007"), 1);
    ck_assert_uint_eq(core_host_shown("root| child a ended: crash\r\n"), 1);
}
END_TEST

START_TEST(halt_for_good_is_found)
{
    static const struct fake_step steps[] = { { FAKE_HALT, 0, 0, 2 }, STAYS };

    core.script[0] = steps;
    machines[0].ends[0].kind = HV_MACHINE_END_IDLE;
    ck_assert(run(1));
    ck_assert_uint_eq(core_host_shown("root| child a ended: halt\r\n"), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("root_core");
    TCase *tcase = tcase_create("root_core");

    tcase_add_checked_fixture(tcase, setup, core_host_free);
    tcase_add_test(tcase, child_speaks_and_switches_itself_off);
    tcase_add_test(tcase, children_run_side_by_side);
    tcase_add_test(tcase, nothing_stays_in_the_hypervisor);
    tcase_add_test(tcase, machine_without_the_interface_can_be_made);
    tcase_add_test(tcase, triple_fault_has_its_registers_told);
    tcase_add_test(tcase, crash_that_the_guest_reports_is_found);
    tcase_add_test(tcase, halt_for_good_is_found);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
