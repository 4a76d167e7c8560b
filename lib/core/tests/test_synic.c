/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The synthetic interrupt controller: message slots, event flags, SINTs. Why: a message that is
 * lost, doubled or written over another stops a device for good, and a missing rule for SINTs lets
 * a guest lose interrupts.
 */
#include <check.h>

#include <hv/interrupt.h>
#include <hv/synic.h>

#include "core.h"
#include "mem.h"
#include "suite.h"
#include "synic_fixture.h"

static unsigned released;

static void begin(void)
{
    synic_setup();
    released = 0;
}

static void release(struct hv_vp *target, struct hv_synic_message *message)
{
    (void)target;
    ck_assert(!message->queued);
    released++;
}

static void make(struct hv_synic_message *message, uint8_t sint, uint64_t number)
{
    *message = (struct hv_synic_message){ .release = release, .sint = sint };
    message->content.header.message_type = TYPE;
    message->content.header.payload_size = 8;
    message->content.header.origination_id = 0x1234;
    message->content.payload[0] = number;
}

static void take(struct hv_vp *target)
{
    hv_interrupt_accept(target, (uint8_t)pending(target));
}

START_TEST(registers_have_their_reset_values)
{
    struct hv_vp *fresh = fake_vp_create(&fake, partition, 2);

    ck_assert_uint_eq(value_of(fresh, HV_X64_MSR_SCONTROL), 0);
    ck_assert_uint_eq(value_of(fresh, HV_X64_MSR_SVERSION), 1);
    ck_assert_uint_eq(value_of(fresh, HV_X64_MSR_SIEFP), 0);
    ck_assert_uint_eq(value_of(fresh, HV_X64_MSR_SIMP), 0);
    ck_assert_uint_eq(value_of(fresh, HV_X64_MSR_EOM), 0);
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        ck_assert_uint_eq(value_of(fresh, HV_X64_MSR_SINT0 + i), 0x10000);
}
END_TEST

START_TEST(registers_keep_what_is_written)
{
    const uint64_t reserved = UINT64_C(0xFFFFFFFFFFFFFFFE);

    must_write(vp, HV_X64_MSR_SCONTROL, reserved);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_SCONTROL), reserved);
    must_write(vp, HV_X64_MSR_SIEFP, 0xAB0);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_SIEFP), 0xAB0);
    must_write(vp, HV_X64_MSR_SINT0 + 3, UINT64_C(0xFFFFFFFFFFF0FF31));
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_SINT0 + 3), UINT64_C(0xFFFFFFFFFFF0FF31));
    ck_assert(write_faults(vp, HV_X64_MSR_SVERSION, 1));
    must_write(vp, HV_X64_MSR_EOM, 1);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_EOM), 0);
}
END_TEST

START_TEST(low_vectors_are_for_masked_sints_only)
{
    for (uint64_t vector = 0; vector < 16; vector++) {
        must_refuse(vp, HV_X64_MSR_SINT0 + 2, vector);
        must_refuse(vp, HV_X64_MSR_SINT0 + 2, vector | HV_X64_MSR_SINT_AUTO_EOI);
        must_write(vp, HV_X64_MSR_SINT0 + 2, vector | HV_X64_MSR_SINT_MASKED);
    }
    must_write(vp, HV_X64_MSR_SINT0 + 2, 16);
    must_write(vp, HV_X64_MSR_SINT0 + 2, 255);
}
END_TEST

START_TEST(registers_are_per_vp)
{
    must_write(vp, HV_X64_MSR_SINT0 + 7, 0x55);
    ck_assert_uint_eq(value_of(other, HV_X64_MSR_SINT0 + 7), 0x10000);
    must_write(vp, HV_X64_MSR_SCONTROL, 0);
    ck_assert_uint_eq(value_of(other, HV_X64_MSR_SCONTROL), 1);
}
END_TEST

START_TEST(pages_keep_their_content_and_give_back_what_they_cover)
{
    uint64_t *ram = fake_page(&fake, SIM_GPA >> 12), value = 0;

    ram[0] = 0x1111;
    ck_assert(hv_address_read(partition, SIM_GPA, &value, 8));
    ck_assert_uint_eq(value, 0);
    ram[0] = 0x2222;
    must_write(vp, HV_X64_MSR_SIMP, 0);
    ck_assert(hv_address_read(partition, SIM_GPA, &value, 8));
    ck_assert_uint_eq(value, 0x2222);
}
END_TEST

START_TEST(message_lands_in_its_slot_with_an_interrupt)
{
    struct hv_synic_message message;

    make(&message, SINT, 7);
    hv_synic_queue(vp, &message);
    ck_assert_uint_eq(released, 1);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, TYPE);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_flags, 0);
    ck_assert_uint_eq(slot(vp, SINT)->header.payload_size, 8);
    ck_assert_uint_eq(slot(vp, SINT)->header.origination_id, 0x1234);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 7);
    ck_assert_int_eq(pending(vp), VECTOR);
    ck_assert_int_eq(pending(other), HV_INTERRUPT_NONE);
}
END_TEST

START_TEST(messages_come_one_by_one_in_order)
{
    struct hv_synic_message messages[5];

    for (unsigned i = 0; i < 5; i++) {
        make(&messages[i], SINT, i);
        hv_synic_queue(vp, &messages[i]);
    }
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(slot(vp, SINT)->payload[0], i);
        ck_assert_uint_eq(slot(vp, SINT)->header.message_flags,
                          i < 4 ? HV_MESSAGE_FLAG_PENDING : 0);
        ck_assert_int_eq(pending(vp), VECTOR);
        take(vp);
        must_write(vp, HV_X64_MSR_EOI, 0);
        ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
        slot(vp, SINT)->header.message_type = HvMessageTypeNone;
        must_write(vp, HV_X64_MSR_EOM, 0);
    }
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(released, 5);
}
END_TEST

START_TEST(full_slot_is_never_written_over)
{
    struct hv_synic_message message;

    slot(vp, SINT)->header.message_type = 99;
    slot(vp, SINT)->payload[0] = 0xAAAA;
    make(&message, SINT, 7);
    hv_synic_queue(vp, &message);
    must_write(vp, HV_X64_MSR_EOM, 0);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, 99);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 0xAAAA);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_flags, HV_MESSAGE_FLAG_PENDING);
    ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
    ck_assert_uint_eq(released, 0);
}
END_TEST

START_TEST(sints_do_not_wait_for_each_other)
{
    struct hv_synic_message first, second;

    slot(vp, SINT)->header.message_type = 99;
    make(&first, SINT, 1);
    make(&second, SINT + 1, 2);
    hv_synic_queue(vp, &first);
    hv_synic_queue(vp, &second);
    ck_assert_uint_eq(slot(vp, SINT + 1)->payload[0], 2);
}
END_TEST

START_TEST(nothing_is_delivered_while_the_controller_is_off)
{
    struct hv_synic_message message;

    must_write(vp, HV_X64_MSR_SCONTROL, 0);
    make(&message, SINT, 7);
    hv_synic_queue(vp, &message);
    must_write(vp, HV_X64_MSR_EOM, 0);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, HvMessageTypeNone);
    must_write(vp, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 7);
}
END_TEST

START_TEST(masked_and_polled_sints_get_messages_without_interrupts)
{
    const uint64_t ways[] = { HV_X64_MSR_SINT_MASKED, HV_X64_MSR_SINT_POLLING };
    struct hv_synic_message message;

    for (unsigned i = 0; i < 2; i++) {
        must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR | ways[i]);
        make(&message, SINT, 7);
        hv_synic_queue(vp, &message);
        ck_assert_uint_eq(slot(vp, SINT)->header.message_type, TYPE);
        ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
        slot(vp, SINT)->header.message_type = HvMessageTypeNone;
    }
}
END_TEST

START_TEST(auto_eoi_leaves_nothing_in_service)
{
    struct hv_synic_message message;

    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR | HV_X64_MSR_SINT_AUTO_EOI);
    make(&message, SINT, 7);
    hv_synic_queue(vp, &message);
    take(vp);
    ck_assert_int_eq(hv_apic_in_service(&vp->apic), HV_APIC_NO_VECTOR);
    /* Off again: the next one needs its EOI. */
    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR);
    slot(vp, SINT)->header.message_type = HvMessageTypeNone;
    hv_synic_queue(vp, &message);
    take(vp);
    ck_assert_int_eq(hv_apic_in_service(&vp->apic), VECTOR);
}
END_TEST

START_TEST(auto_eoi_of_one_sint_is_that_of_its_vector)
{
    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR | HV_X64_MSR_SINT_AUTO_EOI);
    must_write(vp, HV_X64_MSR_SINT0 + 1, VECTOR);
    ck_assert_uint_eq(vp->synic.auto_eoi[VECTOR / 32], 1u << VECTOR % 32);
    must_write(vp, HV_X64_MSR_SINT0 + SINT,
               VECTOR | HV_X64_MSR_SINT_AUTO_EOI | HV_X64_MSR_SINT_MASKED);
    ck_assert_uint_eq(vp->synic.auto_eoi[VECTOR / 32], 0);
}
END_TEST

START_TEST(posts_of_other_vps_arrive_in_order_after_a_kick)
{
    struct hv_synic_message messages[3];

    for (unsigned i = 0; i < 3; i++) {
        make(&messages[i], SINT, i);
        hv_synic_post(vp, other, &messages[i]);
    }
    ck_assert_uint_eq(fake_vp(other)->kicks, 1);
    ck_assert_uint_eq(slot(other, SINT)->header.message_type, HvMessageTypeNone);
    hv_vp_prepare(other);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(slot(other, SINT)->payload[0], i);
        slot(other, SINT)->header.message_type = HvMessageTypeNone;
        must_write(other, HV_X64_MSR_EOM, 0);
    }
    hv_synic_post(vp, other, &messages[0]);
    ck_assert_uint_eq(fake_vp(other)->kicks, 2);
}
END_TEST

START_TEST(message_can_be_taken_back_from_anywhere_in_the_queue)
{
    struct hv_synic_message messages[4];

    slot(vp, SINT)->header.message_type = 99;
    for (unsigned i = 0; i < 4; i++) {
        make(&messages[i], SINT, i);
        hv_synic_queue(vp, &messages[i]);
    }
    hv_synic_unqueue(vp, &messages[0]);
    hv_synic_unqueue(vp, &messages[3]);
    hv_synic_unqueue(vp, &messages[3]);
    slot(vp, SINT)->header.message_type = HvMessageTypeNone;
    must_write(vp, HV_X64_MSR_EOM, 0);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 1);
    hv_synic_unqueue(vp, &messages[2]);
    slot(vp, SINT)->header.message_type = HvMessageTypeNone;
    must_write(vp, HV_X64_MSR_EOM, 0);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, HvMessageTypeNone);
    make(&messages[3], SINT, 33);
    hv_synic_queue(vp, &messages[3]);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 33);
}
END_TEST

START_TEST(reset_drops_messages_and_clears_pages)
{
    struct hv_synic_message message;

    slot(vp, SINT)->header.message_type = 99;
    make(&message, SINT, 7);
    hv_synic_queue(vp, &message);
    hv_vp_reset(vp);
    ck_assert_uint_eq(released, 1);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_SIMP), 0);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_SINT0 + SINT), 0x10000);
    enable_synic(vp, 0);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, HvMessageTypeNone);
}
END_TEST

static uint8_t flag_byte(struct hv_vp *target, unsigned sint, unsigned flag)
{
    const struct hv_synic_event_flags_page *page = target->synic.event_page.page;

    return page->sint_event_flags[sint].flags[flag / 8];
}

START_TEST(event_sets_its_flag_and_interrupts_once)
{
    static const unsigned flags[] = { 0, 1, 7, 8, 2047 };
    bool newly;

    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        ck_assert_uint_eq(hv_synic_signal(vp, vp, SINT, flags[i], &newly), HV_STATUS_SUCCESS);
        ck_assert(newly);
        ck_assert_uint_ne(flag_byte(vp, SINT, flags[i]) & 1u << flags[i] % 8, 0);
        ck_assert_int_eq(pending(vp), VECTOR);
        take(vp);
        must_write(vp, HV_X64_MSR_EOI, 0);
        ck_assert_uint_eq(hv_synic_signal(vp, vp, SINT, flags[i], &newly), HV_STATUS_SUCCESS);
        ck_assert(!newly);
        ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
    }
    ck_assert_uint_eq(flag_byte(vp, SINT, 0), 0x83);
}
END_TEST

START_TEST(event_reaches_another_vp_by_a_post)
{
    bool newly;

    ck_assert_uint_eq(hv_synic_signal(vp, other, SINT, 5, &newly), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(other)->kicks, 1);
    hv_vp_prepare(other);
    ck_assert_int_eq(pending(other), VECTOR);
}
END_TEST

START_TEST(a_sint_can_be_raised_alone)
{
    ck_assert_uint_eq(hv_synic_raise(other, SINT), HV_STATUS_SUCCESS);
    hv_vp_prepare(other);
    ck_assert_int_eq(pending(other), VECTOR);
    ck_assert_uint_eq(slot(other, SINT)->header.message_type, HvMessageTypeNone);
    ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
    ck_assert_uint_eq(hv_synic_raise(vp, HV_SYNIC_SINT_COUNT), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_synic_raise(vp, SINT + 1), HV_STATUS_INVALID_SYNIC_STATE);
    must_write(vp, HV_X64_MSR_SINT0, VECTOR | HV_X64_MSR_SINT_POLLING);
    ck_assert_uint_eq(hv_synic_raise(vp, 0), HV_STATUS_SUCCESS);
    must_write(vp, HV_X64_MSR_SCONTROL, 0);
    ck_assert_uint_eq(hv_synic_raise(vp, SINT), HV_STATUS_INVALID_SYNIC_STATE);
    hv_vp_prepare(vp);
    ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
}
END_TEST

START_TEST(event_is_refused_when_something_is_off)
{
    bool newly;

    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR | HV_X64_MSR_SINT_MASKED);
    ck_assert_uint_eq(hv_synic_signal(other, vp, SINT, 0, &newly), HV_STATUS_INVALID_SYNIC_STATE);
    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR);
    must_write(vp, HV_X64_MSR_SIEFP, 0);
    ck_assert_uint_eq(hv_synic_signal(other, vp, SINT, 0, &newly), HV_STATUS_INVALID_SYNIC_STATE);
    must_write(vp, HV_X64_MSR_SIEFP, SIEF_GPA | HV_X64_MSR_PAGE_ENABLE);
    must_write(vp, HV_X64_MSR_SCONTROL, 0);
    ck_assert_uint_eq(hv_synic_signal(other, vp, SINT, 0, &newly), HV_STATUS_INVALID_SYNIC_STATE);
    ck_assert(!newly);
    ck_assert_uint_eq(flag_byte(vp, SINT, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("synic");
    TCase *all = tcase_create("synic");

    tcase_add_checked_fixture(all, begin, teardown);
    tcase_add_test(all, registers_have_their_reset_values);
    tcase_add_test(all, registers_keep_what_is_written);
    tcase_add_test(all, low_vectors_are_for_masked_sints_only);
    tcase_add_test(all, registers_are_per_vp);
    tcase_add_test(all, pages_keep_their_content_and_give_back_what_they_cover);
    tcase_add_test(all, message_lands_in_its_slot_with_an_interrupt);
    tcase_add_test(all, messages_come_one_by_one_in_order);
    tcase_add_test(all, full_slot_is_never_written_over);
    tcase_add_test(all, sints_do_not_wait_for_each_other);
    tcase_add_test(all, nothing_is_delivered_while_the_controller_is_off);
    tcase_add_test(all, masked_and_polled_sints_get_messages_without_interrupts);
    tcase_add_test(all, auto_eoi_leaves_nothing_in_service);
    tcase_add_test(all, auto_eoi_of_one_sint_is_that_of_its_vector);
    tcase_add_test(all, posts_of_other_vps_arrive_in_order_after_a_kick);
    tcase_add_test(all, message_can_be_taken_back_from_anywhere_in_the_queue);
    tcase_add_test(all, reset_drops_messages_and_clears_pages);
    tcase_add_test(all, event_sets_its_flag_and_interrupts_once);
    tcase_add_test(all, event_reaches_another_vp_by_a_post);
    tcase_add_test(all, a_sint_can_be_raised_alone);
    tcase_add_test(all, event_is_refused_when_something_is_off);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
