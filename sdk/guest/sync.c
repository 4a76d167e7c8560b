/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Locks and barriers.
 */
#include "private.h"

void spin_lock(struct spinlock *lock)
{
    while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE) != 0) {
        while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED) != 0)
            cpu_pause();
    }
}

void spin_unlock(struct spinlock *lock)
{
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

void smp_barrier_init(struct smp_barrier *barrier, uint32_t members)
{
    *barrier = (struct smp_barrier){ .members = members };
}

void smp_barrier_wait(struct smp_barrier *barrier)
{
    uint32_t generation = __atomic_load_n(&barrier->generation, __ATOMIC_ACQUIRE);

    /* The last to arrive opens the barrier; its release pairs with the acquire of the others. */
    if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == barrier->members) {
        __atomic_store_n(&barrier->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&barrier->generation, generation + 1, __ATOMIC_RELEASE);
        return;
    }
    while (__atomic_load_n(&barrier->generation, __ATOMIC_ACQUIRE) == generation)
        cpu_pause();
}
