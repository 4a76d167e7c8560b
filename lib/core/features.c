/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "core.h"

/* TLFS v2.0 4.2.2: all registers but the reference TSC, and no hypercall. */
#define DEFAULTS_OF_CHILDREN                                                                  \
    (HV_PRIVILEGE_AccessVpRunTimeReg | HV_PRIVILEGE_AccessPartitionReferenceCounter |         \
     HV_PRIVILEGE_AccessSynicRegs | HV_PRIVILEGE_AccessSyntheticTimerRegs |                   \
     HV_PRIVILEGE_AccessIntrCtrlRegs | HV_PRIVILEGE_AccessHypercallMsrs |                     \
     HV_PRIVILEGE_AccessVpIndex | HV_PRIVILEGE_AccessResetReg | HV_PRIVILEGE_AccessStatsReg | \
     HV_PRIVILEGE_AccessGuestIdleReg)

/* A privilege and what the machine must have for it to work. */
struct privilege_rule {
    uint64_t privilege;
    uint32_t capabilities; /* all of these bits of enum hv_cpu_capability */
};

/* What this library implements. A privilege that is not here is never granted. */
static const struct privilege_rule privilege_rules[] = {
    { HV_PRIVILEGE_AccessVpRunTimeReg, 0 },
    { HV_PRIVILEGE_AccessPartitionReferenceCounter, 0 },
    { HV_PRIVILEGE_AccessSynicRegs, HV_CPU_LOCAL_APIC },
    { HV_PRIVILEGE_AccessSyntheticTimerRegs, HV_CPU_LOCAL_APIC },
    { HV_PRIVILEGE_AccessIntrCtrlRegs, HV_CPU_LOCAL_APIC },
    { HV_PRIVILEGE_AccessHypercallMsrs, 0 },
    { HV_PRIVILEGE_AccessVpIndex, 0 },
    { HV_PRIVILEGE_AccessResetReg, HV_CPU_RESET },
    { HV_PRIVILEGE_AccessStatsReg, 0 },
    { HV_PRIVILEGE_AccessPartitionReferenceTsc, HV_CPU_INVARIANT_TSC },
    { HV_PRIVILEGE_AccessGuestIdleReg, HV_CPU_GUEST_IDLE },
    { HV_PRIVILEGE_AccessFrequencyRegs, 0 },
    { HV_PRIVILEGE_AccessReenlightenmentControls, 0 },
    { HV_PRIVILEGE_AccessTscInvariantControls, HV_CPU_INVARIANT_TSC },
    { HV_PRIVILEGE_CreatePartitions, HV_CPU_CREATE_VP },
    { HV_PRIVILEGE_AccessPartitionId, 0 },
    { HV_PRIVILEGE_AccessMemoryPool, HV_CPU_CREATE_VP },
    { HV_PRIVILEGE_PostMessages, HV_CPU_LOCAL_APIC },
    { HV_PRIVILEGE_SignalEvents, HV_CPU_LOCAL_APIC },
    { HV_PRIVILEGE_CreatePort, HV_CPU_LOCAL_APIC },
    { HV_PRIVILEGE_ConnectPort, HV_CPU_LOCAL_APIC },
    { HV_PRIVILEGE_AccessStats, HV_CPU_CREATE_VP },
    { HV_PRIVILEGE_Debugging, 0 },
    { HV_PRIVILEGE_CpuManagement, HV_CPU_CREATE_VP },
    { HV_PRIVILEGE_ConfigureProfiler, HV_CPU_CREATE_VP },
    { HV_PRIVILEGE_AccessVpRegisters, 0 },
    { HV_PRIVILEGE_EnableExtendedHypercalls, 0 },
    { HV_PRIVILEGE_StartVirtualProcessor, HV_CPU_START_VP },
};

/* A feature bit, and the privilege and the capability without which it would be a lie. */
struct feature_rule {
    uint32_t feature;
    uint32_t capabilities;
    uint64_t privilege;
};

static const struct feature_rule feature_rules[] = {
    { HV_FEATURE_EDX_GUEST_DEBUGGING, 0, HV_PRIVILEGE_Debugging },
    { HV_FEATURE_EDX_XMM_HYPERCALL_INPUT, HV_CPU_XMM, 0 },
    { HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT, HV_CPU_XMM, 0 },
    { HV_FEATURE_EDX_GUEST_IDLE_STATE, 0, HV_PRIVILEGE_AccessGuestIdleReg },
    { HV_FEATURE_EDX_TIMER_FREQUENCIES, 0, HV_PRIVILEGE_AccessFrequencyRegs },
    { HV_FEATURE_EDX_GUEST_CRASH_MSRS, 0, 0 },
    { HV_FEATURE_EDX_SINT_POLLING_MODE, 0, HV_PRIVILEGE_AccessSynicRegs },
    { HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS, 0, HV_PRIVILEGE_AccessSyntheticTimerRegs },
    { HV_FEATURE_EDX_NPIEP, HV_CPU_NPIEP, 0 },
    { HV_FEATURE_EDX_HYPERCALL_MSR_LOCK, 0, HV_PRIVILEGE_AccessHypercallMsrs },
    { HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER, 0, HV_PRIVILEGE_AccessSyntheticTimerRegs },
};

uint64_t hv_features_implemented(const struct hv_platform *platform)
{
    const struct hv_platform_facts *facts = &platform->facts;
    uint64_t implemented = 0;

    for (size_t i = 0; i < sizeof(privilege_rules) / sizeof(privilege_rules[0]); i++) {
        const struct privilege_rule *rule = &privilege_rules[i];

        if ((facts->capabilities & rule->capabilities) == rule->capabilities)
            implemented |= rule->privilege;
    }
    if (facts->apic_hz == 0)
        implemented &= ~HV_PRIVILEGE_AccessFrequencyRegs;
    if (!hv_debug_is_present(platform))
        implemented &= ~HV_PRIVILEGE_Debugging;
    return implemented;
}

uint64_t hv_features_grantable(const struct hv_partition *partition)
{
    uint64_t grantable = hv_features_implemented(partition->platform);

    if (!partition->lineage.parent)
        return partition->lineage.hierarchy ? grantable : grantable & ~HV_FEATURES_OF_HIERARCHIES;
    if (partition->lineage.level >= HV_FRAME_PLACES)
        grantable &= ~HV_PRIVILEGE_AccessMemoryPool;
    return grantable & partition->lineage.parent->features.privileges & ~HV_FEATURES_OF_ROOTS;
}

uint64_t hv_features_of_child(const struct hv_partition *parent)
{
    return parent->features.privileges & DEFAULTS_OF_CHILDREN;
}

static uint32_t derive_features_edx(uint64_t privileges, uint32_t capabilities)
{
    uint32_t features = 0;

    for (size_t i = 0; i < sizeof(feature_rules) / sizeof(feature_rules[0]); i++) {
        const struct feature_rule *rule = &feature_rules[i];

        if ((capabilities & rule->capabilities) == rule->capabilities &&
            (privileges & rule->privilege) == rule->privilege)
            features |= rule->feature;
    }
    return features;
}

static uint32_t derive_recommendations(uint64_t privileges, uint32_t capabilities)
{
    uint32_t recommendations = HV_RECOMMEND_EAX_RELAXED_TIMING |
                               HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL |
                               HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS;

    if (capabilities & HV_CPU_LOCAL_APIC)
        recommendations |= HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI;
    if (privileges & HV_PRIVILEGE_AccessResetReg)
        recommendations |= HV_RECOMMEND_EAX_RESET_MSR;
    /* Guests take it for the word that the EOI assist may be used, too. */
    if (privileges & HV_PRIVILEGE_AccessIntrCtrlRegs)
        recommendations |= HV_RECOMMEND_EAX_APIC_MSRS;
    return recommendations;
}

static uint32_t derive_hardware(uint32_t capabilities)
{
    uint32_t hardware = HV_HARDWARE_EAX_SECOND_LEVEL_ADDRESS_TRANSLATION;

    if (capabilities & HV_CPU_MSR_BITMAPS)
        hardware |= HV_HARDWARE_EAX_MSR_BITMAPS;
    return hardware;
}

void hv_features_derive(struct hv_features *features, const struct hv_platform *platform,
                        uint64_t privileges)
{
    uint32_t capabilities = platform->facts.capabilities;

    features->privileges = privileges & hv_features_implemented(platform);
    features->features_edx = derive_features_edx(features->privileges, capabilities);
    features->recommendations = derive_recommendations(features->privileges, capabilities);
    features->hardware = derive_hardware(capabilities);
}
