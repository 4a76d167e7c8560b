/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The EOI assist: when a guest is told that it owes no EOI, when that is taken back, and what its
 * use of it does to the APIC. Each rule guards an interrupt that is lost, or comes twice, without.
 */
#include <pthread.h>
#include <sched.h>

#include <hv/abi/tlfs.h>

#include "apic_fixture.h"
#include "apic_record.h"

#define SPARED   HV_VP_ASSIST_NO_EOI_REQUIRED
#define RESERVED UINT32_C(0xABCD0000)

static struct hv_apic apic;
static uint32_t word;

static void setup(void)
{
    word = 0;
    apic_start(&apic, &apic_clock);
    hv_apic_set_assist(&apic, &word);
}

static uint32_t look(void)
{
    return __atomic_load_n(&word, __ATOMIC_RELAXED);
}

/* What a guest does at the end of its handler; returns whether the page spared it the EOI. */
static bool clear_bit(void)
{
    return __atomic_fetch_and(&word, ~SPARED, __ATOMIC_RELAXED) & SPARED;
}

static int take(void)
{
    int vector = apic_take(&apic);

    if (vector != HV_APIC_NO_VECTOR)
        hv_apic_spare_eoi(&apic);
    return vector;
}

static void begin(uint8_t vector)
{
    hv_apic_request(&apic, vector, false);
    ck_assert_int_eq(take(), vector);
}

static bool in_service(unsigned vector)
{
    return apic_read(&apic, HV_APIC_ISR + vector / 32) >> vector % 32 & 1;
}

START_TEST(an_edge_interrupt_alone_needs_no_eoi)
{
    word = RESERVED;
    begin(0x50);
    ck_assert_uint_eq(look(), RESERVED | SPARED);
    ck_assert(in_service(0x50));
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_PPR), 0x50);
    ck_assert(clear_bit());
    ck_assert(!in_service(0x50));
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_PPR), 0);
    ck_assert_uint_eq(look(), RESERVED);
}
END_TEST

START_TEST(without_an_assist_each_interrupt_needs_its_eoi)
{
    hv_apic_set_assist(&apic, NULL);
    begin(0x50);
    ck_assert_uint_eq(look(), 0);
    ck_assert(in_service(0x50));
    hv_apic_eoi(&apic);
    ck_assert(!in_service(0x50));
}
END_TEST

START_TEST(a_level_interrupt_needs_its_eoi)
{
    hv_apic_request(&apic, 0x50, true);
    ck_assert_int_eq(take(), 0x50);
    ck_assert_uint_eq(look(), 0);
    ck_assert_int_eq(hv_apic_eoi(&apic).kind, HV_APIC_EOI_SENT);
}
END_TEST

START_TEST(an_interrupt_with_another_behind_it_needs_its_eoi)
{
    static const uint8_t behind[] = { 0x20, 0x5F, 0xF0 };

    for (unsigned i = 0; i < 2; i++) {
        setup();
        hv_apic_request(&apic, behind[i], false);
        hv_apic_request(&apic, 0x60, false);
        ck_assert_int_eq(take(), 0x60);
        ck_assert_uint_eq(look(), 0);
        hv_apic_eoi(&apic);
        ck_assert_int_eq(take(), behind[i]);
        ck_assert_uint_eq(look(), SPARED);
    }
}
END_TEST

/* Also one of the same class, and of the same vector. */
START_TEST(a_later_request_takes_it_back)
{
    static const uint8_t later[] = { 0x20, 0x50, 0x5F, 0x80 };

    for (unsigned i = 0; i < 4; i++) {
        setup();
        begin(0x50);
        hv_apic_request(&apic, later[i], false);
        ck_assert_uint_eq(look(), 0);
        ck_assert(in_service(0x50));
        ck_assert_int_eq(hv_apic_pending(&apic), later[i] == 0x80 ? 0x80 : HV_APIC_NO_VECTOR);
        hv_apic_eoi(&apic);
        ck_assert_int_eq(hv_apic_pending(&apic), later[i]);
    }
}
END_TEST

/* The guest was faster: what comes next must not wait for an EOI that never comes. */
START_TEST(a_later_request_finds_it_complete)
{
    static const uint8_t later[] = { 0x20, 0x50, 0x5F, 0x80 };

    for (unsigned i = 0; i < 4; i++) {
        setup();
        begin(0x50);
        ck_assert(clear_bit());
        hv_apic_request(&apic, later[i], false);
        ck_assert_int_eq(hv_apic_pending(&apic), later[i]);
        ck_assert_int_eq(hv_apic_in_service(&apic), HV_APIC_NO_VECTOR);
    }
}
END_TEST

START_TEST(a_request_changes_what_a_back_end_sees)
{
    begin(0x50);
    clear_bit();
    apic.view.current = true;
    hv_apic_note_spared_eoi(&apic);
    ck_assert(!apic.view.current);
}
END_TEST

START_TEST(an_illegal_vector_takes_back_nothing_and_a_disabled_apic_neither)
{
    begin(0x50);
    hv_apic_request(&apic, 0x0F, false);
    ck_assert_uint_eq(look(), SPARED);
    apic_write(&apic, HV_APIC_SVR, 0xFF);
    hv_apic_request(&apic, 0x20, false);
    ck_assert_uint_eq(look(), SPARED);
}
END_TEST

START_TEST(of_nested_interrupts_only_the_highest_is_spared)
{
    begin(0x50);
    begin(0x80);
    ck_assert_uint_eq(look(), SPARED);
    ck_assert(clear_bit());
    ck_assert(!in_service(0x80));
    ck_assert(in_service(0x50));
    ck_assert(!clear_bit());
    hv_apic_eoi(&apic);
    ck_assert(!in_service(0x50));
}
END_TEST

START_TEST(a_conventional_eoi_works_whatever_the_bit_says)
{
    begin(0x50);
    hv_apic_eoi(&apic);
    ck_assert_uint_eq(look(), 0);
    ck_assert(!in_service(0x50));
    /* The bit of the inner one must not stay for the outer. */
    begin(0x50);
    begin(0x80);
    hv_apic_eoi(&apic);
    ck_assert_uint_eq(look(), 0);
    ck_assert(in_service(0x50));
    /* Both ways at once: the second is for the outer. */
    begin(0x80);
    ck_assert(clear_bit());
    hv_apic_eoi(&apic);
    ck_assert_int_eq(hv_apic_in_service(&apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(a_guest_that_sets_the_bit_harms_itself_alone)
{
    word = SPARED;
    hv_apic_request(&apic, 0x50, true);
    ck_assert_int_eq(take(), 0x50);
    clear_bit();
    ck_assert(in_service(0x50));
    ck_assert_int_eq(hv_apic_eoi(&apic).kind, HV_APIC_EOI_SENT);
    /* Set again after it was cleared: not complete. */
    begin(0x60);
    clear_bit();
    word = UINT32_MAX;
    ck_assert(in_service(0x60));
    hv_apic_eoi(&apic);
    ck_assert(!in_service(0x60));
}
END_TEST

/* It was an edge when it was completed. */
START_TEST(a_level_request_of_the_vector_sends_no_eoi_for_the_edge)
{
    begin(0x50);
    clear_bit();
    hv_apic_request(&apic, 0x50, true);
    ck_assert_int_eq(hv_apic_in_service(&apic), HV_APIC_NO_VECTOR);
    ck_assert_int_eq(take(), 0x50);
    ck_assert_uint_eq(look(), 0);
    ck_assert_int_eq(hv_apic_eoi(&apic).kind, HV_APIC_EOI_SENT);
}
END_TEST

START_TEST(taking_the_assist_away_takes_it_back)
{
    uint32_t elsewhere = 0;

    begin(0x50);
    hv_apic_set_assist(&apic, &word);
    ck_assert_uint_eq(look(), SPARED);
    hv_apic_set_assist(&apic, &elsewhere);
    ck_assert_uint_eq(look(), 0);
    ck_assert_uint_eq(elsewhere, 0);
    ck_assert(in_service(0x50));
    hv_apic_eoi(&apic);
    begin(0x60);
    ck_assert_uint_eq(elsewhere, SPARED);
    elsewhere = 0;
    hv_apic_set_assist(&apic, NULL);
    ck_assert(!in_service(0x60));
}
END_TEST

START_TEST(enabled_with_an_interrupt_in_service_it_spares_the_next)
{
    hv_apic_set_assist(&apic, NULL);
    begin(0x50);
    hv_apic_set_assist(&apic, &word);
    ck_assert_uint_eq(look(), 0);
    ck_assert(!clear_bit());
    hv_apic_eoi(&apic);
    begin(0x50);
    ck_assert_uint_eq(look(), SPARED);
}
END_TEST

START_TEST(nothing_in_service_spares_nothing)
{
    hv_apic_spare_eoi(&apic);
    ck_assert_uint_eq(look(), 0);
    hv_apic_eoi(&apic);
    hv_apic_request(&apic, 0x50, false);
    hv_apic_accept(&apic, 0x50, true);
    hv_apic_spare_eoi(&apic);
    ck_assert_uint_eq(look(), 0);
}
END_TEST

START_TEST(reset_forgets_it)
{
    begin(0x50);
    hv_apic_reset(&apic);
    ck_assert_uint_eq(look(), 0);
    apic_write(&apic, HV_APIC_SVR, 0x1FF);
    ck_assert(!in_service(0x50));
    begin(0x40);
    ck_assert_uint_eq(look(), SPARED);
}
END_TEST

static struct hv_apic_record saved(void)
{
    struct hv_apic_record record;

    hv_apic_save(&apic, 0, &record);
    return record;
}

START_TEST(a_record_says_what_is_in_service)
{
    struct hv_apic_record record;

    begin(0x50);
    record = saved();
    ck_assert_uint_eq(record.isr[0x50 / 32], 1u << 0x50 % 32);
    ck_assert_uint_eq(look(), 0);
    hv_apic_eoi(&apic);
    begin(0x60);
    clear_bit();
    record = saved();
    ck_assert_uint_eq(record.isr[0x60 / 32], 0);
    /* Restored over one that is spared. */
    begin(0x70);
    ck_assert(hv_apic_restore(&apic, &record, sizeof(record), 0));
    ck_assert_uint_eq(look(), 0);
    ck_assert(!in_service(0x70));
}
END_TEST

/* ---- Other LPs ---- */

#define ROUNDS  2000
#define VECTORS 3

/* Of classes below, of and above the middle one. */
static const uint8_t vectors[VECTORS] = { 0x40, 0x61, 0x80 };
static atomic_uint seen[VECTORS];
static atomic_bool kicked, done;

static void *post_all(void *unused)
{
    (void)unused;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        unsigned first = round % VECTORS;

        for (unsigned i = 0; i < VECTORS; i++)
            if (hv_apic_post(&apic, vectors[(first + i) % VECTORS], false))
                atomic_store(&kicked, true);
        for (unsigned i = 0; i < VECTORS; i++)
            while (atomic_load(&seen[i]) < round)
                sched_yield();
    }
    atomic_store(&done, true);
    return NULL;
}

static void *scribble(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !atomic_load(&done); i++) {
        __atomic_store_n(&word, i % 3 == 0 ? UINT32_MAX : 0, __ATOMIC_RELAXED);
        if (i % 64 == 0)
            sched_yield();
    }
    return NULL;
}

static void take_when_kicked(void)
{
    if (atomic_exchange(&kicked, false))
        hv_apic_take_posts(&apic);
}

/* The guest's handler: a kick makes it exit before it, or between its look and its EOI. */
static void handle(int vector)
{
    take_when_kicked();
    if (!clear_bit()) {
        take_when_kicked();
        hv_apic_eoi(&apic);
    }
    for (unsigned i = 0; i < VECTORS; i++)
        if (vectors[i] == vector)
            atomic_fetch_add(&seen[i], 1);
}

static void run_guest(void)
{
    while (!atomic_load(&done)) {
        int vector;

        take_when_kicked();
        vector = take();
        if (vector == HV_APIC_NO_VECTOR)
            sched_yield();
        else
            handle(vector);
    }
}

static void start_counting(void)
{
    atomic_store(&kicked, false);
    atomic_store(&done, false);
    for (unsigned i = 0; i < VECTORS; i++)
        atomic_store(&seen[i], 0);
}

/* One that is lost leaves the poster waiting for ever. */
START_TEST(no_interrupt_of_another_lp_is_lost)
{
    pthread_t poster;

    start_counting();
    ck_assert_int_eq(pthread_create(&poster, NULL, post_all, NULL), 0);
    run_guest();
    ck_assert_int_eq(pthread_join(poster, NULL), 0);
    for (unsigned i = 0; i < VECTORS; i++)
        ck_assert_uint_eq(atomic_load(&seen[i]), ROUNDS);
    ck_assert_int_eq(take(), HV_APIC_NO_VECTOR);
    hv_apic_note_spared_eoi(&apic);
    ck_assert_int_eq(hv_apic_in_service(&apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(a_page_that_others_scribble_on_breaks_no_rule_of_the_apic)
{
    pthread_t vandal;

    start_counting();
    ck_assert_int_eq(pthread_create(&vandal, NULL, scribble, NULL), 0);
    for (unsigned i = 0; i < 20 * ROUNDS; i++) {
        uint8_t vector = vectors[i % VECTORS];
        int before, taken;

        hv_apic_request(&apic, vector, false);
        ck_assert_uint_eq(apic.eoi_spared, false);
        before = hv_apic_in_service(&apic);
        taken = take();
        ck_assert(taken == HV_APIC_NO_VECTOR || taken >> 4 > before >> 4);
        if (!clear_bit())
            hv_apic_eoi(&apic);
        ck_assert(!apic.eoi_spared || !hv_apic_has_request(&apic));
    }
    atomic_store(&done, true);
    ck_assert_int_eq(pthread_join(vandal, NULL), 0);
    /* Whatever it was told, with EOIs enough all is complete. */
    for (unsigned i = 0; i < 2 * VECTORS; i++) {
        take();
        hv_apic_eoi(&apic);
    }
    ck_assert_int_eq(hv_apic_in_service(&apic), HV_APIC_NO_VECTOR);
    ck_assert(!hv_apic_has_request(&apic));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("assist");

    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, an_edge_interrupt_alone_needs_no_eoi);
    tcase_add_test(tcase, without_an_assist_each_interrupt_needs_its_eoi);
    tcase_add_test(tcase, a_level_interrupt_needs_its_eoi);
    tcase_add_test(tcase, an_interrupt_with_another_behind_it_needs_its_eoi);
    tcase_add_test(tcase, a_later_request_takes_it_back);
    tcase_add_test(tcase, a_later_request_finds_it_complete);
    tcase_add_test(tcase, a_request_changes_what_a_back_end_sees);
    tcase_add_test(tcase, an_illegal_vector_takes_back_nothing_and_a_disabled_apic_neither);
    tcase_add_test(tcase, of_nested_interrupts_only_the_highest_is_spared);
    tcase_add_test(tcase, a_conventional_eoi_works_whatever_the_bit_says);
    tcase_add_test(tcase, a_guest_that_sets_the_bit_harms_itself_alone);
    tcase_add_test(tcase, a_level_request_of_the_vector_sends_no_eoi_for_the_edge);
    tcase_add_test(tcase, taking_the_assist_away_takes_it_back);
    tcase_add_test(tcase, enabled_with_an_interrupt_in_service_it_spares_the_next);
    tcase_add_test(tcase, nothing_in_service_spares_nothing);
    tcase_add_test(tcase, reset_forgets_it);
    tcase_add_test(tcase, a_record_says_what_is_in_service);
    tcase_add_test(tcase, no_interrupt_of_another_lp_is_lost);
    tcase_add_test(tcase, a_page_that_others_scribble_on_breaks_no_rule_of_the_apic);
    return apic_run("core_apic_assist", tcase);
}
