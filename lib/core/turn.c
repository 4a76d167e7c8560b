/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Who of an LP's VPs has its turn, until when, and who pays for it. */
#include "lp.h"

/* How much less one that was put aside must have had than who runs, to take its place: a part of a
   slice. For one that has waited any less is enough, at the moment at which it wakes. */
#define PREEMPTION_PART 8

static struct hv_vp *of_ready(struct hv_heap_node *node)
{
    return (struct hv_vp *)((char *)node - offsetof(struct hv_vp, sched.ready));
}

static struct hv_vp *of_timer(struct hv_heap_node *node)
{
    return (struct hv_vp *)((char *)node - offsetof(struct hv_vp, sched.timer));
}

/* ---- What has come ---- */

static bool is_timer_due(const struct hv_lp *lp, uint64_t tsc)
{
    return lp->timers.count != 0 && hv_heap_first(&lp->timers)->key <= tsc;
}

static void take_timers(struct hv_lp *lp, uint64_t tsc)
{
    while (is_timer_due(lp, tsc))
        hv_lp_make_ready(lp, of_timer(hv_heap_first(&lp->timers)));
}

static __attribute__((noinline)) void take_what_came(struct hv_lp *lp, uint64_t tsc)
{
    hv_lp_take_kicks(lp);
    take_timers(lp, tsc);
}

/* Kicks and deadlines: mostly there are none. */
static inline bool has_news(const struct hv_lp *lp, uint64_t tsc)
{
    return atomic_load_explicit(&lp->kicked, memory_order_relaxed) || is_timer_due(lp, tsc);
}

static inline void take_news(struct hv_lp *lp, uint64_t tsc)
{
    if (has_news(lp, tsc))
        take_what_came(lp, tsc);
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

static __attribute__((noinline)) void take_out_sleeper(struct hv_lp *lp)
{
    struct hv_vp *vp = lp->sleeper;

    lp->sleeper = NULL;
    /* Whoever ends that just now kicks it. */
    if (hv_vp_is_suspended(vp))
        hv_heap_remove(&lp->ready, &vp->sched.ready);
    else
        lp->woken = true;
}

/* From here on all that is in ready can run. */
static inline void settle(struct hv_lp *lp)
{
    if (__builtin_expect(lp->sleeper != NULL, false))
        take_out_sleeper(lp);
}

/* Who has been lent the time of a VP that still has nothing else to do with it. */
static __attribute__((noinline)) struct hv_vp *take_borrower(struct hv_lp *lp)
{
    struct hv_vp *vp = lp->borrower;

    lp->borrower = NULL;
    lp->lent = !hv_heap_has(&hv_vp_lender(vp)->sched.ready);
    if (lp->lent) {
        /* It may be dispatched while it still waits. */
        hv_lp_stop_timer(lp, vp);
        return vp;
    }
    hv_dispatch_end(vp, HV_LP_YIELDS);
    return NULL;
}

static inline void begin(struct hv_lp *lp, struct hv_vp *vp, uint64_t tsc)
{
    lp->current = lp->payer = vp;
    lp->started = tsc;
    lp->slice_end = tsc + lp->slice;
    lp->woken = false;
    lp->heir = NULL;
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
    begin(lp, vp, tsc);
    if (__builtin_expect(lp->lent, false))
        lp->payer = hv_vp_lender(vp);
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
    settle(lp);
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
        hv_lp_make_ready(lp, hv_dispatch_end(vp, why));
    lp->lent = false;
    if (why == HV_LP_WAITS || why == HV_LP_LENDS)
        wait_until(lp, vp, deadline);
}

void hv_lp_put(struct hv_lp *lp, uint64_t tsc, enum hv_lp_release why, uint64_t deadline)
{
    struct hv_vp *vp = lp->current;

    settle(lp);
    if (why != HV_LP_YIELDS && hv_heap_has(&vp->sched.ready))
        hv_heap_remove(&lp->ready, &vp->sched.ready);
    charge(lp, tsc);
    lp->current = NULL;
    if (__builtin_expect(lp->lent || why == HV_LP_LENDS, false))
        put_aside(lp, vp, why, deadline);
    else if (why == HV_LP_WAITS)
        wait_until(lp, vp, deadline);
}

/* Whether who has had least, but for who runs if that is suspended, is vp; and has had less than
   who runs, if that could go on. */
static bool is_next(const struct hv_lp *lp, const struct hv_vp *vp, enum hv_lp_release why)
{
    const struct hv_heap_node *first = hv_heap_first(&lp->ready);

    if (why == HV_LP_YIELDS)
        return first == &vp->sched.ready && first->key < lp->current->sched.had;
    if (first == &lp->current->sched.ready)
        first = hv_heap_second(&lp->ready);
    return first == &vp->sched.ready;
}

/*
 * Who is suspended stays in ready: mostly it is the heir's next heir, and takes its place again
 * where it has left it. Anything else that happens on the LP takes it out first.
 */
struct hv_vp *hv_lp_hand_over(struct hv_lp *lp, uint64_t tsc, enum hv_lp_release why)
{
    struct hv_vp *vp = lp->heir;

    if (!vp)
        return NULL;
    lp->heir = NULL;
    if (lp->lent || lp->borrower || has_news(lp, tsc))
        return NULL;
    if (lp->sleeper != vp)
        settle(lp);
    charge(lp, tsc);
    if (!is_next(lp, vp, why))
        return NULL;
    lp->sleeper = why == HV_LP_YIELDS ? NULL : lp->current;
    begin(lp, vp, tsc);
    return vp;
}

uint64_t hv_lp_deadline(const struct hv_lp *lp)
{
    const struct hv_heap_node *timer = hv_heap_first(&lp->timers);
    uint64_t deadline = timer ? timer->key : HV_LP_NEVER;

    if (lp->current && (lp->ready.count > 1 || lp->lent) && lp->slice_end < deadline)
        deadline = lp->slice_end;
    return deadline;
}
