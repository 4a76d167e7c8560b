/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a person is told of a crash. */
#include <check.h>
#include <string.h>

#include <worker/report.h>

#include "machine_fixture.h"
#include "suite.h"

static struct machine_fixture f;
static char text[8192];

static void put_line(void *context, const char *line)
{
    (void)context;
    ck_assert_uint_lt(strlen(text) + strlen(line) + 2, sizeof(text));
    ck_assert_uint_lt(strlen(line), WORKER_REPORT_LINE);
    strcat(text, line);
    strcat(text, "\n");
}

static void report(void)
{
    const struct worker_report_sink sink = { NULL, put_line };

    text[0] = 0;
    worker_report(&f.machine, 1, &sink);
}

#define SAYS(words) \
    ck_assert_msg(strstr(text, words) != NULL, "not in the report: %s\n%s", words, text)

static void setup(void)
{
    machine_fixture_init(&f);
    ck_assert_uint_eq(worker_machine_init(&f.machine, &f.config), HV_STATUS_SUCCESS);
}

static void teardown(void)
{
    machine_fixture_free(&f);
}

START_TEST(triple_fault_is_told_with_registers_and_intercepts)
{
    struct hv_x64_intercept_message_header fault = long_mode_header(0);
    struct hv_x64_io_port_intercept_message port = {
        .header = long_mode_header(HV_INTERCEPT_ACCESS_WRITE),
        .port_number = 0x80,
        .access_info = 1,
    };

    port.header.instruction_length = 1;
    fake_vid_set(&f.fake, HvX64RegisterRip, UINT64_C(0xFFFFFFFF81000123));
    fake_vid_set(&f.fake, HvX64RegisterCr2, 0xDEAD);
    fake_vid_register(&f.fake, HvX64RegisterCs)->segment =
        (struct hv_x64_segment_register){ 0, 0xFFFFF, 0x10, 0xA09B };
    fake_vid_register(&f.fake, HvX64RegisterIdtr)->table =
        (struct hv_x64_table_register){ .base = 0x5000, .limit = 0xFFF };
    machine_message(&f, HvMessageTypeX64IoPortIntercept, &port, sizeof(port));
    fake_vid_set(&f.fake, HvX64RegisterRip, UINT64_C(0xFFFFFFFF81000123));
    machine_message(&f, HvMessageTypeUnrecoverableException, &fault, sizeof(fault));
    report();
    SAYS("machine: triple fault of VP 3\nregisters of VP 1:\n  rip ffffffff81000123 flg");
    SAYS("cr2 000000000000dead");
    SAYS("  cs 0010 base 0000000000000000 limit 000fffff attributes a09b\n");
    SAYS("  idt base 0000000000005000 limit 0fff\n");
    SAYS("last intercepts:\n  VP 3 rip 0000000000010100 triple fault 0000\n"
         "  VP 3 rip 0000000000010100 port write 0080\n");
    ck_assert_ptr_null(strstr(text, "the guest says"));
}
END_TEST

START_TEST(what_the_guest_says_is_told)
{
    fake_vid_set(&f.fake, HvRegisterGuestCrashP2, 0x1234);
    report();
    SAYS("machine: running\n");
    SAYS("the guest says of its crash:\n  p0  0000000000000000 p1  0000000000000000 p2  "
         "0000000000001234\n");
}
END_TEST

START_TEST(reasons_are_told)
{
    uint8_t nothing[240] = { 0 };

    machine_message(&f, HvMessageTypeUnsupportedFeature, nothing, 40);
    report();
    SAYS("machine: an intercept of a kind that the worker does not know\n");
    SAYS("unknown 0000\n");
    f.machine.state = WORKER_MACHINE_OFF;
    report();
    SAYS("machine: switched off by the guest\n");
    f.machine.state = WORKER_MACHINE_RESETS;
    report();
    SAYS("machine: reset by the guest\n");
}
END_TEST

START_TEST(refusal_is_told_and_leaves_registers_out)
{
    f.fake.refusal = HV_STATUS_INVALID_VP_STATE;
    machine_in(&f, 0x60, 1);
    report();
    SAYS("machine: the hypervisor refused with status 0x0015\nregisters of VP 1:\nlast");
    SAYS("  VP 0 rip 0000000000000000 port 0060\n");
}
END_TEST

START_TEST(repeats_are_told)
{
    for (unsigned i = 0; i < 12; i++)
        machine_load(&f, 0xFED00000);
    report();
    SAYS("memory 00000000fed00000, 12 times\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker report");
    TCase *tcase = tcase_create("report");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, triple_fault_is_told_with_registers_and_intercepts);
    tcase_add_test(tcase, what_the_guest_says_is_told);
    tcase_add_test(tcase, reasons_are_told);
    tcase_add_test(tcase, refusal_is_told_and_leaves_registers_out);
    tcase_add_test(tcase, repeats_are_told);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
