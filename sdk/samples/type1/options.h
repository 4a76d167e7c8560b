/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypervisor's own command line. */
#ifndef TYPE1_OPTIONS_H
#define TYPE1_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
    bool log;            /* log, log=com1: messages on COM1 */
    bool tsc_trusted;    /* tsc=trust: the TSC is constant and synchronous whatever CPUID says */
    bool minimal;        /* minimal: the root gets the least that "Hv#1" promises */
    bool debug_loopback; /* debug=loopback: the root's debug channel returns what is posted */
    bool root_scheduler; /* scheduler=root: the root dispatches its children's VPs */
    bool hyperv_testdev; /* hyperv-testdev: the root can make ports for itself, as on QEMU */
    uint32_t
        save_restore_ms; /* save-restore=N: the root is saved and restored so often; 0: never */
    uint32_t pool_mib;   /* pool=N: memory of the hypervisor beside what it works out, MiB */
};

/* Words that it does not know are passed over: a boot loader may add its own. */
struct options options_parse(const char *command_line);

#endif
