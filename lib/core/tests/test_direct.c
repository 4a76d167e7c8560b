/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Messages and events that a parent sends to a VP of its child without a connection. */
#include <check.h>
#include <string.h>

#include "child_fixture.h"
#include "suite.h"

#define SINT     3u
#define VECTOR   0x55
#define TYPE     0x17u
#define SIEF_GPA UINT64_C(0x3000)

static void setup(void)
{
    child_setup();
    write_msr(vp, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    write_msr(vp, HV_X64_MSR_SIMP, 0x2000 | HV_X64_MSR_PAGE_ENABLE);
    write_msr(vp, HV_X64_MSR_SIEFP, SIEF_GPA | HV_X64_MSR_PAGE_ENABLE);
    write_msr(vp, HV_X64_MSR_SINT0 + SINT, VECTOR);
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
}

static int pending(void)
{
    hv_interrupt_poll(vp, fake.tsc);
    return hv_interrupt_view(vp)->vector;
}

static struct hv_message *slot(void)
{
    struct hv_message_page *page = vp->synic.message_page.page;

    return &page->sint_message[SINT];
}

static struct hv_input_post_message_direct message(uint64_t payload)
{
    return (struct hv_input_post_message_direct){
        .partition_id = child->id,
        .sint_index = SINT,
        .message = { .header = { .message_type = TYPE, .payload_size = 8, .origination_id = 0x99 },
                     .payload = { payload } },
    };
}

static uint64_t post(struct hv_input_post_message_direct input)
{
    memcpy(input_page(), &input, sizeof(input));
    return call_from(root_vp, HvCallPostMessageDirect);
}

START_TEST(a_message_arrives_as_it_is)
{
    struct hv_input_post_message_direct input = message(0x1122);

    input.message.payload[29] = 0x3344;
    ck_assert_uint_eq(post(input), HV_STATUS_SUCCESS);
    ck_assert_mem_eq(slot(), &input.message, sizeof(input.message));
    ck_assert_int_eq(pending(), VECTOR);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(messages_wait_in_order_until_there_are_no_buffers)
{
    for (uint64_t i = 0; i < 1 + HV_PORT_MESSAGES; i++)
        ck_assert_uint_eq(post(message(i)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post(message(99)), HV_STATUS_INSUFFICIENT_BUFFERS);
    for (uint64_t i = 0; i < 1 + HV_PORT_MESSAGES; i++) {
        ck_assert_uint_eq(slot()->payload[0], i);
        slot()->header.message_type = HvMessageTypeNone;
        write_msr(vp, HV_X64_MSR_EOM, 0);
    }
    ck_assert_uint_eq(slot()->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(post(message(99)), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(buffers_take_memory_once_and_give_it_back_at_the_end)
{
    size_t unused = hv_partition_available(child);

    ck_assert_uint_eq(post(message(1)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post(message(2)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_available(child), unused - 1 - HV_PORT_BUFFER_PAGES);
    hv_intercept_end(root_vp, vp);
    ck_assert_uint_eq(hv_partition_available(child), unused - 1 - HV_PORT_BUFFER_PAGES);
    hv_vp_reset(vp);
    ck_assert_uint_eq(hv_partition_available(child), unused);
}
END_TEST

START_TEST(without_memory_there_are_no_buffers)
{
    while (hv_partition_available(child) > 2)
        ck_assert_ptr_nonnull(hv_partition_alloc_page(child, NULL));
    ck_assert_uint_eq(post(message(1)), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(hv_partition_available(child), 2);
}
END_TEST

START_TEST(a_synic_that_is_off_takes_no_message)
{
    write_msr(vp, HV_X64_MSR_SCONTROL, 0);
    ck_assert_uint_eq(post(message(1)), HV_STATUS_INVALID_SYNIC_STATE);
}
END_TEST

START_TEST(what_is_no_message_is_refused)
{
    struct hv_input_post_message_direct bad[8];

    for (unsigned i = 0; i < 8; i++)
        bad[i] = message(1);
    bad[0].vtl = 1;
    bad[1].padding0[0] = 1;
    bad[2].padding0[1] = 1;
    bad[3].padding0[2] = 1;
    bad[4].padding1 = 1;
    bad[5].sint_index = 16;
    bad[6].message.header.message_type = HvMessageTypeNone;
    bad[7].message.header.payload_size = 241;
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(post(bad[i]), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(slot()->header.message_type, HvMessageTypeNone);
    bad[0] = message(1);
    bad[0].vp_index = 1;
    ck_assert_uint_eq(post(bad[0]), HV_STATUS_INVALID_VP_INDEX);
    bad[0] = message(1);
    bad[0].partition_id = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(post(bad[0]), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

/* ---- Events ---- */

static uint64_t signal_event(struct hv_input_signal_event_direct input)
{
    memcpy(input_page(), &input, sizeof(input));
    return call_from(root_vp, HvCallSignalEventDirect);
}

static struct hv_input_signal_event_direct event(uint16_t flag)
{
    return (struct hv_input_signal_event_direct){ .target_partition = child->id,
                                                  .target_sint = SINT,
                                                  .flag_number = flag };
}

START_TEST(an_event_is_a_flag_and_an_interrupt)
{
    const uint8_t *output = output_page();
    const uint8_t *flags = (const uint8_t *)vp->synic.event_page.page + SINT * 256u;

    ck_assert_uint_eq(signal_event(event(2047)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output[0], 1);
    ck_assert_uint_eq(flags[255], 0x80);
    ck_assert_int_eq(pending(), VECTOR);
    ck_assert_uint_eq(signal_event(event(2047)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output[0], 0);
    ck_assert_uint_eq(output[1], 0xEE);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(what_is_no_event_is_refused)
{
    struct hv_input_signal_event_direct bad = event(2048);

    ck_assert_uint_eq(signal_event(bad), HV_STATUS_INVALID_PARAMETER);
    bad = event(0);
    bad.target_sint = 16;
    ck_assert_uint_eq(signal_event(bad), HV_STATUS_INVALID_PARAMETER);
    bad = event(0);
    bad.target_vtl = 1;
    ck_assert_uint_eq(signal_event(bad), HV_STATUS_INVALID_PARAMETER);
    bad = event(0);
    bad.target_vp = 1;
    ck_assert_uint_eq(signal_event(bad), HV_STATUS_INVALID_VP_INDEX);
    bad = event(0);
    bad.target_partition = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(signal_event(bad), HV_STATUS_ACCESS_DENIED);
    write_msr(vp, HV_X64_MSR_SIEFP, 0);
    ck_assert_uint_eq(signal_event(event(0)), HV_STATUS_INVALID_SYNIC_STATE);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("direct");
    TCase *tests = tcase_create("direct");

    tcase_add_checked_fixture(tests, setup, child_teardown);
    tcase_add_test(tests, a_message_arrives_as_it_is);
    tcase_add_test(tests, messages_wait_in_order_until_there_are_no_buffers);
    tcase_add_test(tests, buffers_take_memory_once_and_give_it_back_at_the_end);
    tcase_add_test(tests, without_memory_there_are_no_buffers);
    tcase_add_test(tests, a_synic_that_is_off_takes_no_message);
    tcase_add_test(tests, what_is_no_message_is_refused);
    tcase_add_test(tests, an_event_is_a_flag_and_an_interrupt);
    tcase_add_test(tests, what_is_no_event_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
