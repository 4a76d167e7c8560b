/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Virtual processors: their indexes, and their registers by HvCallGetVpRegisters and
 * HvCallSetVpRegisters.
 *
 * Few implementations let a guest access its own registers; where one does, they are a second way
 * to the state behind MSRs and CPUID leaves, and both ways have to agree.
 */
#include "hypercall_support.h"

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

#define REGISTER_ACCESS NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters)
#define NO_PARTITION    UINT64_C(0x123456789abcdef0)

/* ---- VP indexes ---- */

static struct {
    uint64_t index;
    uint64_t apic_base;
    uint32_t initial_apic_id;
    uint32_t apic_id;
} seen[GUEST_MAX_CPUS];

static void note_identity(void *unused)
{
    uint32_t cpu = cpu_index();

    (void)unused;
    seen[cpu].index = ~UINT64_C(0);
    safe_rdmsr(HV_X64_MSR_VP_INDEX, &seen[cpu].index);
    seen[cpu].apic_base = rdmsr(MSR_APIC_BASE);
    seen[cpu].initial_apic_id = cpuid(1).ebx >> 24;
    seen[cpu].apic_id = apic_id();
}

static void see_all(void)
{
    REQUIRE_NO_FAULT(smp_call_all(note_identity, NULL));
}

#define VP_INDEX_ACCESS NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex)

HV_TEST(virtual_processor, indexes_are_unique_and_constant, COVERS(HV_REQ_VP_001), VP_INDEX_ACCESS,
        "Guests read the index once and address VPs by it for ever")
{
    static uint64_t first[GUEST_MAX_CPUS];

    see_all();
    for (uint32_t i = 0; i < cpu_count(); i++) {
        first[i] = seen[i].index;
        for (uint32_t j = 0; j < i; j++)
            CHECK(first[i] != first[j], "CPU %u and %u have index %llu", j, i,
                  (unsigned long long)first[i]);
    }
    for (unsigned round = 0; round < 4; round++) {
        see_all();
        for (uint32_t i = 0; i < cpu_count(); i++)
            CHECK_EQ(seen[i].index, first[i]);
    }
}

HV_TEST(virtual_processor, boot_processor_is_vp_0, COVERS(HV_REQ_VP_002), VP_INDEX_ACCESS,
        "What is done for VP 0 alone is done on the boot processor")
{
    const uint64_t bsp = UINT64_C(1) << 8;

    see_all();
    CHECK_EQ(seen[0].index, 0);
    for (uint32_t i = 0; i < cpu_count(); i++)
        CHECK(((seen[i].apic_base & bsp) != 0) == (seen[i].index == 0),
              "VP %llu: IA32_APIC_BASE is 0x%llx", (unsigned long long)seen[i].index,
              (unsigned long long)seen[i].apic_base);
}

HV_TEST(virtual_processor, no_vp_has_a_reserved_index, COVERS(HV_REQ_VP_003, HV_REQ_VP_001),
        VP_INDEX_ACCESS, "0xFFFFFFFE means the caller and 0xFFFFFFFF any VP")
{
    see_all();
    for (uint32_t i = 0; i < cpu_count(); i++)
        CHECK(seen[i].index < HV_VP_INDEX_SELF, "CPU %u has index 0x%llx", i,
              (unsigned long long)seen[i].index);
}

HV_TEST(virtual_processor, apic_ids_are_the_indexes, COVERS(HV_REQ_VP_005), VP_INDEX_ACCESS,
        "Guests that start VPs in order of APIC ids expect them in order of index")
{
    see_all();
    for (uint32_t i = 0; i < cpu_count(); i++) {
        CHECK_EQ(seen[i].initial_apic_id, seen[i].index & 0xff);
        CHECK(seen[i].apic_id == seen[i].index, "VP %llu has APIC id %u",
              (unsigned long long)seen[i].index, seen[i].apic_id);
    }
}

/* ---- The calls ---- */

static struct hv_input_vp_registers *header(void)
{
    return (struct hv_input_vp_registers *)(void *)input;
}

static void begin(void)
{
    hv_enable_hypercalls();
    memset(input, 0, sizeof(input));
    fill_register_header(input);
}

/* Reads a register of the VP in the header. @return result value */
static uint64_t try_get(uint32_t name, struct hv_u128 *value)
{
    uint64_t result;

    memcpy(header() + 1, &name, sizeof(name));
    memset(output, 0xa5, sizeof(output));
    result =
        hv_call(hv_control(HvCallGetVpRegisters, false, 0, 1, 0), phys_of(input), phys_of(output));
    memcpy(value, output, sizeof(*value));
    return result;
}

static uint64_t try_set_128(uint32_t name, uint64_t low, uint64_t high)
{
    struct hv_register_assoc element = { .name = name, .value.reg128 = { low, high } };

    memcpy(header() + 1, &element, sizeof(element));
    return hv_call(hv_control(HvCallSetVpRegisters, false, 0, 1, 0), phys_of(input), 0);
}

static uint64_t try_set(uint32_t name, uint64_t value)
{
    return try_set_128(name, value, 0);
}

static struct hv_u128 get(uint32_t name)
{
    struct hv_u128 value;
    uint64_t result = try_get(name, &value);

    CHECK(result == UINT64_C(1) << 32, "register 0x%x: result 0x%llx", name,
          (unsigned long long)result);
    return value;
}

static void set(uint32_t name, uint64_t value)
{
    uint64_t result = try_set(name, value);

    CHECK(result == UINT64_C(1) << 32, "register 0x%x: result 0x%llx", name,
          (unsigned long long)result);
}

/* A status without reps. */
static void check_refused(uint64_t result, uint16_t status, const char *what)
{
    CHECK(result == status, "%s: result 0x%llx, expected 0x%x", what, (unsigned long long)result,
          status);
}

/* ---- Whose registers ---- */

HV_TEST(virtual_processor, own_registers_by_index_and_by_self,
        COVERS(HV_REQ_VP_004, HV_REQ_VP_014, HV_REQ_VP_029), REGISTER_ACCESS,
        "SELF spares a read of the index; both name the same VP")
{
    begin();
    CHECK_EQ(get(HvRegisterVpIndex).low, rdmsr(HV_X64_MSR_VP_INDEX));
    header()->vp_index = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);
    CHECK_EQ(get(HvRegisterVpIndex).low, rdmsr(HV_X64_MSR_VP_INDEX));
}

HV_TEST(virtual_processor, registers_of_every_vp_can_be_read, COVERS(HV_REQ_VP_014, HV_REQ_VP_017),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_AccessVpIndex, .vps = 2),
        "The privilege is for the whole partition, and the other VPs run meanwhile")
{
    begin();
    see_all();
    for (uint32_t i = 0; i < cpu_count(); i++) {
        header()->vp_index = (uint32_t)seen[i].index;
        CHECK_EQ(get(HvRegisterVpIndex).low, seen[i].index);
        CHECK_EQ(get(HvRegisterGuestOsId).low, TEST_GUEST_OS_ID);
    }
}

struct self_read {
    struct hv_input_vp_registers header;
    uint32_t name[2];
} __attribute__((aligned(32)));

static struct self_read self_input[GUEST_MAX_CPUS] __attribute__((aligned(4096)));
static struct hv_u128 self_output[GUEST_MAX_CPUS] __attribute__((aligned(4096)));

static void read_own_index(void *unused)
{
    uint32_t cpu = cpu_index();
    struct regs regs = { .rcx = hv_control(HvCallGetVpRegisters, false, 0, 1, 0),
                         .rdx = phys_of(&self_input[cpu]),
                         .r8 = phys_of(&self_output[cpu]) };

    (void)unused;
    fill_register_header((uint8_t *)&self_input[cpu]);
    self_input[cpu].name[0] = HvRegisterVpIndex;
    for (unsigned i = 0; i < 20; i++) {
        struct regs call = regs;

        CHECK_NO_FAULT(hv_call_regs(&call));
        CHECK_EQ(call.rax, UINT64_C(1) << 32);
        CHECK_EQ(self_output[cpu].low, rdmsr(HV_X64_MSR_VP_INDEX));
    }
}

HV_TEST(virtual_processor, self_is_the_vp_that_calls, COVERS(HV_REQ_VP_004),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_AccessVpIndex, .vps = 2),
        "All VPs ask at once and each gets its own answer")
{
    hv_enable_hypercalls();
    CHECK_NO_FAULT(smp_call_all(read_own_index, NULL));
}

HV_TEST(virtual_processor, vps_that_are_not_there_are_refused, COVERS(HV_REQ_VP_019, HV_REQ_VP_003),
        REGISTER_ACCESS, "An index out of a table is the oldest way out of a partition")
{
    static const uint32_t nobody[] = { 0x00000800, 0x00010000, 0x7fffffff,
                                       0x80000000, 0xfffffffd, HV_ANY_VP };
    struct hv_u128 value;

    begin();
    for (unsigned i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
        header()->vp_index = nobody[i];
        check_refused(try_get(HvRegisterVpIndex, &value), HV_STATUS_INVALID_VP_INDEX, "get");
        check_refused(try_set(HvRegisterGuestOsId, TEST_GUEST_OS_ID), HV_STATUS_INVALID_VP_INDEX,
                      "set");
    }
    header()->vp_index = cpu_count();
    check_refused(try_get(HvRegisterVpIndex, &value), HV_STATUS_INVALID_VP_INDEX, "the next VP");
}

HV_TEST(virtual_processor, other_partitions_are_refused, COVERS(HV_REQ_VP_020, HV_REQ_VP_017),
        REGISTER_ACCESS, "An invalid id is refused as such, or as one that is not the caller's")
{
    static const uint64_t ids[] = { 0, NO_PARTITION, UINT64_C(0xfffffffffffffffe) };
    struct hv_u128 value;

    begin();
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        uint16_t got, put;

        header()->partition_id = ids[i];
        got = hv_result_status(try_get(HvRegisterVpIndex, &value));
        put = hv_result_status(try_set(HvRegisterGuestOsId, TEST_GUEST_OS_ID));
        CHECK(got == HV_STATUS_INVALID_PARTITION_ID || got == HV_STATUS_ACCESS_DENIED,
              "get, partition 0x%llx: status 0x%x", (unsigned long long)ids[i], got);
        CHECK_EQ(put, got);
        test_value("other-partition-status", "0x%x", got);
    }
}

HV_TEST(virtual_processor, own_partition_by_its_id, COVERS(HV_REQ_VP_014, HV_REQ_VP_020),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_AccessPartitionId),
        "SELF is another name of the partition, not the only one")
{
    uint64_t id;

    begin();
    REQUIRE_EQ(hv_call(HvGetPartitionId, 0, phys_of(output)), HV_STATUS_SUCCESS);
    memcpy(&id, output, sizeof(id));
    header()->partition_id = id;
    CHECK_EQ(get(HvRegisterGuestOsId).low, TEST_GUEST_OS_ID);
    set(HvRegisterGuestOsId, TEST_GUEST_OS_ID + 1);
    CHECK_EQ(rdmsr(HV_X64_MSR_GUEST_OS_ID), TEST_GUEST_OS_ID + 1);
}

HV_TEST(virtual_processor, vtl_of_the_header_is_checked, COVERS(HV_REQ_VP_014),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters, .lacks = HV_PRIVILEGE_AccessVSM),
        "Without virtual secure mode there is VTL 0 and no other")
{
    struct hv_u128 value;

    begin();
    header()->input_vtl = HV_INPUT_VTL_USE_TARGET_VTL;
    CHECK_EQ(get(HvRegisterGuestOsId).low, TEST_GUEST_OS_ID);
    for (uint8_t vtl = 1; vtl < 16; vtl++) {
        uint16_t status;

        header()->input_vtl = (uint8_t)(HV_INPUT_VTL_USE_TARGET_VTL | vtl);
        status = hv_result_status(try_get(HvRegisterGuestOsId, &value));
        CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_VTL_STATE ||
                  status == HV_STATUS_ACCESS_DENIED,
              "VTL %u: status 0x%x", vtl, status);
    }
}

HV_TEST(virtual_processor, reserved_bits_of_the_header_are_refused,
        COVERS(HV_REQ_VP_014, HV_REQ_HC_052), REGISTER_ACCESS,
        "Reserved fields must be zero, other than padding, which is ignored")
{
    struct hv_u128 value;

    for (unsigned bit = 5; bit < 32; bit++) {
        uint8_t *bytes = &header()->input_vtl;
        uint16_t status;

        begin();
        bytes[bit / 8] = (uint8_t)(1u << bit % 8);
        status = hv_result_status(try_get(HvRegisterGuestOsId, &value));
        CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_HYPERCALL_INPUT,
              "bit %u behind the VP index: status 0x%x", bit, status);
    }
}

/* ---- Which registers ---- */

/* Gaps between the groups of names, and beyond them. */
static const uint32_t unknown_names[] = { 0x000001ff, 0x000002ff, 0x0000ffff, 0x0002ffff,
                                          0x0007ffff, 0x000affff, 0x000b0fff, 0x0fffffff,
                                          0x7fffffff, 0xffffffff };

HV_TEST(virtual_processor, unknown_registers_are_refused, COVERS(HV_REQ_VP_018), REGISTER_ACCESS,
        "Names are sparse; each gap is a place to read beyond a table")
{
    struct hv_u128 value;

    begin();
    for (unsigned i = 0; i < sizeof(unknown_names) / sizeof(unknown_names[0]); i++) {
        uint64_t got = try_get(unknown_names[i], &value);
        uint64_t put = try_set(unknown_names[i], 0);

        CHECK(got == HV_STATUS_INVALID_PARAMETER && put == HV_STATUS_INVALID_PARAMETER,
              "register 0x%x: get 0x%llx, set 0x%llx", unknown_names[i], (unsigned long long)got,
              (unsigned long long)put);
    }
}

HV_TEST(virtual_processor, short_registers_are_extended_by_zeros, COVERS(HV_REQ_VP_016),
        REGISTER_ACCESS, "The value is 128 bits wide whatever the register")
{
    static const uint32_t names[] = { HvRegisterGuestOsId, HvRegisterVpIndex,
                                      HvX64RegisterHypercall };

    begin();
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct hv_u128 value = get(names[i]);

        CHECK(value.high == 0, "register 0x%x: bits 127:64 are 0x%llx", names[i],
              (unsigned long long)value.high);
        CHECK_EQ(output[16], 0xa5);
    }
    CHECK_EQ(get(HvRegisterVpIndex).low >> 32, 0);
}

HV_TEST(virtual_processor, bits_beyond_the_register_are_refused, COVERS(HV_REQ_VP_022),
        REGISTER_ACCESS, "A value that does not fit is not to be cut")
{
    begin();
    for (unsigned bit = 0; bit < 64; bit += 21) {
        uint16_t status = hv_result_status(
            try_set_128(HvRegisterGuestOsId, TEST_GUEST_OS_ID + 3, UINT64_C(1) << bit));

        CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_REGISTER_VALUE,
              "bit %u: status 0x%x", 64 + bit, status);
    }
    CHECK_EQ(rdmsr(HV_X64_MSR_GUEST_OS_ID), TEST_GUEST_OS_ID);
}

HV_TEST(virtual_processor, padding_of_a_set_element_is_ignored,
        COVERS(HV_REQ_VP_015, HV_REQ_HC_052), REGISTER_ACCESS,
        "The value stands at 16; TLFS 6.0b calls what is before it padding, the current text "
        "reserved")
{
    struct hv_register_assoc element = { .name = HvRegisterGuestOsId,
                                         .value.reg64 = TEST_GUEST_OS_ID + 4 };
    uint64_t result;

    begin();
    memset(element.reserved, 0xff, sizeof(element.reserved));
    memcpy(header() + 1, &element, sizeof(element));
    result = hv_call(hv_control(HvCallSetVpRegisters, false, 0, 1, 0), phys_of(input), 0);
    if (result == UINT64_C(1) << 32)
        CHECK_EQ(rdmsr(HV_X64_MSR_GUEST_OS_ID), TEST_GUEST_OS_ID + 4);
    else
        CHECK(result == HV_STATUS_INVALID_PARAMETER || result == HV_STATUS_INVALID_HYPERCALL_INPUT,
              "result is 0x%llx", (unsigned long long)result);
    test_value("set-element-padding", "%s", result == UINT64_C(1) << 32 ? "ignored" : "refused");
}

static const uint32_t read_only[] = {
    HvRegisterHypervisorVersion,    HvRegisterPrivilegesAndFeaturesInfo,
    HvRegisterFeaturesInfo,         HvRegisterImplementationLimitsInfo,
    HvRegisterHardwareFeaturesInfo, HvRegisterVpIndex,
    HvRegisterTimeRefCount,         HvRegisterVpRuntime
};

HV_TEST(virtual_processor, read_only_registers_stay_as_they_are, COVERS(HV_REQ_VP_021),
        REGISTER_ACCESS, "A guest that could write its privileges would have all of them")
{
    struct cpuid_regs features = cpuid(HV_CPUID_FEATURES);
    uint64_t index;

    begin();
    index = get(HvRegisterVpIndex).low;
    for (unsigned i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++) {
        uint64_t result = try_set(read_only[i], ~UINT64_C(0));

        CHECK(result == HV_STATUS_INVALID_PARAMETER, "register 0x%x: result 0x%llx", read_only[i],
              (unsigned long long)result);
    }
    CHECK_EQ(get(HvRegisterVpIndex).low, index);
    CHECK_EQ(cpuid(HV_CPUID_FEATURES).eax, features.eax);
    CHECK_EQ(cpuid(HV_CPUID_FEATURES).ebx, features.ebx);
}

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

/* ---- Without the privilege ---- */

HV_TEST(virtual_processor, registers_need_their_privilege, COVERS(HV_REQ_VP_017, HV_REQ_HC_077),
        NEEDS(.lacks = HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_CreatePartitions),
        "A guest without it can't look around its own hypervisor state")
{
    struct hv_u128 value;
    uint16_t status;

    begin();
    status = hv_result_status(try_get(HvRegisterVpIndex, &value));
    CHECK(is_refusal(status), "get: status 0x%x", status);
    CHECK(value.low == UINT64_C(0xa5a5a5a5a5a5a5a5), "output is written");
    status = hv_result_status(try_set(HvRegisterGuestOsId, TEST_GUEST_OS_ID + 1));
    CHECK(is_refusal(status), "set: status 0x%x", status);
    CHECK_EQ(rdmsr(HV_X64_MSR_GUEST_OS_ID), TEST_GUEST_OS_ID);
    test_value("vp-registers-status", "0x%x", status);
}
