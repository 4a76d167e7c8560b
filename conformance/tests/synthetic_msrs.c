/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Synthetic MSRs: who may access which, what is read-only, what is refused.
 *
 * Xen accepts a write to VP_INDEX and answers registers whose privilege it does not announce; KVM's
 * own tests check its gating only where user space enforces it. Guests probe under an exception
 * handler, so the exception is the interface.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

static bool is_gp(struct fault fault)
{
    return fault.raised && fault.vector == VECTOR_GP;
}

/* Reading and writing each MSR of a range raises #GP. */
static void check_range_faults(uint32_t first, uint32_t last)
{
    for (uint32_t msr = first; msr <= last; msr++) {
        uint64_t value;

        CHECK(is_gp(safe_rdmsr(msr, &value)), "reading MSR 0x%x raises no #GP", msr);
        CHECK(is_gp(safe_wrmsr(msr, 0)), "writing MSR 0x%x raises no #GP", msr);
    }
}

HV_TEST(synthetic_msrs, unknown_msrs_fault, COVERS(HV_REQ_MSR_002), NEEDS_NOTHING,
        "A number that means nothing today must not look as if it held something")
{
    static const uint32_t unknown[] = {
        0x40000004, 0x4000000f, 0x40000011, 0x4000001f, 0x40000024,
        0x4000003f, 0x400000a0, 0x400000ef, 0x40000119, 0x40000fff
    };

    for (unsigned i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        check_range_faults(unknown[i], unknown[i]);
}

HV_TEST(synthetic_msrs, unknown_msr_outside_the_synthetic_range_faults, COVERS(HV_REQ_MSR_002),
        NEEDS_NOTHING, "The same rule holds for the rest of the MSR space")
{
    uint64_t value;

    CHECK_FAULT(safe_rdmsr(0x40010000, &value), VECTOR_GP);
    CHECK_FAULT(safe_rdmsr(0x3fffffff, &value), VECTOR_GP);
    CHECK_FAULT(safe_wrmsr(0x40010000, 0), VECTOR_GP);
}

static uint64_t read_at_cpl3(void *msr)
{
    return rdmsr((uint32_t)(uintptr_t)msr);
}

static uint64_t write_at_cpl3(void *msr)
{
    wrmsr((uint32_t)(uintptr_t)msr, TEST_GUEST_OS_ID);
    return 0;
}

HV_TEST(hypercall_abi, registers_are_zero_when_the_guest_starts,
        COVERS(HV_REQ_HC_001, HV_REQ_HC_017), NEEDS_NOTHING,
        "A page that nobody asked for would lie over memory that the guest uses")
{
    REQUIRE_NO_FAULT(hv_initial_state()->fault);
    CHECK_EQ(hv_initial_state()->guest_os_id, 0);
    CHECK(hv_is_initial_place(hv_initial_state()->hypercall), "HYPERCALL is 0x%llx",
          (unsigned long long)hv_initial_state()->hypercall);
}

HV_TEST(synthetic_msrs, user_mode_can_not_access_them, COVERS(HV_REQ_MSR_005), NEEDS_NOTHING,
        "A process that could write the guest OS id would take the hypercall page from its kernel")
{
    uint64_t value;

    CHECK_FAULT(run_user(read_at_cpl3, (void *)HV_X64_MSR_GUEST_OS_ID, &value), VECTOR_GP);
    CHECK_FAULT(run_user(write_at_cpl3, (void *)HV_X64_MSR_GUEST_OS_ID, &value), VECTOR_GP);
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &value));
    CHECK_EQ(value, 0);
}

HV_TEST(synthetic_msrs, hypercall_msrs_follow_their_privilege, COVERS(HV_REQ_MSR_005),
        NEEDS_NOTHING, "AccessHypercallMsrs is mandatory, so the two registers have to answer")
{
    uint64_t value;

    CHECK(hv_may(HV_PRIVILEGE_AccessHypercallMsrs) ==
              !safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &value).raised,
          "GUEST_OS_ID does not follow AccessHypercallMsrs");
    CHECK(hv_may(HV_PRIVILEGE_AccessHypercallMsrs) ==
              !safe_rdmsr(HV_X64_MSR_HYPERCALL, &value).raised,
          "HYPERCALL does not follow AccessHypercallMsrs");
}

HV_TEST(synthetic_msrs, vp_index_follows_its_privilege, COVERS(HV_REQ_MSR_006), NEEDS_NOTHING,
        "AccessVpIndex gates the register that all processor masks are built from")
{
    uint64_t value;

    CHECK(hv_may(HV_PRIVILEGE_AccessVpIndex) == !safe_rdmsr(HV_X64_MSR_VP_INDEX, &value).raised,
          "VP_INDEX does not follow AccessVpIndex");
}

HV_TEST(synthetic_msrs, reset_without_privilege_faults, COVERS(HV_REQ_MSR_007),
        NEEDS(.lacks = HV_PRIVILEGE_AccessResetReg), "A guest that may not reset must be told so")
{
    check_range_faults(HV_X64_MSR_RESET, HV_X64_MSR_RESET);
}

HV_TEST(synthetic_msrs, vp_runtime_without_privilege_faults, COVERS(HV_REQ_MSR_008),
        NEEDS(.lacks = HV_PRIVILEGE_AccessVpRunTimeReg),
        "Run time is a side channel where it is not granted")
{
    check_range_faults(HV_X64_MSR_VP_RUNTIME, HV_X64_MSR_VP_RUNTIME);
}

HV_TEST(synthetic_msrs, reference_counter_without_privilege_faults, COVERS(HV_REQ_MSR_009),
        NEEDS(.lacks = HV_PRIVILEGE_AccessPartitionReferenceCounter),
        "A guest chooses its clock by what it may read")
{
    check_range_faults(HV_X64_MSR_TIME_REF_COUNT, HV_X64_MSR_TIME_REF_COUNT);
}

HV_TEST(synthetic_msrs, reference_tsc_without_privilege_faults, COVERS(HV_REQ_MSR_010),
        NEEDS(.lacks = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "A guest chooses its clock by what it may read")
{
    check_range_faults(HV_X64_MSR_REFERENCE_TSC, HV_X64_MSR_REFERENCE_TSC);
}

HV_TEST(synthetic_msrs, frequencies_without_privilege_fault, COVERS(HV_REQ_MSR_011),
        NEEDS(.lacks = HV_PRIVILEGE_AccessFrequencyRegs),
        "A guest that finds a frequency here stops measuring it")
{
    check_range_faults(HV_X64_MSR_TSC_FREQUENCY, HV_X64_MSR_APIC_FREQUENCY);
}

HV_TEST(synthetic_msrs, apic_msrs_without_privilege_fault, COVERS(HV_REQ_MSR_012, HV_REQ_MSR_013),
        NEEDS(.lacks = HV_PRIVILEGE_AccessIntrCtrlRegs),
        "A guest that believes in the EOI register ends its interrupts nowhere")
{
    check_range_faults(HV_X64_MSR_EOI, HV_X64_MSR_VP_ASSIST_PAGE);
}

HV_TEST(synthetic_msrs, synic_msrs_without_privilege_fault, COVERS(HV_REQ_MSR_014),
        NEEDS(.lacks = HV_PRIVILEGE_AccessSynicRegs),
        "A guest without SynIC must not find half of one")
{
    check_range_faults(HV_X64_MSR_SCONTROL, HV_X64_MSR_EOM);
    check_range_faults(HV_X64_MSR_SINT0, HV_X64_MSR_SINT15);
}

HV_TEST(synthetic_msrs, timer_msrs_without_privilege_fault, COVERS(HV_REQ_MSR_015),
        NEEDS(.lacks = HV_PRIVILEGE_AccessSyntheticTimerRegs),
        "A timer that is there and never fires hangs a boot")
{
    check_range_faults(HV_X64_MSR_STIMER0_CONFIG, HV_X64_MSR_STIMER3_COUNT);
}

HV_TEST(synthetic_msrs, statistics_msrs_without_privilege_fault, COVERS(HV_REQ_MSR_016),
        NEEDS(.lacks = HV_PRIVILEGE_AccessStatsReg), "Statistics of the host are not for everybody")
{
    check_range_faults(HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE, HV_X64_MSR_STATS_VP_INTERNAL_PAGE);
}

HV_TEST(synthetic_msrs, guest_idle_without_privilege_faults, COVERS(HV_REQ_MSR_017),
        NEEDS(.lacks = HV_PRIVILEGE_AccessGuestIdleReg),
        "KVM once announced the bit by mistake; an idle loop on a register that returns at once "
        "burns a core")
{
    check_range_faults(HV_X64_MSR_GUEST_IDLE, HV_X64_MSR_GUEST_IDLE);
}

HV_TEST(synthetic_msrs, reenlightenment_without_privilege_faults, COVERS(HV_REQ_MSR_019),
        NEEDS(.lacks = HV_PRIVILEGE_AccessReenlightenmentControls),
        "A guest that arms it waits to be told of migrations")
{
    check_range_faults(HV_X64_MSR_REENLIGHTENMENT_CONTROL, HV_X64_MSR_TSC_EMULATION_STATUS);
}

HV_TEST(synthetic_msrs, npiep_without_feature_faults, COVERS(HV_REQ_MSR_022),
        NEEDS(.lacks_features = HV_FEATURE_EDX_NPIEP),
        "A kernel that believes in it leaves its tables readable")
{
    check_range_faults(HV_X64_MSR_NPIEP_CONFIG, HV_X64_MSR_NPIEP_CONFIG);
}

/* A register that can be read and not written keeps its value and raises #GP. */
static void check_read_only(uint32_t msr)
{
    uint64_t before, after;

    REQUIRE_NO_FAULT(safe_rdmsr(msr, &before));
    CHECK(is_gp(safe_wrmsr(msr, before + 1)), "writing MSR 0x%x raises no #GP", msr);
    CHECK(is_gp(safe_wrmsr(msr, 0)), "writing 0 to MSR 0x%x raises no #GP", msr);
    REQUIRE_NO_FAULT(safe_rdmsr(msr, &after));
    if (msr != HV_X64_MSR_VP_RUNTIME)
        CHECK_EQ(after, before);
    else
        CHECK(after >= before, "VP run time went from %llu to %llu", (unsigned long long)before,
              (unsigned long long)after);
}

HV_TEST(synthetic_msrs, vp_index_is_read_only, COVERS(HV_REQ_MSR_029, HV_REQ_MSR_028),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex),
        "A guest that could change its VP index would be sent another VP's interrupts; Xen ignores "
        "the write")
{
    check_read_only(HV_X64_MSR_VP_INDEX);
}

HV_TEST(synthetic_msrs, vp_runtime_is_read_only, COVERS(HV_REQ_MSR_030, HV_REQ_MSR_028),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRunTimeReg),
        "It is an account that the hypervisor keeps")
{
    check_read_only(HV_X64_MSR_VP_RUNTIME);
}

HV_TEST(synthetic_msrs, frequencies_are_read_only, COVERS(HV_REQ_MSR_031, HV_REQ_MSR_028),
        NEEDS(.privileges = HV_PRIVILEGE_AccessFrequencyRegs), "They are facts of the machine")
{
    check_read_only(HV_X64_MSR_TSC_FREQUENCY);
    check_read_only(HV_X64_MSR_APIC_FREQUENCY);
}

HV_TEST(synthetic_msrs, reset_register_reads_zero, COVERS(HV_REQ_MSR_021),
        NEEDS(.privileges = HV_PRIVILEGE_AccessResetReg), "It is a trigger and holds nothing")
{
    uint64_t value;

    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_RESET, &value));
    CHECK_EQ(value, 0);
}

HV_TEST(synthetic_msrs, reset_register_ignores_zero, COVERS(HV_REQ_MSR_021),
        NEEDS(.privileges = HV_PRIVILEGE_AccessResetReg),
        "Only bit 0 resets; anything else must leave the guest alive")
{
    uint64_t value;

    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_RESET, 0));
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_RESET, &value));
    CHECK_EQ(value, 0);
}

static struct fault ap_fault;

static void read_reset(void *unused)
{
    uint64_t value;

    (void)unused;
    ap_fault = safe_rdmsr(HV_X64_MSR_RESET, &value);
}

HV_TEST(synthetic_msrs, reset_register_is_accessible_on_every_vp, COVERS(HV_REQ_MSR_021),
        NEEDS(.privileges = HV_PRIVILEGE_AccessResetReg, .vps = 2),
        "Whichever VP panics resets the machine")
{
    for (uint32_t vp = 0; vp < cpu_count(); vp++) {
        REQUIRE_NO_FAULT(smp_call(vp, read_reset, NULL));
        CHECK(!ap_fault.raised, "VP %u: %s", vp, vector_name(ap_fault.vector));
    }
}

HV_TEST(synthetic_msrs, upper_halves_of_registers_are_kept_on_write, COVERS(HV_REQ_MSR_032),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "WRMSR takes EDX:EAX, RDMSR returns both; neither half may be lost")
{
    uint64_t value;

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, UINT64_C(0x8102030405060708)));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &value));
    CHECK_EQ(value, UINT64_C(0x8102030405060708));
}

HV_TEST(synthetic_msrs, rdmsr_clears_the_upper_halves_of_rax_and_rdx, COVERS(HV_REQ_MSR_032),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex),
        "The architecture zero-extends; an emulator that ORs leaks the old value")
{
    uint64_t rax = ~UINT64_C(0), rdx = ~UINT64_C(0);

    __asm__ volatile("rdmsr" : "+a"(rax), "+d"(rdx) : "c"((uint64_t)HV_X64_MSR_VP_INDEX));
    CHECK_EQ(rax, rdmsr(HV_X64_MSR_VP_INDEX));
    CHECK_EQ(rdx, 0);
    /* One that is not synthetic, with something in both halves. */
    rax = rdx = ~UINT64_C(0);
    __asm__ volatile("rdmsr" : "+a"(rax), "+d"(rdx) : "c"((uint64_t)MSR_PAT));
    CHECK_EQ(rax >> 32, 0);
    CHECK_EQ(rdx >> 32, 0);
}

HV_TEST(synthetic_msrs, rdmsr_ignores_the_upper_half_of_rcx, COVERS(HV_REQ_MSR_032),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex), "The MSR is named by ECX alone")
{
    uint64_t rax, rdx;

    __asm__ volatile("rdmsr"
                     : "=a"(rax), "=d"(rdx)
                     : "c"(UINT64_C(0xabcd000000000000) | HV_X64_MSR_VP_INDEX));
    CHECK_EQ(rax, rdmsr(HV_X64_MSR_VP_INDEX));
}

/* What the page MSRs have in common: bits 11:1 can be written back as they were read. */
static void check_preserved_bits(uint32_t msr)
{
    uint64_t value;

    REQUIRE_NO_FAULT(safe_rdmsr(msr, &value));
    CHECK(!safe_wrmsr(msr, value).raised, "MSR 0x%x refuses the value that it returned", msr);
}

HV_TEST(synthetic_msrs, registers_accept_what_they_returned, COVERS(HV_REQ_MSR_032), NEEDS_NOTHING,
        "Guests change one bit by read, modify, write")
{
    check_preserved_bits(HV_X64_MSR_GUEST_OS_ID);
    check_preserved_bits(HV_X64_MSR_HYPERCALL);
    if (hv_may(HV_PRIVILEGE_AccessPartitionReferenceTsc))
        check_preserved_bits(HV_X64_MSR_REFERENCE_TSC);
    if (hv_may(HV_PRIVILEGE_AccessIntrCtrlRegs))
        check_preserved_bits(HV_X64_MSR_VP_ASSIST_PAGE);
    if (hv_may(HV_PRIVILEGE_AccessReenlightenmentControls))
        check_preserved_bits(HV_X64_MSR_REENLIGHTENMENT_CONTROL);
}

/* ---- NPIEP ---- */

static uint64_t store_gdt(void *unused)
{
    struct {
        uint8_t bytes[10];
    } table;

    (void)unused;
    __asm__ volatile("sgdt %0" : "=m"(table)::"memory");
    return 0;
}

static uint64_t store_idt(void *unused)
{
    struct {
        uint8_t bytes[10];
    } table;

    (void)unused;
    __asm__ volatile("sidt %0" : "=m"(table)::"memory");
    return 0;
}

static uint64_t store_ldt(void *unused)
{
    uint16_t selector;

    (void)unused;
    __asm__ volatile("sldt %0" : "=m"(selector)::"memory");
    return selector;
}

static uint64_t store_task(void *unused)
{
    uint16_t selector;

    (void)unused;
    __asm__ volatile("str %0" : "=m"(selector)::"memory");
    return selector;
}

HV_TEST(synthetic_msrs, npiep_stops_user_mode_only,
        COVERS(HV_REQ_MSR_022, HV_REQ_MSR_023, HV_REQ_MSR_024),
        NEEDS(.features = HV_FEATURE_EDX_NPIEP),
        "It hides kernel addresses from processes, and must not break the kernel")
{
    CHECK_NO_FAULT(run_user(store_gdt, NULL, NULL));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_NPIEP_CONFIG, HV_X64_MSR_NPIEP_CONFIG_PREVENT_SGDT));
    CHECK_FAULT(run_user(store_gdt, NULL, NULL), VECTOR_GP);
    CHECK_NO_FAULT(run_user(store_task, NULL, NULL));
    CHECK_NO_FAULT(safe_call(store_gdt, NULL, NULL));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_NPIEP_CONFIG, 0));
    CHECK_NO_FAULT(run_user(store_gdt, NULL, NULL));
}

HV_TEST(synthetic_msrs, npiep_has_a_bit_for_each_instruction, COVERS(HV_REQ_MSR_022),
        NEEDS(.features = HV_FEATURE_EDX_NPIEP),
        "A program that needs one of them is not to lose the others")
{
    static const struct {
        uint64_t bit;
        uint64_t (*store)(void *unused);
    } each[] = {
        { HV_X64_MSR_NPIEP_CONFIG_PREVENT_SGDT, store_gdt },
        { HV_X64_MSR_NPIEP_CONFIG_PREVENT_SIDT, store_idt },
        { HV_X64_MSR_NPIEP_CONFIG_PREVENT_SLDT, store_ldt },
        { HV_X64_MSR_NPIEP_CONFIG_PREVENT_STR, store_task },
    };
    const unsigned count = sizeof(each) / sizeof(each[0]);

    for (unsigned bit = 0; bit < count; bit++) {
        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_NPIEP_CONFIG, each[bit].bit));
        for (unsigned i = 0; i < count; i++)
            CHECK(run_user(each[i].store, NULL, NULL).raised == (i == bit),
                  "bit 0x%llx and instruction %u", (unsigned long long)each[bit].bit, i);
    }
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_NPIEP_CONFIG, 0));
}

static uint64_t ap_npiep;

static void read_npiep(void *unused)
{
    (void)unused;
    (void)safe_rdmsr(HV_X64_MSR_NPIEP_CONFIG, &ap_npiep);
}

HV_TEST(synthetic_msrs, npiep_is_per_vp, COVERS(HV_REQ_MSR_025),
        NEEDS(.features = HV_FEATURE_EDX_NPIEP, .vps = 2),
        "Each VP is configured as it is brought up")
{
    ap_npiep = ~UINT64_C(0);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_NPIEP_CONFIG, HV_X64_MSR_NPIEP_CONFIG_PREVENT_SGDT));
    (void)smp_call(1, read_npiep, NULL);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_NPIEP_CONFIG, 0));
    CHECK_EQ(ap_npiep, 0);
}
