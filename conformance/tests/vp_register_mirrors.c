/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Registers by name and by the other way to them: CPUID leaves, MSRs, instructions. It is one
 * state, and both ways have to agree.
 */
#include "vp_register_support.h"

/* ---- Registers that are CPUID leaves ---- */

static void check_leaf(uint32_t name, uint32_t leaf)
{
    struct cpuid_regs r = cpuid(leaf);
    struct hv_u128 value = get(name);

    CHECK(value.low == ((uint64_t)r.ebx << 32 | r.eax) &&
              value.high == ((uint64_t)r.edx << 32 | r.ecx),
          "register 0x%x is 0x%llx:0x%llx, leaf 0x%x is 0x%x 0x%x 0x%x 0x%x", name,
          (unsigned long long)value.high, (unsigned long long)value.low, leaf, r.eax, r.ebx, r.ecx,
          r.edx);
}

HV_TEST(virtual_processor, version_register_is_the_leaf, COVERS(HV_REQ_VP_026), REGISTER_ACCESS,
        "A guest whose CPUID is intercepted learns the version here")
{
    begin();
    check_leaf(HvRegisterHypervisorVersion, HV_CPUID_VERSION);
}

HV_TEST(virtual_processor, feature_registers_are_the_leaves, COVERS(HV_REQ_VP_027), REGISTER_ACCESS,
        "They are the same facts, and a guest may take them from either")
{
    begin();
    check_leaf(HvRegisterPrivilegesAndFeaturesInfo, HV_CPUID_FEATURES);
    check_leaf(HvRegisterFeaturesInfo, HV_CPUID_ENLIGHTENMENT_INFO);
    check_leaf(HvRegisterImplementationLimitsInfo, HV_CPUID_IMPLEMENTATION_LIMITS);
    check_leaf(HvRegisterHardwareFeaturesInfo, HV_CPUID_HARDWARE_FEATURES);
}

HV_TEST(virtual_processor, later_feature_registers_are_the_leaves, COVERS(HV_REQ_VP_028),
        REGISTER_ACCESS, "The register numbers skip one where the leaves do not")
{
    begin();
    check_leaf(HvRegisterCpuManagementFeaturesInfo, HV_CPUID_CPU_MANAGEMENT_FEATURES);
    check_leaf(HvRegisterPasidFeaturesInfo, HV_CPUID_SVM_FEATURES);
    check_leaf(HvRegisterNestedVirtFeaturesInfo, HV_CPUID_NESTED_VIRTUALIZATION_FEATURES);
}

/* ---- Registers that are MSRs ---- */

struct mirror {
    uint32_t name;
    uint32_t msr;
    uint64_t privilege;
};

static const struct mirror mirrors[] = {
    { HvRegisterGuestOsId, HV_X64_MSR_GUEST_OS_ID, 0 },
    { HvX64RegisterHypercall, HV_X64_MSR_HYPERCALL, 0 },
    { HvRegisterVpIndex, HV_X64_MSR_VP_INDEX, HV_PRIVILEGE_AccessVpIndex },
    { HvRegisterReferenceTsc, HV_X64_MSR_REFERENCE_TSC, HV_PRIVILEGE_AccessPartitionReferenceTsc },
    { HvRegisterVpAssistPage, HV_X64_MSR_VP_ASSIST_PAGE, HV_PRIVILEGE_AccessIntrCtrlRegs },
    { HvRegisterProcessorClockFrequency, HV_X64_MSR_TSC_FREQUENCY,
      HV_PRIVILEGE_AccessFrequencyRegs },
    { HvRegisterInterruptClockFrequency, HV_X64_MSR_APIC_FREQUENCY,
      HV_PRIVILEGE_AccessFrequencyRegs },
};

static void check_mirror(const struct mirror *mirror)
{
    uint64_t expected;
    struct hv_u128 value;

    if (!hv_may(mirror->privilege))
        return;
    CHECK_NO_FAULT(safe_rdmsr(mirror->msr, &expected));
    value = get(mirror->name);
    CHECK(value.low == expected && value.high == 0,
          "register 0x%x is 0x%llx:0x%llx, MSR 0x%x is 0x%llx", mirror->name,
          (unsigned long long)value.high, (unsigned long long)value.low, mirror->msr,
          (unsigned long long)expected);
}

HV_TEST(virtual_processor, synthetic_registers_are_the_msrs, COVERS(HV_REQ_VP_029), REGISTER_ACCESS,
        "One state with two names")
{
    begin();
    for (unsigned i = 0; i < sizeof(mirrors) / sizeof(mirrors[0]); i++)
        check_mirror(&mirrors[i]);
    safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID + 9);
    check_mirror(&mirrors[0]);
}

HV_TEST(virtual_processor, clock_registers_run_with_the_msrs, COVERS(HV_REQ_VP_029),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters |
                            HV_PRIVILEGE_AccessPartitionReferenceCounter |
                            HV_PRIVILEGE_AccessVpRunTimeReg),
        "A value read by the call lies between two read by the MSR")
{
    uint64_t before, after, between;

    begin();
    for (unsigned i = 0; i < 4; i++) {
        before = rdmsr(HV_X64_MSR_TIME_REF_COUNT);
        between = get(HvRegisterTimeRefCount).low;
        after = rdmsr(HV_X64_MSR_TIME_REF_COUNT);
        CHECK(before <= between && between <= after, "%llu, %llu, %llu", (unsigned long long)before,
              (unsigned long long)between, (unsigned long long)after);
        before = rdmsr(HV_X64_MSR_VP_RUNTIME);
        between = get(HvRegisterVpRuntime).low;
        after = rdmsr(HV_X64_MSR_VP_RUNTIME);
        CHECK(before <= between && between <= after, "%llu, %llu, %llu", (unsigned long long)before,
              (unsigned long long)between, (unsigned long long)after);
    }
}

HV_TEST(virtual_processor, guest_os_id_can_be_set, COVERS(HV_REQ_VP_015, HV_REQ_VP_029),
        REGISTER_ACCESS, "What is set by name is read by MSR, and the other way round")
{
    static const uint64_t ids[] = { 1, TEST_GUEST_OS_ID, UINT64_C(0xfedcba9876543210) };

    begin();
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        set(HvRegisterGuestOsId, ids[i]);
        CHECK_EQ(rdmsr(HV_X64_MSR_GUEST_OS_ID), ids[i]);
        CHECK_EQ(get(HvRegisterGuestOsId).low, ids[i]);
    }
}

#define NEAR_RET 0xc3

static uint8_t other_page[4096] __attribute__((aligned(4096)));

HV_TEST(virtual_processor, hypercall_page_can_be_moved, COVERS(HV_REQ_VP_015, HV_REQ_HC_011),
        REGISTER_ACCESS,
        "The register moves the page as the MSR does: here, under the caller's feet")
{
    uint64_t value = phys_of(other_page) | HV_X64_MSR_HYPERCALL_ENABLE;
    struct regs regs = { .rcx = hv_control(HvCallNotifyLongSpinWait, true, 0, 0, 0), .rdx = 1 };
    uint64_t result;

    /* What the caller returns to once the page has gone from under it. */
    memset(virt_of(hv_hypercall_gpa()), NEAR_RET, PAGE_SIZE);
    begin();
    result = try_set(HvX64RegisterHypercall, value);
    if (hv_result_status(result) != HV_STATUS_SUCCESS)
        test_skip("HvX64RegisterHypercall can't be set: status 0x%x", hv_result_status(result));
    CHECK_EQ(rdmsr(HV_X64_MSR_HYPERCALL), value);
    CHECK_NO_FAULT(safe_hypercall(ENTRY_ADDRESS, phys_of(other_page), &regs));
    CHECK_EQ(regs.rax, HV_STATUS_SUCCESS);
}

HV_TEST(virtual_processor, crash_registers_are_the_msrs, COVERS(HV_REQ_VP_015, HV_REQ_VP_016),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters,
              .features = HV_FEATURE_EDX_GUEST_CRASH_MSRS),
        "Debuggers read the report by these names")
{
    begin();
    for (uint32_t i = 0; i < 5; i++) {
        uint64_t value = UINT64_C(0x0123456789abcde0) + i;

        set(HvRegisterGuestCrashP0 + i, value);
        CHECK_EQ(rdmsr(HV_X64_MSR_CRASH_P0 + i), value);
        CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0 + i, ~value));
        CHECK_EQ(get(HvRegisterGuestCrashP0 + i).low, ~value);
        CHECK_EQ(get(HvRegisterGuestCrashP0 + i).high, 0);
        CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0 + i, 0));
    }
    CHECK_EQ(get(HvRegisterGuestCrashCtl).low, rdmsr(HV_X64_MSR_CRASH_CTL));
}

HV_TEST(virtual_processor, synic_registers_are_the_msrs, COVERS(HV_REQ_VP_030),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_AccessSynicRegs),
        "Save and restore by name must find what was written by MSR")
{
    static const struct mirror synic[] = { { HvRegisterScontrol, HV_X64_MSR_SCONTROL, 0 },
                                           { HvRegisterSversion, HV_X64_MSR_SVERSION, 0 },
                                           { HvRegisterSifp, HV_X64_MSR_SIEFP, 0 },
                                           { HvRegisterSipp, HV_X64_MSR_SIMP, 0 },
                                           { HvRegisterEom, HV_X64_MSR_EOM, 0 } };

    begin();
    for (unsigned i = 0; i < sizeof(synic) / sizeof(synic[0]); i++)
        check_mirror(&synic[i]);
    for (uint32_t i = 0; i < 16; i++) {
        struct mirror sint = { HvRegisterSint0 + i, HV_X64_MSR_SINT0 + i, 0 };

        check_mirror(&sint);
    }
}

HV_TEST(virtual_processor, timer_registers_are_the_msrs, COVERS(HV_REQ_VP_031),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_AccessSyntheticTimerRegs),
        "Configuration and count alternate, in the names as in the MSRs")
{
    begin();
    for (uint32_t i = 0; i < 8; i++) {
        struct mirror timer = { HvRegisterStimer0Config + i, HV_X64_MSR_STIMER0_CONFIG + i, 0 };

        check_mirror(&timer);
    }
}

/* ---- Registers of the architecture ---- */

struct architectural {
    uint32_t name;
    uint32_t msr;
};

static const struct architectural msr_registers[] = {
    { HvX64RegisterEfer, MSR_EFER },     { HvX64RegisterKernelGsBase, MSR_KERNEL_GS_BASE },
    { HvX64RegisterPat, MSR_PAT },       { HvX64RegisterApicBase, MSR_APIC_BASE },
    { HvX64RegisterStar, 0xc0000081 },   { HvX64RegisterLstar, 0xc0000082 },
    { HvX64RegisterSysenterCs, 0x174 },  { HvX64RegisterSysenterEsp, 0x175 },
    { HvX64RegisterSysenterEip, 0x176 },
};

HV_TEST(virtual_processor, architectural_msrs_by_name, COVERS(HV_REQ_VP_014, HV_REQ_VP_016),
        REGISTER_ACCESS, "The parent has no other way to them, and reads what the guest sees")
{
    begin();
    wrmsr(MSR_KERNEL_GS_BASE, 0x123456789000);
    for (unsigned i = 0; i < sizeof(msr_registers) / sizeof(msr_registers[0]); i++) {
        struct hv_u128 value = get(msr_registers[i].name);

        CHECK(value.low == rdmsr(msr_registers[i].msr) && value.high == 0,
              "register 0x%x is 0x%llx, MSR 0x%x is 0x%llx", msr_registers[i].name,
              (unsigned long long)value.low, msr_registers[i].msr,
              (unsigned long long)rdmsr(msr_registers[i].msr));
    }
    wrmsr(MSR_KERNEL_GS_BASE, 0);
}

HV_TEST(virtual_processor, control_registers_by_name, COVERS(HV_REQ_VP_033, HV_REQ_VP_016),
        REGISTER_ACCESS, "What is read is what the guest wrote, not what the hardware runs with")
{
    begin();
    write_cr2(0x1234567000);
    CHECK_EQ(get(HvX64RegisterCr0).low, read_cr0());
    CHECK_EQ(get(HvX64RegisterCr2).low, read_cr2());
    CHECK_EQ(get(HvX64RegisterCr3).low, read_cr3());
    CHECK_EQ(get(HvX64RegisterCr4).low, read_cr4());
    CHECK_EQ(get(HvX64RegisterCr8).low, read_cr8());
}

HV_TEST(virtual_processor, general_registers_by_name, COVERS(HV_REQ_VP_032), REGISTER_ACCESS,
        "The order of the names is that of the encoding: RAX, RCX, RDX, RBX, ...")
{
    static const uint32_t names[] = { HvX64RegisterRbx, HvX64RegisterRsi, HvX64RegisterRbp,
                                      HvX64RegisterR12, HvX64RegisterR15 };
    struct regs regs = { .rcx = hv_control(HvCallGetVpRegisters, false, 0, 5, 0),
                         .rdx = phys_of(input),
                         .r8 = phys_of(output),
                         .rbx = 0x1111,
                         .rsi = 0x2222,
                         .rbp = 0x3333,
                         .r12 = 0x4444,
                         .r15 = 0x5555 };
    const struct hv_u128 *values = (const void *)output;

    begin();
    memcpy(header() + 1, names, sizeof(names));
    REQUIRE_NO_FAULT(hv_call_regs(&regs));
    CHECK_EQ(regs.rax, UINT64_C(5) << 32);
    for (unsigned i = 0; i < 5; i++)
        CHECK(values[i].low == 0x1111 * (i + 1) && values[i].high == 0, "register 0x%x is 0x%llx",
              names[i], (unsigned long long)values[i].low);
}

HV_TEST(virtual_processor, an_architectural_register_can_be_set, COVERS(HV_REQ_VP_015),
        REGISTER_ACCESS, "The guest finds the value in the register when the call returns")
{
    uint64_t before = rdmsr(MSR_KERNEL_GS_BASE);

    begin();
    set(HvX64RegisterKernelGsBase, 0x7654321000);
    CHECK_EQ(rdmsr(MSR_KERNEL_GS_BASE), 0x7654321000);
    set(HvX64RegisterCr2, 0x9876543000);
    CHECK_EQ(read_cr2(), 0x9876543000);
    wrmsr(MSR_KERNEL_GS_BASE, before);
}

HV_TEST(virtual_processor, invalid_values_of_architectural_registers_are_refused,
        COVERS(HV_REQ_VP_022), REGISTER_ACCESS,
        "A value that VM entry refuses ends the partition if nobody looks at it before")
{
    static const struct {
        uint32_t name;
        uint64_t value;
    } bad[] = {
        { HvX64RegisterEfer, UINT64_C(1) << 63 }, { HvX64RegisterCr4, UINT64_C(1) << 63 },
        { HvX64RegisterCr0, UINT64_C(1) << 32 },  { HvX64RegisterCr8, 16 },
        { HvX64RegisterPat, 0x0202020202020202 },
    };

    begin();
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hv_u128 before = get(bad[i].name);
        uint16_t status = hv_result_status(try_set(bad[i].name, bad[i].value));

        CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_REGISTER_VALUE,
              "register 0x%x, value 0x%llx: status 0x%x", bad[i].name,
              (unsigned long long)bad[i].value, status);
        CHECK_EQ(get(bad[i].name).low, before.low);
    }
}
