/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Registers by number, and a time of day that is easy to recognize. */
#ifndef HV_RTC_FIXTURE_H
#define HV_RTC_FIXTURE_H

#include <stdint.h>

#include <hv/rtc.h>

#define SECOND UINT64_C(10000000)

/* 2024-02-28, a Wednesday, 23:59:50. */
#define EVENING (INT64_C(1709164790) * 10000000)

static inline uint8_t rtc_get(struct hv_rtc *rtc, unsigned index, uint64_t now)
{
    hv_rtc_write(rtc, HV_RTC_INDEX, (uint8_t)index, now);
    return hv_rtc_read(rtc, HV_RTC_DATA, now);
}

static inline void rtc_set(struct hv_rtc *rtc, unsigned index, uint8_t value, uint64_t now)
{
    hv_rtc_write(rtc, HV_RTC_INDEX, (uint8_t)index, now);
    hv_rtc_write(rtc, HV_RTC_DATA, value, now);
}

#endif
