/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A child's VP and its parent: who is suspended, who is told, in which order. */
#include <check.h>
#include <string.h>

#include "apic_access.h"
#include "child_fixture.h"
#include "suite.h"

static uint32_t suspended(void)
{
    return atomic_load(&vp->suspended);
}

static uint64_t suspend_register(uint32_t name)
{
    uint64_t value;

    ck_assert_uint_eq(get_register_of(root_vp, vp, name, &value), HV_STATUS_SUCCESS);
    return value;
}

static uint32_t references(void)
{
    return atomic_load(&child->lineage.references);
}

static int pending(struct hv_vp *target)
{
    hv_interrupt_poll(target, fake.tsc);
    return hv_interrupt_view(target)->vector;
}

/* ---- Suspend registers ---- */

START_TEST(a_childs_vp_is_created_suspended)
{
    ck_assert(hv_vp_is_suspended(vp));
    ck_assert_uint_eq(suspend_register(HvRegisterExplicitSuspend), 1);
    ck_assert_uint_eq(suspend_register(HvRegisterInterceptSuspend), 0);
    ck_assert_uint_eq(suspend_register(HvRegisterDispatchSuspend), 0);
    ck_assert(!hv_vp_is_suspended(root_vp));
}
END_TEST

START_TEST(parent_is_told_what_a_vp_waits_for)
{
    uint64_t read;

    fake_vp(vp)->activity = HV_INTERNAL_ACTIVITY_HALT_SUSPEND;
    ck_assert_uint_eq(suspend_register(HvRegisterInternalActivityState),
                      HV_INTERNAL_ACTIVITY_HALT_SUSPEND);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterInternalActivityState, 0),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(get_register_of(root_vp, root_vp, HvRegisterInternalActivityState, &read),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_vp_runs_when_nothing_suspends_it)
{
    static const uint32_t names[] = { HvRegisterExplicitSuspend, HvRegisterDispatchSuspend };

    resume();
    ck_assert(!hv_vp_is_suspended(vp));
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(set_register_of(root_vp, vp, names[i], 1), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(suspend_register(names[i]), 1);
        ck_assert_uint_eq(suspend_register(names[1 - i]), 0);
        ck_assert(hv_vp_is_suspended(vp));
        ck_assert_uint_eq(set_register_of(root_vp, vp, names[i], 0), HV_STATUS_SUCCESS);
        ck_assert(!hv_vp_is_suspended(vp));
    }
}
END_TEST

static unsigned kicks_to_clear(uint32_t name)
{
    unsigned before = fake_vp(vp)->kicks;

    ck_assert_uint_eq(set_register_of(root_vp, vp, name, 0), HV_STATUS_SUCCESS);
    return fake_vp(vp)->kicks - before;
}

/* Where an LP has several VPs, that is how it learns that this one can run. */
START_TEST(a_vp_that_may_run_again_is_kicked)
{
    unsigned asking;

    resume();
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterExplicitSuspend, 1),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterDispatchSuspend, 1),
                      HV_STATUS_SUCCESS);
    asking = kicks_to_clear(HvRegisterExplicitSuspend);
    ck_assert_uint_eq(kicks_to_clear(HvRegisterDispatchSuspend), asking + 1);
    ck_assert_uint_eq(kicks_to_clear(HvRegisterDispatchSuspend), asking);
}
END_TEST

START_TEST(an_intercept_can_be_ended_and_not_made)
{
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterInterceptSuspend, 1),
                      HV_STATUS_INVALID_REGISTER_VALUE);
    resume();
    intercept(vp);
    ck_assert_uint_eq(suspend_register(HvRegisterInterceptSuspend), 1);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterInterceptSuspend, 1),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterExplicitSuspend, 1),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterInterceptSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert(hv_vp_is_suspended(vp));
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterExplicitSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert(!hv_vp_is_suspended(vp));
}
END_TEST

START_TEST(suspend_registers_have_one_bit)
{
    static const uint32_t names[] = { HvRegisterExplicitSuspend, HvRegisterInterceptSuspend,
                                      HvRegisterDispatchSuspend };

    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(set_register_of(root_vp, vp, names[i], 2),
                          HV_STATUS_INVALID_REGISTER_VALUE);
        ck_assert_uint_eq(set_register_of(root_vp, vp, names[i], UINT64_C(1) << 63),
                          HV_STATUS_INVALID_REGISTER_VALUE);
    }
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_EXPLICIT);
}
END_TEST

START_TEST(a_vp_does_not_see_what_suspends_it)
{
    static const uint32_t names[] = { HvRegisterExplicitSuspend, HvRegisterInterceptSuspend,
                                      HvRegisterDispatchSuspend };
    struct hv_register128 value = { 0 };
    uint64_t read;

    atomic_store(&child->guest_os_id, 1);
    ck_assert_uint_eq(hv_address_map(child, INPUT_GPA / HV_PAGE_SIZE, INPUT_GPA / HV_PAGE_SIZE, 2,
                                     HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(get_register_of(vp, vp, names[i], &read), HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(set_register_of(vp, vp, names[i], 0), HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(hv_suspend_get(root_vp, names[i], &value), HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(hv_suspend_set(root_vp, names[i], &value), HV_STATUS_INVALID_PARAMETER);
    }
    ck_assert_uint_eq(get_register_of(vp, vp, HvX64RegisterRip, &read), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_EXPLICIT);
}
END_TEST

/* ---- Messages ---- */

START_TEST(an_intercept_suspends_and_tells_the_parent)
{
    resume();
    intercept(vp);
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_INTERCEPT);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
    ck_assert_uint_eq(slot_of(root_vp)->header.origination_id, child->id);
    ck_assert_uint_eq(slot_of(root_vp)->header.payload_size, 128);
    ck_assert_int_eq(pending(root_vp), MESSAGES);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, 0);
    ck_assert_uint_eq(references(), 1);
}
END_TEST

START_TEST(a_message_waits_for_the_slot_and_the_vp_with_it)
{
    struct hv_vp *second = fake_vp_create(&fake, child, 1);
    unsigned kicks;

    resume();
    intercept(vp);
    intercept(second);
    ck_assert_uint_eq(atomic_load(&second->suspended),
                      HV_VP_SUSPEND_EXPLICIT | HV_VP_SUSPEND_INTERCEPT | HV_VP_SUSPEND_MESSAGE);
    ck_assert(slot_of(root_vp)->header.message_flags & HV_MESSAGE_FLAG_PENDING);
    ck_assert_uint_eq(references(), 2);
    /* It does not run before the message has found its slot, whatever the parent does. */
    ck_assert_uint_eq(set_register_of(root_vp, second, HvRegisterInterceptSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set_register_of(root_vp, second, HvRegisterExplicitSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert(hv_vp_is_suspended(second));
    kicks = fake_vp(second)->kicks;
    empty_slot(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->payload[0] & UINT32_MAX, 1);
    ck_assert(!hv_vp_is_suspended(second));
    ck_assert_uint_eq(fake_vp(second)->kicks, kicks + 1);
    ck_assert_uint_eq(references(), 1);
}
END_TEST

START_TEST(a_vp_that_is_suspended_still_is_not_kicked_for_its_message)
{
    struct hv_vp *second = fake_vp_create(&fake, child, 1);
    unsigned kicks;

    intercept(vp);
    intercept(second);
    kicks = fake_vp(second)->kicks;
    empty_slot(root_vp);
    ck_assert_uint_eq(atomic_load(&second->suspended),
                      HV_VP_SUSPEND_EXPLICIT | HV_VP_SUSPEND_INTERCEPT);
    ck_assert_uint_eq(fake_vp(second)->kicks, kicks);
}
END_TEST

START_TEST(messages_come_in_the_order_of_the_intercepts)
{
    struct hv_vp *vps[4] = { vp };

    for (uint32_t i = 1; i < 4; i++)
        vps[i] = fake_vp_create(&fake, child, i);
    for (uint32_t i = 0; i < 4; i++)
        intercept(vps[i]);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(slot_of(root_vp)->payload[0] & UINT32_MAX, i);
        empty_slot(root_vp);
    }
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
}
END_TEST

START_TEST(the_parents_lp_is_kicked_for_a_message)
{
    unsigned kicks = fake_vp(root_vp)->kicks;

    root_reacts = false;
    intercept(vp);
    ck_assert_uint_eq(fake_vp(root_vp)->kicks, kicks + 1);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
    ck_assert(suspended() & HV_VP_SUSPEND_MESSAGE);
    hv_vp_prepare(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
    ck_assert(!(suspended() & HV_VP_SUSPEND_MESSAGE));
}
END_TEST

/* ---- To whom ---- */

START_TEST(the_vp_that_called_last_is_told)
{
    ck_assert_uint_eq(set_register_of(other_root_vp, vp, HvRegisterExplicitSuspend, 0),
                      HV_STATUS_SUCCESS);
    intercept(vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(slot_of(other_root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
}
END_TEST

START_TEST(a_vp_that_takes_no_messages_is_passed_by)
{
    write_msr(root_vp, HV_X64_MSR_SCONTROL, 0);
    intercept(vp);
    ck_assert_uint_eq(slot_of(other_root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
}
END_TEST

START_TEST(a_message_waits_for_a_synic_that_is_on)
{
    write_msr(root_vp, HV_X64_MSR_SCONTROL, 0);
    write_msr(other_root_vp, HV_X64_MSR_SCONTROL, 0);
    intercept(vp);
    ck_assert(suspended() & HV_VP_SUSPEND_MESSAGE);
    write_msr(root_vp, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
}
END_TEST

START_TEST(a_parent_without_vps_is_not_told)
{
    struct hv_partition *lonely = add_child(root, EXO_FLAGS), *grandchild;
    struct hv_vp *orphan;

    grandchild = add_child(lonely, EXO_FLAGS);
    orphan = fake_vp_create(&fake, grandchild, 0);
    intercept(orphan);
    ck_assert_uint_eq(atomic_load(&orphan->suspended),
                      HV_VP_SUSPEND_EXPLICIT | HV_VP_SUSPEND_INTERCEPT);
    ck_assert_uint_eq(atomic_load(&grandchild->lineage.references), 1);
}
END_TEST

START_TEST(a_parent_that_is_reset_forgets_its_messages)
{
    struct hv_vp *second = fake_vp_create(&fake, child, 1);

    intercept(vp);
    intercept(second);
    hv_vp_reset(root_vp);
    ck_assert_uint_eq(atomic_load(&second->suspended),
                      HV_VP_SUSPEND_EXPLICIT | HV_VP_SUSPEND_INTERCEPT);
    ck_assert_uint_eq(references(), 1);
}
END_TEST

/* ---- Ends of interrupts ---- */

/* The VP takes a level-triggered interrupt and completes it. */
static void complete_interrupt(uint8_t vector)
{
    hv_interrupt_post(vp, vector, true);
    ck_assert_int_eq(pending(vp), vector);
    hv_interrupt_accept(vp, vector);
    write_msr(vp, HV_X64_MSR_EOI, 0);
}

static void want_ends(void)
{
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    ck_assert_uint_eq(
        hv_intercept_install(child, HvInterceptTypeX64ApicEoi, HV_INTERCEPT_ACCESS_MASK_WRITE, 0),
        HV_STATUS_SUCCESS);
}

static void expect_end(uint8_t vector)
{
    uint64_t payload = (uint64_t)vector << 32;

    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64ApicEoi);
    ck_assert_uint_eq(slot_of(root_vp)->header.origination_id, child->id);
    ck_assert_uint_eq(slot_of(root_vp)->payload[0], payload);
}

START_TEST(the_end_of_a_level_triggered_interrupt_is_told_to_who_asked)
{
    want_ends();
    complete_interrupt(0x51);
    expect_end(0x51);
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_EXPLICIT);
    ck_assert_uint_eq(fake_vp(vp)->eois, 0);
    ck_assert_uint_eq(references(), 1);
}
END_TEST

START_TEST(nobody_else_is_told)
{
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    complete_interrupt(0x51);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
    want_ends();
    hv_interrupt_post(vp, 0x52, false);
    ck_assert_int_eq(pending(vp), 0x52);
    hv_interrupt_accept(vp, 0x52);
    write_msr(vp, HV_X64_MSR_EOI, 0);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
}
END_TEST

START_TEST(no_end_is_lost_while_the_slot_is_full)
{
    static const uint8_t vectors[] = { 0x31, 0x51, 0x53, 0xF0 };

    want_ends();
    intercept(vp);
    for (unsigned i = 0; i < sizeof(vectors); i++)
        complete_interrupt(vectors[i]);
    for (unsigned i = 0; i < sizeof(vectors); i++) {
        empty_slot(root_vp);
        expect_end(vectors[i]);
    }
    empty_slot(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(references(), 1);
    complete_interrupt(0x31);
    expect_end(0x31);
}
END_TEST

/* ---- The end ---- */

START_TEST(what_is_on_its_way_is_taken_back_at_the_end)
{
    struct hv_vp *second = fake_vp_create(&fake, child, 1);

    want_ends();
    intercept(second);
    intercept(vp);
    complete_interrupt(0x51);
    complete_interrupt(0x52);
    ck_assert_uint_eq(references(), 3);
    hv_intercept_end(other_root_vp, vp);
    ck_assert_uint_eq(references(), 1);
    ck_assert(!(suspended() & HV_VP_SUSPEND_MESSAGE));
    empty_slot(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
}
END_TEST

START_TEST(what_has_not_been_taken_up_yet_is_taken_back_too)
{
    struct hv_vp *second = fake_vp_create(&fake, child, 1);

    intercept(second);
    root_reacts = false;
    intercept(vp);
    root_reacts = true;
    hv_intercept_end(root_vp, vp);
    ck_assert_uint_eq(references(), 1);
    empty_slot(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
}
END_TEST

START_TEST(a_vp_with_nothing_on_its_way_just_ends)
{
    hv_intercept_end(root_vp, vp);
    intercept(vp);
    hv_intercept_end(root_vp, vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
    ck_assert_uint_eq(references(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intercept");
    TCase *tests = tcase_create("intercept");

    tcase_add_checked_fixture(tests, child_setup, child_teardown);
    tcase_add_test(tests, parent_is_told_what_a_vp_waits_for);
    tcase_add_test(tests, a_childs_vp_is_created_suspended);
    tcase_add_test(tests, a_vp_runs_when_nothing_suspends_it);
    tcase_add_test(tests, a_vp_that_may_run_again_is_kicked);
    tcase_add_test(tests, an_intercept_can_be_ended_and_not_made);
    tcase_add_test(tests, suspend_registers_have_one_bit);
    tcase_add_test(tests, a_vp_does_not_see_what_suspends_it);
    tcase_add_test(tests, an_intercept_suspends_and_tells_the_parent);
    tcase_add_test(tests, a_message_waits_for_the_slot_and_the_vp_with_it);
    tcase_add_test(tests, a_vp_that_is_suspended_still_is_not_kicked_for_its_message);
    tcase_add_test(tests, messages_come_in_the_order_of_the_intercepts);
    tcase_add_test(tests, the_parents_lp_is_kicked_for_a_message);
    tcase_add_test(tests, the_vp_that_called_last_is_told);
    tcase_add_test(tests, a_vp_that_takes_no_messages_is_passed_by);
    tcase_add_test(tests, a_message_waits_for_a_synic_that_is_on);
    tcase_add_test(tests, a_parent_without_vps_is_not_told);
    tcase_add_test(tests, a_parent_that_is_reset_forgets_its_messages);
    tcase_add_test(tests, the_end_of_a_level_triggered_interrupt_is_told_to_who_asked);
    tcase_add_test(tests, nobody_else_is_told);
    tcase_add_test(tests, no_end_is_lost_while_the_slot_is_full);
    tcase_add_test(tests, what_is_on_its_way_is_taken_back_at_the_end);
    tcase_add_test(tests, what_has_not_been_taken_up_yet_is_taken_back_too);
    tcase_add_test(tests, a_vp_with_nothing_on_its_way_just_ends);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
