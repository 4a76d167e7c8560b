/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Requests between VPs, each VP on a thread of its own as it is on an LP. What a request touches is
 * deliberately plain memory: the thread sanitizer sees when two threads touch it without order
 * between them. Why: a lost request hangs an LP for good, and one that runs on the wrong LP
 * corrupts a VP that is inside the guest.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "suite.h"

#define VPS   4
#define CALLS 40 /* few: LPs that wait spin, which is slow with fewer processors than VPs */

static struct fake_platform fake;
static struct hv_partition *partition;
static struct hv_vp *vps[VPS];
static atomic_uint kicks;
static atomic_uint busy; /* threads that still make calls */

/* Of each VP; touched only on the LP that owns it. */
static struct {
    pthread_t owner;
    unsigned long runs;
    unsigned long by_caller[VPS];
} state[VPS];

static void kick(void *context, struct hv_vp *vp)
{
    (void)context;
    (void)vp;
    atomic_fetch_add(&kicks, 1);
}

static uint64_t stopped_clock(void *context)
{
    (void)context;
    return 0;
}

static void setup(void)
{
    fake_platform_init(&fake);
    fake.platform.cpu.kick = kick;
    fake.platform.time.tsc = stopped_clock;
    partition = fake_partition(&fake);
    for (uint32_t i = 0; i < VPS; i++)
        vps[i] = fake_vp_create(&fake, partition, i);
    atomic_store(&partition->guest_os_id, 1);
    atomic_store(&kicks, 0);
    memset(state, 0, sizeof(state));
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

struct question {
    uint32_t caller;
    unsigned long answer;
};

static void count(struct hv_vp *vp, void *argument)
{
    struct question *question = argument;

    if (!pthread_equal(state[vp->index].owner, pthread_self()))
        abort();
    state[vp->index].runs++;
    question->answer = ++state[vp->index].by_caller[question->caller];
}

static void ask(uint32_t caller, uint32_t target, unsigned long expected)
{
    struct question question = { .caller = caller };

    hv_request_call(vps[caller], vps[target], count, &question);
    if (question.answer != expected)
        abort(); /* Check's assertions are for the main thread alone */
}

static void serve_until_all_are_done(uint32_t index)
{
    atomic_fetch_sub(&busy, 1);
    while (atomic_load(&busy)) {
        hv_vp_prepare(vps[index]);
        sched_yield();
    }
    hv_vp_prepare(vps[index]);
}

/* An LP that asks every other VP in turn. */
static void *ask_all(void *argument)
{
    uint32_t self = *(const uint32_t *)argument;

    state[self].owner = pthread_self();
    for (unsigned long i = 1; i <= CALLS; i++)
        for (uint32_t target = 0; target < VPS; target++)
            ask(self, target, i);
    serve_until_all_are_done(self);
    return NULL;
}

static void run_threads(uint32_t number, void *(*function)(void *))
{
    static const uint32_t indexes[VPS] = { 0, 1, 2, 3 };
    pthread_t threads[VPS];

    atomic_store(&busy, number);
    for (uint32_t i = 0; i < number; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, function, (void *)(uintptr_t)&indexes[i]), 0);
    for (uint32_t i = 0; i < number; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

START_TEST(call_to_oneself_runs_at_once)
{
    state[0].owner = pthread_self();
    ask(0, 0, 1);
    ck_assert_uint_eq(atomic_load(&kicks), 0);
}
END_TEST

START_TEST(serving_nothing_does_nothing)
{
    hv_request_serve(vps[0]);
    ck_assert_uint_eq(state[0].runs, 0);
}
END_TEST

START_TEST(all_vps_ask_each_other_at_once)
{
    run_threads(VPS, ask_all);
    for (uint32_t i = 0; i < VPS; i++) {
        ck_assert_uint_eq(state[i].runs, VPS * CALLS);
        ck_assert_ptr_null(atomic_load(&vps[i]->requests));
    }
    ck_assert_uint_eq(atomic_load(&kicks), VPS * (VPS - 1) * CALLS);
}
END_TEST

/* ---- Order ---- */

static unsigned order[VPS];
static unsigned served;

static void note(struct hv_vp *vp, void *argument)
{
    (void)vp;
    order[served++] = *(const uint32_t *)argument;
}

static void *ask_first(void *argument)
{
    uint32_t self = *(const uint32_t *)argument;

    hv_request_call(vps[self], vps[0], note, argument);
    return NULL;
}

START_TEST(requests_are_served_in_the_order_in_which_they_were_posted)
{
    static const uint32_t callers[VPS] = { 0, 2, 3, 1 };
    pthread_t threads[VPS];

    served = 0;
    for (unsigned i = 1; i < VPS; i++) {
        struct hv_request *before = atomic_load(&vps[0]->requests);

        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, ask_first, (void *)(uintptr_t)&callers[i]), 0);
        while (atomic_load(&vps[0]->requests) == before)
            sched_yield();
    }
    hv_vp_prepare(vps[0]);
    for (unsigned i = 1; i < VPS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(served, VPS - 1);
    for (unsigned i = 1; i < VPS; i++)
        ck_assert_uint_eq(order[i - 1], callers[i]);
}
END_TEST

/* ---- Through the hypercall ---- */

/* Each LP writes RBX of the next VP and reads it back, with its caller's number in it. */
static void *exchange_registers(void *argument)
{
    uint32_t self = *(const uint32_t *)argument, next = (self + 1) % VPS;
    uint64_t gpa = UINT64_C(0x10000) * (self + 1);
    struct hv_input_vp_registers *header = fake_page(&fake, gpa >> 12);
    uint64_t *element = (uint64_t *)(void *)(header + 1);
    const uint64_t *output = fake_page(&fake, (gpa >> 12) + 1);

    *header =
        (struct hv_input_vp_registers){ .partition_id = HV_PARTITION_ID_SELF, .vp_index = next };
    for (uint64_t i = 0; i < CALLS; i++) {
        element[0] = HvX64RegisterRbx;
        element[2] = i << 8 | self;
        element[3] = 0;
        if (fake_hypercall(vps[self], HvCallSetVpRegisters | UINT64_C(1) << 32, gpa, 0) !=
            UINT64_C(1) << 32)
            abort();
        if (fake_hypercall(vps[self], HvCallGetVpRegisters | UINT64_C(1) << 32, gpa, gpa + 4096) !=
            UINT64_C(1) << 32)
            abort();
        if (output[0] != (i << 8 | self))
            abort();
    }
    serve_until_all_are_done(self);
    return NULL;
}

START_TEST(register_calls_in_a_circle_do_not_deadlock)
{
    run_threads(VPS, exchange_registers);
    for (uint32_t i = 0; i < VPS; i++)
        ck_assert_uint_eq(fake_vp(vps[(i + 1) % VPS])->gprs.gpr[HV_GPR_RBX], (CALLS - 1) << 8 | i);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("request");
    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, call_to_oneself_runs_at_once);
    tcase_add_test(tcase, serving_nothing_does_nothing);
    tcase_add_test(tcase, all_vps_ask_each_other_at_once);
    tcase_add_test(tcase, requests_are_served_in_the_order_in_which_they_were_posted);
    tcase_add_test(tcase, register_calls_in_a_circle_do_not_deadlock);
    Suite *suite = suite_create("core_request");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
