/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The whole program above a back end that plays a list: what it returns, says and writes. Each run
   has a process of its own, which gives up what it can't have again. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_backend.h"
#include "images.h"
#include "options.h"
#include "run.h"
#include "suite.h"

#define MOST_WORDS 16

/* The list's VPs wait by the first; the others the runtimes of sanitizers make, which have a thread
   of their own that nobody waits for: the last two are its first. */
static const uint32_t calls[] = { SYS_clock_nanosleep, SYS_sigaltstack, SYS_gettimeofday,
                                  SYS_nanosleep,       SYS_sched_yield, SYS_rseq,
                                  SYS_set_robust_list };

static struct fake_backend fake;
static char directory[64];
static char told[4096];    /* on standard error */
static char printed[4096]; /* on standard output */

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void describe(const char *text)
{
    write_file("machines.yaml", text, strlen(text));
}

static void setup(void)
{
    static uint8_t kernel[IMAGE_SIZE];

    fake_backend_init(&fake);
    fake.backend.device = "/dev/null";
    fake.backend.calls = calls;
    fake.backend.call_count = sizeof(calls) / sizeof(calls[0]);
    strcpy(directory, "/tmp/hvkit-vmm-run.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(chdir(directory), 0);
    image_elf(kernel);
    image_multiboot(kernel);
    write_file("kernel", kernel, sizeof(kernel));
    describe("machines: [{name: m, kernel: kernel, boot: multiboot, memory: 16 MiB}]");
}

static void teardown(void)
{
    static const char *const names[] = { "kernel", "machines.yaml", "console", "told", "printed" };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(names[i]);
    ck_assert_int_eq(rmdir(directory), 0);
}

static void read_file(const char *name, char *buffer, size_t size)
{
    FILE *file = fopen(name, "r");

    ck_assert_ptr_nonnull(file);
    buffer[fread(buffer, 1, size - 1, file)] = 0;
    fclose(file);
}

/* In the process that is to be the program. */
static _Noreturn void be_program(char *line)
{
    const struct vmm_backend *const backends[] = { &fake.backend, NULL };
    char *words[MOST_WORDS] = { (char *)"hvkit-vmm" };
    int count = 1, status;

    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    if (!freopen("told", "w", stderr) || !freopen("printed", "w", stdout))
        _exit(100);
    setvbuf(stderr, NULL, _IONBF, 0);
    status = vmm_main(backends, count, words);
    fflush(stdout);
    _exit(status);
}

/* Its exit status, or minus the signal that ended it. */
static int run(const char *arguments)
{
    char line[256];
    int status;
    pid_t program = fork();

    ck_assert_int_ge(program, 0);
    if (program == 0)
        be_program(strcpy(line, arguments));
    ck_assert_int_eq(waitpid(program, &status, 0), program);
    read_file("told", told, sizeof(told));
    read_file("printed", printed, sizeof(printed));
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void expect_told(const char *words)
{
    ck_assert_msg(strstr(told, words) != NULL, "'%s' does not say '%s'", told, words);
}

START_TEST(end_that_is_expected)
{
    fake_backend_print(&fake, "hello\r\n");
    fake_backend_power_off(&fake);
    ck_assert_int_eq(run("--batch --timeout 60 machines.yaml"), VMM_EXIT_EXPECTED);
    ck_assert_str_eq(printed, "m| hello\n");
    ck_assert_str_eq(told, "vmm| child m ended: shutdown\n");
}
END_TEST

START_TEST(end_that_is_not)
{
    fake_backend_add(&fake, FAKE_TRIPLE_FAULT, 0, 0);
    ck_assert_int_eq(run("--batch --timeout 60 machines.yaml m"), VMM_EXIT_UNEXPECTED);
    expect_told("vmm| child m ended: triple-fault\n");
}
END_TEST

START_TEST(time_is_a_failure)
{
    ck_assert_int_eq(run("--batch --timeout 1 machines.yaml"), VMM_EXIT_UNEXPECTED);
    expect_told("vmm| child m ended: time\n");
}
END_TEST

START_TEST(console_goes_where_it_is_wished)
{
    char text[64];

    fake_backend_print(&fake, "hello\r\n");
    fake_backend_power_off(&fake);
    ck_assert_int_eq(run("--timeout 60 --console com1=file:console machines.yaml"),
                     VMM_EXIT_EXPECTED);
    read_file("console", text, sizeof(text));
    ck_assert_str_eq(text, "hello\r\n");
    ck_assert_str_eq(printed, "");
}
END_TEST

START_TEST(help_is_no_failure)
{
    ck_assert_int_eq(run("--help"), VMM_EXIT_EXPECTED);
    ck_assert_str_eq(printed, vmm_usage);
    ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(machine_that_cannot_be_run)
{
    static const char *const lines[][2] = {
        { "--batch", "hvkit-vmm: error: no machine description" },
        { "--backend xen machines.yaml", "error: --backend: this program has no back end 'xen'" },
        { "machines.yaml n", "no machine is called 'n'" },
        { "--console com2=none machines.yaml",
          "error: --console: machine m has no console 'com2'" },
        { "--console com=none machines.yaml", "error: --console: machine m has no console 'com'" },
        { "--console com1=file:no/console machines.yaml", "hvkit-vmm: error: " },
    };

    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ck_assert_msg(run(lines[i][0]) == VMM_EXIT_NOTHING, "'%s' is run: %s", lines[i][0], told);
        expect_told(lines[i][1]);
    }
}
END_TEST

/* It is opened before anything is given up, under the name that the command line may have for it.
 */
START_TEST(device_that_is_refused)
{
    fake.refuses_open = true;
    ck_assert_int_eq(run("--batch machines.yaml"), VMM_EXIT_NOTHING);
    ck_assert_str_eq(told, "hvkit-vmm: error: /dev/null: it is refused\n");
    ck_assert_int_eq(run("--batch --device /dev/x machines.yaml"), VMM_EXIT_NOTHING);
    ck_assert_str_eq(told, "hvkit-vmm: error: /dev/x: it is refused\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_run");
    TCase *tests = tcase_create("run");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, end_that_is_expected);
    tcase_add_test(tests, end_that_is_not);
    tcase_add_test(tests, time_is_a_failure);
    tcase_add_test(tests, console_goes_where_it_is_wished);
    tcase_add_test(tests, help_is_no_failure);
    tcase_add_test(tests, machine_that_cannot_be_run);
    tcase_add_test(tests, device_that_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
