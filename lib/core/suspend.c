/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Suspend registers of a child's VP (TLFS v2.0, 10.3.1), which only its parent reaches. The VP runs
 * when all of them are clear.
 */
#include "core.h"

#define SUSPENDED UINT64_C(1) /* of each register */
#define INHIBIT   HV_INTERCEPT_SUSPEND_TLB_FLUSH_INHIBIT

static uint32_t bit_of(uint32_t name)
{
    switch (name) {
    case HvRegisterExplicitSuspend:
        return HV_VP_SUSPEND_EXPLICIT;
    case HvRegisterInterceptSuspend:
        return HV_VP_SUSPEND_INTERCEPT;
    default:
        return HV_VP_SUSPEND_DISPATCH;
    }
}

bool hv_suspend_is_register(uint32_t name)
{
    return name == HvRegisterExplicitSuspend || name == HvRegisterInterceptSuspend ||
           name == HvRegisterDispatchSuspend;
}

static bool is_set(const struct hv_vp *vp, uint32_t name)
{
    return (atomic_load_explicit(&vp->suspended, memory_order_relaxed) & bit_of(name)) != 0;
}

hv_status hv_suspend_get(const struct hv_vp *vp, uint32_t name, struct hv_register128 *value)
{
    if (!hv_vp_parent(vp))
        return HV_STATUS_INVALID_PARAMETER;
    value->low = is_set(vp, name) ? SUSPENDED : 0;
    if (name == HvRegisterInterceptSuspend && hv_flush_is_inhibited(vp))
        value->low |= INHIBIT;
    value->high = 0;
    return HV_STATUS_SUCCESS;
}

/* TLFS: the parent can end an intercept, not make one. */
static bool is_refused(const struct hv_vp *vp, uint32_t name, uint64_t value)
{
    struct hv_register128 now;

    if (value == 0)
        return false;
    if (name != HvRegisterInterceptSuspend)
        return value > SUSPENDED;
    return hv_suspend_get(vp, name, &now) != HV_STATUS_SUCCESS || (value & ~now.low);
}

/* TLFS: the VP runs when nothing suspends it; what its parent has changed of it counts by then. */
static hv_status clear(struct hv_vp *vp, uint32_t bit, bool *runs)
{
    const uint32_t registers =
        HV_VP_SUSPEND_EXPLICIT | HV_VP_SUSPEND_INTERCEPT | HV_VP_SUSPEND_DISPATCH;
    uint32_t before = atomic_load_explicit(&vp->suspended, memory_order_relaxed);

    if (!(before & registers & ~bit) && hv_register_page_take(vp) != HV_STATUS_SUCCESS)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    *runs = (atomic_fetch_and_explicit(&vp->suspended, ~bit, memory_order_relaxed) & ~bit) == 0 &&
            (before & bit);
    return HV_STATUS_SUCCESS;
}

hv_status hv_suspend_end_intercept(struct hv_vp *vp)
{
    bool runs;
    hv_status status = clear(vp, HV_VP_SUSPEND_INTERCEPT, &runs);

    if (status == HV_STATUS_SUCCESS)
        hv_flush_permit(vp);
    return status;
}

static hv_status set_suspended(struct hv_vp *vp, uint32_t bit, bool suspended, bool *runs)
{
    if (!suspended)
        return clear(vp, bit, runs);
    atomic_fetch_or_explicit(&vp->suspended, bit, memory_order_relaxed);
    return HV_STATUS_SUCCESS;
}

hv_status hv_suspend_change(struct hv_vp *vp, uint32_t name, const struct hv_register128 *value,
                            bool *runs)
{
    hv_status status;

    *runs = false;
    if (!hv_vp_parent(vp))
        return HV_STATUS_INVALID_PARAMETER;
    if (is_refused(vp, name, value->low))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    status = set_suspended(vp, bit_of(name), value->low & SUSPENDED, runs);
    if (status == HV_STATUS_SUCCESS && name == HvRegisterInterceptSuspend &&
        !(value->low & INHIBIT))
        hv_flush_permit(vp);
    return status;
}

hv_status hv_suspend_set(struct hv_vp *vp, uint32_t name, const struct hv_register128 *value)
{
    bool runs;
    hv_status status = hv_suspend_change(vp, name, value, &runs);

    if (runs)
        hv_vp_wake(vp);
    return status;
}
