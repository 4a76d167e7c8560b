/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Properties of children: when they can be set, to what, and what they do. */
#include "root_fixture.h"
#include "suite.h"

static uint64_t get(uint64_t id, uint32_t code)
{
    struct hv_input_get_partition_property input = { .partition_id = id, .property_code = code };

    return call(HvCallGetPartitionProperty, &input, sizeof(input));
}

static uint64_t set(uint64_t id, uint32_t code, uint64_t value)
{
    struct hv_input_set_partition_property input = { .partition_id = id,
                                                     .property_code = code,
                                                     .property_value = value };

    return call(HvCallSetPartitionProperty, &input, sizeof(input));
}

static uint64_t value_of(uint64_t id, uint32_t code)
{
    ck_assert_uint_eq(get(id, code), HV_STATUS_SUCCESS);
    return output(0);
}

START_TEST(early_properties_are_set_before_the_child_is_active)
{
    static const struct {
        uint32_t code;
        uint64_t value;
    } early[] = {
        { HvPartitionPropertyPrivilegeFlags, HV_PRIVILEGE_AccessHypercallMsrs },
        { HvPartitionPropertySyntheticProcFeatures, 0x48000083 },
        { HvPartitionPropertyPhysicalAddressWidth, 36 },
    };
    struct hv_partition *child = create_child();

    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(set(child->id, early[i].code, early[i].value), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(value_of(child->id, early[i].code), early[i].value);
    }
    ck_assert_uint_eq(child->address.page_count, UINT64_C(1) << 24);
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_SUCCESS);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(set(child->id, early[i].code, early[i].value),
                          HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(value_of(child->id, HvPartitionPropertyPhysicalAddressWidth), 36);
}
END_TEST

START_TEST(other_properties_are_set_while_it_is)
{
    struct hv_partition *child = create_child();

    ck_assert_uint_eq(set(child->id, HvPartitionPropertyTimeFreeze, 1),
                      HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyTimeFreeze, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value_of(child->id, HvPartitionPropertyTimeFreeze), 1);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyTimeFreeze, 0),
                      HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(get(child->id, HvPartitionPropertyTimeFreeze),
                      HV_STATUS_INVALID_PARTITION_STATE);
}
END_TEST

START_TEST(values_out_of_range_change_nothing)
{
    struct hv_partition *child = create_child();
    uint64_t privileges = hv_partition_privileges(child);
    static const struct {
        uint32_t code;
        uint64_t value;
    } refused[] = {
        { HvPartitionPropertyPrivilegeFlags, HV_PRIVILEGE_CpuManagement },
        { HvPartitionPropertyPrivilegeFlags, UINT64_C(1) << 63 },
        { HvPartitionPropertySyntheticProcFeatures, 0 },
        { HvPartitionPropertyPhysicalAddressWidth, 31 },
        { HvPartitionPropertyPhysicalAddressWidth, 41 },
        { HvPartitionPropertyPhysicalAddressWidth, UINT64_MAX },
    };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_assert_uint_eq(set(child->id, refused[i].code, refused[i].value),
                          HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(value_of(child->id, HvPartitionPropertyPrivilegeFlags), privileges);
    ck_assert_uint_eq(value_of(child->id, HvPartitionPropertyPhysicalAddressWidth), 40);
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyTimeFreeze, 2),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyProcessorVendor, 1),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(set(child->id, 0x00990000, 0), HV_STATUS_UNKNOWN_PROPERTY);
    ck_assert_uint_eq(get(child->id, 0x00990000), HV_STATUS_UNKNOWN_PROPERTY);
}
END_TEST

START_TEST(frozen_time_stands_still_and_goes_on_from_there)
{
    struct hv_partition *child = active_child(0, 0);
    const struct hv_reference_tsc_page *page = child->time.page.page;
    uint64_t before;

    ck_assert_uint_eq(set(child->id, HvPartitionPropertyTimeFreeze, 1), HV_STATUS_SUCCESS);
    before = hv_time_reference(child);
    fake.tsc += FAKE_TSC_HZ;
    ck_assert_uint_eq(hv_time_reference(child), before);
    ck_assert_uint_eq(page->tsc_sequence, 0);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyTimeFreeze, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_time_reference(child), before);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyReferenceTime, 500), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_time_reference(child), 500);
    fake.tsc += FAKE_TSC_HZ;
    ck_assert_uint_eq(hv_time_reference(child), 500);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyTimeFreeze, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_ne(page->tsc_sequence, 0);
    fake.tsc += FAKE_TSC_HZ;
    ck_assert_uint_eq(hv_time_reference(child), 500 + 10000000);
}
END_TEST

START_TEST(what_the_parent_has_disabled_is_missing)
{
    struct hv_input_create_partition input = { .compatibility_version = 0x609,
                                               .disabled_processor_features = { 0xF0, 0x0F },
                                               .disabled_processor_xsave_features = 2 };
    uint64_t id;

    fake.platform.facts.processor = (struct hv_processor_facts){ .features = { 0xFF, 0xAA },
                                                                 .xsave_features = 3,
                                                                 .xsave_states = 7,
                                                                 .xsave_size = 832,
                                                                 .clflush_size = 8 };
    ck_assert_uint_eq(value_of(HV_PARTITION_ID_SELF, HvPartitionPropertyProcessorFeatures0), 0xFF);
    ck_assert_uint_eq(value_of(HV_PARTITION_ID_SELF, HvPartitionPropertyProcessorFeatures1), 0xAA);
    ck_assert_uint_eq(hv_child_create(root, &input, &id), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value_of(id, HvPartitionPropertyProcessorFeatures0), 0x0F);
    ck_assert_uint_eq(value_of(id, HvPartitionPropertyProcessorFeatures1), 0xA0);
    ck_assert_uint_eq(value_of(id, HvPartitionPropertyProcessorXsaveFeatures), 1);
    ck_assert_uint_eq(value_of(id, HvPartitionPropertyXsaveStates), 7);
    ck_assert_uint_eq(value_of(id, HvPartitionPropertyMaxXsaveDataSize), 832);
    ck_assert_uint_eq(value_of(id, HvPartitionPropertyProcessorCLFlushSize), 8);
    ck_assert_uint_eq(value_of(id, HvPartitionPropertyCompatibilityVersion), 0x609);
    ck_assert_uint_eq(get(root->id, HvPartitionPropertyCompatibilityVersion),
                      HV_STATUS_UNKNOWN_PROPERTY);
    ck_assert_uint_eq(value_of(id, HvPartitionPropertyProcessorVendor), HvProcessorVendorAmd);
}
END_TEST

START_TEST(the_ex_calls_do_the_same)
{
    uint64_t variable = UINT64_C(1) << HV_HYPERCALL_VARIABLE_HEADER_SIZE_SHIFT;
    struct hv_partition *child = create_child();
    uint64_t input[5] = { child->id, HvPartitionPropertyPhysicalAddressWidth, 0, 36 };

    ck_assert_uint_eq(call(HvCallSetPartitionPropertyEx | variable, input, 32), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(call(HvCallGetPartitionPropertyEx, input, 24), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output(0), 36);
    ck_assert_uint_eq(call(HvCallSetPartitionPropertyEx, input, 32), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(call(HvCallSetPartitionPropertyEx | variable * 2, input, 40),
                      HV_STATUS_INVALID_PARAMETER);
    input[2] = 1;
    ck_assert_uint_eq(call(HvCallSetPartitionPropertyEx | variable, input, 32),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(call(HvCallGetPartitionPropertyEx, input, 24), HV_STATUS_INVALID_PARAMETER);
    input[0] = 999;
    ck_assert_uint_eq(call(HvCallGetPartitionPropertyEx, input, 24),
                      HV_STATUS_INVALID_PARTITION_ID);
}
END_TEST

START_TEST(properties_are_for_the_parent)
{
    struct hv_partition *child = create_child(), *other = create_child();

    other->lineage.parent = child;
    ck_assert_uint_eq(get(other->id, HvPartitionPropertyPrivilegeFlags), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(set(other->id, HvPartitionPropertyPrivilegeFlags, 0),
                      HV_STATUS_ACCESS_DENIED);
    other->lineage.parent = root;
    ck_assert_uint_eq(set(999, HvPartitionPropertyPrivilegeFlags, 0),
                      HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(set(HV_PARTITION_ID_SELF, HvPartitionPropertyPrivilegeFlags, 0),
                      HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(set(HV_PARTITION_ID_SELF, HvPartitionPropertyReferenceTime, 5),
                      HV_STATUS_SUCCESS);
    root->features.privileges &= ~HV_PRIVILEGE_CreatePartitions;
    ck_assert_uint_eq(set(HV_PARTITION_ID_SELF, HvPartitionPropertyReferenceTime, 5),
                      HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(get(child->id, HvPartitionPropertyPrivilegeFlags), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

/* ---- Processors ---- */

static uint64_t create_vp(uint64_t id, uint32_t index)
{
    struct hv_input_create_vp input = { .partition_id = id, .vp_index = index };

    return call(HvCallCreateVp, &input, sizeof(input));
}

START_TEST(shares_of_processors_have_defaults_and_ranges)
{
    static const struct {
        uint32_t code;
        uint64_t value, set, beyond;
    } shares[] = {
        { HvPartitionPropertyCpuReserve, 0, 0x8000, 0x10001 },
        { HvPartitionPropertyCpuCap, 0x10000, 0x9000, 0x10001 },
        { HvPartitionPropertyCpuWeight, 100, 10000, 10001 },
        { HvPartitionPropertyCpuWeight, 10000, 1, 0 },
    };
    struct hv_partition *child = create_child();

    ck_assert_uint_eq(set(child->id, HvPartitionPropertyCpuWeight, 5),
                      HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_SUCCESS);
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        ck_assert_uint_eq(value_of(child->id, shares[i].code), shares[i].value);
        ck_assert_uint_eq(set(child->id, shares[i].code, shares[i].set), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(set(child->id, shares[i].code, shares[i].beyond),
                          HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
        ck_assert_uint_eq(set(child->id, shares[i].code, shares[i].set | UINT64_C(1) << 32),
                          HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
        ck_assert_uint_eq(value_of(child->id, shares[i].code), shares[i].set);
    }
}
END_TEST

START_TEST(a_reserve_is_never_above_the_cap)
{
    struct hv_partition *child = active_child(0, 0);

    ck_assert_uint_eq(set(child->id, HvPartitionPropertyCpuReserve, 0x4000), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyCpuCap, 0x3FFF),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyCpuCap, 0x4000), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyCpuReserve, 0x4001),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(value_of(child->id, HvPartitionPropertyCpuReserve), 0x4000);
}
END_TEST

START_TEST(reserves_are_no_more_than_the_machine_has)
{
    struct hv_partition *child = active_child(FIRST_OWN, 30);
    struct hv_partition *other = active_child(FIRST_OWN + 30, 60);
    struct hv_input_delete_vp gone = { .partition_id = child->id };

    fake.platform.facts.lp_count = 2;
    ck_assert_uint_eq(create_vp(child->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(child->id, HvPartitionPropertyCpuReserve, 0x10000), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set(other->id, HvPartitionPropertyCpuReserve, 0x8000), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create_vp(other->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create_vp(other->id, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create_vp(other->id, 2), HV_STATUS_OPERATION_DENIED);
    ck_assert_ptr_null(hv_vp_get(other, 2));
    ck_assert_uint_eq(set(other->id, HvPartitionPropertyCpuReserve, 0x8001),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(set(root->id, HvPartitionPropertyCpuReserve, 1),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    /* What nobody needs any more is others' to have. */
    ck_assert_uint_eq(call(HvCallDeleteVp, &gone, sizeof(gone)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create_vp(other->id, 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(finalize(other), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(root->lineage.hierarchy->reserved, 0);
}
END_TEST

START_TEST(a_vp_that_is_not_made_reserves_nothing)
{
    struct hv_partition *child = active_child(FIRST_OWN, 3);

    ck_assert_uint_eq(set(child->id, HvPartitionPropertyCpuReserve, 0x100), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create_vp(child->id, 0), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(root->lineage.hierarchy->reserved, 0);
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN + 3, 20), result(HV_STATUS_SUCCESS, 20));
    ck_assert_uint_eq(create_vp(child->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(root->lineage.hierarchy->reserved, 0x100);
    ck_assert_uint_eq(create_vp(child->id, 0), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(root->lineage.hierarchy->reserved, 0x100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hypercall property");
    TCase *tests = tcase_create("hypercall property");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, early_properties_are_set_before_the_child_is_active);
    tcase_add_test(tests, other_properties_are_set_while_it_is);
    tcase_add_test(tests, values_out_of_range_change_nothing);
    tcase_add_test(tests, frozen_time_stands_still_and_goes_on_from_there);
    tcase_add_test(tests, what_the_parent_has_disabled_is_missing);
    tcase_add_test(tests, the_ex_calls_do_the_same);
    tcase_add_test(tests, properties_are_for_the_parent);
    tcase_add_test(tests, shares_of_processors_have_defaults_and_ranges);
    tcase_add_test(tests, a_reserve_is_never_above_the_cap);
    tcase_add_test(tests, reserves_are_no_more_than_the_machine_has);
    tcase_add_test(tests, a_vp_that_is_not_made_reserves_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
