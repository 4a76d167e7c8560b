/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "lp.h"
#include "mem.h"

#define SLICES_PER_SECOND 200
#define LP_PAGES          3 /* the object, two heaps */

_Static_assert(HV_LP_MAX_VPS * sizeof(void *) <= HV_PAGE_SIZE, "a heap must fit in one page");

size_t hv_lp_pages(void)
{
    return LP_PAGES;
}

hv_status hv_lp_create(const struct hv_platform *platform, const uint64_t *pages, void *backend,
                       struct hv_lp **lp)
{
    void *mapped[LP_PAGES];
    struct hv_lp *created;

    for (unsigned i = 0; i < LP_PAGES; i++) {
        mapped[i] = platform->memory.map(platform->memory.context, pages[i]);
        if (!mapped[i])
            return HV_STATUS_INVALID_PARAMETER;
    }
    created = mapped[0];
    memset(created, 0, sizeof(*created));
    created->platform = platform;
    created->backend = backend;
    created->slice = platform->facts.tsc_hz / SLICES_PER_SECOND;
    created->ready.nodes = mapped[1];
    created->timers.nodes = mapped[2];
    *lp = created;
    return HV_STATUS_SUCCESS;
}

uint32_t hv_lp_load(const struct hv_lp *lp)
{
    return atomic_load_explicit(&lp->vp_count, memory_order_relaxed);
}

/* Of one of its HV_LP_MAX_VPS. */
static void give_up_place(struct hv_lp *lp)
{
    atomic_fetch_sub_explicit(&lp->vp_count, 1, memory_order_relaxed);
}

static bool take_place(struct hv_lp *lp)
{
    if (atomic_fetch_add_explicit(&lp->vp_count, 1, memory_order_relaxed) < HV_LP_MAX_VPS)
        return true;
    give_up_place(lp);
    return false;
}

/* Acquire: pairs with the release of who has given the VP away. That it is this LP, or that it is
   not, nobody changes but this LP. */
static struct hv_lp *owner(const struct hv_vp *vp)
{
    return atomic_load_explicit(&vp->sched.lp, memory_order_acquire);
}

/* ---- Kicks ---- */

static void list(struct hv_lp *lp, struct hv_vp *vp)
{
    struct hv_vp *head = atomic_load_explicit(&lp->kicked, memory_order_relaxed);

    do {
        atomic_store_explicit(&vp->sched.next_kicked, head, memory_order_relaxed);
        /* Release: what the kick is about is visible to the LP that takes the list by acquire. */
    } while (!atomic_compare_exchange_weak_explicit(&lp->kicked, &head, vp, memory_order_release,
                                                    memory_order_relaxed));
}

void hv_vp_kick(struct hv_vp *vp)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    struct hv_lp *lp = owner(vp);

    if (!lp) {
        cpu->kick(cpu->context, vp);
        return;
    }
    /* Acquire and release: one that finds it listed is seen by the LP, which clears the mark before
       it looks for what the kick is about. */
    if (!atomic_exchange_explicit(&vp->sched.kicked, true, memory_order_acq_rel))
        list(lp, vp);
    /* The VP may be another's by now: the one that has it in its list must look. */
    cpu->kick_lp(cpu->context, lp->backend);
}

__attribute__((noinline)) void hv_lp_begin_ready(struct hv_lp *lp, struct hv_vp *vp)
{
    uint64_t least = lp->floor > lp->slice ? lp->floor - lp->slice : 0;

    hv_lp_stop_timer(lp, vp);
    if (hv_vp_is_dispatched(vp)) {
        hv_dispatch_signal(vp);
        return;
    }
    if (vp->sched.had < least)
        vp->sched.had = least;
    hv_heap_insert(&lp->ready, &vp->sched.ready, vp->sched.had);
    lp->woken = true;
}

/* The VP leaves this LP. */
static void forget(struct hv_lp *lp, const struct hv_vp *vp)
{
    if (lp->borrower == vp)
        lp->borrower = NULL;
    if (lp->heir == vp)
        lp->heir = NULL;
    if (lp->sleeper == vp)
        lp->sleeper = NULL;
    hv_deals_forget(&lp->deals, vp);
    give_up_place(lp);
}

static inline void make_heir(struct hv_lp *lp, struct hv_vp *vp)
{
    hv_lp_make_ready(lp, vp);
    lp->heir = vp;
}

/* There are no requests for it: who posts one kicks. */
void hv_vp_wake(struct hv_vp *vp)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    struct hv_lp *lp = owner(vp);

    if (!lp) {
        cpu->kick(cpu->context, vp);
        return;
    }
    make_heir(lp, vp);
    cpu->kick_lp(cpu->context, lp->backend);
}

void hv_vp_wake_heir(struct hv_vp *vp)
{
    make_heir(owner(vp), vp);
}

/* A VP that has moved since it was listed. Once it is in the other list, it is not touched here. */
static void __attribute__((noinline)) pass_on(struct hv_vp *vp)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    struct hv_lp *to = owner(vp);

    list(to, vp);
    cpu->kick_lp(cpu->context, to->backend);
}

/* Gives it to the LP that wants it, which then serves what is posted for it. False if it stays. */
static bool __attribute__((noinline)) give(struct hv_lp *lp, struct hv_vp *vp)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    struct hv_lp *to = atomic_load_explicit(&vp->dispatch->taker, memory_order_relaxed);

    /* It has just come here, and its taker has not gone on yet. */
    if (to == lp)
        return false;
    if (hv_vp_lender(vp)) {
        atomic_store_explicit(&vp->dispatch->taker, NULL, memory_order_relaxed);
        return false;
    }
    hv_lp_stop_timer(lp, vp);
    forget(lp, vp);
    cpu->move_vp(cpu->context, vp, to->backend);
    /* Release: all that was done with it here is done for the other. */
    atomic_store_explicit(&vp->sched.lp, to, memory_order_release);
    return true;
}

static bool is_wanted(const struct hv_vp *vp)
{
    return vp->dispatch && atomic_load_explicit(&vp->dispatch->taker, memory_order_relaxed);
}

static void take_kick(struct hv_lp *lp, struct hv_vp *vp)
{
    if (__builtin_expect(owner(vp) != lp, false)) {
        pass_on(vp);
        return;
    }
    /* Whoever kicks after this lists it again. */
    atomic_exchange_explicit(&vp->sched.kicked, false, memory_order_acq_rel);
    if (__builtin_expect(is_wanted(vp), false) && give(lp, vp))
        return;
    hv_lp_make_ready(lp, vp);
    /* Afterwards it may be gone: hv_sched_leave() asks in this way. */
    hv_request_serve(vp);
}

void hv_lp_take_listed(struct hv_lp *lp)
{
    /* Acquire: pairs with the release of every push, which later pushes carry on. */
    struct hv_vp *vp = atomic_exchange_explicit(&lp->kicked, NULL, memory_order_acquire);

    while (vp) {
        struct hv_vp *next = atomic_load_explicit(&vp->sched.next_kicked, memory_order_relaxed);

        take_kick(lp, vp);
        vp = next;
    }
}

void hv_sched_serve(struct hv_vp *self)
{
    struct hv_lp *lp = owner(self);

    if (lp)
        hv_lp_take_kicks(lp);
    else
        hv_request_serve(self);
}

bool hv_sched_is_shared(const struct hv_vp *self, const struct hv_vp *target)
{
    struct hv_lp *lp = owner(self);

    return self == target || (lp && lp == owner(target));
}

struct hv_deals *hv_sched_deals(const struct hv_vp *self)
{
    struct hv_lp *lp = owner(self);

    return lp ? &lp->deals : NULL;
}

/* ---- VPs come and go ---- */

hv_status hv_lp_add(struct hv_lp *lp, struct hv_vp *vp)
{
    if (!take_place(lp))
        return HV_STATUS_NO_RESOURCES;
    atomic_store_explicit(&vp->sched.lp, lp, memory_order_release);
    hv_vp_kick(vp);
    return HV_STATUS_SUCCESS;
}

/* Asks the LP that has it, and waits until that has given it away or refused. */
static bool ask_for(struct hv_vp *self, struct hv_vp *vp, struct hv_lp *lp)
{
    struct hv_lp *nobody = NULL;

    /* The kick makes it visible. */
    if (!atomic_compare_exchange_strong_explicit(&vp->dispatch->taker, &nobody, lp,
                                                 memory_order_relaxed, memory_order_relaxed))
        return false;
    hv_vp_kick(vp);
    while (owner(vp) != lp &&
           atomic_load_explicit(&vp->dispatch->taker, memory_order_relaxed) == lp)
        hv_request_wait(self);
    return owner(vp) == lp;
}

hv_status hv_sched_take(struct hv_vp *self, struct hv_vp *vp)
{
    struct hv_lp *lp = owner(self), *from = owner(vp);

    if (!lp || !from)
        return HV_STATUS_INVALID_VP_STATE;
    if (__builtin_expect(from == lp, true))
        return HV_STATUS_SUCCESS;
    if (!take_place(lp))
        return HV_STATUS_NO_RESOURCES;
    if (!ask_for(self, vp, lp)) {
        give_up_place(lp);
        return HV_STATUS_INVALID_VP_STATE;
    }
    atomic_store_explicit(&vp->dispatch->taker, NULL, memory_order_relaxed);
    hv_request_serve(vp);
    return HV_STATUS_SUCCESS;
}

void hv_lp_remove(struct hv_vp *vp)
{
    struct hv_lp *lp = owner(vp);

    hv_lp_take_kicks(lp);
    if (hv_heap_has(&vp->sched.ready))
        hv_heap_remove(&lp->ready, &vp->sched.ready);
    hv_lp_stop_timer(lp, vp);
    if (hv_vp_lender(vp))
        hv_lp_make_ready(lp, hv_dispatch_end(vp, HV_LP_STOPS));
    forget(lp, vp);
}

/* An LP that it has left may have it in its list still, and is about to pass it on. */
static bool is_passed_on(const struct hv_vp *vp)
{
    hv_lp_take_kicks(owner(vp));
    return atomic_load_explicit(&vp->sched.kicked, memory_order_acquire);
}

static void leave(struct hv_vp *vp, void *left)
{
    if (owner(vp)->current == vp || is_passed_on(vp))
        return;
    hv_lp_remove(vp);
    *(bool *)left = true;
}

/* One that is current makes room by itself, since it is suspended: it is asked again. */
void hv_sched_leave(struct hv_vp *self, struct hv_vp *vp)
{
    bool left = owner(vp) == NULL;

    while (!left)
        hv_request_call(self, vp, leave, &left);
}

void hv_lp_kick(struct hv_vp *vp)
{
    hv_vp_kick(vp);
}
