/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "apic_access.h"
#include "core.h"
#include "crash.h"
#include "hypercall_page.h"
#include "msr.h"
#include "stats_msr.h"
#include "vp_assist.h"

#define FIRST_MSR HV_X64_MSR_GUEST_OS_ID
#define LAST_MSR  0x40001FFFu /* of the range that belongs to the hypervisor */

static enum hv_msr_result read_vp_index(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = vp->index;
    return HV_MSR_OK;
}

/* TLFS v2.0 6.3.5: the register always reads zero. */
static enum hv_msr_result read_reset(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)vp;
    (void)msr;
    *value = 0;
    return HV_MSR_OK;
}

static enum hv_msr_result write_reset(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    (void)vp;
    (void)msr;
    if (value & ~HV_X64_MSR_RESET_RESET)
        return HV_MSR_FAULT;
    return value & HV_X64_MSR_RESET_RESET ? HV_MSR_RESET : HV_MSR_OK;
}

static enum hv_msr_result read_runtime(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = hv_vp_runtime(vp);
    return HV_MSR_OK;
}

static enum hv_msr_result read_npiep(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = vp->npiep;
    return HV_MSR_OK;
}

static enum hv_msr_result write_npiep(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    const uint64_t defined =
        HV_X64_MSR_NPIEP_CONFIG_PREVENT_SGDT | HV_X64_MSR_NPIEP_CONFIG_PREVENT_SIDT |
        HV_X64_MSR_NPIEP_CONFIG_PREVENT_SLDT | HV_X64_MSR_NPIEP_CONFIG_PREVENT_STR;

    (void)msr;
    if (value & ~defined)
        return HV_MSR_FAULT;
    vp->npiep = (uint32_t)value;
    return HV_MSR_OK;
}

static enum hv_msr_result read_guest_idle(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)vp;
    (void)msr;
    *value = 0;
    return HV_MSR_IDLE;
}

/* One MSR: what the partition must have to see it, and how it is reached. */
struct msr_row {
    uint64_t privilege;
    uint32_t feature; /* bits of leaf 0x40000003 EDX */
    hv_msr_reader *read;
    hv_msr_writer *write;
};

#define ROW(name)        [HV_X64_MSR_##name - FIRST_MSR]
#define PRIVILEGE(name)  .privilege = HV_PRIVILEGE_##name
#define CRASH_FEATURE    .feature = HV_FEATURE_EDX_GUEST_CRASH_MSRS
#define READS(function)  .read = (function)
#define WRITES(function) .write = (function)
#define CRASH_PARAMETER                                                                 \
    {                                                                                   \
        CRASH_FEATURE, READS(hv_crash_read_parameter), WRITES(hv_crash_write_parameter) \
    }
#define SYNIC                                                                    \
    {                                                                            \
        PRIVILEGE(AccessSynicRegs), READS(hv_synic_read), WRITES(hv_synic_write) \
    }
#define STIMER                                                                              \
    {                                                                                       \
        PRIVILEGE(AccessSyntheticTimerRegs), READS(hv_stimer_read), WRITES(hv_stimer_write) \
    }
#define UNHALTED_TIMER                                                     \
    {                                                                      \
        PRIVILEGE(AccessSyntheticTimerRegs),                               \
            .feature = HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER,       \
            READS(hv_unhalted_timer_read), WRITES(hv_unhalted_timer_write) \
    }
#define STATS_PAGE                                                              \
    {                                                                           \
        PRIVILEGE(AccessStatsReg), READS(hv_stats_read), WRITES(hv_stats_write) \
    }

/* Indexed by the MSR's distance from the first; a row without functions is no MSR. */
static const struct msr_row rows[] = {
    ROW(GUEST_OS_ID) = { PRIVILEGE(AccessHypercallMsrs), READS(hv_guest_os_id_read),
                         WRITES(hv_guest_os_id_write) },
    ROW(HYPERCALL) = { PRIVILEGE(AccessHypercallMsrs), READS(hv_hypercall_msr_read),
                       WRITES(hv_hypercall_msr_write) },
    ROW(VP_INDEX) = { PRIVILEGE(AccessVpIndex), READS(read_vp_index) },
    ROW(RESET) = { PRIVILEGE(AccessResetReg), READS(read_reset), WRITES(write_reset) },
    ROW(VP_RUNTIME) = { PRIVILEGE(AccessVpRunTimeReg), READS(read_runtime) },
    ROW(TIME_REF_COUNT) = { PRIVILEGE(AccessPartitionReferenceCounter),
                            READS(hv_time_read_counter) },
    ROW(REFERENCE_TSC) = { PRIVILEGE(AccessPartitionReferenceTsc), READS(hv_time_read_register),
                           WRITES(hv_time_write_reference_tsc) },
    ROW(TSC_FREQUENCY) = { PRIVILEGE(AccessFrequencyRegs), READS(hv_time_read_frequency) },
    ROW(APIC_FREQUENCY) = { PRIVILEGE(AccessFrequencyRegs), READS(hv_time_read_frequency) },
    ROW(EOI) = { PRIVILEGE(AccessIntrCtrlRegs), WRITES(hv_apic_write_eoi) },
    ROW(ICR) = { PRIVILEGE(AccessIntrCtrlRegs), READS(hv_apic_read_icr),
                 WRITES(hv_apic_write_icr) },
    ROW(TPR) = { PRIVILEGE(AccessIntrCtrlRegs), READS(hv_apic_read_tpr),
                 WRITES(hv_apic_write_tpr) },
    ROW(SCONTROL) = SYNIC,
    ROW(SVERSION) = { PRIVILEGE(AccessSynicRegs), READS(hv_synic_read) },
    ROW(SIEFP) = SYNIC,
    ROW(SIMP) = SYNIC,
    ROW(SIRBP) = SYNIC,
    ROW(EOM) = SYNIC,
    ROW(SINT0) = SYNIC,
    ROW(SINT1) = SYNIC,
    ROW(SINT2) = SYNIC,
    ROW(SINT3) = SYNIC,
    ROW(SINT4) = SYNIC,
    ROW(SINT5) = SYNIC,
    ROW(SINT6) = SYNIC,
    ROW(SINT7) = SYNIC,
    ROW(SINT8) = SYNIC,
    ROW(SINT9) = SYNIC,
    ROW(SINT10) = SYNIC,
    ROW(SINT11) = SYNIC,
    ROW(SINT12) = SYNIC,
    ROW(SINT13) = SYNIC,
    ROW(SINT14) = SYNIC,
    ROW(SINT15) = SYNIC,
    ROW(STIMER0_CONFIG) = STIMER,
    ROW(STIMER0_COUNT) = STIMER,
    ROW(STIMER1_CONFIG) = STIMER,
    ROW(STIMER1_COUNT) = STIMER,
    ROW(STIMER2_CONFIG) = STIMER,
    ROW(STIMER2_COUNT) = STIMER,
    ROW(STIMER3_CONFIG) = STIMER,
    ROW(STIMER3_COUNT) = STIMER,
    ROW(NPIEP_CONFIG) = { .feature = HV_FEATURE_EDX_NPIEP, READS(read_npiep), WRITES(write_npiep) },
    ROW(VP_ASSIST_PAGE) = { PRIVILEGE(AccessIntrCtrlRegs), READS(hv_vp_assist_read),
                            WRITES(hv_vp_assist_write) },
    ROW(STATS_PARTITION_RETAIL_PAGE) = STATS_PAGE,
    ROW(STATS_PARTITION_INTERNAL_PAGE) = STATS_PAGE,
    ROW(STATS_VP_RETAIL_PAGE) = STATS_PAGE,
    ROW(STATS_VP_INTERNAL_PAGE) = STATS_PAGE,
    ROW(GUEST_IDLE) = { PRIVILEGE(AccessGuestIdleReg), READS(read_guest_idle) },
    ROW(CRASH_P0) = CRASH_PARAMETER,
    ROW(CRASH_P1) = CRASH_PARAMETER,
    ROW(CRASH_P2) = CRASH_PARAMETER,
    ROW(CRASH_P3) = CRASH_PARAMETER,
    ROW(CRASH_P4) = CRASH_PARAMETER,
    ROW(CRASH_CTL) = { CRASH_FEATURE, READS(hv_crash_read_control),
                       WRITES(hv_crash_write_control) },
    ROW(REENLIGHTENMENT_CONTROL) = { PRIVILEGE(AccessReenlightenmentControls),
                                     READS(hv_time_read_register), WRITES(hv_time_write_register) },
    ROW(TSC_EMULATION_CONTROL) = { PRIVILEGE(AccessReenlightenmentControls),
                                   READS(hv_time_read_register), WRITES(hv_time_write_register) },
    ROW(TSC_EMULATION_STATUS) = { PRIVILEGE(AccessReenlightenmentControls),
                                  READS(hv_time_read_register), WRITES(hv_time_write_register) },
    ROW(STIME_UNHALTED_TIMER_CONFIG) = UNHALTED_TIMER,
    ROW(STIME_UNHALTED_TIMER_COUNT) = UNHALTED_TIMER,
    ROW(TSC_INVARIANT_CONTROL) = { PRIVILEGE(AccessTscInvariantControls),
                                   READS(hv_time_read_register), WRITES(hv_time_write_register) },
};

static bool is_synthetic(uint32_t msr)
{
    return msr >= FIRST_MSR && msr <= LAST_MSR;
}

/* The row of an MSR that exists, or NULL. */
static const struct msr_row *find_row(uint32_t msr)
{
    uint32_t index = msr - FIRST_MSR;

    if (index >= sizeof(rows) / sizeof(rows[0]))
        return NULL;
    return rows[index].read || rows[index].write ? &rows[index] : NULL;
}

static bool may_access(const struct hv_partition *partition, const struct msr_row *row)
{
    return hv_partition_may(partition, row->privilege) &&
           (partition->features.features_edx & row->feature) == row->feature;
}

static enum hv_disposition finish(struct hv_vp *vp, struct hv_exit *exit, enum hv_msr_result result)
{
    switch (result) {
    case HV_MSR_OK:
        return hv_exit_complete(exit);
    case HV_MSR_IDLE:
        hv_exit_complete(exit);
        return HV_DISPOSITION_IDLE;
    case HV_MSR_RESET:
        if (hv_vp_parent(vp))
            return hv_intercept_reset(vp, exit);
        hv_exit_complete(exit);
        return HV_DISPOSITION_RESET;
    case HV_MSR_FAULT:
        break;
    }
    return hv_vp_inject_gp(vp);
}

enum hv_disposition hv_msr_read_exit(struct hv_vp *vp, struct hv_exit *exit)
{
    uint64_t *gpr = exit->gprs->gpr;
    uint32_t msr = (uint32_t)gpr[HV_GPR_RCX];
    const struct msr_row *row;
    enum hv_msr_result result;
    uint64_t value;

    if (!is_synthetic(msr))
        return hv_apic_rdmsr(vp, exit);
    row = find_row(msr);
    if (!row || !row->read || !may_access(vp->partition, row))
        return hv_vp_inject_gp(vp);

    result = row->read(vp, msr, &value);
    if (result != HV_MSR_FAULT) {
        gpr[HV_GPR_RAX] = (uint32_t)value;
        gpr[HV_GPR_RDX] = value >> 32;
    }
    return finish(vp, exit, result);
}

enum hv_disposition hv_msr_write_exit(struct hv_vp *vp, struct hv_exit *exit)
{
    const uint64_t *gpr = exit->gprs->gpr;
    uint32_t msr = (uint32_t)gpr[HV_GPR_RCX];
    uint64_t value = gpr[HV_GPR_RDX] << 32 | (uint32_t)gpr[HV_GPR_RAX];
    const struct msr_row *row;

    if (!is_synthetic(msr))
        return hv_apic_wrmsr(vp, exit);
    row = find_row(msr);
    if (!row || !row->write || !may_access(vp->partition, row))
        return hv_vp_inject_gp(vp);
    return finish(vp, exit, row->write(vp, msr, value));
}

enum hv_msr_result hv_msr_get(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    const struct msr_row *row = find_row(msr);

    return row && row->read ? row->read(vp, msr, value) : HV_MSR_FAULT;
}

enum hv_msr_result hv_msr_set(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    const struct msr_row *row = find_row(msr);

    return row && row->write ? row->write(vp, msr, value) : HV_MSR_FAULT;
}

enum hv_msr_result hv_msr_place_page_locked(struct hv_partition *partition, _Atomic uint64_t *msr,
                                            struct hv_overlay *overlay, uint64_t value)
{
    if (!(value & HV_X64_MSR_PAGE_ENABLE)) {
        hv_overlay_disable(partition, overlay);
    } else if (hv_overlay_enable(partition, overlay, value >> HV_X64_MSR_PAGE_GPFN_SHIFT) !=
               HV_STATUS_SUCCESS) {
        return HV_MSR_FAULT;
    }
    atomic_store_explicit(msr, value, memory_order_relaxed);
    return HV_MSR_OK;
}

enum hv_msr_result hv_msr_place_page(struct hv_partition *partition, _Atomic uint64_t *msr,
                                     struct hv_overlay *overlay, uint64_t value)
{
    enum hv_msr_result result;

    hv_lock_acquire(&partition->register_lock);
    result = hv_msr_place_page_locked(partition, msr, overlay, value);
    hv_lock_release(&partition->register_lock);
    return result;
}
