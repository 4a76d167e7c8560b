/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The clock beside the C library's calendar, and its alarm beside one that looks at each second:
 * under random formats, times and steps both say the same.
 */
#include <check.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <hv/rtc.h>

#include "rtc_fixture.h"
#include "suite.h"

static uint64_t random_state;

static uint32_t roll(uint32_t sides)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % sides;
}

static uint8_t in_format(unsigned value, uint8_t b)
{
    return (uint8_t)((b & 0x04) != 0 ? value : value / 10 * 16 + value % 10);
}

static uint8_t hours_in_format(unsigned hours, uint8_t b)
{
    if ((b & 0x02) != 0) {
        return in_format(hours, b);
    }
    unsigned shown = hours % 12 == 0 ? 12 : hours % 12;
    return in_format(shown, b) | (hours >= 12 ? 0x80 : 0);
}

static void check_date(struct hv_rtc *rtc, time_t seconds, uint8_t b, uint64_t now)
{
    struct tm date;
    ck_assert_ptr_nonnull(gmtime_r(&seconds, &date));
    unsigned year = (unsigned)date.tm_year + 1900;
    const uint8_t expected[][2] = {
        { HV_RTC_SECONDS, in_format((unsigned)date.tm_sec, b) },
        { HV_RTC_MINUTES, in_format((unsigned)date.tm_min, b) },
        { HV_RTC_HOURS, hours_in_format((unsigned)date.tm_hour, b) },
        { HV_RTC_WEEKDAY, (uint8_t)(date.tm_wday + 1) },
        { HV_RTC_DAY, in_format((unsigned)date.tm_mday, b) },
        { HV_RTC_MONTH, in_format((unsigned)date.tm_mon + 1, b) },
        { HV_RTC_YEAR, in_format(year % 100, b) },
        { HV_RTC_CENTURY, in_format(year / 100, b) },
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        uint8_t shown = rtc_get(rtc, expected[i][0], now);
        if (shown != expected[i][1]) {
            ck_abort_msg("%lld, register %x: %x, not %x", (long long)seconds, expected[i][0], shown,
                         expected[i][1]);
        }
    }
}

/* A day, a month, a century or some seconds. */
static uint64_t some_seconds(void)
{
    static const uint32_t spans[] = { 3, 100, 86400, 86400 * 31, 86400u * 366, 3155760000 };
    return roll(spans[roll(6)]);
}

START_TEST(calendar_is_that_of_the_c_library)
{
    static const uint8_t formats[] = { 0x02, 0x06, 0x00, 0x04 };
    uint8_t b = formats[_i % 4];
    /* From the year 0000 on; that long after, the time is that of the year 0000 again. */
    const uint64_t end = UINT64_C(3652425) * 86400;
    const int64_t first = -INT64_C(62167219200);
    uint64_t passed = _i % 3 == 0 ? 0 : roll(UINT32_MAX) * UINT64_C(70) % end;
    struct hv_rtc rtc;
    uint64_t now = 0;
    random_state = 0x9E3779B97F4A7C15u * (uint64_t)(_i + 1);
    hv_rtc_init(&rtc, (first + (int64_t)passed) * 10000000, now);
    /* Another format has other bytes, which is for the guest to mend. */
    hv_rtc_set_wall_clock(&rtc, 0, now);
    rtc_set(&rtc, HV_RTC_B, b, now);
    const uint8_t epoch[][2] = { { HV_RTC_YEAR, in_format(70, b) },
                                 { HV_RTC_CENTURY, in_format(19, b) },
                                 { HV_RTC_MONTH, 1 },
                                 { HV_RTC_DAY, 1 },
                                 { HV_RTC_HOURS, hours_in_format(0, b) } };
    for (size_t i = 0; i < sizeof(epoch) / sizeof(epoch[0]); i++) {
        rtc_set(&rtc, epoch[i][0], epoch[i][1], now);
    }
    hv_rtc_set_wall_clock(&rtc, (first + (int64_t)passed) * 10000000, now);
    for (unsigned i = 0; i < 2000; i++) {
        check_date(&rtc, (time_t)(first + (int64_t)passed), b, now);
        uint64_t step = some_seconds();
        passed = (passed + step) % end;
        now += step * SECOND;
        if (roll(10) == 0) {
            passed = roll(UINT32_MAX) * UINT64_C(70) % end;
            hv_rtc_set_wall_clock(&rtc, (first + (int64_t)passed) * 10000000, now);
        }
    }
}
END_TEST

static uint8_t alarm_byte(unsigned count, uint8_t b)
{
    unsigned value = roll(count);
    switch (roll(4)) {
    case 0:
        return (uint8_t)(0xC0 | value);
    case 1:
        return roll(8) == 0 ? (uint8_t)roll(256) : 0xFF;
    default:
        return count == 24 ? hours_in_format(value, b) : in_format(value, b);
    }
}

static bool alarm_matches(struct hv_rtc *rtc, uint64_t now)
{
    for (unsigned index = HV_RTC_SECONDS; index <= HV_RTC_HOURS; index += 2) {
        uint8_t alarm = rtc_get(rtc, index + 1, now);
        if (alarm < 0xC0 && alarm != rtc_get(rtc, index, now)) {
            return false;
        }
    }
    return true;
}

START_TEST(alarm_is_that_of_one_who_looks_each_second)
{
    static const uint8_t formats[] = { 0x22, 0x26, 0x20, 0x24 };
    uint8_t b = formats[_i % 4];
    struct hv_rtc rtc;
    random_state = 0x9E3779B97F4A7C15u * (uint64_t)(_i + 1);
    hv_rtc_init(&rtc, EVENING, 0);
    rtc_set(&rtc, HV_RTC_B, b, 0);
    rtc_set(&rtc, HV_RTC_HOURS, hours_in_format(roll(24), b), 0);
    rtc_set(&rtc, HV_RTC_MINUTES, in_format(roll(60), b), 0);
    rtc_set(&rtc, HV_RTC_SECONDS, in_format(roll(60), b), 0);
    rtc_set(&rtc, HV_RTC_SECONDS_ALARM, alarm_byte(60, b), 0);
    rtc_set(&rtc, HV_RTC_MINUTES_ALARM, alarm_byte(60, b), 0);
    rtc_set(&rtc, HV_RTC_HOURS_ALARM, alarm_byte(24, b), 0);
    uint64_t due = hv_rtc_deadline(&rtc);
    uint64_t second = 0;
    do {
        second++;
        hv_rtc_advance(&rtc, second * SECOND);
    } while (!alarm_matches(&rtc, second * SECOND) && second <= 86400);
    ck_assert_uint_eq(due, second <= 86400 ? second * SECOND : HV_RTC_NO_TIME);
    ck_assert_uint_eq(hv_rtc_interrupt(&rtc), second <= 86400);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rtc model");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, calendar_is_that_of_the_c_library, 0, 12);
    tcase_add_loop_test(tests, alarm_is_that_of_one_who_looks_each_second, 0, 100);
    Suite *suite = suite_create("rtc model");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
