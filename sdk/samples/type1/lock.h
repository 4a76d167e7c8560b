/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A spin lock for what LPs seldom do at the same time. */
#ifndef TYPE1_LOCK_H
#define TYPE1_LOCK_H

#include <stdatomic.h>

#include "cpu.h"

static inline void lock_acquire(atomic_flag *lock)
{
    /* Acquire and release: who has the lock sees what was done under it before. */
    while (atomic_flag_test_and_set_explicit(lock, memory_order_acquire))
        cpu_relax();
}

static inline void lock_release(atomic_flag *lock)
{
    atomic_flag_clear_explicit(lock, memory_order_release);
}

#endif
