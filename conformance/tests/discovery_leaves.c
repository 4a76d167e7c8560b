/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The leaves from 0x40000006 on, and what holds for all leaves together: one set of answers, on
 * every VP and at any time.
 */
#include "hypercall_support.h"

static uint32_t max_leaf(void)
{
    return cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION).eax;
}

/* A leaf beyond the highest has nothing. */
static struct cpuid_regs leaf(uint32_t number)
{
    return number <= max_leaf() ? cpuid(number) : (struct cpuid_regs){ 0 };
}

static uint32_t recommendations(void)
{
    return cpuid(HV_CPUID_ENLIGHTENMENT_INFO).eax;
}

#define CPUID_1_ECX_VMX         (1u << 5)
#define CPUID_80000001_ECX_SVM  (1u << 2)
#define LEAF_EXTENDED_PROCESSOR 0x80000001u

static bool can_nest(void)
{
    return is_amd() ? (cpuid(LEAF_EXTENDED_PROCESSOR).ecx & CPUID_80000001_ECX_SVM) != 0
                    : (cpuid(1).ecx & CPUID_1_ECX_VMX) != 0;
}

/* ---- All leaves together ---- */

static struct cpuid_regs answers[GUEST_MAX_CPUS];

static void ask(void *number)
{
    answers[cpu_index()] = cpuid((uint32_t)(uintptr_t)number);
}

static void check_same_everywhere(uint32_t number)
{
    REQUIRE_NO_FAULT(smp_call_all(ask, (void *)(uintptr_t)number));
    for (uint32_t i = 1; i < cpu_count(); i++)
        CHECK(memcmp(&answers[i], &answers[0], sizeof(answers[0])) == 0,
              "leaf 0x%x differs between CPU 0 and CPU %u", number, i);
}

HV_TEST(discovery, version_is_one_for_all_vps, COVERS(HV_REQ_CPUID_075), NEEDS(.vps = 2),
        "Versions can be compared only if there is one; set by one VP, the id shows it to all")
{
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    check_same_everywhere(HV_CPUID_VERSION);
    CHECK(answers[0].ebx != 0, "no VP sees a version");
}

HV_TEST(discovery, hardware_leaves_are_the_same_on_every_vp, COVERS(HV_REQ_CPUID_064),
        NEEDS(.vps = 2), "What the hypervisor uses it uses for the partition, not for a VP")
{
    for (uint32_t number = HV_CPUID_HARDWARE_FEATURES;
         number <= HV_CPUID_NESTED_VIRTUALIZATION_FEATURES; number++)
        if (number <= max_leaf())
            check_same_everywhere(number);
    CHECK(max_leaf() >= HV_CPUID_MIN_MAX_FUNCTION, "the highest leaf is 0x%x", max_leaf());
}

HV_TEST(discovery, features_do_not_wait_for_the_version, COVERS(HV_REQ_CPUID_074, HV_REQ_CPUID_015),
        NEEDS_NOTHING,
        "Leaves 3 to 6 must be enough by themselves; Xen shows leaf 4 with the version")
{
    struct cpuid_regs before[4];

    for (uint32_t i = 0; i < 4; i++)
        before[i] = leaf(HV_CPUID_FEATURES + i);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    for (uint32_t i = 0; i < 4; i++) {
        struct cpuid_regs after = leaf(HV_CPUID_FEATURES + i);

        CHECK(memcmp(&before[i], &after, sizeof(after)) == 0, "leaf 0x%x has changed",
              HV_CPUID_FEATURES + i);
    }
}

HV_TEST(discovery, processor_is_one_model_on_every_vp, COVERS(HV_REQ_CPUID_077), NEEDS(.vps = 2),
        "Family, model and stepping are the least of the machine, so there is one for all VPs")
{
    REQUIRE_NO_FAULT(smp_call_all(ask, (void *)1));
    CHECK(answers[0].eax != 0, "there is no model");
    for (uint32_t i = 1; i < cpu_count(); i++)
        CHECK(answers[i].eax == answers[0].eax, "CPU %u is 0x%x, CPU 0 is 0x%x", i, answers[i].eax,
              answers[0].eax);
}

/* ---- ACPI ---- */

#define ACPI_LENGTH   4
#define ACPI_MAX_SIZE (UINT32_C(1) << 20)

static uint32_t table_word(const uint8_t *acpi, unsigned offset)
{
    uint32_t word;

    memcpy(&word, acpi + offset, sizeof(word));
    return word;
}

/* Whether a definition block has the hardware id of the device, as a string. */
static bool names_vmbus(const uint8_t *block)
{
    uint32_t length = block ? table_word(block, ACPI_LENGTH) : 0;

    for (uint32_t i = 0; length < ACPI_MAX_SIZE && i + 5 <= length; i++)
        if (memcmp(block + i, "VMBUS", 5) == 0 || memcmp(block + i, "VMBus", 5) == 0)
            return true;
    return false;
}

HV_TEST(discovery, vmbus_device_is_not_claimed, COVERS(HV_REQ_CPUID_078), NEEDS_NOTHING,
        "Guests bind the VMBus driver to the device, and wait for offers that never come")
{
    if (!acpi_find("FACP"))
        test_skip("there are no ACPI tables");
    CHECK(!names_vmbus(acpi_dsdt()), "the DSDT has a VMBus device");
    CHECK(!names_vmbus(acpi_find("SSDT")), "the SSDT has a VMBus device");
}

/* ---- Nested virtualization ---- */

#define NESTED_MSRS                                                                           \
    (HV_NESTED_HYPERVISOR_EAX_AccessSynicRegs | HV_NESTED_HYPERVISOR_EAX_AccessIntrCtrlRegs | \
     HV_NESTED_HYPERVISOR_EAX_AccessHypercallMsrs | HV_NESTED_HYPERVISOR_EAX_AccessVpIndex |  \
     HV_NESTED_HYPERVISOR_EAX_AccessReenlightenmentControls)
#define NESTED_CALLS                                \
    (HV_NESTED_HYPERVISOR_EDX_XMM_HYPERCALL_INPUT | \
     HV_NESTED_HYPERVISOR_EDX_XMM_HYPERCALL_OUTPUT | HV_NESTED_HYPERVISOR_EDX_SINT_POLLING_MODE)

HV_TEST(discovery, nested_hypervisor_leaf_has_defined_bits,
        COVERS(HV_REQ_CPUID_069, HV_REQ_CPUID_070), NEEDS_NOTHING,
        "A hypervisor that runs nested asks here what it may use of the outer one")
{
    struct cpuid_regs r = leaf(HV_CPUID_NESTED_HYPERVISOR_FEATURES);

    CHECK_EQ(r.eax & ~NESTED_MSRS, 0);
    CHECK_EQ(r.ebx, 0);
    CHECK_EQ(r.ecx, 0);
    CHECK_EQ(r.edx & ~NESTED_CALLS, 0);
}

HV_TEST(discovery, nested_hypervisor_leaf_is_of_use, COVERS(HV_REQ_CPUID_069, HV_REQ_CPUID_070),
        NEEDS_NOTHING, "Without VMX or SVM nothing can run nested, and there is nothing to ask for")
{
    struct cpuid_regs r = leaf(HV_CPUID_NESTED_HYPERVISOR_FEATURES);
    bool nested = recommendations() & HV_RECOMMEND_EAX_NESTED;

    CHECK(can_nest() || nested || (r.eax | r.edx) == 0, "leaf 0x40000009 is 0x%x, EDX 0x%x", r.eax,
          r.edx);
}

HV_TEST(discovery, registers_of_the_outer_hypervisor_exist_when_announced, COVERS(HV_REQ_CPUID_069),
        NEEDS(.recommends = HV_RECOMMEND_EAX_NESTED),
        "A nested root reaches the outer SynIC by MSRs of its own")
{
    uint32_t announced = leaf(HV_CPUID_NESTED_HYPERVISOR_FEATURES).eax;
    uint64_t value;

    if (announced & HV_NESTED_HYPERVISOR_EAX_AccessVpIndex)
        CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_NESTED_VP_INDEX, &value));
    if (announced & HV_NESTED_HYPERVISOR_EAX_AccessSynicRegs)
        CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_NESTED_SCONTROL, &value));
    CHECK(announced != 0, "it is nested, and nothing of the outer hypervisor is announced");
}

#define OPTIMIZATIONS                                                      \
    (HV_NESTED_VIRTUALIZATION_EAX_EVMCS_VERSION_LOW_MASK |                 \
     HV_NESTED_VIRTUALIZATION_EAX_EVMCS_VERSION_HIGH_MASK |                \
     HV_NESTED_VIRTUALIZATION_EAX_DIRECT_VIRTUAL_FLUSH |                   \
     HV_NESTED_VIRTUALIZATION_EAX_FLUSH_GUEST_PHYSICAL_HYPERCALLS |        \
     HV_NESTED_VIRTUALIZATION_EAX_ENLIGHTENED_MSR_BITMAP |                 \
     HV_NESTED_VIRTUALIZATION_EAX_VIRTUALIZATION_EXCEPTION_IN_PAGE_FAULT | \
     HV_NESTED_VIRTUALIZATION_EAX_GUEST_IA32_DEBUG_CTL |                   \
     HV_NESTED_VIRTUALIZATION_EAX_ENLIGHTENED_TLB)

HV_TEST(discovery, nested_optimizations_have_defined_bits, COVERS(HV_REQ_CPUID_072), NEEDS_NOTHING,
        "A nested hypervisor that sees an unknown bit set can't know what it turns on")
{
    struct cpuid_regs r = leaf(HV_CPUID_NESTED_VIRTUALIZATION_FEATURES);

    CHECK_EQ(r.eax & ~OPTIMIZATIONS, 0);
    CHECK_EQ(r.ebx & ~HV_NESTED_VIRTUALIZATION_EBX_PERF_GLOBAL_CTRL, 0);
    CHECK_EQ(r.ecx, 0);
    CHECK_EQ(r.edx, 0);
    test_value("nested", "0x%08x", r.eax);
}

HV_TEST(discovery, nested_optimizations_come_with_virtualization, COVERS(HV_REQ_CPUID_072),
        NEEDS_NOTHING, "They are for guests that are hypervisors, which takes VMX or SVM")
{
    struct cpuid_regs r = leaf(HV_CPUID_NESTED_VIRTUALIZATION_FEATURES);

    CHECK(can_nest() || (r.eax | r.ebx) == 0, "leaf 0x4000000A is 0x%x 0x%x, without VMX or SVM",
          r.eax, r.ebx);
}

HV_TEST(discovery, enlightened_vmcs_versions_are_a_range,
        COVERS(HV_REQ_CPUID_071, HV_REQ_CPUID_054), NEEDS_NOTHING,
        "KVM refuses to use it with a version range that it can't read")
{
    uint32_t eax = leaf(HV_CPUID_NESTED_VIRTUALIZATION_FEATURES).eax;
    uint32_t low = eax & HV_NESTED_VIRTUALIZATION_EAX_EVMCS_VERSION_LOW_MASK;
    uint32_t high = (eax & HV_NESTED_VIRTUALIZATION_EAX_EVMCS_VERSION_HIGH_MASK) >>
                    HV_NESTED_VIRTUALIZATION_EAX_EVMCS_VERSION_HIGH_SHIFT;

    CHECK(low <= high, "versions %u to %u", low, high);
    CHECK(low == 0 ? high == 0 : !is_amd(), "versions %u to %u", low, high);
    if (!(recommendations() & HV_RECOMMEND_EAX_ENLIGHTENED_VMCS))
        return;
    CHECK(low != 0, "an enlightened VMCS is recommended, and no version is given");
    CHECK(can_nest() && !is_amd(), "an enlightened VMCS is recommended without VMX");
}

HV_TEST(discovery, nested_flushes_have_their_calls, COVERS(HV_REQ_CPUID_072, HV_REQ_CPUID_073),
        NEEDS_NOTHING,
        "A nested hypervisor with stale second-level translations lets its guests out")
{
    uint32_t eax = leaf(HV_CPUID_NESTED_VIRTUALIZATION_FEATURES).eax;
    uint32_t implies = HV_NESTED_VIRTUALIZATION_EAX_FLUSH_GUEST_PHYSICAL_HYPERCALLS |
                       (is_amd() ? HV_NESTED_VIRTUALIZATION_EAX_ENLIGHTENED_TLB : 0);

    hv_enable_hypercalls();
    CHECK(!(eax & implies) || call_is_there(HvCallFlushGuestPhysicalAddressSpace),
          "leaf 0x4000000A is 0x%x, and call 0x00AF is not there", eax);
    CHECK(!(eax & implies) || call_is_there(HvCallFlushGuestPhysicalAddressList),
          "leaf 0x4000000A is 0x%x, and call 0x00B0 is not there", eax);
}
