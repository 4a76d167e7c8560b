/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the files of the real-time clock share. Sections are those of the MC146818A data sheet. */
#ifndef HV_EMU_RTC_H
#define HV_EMU_RTC_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/rtc.h>

enum {
    A_UPDATE_IN_PROGRESS = 0x80,
    A_DIVIDER = 0x70,
    A_DIVIDER_RUNS = 0x20,
    A_RATE = 0x0F,

    B_SET = 0x80,
    B_PERIODIC = 0x40,
    B_ALARM = 0x20,
    B_UPDATE = 0x10,
    B_SQUARE_WAVE = 0x08,
    B_BINARY = 0x04,
    B_24_HOURS = 0x02,

    C_INTERRUPT = 0x80,
    C_FLAGS = 0x70, /* at the places of their enable bits in B */

    D_VALID = 0x80,

    ALARM_ANY = 0xC0, /* "don't care": both high bits */
};

#define HV_RTC_SECOND UINT32_C(10000000)
#define HV_RTC_DAY_S  86400u
#define HV_RTC_DAYS   UINT32_C(3652425) /* in 10000 years; divisible by 7 */
#define HV_RTC_SPAN   (UINT64_C(1) * HV_RTC_DAYS * HV_RTC_DAY_S * HV_RTC_SECOND)

static inline bool hv_rtc_runs(const struct hv_rtc *rtc)
{
    return (rtc->ram[HV_RTC_A] & A_DIVIDER) == A_DIVIDER_RUNS;
}

/* "SET": no updates while the guest writes. */
static inline bool hv_rtc_is_held(const struct hv_rtc *rtc)
{
    return (rtc->ram[HV_RTC_B] & B_SET) != 0;
}

/* The registers as seconds since 0000-01-01, less than ten thousand years. */
uint64_t hv_rtc_seconds(const struct hv_rtc *rtc);

/* Lets the registers show @seconds, modulo ten thousand years; the day of the week moves with the
   date. */
void hv_rtc_show(struct hv_rtc *rtc, uint64_t seconds);

/* Day of the week of @seconds. */
uint8_t hv_rtc_weekday(uint64_t seconds);

/* After how many seconds, at most a day, the alarm comes; 0: it never does. */
uint32_t hv_rtc_alarm_in(const struct hv_rtc *rtc);

/* Moves the guest's clock as if the time of day were @wall now instead of what it was. */
void hv_rtc_move_wall(struct hv_rtc *rtc, uint64_t wall);

/* One of the registers that belong to the clock. */
bool hv_rtc_is_register(unsigned index);

/* Writes a number in the format that register B asks for. */
void hv_rtc_put(struct hv_rtc *rtc, unsigned index, unsigned value);

#endif
