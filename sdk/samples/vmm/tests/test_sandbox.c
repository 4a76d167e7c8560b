/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a process can't do any more, tried in one that may die of it. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"
#include "suite.h"

#define REQUEST 0xB801u

static const uint32_t requests[] = { REQUEST };
static const uint32_t calls[] = { SYS_getppid };
static const struct vmm_backend backend = {
    .requests = requests, .request_count = 1, .calls = calls, .call_count = 1
};

/* System calls are made as they are: a sanitizer's runtime needs others for what it wraps. */

static void do_nothing(void)
{
}

static void use_what_is_left(void)
{
    static const uint64_t one = 1;
    long file = syscall(SYS_eventfd2, 0, 0);
    long memory =
        syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (file < 0 || syscall(SYS_write, file, &one, sizeof(one)) != sizeof(one) || memory == -1 ||
        syscall(SYS_munmap, memory, 4096) != 0)
        _exit(2);
    /* Nobody knows the request, but it is let through to find that out. */
    syscall(SYS_ioctl, file, REQUEST, 0);
    syscall(SYS_close, file);
    syscall(SYS_getppid);
    syscall(SYS_tgkill, getpid(), syscall(SYS_getpid), 0);
}

static void open_file(void)
{
    syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
}

static void execute(void)
{
    char *const arguments[] = { NULL };

    syscall(SYS_execve, "/bin/true", arguments, arguments);
}

static void make_process(void)
{
    syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void make_socket(void)
{
    syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}

static void make_executable(void)
{
    syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void protect_executable(void)
{
    syscall(SYS_mprotect, NULL, 0, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void make_other_request(void)
{
    syscall(SYS_ioctl, 0, REQUEST + 1, 0);
}

static void type_into_terminal(void)
{
    syscall(SYS_ioctl, 0, TIOCSTI, "x");
}

static void signal_another(void)
{
    syscall(SYS_tgkill, 1, 1, 0);
}

static void trace(void)
{
    syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void call_32_bit(void)
{
    long number = 20; /* getpid() */

    __asm__ volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9", "r10", "r11");
}

static void call_x32(void)
{
    syscall(0x40000000 + SYS_getpid);
}

static bool close_sandbox(void)
{
    struct vmm_trouble trouble = { .text = "" };

    return vmm_sandbox_drop(&trouble) && vmm_sandbox_close(&backend, &trouble);
}

/* How a process ends that does it: its exit status, or minus the signal. */
static int end_of(void (*act)(void), bool in_sandbox)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (in_sandbox && !close_sandbox())
            _exit(3);
        act();
        syscall(SYS_exit_group, 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int outcome(void (*act)(void))
{
    return end_of(act, true);
}

START_TEST(what_is_needed_is_left)
{
    ck_assert_int_eq(outcome(do_nothing), 0);
    ck_assert_int_eq(outcome(use_what_is_left), 0);
}
END_TEST

START_TEST(what_is_not_kills)
{
    static void (*const acts[])(void) = { open_file,          execute,
                                          make_process,       make_socket,
                                          make_executable,    protect_executable,
                                          make_other_request, type_into_terminal,
                                          signal_another,     trace,
                                          call_32_bit,        call_x32 };

    for (unsigned i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        /* A kernel without 32-bit programs has no such call: nobody gets that far. */
        int expected =
            acts[i] == call_32_bit && end_of(call_32_bit, false) == -SIGSEGV ? -SIGSEGV : -SIGSYS;

        ck_assert_msg(outcome(acts[i]) == expected, "act %u: %d", i, outcome(acts[i]));
    }
}
END_TEST

/* ---- Threads ---- */

static int pipe_ends[2];

static void *act_later(void *argument)
{
    char byte;

    (void)argument;
    if (read(pipe_ends[0], &byte, 1) == 1)
        open_file();
    return NULL;
}

static void act_in_thread(void)
{
    syscall(SYS_write, pipe_ends[1], "x", 1);
    for (;;)
        syscall(SYS_read, pipe_ends[0] + 1000, NULL, 0);
}

START_TEST(threads_that_were_there_are_in_it_too)
{
    struct vmm_trouble trouble = { .text = "" };
    pid_t child;
    pthread_t thread;
    int status;

    ck_assert_int_eq(pipe(pipe_ends), 0);
    child = fork();
    if (child == 0) {
        if (!vmm_sandbox_drop(&trouble) || pthread_create(&thread, NULL, act_later, NULL) != 0 ||
            !vmm_sandbox_close(&backend, &trouble))
            _exit(3);
        act_in_thread();
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

/* ---- Privileges ---- */

static bool is_dropped(void)
{
    struct rlimit cores;

    return geteuid() != 0 && getuid() != 0 && getegid() != 0 &&
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           getrlimit(RLIMIT_CORE, &cores) == 0 && cores.rlim_max == 0 && setuid(0) != 0;
}

START_TEST(root_is_given_up)
{
    struct vmm_trouble trouble = { .text = "" };
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(vmm_sandbox_drop(&trouble) && is_dropped() ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(filter_that_is_too_long_is_trouble)
{
    static uint32_t many[500];
    const struct vmm_backend demanding = { .requests = many, .request_count = 500 };
    struct vmm_trouble trouble = { .text = "" };

    ck_assert(!vmm_sandbox_close(&demanding, &trouble));
    ck_assert_str_eq(trouble.text, "the filter of system calls is too long");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_sandbox");
    TCase *tests = tcase_create("sandbox");

    tcase_add_test(tests, what_is_needed_is_left);
    tcase_add_test(tests, what_is_not_kills);
    tcase_add_test(tests, threads_that_were_there_are_in_it_too);
    tcase_add_test(tests, root_is_given_up);
    tcase_add_test(tests, filter_that_is_too_long_is_trouble);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
