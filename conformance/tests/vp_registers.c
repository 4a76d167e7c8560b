/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallGetVpRegisters and HvCallSetVpRegisters: whose registers, which names, which values.
 *
 * A guest with the privilege names VPs and registers at will, so each name is checked.
 */
#include "vp_register_support.h"

#define NO_PARTITION UINT64_C(0x123456789abcdef0)

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

static uint32_t indexes[GUEST_MAX_CPUS];

static void note_index(void *unused)
{
    (void)unused;
    indexes[cpu_index()] = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);
}

HV_TEST(virtual_processor, registers_of_every_vp_can_be_read, COVERS(HV_REQ_VP_014, HV_REQ_VP_017),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_AccessVpIndex, .vps = 2),
        "The privilege is for the whole partition, and the other VPs run meanwhile")
{
    begin();
    REQUIRE_NO_FAULT(smp_call_all(note_index, NULL));
    for (uint32_t i = 0; i < cpu_count(); i++) {
        header()->vp_index = indexes[i];
        CHECK_EQ(get(HvRegisterVpIndex).low, indexes[i]);
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
                                         .value.reg128.low = TEST_GUEST_OS_ID + 4 };
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

/* Reserved zero in the current text, padding in TLFS v6.0b. */
HV_CHARACTERIZE(virtual_processor, bytes_before_the_value_of_a_set_element, COVERS(HV_REQ_GAP_117),
                REGISTER_ACCESS, "A caller that leaves its stack in them is refused, or is not")
{
    static const char *const keys[] = { "bytes-4-to-7", "bytes-8-to-15" };

    for (unsigned i = 0; i < 2; i++) {
        struct hv_register_assoc element = { .name = HvRegisterGuestOsId,
                                             .value.reg128.low = TEST_GUEST_OS_ID };
        uint8_t *bytes = (uint8_t *)&element + 4;
        uint64_t result;

        begin();
        memset(bytes + (i ? 4 : 0), 0xff, i ? 8 : 4);
        memcpy(header() + 1, &element, sizeof(element));
        result = hv_call(hv_control(HvCallSetVpRegisters, false, 0, 1, 0), phys_of(input), 0);
        if (hv_result_status(result) == HV_STATUS_SUCCESS)
            OBSERVE(keys[i], "ignored");
        else
            OBSERVE(keys[i], "status %u", hv_result_status(result));
    }
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
