/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Who waits says so before it looks whether it has to, and who permits looks for those that wait
 * after it has permitted: one of the two sees the other. All of it is sequentially consistent for
 * that.
 */
#include "core.h"
#include "flush_inhibit.h"
#include "vp_set.h"

bool hv_flush_inhibit(struct hv_vp *vp)
{
    if (atomic_exchange(&vp->flush_inhibited, true))
        return false;
    atomic_fetch_add(&vp->partition->flush_inhibits.vps, 1);
    return true;
}

static void wake(struct hv_partition *partition)
{
    for (uint32_t i = 0; i < partition->max_vps; i++) {
        struct hv_vp *vp = partition->vps[i];

        if (vp &&
            atomic_fetch_and(&vp->suspended, ~(uint32_t)HV_VP_SUSPEND_FLUSH) == HV_VP_SUSPEND_FLUSH)
            hv_vp_kick(vp);
    }
}

void hv_flush_permit(struct hv_vp *vp)
{
    struct hv_flush_inhibits *inhibits = &vp->partition->flush_inhibits;

    if (!atomic_exchange(&vp->flush_inhibited, false))
        return;
    atomic_fetch_sub(&inhibits->vps, 1);
    if (atomic_exchange(&inhibits->waited, false))
        wake(vp->partition);
}

bool hv_flush_is_inhibited(const struct hv_vp *vp)
{
    return atomic_load(&vp->flush_inhibited);
}

/* TLFS: from another processor; what a VP does to itself is its own affair. */
static bool is_inhibited(const struct hv_vp *self, const struct hv_vp_bitmap *targets)
{
    const struct hv_vp *vp;

    for (uint32_t index = 0; (vp = hv_vp_bitmap_next(targets, self->partition, &index));)
        if (vp != self && hv_flush_is_inhibited(vp))
            return true;
    return false;
}

bool hv_flush_waits(struct hv_vp *self, const struct hv_vp_bitmap *targets)
{
    struct hv_flush_inhibits *inhibits = &self->partition->flush_inhibits;

    if (atomic_load(&inhibits->vps) == 0)
        return false;
    atomic_fetch_or(&self->suspended, HV_VP_SUSPEND_FLUSH);
    atomic_store(&inhibits->waited, true);
    if (is_inhibited(self, targets))
        return true;
    atomic_fetch_and(&self->suspended, ~(uint32_t)HV_VP_SUSPEND_FLUSH);
    return false;
}
