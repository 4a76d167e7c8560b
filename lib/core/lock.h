/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A fair spinlock for short sections. Whoever waits is served in the order of arrival, so a guest
 * whose VPs hammer one lock can't starve another LP.
 */
#ifndef HV_CORE_LOCK_H
#define HV_CORE_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct hv_lock {
    _Atomic uint32_t next;
    _Atomic uint32_t serving;
};

static inline void hv_lock_acquire(struct hv_lock *lock)
{
    uint32_t ticket = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);

    /* Acquire pairs with the release in hv_lock_release(). */
    while (atomic_load_explicit(&lock->serving, memory_order_acquire) != ticket)
        __builtin_ia32_pause();
}

static inline void hv_lock_release(struct hv_lock *lock)
{
    uint32_t serving = atomic_load_explicit(&lock->serving, memory_order_relaxed);

    atomic_store_explicit(&lock->serving, serving + 1, memory_order_release);
}

#endif
