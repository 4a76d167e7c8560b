/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Interrupts from other LPs, each LP a thread. What a post announces is deliberately plain memory:
 * the thread sanitizer sees when it is read without order. Why: a lost post is a lost interrupt,
 * and a lost kick is a VP that sleeps over one.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "apic_fixture.h"

#define POSTERS 4
#define ROUNDS  500 /* few: who waits spins, which is slow with fewer processors than threads */
#define VECTORS 20  /* of each poster; they share words of the inbox */

static struct hv_apic apic;
static atomic_bool kicked;
static atomic_uint busy;

static void setup(void)
{
    apic_start(&apic, &apic_clock);
    atomic_store(&kicked, false);
}

/* ---- One thread ---- */

START_TEST(posts_arrive_with_their_trigger_mode)
{
    for (unsigned vector = 16; vector < 256; vector++) {
        bool level = vector % 3 == 0;

        setup();
        ck_assert(!hv_apic_has_post(&apic));
        ck_assert(hv_apic_post(&apic, (uint8_t)vector, level));
        ck_assert(hv_apic_has_post(&apic));
        ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
        ck_assert_uint_eq(hv_apic_take_posts(&apic), 0);
        ck_assert(!hv_apic_has_post(&apic));
        ck_assert_int_eq(apic_take(&apic), (int)vector);
        ck_assert_int_eq(hv_apic_eoi(&apic).kind, level ? HV_APIC_EOI_SENT : HV_APIC_NOTHING);
    }
}
END_TEST

START_TEST(only_the_first_post_since_a_take_kicks)
{
    ck_assert(hv_apic_post(&apic, 0x20, false));
    ck_assert(!hv_apic_post(&apic, 0x20, false));
    ck_assert(!hv_apic_post(&apic, 0xF0, true));
    ck_assert(!hv_apic_post_event(&apic, HV_APIC_EVENT_NMI, 0));
    ck_assert(!hv_apic_post_event(&apic, HV_APIC_EVENT_INIT, 0));
    hv_apic_take_posts(&apic);
    ck_assert(hv_apic_post_event(&apic, HV_APIC_EVENT_INIT, 0));
    hv_apic_take_posts(&apic);
    ck_assert(hv_apic_post_event(&apic, HV_APIC_EVENT_NMI, 0));
    hv_apic_take_posts(&apic);
    ck_assert(hv_apic_post(&apic, 0xF0, true));
}
END_TEST

START_TEST(posts_of_one_vector_merge)
{
    hv_apic_post(&apic, 0x40, false);
    hv_apic_post(&apic, 0x40, false);
    hv_apic_take_posts(&apic);
    ck_assert_int_eq(apic_take(&apic), 0x40);
    hv_apic_eoi(&apic);
    hv_apic_take_posts(&apic);
    ck_assert_int_eq(apic_take(&apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(illegal_vectors_are_an_error_of_the_receiver)
{
    hv_apic_post(&apic, 0x0F, false);
    hv_apic_take_posts(&apic);
    ck_assert_uint_eq(apic_errors(&apic), HV_APIC_ESR_RECEIVE_ILLEGAL);
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(disabled_apic_drops_interrupts_and_keeps_events)
{
    apic_write(&apic, HV_APIC_SVR, 0xFF);
    hv_apic_post(&apic, 0x40, false);
    hv_apic_post_event(&apic, HV_APIC_EVENT_NMI, 0);
    ck_assert_uint_eq(hv_apic_take_posts(&apic), HV_APIC_EVENT_NMI);
    apic_write(&apic, HV_APIC_SVR, 0x1FF);
    hv_apic_take_posts(&apic);
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(each_event_arrives_once_with_its_latest_vector)
{
    hv_apic_post_event(&apic, HV_APIC_EVENT_STARTUP, 0x10);
    hv_apic_post_event(&apic, HV_APIC_EVENT_STARTUP, 0x9A);
    hv_apic_post_event(&apic, HV_APIC_EVENT_EXTINT, 0x08);
    hv_apic_post_event(&apic, HV_APIC_EVENT_NMI, 0);
    ck_assert_uint_eq(hv_apic_take_posts(&apic),
                      HV_APIC_EVENT_STARTUP | HV_APIC_EVENT_EXTINT | HV_APIC_EVENT_NMI);
    ck_assert_uint_eq(apic.inbox.startup_vector, 0x9A);
    ck_assert_int_eq(apic.inbox.extint_vector, 0x08);
    ck_assert_uint_eq(hv_apic_take_posts(&apic), 0);
}
END_TEST

START_TEST(init_takes_back_an_earlier_start_up_and_nothing_else)
{
    hv_apic_post_event(&apic, HV_APIC_EVENT_STARTUP, 0x10);
    hv_apic_post_event(&apic, HV_APIC_EVENT_NMI, 0);
    hv_apic_post(&apic, 0x40, false);
    hv_apic_post_event(&apic, HV_APIC_EVENT_INIT, 0);
    ck_assert_uint_eq(hv_apic_take_posts(&apic), HV_APIC_EVENT_INIT | HV_APIC_EVENT_NMI);
    ck_assert_int_eq(hv_apic_pending(&apic), 0x40);
    hv_apic_post_event(&apic, HV_APIC_EVENT_INIT, 0);
    hv_apic_post_event(&apic, HV_APIC_EVENT_STARTUP, 0x10);
    ck_assert_uint_eq(hv_apic_take_posts(&apic), HV_APIC_EVENT_INIT | HV_APIC_EVENT_STARTUP);
}
END_TEST

START_TEST(taking_interrupts_leaves_events)
{
    hv_apic_post(&apic, 0x40, false);
    hv_apic_post(&apic, 0x50, true);
    hv_apic_post_event(&apic, HV_APIC_EVENT_NMI, 0);
    ck_assert_uint_eq(hv_apic_take_interrupts(&apic), HV_APIC_EVENT_NMI);
    ck_assert_int_eq(hv_apic_pending(&apic), 0x50);
    ck_assert(hv_apic_has_post(&apic));
    ck_assert_uint_eq(hv_apic_take_posts(&apic), HV_APIC_EVENT_NMI);
    ck_assert_uint_eq(hv_apic_take_interrupts(&apic), 0);
}
END_TEST

START_TEST(a_withdrawal_takes_back_levels_and_no_edges)
{
    hv_apic_post(&apic, 0x40, false);
    hv_apic_post(&apic, 0x50, true);
    hv_apic_take_posts(&apic);
    hv_apic_post(&apic, 0x51, true);
    hv_apic_post(&apic, 0x41, false);
    ck_assert(!hv_apic_post_withdrawal(&apic));
    hv_apic_post(&apic, 0x52, true);
    hv_apic_take_posts(&apic);
    ck_assert_int_eq(apic_take(&apic), 0x52);
    hv_apic_eoi(&apic);
    ck_assert_int_eq(apic_take(&apic), 0x41);
    hv_apic_eoi(&apic);
    ck_assert_int_eq(apic_take(&apic), 0x40);
    hv_apic_eoi(&apic);
    ck_assert_int_eq(apic_take(&apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(what_is_in_service_is_withdrawn_no_more)
{
    hv_apic_post(&apic, 0x50, true);
    hv_apic_take_posts(&apic);
    ck_assert_int_eq(apic_take(&apic), 0x50);
    ck_assert(hv_apic_post_withdrawal(&apic));
    hv_apic_take_posts(&apic);
    ck_assert_int_eq(hv_apic_eoi(&apic).kind, HV_APIC_EOI_SENT);
}
END_TEST

START_TEST(a_withdrawal_is_seen_in_the_view)
{
    hv_apic_post(&apic, 0x50, true);
    hv_apic_take_posts(&apic);
    apic.view.current = true;
    hv_apic_post_withdrawal(&apic);
    hv_apic_take_interrupts(&apic);
    ck_assert(!apic.view.current);
    ck_assert(!hv_apic_has_request(&apic));
}
END_TEST

START_TEST(a_withdrawn_external_interrupt_has_no_vector)
{
    hv_apic_post_event(&apic, HV_APIC_EVENT_EXTINT, 0x08);
    hv_apic_post_event(&apic, HV_APIC_EVENT_EXTINT, HV_APIC_NO_VECTOR);
    ck_assert_uint_eq(hv_apic_take_posts(&apic), HV_APIC_EVENT_EXTINT);
    ck_assert_int_eq(apic.inbox.extint_vector, HV_APIC_NO_VECTOR);
}
END_TEST

/* ---- Many threads ---- */

static struct {
    unsigned payload; /* plain: what the post announces */
    atomic_uint seen;
} mail[256];

static uint8_t vector_of(unsigned poster, unsigned i)
{
    return (uint8_t)(32 + i * POSTERS + poster);
}

static void post_and_kick(uint8_t vector)
{
    if (hv_apic_post(&apic, vector, vector % 2 == 0))
        atomic_store(&kicked, true);
}

/* Posts each of its vectors, and waits until all have been seen before it posts them again. */
static void *post_and_wait(void *argument)
{
    unsigned self = *(const unsigned *)argument;

    for (unsigned round = 1; round <= ROUNDS; round++) {
        for (unsigned i = 0; i < VECTORS; i++) {
            mail[vector_of(self, i)].payload = round;
            post_and_kick(vector_of(self, i));
        }
        for (unsigned i = 0; i < VECTORS; i++)
            while (atomic_load(&mail[vector_of(self, i)].seen) != round)
                sched_yield();
    }
    atomic_fetch_sub(&busy, 1);
    return NULL;
}

/* The owner looks only when it was kicked: a kick too few leaves a poster waiting for ever. */
static void serve_when_kicked(void)
{
    if (!atomic_exchange(&kicked, false)) {
        sched_yield();
        return;
    }
    hv_apic_take_posts(&apic);
    for (int vector = apic_take(&apic); vector != HV_APIC_NO_VECTOR; vector = apic_take(&apic)) {
        struct hv_apic_effect effect = hv_apic_eoi(&apic);

        if ((effect.kind == HV_APIC_EOI_SENT) != (vector % 2 == 0) ||
            mail[vector].payload != atomic_load(&mail[vector].seen) + 1)
            abort(); /* Check's assertions would not say more */
        atomic_fetch_add(&mail[vector].seen, 1);
    }
}

static void run_posters(void *(*function)(void *), void (*serve)(void))
{
    static const unsigned indexes[POSTERS] = { 0, 1, 2, 3 };
    pthread_t threads[POSTERS];

    memset(mail, 0, sizeof(mail));
    atomic_store(&busy, POSTERS);
    for (unsigned i = 0; i < POSTERS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, function, (void *)(uintptr_t)&indexes[i]), 0);
    while (atomic_load(&busy))
        serve();
    for (unsigned i = 0; i < POSTERS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

START_TEST(every_post_is_seen_by_an_owner_that_looks_when_kicked)
{
    run_posters(post_and_wait, serve_when_kicked);
    for (unsigned poster = 0; poster < POSTERS; poster++)
        for (unsigned i = 0; i < VECTORS; i++)
            ck_assert_uint_eq(mail[vector_of(poster, i)].seen, ROUNDS);
    ck_assert(!hv_apic_has_post(&apic));
}
END_TEST

static atomic_uint kicks;

/* Posts without waiting, its last vectors last. */
static void *post_and_go_on(void *argument)
{
    unsigned self = *(const unsigned *)argument;

    for (unsigned round = 0; round < 5 * ROUNDS; round++) {
        atomic_fetch_add(&kicks, hv_apic_post(&apic, vector_of(self, round % VECTORS), false));
        if (round % 7 == self)
            atomic_fetch_add(&kicks, hv_apic_post_event(&apic, HV_APIC_EVENT_NMI, 0));
    }
    atomic_fetch_sub(&busy, 1);
    return NULL;
}

static unsigned takes_with_something;

static void take_all(void)
{
    uint32_t events = hv_apic_take_posts(&apic);
    bool found = events != 0;

    if (events & ~(uint32_t)HV_APIC_EVENT_NMI)
        abort();
    for (int vector = apic_take(&apic); vector != HV_APIC_NO_VECTOR; vector = apic_take(&apic)) {
        hv_apic_eoi(&apic);
        atomic_fetch_add(&mail[vector].seen, 1);
        found = true;
    }
    takes_with_something += found;
}

START_TEST(no_take_finds_what_nobody_was_kicked_for)
{
    atomic_store(&kicks, 0);
    takes_with_something = 0;
    run_posters(post_and_go_on, take_all);
    take_all();
    for (unsigned poster = 0; poster < POSTERS; poster++)
        for (unsigned i = 0; i < VECTORS; i++)
            ck_assert_uint_ge(mail[vector_of(poster, i)].seen, 1);
    ck_assert_uint_ge(atomic_load(&kicks), takes_with_something);
    ck_assert_uint_lt(atomic_load(&kicks), POSTERS * 5 * ROUNDS * 8 / 7);
    ck_assert(!hv_apic_has_post(&apic));
    for (unsigned word = 0; word < HV_APIC_WORDS; word++)
        ck_assert_uint_eq(apic.inbox.edge[word], 0);
}
END_TEST

/* Waits for each post before the next, and lets nobody else run meanwhile. */
static void *post_one_by_one(void *argument)
{
    unsigned self = *(const unsigned *)argument;
    uint8_t vector = vector_of(self, 0);

    for (unsigned round = 1; self < 2 && round <= 10 * ROUNDS; round++) {
        mail[vector].payload = round;
        hv_apic_post(&apic, vector, false);
        for (unsigned spins = 1; atomic_load(&mail[vector].seen) != round; spins++)
            if (spins % 1000 == 0)
                sched_yield();
    }
    atomic_fetch_sub(&busy, 1);
    return NULL;
}

static void take_and_read(void)
{
    hv_apic_take_posts(&apic);
    for (int vector = apic_take(&apic); vector != HV_APIC_NO_VECTOR; vector = apic_take(&apic)) {
        hv_apic_eoi(&apic);
        atomic_store(&mail[vector].seen, mail[vector].payload);
    }
}

/* Also when it is another's announcement of the same word that lets it be found. */
START_TEST(what_was_written_before_a_post_is_seen_after_it_was_taken)
{
    run_posters(post_one_by_one, take_and_read);
    for (unsigned poster = 0; poster < 2; poster++)
        ck_assert_uint_eq(mail[vector_of(poster, 0)].seen, 10 * ROUNDS);
}
END_TEST

/* A start-up IPI is never seen before the INIT that it follows, and never without its vector. */
static void *start_and_stop(void *argument)
{
    unsigned self = *(const unsigned *)argument;

    for (unsigned round = 0; self == 0 && round < 5 * ROUNDS; round++) {
        hv_apic_post_event(&apic, HV_APIC_EVENT_STARTUP, (uint8_t)(round | 0x80));
        hv_apic_post_event(&apic, HV_APIC_EVENT_INIT, 0);
    }
    atomic_fetch_sub(&busy, 1);
    return NULL;
}

static bool is_started;

static void follow(void)
{
    uint32_t events = hv_apic_take_posts(&apic);

    if (events & HV_APIC_EVENT_INIT)
        is_started = false;
    if (events & HV_APIC_EVENT_STARTUP) {
        if (!(apic.inbox.startup_vector & 0x80))
            abort();
        is_started = true;
    }
}

START_TEST(after_a_final_init_nothing_is_started)
{
    is_started = false;
    run_posters(start_and_stop, follow);
    follow();
    ck_assert(!is_started);
}
END_TEST

static atomic_uint phase, seen;

static void take_and_say(void)
{
    hv_apic_take_posts(&apic);
    if (apic_take(&apic) == HV_APIC_NO_VECTOR) {
        /* The other thread may have no processor but this one. */
        sched_yield();
        return;
    }
    hv_apic_eoi(&apic);
    atomic_store(&seen, atomic_load(&phase));
}

/* Whatever the owner does meanwhile, what comes after a withdrawal is not withdrawn. */
static void *withdraw_and_post(void *argument)
{
    unsigned self = *(const unsigned *)argument;
    uint8_t vector = vector_of(0, 0);

    for (unsigned round = 1; self == 0 && round <= 5 * ROUNDS; round++) {
        hv_apic_post(&apic, vector, true);
        hv_apic_post_withdrawal(&apic);
        atomic_store(&phase, round);
        hv_apic_post(&apic, vector, true);
        while (atomic_load(&seen) != round)
            sched_yield();
    }
    atomic_fetch_sub(&busy, 1);
    return NULL;
}

START_TEST(what_comes_after_a_withdrawal_stays)
{
    run_posters(withdraw_and_post, take_and_say);
    ck_assert_uint_eq(atomic_load(&seen), 5 * ROUNDS);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("inbox");

    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, posts_arrive_with_their_trigger_mode);
    tcase_add_test(tcase, only_the_first_post_since_a_take_kicks);
    tcase_add_test(tcase, posts_of_one_vector_merge);
    tcase_add_test(tcase, illegal_vectors_are_an_error_of_the_receiver);
    tcase_add_test(tcase, disabled_apic_drops_interrupts_and_keeps_events);
    tcase_add_test(tcase, each_event_arrives_once_with_its_latest_vector);
    tcase_add_test(tcase, init_takes_back_an_earlier_start_up_and_nothing_else);
    tcase_add_test(tcase, taking_interrupts_leaves_events);
    tcase_add_test(tcase, a_withdrawal_takes_back_levels_and_no_edges);
    tcase_add_test(tcase, what_is_in_service_is_withdrawn_no_more);
    tcase_add_test(tcase, a_withdrawal_is_seen_in_the_view);
    tcase_add_test(tcase, a_withdrawn_external_interrupt_has_no_vector);
    tcase_add_test(tcase, every_post_is_seen_by_an_owner_that_looks_when_kicked);
    tcase_add_test(tcase, no_take_finds_what_nobody_was_kicked_for);
    tcase_add_test(tcase, what_was_written_before_a_post_is_seen_after_it_was_taken);
    tcase_add_test(tcase, after_a_final_init_nothing_is_started);
    tcase_add_test(tcase, what_comes_after_a_withdrawal_stays);
    return apic_run("core_apic_inbox", tcase);
}
