/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * One counter. Between two events (a load, the end of a count) the counting element is a linear
 * function of the clock, so nothing is done a clock at a time; whole periods are skipped by one
 * division.
 */
#include <stdbool.h>
#include <stdint.h>

#include "pit.h"

static unsigned access_of(const struct hv_pit_counter *counter)
{
    return counter->control & CONTROL_ACCESS;
}

/* "GATE": modes 1 and 5 look at its rise alone. */
static bool counts(const struct hv_pit_counter *counter)
{
    unsigned mode = hv_pit_mode(counter);
    return !counter->stopped &&
           (counter->gate || mode == MODE_ONE_SHOT || mode == MODE_HARDWARE_STROBE);
}

/* In modes 2 and 3 a count of 1 has no period: the output stands still. */
static bool oscillates(const struct hv_pit_counter *counter)
{
    return counts(counter) && counter->loaded != 1;
}

/* ---- The counting element ---- */

uint32_t hv_pit_element(const struct hv_pit_counter *counter, uint64_t clock)
{
    uint64_t passed = clock - counter->start;
    if (!counts(counter) || (hv_pit_is_periodic(counter) && counter->loaded == 1)) {
        return counter->value;
    }
    if (counter->expired) {
        /* It goes on from 0 to the largest count. */
        uint32_t modulus = hv_pit_modulus(counter);
        return (counter->value + modulus - (uint32_t)(passed % modulus)) % modulus;
    }
    return counter->value - (uint32_t)(hv_pit_mode(counter) == MODE_SQUARE ? 2 * passed : passed);
}

/* Whether it counts may change now. */
static void rebase(struct hv_pit_counter *counter, uint64_t clock)
{
    counter->value = hv_pit_element(counter, clock);
    counter->start = clock;
}

static void load(struct hv_pit_counter *counter, uint64_t clock)
{
    unsigned mode = hv_pit_mode(counter);
    counter->loaded = counter->reload;
    counter->value = hv_pit_first_value(counter, counter->reload);
    counter->start = clock;
    counter->null_count = false;
    counter->load_pending = false;
    counter->stopped = false;
    counter->expired = false;
    counter->out = mode != MODE_TERMINAL_COUNT && mode != MODE_ONE_SHOT;
}

uint32_t hv_pit_cycle_left(const struct hv_pit_counter *counter)
{
    if (hv_pit_mode(counter) == MODE_RATE) {
        return counter->value;
    }
    return counter->value / 2 + (counter->out && counter->loaded % 2 == 1 ? 1 : 0);
}

/* ---- Time ---- */

/* "Mode 4", "Mode 5": the output is low for one clock. */
static bool strobes(const struct hv_pit_counter *counter)
{
    return hv_pit_is_strobe(counter) && !counter->out;
}

static uint64_t run_to_zero(struct hv_pit_counter *counter, uint64_t to)
{
    if (!counts(counter) || counter->expired || to - counter->start < counter->value) {
        return 0;
    }
    counter->start += counter->value;
    counter->value = 0;
    counter->expired = true;
    counter->out = !hv_pit_is_strobe(counter) || counter->start < to;
    return counter->out ? 1 : 0;
}

static uint64_t end_cycle(struct hv_pit_counter *counter)
{
    counter->start += hv_pit_cycle_left(counter);
    counter->loaded = counter->reload;
    counter->value = hv_pit_first_value(counter, counter->reload);
    counter->null_count = false;
    counter->out = hv_pit_mode(counter) == MODE_RATE || !counter->out;
    return counter->out ? 1 : 0;
}

/* The first cycle may have another length than those after it. */
static uint64_t run_periods(struct hv_pit_counter *counter, uint64_t to)
{
    uint64_t rises = 0;
    if (oscillates(counter) && to - counter->start >= hv_pit_cycle_left(counter)) {
        rises += end_cycle(counter);
    }
    if (oscillates(counter)) {
        uint64_t periods = (to - counter->start) / counter->loaded;
        rises += periods;
        counter->start += periods * counter->loaded;
    }
    if (oscillates(counter) && to - counter->start >= hv_pit_cycle_left(counter)) {
        rises += end_cycle(counter);
    }
    if (oscillates(counter) && hv_pit_mode(counter) == MODE_RATE) {
        counter->out = hv_pit_element(counter, to) != 1;
    }
    return rises;
}

uint64_t hv_pit_counter_run(struct hv_pit_counter *counter, uint64_t from, uint64_t to)
{
    uint64_t rises = 0;
    if (from == to) {
        return 0;
    }
    if (counter->load_pending || strobes(counter)) {
        bool was_high = counter->out;
        from++;
        if (counter->load_pending) {
            load(counter, from);
        } else {
            counter->out = true;
        }
        rises += !was_high && counter->out ? 1 : 0;
    }
    return rises +
           (hv_pit_is_periodic(counter) ? run_periods(counter, to) : run_to_zero(counter, to));
}

/* From @clock, at which no load is pending. */
static uint64_t rise_without_load(const struct hv_pit_counter *counter, uint64_t clock)
{
    uint64_t passed = clock - counter->start;
    if (!hv_pit_is_periodic(counter)) {
        bool comes = counts(counter) && !counter->expired;
        uint64_t strobe = hv_pit_is_strobe(counter) ? 1 : 0;
        return comes ? counter->value - passed + strobe : HV_PIT_NO_CLOCK;
    }
    if (!oscillates(counter)) {
        return HV_PIT_NO_CLOCK;
    }
    uint64_t left = hv_pit_cycle_left(counter) - passed;
    if (hv_pit_mode(counter) == MODE_RATE || !counter->out) {
        return left;
    }
    return counter->reload == 1 ? HV_PIT_NO_CLOCK : left + counter->reload / 2;
}

uint64_t hv_pit_counter_next_rise(const struct hv_pit_counter *counter, uint64_t clock)
{
    struct hv_pit_counter next = *counter;
    if (!counter->load_pending && !strobes(counter)) {
        return rise_without_load(counter, clock);
    }
    if (hv_pit_counter_run(&next, clock, clock + 1) != 0) {
        return 1;
    }
    uint64_t rise = rise_without_load(&next, clock + 1);
    return rise == HV_PIT_NO_CLOCK ? rise : rise + 1;
}

/* ---- Commands ---- */

void hv_pit_counter_command(struct hv_pit_counter *counter, uint8_t control, uint64_t clock)
{
    rebase(counter, clock);
    *counter = (struct hv_pit_counter){
        .control = control & CONTROL_KEPT,
        .gate = counter->gate,
        .reload = counter->reload,
        .loaded = counter->loaded,
        .value = counter->value,
        .start = clock,
        .null_count = true,
        .stopped = true,
    };
    counter->out = hv_pit_mode(counter) != MODE_TERMINAL_COUNT;
}

void hv_pit_counter_set_gate(struct hv_pit_counter *counter, bool gate, uint64_t clock)
{
    unsigned mode = hv_pit_mode(counter);
    if (gate == counter->gate) {
        return;
    }
    rebase(counter, clock);
    counter->gate = gate;
    if (gate) {
        bool triggers = mode != MODE_TERMINAL_COUNT && mode != MODE_SOFTWARE_STROBE;
        counter->load_pending |= triggers && counter->armed;
    } else if (hv_pit_is_periodic(counter)) {
        counter->out = true;
    }
}

/* ---- The count register ---- */

static uint32_t decode(const struct hv_pit_counter *counter, uint16_t written)
{
    uint32_t count = written;
    if ((counter->control & CONTROL_BCD) != 0) {
        count = (uint32_t)((written >> 12) * 1000 + (written >> 8 & 15) * 100 +
                           (written >> 4 & 15) * 10 + (written & 15));
        count %= 10000;
    }
    return count == 0 ? hv_pit_modulus(counter) : count;
}

static uint16_t encode(const struct hv_pit_counter *counter, uint32_t count)
{
    count %= hv_pit_modulus(counter);
    if ((counter->control & CONTROL_BCD) != 0) {
        count = count / 1000 << 12 | count / 100 % 10 << 8 | count / 10 % 10 << 4 | count % 10;
    }
    return (uint16_t)count;
}

/* "Mode 0": the first byte of a count stops the counter. */
static void write_first_byte(struct hv_pit_counter *counter, uint8_t value, uint64_t clock)
{
    counter->write_low = value;
    counter->write_high = true;
    if (hv_pit_mode(counter) == MODE_TERMINAL_COUNT) {
        rebase(counter, clock);
        counter->stopped = true;
        counter->expired = false;
        counter->load_pending = false;
        counter->out = false;
    }
}

static void write_count(struct hv_pit_counter *counter, uint16_t written)
{
    counter->reload = decode(counter, written);
    counter->null_count = true;
    counter->armed = true;
    switch (hv_pit_mode(counter)) {
    case MODE_TERMINAL_COUNT:
        counter->out = false;
        counter->load_pending = true;
        return;
    case MODE_SOFTWARE_STROBE:
        counter->load_pending = true;
        return;
    case MODE_RATE:
    case MODE_SQUARE:
        /* Otherwise at the end of the cycle, which a count of 1 never reaches. */
        counter->load_pending |= counter->stopped || counter->loaded == 1;
        return;
    default:
        return;
    }
}

void hv_pit_counter_write(struct hv_pit_counter *counter, uint8_t value, uint64_t clock)
{
    if (access_of(counter) == ACCESS_LOW) {
        write_count(counter, value);
    } else if (access_of(counter) == ACCESS_HIGH) {
        write_count(counter, (uint16_t)(value << 8));
    } else if (!counter->write_high) {
        write_first_byte(counter, value, clock);
    } else {
        counter->write_high = false;
        write_count(counter, (uint16_t)(value << 8 | counter->write_low));
    }
}

/* ---- Reading ---- */

/* "A count that is latched stays until it is read", whatever is latched after it. */
void hv_pit_counter_latch_count(struct hv_pit_counter *counter, uint64_t clock)
{
    if (counter->latched_bytes == 0) {
        counter->latched_count = encode(counter, hv_pit_element(counter, clock));
        counter->latched_bytes = access_of(counter) == ACCESS_BOTH ? 2 : 1;
    }
}

void hv_pit_counter_latch_status(struct hv_pit_counter *counter)
{
    if (!counter->status_latched) {
        counter->status_latched = true;
        counter->latched_status =
            (uint8_t)(counter->control | (counter->null_count ? STATUS_NULL_COUNT : 0) |
                      (counter->out ? STATUS_OUT : 0));
    }
}

static uint8_t read_latched_count(struct hv_pit_counter *counter)
{
    bool low = counter->latched_bytes == 2 || access_of(counter) == ACCESS_LOW;
    counter->latched_bytes--;
    return (uint8_t)(low ? counter->latched_count : counter->latched_count >> 8);
}

uint8_t hv_pit_counter_read(struct hv_pit_counter *counter, uint64_t clock)
{
    if (counter->status_latched) {
        counter->status_latched = false;
        return counter->latched_status;
    }
    if (counter->latched_bytes != 0) {
        return read_latched_count(counter);
    }
    uint16_t count = encode(counter, hv_pit_element(counter, clock));
    bool high = access_of(counter) == ACCESS_HIGH || counter->read_high;
    counter->read_high = access_of(counter) == ACCESS_BOTH && !counter->read_high;
    return (uint8_t)(high ? count >> 8 : count);
}
