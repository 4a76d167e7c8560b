/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The interval timer: its clock, its ports and the ticks of counter 0. */
#include <stdbool.h>
#include <stdint.h>

#include <hv/pit.h>

#include "pit.h"

#define REFRESH_CLOCKS      18u /* 15 us, as firmware sets it */
#define READ_BACK           3u
#define READ_BACK_NO_COUNT  0x20u
#define READ_BACK_NO_STATUS 0x10u

/* ---- Time ---- */

/* Pulses within @span from now on. */
static uint64_t take_pulses(struct hv_pit *pit, uint64_t span)
{
    uint32_t part = pit->part + (uint32_t)(span % HV_PIT_PULSES_UNITS) * HV_PIT_PULSES;
    pit->part = part % HV_PIT_PULSES_UNITS;
    return span / HV_PIT_PULSES_UNITS * HV_PIT_PULSES + part / HV_PIT_PULSES_UNITS;
}

void hv_pit_add_ticks(struct hv_pit *pit, uint64_t ticks)
{
    uint32_t most = pit->config.most_ticks == 0 ? 1 : pit->config.most_ticks;
    uint32_t room = most - pit->waiting;
    pit->waiting += ticks < room ? (uint32_t)ticks : room;
}

void hv_pit_advance(struct hv_pit *pit, uint64_t now)
{
    if (now <= pit->now) {
        return;
    }
    uint64_t from = pit->clock;
    pit->clock += take_pulses(pit, now - pit->now);
    pit->now = now;
    hv_pit_add_ticks(pit, hv_pit_counter_run(&pit->counters[0], from, pit->clock));
    pit->refresh ^= hv_pit_counter_run(&pit->counters[1], from, pit->clock) % 2 != 0;
    hv_pit_counter_run(&pit->counters[2], from, pit->clock);
}

uint64_t hv_pit_deadline(const struct hv_pit *pit)
{
    uint64_t clocks = hv_pit_counter_next_rise(&pit->counters[0], pit->clock);
    if (clocks == HV_PIT_NO_CLOCK) {
        return HV_PIT_NO_TIME;
    }
    uint64_t parts = clocks * HV_PIT_PULSES_UNITS - pit->part;
    uint64_t span = (parts + HV_PIT_PULSES - 1) / HV_PIT_PULSES;
    return span >= HV_PIT_NO_TIME - pit->now ? HV_PIT_NO_TIME - 1 : pit->now + span;
}

uint32_t hv_pit_ticks(const struct hv_pit *pit)
{
    return pit->waiting;
}

void hv_pit_take_ticks(struct hv_pit *pit, uint32_t count)
{
    pit->waiting -= count < pit->waiting ? count : pit->waiting;
}

bool hv_pit_output(const struct hv_pit *pit, unsigned counter)
{
    return counter < HV_PIT_COUNTERS && pit->counters[counter].out;
}

/* ---- Ports ---- */

uint8_t hv_pit_read(struct hv_pit *pit, unsigned offset, uint64_t now)
{
    hv_pit_advance(pit, now);
    offset %= HV_PIT_PORTS;
    return offset == HV_PIT_CONTROL ? 0xFF
                                    : hv_pit_counter_read(&pit->counters[offset], pit->clock);
}

static void read_back(struct hv_pit *pit, uint8_t command)
{
    for (unsigned i = 0; i < HV_PIT_COUNTERS; i++) {
        if ((command & 2u << i) == 0) {
            continue;
        }
        if ((command & READ_BACK_NO_COUNT) == 0) {
            hv_pit_counter_latch_count(&pit->counters[i], pit->clock);
        }
        if ((command & READ_BACK_NO_STATUS) == 0) {
            hv_pit_counter_latch_status(&pit->counters[i]);
        }
    }
}

static void write_control(struct hv_pit *pit, uint8_t control)
{
    unsigned selected = control >> 6;
    if (selected == READ_BACK) {
        read_back(pit, control);
        return;
    }
    struct hv_pit_counter *counter = &pit->counters[selected];
    if ((control & CONTROL_ACCESS) == ACCESS_LATCH) {
        hv_pit_counter_latch_count(counter, pit->clock);
        return;
    }
    bool was_high = counter->out;
    hv_pit_counter_command(counter, control, pit->clock);
    if (selected == HV_PIT_COUNTER_0) {
        pit->waiting = !was_high && counter->out ? 1 : 0;
    }
}

void hv_pit_write(struct hv_pit *pit, unsigned offset, uint8_t value, uint64_t now)
{
    hv_pit_advance(pit, now);
    offset %= HV_PIT_PORTS;
    if (offset == HV_PIT_CONTROL) {
        write_control(pit, value);
    } else {
        hv_pit_counter_write(&pit->counters[offset], value, pit->clock);
    }
}

uint8_t hv_pit_read_port_b(struct hv_pit *pit, uint64_t now)
{
    hv_pit_advance(pit, now);
    return (uint8_t)(pit->port_b | (pit->refresh ? HV_PIT_REFRESH : 0) |
                     (pit->counters[2].out ? HV_PIT_OUTPUT_2 : 0));
}

void hv_pit_write_port_b(struct hv_pit *pit, uint8_t value, uint64_t now)
{
    hv_pit_advance(pit, now);
    pit->port_b = value & HV_PIT_PORT_B_WRITES;
    hv_pit_counter_set_gate(&pit->counters[2], (value & HV_PIT_GATE_2) != 0, pit->clock);
}

void hv_pit_init(struct hv_pit *pit, const struct hv_pit_config *config, uint64_t now)
{
    *pit = (struct hv_pit){ .config = *config, .now = now };
    for (unsigned i = 0; i < HV_PIT_COUNTERS; i++) {
        struct hv_pit_counter *counter = &pit->counters[i];
        *counter = (struct hv_pit_counter){ .gate = i != HV_PIT_COUNTER_2,
                                            .reload = HV_PIT_LARGEST,
                                            .loaded = HV_PIT_LARGEST,
                                            .stopped = true };
        hv_pit_counter_command(counter, ACCESS_BOTH | MODE_SQUARE << 1, 0);
    }
    hv_pit_counter_command(&pit->counters[1], ACCESS_LOW | MODE_RATE << 1, 0);
    hv_pit_counter_write(&pit->counters[1], REFRESH_CLOCKS, 0);
}

void hv_pit_reset(struct hv_pit *pit, uint64_t now)
{
    const struct hv_pit_config config = pit->config;
    hv_pit_init(pit, &config, now > pit->now ? now : pit->now);
}
