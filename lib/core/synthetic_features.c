/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Privileges, features and recommendations as one mask of bits, by which a parent chooses what its
 * child is offered.
 */
#include "core.h"

/* What must be offered for the bit to be set. */
struct synthetic_rule {
    uint64_t bit;
    uint64_t privilege;
    uint32_t feature;
    uint32_t recommendation;
};

static const struct synthetic_rule rules[] = {
    { HV_SYNTHETIC_FEATURE_ACCESS_VP_RUN_TIME_REG, HV_PRIVILEGE_AccessVpRunTimeReg, 0, 0 },
    { HV_SYNTHETIC_FEATURE_ACCESS_REFERENCE_COUNTER, HV_PRIVILEGE_AccessPartitionReferenceCounter,
      0, 0 },
    { HV_SYNTHETIC_FEATURE_ACCESS_SYNIC_REGS, HV_PRIVILEGE_AccessSynicRegs, 0, 0 },
    { HV_SYNTHETIC_FEATURE_ACCESS_SYNTHETIC_TIMER_REGS, HV_PRIVILEGE_AccessSyntheticTimerRegs, 0,
      0 },
    { HV_SYNTHETIC_FEATURE_ACCESS_INTR_CTRL_REGS, HV_PRIVILEGE_AccessIntrCtrlRegs, 0, 0 },
    { HV_SYNTHETIC_FEATURE_ACCESS_HYPERCALL_REGS, HV_PRIVILEGE_AccessHypercallMsrs, 0, 0 },
    { HV_SYNTHETIC_FEATURE_ACCESS_VP_INDEX, HV_PRIVILEGE_AccessVpIndex, 0, 0 },
    { HV_SYNTHETIC_FEATURE_ACCESS_REFERENCE_TSC, HV_PRIVILEGE_AccessPartitionReferenceTsc, 0, 0 },
    { HV_SYNTHETIC_FEATURE_ACCESS_GUEST_IDLE_REG, HV_PRIVILEGE_AccessGuestIdleReg, 0, 0 },
    { HV_SYNTHETIC_FEATURE_ACCESS_FREQUENCY_REGS, HV_PRIVILEGE_AccessFrequencyRegs, 0, 0 },
    { HV_SYNTHETIC_FEATURE_POST_MESSAGES, HV_PRIVILEGE_PostMessages, 0, 0 },
    { HV_SYNTHETIC_FEATURE_FAST_HYPERCALL_OUTPUT, 0, HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT, 0 },
    { HV_SYNTHETIC_FEATURE_START_VIRTUAL_PROCESSOR, HV_PRIVILEGE_StartVirtualProcessor, 0, 0 },
    { HV_SYNTHETIC_FEATURE_DIRECT_SYNTHETIC_TIMERS, 0, HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS, 0 },
    { HV_SYNTHETIC_FEATURE_EXTENDED_PROCESSOR_MASKS, 0, 0, HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS },
    { HV_SYNTHETIC_FEATURE_TB_FLUSH_HYPERCALLS, 0, 0, HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL },
    { HV_SYNTHETIC_FEATURE_SYNTHETIC_CLUSTER_IPI, 0, 0, HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI },
    { HV_SYNTHETIC_FEATURE_SIGNAL_EVENTS, HV_PRIVILEGE_SignalEvents, 0, 0 },
    { HV_SYNTHETIC_FEATURE_TIME_UNHALTED_TIMER, 0, HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER,
      0 },
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* What no partition can be without. */
#define INTERFACE (HV_SYNTHETIC_FEATURE_HYPERVISOR_PRESENT | HV_SYNTHETIC_FEATURE_HV1)

/* Calls that anybody may make. */
#define FREE_CALLS \
    (HV_SYNTHETIC_FEATURE_NOTIFY_LONG_SPIN_WAIT | HV_SYNTHETIC_FEATURE_RETARGET_DEVICE_INTERRUPT)

static bool is_offered(const struct hv_features *features, const struct synthetic_rule *rule)
{
    return (features->privileges & rule->privilege) == rule->privilege &&
           (features->features_edx & rule->feature) == rule->feature &&
           (features->recommendations & rule->recommendation) == rule->recommendation;
}

uint64_t hv_features_get_synthetic(const struct hv_partition *partition)
{
    uint64_t value = INTERFACE | FREE_CALLS;

    for (size_t i = 0; i < RULES; i++)
        if (is_offered(&partition->features, &rules[i]))
            value |= rules[i].bit;
    return value;
}

static uint64_t known(void)
{
    uint64_t mask = INTERFACE | FREE_CALLS;

    for (size_t i = 0; i < RULES; i++)
        mask |= rules[i].bit;
    return mask;
}

/* Privileges that have no bit stay as they are. */
static uint64_t choose_privileges(uint64_t privileges, uint64_t value)
{
    for (size_t i = 0; i < RULES; i++) {
        if (value & rules[i].bit)
            privileges |= rules[i].privilege;
        else
            privileges &= ~rules[i].privilege;
    }
    return privileges;
}

hv_status hv_features_set_synthetic(struct hv_partition *partition, uint64_t value)
{
    struct hv_features *features = &partition->features;

    if ((value & ~known()) || (value & INTERFACE) != INTERFACE)
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    hv_features_derive(features, partition->platform,
                       choose_privileges(features->privileges, value) &
                           hv_features_grantable(partition));
    for (size_t i = 0; i < RULES; i++) {
        if (value & rules[i].bit)
            continue;
        features->features_edx &= ~rules[i].feature;
        features->recommendations &= ~rules[i].recommendation;
    }
    return HV_STATUS_SUCCESS;
}
