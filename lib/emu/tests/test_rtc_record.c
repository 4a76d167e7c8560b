/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore, and records that no clock wrote. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/rtc.h>

#include "rtc_fixture.h"
#include "suite.h"

static struct hv_rtc rtc, other;
static struct hv_rtc_record record;

static void setup(void)
{
    hv_rtc_init(&rtc, EVENING, 0);
    hv_rtc_init(&other, EVENING, 5000);
    rtc_set(&rtc, HV_RTC_B, 0x72, 0);
}

START_TEST(restored_clock_goes_on_where_the_saved_one_stopped)
{
    rtc_set(&rtc, 0x40, 0x5A, 0);
    rtc_set(&rtc, HV_RTC_MONTH, 0x99, 0); /* as written, until the next update */
    hv_rtc_write(&rtc, HV_RTC_INDEX, 0xC0, 0);
    hv_rtc_save(&rtc, 4000, &record);
    hv_rtc_init(&other, EVENING, 5000);
    ck_assert(hv_rtc_restore(&other, &record, sizeof(record), 9000));
    ck_assert(hv_rtc_nmi_masked(&other));
    ck_assert_uint_eq(hv_rtc_read(&other, HV_RTC_DATA, 9000), 0x5A);
    ck_assert_uint_eq(rtc_get(&other, HV_RTC_MONTH, 9000), 0x99);
    for (uint64_t passed = 0; passed < 3 * SECOND; passed += 54321) {
        ck_assert_uint_eq(rtc_get(&rtc, HV_RTC_C, 4000 + passed),
                          rtc_get(&other, HV_RTC_C, 9000 + passed));
        ck_assert_uint_eq(rtc_get(&rtc, HV_RTC_SECONDS, 4000 + passed),
                          rtc_get(&other, HV_RTC_SECONDS, 9000 + passed));
        ck_assert_uint_eq(hv_rtc_deadline(&rtc) - 4000, hv_rtc_deadline(&other) - 9000);
    }
    ck_assert_uint_eq(rtc_get(&other, HV_RTC_MONTH, 3 * SECOND), 0x12);
}
END_TEST

START_TEST(restored_clock_follows_the_time_of_day)
{
    rtc_set(&rtc, HV_RTC_HOURS, 0x22, 0);
    hv_rtc_save(&rtc, 0, &record);
    hv_rtc_init(&other, EVENING + INT64_C(3600) * 10000000 + 5000000, 5000);
    ck_assert(hv_rtc_restore(&other, &record, sizeof(record), 5000));
    ck_assert_uint_eq(rtc_get(&other, HV_RTC_HOURS, 5000), 0x23);
    ck_assert_int_eq(hv_rtc_offset(&other), hv_rtc_offset(&rtc));
    ck_assert_uint_eq(rtc_get(&other, HV_RTC_SECONDS, 5000 + SECOND / 2), 0x51);
    ck_assert_uint_eq(rtc_get(&other, HV_RTC_C, 5000 + SECOND / 2), 0xD0);
}
END_TEST

START_TEST(all_that_a_guest_can_write_is_saved)
{
    static const uint8_t written[][2] = { { 0x27, 0x13 }, { 0x26, 0x83 }, { 0x76, 0x72 } };
    struct hv_rtc_record again;
    for (size_t i = 0; i < 3; i++) {
        rtc_set(&rtc, HV_RTC_A, written[i][0], 0);
        rtc_set(&rtc, HV_RTC_B, written[i][1], 0);
        hv_rtc_save(&rtc, 0, &record);
        hv_rtc_init(&other, EVENING, 5000);
        ck_assert(hv_rtc_restore(&other, &record, sizeof(record), 5000));
        hv_rtc_save(&other, 5000, &again);
        ck_assert_mem_eq(&record, &again, sizeof(record));
    }
}
END_TEST

START_TEST(record_of_another_version_or_size_is_refused)
{
    hv_rtc_save(&rtc, 0, &record);
    ck_assert(!hv_rtc_restore(&other, &record, sizeof(record) - 1, 6000));
    record.size++;
    ck_assert(!hv_rtc_restore(&other, &record, sizeof(record), 6000));
    record.size--;
    record.version = 2;
    ck_assert(!hv_rtc_restore(&other, &record, sizeof(record), 6000));
}
END_TEST

static void refuse(size_t offset, size_t size, uint64_t value)
{
    const struct hv_rtc before = other;
    struct hv_rtc_record hostile = record;
    memcpy((uint8_t *)&hostile + offset, &value, size);
    ck_assert_msg(!hv_rtc_restore(&other, &hostile, sizeof(hostile), 6000), "offset %zu: %llx",
                  offset, (unsigned long long)value);
    ck_assert_mem_eq(&before, &other, sizeof(other));
}

#define REFUSE(field, value) \
    refuse(offsetof(struct hv_rtc_record, field), sizeof(record.field), (value))

START_TEST(impossible_state_is_refused_and_changes_nothing)
{
    hv_rtc_save(&rtc, 1234, &record);
    REFUSE(wall, UINT64_C(3652425) * 86400 * SECOND);
    REFUSE(wall, UINT64_MAX);
    REFUSE(phase, 10000000);
    REFUSE(index, 128);
    REFUSE(nmi_masked, 2);
    REFUSE(reserved[0], 1);
    REFUSE(reserved[1], 1);
    REFUSE(ram[HV_RTC_A], 0xA6);
    REFUSE(ram[HV_RTC_A], 0x06); /* stands in the middle of a second */
    REFUSE(ram[HV_RTC_B], 0x92);
    REFUSE(ram[HV_RTC_C], 0x80);
    REFUSE(ram[HV_RTC_C], 0x01);
    REFUSE(ram[HV_RTC_D], 0x00);
    record.ram[HV_RTC_B] = 0xE2;
    ck_assert(hv_rtc_restore(&other, &record, sizeof(record), 6000));
}
END_TEST

START_TEST(record_holds_nothing_of_the_memory_it_was_made_in)
{
    struct hv_rtc_record twin;
    memset(&record, 0xFF, sizeof(record));
    memset(&twin, 0x00, sizeof(twin));
    hv_rtc_save(&rtc, 0, &record);
    hv_rtc_save(&rtc, 0, &twin);
    ck_assert_mem_eq(&record, &twin, sizeof(twin));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rtc record");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, restored_clock_goes_on_where_the_saved_one_stopped);
    tcase_add_test(tests, restored_clock_follows_the_time_of_day);
    tcase_add_test(tests, all_that_a_guest_can_write_is_saved);
    tcase_add_test(tests, record_of_another_version_or_size_is_refused);
    tcase_add_test(tests, impossible_state_is_refused_and_changes_nothing);
    tcase_add_test(tests, record_holds_nothing_of_the_memory_it_was_made_in);
    Suite *suite = suite_create("rtc record");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
