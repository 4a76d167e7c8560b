/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What implementations got wrong when they saved and restored a guest, each mistake as a test. The
 * reference before each says where it is written.
 */
#include <hv/interrupt.h>
#include <hv/port.h>

#include "hypercall.h"
#include "save_fixture.h"
#include "suite.h"

#define SINT     4
#define VECTOR   0x40
#define SIM_GPA  UINT64_C(0x5000)
#define SIEF_GPA UINT64_C(0x6000)
#define TSC_GPA  UINT64_C(0x8000)

#define TIMER_TO(sint) ((uint64_t)(sint) << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT)

static const struct hv_reference_tsc_page *tsc_page(struct machine *machine)
{
    return machine->partition->time.page.page;
}

/* As a guest reads the time without leaving: by the page, with the TSC that there is. */
static uint64_t time_by_page(struct machine *machine)
{
    unsigned __int128 product = (unsigned __int128)machine->fake.tsc * tsc_page(machine)->tsc_scale;

    return (uint64_t)(product >> 64) + (uint64_t)tsc_page(machine)->tsc_offset;
}

static void enable_synic(void)
{
    must_write(from.vps[0], HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    must_write(from.vps[0], HV_X64_MSR_SIMP, SIM_GPA | HV_X64_MSR_PAGE_ENABLE);
    must_write(from.vps[0], HV_X64_MSR_SIEFP, SIEF_GPA | HV_X64_MSR_PAGE_ENABLE);
    must_write(from.vps[0], HV_X64_MSR_SINT0 + SINT, VECTOR);
}

static struct hv_message *slot(struct machine *machine)
{
    struct hv_message_page *page = machine->vps[0]->synic.message_page.page;

    return &page->sint_message[SINT];
}

static int pending(struct machine *machine)
{
    hv_vp_prepare(machine->vps[0]);
    hv_interrupt_poll(machine->vps[0], machine->fake.tsc);
    return hv_interrupt_view(machine->vps[0])->vector;
}

/* cloud-hypervisor#7930, #7931: the page kept scale and offset of before the pause, and Windows
   believed it: it stood still for four minutes. */
START_TEST(the_tsc_page_is_right_before_a_vp_runs)
{
    uint64_t before;

    must_write(from.vps[0], HV_X64_MSR_REFERENCE_TSC, TSC_GPA | 1);
    from.fake.tsc += UINT64_C(1000) * FAKE_TSC_HZ;
    before = hv_time_reference(from.partition);
    save_all(&from);
    /* No VP is restored yet. */
    ck_assert_uint_eq(restore_partition(&to), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(time_by_page(&to), before);
    ck_assert_uint_eq(hv_time_reference(to.partition), before);
}
END_TEST

/* cloud-hypervisor#8383, #4894: after a restore the page was invalid for ever, and each reading of
   the clock left the guest. */
START_TEST(the_tsc_page_is_still_valid)
{
    must_write(from.vps[0], HV_X64_MSR_REFERENCE_TSC, TSC_GPA | 1);
    for (unsigned i = 0; i < 3; i++) {
        migrate();
        ck_assert_uint_ne(tsc_page(&to)->tsc_sequence, 0);
        ck_assert(to.partition->time.page.enabled);
    }
}
END_TEST

/* Linux 8b9e13d2de73 (KVM): a guest that is in the middle of reading the page when it is saved must
   see that it has read a mix of both. */
START_TEST(a_reader_that_was_interrupted_tries_again)
{
    uint32_t sequence;

    must_write(from.vps[0], HV_X64_MSR_REFERENCE_TSC, TSC_GPA | 1);
    sequence = tsc_page(&from)->tsc_sequence;
    ck_assert_uint_eq(sequence, tsc_page(&to)->tsc_sequence);
    migrate();
    ck_assert_uint_ne(tsc_page(&to)->tsc_sequence, sequence);
}
END_TEST

/* Xen f6a07643e1cc: the counter ran on while the guest was paused, and jumped by 45 minutes. */
START_TEST(the_counter_does_not_jump)
{
    uint64_t before = hv_time_reference(from.partition);

    save_all(&from);
    to.fake.tsc = from.fake.tsc + UINT64_C(45 * 60) * FAKE_TSC_HZ;
    restore_all(&to);
    ck_assert_uint_eq(hv_time_reference(to.partition), before);
}
END_TEST

/* 45 minutes back would be no better: nor does it begin anew, on a machine that has just started.
 */
START_TEST(the_counter_does_not_go_back)
{
    uint64_t before;

    from.fake.tsc += UINT64_C(86400) * FAKE_TSC_HZ;
    before = hv_time_reference(from.partition);
    save_all(&from);
    to.fake.tsc = 1;
    restore_all(&to);
    ck_assert_uint_ge(hv_time_reference(to.partition), before);
}
END_TEST

/* cloud-hypervisor#7491: the SynIC was off after a restore. #3223: SINT14 was forgotten. Xen's
   record has neither SCONTROL nor SIEFP (arch/x86/hvm/viridian/synic.c). */
START_TEST(no_synic_register_is_forgotten)
{
    enable_synic();
    for (uint32_t i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        must_write(from.vps[0], HV_X64_MSR_SINT0 + i, 0x80 + i);
    migrate();
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SCONTROL), 1);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SIEFP), SIEF_GPA | 1);
    ck_assert(hv_synic_takes_messages(to.vps[0]));
    ck_assert(hv_synic_takes_events(to.vps[0]));
    for (uint32_t i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SINT0 + i), 0x80 + i);
}
END_TEST

/* Linux efc479e6900c (KVM): enabling the SynIC's pages zeroed them, and so took the message that
   was in a slot from a guest that was being restored. */
START_TEST(a_message_in_its_slot_survives)
{
    enable_synic();
    slot(&from)->header.message_type = 0x17;
    slot(&from)->payload[0] = 0x1234;
    migrate();
    ck_assert_uint_eq(slot(&to)->header.message_type, 0x17);
    ck_assert_uint_eq(slot(&to)->payload[0], 0x1234);
}
END_TEST

/* Linux d6800af51c76 (KVM): the count was written back after the configuration, and started a timer
   that the guest had disabled. */
START_TEST(a_disabled_timer_stays_disabled)
{
    enable_synic();
    must_write(from.vps[0], HV_X64_MSR_STIMER0_CONFIG,
               TIMER_TO(SINT) | HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE);
    must_write(from.vps[0], HV_X64_MSR_STIMER0_COUNT, UINT64_C(1) << 60);
    must_write(from.vps[0], HV_X64_MSR_STIMER0_CONFIG,
               TIMER_TO(SINT) | HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE);
    migrate();
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_STIMER0_CONFIG),
                      TIMER_TO(SINT) | HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_STIMER0_COUNT), UINT64_C(1) << 60);
    pending(&to);
    ck_assert_uint_eq(to.vps[0]->stimers.deadline, HV_APIC_NEVER);
}
END_TEST

/* The same the other way round: one that has expired does not do so again. */
START_TEST(an_expired_timer_does_not_expire_again)
{
    enable_synic();
    from.fake.tsc += 100 * TICKS_PER_UNIT;
    must_write(from.vps[0], HV_X64_MSR_STIMER0_CONFIG,
               TIMER_TO(SINT) | HV_X64_MSR_STIMER_CONFIG_ENABLE);
    must_write(from.vps[0], HV_X64_MSR_STIMER0_COUNT, 1);
    ck_assert_uint_eq(slot(&from)->header.message_type, HvMessageTimerExpired);
    slot(&from)->header.message_type = HvMessageTypeNone;
    migrate();
    to.fake.tsc += 10 * MS * TICKS_PER_UNIT;
    pending(&to);
    ck_assert_uint_eq(slot(&to)->header.message_type, HvMessageTypeNone);
}
END_TEST

/* cloud-hypervisor#6594, firecracker#4099: a TSC deadline was taken as it was against a clock that
   had another value, and the interrupt came at once or in years. */
START_TEST(a_deadline_is_as_far_away_as_it_was)
{
    hv_apic_write(&from.vps[0]->apic, HV_APIC_LVT_TIMER, 2u << 17 | 0xEC, from.fake.tsc);
    hv_apic_write_deadline(&from.vps[0]->apic, from.fake.tsc + 12345, from.fake.tsc);
    migrate();
    ck_assert_uint_eq(to.vps[0]->apic.timer.deadline, to.fake.tsc + 12345);
}
END_TEST

/* openvmm#405: a signal between the last look and the save was lost, and both sides waited
   for each other. */
START_TEST(an_interrupt_that_was_posted_last_arrives)
{
    hv_interrupt_post(from.vps[0], 0x70, false);
    migrate();
    ck_assert_int_eq(pending(&to), 0x70);
}
END_TEST

/* openvmm#956, #962: messages that waited behind a full slot were lost with the queue. */
START_TEST(messages_in_the_queue_arrive)
{
    const struct hv_port_config config = { .type = HvPortTypeMessage, .sint = SINT };
    struct hv_input_post_message input = { .connection_id = 1,
                                           .message_type = 0x17,
                                           .payload_size = 8 };
    struct hv_hypercall_call call = { .vp = from.vps[0], .header = &input };

    enable_synic();
    hv_port_create(from.partition, 1, &config);
    hv_port_connect(from.partition, 1, from.partition, 1);
    for (input.payload[0] = 0; input.payload[0] < 3; input.payload[0]++)
        ck_assert_uint_eq(hv_hypercall_post_message(&call), HV_STATUS_SUCCESS);
    migrate();
    for (uint64_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(slot(&to)->payload[0], i);
        slot(&to)->header.message_type = HvMessageTypeNone;
        must_write(to.vps[0], HV_X64_MSR_EOM, 0);
    }
}
END_TEST

/* oxidecomputer/propolis#850: what an overlay covers has to come back when it goes, after a restore
   too. */
START_TEST(what_an_overlay_covers_comes_back)
{
    struct hv_mapping mapping;

    enable_synic();
    migrate();
    hv_address_translate(to.partition, SIM_GPA / HV_PAGE_SIZE, &mapping);
    ck_assert(mapping.overlay);
    must_write(to.vps[0], HV_X64_MSR_SIMP, 0);
    hv_address_translate(to.partition, SIM_GPA / HV_PAGE_SIZE, &mapping);
    ck_assert(!mapping.overlay);
    ck_assert_uint_eq(mapping.spa_page, SIM_GPA / HV_PAGE_SIZE);
}
END_TEST

/* QEMU 561dbb41b1d7: a guest that had asked to be told of another clock was moved to one without a
   word. */
START_TEST(a_guest_that_has_asked_is_told_of_the_migration)
{
    const struct hv_restore restore = { .tsc = OTHER_TSC, .migrated = true };

    must_write(from.vps[0], HV_X64_MSR_REENLIGHTENMENT_CONTROL,
               HV_REENLIGHTENMENT_CONTROL_ENABLED | 0x99);
    save_all(&from);
    ck_assert_uint_eq(hv_partition_restore(to.partition, &restore, saved.bytes, saved.size),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_SUCCESS);
    ck_assert_int_eq(pending(&to), 0x99);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_save_museum");
    TCase *tcase = tcase_create("museum");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_tsc_page_is_right_before_a_vp_runs);
    tcase_add_test(tcase, the_tsc_page_is_still_valid);
    tcase_add_test(tcase, a_reader_that_was_interrupted_tries_again);
    tcase_add_test(tcase, the_counter_does_not_jump);
    tcase_add_test(tcase, the_counter_does_not_go_back);
    tcase_add_test(tcase, no_synic_register_is_forgotten);
    tcase_add_test(tcase, a_message_in_its_slot_survives);
    tcase_add_test(tcase, a_disabled_timer_stays_disabled);
    tcase_add_test(tcase, an_expired_timer_does_not_expire_again);
    tcase_add_test(tcase, a_deadline_is_as_far_away_as_it_was);
    tcase_add_test(tcase, an_interrupt_that_was_posted_last_arrives);
    tcase_add_test(tcase, messages_in_the_queue_arrive);
    tcase_add_test(tcase, what_an_overlay_covers_comes_back);
    tcase_add_test(tcase, a_guest_that_has_asked_is_told_of_the_migration);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
