/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a process that runs a guest needs no more is given away: a guest that has found a way into
 * it finds the hypervisor's device, the files that are open, and little else.
 */
#ifndef VMM_SANDBOX_H
#define VMM_SANDBOX_H

#include "backend.h"

/* Gives up root, all capabilities and core dumps. Threads that are made later have none either. */
bool vmm_sandbox_drop(struct vmm_trouble *trouble);

/*
 * From now on a system call that is not needed kills the process, in whichever thread. Files cannot
 * be opened, programs not executed, threads not made, memory not made executable; of ioctl() the
 * requests that the back end names and those about terminals are left, and of other system calls
 * those that it names besides.
 */
bool vmm_sandbox_close(const struct vmm_backend *backend, struct vmm_trouble *trouble);

#endif
