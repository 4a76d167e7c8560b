/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "grace.h"

/* At the start nobody is in the other phase: the wait before this one has seen to that. Some that
   saw the old phase too late count themselves there for a moment, once each. */
void hv_grace_wait(struct hv_grace *grace)
{
    uint32_t old;

    hv_lock_acquire(&grace->lock);
    old = atomic_load_explicit(&grace->phase, memory_order_relaxed);
    atomic_store(&grace->phase, !old);
    for (unsigned i = 0; i < HV_GRACE_LANES; i++) {
        while (atomic_load(&grace->lanes[i].inside[old]) != 0)
            __builtin_ia32_pause();
    }
    hv_lock_release(&grace->lock);
}
