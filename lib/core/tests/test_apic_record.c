/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore of a local APIC, and records that no APIC wrote. */
#include <stddef.h>
#include <string.h>

#include "apic_fixture.h"
#include "apic_record.h"

#define NOW   UINT64_C(5000000)
#define LATER UINT64_C(70) /* of a machine that was started after the other */

static struct hv_apic apic, other;
static struct hv_apic_record record;

static void setup(void)
{
    apic_start(&apic, &apic_clock);
    hv_apic_init(&other, &apic_clock, APIC_ID, true);
    apic_write(&apic, HV_APIC_DIVIDE, 0xB);
}

/* Something in every field. */
static void fill(void)
{
    for (unsigned reg = HV_APIC_LVT_TIMER; reg <= HV_APIC_LVT_ERROR; reg++)
        apic_write(&apic, reg, 0x40 + reg);
    apic_write(&apic, HV_APIC_TPR, 0x23);
    apic_write(&apic, HV_APIC_LDR, 0x04000000);
    apic_write(&apic, HV_APIC_DFR, 0);
    apic_write(&apic, HV_APIC_ICR_HIGH, 0x05000000);
    apic_write(&apic, HV_APIC_ICR, 0x00000005);
    apic_write(&apic, HV_APIC_ESR, 0);
    apic_read(&apic, 0);
    hv_apic_request(&apic, 0x90, true);
    apic_take(&apic);
    hv_apic_request(&apic, 0xA1, false);
    apic_take(&apic);
    hv_apic_request(&apic, 0x91, false);
    hv_apic_write(&apic, HV_APIC_INITIAL_COUNT, 1000, NOW);
}

static bool restore(void)
{
    return hv_apic_restore(&other, &record, sizeof(record), LATER);
}

START_TEST(restored_apic_is_as_the_saved_one)
{
    for (unsigned i = 0; i < 2; i++) {
        setup();
        fill();
        if (i == 1)
            apic_enter_x2(&apic);
        hv_apic_save(&apic, NOW, &record);
        ck_assert(restore());
        ck_assert_uint_eq(other.timer.deadline, LATER + 10000);
        other.timer.deadline = apic.timer.deadline;
        ck_assert_mem_eq(&other, &apic, sizeof(apic));
    }
}
END_TEST

START_TEST(apic_as_after_power_on_and_disabled_can_be_restored)
{
    hv_apic_init(&apic, &apic_clock, APIC_ID, true);
    hv_apic_save(&apic, NOW, &record);
    ck_assert(restore());
    hv_apic_write_base(&apic, HV_APIC_DEFAULT_BASE | HV_APIC_BASE_BSP);
    hv_apic_set_tpr(&apic, 0x40);
    hv_apic_save(&apic, NOW, &record);
    ck_assert(restore());
    ck_assert_mem_eq(&other, &apic, sizeof(apic));
}
END_TEST

START_TEST(saving_changes_nothing_of_an_apic_without_posts)
{
    struct hv_apic before;

    fill();
    before = apic;
    hv_apic_save(&apic, NOW, &record);
    ck_assert_mem_eq(&apic, &before, sizeof(apic));
}
END_TEST

/* ---- Time ---- */

START_TEST(timers_go_on_with_what_is_left_of_them)
{
    static const uint32_t modes[] = { 0, 1u << 17, 2u << 17 };

    for (size_t i = 0; i < 3; i++) {
        setup();
        apic_write(&apic, HV_APIC_LVT_TIMER, modes[i] | 0xEC);
        hv_apic_write(&apic, HV_APIC_INITIAL_COUNT, 1000, NOW);
        hv_apic_write_deadline(&apic, NOW + 10000, NOW);
        hv_apic_save(&apic, NOW + 4000, &record);
        ck_assert(restore());
        hv_apic_timer_expire(&other, LATER + 5999);
        ck_assert_int_eq(hv_apic_pending(&other), HV_APIC_NO_VECTOR);
        hv_apic_timer_expire(&other, LATER + 6000);
        ck_assert_int_eq(apic_take(&other), 0xEC);
        hv_apic_eoi(&other);
        hv_apic_timer_expire(&other, LATER + 16000);
        ck_assert_int_eq(apic_take(&other), i == 1 ? 0xEC : HV_APIC_NO_VECTOR);
    }
}
END_TEST

START_TEST(timer_that_is_due_is_saved_as_its_interrupt)
{
    apic_write(&apic, HV_APIC_LVT_TIMER, 0xEC);
    hv_apic_write(&apic, HV_APIC_INITIAL_COUNT, 1000, NOW);
    hv_apic_save(&apic, NOW + 10000, &record);
    ck_assert_uint_eq(record.timer_armed, 0);
    ck_assert(restore());
    ck_assert_int_eq(apic_take(&other), 0xEC);
    hv_apic_timer_expire(&other, UINT64_MAX);
    ck_assert_int_eq(hv_apic_pending(&other), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(timer_that_is_over_stays_over)
{
    apic_write(&apic, HV_APIC_LVT_TIMER, 0xEC);
    hv_apic_write(&apic, HV_APIC_INITIAL_COUNT, 1000, NOW);
    hv_apic_timer_expire(&apic, NOW + 10000);
    hv_apic_save(&apic, NOW + 10000, &record);
    ck_assert(restore());
    ck_assert_uint_eq(apic_read_at(&other, HV_APIC_INITIAL_COUNT, LATER), 1000);
    ck_assert_uint_eq(apic_read_at(&other, HV_APIC_CURRENT_COUNT, LATER), 0);
    ck_assert_uint_eq(other.timer.deadline, HV_APIC_NEVER);
}
END_TEST

START_TEST(one_shot_can_be_made_periodic_after_a_restore)
{
    apic_write(&apic, HV_APIC_LVT_TIMER, 0xEC);
    hv_apic_write(&apic, HV_APIC_INITIAL_COUNT, 1000, NOW);
    hv_apic_save(&apic, NOW, &record);
    ck_assert(restore());
    hv_apic_write(&other, HV_APIC_LVT_TIMER, 1u << 17 | 0xEC, LATER);
    hv_apic_timer_expire(&other, LATER + 10000);
    ck_assert_uint_eq(other.timer.deadline, LATER + 20000);
}
END_TEST

START_TEST(more_than_a_period_can_not_be_left)
{
    apic_write(&apic, HV_APIC_LVT_TIMER, 1u << 17 | 0xEC);
    hv_apic_write(&apic, HV_APIC_INITIAL_COUNT, 1000, NOW);
    hv_apic_save(&apic, NOW, &record);
    record.timer_left = UINT64_MAX;
    ck_assert(restore());
    ck_assert_uint_eq(other.timer.deadline, LATER + 10000);
}
END_TEST

/* ---- Inbox ---- */

START_TEST(what_is_in_the_inbox_is_saved_and_stays)
{
    hv_apic_post(&apic, 0x40, false);
    hv_apic_post(&apic, 0x50, true);
    hv_apic_post_event(&apic, HV_APIC_EVENT_INIT, 0);
    hv_apic_post_event(&apic, HV_APIC_EVENT_STARTUP, 0x9A);
    hv_apic_post_event(&apic, HV_APIC_EVENT_NMI, 0);
    hv_apic_post_event(&apic, HV_APIC_EVENT_EXTINT, 0x08);
    hv_apic_save(&apic, NOW, &record);
    ck_assert(restore());
    for (unsigned i = 0; i < 2; i++) {
        struct hv_apic *one = i == 0 ? &apic : &other;

        ck_assert_uint_eq(hv_apic_take_posts(one), 0xF);
        ck_assert_uint_eq(one->inbox.startup_vector, 0x9A);
        ck_assert_int_eq(one->inbox.extint_vector, 0x08);
        ck_assert_int_eq(apic_take(one), 0x50);
        ck_assert_int_eq(hv_apic_eoi(one).kind, HV_APIC_EOI_SENT);
        ck_assert_int_eq(apic_take(one), 0x40);
        ck_assert_int_eq(hv_apic_eoi(one).kind, HV_APIC_NOTHING);
    }
}
END_TEST

START_TEST(each_event_is_saved_alone)
{
    for (uint32_t event = 1; event <= HV_APIC_EVENT_EXTINT; event <<= 1) {
        setup();
        hv_apic_post_event(&apic, (enum hv_apic_event)event, 0x77);
        hv_apic_save(&apic, NOW, &record);
        ck_assert(restore());
        ck_assert_uint_eq(hv_apic_take_posts(&other), event);
    }
}
END_TEST

START_TEST(what_was_withdrawn_is_not_saved)
{
    hv_apic_post(&apic, 0x50, true);
    hv_apic_post_withdrawal(&apic);
    hv_apic_post_event(&apic, HV_APIC_EVENT_EXTINT, 0x08);
    hv_apic_post_event(&apic, HV_APIC_EVENT_EXTINT, HV_APIC_NO_VECTOR);
    hv_apic_save(&apic, NOW, &record);
    ck_assert(restore());
    ck_assert(!hv_apic_has_post(&other));
    ck_assert(!hv_apic_has_request(&other));
}
END_TEST

START_TEST(posts_before_a_restore_are_not_lost)
{
    hv_apic_save(&apic, NOW, &record);
    hv_apic_post(&other, 0x40, false);
    hv_apic_post_event(&other, HV_APIC_EVENT_NMI, 0);
    ck_assert(restore());
    ck_assert_uint_eq(hv_apic_take_posts(&other), HV_APIC_EVENT_NMI);
    ck_assert_int_eq(apic_take(&other), 0x40);
}
END_TEST

/* ---- Records of an enemy ---- */

START_TEST(record_of_another_size_or_id_is_refused)
{
    hv_apic_save(&apic, NOW, &record);
    ck_assert(!hv_apic_restore(&other, &record, sizeof(record) - 1, LATER));
    ck_assert(!hv_apic_restore(&other, &record, 0, LATER));
    record.id++;
    ck_assert(!restore());
    record.id--;
    ck_assert(restore());
}
END_TEST

#define FIELD(name, bits)                                                       \
    {                                                                           \
#name, offsetof(struct hv_apic_record, name), sizeof(record.name), bits \
    }

/* Sets bits of a field of the record that fill() makes. */
static const struct change {
    const char *name;
    size_t offset, size;
    uint64_t bits;
} changes[] = {
    FIELD(base, 1),
    FIELD(base, 0x200),
    FIELD(base, 0x1000),
    FIELD(base, UINT64_C(1) << 63),
    FIELD(icr, 0x1000),
    FIELD(icr, 0x2000),
    FIELD(icr, 0x10000),
    FIELD(icr, 0x80000000),
    FIELD(icr, UINT64_C(1) << 32),
    FIELD(svr, 0x400),
    FIELD(svr, 0x1000),
    FIELD(esr, 0x01),
    FIELD(esr, 0x10),
    FIELD(esr, 0x100),
    FIELD(errors, 0x01),
    FIELD(errors, 0x10),
    FIELD(ldr, 0x00800000),
    FIELD(ldr, 1),
    FIELD(lvt[0], 0x100),
    FIELD(lvt[0], 0x1000),
    FIELD(lvt[0], 0x80000),
    FIELD(lvt[1], 0x20000),
    FIELD(lvt[2], 0x8000),
    FIELD(lvt[3], 0x1000),
    FIELD(lvt[4], 0x4000),
    FIELD(lvt[5], 0x100),
    FIELD(irr[0], 1),
    FIELD(irr[0], 0x8000),
    FIELD(isr[0], 0x8000),
    FIELD(tmr[0], 0x8000),
    FIELD(isr[4], 0x00020000), /* 0x91 besides 0x90 */
    FIELD(isr[5], 0x00000001), /* 0xA0 besides 0xA1 */
    FIELD(divide, 4),
    FIELD(divide, 16),
    FIELD(lvt[0], 0x40000), /* deadline mode with an initial count */
    FIELD(lvt[0], 0x60000), /* a mode in which nothing runs */
    FIELD(events, 0x10),
    FIELD(events, 0x80000000),
    FIELD(timer_armed, 2),
    FIELD(startup_vector, 1),
    FIELD(extint_vector, 1),
};

static void set_bits(const struct change *change)
{
    uint8_t *field = (uint8_t *)&record + change->offset;

    for (size_t i = 0; i < change->size; i++)
        field[i] |= (uint8_t)(change->bits >> 8 * i);
}

static void check_is_refused(const char *what)
{
    struct hv_apic before = other;

    ck_assert_msg(!restore(), "%s", what);
    ck_assert_mem_eq(&other, &before, sizeof(other));
}

START_TEST(impossible_state_is_refused_and_changes_nothing)
{
    fill();
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        hv_apic_save(&apic, NOW, &record);
        set_bits(&changes[i]);
        check_is_refused(changes[i].name);
    }
    hv_apic_save(&apic, NOW, &record);
    ck_assert(restore());
}
END_TEST

#define REFUSES(change)                    \
    do {                                   \
        hv_apic_save(&apic, NOW, &record); \
        change;                            \
        check_is_refused(#change);         \
    } while (0)

START_TEST(state_that_contradicts_itself_is_refused)
{
    fill();
    REFUSES(record.base &= ~HV_APIC_BASE_BSP);
    REFUSES(record.base &= ~HV_APIC_BASE_ENABLE);
    REFUSES(record.base ^= HV_APIC_BASE_ENABLE | HV_APIC_BASE_EXTD);
    REFUSES(record.base |= HV_APIC_BASE_EXTD);
    REFUSES(record.svr = 0xFF);
    REFUSES(record.dfr = 0xF0000000);
    REFUSES(record.initial = 0);
    REFUSES(record.timer_armed = 0);
    apic_enter_x2(&apic);
    REFUSES(record.ldr ^= 1u << 16);
    REFUSES(record.base &= ~HV_APIC_BASE_EXTD);
}
END_TEST

START_TEST(deadline_mode_without_a_deadline_has_nothing_left)
{
    apic_write(&apic, HV_APIC_LVT_TIMER, 2u << 17 | 0xEC);
    REFUSES(record.timer_left = 1);
    REFUSES(record.initial = 1);
}
END_TEST

START_TEST(disabled_apic_has_nothing)
{
    hv_apic_write_base(&apic, HV_APIC_DEFAULT_BASE | HV_APIC_BASE_BSP);
    REFUSES(record.irr[3] = 1);
    REFUSES(record.isr[3] = 1);
    REFUSES(record.tmr[3] = 1);
    REFUSES(record.svr |= HV_APIC_SVR_ENABLE);
    REFUSES((record.timer_armed = 1, record.initial = 1));
}
END_TEST

START_TEST(record_holds_nothing_of_the_memory_it_was_made_in)
{
    struct hv_apic_record twin;

    fill();
    memset(&record, 0xFF, sizeof(record));
    memset(&twin, 0x00, sizeof(twin));
    hv_apic_save(&apic, NOW, &record);
    hv_apic_save(&apic, NOW, &twin);
    ck_assert_mem_eq(&record, &twin, sizeof(twin));
}
END_TEST

START_TEST(record_may_be_anywhere_in_memory)
{
    uint8_t bytes[sizeof(record) + 1];

    fill();
    hv_apic_save(&apic, NOW, &record);
    memcpy(bytes + 1, &record, sizeof(record));
    ck_assert(hv_apic_restore(&other, bytes + 1, sizeof(record), LATER));
    ck_assert_int_eq(hv_apic_in_service(&other), 0xA1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("record");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, restored_apic_is_as_the_saved_one);
    tcase_add_test(tcase, apic_as_after_power_on_and_disabled_can_be_restored);
    tcase_add_test(tcase, saving_changes_nothing_of_an_apic_without_posts);
    tcase_add_test(tcase, timers_go_on_with_what_is_left_of_them);
    tcase_add_test(tcase, timer_that_is_due_is_saved_as_its_interrupt);
    tcase_add_test(tcase, timer_that_is_over_stays_over);
    tcase_add_test(tcase, one_shot_can_be_made_periodic_after_a_restore);
    tcase_add_test(tcase, more_than_a_period_can_not_be_left);
    tcase_add_test(tcase, what_is_in_the_inbox_is_saved_and_stays);
    tcase_add_test(tcase, each_event_is_saved_alone);
    tcase_add_test(tcase, what_was_withdrawn_is_not_saved);
    tcase_add_test(tcase, posts_before_a_restore_are_not_lost);
    tcase_add_test(tcase, record_of_another_size_or_id_is_refused);
    tcase_add_test(tcase, impossible_state_is_refused_and_changes_nothing);
    tcase_add_test(tcase, state_that_contradicts_itself_is_refused);
    tcase_add_test(tcase, deadline_mode_without_a_deadline_has_nothing_left);
    tcase_add_test(tcase, disabled_apic_has_nothing);
    tcase_add_test(tcase, record_holds_nothing_of_the_memory_it_was_made_in);
    tcase_add_test(tcase, record_may_be_anywhere_in_memory);
    return apic_run("core_apic_record", tcase);
}
