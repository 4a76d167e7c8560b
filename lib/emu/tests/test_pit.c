/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The timer as a driver sees it; expectations are those of the 82C54 data sheet, "Mode
   Definitions", whose diagrams count from the write of the count. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/pit.h>

#include "suite.h"

#define START 1000u

static struct hv_pit pit;
static uint64_t now;

/* The first unit of time at which @clocks pulses have come since START. */
static uint64_t at_clock(uint64_t clocks)
{
    return START + (clocks * 176 + 20) / 21;
}

static void wr(unsigned offset, uint8_t value)
{
    hv_pit_write(&pit, offset, value, now);
}

static uint8_t rd(unsigned offset)
{
    return hv_pit_read(&pit, offset, now);
}

static void pass_to(uint64_t clocks)
{
    now = at_clock(clocks);
    hv_pit_advance(&pit, now);
}

static void set_gate(bool high)
{
    hv_pit_write_port_b(&pit, high ? HV_PIT_GATE_2 : 0, now);
}

/* Both bytes of counter @counter in mode @mode. */
static void program(unsigned counter, unsigned mode, uint16_t count)
{
    wr(HV_PIT_CONTROL, (uint8_t)(counter << 6 | 0x30 | mode << 1));
    wr(counter, (uint8_t)count);
    wr(counter, (uint8_t)(count >> 8));
}

static uint16_t latched(unsigned counter)
{
    wr(HV_PIT_CONTROL, (uint8_t)(counter << 6));
    uint8_t low = rd(counter);
    return (uint16_t)(low | rd(counter) << 8);
}

static uint8_t status(unsigned counter)
{
    wr(HV_PIT_CONTROL, (uint8_t)(0xE0 | 2u << counter));
    return rd(counter);
}

/* A clock a character: what the output of counter 2 is from clock @from on. */
static void check_output(uint64_t from, const char *levels)
{
    for (unsigned i = 0; levels[i] != 0; i++) {
        pass_to(from + i);
        ck_assert_msg(hv_pit_output(&pit, 2) == (levels[i] == '1'), "clock %u", (unsigned)from + i);
    }
}

/* The same of its count. */
static void check_counts(uint64_t from, const uint16_t *counts, unsigned number)
{
    for (unsigned i = 0; i < number; i++) {
        pass_to(from + i);
        ck_assert_msg(latched(2) == counts[i], "clock %u: %x", (unsigned)from + i, latched(2));
    }
}

#define CHECK_COUNTS(from, ...)                                           \
    do {                                                                  \
        static const uint16_t counts[] = { __VA_ARGS__ };                 \
        check_counts((from), counts, sizeof(counts) / sizeof(counts[0])); \
    } while (0)

static void setup(void)
{
    const struct hv_pit_config config = { .most_ticks = 1000 };
    now = START;
    hv_pit_init(&pit, &config, now);
    set_gate(true);
}

START_TEST(counters_wait_for_a_count_after_power_on)
{
    hv_pit_init(&pit, &(struct hv_pit_config){ 0 }, now);
    ck_assert_uint_eq(hv_pit_deadline(&pit), HV_PIT_NO_TIME);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 0);
    ck_assert_uint_eq(status(0), 0xF6);
    ck_assert_uint_eq(status(2), 0xF6);
    ck_assert_uint_eq(rd(HV_PIT_CONTROL), 0xFF);
    ck_assert_uint_eq(hv_pit_read_port_b(&pit, now), 0x20);
    pass_to(1000000);
    ck_assert_uint_eq(latched(0), 0);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 0);
    ck_assert(!hv_pit_output(&pit, 3));
}
END_TEST

START_TEST(mode_0_rises_when_the_count_is_over)
{
    program(2, 0, 4);
    CHECK_COUNTS(1, 4, 3, 2, 1, 0, 0xFFFF, 0xFFFE);
    program(2, 0, 4);
    check_output(7, "0000011");
}
END_TEST

START_TEST(mode_0_stands_still_while_the_gate_is_low)
{
    program(2, 0, 3);
    CHECK_COUNTS(1, 3, 2);
    set_gate(false);
    CHECK_COUNTS(3, 2, 2);
    set_gate(true);
    CHECK_COUNTS(5, 1, 0, 0xFFFF);
    ck_assert(hv_pit_output(&pit, 2));
    set_gate(false);
    program(2, 0, 3); /* is loaded even so */
    CHECK_COUNTS(8, 3, 3);
    ck_assert_uint_eq(status(2), 0x30);
    set_gate(true);
    check_output(10, "001");
}
END_TEST

START_TEST(mode_0_starts_again_with_a_new_count_and_stops_for_half_of_one)
{
    wr(HV_PIT_CONTROL, 0x90);
    wr(2, 3);
    check_output(1, "0001");
    wr(2, 2);
    ck_assert(!hv_pit_output(&pit, 2));
    check_output(4, "0001");
    program(2, 0, 5);
    pass_to(9);
    wr(2, 2);
    CHECK_COUNTS(9, 4, 4, 4);
    ck_assert(!hv_pit_output(&pit, 2));
    wr(2, 0);
    CHECK_COUNTS(12, 2, 1, 0);
    ck_assert(hv_pit_output(&pit, 2));
    wr(2, 3);
    ck_assert(!hv_pit_output(&pit, 2));
    wr(2, 0);
    wr(2, 4); /* before the next clock takes over the 3 */
    check_output(15, "000000");
    wr(2, 0);
    check_output(21, "00001");
}
END_TEST

START_TEST(mode_1_is_low_from_each_trigger_until_the_count_is_over)
{
    program(2, 1, 3);
    check_output(0, "111");
    set_gate(false);
    set_gate(true);
    CHECK_COUNTS(3, 3, 2, 1, 0, 0xFFFF);
    set_gate(false); /* which has no effect */
    check_output(7, "11");
    set_gate(true);
    check_output(9, "00");
    set_gate(false);
    set_gate(true);
    check_output(11, "00011");
}
END_TEST

START_TEST(mode_1_takes_a_new_count_at_the_next_trigger)
{
    program(2, 1, 2);
    set_gate(false);
    set_gate(true);
    pass_to(1);
    wr(2, 4);
    wr(2, 0);
    ck_assert_uint_eq(status(2), 0x72);
    check_output(2, "011");
    set_gate(false);
    set_gate(true);
    check_output(5, "00001");
    ck_assert_uint_eq(status(2), 0xB2);
}
END_TEST

START_TEST(trigger_before_a_count_does_nothing)
{
    wr(HV_PIT_CONTROL, 0xB2);
    wr(2, 4);
    set_gate(false);
    set_gate(true);
    check_output(1, "111");
    ck_assert_uint_eq(status(2), 0xF2);
}
END_TEST

START_TEST(mode_2_is_low_in_the_last_clock_of_each_period)
{
    program(2, 2, 3);
    CHECK_COUNTS(1, 3, 2, 1, 3, 2, 1, 3);
    program(2, 2, 3);
    check_output(7, "1110110110");
    program(2, 6, 3); /* the same mode */
    check_output(16, "1110110110");
}
END_TEST

START_TEST(mode_2_is_triggered_by_the_gate)
{
    program(2, 2, 3);
    CHECK_COUNTS(1, 3, 2, 1);
    ck_assert(!hv_pit_output(&pit, 2));
    set_gate(false);
    ck_assert(hv_pit_output(&pit, 2));
    CHECK_COUNTS(4, 1, 1);
    set_gate(true);
    ck_assert(hv_pit_output(&pit, 2));
    CHECK_COUNTS(6, 3, 2, 1);
    ck_assert(!hv_pit_output(&pit, 2));
}
END_TEST

START_TEST(modes_2_and_3_take_a_new_count_at_the_end)
{
    program(2, 2, 4);
    pass_to(2);
    wr(2, 3);
    wr(2, 0);
    ck_assert_uint_eq(status(2), 0xF4);
    CHECK_COUNTS(2, 3, 2, 1, 3, 2, 1, 3);
    ck_assert_uint_eq(status(2), 0xB4);
    program(2, 3, 4);
    pass_to(9);
    wr(2, 6);
    wr(2, 0);
    check_output(9, "110001110001");
}
END_TEST

START_TEST(trigger_takes_a_new_count_before_the_end)
{
    program(2, 2, 100);
    pass_to(2);
    wr(2, 3);
    wr(2, 0);
    set_gate(false);
    set_gate(true);
    CHECK_COUNTS(3, 3, 2, 1, 3);
}
END_TEST

START_TEST(mode_3_is_a_square_wave)
{
    program(2, 3, 4);
    CHECK_COUNTS(1, 4, 2, 4, 2, 4, 2);
    program(2, 3, 4);
    check_output(6, "11100110011");
    program(2, 7, 5);
    CHECK_COUNTS(17, 4, 2, 0, 4, 2, 4, 2, 0, 4, 2, 4);
    program(2, 3, 5);
    check_output(27, "1111001110011100");
}
END_TEST

START_TEST(mode_3_is_high_while_the_gate_is_low)
{
    program(2, 3, 4);
    check_output(1, "110");
    set_gate(false);
    check_output(3, "1111");
    set_gate(true);
    check_output(6, "11100110");
}
END_TEST

START_TEST(mode_4_strobes_once_after_each_count)
{
    program(2, 4, 3);
    CHECK_COUNTS(1, 3, 2, 1, 0, 0xFFFF);
    program(2, 4, 3);
    check_output(5, "1111011111");
    pass_to(70000);
    ck_assert(hv_pit_output(&pit, 2));
    program(2, 4, 3);
    pass_to(70002);
    wr(2, 2);
    wr(2, 0);
    CHECK_COUNTS(70002, 2, 2, 1, 0);
    set_gate(false);
    ck_assert(!hv_pit_output(&pit, 2));
    check_output(70005, "011");
    wr(2, 2);
    wr(2, 0);
    CHECK_COUNTS(70008, 2, 2);
    set_gate(true);
    CHECK_COUNTS(70010, 1, 0, 0xFFFF);
}
END_TEST

START_TEST(mode_5_strobes_after_each_trigger)
{
    program(2, 5, 3);
    check_output(0, "111111");
    set_gate(false);
    set_gate(true);
    check_output(6, "111");
    set_gate(false);
    check_output(9, "011");
    set_gate(true);
    check_output(12, "11");
    set_gate(false);
    set_gate(true);
    check_output(14, "11101");
}
END_TEST

START_TEST(count_of_one_stands_still_until_another_comes)
{
    program(2, 2, 1);
    check_output(0, "11111");
    ck_assert_uint_eq(latched(2), 1);
    wr(2, 3);
    wr(2, 0);
    check_output(5, "110110");
    program(2, 3, 1);
    check_output(11, "11111");
    program(0, 2, 1);
    pass_to(100);
    ck_assert_uint_eq(hv_pit_deadline(&pit), HV_PIT_NO_TIME);
    program(0, 3, 4);
    pass_to(101);
    wr(0, 1); /* from the end of the first half, at a low output */
    wr(0, 0);
    ck_assert_uint_eq(hv_pit_deadline(&pit), HV_PIT_NO_TIME);
    pass_to(200);
    ck_assert(!hv_pit_output(&pit, 0));
    wr(0, 4);
    wr(0, 0);
    ck_assert_uint_eq(hv_pit_deadline(&pit), at_clock(201));
    pass_to(201);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 1);
}
END_TEST

START_TEST(count_of_zero_is_the_largest)
{
    program(0, 2, 0);
    ck_assert_uint_eq(hv_pit_deadline(&pit), at_clock(65537));
    wr(HV_PIT_CONTROL, 0x35);
    wr(0, 0);
    wr(0, 0);
    ck_assert_uint_eq(hv_pit_deadline(&pit), at_clock(10001));
}
END_TEST

START_TEST(bcd_counts_in_decimal)
{
    wr(HV_PIT_CONTROL, 0xB1);
    wr(2, 0x00);
    wr(2, 0x10);
    CHECK_COUNTS(1, 0x1000, 0x0999, 0x0998);
    pass_to(1001);
    ck_assert_uint_eq(latched(2), 0);
    ck_assert(hv_pit_output(&pit, 2));
    CHECK_COUNTS(1002, 0x9999, 0x9998);
    pass_to(1001 + 10000);
    ck_assert_uint_eq(latched(2), 0);
    wr(HV_PIT_CONTROL, 0xB1);
    wr(2, 0xFF);
    wr(2, 0xFF);
    CHECK_COUNTS(11002, 0x6665); /* 16665 */
    check_output(11001 + 6665, "01");
}
END_TEST

START_TEST(one_byte_of_a_count_leaves_the_other_zero)
{
    wr(HV_PIT_CONTROL, 0x90);
    wr(2, 0x12);
    pass_to(2);
    ck_assert_uint_eq(rd(2), 0x11);
    ck_assert_uint_eq(rd(2), 0x11);
    wr(HV_PIT_CONTROL, 0x80);
    ck_assert_uint_eq(rd(2), 0x11);
    wr(HV_PIT_CONTROL, 0xA0);
    wr(2, 0x12);
    pass_to(3);
    ck_assert_uint_eq(rd(2), 0x12);
    pass_to(4);
    ck_assert_uint_eq(rd(2), 0x11);
    wr(HV_PIT_CONTROL, 0x80);
    pass_to(4 + 0x100);
    ck_assert_uint_eq(rd(2), 0x11);
    ck_assert_uint_eq(rd(2), 0x10);
}
END_TEST

START_TEST(two_bytes_are_read_in_turns)
{
    program(2, 0, 0x1235);
    pass_to(2);
    ck_assert_uint_eq(rd(2), 0x34);
    ck_assert_uint_eq(rd(2), 0x12);
    ck_assert_uint_eq(rd(2), 0x34);
    wr(HV_PIT_CONTROL, 0x80);
    pass_to(0x300);
    ck_assert_uint_eq(rd(2), 0x34);
    ck_assert_uint_eq(rd(2), 0x12);
    ck_assert_uint_eq(rd(2), 0x0F); /* goes on with the high byte */
    ck_assert_uint_eq(rd(2), 0x36);
}
END_TEST

START_TEST(first_of_two_latches_stays_until_it_is_read)
{
    program(2, 0, 0x1235);
    pass_to(2);
    wr(HV_PIT_CONTROL, 0x80);
    pass_to(100);
    wr(HV_PIT_CONTROL, 0x8F); /* its low bits count for nothing */
    wr(HV_PIT_CONTROL, 0xD8);
    ck_assert_uint_eq(rd(2), 0x34);
    wr(HV_PIT_CONTROL, 0x80);
    ck_assert_uint_eq(rd(2), 0x12);
    ck_assert_uint_eq(latched(2), 0x1235 - 99);
    wr(HV_PIT_CONTROL, 0x80);
    wr(HV_PIT_CONTROL, 0xB0); /* forgets what is latched */
    pass_to(101);
    wr(2, 0x78);
    wr(2, 0x56);
    pass_to(102);
    ck_assert_uint_eq(rd(2), 0x78);
}
END_TEST

START_TEST(read_back_latches_status_before_count_of_those_named)
{
    program(0, 2, 0x1234);
    program(2, 0, 0x5678);
    ck_assert_uint_eq(status(2), 0x70);
    pass_to(1);
    wr(HV_PIT_CONTROL, 0xCB); /* status and count of 0 and 2; bit 0 counts for nothing */
    pass_to(50);
    wr(HV_PIT_CONTROL, 0xE8); /* a second status of 2, which is ignored */
    ck_assert_uint_eq(rd(0), 0xB4);
    ck_assert_uint_eq(rd(0), 0x34);
    ck_assert_uint_eq(rd(0), 0x12);
    ck_assert_uint_eq(rd(2), 0x30);
    ck_assert_uint_eq(rd(2), 0x78);
    ck_assert_uint_eq(rd(2), 0x56);
    ck_assert_uint_eq(rd(2), (0x5678 - 49) & 0xFF);
    ck_assert_uint_le(rd(1), 18);
    wr(HV_PIT_CONTROL, 0xF5); /* neither, of 1 */
    pass_to(53);
    ck_assert_uint_eq(rd(1), 18 - (53 - 1) % 18);
}
END_TEST

START_TEST(ticks_come_when_the_deadline_says_and_never_drift)
{
    unsigned wrong = 0;
    program(0, 2, 11932); /* 100 Hz */
    hv_pit_advance(&pit, hv_pit_deadline(&pit));
    for (uint64_t i = 1; i < 50000; i++) {
        wrong += hv_pit_ticks(&pit) != 1;
        hv_pit_take_ticks(&pit, 1);
        uint64_t due = hv_pit_deadline(&pit);
        wrong += due != at_clock(1 + 11932 * (i + 1));
        hv_pit_advance(&pit, due - 1);
        wrong += hv_pit_ticks(&pit) != 0;
        hv_pit_advance(&pit, due);
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(each_mode_tells_its_next_tick)
{
    static const uint64_t square[] = { 6, 11, 16 };
    program(0, 0, 5);
    ck_assert_uint_eq(hv_pit_deadline(&pit), at_clock(6));
    pass_to(6);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 1);
    ck_assert_uint_eq(hv_pit_deadline(&pit), HV_PIT_NO_TIME);
    setup();
    program(0, 1, 5);
    ck_assert_uint_eq(hv_pit_deadline(&pit), HV_PIT_NO_TIME);
    program(0, 4, 5);
    for (unsigned clock = 0; clock < 7; clock++) {
        pass_to(clock);
        ck_assert_uint_eq(hv_pit_deadline(&pit), at_clock(7));
    }
    ck_assert_uint_eq(hv_pit_ticks(&pit), 0);
    pass_to(7);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 1);
    ck_assert_uint_eq(hv_pit_deadline(&pit), HV_PIT_NO_TIME);
    setup();
    program(0, 3, 5);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(hv_pit_deadline(&pit), at_clock(square[i]));
        pass_to(square[i] - 1);
        ck_assert_uint_eq(hv_pit_deadline(&pit), at_clock(square[i]));
        pass_to(square[i]);
        ck_assert_uint_eq(hv_pit_ticks(&pit), i + 1);
    }
}
END_TEST

START_TEST(late_caller_learns_how_many_ticks_it_missed)
{
    program(0, 2, 1000);
    pass_to(1 + 1000 * 5 + 999);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 5);
    hv_pit_take_ticks(&pit, 2);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 3);
    hv_pit_take_ticks(&pit, 7);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 0);
    pass_to(1 + 1000 * 2000);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 1000); /* most_ticks */
    pass_to(1 + 1000 * 2001);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 1000);
    setup();
    program(0, 3, 10);
    pass_to(3);
    pass_to(1 + 10 * 5 - 1);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 4);
    pass_to(1 + 10 * 7);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 7);
    pass_to(1 + 10 * 7 + 5);
    pass_to(1 + 10 * 9 + 7);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 9);
    hv_pit_init(&pit, &(struct hv_pit_config){ 0 }, now);
    program(0, 2, 1000);
    hv_pit_advance(&pit, now + 1000000);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 1);
}
END_TEST

START_TEST(shortest_period_is_no_work_over_the_longest_time)
{
    program(0, 2, 2);
    program(1, 3, 2);
    program(2, 3, 3);
    now = UINT64_MAX - 1;
    ck_assert_uint_eq(rd(0) <= 2, 1);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 1000);
    ck_assert_uint_eq(hv_pit_deadline(&pit), HV_PIT_NO_TIME - 1);
}
END_TEST

START_TEST(control_word_drops_ticks_and_may_make_one)
{
    program(0, 2, 1000);
    pass_to(5000);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 4);
    wr(HV_PIT_CONTROL, 0x30);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 0);
    ck_assert(!hv_pit_output(&pit, 0));
    wr(HV_PIT_CONTROL, 0x34);
    ck_assert_uint_eq(hv_pit_ticks(&pit), 1);
    wr(HV_PIT_CONTROL, 0x70); /* of another counter */
    ck_assert_uint_eq(hv_pit_ticks(&pit), 1);
}
END_TEST

START_TEST(port_b_shows_output_and_refresh_and_keeps_four_bits)
{
    for (unsigned value = 0; value < 256; value++) {
        hv_pit_write_port_b(&pit, (uint8_t)value, now);
        ck_assert_uint_eq(hv_pit_read_port_b(&pit, now), 0x20 | (value & 0x0F));
    }
    program(2, 0, 4);
    ck_assert_uint_eq(hv_pit_read_port_b(&pit, now), 0x0F);
    pass_to(5);
    ck_assert_uint_eq(hv_pit_read_port_b(&pit, now), 0x2F);
    for (unsigned i = 1; i < 10; i++) {
        pass_to(18 * i);
        ck_assert_uint_eq(hv_pit_read_port_b(&pit, now), i % 2 == 1 ? 0x2F : 0x3F);
        pass_to(18 * i + 1);
        ck_assert_uint_eq(hv_pit_read_port_b(&pit, now), i % 2 == 1 ? 0x3F : 0x2F);
    }
}
END_TEST

START_TEST(refresh_counts_each_rise_that_came_meanwhile)
{
    hv_pit_write_port_b(&pit, 0x00, now);
    for (unsigned rises = 1, all = 0; rises < 8; rises++) {
        all += rises;
        now = at_clock(18 * all + 1);
        ck_assert_uint_eq(hv_pit_read_port_b(&pit, now), all % 2 == 1 ? 0x30 : 0x20);
    }
    program(2, 0, 4);
    hv_pit_write_port_b(&pit, 0x0E, now);
    ck_assert_uint_eq(hv_pit_read_port_b(&pit, now) & ~HV_PIT_REFRESH, 0x0E);
}
END_TEST

START_TEST(each_access_is_told_the_time)
{
    program(2, 0, 1000);
    ck_assert_uint_eq(hv_pit_read(&pit, 4 + HV_PIT_COUNTER_2, at_clock(11)), (1000 - 10) & 0xFF);
    hv_pit_write(&pit, 4 + HV_PIT_CONTROL, 0x80, at_clock(21));
    hv_pit_write_port_b(&pit, 0, at_clock(31));
    uint8_t low = rd(2);
    ck_assert_uint_eq(low | rd(2) << 8, 1000 - 20);
    pass_to(50);
    ck_assert_uint_eq(latched(2), 1000 - 30);
    hv_pit_write(&pit, 4 + HV_PIT_COUNTER_2, 7, now);
    ck_assert_uint_eq(hv_pit_read_port_b(&pit, now) & HV_PIT_OUTPUT_2, 0);
}
END_TEST

START_TEST(part_of_a_clock_is_none)
{
    program(2, 2, 10);
    program(0, 4, 1);
    hv_pit_advance(&pit, now + 8);
    ck_assert_uint_eq(status(2), 0xF4);
    hv_pit_advance(&pit, at_clock(2));
    ck_assert(!hv_pit_output(&pit, 0));
    hv_pit_advance(&pit, at_clock(3) - 1);
    ck_assert(!hv_pit_output(&pit, 0));
    ck_assert_uint_eq(hv_pit_ticks(&pit), 0);
}
END_TEST

START_TEST(deadline_beyond_the_end_of_time_is_its_last_unit)
{
    uint64_t span = at_clock(101) - START;
    for (unsigned early = 0; early < 4; early++) {
        hv_pit_init(&pit, &pit.config, UINT64_MAX - span - early);
        now = UINT64_MAX - span - early;
        program(0, 0, 100);
        ck_assert_uint_eq(hv_pit_deadline(&pit), UINT64_MAX - (early == 0 ? 1 : early));
    }
}
END_TEST

START_TEST(time_that_goes_back_stands_still)
{
    program(2, 0, 100);
    pass_to(11);
    hv_pit_advance(&pit, 0);
    ck_assert_uint_eq(latched(2), 90);
    now = 0;
    ck_assert_uint_eq(latched(2), 90);
    pass_to(12);
    ck_assert_uint_eq(latched(2), 89);
}
END_TEST

START_TEST(reset_is_as_after_power_on)
{
    struct hv_pit fresh;
    struct hv_pit_record record, fresh_record;
    program(0, 2, 10);
    pass_to(100);
    hv_pit_init(&fresh, &pit.config, now);
    hv_pit_reset(&pit, 0);
    hv_pit_save(&pit, now, &record);
    hv_pit_save(&fresh, now, &fresh_record);
    ck_assert_mem_eq(&record, &fresh_record, sizeof(record));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pit");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, counters_wait_for_a_count_after_power_on);
    tcase_add_test(tests, mode_0_rises_when_the_count_is_over);
    tcase_add_test(tests, mode_0_stands_still_while_the_gate_is_low);
    tcase_add_test(tests, mode_0_starts_again_with_a_new_count_and_stops_for_half_of_one);
    tcase_add_test(tests, mode_1_is_low_from_each_trigger_until_the_count_is_over);
    tcase_add_test(tests, mode_1_takes_a_new_count_at_the_next_trigger);
    tcase_add_test(tests, trigger_before_a_count_does_nothing);
    tcase_add_test(tests, mode_2_is_low_in_the_last_clock_of_each_period);
    tcase_add_test(tests, mode_2_is_triggered_by_the_gate);
    tcase_add_test(tests, modes_2_and_3_take_a_new_count_at_the_end);
    tcase_add_test(tests, trigger_takes_a_new_count_before_the_end);
    tcase_add_test(tests, mode_3_is_a_square_wave);
    tcase_add_test(tests, mode_3_is_high_while_the_gate_is_low);
    tcase_add_test(tests, mode_4_strobes_once_after_each_count);
    tcase_add_test(tests, mode_5_strobes_after_each_trigger);
    tcase_add_test(tests, count_of_one_stands_still_until_another_comes);
    tcase_add_test(tests, count_of_zero_is_the_largest);
    tcase_add_test(tests, bcd_counts_in_decimal);
    tcase_add_test(tests, one_byte_of_a_count_leaves_the_other_zero);
    tcase_add_test(tests, two_bytes_are_read_in_turns);
    tcase_add_test(tests, first_of_two_latches_stays_until_it_is_read);
    tcase_add_test(tests, read_back_latches_status_before_count_of_those_named);
    tcase_add_test(tests, ticks_come_when_the_deadline_says_and_never_drift);
    tcase_add_test(tests, each_mode_tells_its_next_tick);
    tcase_add_test(tests, late_caller_learns_how_many_ticks_it_missed);
    tcase_add_test(tests, shortest_period_is_no_work_over_the_longest_time);
    tcase_add_test(tests, control_word_drops_ticks_and_may_make_one);
    tcase_add_test(tests, port_b_shows_output_and_refresh_and_keeps_four_bits);
    tcase_add_test(tests, refresh_counts_each_rise_that_came_meanwhile);
    tcase_add_test(tests, each_access_is_told_the_time);
    tcase_add_test(tests, part_of_a_clock_is_none);
    tcase_add_test(tests, deadline_beyond_the_end_of_time_is_its_last_unit);
    tcase_add_test(tests, time_that_goes_back_stands_still);
    tcase_add_test(tests, reset_is_as_after_power_on);
    Suite *suite = suite_create("pit");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
