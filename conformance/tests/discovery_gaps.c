/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Discovery where the TLFS is silent or contradicts itself: what the leaves show. */
#include <conformance/hyperv.h>
#include <conformance/test.h>

static bool is_zero(struct cpuid_regs r)
{
    return (r.eax | r.ebx | r.ecx | r.edx) == 0;
}

static void observe_leaf(const char *key, uint32_t number)
{
    struct cpuid_regs r = cpuid(number);

    if (is_zero(r))
        OBSERVE(key, "zero");
    else
        OBSERVE(key, "%08x %08x %08x %08x", r.eax, r.ebx, r.ecx, r.edx);
}

static void observe_bits(const char *key, uint32_t value, uint32_t mask)
{
    if (value & mask)
        OBSERVE(key, "0x%x", value & mask);
    else
        OBSERVE(key, "clear");
}

/* Xen hides leaf 4 along with it, KVM neither. */
HV_CHARACTERIZE(discovery, leaves_before_the_guest_os_id, COVERS(HV_REQ_GAP_238), NEEDS_NOTHING,
                "Guests log the version, some of them before they set their id")
{
    OBSERVE("leaf-2", "%s", is_zero(cpuid(HV_CPUID_VERSION)) ? "zero" : "the version");
    OBSERVE("leaf-4", "%s", is_zero(cpuid(HV_CPUID_ENLIGHTENMENT_INFO)) ? "zero" : "shown");
}

HV_CHARACTERIZE(discovery, service_version_in_leaf_2, COVERS(HV_REQ_GAP_239), NEEDS_NOTHING,
                "Whether a service version can be read decides if it can be compared")
{
    struct cpuid_regs r;

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    r = cpuid(HV_CPUID_VERSION);
    OBSERVE("service-pack", "%u", r.ecx);
    OBSERVE("service", "%u.%u", r.edx >> HV_VERSION_EDX_SERVICE_BRANCH_SHIFT,
            r.edx & HV_VERSION_EDX_SERVICE_NUMBER_MASK);
}

HV_CHARACTERIZE(discovery, debug_register_privilege, COVERS(HV_REQ_GAP_125), NEEDS_NOTHING,
                "Bit 12 is reserved in one document and AccessDebugRegs in the other")
{
    OBSERVE("bit-12", "%s", hv_may(HV_PRIVILEGE_AccessDebugRegs) ? "set" : "clear");
}

HV_CHARACTERIZE(discovery, doubtful_bits_of_leaf_a, COVERS(HV_REQ_GAP_129), NEEDS_NOTHING,
                "Bits 21 and 22 are defined and reserved by the same table")
{
    uint32_t eax = cpuid(HV_CPUID_NESTED_VIRTUALIZATION_FEATURES).eax;

    OBSERVE("bits-22-21", "%u%u", (eax & HV_NESTED_VIRTUALIZATION_EAX_ENLIGHTENED_TLB) != 0,
            (eax & HV_NESTED_VIRTUALIZATION_EAX_GUEST_IA32_DEBUG_CTL) != 0);
}

HV_CHARACTERIZE(discovery, virtualization_stack_leaves, COVERS(HV_REQ_GAP_301), NEEDS_NOTHING,
                "Linux and OpenVMM look there for properties of the virtualization stack")
{
    observe_leaf("leaf-80", HV_CPUID_VIRT_STACK_VENDOR);
    observe_leaf("leaf-81", HV_CPUID_VIRT_STACK_INTERFACE);
    observe_leaf("leaf-82", HV_CPUID_VIRT_STACK_PROPERTIES);
}

HV_CHARACTERIZE(discovery, leaves_b_and_c, COVERS(HV_REQ_GAP_302), NEEDS_NOTHING,
                "Linux asks leaf 0x4000000C whether the partition is isolated")
{
    observe_leaf("leaf-b", HV_CPUID_IPT_FEATURES);
    observe_leaf("leaf-c", HV_CPUID_ISOLATION_CONFIG);
}

HV_CHARACTERIZE(discovery, bits_beyond_the_tlfs, COVERS(HV_REQ_GAP_304), NEEDS_NOTHING,
                "Guests that know them take what is set at its word")
{
    uint64_t privileges = hv_privileges();

    observe_bits("privileges-15-14", (uint32_t)privileges, 3u << 14);
    observe_bits("ebx", (uint32_t)(privileges >> 32), 1u << 14 | 1u << 15 | 1u << 19 | 1u << 22);
    observe_bits("ecx", cpuid(HV_CPUID_FEATURES).ecx, 3u << 9);
    observe_bits("edx", hv_features(), 0x1fu << 27);
}
