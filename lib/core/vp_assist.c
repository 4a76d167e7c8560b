/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <stddef.h>

#include "core.h"
#include "mem.h"
#include "overlay_place.h"
#include "vp_assist.h"

_Static_assert(offsetof(struct hv_vp_assist_page, apic_assist) == 0, "the EOI assist is first");

/*
 * TLFS: "virtual processor assist page": the guest reads and writes it. A page of zeros says that
 * each EOI is required, that no VTL was entered, and that no fault was virtualized. It is data; to
 * execute it is a machine check (TLFS v6.0b 8.8).
 */
hv_status hv_vp_assist_init(struct hv_vp *vp)
{
    hv_status status = hv_overlay_init(vp->partition, &vp->assist_page,
                                       HV_ACCESS_READ | HV_ACCESS_WRITE, HV_X64_EXCEPTION_MC);

    if (status == HV_STATUS_SUCCESS)
        hv_vp_assist_reset(vp);
    return status;
}

void hv_vp_assist_destroy(struct hv_vp *vp)
{
    hv_overlay_destroy(vp->partition, &vp->assist_page);
}

void hv_vp_assist_reset(struct hv_vp *vp)
{
    struct hv_partition *partition = vp->partition;

    hv_lock_acquire(&partition->register_lock);
    atomic_store_explicit(&vp->assist_msr, hv_place_of_vp(vp, HV_PLACE_ASSIST),
                          memory_order_relaxed);
    hv_overlay_disable(partition, &vp->assist_page);
    hv_lock_release(&partition->register_lock);
    hv_apic_set_assist(&vp->apic, NULL);
    memset(vp->assist_page.page, 0, HV_PAGE_SIZE);
}

void hv_vp_assist_set_timer_expired(struct hv_vp *vp)
{
    struct hv_vp_assist_page *page = vp->assist_page.page;
    uint64_t msr = atomic_load_explicit(&vp->assist_msr, memory_order_relaxed);

    /* Relaxed: whoever waits for it is this VP, which does not run. */
    if (msr & HV_X64_MSR_PAGE_ENABLE)
        __atomic_store_n(&page->synthetic_time_unhalted_timer_expired, 1, __ATOMIC_RELAXED);
}

enum hv_msr_result hv_vp_assist_read(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = atomic_load_explicit(&vp->assist_msr, memory_order_relaxed);
    return HV_MSR_OK;
}

enum hv_msr_result hv_vp_assist_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    enum hv_msr_result result;

    (void)msr;
    result = hv_msr_place_page(vp->partition, &vp->assist_msr, &vp->assist_page, value);
    if (result == HV_MSR_OK)
        hv_apic_set_assist(&vp->apic, value & HV_X64_MSR_PAGE_ENABLE ? vp->assist_page.page : NULL);
    return result;
}
