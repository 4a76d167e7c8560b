/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A list with many producers and one consumer. Producers push at its head; the consumer takes all
 * of it at once and turns it round, so nothing is ever unlinked from the middle and a head that
 * comes back with the same address (ABA) is harmless.
 */
#include "core.h"
#include "request.h"

static void post(struct hv_vp *target, struct hv_request *request)
{
    struct hv_request *head = atomic_load_explicit(&target->requests, memory_order_relaxed);

    do {
        request->next = head;
        /* Release: what the request says is visible to the LP that takes the list by acquire. */
    } while (!atomic_compare_exchange_weak_explicit(&target->requests, &head, request,
                                                    memory_order_release, memory_order_relaxed));
}

static struct hv_request *take_all(struct hv_vp *vp)
{
    struct hv_request *posted, *in_order = NULL;

    if (!atomic_load_explicit(&vp->requests, memory_order_relaxed))
        return NULL;
    /* Acquire: pairs with the release of every push, which later pushes carry on. */
    posted = atomic_exchange_explicit(&vp->requests, NULL, memory_order_acquire);
    while (posted) {
        struct hv_request *next = posted->next;

        posted->next = in_order;
        in_order = posted;
        posted = next;
    }
    return in_order;
}

void hv_request_serve(struct hv_vp *vp)
{
    struct hv_request *request = take_all(vp);

    while (request) {
        struct hv_request *next = request->next;

        request->run(vp, request->argument);
        /* Release: what run() did is visible to the one who waits. From here on the request may be
           gone from its stack. */
        atomic_store_explicit(&request->done, true, memory_order_release);
        request = next;
    }
}

void hv_request_call(struct hv_vp *self, struct hv_vp *target,
                     void (*run)(struct hv_vp *vp, void *argument), void *argument)
{
    struct hv_request request = { .run = run, .argument = argument };

    if (hv_sched_is_shared(self, target)) {
        run(target, argument);
        return;
    }
    post(target, &request);
    hv_vp_kick(target);
    /* Acquire: pairs with the release in hv_request_serve(). */
    while (!atomic_load_explicit(&request.done, memory_order_acquire))
        hv_request_wait(self);
}

void hv_request_wait(struct hv_vp *self)
{
    self->waiting = true;
    hv_sched_serve(self);
    self->waiting = false;
    __builtin_ia32_pause();
}
