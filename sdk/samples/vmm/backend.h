/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What makes partitions and runs VPs: the driver of a hypervisor. One process has one partition at
 * a time.
 *
 * Every function gets context first. Those that are told of a VP are called by one thread at a
 * time, but for run(), which each VP's thread calls at any time, and VMM_KICK, which ends it.
 */
#ifndef VMM_BACKEND_H
#define VMM_BACKEND_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <hvkit/machine.h>
#include <worker/vid.h>

#include "trouble.h"

/* The signal that makes a VP's thread return from run(). */
#define VMM_KICK SIGUSR1

enum vmm_run {
    VMM_RUN_INTERCEPT, /* it is suspended by one */
    VMM_RUN_KICKED,    /* a signal has come; it can be run again */
    VMM_RUN_FAILED,    /* it can't be run; there is trouble */
};

struct vmm_backend {
    void *context;
    const char *name;         /* by which it is chosen */
    const char *device;       /* which is opened unless another one is named */
    const uint32_t *requests; /* of ioctl(), that it makes once the device is open */
    uint32_t request_count;
    const uint32_t *calls; /* system calls that it makes then, besides those that all need */
    uint32_t call_count;

    /* Opens the device; the last that needs privileges. */
    bool (*open)(void *context, const char *device, struct vmm_trouble *trouble);

    /* Takes whole pages of cleared memory for a machine that is made next, and gives them back when
       it is unmade. NULL: there is none. */
    void *(*take_memory)(void *context, uint64_t size, struct vmm_trouble *trouble);
    void (*give_memory)(void *context, void *memory, uint64_t size);

    /* Makes a partition with all VPs, none of which runs, and without memory. */
    bool (*make)(void *context, const struct hv_machine *machine, struct vmm_trouble *trouble);

    /* Gives back what was made, all or a part of it. No VP runs. */
    void (*unmake)(void *context);

    /* Runs a VP until something comes of it. */
    enum vmm_run (*run)(void *context, uint32_t vp_index, struct worker_intercept *intercept,
                        struct vmm_trouble *trouble);

    /* In a VP's thread, by VMM_KICK, wherever it is. NULL: that a system call ends is enough. */
    void (*kicked)(void);

    /* A VP's intercept is about to be handled; it does not run. */
    void (*intercepted)(void *context, uint32_t vp_index);

    /* Writes registers of a VP that is going to be run, after an intercept or for the first time.
     */
    hv_status (*prepare)(void *context, uint32_t vp_index, const struct worker_register *registers,
                         uint32_t count);
    struct hv_vp_register_page *(*register_page)(void *context, uint32_t vp_index); /* NULL: none */

    /* As in struct worker_vid; registers can be read of a VP that runs, too. */
    hv_status (*map)(void *context, uint64_t gpa, void *host, uint64_t size, uint32_t flags);
    hv_status (*unmap)(void *context, uint64_t gpa, uint64_t size);
    hv_status (*get_registers)(void *context, uint32_t vp_index, const uint32_t *names,
                               union hv_register_value *values, uint32_t count);
    hv_status (*set_registers)(void *context, uint32_t vp_index,
                               const struct worker_register *registers, uint32_t count);
    hv_status (*translate)(void *context, uint32_t vp_index, uint64_t gva, uint64_t flags,
                           uint64_t *gpa, uint32_t *code);
    hv_status (*assert_interrupt)(void *context, const struct worker_interrupt *interrupt);
    hv_status (*clear_interrupt)(void *context); /* NULL: as there */

    /* A file that can be read when a level-triggered interrupt has ended; -1: none yet. */
    int (*ended_file)(void *context);

    /* Takes the vector of one; false: no more. */
    bool (*take_ended)(void *context, uint32_t *vector);
};

/* Memory of this process alone, for those who need no other. */
void *vmm_take_memory(void *context, uint64_t size, struct vmm_trouble *trouble);
void vmm_give_memory(void *context, void *memory, uint64_t size);

/* Those of /dev/mshv and of /dev/kvm. */
extern const struct vmm_backend vmm_mshv_backend, vmm_kvm_backend;

/* Those that the program has, the last one NULL: of those whose device is there, the first is used.
 */
extern const struct vmm_backend *const vmm_backends[];

#endif
