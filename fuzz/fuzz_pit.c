/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The interval timer under random port accesses and time, and under hostile saved states.
 *
 * Input: see device.h; steps of three bytes: opcode and register, value, time. Invariants: a timer
 * that is told the time in two parts has the same state as one that is told it at once, no
 * deadline lies in the past, a deadline brings a tick, and a timer restored from what was saved
 * behaves like the one that goes on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hv/pit.h>

#include "device.h"

static uint64_t time_of_step(const uint8_t step[3])
{
    uint64_t time = (uint64_t)step[2] * step[2];
    return (step[0] & 8) != 0 ? time << (step[1] % 40) : time;
}

static uint8_t do_step(struct hv_pit *pit, const uint8_t step[3], uint64_t now)
{
    switch (step[0] >> 4) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        hv_pit_write(pit, step[0], step[1], now);
        return 0;
    case 5:
    case 6:
    case 7:
        return hv_pit_read(pit, step[0], now);
    case 8:
        hv_pit_write_port_b(pit, step[1], now);
        return 0;
    case 9:
        return hv_pit_read_port_b(pit, now);
    case 10:
        hv_pit_advance(pit, now);
        hv_pit_take_ticks(pit, step[1]);
        return (uint8_t)hv_pit_ticks(pit);
    case 11:
        hv_pit_reset(pit, now);
        return 0;
    default:
        hv_pit_advance(pit, now);
        return (uint8_t)(hv_pit_output(pit, 0) | hv_pit_output(pit, 2) << 1);
    }
}

static void check_same(struct hv_pit *pit, struct hv_pit *twin, uint64_t now)
{
    struct hv_pit_record record, twin_record;
    CHECK(hv_pit_deadline(pit) == hv_pit_deadline(twin));
    CHECK(hv_pit_deadline(pit) > now || now >= HV_PIT_NO_TIME - 1);
    hv_pit_save(pit, now, &record);
    hv_pit_save(twin, now, &twin_record);
    CHECK(memcmp(&record, &twin_record, sizeof(record)) == 0);
}

/* A late tick is one that was there at its deadline and not before. */
static void check_deadline(const struct hv_pit *pit)
{
    struct hv_pit late = *pit;
    uint64_t due = hv_pit_deadline(pit);
    if (due >= HV_PIT_NO_TIME - 1) {
        return;
    }
    hv_pit_take_ticks(&late, UINT32_MAX);
    hv_pit_advance(&late, due - 1);
    CHECK(hv_pit_ticks(&late) == 0);
    hv_pit_advance(&late, due);
    CHECK(hv_pit_ticks(&late) == 1);
}

static void restore_twin(struct hv_pit *pit, struct hv_pit *twin, uint64_t now)
{
    struct hv_pit_record record;
    hv_pit_save(pit, now, &record);
    hv_pit_init(twin, &pit->config, now);
    CHECK(hv_pit_restore(twin, &record, sizeof(record), now));
}

static void run(struct hv_pit *pit, uint64_t now, const uint8_t *data, size_t size)
{
    struct hv_pit twin;
    restore_twin(pit, &twin, now);
    for (; size >= 3; data += 3, size -= 3) {
        uint64_t then = device_time(now, time_of_step(data));
        hv_pit_advance(&twin, now + (then - now) / 3);
        now = then;
        CHECK(do_step(pit, data, now) == do_step(&twin, data, now));
        check_same(pit, &twin, now);
        check_deadline(pit);
        if (data[0] % 16 == 15) {
            restore_twin(pit, &twin, now);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_input input;
    static const uint32_t most[] = { 0, 1, 3, UINT32_MAX };
    struct hv_pit pit;
    if (!device_input(&input, data, size, sizeof(struct hv_pit_record))) {
        return 0;
    }
    uint64_t now = (input.flags & 8) != 0 ? UINT64_MAX / 2 : 0;
    hv_pit_init(&pit, &(struct hv_pit_config){ most[input.flags % 4] }, now);
    if (input.record) {
        hv_pit_restore(&pit, input.record, input.record_size, now);
    }
    run(&pit, now, input.steps, input.size);
    return 0;
}
