/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "core.h"
#include "mem.h"
#include "vp_assist.h"

#define EOI_RESERVED UINT64_C(0xFFFFFFFF00000000)
#define TPR_RESERVED (~UINT64_C(0xFF))

/* ---- The page ---- */

/*
 * TLFS: "virtual processor assist page": the guest reads and writes it. A page of zeros says that
 * each EOI is required, that no VTL was entered, and that no fault was virtualized. It is data; to
 * execute it is a machine check (TLFS v6.0b 8.8).
 */
hv_status hv_vp_assist_init(struct hv_vp *vp)
{
    return hv_overlay_init(vp->partition, &vp->assist_page, HV_ACCESS_READ | HV_ACCESS_WRITE,
                           HV_X64_EXCEPTION_MC);
}

void hv_vp_assist_reset(struct hv_vp *vp)
{
    struct hv_partition *partition = vp->partition;

    hv_lock_acquire(&partition->register_lock);
    atomic_store_explicit(&vp->assist_msr, 0, memory_order_relaxed);
    hv_overlay_disable(partition, &vp->assist_page);
    hv_lock_release(&partition->register_lock);
    memset(vp->assist_page.page, 0, HV_PAGE_SIZE);
}

enum hv_msr_result hv_vp_assist_read(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = atomic_load_explicit(&vp->assist_msr, memory_order_relaxed);
    return HV_MSR_OK;
}

enum hv_msr_result hv_vp_assist_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_partition *partition = vp->partition;
    enum hv_msr_result result;

    (void)msr;
    hv_lock_acquire(&partition->register_lock);
    result = hv_msr_place_page(partition, &vp->assist_msr, &vp->assist_page, value);
    hv_lock_release(&partition->register_lock);
    return result;
}

/* ---- The local APIC ---- */

static enum hv_apic_register find_register(uint32_t msr)
{
    switch (msr) {
    case HV_X64_MSR_EOI:
        return HV_APIC_EOI;
    case HV_X64_MSR_ICR:
        return HV_APIC_ICR;
    default:
        return HV_APIC_TPR;
    }
}

/* A register hypercall comes here without the privilege that implies the capability. */
static bool has_apic_msrs(const struct hv_vp *vp)
{
    return vp->partition->platform->facts.capabilities & HV_CPU_APIC_MSRS;
}

enum hv_msr_result hv_apic_read(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    if (!has_apic_msrs(vp))
        return HV_MSR_FAULT;
    *value = cpu->read_apic(cpu->context, vp, find_register(msr));
    return HV_MSR_OK;
}

/* TLFS: "EOI MSR", "ICR MSR", "TPR MSR". */
enum hv_msr_result hv_apic_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    if (!has_apic_msrs(vp))
        return HV_MSR_FAULT;
    if (msr == HV_X64_MSR_EOI && (value & EOI_RESERVED))
        return HV_MSR_FAULT;
    if (msr == HV_X64_MSR_TPR && (value & TPR_RESERVED))
        return HV_MSR_FAULT;
    return cpu->write_apic(cpu->context, vp, find_register(msr), value) ? HV_MSR_OK : HV_MSR_FAULT;
}
