/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The real-time clock: its seconds, interrupts, ports and the embedder's time of day. */
#include <stdbool.h>
#include <stdint.h>

#include <hv/rtc.h>

#include "rtc.h"

#define HALF_A_SECOND    (HV_RTC_SECOND / 2)
#define UPDATE_TIME      22280u /* "Update Cycle Times": tBUC + tUC */
#define UNIX_EPOCH_DAYS  UINT64_C(719528)
#define PERIOD_FREQUENCY 32768u

/* ---- Time of day ---- */

static uint64_t wall_of(int64_t unix_time)
{
    const int64_t span = (int64_t)HV_RTC_SPAN;
    const uint64_t epoch = UNIX_EPOCH_DAYS * HV_RTC_DAY_S * HV_RTC_SECOND;
    return ((uint64_t)((unix_time % span + span) % span) + epoch) % HV_RTC_SPAN;
}

static uint64_t guest_clock(const struct hv_rtc *rtc)
{
    return hv_rtc_seconds(rtc) * HV_RTC_SECOND + rtc->phase;
}

void hv_rtc_move_wall(struct hv_rtc *rtc, uint64_t wall)
{
    uint64_t distance = (wall + HV_RTC_SPAN - rtc->wall) % HV_RTC_SPAN;
    rtc->wall = wall;
    if (distance != 0 && hv_rtc_runs(rtc) && !hv_rtc_is_held(rtc)) {
        uint64_t clock = guest_clock(rtc) + distance;
        hv_rtc_show(rtc, clock / HV_RTC_SECOND);
        rtc->phase = (uint32_t)(clock % HV_RTC_SECOND);
    }
}

void hv_rtc_set_wall_clock(struct hv_rtc *rtc, int64_t unix_time, uint64_t now)
{
    hv_rtc_advance(rtc, now);
    hv_rtc_move_wall(rtc, wall_of(unix_time));
}

int64_t hv_rtc_offset(const struct hv_rtc *rtc)
{
    uint64_t ahead = (guest_clock(rtc) + HV_RTC_SPAN - rtc->wall) % HV_RTC_SPAN;
    return ahead <= HV_RTC_SPAN / 2 ? (int64_t)ahead : -(int64_t)(HV_RTC_SPAN - ahead);
}

/* ---- Time ---- */

/* "Periodic Interrupt Rate": Hz, 0 for none. */
static uint32_t periodic_rate(const struct hv_rtc *rtc)
{
    unsigned select = rtc->ram[HV_RTC_A] & A_RATE;
    /* The fastest two of a 32768 Hz crystal are those of 8 and 9. */
    unsigned tap = select == 1 || select == 2 ? select + 7 : select;
    return tap == 0 ? 0 : PERIOD_FREQUENCY >> (tap - 1);
}

static uint32_t periods_in(const struct hv_rtc *rtc, uint32_t phase)
{
    return (uint32_t)(UINT64_C(1) * phase * periodic_rate(rtc) / HV_RTC_SECOND);
}

/* "Update Cycle" */
static void update(struct hv_rtc *rtc, uint64_t seconds)
{
    uint32_t alarm = hv_rtc_alarm_in(rtc);
    rtc->ram[HV_RTC_C] |= B_UPDATE;
    if (alarm != 0 && alarm <= seconds) {
        rtc->ram[HV_RTC_C] |= B_ALARM;
    }
    hv_rtc_show(rtc, hv_rtc_seconds(rtc) + seconds);
}

static void run(struct hv_rtc *rtc, uint64_t span)
{
    uint32_t phase = rtc->phase + (uint32_t)(span % HV_RTC_SECOND);
    uint64_t seconds = span / HV_RTC_SECOND + phase / HV_RTC_SECOND;
    phase %= HV_RTC_SECOND;
    bool period = seconds != 0 || periods_in(rtc, phase) != periods_in(rtc, rtc->phase);
    if (period && periodic_rate(rtc) != 0) {
        rtc->ram[HV_RTC_C] |= B_PERIODIC;
    }
    if (seconds != 0 && !hv_rtc_is_held(rtc)) {
        update(rtc, seconds);
    }
    rtc->phase = phase;
}

void hv_rtc_advance(struct hv_rtc *rtc, uint64_t now)
{
    if (now <= rtc->now) {
        return;
    }
    uint64_t span = now - rtc->now;
    rtc->now = now;
    rtc->wall = (rtc->wall + span % HV_RTC_SPAN) % HV_RTC_SPAN;
    if (hv_rtc_runs(rtc)) {
        run(rtc, span);
    }
}

/* ---- Interrupts ---- */

bool hv_rtc_interrupt(const struct hv_rtc *rtc)
{
    return (rtc->ram[HV_RTC_B] & rtc->ram[HV_RTC_C] & C_FLAGS) != 0;
}

static uint64_t to_next_period(const struct hv_rtc *rtc)
{
    uint32_t rate = periodic_rate(rtc);
    uint64_t periods = UINT64_C(1) + periods_in(rtc, rtc->phase);
    return (periods * HV_RTC_SECOND + rate - 1) / rate - rtc->phase;
}

static uint64_t earlier(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

uint64_t hv_rtc_deadline(const struct hv_rtc *rtc)
{
    uint8_t enabled = rtc->ram[HV_RTC_B];
    uint64_t second = HV_RTC_SECOND - rtc->phase;
    uint64_t span = HV_RTC_NO_TIME;
    if (hv_rtc_interrupt(rtc) || !hv_rtc_runs(rtc)) {
        return HV_RTC_NO_TIME;
    }
    if ((enabled & B_PERIODIC) != 0 && periodic_rate(rtc) != 0) {
        span = to_next_period(rtc);
    }
    if ((enabled & B_UPDATE) != 0) {
        span = earlier(span, second);
    }
    uint32_t alarm = (enabled & B_ALARM) != 0 && !hv_rtc_is_held(rtc) ? hv_rtc_alarm_in(rtc) : 0;
    if (alarm != 0) {
        span = earlier(span, second + UINT64_C(1) * (alarm - 1) * HV_RTC_SECOND);
    }
    if (span == HV_RTC_NO_TIME) {
        return HV_RTC_NO_TIME;
    }
    return span >= HV_RTC_NO_TIME - rtc->now ? HV_RTC_NO_TIME - 1 : rtc->now + span;
}

bool hv_rtc_nmi_masked(const struct hv_rtc *rtc)
{
    return rtc->nmi_masked;
}

/* ---- Registers ---- */

bool hv_rtc_is_register(unsigned index)
{
    return index <= HV_RTC_D || index == HV_RTC_CENTURY;
}

static uint8_t read_a(const struct hv_rtc *rtc)
{
    bool updates = !hv_rtc_is_held(rtc) && rtc->phase >= HV_RTC_SECOND - UPDATE_TIME;
    return (uint8_t)(rtc->ram[HV_RTC_A] | (updates ? A_UPDATE_IN_PROGRESS : 0));
}

/* "Register C": reading it clears the flags and the line. */
static uint8_t read_c(struct hv_rtc *rtc)
{
    uint8_t value = (uint8_t)(rtc->ram[HV_RTC_C] | (hv_rtc_interrupt(rtc) ? C_INTERRUPT : 0));
    rtc->ram[HV_RTC_C] = 0;
    return value;
}

uint8_t hv_rtc_read(struct hv_rtc *rtc, unsigned offset, uint64_t now)
{
    hv_rtc_advance(rtc, now);
    if (offset % HV_RTC_PORTS == HV_RTC_INDEX) {
        return 0xFF;
    }
    switch (rtc->index) {
    case HV_RTC_A:
        return read_a(rtc);
    case HV_RTC_C:
        return read_c(rtc);
    default:
        return rtc->ram[rtc->index];
    }
}

/* "DV2, DV1, DV0": the divider starts in the middle of a second. */
static void write_a(struct hv_rtc *rtc, uint8_t value)
{
    bool ran = hv_rtc_runs(rtc);
    rtc->ram[HV_RTC_A] = value & (uint8_t)~A_UPDATE_IN_PROGRESS;
    if (!hv_rtc_runs(rtc)) {
        rtc->phase = 0;
    } else if (!ran) {
        rtc->phase = HALF_A_SECOND;
    }
}

static void write_register(struct hv_rtc *rtc, uint8_t value)
{
    switch (rtc->index) {
    case HV_RTC_A:
        write_a(rtc, value);
        return;
    case HV_RTC_B:
        /* "SET" clears UIE. */
        rtc->ram[HV_RTC_B] = value & (uint8_t) ~((value & B_SET) != 0 ? B_UPDATE : 0);
        return;
    case HV_RTC_C:
    case HV_RTC_D:
        return;
    default:
        rtc->ram[rtc->index] = value;
        return;
    }
}

void hv_rtc_write(struct hv_rtc *rtc, unsigned offset, uint8_t value, uint64_t now)
{
    hv_rtc_advance(rtc, now);
    if (offset % HV_RTC_PORTS == HV_RTC_INDEX) {
        rtc->index = value % HV_RTC_RAM_SIZE;
        rtc->nmi_masked = value >= HV_RTC_RAM_SIZE;
    } else {
        write_register(rtc, value);
    }
}

/* ---- The embedder's side ---- */

uint8_t hv_rtc_ram(const struct hv_rtc *rtc, unsigned index)
{
    return index < HV_RTC_RAM_SIZE && !hv_rtc_is_register(index) ? rtc->ram[index] : 0;
}

bool hv_rtc_set_ram(struct hv_rtc *rtc, unsigned index, uint8_t value)
{
    if (index >= HV_RTC_RAM_SIZE || hv_rtc_is_register(index)) {
        return false;
    }
    rtc->ram[index] = value;
    return true;
}

void hv_rtc_init(struct hv_rtc *rtc, int64_t unix_time, uint64_t now)
{
    *rtc = (struct hv_rtc){ .now = now, .wall = wall_of(unix_time) };
    rtc->ram[HV_RTC_A] = A_DIVIDER_RUNS | 6; /* 1024 Hz */
    rtc->ram[HV_RTC_B] = B_24_HOURS;
    rtc->ram[HV_RTC_D] = D_VALID;
    rtc->phase = (uint32_t)(rtc->wall % HV_RTC_SECOND);
    hv_rtc_show(rtc, rtc->wall / HV_RTC_SECOND);
    hv_rtc_put(rtc, HV_RTC_WEEKDAY, hv_rtc_weekday(rtc->wall / HV_RTC_SECOND));
}

void hv_rtc_reset(struct hv_rtc *rtc, uint64_t now)
{
    hv_rtc_advance(rtc, now);
    rtc->index = 0;
    rtc->nmi_masked = false;
    rtc->ram[HV_RTC_B] &= (uint8_t) ~(B_PERIODIC | B_ALARM | B_UPDATE | B_SQUARE_WAVE);
    rtc->ram[HV_RTC_C] = 0;
}
