/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a back end is told of a VP's local APIC before it enters the guest. */
#include <check.h>

#include "suite.h"
#include "vp_fixture.h"

#define LOW  0x42
#define HIGH 0x85

static void start(void)
{
    setup();
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
}

static const struct hv_interrupt_view *poll(void)
{
    hv_vp_prepare(vp);
    hv_interrupt_poll(vp, fake.tsc);
    ck_assert(hv_interrupt_view(vp)->current);
    return hv_interrupt_view(vp);
}

START_TEST(view_of_a_vp_with_nothing_to_do)
{
    const struct hv_interrupt_view *view = poll();

    ck_assert_int_eq(view->vector, HV_INTERRUPT_NONE);
    ck_assert(!view->behind_priority);
    ck_assert(!view->fine_priority);
    ck_assert_uint_eq(view->cr8, 0);
    ck_assert_uint_eq(view->deadline, HV_INTERRUPT_NEVER);
}
END_TEST

START_TEST(vector_is_the_highest_that_may_interrupt)
{
    hv_interrupt_post(vp, LOW, false);
    ck_assert_int_eq(poll()->vector, LOW);
    hv_interrupt_post(vp, HIGH, false);
    ck_assert_int_eq(poll()->vector, HIGH);
    hv_interrupt_accept(vp, HIGH);
    ck_assert(hv_interrupt_view(vp)->current);
    ck_assert_int_eq(hv_interrupt_view(vp)->vector, HV_INTERRUPT_NONE);
    /* It waits for an EOI, not for the task priority. */
    ck_assert(!hv_interrupt_view(vp)->behind_priority);
}
END_TEST

START_TEST(a_second_request_of_a_vector_changes_nothing)
{
    hv_interrupt_post(vp, LOW, false);
    poll();
    hv_interrupt_post(vp, LOW, false);
    hv_vp_prepare(vp);
    ck_assert(hv_interrupt_view(vp)->current);
    hv_interrupt_accept(vp, LOW);
    hv_interrupt_post(vp, LOW, false);
    hv_vp_prepare(vp);
    ck_assert(!hv_interrupt_view(vp)->current);
}
END_TEST

START_TEST(task_priority_is_all_that_one_waits_for)
{
    hv_interrupt_post(vp, LOW, false);
    hv_interrupt_set_cr8(vp, LOW >> 4);
    ck_assert_int_eq(poll()->vector, HV_INTERRUPT_NONE);
    ck_assert(hv_interrupt_view(vp)->behind_priority);
    ck_assert_uint_eq(hv_interrupt_view(vp)->cr8, LOW >> 4);
    hv_interrupt_set_cr8(vp, (LOW >> 4) - 1);
    ck_assert(!hv_interrupt_view(vp)->current);
    ck_assert_int_eq(poll()->vector, LOW);
    ck_assert(!hv_interrupt_view(vp)->behind_priority);
}
END_TEST

START_TEST(bits_that_cr8_does_not_show_are_told)
{
    hv_apic_set_tpr(&vp->apic, 0x31);
    ck_assert(poll()->fine_priority);
    ck_assert_uint_eq(hv_interrupt_view(vp)->cr8, 3);
    hv_interrupt_set_cr8(vp, 3);
    ck_assert_uint_eq(vp->apic.tpr, 0x30);
    ck_assert(!poll()->fine_priority);
}
END_TEST

START_TEST(deadline_is_that_of_the_next_timer)
{
    hv_apic_write(&vp->apic, HV_APIC_LVT_TIMER, LOW, fake.tsc);
    hv_apic_write(&vp->apic, HV_APIC_INITIAL_COUNT, 1000, fake.tsc);
    ck_assert_uint_eq(poll()->deadline, vp->apic.timer.deadline);
    fake.tsc = vp->apic.timer.deadline;
    ck_assert_int_eq(poll()->vector, LOW);
    ck_assert_uint_eq(hv_interrupt_view(vp)->deadline, HV_INTERRUPT_NEVER);
}
END_TEST

START_TEST(events_are_told_once_and_with_their_vectors)
{
    struct hv_interrupt_vectors vectors;

    hv_interrupt_post_event(vp, HV_INTERRUPT_NMI, 0);
    hv_interrupt_post_event(vp, HV_INTERRUPT_STARTUP, 0x9A);
    hv_interrupt_post_event(vp, HV_INTERRUPT_EXTINT, 0x08);
    hv_vp_prepare(vp);
    ck_assert_uint_eq(hv_interrupt_events(vp, &vectors),
                      HV_INTERRUPT_NMI | HV_INTERRUPT_STARTUP | HV_INTERRUPT_EXTINT);
    ck_assert_uint_eq(vectors.startup, 0x9A);
    ck_assert_int_eq(vectors.extint, 0x08);
    ck_assert_uint_eq(hv_interrupt_events(vp, &vectors), 0);
}
END_TEST

/* Also one that was taken, and not yet told. */
START_TEST(init_takes_back_a_start_up_that_was_taken_before)
{
    struct hv_interrupt_vectors vectors;

    hv_interrupt_post_event(vp, HV_INTERRUPT_STARTUP, 0x9A);
    hv_vp_prepare(vp);
    hv_interrupt_post_event(vp, HV_INTERRUPT_INIT, 0);
    hv_vp_prepare(vp);
    ck_assert_uint_eq(hv_interrupt_events(vp, &vectors), HV_INTERRUPT_INIT);
}
END_TEST

/* ---- What comes from outside ---- */

static hv_status assert_at(uint32_t type, uint32_t destination, bool logical, uint8_t vector)
{
    const struct hv_interrupt_request request = {
        .type = type, .destination = destination, .logical_destination = logical, .vector = vector
    };

    return hv_interrupt_assert(partition, &request);
}

START_TEST(requests_go_to_whom_they_address)
{
    struct hv_vp *other = fake_vp_create(&fake, partition, 1);

    hv_apic_write(&other->apic, HV_APIC_SVR, 0x1FF, 0);
    ck_assert_uint_eq(assert_at(HvX64InterruptTypeFixed, 1, false, LOW), HV_STATUS_SUCCESS);
    ck_assert_int_eq(poll()->vector, HV_INTERRUPT_NONE);
    hv_vp_prepare(other);
    hv_interrupt_poll(other, fake.tsc);
    ck_assert_int_eq(hv_interrupt_view(other)->vector, LOW);
    hv_apic_write(&vp->apic, HV_APIC_LDR, UINT64_C(0x80000000), 0);
    hv_apic_routes_update(partition);
    ck_assert_uint_eq(assert_at(HvX64InterruptTypeLowestPriority, 0x80, true, HIGH),
                      HV_STATUS_SUCCESS);
    ck_assert_int_eq(poll()->vector, HIGH);
    /* Nobody is there. */
    ck_assert_uint_eq(assert_at(HvX64InterruptTypeFixed, 77, false, LOW), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(requests_without_a_vector_are_events)
{
    struct hv_interrupt_vectors vectors;

    ck_assert_uint_eq(assert_at(HvX64InterruptTypeNmi, 0, false, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(assert_at(HvX64InterruptTypeInit, 0, false, 0), HV_STATUS_SUCCESS);
    hv_vp_prepare(vp);
    ck_assert_uint_eq(hv_interrupt_events(vp, &vectors), HV_INTERRUPT_NMI | HV_INTERRUPT_INIT);
    ck_assert_uint_eq(assert_at(HvX64InterruptTypeSipi, 0, false, 0x9A), HV_STATUS_SUCCESS);
    hv_vp_prepare(vp);
    ck_assert_uint_eq(hv_interrupt_events(vp, &vectors), HV_INTERRUPT_STARTUP);
    ck_assert_uint_eq(vectors.startup, 0x9A);
}
END_TEST

START_TEST(requests_of_other_types_are_refused)
{
    ck_assert_uint_eq(assert_at(HvX64InterruptTypeSmi, 0, false, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(assert_at(HvX64InterruptTypeExtInt, 0, false, LOW),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_int_eq(poll()->vector, HV_INTERRUPT_NONE);
}
END_TEST

/* ---- The page, without an instruction ---- */

#define PAGE UINT64_C(0xFEE00000)

START_TEST(page_is_that_of_the_apic)
{
    ck_assert(hv_interrupt_is_page(vp, PAGE));
    ck_assert(hv_interrupt_is_page(vp, PAGE + 0xFFF));
    ck_assert(!hv_interrupt_is_page(vp, PAGE + 0x1000));
    ck_assert(!hv_interrupt_is_page(vp, PAGE - 1));
}
END_TEST

START_TEST(accesses_to_the_page_reach_its_registers)
{
    hv_interrupt_page_store(vp, PAGE + 0x80, 0x35);
    ck_assert_uint_eq(hv_interrupt_page_load(vp, PAGE + 0x80), 0x35);
    ck_assert_uint_eq(poll()->cr8, 3);
    hv_interrupt_page_store(vp, PAGE + 0x80, 0);
    hv_interrupt_post(vp, LOW, true);
    ck_assert_int_eq(poll()->vector, LOW);
    hv_interrupt_accept(vp, LOW);
    hv_interrupt_page_store(vp, PAGE + 0xB0, 0);
    ck_assert_uint_eq(fake_vp(vp)->eois, 1);
    ck_assert_uint_eq(fake_vp(vp)->last_eoi, LOW);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("interrupt");
    Suite *suite = suite_create("core_interrupt");

    tcase_add_checked_fixture(tests, start, teardown);
    tcase_add_test(tests, view_of_a_vp_with_nothing_to_do);
    tcase_add_test(tests, vector_is_the_highest_that_may_interrupt);
    tcase_add_test(tests, a_second_request_of_a_vector_changes_nothing);
    tcase_add_test(tests, task_priority_is_all_that_one_waits_for);
    tcase_add_test(tests, bits_that_cr8_does_not_show_are_told);
    tcase_add_test(tests, deadline_is_that_of_the_next_timer);
    tcase_add_test(tests, events_are_told_once_and_with_their_vectors);
    tcase_add_test(tests, init_takes_back_a_start_up_that_was_taken_before);
    tcase_add_test(tests, requests_go_to_whom_they_address);
    tcase_add_test(tests, requests_without_a_vector_are_events);
    tcase_add_test(tests, requests_of_other_types_are_refused);
    tcase_add_test(tests, page_is_that_of_the_apic);
    tcase_add_test(tests, accesses_to_the_page_reach_its_registers);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
