/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore, and records that no timer wrote. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/pit.h>

#include "suite.h"

static struct hv_pit pit, other;
static struct hv_pit_record record;

static void setup(void)
{
    hv_pit_init(&pit, &(struct hv_pit_config){ 100 }, 0);
    hv_pit_init(&other, &(struct hv_pit_config){ 3 }, 5000);
    hv_pit_write_port_b(&pit, HV_PIT_GATE_2 | HV_PIT_SPEAKER, 0);
    hv_pit_write(&pit, HV_PIT_CONTROL, 0x34, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_0, 0xE8, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_0, 0x03, 0);
    hv_pit_write(&pit, HV_PIT_CONTROL, 0xB6, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0xE9, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0x03, 0);
}

/* Sets one field of the saved state; all others are as they were. */
static void refuse(size_t offset, size_t size, uint32_t value)
{
    struct hv_pit before = other;
    struct hv_pit_record hostile = record;
    memcpy((uint8_t *)&hostile + offset, &value, size);
    ck_assert_msg(!hv_pit_restore(&other, &hostile, sizeof(hostile), 6000), "offset %zu: %x",
                  offset, value);
    ck_assert_mem_eq(&before, &other, sizeof(other));
}

#define REFUSE(field, value) \
    refuse(offsetof(struct hv_pit_record, field), sizeof(record.field), (value))

START_TEST(restored_timer_goes_on_where_the_saved_one_stopped)
{
    hv_pit_write(&pit, HV_PIT_CONTROL, 0xC4, 20000);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0x77, 20000); /* half of a count */
    hv_pit_save(&pit, 20001, &record);
    ck_assert(hv_pit_restore(&other, &record, sizeof(record), 6000));
    ck_assert_uint_eq(hv_pit_ticks(&other), 2);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0, 20001);
    hv_pit_write(&other, HV_PIT_COUNTER_2, 0, 6000);
    for (uint64_t passed = 0; passed < 30000; passed += 7) {
        ck_assert_uint_eq(hv_pit_read_port_b(&pit, 20001 + passed),
                          hv_pit_read_port_b(&other, 6000 + passed));
        ck_assert_uint_eq(hv_pit_deadline(&pit) - 20001, hv_pit_deadline(&other) - 6000);
        for (unsigned counter = 0; counter < 3; counter++) {
            ck_assert_uint_eq(hv_pit_read(&pit, counter, 20001 + passed),
                              hv_pit_read(&other, counter, 6000 + passed));
        }
    }
    ck_assert_uint_eq(hv_pit_ticks(&pit), 5);
    ck_assert_uint_eq(hv_pit_ticks(&other), 3);
}
END_TEST

START_TEST(ticks_beyond_what_may_wait_are_dropped)
{
    hv_pit_save(&pit, 200000, &record);
    ck_assert_uint_eq(record.waiting, 23);
    ck_assert(hv_pit_restore(&other, &record, sizeof(record), 6000));
    ck_assert_uint_eq(hv_pit_ticks(&other), 3);
}
END_TEST

START_TEST(what_is_half_read_or_half_written_is_saved)
{
    hv_pit_write(&pit, HV_PIT_CONTROL, 0xB5, 0); /* in BCD */
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0x34, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0x12, 0);
    hv_pit_read(&pit, HV_PIT_COUNTER_2, 5000);
    hv_pit_write(&pit, HV_PIT_CONTROL, 0xC8, 5000);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0x78, 5000);
    hv_pit_save(&pit, 5000, &record);
    ck_assert(hv_pit_restore(&other, &record, sizeof(record), 5000));
    hv_pit_write(&other, HV_PIT_COUNTER_2, 0x56, 5000);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0x56, 5000);
    for (uint64_t time = 5000; time < 5006; time++) {
        ck_assert_uint_eq(hv_pit_read(&other, HV_PIT_COUNTER_2, time),
                          hv_pit_read(&pit, HV_PIT_COUNTER_2, time));
    }
    ck_assert_uint_eq(other.counters[2].reload, 5678);
}
END_TEST

START_TEST(count_that_waits_after_the_last_one_is_saved)
{
    hv_pit_write(&pit, HV_PIT_CONTROL, 0x90, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 1, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 5, 100);
    hv_pit_save(&pit, 100, &record);
    ck_assert(hv_pit_restore(&other, &record, sizeof(record), 5000));
    ck_assert(!hv_pit_output(&other, 2));
    hv_pit_advance(&other, 5000 + 40);
    ck_assert(!hv_pit_output(&other, 2));
    hv_pit_advance(&other, 5000 + 60);
    ck_assert(hv_pit_output(&other, 2));
}
END_TEST

START_TEST(strobe_is_saved_and_is_over_after_a_clock)
{
    hv_pit_write(&pit, HV_PIT_CONTROL, 0xB8, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 10, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0, 0);
    hv_pit_save(&pit, (11 * 176 + 20) / 21, &record);
    ck_assert_uint_eq(record.counters[2].out, 0);
    REFUSE(counters[2].value, 5);
    REFUSE(counters[2].expired, 0);
    ck_assert(hv_pit_restore(&other, &record, sizeof(record), 5000));
    hv_pit_advance(&other, 5009);
    ck_assert(hv_pit_output(&other, 2));
    record.counters[2].expired = 0;
    REFUSE(counters[2].value, 5); /* a strobe in the middle of the count */
}
END_TEST

START_TEST(trigger_in_the_pulse_of_mode_2_is_saved)
{
    hv_pit_write(&pit, HV_PIT_CONTROL, 0xB4, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 10, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0, 0);
    hv_pit_write_port_b(&pit, 0, (10 * 176 + 20) / 21);
    hv_pit_write_port_b(&pit, HV_PIT_GATE_2, (10 * 176 + 20) / 21);
    hv_pit_save(&pit, (10 * 176 + 20) / 21, &record);
    ck_assert_uint_eq(record.counters[2].value, 1);
    ck_assert_uint_eq(record.counters[2].out, 1);
    ck_assert(hv_pit_restore(&other, &record, sizeof(record), 5000));
}
END_TEST

START_TEST(record_of_another_version_or_size_is_refused)
{
    hv_pit_save(&pit, 0, &record);
    ck_assert(!hv_pit_restore(&other, &record, sizeof(record) - 1, 6000));
    record.size++;
    ck_assert(!hv_pit_restore(&other, &record, sizeof(record), 6000));
    record.size--;
    record.version = 2;
    ck_assert(!hv_pit_restore(&other, &record, sizeof(record), 6000));
}
END_TEST

START_TEST(impossible_state_is_refused_and_changes_nothing)
{
    hv_pit_save(&pit, 9000, &record);
    REFUSE(part, 176);
    REFUSE(port_b, 0x10);
    REFUSE(refresh, 2);
    REFUSE(reserved[0], 1);
    REFUSE(reserved[1], 1);
    REFUSE(counters[0].reload, 0);
    REFUSE(counters[0].reload, 65537);
    REFUSE(counters[0].loaded, 0);
    REFUSE(counters[0].loaded, 65537);
    REFUSE(counters[0].loaded, 10);
    REFUSE(counters[0].value, 0);
    REFUSE(counters[0].value, 1001);
    REFUSE(counters[0].value, 1);
    REFUSE(counters[0].control, 0x04);
    REFUSE(counters[0].control, 0xB4);
    REFUSE(counters[0].control, 0x30);
    REFUSE(counters[0].control, 0x32);
    REFUSE(counters[0].out, 0);
    REFUSE(counters[0].out, 2);
    REFUSE(counters[0].latched_bytes, 3);
    REFUSE(counters[1].latched_bytes, 2);
    REFUSE(counters[1].write_high, 1);
    REFUSE(counters[1].read_high, 1);
    REFUSE(counters[0].status_latched, 2);
    REFUSE(counters[0].write_high, 2);
    REFUSE(counters[0].read_high, 2);
    REFUSE(counters[0].null_count, 2);
    REFUSE(counters[0].load_pending, 2);
    REFUSE(counters[0].stopped, 2);
    REFUSE(counters[0].armed, 0);
    REFUSE(counters[0].armed, 3);
    REFUSE(counters[0].expired, 1);
    REFUSE(counters[0].reserved, 1);
    REFUSE(counters[2].value, 3);
    REFUSE(counters[2].control, 0x32);
    record.counters[0].control |= 1; /* BCD */
    REFUSE(counters[0].reload, 10001);
    REFUSE(counters[0].loaded, 10001);
    ck_assert(hv_pit_restore(&other, &record, sizeof(record), 6000));
}
END_TEST

START_TEST(states_before_the_first_count_and_after_the_last_are_checked)
{
    hv_pit_write(&pit, HV_PIT_CONTROL, 0x30, 0);
    hv_pit_write(&pit, HV_PIT_CONTROL, 0xB0, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 5, 0);
    hv_pit_write(&pit, HV_PIT_COUNTER_2, 0, 0);
    hv_pit_save(&pit, 9000, &record);
    REFUSE(counters[0].out, 1);
    REFUSE(counters[0].expired, 1);
    REFUSE(counters[0].value, 65537);
    REFUSE(counters[0].load_pending, 1);
    REFUSE(counters[0].stopped, 0);
    REFUSE(counters[0].loaded, 0);
    REFUSE(counters[0].loaded, 65537);
    REFUSE(counters[0].reload, 0);
    REFUSE(counters[0].reload, 65537);
    REFUSE(counters[2].value, 65536);
    REFUSE(counters[2].out, 0);
    REFUSE(counters[2].expired, 0);
    ck_assert(hv_pit_restore(&other, &record, sizeof(record), 6000));
}
END_TEST

START_TEST(record_holds_nothing_of_the_memory_it_was_made_in)
{
    struct hv_pit_record twin;
    memset(&record, 0xFF, sizeof(record));
    memset(&twin, 0x00, sizeof(twin));
    hv_pit_save(&pit, 0, &record);
    hv_pit_save(&pit, 0, &twin);
    ck_assert_mem_eq(&record, &twin, sizeof(twin));
    ck_assert_uint_eq(record.counters[2].latched_count, 0);
    ck_assert_uint_eq(record.counters[2].latched_status, 0);
    ck_assert_uint_eq(record.counters[2].write_low, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pit record");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, restored_timer_goes_on_where_the_saved_one_stopped);
    tcase_add_test(tests, ticks_beyond_what_may_wait_are_dropped);
    tcase_add_test(tests, what_is_half_read_or_half_written_is_saved);
    tcase_add_test(tests, count_that_waits_after_the_last_one_is_saved);
    tcase_add_test(tests, strobe_is_saved_and_is_over_after_a_clock);
    tcase_add_test(tests, trigger_in_the_pulse_of_mode_2_is_saved);
    tcase_add_test(tests, record_of_another_version_or_size_is_refused);
    tcase_add_test(tests, impossible_state_is_refused_and_changes_nothing);
    tcase_add_test(tests, states_before_the_first_count_and_after_the_last_are_checked);
    tcase_add_test(tests, record_holds_nothing_of_the_memory_it_was_made_in);
    Suite *suite = suite_create("pit record");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
