/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallGetVpSetFromMda: the VPs that a destination names are those that an interrupt reaches. */
#include <check.h>
#include <string.h>

#include "apic_access.h"
#include "child_fixture.h"
#include "suite.h"

static void begin(void)
{
    child_setup();
    for (uint32_t index = 1; index < 4; index++)
        fake_vp_create(&fake, child, index);
}

static struct hv_input_get_vp_set_from_mda physical(uint64_t id)
{
    return (struct hv_input_get_vp_set_from_mda){ .target_partition = child->id,
                                                  .destination_address = id };
}

static hv_status ask(struct hv_input_get_vp_set_from_mda input)
{
    memcpy(input_page(), &input, sizeof(input));
    return (hv_status)call_from(root_vp, HvCallGetVpSetFromMda);
}

static void expect_set(struct hv_input_get_vp_set_from_mda input, uint64_t members)
{
    const uint64_t *output = output_page();

    ck_assert_uint_eq(ask(input), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output[0], HV_GENERIC_SET_SPARSE_4K);
    ck_assert_uint_eq(output[1], members != 0);
    ck_assert_uint_eq(output[2], members);
    ck_assert_uint_eq(output[3], 0);
    ck_assert_uint_eq(output[HV_VP_SET_MAX_BYTES / 8], UINT64_C(0xEEEEEEEEEEEEEEEE));
    ck_assert_uint_eq(atomic_load(&child->gate.state), 0);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}

START_TEST(an_apic_id_is_one_vp_or_none)
{
    expect_set(physical(0), 1);
    expect_set(physical(3), 1 << 3);
    expect_set(physical(4), 0);
    expect_set(physical(0x100), 0);
}
END_TEST

START_TEST(broadcast_is_all)
{
    expect_set(physical(0xFF), 0xF);
    expect_set(physical(UINT32_MAX), 0);
    ck_assert(hv_apic_set_msr(hv_vp_get(child, 0), HV_APIC_BASE_MSR, 0xFEE00D00));
    expect_set(physical(UINT32_MAX), 0xF);
}
END_TEST

START_TEST(a_logical_destination_is_who_has_its_bits)
{
    struct hv_input_get_vp_set_from_mda input = physical(0x0A);

    for (uint32_t index = 0; index < 4; index++) {
        hv_apic_write(&hv_vp_get(child, index)->apic, HV_APIC_LDR, 0x01000000u << index, 0);
        hv_apic_routes_update(child);
    }
    input.logical = 1;
    expect_set(input, 0xA);
    input.destination_address = 0xF0;
    expect_set(input, 0);
}
END_TEST

START_TEST(banks_without_members_are_left_out)
{
    const uint64_t *output = output_page();

    /* An index that is far from the APIC ID. */
    child->max_vps = 200;
    ck_assert_uint_eq(hv_vp_create(child, 130, 9, NULL, &(struct hv_vp *){ NULL }),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(ask(physical(9)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output[1], 1 << 2);
    ck_assert_uint_eq(output[2], 1 << 2);
    ck_assert_uint_eq(output[3], 0);
}
END_TEST

START_TEST(what_is_no_destination_is_refused)
{
    struct hv_input_get_vp_set_from_mda bad[5];

    for (unsigned i = 0; i < 5; i++)
        bad[i] = physical(0);
    bad[0].destination_address = UINT64_C(1) << 32;
    bad[1].target_vtl = 1;
    bad[2].logical = 2;
    bad[3].reserved0 = 1;
    bad[4].reserved1 = 1;
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(ask(bad[i]), HV_STATUS_INVALID_PARAMETER);
    bad[0] = physical(0);
    bad[0].target_partition = 99;
    ck_assert_uint_eq(ask(bad[0]), HV_STATUS_INVALID_PARTITION_ID);
    bad[0].target_partition = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(ask(bad[0]), HV_STATUS_SUCCESS);
    atomic_store(&child->lineage.state, HV_PARTITION_CREATED);
    ck_assert_uint_eq(ask(physical(0)), HV_STATUS_INVALID_PARTITION_STATE);
    root->features.privileges &= ~HV_PRIVILEGE_CreatePartitions;
    ck_assert_uint_eq(ask(physical(0)), HV_STATUS_ACCESS_DENIED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hypercall mda");
    TCase *tests = tcase_create("hypercall mda");

    tcase_add_checked_fixture(tests, begin, child_teardown);
    tcase_add_test(tests, an_apic_id_is_one_vp_or_none);
    tcase_add_test(tests, broadcast_is_all);
    tcase_add_test(tests, a_logical_destination_is_who_has_its_bits);
    tcase_add_test(tests, banks_without_members_are_left_out);
    tcase_add_test(tests, what_is_no_destination_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
