/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the registers of the clock say, as a number and back, and when the alarm matches them. */
#include <stdbool.h>
#include <stdint.h>

#include "rtc.h"

#define DAYS_OF_400_YEARS 146097u
#define DAYS_BEFORE_MARCH 60u /* of the year 0000, which has a leap day */
#define FIRST_WEEKDAY     6u  /* 0000-01-01 is a Saturday, Sunday being 0 */
#define HOURS_PM          0x80u
#define NEVER             UINT8_MAX

/* ---- Format ---- */

static bool is_binary(const struct hv_rtc *rtc)
{
    return (rtc->ram[HV_RTC_B] & B_BINARY) != 0;
}

static unsigned number(const struct hv_rtc *rtc, uint8_t byte)
{
    return is_binary(rtc) ? byte : (byte >> 4) * 10u + (byte & 15);
}

static uint8_t digits(const struct hv_rtc *rtc, unsigned value)
{
    return (uint8_t)(is_binary(rtc) ? value : value / 10 << 4 | value % 10);
}

void hv_rtc_put(struct hv_rtc *rtc, unsigned index, unsigned value)
{
    rtc->ram[index] = digits(rtc, value);
}

static unsigned within(unsigned value, unsigned least, unsigned most)
{
    return value < least ? least : value > most ? most : value;
}

static unsigned field(const struct hv_rtc *rtc, unsigned index, unsigned least, unsigned most)
{
    return within(number(rtc, rtc->ram[index]), least, most);
}

/* In 12 hours, midnight is 12 am and noon is 12 pm. */
static unsigned hours_of(const struct hv_rtc *rtc, uint8_t byte)
{
    if ((rtc->ram[HV_RTC_B] & B_24_HOURS) != 0) {
        return within(number(rtc, byte), 0, 23);
    }
    unsigned hours = within(number(rtc, byte & (uint8_t)~HOURS_PM), 1, 12) % 12;
    return (byte & HOURS_PM) != 0 ? hours + 12 : hours;
}

static uint8_t hours_digits(const struct hv_rtc *rtc, unsigned hours)
{
    if ((rtc->ram[HV_RTC_B] & B_24_HOURS) != 0) {
        return digits(rtc, hours);
    }
    return digits(rtc, hours % 12 == 0 ? 12 : hours % 12) | (hours >= 12 ? HOURS_PM : 0);
}

/* ---- Calendar ---- */

/* Days before the year in a calendar whose years begin in March, so that leap days come last. */
static uint32_t days_before_year(uint32_t year)
{
    return year * 365 + year / 4 - year / 100 + year / 400;
}

/* March is month 0: 31, 30, 31, 30, 31 days, twice, and what remains. */
static uint32_t days_before_month(uint32_t month)
{
    return (month * 153 + 2) / 5;
}

/* From 0000-03-01 on; January and February of the year 0000 count as of 10000. */
static uint32_t day_of_date(uint32_t year, uint32_t month, uint32_t day)
{
    uint32_t shifted = (month + 9) % 12;
    uint32_t march_year = (year + 10000 - (month < 3 ? 1 : 0)) % 10000;
    return days_before_year(march_year) + days_before_month(shifted) + day - 1;
}

static unsigned days_of_month(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static void put_date(struct hv_rtc *rtc, uint32_t march_day)
{
    uint32_t year = march_day / DAYS_OF_400_YEARS * 400;
    uint32_t rest = march_day % DAYS_OF_400_YEARS;
    /* An estimate that leap days make too large by one at most. */
    uint32_t guess = rest / 365;
    guess -= days_before_year(guess) > rest ? 1 : 0;
    rest -= days_before_year(guess);
    uint32_t shifted = (rest * 5 + 2) / 153;
    uint32_t month = (shifted + 2) % 12 + 1;
    year = (year + guess + (month < 3 ? 1 : 0)) % 10000;
    hv_rtc_put(rtc, HV_RTC_DAY, rest - days_before_month(shifted) + 1);
    hv_rtc_put(rtc, HV_RTC_MONTH, month);
    hv_rtc_put(rtc, HV_RTC_YEAR, year % 100);
    hv_rtc_put(rtc, HV_RTC_CENTURY, year / 100);
}

static uint32_t day_shown(const struct hv_rtc *rtc)
{
    uint32_t year = field(rtc, HV_RTC_CENTURY, 0, 99) * 100 + field(rtc, HV_RTC_YEAR, 0, 99);
    uint32_t month = field(rtc, HV_RTC_MONTH, 1, 12);
    uint32_t day = field(rtc, HV_RTC_DAY, 1, days_of_month(year, month));
    return (day_of_date(year, month, day) + DAYS_BEFORE_MARCH) % HV_RTC_DAYS;
}

static uint32_t time_shown(const struct hv_rtc *rtc)
{
    return (hours_of(rtc, rtc->ram[HV_RTC_HOURS]) * 60 + field(rtc, HV_RTC_MINUTES, 0, 59)) * 60 +
           field(rtc, HV_RTC_SECONDS, 0, 59);
}

uint64_t hv_rtc_seconds(const struct hv_rtc *rtc)
{
    return UINT64_C(1) * day_shown(rtc) * HV_RTC_DAY_S + time_shown(rtc);
}

void hv_rtc_show(struct hv_rtc *rtc, uint64_t seconds)
{
    uint32_t day = (uint32_t)(seconds / HV_RTC_DAY_S);
    uint32_t rest = (uint32_t)(seconds % HV_RTC_DAY_S);
    uint32_t days = day + HV_RTC_DAYS - day_shown(rtc);
    hv_rtc_put(rtc, HV_RTC_WEEKDAY, (field(rtc, HV_RTC_WEEKDAY, 1, 7) - 1 + days) % 7 + 1);
    put_date(rtc, (day + HV_RTC_DAYS - DAYS_BEFORE_MARCH) % HV_RTC_DAYS);
    rtc->ram[HV_RTC_HOURS] = hours_digits(rtc, rest / 3600);
    hv_rtc_put(rtc, HV_RTC_MINUTES, rest / 60 % 60);
    hv_rtc_put(rtc, HV_RTC_SECONDS, rest % 60);
}

uint8_t hv_rtc_weekday(uint64_t seconds)
{
    return (uint8_t)((seconds / HV_RTC_DAY_S + FIRST_WEEKDAY) % 7 + 1);
}

/* ---- Alarm ---- */

/* What an alarm byte waits for: a number below @count, @count itself for any, or NEVER. */
static unsigned awaited(const struct hv_rtc *rtc, unsigned index, unsigned count)
{
    uint8_t byte = rtc->ram[index];
    if ((byte & ALARM_ANY) == ALARM_ANY) {
        return count;
    }
    bool is_hours = index == HV_RTC_HOURS_ALARM;
    unsigned value = is_hours ? hours_of(rtc, byte) : within(number(rtc, byte), 0, count - 1);
    uint8_t shown = is_hours ? hours_digits(rtc, value) : digits(rtc, value);
    return shown == byte ? value : NEVER;
}

/* Units to wait from @value, itself included, until a digit that counts to @count is @wanted. */
static unsigned until(unsigned value, unsigned wanted, unsigned count)
{
    return wanted == count ? 0 : (wanted + count - value) % count;
}

uint32_t hv_rtc_alarm_in(const struct hv_rtc *rtc)
{
    unsigned second = awaited(rtc, HV_RTC_SECONDS_ALARM, 60);
    unsigned minute = awaited(rtc, HV_RTC_MINUTES_ALARM, 60);
    unsigned hour = awaited(rtc, HV_RTC_HOURS_ALARM, 24);
    if (second == NEVER || minute == NEVER || hour == NEVER) {
        return 0;
    }
    /* Each step goes to the next time at which one more digit fits, the smaller ones being least.
     */
    uint32_t first = time_shown(rtc) + 1;
    uint32_t time = first + until(first % 60, second, 60);
    unsigned minutes = until(time / 60 % 60, minute, 60);
    if (minutes != 0) {
        time = (time / 60 + minutes) * 60 + (second == 60 ? 0 : second);
    }
    unsigned hours = until(time / 3600 % 24, hour, 24);
    if (hours != 0) {
        uint32_t least = (minute == 60 ? 0 : minute) * 60 + (second == 60 ? 0 : second);
        time = (time / 3600 + hours) * 3600 + least;
    }
    return time - first + 1;
}
