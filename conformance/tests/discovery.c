/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Discovery: the CPUID leaves by which a guest finds the hypervisor and learns what it may use.
 *
 * Guests decide from these leaves alone, so a wrong bit here is a wrong decision in every guest:
 * Windows on cloud-hypervisor read the reference counter by MSR 3.25 million times in 90 seconds
 * because mandatory privileges were missing (cloud-hypervisor#8380).
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define LEAF_FIRST 0x40000000u

/* What one VP sees; compared across VPs. */
struct leaf_copy {
    struct cpuid_regs leaves[16];
    uint32_t present;
};

static struct leaf_copy copies[GUEST_MAX_CPUS];

static void copy_leaves(void *unused)
{
    struct leaf_copy *copy = &copies[cpu_index()];

    (void)unused;
    copy->present = cpuid(1).ecx & HV_CPUID_1_ECX_HYPERVISOR_PRESENT;
    for (uint32_t i = 0; i < 16; i++)
        copy->leaves[i] = cpuid(LEAF_FIRST + i);
}

static uint32_t max_leaf(void)
{
    return cpuid(LEAF_FIRST).eax;
}

HV_TEST(discovery, hypervisor_is_present_on_every_vp, COVERS(HV_REQ_CPUID_001), NEEDS_NOTHING,
        "Without bit 31 of leaf 1 ECX no guest looks for the interface at all")
{
    REQUIRE_NO_FAULT(smp_call_all(copy_leaves, NULL));
    for (uint32_t i = 0; i < cpu_count(); i++)
        CHECK(copies[i].present != 0, "VP %u does not see a hypervisor", i);
}

HV_TEST(discovery, range_leaf_reaches_the_mandatory_leaves,
        COVERS(HV_REQ_CPUID_002, HV_REQ_CPUID_003), NEEDS_NOTHING,
        "Guests read leaves 0x40000000 to 0x40000005 without asking again")
{
    CHECK(max_leaf() >= HV_CPUID_MIN_MAX_FUNCTION, "highest leaf is 0x%x", max_leaf());
    CHECK(max_leaf() < 0x40000100, "highest leaf 0x%x is outside the range of this interface",
          max_leaf());
    test_value("max-leaf", "0x%x", max_leaf());
}

HV_TEST(discovery, vendor_is_microsoft_hv, COVERS(HV_REQ_CPUID_004), NEEDS_NOTHING,
        "Guests should not decide on the vendor, but Linux does")
{
    struct cpuid_regs r = cpuid(LEAF_FIRST);

    test_value("vendor", "%.4s%.4s%.4s", (const char *)&r.ebx, (const char *)&r.ecx,
               (const char *)&r.edx);
    CHECK_EQ(r.ebx, HV_VENDOR_EBX);
    CHECK_EQ(r.ecx, HV_VENDOR_ECX);
    CHECK_EQ(r.edx, HV_VENDOR_EDX);
}

HV_TEST(discovery, interface_is_hv1, COVERS(HV_REQ_CPUID_005), NEEDS_NOTHING,
        "\"Hv#1\" is what gives all other leaves their meaning")
{
    CHECK_EQ(cpuid(HV_CPUID_INTERFACE).eax, HV_INTERFACE_SIGNATURE);
}

HV_TEST(discovery, interface_leaf_reserved_registers_are_zero, COVERS(HV_REQ_CPUID_006),
        NEEDS_NOTHING, "A later interface can only use what earlier ones left zero")
{
    struct cpuid_regs r = cpuid(HV_CPUID_INTERFACE);

    CHECK_EQ(r.ebx, 0);
    CHECK_EQ(r.ecx, 0);
    CHECK_EQ(r.edx, 0);
}

HV_TEST(discovery, hv1_implies_the_three_base_msrs, COVERS(HV_REQ_CPUID_007, HV_REQ_CPUID_012),
        NEEDS_NOTHING, "A guest that sees Hv#1 uses these MSRs without looking further")
{
    uint64_t value;

    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &value));
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_HYPERCALL, &value));
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_VP_INDEX, &value));
    CHECK(hv_may(HV_PRIVILEGE_AccessHypercallMsrs), "AccessHypercallMsrs is not announced");
    CHECK(hv_may(HV_PRIVILEGE_AccessVpIndex), "AccessVpIndex is not announced");
}

HV_TEST(discovery, version_is_zero_until_the_guest_has_an_identity, COVERS(HV_REQ_CPUID_009),
        NEEDS_NOTHING,
        "TLFS v6.0b 2.4: the system identity is shown to guests that have shown theirs")
{
    struct cpuid_regs r = cpuid(HV_CPUID_VERSION);

    CHECK_EQ(r.eax, 0);
    CHECK_EQ(r.ebx, 0);
    CHECK_EQ(r.ecx, 0);
    CHECK_EQ(r.edx, 0);
}

HV_TEST(discovery, version_is_there_once_the_guest_has_an_identity, COVERS(HV_REQ_CPUID_008),
        NEEDS_NOTHING, "Guests print it, and some work around old versions")
{
    struct cpuid_regs r;

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    r = cpuid(HV_CPUID_VERSION);
    CHECK(r.ebx >> HV_VERSION_EBX_MAJOR_SHIFT != 0, "major version is 0");
    CHECK(r.eax != 0, "build number is 0");
    test_value("version", "%u.%u.%u-%u-%u.%u", r.ebx >> HV_VERSION_EBX_MAJOR_SHIFT,
               r.ebx & HV_VERSION_EBX_MINOR_MASK, r.eax, r.ecx,
               r.edx >> HV_VERSION_EDX_SERVICE_BRANCH_SHIFT,
               r.edx & HV_VERSION_EDX_SERVICE_NUMBER_MASK);
}

/* An MSR that stands for a privilege. */
struct gate {
    uint64_t privilege;
    uint32_t msr;
};

static const struct gate gates[] = {
    { HV_PRIVILEGE_AccessVpRunTimeReg, HV_X64_MSR_VP_RUNTIME },
    { HV_PRIVILEGE_AccessPartitionReferenceCounter, HV_X64_MSR_TIME_REF_COUNT },
    { HV_PRIVILEGE_AccessSynicRegs, HV_X64_MSR_SCONTROL },
    { HV_PRIVILEGE_AccessSyntheticTimerRegs, HV_X64_MSR_STIMER0_CONFIG },
    { HV_PRIVILEGE_AccessIntrCtrlRegs, HV_X64_MSR_TPR },
    { HV_PRIVILEGE_AccessHypercallMsrs, HV_X64_MSR_GUEST_OS_ID },
    { HV_PRIVILEGE_AccessVpIndex, HV_X64_MSR_VP_INDEX },
    { HV_PRIVILEGE_AccessResetReg, HV_X64_MSR_RESET },
    { HV_PRIVILEGE_AccessStatsReg, HV_X64_MSR_STATS_VP_RETAIL_PAGE },
    { HV_PRIVILEGE_AccessPartitionReferenceTsc, HV_X64_MSR_REFERENCE_TSC },
    { HV_PRIVILEGE_AccessFrequencyRegs, HV_X64_MSR_TSC_FREQUENCY },
    { HV_PRIVILEGE_AccessReenlightenmentControls, HV_X64_MSR_REENLIGHTENMENT_CONTROL },
};

HV_TEST(discovery, announced_privileges_work, COVERS(HV_REQ_CPUID_010, HV_REQ_CPUID_014),
        NEEDS_NOTHING,
        "A bit of the privilege mask is a promise: the register behind it must be there")
{
    for (unsigned i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
        uint64_t value;

        if (hv_may(gates[i].privilege))
            CHECK(!safe_rdmsr(gates[i].msr, &value).raised,
                  "privilege mask 0x%llx is announced, but MSR 0x%x faults",
                  (unsigned long long)gates[i].privilege, gates[i].msr);
    }
}

HV_TEST(
    discovery, privileges_that_are_not_announced_fault, COVERS(HV_REQ_CPUID_010, HV_REQ_MSR_001),
    NEEDS_NOTHING,
    "Guests probe registers under a handler; one that answers without its privilege misleads them")
{
    for (unsigned i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
        uint64_t value;
        struct fault fault;

        if (hv_may(gates[i].privilege))
            continue;
        fault = safe_rdmsr(gates[i].msr, &value);
        CHECK(fault.raised && fault.vector == VECTOR_GP,
              "privilege mask 0x%llx is not announced, but MSR 0x%x answers",
              (unsigned long long)gates[i].privilege, gates[i].msr);
    }
    CHECK(true, "every register is announced");
}

/* By the TLFS or, since Hyper-V shows them too, by later headers. */
#define DEFINED_BITS                                                                              \
    (UINT64_C(0x3fff) | HV_PRIVILEGE_AccessRootSchedulerReg |                                     \
     HV_PRIVILEGE_AccessTscInvariantControls | UINT64_C(0x1ff) << 32 | HV_PRIVILEGE_Debugging |   \
     HV_PRIVILEGE_CpuManagement | HV_PRIVILEGE_ConfigureProfiler |                                \
     HV_PRIVILEGE_AccessVpExitTracing | HV_PRIVILEGE_EnableExtendedGvaRangesFlush |               \
     HV_PRIVILEGE_AccessVSM | HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_FastHypercallOutput | \
     HV_PRIVILEGE_EnableExtendedHypercalls | HV_PRIVILEGE_StartVirtualProcessor |                 \
     HV_PRIVILEGE_Isolation)

HV_TEST(discovery, privilege_mask_has_no_reserved_bit, COVERS(HV_REQ_CPUID_011, HV_REQ_PART_006),
        NEEDS_NOTHING,
        "What is reserved today is a privilege tomorrow, and guests would believe they have it")
{
    const uint64_t reserved = ~DEFINED_BITS;

    CHECK_EQ(hv_privileges() & reserved, 0);
    test_value("privileges", "0x%016llx", (unsigned long long)hv_privileges());
}

HV_TEST(discovery, leaves_are_the_same_on_every_vp, COVERS(HV_REQ_CPUID_015), NEEDS(.vps = 2),
        "An operating system asks one VP and acts on all")
{
    REQUIRE_NO_FAULT(smp_call_all(copy_leaves, NULL));
    for (uint32_t vp = 1; vp < cpu_count(); vp++)
        for (uint32_t leaf = 0; leaf < 6; leaf++)
            CHECK(memcmp(&copies[vp].leaves[leaf], &copies[0].leaves[leaf],
                         sizeof(struct cpuid_regs)) == 0,
                  "leaf 0x%x differs between VP 0 and VP %u", LEAF_FIRST + leaf, vp);
}

HV_TEST(discovery, privileges_do_not_change_while_the_guest_runs, COVERS(HV_REQ_CPUID_015),
        NEEDS_NOTHING,
        "Xen shows leaves 2 and 4 only once an OS id is set; privileges may not behave so")
{
    uint64_t before = hv_privileges();
    uint32_t features = hv_features();

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    CHECK_EQ(hv_privileges(), before);
    CHECK_EQ(hv_features(), features);
    hv_enable_hypercalls();
    CHECK_EQ(hv_privileges(), before);
    CHECK_EQ(hv_features(), features);
}

HV_TEST(discovery, feature_leaf_reserved_bits_are_clear, COVERS(HV_REQ_CPUID_016, HV_REQ_CPUID_039),
        NEEDS_NOTHING, "Reserved bits are where the next version of the interface announces itself")
{
    struct cpuid_regs r = cpuid(HV_CPUID_FEATURES);

    CHECK_EQ(r.ecx & 0xfffffe10, 0);
    CHECK_EQ(r.edx & (1u << 16 | 1u << 22 | 3u << 24), 0);
    test_value("features-edx", "0x%08x", r.edx);
}

HV_TEST(discovery, deprecated_mwait_bit_is_clear, COVERS(HV_REQ_CPUID_017), NEEDS_NOTHING,
        "Bit 0 of leaf 3 EDX means nothing any more; old guests still believe it")
{
    CHECK_EQ(hv_features() & HV_FEATURE_EDX_MWAIT, 0);
}

HV_TEST(
    discovery, guest_idle_is_announced_with_its_privilege, COVERS(HV_REQ_CPUID_022),
    NEEDS(.features = HV_FEATURE_EDX_GUEST_IDLE_STATE),
    "The bit and the privilege belong together; Windows 11 25H2 uses the register on sight of it")
{
    CHECK(hv_may(HV_PRIVILEGE_AccessGuestIdleReg), "AccessGuestIdleReg is not announced");
}

HV_TEST(discovery, frequencies_are_announced_with_their_privilege, COVERS(HV_REQ_CPUID_025),
        NEEDS(.features = HV_FEATURE_EDX_TIMER_FREQUENCIES),
        "Guests look at the bit before they read the frequency MSRs")
{
    uint64_t value;

    CHECK(hv_may(HV_PRIVILEGE_AccessFrequencyRegs), "AccessFrequencyRegs is not announced");
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_TSC_FREQUENCY, &value));
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_APIC_FREQUENCY, &value));
}

HV_TEST(discovery, crash_msrs_exist_exactly_when_announced,
        COVERS(HV_REQ_CPUID_027, HV_REQ_MSR_018), NEEDS_NOTHING,
        "A guest that crashes has one try; a fault there loses the report")
{
    bool announced = hv_features() & HV_FEATURE_EDX_GUEST_CRASH_MSRS;

    for (uint32_t msr = HV_X64_MSR_CRASH_P0; msr <= HV_X64_MSR_CRASH_CTL; msr++) {
        uint64_t value;

        CHECK(safe_rdmsr(msr, &value).raised == !announced,
              "crash MSRs are %sannounced, but MSR 0x%x %s", announced ? "" : "not ", msr,
              announced ? "faults" : "answers");
    }
}

HV_TEST(discovery, npiep_exists_exactly_when_announced, COVERS(HV_REQ_CPUID_029), NEEDS_NOTHING,
        "A kernel that hides its descriptor tables relies on it")
{
    bool announced = hv_features() & HV_FEATURE_EDX_NPIEP;
    uint64_t value;

    CHECK(safe_rdmsr(HV_X64_MSR_NPIEP_CONFIG, &value).raised == !announced,
          "NPIEP is %sannounced, but its MSR %s", announced ? "" : "not ",
          announced ? "faults" : "answers");
}

HV_TEST(discovery, unhalted_timer_exists_exactly_when_announced,
        COVERS(HV_REQ_CPUID_037, HV_REQ_MSR_020), NEEDS_NOTHING,
        "The two MSRs lie next to others that exist everywhere")
{
    bool announced = (hv_features() & HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER) &&
                     hv_may(HV_PRIVILEGE_AccessSyntheticTimerRegs);
    uint64_t value;

    CHECK(safe_rdmsr(HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG, &value).raised == !announced,
          "the configuration MSR does not follow the announcement");
    CHECK(safe_rdmsr(HV_X64_MSR_STIME_UNHALTED_TIMER_COUNT, &value).raised == !announced,
          "the count MSR does not follow the announcement");
}

HV_TEST(discovery, reset_is_recommended_only_with_its_privilege,
        COVERS(HV_REQ_CPUID_040, HV_REQ_CPUID_046), NEEDS(.recommends = HV_RECOMMEND_EAX_RESET_MSR),
        "A recommendation obliges the implementation to support what it recommends")
{
    uint64_t value;

    CHECK(hv_may(HV_PRIVILEGE_AccessResetReg), "AccessResetReg is not announced");
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_RESET, &value));
}

HV_TEST(discovery, apic_msrs_are_recommended_only_with_their_privilege, COVERS(HV_REQ_CPUID_045),
        NEEDS(.recommends = HV_RECOMMEND_EAX_APIC_MSRS),
        "A guest that follows the recommendation has no other way to end an interrupt")
{
    uint64_t value;

    CHECK(hv_may(HV_PRIVILEGE_AccessIntrCtrlRegs), "AccessIntrCtrlRegs is not announced");
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_TPR, &value));
}

HV_TEST(discovery, flush_by_mask_is_not_recommended_without_a_vp_limit,
        COVERS(HV_REQ_CPUID_044, HV_REQ_CPUID_062), NEEDS_NOTHING, "A 64-bit mask can't name VP 64")
{
    uint32_t limit = cpuid(HV_CPUID_IMPLEMENTATION_LIMITS).eax;
    uint32_t recommends = cpuid(HV_CPUID_ENLIGHTENMENT_INFO).eax;
    uint32_t by_mask =
        HV_RECOMMEND_EAX_LOCAL_FLUSH_HYPERCALL | HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL;

    test_value("max-vps", "0x%x", limit);
    if (limit == 0xffffffff && !(recommends & HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS))
        CHECK_EQ(recommends & by_mask, 0);
    else
        CHECK(true, "there is a limit");
}

HV_TEST(discovery, physical_address_width_agrees_with_the_processor, COVERS(HV_REQ_CPUID_060),
        NEEDS_NOTHING, "A guest that believes a larger width puts pages where there can be none")
{
    struct cpuid_regs r = cpuid(HV_CPUID_ENLIGHTENMENT_INFO);
    unsigned bits = r.ecx & HV_RECOMMEND_ECX_PHYSICAL_ADDRESS_BITS_MASK;

    CHECK(bits <= 52, "%u bits are more than the architecture has", bits);
    CHECK(bits == 0 || bits <= hv_physical_address_bits(), "%u bits, but CPUID 0x80000008 says %u",
          bits, hv_physical_address_bits());
    CHECK_EQ(r.ecx & ~HV_RECOMMEND_ECX_PHYSICAL_ADDRESS_BITS_MASK, 0);
    CHECK_EQ(r.edx, 0);
}

HV_TEST(discovery, spin_retry_count_is_usable, COVERS(HV_REQ_CPUID_058, HV_REQ_CPUID_059),
        NEEDS_NOTHING,
        "0 and 0xFFFFFFFF mean never; a number between is how often a guest spins before it tells")
{
    uint32_t retries = cpuid(HV_CPUID_ENLIGHTENMENT_INFO).ebx;

    test_value("spin-retries", "0x%x", retries);
    if (retries == 0 || retries == HV_RECOMMEND_EBX_SPIN_RETRIES_NEVER) {
        CHECK(true, "never notify");
        return;
    }
    hv_enable_hypercalls();
    CHECK_EQ(
        hv_result_status(hv_call(hv_control(HvCallNotifyLongSpinWait, true, 0, 0, 0), retries, 0)),
        HV_STATUS_SUCCESS);
}

static uint32_t highest_index;

static void note_index(void *unused)
{
    uint64_t index;

    (void)unused;
    if (safe_rdmsr(HV_X64_MSR_VP_INDEX, &index).raised)
        return;
    for (uint32_t seen = highest_index; index > seen;)
        if (__atomic_compare_exchange_n(&highest_index, &seen, (uint32_t)index, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            break;
}

HV_TEST(discovery, vp_indexes_are_below_the_limit, COVERS(HV_REQ_CPUID_061, HV_REQ_CPUID_063),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex), "Guests size their tables by the limit")
{
    struct cpuid_regs r = cpuid(HV_CPUID_IMPLEMENTATION_LIMITS);

    highest_index = 0;
    REQUIRE_NO_FAULT(smp_call_all(note_index, NULL));
    CHECK(r.eax == 0 || highest_index < r.eax, "VP index %u, limit %u", highest_index, r.eax);
    CHECK(r.eax == 0 || cpu_count() <= r.eax, "%u VPs, limit %u", cpu_count(), r.eax);
    CHECK_EQ(r.edx, 0);
}

HV_TEST(discovery, hardware_leaf_reserved_fields_are_zero, COVERS(HV_REQ_CPUID_066), NEEDS_NOTHING,
        "Leaf 6 tells which hardware is in use; what is reserved must not look used")
{
    struct cpuid_regs r = cpuid(HV_CPUID_HARDWARE_FEATURES);

    CHECK_EQ(r.eax & 0xfe000000, 0);
    CHECK_EQ(r.ebx, 0);
    CHECK_EQ(r.ecx, 0);
    CHECK_EQ(r.edx, 0);
    test_value("hardware", "0x%08x", r.eax);
}

HV_TEST(discovery, nesting_level_is_zero_unless_nested, COVERS(HV_REQ_CPUID_065, HV_REQ_CPUID_052),
        NEEDS_NOTHING,
        "A guest one level deep that is told otherwise talks to the wrong hypervisor")
{
    uint32_t level = cpuid(HV_CPUID_HARDWARE_FEATURES).eax & HV_HARDWARE_EAX_HYPERVISOR_LEVEL_MASK;
    bool nested = cpuid(HV_CPUID_ENLIGHTENMENT_INFO).eax & HV_RECOMMEND_EAX_NESTED;

    CHECK(nested || level == 0, "level %u without the nested bit",
          level >> HV_HARDWARE_EAX_HYPERVISOR_LEVEL_SHIFT);
}

HV_TEST(discovery, leaves_beyond_the_range_are_zero, COVERS(HV_REQ_CPUID_076), NEEDS_NOTHING,
        "A leaf beyond the highest shows the highest basic leaf on bare Intel machines; not here")
{
    uint32_t beyond[] = { max_leaf() + 1, 0x400000f0, 0x400000ff };

    for (unsigned i = 0; i < 3; i++) {
        struct cpuid_regs r;

        if (beyond[i] <= max_leaf())
            continue;
        r = cpuid(beyond[i]);
        CHECK((r.eax | r.ebx | r.ecx | r.edx) == 0, "leaf 0x%x is 0x%x 0x%x 0x%x 0x%x", beyond[i],
              r.eax, r.ebx, r.ecx, r.edx);
    }
}

HV_TEST(discovery, hypervisor_leaves_ignore_the_subleaf, COVERS(HV_REQ_CPUID_002), NEEDS_NOTHING,
        "Guests leave ECX as it happens to be")
{
    for (uint32_t leaf = LEAF_FIRST; leaf <= LEAF_FIRST + 6; leaf++) {
        struct cpuid_regs zero = cpuid_count(leaf, 0), other = cpuid_count(leaf, 0xdeadbeef);

        CHECK(memcmp(&zero, &other, sizeof(zero)) == 0, "leaf 0x%x depends on ECX", leaf);
    }
}

static uint64_t cpuid_at_cpl3(void *leaf)
{
    struct cpuid_regs r = cpuid((uint32_t)(uintptr_t)leaf);

    return (uint64_t)r.ebx << 32 | r.eax;
}

HV_TEST(discovery, user_mode_sees_the_same_leaves, COVERS(HV_REQ_CPUID_002, HV_REQ_CPUID_005),
        NEEDS_NOTHING,
        "Agents in user mode detect the hypervisor by CPUID, which has no privilege level")
{
    for (uint32_t leaf = LEAF_FIRST; leaf <= LEAF_FIRST + 5; leaf++) {
        uint64_t user = 0, kernel = cpuid_at_cpl3((void *)(uintptr_t)leaf);

        CHECK_NO_FAULT(run_user(cpuid_at_cpl3, (void *)(uintptr_t)leaf, &user));
        CHECK_EQ(user, kernel);
    }
}

HV_TEST(discovery, compatibility_mode_sees_the_same_leaves, COVERS(HV_REQ_CPUID_005), NEEDS_NOTHING,
        "A 32-bit kernel finds the same interface")
{
    static const uint8_t code[] = { 0x0f, 0xa2 };
    static const enum cpu_mode modes[] = { MODE_COMPAT_CPL0, MODE_COMPAT_CPL3, MODE_PROTECTED32,
                                           MODE_PAE32, MODE_REAL };

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct regs32 regs = { .eax = HV_CPUID_INTERFACE };

        if (!mode_usable(modes[i]))
            continue;
        CHECK_NO_FAULT(run_mode(modes[i], code, sizeof(code), &regs));
        CHECK(regs.eax == HV_INTERFACE_SIGNATURE, "%s: EAX is 0x%x", mode_name(modes[i]), regs.eax);
    }
}

HV_TEST(
    discovery, minimal_interface_has_no_host_privileges, COVERS(HV_REQ_CPUID_013),
    NEEDS(.lacks = HV_PRIVILEGE_CreatePartitions | HV_PRIVILEGE_AccessPartitionId),
    "An ordinary guest is not a parent; the requirements for third parties list what must be clear")
{
    uint64_t host =
        HV_PRIVILEGE_AccessMemoryPool | HV_PRIVILEGE_CreatePort | HV_PRIVILEGE_CpuManagement;

    CHECK_EQ(hv_privileges() & host, 0);
}
