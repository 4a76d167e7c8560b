/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A register is one of four kinds: a CPUID leaf (read-only), a synthetic MSR under another name,
 * one of the local APIC, or another register of the architecture, which is the back end's.
 *
 * Those that suspend a VP are a fifth kind, of partitions that have a parent (suspend.c). Only that
 * is told what a VP waits for, too: no VP that asks is waiting.
 *
 * Not offered, since they have no meaning of their own here: HvRegisterGuestIdle and the power
 * state triggers (their effect is that of executing RDMSR), nested virtualization, VSM.
 */
#include <hv/abi/tlfs.h>
#include <hv/interrupt.h>

#include "apic_access.h"
#include "core.h"
#include "cpuid.h"
#include "msr.h"
#include "register.h"

#define NONE 0u

static bool is_between(uint32_t name, uint32_t first, uint32_t last)
{
    return name >= first && name <= last;
}

/* ---- CPUID leaves: EAX, EBX, ECX, EDX in the order of the value's bits ---- */

static uint32_t find_leaf(uint32_t name)
{
    switch (name) {
    case HvRegisterHypervisorVersion:
        return HV_CPUID_VERSION;
    case HvRegisterPrivilegesAndFeaturesInfo:
        return HV_CPUID_FEATURES;
    case HvRegisterFeaturesInfo:
        return HV_CPUID_ENLIGHTENMENT_INFO;
    case HvRegisterImplementationLimitsInfo:
        return HV_CPUID_IMPLEMENTATION_LIMITS;
    case HvRegisterHardwareFeaturesInfo:
        return HV_CPUID_HARDWARE_FEATURES;
    case HvRegisterCpuManagementFeaturesInfo:
        return HV_CPUID_CPU_MANAGEMENT_FEATURES;
    case HvRegisterPasidFeaturesInfo:
        return HV_CPUID_SVM_FEATURES;
    case HvRegisterNestedVirtFeaturesInfo:
        return HV_CPUID_NESTED_VIRTUALIZATION_FEATURES;
    case HvRegisterIptFeaturesInfo:
        return HV_CPUID_IPT_FEATURES;
    default:
        return NONE;
    }
}

static void get_leaf(const struct hv_vp *vp, uint32_t leaf, struct hv_register128 *value)
{
    uint32_t out[4];

    hv_cpuid_hypervisor_leaf(vp, leaf, out);
    value->low = out[HV_EAX] | (uint64_t)out[HV_EBX] << 32;
    value->high = out[HV_ECX] | (uint64_t)out[HV_EDX] << 32;
}

/* ---- Synthetic MSRs ---- */

static uint32_t find_family_msr(uint32_t name)
{
    if (is_between(name, HvRegisterGuestCrashP0, HvRegisterGuestCrashCtl))
        return HV_X64_MSR_CRASH_P0 + (name - HvRegisterGuestCrashP0);
    if (is_between(name, HvRegisterSint0, HvRegisterSint15))
        return HV_X64_MSR_SINT0 + (name - HvRegisterSint0);
    if (is_between(name, HvRegisterStimer0Config, HvRegisterStimer3Count))
        return HV_X64_MSR_STIMER0_CONFIG + (name - HvRegisterStimer0Config);
    return NONE;
}

static uint32_t find_synic_msr(uint32_t name)
{
    switch (name) {
    case HvRegisterScontrol:
        return HV_X64_MSR_SCONTROL;
    case HvRegisterSversion:
        return HV_X64_MSR_SVERSION;
    case HvRegisterSifp:
        return HV_X64_MSR_SIEFP;
    case HvRegisterSipp:
        return HV_X64_MSR_SIMP;
    case HvRegisterEom:
        return HV_X64_MSR_EOM;
    case HvRegisterSirbp:
        return HV_X64_MSR_SIRBP;
    case HvRegisterStimeUnhaltedTimerConfig:
        return HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG;
    case HvRegisterStimeUnhaltedTimerCount:
        return HV_X64_MSR_STIME_UNHALTED_TIMER_COUNT;
    default:
        return find_family_msr(name);
    }
}

static uint32_t find_msr(uint32_t name)
{
    switch (name) {
    case HvRegisterProcessorClockFrequency:
        return HV_X64_MSR_TSC_FREQUENCY;
    case HvRegisterInterruptClockFrequency:
        return HV_X64_MSR_APIC_FREQUENCY;
    case HvRegisterVpRuntime:
        return HV_X64_MSR_VP_RUNTIME;
    case HvX64RegisterHypercall:
        return HV_X64_MSR_HYPERCALL;
    case HvRegisterGuestOsId:
        return HV_X64_MSR_GUEST_OS_ID;
    case HvRegisterVpIndex:
        return HV_X64_MSR_VP_INDEX;
    case HvRegisterTimeRefCount:
        return HV_X64_MSR_TIME_REF_COUNT;
    case HvX64RegisterSyntheticEoi:
        return HV_X64_MSR_EOI;
    case HvX64RegisterSyntheticIcr:
        return HV_X64_MSR_ICR;
    case HvX64RegisterSyntheticTpr:
        return HV_X64_MSR_TPR;
    case HvRegisterVpAssistPage:
        return HV_X64_MSR_VP_ASSIST_PAGE;
    case HvRegisterReferenceTsc:
        return HV_X64_MSR_REFERENCE_TSC;
    case HvRegisterStatsPartitionRetail:
        return HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE;
    case HvRegisterStatsPartitionInternal:
        return HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE;
    case HvRegisterStatsVpRetail:
        return HV_X64_MSR_STATS_VP_RETAIL_PAGE;
    case HvRegisterStatsVpInternal:
        return HV_X64_MSR_STATS_VP_INTERNAL_PAGE;
    default:
        return find_synic_msr(name);
    }
}

static bool is_read_only(uint32_t msr)
{
    switch (msr) {
    case HV_X64_MSR_TSC_FREQUENCY:
    case HV_X64_MSR_APIC_FREQUENCY:
    case HV_X64_MSR_VP_RUNTIME:
    case HV_X64_MSR_VP_INDEX:
    case HV_X64_MSR_TIME_REF_COUNT:
    case HV_X64_MSR_SVERSION:
        return true;
    default:
        return false;
    }
}

static hv_status get_msr(struct hv_vp *vp, uint32_t msr, struct hv_register128 *value)
{
    value->high = 0;
    return hv_msr_get(vp, msr, &value->low) == HV_MSR_OK ? HV_STATUS_SUCCESS
                                                         : HV_STATUS_INVALID_PARAMETER;
}

/* A register that can be read and doesn't take the value refuses it; any other isn't there, or
   can't be written. */
static hv_status set_msr(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    uint64_t present;

    if (hv_msr_set(vp, msr, value) == HV_MSR_OK)
        return HV_STATUS_SUCCESS;
    if (is_read_only(msr) || hv_msr_get(vp, msr, &present) != HV_MSR_OK)
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_INVALID_REGISTER_VALUE;
}

/* ---- Registers of the architecture ---- */

static bool is_architectural(uint32_t name)
{
    return is_between(name, HvX64RegisterRax, HvX64RegisterApicSelfIpi) ||
           is_between(name, HvRegisterPendingInterruption, HvRegisterPendingEvent1) ||
           is_between(name, HvX64RegisterPendingDebugException, HvRegisterPendingEvent3) ||
           is_between(name, HvX64RegisterYmm0Low, HvX64RegisterYmm15High);
}

/* Whether bits 127:64 belong to the register. */
static bool is_wide(uint32_t name)
{
    return is_between(name, HvX64RegisterXmm0, HvX64RegisterXmmControlStatus) ||
           is_between(name, HvX64RegisterEs, HvX64RegisterTr) ||
           is_between(name, HvX64RegisterIdtr, HvX64RegisterGdtr) ||
           is_between(name, HvRegisterPendingEvent0, HvRegisterPendingEvent1) ||
           is_between(name, HvRegisterPendingEvent2, HvRegisterPendingEvent3) ||
           is_between(name, HvX64RegisterYmm0Low, HvX64RegisterYmm15High);
}

/* ---- The local APIC, where it is lib/core's ---- */

static bool is_apic(const struct hv_vp *vp, uint32_t name)
{
    return hv_vp_has_apic(vp) &&
           (is_between(name, HvX64RegisterApicId, HvX64RegisterApicSelfIpi) ||
            name == HvX64RegisterApicBase || name == HvX64RegisterInitialApicId ||
            name == HvX64RegisterTscDeadline || name == HvX64RegisterCr8);
}

static uint32_t find_apic_msr(uint32_t name)
{
    switch (name) {
    case HvX64RegisterApicBase:
        return HV_APIC_BASE_MSR;
    case HvX64RegisterTscDeadline:
        return HV_APIC_TSC_DEADLINE_MSR;
    default:
        return HV_APIC_X2_MSR_FIRST + (name & 0xFF);
    }
}

static hv_status get_apic(struct hv_vp *vp, uint32_t name, struct hv_register128 *value)
{
    value->high = 0;
    if (name == HvX64RegisterCr8)
        value->low = vp->apic.tpr >> 4;
    else if (name == HvX64RegisterInitialApicId)
        value->low = vp->apic.id;
    else if (!hv_apic_get_msr(vp, find_apic_msr(name), &value->low))
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

static bool set_apic_msr(struct hv_vp *vp, uint32_t name, uint64_t value)
{
    if (name == HvX64RegisterApicBase)
        return hv_apic_set_base(vp, value);
    return hv_apic_set_msr(vp, find_apic_msr(name), value);
}

static hv_status set_apic(struct hv_vp *vp, uint32_t name, uint64_t value)
{
    if (name == HvX64RegisterInitialApicId)
        return HV_STATUS_INVALID_PARAMETER;
    if (name != HvX64RegisterCr8)
        return set_apic_msr(vp, name, value) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_REGISTER_VALUE;
    if (value > 15)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    hv_interrupt_set_cr8(vp, (uint8_t)value);
    return HV_STATUS_SUCCESS;
}

/* ---- All ---- */

static bool is_backends(const struct hv_vp *vp, uint32_t name)
{
    return is_architectural(name) || (name == HvRegisterInternalActivityState && hv_vp_parent(vp));
}

hv_status hv_register_get(struct hv_vp *vp, uint32_t name, struct hv_register128 *value)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    uint32_t leaf, msr;

    if (is_apic(vp, name))
        return get_apic(vp, name, value);
    if (is_backends(vp, name))
        return cpu->get_register(cpu->context, vp, name, value);
    msr = find_msr(name);
    if (msr != NONE)
        return get_msr(vp, msr, value);
    if (hv_suspend_is_register(name))
        return hv_suspend_get(vp, name, value);
    if (name == HvRegisterVpRootSignalCount && hv_vp_is_dispatched(vp)) {
        *value = (struct hv_register128){ .low = vp->dispatch->signals };
        return HV_STATUS_SUCCESS;
    }
    leaf = find_leaf(name);
    if (leaf == NONE)
        return HV_STATUS_INVALID_PARAMETER;
    get_leaf(vp, leaf, value);
    return HV_STATUS_SUCCESS;
}

hv_status hv_register_set(struct hv_vp *vp, uint32_t name, const struct hv_register128 *value)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    uint32_t msr;

    if (value->high && !is_wide(name))
        return HV_STATUS_INVALID_PARAMETER;
    /* First: a parent sets one of them for each intercept. */
    if (hv_suspend_is_register(name))
        return hv_suspend_set(vp, name, value);
    if (is_apic(vp, name))
        return set_apic(vp, name, value->low);
    if (is_architectural(name))
        return cpu->set_register(cpu->context, vp, name, value);
    msr = find_msr(name);
    return msr != NONE ? set_msr(vp, msr, value->low) : HV_STATUS_INVALID_PARAMETER;
}
