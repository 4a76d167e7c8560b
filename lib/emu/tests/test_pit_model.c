/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Counter 2 beside a counter that is built as the data sheet describes it and stepped a clock at a
 * time: under random commands both have the same count, output and status at each look.
 */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/pit.h>

#include "suite.h"

/* "Counter": control word, count register, counting element, and what the gate has triggered. */
struct chip {
    unsigned mode;
    unsigned modulus;
    uint32_t count; /* written */
    int64_t element;
    bool out;
    bool gate;
    bool null_count;
    bool written; /* since the control word */
    bool frozen;  /* until the next load */
    bool load;    /* at the next clock */
    bool done;    /* the one event of modes 0, 1, 4 and 5 */
    bool odd;     /* mode 3: what was loaded */
    bool still;   /* a count of 1 in modes 2 and 3 was loaded */
    uint64_t rises;
};

struct run {
    struct hv_pit pit;
    struct chip chip;
    uint64_t random;
    uint64_t clock;
    uint8_t control;
};

static uint32_t roll(struct run *run, uint32_t sides)
{
    run->random ^= run->random << 13;
    run->random ^= run->random >> 7;
    run->random ^= run->random << 17;
    return (uint32_t)(run->random >> 32) % sides;
}

static void chip_load(struct chip *chip)
{
    chip->load = chip->frozen = chip->done = chip->null_count = false;
    chip->odd = chip->count % 2 == 1;
    chip->still = (chip->mode == 2 || chip->mode == 3) && chip->count == 1;
    chip->element = chip->mode == 3 && chip->odd ? chip->count - 1 : chip->count;
}

static void chip_count(struct chip *chip)
{
    bool gated = chip->mode != 1 && chip->mode != 5;
    if (chip->frozen || chip->still || (gated && !chip->gate)) {
        return;
    }
    if (chip->mode == 3) {
        /* The odd count stays at 0 for one clock while the output is high. */
        bool over = chip->odd && chip->out ? chip->element == 0 : chip->element == 2;
        chip->element -= 2;
        if (over) {
            chip_load(chip);
            chip->out = !chip->out;
        }
        return;
    }
    chip->element--;
    if (chip->mode == 2) {
        if (chip->element == 0) {
            chip_load(chip);
        }
        chip->out = chip->still || chip->element != 1;
        return;
    }
    if (chip->element == 0 && !chip->done) {
        chip->done = true;
        chip->out = chip->mode < 2;
    }
    if (chip->element < 0) {
        chip->element = chip->modulus - 1;
    }
}

static void chip_clock(struct chip *chip)
{
    bool was_high = chip->out;
    if (chip->mode >= 4) {
        chip->out = true;
    }
    if (chip->load) {
        chip_load(chip);
        chip->out = chip->mode > 1;
    } else {
        chip_count(chip);
    }
    chip->rises += !was_high && chip->out;
}

static void chip_command(struct chip *chip, unsigned mode, unsigned modulus)
{
    chip->mode = mode;
    chip->modulus = modulus;
    chip->out = mode != 0;
    chip->null_count = chip->frozen = true;
    chip->written = chip->load = chip->done = false;
}

static void chip_write(struct chip *chip, uint32_t count)
{
    chip->count = count == 0 ? chip->modulus : count;
    chip->null_count = chip->written = true;
    if (chip->mode == 0) {
        chip->out = false;
    }
    chip->load |= chip->mode == 0 || chip->mode == 4 ||
                  ((chip->mode == 2 || chip->mode == 3) && (chip->frozen || chip->still));
}

static void chip_gate(struct chip *chip, bool gate)
{
    bool rises = gate && !chip->gate;
    chip->gate = gate;
    if (rises && chip->written && chip->mode != 0 && chip->mode != 4) {
        chip->load = true;
    }
    if (!gate && (chip->mode == 2 || chip->mode == 3)) {
        chip->out = true;
    }
}

static uint64_t time_of(uint64_t clock)
{
    return (clock * 176 + 20) / 21;
}

static uint16_t bcd(uint32_t count)
{
    return (uint16_t)(count / 1000 % 10 << 12 | count / 100 % 10 << 8 | count / 10 % 10 << 4 |
                      count % 10);
}

static void command(struct run *run)
{
    uint64_t now = time_of(run->clock);
    unsigned mode = roll(run, 6);
    bool decimal = roll(run, 4) == 0;
    run->control = (uint8_t)(0x30 | mode << 1 | decimal);
    chip_command(&run->chip, mode, decimal ? 10000 : 65536);
    hv_pit_write(&run->pit, HV_PIT_CONTROL, (uint8_t)(0x80 | run->control), now);
}

/* Small counts mostly, so that much happens. */
static void write_count(struct run *run)
{
    uint64_t now = time_of(run->clock);
    uint32_t count = roll(run, 8) == 0 ? roll(run, 10000) : roll(run, 12);
    uint16_t written = run->chip.modulus == 10000 ? bcd(count) : (uint16_t)count;
    hv_pit_write(&run->pit, HV_PIT_COUNTER_2, (uint8_t)written, now);
    hv_pit_write(&run->pit, HV_PIT_COUNTER_2, (uint8_t)(written >> 8), now);
    if (run->chip.mode == 0) {
        run->chip.frozen = true;
        run->chip.done = false;
    }
    chip_write(&run->chip, count);
}

static void pass(struct run *run)
{
    unsigned clocks = roll(run, 4) == 0 ? roll(run, 3000) : roll(run, 20);
    for (unsigned i = 0; i < clocks; i++) {
        chip_clock(&run->chip);
    }
    run->clock += clocks;
    hv_pit_advance(&run->pit, time_of(run->clock));
}

static void look(struct run *run)
{
    uint64_t now = time_of(run->clock);
    struct chip *chip = &run->chip;
    uint32_t element = (uint32_t)chip->element % chip->modulus;
    hv_pit_write(&run->pit, HV_PIT_CONTROL, 0xC8, now);
    uint8_t status = hv_pit_read(&run->pit, HV_PIT_COUNTER_2, now);
    uint8_t low = hv_pit_read(&run->pit, HV_PIT_COUNTER_2, now);
    uint16_t count = (uint16_t)(low | hv_pit_read(&run->pit, HV_PIT_COUNTER_2, now) << 8);
    uint8_t flags = (uint8_t)((chip->out ? 0x80 : 0) | (chip->null_count ? 0x40 : 0));
    if (count != (chip->modulus == 10000 ? bcd(element) : element)) {
        ck_abort_msg("mode %u: count %x instead of %x", chip->mode, count, element);
    }
    if (status != (run->control | flags)) {
        ck_abort_msg("mode %u: status %x instead of %x", chip->mode, status, run->control | flags);
    }
}

static void save_and_restore(struct run *run)
{
    uint64_t now = time_of(run->clock);
    struct hv_pit_record record;
    hv_pit_save(&run->pit, now, &record);
    ck_assert(hv_pit_restore(&run->pit, &record, sizeof(record), now));
}

static void step(struct run *run)
{
    switch (roll(run, 16)) {
    case 0:
        command(run);
        return;
    case 1:
    case 2:
    case 3:
        write_count(run);
        return;
    case 4:
    case 5: {
        bool gate = roll(run, 3) != 0;
        chip_gate(&run->chip, gate);
        hv_pit_write_port_b(&run->pit, gate ? HV_PIT_GATE_2 : 0, time_of(run->clock));
        return;
    }
    case 6:
        save_and_restore(run);
        return;
    default:
        pass(run);
        return;
    }
}

START_TEST(counter_is_as_if_it_were_stepped)
{
    static struct run run;
    memset(&run, 0, sizeof(run));
    run.random = 0x9E3779B97F4A7C15u * (uint64_t)(_i + 1);
    hv_pit_init(&run.pit, &(struct hv_pit_config){ 0 }, 0);
    command(&run);
    for (unsigned i = 0; i < 4000; i++) {
        step(&run);
        look(&run);
    }
}
END_TEST

/* Counter 0, whose gate is high, and whose output makes ticks and deadlines. */
START_TEST(ticks_and_deadlines_are_those_of_the_stepped_counter)
{
    static struct run run;
    memset(&run, 0, sizeof(run));
    run.random = 0x9E3779B97F4A7C15u * (uint64_t)(_i + 1);
    run.chip.gate = true;
    run.chip.modulus = 65536;
    hv_pit_init(&run.pit, &(struct hv_pit_config){ UINT32_MAX }, 0);
    unsigned wrong = 0, early_or_late = 0;
    for (unsigned i = 0; i < 1000; i++) {
        unsigned mode = roll(&run, 6);
        uint32_t count = roll(&run, 30);
        uint64_t now = time_of(run.clock);
        chip_command(&run.chip, mode, 65536);
        hv_pit_write(&run.pit, HV_PIT_CONTROL, (uint8_t)(0x30 | mode << 1), now);
        hv_pit_take_ticks(&run.pit, UINT32_MAX);
        run.chip.rises = 0;
        for (unsigned changes = 0; changes < 3; changes++, count = 1 + roll(&run, 30)) {
            hv_pit_write(&run.pit, HV_PIT_COUNTER_0, (uint8_t)count, time_of(run.clock));
            hv_pit_write(&run.pit, HV_PIT_COUNTER_0, 0, time_of(run.clock));
            run.chip.frozen |= mode == 0;
            chip_write(&run.chip, count);
            for (unsigned clocks = roll(&run, 100); clocks > 0; clocks--) {
                uint64_t due = hv_pit_deadline(&run.pit);
                uint64_t before = run.chip.rises;
                chip_clock(&run.chip);
                run.clock++;
                early_or_late += (run.chip.rises > before) != (due <= time_of(run.clock));
                hv_pit_advance(&run.pit, time_of(run.clock));
                wrong += hv_pit_ticks(&run.pit) != run.chip.rises;
            }
        }
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(early_or_late, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pit model");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, counter_is_as_if_it_were_stepped, 0, 20);
    tcase_add_loop_test(tests, ticks_and_deadlines_are_those_of_the_stepped_counter, 0, 5);
    Suite *suite = suite_create("pit model");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
