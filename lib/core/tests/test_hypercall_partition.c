/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Calls that make and end partitions and their VPs: who may, for whom, what is refused. */
#include <hv/address.h>

#include "root_fixture.h"
#include "suite.h"

static const uint16_t calls_for_children[] = { HvCallInitializePartition, HvCallFinalizePartition,
                                               HvCallDeletePartition, HvCallCreateVp,
                                               HvCallDeleteVp };

#define CALLS (sizeof(calls_for_children) / sizeof(calls_for_children[0]))

static uint64_t create(const struct hv_input_create_partition *input)
{
    return call(HvCallCreatePartition, input, sizeof(*input));
}

static uint64_t next_child(uint64_t parent, uint64_t previous)
{
    struct hv_input_get_next_child_partition input = { parent, previous };

    return call(HvCallGetNextChildPartition, &input, sizeof(input));
}

static uint64_t create_vp(const struct hv_input_create_vp *input)
{
    return call(HvCallCreateVp, input, sizeof(*input));
}

static uint64_t delete_vp(uint64_t id, uint32_t index)
{
    struct hv_input_delete_vp input = { .partition_id = id, .vp_index = index };

    return call(HvCallDeleteVp, &input, sizeof(input));
}

START_TEST(a_partition_goes_through_its_life)
{
    struct hv_input_create_partition input = {
        .flags = HV_PARTITION_CREATION_FLAG_EXO_PARTITION |
                 HV_PARTITION_CREATION_FLAG_GPA_SUPER_PAGES_ENABLED |
                 HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED |
                 HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED |
                 HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE,
        .compatibility_version = 0x0609,
        .disabled_processor_features = { UINT64_MAX, UINT64_MAX },
    };
    size_t before = hv_partition_available(root);
    struct hv_input_create_vp vp = { .subnode_id = 0x601 };
    uint64_t id;

    ck_assert_uint_eq(create(&input), HV_STATUS_SUCCESS);
    id = vp.partition_id = output(0);
    ck_assert_uint_gt(id, root->id);
    ck_assert_uint_eq(deposit(id, FIRST_OWN, 208), result(HV_STATUS_SUCCESS, 208));
    ck_assert_uint_eq(call_id(HvCallInitializePartition, id), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create_vp(&vp), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(delete_vp(id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create_vp(&vp), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(call_id(HvCallFinalizePartition, id), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(withdraw(id, 300), result(HV_STATUS_NO_RESOURCES, 208));
    ck_assert_uint_eq(call_id(HvCallDeletePartition, id), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < CALLS; i++)
        ck_assert_uint_eq(call_id(calls_for_children[i], id), HV_STATUS_INVALID_PARTITION_ID);
    /* What was cut in the root's tables stays so. */
    ck_assert_uint_le(before - hv_partition_available(root), 1);
}
END_TEST

START_TEST(a_partition_is_refused_what_it_cannot_have)
{
    static const struct {
        struct hv_input_create_partition input;
        hv_status status;
    } refused[] = {
        { { .flags = 1u << 2 }, HV_STATUS_INVALID_PARAMETER },
        { { .flags = UINT64_C(1) << 63 }, HV_STATUS_INVALID_PARAMETER },
        { { .padding = 1 }, HV_STATUS_INVALID_PARAMETER },
        { { .isolation_properties = 2 }, HV_STATUS_INVALID_PARAMETER },
        { { .proximity_domain_info.flags = 2 }, HV_STATUS_INVALID_PARAMETER },
        { { .proximity_domain_info = { 1, HV_PROXIMITY_DOMAIN_INFO_VALID } },
          HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO },
        { { .flags = HV_PARTITION_CREATION_FLAG_NESTED_VIRTUALIZATION_CAPABLE },
          HV_STATUS_FEATURE_UNAVAILABLE },
        { { .flags = HV_PARTITION_CREATION_FLAG_VTL1_OVERRIDE }, HV_STATUS_FEATURE_UNAVAILABLE },
    };
    struct hv_input_create_partition preferred = {
        .proximity_domain_info = { 1,
                                   HV_PROXIMITY_DOMAIN_INFO_VALID | HV_PROXIMITY_DOMAIN_PREFERRED },
    };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_assert_uint_eq(create(&refused[i].input), refused[i].status);
    ck_assert_ptr_null(hv_hierarchy_next_child(root, 0));
    ck_assert_uint_eq(create(&preferred), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(without_the_privilege_everything_is_denied)
{
    uint64_t id = create_child()->id;
    struct hv_input_create_partition input = { 0 };

    root->features.privileges &= ~HV_FEATURES_OF_PARENTS;
    ck_assert_uint_eq(create(&input), HV_STATUS_ACCESS_DENIED);
    for (unsigned i = 0; i < CALLS; i++)
        ck_assert_uint_eq(call_id(calls_for_children[i], id), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(next_child(HV_PARTITION_ID_SELF, 0), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(deposit(id, FIRST_OWN, 1), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(withdraw(id, 1), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(calls_about_children_are_not_for_oneself_or_others)
{
    struct hv_partition *child = create_child(), *other = create_child();

    other->lineage.parent = child;
    for (unsigned i = 0; i < CALLS; i++) {
        uint16_t code = calls_for_children[i];

        ck_assert_uint_eq(call_id(code, HV_PARTITION_ID_SELF), HV_STATUS_ACCESS_DENIED);
        ck_assert_uint_eq(call_id(code, root->id), HV_STATUS_ACCESS_DENIED);
        ck_assert_uint_eq(call_id(code, other->id), HV_STATUS_ACCESS_DENIED);
        ck_assert_uint_eq(call_id(code, 0), HV_STATUS_INVALID_PARTITION_ID);
        ck_assert_uint_eq(call_id(code, 12345), HV_STATUS_INVALID_PARTITION_ID);
    }
    other->lineage.parent = root;
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
    ck_assert_uint_eq(atomic_load(&other->lineage.references), 1);
    ck_assert_uint_eq(atomic_load(&root->lineage.references), 3);
}
END_TEST

START_TEST(children_are_enumerated)
{
    uint64_t first = create_child()->id, second = create_child()->id;

    ck_assert_uint_eq(next_child(HV_PARTITION_ID_SELF, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output(0), first);
    ck_assert_uint_eq(next_child(root->id, first), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output(0), second);
    ck_assert_uint_eq(next_child(root->id, second), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output(0), HV_PARTITION_ID_INVALID);
    ck_assert_uint_eq(next_child(first, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output(0), HV_PARTITION_ID_INVALID);
    ck_assert_uint_eq(next_child(root->id, second + 1), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(next_child(root->id, root->id), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(next_child(second + 1, 0), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(atomic_load(&root->lineage.references), 3);
}
END_TEST

START_TEST(a_vp_is_refused_what_it_cannot_have)
{
    uint64_t id = active_child(FIRST_OWN, 22)->id;
    struct hv_input_create_vp refused[] = {
        { .partition_id = id, .subnode_type = 1 },
        { .partition_id = id, .flags = 1 },
        { .partition_id = id, .proximity_domain_info.flags = 4 },
    };
    struct hv_input_create_vp far = {
        .partition_id = id, .proximity_domain_info = { 3, HV_PROXIMITY_DOMAIN_INFO_VALID }
    };
    /* What Linux does not set. */
    struct hv_input_create_vp good = {
        .partition_id = id, .vp_index = 1, .padding = { 1, 0xFF, 0xFF }, .subnode_id = 0x601
    };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_assert_uint_eq(create_vp(&refused[i]), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(create_vp(&far), HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO);
    ck_assert_uint_eq(create_vp(&good), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create_vp(&good), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(delete_vp(id, 0), HV_STATUS_INVALID_VP_INDEX);
    good.vp_index = 2;
    ck_assert_uint_eq(create_vp(&good), HV_STATUS_SUCCESS);
    good.vp_index = 3;
    ck_assert_uint_eq(create_vp(&good), HV_STATUS_INSUFFICIENT_MEMORY);
}
END_TEST

START_TEST(finalizing_much_memory_takes_several_executions)
{
    struct hv_partition *child = active_child(FIRST_OWN, 60);
    struct hv_gprs *gprs = &fake_vp(root_vp)->gprs;
    unsigned executions = 0;
    uint64_t id = child->id;

    for (uint64_t i = 0; i < 4; i++) {
        ck_assert(hv_frame_map(&root->lineage.hierarchy->frames, 400 + i, 1, NULL, child, 400 + i));
        ck_assert_uint_eq(
            hv_address_map(child, i << 18, 400 + i, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
            HV_STATUS_SUCCESS);
    }
    fake.tsc_step = FAKE_TSC_HZ / 10000;
    gprs->rip = 0x1000;
    do {
        gprs->gpr[HV_GPR_RAX] = 77;
        call_id(HvCallFinalizePartition, id);
        executions++;
        ck_assert_uint_eq(gprs->gpr[HV_GPR_RCX], HvCallFinalizePartition);
        ck_assert_uint_eq(gprs->gpr[HV_GPR_RAX], gprs->rip == 0x1000 ? 77 : 0);
        ck_assert_uint_eq(hv_partition_state(&child->lineage), HV_PARTITION_FINALIZED);
    } while (gprs->rip == 0x1000);
    ck_assert_uint_gt(executions, 3);
    fake.tsc_step = 0;
    ck_assert_uint_eq(withdraw(id, 100), result(HV_STATUS_NO_RESOURCES, 60));
    ck_assert_uint_eq(call_id(HvCallDeletePartition, id), HV_STATUS_SUCCESS);
}
END_TEST

static uint64_t index_of(uint64_t id, uint32_t apic_id)
{
    uint64_t input[3] = { id, 0, apic_id };

    return call(reps(HvCallGetVpIndexFromApicId, 1), input, sizeof(input));
}

START_TEST(vps_of_a_child_are_found_by_apic_id)
{
    struct hv_partition *child = active_child(FIRST_OWN, 20);

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 7), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(index_of(child->id, 7), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq((uint32_t)output(0), 7);
    ck_assert_uint_eq(index_of(child->id, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(index_of(HV_PARTITION_ID_SELF, 0), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(index_of(999, 7), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(index_of(child->id, 7), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(atomic_load(&child->gate.state), 0);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(without_a_back_end_that_makes_vps_nobody_is_a_parent)
{
    fake.platform.facts.capabilities &= ~(uint32_t)HV_CPU_CREATE_VP;
    ck_assert_uint_eq(hv_features_implemented(&fake.platform) & HV_FEATURES_OF_PARENTS, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hypercall partition");
    TCase *tests = tcase_create("hypercall partition");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_partition_goes_through_its_life);
    tcase_add_test(tests, a_partition_is_refused_what_it_cannot_have);
    tcase_add_test(tests, without_the_privilege_everything_is_denied);
    tcase_add_test(tests, calls_about_children_are_not_for_oneself_or_others);
    tcase_add_test(tests, children_are_enumerated);
    tcase_add_test(tests, a_vp_is_refused_what_it_cannot_have);
    tcase_add_test(tests, finalizing_much_memory_takes_several_executions);
    tcase_add_test(tests, vps_of_a_child_are_found_by_apic_id);
    tcase_add_test(tests, without_a_back_end_that_makes_vps_nobody_is_a_parent);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
