/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interrupts that a parent asserts in its child. */
#include <check.h>
#include <string.h>

#include "child_fixture.h"
#include "suite.h"

#define VECTOR  0x61
#define LEVEL   (UINT64_C(1) << 32)
#define LOGICAL (UINT64_C(1) << 33)

static struct hv_vp *second;

static void setup(void)
{
    child_setup();
    second = fake_vp_create(&fake, child, 1);
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    hv_apic_write(&second->apic, HV_APIC_SVR, 0x1FF, 0);
}

static uint64_t assert_with(struct hv_input_assert_virtual_interrupt input)
{
    memcpy(input_page(), &input, sizeof(input));
    return call_from(root_vp, HvCallAssertVirtualInterrupt);
}

static uint64_t assert_interrupt(uint64_t control, uint64_t destination, uint32_t vector)
{
    return assert_with(
        (struct hv_input_assert_virtual_interrupt){ .target_partition = child->id,
                                                    .interrupt_control = control,
                                                    .destination_address = destination,
                                                    .requested_vector = vector });
}

static int pending(struct hv_vp *target)
{
    hv_interrupt_poll(target, fake.tsc);
    return hv_interrupt_view(target)->vector;
}

static uint32_t events(struct hv_vp *target, struct hv_interrupt_vectors *vectors)
{
    return hv_interrupt_events(target, vectors);
}

START_TEST(a_fixed_interrupt_arrives_where_it_is_sent)
{
    ck_assert_uint_eq(assert_interrupt(0, 1, VECTOR), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
    ck_assert_int_eq(pending(second), VECTOR);
    ck_assert_uint_eq(second->apic.tmr[VECTOR / 32], 0);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(a_level_triggered_one_is_known_as_such)
{
    ck_assert_uint_eq(assert_interrupt(LEVEL, 0, VECTOR), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), VECTOR);
    ck_assert_uint_eq(vp->apic.tmr[VECTOR / 32], 1u << VECTOR % 32);
}
END_TEST

START_TEST(a_logical_destination_is_several)
{
    hv_apic_write(&vp->apic, HV_APIC_LDR, 1u << 24, 0);
    hv_apic_write(&second->apic, HV_APIC_LDR, 2u << 24, 0);
    hv_apic_routes_update(child);
    ck_assert_uint_eq(assert_interrupt(LOGICAL, 2, VECTOR), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
    ck_assert_int_eq(pending(second), VECTOR);
    ck_assert_uint_eq(assert_interrupt(LOGICAL, 3, VECTOR + 1), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), VECTOR + 1);
    ck_assert_int_eq(pending(second), VECTOR + 1);
}
END_TEST

START_TEST(the_lowest_priority_is_one)
{
    const uint32_t both = HV_APIC_XAPIC_BROADCAST;

    ck_assert_uint_eq(assert_interrupt(1, both, 0x60), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), 0x60);
    ck_assert_int_eq(pending(second), HV_INTERRUPT_NONE);
    ck_assert_uint_eq(assert_interrupt(1 | LEVEL, both, 0x71), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), 0x60);
    ck_assert_int_eq(pending(second), 0x71);
    ck_assert_uint_eq(second->apic.tmr[0x71 / 32], 1u << 0x71 % 32);
    ck_assert_uint_eq(assert_interrupt(1, 17, 0x72), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(second), 0x71);
}
END_TEST

START_TEST(an_id_that_means_all_does_not_in_x2apic_mode)
{
    ck_assert_uint_eq(assert_interrupt(0, 0xFF, VECTOR), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(second), VECTOR);
    hv_apic_write_base(&vp->apic, hv_apic_base(&vp->apic) | HV_APIC_BASE_EXTD);
    ck_assert_uint_eq(assert_interrupt(0, 0xFF, VECTOR + 1), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(second), VECTOR);
    ck_assert_uint_eq(assert_interrupt(0, UINT32_MAX, VECTOR + 1), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(second), VECTOR + 1);
}
END_TEST

START_TEST(other_types_are_events)
{
    struct hv_interrupt_vectors vectors;

    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeNmi, 1, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(events(second, &vectors), HV_INTERRUPT_NMI);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeInit, 1, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(events(second, &vectors), HV_INTERRUPT_INIT);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeSipi, 1, 0x9A), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(events(second, &vectors), HV_INTERRUPT_STARTUP);
    ck_assert_uint_eq(vectors.startup, 0x9A);
    ck_assert_uint_eq(events(vp, &vectors), 0);
}
END_TEST

static uint64_t clear_extint(uint64_t partition_id)
{
    memcpy(input_page(), &partition_id, sizeof(partition_id));
    return call_from(root_vp, HvClearVirtualInterrupt);
}

START_TEST(an_external_interrupt_is_one_at_a_time)
{
    struct hv_interrupt_vectors vectors;

    ck_assert_uint_eq(clear_extint(child->id), HV_STATUS_NOT_ACKNOWLEDGED);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 0, 0x30), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 0, 0x31), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(clear_extint(child->id), HV_STATUS_NOT_ACKNOWLEDGED);
    ck_assert_uint_eq(events(vp, &vectors), HV_INTERRUPT_EXTINT);
    ck_assert_int_eq(vectors.extint, 0x31);
    /* The back end has it, and the guest has not taken it. */
    ck_assert_uint_eq(clear_extint(child->id), HV_STATUS_NOT_ACKNOWLEDGED);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 0, 0x33), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(events(vp, &vectors), HV_INTERRUPT_EXTINT);
    ck_assert_int_eq(vectors.extint, 0x33);
    hv_interrupt_extint_taken(vp);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 0, 0x32), HV_STATUS_ACKNOWLEDGED);
    ck_assert_uint_eq(events(vp, &vectors), 0);
    ck_assert_uint_eq(clear_extint(child->id), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(clear_extint(child->id), HV_STATUS_NOT_ACKNOWLEDGED);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 0, 0x32), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(other_events_acknowledge_nothing)
{
    struct hv_interrupt_vectors vectors;

    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeNmi, 0, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(events(vp, &vectors), HV_INTERRUPT_NMI);
    ck_assert_uint_eq(clear_extint(child->id), HV_STATUS_NOT_ACKNOWLEDGED);
}
END_TEST

START_TEST(an_8259_of_the_machine_is_acknowledged_to_nobody)
{
    hv_interrupt_extint_taken(root_vp);
    ck_assert(!atomic_load(&root->intercepts.extint_acknowledged));
}
END_TEST

START_TEST(an_external_interrupt_is_withdrawn_until_it_is_taken)
{
    const uint32_t none = HV_INTERRUPT_VECTOR_NONE;
    struct hv_interrupt_vectors vectors;

    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 0, 0x30), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 0, none), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(events(vp, &vectors), HV_INTERRUPT_EXTINT);
    ck_assert_int_eq(vectors.extint, HV_INTERRUPT_NONE);
    ck_assert_uint_eq(clear_extint(child->id), HV_STATUS_NOT_ACKNOWLEDGED);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 0, 0x31), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(events(vp, &vectors), HV_INTERRUPT_EXTINT);
    ck_assert_int_eq(vectors.extint, 0x31);
    hv_interrupt_extint_taken(vp);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 0, none), HV_STATUS_ACKNOWLEDGED);
    ck_assert_uint_eq(events(vp, &vectors), 0);
}
END_TEST

START_TEST(levels_are_withdrawn_at_their_destination)
{
    const uint32_t none = HV_INTERRUPT_VECTOR_NONE;

    ck_assert_uint_eq(assert_interrupt(LEVEL, 0xFF, VECTOR), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), VECTOR);
    ck_assert_uint_eq(assert_interrupt(LEVEL, 1, none), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), VECTOR);
    ck_assert_int_eq(pending(second), HV_INTERRUPT_NONE);
    ck_assert_uint_eq(assert_interrupt(1 | LEVEL, 0xFF, none), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
}
END_TEST

START_TEST(no_edge_is_withdrawn)
{
    const uint32_t none = HV_INTERRUPT_VECTOR_NONE;
    struct hv_interrupt_vectors vectors;

    ck_assert_uint_eq(assert_interrupt(0, 0, VECTOR), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(assert_interrupt(LEVEL, 0, VECTOR + 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(assert_interrupt(0, 0, none), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), VECTOR + 1);
    ck_assert_uint_eq(assert_interrupt(LEVEL, 0, none), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(vp), VECTOR);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeSipi, 1, 0x9A), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeSipi, 1, none), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(events(second, &vectors), HV_INTERRUPT_STARTUP);
    ck_assert_uint_eq(vectors.startup, 0x9A);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeNmi, 0, none),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeInit, 0, none),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(what_is_no_interrupt_is_refused)
{
    static const uint32_t not_offered[] = { 2, 3, 8, 9, 10, UINT32_MAX };
    struct hv_input_assert_virtual_interrupt bad;

    for (unsigned i = 0; i < sizeof(not_offered) / sizeof(not_offered[0]); i++)
        ck_assert_uint_eq(assert_interrupt(not_offered[i], 0, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(assert_interrupt(0, 0, 0x100), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(assert_interrupt(0, 0, 0xFF), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeNmi, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeInit, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(assert_interrupt(HvX64InterruptTypeExtInt, 1, 0x30),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(assert_interrupt(UINT64_C(1) << 34, 0, VECTOR), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(assert_interrupt(0, UINT64_C(1) << 32, VECTOR), HV_STATUS_INVALID_PARAMETER);
    for (unsigned byte = 0; byte < 4; byte++) {
        bad = (struct hv_input_assert_virtual_interrupt){ .target_partition = child->id };
        *(&bad.target_vtl + byte) = 1;
        ck_assert_uint_eq(assert_with(bad), HV_STATUS_INVALID_PARAMETER);
    }
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(only_an_active_child_is_interrupted)
{
    struct hv_input_assert_virtual_interrupt input = { .target_partition = HV_PARTITION_ID_SELF,
                                                       .requested_vector = VECTOR };

    ck_assert_uint_eq(assert_with(input), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(clear_extint(HV_PARTITION_ID_SELF), HV_STATUS_ACCESS_DENIED);
    atomic_store(&child->lineage.state, HV_PARTITION_CREATED);
    ck_assert_uint_eq(assert_interrupt(0, 0, VECTOR), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(clear_extint(child->id), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("apic-assert");
    TCase *tests = tcase_create("apic-assert");

    tcase_add_checked_fixture(tests, setup, child_teardown);
    tcase_add_test(tests, a_fixed_interrupt_arrives_where_it_is_sent);
    tcase_add_test(tests, a_level_triggered_one_is_known_as_such);
    tcase_add_test(tests, a_logical_destination_is_several);
    tcase_add_test(tests, the_lowest_priority_is_one);
    tcase_add_test(tests, an_id_that_means_all_does_not_in_x2apic_mode);
    tcase_add_test(tests, other_types_are_events);
    tcase_add_test(tests, an_external_interrupt_is_one_at_a_time);
    tcase_add_test(tests, other_events_acknowledge_nothing);
    tcase_add_test(tests, an_8259_of_the_machine_is_acknowledged_to_nobody);
    tcase_add_test(tests, an_external_interrupt_is_withdrawn_until_it_is_taken);
    tcase_add_test(tests, levels_are_withdrawn_at_their_destination);
    tcase_add_test(tests, no_edge_is_withdrawn);
    tcase_add_test(tests, what_is_no_interrupt_is_refused);
    tcase_add_test(tests, only_an_active_child_is_interrupted);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
