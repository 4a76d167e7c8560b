/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Synthetic timers against a clock that the test turns. Why: a timer that is lost stops a guest,
 * one that is early breaks its timekeeping, and ticks that are doubled or dropped make its clock
 * drift; each of these has happened to an implementation.
 */
#include <check.h>

#include <hv/interrupt.h>

#include "core.h"
#include "fake_platform.h"
#include "msr_access.h"
#include "suite.h"

#define TICKS_PER_UNIT (FAKE_TSC_HZ / 10000000) /* TSC ticks in 100 ns */
#define SINT           2
#define VECTOR         0x40
#define SIM_GPA        0x5000
#define MS             UINT64_C(10000) /* units of 100 ns */

static struct fake_platform fake;
static struct hv_partition *partition;
static struct hv_vp *vp;

static void begin(void)
{
    fake_platform_init(&fake);
    partition = fake_partition(&fake);
    vp = fake_vp_create(&fake, partition, 0);
    must_write(vp, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    must_write(vp, HV_X64_MSR_SIMP, SIM_GPA | HV_X64_MSR_PAGE_ENABLE);
    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR);
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
}

/* What expires at 1 is in the past. */
static void setup(void)
{
    begin();
    fake.tsc += 1000 * TICKS_PER_UNIT;
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static uint64_t now(void)
{
    return hv_time_reference(partition);
}

/* Lets time pass without looking at the VP. */
static void pass(uint64_t units)
{
    fake.tsc += units * TICKS_PER_UNIT;
}

static struct hv_interrupt_view look(void)
{
    hv_interrupt_poll(vp, fake.tsc);
    return *hv_interrupt_view(vp);
}

/* Lets time pass to the deadline that the VP asks for. @return whether there is one */
static bool pass_to_deadline(void)
{
    uint64_t deadline = look().deadline;

    if (deadline == HV_INTERRUPT_NEVER)
        return false;
    ck_assert_uint_ge(deadline, fake.tsc);
    fake.tsc = deadline;
    return true;
}

static struct hv_message *slot(void)
{
    struct hv_message_page *page = vp->synic.message_page.page;

    return &page->sint_message[SINT];
}

static const struct hv_timer_message_payload *payload(void)
{
    return (const void *)slot()->payload;
}

static bool has_message(void)
{
    return slot()->header.message_type == HvMessageTimerExpired;
}

/* As a guest does that has handled a message. */
static void empty_slot(void)
{
    bool pending = slot()->header.message_flags & HV_MESSAGE_FLAG_PENDING;

    slot()->header.message_type = HvMessageTypeNone;
    if (pending)
        must_write(vp, HV_X64_MSR_EOM, 0);
}

static void take_interrupt(void)
{
    struct hv_interrupt_view view = look();

    ck_assert_int_ne(view.vector, HV_INTERRUPT_NONE);
    hv_interrupt_accept(vp, (uint8_t)view.vector);
    must_write(vp, HV_X64_MSR_EOI, 0);
}

static uint64_t config(unsigned timer)
{
    return value_of(vp, HV_X64_MSR_STIMER0_CONFIG + 2 * timer);
}

static void set_config(unsigned timer, uint64_t bits)
{
    must_write(vp, HV_X64_MSR_STIMER0_CONFIG + 2 * timer,
               bits | (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
}

static void set_count(unsigned timer, uint64_t count)
{
    must_write(vp, HV_X64_MSR_STIMER0_COUNT + 2 * timer, count);
}

START_TEST(one_shot_sends_its_message_at_its_time)
{
    uint64_t expiry = now() + 5 * MS;

    set_count(1, expiry);
    set_config(1, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    look();
    ck_assert(!has_message());
    ck_assert(pass_to_deadline());
    ck_assert_uint_le(now() - expiry, 1);
    ck_assert_int_eq(look().vector, VECTOR);
    ck_assert(has_message());
    ck_assert_uint_eq(slot()->header.payload_size, 24);
    ck_assert_uint_eq(slot()->header.origination_id, 0);
    ck_assert_uint_eq(payload()->timer_index, 1);
    ck_assert_uint_eq(payload()->expiration_time, expiry);
    ck_assert_uint_ge(payload()->delivery_time, expiry);
    ck_assert_uint_eq(config(1) & HV_X64_MSR_STIMER_CONFIG_ENABLE, 0);
    take_interrupt();
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
}
END_TEST

START_TEST(one_shot_is_never_early)
{
    /* Whatever part of a unit the clock is at. */
    for (uint64_t offset = 0; offset < 3 * TICKS_PER_UNIT; offset += 7) {
        uint64_t expiry = now() + 1000;

        fake.tsc += offset;
        set_count(0, expiry);
        set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE);
        while (!has_message()) {
            ck_assert_uint_gt(look().deadline, 0);
            if (has_message())
                break;
            ck_assert(pass_to_deadline());
            look();
        }
        ck_assert_uint_ge(now(), expiry);
        ck_assert_uint_le(now() - expiry, 2);
        take_interrupt();
        empty_slot();
    }
}
END_TEST

START_TEST(one_shot_in_the_past_expires_at_once)
{
    pass(10 * MS);
    set_count(0, 1);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    ck_assert(has_message());
    ck_assert_uint_eq(payload()->expiration_time, 1);
}
END_TEST

START_TEST(auto_enable_starts_with_the_count)
{
    set_config(0, HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE);
    ck_assert_uint_eq(config(0) & HV_X64_MSR_STIMER_CONFIG_ENABLE, 0);
    set_count(0, now() + MS);
    ck_assert_uint_eq(config(0) & HV_X64_MSR_STIMER_CONFIG_ENABLE, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    ck_assert(pass_to_deadline());
    look();
    ck_assert(has_message());
}
END_TEST

START_TEST(count_alone_starts_nothing)
{
    set_config(0, 0);
    set_count(0, now() + MS);
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
    pass(2 * MS);
    look();
    ck_assert(!has_message());
}
END_TEST

START_TEST(count_of_zero_stops_and_disables)
{
    set_count(0, now() + MS);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE);
    set_count(0, 0);
    ck_assert_uint_eq(config(0) & HV_X64_MSR_STIMER_CONFIG_ENABLE, 0);
    pass(2 * MS);
    look();
    ck_assert(!has_message());
}
END_TEST

START_TEST(sint_zero_disables_except_in_direct_mode)
{
    set_count(0, now() + MS);
    must_write(vp, HV_X64_MSR_STIMER0_CONFIG, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    ck_assert_uint_eq(config(0) & HV_X64_MSR_STIMER_CONFIG_ENABLE, 0);
    must_write(vp, HV_X64_MSR_STIMER0_CONFIG,
               HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0x50 << 4);
    ck_assert_uint_eq(config(0) & HV_X64_MSR_STIMER_CONFIG_ENABLE, HV_X64_MSR_STIMER_CONFIG_ENABLE);
}
END_TEST

START_TEST(direct_mode_interrupts_without_a_message_or_a_synic)
{
    must_write(vp, HV_X64_MSR_SCONTROL, 0);
    must_write(vp, HV_X64_MSR_SIMP, 0);
    set_count(0, now() + MS);
    must_write(vp, HV_X64_MSR_STIMER0_CONFIG,
               HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0x50 << 4);
    ck_assert(pass_to_deadline());
    ck_assert_int_eq(look().vector, 0x50);
    ck_assert(!has_message());
}
END_TEST

START_TEST(direct_mode_needs_a_legal_vector)
{
    ck_assert(write_faults(vp, HV_X64_MSR_STIMER0_CONFIG,
                           HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0xF << 4));
    ck_assert(!write_faults(vp, HV_X64_MSR_STIMER0_CONFIG,
                            HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0x10 << 4));
}
END_TEST

/* A clock that sets itself by ticks must not drift: each expiration lies on the grid. */
START_TEST(periodic_timer_keeps_its_grid)
{
    uint64_t first;

    set_count(0, MS);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC);
    first = now() + MS;
    for (uint64_t tick = 0; tick < 1000; tick++) {
        ck_assert(pass_to_deadline());
        look();
        ck_assert_msg(has_message(), "no tick %lu", tick);
        ck_assert_uint_eq(payload()->expiration_time, first + tick * MS);
        ck_assert_uint_le(payload()->delivery_time - payload()->expiration_time, 2);
        take_interrupt();
        empty_slot();
        pass(MS / 10);
    }
    ck_assert_uint_ne(config(0) & HV_X64_MSR_STIMER_CONFIG_ENABLE, 0);
}
END_TEST

static void start_direct_ticks(void)
{
    set_count(0, MS);
    must_write(vp, HV_X64_MSR_STIMER0_CONFIG,
               HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC |
                   HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0x50 << 4);
}

START_TEST(direct_ticks_come_once_a_period)
{
    uint64_t first = now() + MS;

    start_direct_ticks();
    for (uint64_t tick = 0; tick < 100; tick++) {
        ck_assert(pass_to_deadline());
        ck_assert_int_eq(look().vector, 0x50);
        ck_assert_uint_ge(now(), first + tick * MS);
        ck_assert_uint_le(now(), first + tick * MS + 2);
        take_interrupt();
        ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
        pass(MS / 10);
        ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
    }
}
END_TEST

/* Between looks that come late: each period that was missed is given by an interrupt of its own. */
START_TEST(direct_ticks_are_caught_up)
{
    uint64_t tenth = now() + 10 * MS, ticks = 0;

    start_direct_ticks();
    for (pass(5 * MS + MS / 2); now() < tenth; ticks++) {
        ck_assert_int_eq(look().vector, 0x50);
        take_interrupt();
        ck_assert(pass_to_deadline());
    }
    ck_assert_uint_eq(ticks, 9);
    ck_assert_uint_le(now(), tenth + 2);
    ck_assert_int_eq(look().vector, 0x50);
}
END_TEST

START_TEST(direct_ticks_that_nobody_takes_are_one_interrupt)
{
    start_direct_ticks();
    for (unsigned tick = 0; tick < 3; tick++) {
        ck_assert(pass_to_deadline());
        ck_assert_int_eq(look().vector, 0x50);
    }
    take_interrupt();
    ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
    pass(MS - 10);
    ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
    pass(12); /* a deadline is rounded up */
    ck_assert_int_eq(look().vector, 0x50);
}
END_TEST

/* Ticks that come late are all given, with less than a period between them. */
START_TEST(few_late_ticks_are_caught_up)
{
    uint64_t first, ticks = 0, last = 0;

    set_count(0, MS);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC);
    first = now() + MS;
    pass(5 * MS + MS / 2);
    for (look(); payload()->expiration_time <= first + 8 * MS; ticks++) {
        ck_assert(has_message());
        ck_assert_uint_eq(payload()->expiration_time, first + ticks * MS);
        if (ticks > 0 && ticks < 5)
            ck_assert_uint_lt(payload()->delivery_time - last, MS);
        last = payload()->delivery_time;
        take_interrupt();
        empty_slot();
        ck_assert(pass_to_deadline());
        look();
    }
    ck_assert_uint_eq(ticks, 9);
}
END_TEST

START_TEST(many_late_ticks_are_not_all_given)
{
    uint64_t first, seen = 0;

    set_count(0, MS);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC);
    first = now() + MS;
    pass(1000 * MS);
    look();
    ck_assert(has_message());
    while (payload()->expiration_time < now() - MS) {
        ck_assert_uint_eq((payload()->expiration_time - first) % MS, 0);
        seen++;
        ck_assert_uint_le(seen, 30);
        take_interrupt();
        empty_slot();
        ck_assert(pass_to_deadline());
        look();
    }
}
END_TEST

START_TEST(lazy_timer_skips_what_it_missed)
{
    uint64_t first;

    set_count(0, MS);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC |
                      HV_X64_MSR_STIMER_CONFIG_LAZY);
    first = now() + MS;
    pass(5 * MS + MS / 2);
    look();
    take_interrupt();
    empty_slot();
    ck_assert(pass_to_deadline());
    look();
    ck_assert_uint_eq(payload()->expiration_time, first + 5 * MS);
}
END_TEST

static void start_lazy(uint64_t period)
{
    set_count(0, period);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC |
                      HV_X64_MSR_STIMER_CONFIG_LAZY);
}

START_TEST(lazy_tick_just_before_the_next_is_skipped)
{
    uint64_t first = now() + MS;

    start_lazy(MS);
    pass(3 * MS - MS / 8);
    look();
    ck_assert(!has_message());
    ck_assert(pass_to_deadline());
    look();
    ck_assert(has_message());
    ck_assert_uint_eq(payload()->expiration_time, first + 2 * MS);
    take_interrupt();
    empty_slot();
    /* The deadline may lie a little behind the tick. */
    pass(2 * MS - MS / 8 - 3);
    look();
    ck_assert(has_message());
}
END_TEST

START_TEST(lazy_timer_of_a_short_period_still_ticks)
{
    unsigned ticks = 0;

    start_lazy(107);
    for (unsigned i = 0; i < 20; i++) {
        ck_assert(pass_to_deadline());
        look();
        if (has_message()) {
            take_interrupt();
            empty_slot();
            ticks++;
        }
    }
    ck_assert_uint_eq(ticks, 20);
}
END_TEST

START_TEST(message_waits_for_its_slot_and_is_not_doubled)
{
    uint64_t start = now();

    set_count(0, MS);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC);
    pass(MS + 1);
    look();
    ck_assert(has_message());
    take_interrupt();
    /* The second tick finds the slot full, and the third the message of the second. */
    pass(3 * MS);
    look();
    ck_assert_uint_eq(slot()->header.message_flags, HV_MESSAGE_FLAG_PENDING);
    ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
    empty_slot();
    ck_assert(has_message());
    ck_assert_uint_eq(payload()->expiration_time, start + 2 * MS);
    take_interrupt();
}
END_TEST

START_TEST(full_slot_is_looked_at_again_without_eom)
{
    slot()->header.message_type = 1;
    set_count(0, 1);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    ck_assert_uint_eq(slot()->header.message_type, 1);
    slot()->header.message_type = HvMessageTypeNone;
    ck_assert(pass_to_deadline());
    look();
    ck_assert(has_message());
}
END_TEST

START_TEST(eoi_delivers_what_waits)
{
    slot()->header.message_type = 1;
    set_count(0, 1);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    slot()->header.message_type = HvMessageTypeNone;
    must_write(vp, HV_X64_MSR_EOI, 0);
    ck_assert(has_message());
}
END_TEST

START_TEST(message_before_the_page_is_enabled_comes_later)
{
    must_write(vp, HV_X64_MSR_SIMP, 0);
    set_count(0, 1);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    ck_assert(!has_message());
    ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
    must_write(vp, HV_X64_MSR_SIMP, SIM_GPA | HV_X64_MSR_PAGE_ENABLE);
    ck_assert(has_message());
    ck_assert_int_eq(look().vector, VECTOR);
}
END_TEST

START_TEST(masked_sint_gets_the_message_without_the_interrupt)
{
    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR | HV_X64_MSR_SINT_MASKED);
    set_count(0, 1);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    ck_assert(has_message());
    ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR);
    ck_assert_int_eq(look().vector, HV_INTERRUPT_NONE);
}
END_TEST

START_TEST(timers_on_one_sint_lose_nothing)
{
    bool seen[HV_STIMERS] = { false };

    for (unsigned i = 0; i < HV_STIMERS; i++) {
        set_count(i, 1);
        set_config(i, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    }
    for (unsigned i = 0; i < HV_STIMERS; i++) {
        ck_assert(has_message());
        ck_assert(!seen[payload()->timer_index]);
        seen[payload()->timer_index] = true;
        empty_slot();
    }
    ck_assert(!has_message());
}
END_TEST

START_TEST(storm_is_slowed_down)
{
    unsigned ticks = 0;
    uint64_t start;

    set_count(0, 1);
    must_write(vp, HV_X64_MSR_STIMER0_CONFIG,
               HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC |
                   HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0x50 << 4);
    for (start = now(); now() < start + MS;) {
        ck_assert(pass_to_deadline());
        if (look().vector == 0x50) {
            take_interrupt();
            ticks++;
        }
    }
    ck_assert_uint_ge(ticks, 10);
    ck_assert_uint_le(ticks, MS / 200 + 1);
}
END_TEST

/* The clock is what the parent says, or a saved partition. */
START_TEST(disabled_timers_do_not_expire_at_the_end_of_time)
{
    hv_time_set_reference(partition, UINT64_MAX);
    hv_stimer_expire(vp);
    ck_assert_uint_eq(vp->synic.waiting, 0);
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
}
END_TEST

START_TEST(reset_stops_and_forgets)
{
    slot()->header.message_type = 1;
    set_count(0, 1);
    set_config(0, HV_X64_MSR_STIMER_CONFIG_ENABLE);
    set_count(1, now() + MS);
    set_config(1, HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC);
    hv_vp_reset(vp);
    ck_assert_uint_eq(look().deadline, HV_INTERRUPT_NEVER);
    for (uint32_t msr = HV_X64_MSR_STIMER0_CONFIG; msr <= HV_X64_MSR_STIMER3_COUNT; msr++)
        ck_assert_uint_eq(value_of(vp, msr), 0);
    ck_assert_uint_eq(slot()->header.message_type, HvMessageTypeNone);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stimer");
    TCase *all = tcase_create("stimer");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, one_shot_sends_its_message_at_its_time);
    tcase_add_test(all, one_shot_is_never_early);
    tcase_add_test(all, one_shot_in_the_past_expires_at_once);
    tcase_add_test(all, auto_enable_starts_with_the_count);
    tcase_add_test(all, count_alone_starts_nothing);
    tcase_add_test(all, count_of_zero_stops_and_disables);
    tcase_add_test(all, sint_zero_disables_except_in_direct_mode);
    tcase_add_test(all, direct_mode_interrupts_without_a_message_or_a_synic);
    tcase_add_test(all, direct_mode_needs_a_legal_vector);
    tcase_add_test(all, periodic_timer_keeps_its_grid);
    tcase_add_test(all, direct_ticks_come_once_a_period);
    tcase_add_test(all, direct_ticks_are_caught_up);
    tcase_add_test(all, direct_ticks_that_nobody_takes_are_one_interrupt);
    tcase_add_test(all, few_late_ticks_are_caught_up);
    tcase_add_test(all, many_late_ticks_are_not_all_given);
    tcase_add_test(all, lazy_timer_skips_what_it_missed);
    tcase_add_test(all, lazy_tick_just_before_the_next_is_skipped);
    tcase_add_test(all, lazy_timer_of_a_short_period_still_ticks);
    tcase_add_test(all, message_waits_for_its_slot_and_is_not_doubled);
    tcase_add_test(all, full_slot_is_looked_at_again_without_eom);
    tcase_add_test(all, eoi_delivers_what_waits);
    tcase_add_test(all, message_before_the_page_is_enabled_comes_later);
    tcase_add_test(all, masked_sint_gets_the_message_without_the_interrupt);
    tcase_add_test(all, timers_on_one_sint_lose_nothing);
    tcase_add_test(all, storm_is_slowed_down);
    tcase_add_test(all, disabled_timers_do_not_expire_at_the_end_of_time);
    tcase_add_test(all, reset_stops_and_forgets);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
