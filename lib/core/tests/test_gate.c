/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Who may work on a partition's VPs, and who waits. */
#include "root_fixture.h"
#include "suite.h"

static struct hv_gate gate;
static struct hv_request request;
static bool was_closed; /* when the request was served */

/* What another LP does while the root's VP waits. */
static void leave(struct hv_vp *vp, void *argument)
{
    (void)vp;
    (void)argument;
    was_closed = !hv_gate_try_enter(&gate);
    hv_gate_leave(&gate);
}

static void open_it(struct hv_vp *vp, void *argument)
{
    (void)vp;
    (void)argument;
    was_closed = !hv_gate_try_enter(&gate);
    hv_gate_open(&gate);
}

static void post(void (*run)(struct hv_vp *vp, void *argument))
{
    request = (struct hv_request){ .run = run };
    atomic_store(&root_vp->requests, &request);
}

static void begin(void)
{
    setup();
    memset(&gate, 0, sizeof(gate));
    was_closed = false;
}

START_TEST(many_are_inside_at_once)
{
    hv_gate_enter(&gate, root_vp);
    ck_assert(hv_gate_try_enter(&gate));
    hv_gate_leave(&gate);
    hv_gate_leave(&gate);
    hv_gate_close(&gate, root_vp);
    ck_assert(!hv_gate_try_enter(&gate));
    hv_gate_open(&gate);
    ck_assert(hv_gate_try_enter(&gate));
}
END_TEST

START_TEST(who_closes_waits_for_those_inside_and_serves_requests)
{
    hv_gate_enter(&gate, root_vp);
    post(leave);
    hv_gate_close(&gate, root_vp);
    ck_assert(atomic_load(&request.done));
    ck_assert(was_closed);
}
END_TEST

START_TEST(who_comes_waits_until_it_is_open)
{
    hv_gate_close(&gate, root_vp);
    post(open_it);
    hv_gate_enter(&gate, root_vp);
    ck_assert(atomic_load(&request.done));
    ck_assert(was_closed);
    ck_assert(!root_vp->waiting);
}
END_TEST

START_TEST(who_closes_waits_for_who_has_closed_it)
{
    hv_gate_close(&gate, root_vp);
    post(open_it);
    hv_gate_close(&gate, root_vp);
    ck_assert(atomic_load(&request.done));
    ck_assert(!hv_gate_try_enter(&gate));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate");
    TCase *tests = tcase_create("gate");

    tcase_add_checked_fixture(tests, begin, teardown);
    tcase_add_test(tests, many_are_inside_at_once);
    tcase_add_test(tests, who_closes_waits_for_those_inside_and_serves_requests);
    tcase_add_test(tests, who_comes_waits_until_it_is_open);
    tcase_add_test(tests, who_closes_waits_for_who_has_closed_it);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
