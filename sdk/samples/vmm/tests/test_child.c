/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A machine's life, with threads and consoles, above VPs that play a list of accesses. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "child.h"
#include "fake_backend.h"
#include "images.h"
#include "suite.h"

#define SECOND UINT64_C(10000000)

static struct fake_backend fake;
static struct vmm_child child;
static struct hv_machine machine;
static uint8_t kernel[IMAGE_SIZE];
static char path[64];
static char told[8192];
static char printed[8192];

static void setup(void)
{
    fake_backend_init(&fake);
    image_elf(kernel);
    image_multiboot(kernel);
    machine = (struct hv_machine){
        .name = "m",
        .command_line = "",
        .memory = 16 << 20,
        .privileges = HV_MACHINE_PRIVILEGES_USUAL,
        .vp_count = 2,
        .boot = HV_MACHINE_BOOT_MULTIBOOT,
        .kernel = { .name = "kernel", .bytes = kernel, .size = sizeof(kernel) },
        .initrd = { .name = "" },
        .device_count = 1,
        .devices = { { .kind = HV_MACHINE_DEVICE_COM1,
                       .console = "com1",
                       .show = HV_MACHINE_SHOW_ALL } },
        .end_count = 1,
        .ends = { { .kind = HV_MACHINE_END_POWER_OFF, .text = "" } },
        .restarts = HV_MACHINE_RESTARTS_ALWAYS,
    };
    vmm_asked = vmm_forced = 0;
    memset(&child, 0, sizeof(child));
    child.machine = &machine;
    child.backend = &fake.backend;
    child.stop_at = vmm_now() + 60 * SECOND;
    strcpy(path, "/tmp/hvkit-child.XXXXXX");
    close(mkstemp(path));
}

static void read_whole(FILE *file, char *buffer, size_t size)
{
    rewind(file);
    buffer[fread(buffer, 1, size - 1, file)] = 0;
    fclose(file);
}

/* Runs the machine to its end; what is said is in told, the console's bytes are in printed. */
static bool run(void)
{
    const struct vmm_wish wish = { .place = VMM_FILE, .path = path };
    struct vmm_trouble trouble = { .text = "" };
    FILE *errors = tmpfile();
    int kept = dup(STDERR_FILENO);
    bool expected;

    ck_assert_ptr_nonnull(errors);
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        vmm_console_init(&child.console[i]);
    ck_assert(vmm_console_open(&child.console[0], &machine, 0, &wish, &trouble));
    ck_assert(vmm_child_init(&child, &trouble));
    fflush(stderr);
    dup2(fileno(errors), STDERR_FILENO);
    expected = vmm_child_run(&child);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    vmm_child_free(&child);
    read_whole(errors, told, sizeof(told));
    read_whole(fopen(path, "r"), printed, sizeof(printed));
    unlink(path);
    /* Nothing is left, and nothing was taken away from a VP that ran. */
    ck_assert_uint_eq(fake.made, fake.unmade);
    ck_assert_uint_eq(fake.running_seen, 0);
    return expected;
}

static void expect_told(const char *words)
{
    ck_assert_msg(strstr(told, words) != NULL, "'%s' does not say '%s'", told, words);
}

START_TEST(machine_that_powers_off_has_said_all)
{
    fake_backend_print(&fake, "hello\r\nand ");
    fake_backend_print(&fake, "bye");
    fake_backend_power_off(&fake);
    ck_assert(run());
    ck_assert_str_eq(printed, "hello\r\nand bye");
    ck_assert_str_eq(told, "vmm| child m ended: shutdown\n");
    ck_assert_uint_eq(fake.made, 1);
}
END_TEST

START_TEST(end_that_is_not_named_is_a_failure)
{
    machine.ends[0].kind = HV_MACHINE_END_RESET;
    fake_backend_power_off(&fake);
    ck_assert(!run());
    expect_told("ended: shutdown");
}
END_TEST

START_TEST(reset_makes_everything_anew)
{
    fake_backend_print(&fake, "1");
    fake_backend_reset(&fake);
    fake_backend_print(&fake, "2");
    fake_backend_reset(&fake);
    fake_backend_print(&fake, "3");
    fake_backend_power_off(&fake);
    ck_assert(run());
    ck_assert_str_eq(printed, "123");
    ck_assert_uint_eq(fake.made, 3);
    ck_assert_str_eq(told, "vmm| child m starts again\nvmm| child m starts again\n"
                           "vmm| child m ended: shutdown\n");
}
END_TEST

START_TEST(so_many_resets_are_the_end)
{
    machine.restarts = 1;
    machine.ends[0].kind = HV_MACHINE_END_RESET;
    fake_backend_reset(&fake);
    fake_backend_reset(&fake);
    ck_assert(run());
    expect_told("starts again\nvmm| child m ended: reset\n");
    ck_assert_uint_eq(fake.made, 2);
}
END_TEST

START_TEST(text_ends_it)
{
    machine.ends[0] = (struct hv_machine_end){ .kind = HV_MACHINE_END_TEXT, .text = "login:" };
    fake_backend_print(&fake, "debian login: ");
    ck_assert(run());
    expect_told("ended: text");
}
END_TEST

START_TEST(triple_fault_is_reported)
{
    fake_backend_add(&fake, FAKE_TRIPLE_FAULT, 0, 0);
    ck_assert(!run());
    expect_told("vmm| ");
    expect_told("ended: triple-fault\n");
}
END_TEST

START_TEST(message_that_nobody_knows_is_an_error)
{
    fake_backend_add(&fake, FAKE_UNKNOWN, 0, 0);
    ck_assert(!run());
    expect_told("ended: error: an intercept of a kind that the worker does not know");
}
END_TEST

START_TEST(vp_that_does_not_run_is_an_error)
{
    fake_backend_add(&fake, FAKE_FAIL, 0, 0);
    ck_assert(!run());
    expect_told("ended: error: it does not run\n");
}
END_TEST

START_TEST(partition_that_is_refused_is_an_error)
{
    fake.refuses_make = true;
    ck_assert(!run());
    ck_assert_str_eq(told, "vmm| child m ended: error: no partition for m\n");
}
END_TEST

START_TEST(vp_that_cannot_be_started_is_an_error)
{
    fake.refuses_prepare = true;
    ck_assert(!run());
    expect_told("ended: error: could not start its VPs, status 0x0015");
}
END_TEST

START_TEST(kernel_that_does_not_fit_is_an_error)
{
    memset(kernel, 0, sizeof(kernel));
    ck_assert(!run());
    expect_told("ended: error: kernel: ");
}
END_TEST

START_TEST(guest_that_stands_still_has_ended)
{
    machine.ends[0].kind = HV_MACHINE_END_IDLE;
    fake.halted = true;
    ck_assert(run());
    expect_told("ended: halt");
}
END_TEST

START_TEST(crash_that_is_reported_is_an_end)
{
    machine.ends[0].kind = HV_MACHINE_END_CRASH;
    fake.crashed = true;
    ck_assert(run());
    expect_told("ended: crash");
}
END_TEST

START_TEST(reset_after_a_reported_crash_is_one)
{
    machine.ends[0].kind = HV_MACHINE_END_CRASH;
    fake.crashed = true;
    fake_backend_reset(&fake);
    ck_assert(run());
    expect_told("ended: crash");
    ck_assert_uint_eq(fake.made, 1);
}
END_TEST

START_TEST(time_that_is_over_stops_it)
{
    child.stop_at = vmm_now() + SECOND / 5;
    ck_assert(!run());
    expect_told("ended: time");
}
END_TEST

START_TEST(who_forces_it_stops_it)
{
    vmm_forced = 1;
    ck_assert(run());
    expect_told("ended: stopped");
}
END_TEST

START_TEST(second_time_of_asking_stops_it)
{
    vmm_asked = 2;
    ck_assert(run());
    expect_told("ended: stopped");
}
END_TEST

/* The guest asks for the power button's interrupt by nothing, so nothing comes of it; asking again
   is not needed for it to have been pressed. */
START_TEST(asking_once_presses_the_button)
{
    vmm_asked = 1;
    child.stop_at = vmm_now() + SECOND / 5;
    ck_assert(!run());
    expect_told("ended: time");
    ck_assert(child.pressed);
}
END_TEST

START_TEST(ends_of_interrupts_are_taken)
{
    fake.ended_file = eventfd(1, EFD_CLOEXEC);
    fake.ended_vectors = 7;
    child.stop_at = vmm_now() + SECOND / 5;
    ck_assert(!run());
    ck_assert_uint_eq(fake.ended_vectors, 0);
    close(fake.ended_file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_child");
    TCase *tests = tcase_create("child");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, machine_that_powers_off_has_said_all);
    tcase_add_test(tests, end_that_is_not_named_is_a_failure);
    tcase_add_test(tests, reset_makes_everything_anew);
    tcase_add_test(tests, so_many_resets_are_the_end);
    tcase_add_test(tests, text_ends_it);
    tcase_add_test(tests, triple_fault_is_reported);
    tcase_add_test(tests, message_that_nobody_knows_is_an_error);
    tcase_add_test(tests, vp_that_does_not_run_is_an_error);
    tcase_add_test(tests, partition_that_is_refused_is_an_error);
    tcase_add_test(tests, vp_that_cannot_be_started_is_an_error);
    tcase_add_test(tests, kernel_that_does_not_fit_is_an_error);
    tcase_add_test(tests, guest_that_stands_still_has_ended);
    tcase_add_test(tests, crash_that_is_reported_is_an_end);
    tcase_add_test(tests, reset_after_a_reported_crash_is_one);
    tcase_add_test(tests, time_that_is_over_stops_it);
    tcase_add_test(tests, who_forces_it_stops_it);
    tcase_add_test(tests, second_time_of_asking_stops_it);
    tcase_add_test(tests, asking_once_presses_the_button);
    tcase_add_test(tests, ends_of_interrupts_are_taken);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
