/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The thread of time: what devices do by themselves, what comes from consoles, what is watched. */
#include "child.h"

#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND       UINT64_C(10000000) /* in units of 100 ns */
#define MOST_FILES   (WORKER_COM_PORTS + 2u)
#define MOST_ENDED   64u
#define WAKE_FILE    0u
#define ENDED_FILE   1u
#define FIRST_OTHERS 2u

volatile sig_atomic_t vmm_asked, vmm_forced;

void vmm_loop_wake(const struct vmm_child *child)
{
    const uint64_t one = 1;
    ssize_t written = write(child->wake, &one, sizeof(one));

    /* A counter that is full wakes as well. */
    (void)written;
}

/* ---- With the lock ---- */

static uint64_t least(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

static uint64_t deadline(const struct vmm_child *child)
{
    return least(worker_machine_deadline(&child->worker), least(child->next_look, child->stop_at));
}

static void watch(struct vmm_child *child, uint64_t now)
{
    static const enum vmm_end ends[] = { [WORKER_WATCH_NOTHING] = VMM_RUNS,
                                         [WORKER_WATCH_CRASHED] = VMM_CRASH,
                                         [WORKER_WATCH_STILL] = VMM_HALT };
    enum vmm_end end =
        ends[worker_watch_look(&child->watch, &child->vid, child->machine->vp_count)];

    child->next_look = now + SECOND;
    if (end != VMM_RUNS)
        vmm_child_end(child, end);
}

/* The button is for those who listen. */
static void look_at_signals(struct vmm_child *child)
{
    if (vmm_forced > 0 || vmm_asked > 1)
        vmm_child_end(child, VMM_STOPPED);
    else if (vmm_asked > 0 && !child->pressed)
        worker_machine_press_power_button(&child->worker, vmm_now());
    child->pressed = vmm_asked > 0;
}

/* As the hypervisor tells it where there is no driver in between. */
static void end_interrupt(struct vmm_child *child, uint32_t vector)
{
    const struct hv_x64_apic_eoi_message payload = { .interrupt_vector = vector };
    struct hv_message message = { .header = { .message_type = HvMessageTypeX64ApicEoi,
                                              .payload_size = sizeof(payload) } };

    memcpy(message.payload, &payload, sizeof(payload));
    worker_machine_message(&child->worker, 0, &message, vmm_now());
}

static void take_ended(struct vmm_child *child)
{
    const struct vmm_backend *backend = child->backend;
    uint32_t vector;

    /* A guest that ends them faster than they are taken does not keep this thread from its work. */
    for (unsigned i = 0;
         i < MOST_ENDED && child->end == VMM_RUNS && backend->take_ended(backend->context, &vector);
         i++)
        end_interrupt(child, vector);
}

static void advance(struct vmm_child *child, uint64_t now)
{
    if (child->end == VMM_RUNS)
        worker_machine_advance(&child->worker, now);
    vmm_child_look(child);
    if (child->end == VMM_RUNS && now >= child->next_look)
        watch(child, now);
    if (now >= child->stop_at)
        vmm_child_end(child, VMM_TIME);
}

/* ---- Waiting ---- */

struct waiting {
    struct pollfd files[MOST_FILES];
    struct vmm_console *console[MOST_FILES];
    uint32_t count;
    uint64_t until;
};

static void prepare(struct vmm_child *child, struct waiting *waiting)
{
    const struct vmm_backend *backend = child->backend;

    *waiting = (struct waiting){ .count = FIRST_OTHERS, .until = deadline(child) };
    waiting->files[WAKE_FILE] = (struct pollfd){ .fd = child->wake, .events = POLLIN };
    waiting->files[ENDED_FILE] =
        (struct pollfd){ .fd = backend->ended_file(backend->context), .events = POLLIN };
    for (uint32_t i = 0; i < WORKER_COM_PORTS; i++)
        if (vmm_console_wants(&child->console[i], &waiting->files[waiting->count]))
            waiting->console[waiting->count++] = &child->console[i];
    child->sleeps_until = waiting->until;
}

static void wait_for(const struct vmm_child *child, struct waiting *waiting)
{
    uint64_t now = vmm_now(), left = waiting->until > now ? waiting->until - now : 0;
    const struct timespec time = { .tv_sec = (time_t)(left / SECOND),
                                   .tv_nsec = (long)(left % SECOND * 100) };

    /* Signals that count are let in here alone, so none is lost between a look and the wait. */
    if (ppoll(waiting->files, waiting->count, &time, &child->waiting_mask) < 0)
        for (uint32_t i = 0; i < waiting->count; i++)
            waiting->files[i].revents = 0;
}

static void take(struct vmm_child *child, const struct waiting *waiting)
{
    uint64_t count;

    if (waiting->files[WAKE_FILE].revents && read(child->wake, &count, sizeof(count)) < 0)
        vmm_child_end(child, VMM_ERROR);
    if (waiting->files[ENDED_FILE].revents)
        take_ended(child);
    for (uint32_t i = FIRST_OTHERS; i < waiting->count; i++)
        if (waiting->files[i].revents)
            vmm_console_take(waiting->console[i]);
}

void vmm_loop(struct vmm_child *child)
{
    struct waiting waiting;

    pthread_mutex_lock(&child->lock);
    child->next_look = vmm_now() + SECOND;
    while (child->end == VMM_RUNS) {
        prepare(child, &waiting);
        pthread_mutex_unlock(&child->lock);
        wait_for(child, &waiting);
        pthread_mutex_lock(&child->lock);
        child->sleeps_until = 0;
        take(child, &waiting);
        look_at_signals(child);
        advance(child, vmm_now());
    }
    pthread_mutex_unlock(&child->lock);
}
