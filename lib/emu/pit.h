/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the files of the interval timer share: one counter. Sections are those of the 82C54 data
   sheet. Clocks are counted from hv_pit_init(). */
#ifndef HV_EMU_PIT_H
#define HV_EMU_PIT_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/pit.h>

enum {
    CONTROL_BCD = 0x01,
    CONTROL_MODE = 0x0E,
    CONTROL_ACCESS = 0x30,
    CONTROL_KEPT = 0x3F,

    ACCESS_LATCH = 0x00,
    ACCESS_LOW = 0x10,
    ACCESS_HIGH = 0x20,
    ACCESS_BOTH = 0x30,

    STATUS_NULL_COUNT = 0x40,
    STATUS_OUT = 0x80,
};

/* "Mode Definitions" */
enum {
    MODE_TERMINAL_COUNT = 0,
    MODE_ONE_SHOT = 1,
    MODE_RATE = 2,
    MODE_SQUARE = 3,
    MODE_SOFTWARE_STROBE = 4,
    MODE_HARDWARE_STROBE = 5,
};

#define HV_PIT_NO_CLOCK     UINT64_MAX
#define HV_PIT_LARGEST      65536u
#define HV_PIT_PULSES       21u  /* of the clock... */
#define HV_PIT_PULSES_UNITS 176u /* ...in so many units of 100 ns */

/* Modes 2 and 3 have two numbers each. */
static inline unsigned hv_pit_mode(const struct hv_pit_counter *counter)
{
    unsigned mode = (counter->control & CONTROL_MODE) >> 1;
    return mode > MODE_HARDWARE_STROBE ? mode - 4 : mode;
}

static inline bool hv_pit_is_periodic(const struct hv_pit_counter *counter)
{
    unsigned mode = hv_pit_mode(counter);
    return mode == MODE_RATE || mode == MODE_SQUARE;
}

static inline bool hv_pit_is_strobe(const struct hv_pit_counter *counter)
{
    return hv_pit_mode(counter) >= MODE_SOFTWARE_STROBE;
}

/* How many counts there are; the largest is shown as 0. */
static inline uint32_t hv_pit_modulus(const struct hv_pit_counter *counter)
{
    return (counter->control & CONTROL_BCD) != 0 ? 10000 : HV_PIT_LARGEST;
}

/* What mode 3 counts by twos: "odd counts" begin with one less. */
static inline uint32_t hv_pit_first_value(const struct hv_pit_counter *counter, uint32_t count)
{
    return hv_pit_mode(counter) == MODE_SQUARE ? count & ~1u : count;
}

/* Clocks from @value to the end of the period of mode 2, or of the half of one in mode 3. */
uint32_t hv_pit_cycle_left(const struct hv_pit_counter *counter);

/* The counting element at @clock as the count that is left. */
uint32_t hv_pit_element(const struct hv_pit_counter *counter, uint64_t clock);

void hv_pit_counter_command(struct hv_pit_counter *counter, uint8_t control, uint64_t clock);
void hv_pit_counter_write(struct hv_pit_counter *counter, uint8_t value, uint64_t clock);
uint8_t hv_pit_counter_read(struct hv_pit_counter *counter, uint64_t clock);
void hv_pit_counter_latch_count(struct hv_pit_counter *counter, uint64_t clock);
void hv_pit_counter_latch_status(struct hv_pit_counter *counter);
void hv_pit_counter_set_gate(struct hv_pit_counter *counter, bool gate, uint64_t clock);

/* Lets a counter that is at clock @from get to clock @to. Returns how often its output rose. */
uint64_t hv_pit_counter_run(struct hv_pit_counter *counter, uint64_t from, uint64_t to);

/* Clocks from @clock to the next rise of the output, at least one, or HV_PIT_NO_CLOCK. */
uint64_t hv_pit_counter_next_rise(const struct hv_pit_counter *counter, uint64_t clock);

/* Lets @ticks more wait, as far as there is room. */
void hv_pit_add_ticks(struct hv_pit *pit, uint64_t ticks);

#endif
