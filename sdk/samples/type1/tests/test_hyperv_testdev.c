/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Why: a guest writes these commands, any of them, in any order. */
#include "synic_fixture.h"

#include <hv/abi/tlfs.h>

#include "hyperv_testdev.h"
#include "suite.h"

#define CONNECTION  0x21
#define FAST_SIGNAL (HvCallSignalEvent | UINT64_C(1) << 16)
#define POST_GPA    UINT64_C(0x7000)

static hv_status command(uint32_t action, uint32_t vp_index, uint32_t sint, uint32_t connection)
{
    return hyperv_testdev_command(partition,
                                  connection << 24 | action << 16 | vp_index << 8 | sint);
}

static hv_status create(uint32_t action)
{
    return command(action, 0, SINT, CONNECTION);
}

static uint16_t post(void)
{
    struct hv_input_post_message *input = fake_page(&fake, POST_GPA >> 12);

    *input = (struct hv_input_post_message){
        .connection_id = CONNECTION, .message_type = TYPE, .payload_size = 8, .payload[0] = 42
    };
    return (uint16_t)fake_hypercall(vp, HvCallPostMessage, POST_GPA, 0);
}

static uint16_t signal_event(void)
{
    return (uint16_t)fake_hypercall(vp, FAST_SIGNAL, CONNECTION, 0);
}

static void hypercalls_on(void)
{
    synic_setup();
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, 1);
    must_write(vp, HV_X64_MSR_HYPERCALL, 0x8000 | HV_X64_MSR_HYPERCALL_ENABLE);
}

START_TEST(a_message_connection_leads_to_the_sint)
{
    ck_assert_uint_eq(post(), HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(create(HYPERV_TESTDEV_CREATE_MESSAGES), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post(), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(vp, SINT)->header.message_type, TYPE);
    ck_assert_uint_eq(slot(vp, SINT)->payload[0], 42);
    ck_assert_uint_eq(create(HYPERV_TESTDEV_DESTROY_MESSAGES), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post(), HV_STATUS_INVALID_CONNECTION_ID);
}
END_TEST

START_TEST(an_event_connection_has_the_flag_of_its_id)
{
    const uint8_t *flags;

    ck_assert_uint_eq(create(HYPERV_TESTDEV_CREATE_EVENTS), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(signal_event(), HV_STATUS_SUCCESS);
    flags = vp->synic.event_page.page;
    ck_assert_uint_eq(flags[SINT * 256 + CONNECTION / 8], 1u << CONNECTION % 8);
    ck_assert_int_eq(pending(vp), VECTOR);
    ck_assert_uint_eq(create(HYPERV_TESTDEV_DESTROY_EVENTS), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(signal_event(), HV_STATUS_INVALID_CONNECTION_ID);
}
END_TEST

START_TEST(a_sint_is_set_with_and_without_a_route)
{
    ck_assert_uint_eq(command(HYPERV_TESTDEV_SET_SINT, 1, SINT, 0), HV_STATUS_SUCCESS);
    hv_vp_prepare(other);
    ck_assert_int_eq(pending(other), VECTOR);
    ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
    ck_assert_uint_eq(command(HYPERV_TESTDEV_CREATE_ROUTE, 0, SINT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(command(HYPERV_TESTDEV_SET_SINT, 0, SINT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(command(HYPERV_TESTDEV_DESTROY_ROUTE, 0, SINT, 0), HV_STATUS_SUCCESS);
    hv_vp_prepare(vp);
    ck_assert_int_eq(pending(vp), VECTOR);
}
END_TEST

START_TEST(what_does_not_exist_is_refused)
{
    ck_assert_uint_eq(command(0, 0, SINT, CONNECTION), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(command(8, 0, SINT, CONNECTION), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hyperv_testdev_command(partition, UINT32_MAX), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(command(HYPERV_TESTDEV_SET_SINT, 2, SINT, 0), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(command(HYPERV_TESTDEV_SET_SINT, 255, SINT, 0), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(command(HYPERV_TESTDEV_SET_SINT, 0, 16, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(command(HYPERV_TESTDEV_CREATE_MESSAGES, 2, SINT, 1),
                      HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(command(HYPERV_TESTDEV_CREATE_EVENTS, 0, 255, 1),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(create(HYPERV_TESTDEV_DESTROY_MESSAGES), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(create(HYPERV_TESTDEV_DESTROY_EVENTS), HV_STATUS_INVALID_PORT_ID);
}
END_TEST

/* What is refused leaves nothing behind, and what is there stays as it was. */
START_TEST(a_connection_is_made_once_and_taken_away_by_its_kind)
{
    size_t pages;

    ck_assert_uint_eq(create(HYPERV_TESTDEV_CREATE_MESSAGES), HV_STATUS_SUCCESS);
    pages = hv_partition_available(partition);
    ck_assert_uint_eq(create(HYPERV_TESTDEV_CREATE_MESSAGES), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(create(HYPERV_TESTDEV_CREATE_EVENTS), HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(create(HYPERV_TESTDEV_DESTROY_EVENTS), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(hv_partition_available(partition), pages);
    ck_assert_uint_eq(post(), HV_STATUS_SUCCESS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hyperv testdev");
    TCase *tests = tcase_create("hyperv testdev");

    tcase_add_checked_fixture(tests, hypercalls_on, teardown);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_message_connection_leads_to_the_sint);
    tcase_add_test(tests, an_event_connection_has_the_flag_of_its_id);
    tcase_add_test(tests, a_sint_is_set_with_and_without_a_route);
    tcase_add_test(tests, what_does_not_exist_is_refused);
    tcase_add_test(tests, a_connection_is_made_once_and_taken_away_by_its_kind);
    return run_suite(suite);
}
