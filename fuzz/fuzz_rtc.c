/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The real-time clock under random port accesses and time, and under hostile saved states.
 *
 * Input: see device.h; steps of three bytes: opcode and register, value, time. Invariants: a clock
 * that is told the time in two parts has the same state as one that is told it at once, no
 * deadline lies in the past, the interrupt comes at its deadline and not before, and a clock
 * restored from what was saved behaves like the one that goes on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hv/rtc.h>

#include "device.h"

static uint64_t time_of_step(const uint8_t step[3])
{
    uint64_t time = (uint64_t)step[2] * step[2] * 100;
    return (step[0] & 15) > 11 ? time << (step[2] % 44) : time;
}

/* The low bits of the opcode are a register of the clock, or the century, or RAM. */
static uint8_t index_of(uint8_t opcode)
{
    return (opcode & 15) == 15 ? HV_RTC_CENTURY : (opcode & 15) == 14 ? 0x60 : opcode & 15;
}

static uint8_t do_step(struct hv_rtc *rtc, const uint8_t step[3], uint64_t now)
{
    switch (step[0] >> 4) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
        hv_rtc_write(rtc, HV_RTC_INDEX, index_of(step[0]), now);
        hv_rtc_write(rtc, HV_RTC_DATA, step[1], now);
        return 0;
    case 6:
    case 7:
    case 8:
        hv_rtc_write(rtc, HV_RTC_INDEX, index_of(step[0]), now);
        return hv_rtc_read(rtc, HV_RTC_DATA, now);
    case 9:
        hv_rtc_write(rtc, HV_RTC_INDEX, step[1], now);
        return hv_rtc_nmi_masked(rtc);
    case 10:
        hv_rtc_set_wall_clock(rtc, (int64_t)((uint64_t)step[1] << (step[2] % 64)), now);
        return 0;
    case 11:
        hv_rtc_reset(rtc, now);
        return 0;
    case 12:
        return hv_rtc_set_ram(rtc, step[1], step[2]) ? hv_rtc_ram(rtc, step[1]) : 0;
    default:
        hv_rtc_advance(rtc, now);
        return (uint8_t)hv_rtc_offset(rtc);
    }
}

static void check_same(struct hv_rtc *rtc, struct hv_rtc *twin, uint64_t now)
{
    struct hv_rtc_record record, twin_record;
    hv_rtc_save(rtc, now, &record);
    hv_rtc_save(twin, now, &twin_record);
    CHECK(memcmp(&record, &twin_record, sizeof(record)) == 0);
    CHECK(hv_rtc_deadline(rtc) == hv_rtc_deadline(twin));
    CHECK(hv_rtc_deadline(rtc) > now || now >= HV_RTC_NO_TIME - 1);
    CHECK(record.ram[HV_RTC_D] == 0x80 && (record.ram[HV_RTC_C] & 0x8F) == 0);
}

static void check_deadline(const struct hv_rtc *rtc)
{
    struct hv_rtc late = *rtc;
    uint64_t due = hv_rtc_deadline(rtc);
    if (due >= HV_RTC_NO_TIME - 1) {
        return;
    }
    CHECK(!hv_rtc_interrupt(rtc));
    hv_rtc_advance(&late, due - 1);
    CHECK(!hv_rtc_interrupt(&late));
    hv_rtc_advance(&late, due);
    CHECK(hv_rtc_interrupt(&late));
    hv_rtc_write(&late, HV_RTC_INDEX, HV_RTC_C, due);
    CHECK((hv_rtc_read(&late, HV_RTC_DATA, due) & 0x80) != 0);
    CHECK(!hv_rtc_interrupt(&late));
}

static void restore_twin(struct hv_rtc *rtc, struct hv_rtc *twin, uint64_t now)
{
    struct hv_rtc_record record;
    hv_rtc_save(rtc, now, &record);
    /* The same time of day, so that the guest's does not move. */
    *twin = *rtc;
    hv_rtc_write(twin, HV_RTC_INDEX, 0x80, now);
    CHECK(hv_rtc_restore(twin, &record, sizeof(record), now));
}

static void run(struct hv_rtc *rtc, uint64_t now, const uint8_t *data, size_t size)
{
    struct hv_rtc twin;
    restore_twin(rtc, &twin, now);
    for (; size >= 3; data += 3, size -= 3) {
        uint64_t then = device_time(now, time_of_step(data));
        hv_rtc_advance(&twin, now + (then - now) / 3);
        now = then;
        CHECK(do_step(rtc, data, now) == do_step(&twin, data, now));
        check_same(rtc, &twin, now);
        check_deadline(rtc);
        if (data[1] % 16 == 15) {
            restore_twin(rtc, &twin, now);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_input input;
    static const int64_t times[] = { 0, INT64_C(17091647905000000), INT64_MIN, INT64_MAX };
    struct hv_rtc rtc;
    if (!device_input(&input, data, size, sizeof(struct hv_rtc_record))) {
        return 0;
    }
    uint64_t now = (input.flags & 8) != 0 ? UINT64_MAX / 2 : 0;
    hv_rtc_init(&rtc, times[input.flags % 4], now);
    if (input.record) {
        hv_rtc_restore(&rtc, input.record, input.record_size, now);
    }
    run(&rtc, now, input.steps, input.size);
    return 0;
}
