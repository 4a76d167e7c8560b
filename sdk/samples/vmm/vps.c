/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "vps.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define KICK_PERIOD 2000000L /* nanoseconds */

static void (*tell_backend)(void);

/* It interrupts the system call that runs a VP. */
static void kicked(int signal)
{
    (void)signal;
    if (tell_backend)
        tell_backend();
}

/* ---- The thread ---- */

/* Waits until the VP is wanted; false: the thread is to end. */
static bool begin_run(struct vmm_vp *vp)
{
    struct vmm_vps *vps = vp->all;
    bool wanted;

    pthread_mutex_lock(&vps->lock);
    while (!vp->wanted && !vps->over)
        pthread_cond_wait(&vps->changed, &vps->lock);
    wanted = !vps->over;
    vp->running = vp->busy = wanted;
    pthread_mutex_unlock(&vps->lock);
    return wanted;
}

/* One that was suspended runs again when whoever handles it wants that. */
static void end_run(struct vmm_vp *vp, enum vmm_run result)
{
    struct vmm_vps *vps = vp->all;

    pthread_mutex_lock(&vps->lock);
    vp->running = false;
    vp->wanted &= result == VMM_RUN_KICKED;
    pthread_cond_broadcast(&vps->changed);
    pthread_mutex_unlock(&vps->lock);
}

static void end_handling(struct vmm_vp *vp)
{
    struct vmm_vps *vps = vp->all;

    pthread_mutex_lock(&vps->lock);
    vp->busy = false;
    pthread_cond_broadcast(&vps->changed);
    pthread_mutex_unlock(&vps->lock);
}

static void tell_ready(struct vmm_vps *vps)
{
    pthread_mutex_lock(&vps->lock);
    vps->ready++;
    pthread_cond_broadcast(&vps->changed);
    pthread_mutex_unlock(&vps->lock);
}

static void *run_vp(void *argument)
{
    struct vmm_vp *vp = argument;
    struct vmm_vps *vps = vp->all;

    tell_ready(vps);
    while (begin_run(vp)) {
        struct worker_intercept intercept = { .vp_index = vp->index };
        struct vmm_trouble trouble = { .text = "" };
        enum vmm_run result =
            vps->backend->run(vps->backend->context, vp->index, &intercept, &trouble);

        end_run(vp, result);
        if (result != VMM_RUN_KICKED)
            vps->handle(vps->context, result, &intercept, &trouble);
        end_handling(vp);
    }
    return NULL;
}

/* ---- All of them ---- */

static void wait_ready(struct vmm_vps *vps)
{
    pthread_mutex_lock(&vps->lock);
    while (vps->ready < vps->count)
        pthread_cond_wait(&vps->changed, &vps->lock);
    pthread_mutex_unlock(&vps->lock);
}

bool vmm_vps_start(struct vmm_vps *vps, uint32_t count, struct vmm_trouble *trouble)
{
    const struct sigaction action = { .sa_handler = kicked };
    pthread_condattr_t attributes;

    tell_backend = vps->backend->kicked;
    sigaction(VMM_KICK, &action, NULL);
    pthread_mutex_init(&vps->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&vps->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    for (vps->count = 0; vps->count < count; vps->count++) {
        struct vmm_vp *vp = &vps->vp[vps->count];
        int error;

        *vp = (struct vmm_vp){ .all = vps, .index = vps->count };
        error = pthread_create(&vp->thread, NULL, run_vp, vp);
        if (error != 0)
            return vmm_trouble(trouble, "a thread cannot be made: %s", strerror(error));
    }
    wait_ready(vps);
    return true;
}

void vmm_vps_allow(struct vmm_vps *vps, uint32_t index)
{
    pthread_mutex_lock(&vps->lock);
    vps->vp[index].wanted = true;
    pthread_cond_broadcast(&vps->changed);
    pthread_mutex_unlock(&vps->lock);
}

static struct timespec next_kick(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += KICK_PERIOD;
    if (time.tv_nsec >= 1000000000L) {
        time.tv_nsec -= 1000000000L;
        time.tv_sec++;
    }
    return time;
}

/* A signal that comes before the system call is lost on it, so there may have to be more of them.
 */
static void wait_stopped(struct vmm_vps *vps, struct vmm_vp *vp)
{
    vp->wanted = false;
    while (vp->running) {
        const struct timespec time = next_kick();

        pthread_kill(vp->thread, VMM_KICK);
        pthread_cond_timedwait(&vps->changed, &vps->lock, &time);
    }
}

void vmm_vps_stop(struct vmm_vps *vps, uint32_t index)
{
    pthread_mutex_lock(&vps->lock);
    wait_stopped(vps, &vps->vp[index]);
    pthread_mutex_unlock(&vps->lock);
}

void vmm_vps_park(struct vmm_vps *vps)
{
    pthread_mutex_lock(&vps->lock);
    for (uint32_t i = 0; i < vps->count; i++)
        do {
            wait_stopped(vps, &vps->vp[i]);
            if (vps->vp[i].busy)
                pthread_cond_wait(&vps->changed, &vps->lock);
        } while (vps->vp[i].busy);
    pthread_mutex_unlock(&vps->lock);
}

void vmm_vps_end(struct vmm_vps *vps)
{
    pthread_mutex_lock(&vps->lock);
    vps->over = true;
    pthread_cond_broadcast(&vps->changed);
    pthread_mutex_unlock(&vps->lock);
    for (uint32_t i = 0; i < vps->count; i++)
        pthread_join(vps->vp[i].thread, NULL);
}
