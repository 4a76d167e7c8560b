/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "schedule.h"

#include "core.h"
#include "mem.h"

#define SLICES_PER_SECOND 200
/* How much less one that was put aside must have had than who runs, to take its place: a part of a
   slice. For one that has waited any less is enough, at the moment at which it wakes. */
#define PREEMPTION_PART 8

#define LP_PAGES 3 /* the object, two heaps */

_Static_assert(HV_LP_MAX_VPS * sizeof(void *) <= HV_PAGE_SIZE, "a heap must fit in one page");

struct hv_lp {
    const struct hv_platform *platform;
    void *backend;
    uint64_t slice; /* TSC ticks */
    struct hv_vp *current;
    struct hv_vp *payer;    /* in whose time that runs: itself, or who has dispatched it */
    bool lent;              /* it is the latter */
    bool woken;             /* somebody has become ready since the last look */
    struct hv_vp *borrower; /* who runs next, in the time of its lender; or NULL */
    uint64_t started;       /* TSC at which current was picked, or its run time counted last */
    uint64_t slice_end;
    uint64_t floor; /* who waits does not fall behind this: what the least that runs has had */
    struct hv_heap ready;  /* who can run, and who does but in another's time */
    struct hv_heap timers; /* who waits for a deadline */
    struct hv_deals deals;
    _Atomic uint32_t vp_count;
    _Atomic(struct hv_vp *) kicked; /* list with many producers; its LP takes all at once */
};

static struct hv_vp *of_ready(struct hv_heap_node *node)
{
    return (struct hv_vp *)((char *)node - offsetof(struct hv_vp, sched.ready));
}

static struct hv_vp *of_timer(struct hv_heap_node *node)
{
    return (struct hv_vp *)((char *)node - offsetof(struct hv_vp, sched.timer));
}

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

static void stop_timer(struct hv_lp *lp, struct hv_vp *vp)
{
    if (hv_heap_has(&vp->sched.timer))
        hv_heap_remove(&lp->timers, &vp->sched.timer);
}

static __attribute__((noinline)) void begin_ready(struct hv_lp *lp, struct hv_vp *vp)
{
    uint64_t least = lp->floor > lp->slice ? lp->floor - lp->slice : 0;

    stop_timer(lp, vp);
    if (hv_vp_is_dispatched(vp)) {
        hv_dispatch_signal(vp);
        return;
    }
    if (vp->sched.had < least)
        vp->sched.had = least;
    hv_heap_insert(&lp->ready, &vp->sched.ready, vp->sched.had);
    lp->woken = true;
}

static inline void make_ready(struct hv_lp *lp, struct hv_vp *vp)
{
    if (!hv_heap_has(&vp->sched.ready) && vp != lp->current)
        begin_ready(lp, vp);
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
    make_ready(lp, vp);
    cpu->kick_lp(cpu->context, lp->backend);
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
    stop_timer(lp, vp);
    hv_deals_forget(&lp->deals, vp);
    give_up_place(lp);
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
    make_ready(lp, vp);
    /* Afterwards it may be gone: hv_sched_leave() asks in this way. */
    hv_request_serve(vp);
}

static void take_listed(struct hv_lp *lp)
{
    /* Acquire: pairs with the release of every push, which later pushes carry on. */
    struct hv_vp *vp = atomic_exchange_explicit(&lp->kicked, NULL, memory_order_acquire);

    while (vp) {
        struct hv_vp *next = atomic_load_explicit(&vp->sched.next_kicked, memory_order_relaxed);

        take_kick(lp, vp);
        vp = next;
    }
}

static inline void take_kicks(struct hv_lp *lp)
{
    if (atomic_load_explicit(&lp->kicked, memory_order_relaxed))
        take_listed(lp);
}

static bool is_timer_due(const struct hv_lp *lp, uint64_t tsc)
{
    return lp->timers.count != 0 && hv_heap_first(&lp->timers)->key <= tsc;
}

static void take_timers(struct hv_lp *lp, uint64_t tsc)
{
    while (is_timer_due(lp, tsc))
        make_ready(lp, of_timer(hv_heap_first(&lp->timers)));
}

static __attribute__((noinline)) void take_what_came(struct hv_lp *lp, uint64_t tsc)
{
    take_kicks(lp);
    take_timers(lp, tsc);
}

/* Kicks and deadlines: mostly there are none. */
static inline void take_news(struct hv_lp *lp, uint64_t tsc)
{
    if (atomic_load_explicit(&lp->kicked, memory_order_relaxed) || is_timer_due(lp, tsc))
        take_what_came(lp, tsc);
}

void hv_sched_serve(struct hv_vp *self)
{
    struct hv_lp *lp = owner(self);

    if (lp)
        take_kicks(lp);
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

    take_kicks(lp);
    if (hv_heap_has(&vp->sched.ready))
        hv_heap_remove(&lp->ready, &vp->sched.ready);
    stop_timer(lp, vp);
    if (lp->borrower == vp)
        lp->borrower = NULL;
    if (hv_vp_lender(vp))
        make_ready(lp, hv_dispatch_end(vp, HV_LP_STOPS));
    hv_deals_forget(&lp->deals, vp);
    give_up_place(lp);
}

/* An LP that it has left may have it in its list still, and is about to pass it on. */
static bool is_passed_on(const struct hv_vp *vp)
{
    take_kicks(owner(vp));
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

/* ---- Choosing ---- */

/* Who has twice the weight is reckoned to have had half of it. */
static uint64_t weighted(const struct hv_vp *vp, uint64_t ticks)
{
    uint32_t weight = atomic_load_explicit(&vp->partition->share.weight, memory_order_relaxed);

    return weight == HV_CPU_WEIGHT_DEFAULT ? ticks : ticks * HV_CPU_WEIGHT_DEFAULT / weight;
}

/*
 * Counts what has run, for who pays, and what the least of all has had by now. The clock of this LP
 * may be a little behind that of a VP's last; no time has passed then.
 */
static inline void charge(struct hv_lp *lp, uint64_t tsc)
{
    struct hv_vp *vp = lp->payer;
    uint64_t least;

    if (tsc <= lp->started)
        return;
    least = vp->sched.had += weighted(vp, tsc - lp->started);
    lp->started = tsc;
    if (hv_heap_has(&vp->sched.ready))
        hv_heap_raise(&lp->ready, &vp->sched.ready, least);
    if (lp->ready.count != 0 && hv_heap_first(&lp->ready)->key < least)
        least = hv_heap_first(&lp->ready)->key;
    if (least > lp->floor)
        lp->floor = least;
}

/* Who has been lent the time of a VP that still has nothing else to do with it. */
static __attribute__((noinline)) struct hv_vp *take_borrower(struct hv_lp *lp)
{
    struct hv_vp *vp = lp->borrower;

    lp->borrower = NULL;
    lp->lent = !hv_heap_has(&hv_vp_lender(vp)->sched.ready);
    if (lp->lent) {
        /* It may be dispatched while it still waits. */
        stop_timer(lp, vp);
        return vp;
    }
    hv_dispatch_end(vp, HV_LP_YIELDS);
    return NULL;
}

struct hv_vp *hv_lp_pick(struct hv_lp *lp, uint64_t tsc)
{
    struct hv_vp *vp = NULL;

    take_news(lp, tsc);
    if (__builtin_expect(lp->borrower != NULL, false))
        vp = take_borrower(lp);
    if (__builtin_expect(!vp, true)) {
        if (lp->ready.count == 0)
            return NULL;
        vp = of_ready(hv_heap_first(&lp->ready));
    }
    lp->current = lp->payer = vp;
    if (__builtin_expect(lp->lent, false))
        lp->payer = hv_vp_lender(vp);
    lp->started = tsc;
    lp->slice_end = tsc + lp->slice;
    lp->woken = false;
    return vp;
}

/* Who has been lent time gives it back when something has come for the lender; and at the end of
   its slice, whoever else there is, as the lender may know of others. */
static bool gives_back(const struct hv_lp *lp, uint64_t tsc)
{
    return tsc >= lp->slice_end || hv_heap_has(&lp->payer->sched.ready);
}

/* Whether who has had least has had so much less that who runs makes room. */
static bool is_displaced(struct hv_lp *lp)
{
    uint64_t margin = lp->woken ? 0 : lp->slice / PREEMPTION_PART;

    lp->woken = false;
    return hv_heap_first(&lp->ready)->key + margin < lp->payer->sched.had;
}

/* Whether somebody else than who runs can. */
static bool has_others(const struct hv_lp *lp)
{
    return lp->ready.count > (lp->lent ? 0 : 1);
}

bool hv_lp_look(struct hv_lp *lp, uint64_t tsc)
{
    if (lp->current)
        charge(lp, tsc);
    take_news(lp, tsc);
    if (!lp->current)
        return lp->ready.count != 0;
    if (__builtin_expect(lp->lent, false) && gives_back(lp, tsc))
        return true;
    return has_others(lp) && (tsc >= lp->slice_end || is_displaced(lp));
}

static void wait_until(struct hv_lp *lp, struct hv_vp *vp, uint64_t deadline)
{
    if (deadline != HV_LP_NEVER)
        hv_heap_insert(&lp->timers, &vp->sched.timer, deadline);
}

/* A lender, or who was lent its time. */
static __attribute__((noinline)) void put_aside(struct hv_lp *lp, struct hv_vp *vp,
                                                enum hv_lp_release why, uint64_t deadline)
{
    if (why == HV_LP_LENDS)
        lp->borrower = vp->dispatch->borrower;
    else
        make_ready(lp, hv_dispatch_end(vp, why));
    lp->lent = false;
    if (why == HV_LP_WAITS || why == HV_LP_LENDS)
        wait_until(lp, vp, deadline);
}

void hv_lp_put(struct hv_lp *lp, uint64_t tsc, enum hv_lp_release why, uint64_t deadline)
{
    struct hv_vp *vp = lp->current;

    if (why != HV_LP_YIELDS && hv_heap_has(&vp->sched.ready))
        hv_heap_remove(&lp->ready, &vp->sched.ready);
    charge(lp, tsc);
    lp->current = NULL;
    if (__builtin_expect(lp->lent || why == HV_LP_LENDS, false))
        put_aside(lp, vp, why, deadline);
    else if (why == HV_LP_WAITS)
        wait_until(lp, vp, deadline);
}

uint64_t hv_lp_deadline(const struct hv_lp *lp)
{
    const struct hv_heap_node *timer = hv_heap_first(&lp->timers);
    uint64_t deadline = timer ? timer->key : HV_LP_NEVER;

    if (lp->current && (lp->ready.count > 1 || lp->lent) && lp->slice_end < deadline)
        deadline = lp->slice_end;
    return deadline;
}
