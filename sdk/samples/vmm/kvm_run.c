/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A VP's thread: it enters the guest and waits. Whoever wants something of the VP posts it, and
 * sends VMM_KICK if the thread is in a system call. The signal's handler sets immediate_exit, so
 * that a signal which comes just before the call ends it too.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm_backend.h"

#define NANOSECONDS UINT64_C(1000000000)
#define CR4_PGE     UINT64_C(0x80)
#define MOST_WAIT   NANOSECONDS

static __thread struct kvm_run *volatile current;

void kvm_vp_kicked(void)
{
    struct kvm_run *run = current;

    if (run)
        run->immediate_exit = 1;
}

/* ---- For other threads ---- */

/* Sequentially consistent: either this thread sees the VP inside, or the VP what was posted. */
static void wake(struct kvm_vp *vp)
{
    atomic_store(&vp->kicked, true);
    if (atomic_load(&vp->inside))
        pthread_kill(vp->thread, VMM_KICK);
}

void kvm_kick(void *context, struct hv_vp *vp)
{
    (void)context;
    wake(hv_vp_backend(vp));
}

void kvm_flush_tlb(void *context, struct hv_vp *hv_vp)
{
    struct kvm_vp *vp = hv_vp_backend(hv_vp);

    (void)context;
    atomic_store(&vp->flush, true);
    if (atomic_load(&vp->in_guest))
        wake(vp);
}

/* A VP outside the guest forgets before it comes back. */
void kvm_wait_flushed(void *context, struct hv_vp *hv_vp)
{
    struct kvm_vp *vp = hv_vp_backend(hv_vp);
    struct kvm_partition *partition = vp->partition;

    (void)context;
    if (!atomic_load(&vp->in_guest) || !atomic_load(&vp->flush))
        return;
    pthread_mutex_lock(&partition->left_lock);
    atomic_fetch_add(&vp->waiters, 1);
    while (atomic_load(&vp->in_guest) && atomic_load(&vp->flush))
        pthread_cond_wait(&partition->left, &partition->left_lock);
    atomic_fetch_sub(&vp->waiters, 1);
    pthread_mutex_unlock(&partition->left_lock);
}

/* ---- Time ---- */

static uint64_t nanoseconds(const struct kvm_vp *vp, uint64_t ticks)
{
    uint64_t hz = vp->partition->tsc_hz, seconds = ticks / hz;

    return seconds > 3600 ? 3600 * NANOSECONDS
                          : seconds * NANOSECONDS + ticks % hz * NANOSECONDS / hz;
}

static struct timespec until(const struct kvm_vp *vp, uint64_t deadline)
{
    uint64_t now = kvm_tsc(), left = deadline > now ? nanoseconds(vp, deadline - now) : 0;

    /* No time at all would stop a timer. */
    left += left == 0;
    return (struct timespec){ .tv_sec = (time_t)(left / NANOSECONDS),
                              .tv_nsec = (long)(left % NANOSECONDS) };
}

/* It may fire too soon: then there is nothing to do yet, and it is set again. */
static void set_timer(struct kvm_vp *vp)
{
    uint64_t deadline = vp->view->deadline;
    struct itimerspec time = { .it_value = { 0 } };

    if (vp->armed <= deadline && (vp->armed > kvm_tsc() || deadline == HV_INTERRUPT_NEVER))
        return;
    vp->armed = deadline;
    time.it_value = until(vp, deadline);
    timer_settime(vp->timer, 0, &time, NULL);
}

/* ---- The thread ---- */

static bool begin_thread(struct kvm_vp *vp, struct vmm_trouble *trouble)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = VMM_KICK };

    if (vp->has_thread)
        return true;
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &event, &vp->timer) != 0)
        return vmm_trouble(trouble, "no timer for VP %u: %s", vp->index, strerror(errno));
    vp->thread = pthread_self();
    vp->armed = HV_INTERRUPT_NEVER;
    vp->has_thread = true;
    return true;
}

void kvm_vp_delete_timer(struct kvm_vp *vp)
{
    if (vp->has_thread)
        timer_delete(vp->timer);
    vp->has_thread = false;
}

static void count(struct kvm_vp *vp, bool runs)
{
    if (vp->counted == runs)
        return;
    vp->counted = runs;
    if (runs)
        hv_vp_account_start(vp->vp, kvm_tsc());
    else
        hv_vp_account_stop(vp->vp, kvm_tsc());
}

/* Until something is posted, a timer is due, or a signal comes. */
static void wait_for_events(struct kvm_vp *vp)
{
    struct timespec time = until(vp, vp->view->deadline);
    sigset_t kick, before;

    count(vp, false);
    sigemptyset(&kick);
    sigaddset(&kick, VMM_KICK);
    pthread_sigmask(SIG_BLOCK, &kick, &before);
    atomic_store(&vp->inside, true);
    if (!atomic_load(&vp->kicked) && !vp->run->immediate_exit)
        (void)ppoll(NULL, 0, &time, &before);
    atomic_store(&vp->inside, false);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- In the guest ---- */

/* CR4 changes and comes back: with each change of PGE KVM has the processor forget everything. */
static void flush(struct kvm_vp *vp)
{
    struct kvm_sregs sregs = vp->run->s.regs.sregs;

    sregs.cr4 ^= CR4_PGE;
    (void)kvm_call(vp->partition, vp->file, KVM_SET_SREGS, &sregs);
    vp->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
}

/* False: something has come meanwhile. */
static bool begin_entry(struct kvm_vp *vp)
{
    if (atomic_exchange(&vp->flush, false))
        flush(vp);
    atomic_store(&vp->in_guest, true);
    atomic_store(&vp->inside, true);
    return !atomic_load(&vp->kicked) && !atomic_load(&vp->flush);
}

static void end_entry(struct kvm_vp *vp)
{
    struct kvm_partition *partition = vp->partition;

    atomic_store(&vp->inside, false);
    atomic_store(&vp->in_guest, false);
    if (atomic_load(&vp->waiters) == 0)
        return;
    pthread_mutex_lock(&partition->left_lock);
    pthread_cond_broadcast(&partition->left);
    pthread_mutex_unlock(&partition->left_lock);
}

static void left(struct kvm_vp *vp)
{
    vp->unfinished = false;
    kvm_load_gprs(vp);
    if (vp->run->cr8 != vp->view->cr8)
        hv_interrupt_set_cr8(vp->vp, (uint8_t)(vp->run->cr8 & 0xF));
}

void kvm_vp_finish(struct kvm_vp *vp)
{
    uint8_t asked = vp->run->immediate_exit;

    if (!vp->unfinished)
        return;
    vp->run->immediate_exit = 1;
    (void)kvm_call(vp->partition, vp->file, KVM_RUN, NULL);
    vp->run->immediate_exit = asked;
    vp->unfinished = false;
    kvm_load_gprs(vp);
}

enum entry { ENTRY_NONE, ENTRY_LEFT, ENTRY_KICKED, ENTRY_FAULTED, ENTRY_FAILED };

static enum entry enter(struct kvm_vp *vp)
{
    int result = 0, error = 0;
    bool entered = begin_entry(vp);

    if (entered) {
        result = kvm_call(vp->partition, vp->file, KVM_RUN, NULL);
        error = errno;
    }
    end_entry(vp);
    if (!entered)
        return ENTRY_NONE;
    left(vp);
    if (result >= 0)
        return ENTRY_LEFT;
    if (error == EFAULT)
        return ENTRY_FAULTED;
    errno = error;
    return error == EINTR || error == EAGAIN ? ENTRY_KICKED : ENTRY_FAILED;
}

/* What is on its way in is there already when the entry is put off; it is not lost. */
static enum entry try_to_enter(struct kvm_vp *vp)
{
    count(vp, true);
    atomic_store(&vp->activity, KVM_RUNS);
    kvm_interrupt_prepare(vp);
    set_timer(vp);
    return enter(vp);
}

static enum vmm_run run(struct kvm_vp *vp, struct worker_intercept *intercept,
                        struct vmm_trouble *trouble)
{
    enum kvm_result result = KVM_GOES_ON;

    while (result == KVM_GOES_ON) {
        atomic_store(&vp->kicked, false);
        kvm_interrupt_take_events(vp);
        if (!kvm_interrupt_is_awake(vp)) {
            wait_for_events(vp);
            if (vp->run->immediate_exit)
                return VMM_RUN_KICKED;
            continue;
        }
        switch (try_to_enter(vp)) {
        case ENTRY_NONE:
            break;
        case ENTRY_LEFT:
            result = kvm_exit_handle(vp, intercept, trouble);
            break;
        case ENTRY_FAULTED:
            result = kvm_fault_handle(vp, intercept);
            break;
        case ENTRY_KICKED:
            return VMM_RUN_KICKED;
        case ENTRY_FAILED:
            vmm_trouble(trouble, "could not run VP %u: %s", vp->index, strerror(errno));
            return VMM_RUN_FAILED;
        }
    }
    return result == KVM_INTERCEPTED ? VMM_RUN_INTERCEPT : VMM_RUN_FAILED;
}

/* Outside of it a signal finds nothing: what is shared may be gone by then. */
enum vmm_run kvm_vp_run(struct kvm_vp *vp, struct worker_intercept *intercept,
                        struct vmm_trouble *trouble)
{
    enum vmm_run result;

    if (!begin_thread(vp, trouble))
        return VMM_RUN_FAILED;
    vp->run->immediate_exit = 0;
    current = vp->run;
    result = run(vp, intercept, trouble);
    current = NULL;
    return result;
}
