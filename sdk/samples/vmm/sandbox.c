/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "sandbox.h"

#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define NOBODY          65534u
#define MOST_STATEMENTS 192u
#define X32_CALLS       0x40000000u /* bit of the numbers of another interface */

/* ---- Privileges ---- */

static bool give_up_root(void)
{
    if (geteuid() != 0)
        return true;
    return setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
           setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

bool vmm_sandbox_drop(struct vmm_trouble *trouble)
{
    const struct rlimit none = { 0, 0 };

    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        !give_up_root() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return vmm_trouble(trouble, "privileges cannot be dropped: %s", strerror(errno));
    return true;
}

/* ---- System calls ---- */

struct program {
    struct sock_filter statements[MOST_STATEMENTS];
    uint16_t count;
};

/* Room is checked once, when all of it is there. */
static void add(struct program *program, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
    if (program->count < MOST_STATEMENTS)
        program->statements[program->count] =
            (struct sock_filter){ .code = code, .jt = yes, .jf = no, .k = k };
    program->count++;
}

static void add_return(struct program *program, uint32_t action)
{
    add(program, BPF_RET | BPF_K, action, 0, 0);
}

static void add_load(struct program *program, size_t offset)
{
    add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* The low half of an argument: none of those that are looked at has another. */
static void add_load_argument(struct program *program, unsigned number)
{
    add_load(program, offsetof(struct seccomp_data, args) + number * sizeof(uint64_t));
}

/* What is loaded decides: allowed if it is the number. */
static void allow(struct program *program, uint32_t number)
{
    add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    add_return(program, SECCOMP_RET_ALLOW);
}

/* The statements up to the end that is set later are for this call alone. Returns where they begin.
 */
static uint16_t begin_call(struct program *program, uint32_t number)
{
    add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 0);
    return program->count;
}

static void end_call(struct program *program, uint16_t begin)
{
    add_return(program, SECCOMP_RET_KILL_PROCESS);
    if (begin <= MOST_STATEMENTS)
        program->statements[begin - 1].jf = (uint8_t)(program->count - begin);
}

static void add_machine(struct program *program)
{
    add_load(program, offsetof(struct seccomp_data, arch));
    add(program, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    add_return(program, SECCOMP_RET_KILL_PROCESS);
    add_load(program, offsetof(struct seccomp_data, nr));
    add(program, BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, 0, 1);
    add_return(program, SECCOMP_RET_KILL_PROCESS);
}

static void add_plain_calls(struct program *program)
{
    /* In the order of how often. poll() of the C library is one of two calls, by its version. */
    static const uint32_t numbers[] = {
        SYS_futex,        SYS_ppoll,           SYS_poll,          SYS_read,
        SYS_write,        SYS_writev,          SYS_clock_gettime, SYS_sendto,
        SYS_accept4,      SYS_close,           SYS_eventfd2,      SYS_epoll_ctl,
        SYS_epoll_wait,   SYS_epoll_pwait,     SYS_epoll_create1, SYS_munmap,
        SYS_brk,          SYS_madvise,         SYS_getpid,        SYS_rt_sigprocmask,
        SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit,          SYS_exit_group,
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        allow(program, numbers[i]);
}

static void add_ioctl(struct program *program, const uint32_t *requests, uint32_t count)
{
    uint16_t begin = begin_call(program, SYS_ioctl);

    add_load_argument(program, 1);
    for (uint32_t i = 0; i < count; i++)
        allow(program, requests[i]);
    allow(program, TCGETS);
    allow(program, TCSETS);
    end_call(program, begin);
}

/* Memory, but none that can be executed. */
static void add_mapping(struct program *program, uint32_t number)
{
    uint16_t begin = begin_call(program, number);

    add_load_argument(program, 2);
    add(program, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
    add_return(program, SECCOMP_RET_ALLOW);
    end_call(program, begin);
}

/* Signals for threads of this process. */
static void add_kick(struct program *program)
{
    uint16_t begin = begin_call(program, SYS_tgkill);

    add_load_argument(program, 0);
    allow(program, (uint32_t)getpid());
    end_call(program, begin);
}

bool vmm_sandbox_close(const struct vmm_backend *backend, struct vmm_trouble *trouble)
{
    struct program program = { .count = 0 };
    struct sock_fprog filter = { .filter = program.statements };

    add_machine(&program);
    add_plain_calls(&program);
    for (uint32_t i = 0; i < backend->call_count; i++)
        allow(&program, backend->calls[i]);
    add_ioctl(&program, backend->requests, backend->request_count);
    add_mapping(&program, SYS_mmap);
    add_mapping(&program, SYS_mprotect);
    add_kick(&program);
    add_return(&program, SECCOMP_RET_KILL_PROCESS);
    if (program.count > MOST_STATEMENTS)
        return vmm_trouble(trouble, "the filter of system calls is too long");
    filter.len = program.count;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
        return vmm_trouble(trouble, "system calls cannot be limited: %s",
                           errno == EINVAL || errno == ENOSYS ? "the kernel has no seccomp"
                                                              : strerror(errno));
    return true;
}
