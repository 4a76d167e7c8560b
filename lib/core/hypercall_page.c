/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "core.h"
#include "hypercall.h"
#include "hypercall_page.h"
#include "mem.h"
#include "overlay_place.h"

/* The hypercall instruction and a near return, the same bytes in 32-bit and 64-bit code. */
static const uint8_t vmmcall_ret[] = { 0x0F, 0x01, 0xD9, 0xC3 };
static const uint8_t vmcall_ret[] = { 0x0F, 0x01, 0xC1, 0xC3 };

/* INT3: a guest that calls any other offset learns of it at once. */
#define FILLER 0xCC

const uint8_t *hv_hypercall_instruction(const struct hv_platform *platform)
{
    return platform->facts.slat_format == HV_SLAT_NPT ? vmmcall_ret : vmcall_ret;
}

void hv_hypercall_page_fill(const struct hv_platform *platform, uint8_t *page)
{
    const struct hv_platform_facts *facts = &platform->facts;

    memset(page, FILLER, HV_PAGE_SIZE);
    if (facts->hypercall_code)
        memcpy(page, facts->hypercall_code, facts->hypercall_code_size);
    else
        memcpy(page, hv_hypercall_instruction(platform), sizeof(vmmcall_ret));
}

hv_status hv_hypercall_page_init(struct hv_partition *partition)
{
    struct hv_overlay *overlay = &partition->hypercall_page;
    hv_status status = hv_overlay_init(partition, overlay, HV_ACCESS_READ | HV_ACCESS_EXECUTE,
                                       HV_X64_EXCEPTION_GP);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_hypercall_page_fill(partition->platform, overlay->page);
    hv_hypercall_page_reset(partition);
    return HV_STATUS_SUCCESS;
}

void hv_hypercall_page_destroy(struct hv_partition *partition)
{
    hv_overlay_destroy(partition, &partition->hypercall_page);
}

void hv_hypercall_page_reset(struct hv_partition *partition)
{
    hv_lock_acquire(&partition->register_lock);
    atomic_store_explicit(&partition->guest_os_id, 0, memory_order_relaxed);
    atomic_store_explicit(&partition->hypercall_msr,
                          hv_place_of_partition(partition, HV_PLACE_HYPERCALL),
                          memory_order_relaxed);
    hv_overlay_disable(partition, &partition->hypercall_page);
    hv_lock_release(&partition->register_lock);
}

enum hv_msr_result hv_guest_os_id_read(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = atomic_load_explicit(&vp->partition->guest_os_id, memory_order_relaxed);
    return HV_MSR_OK;
}

/* A guest without identity has no hypercall page. A locked page stays: nothing but a reset of the
   machine unlocks it. */
enum hv_msr_result hv_guest_os_id_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_partition *partition = vp->partition;
    uint64_t hypercall;

    (void)msr;
    hv_lock_acquire(&partition->register_lock);
    atomic_store_explicit(&partition->guest_os_id, value, memory_order_relaxed);
    hypercall = atomic_load_explicit(&partition->hypercall_msr, memory_order_relaxed);
    if (value == 0 && !(hypercall & HV_X64_MSR_HYPERCALL_LOCKED)) {
        hv_overlay_disable(partition, &partition->hypercall_page);
        atomic_store_explicit(&partition->hypercall_msr, hypercall & ~HV_X64_MSR_HYPERCALL_ENABLE,
                              memory_order_relaxed);
    }
    hv_lock_release(&partition->register_lock);
    return HV_MSR_OK;
}

enum hv_msr_result hv_hypercall_msr_read(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = atomic_load_explicit(&vp->partition->hypercall_msr, memory_order_relaxed);
    return HV_MSR_OK;
}

/* With register_lock held. */
static enum hv_msr_result write_hypercall(struct hv_partition *partition, uint64_t value)
{
    uint64_t current = atomic_load_explicit(&partition->hypercall_msr, memory_order_relaxed);

    if (current & HV_X64_MSR_HYPERCALL_LOCKED)
        return HV_MSR_FAULT;
    if (value >> HV_X64_MSR_HYPERCALL_GPFN_SHIFT >= partition->address.page_count)
        return HV_MSR_FAULT;
    if (atomic_load_explicit(&partition->guest_os_id, memory_order_relaxed) == 0)
        value &= ~HV_X64_MSR_HYPERCALL_ENABLE;
    return hv_msr_place_page_locked(partition, &partition->hypercall_msr,
                                    &partition->hypercall_page, value);
}

enum hv_msr_result hv_hypercall_msr_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_partition *partition = vp->partition;
    enum hv_msr_result result;

    (void)msr;
    hv_lock_acquire(&partition->register_lock);
    result = write_hypercall(partition, value);
    hv_lock_release(&partition->register_lock);
    return result;
}
