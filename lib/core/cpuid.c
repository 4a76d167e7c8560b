/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "core.h"
#include "cpuid.h"
#include "intercept_install.h"

#define HYPERVISOR_RANGE      0x40000000u
#define HYPERVISOR_RANGE_MASK 0xF0000000u

#define MAX_LEAF HV_CPUID_ISOLATION_CONFIG

/* The version of the interface, not of this library: the hypervisor of Windows Server 2016, the
   first that has what TLFS v5 and v6 describe. For a root it is the first that has what Linux's
   driver for roots was written for; Linux warns of any older. */
#define VERSION_BUILD      14393u
#define VERSION_BUILD_ROOT 27744u
#define VERSION_MAJOR      10u
#define VERSION_MINOR      0u

/* "hvkit VS": a virtualization stack of our own behind the signature of the common interface. */
#define VIRT_STACK_VENDOR_EBX 0x696B7668u
#define VIRT_STACK_VENDOR_ECX 0x53562074u
#define VIRT_STACK_VENDOR_EDX 0x00000000u

/* Architectural leaves that are adapted. */
#define LEAF_FEATURES                    0x00000001u
#define LEAF_ADVANCED_POWER              0x80000007u
#define LEAF_ADDRESS_SIZES               0x80000008u
#define ADVANCED_POWER_EDX_INVARIANT_TSC (1u << 8)
#define ADDRESS_SIZES_EAX_PHYSICAL_MASK  0xFFu

static void set(uint32_t out[4], uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    out[HV_EAX] = eax;
    out[HV_EBX] = ebx;
    out[HV_ECX] = ecx;
    out[HV_EDX] = edx;
}

/* TLFS v6.0b 2.4: the version is hidden from a guest that has not said who it is. */
static void set_version(const struct hv_partition *partition, uint32_t out[4])
{
    if (atomic_load_explicit(&partition->guest_os_id, memory_order_relaxed) == 0)
        return;
    set(out, partition->root ? VERSION_BUILD_ROOT : VERSION_BUILD,
        VERSION_MAJOR << HV_VERSION_EBX_MAJOR_SHIFT | VERSION_MINOR, 0, 0);
}

/* A root that schedules leaves vectors in register pages. */
static uint32_t features_ecx(const struct hv_vp *vp)
{
    return hv_vp_dispatches(vp) ? HV_FEATURE_ECX_VP_DISPATCH_INTERRUPT_INJECTION : 0;
}

void hv_cpuid_hypervisor_leaf(const struct hv_vp *vp, uint32_t leaf, uint32_t out[4])
{
    const struct hv_partition *partition = vp->partition;
    const struct hv_platform_facts *facts = &partition->platform->facts;
    const struct hv_features *features = &partition->features;

    set(out, 0, 0, 0, 0);
    switch (leaf) {
    case HV_CPUID_VENDOR_AND_MAX_FUNCTION:
        set(out, MAX_LEAF, HV_VENDOR_EBX, HV_VENDOR_ECX, HV_VENDOR_EDX);
        break;
    case HV_CPUID_INTERFACE:
        out[HV_EAX] = HV_INTERFACE_SIGNATURE;
        break;
    case HV_CPUID_VERSION:
        set_version(partition, out);
        break;
    case HV_CPUID_FEATURES:
        set(out, (uint32_t)features->privileges, (uint32_t)(features->privileges >> 32),
            features_ecx(vp), features->features_edx);
        break;
    case HV_CPUID_ENLIGHTENMENT_INFO:
        set(out, features->recommendations, HV_RECOMMEND_EBX_SPIN_RETRIES_NEVER,
            facts->physical_address_bits & HV_RECOMMEND_ECX_PHYSICAL_ADDRESS_BITS_MASK, 0);
        break;
    case HV_CPUID_IMPLEMENTATION_LIMITS:
        set(out, partition->max_vps, facts->lp_count, 0, 0);
        break;
    case HV_CPUID_HARDWARE_FEATURES:
        out[HV_EAX] = features->hardware;
        break;
    case HV_CPUID_VIRT_STACK_VENDOR:
        set(out, HV_CPUID_VIRT_STACK_PROPERTIES, VIRT_STACK_VENDOR_EBX, VIRT_STACK_VENDOR_ECX,
            VIRT_STACK_VENDOR_EDX);
        break;
    case HV_CPUID_VIRT_STACK_INTERFACE:
        out[HV_EAX] = HV_VIRT_STACK_INTERFACE_SIGNATURE;
        break;
    default:
        break;
    }
}

/* Whether CPUID may say that the TSC never changes its rate. With control over it the guest first
   has to ask, so that one which is not prepared for migration does not come to rely on it. */
static bool invariant_tsc_visible(const struct hv_partition *partition)
{
    if (!(partition->platform->facts.capabilities & HV_CPU_INVARIANT_TSC))
        return false;
    if (!hv_partition_may(partition, HV_PRIVILEGE_AccessTscInvariantControls))
        return true;
    return atomic_load_explicit(&partition->time.tsc_invariant_control, memory_order_relaxed) &
           HV_X64_MSR_TSC_INVARIANT_CONTROL_EXPOSE;
}

/* The end of the GPA space is announced nowhere but here. */
static void limit_physical_bits(const struct hv_partition *partition, uint32_t *eax)
{
    if ((*eax & ADDRESS_SIZES_EAX_PHYSICAL_MASK) > partition->gpa_bits)
        *eax = (*eax & ~ADDRESS_SIZES_EAX_PHYSICAL_MASK) | partition->gpa_bits;
}

void hv_cpuid_architectural_leaf(const struct hv_vp *vp, uint32_t leaf, uint32_t subleaf,
                                 uint32_t value[4])
{
    (void)subleaf;
    switch (leaf) {
    case LEAF_FEATURES:
        value[HV_ECX] |= HV_CPUID_1_ECX_HYPERVISOR_PRESENT;
        break;
    case LEAF_ADVANCED_POWER:
        /* The platform knows better than CPUID, which on emulators does not say so. */
        if (invariant_tsc_visible(vp->partition))
            value[HV_EDX] |= ADVANCED_POWER_EDX_INVARIANT_TSC;
        else
            value[HV_EDX] &= ~ADVANCED_POWER_EDX_INVARIANT_TSC;
        break;
    case LEAF_ADDRESS_SIZES:
        limit_physical_bits(vp->partition, &value[HV_EAX]);
        break;
    default:
        break;
    }
}

static bool is_hypervisors(uint32_t leaf)
{
    return (leaf & HYPERVISOR_RANGE_MASK) == HYPERVISOR_RANGE;
}

static void find_answer(const struct hv_vp *vp, const struct hv_exit *exit, uint32_t value[4])
{
    const uint64_t *gpr = exit->gprs->gpr;
    uint32_t leaf = (uint32_t)gpr[HV_GPR_RAX];

    if (is_hypervisors(leaf)) {
        hv_cpuid_hypervisor_leaf(vp, leaf, value);
    } else {
        for (int i = 0; i < 4; i++)
            value[i] = exit->cpuid.native[i];
        hv_cpuid_architectural_leaf(vp, leaf, (uint32_t)gpr[HV_GPR_RCX], value);
    }
}

static enum hv_disposition complete(struct hv_exit *exit, const uint32_t value[4])
{
    uint64_t *gpr = exit->gprs->gpr;

    gpr[HV_GPR_RAX] = value[HV_EAX];
    gpr[HV_GPR_RBX] = value[HV_EBX];
    gpr[HV_GPR_RCX] = value[HV_ECX];
    gpr[HV_GPR_RDX] = value[HV_EDX];
    return hv_exit_complete(exit);
}

/* What the parent has registered counts more than the processor, and more than what is adapted here
   if it is to override always. */
void hv_cpuid_answer_child(const struct hv_vp *vp, uint32_t leaf, uint32_t subleaf, bool registered,
                           uint32_t value[4])
{
    const struct hv_register_x64_cpuid_result_parameters *result =
        registered ? hv_intercept_result_of_cpuid(vp, leaf, subleaf) : NULL;

    if (is_hypervisors(leaf))
        hv_cpuid_hypervisor_leaf(vp, leaf, value);
    if (result && !result->always_override)
        hv_intercept_result_apply(result, value);
    if (!is_hypervisors(leaf)) {
        hv_cpuid_architectural_leaf(vp, leaf, subleaf, value);
        hv_cpuid_hide_disabled(vp->partition, leaf, subleaf, value);
    }
    if (result && result->always_override)
        hv_intercept_result_apply(result, value);
}

/* Apart, so that a partition without parent pays for no more than the question. */
static enum hv_disposition __attribute__((noinline))
exit_of_child(struct hv_vp *vp, struct hv_exit *exit)
{
    const uint64_t *gpr = exit->gprs->gpr;
    uint32_t value[4];

    for (int i = 0; i < 4; i++)
        value[i] = exit->cpuid.native[i];
    hv_cpuid_answer_child(vp, (uint32_t)gpr[HV_GPR_RAX], (uint32_t)gpr[HV_GPR_RCX], true, value);
    if (hv_intercept_wants_cpuid(vp->partition, (uint32_t)gpr[HV_GPR_RAX]))
        return hv_intercept_cpuid(vp, exit, value);
    return complete(exit, value);
}

enum hv_disposition hv_cpuid_exit(struct hv_vp *vp, struct hv_exit *exit)
{
    uint32_t value[4];

    if (hv_vp_parent(vp))
        return exit_of_child(vp, exit);
    find_answer(vp, exit, value);
    return complete(exit, value);
}
