/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallGetPartitionProperty of one's own partition, where the implementation lets a guest ask:
 * what the properties say must be what CPUID and the MSRs say.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

static struct hv_input_get_partition_property input __attribute__((aligned(16)));
static uint64_t output __attribute__((aligned(8)));

static uint16_t ask(uint32_t code)
{
    input = (struct hv_input_get_partition_property){ .partition_id = HV_PARTITION_ID_SELF,
                                                      .property_code = code };
    return hv_result_status(hv_call(HvCallGetPartitionProperty, phys_of(&input), phys_of(&output)));
}

/* The property's value; fails the test when it can not be read. */
static uint64_t property(uint32_t code)
{
    uint16_t status = ask(code);

    CHECK(status == HV_STATUS_SUCCESS, "property 0x%x: status 0x%x", code, status);
    return output;
}

static void require_call(void)
{
    hv_enable_hypercalls();
    if (ask(HvPartitionPropertyPrivilegeFlags) != HV_STATUS_SUCCESS)
        test_skip("a guest may not ask for its own properties");
}

HV_TEST(partitions, own_properties_agree_with_cpuid_and_msrs,
        COVERS(HV_REQ_PART_027, HV_REQ_PART_007), NEEDS_NOTHING,
        "A root partition decides by them what it can offer to its children")
{
    require_call();
    CHECK_EQ(property(HvPartitionPropertyPrivilegeFlags), hv_privileges());
    CHECK_EQ(property(HvPartitionPropertyGuestOsId), TEST_GUEST_OS_ID);
    CHECK_EQ(property(HvPartitionPropertyPhysicalAddressWidth), hv_physical_address_bits());
    if (hv_may(HV_PRIVILEGE_AccessFrequencyRegs))
        CHECK_EQ(property(HvPartitionPropertyProcessorClockFrequency),
                 rdmsr(HV_X64_MSR_TSC_FREQUENCY));
}

HV_TEST(partitions, the_property_of_the_time_is_the_counter, COVERS(HV_REQ_PART_027),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceCounter),
        "It is saved by this call and restored by another one")
{
    uint64_t before, time, after;

    require_call();
    before = rdmsr(HV_X64_MSR_TIME_REF_COUNT);
    time = property(HvPartitionPropertyReferenceTime);
    after = rdmsr(HV_X64_MSR_TIME_REF_COUNT);
    CHECK(before <= time && time <= after, "%llu is not between %llu and %llu",
          (unsigned long long)time, (unsigned long long)before, (unsigned long long)after);
}

HV_TEST(partitions, unknown_properties_are_refused, COVERS(HV_REQ_PART_027), NEEDS_NOTHING,
        "A value for a property that is not there is believed")
{
    uint16_t status;

    require_call();
    status = ask(0x00FF0000);
    CHECK(status == HV_STATUS_UNKNOWN_PROPERTY || status == HV_STATUS_INVALID_PARAMETER,
          "status 0x%x", status);
}

HV_TEST(partitions, properties_in_registers_need_the_feature, COVERS(HV_REQ_HC_071),
        NEEDS(.lacks_features = HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT),
        "A caller that gets a status would look for output that is not there")
{
    struct regs regs = { .rcx = hv_control(HvCallGetPartitionProperty, true, 0, 0, 0),
                         .rdx = HV_PARTITION_ID_SELF,
                         .r8 = HvPartitionPropertyPrivilegeFlags };

    require_call();
    CHECK_FAULT(hv_call_regs(&regs), VECTOR_UD);
}
