/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore. A record may come from an enemy: it is taken whole or not at all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/pit.h>

#include "mem.h"
#include "pit.h"

/* Every byte of a record has a meaning, so a record says nothing of the memory it was made in. */
_Static_assert(sizeof(struct hv_pit_counter_record) == 28, "no padding");
_Static_assert(sizeof(struct hv_pit_record) == 104, "no padding");

static void save_counter(const struct hv_pit_counter *counter, uint64_t clock,
                         struct hv_pit_counter_record *record)
{
    *record = (struct hv_pit_counter_record){
        .reload = counter->reload,
        .loaded = counter->loaded,
        .value = hv_pit_element(counter, clock),
        .latched_count = counter->latched_bytes != 0 ? counter->latched_count : 0,
        .control = counter->control,
        .out = counter->out,
        .write_high = counter->write_high,
        .write_low = counter->write_high ? counter->write_low : 0,
        .read_high = counter->read_high,
        .status_latched = counter->status_latched,
        .latched_status = counter->status_latched ? counter->latched_status : 0,
        .latched_bytes = counter->latched_bytes,
        .null_count = counter->null_count,
        .armed = counter->armed,
        .load_pending = counter->load_pending,
        .stopped = counter->stopped,
        .expired = counter->expired,
    };
}

void hv_pit_save(struct hv_pit *pit, uint64_t now, struct hv_pit_record *record)
{
    hv_pit_advance(pit, now);
    *record = (struct hv_pit_record){
        .version = HV_PIT_RECORD_VERSION,
        .size = sizeof(*record),
        .part = pit->part,
        .waiting = pit->waiting,
        .port_b = pit->port_b,
        .refresh = pit->refresh,
    };
    for (unsigned i = 0; i < HV_PIT_COUNTERS; i++) {
        save_counter(&pit->counters[i], pit->clock, &record->counters[i]);
    }
}

static bool flags_are_valid(const struct hv_pit_counter_record *record)
{
    uint8_t all = record->out | record->write_high | record->read_high | record->status_latched |
                  record->null_count | record->armed | record->load_pending | record->stopped |
                  record->expired;
    return all <= 1 && record->reserved == 0;
}

static bool access_is_valid(const struct hv_pit_counter_record *record)
{
    unsigned access = record->control & CONTROL_ACCESS;
    bool both = access == ACCESS_BOTH;
    return (record->control & ~CONTROL_KEPT) == 0 && access != ACCESS_LATCH &&
           (both || (record->write_high == 0 && record->read_high == 0)) &&
           record->latched_bytes <= (both ? 2 : 1);
}

static struct hv_pit_counter take_counter(const struct hv_pit_counter_record *record, bool gate)
{
    return (struct hv_pit_counter){
        .control = record->control,
        .gate = gate,
        .out = record->out != 0,
        .write_high = record->write_high != 0,
        .write_low = record->write_low,
        .read_high = record->read_high != 0,
        .status_latched = record->status_latched != 0,
        .latched_status = record->latched_status,
        .latched_bytes = record->latched_bytes,
        .latched_count = record->latched_count,
        .reload = record->reload,
        .null_count = record->null_count != 0,
        .armed = record->armed != 0,
        .load_pending = record->load_pending != 0,
        .stopped = record->stopped != 0,
        .expired = record->expired != 0,
        .loaded = record->loaded,
        .value = record->value,
    };
}

static bool is_count(uint32_t count, uint32_t most)
{
    return count >= 1 && count <= most;
}

/* Where a counter that has taken over a count can be with it. */
static bool value_is_valid(const struct hv_pit_counter *counter)
{
    if (counter->expired) {
        return !hv_pit_is_periodic(counter) && counter->value < hv_pit_modulus(counter);
    }
    if (counter->value > hv_pit_first_value(counter, counter->loaded)) {
        return false;
    }
    if (hv_pit_is_periodic(counter) && counter->loaded != 1) {
        return hv_pit_cycle_left(counter) != 0 &&
               (hv_pit_mode(counter) == MODE_RATE || counter->value % 2 == 0);
    }
    return hv_pit_is_periodic(counter) || counter->value != 0;
}

static bool output_is_valid(const struct hv_pit_counter *counter)
{
    switch (hv_pit_mode(counter)) {
    case MODE_TERMINAL_COUNT:
        return counter->out ? counter->expired : !counter->expired || counter->load_pending;
    case MODE_ONE_SHOT:
        return counter->out == counter->expired;
    case MODE_RATE:
        /* A gate that falls ends the pulse, and one that rises again loads at the next clock. */
        return counter->out == (counter->value != 1 || counter->loaded == 1 || !counter->gate ||
                                counter->load_pending);
    case MODE_SQUARE:
        return counter->out || counter->gate;
    default:
        /* A strobe is over after one clock, at which the count goes on if it may. */
        return counter->out || (counter->expired && counter->value == 0);
    }
}

/* Before the first count is taken over, nothing moves. */
static bool stop_is_valid(const struct hv_pit_counter *counter)
{
    bool low = hv_pit_mode(counter) == MODE_TERMINAL_COUNT;
    return counter->out == !low && counter->value <= HV_PIT_LARGEST && !counter->expired;
}

static bool counter_is_valid(const struct hv_pit_counter *counter)
{
    uint32_t modulus = hv_pit_modulus(counter);
    if (!is_count(counter->loaded, HV_PIT_LARGEST) ||
        !is_count(counter->reload, counter->armed ? modulus : HV_PIT_LARGEST) ||
        (counter->load_pending && !counter->armed)) {
        return false;
    }
    if (counter->stopped) {
        return stop_is_valid(counter);
    }
    return counter->armed && counter->loaded <= modulus && value_is_valid(counter) &&
           output_is_valid(counter);
}

bool hv_pit_restore(struct hv_pit *pit, const void *record, size_t size, uint64_t now)
{
    struct hv_pit_record copy;
    struct hv_pit restored;
    if (size != sizeof(copy)) {
        return false;
    }
    memcpy(&copy, record, sizeof(copy));
    if (copy.version != HV_PIT_RECORD_VERSION || copy.size != sizeof(copy) ||
        copy.part >= HV_PIT_PULSES_UNITS || (copy.port_b & ~HV_PIT_PORT_B_WRITES) != 0 ||
        copy.refresh > 1 || copy.reserved[0] != 0 || copy.reserved[1] != 0) {
        return false;
    }
    restored = (struct hv_pit){
        .config = pit->config,
        .now = now > pit->now ? now : pit->now,
        .part = copy.part,
        .port_b = copy.port_b,
        .refresh = copy.refresh != 0,
    };
    for (unsigned i = 0; i < HV_PIT_COUNTERS; i++) {
        const struct hv_pit_counter_record *saved = &copy.counters[i];
        bool gate = i != HV_PIT_COUNTER_2 || (copy.port_b & HV_PIT_GATE_2) != 0;
        restored.counters[i] = take_counter(saved, gate);
        if (!flags_are_valid(saved) || !access_is_valid(saved) ||
            !counter_is_valid(&restored.counters[i])) {
            return false;
        }
    }
    hv_pit_add_ticks(&restored, copy.waiting);
    *pit = restored;
    return true;
}
