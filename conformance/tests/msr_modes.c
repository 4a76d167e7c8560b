/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * RDMSR and WRMSR of synthetic MSRs in each mode of the processor. An emulator that decodes the
 * instruction by itself, or keeps registers in pairs, has a way for each.
 *
 * ACRN lost the upper half of a register on the way (acrn#5956).
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

static const uint8_t rdmsr_code[] = { 0x0f, 0x32 };
static const uint8_t wrmsr_code[] = { 0x0f, 0x30 };

/* The last may be unusable. */
static const enum cpu_mode supervisor[] = { MODE_COMPAT_CPL0, MODE_PROTECTED32, MODE_REAL,
                                            MODE_PAE32 };
#define MODES (mode_usable(MODE_PAE32) ? 4u : 3u)

#define UNKNOWN_MSR 0x4000ffffu

static struct fault read_in(enum cpu_mode mode, uint32_t msr, uint64_t *value)
{
    struct regs32 regs = { .eax = 0xaaaaaaaa, .edx = 0xbbbbbbbb, .ecx = msr };
    struct fault fault = run_mode(mode, rdmsr_code, sizeof(rdmsr_code), &regs);

    *value = (uint64_t)regs.edx << 32 | regs.eax;
    CHECK(regs.ecx == msr, "%s: ECX becomes 0x%x", mode_name(mode), regs.ecx);
    return fault;
}

static struct fault write_in(enum cpu_mode mode, uint32_t msr, uint64_t value)
{
    struct regs32 regs = { .eax = (uint32_t)value, .edx = (uint32_t)(value >> 32), .ecx = msr };

    return run_mode(mode, wrmsr_code, sizeof(wrmsr_code), &regs);
}

HV_TEST(synthetic_msrs, both_halves_travel_in_every_mode, COVERS(HV_REQ_MSR_005, HV_REQ_MSR_032),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "Kernels of 32 bits use the interface too; EDX is half of the value")
{
    for (unsigned i = 0; i < MODES; i++) {
        uint64_t written = UINT64_C(0x8100111122223330) + i, value;

        CHECK(!write_in(supervisor[i], HV_X64_MSR_GUEST_OS_ID, written).raised,
              "%s: writing faults", mode_name(supervisor[i]));
        CHECK_EQ(rdmsr(HV_X64_MSR_GUEST_OS_ID), written);
        wrmsr(HV_X64_MSR_GUEST_OS_ID, written ^ UINT64_C(0xff00000000ff));
        CHECK(!read_in(supervisor[i], HV_X64_MSR_GUEST_OS_ID, &value).raised, "%s: reading faults",
              mode_name(supervisor[i]));
        CHECK(value == (written ^ UINT64_C(0xff00000000ff)), "%s: EDX:EAX is 0x%llx",
              mode_name(supervisor[i]), (unsigned long long)value);
    }
}

HV_TEST(synthetic_msrs, the_vp_index_is_read_in_every_mode, COVERS(HV_REQ_MSR_006),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex), "EDX becomes zero with it")
{
    for (unsigned i = 0; i < MODES; i++) {
        uint64_t value;

        CHECK(!read_in(supervisor[i], HV_X64_MSR_VP_INDEX, &value).raised, "%s: reading faults",
              mode_name(supervisor[i]));
        CHECK(value == rdmsr(HV_X64_MSR_VP_INDEX), "%s: EDX:EAX is 0x%llx",
              mode_name(supervisor[i]), (unsigned long long)value);
    }
}

HV_TEST(synthetic_msrs, refusals_are_the_same_in_every_mode, COVERS(HV_REQ_MSR_002, HV_REQ_MSR_029),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex),
        "Nothing is found in real mode that protected mode hides")
{
    for (unsigned i = 0; i < MODES; i++) {
        uint64_t value;
        struct fault fault = read_in(supervisor[i], UNKNOWN_MSR, &value);

        CHECK(fault.raised && fault.vector == VECTOR_GP, "%s: reading 0x%x: %s",
              mode_name(supervisor[i]), UNKNOWN_MSR,
              fault.raised ? vector_name(fault.vector) : "no fault");
        CHECK(value == UINT64_C(0xbbbbbbbbaaaaaaaa), "%s: EDX:EAX becomes 0x%llx",
              mode_name(supervisor[i]), (unsigned long long)value);
        CHECK_FAULT(write_in(supervisor[i], UNKNOWN_MSR, 0), VECTOR_GP);
        CHECK_FAULT(write_in(supervisor[i], HV_X64_MSR_VP_INDEX, 5), VECTOR_GP);
    }
}

HV_TEST(synthetic_msrs, compatibility_mode_programs_can_not_access_them, COVERS(HV_REQ_MSR_005),
        NEEDS_NOTHING, "32-bit programs are programs too")
{
    uint64_t value;

    CHECK_FAULT(read_in(MODE_COMPAT_CPL3, HV_X64_MSR_GUEST_OS_ID, &value), VECTOR_GP);
    CHECK_FAULT(write_in(MODE_COMPAT_CPL3, HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID), VECTOR_GP);
    CHECK_FAULT(read_in(MODE_COMPAT_CPL3, HV_X64_MSR_VP_INDEX, &value), VECTOR_GP);
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &value));
    CHECK_EQ(value, 0);
}

HV_TEST(synthetic_msrs, reference_time_is_read_in_every_mode, COVERS(HV_REQ_MSR_009),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceCounter),
        "A boot loader in real mode may take its clock from here")
{
    for (unsigned i = 0; i < MODES; i++) {
        uint64_t before = rdmsr(HV_X64_MSR_TIME_REF_COUNT), value, after;

        CHECK_NO_FAULT(read_in(supervisor[i], HV_X64_MSR_TIME_REF_COUNT, &value));
        after = rdmsr(HV_X64_MSR_TIME_REF_COUNT);
        CHECK(before < value && value < after, "%s: %llu, %llu, %llu", mode_name(supervisor[i]),
              (unsigned long long)before, (unsigned long long)value, (unsigned long long)after);
    }
}
