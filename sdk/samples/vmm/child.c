/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "child.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <worker/report.h>

/* ---- Its start ---- */

static bool take_ram(struct vmm_child *child)
{
    const struct vmm_backend *backend = child->backend;

    child->ram = backend->take_memory(backend->context, child->machine->memory, &child->trouble);
    return child->ram != NULL;
}

static int64_t unix_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 10000000 + time.tv_nsec / 100;
}

static bool make_worker(struct vmm_child *child)
{
    static uint32_t apic_ids[HV_MACHINE_MAX_VPS];
    struct worker_machine_config config = { .vid = &child->vid,
                                            .ram = child->ram,
                                            .ram_size = child->machine->memory,
                                            .vp_count = child->machine->vp_count,
                                            .apic_ids = apic_ids,
                                            .unix_time = unix_time() };
    hv_status status;

    for (uint32_t i = 0; i < config.vp_count; i++)
        apic_ids[i] = i;
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        config.console[i] = vmm_console_ends(&child->console[i]);
    status = worker_machine_init(&child->worker, &config);
    if (status != HV_STATUS_SUCCESS)
        return vmm_trouble(&child->trouble, "could not make its machine, status 0x%04x", status);
    child->has_worker = true;
    return true;
}

static bool load(struct vmm_child *child)
{
    const struct hv_machine *machine = child->machine;
    const struct worker_kernel kernel = { .image = machine->kernel.bytes,
                                          .image_size = machine->kernel.size,
                                          .initrd = machine->initrd.bytes,
                                          .initrd_size = machine->initrd.size,
                                          .command_line = machine->command_line,
                                          .multiboot = machine->boot == HV_MACHINE_BOOT_MULTIBOOT };
    const char *wrong = worker_machine_load(&child->worker, &kernel);

    return !wrong || vmm_trouble(&child->trouble, "%s: %s", machine->kernel.name, wrong);
}

static bool let_go(struct vmm_child *child)
{
    hv_status status = worker_machine_start(&child->worker);

    return status == HV_STATUS_SUCCESS ||
           vmm_trouble(&child->trouble, "could not start its VPs, status 0x%04x", status);
}

static void start(struct vmm_child *child)
{
    const struct vmm_backend *backend = child->backend;

    pthread_mutex_lock(&child->lock);
    child->end = VMM_RUNS;
    child->trouble.text[0] = 0;
    child->has_worker = false;
    child->watch = (struct worker_watch){ 0 };
    if (!take_ram(child) || !backend->make(backend->context, child->machine, &child->trouble) ||
        !make_worker(child) || !load(child) || !let_go(child))
        vmm_child_end(child, VMM_ERROR);
    pthread_mutex_unlock(&child->lock);
}

/* ---- Its life ---- */

void vmm_child_end(struct vmm_child *child, enum vmm_end end)
{
    if (child->end == VMM_RUNS)
        child->end = end;
}

static enum vmm_end end_of_crash(struct vmm_child *child)
{
    const struct worker_past *last = worker_history_get(&child->worker.history, 0);

    if (last->result == WORKER_TRIPLE_FAULT)
        return VMM_TRIPLE_FAULT;
    if (last->result == WORKER_UNSUPPORTED) {
        vmm_trouble(&child->trouble, "%s", child->worker.guest.reason);
        return VMM_UNSUPPORTED;
    }
    vmm_trouble(&child->trouble, "could not let a VP go on, status 0x%04x",
                child->worker.guest.status);
    return VMM_ERROR;
}

/* A guest that reports a crash then resets itself, or stands still. */
static enum vmm_end end_of_reset(const struct vmm_child *child)
{
    return child->watch.crashed || worker_watch_sees_crash(&child->vid) ? VMM_CRASH : VMM_RESET;
}

static void look_at_consoles(struct vmm_child *child)
{
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++) {
        if (child->console[i].line.text_seen)
            vmm_child_end(child, VMM_TEXT);
        if (child->console[i].left)
            vmm_child_end(child, VMM_STOPPED);
    }
}

void vmm_child_look(struct vmm_child *child)
{
    if (child->end != VMM_RUNS)
        return;
    if (child->worker.state == WORKER_MACHINE_OFF)
        vmm_child_end(child, VMM_SHUTDOWN);
    else if (child->worker.state == WORKER_MACHINE_RESETS)
        vmm_child_end(child, end_of_reset(child));
    else if (child->worker.state == WORKER_MACHINE_CRASHED)
        vmm_child_end(child, end_of_crash(child));
    else
        look_at_consoles(child);
}

/* By the thread of the VP. */
static void handle(void *context, enum vmm_run result, struct worker_intercept *intercept,
                   const struct vmm_trouble *trouble)
{
    struct vmm_child *child = context;

    pthread_mutex_lock(&child->lock);
    if (result == VMM_RUN_FAILED) {
        vmm_trouble(&child->trouble, "%s", trouble->text);
        vmm_child_end(child, VMM_ERROR);
    } else if (child->end == VMM_RUNS) {
        child->backend->intercepted(child->backend->context, intercept->vp_index);
        worker_machine_intercept(&child->worker, intercept, vmm_now());
        vmm_child_look(child);
    }
    if (child->end != VMM_RUNS || worker_machine_deadline(&child->worker) < child->sleeps_until)
        vmm_loop_wake(child);
    pthread_mutex_unlock(&child->lock);
}

/* ---- Its end ---- */

static const char *name_of(enum vmm_end end)
{
    static const char *const names[] = {
        [VMM_RUNS] = "runs",   [VMM_SHUTDOWN] = "shutdown",
        [VMM_RESET] = "reset", [VMM_HALT] = "halt",
        [VMM_CRASH] = "crash", [VMM_TRIPLE_FAULT] = "triple-fault",
        [VMM_TEXT] = "text",   [VMM_STOPPED] = "stopped",
        [VMM_TIME] = "time",   [VMM_UNSUPPORTED] = "error",
        [VMM_ERROR] = "error",
    };

    return names[end];
}

static bool is_expected(const struct vmm_child *child)
{
    static const enum hv_machine_end_kind kinds[] = {
        [VMM_SHUTDOWN] = HV_MACHINE_END_POWER_OFF, [VMM_RESET] = HV_MACHINE_END_RESET,
        [VMM_HALT] = HV_MACHINE_END_IDLE,          [VMM_TRIPLE_FAULT] = HV_MACHINE_END_CRASH,
        [VMM_CRASH] = HV_MACHINE_END_CRASH,        [VMM_TEXT] = HV_MACHINE_END_TEXT,
        [VMM_STOPPED] = HV_MACHINE_END_OTHERS,     [VMM_UNSUPPORTED] = HV_MACHINE_END_CRASH,
        [VMM_ERROR] = (enum hv_machine_end_kind)0,
    };

    for (uint32_t i = 0; i < child->machine->end_count; i++)
        if (child->machine->ends[i].kind == kinds[child->end])
            return true;
    return child->end == VMM_STOPPED;
}

static void put_line(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "vmm| %s\n", text);
}

/* Of the VP that was last heard of. */
static void report(const struct vmm_child *child)
{
    const struct worker_report_sink sink = { .line = put_line };
    const struct worker_past *last = worker_history_get(&child->worker.history, 0);

    worker_report(&child->worker, last ? last->vp_index : 0, &sink);
}

static bool needs_report(enum vmm_end end)
{
    return end == VMM_TRIPLE_FAULT || end == VMM_CRASH || end == VMM_UNSUPPORTED ||
           end == VMM_ERROR || end == VMM_TIME;
}

/* What it has still to say. */
static void flush(struct vmm_child *child)
{
    if (child->has_worker)
        worker_machine_flush(&child->worker);
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        vmm_console_flush(&child->console[i]);
}

static void tell_end(const struct vmm_child *child)
{
    if (child->has_worker && needs_report(child->end))
        report(child);
    fprintf(stderr, "vmm| child %s ended: %s%s%s\n", child->machine->name, name_of(child->end),
            child->trouble.text[0] ? ": " : "", child->trouble.text);
}

/* The partition goes before its memory. */
static void give_back(struct vmm_child *child)
{
    const struct vmm_backend *backend = child->backend;

    backend->unmake(backend->context);
    if (child->ram)
        backend->give_memory(backend->context, child->ram, child->machine->memory);
    child->ram = NULL;
}

static bool starts_again(struct vmm_child *child)
{
    if (child->end != VMM_RESET || child->resets >= child->machine->restarts)
        return false;
    child->resets++;
    fprintf(stderr, "vmm| child %s starts again\n", child->machine->name);
    return true;
}

bool vmm_child_run(struct vmm_child *child)
{
    bool again;

    do {
        start(child);
        vmm_loop(child);
        vmm_vps_park(&child->vps);
        /* From here on there is one thread. */
        flush(child);
        again = starts_again(child);
        if (!again)
            tell_end(child);
        give_back(child);
    } while (again);
    return is_expected(child);
}

bool vmm_child_init(struct vmm_child *child, struct vmm_trouble *trouble)
{
    pthread_mutex_init(&child->lock, NULL);
    child->ram = NULL;
    child->vps.backend = child->backend;
    child->vps.handle = handle;
    child->vps.context = child;
    vmm_child_vid(child);
    child->wake = eventfd(0, EFD_CLOEXEC);
    if (child->wake < 0)
        return vmm_trouble(trouble, "eventfd: %s", strerror(errno));
    return vmm_vps_start(&child->vps, child->machine->vp_count, trouble);
}

void vmm_child_free(struct vmm_child *child)
{
    vmm_vps_end(&child->vps);
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        vmm_console_close(&child->console[i]);
    close(child->wake);
    pthread_mutex_destroy(&child->lock);
}
