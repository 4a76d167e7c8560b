/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Who reads a thing without a lock, and when the last one that might still see its old state has
 * gone: sections of readers, and a wait for those that are in one.
 *
 * Readers count themselves, in one of two phases. A wait turns to the other phase and then waits
 * until the counts of the old one are zero; so nobody who enters later holds it up, and each wait
 * is as long as the longest section. The counts lie in several lanes, so that LPs do not fight for
 * one cache line.
 */
#ifndef HV_CORE_GRACE_H
#define HV_CORE_GRACE_H

#include <stdatomic.h>
#include <stdint.h>

#include "lock.h"

#define HV_GRACE_LANE_BITS 3
#define HV_GRACE_LANES     (1u << HV_GRACE_LANE_BITS)
#define HV_GRACE_LINE      64 /* bytes of a cache line */

struct hv_grace_lane {
    _Alignas(HV_GRACE_LINE) _Atomic uint32_t inside[2]; /* readers, by phase */
};

/* All zero: nobody is there. */
struct hv_grace {
    struct hv_lock lock;    /* one wait at a time */
    _Atomic uint32_t phase; /* 0 or 1: in which readers enter now */
    struct hv_grace_lane lanes[HV_GRACE_LANES];
};

/*
 * Readers of different LPs have different stacks, and that is enough to take different lanes most
 * of the time. Any lane is right.
 */
static inline struct hv_grace_lane *hv_grace_lane(struct hv_grace *grace)
{
    uint64_t page = (uintptr_t)__builtin_frame_address(0) >> 12;

    return &grace->lanes[page * UINT64_C(0x9E3779B97F4A7C15) >> (64 - HV_GRACE_LANE_BITS)];
}

/*
 * Begins a section; what it returns is for hv_grace_leave(). In a section nobody waits for another
 * LP, takes a lock, or calls hv_grace_wait().
 *
 * Sequentially consistent against hv_grace_wait(): either that sees this reader's count, or this
 * reader sees the new phase, and then all that came before it, and counts itself there.
 */
static inline _Atomic uint32_t *hv_grace_enter(struct hv_grace *grace)
{
    struct hv_grace_lane *lane = hv_grace_lane(grace);

    for (;;) {
        uint32_t phase = atomic_load_explicit(&grace->phase, memory_order_relaxed);
        _Atomic uint32_t *inside = &lane->inside[phase];

        atomic_fetch_add(inside, 1);
        if (__builtin_expect(atomic_load(&grace->phase) == phase, 1))
            return inside;
        atomic_fetch_sub_explicit(inside, 1, memory_order_release);
    }
}

/* Release: what the reader has done is done for the one that waits. */
static inline void hv_grace_leave(_Atomic uint32_t *inside)
{
    atomic_fetch_sub_explicit(inside, 1, memory_order_release);
}

/* Returns when every section that began before the call has ended. May be called with locks held,
   as no reader takes any. */
void hv_grace_wait(struct hv_grace *grace);

#endif
