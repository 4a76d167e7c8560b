/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "child.h"

#include <worker/report.h>

#include "call.h"
#include "host.h"
#include "mem.h"
#include "partition.h"
#include "vid.h"

#define SECOND UINT64_C(10000000) /* in units of 100 ns */

bool root_child_fail(struct root_child *child, const char *what, hv_status status)
{
    if (!child->failed) {
        child->failed = what;
        child->status = status;
    }
    return false;
}

/* ---- Its start ---- */

static bool take_ram(struct root_child *child)
{
    child->ram_pages = child->machine.memory / HV_PAGE_SIZE;
    child->ram = root_host_take_pages(child->ram_pages, HV_LARGE_PAGE_SIZE);
    return child->ram ||
           root_child_fail(child, "find memory for it", HV_STATUS_INSUFFICIENT_MEMORY);
}

/* A port that the description does not have leads nowhere. */
static void connect(struct root_child *child, struct worker_machine_config *config)
{
    const struct hv_machine *machine = &child->machine;

    for (uint32_t i = 0; i < machine->device_count; i++) {
        unsigned port = machine->devices[i].kind == HV_MACHINE_DEVICE_COM2 ? 1 : 0;

        child->console[port].line.machine = machine;
        child->console[port].line.device = i;
        config->console[port] = root_console_ends(&child->console[port]);
    }
}

static bool make_worker(struct root_child *child)
{
    static uint32_t apic_ids[HV_MACHINE_MAX_VPS];
    struct worker_machine_config config = { .vid = &child->vid,
                                            .ram = child->ram,
                                            .ram_size = child->machine.memory,
                                            .vp_count = child->machine.vp_count,
                                            .apic_ids = apic_ids,
                                            .unix_time = root_host_unix_time() };
    hv_status status;

    for (uint32_t i = 0; i < config.vp_count; i++)
        apic_ids[i] = i;
    connect(child, &config);
    status = worker_machine_init(&child->worker, &config);
    if (status != HV_STATUS_SUCCESS)
        return root_child_fail(child, "make its machine", status);
    child->has_worker = true;
    return true;
}

static bool load(struct root_child *child)
{
    const struct hv_machine *machine = &child->machine;
    const struct worker_kernel kernel = { .image = machine->kernel.bytes,
                                          .image_size = machine->kernel.size,
                                          .initrd = machine->initrd.bytes,
                                          .initrd_size = machine->initrd.size,
                                          .command_line = machine->command_line,
                                          .multiboot = machine->boot == HV_MACHINE_BOOT_MULTIBOOT };
    const char *wrong = worker_machine_load(&child->worker, &kernel);

    if (wrong)
        child->subject = machine->kernel.name;
    return wrong == NULL || root_child_fail(child, wrong, HV_STATUS_SUCCESS);
}

static bool let_go(struct root_child *child)
{
    hv_status status = worker_machine_start(&child->worker);

    return status == HV_STATUS_SUCCESS || root_child_fail(child, "start its VPs", status);
}

void root_child_start(struct root_child *child)
{
    child->next_look = root_host_now() + SECOND;
    root_vid_init(child);
    if (!take_ram(child) || !root_partition_make(child) || !make_worker(child) || !load(child) ||
        !let_go(child))
        root_child_stop(child, ROOT_ERROR);
}

/* ---- Its life ---- */

static enum root_end end_of_crash(struct root_child *child)
{
    const struct worker_past *last = worker_history_get(&child->worker.history, 0);

    if (last->result == WORKER_TRIPLE_FAULT)
        return ROOT_TRIPLE_FAULT;
    if (last->result == WORKER_UNSUPPORTED) {
        root_child_fail(child, child->worker.guest.reason, HV_STATUS_SUCCESS);
        return ROOT_UNKNOWN;
    }
    root_child_fail(child, "let a VP go on", child->worker.guest.status);
    return ROOT_ERROR;
}

static bool wrote_text(const struct root_child *child)
{
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        if (child->console[i].line.text_seen)
            return true;
    return false;
}

/* A guest that reports a crash then resets itself, or stands still. */
static enum root_end end_by_guest(const struct root_child *child, enum root_end end)
{
    return child->watch.crashed || worker_watch_sees_crash(&child->vid) ? ROOT_CRASH : end;
}

static void look_at_worker(struct root_child *child)
{
    if (child->end != ROOT_RUNS)
        return;
    if (child->worker.state == WORKER_MACHINE_OFF)
        root_child_stop(child, ROOT_SHUTDOWN);
    else if (child->worker.state == WORKER_MACHINE_RESETS)
        root_child_stop(child, end_by_guest(child, ROOT_RESET));
    else if (child->worker.state == WORKER_MACHINE_CRASHED)
        root_child_stop(child, end_of_crash(child));
    else if (wrote_text(child))
        root_child_stop(child, ROOT_TEXT);
}

static void execute(struct root_child *child, uint32_t vp_index, const struct hv_message *message)
{
    enum worker_machine_state state =
        worker_machine_message(&child->worker, vp_index, message, root_host_now());

    if (state != WORKER_MACHINE_RUNS || wrote_text(child))
        look_at_worker(child);
}

/* One that runs. */
static bool has_vp(const struct root_child *child, uint32_t vp_index)
{
    return child->end == ROOT_RUNS && vp_index < child->partition.vp_count;
}

void root_child_message(struct root_child *child, uint32_t vp_index,
                        const struct hv_message *message)
{
    if (has_vp(child, vp_index))
        execute(child, vp_index, message);
}

/* The page keeps it until the VP goes on. */
void root_child_intercept(struct root_child *child, uint32_t vp_index)
{
    struct root_vp *vp;

    if (!has_vp(child, vp_index))
        return;
    vp = &child->partition.vps[vp_index];
    vp->ready = false;
    vp->stopped = true;
    execute(child, vp_index, vp->message);
}

/* ---- Its VPs, where the root schedules them ---- */

void root_child_signal(struct root_child *child, uint32_t vp_index)
{
    if (vp_index < child->partition.vp_count)
        child->partition.vps[vp_index].ready = true;
}

bool root_child_find_ready(const struct root_child *child, uint32_t *vp_index)
{
    if (child->end != ROOT_RUNS)
        return false;
    for (; *vp_index < child->partition.vp_count; ++*vp_index)
        if (child->partition.vps[*vp_index].ready)
            return true;
    return false;
}

void root_child_dispatch(struct root_child *child, uint32_t vp_index, bool *interrupted)
{
    struct root_vp *vp = &child->partition.vps[vp_index];
    bool clear = vp->clear;
    struct hv_output_dispatch_vp output;
    hv_status status;

    vp->clear = false;
    status = root_call_dispatch(child->partition.pool.partition, vp_index, clear, &output);
    if (status != HV_STATUS_SUCCESS) {
        root_child_fail(child, "run a VP", status);
        root_child_stop(child, ROOT_ERROR);
    } else if (output.dispatch_event == HV_DISPATCH_EVENT_INTERCEPT) {
        root_child_intercept(child, vp_index);
    } else if (output.dispatch_state == HV_DISPATCH_STATE_BLOCKED) {
        vp->ready = false;
    } else {
        *interrupted = true;
    }
}

static void watch(struct root_child *child, uint64_t now)
{
    static const enum root_end ends[] = { [WORKER_WATCH_NOTHING] = ROOT_RUNS,
                                          [WORKER_WATCH_CRASHED] = ROOT_CRASH,
                                          [WORKER_WATCH_STILL] = ROOT_HALT };
    enum root_end end =
        ends[worker_watch_look(&child->watch, &child->vid, child->partition.vp_count)];

    child->next_look = now + SECOND;
    if (end != ROOT_RUNS)
        root_child_stop(child, end);
}

void root_child_advance(struct root_child *child, uint64_t now)
{
    if (child->end != ROOT_RUNS)
        return;
    worker_machine_advance(&child->worker, now);
    look_at_worker(child);
    if (child->end == ROOT_RUNS && now >= child->next_look)
        watch(child, now);
}

uint64_t root_child_deadline(const struct root_child *child)
{
    uint64_t deadline;

    if (child->end != ROOT_RUNS)
        return WORKER_NO_TIME;
    deadline = worker_machine_deadline(&child->worker);
    return deadline < child->next_look ? deadline : child->next_look;
}

/* ---- Its end ---- */

/* What is suspended already stays so. */
void root_child_stop(struct root_child *child, enum root_end end)
{
    if (child->end != ROOT_RUNS)
        return;
    child->end = end;
    for (uint32_t i = 0; i < child->partition.vp_count; i++)
        child->vid.suspend(child->vid.context, i);
}

static bool expects(const struct root_child *child, enum hv_machine_end_kind kind)
{
    for (uint32_t i = 0; i < child->machine.end_count; i++)
        if (child->machine.ends[i].kind == kind)
            return true;
    return false;
}

bool root_child_follows(const struct root_child *child)
{
    return expects(child, HV_MACHINE_END_OTHERS);
}

static bool is_expected(const struct root_child *child)
{
    static const enum hv_machine_end_kind kinds[] = {
        [ROOT_SHUTDOWN] = HV_MACHINE_END_POWER_OFF, [ROOT_RESET] = HV_MACHINE_END_RESET,
        [ROOT_HALT] = HV_MACHINE_END_IDLE,          [ROOT_TRIPLE_FAULT] = HV_MACHINE_END_CRASH,
        [ROOT_CRASH] = HV_MACHINE_END_CRASH,        [ROOT_TEXT] = HV_MACHINE_END_TEXT,
        [ROOT_UNKNOWN] = HV_MACHINE_END_CRASH,      [ROOT_ERROR] = (enum hv_machine_end_kind)0,
    };

    return child->end == ROOT_STOPPED || expects(child, kinds[child->end]);
}

static void put_line(void *context, const char *text)
{
    (void)context;
    root_host_say("%s", text);
}

/* Of the VP that was last heard of. */
static void report(const struct root_child *child)
{
    const struct worker_report_sink sink = { .line = put_line };
    const struct worker_past *last;

    if (!child->has_worker)
        return;
    last = worker_history_get(&child->worker.history, 0);
    worker_report(&child->worker, last ? last->vp_index : 0, &sink);
}

static void tell_end(const struct root_child *child)
{
    static const char *const names[] = {
        [ROOT_SHUTDOWN] = "shutdown",         [ROOT_RESET] = "reset",   [ROOT_HALT] = "halt",
        [ROOT_TRIPLE_FAULT] = "triple-fault", [ROOT_CRASH] = "crash",   [ROOT_TEXT] = "text",
        [ROOT_STOPPED] = "stopped",           [ROOT_UNKNOWN] = "error", [ROOT_ERROR] = "error",
    };
    const char *name = child->machine.name, *end = names[child->end];

    if (child->end != ROOT_ERROR && child->end != ROOT_UNKNOWN)
        root_host_say("child %s ended: %s", name, end);
    else if (child->subject)
        root_host_say("child %s ended: %s: %s: %s", name, end, child->subject, child->failed);
    else if (child->status == HV_STATUS_SUCCESS)
        root_host_say("child %s ended: %s: %s", name, end, child->failed);
    else
        root_host_say("child %s ended: %s: could not %s, status 0x%04x", name, end, child->failed,
                      child->status);
}

static bool give_back(struct root_child *child)
{
    bool whole;

    child->failed = NULL;
    whole = root_partition_unmake(child);
    if (child->failed)
        root_host_say("child %s: could not %s, status 0x%04x", child->machine.name, child->failed,
                      child->status);
    /* Memory that a partition may still use is nobody else's. */
    if (child->ram && !child->partition.active)
        root_host_give_pages(child->ram, child->ram_pages);
    child->ram = NULL;
    return whole;
}

/* What it has still to say. */
static void flush(struct root_child *child)
{
    if (child->has_worker)
        worker_machine_flush(&child->worker);
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        root_console_flush(&child->console[i]);
}

bool root_child_restarts(const struct root_child *child)
{
    return child->end == ROOT_RESET && child->resets < child->machine.restarts;
}

/* Another partition is the one way in which nothing of the old one can be forgotten. */
void root_child_restart(struct root_child *child)
{
    flush(child);
    root_host_say("child %s starts again", child->machine.name);
    child->resets++;
    child->leaked |= !give_back(child);
    child->partition = (struct root_partition){ .own = child->partition.own,
                                                .dispatched = child->partition.dispatched };
    child->has_worker = false;
    child->watch = (struct worker_watch){ 0 };
    child->failed = NULL;
    child->end = ROOT_RUNS;
    root_child_start(child);
}

bool root_child_bury(struct root_child *child)
{
    flush(child);
    if (child->end == ROOT_TRIPLE_FAULT || child->end == ROOT_CRASH || child->end == ROOT_UNKNOWN ||
        child->end == ROOT_ERROR)
        report(child);
    tell_end(child);
    return give_back(child) && !child->leaked && is_expected(child);
}
