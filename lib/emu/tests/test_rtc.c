/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The clock as an operating system sees it; expectations are those of the MC146818A data sheet. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/rtc.h>

#include "rtc_fixture.h"
#include "suite.h"

enum { PIE = 0x40, AIE = 0x20, UIE = 0x10, SET = 0x80, BINARY = 0x04, HOURS_24 = 0x02 };
enum { IRQF = 0x80, UIP = 0x80, RUNS = 0x20, DIVIDER_RESET = 0x70 };

static struct hv_rtc rtc;
static uint64_t now;

static uint8_t get(unsigned index)
{
    return rtc_get(&rtc, index, now);
}

static void set(unsigned index, uint8_t value)
{
    rtc_set(&rtc, index, value, now);
}

static void pass(uint64_t time)
{
    now += time;
    hv_rtc_advance(&rtc, now);
}

static void setup(void)
{
    now = 777;
    hv_rtc_init(&rtc, EVENING, now);
}

/* The time registers, from the century to the seconds, and the day of the week. */
static void check_shown(const uint8_t expected[8])
{
    static const unsigned registers[] = { HV_RTC_CENTURY, HV_RTC_YEAR,   HV_RTC_MONTH,
                                          HV_RTC_DAY,     HV_RTC_HOURS,  HV_RTC_MINUTES,
                                          HV_RTC_SECONDS, HV_RTC_WEEKDAY };
    for (unsigned i = 0; i < 8; i++) {
        ck_assert_msg(get(registers[i]) == expected[i], "register %x: %02x, not %02x", registers[i],
                      get(registers[i]), expected[i]);
    }
}

#define CHECK_SHOWN(...) check_shown((const uint8_t[8]){ __VA_ARGS__ })

static void set_time(uint8_t century, uint8_t year, uint8_t month, uint8_t day)
{
    set(HV_RTC_CENTURY, century);
    set(HV_RTC_YEAR, year);
    set(HV_RTC_MONTH, month);
    set(HV_RTC_DAY, day);
}

START_TEST(clock_shows_the_time_of_day_and_goes_on)
{
    CHECK_SHOWN(0x20, 0x24, 0x02, 0x28, 0x23, 0x59, 0x50, 4);
    ck_assert_uint_eq(get(HV_RTC_A), 0x26);
    ck_assert_uint_eq(get(HV_RTC_B), 0x02);
    ck_assert_uint_eq(get(HV_RTC_D), 0x80);
    pass(SECOND - 1);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x50);
    pass(1);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x51);
    pass(9 * SECOND);
    CHECK_SHOWN(0x20, 0x24, 0x02, 0x29, 0x00, 0x00, 0x00, 5);
    pass(24 * 3600 * SECOND);
    CHECK_SHOWN(0x20, 0x24, 0x03, 0x01, 0x00, 0x00, 0x00, 6);
    pass(36525ull * 20 * 24 * 3600 * SECOND); /* 2000 years have 15 leap days less */
    CHECK_SHOWN(0x40, 0x24, 0x03, 0x16, 0x00, 0x00, 0x00, 7);
}
END_TEST

START_TEST(first_second_is_as_long_as_what_is_left_of_it)
{
    hv_rtc_init(&rtc, EVENING + 3000000, now);
    pass(6999999);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x50);
    pass(1);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x51);
}
END_TEST

START_TEST(times_before_1970_and_beyond_9999_are_times)
{
    hv_rtc_init(&rtc, -(INT64_C(86400) * 10000000) + 1, now);
    CHECK_SHOWN(0x19, 0x69, 0x12, 0x31, 0x00, 0x00, 0x00, 4);
    hv_rtc_init(&rtc, INT64_C(253402300799) * 10000000, now);
    CHECK_SHOWN(0x99, 0x99, 0x12, 0x31, 0x23, 0x59, 0x59, 6);
    pass(SECOND);
    CHECK_SHOWN(0x00, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 7);
    pass(59 * 24 * 3600 * SECOND);
    CHECK_SHOWN(0x00, 0x00, 0x02, 0x29, 0x00, 0x00, 0x00, 3);
    for (int64_t ages = -2; ages <= 2; ages++) {
        hv_rtc_init(&rtc, EVENING + ages * 3652425 * 86400 * (int64_t)SECOND, now);
        CHECK_SHOWN(0x20, 0x24, 0x02, 0x28, 0x23, 0x59, 0x50, 4);
    }
    hv_rtc_init(&rtc, INT64_MIN, now);
    hv_rtc_init(&rtc, INT64_MAX, now);
    pass(UINT64_MAX - now);
    ck_assert_uint_le(get(HV_RTC_MONTH), 0x12);
}
END_TEST

START_TEST(binary_and_twelve_hours_are_other_formats_of_the_same)
{
    static const struct {
        uint8_t b;
        uint8_t hours[4]; /* midnight, one, noon, eleven at night */
        uint8_t minutes;
    } formats[] = { { HOURS_24 | 0x01, { 0x00, 0x01, 0x12, 0x23 }, 0x34 },
                    { HOURS_24 | BINARY, { 0, 1, 12, 23 }, 34 },
                    { 0x01, { 0x12, 0x01, 0x92, 0x91 }, 0x34 },
                    { BINARY, { 12, 1, 0x8C, 0x8B }, 34 } };
    static const unsigned hours[] = { 0, 1, 12, 23 };
    for (size_t format = 0; format < 4; format++) {
        for (size_t i = 0; i < 4; i++) {
            hv_rtc_init(&rtc, EVENING, now);
            set(HV_RTC_B, formats[format].b | SET);
            set(HV_RTC_HOURS, formats[format].hours[i]);
            set(HV_RTC_MINUTES, formats[format].minutes);
            set(HV_RTC_SECONDS, 0);
            set(HV_RTC_B, formats[format].b);
            pass(SECOND);
            ck_assert_uint_eq(get(HV_RTC_HOURS), formats[format].hours[i]);
            ck_assert_uint_eq(get(HV_RTC_MINUTES), formats[format].minutes);
            set(HV_RTC_B, formats[format].b ^ BINARY);
            ck_assert_uint_eq(get(HV_RTC_MINUTES), formats[format].minutes);
            set(HV_RTC_B, formats[format].b);
            pass((26 * 60 - 1) * SECOND);
            int64_t shown = ((int64_t)hours[i] + 1) * 3600;
            int64_t wall = 23 * 3600 + 59 * 60 + 50 + 26 * 60;
            int64_t ahead = hv_rtc_offset(&rtc) - (shown - wall) * (int64_t)SECOND;
            ck_assert_int_eq(ahead % (INT64_C(86400) * 10000000), 0); /* whatever the date is */
        }
    }
}
END_TEST

START_TEST(clock_keeps_what_is_written_until_its_next_update)
{
    set_time(0x19, 0x99, 0x19, 0xFF);
    set(HV_RTC_HOURS, 0x99);
    set(HV_RTC_MINUTES, 0x77);
    set(HV_RTC_WEEKDAY, 0x00);
    CHECK_SHOWN(0x19, 0x99, 0x19, 0xFF, 0x99, 0x77, 0x50, 0);
    pass(SECOND);
    CHECK_SHOWN(0x19, 0x99, 0x12, 0x31, 0x23, 0x59, 0x51, 1);
    pass(9 * SECOND);
    CHECK_SHOWN(0x20, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 2);
    set_time(0x20, 0x23, 0x02, 0x30);
    pass(SECOND);
    CHECK_SHOWN(0x20, 0x23, 0x02, 0x28, 0x00, 0x00, 0x01, 2);
    set_time(0x21, 0x00, 0x00, 0x00);
    set(HV_RTC_WEEKDAY, 9);
    pass(SECOND);
    CHECK_SHOWN(0x21, 0x00, 0x01, 0x01, 0x00, 0x00, 0x02, 7);
    set(HV_RTC_B, 0);
    set(HV_RTC_HOURS, 0x80);
    pass(SECOND);
    ck_assert_uint_eq(get(HV_RTC_HOURS), 0x81);
    set(HV_RTC_HOURS, 0x13);
    pass(SECOND);
    ck_assert_uint_eq(get(HV_RTC_HOURS), 0x12);
    set(HV_RTC_B, HOURS_24);
    set(HV_RTC_HOURS, 0x00);
    set_time(0x21, 0x00, 0x02, 0x29);
    pass(SECOND);
    CHECK_SHOWN(0x21, 0x00, 0x02, 0x28, 0x00, 0x00, 0x05, 7);
}
END_TEST

START_TEST(largest_bytes_are_the_largest_fields)
{
    set(HV_RTC_HOURS, 0x12);
    set(HV_RTC_MINUTES, 0x33);
    set(HV_RTC_SECONDS, 0xFF);
    set_time(0xFF, 0xFF, 0xFF, 0xFF);
    pass(SECOND);
    CHECK_SHOWN(0x99, 0x99, 0x12, 0x31, 0x12, 0x34, 0x00, 4);
}
END_TEST

START_TEST(day_beyond_the_month_is_its_last_one)
{
    static const uint8_t last[] = { 0x31, 0x28, 0x31, 0x30, 0x31, 0x30,
                                    0x31, 0x31, 0x30, 0x31, 0x30, 0x31 };
    set(HV_RTC_HOURS, 0x12);
    for (unsigned month = 1; month <= 12; month++) {
        uint8_t shown = (uint8_t)(month / 10 << 4 | month % 10);
        set_time(0x20, 0x23, shown, 0x39);
        pass(SECOND);
        ck_assert_uint_eq(get(HV_RTC_DAY), last[month - 1]);
        ck_assert_uint_eq(get(HV_RTC_MONTH), shown);
    }
    static const struct {
        uint8_t century, year, last;
    } februaries[] = { { 0x20, 0x24, 0x29 }, { 0x20, 0x00, 0x29 }, { 0x21, 0x00, 0x28 } };
    for (size_t i = 0; i < 3; i++) {
        set_time(februaries[i].century, februaries[i].year, 0x02, 0x30);
        pass(SECOND);
        ck_assert_uint_eq(get(HV_RTC_DAY), februaries[i].last);
    }
    set_time(0x20, 0x24, 0x04, 0x31);
    pass(SECOND);
    ck_assert_uint_eq(get(HV_RTC_DAY), 0x30);
}
END_TEST

START_TEST(update_is_announced_before_the_second_ends)
{
    pass(SECOND - 22281);
    ck_assert_uint_eq(get(HV_RTC_A) & UIP, 0);
    pass(1);
    ck_assert_uint_eq(get(HV_RTC_A), UIP | 0x26);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x50);
    pass(22279);
    ck_assert_uint_eq(get(HV_RTC_A) & UIP, UIP);
    set(HV_RTC_B, HOURS_24 | SET);
    ck_assert_uint_eq(get(HV_RTC_A) & UIP, 0);
    set(HV_RTC_B, HOURS_24);
    pass(1);
    ck_assert_uint_eq(get(HV_RTC_A) & UIP, 0);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x51);
    set(HV_RTC_A, 0x80 | RUNS); /* UIP is read-only */
    ck_assert_uint_eq(get(HV_RTC_A), RUNS);
}
END_TEST

START_TEST(held_clock_stands_and_goes_on_with_the_old_phase)
{
    set(HV_RTC_B, HOURS_24 | SET | UIE | AIE);
    ck_assert_uint_eq(get(HV_RTC_B), HOURS_24 | SET | AIE);
    set(HV_RTC_B, HOURS_24 | UIE | 0x01);
    ck_assert_uint_eq(get(HV_RTC_B), HOURS_24 | UIE | 0x01);
    set(HV_RTC_B, HOURS_24 | SET | UIE | AIE | 0x01);
    ck_assert_uint_eq(get(HV_RTC_B), HOURS_24 | SET | AIE | 0x01);
    ck_assert_uint_eq(hv_rtc_deadline(&rtc), HV_RTC_NO_TIME);
    set(HV_RTC_SECONDS, 0x07);
    pass(100 * SECOND + SECOND / 4);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x07);
    ck_assert_uint_eq(get(HV_RTC_C) & 0x30, 0);
    set(HV_RTC_B, HOURS_24);
    pass(SECOND * 3 / 4 - 1);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x07);
    pass(1);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x08);
}
END_TEST

START_TEST(divider_stands_unless_it_is_set_for_the_crystal)
{
    for (unsigned divider = 0; divider < 8; divider++) {
        if (divider == 2) {
            continue;
        }
        set(HV_RTC_A, (uint8_t)(divider << 4 | 3));
        set(HV_RTC_SECONDS, 0x10);
        set(HV_RTC_B, HOURS_24 | PIE | UIE | AIE);
        ck_assert_uint_eq(hv_rtc_deadline(&rtc), HV_RTC_NO_TIME);
        get(HV_RTC_C);
        pass(100 * SECOND + 9999000);
        ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x10);
        ck_assert_uint_eq(get(HV_RTC_A), divider << 4 | 3);
        ck_assert_uint_eq(get(HV_RTC_C), 0);
        set(HV_RTC_A, RUNS);
        pass(SECOND / 2 - 1);
        set(HV_RTC_A, RUNS); /* which runs already */
        ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x10);
        pass(1);
        ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x11);
        pass(SECOND - 100); /* the next one stops it in an update */
    }
}
END_TEST

START_TEST(update_ended_interrupt_comes_each_second)
{
    set(HV_RTC_B, HOURS_24 | UIE);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(hv_rtc_deadline(&rtc), 777 + (uint64_t)(i + 1) * SECOND);
        pass(SECOND - 1);
        ck_assert(!hv_rtc_interrupt(&rtc));
        pass(1);
        ck_assert(hv_rtc_interrupt(&rtc));
        ck_assert_uint_eq(hv_rtc_deadline(&rtc), HV_RTC_NO_TIME);
        ck_assert_uint_eq(get(HV_RTC_C), IRQF | PIE | UIE);
        ck_assert(!hv_rtc_interrupt(&rtc));
        ck_assert_uint_eq(get(HV_RTC_C), 0);
    }
}
END_TEST

START_TEST(flags_are_set_whether_or_not_they_interrupt)
{
    pass(SECOND);
    ck_assert(!hv_rtc_interrupt(&rtc));
    set(HV_RTC_B, HOURS_24 | UIE);
    ck_assert(hv_rtc_interrupt(&rtc));
    set(HV_RTC_B, HOURS_24);
    ck_assert(!hv_rtc_interrupt(&rtc));
    set(HV_RTC_C, 0xFF);
    ck_assert_uint_eq(get(HV_RTC_C), PIE | UIE);
    set(HV_RTC_D, 0x00);
    ck_assert_uint_eq(get(HV_RTC_D), 0x80);
    ck_assert_uint_eq(get(HV_RTC_C), 0);
}
END_TEST

START_TEST(periodic_interrupts_divide_the_second)
{
    static const unsigned rates[] = { 0,   256, 128, 8192, 4096, 2048, 1024, 512,
                                      256, 128, 64,  32,   16,   8,    4,    2 };
    for (unsigned select = 1; select < 16; select++) {
        hv_rtc_init(&rtc, EVENING, now);
        uint64_t start = now;
        set(HV_RTC_A, (uint8_t)(RUNS | select));
        set(HV_RTC_B, HOURS_24 | PIE);
        unsigned wrong = 0;
        for (uint64_t i = 1; i <= 3 * rates[select] / 2; i++) {
            uint64_t due = start + (i * SECOND + rates[select] - 1) / rates[select];
            wrong += hv_rtc_deadline(&rtc) != due;
            hv_rtc_advance(&rtc, due - 1);
            wrong += hv_rtc_interrupt(&rtc);
            now = due;
            hv_rtc_advance(&rtc, now);
            wrong += !hv_rtc_interrupt(&rtc);
            wrong += (get(HV_RTC_C) & ~UIE) != (IRQF | PIE);
        }
        ck_assert_msg(wrong == 0, "rate %u", select);
    }
    set(HV_RTC_A, RUNS);
    ck_assert_uint_eq(hv_rtc_deadline(&rtc), HV_RTC_NO_TIME);
    pass(100 * SECOND);
    ck_assert_uint_eq(get(HV_RTC_C) & (PIE | UIE), UIE);
}
END_TEST

START_TEST(alarm_comes_when_all_bytes_match_that_matter)
{
    static const struct {
        uint8_t hours, minutes, seconds;
        uint64_t in[3];
    } alarms[] = {
        { 0x00, 0x00, 0x05, { 15, 86415, 172815 } },
        { 0x23, 0x59, 0x50, { 86400, 172800, 259200 } },
        { 0x23, 0x59, 0x51, { 1, 86401, 172801 } },
        { 0xC0, 0xFF, 0xC7, { 1, 2, 3 } },
        { 0xC0, 0xC0, 0x00, { 10, 70, 130 } },
        { 0xFF, 0x01, 0x02, { 72, 3672, 7272 } },
        { 0x01, 0x30, 0xC0, { 5410, 5411, 5412 } },
        { 0x02, 0xC0, 0xC0, { 7210, 7211, 7212 } },
        { 0x22, 0xC0, 0x30, { 79240, 79300, 79360 } },
        { 0xC0, 0x59, 0xC0, { 1, 2, 3 } },
    };
    for (size_t i = 0; i < sizeof(alarms) / sizeof(alarms[0]); i++) {
        hv_rtc_init(&rtc, EVENING + 1000000, 0);
        now = 0;
        set(HV_RTC_HOURS_ALARM, alarms[i].hours);
        set(HV_RTC_MINUTES_ALARM, alarms[i].minutes);
        set(HV_RTC_SECONDS_ALARM, alarms[i].seconds);
        set(HV_RTC_B, HOURS_24 | AIE);
        for (int n = 0; n < 3; n++) {
            uint64_t due = alarms[i].in[n] * SECOND - 1000000;
            ck_assert_msg(hv_rtc_deadline(&rtc) == due, "alarm %zu: %llu", i,
                          (unsigned long long)hv_rtc_deadline(&rtc));
            now = due - 1;
            ck_assert_uint_eq(get(HV_RTC_C) & AIE, 0);
            now = due;
            ck_assert_uint_eq(get(HV_RTC_C) & (AIE | IRQF), AIE | IRQF);
        }
    }
}
END_TEST

START_TEST(alarm_that_no_clock_shows_never_comes)
{
    static const struct {
        uint8_t index, value, b;
    } alarms[] = { { HV_RTC_SECONDS_ALARM, 0x60, HOURS_24 },
                   { HV_RTC_SECONDS_ALARM, 0x0A, HOURS_24 },
                   { HV_RTC_MINUTES_ALARM, 0xBF, HOURS_24 },
                   { HV_RTC_HOURS_ALARM, 0x24, HOURS_24 },
                   { HV_RTC_HOURS_ALARM, 0x00, 0 },
                   { HV_RTC_HOURS_ALARM, 0x13, 0 },
                   { HV_RTC_SECONDS_ALARM, 60, HOURS_24 | BINARY } };
    for (size_t i = 0; i < sizeof(alarms) / sizeof(alarms[0]); i++) {
        hv_rtc_init(&rtc, EVENING, now);
        set(HV_RTC_SECONDS_ALARM, 0xFF);
        set(HV_RTC_MINUTES_ALARM, 0xFF);
        set(HV_RTC_HOURS_ALARM, 0xFF);
        set(alarms[i].index, alarms[i].value);
        set(HV_RTC_B, alarms[i].b | AIE);
        ck_assert_uint_eq(hv_rtc_deadline(&rtc), HV_RTC_NO_TIME);
        pass(200000 * SECOND);
        ck_assert(!hv_rtc_interrupt(&rtc));
    }
}
END_TEST

START_TEST(alarm_in_twelve_hours_has_a_half_of_the_day)
{
    set(HV_RTC_B, SET | AIE);
    set(HV_RTC_HOURS, 0x91);
    set(HV_RTC_HOURS_ALARM, 0x12);
    set(HV_RTC_B, AIE);
    ck_assert_uint_eq(hv_rtc_deadline(&rtc), now + 10 * SECOND); /* midnight */
    set(HV_RTC_HOURS_ALARM, 0x92);
    ck_assert_uint_eq(hv_rtc_deadline(&rtc), now + (10 + 12 * 3600) * SECOND);
}
END_TEST

START_TEST(late_caller_finds_one_of_each_interrupt)
{
    set(HV_RTC_B, HOURS_24 | PIE | AIE | UIE);
    pass(86400 * SECOND * 1000);
    ck_assert_uint_eq(get(HV_RTC_C), IRQF | PIE | AIE | UIE);
    ck_assert_uint_eq(get(HV_RTC_C), 0);
    set(HV_RTC_HOURS_ALARM, 0x12);
    pass(12 * 3600 * SECOND);
    ck_assert_uint_eq(get(HV_RTC_C), IRQF | PIE | UIE);
    pass(600 * SECOND);
    ck_assert_uint_eq(get(HV_RTC_C), IRQF | PIE | AIE | UIE);
}
END_TEST

START_TEST(corrected_time_of_day_keeps_what_the_guest_set)
{
    set(HV_RTC_HOURS, 0x22);
    ck_assert_int_eq(hv_rtc_offset(&rtc), -36000000000);
    set(HV_RTC_WEEKDAY, 1);
    pass(SECOND / 2);
    hv_rtc_set_wall_clock(&rtc, EVENING + 12500000 + INT64_C(86400) * 2 * 10000000, now);
    CHECK_SHOWN(0x20, 0x24, 0x03, 0x01, 0x22, 0x59, 0x51, 3);
    ck_assert_int_eq(hv_rtc_offset(&rtc), -36000000000);
    pass(SECOND * 3 / 4);
    ck_assert_uint_eq(get(HV_RTC_SECONDS), 0x52);
    hv_rtc_set_wall_clock(&rtc, EVENING, now);
    CHECK_SHOWN(0x20, 0x24, 0x02, 0x28, 0x22, 0x59, 0x50, 1);
    set_time(0x20, 0x25, 0x02, 0x28);
    ck_assert_int_eq(hv_rtc_offset(&rtc), -36000000000 + INT64_C(366) * 86400 * 10000000);
    set_time(0x60, 0x24, 0x02, 0x28);
    ck_assert_int_eq(hv_rtc_offset(&rtc), INT64_C(1460970) * 86400 * 10000000 - 36000000000);
    set_time(0x99, 0x24, 0x02, 0x28);
    ck_assert_int_eq(hv_rtc_offset(&rtc), INT64_C(-767010) * 86400 * 10000000 - 36000000000);
}
END_TEST

START_TEST(corrected_time_of_day_does_not_move_a_clock_that_stands)
{
    set(HV_RTC_B, HOURS_24 | SET);
    set(HV_RTC_SECONDS, 0x03);
    hv_rtc_set_wall_clock(&rtc, 0, now);
    CHECK_SHOWN(0x20, 0x24, 0x02, 0x28, 0x23, 0x59, 0x03, 4);
    set(HV_RTC_B, HOURS_24);
    set(HV_RTC_A, DIVIDER_RESET);
    hv_rtc_set_wall_clock(&rtc, EVENING, now);
    CHECK_SHOWN(0x20, 0x24, 0x02, 0x28, 0x23, 0x59, 0x03, 4);
    ck_assert_int_eq(hv_rtc_offset(&rtc), -470000000);
}
END_TEST

START_TEST(ram_is_kept_and_shared_with_firmware)
{
    for (unsigned index = 0; index < 256; index++) {
        bool is_ram = index >= 0x0E && index < 128 && index != 0x32;
        ck_assert_uint_eq(hv_rtc_set_ram(&rtc, index, (uint8_t)(index ^ 0xA5)), is_ram);
        ck_assert_uint_eq(hv_rtc_ram(&rtc, index), is_ram ? index ^ 0xA5 : 0);
    }
    for (unsigned index = 0x0E; index < 128; index++) {
        if (index != 0x32) {
            ck_assert_uint_eq(get(index), index ^ 0xA5);
            set(index | 0x80, (uint8_t)(index ^ 0x5A));
            ck_assert_uint_eq(hv_rtc_ram(&rtc, index), index ^ 0x5A);
        }
    }
    CHECK_SHOWN(0x20, 0x24, 0x02, 0x28, 0x23, 0x59, 0x50, 4);
}
END_TEST

START_TEST(index_port_masks_nmi_and_reads_as_ones)
{
    hv_rtc_write(&rtc, 2 + HV_RTC_INDEX, 0x80 | HV_RTC_D, now);
    ck_assert(hv_rtc_nmi_masked(&rtc));
    ck_assert_uint_eq(hv_rtc_read(&rtc, HV_RTC_INDEX, now), 0xFF);
    ck_assert_uint_eq(hv_rtc_read(&rtc, HV_RTC_DATA, now), 0x80);
    ck_assert_uint_eq(hv_rtc_read(&rtc, 2 + HV_RTC_INDEX, now), 0xFF);
    ck_assert_uint_eq(hv_rtc_read(&rtc, 2 + HV_RTC_DATA, now), 0x80);
    hv_rtc_write(&rtc, HV_RTC_INDEX, HV_RTC_D, now);
    ck_assert(!hv_rtc_nmi_masked(&rtc));
    hv_rtc_write(&rtc, HV_RTC_INDEX, 0x80, now);
    ck_assert(hv_rtc_nmi_masked(&rtc));
}
END_TEST

START_TEST(deadline_is_for_enabled_interrupts_and_within_time)
{
    set(HV_RTC_B, HOURS_24 | 0x09); /* square wave and daylight saving */
    ck_assert_uint_eq(hv_rtc_deadline(&rtc), HV_RTC_NO_TIME);
    for (unsigned early = 0; early < 4; early++) {
        now = UINT64_MAX - SECOND - early;
        hv_rtc_init(&rtc, EVENING, now);
        set(HV_RTC_B, HOURS_24 | UIE);
        ck_assert_uint_eq(hv_rtc_deadline(&rtc), UINT64_MAX - (early == 0 ? 1 : early));
    }
}
END_TEST

START_TEST(reset_stops_interrupts_alone)
{
    set(HV_RTC_SECONDS_ALARM, 0x33);
    set(HV_RTC_B, 0x7F);
    hv_rtc_set_ram(&rtc, 0x40, 9);
    pass(SECOND);
    hv_rtc_write(&rtc, HV_RTC_INDEX, 0xC0, now);
    hv_rtc_reset(&rtc, now);
    ck_assert(!hv_rtc_nmi_masked(&rtc));
    ck_assert_uint_eq(hv_rtc_read(&rtc, HV_RTC_DATA, now), 0); /* the seconds, in binary now */
    ck_assert_uint_eq(get(HV_RTC_B), 0x07);
    ck_assert_uint_eq(get(HV_RTC_C), 0);
    ck_assert_uint_eq(get(0x40), 9);
    ck_assert_uint_eq(get(HV_RTC_A), 0x26);
}
END_TEST

START_TEST(each_access_is_told_the_time)
{
    hv_rtc_write(&rtc, HV_RTC_INDEX, HV_RTC_SECONDS, now);
    ck_assert_uint_eq(hv_rtc_read(&rtc, HV_RTC_DATA, now + SECOND), 0x51);
    hv_rtc_write(&rtc, HV_RTC_DATA, 0x20, now + 3 * SECOND);
    ck_assert_uint_eq(hv_rtc_read(&rtc, HV_RTC_DATA, now + 4 * SECOND), 0x21);
    hv_rtc_reset(&rtc, now + 6 * SECOND);
    hv_rtc_write(&rtc, HV_RTC_DATA, 0x30, 0);
    hv_rtc_set_wall_clock(&rtc, EVENING + 70000000, now + 7 * SECOND);
    ck_assert_uint_eq(hv_rtc_read(&rtc, HV_RTC_DATA, 0), 0x31);
}
END_TEST

START_TEST(time_that_goes_back_stands_still)
{
    pass(SECOND);
    ck_assert_uint_eq(rtc_get(&rtc, HV_RTC_SECONDS, 0), 0x51);
    ck_assert_uint_eq(rtc_get(&rtc, HV_RTC_SECONDS, now + SECOND - 1), 0x51);
    ck_assert_uint_eq(rtc_get(&rtc, HV_RTC_SECONDS, now + SECOND), 0x52);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rtc");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, clock_shows_the_time_of_day_and_goes_on);
    tcase_add_test(tests, first_second_is_as_long_as_what_is_left_of_it);
    tcase_add_test(tests, times_before_1970_and_beyond_9999_are_times);
    tcase_add_test(tests, binary_and_twelve_hours_are_other_formats_of_the_same);
    tcase_add_test(tests, clock_keeps_what_is_written_until_its_next_update);
    tcase_add_test(tests, largest_bytes_are_the_largest_fields);
    tcase_add_test(tests, day_beyond_the_month_is_its_last_one);
    tcase_add_test(tests, update_is_announced_before_the_second_ends);
    tcase_add_test(tests, held_clock_stands_and_goes_on_with_the_old_phase);
    tcase_add_test(tests, divider_stands_unless_it_is_set_for_the_crystal);
    tcase_add_test(tests, update_ended_interrupt_comes_each_second);
    tcase_add_test(tests, flags_are_set_whether_or_not_they_interrupt);
    tcase_add_test(tests, periodic_interrupts_divide_the_second);
    tcase_add_test(tests, alarm_comes_when_all_bytes_match_that_matter);
    tcase_add_test(tests, alarm_that_no_clock_shows_never_comes);
    tcase_add_test(tests, alarm_in_twelve_hours_has_a_half_of_the_day);
    tcase_add_test(tests, late_caller_finds_one_of_each_interrupt);
    tcase_add_test(tests, corrected_time_of_day_keeps_what_the_guest_set);
    tcase_add_test(tests, corrected_time_of_day_does_not_move_a_clock_that_stands);
    tcase_add_test(tests, ram_is_kept_and_shared_with_firmware);
    tcase_add_test(tests, index_port_masks_nmi_and_reads_as_ones);
    tcase_add_test(tests, deadline_is_for_enabled_interrupts_and_within_time);
    tcase_add_test(tests, reset_stops_interrupts_alone);
    tcase_add_test(tests, each_access_is_told_the_time);
    tcase_add_test(tests, time_that_goes_back_stands_still);
    Suite *suite = suite_create("rtc");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
