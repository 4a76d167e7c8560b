/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The life of children, with every call that can fail failing once. */
#include <string.h>

#include "../program.h"
#include "fake_host.h"
#include "suite.h"

static uint8_t kernel[KERNEL_SIZE];
static struct hv_machine machines[2];

static const struct fake_step hello[] = { SETS_SPEED(COM1), SAYS('h'),    SAYS('i'),
                                          SAYS('\r'),       SAYS('\n'),   SAYS(0x1B),
                                          SAYS('x'),        SWITCHES_OFF, STAYS };

static void setup(void)
{
    fake_host_init();
    step_make_kernel(kernel);
    machines[0] = step_machine("a", kernel);
    machines[1] = step_machine("b", kernel);
    fake.script[0] = hello;
    fake.script[1] = hello;
}

/* Runs what is there, and looks for what the hypervisor or the allocator still has. */
static bool run(uint32_t count)
{
    bool expected = root_program_run(machines, count, NULL);

    ck_assert_uint_eq(fake.free_pages, FAKE_FREE_PAGES);
    ck_assert_uint_eq(fake_host_shown("root| all children have ended\r\n"), 1);
    for (unsigned i = 1; i < FAKE_PARTITIONS; i++)
        ck_assert_uint_eq(fake.partition[i].id, 0);
    return expected;
}

static unsigned shown(const char *text)
{
    return fake_host_shown(text);
}

/* ---- Consoles and ends ---- */

START_TEST(child_speaks_in_lines_and_switches_itself_off)
{
    ck_assert(run(1));
    ck_assert_uint_eq(shown("a| hi\r\n"), 1);
    ck_assert_uint_eq(shown("a| x\r\n"), 1);
    ck_assert_uint_eq(shown("root| child a ended: shutdown\r\n"), 1);
    ck_assert_uint_eq(shown("registers of VP"), 0);
}
END_TEST

START_TEST(children_run_side_by_side)
{
    ck_assert(run(2));
    ck_assert_uint_eq(shown("a| hi\r\n"), 1);
    ck_assert_uint_eq(shown("b| hi\r\n"), 1);
    ck_assert_uint_eq(fake.created, 2);
}
END_TEST

/* What is dispatched has no other way to run. */
START_TEST(a_root_that_schedules_dispatches_children)
{
    fake.root_schedules = true;
    ck_assert(run(2));
    ck_assert_uint_eq(shown("a| hi\r\n"), 1);
    ck_assert_uint_eq(shown("b| hi\r\n"), 1);
    ck_assert_uint_gt(fake.dispatches, 10);
    ck_assert_uint_eq(fake.polls, fake.dispatches / 4);
}
END_TEST

START_TEST(a_blocked_vp_is_dispatched_when_a_message_says_so)
{
    static const struct fake_step steps[] = { { FAKE_HALT, 0, 0, 0 }, STAYS };

    fake.root_schedules = true;
    fake.signals = 5;
    fake.script[0] = steps;
    machines[0].ends[0].kind = HV_MACHINE_END_IDLE;
    ck_assert(run(1));
    ck_assert_uint_eq(fake.signals, 0);
    ck_assert_uint_eq(fake.dispatches - fake.polls, machines[0].vp_count + 5);
}
END_TEST

START_TEST(only_lines_that_are_asked_for_are_shown)
{
    machines[0].devices[0].show = HV_MACHINE_SHOW_LINES;
    machines[0].devices[0].shown_count = 1;
    machines[0].devices[0].shown[0] = "h";
    ck_assert(run(1));
    ck_assert_uint_eq(shown("a| hi\r\n"), 1);
    ck_assert_uint_eq(shown("a| x"), 0);
    setup();
    machines[0].devices[0].show = HV_MACHINE_SHOW_NONE;
    ck_assert(run(1));
    ck_assert_uint_eq(shown("a| "), 0);
}
END_TEST

START_TEST(second_port_is_a_console_of_its_own)
{
    static const struct fake_step steps[] = {
        SETS_SPEED(COM1), SETS_SPEED(COM2), SAYS('1'), SAYS2('2'), SAYS2('\n'), SWITCHES_OFF, STAYS
    };

    fake.script[0] = steps;
    machines[0].device_count = 2;
    machines[0].devices[1] = machines[0].devices[0];
    machines[0].devices[1].kind = HV_MACHINE_DEVICE_COM2;
    ck_assert(run(1));
    ck_assert_uint_eq(shown("a| 2\r\na| 1\r\n"), 1);
}
END_TEST

START_TEST(port_that_is_not_described_is_not_shown)
{
    static const struct fake_step steps[] = { SETS_SPEED(COM2), SAYS2('2'), SAYS2('\n'),
                                              SWITCHES_OFF, STAYS };

    fake.script[0] = steps;
    ck_assert(run(1));
    ck_assert_uint_eq(shown("a| "), 0);
}
END_TEST

START_TEST(prompt_ends_a_child_that_is_expected_to_write_it)
{
    static const struct fake_step steps[] = { SETS_SPEED(COM1), SAYS('o'), SAYS('k'), SAYS(':'),
                                              STAYS };

    fake.script[0] = steps;
    machines[0].ends[0] = (struct hv_machine_end){ HV_MACHINE_END_TEXT, 0, "k:" };
    ck_assert(run(1));
    ck_assert_uint_eq(shown("a| ok:\r\n"), 1);
    ck_assert_uint_eq(shown("root| child a ended: text\r\n"), 1);
}
END_TEST

START_TEST(reset_is_an_end_that_may_not_be_expected)
{
    static const struct fake_step steps[] = { RESETS, STAYS };

    fake.script[0] = steps;
    ck_assert(!run(1));
    ck_assert_uint_eq(shown("root| child a ended: reset\r\n"), 1);
    setup();
    fake.script[0] = steps;
    machines[0].ends[0].kind = HV_MACHINE_END_RESET;
    ck_assert(run(1));
}
END_TEST

static const struct fake_step reset_at_once[] = { SETS_SPEED(COM1), SAYS('1'), RESETS, STAYS };

START_TEST(machine_starts_again_after_a_reset)
{
    fake.script[0] = reset_at_once;
    fake.script[1] = hello;
    machines[0].restarts = HV_MACHINE_RESTARTS_ALWAYS;
    ck_assert(run(1));
    ck_assert_uint_eq(shown("a| 1\r\nroot| child a starts again\r\na| hi\r\n"), 1);
    ck_assert_uint_eq(shown("root| child a ended: shutdown\r\n"), 1);
    ck_assert_uint_eq(fake.created, 2);
}
END_TEST

START_TEST(restarts_have_a_limit)
{
    for (unsigned i = 0; i < 3; i++)
        fake.script[i] = reset_at_once;
    machines[0].restarts = 2;
    ck_assert(!run(1));
    ck_assert_uint_eq(shown("root| child a starts again\r\n"), 2);
    ck_assert_uint_eq(shown("root| child a ended: reset\r\n"), 1);
    ck_assert_uint_eq(fake.created, 3);
}
END_TEST

START_TEST(what_a_former_life_has_lost_is_not_forgotten)
{
    fake.script[0] = reset_at_once;
    fake.script[1] = hello;
    fake.fail_code = HvCallFinalizePartition;
    fake.fail_status = HV_STATUS_OPERATION_DENIED;
    machines[0].restarts = 1;
    ck_assert(!root_program_run(machines, 1, NULL));
    ck_assert_uint_eq(shown("root| child a: could not finalize its partition, status 0x0008"), 1);
    ck_assert_uint_eq(shown("root| child a ended: shutdown\r\n"), 1);
    ck_assert_uint_eq(shown("pages of memory are missing"), 1);
}
END_TEST

START_TEST(refusal_of_any_call_of_a_restart_ends_one_child)
{
    uint32_t calls = UINT32_MAX;

    for (uint32_t at = 0; at <= calls; at++) {
        setup();
        fake.script[0] = reset_at_once;
        fake.script[2] = hello;
        fake.fail_at = at;
        fake.fail_status = HV_STATUS_ACCESS_DENIED;
        machines[0].restarts = 1;
        root_program_run(machines, 2, NULL);
        calls = at == 0 ? fake.calls : calls;
        ck_assert_uint_eq(shown("root| child a ended: "), 1);
        ck_assert_uint_eq(shown("root| child b ended: "), 1);
        ck_assert_uint_eq(shown("root| all children have ended\r\n"), 1);
    }
}
END_TEST

START_TEST(machine_beside_others_ends_when_they_have)
{
    static const struct fake_step steps[] = { STAYS };

    fake.script[0] = steps;
    machines[0].ends[0].kind = HV_MACHINE_END_OTHERS;
    ck_assert(run(2));
    ck_assert_uint_eq(shown("root| child b ended: shutdown\r\nroot| child a ended: stopped\r\n"),
                      1);
    setup();
    machines[0].ends[0].kind = HV_MACHINE_END_OTHERS;
    fake.script[0] = fake.script[1] = steps;
    machines[1].ends[0].kind = HV_MACHINE_END_OTHERS;
    ck_assert(run(2));
}
END_TEST

START_TEST(triple_fault_is_told_with_a_report)
{
    static const struct fake_step steps[] = { { FAKE_RDMSR, 0, 0, 0 },
                                              { FAKE_TRIPLE_FAULT, 0, 0, 0 },
                                              STAYS };

    fake.script[0] = steps;
    machines[0].ends[0].kind = HV_MACHINE_END_CRASH;
    ck_assert(run(1));
    ck_assert_uint_eq(shown("root| registers of VP 0:\r\n"), 1);
    ck_assert_uint_eq(shown("MSR 1234\r\n"), 1);
    ck_assert_uint_eq(shown("root| child a ended: triple-fault\r\n"), 1);
}
END_TEST

START_TEST(crash_that_the_guest_reports_ends_it)
{
    static const struct fake_step steps[] = { { FAKE_CRASH, 0, 0, 0xDEAD }, STAYS };

    fake.script[0] = steps;
    ck_assert(!run(1));
    ck_assert_uint_eq(shown("000000000000DEAD") + shown("000000000000dead"), 1);
    ck_assert_uint_eq(shown("root| child a ended: crash\r\n"), 1);
}
END_TEST

START_TEST(reset_after_a_reported_crash_is_a_crash)
{
    static const struct fake_step steps[] = { { FAKE_CRASH, 0, 0, 1 }, RESETS, STAYS };

    fake.script[0] = steps;
    ck_assert(!run(1));
    ck_assert_uint_eq(shown("root| child a ended: crash\r\n"), 1);
}
END_TEST

START_TEST(halt_for_good_is_an_end)
{
    static const struct fake_step steps[] = { { FAKE_HALT, 0, 0, 0 }, STAYS };

    fake.script[0] = steps;
    ck_assert(!run(1));
    ck_assert_uint_eq(shown("root| child a ended: halt\r\n"), 1);
    ck_assert_uint_eq(shown("registers of VP"), 0);
    setup();
    fake.script[0] = steps;
    machines[0].ends[0].kind = HV_MACHINE_END_IDLE;
    ck_assert(run(1));
}
END_TEST

START_TEST(halt_that_an_interrupt_can_end_is_none)
{
    static const struct fake_step steps[] = { { FAKE_HALT, 0, 0, 0x200 }, STAYS };

    fake.script[0] = steps;
    fake.typed_at = UINT64_C(100000000); /* ten seconds */
    fake.typed = "\x1D";
    ck_assert(root_program_run(machines, 1, "a"));
    ck_assert_uint_eq(shown("root| child a ended: stopped\r\n"), 1);
}
END_TEST

START_TEST(intercept_of_an_unknown_kind_ends_the_child_alone)
{
    static const struct fake_step steps[] = { { FAKE_UNKNOWN, 0, 0, 0 }, STAYS };

    fake.script[0] = steps;
    ck_assert(!run(2));
    ck_assert_uint_eq(shown("root| child a ended: error: an intercept of a kind"), 1);
    ck_assert_uint_eq(shown("root| registers of VP 0:\r\n"), 1);
    ck_assert_uint_eq(shown("root| child b ended: shutdown\r\n"), 1);
    setup();
    fake.script[0] = steps;
    machines[0].ends[0].kind = HV_MACHINE_END_CRASH;
    ck_assert(run(2));
}
END_TEST

START_TEST(watched_child_has_the_port_byte_by_byte)
{
    fake.typed = "";
    ck_assert(root_program_run(machines, 2, "a"));
    ck_assert_uint_eq(shown("hi\r\n\x1Bx"), 1);
    ck_assert_uint_eq(shown("b| "), 0);
    ck_assert_uint_eq(shown("a| "), 0);
}
END_TEST

START_TEST(who_watches_can_look_at_another)
{
    static const struct fake_step waits[] = { STAYS };

    fake.script[0] = waits;
    fake.script[1] = waits;
    fake.typed = "x\x1E\x1E\x1D";
    ck_assert(root_program_run(machines, 2, "a"));
    ck_assert_uint_eq(shown("root| console of b\r\n"), 1);
    ck_assert_uint_eq(shown("root| console of a\r\n"), 1);
}
END_TEST

START_TEST(next_console_is_shown_when_one_has_ended)
{
    static const struct fake_step waits[] = { STAYS };

    fake.script[0] = waits;
    fake.script[1] = reset_at_once;
    fake.script[2] = hello;
    fake.typed = "\x1E";
    machines[0].ends[0].kind = HV_MACHINE_END_OTHERS;
    machines[1].restarts = 1;
    ck_assert(root_program_run(machines, 2, "a"));
    ck_assert_uint_eq(shown("root| console of b\r\n"), 1);
    ck_assert_uint_eq(shown("hi\r\n\x1Bx"), 1);
    ck_assert_uint_eq(shown("root| child b ended: shutdown\r\nroot| console of a\r\n"), 1);
}
END_TEST

START_TEST(machine_without_a_console_is_passed_over)
{
    static const struct fake_step waits[] = { STAYS };

    fake.script[0] = waits;
    fake.typed = "\x1E\x1E\x1D";
    machines[0].device_count = 0;
    ck_assert(root_program_run(machines, 2, "a"));
    ck_assert_uint_eq(shown("root| console of a\r\n"), 0);
    ck_assert_uint_ge(shown("root| console of b\r\n"), 1);
}
END_TEST

START_TEST(who_watches_can_leave)
{
    static const struct fake_step steps[] = { STAYS };

    fake.script[0] = steps;
    fake.typed = "abc\x1D";
    ck_assert(root_program_run(machines, 1, "a"));
    ck_assert_uint_eq(shown("root| child a ended: stopped\r\n"), 1);
    ck_assert_uint_eq(fake.free_pages, FAKE_FREE_PAGES);
}
END_TEST

/* ---- Descriptions and refusals ---- */

START_TEST(large_pages_are_mapped_as_such)
{
    static const struct fake_step steps[] = { STAYS };

    fake.script[0] = steps;
    fake.typed = "\x1D";
    fake.fail_code = HvCallFinalizePartition;
    fake.fail_status = HV_STATUS_SUCCESS;
    root_program_run(machines, 1, "a");
    /* From 2 to 4 MiB; what lies below has a hole. */
    ck_assert_uint_eq(fake.partition[1].large, 1);
    ck_assert_uint_eq(fake.partition[1].mapped, 0xA0 + 0x20 + 0x100 + 512);
}
END_TEST

START_TEST(privileges_that_the_root_lacks_are_left_out)
{
    ck_assert(HV_MACHINE_PRIVILEGES & HV_PRIVILEGE_AccessGuestIdleReg);
    ck_assert(run(1));
}
END_TEST

START_TEST(machine_without_the_interface_sees_no_hypervisor)
{
    machines[0].privileges = 0;
    ck_assert(run(1));
    ck_assert_uint_eq(fake.partition[1].cpuid_results, 2 * (1 + 12));
}
END_TEST

START_TEST(share_that_can_t_be_given_is_an_error)
{
    machines[0].cpu_weight = 7;
    ck_assert(!run(2));
    ck_assert_uint_eq(shown("root| child a ended: error: could not set its weight, status 0x0009"),
                      1);
    ck_assert_uint_eq(shown("root| child b ended: shutdown\r\n"), 1);
}
END_TEST

START_TEST(kernel_that_is_none_is_an_error)
{
    kernel[1] = 0;
    ck_assert(!run(1));
    ck_assert_uint_eq(shown("root| child a ended: error: kernel.elf: is not"), 1);
}
END_TEST

START_TEST(machine_that_is_larger_than_the_memory_is_an_error)
{
    machines[0].memory = HV_PAGE_SIZE * (FAKE_FREE_PAGES + 1);
    ck_assert(!run(2));
    ck_assert_uint_eq(shown("root| child a ended: error: could not find memory for it"), 1);
    ck_assert_uint_eq(shown("root| child b ended: shutdown\r\n"), 1);
}
END_TEST

/* Every call of a run is refused once; the other child does not notice. */
static void refuse_each_call(uint16_t status, bool root_schedules)
{
    uint32_t calls;

    setup();
    fake.root_schedules = root_schedules;
    ck_assert(run(2));
    calls = fake.calls;
    ck_assert_uint_gt(calls, 50);
    for (uint32_t at = 1; at <= calls; at++) {
        setup();
        fake.root_schedules = root_schedules;
        fake.fail_at = at;
        fake.fail_status = status;
        root_program_run(machines, 2, NULL);
        ck_assert_uint_eq(shown("root| child a ended: ") + shown("root| child b ended: "), 2);
        ck_assert_uint_ge(shown("root| child a ended: shutdown\r\n") +
                              shown("root| child b ended: shutdown\r\n"),
                          1);
        ck_assert_uint_eq(shown("root| all children have ended\r\n"), 1);
    }
}

START_TEST(refusal_of_any_call_ends_one_child)
{
    refuse_each_call(HV_STATUS_ACCESS_DENIED, false);
    refuse_each_call(HV_STATUS_ACCESS_DENIED, true);
}
END_TEST

START_TEST(shortage_at_any_call_is_survived)
{
    refuse_each_call(HV_STATUS_INSUFFICIENT_MEMORY, false);
    refuse_each_call(HV_STATUS_INSUFFICIENT_ROOT_MEMORY, false);
}
END_TEST

/* Calls on the way to a running child: what they leave behind comes back whole. */
START_TEST(nothing_is_lost_when_a_child_can_t_be_made)
{
    static const uint16_t codes[] = { HvCallCreatePartition,
                                      HvCallInitializePartition,
                                      HvCallSetPartitionProperty,
                                      HvCallInstallIntercept,
                                      HvCallCreateVp,
                                      HvCallMapVpStatePage,
                                      HvCallMapGpaPages,
                                      HvCallSetVpRegisters };

    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        setup();
        fake.fail_code = codes[i];
        fake.fail_status = HV_STATUS_ACCESS_DENIED;
        ck_assert(!run(2));
        ck_assert_uint_eq(shown("root| child a ended: error: "), 1);
        ck_assert_uint_eq(shown("status 0x0006\r\n"), 1);
        ck_assert_uint_eq(shown("root| child b ended: shutdown\r\n"), 1);
    }
}
END_TEST

START_TEST(memory_that_a_partition_may_still_use_is_kept)
{
    fake.fail_code = HvCallFinalizePartition;
    fake.fail_status = HV_STATUS_OPERATION_DENIED;
    ck_assert(!root_program_run(machines, 1, NULL));
    ck_assert_uint_eq(shown("root| child a: could not finalize its partition, status 0x0008"), 1);
    ck_assert_uint_eq(shown("pages of memory are missing"), 1);
    ck_assert_uint_lt(fake.free_pages, FAKE_FREE_PAGES - MACHINE_MEMORY / HV_PAGE_SIZE);
}
END_TEST

START_TEST(root_pays_for_partitions_from_its_own_pool_and_gets_it_back)
{
    fake.create_wants = true;
    ck_assert(run(2));
    ck_assert_uint_eq(fake.partition[0].pool_count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("root_program");
    TCase *tcase = tcase_create("root_program");

    tcase_add_checked_fixture(tcase, setup, fake_host_free);
    tcase_set_timeout(tcase, 150);
    tcase_add_test(tcase, child_speaks_in_lines_and_switches_itself_off);
    tcase_add_test(tcase, children_run_side_by_side);
    tcase_add_test(tcase, a_root_that_schedules_dispatches_children);
    tcase_add_test(tcase, a_blocked_vp_is_dispatched_when_a_message_says_so);
    tcase_add_test(tcase, only_lines_that_are_asked_for_are_shown);
    tcase_add_test(tcase, second_port_is_a_console_of_its_own);
    tcase_add_test(tcase, port_that_is_not_described_is_not_shown);
    tcase_add_test(tcase, prompt_ends_a_child_that_is_expected_to_write_it);
    tcase_add_test(tcase, reset_is_an_end_that_may_not_be_expected);
    tcase_add_test(tcase, machine_starts_again_after_a_reset);
    tcase_add_test(tcase, restarts_have_a_limit);
    tcase_add_test(tcase, what_a_former_life_has_lost_is_not_forgotten);
    tcase_add_test(tcase, refusal_of_any_call_of_a_restart_ends_one_child);
    tcase_add_test(tcase, machine_beside_others_ends_when_they_have);
    tcase_add_test(tcase, triple_fault_is_told_with_a_report);
    tcase_add_test(tcase, crash_that_the_guest_reports_ends_it);
    tcase_add_test(tcase, reset_after_a_reported_crash_is_a_crash);
    tcase_add_test(tcase, halt_for_good_is_an_end);
    tcase_add_test(tcase, halt_that_an_interrupt_can_end_is_none);
    tcase_add_test(tcase, intercept_of_an_unknown_kind_ends_the_child_alone);
    tcase_add_test(tcase, watched_child_has_the_port_byte_by_byte);
    tcase_add_test(tcase, who_watches_can_look_at_another);
    tcase_add_test(tcase, next_console_is_shown_when_one_has_ended);
    tcase_add_test(tcase, machine_without_a_console_is_passed_over);
    tcase_add_test(tcase, who_watches_can_leave);
    tcase_add_test(tcase, large_pages_are_mapped_as_such);
    tcase_add_test(tcase, privileges_that_the_root_lacks_are_left_out);
    tcase_add_test(tcase, machine_without_the_interface_sees_no_hypervisor);
    tcase_add_test(tcase, share_that_can_t_be_given_is_an_error);
    tcase_add_test(tcase, kernel_that_is_none_is_an_error);
    tcase_add_test(tcase, machine_that_is_larger_than_the_memory_is_an_error);
    tcase_add_test(tcase, refusal_of_any_call_ends_one_child);
    tcase_add_test(tcase, shortage_at_any_call_is_survived);
    tcase_add_test(tcase, nothing_is_lost_when_a_child_can_t_be_made);
    tcase_add_test(tcase, memory_that_a_partition_may_still_use_is_kept);
    tcase_add_test(tcase, root_pays_for_partitions_from_its_own_pool_and_gets_it_back);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
