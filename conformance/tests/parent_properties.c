/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Properties of child partitions. They are how a parent decides what its guest is told of the
 * machine and what it may do, before it runs: a property that doesn't take is a guest with the
 * wrong machine, and one that changes under it a guest that crashes.
 */
#include <conformance/child.h>

#include "hypercall_support.h"

/* ---- Privileges ---- */

#define DEFAULT_PRIVILEGES UINT64_C(0x5ff) /* bits 0 to 8 and 10 */
#define JUDGED_BY_DEFAULT  (UINT64_C(0xffffffff00000000) | UINT64_C(0x7ff))

HV_TEST(partitions, a_new_child_has_no_hypercall_privileges, COVERS(HV_REQ_PART_008), NEEDS_PARENT,
        "A parent that sets none has a guest that can use registers and call nothing")
{
    uint64_t privileges;

    parent_begin();
    REQUIRE_EQ(parent_get_property(child_create(0), HvPartitionPropertyPrivilegeFlags, &privileges),
               HV_STATUS_SUCCESS);
    CHECK_EQ(parent_output_written(sizeof(privileges)), 0);
    CHECK_EQ(privileges & JUDGED_BY_DEFAULT & ~DEFAULT_PRIVILEGES, 0);
    /* What the machine doesn't have, the child can't have. */
    CHECK_EQ(privileges & DEFAULT_PRIVILEGES, DEFAULT_PRIVILEGES & hv_privileges());
}

HV_TEST(partitions, privileges_are_what_the_parent_sets, COVERS(HV_REQ_PART_007, HV_REQ_PART_035),
        NEEDS_PARENT, "Guests enable what leaf 0x40000003 says, so it must be what is enforced")
{
    const uint64_t wanted =
        HV_PRIVILEGE_AccessHypercallMsrs | HV_PRIVILEGE_AccessVpIndex | HV_PRIVILEGE_PostMessages;
    struct child child = { 0 };
    struct cpuid_regs leaf;
    uint64_t privileges;

    parent_begin();
    child.id = child_create(CHILD_EXO);
    child_deposit(child.id, 64);
    REQUIRE_EQ(parent_set_property(child.id, HvPartitionPropertyPrivilegeFlags, wanted),
               HV_STATUS_SUCCESS);
    CHECK_EQ(parent_get_property(child.id, HvPartitionPropertyPrivilegeFlags, &privileges),
             HV_STATUS_SUCCESS);
    CHECK_EQ(privileges, wanted);
    REQUIRE_EQ(parent_by_id(HvCallInitializePartition, child.id), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_set_property(child.id, HvPartitionPropertyPrivilegeFlags, 0),
             HV_STATUS_INVALID_PARTITION_STATE);
    child_add_vp(&child, 0);
    REQUIRE_EQ(parent_cpuid(child.id, 0, HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS, HV_CPUID_FEATURES,
                            0, &leaf),
               HV_STATUS_SUCCESS);
    CHECK_EQ((uint64_t)leaf.ebx << 32 | leaf.eax, wanted);
}

HV_TEST(partitions, a_child_gets_no_more_than_there_is, COVERS(HV_REQ_PART_007, HV_REQ_PART_030),
        NEEDS_PARENT, "A privilege that nobody enforces is announced to a guest that relies on it")
{
    uint64_t id, before, after;

    parent_begin();
    id = child_create(0);
    REQUIRE_EQ(parent_get_property(id, HvPartitionPropertyPrivilegeFlags, &before),
               HV_STATUS_SUCCESS);
    CHECK_EQ(parent_set_property(id, HvPartitionPropertyPrivilegeFlags, UINT64_MAX),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    CHECK_EQ(parent_get_property(id, HvPartitionPropertyPrivilegeFlags, &after), HV_STATUS_SUCCESS);
    CHECK_EQ(after, before);
}

/* ---- The calls ---- */

HV_TEST(partitions, properties_are_read_and_set_by_code,
        COVERS(HV_REQ_PART_027, HV_REQ_PART_028, HV_REQ_PART_032, HV_REQ_PART_042), NEEDS_PARENT,
        "The action on unknown MSRs decides whether a guest's probing ends in a crash")
{
    struct hv_input_get_partition_property get = { .property_code =
                                                       HvPartitionPropertyUnimplementedMsrAction };
    struct hv_input_set_partition_property set = { .property_code =
                                                       HvPartitionPropertyUnimplementedMsrAction };
    struct child child;
    uint64_t value;

    parent_begin();
    child = child_make(CHILD_EXO);
    get.partition_id = set.partition_id = child.id;
    REQUIRE_EQ(parent_simple(HvCallGetPartitionProperty, &get, sizeof(get)), HV_STATUS_SUCCESS);
    memcpy(&value, parent_output(), sizeof(value));
    CHECK_EQ(value, HvUnimplementedMsrActionFault);
    CHECK_EQ(parent_output_written(sizeof(value)), 0);

    set.property_value = HvUnimplementedMsrActionIgnoreWriteReadZero;
    CHECK_EQ(parent_simple(HvCallSetPartitionProperty, &set, sizeof(set)), HV_STATUS_SUCCESS);
    child_add_vp(&child, 0);
    CHECK_EQ(parent_get_property(child.id, set.property_code, &value), HV_STATUS_SUCCESS);
    CHECK_EQ(value, HvUnimplementedMsrActionIgnoreWriteReadZero);

    set.property_value = 2;
    CHECK_EQ(parent_simple(HvCallSetPartitionProperty, &set, sizeof(set)),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    set.padding = 1;
    set.property_value = 0;
    CHECK_EQ(parent_simple(HvCallSetPartitionProperty, &set, sizeof(set)),
             HV_STATUS_INVALID_PARAMETER);
    get.padding = 1;
    CHECK_EQ(parent_simple(HvCallGetPartitionProperty, &get, sizeof(get)),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_get_property(child.id, set.property_code, &value), HV_STATUS_SUCCESS);
    CHECK_EQ(value, HvUnimplementedMsrActionIgnoreWriteReadZero);
}

HV_TEST(partitions, unknown_properties_are_said_to_be, COVERS(HV_REQ_PART_029), NEEDS_PARENT,
        "Parents find out what a hypervisor has by asking for it")
{
    static const uint32_t codes[] = { 0, 0x0000ffff, 0x00012345, 0x7fffffff, UINT32_MAX };
    uint64_t id, value;

    parent_begin();
    id = child_make_empty(0);
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        CHECK_EQ(parent_get_property(id, codes[i], &value), HV_STATUS_UNKNOWN_PROPERTY);
        CHECK_EQ(parent_output_written(0), 0);
        CHECK_EQ(parent_set_property(id, codes[i], 0), HV_STATUS_UNKNOWN_PROPERTY);
    }
}

HV_TEST(partitions, read_only_properties_stay, COVERS(HV_REQ_PART_030, HV_REQ_PART_039),
        NEEDS_PARENT, "A parent that believes that it has changed the processor migrates the guest")
{
    static const uint32_t codes[] = { HvPartitionPropertyProcessorVendor,
                                      HvPartitionPropertyImplementedPhysicalAddressBits,
                                      HvPartitionPropertyGuestOsId };
    uint64_t id, before, after;

    parent_begin();
    id = child_make_empty(0);
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        REQUIRE_EQ(parent_get_property(id, codes[i], &before), HV_STATUS_SUCCESS);
        CHECK_EQ(parent_set_property(id, codes[i], before + 1),
                 HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
        CHECK_EQ(parent_get_property(id, codes[i], &after), HV_STATUS_SUCCESS);
        CHECK_EQ(after, before);
    }
    REQUIRE_EQ(parent_get_property(id, HvPartitionPropertyProcessorVendor, &before),
               HV_STATUS_SUCCESS);
    CHECK_EQ(before, is_amd() ? HvProcessorVendorAmd : HvProcessorVendorIntel);
}

HV_TEST(partitions, properties_are_for_the_parent, COVERS(HV_REQ_PART_031), NEEDS_PARENT,
        "Who can set the privileges of others has them")
{
    uint64_t value, self, own;

    parent_begin();
    child_create(0);
    REQUIRE_EQ(parent_get_property(HV_PARTITION_ID_SELF, HvPartitionPropertyPrivilegeFlags, &self),
               HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_get_property(parent_own_id(), HvPartitionPropertyPrivilegeFlags, &own),
               HV_STATUS_SUCCESS);
    CHECK_EQ(own, self);
    CHECK_EQ(self, hv_privileges());
    CHECK_EQ(parent_get_property(PARENT_NOBODY, HvPartitionPropertyPrivilegeFlags, &value),
             HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_set_property(PARENT_NOBODY, HvPartitionPropertyTimeFreeze, 0),
             HV_STATUS_INVALID_PARTITION_ID);
}

HV_TEST(partitions, early_properties_are_set_before_initialization, COVERS(HV_REQ_PART_035),
        NEEDS_PARENT, "A guest whose address width shrinks has memory that it can't reach")
{
    static const uint32_t early[] = { HvPartitionPropertyPrivilegeFlags,
                                      HvPartitionPropertySyntheticProcFeatures,
                                      HvPartitionPropertyPhysicalAddressWidth };
    uint64_t id, value[3];

    parent_begin();
    id = child_create(0);
    for (unsigned i = 0; i < 3; i++) {
        REQUIRE_EQ(parent_get_property(id, early[i], &value[i]), HV_STATUS_SUCCESS);
        CHECK_EQ(parent_set_property(id, early[i], value[i]), HV_STATUS_SUCCESS);
    }
    CHECK_EQ(parent_set_property(id, HvPartitionPropertyTimeFreeze, 1),
             HV_STATUS_INVALID_PARTITION_STATE);
    REQUIRE_EQ(parent_by_id(HvCallInitializePartition, id), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(parent_set_property(id, early[i], value[i]), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_set_property(id, HvPartitionPropertyTimeFreeze, 1), HV_STATUS_SUCCESS);
}

/* ---- The Ex form ---- */

static uint16_t set_ex(uint64_t id, uint32_t code, uint64_t argument, uint64_t value,
                       unsigned qwords)
{
    struct hv_input_get_partition_property_ex block = { .partition_id = id,
                                                        .property_code = code,
                                                        .property_argument = argument };

    return hv_result_status(
        parent_call(hv_control(HvCallSetPartitionPropertyEx, false, qwords, 0, 0), &block,
                    sizeof(block), &value, sizeof(value)));
}

HV_TEST(partitions, the_value_of_a_long_property_follows, COVERS(HV_REQ_PART_034), NEEDS_PARENT,
        "With the argument taken for the value, every property is set to zero")
{
    uint64_t id, value;

    parent_begin();
    id = child_make_empty(0);
    CHECK_EQ(set_ex(id, HvPartitionPropertyTimeFreeze, 0, 1, 1), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_get_property(id, HvPartitionPropertyTimeFreeze, &value), HV_STATUS_SUCCESS);
    CHECK_EQ(value, 1);
    CHECK_EQ(set_ex(id, HvPartitionPropertyTimeFreeze, 0, 2, 1),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    CHECK_EQ(set_ex(id, HvPartitionPropertyTimeFreeze, 0, 0, 0), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(set_ex(PARENT_NOBODY, HvPartitionPropertyTimeFreeze, 0, 0, 1),
             HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_get_property(id, HvPartitionPropertyTimeFreeze, &value), HV_STATUS_SUCCESS);
    CHECK_EQ(value, 1);
}

/* ---- What the child is told of the processor ---- */

#define FEATURE_SSE3 UINT64_C(1) /* bit 0 of the first bank */
#define LEAF1_SSE3   1u          /* ECX */

HV_TEST(partitions, the_processor_is_described, COVERS(HV_REQ_PART_038), NEEDS_PARENT,
        "By these a parent finds out whether a guest can be moved to this machine")
{
    static const uint32_t features[] = { HvPartitionPropertyProcessorFeatures0,
                                         HvPartitionPropertyProcessorFeatures1,
                                         HvPartitionPropertyProcessorXsaveFeatures };
    uint64_t id, value, own;

    parent_begin();
    id = child_create(CHILD_EXO);
    REQUIRE_EQ(parent_get_property(id, HvPartitionPropertyProcessorCLFlushSize, &value),
               HV_STATUS_SUCCESS);
    CHECK_EQ(value, cpuid(1).ebx >> 8 & 0xff);
    REQUIRE_EQ(parent_get_property(id, HvPartitionPropertyPhysicalAddressWidth, &value),
               HV_STATUS_SUCCESS);
    CHECK(value >= 32 && value <= 52, "the address width is %llu", (unsigned long long)value);
    REQUIRE_EQ(parent_get_property(id, HvPartitionPropertyProcessorClockFrequency, &value),
               HV_STATUS_SUCCESS);
    if (hv_may(HV_PRIVILEGE_AccessFrequencyRegs))
        CHECK_EQ(value, rdmsr(HV_X64_MSR_TSC_FREQUENCY));
    for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        REQUIRE_EQ(parent_get_property(id, features[i], &value), HV_STATUS_SUCCESS);
        REQUIRE_EQ(parent_get_property(HV_PARTITION_ID_SELF, features[i], &own), HV_STATUS_SUCCESS);
        CHECK_EQ(value & ~own, 0);
    }
}

HV_TEST(partitions, disabled_features_are_hidden, COVERS(HV_REQ_PART_040, HV_REQ_VP_057),
        NEEDS_PARENT, "A guest that finds an instruction on one machine misses it on the next")
{
    struct hv_input_create_partition block = { .flags = CHILD_EXO,
                                               .compatibility_version = 0x0609,
                                               .disabled_processor_features = { FEATURE_SSE3 } };
    struct child child = { 0 }, other;
    struct cpuid_regs leaf;
    uint64_t value;

    parent_begin();
    other = child_make(CHILD_EXO);
    child_add_vp(&other, 0);
    REQUIRE_EQ(parent_simple(HvCallCreatePartition, &block, sizeof(block)), HV_STATUS_SUCCESS);
    memcpy(&child.id, parent_output(), sizeof(child.id));
    REQUIRE_EQ(parent_get_property(child.id, HvPartitionPropertyProcessorFeatures0, &value),
               HV_STATUS_SUCCESS);
    CHECK_EQ(value & FEATURE_SSE3, 0);
    child_deposit(child.id, 64);
    REQUIRE_EQ(parent_by_id(HvCallInitializePartition, child.id), HV_STATUS_SUCCESS);
    child_add_vp(&child, 0);
    REQUIRE_EQ(parent_cpuid(child.id, 0, HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS, 1, 0, &leaf),
               HV_STATUS_SUCCESS);
    CHECK_EQ(leaf.ecx & LEAF1_SSE3, 0);
    REQUIRE_EQ(parent_cpuid(other.id, 0, HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS, 1, 0, &leaf),
               HV_STATUS_SUCCESS);
    CHECK_EQ(leaf.ecx & LEAF1_SSE3, cpuid(1).ecx & LEAF1_SSE3);
}

/* ---- Of the running guest ---- */

HV_TEST(partitions, the_guest_os_is_known_to_the_parent, COVERS(HV_REQ_PART_037), NEEDS_PARENT,
        "Management tools show it, and parents wait for it")
{
    struct child child;
    uint64_t value;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    REQUIRE_EQ(parent_get_property(child.id, HvPartitionPropertyGuestOsId, &value),
               HV_STATUS_SUCCESS);
    CHECK_EQ(value, 0);
    child_set(&child, 0, HvRegisterGuestOsId, TEST_GUEST_OS_ID + 1);
    REQUIRE_EQ(parent_get_property(child.id, HvPartitionPropertyGuestOsId, &value),
               HV_STATUS_SUCCESS);
    CHECK_EQ(value, TEST_GUEST_OS_ID + 1);
    REQUIRE_EQ(parent_get_property(HV_PARTITION_ID_SELF, HvPartitionPropertyGuestOsId, &value),
               HV_STATUS_SUCCESS);
    CHECK_EQ(value, TEST_GUEST_OS_ID);
}

/* ---- What may be missing ---- */

HV_TEST(partitions, a_size_of_the_virtual_tlb_is_clamped, COVERS(HV_REQ_PART_041), NEEDS_PARENT,
        "A hypervisor with nested paging has none, and one without has limits")
{
    uint64_t id, value = 0;
    uint16_t status;

    parent_begin();
    id = child_make_empty(0);
    status = parent_set_property(id, HvPartitionPropertyVirtualTlbPageCount, UINT64_MAX);
    OBSERVE("status", "%u", status);
    CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_UNKNOWN_PROPERTY, "status 0x%x",
          status);
    if (status != HV_STATUS_SUCCESS)
        return;
    CHECK_EQ(parent_get_property(id, HvPartitionPropertyVirtualTlbPageCount, &value),
             HV_STATUS_SUCCESS);
    CHECK(value != 0 && value != UINT64_MAX, "the count is 0x%llx", (unsigned long long)value);
}

/* v2.0 has it for debug channels, and says "may". */
HV_TEST(partitions, a_unique_property_is_given_once, COVERS(HV_REQ_PART_033), NEEDS_PARENT,
        "Two guests on one debug channel are debugged as one")
{
    uint64_t one, other, value;
    uint16_t status;

    parent_begin();
    one = child_make_empty(0);
    other = child_make_empty(0);
    status = parent_set_property(one, HvPartitionPropertyDebugChannelId, 0x77);
    CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_UNKNOWN_PROPERTY, "status 0x%x",
          status);
    if (status != HV_STATUS_SUCCESS)
        return;
    CHECK_EQ(parent_get_property(one, HvPartitionPropertyDebugChannelId, &value),
             HV_STATUS_SUCCESS);
    CHECK_EQ(value, 0x77);
    status = parent_set_property(other, HvPartitionPropertyDebugChannelId, 0x77);
    OBSERVE("again", "status %u", status);
    CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_OBJECT_IN_USE, "status 0x%x", status);
}
