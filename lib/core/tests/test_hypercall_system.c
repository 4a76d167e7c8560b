/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a root asks when it boots. */
#include "family.h"
#include "root_fixture.h"
#include "suite.h"

static const uint16_t calls[] = { HvGetLogicalProcessorRunTime, HvCallAddLogicalProcessor,
                                  HvCallGetSystemProperty, HvCallNotifyPartitionEvent,
                                  HvCallEnterSleepState };

static uint64_t call_words(uint16_t code, uint32_t first, uint32_t second, uint64_t third)
{
    struct {
        uint32_t words[2];
        uint64_t third;
    } input = { { first, second }, third };

    return call(code, &input, sizeof(input));
}

/* Rounded down. */
static void expect_about(uint64_t value, uint64_t expected)
{
    ck_assert_uint_le(value, expected);
    ck_assert_uint_le(expected - value, 1);
}

START_TEST(run_time_tells_which_processors_there_are)
{
    for (uint32_t lp = 0; lp < 4; lp++) {
        ck_assert_uint_eq(call_words(HvGetLogicalProcessorRunTime, lp, 0, 0), HV_STATUS_SUCCESS);
        expect_about(output(0), UINT64_C(10000000) * (lp + 1));
        expect_about(output(1), 5000000);
        ck_assert_uint_eq(output(2), 0);
        expect_about(output(3), 2500000);
    }
    ck_assert_uint_eq(call_words(HvGetLogicalProcessorRunTime, 4, 0, 0),
                      HV_STATUS_INVALID_LP_INDEX);
    ck_assert_uint_eq(call_words(HvGetLogicalProcessorRunTime, UINT32_MAX, 0, 0),
                      HV_STATUS_INVALID_LP_INDEX);
}
END_TEST

START_TEST(no_processor_is_left_to_add)
{
    ck_assert_uint_eq(call_words(HvCallAddLogicalProcessor, 3, 3, 0), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(call_words(HvCallAddLogicalProcessor, 4, 4, 0), HV_STATUS_INVALID_LP_INDEX);
    ck_assert_uint_eq(call_words(HvCallNotifyPartitionEvent, 4, 0, 0), HV_STATUS_SUCCESS);
}
END_TEST

static uint64_t notify(uint32_t event, uint32_t input)
{
    return call_words(HvCallNotifyPartitionEvent, event, input, 0);
}

START_TEST(events_are_what_linux_tells)
{
    ck_assert_uint_eq(notify(HvPartitionEventAllLogicalProcessorsStarted, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(notify(HvPartitionEventRootCrashdump, HvCrashdumpActionEntry),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(notify(HvPartitionEventRootCrashdump, HvCrashdumpActionSuspendAllVps),
                      HV_STATUS_SUCCESS);
    for (uint32_t action = 0; action < 6; action++)
        if (action != HvCrashdumpActionEntry && action != HvCrashdumpActionSuspendAllVps)
            ck_assert_uint_eq(notify(HvPartitionEventRootCrashdump, action),
                              HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(notify(0, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(notify(3, 0), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

/* Children, and theirs. */
START_TEST(a_crashed_root_stops_all_guests)
{
    struct hv_partition *child = family_child(&fake, root, 32);
    struct hv_partition *sibling = family_child(&fake, root, 32);
    struct hv_partition *grandchild = family_child(&fake, child, 32);
    struct hv_vp *vps[] = { fake_vp_create(&fake, child, 0), fake_vp_create(&fake, child, 3),
                            fake_vp_create(&fake, sibling, 0),
                            fake_vp_create(&fake, grandchild, 1) };

    for (unsigned i = 0; i < 4; i++)
        atomic_store(&vps[i]->suspended, 0);
    ck_assert_uint_eq(notify(HvPartitionEventRootCrashdump, HvCrashdumpActionEntry),
                      HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 4; i++)
        ck_assert(!hv_vp_is_suspended(vps[i]));
    ck_assert_uint_eq(notify(HvPartitionEventRootCrashdump, HvCrashdumpActionSuspendAllVps),
                      HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(atomic_load(&vps[i]->suspended), HV_VP_SUSPEND_EXPLICIT);
    ck_assert(!hv_vp_is_suspended(root_vp));
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 2);
    ck_assert_uint_eq(atomic_load(&grandchild->lineage.references), 1);
    ck_assert_uint_eq(atomic_load(&child->gate.state), 0);
}
END_TEST

START_TEST(the_hypervisor_schedules)
{
    ck_assert_uint_eq(call_words(HvCallGetSystemProperty, HvSystemPropertySchedulerType, 0, 0),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output(0), HvSchedulerTypeLp);
    ck_assert_uint_eq(call_words(HvCallGetSystemProperty, 47, 0, 0), HV_STATUS_UNKNOWN_PROPERTY);
    ck_assert_uint_eq(call_words(HvCallGetSystemProperty, HvSystemPropertySchedulerType, 1, 0),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(call_words(HvCallGetSystemProperty, HvSystemPropertySchedulerType, 0, 1),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(who_does_not_manage_processors_is_denied)
{
    root->features.privileges &= ~HV_PRIVILEGE_CpuManagement;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        ck_assert_uint_eq(call_words(calls[i], 0, 0, 0), HV_STATUS_ACCESS_DENIED);
}
END_TEST

/* ---- Power ---- */

static unsigned times_off;
static uint8_t types_seen[2];

static void power_off(void *context, uint8_t pm1a_type, uint8_t pm1b_type)
{
    (void)context;
    times_off++;
    types_seen[0] = pm1a_type;
    types_seen[1] = pm1b_type;
}

static uint64_t set_sleep(uint32_t id, uint32_t state, uint8_t pm1a_type, uint8_t pm1b_type)
{
    struct hv_input_set_system_property input = { .property_id = id,
                                                  .sleep_state = state,
                                                  .pm1a_slp_typ = pm1a_type,
                                                  .pm1b_slp_typ = pm1b_type };

    return call(HvCallSetSystemProperty, &input, sizeof(input));
}

START_TEST(the_root_turns_the_machine_off)
{
    fake.platform.cpu.power_off = power_off;
    ck_assert_uint_eq(call_words(HvCallEnterSleepState, 5, 0, 0), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(times_off, 0);
    ck_assert_uint_eq(set_sleep(HvSystemPropertySleepState, 5, 7, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set_sleep(HvSystemPropertySleepState, 5, 3, 6), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(call_words(HvCallEnterSleepState, 3, 0, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(times_off, 0);
    /* It comes back, so it is on. */
    ck_assert_uint_eq(call_words(HvCallEnterSleepState, 5, 0, 0), HV_STATUS_OPERATION_FAILED);
    ck_assert_uint_eq(times_off, 1);
    ck_assert_uint_eq(types_seen[0], 3);
    ck_assert_uint_eq(types_seen[1], 6);
    fake.platform.cpu.power_off = NULL;
    ck_assert_uint_eq(call_words(HvCallEnterSleepState, 5, 0, 0), HV_STATUS_OPERATION_DENIED);
}
END_TEST

START_TEST(no_other_sleep_state_can_be_set)
{
    struct hv_input_set_system_property input = { .property_id = HvSystemPropertySleepState,
                                                  .reserved = 1,
                                                  .sleep_state = 5 };

    fake.platform.cpu.power_off = power_off;
    ck_assert_uint_eq(set_sleep(HvSystemPropertySchedulerType, 5, 0, 0),
                      HV_STATUS_UNKNOWN_PROPERTY);
    ck_assert_uint_eq(set_sleep(HvSystemPropertySleepState, 3, 0, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set_sleep(HvSystemPropertySleepState, 5, 8, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set_sleep(HvSystemPropertySleepState, 5, 0, 8), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(call(HvCallSetSystemProperty, &input, sizeof(input)),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(call_words(HvCallEnterSleepState, 5, 0, 0), HV_STATUS_OPERATION_DENIED);
    root->features.privileges &= ~HV_PRIVILEGE_ConfigureProfiler;
    ck_assert_uint_eq(set_sleep(HvSystemPropertySleepState, 5, 0, 0), HV_STATUS_ACCESS_DENIED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hypercall system");
    TCase *tests = tcase_create("hypercall system");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, run_time_tells_which_processors_there_are);
    tcase_add_test(tests, no_processor_is_left_to_add);
    tcase_add_test(tests, events_are_what_linux_tells);
    tcase_add_test(tests, a_crashed_root_stops_all_guests);
    tcase_add_test(tests, the_hypervisor_schedules);
    tcase_add_test(tests, who_does_not_manage_processors_is_denied);
    tcase_add_test(tests, the_root_turns_the_machine_off);
    tcase_add_test(tests, no_other_sleep_state_can_be_set);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
