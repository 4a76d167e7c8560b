/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A VP that is dispatched from several LPs in turn: what comes along, what stays, what is passed
 * on. */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "apic_bits.h"
#include "dispatch_fixture.h"
#include "suite.h"

#define VECTOR 0x51

static unsigned looks; /* that LPs have been made to take by a kick */

static void look_there(void *at)
{
    looks++;
    hv_lp_look(*(struct hv_lp **)at, now);
}

/* The other LP runs the root's other VP; either reacts to kicks at once. */
static void setup(void)
{
    dispatch_setup();
    resume();
    hv_lp_look(lp, now);
    add(other_lp, other_root_vp);
    ck_assert_ptr_eq(hv_lp_pick(other_lp, now), other_root_vp);
    looks = 0;
    fake.on_kick_lp = look_there;
}

static void lend_there(void)
{
    hv_lp_look(other_lp, now);
    ck_assert_int_eq(dispatch_by(other_root_vp, 0), HV_DISPOSITION_DISPATCH);
    hv_lp_put(other_lp, now, HV_LP_LENDS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(other_lp, now), vp);
}

static void end_there(enum hv_lp_release why, uint64_t deadline)
{
    hv_lp_put(other_lp, now, why, deadline);
    ck_assert_ptr_eq(hv_lp_pick(other_lp, now), other_root_vp);
    hv_vp_end_lending(other_root_vp);
}

static void check_refused_there(void)
{
    ck_assert_int_eq(dispatch_by(other_root_vp, 0), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(status_of(other_root_vp), HV_STATUS_INVALID_VP_STATE);
    ck_assert(!hv_vp_lends(other_root_vp));
    ck_assert_uint_eq(hv_lp_load(lp), 2);
    ck_assert_uint_eq(hv_lp_load(other_lp), 1);
    ck_assert_uint_eq(fake_vp(vp)->moves, 0);
}

/* ---- Where it runs ---- */

START_TEST(it_comes_to_the_lp_that_dispatches_it)
{
    lend_there();
    ck_assert_uint_eq(hv_lp_load(lp), 1);
    ck_assert_uint_eq(hv_lp_load(other_lp), 2);
    ck_assert_ptr_eq(fake_vp(vp)->lp, &other_lp);
    end_there(HV_LP_YIELDS, HV_LP_NEVER);
    lend(0);
    ck_assert_ptr_eq(fake_vp(vp)->lp, &lp);
    ck_assert_uint_eq(fake_vp(vp)->moves, 2);
    ck_assert_uint_eq(hv_lp_load(lp), 2);
    ck_assert_uint_eq(hv_lp_load(other_lp), 1);
}
END_TEST

START_TEST(one_that_stays_asks_nobody)
{
    lend(0);
    end(HV_LP_WAITS, HV_LP_NEVER);
    lend(0);
    ck_assert_uint_eq(looks, 0);
    ck_assert_uint_eq(fake_vp(vp)->moves, 0);
}
END_TEST

START_TEST(one_that_runs_stays)
{
    lend(0);
    check_refused_there();
    end(HV_LP_YIELDS, HV_LP_NEVER);
    lend_there();
}
END_TEST

START_TEST(one_that_is_about_to_run_stays)
{
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_DISPATCH);
    check_refused_there();
    hv_lp_put(lp, now, HV_LP_LENDS, HV_LP_NEVER);
    check_refused_there();
    ck_assert_ptr_eq(hv_lp_pick(lp, now), vp);
}
END_TEST

START_TEST(one_that_a_third_takes_is_refused)
{
    struct hv_lp *third;

    make_lp(&third);
    atomic_store(&vp->dispatch->taker, third);
    check_refused_there();
    ck_assert_ptr_eq(atomic_load(&vp->dispatch->taker), third);
}
END_TEST

START_TEST(one_without_an_lp_is_refused)
{
    struct hv_vp *added = fake_vp_create(&fake, child, 1);
    const struct hv_input_dispatch_vp input = { .partition_id = child->id, .vp_index = 1 };

    ck_assert_int_eq(dispatch_with(root_vp, &input), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(status_of(root_vp), HV_STATUS_INVALID_VP_STATE);
    ck_assert_ptr_null(atomic_load(&added->sched.lp));
    ck_assert_uint_eq(hv_lp_load(lp), 2);
}
END_TEST

/* ---- What comes along ---- */

START_TEST(it_waits_where_it_was_last)
{
    lend(0);
    end(HV_LP_WAITS, now + 100);
    ck_assert_uint_eq(hv_lp_deadline(lp), now + 100);
    lend_there();
    ck_assert_uint_eq(hv_lp_deadline(lp), HV_LP_NEVER);
    end_there(HV_LP_WAITS, now + 200);
    ck_assert_uint_eq(hv_lp_deadline(other_lp), now + 200);
    hv_lp_look(lp, now + 200);
    ck_assert_uint_eq(vp->dispatch->signals, 0);
    hv_lp_look(other_lp, now + 200);
    ck_assert_uint_eq(vp->dispatch->signals, 1);
}
END_TEST

START_TEST(a_suspended_vp_comes_too)
{
    atomic_fetch_or(&vp->suspended, HV_VP_SUSPEND_EXPLICIT);
    ck_assert_int_eq(dispatch_by(other_root_vp, 0), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(status_of(other_root_vp), HV_STATUS_SUCCESS);
    check_output(HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_SUSPEND);
    ck_assert_ptr_eq(fake_vp(vp)->lp, &other_lp);
    ck_assert_uint_eq(vp->dispatch->signals, 0);
    resume();
    hv_lp_look(other_lp, now);
    ck_assert_uint_eq(vp->dispatch->signals, 1);
}
END_TEST

/* Its taker dispatches it: nobody is to be told that it can run. */
START_TEST(a_move_is_no_signal)
{
    lend(0);
    end(HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_uint_eq(blocked(), 1);
    lend_there();
    ck_assert_uint_eq(vp->dispatch->signals, 0);
    ck_assert_uint_eq(blocked(), 0);
}
END_TEST

static void count_request(struct hv_vp *asked, void *count)
{
    (void)asked;
    ++*(unsigned *)count;
}

START_TEST(requests_that_wait_come_along)
{
    unsigned count = 0;
    struct hv_request request = { .run = count_request, .argument = &count };

    atomic_store(&vp->requests, &request);
    lend_there();
    ck_assert_uint_eq(count, 1);
    ck_assert(atomic_load(&request.done));
}
END_TEST

/* ---- What comes meanwhile ---- */

static void interrupt_and_move(void *context, struct hv_vp *moved, void *to)
{
    (void)context;
    fake.on_kick_lp = NULL;
    hv_interrupt_post(moved, VECTOR, false);
    fake_vp(moved)->lp = to;
    fake.on_kick_lp = look_there;
}

/* As if by a third LP, which the one that had the VP has not listened to yet. */
static void move_with_an_interrupt(void)
{
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    fake.platform.cpu.move_vp = interrupt_and_move;
    lend_there();
    end_there(HV_LP_WAITS, HV_LP_NEVER);
}

START_TEST(what_comes_while_it_moves_is_passed_on)
{
    move_with_an_interrupt();
    hv_lp_look(other_lp, now);
    ck_assert_uint_eq(vp->dispatch->signals, 0);
    hv_lp_look(lp, now);
    ck_assert_uint_eq(vp->dispatch->signals, 1);
    hv_vp_prepare(vp);
    ck_assert(hv_apic_test(vp->apic.irr, VECTOR));
}
END_TEST

static atomic_bool has_passed_on;

static void *pass_on_late(void *unused)
{
    usleep(20000);
    atomic_store(&has_passed_on, true);
    hv_lp_look(lp, now);
    return unused;
}

/* Else it would be in that LP's list when its memory is somebody else's. */
START_TEST(one_that_ends_waits_for_who_has_to_pass_it_on)
{
    pthread_t thread;

    move_with_an_interrupt();
    fake.on_kick_lp = NULL;
    atomic_store(&has_passed_on, false);
    ck_assert_int_eq(pthread_create(&thread, NULL, pass_on_late, NULL), 0);
    hv_sched_leave(other_root_vp, vp);
    ck_assert(atomic_load(&has_passed_on));
    ck_assert(!atomic_load(&vp->sched.kicked));
    pthread_join(thread, NULL);
    ck_assert_uint_eq(hv_lp_load(other_lp), 1);
}
END_TEST

/* ---- At once ---- */

#define REQUESTS 200
#define LPS      3
#define ASKERS   2

/* An LP with a VP of the root. It looks at what has come only when it is kicked. */
static struct runner {
    struct hv_lp *lp; /* whose back end's name this is */
    struct hv_vp *root_vp;
    atomic_bool kicked, takes; /* it is to take the VP */
} runners[LPS];

static struct asker {
    struct hv_vp *vp; /* of no LP */
    unsigned step;
} askers[ASKERS];

static atomic_uint asking, taking;
static unsigned long served; /* only whoever has the VP touches it */

static void note_kick(void *at)
{
    struct runner *runner = at;

    atomic_store(&runner->kicked, true);
}

static void listen(struct runner *runner)
{
    if (atomic_exchange(&runner->kicked, false))
        hv_lp_look(runner->lp, 0);
    sched_yield();
}

static void *take_when_told(void *argument)
{
    struct runner *runner = argument;

    while (atomic_load(&asking)) {
        if (atomic_exchange(&runner->takes, false))
            (void)hv_sched_take(runner->root_vp, vp);
        listen(runner);
    }
    atomic_fetch_sub(&taking, 1);
    while (atomic_load(&taking))
        listen(runner);
    return NULL;
}

static void serve(struct hv_vp *asked, void *unused)
{
    (void)asked;
    (void)unused;
    served++;
}

/* Waits for an answer, which the LP that has the VP owes it, and asks again while that moves. */
static void *ask(void *argument)
{
    struct asker *asker = argument;

    for (unsigned i = 0; i < REQUESTS; i++) {
        struct runner *next = &runners[i * asker->step % LPS];

        hv_request_call(asker->vp, vp, serve, NULL);
        atomic_store(&next->takes, true);
        while (atomic_load(&next->takes))
            sched_yield();
    }
    atomic_fetch_sub(&asking, 1);
    return NULL;
}

static void setup_threads(void)
{
    child_setup_on(HV_CPU_ROOT_SCHEDULER, EXO_FLAGS);
    memset(runners, 0, sizeof(runners));
    fake.on_kick_lp = note_kick;
    for (unsigned i = 0; i < LPS; i++) {
        struct hv_vp *const known[] = { root_vp, other_root_vp };

        make_lp(&runners[i].lp);
        runners[i].root_vp = i < 2 ? known[i] : fake_vp_create(&fake, root, i);
        add(runners[i].lp, runners[i].root_vp);
        hv_lp_pick(runners[i].lp, 0);
    }
    add(runners[0].lp, vp);
    for (unsigned i = 0; i < ASKERS; i++)
        askers[i] = (struct asker){ fake_vp_create(&fake, child, i + 1), i + 1 };
}

START_TEST(no_request_is_lost_while_it_moves)
{
    pthread_t threads[LPS + ASKERS];

    served = 0;
    atomic_store(&asking, ASKERS);
    atomic_store(&taking, LPS);
    for (unsigned i = 0; i < LPS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_when_told, &runners[i]), 0);
    for (unsigned i = 0; i < ASKERS; i++)
        ck_assert_int_eq(pthread_create(&threads[LPS + i], NULL, ask, &askers[i]), 0);
    for (unsigned i = 0; i < LPS + ASKERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(served, ASKERS * REQUESTS);
    ck_assert_uint_gt(fake_vp(vp)->moves, REQUESTS / 10);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("dispatch_move"), *threads = tcase_create("threads");
    Suite *suite = suite_create("core_dispatch_move");

    tcase_add_checked_fixture(tcase, setup, child_teardown);
    tcase_add_test(tcase, it_comes_to_the_lp_that_dispatches_it);
    tcase_add_test(tcase, one_that_stays_asks_nobody);
    tcase_add_test(tcase, one_that_runs_stays);
    tcase_add_test(tcase, one_that_is_about_to_run_stays);
    tcase_add_test(tcase, one_that_a_third_takes_is_refused);
    tcase_add_test(tcase, one_without_an_lp_is_refused);
    tcase_add_test(tcase, it_waits_where_it_was_last);
    tcase_add_test(tcase, a_suspended_vp_comes_too);
    tcase_add_test(tcase, a_move_is_no_signal);
    tcase_add_test(tcase, requests_that_wait_come_along);
    tcase_add_test(tcase, what_comes_while_it_moves_is_passed_on);
    tcase_add_test(tcase, one_that_ends_waits_for_who_has_to_pass_it_on);
    tcase_add_checked_fixture(threads, setup_threads, child_teardown);
    tcase_set_timeout(threads, 60);
    tcase_add_test(threads, no_request_is_lost_while_it_moves);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, threads);
    return run_suite(suite);
}
