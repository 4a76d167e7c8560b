/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Parents' and children's VPs of one LP: who finds whom without a search, and until when. */
#include <check.h>

#include "deals.h"
#include "lp.h"
#include "dispatch_fixture.h"
#include "suite.h"

static void look_there(void *at)
{
    hv_lp_look(*(struct hv_lp **)at, now);
}

/* The root's first VP and the child's are of one LP, the root's other one is of another; either
   reacts to kicks at once. */
static void setup(void)
{
    child_setup();
    fake.on_kick_lp = look_there;
    make_lp(&lp);
    make_lp(&other_lp);
    now = 1000;
    add(lp, root_vp);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), root_vp);
    add(lp, vp);
    add(other_lp, other_root_vp);
}

static struct hv_vp *found_by(const struct hv_vp *parent)
{
    return hv_deals_child(parent, child->id, vp->index);
}

/* A call that changes nothing. */
static void deal(struct hv_vp *caller)
{
    uint64_t value;

    ck_assert_uint_eq(get_register_of(caller, vp, HvRegisterExplicitSuspend, &value),
                      HV_STATUS_SUCCESS);
}

static uint32_t references(void)
{
    return atomic_load(&child->lineage.references);
}

static uint32_t suspended(void)
{
    return atomic_load(&vp->suspended);
}

/* ---- Finding ---- */

START_TEST(nobody_is_found_at_first)
{
    ck_assert_ptr_null(found_by(root_vp));
    ck_assert_ptr_null(hv_deals_parent(vp));
}
END_TEST

START_TEST(the_last_that_dealt_with_each_other_are_found)
{
    deal(root_vp);
    ck_assert_ptr_eq(found_by(root_vp), vp);
    ck_assert_ptr_eq(hv_deals_parent(vp), root_vp);
    ck_assert_ptr_null(hv_deals_child(root_vp, child->id, vp->index + HV_DEALS));
    ck_assert_ptr_null(hv_deals_child(root_vp, child->id + HV_DEALS, vp->index));
    ck_assert_ptr_null(found_by(other_root_vp));
    ck_assert_ptr_null(hv_deals_parent(root_vp));
}
END_TEST

START_TEST(what_is_found_is_what_a_call_works_on)
{
    uint32_t before = references();

    deal(root_vp);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvX64RegisterRbx, 0x1234), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(vp)->gprs.gpr[HV_GPR_RBX], 0x1234);
    ck_assert_uint_eq(references(), before);
    ck_assert(hv_gate_is_open(&child->gate));
}
END_TEST

/* The LP of the other one does not have the child's VP. */
START_TEST(a_vp_of_another_lp_is_dealt_with_from_afar)
{
    deal(root_vp);
    deal(other_root_vp);
    ck_assert_ptr_null(found_by(other_root_vp));
    ck_assert_ptr_null(hv_deals_parent(vp));
    deal(root_vp);
    ck_assert_ptr_eq(hv_deals_parent(vp), root_vp);
}
END_TEST

START_TEST(who_leaves_is_forgotten)
{
    deal(root_vp);
    hv_lp_remove(vp);
    ck_assert_ptr_null(found_by(root_vp));
    add(lp, vp);
    ck_assert_ptr_null(found_by(root_vp));
    deal(root_vp);
    ck_assert_ptr_eq(hv_deals_parent(vp), root_vp);
    hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    hv_lp_remove(root_vp);
    ck_assert_ptr_null(hv_deals_parent(vp));
}
END_TEST

START_TEST(nothing_is_found_while_vps_come_and_go)
{
    deal(root_vp);
    hv_gate_close(&child->gate, root_vp);
    ck_assert_ptr_null(found_by(root_vp));
    hv_gate_open(&child->gate);
    ck_assert_ptr_eq(found_by(root_vp), vp);
}
END_TEST

START_TEST(nothing_is_found_of_a_child_at_its_end)
{
    deal(root_vp);
    atomic_store(&child->lineage.state, HV_PARTITION_FINALIZED);
    ck_assert_ptr_null(found_by(root_vp));
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvX64RegisterRbx, 1),
                      HV_STATUS_INVALID_PARTITION_STATE);
}
END_TEST

START_TEST(a_call_is_checked_as_any_other)
{
    struct hv_input_vp_registers header = { .partition_id = child->id };

    deal(root_vp);
    header.reserved[1] = 1;
    memcpy(input_page(), &header, sizeof(header));
    ck_assert_uint_eq((hv_status)call_from(root_vp, HvCallGetVpRegisters | UINT64_C(1) << 32),
                      HV_STATUS_INVALID_PARAMETER);
    header.reserved[1] = 0;
    header.input_vtl = 0x11;
    memcpy(input_page(), &header, sizeof(header));
    ck_assert_uint_eq((hv_status)call_from(root_vp, HvCallGetVpRegisters | UINT64_C(1) << 32),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

/* ---- Messages ---- */

/* It runs, and the root's VP waits. */
static void let_run(void)
{
    resume();
    hv_lp_put(lp, now, HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), vp);
}

static int pending(struct hv_vp *target)
{
    hv_interrupt_poll(target, fake.tsc);
    return hv_interrupt_view(target)->vector;
}

START_TEST(a_message_to_the_same_lp_is_there_at_once)
{
    uint32_t before;

    let_run();
    before = references();
    intercept(vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
    ck_assert_uint_eq(slot_of(root_vp)->header.origination_id, child->id);
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_INTERCEPT);
    ck_assert_uint_eq(references(), before);
    ck_assert_int_eq(pending(root_vp), MESSAGES);
    hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), root_vp);
}
END_TEST

static unsigned looks;

static void count_look(void *backend)
{
    (void)backend;
    looks++;
}

static void end_intercept(struct hv_vp *caller)
{
    looks = 0;
    ck_assert_uint_eq(set_register_of(caller, vp, HvRegisterInterceptSuspend, 0),
                      HV_STATUS_SUCCESS);
}

/* The LP looks at what there is when the VP stops, and at the end of a call that says so. */
START_TEST(who_runs_need_not_tell_its_lp)
{
    let_run();
    looks = 0;
    fake.on_kick_lp = count_look;
    intercept(vp);
    ck_assert_ptr_eq(lp->heir, root_vp);
    ck_assert_uint_eq(looks, 0);
    ck_assert_ptr_eq(hv_lp_hand_over(lp, now, HV_LP_STOPS), root_vp);
    end_intercept(root_vp);
    ck_assert_ptr_eq(lp->heir, vp);
    ck_assert_uint_eq(looks, 0);
    ck_assert_int_eq(fake_vp(root_vp)->disposition, HV_DISPOSITION_LOOK);
}
END_TEST

/* There is nothing to look at if the VP still can't run, or does already. */
START_TEST(a_call_by_which_nobody_can_run_says_nothing)
{
    let_run();
    fake.on_kick_lp = count_look;
    intercept(vp);
    ck_assert_ptr_eq(hv_lp_hand_over(lp, now, HV_LP_STOPS), root_vp);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterExplicitSuspend, 1),
                      HV_STATUS_SUCCESS);
    end_intercept(root_vp);
    ck_assert_ptr_null(lp->heir);
    ck_assert_int_eq(fake_vp(root_vp)->disposition, HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterExplicitSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert_int_eq(fake_vp(root_vp)->disposition, HV_DISPOSITION_LOOK);
    lp->heir = NULL;
    end_intercept(root_vp);
    ck_assert_ptr_null(lp->heir);
    ck_assert_int_eq(fake_vp(root_vp)->disposition, HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvX64RegisterRbx, 1), HV_STATUS_SUCCESS);
    ck_assert_int_eq(fake_vp(root_vp)->disposition, HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(looks, 0);
}
END_TEST

/* A call from another LP is served when the VP's looks: what makes it look is a kick. */
START_TEST(the_lp_of_another_vp_is_told)
{
    let_run();
    intercept(vp);
    fake.on_kick_lp = look_there;
    looks = 0;
    ck_assert_uint_eq(set_register_of(other_root_vp, vp, HvRegisterInterceptSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(suspended(), 0);
    ck_assert_int_eq(fake_vp(other_root_vp)->disposition, HV_DISPOSITION_RESUME);
}
END_TEST

START_TEST(a_message_waits_while_the_slot_is_full)
{
    let_run();
    slot_of(root_vp)->header.message_type = HvMessageTimerExpired;
    intercept(vp);
    hv_lp_put(lp, now, HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), root_vp);
    hv_vp_prepare(root_vp);
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_INTERCEPT | HV_VP_SUSPEND_MESSAGE);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTimerExpired);
    empty_slot(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_INTERCEPT);
}
END_TEST

static void keep(struct hv_vp *receiver, struct hv_synic_message *message)
{
    (void)receiver;
    (void)message;
}

/* What is posted to a VP by another LP was there before. */
START_TEST(a_message_waits_behind_those_that_were_posted)
{
    struct hv_synic_message earlier = { .content.header.message_type = HvMessageTimerExpired,
                                        .sint = 0,
                                        .release = keep };

    let_run();
    hv_synic_post(other_root_vp, root_vp, &earlier);
    intercept(vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTimerExpired);
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_INTERCEPT | HV_VP_SUSPEND_MESSAGE);
    empty_slot(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
}
END_TEST

/* It is in the middle of a call, and what it does with its SynIC is its own affair until that is
   over. */
START_TEST(a_message_waits_for_who_is_in_the_middle_of_something)
{
    let_run();
    root_vp->waiting = true;
    intercept(vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_INTERCEPT | HV_VP_SUSPEND_MESSAGE);
    root_vp->waiting = false;
    hv_vp_prepare(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
    ck_assert_uint_eq(suspended(), HV_VP_SUSPEND_INTERCEPT);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("deals");
    Suite *suite = suite_create("core_deals");

    tcase_add_checked_fixture(tcase, setup, child_teardown);
    tcase_add_test(tcase, nobody_is_found_at_first);
    tcase_add_test(tcase, the_last_that_dealt_with_each_other_are_found);
    tcase_add_test(tcase, what_is_found_is_what_a_call_works_on);
    tcase_add_test(tcase, a_vp_of_another_lp_is_dealt_with_from_afar);
    tcase_add_test(tcase, who_leaves_is_forgotten);
    tcase_add_test(tcase, nothing_is_found_while_vps_come_and_go);
    tcase_add_test(tcase, nothing_is_found_of_a_child_at_its_end);
    tcase_add_test(tcase, a_call_is_checked_as_any_other);
    tcase_add_test(tcase, a_message_to_the_same_lp_is_there_at_once);
    tcase_add_test(tcase, who_runs_need_not_tell_its_lp);
    tcase_add_test(tcase, a_call_by_which_nobody_can_run_says_nothing);
    tcase_add_test(tcase, the_lp_of_another_vp_is_told);
    tcase_add_test(tcase, a_message_waits_while_the_slot_is_full);
    tcase_add_test(tcase, a_message_waits_behind_those_that_were_posted);
    tcase_add_test(tcase, a_message_waits_for_who_is_in_the_middle_of_something);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
