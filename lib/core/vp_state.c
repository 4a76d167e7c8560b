/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "vp_state.h"

#include "core.h"
#include "mem.h"

static bool get_xsave(struct hv_vp *vp, uint64_t states, void *page)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    return cpu->get_xsave && cpu->get_xsave(cpu->context, vp, states, page, HV_PAGE_SIZE);
}

static bool set_xsave(struct hv_vp *vp, uint64_t states, const void *page)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    return cpu->set_xsave && cpu->set_xsave(cpu->context, vp, states, page, HV_PAGE_SIZE);
}

hv_status hv_vp_state_get(struct hv_vp *vp, uint32_t type, uint64_t xsave_states, void *page)
{
    memset(page, 0, HV_PAGE_SIZE);
    switch (type) {
    case HV_VP_STATE_LOCAL_INTERRUPT_CONTROLLER:
        if (!hv_vp_has_apic(vp))
            return HV_STATUS_INVALID_PARAMETER;
        hv_apic_state_get(vp, page);
        return HV_STATUS_SUCCESS;
    case HV_VP_STATE_XSAVE:
        return get_xsave(vp, xsave_states, page) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
    case HV_VP_STATE_SIM_PAGE:
        memcpy(page, vp->synic.message_page.page, HV_PAGE_SIZE);
        return HV_STATUS_SUCCESS;
    case HV_VP_STATE_SIEF_PAGE:
        memcpy(page, vp->synic.event_page.page, HV_PAGE_SIZE);
        return HV_STATUS_SUCCESS;
    case HV_VP_STATE_SYNTHETIC_TIMERS:
        hv_stimer_state_get(vp, page);
        return HV_STATUS_SUCCESS;
    default:
        return HV_STATUS_INVALID_PARAMETER;
    }
}

hv_status hv_vp_state_set(struct hv_vp *vp, uint32_t type, uint64_t xsave_states, const void *page)
{
    switch (type) {
    case HV_VP_STATE_LOCAL_INTERRUPT_CONTROLLER:
        return hv_vp_has_apic(vp) && hv_apic_state_set(vp, page) ? HV_STATUS_SUCCESS
                                                                 : HV_STATUS_INVALID_PARAMETER;
    case HV_VP_STATE_XSAVE:
        return set_xsave(vp, xsave_states, page) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
    case HV_VP_STATE_SIM_PAGE:
        memcpy(vp->synic.message_page.page, page, HV_PAGE_SIZE);
        hv_synic_deliver(vp);
        return HV_STATUS_SUCCESS;
    case HV_VP_STATE_SIEF_PAGE:
        memcpy(vp->synic.event_page.page, page, HV_PAGE_SIZE);
        return HV_STATUS_SUCCESS;
    case HV_VP_STATE_SYNTHETIC_TIMERS:
        return hv_stimer_state_set(vp, page) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
    default:
        return HV_STATUS_INVALID_PARAMETER;
    }
}
