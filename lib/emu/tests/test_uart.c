/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The port as a driver sees it; expectations are those of the PC16550D data sheet. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/uart.h>

#include "suite.h"
#include "uart_fixture.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };
enum { FCR = IIR };

static struct uart_line line;
static struct hv_uart uart;
static uint64_t now;

static void wr(unsigned offset, uint8_t value)
{
    hv_uart_write(&uart, offset, value, now);
}

static uint8_t rd(unsigned offset)
{
    return hv_uart_read(&uart, offset, now);
}

static void pass(uint64_t time)
{
    now += time;
    hv_uart_advance(&uart, now);
}

static void set_divisor(uint16_t divisor)
{
    wr(LCR, 0x83);
    wr(DATA, (uint8_t)divisor);
    wr(IER, (uint8_t)(divisor >> 8));
    wr(LCR, 0x03);
}

static void setup(void)
{
    struct hv_uart_config config = uart_line_config(&line);
    memset(&line, 0, sizeof(line));
    now = 1000;
    hv_uart_init(&uart, &config, now);
    set_divisor(1);
}

/* @count characters from 'a' on arrive. */
static void receive(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uart_line_type(&line, (uint8_t)('a' + i), 0);
    }
    pass(0);
    for (unsigned i = 0; i < count; i++) {
        pass(CHARACTER);
    }
}

START_TEST(registers_after_power_on)
{
    struct hv_uart_config config = uart_line_config(&line);
    hv_uart_init(&uart, &config, now);
    ck_assert_uint_eq(rd(IER), 0);
    ck_assert_uint_eq(rd(IIR), 0x01);
    ck_assert_uint_eq(rd(LCR), 0);
    ck_assert_uint_eq(rd(MCR), 0);
    ck_assert_uint_eq(rd(LSR), 0x60);
    ck_assert_uint_eq(rd(MSR), 0);
    ck_assert(!hv_uart_interrupt(&uart));
    ck_assert_uint_eq(hv_uart_deadline(&uart), HV_UART_NO_TIME);
}
END_TEST

START_TEST(reserved_bits_read_as_zero_and_scratch_keeps_all)
{
    for (unsigned value = 0; value < 256; value++) {
        wr(SCR, (uint8_t)value);
        ck_assert_uint_eq(rd(SCR), value);
        wr(IER, (uint8_t)value);
        ck_assert_uint_eq(rd(IER), value & 0x0F);
        wr(MCR, (uint8_t)value);
        ck_assert_uint_eq(rd(MCR), value & 0x1F);
    }
}
END_TEST

START_TEST(divisor_latch_hides_data_and_interrupt_enable)
{
    wr(IER, 5);
    wr(LCR, 0x83);
    wr(DATA, 0x34);
    wr(IER, 0x12);
    ck_assert_uint_eq(rd(DATA), 0x34);
    ck_assert_uint_eq(rd(IER), 0x12);
    wr(LCR, 0x03);
    ck_assert_uint_eq(rd(IER), 5);
    ck_assert_uint_eq(line.sent_count, 0);
}
END_TEST

START_TEST(character_takes_the_time_that_the_line_control_says)
{
    const struct {
        uint8_t lcr;
        unsigned half_bits;
    } frames[] = { { 0x03, 20 }, { 0x00, 14 }, { 0x04, 15 }, { 0x07, 22 },
                   { 0x0B, 22 }, { 0x0F, 24 }, { 0x1A, 20 } };
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        set_divisor(12);
        wr(LCR, frames[i].lcr);
        wr(DATA, 0x11);
        uint64_t time = frames[i].half_bits * 12 * 8 * UINT64_C(10000000) / HV_UART_CLOCK_PC;
        ck_assert_uint_eq(hv_uart_deadline(&uart), now + time);
        pass(time - 1);
        ck_assert_uint_eq(line.sent_count, i);
        pass(1);
        ck_assert_uint_eq(line.sent_count, i + 1);
    }
}
END_TEST

START_TEST(word_length_cuts_off_data_bits)
{
    wr(LCR, 0x00);
    wr(DATA, 0xFF);
    pass(CHARACTER);
    ck_assert_uint_eq(line.sent[0], 0x1F);
    wr(LCR, 0x02);
    uart_line_type(&line, 0xFF, 0);
    pass(0);
    pass(CHARACTER);
    ck_assert_uint_eq(rd(DATA), 0x7F);
}
END_TEST

START_TEST(holding_register_empties_into_the_shift_register)
{
    wr(DATA, 'x');
    ck_assert_uint_eq(rd(LSR), 0x20);
    wr(DATA, 'y');
    ck_assert_uint_eq(rd(LSR), 0x00);
    pass(CHARACTER);
    ck_assert_uint_eq(rd(LSR), 0x20);
    pass(CHARACTER);
    ck_assert_uint_eq(rd(LSR), 0x60);
    ck_assert_mem_eq(line.sent, "xy", 2);
}
END_TEST

START_TEST(fifo_takes_sixteen_and_drops_what_is_beyond)
{
    wr(FCR, 0x01);
    for (unsigned i = 0; i < 20; i++) {
        wr(DATA, (uint8_t)i);
    }
    pass(30 * CHARACTER);
    ck_assert_uint_eq(line.sent_count, 17);
    ck_assert_uint_eq(line.sent[16], 16);
}
END_TEST

START_TEST(thre_interrupt_rises_once_when_the_transmitter_empties)
{
    wr(IER, 0x02);
    ck_assert_uint_eq(rd(IIR), 0x02);
    ck_assert_uint_eq(rd(IIR), 0x01);
    wr(DATA, 'x');
    wr(DATA, 'y');
    ck_assert(!hv_uart_interrupt(&uart));
    pass(CHARACTER);
    ck_assert(hv_uart_interrupt(&uart));
    ck_assert_uint_eq(rd(IIR), 0x02);
    ck_assert(!hv_uart_interrupt(&uart));
    pass(CHARACTER);
    ck_assert(!hv_uart_interrupt(&uart));
}
END_TEST

START_TEST(thre_interrupt_rises_each_time_that_it_is_enabled)
{
    for (int i = 0; i < 3; i++) {
        wr(IER, 0x02);
        ck_assert_uint_eq(rd(IIR), 0x02);
        wr(IER, 0x02);
        ck_assert_uint_eq(rd(IIR), 0x01);
        wr(IER, 0x00);
    }
}
END_TEST

START_TEST(thre_interrupt_waits_behind_others_and_is_not_lost_to_them)
{
    wr(IER, 0x0F);
    receive(1);
    ck_assert_uint_eq(rd(IIR), 0x04);
    ck_assert_uint_eq(rd(IIR), 0x04);
    rd(DATA);
    ck_assert_uint_eq(rd(IIR), 0x02);
    ck_assert_uint_eq(rd(IIR), 0x01);
}
END_TEST

START_TEST(interrupts_are_identified_by_priority)
{
    wr(IER, 0x0F);
    hv_uart_set_inputs(&uart, HV_UART_CTS, now);
    uart_line_type(&line, 'a', HV_UART_PARITY_ERROR);
    pass(0);
    pass(CHARACTER);
    ck_assert_uint_eq(rd(IIR), 0x06);
    ck_assert_uint_eq(rd(LSR), 0x65);
    ck_assert_uint_eq(rd(IIR), 0x04);
    ck_assert_uint_eq(rd(DATA), 'a');
    ck_assert_uint_eq(rd(IIR), 0x02);
    ck_assert_uint_eq(rd(IIR), 0x00);
    ck_assert_uint_eq(rd(MSR), 0x11);
    ck_assert_uint_eq(rd(IIR), 0x01);
    ck_assert(!hv_uart_interrupt(&uart));
}
END_TEST

START_TEST(trigger_level_decides_when_received_data_interrupts)
{
    static const unsigned levels[] = { 1, 4, 8, 14 };
    for (uint8_t i = 0; i < 4; i++) {
        wr(FCR, (uint8_t)(0x07 | i << 6));
        wr(IER, 0x01);
        receive(levels[i] - 1);
        ck_assert_uint_eq(rd(IIR), 0xC1);
        receive(1);
        ck_assert_uint_eq(rd(IIR), 0xC4);
        rd(DATA);
        ck_assert_uint_eq(rd(IIR), 0xC1);
    }
}
END_TEST

START_TEST(time_out_comes_four_characters_after_the_last_one)
{
    wr(FCR, 0xC1);
    wr(IER, 0x01);
    receive(2);
    ck_assert_uint_eq(hv_uart_deadline(&uart), now + 4 * CHARACTER);
    pass(4 * CHARACTER - 1);
    ck_assert_uint_eq(rd(IIR), 0xC1);
    pass(1);
    ck_assert(hv_uart_interrupt(&uart));
    ck_assert_uint_eq(rd(IIR), 0xCC);
    ck_assert_uint_eq(rd(IIR), 0xCC);
    ck_assert_uint_eq(rd(DATA), 'a');
    ck_assert_uint_eq(rd(IIR), 0xC1);
    pass(4 * CHARACTER);
    ck_assert_uint_eq(rd(IIR), 0xCC);
    ck_assert_uint_eq(rd(DATA), 'b');
    pass(100 * CHARACTER);
    ck_assert_uint_eq(rd(IIR), 0xC1);
}
END_TEST

START_TEST(there_is_no_time_out_without_fifos)
{
    receive(1);
    ck_assert_uint_eq(hv_uart_deadline(&uart), HV_UART_NO_TIME);
}
END_TEST

START_TEST(errors_show_when_their_character_is_the_next_to_be_read)
{
    wr(FCR, 0x01);
    uart_line_type(&line, 'a', 0);
    uart_line_type(&line, 'b', HV_UART_FRAMING_ERROR);
    pass(0);
    pass(CHARACTER);
    pass(CHARACTER);
    ck_assert_uint_eq(rd(LSR), 0xE1); /* an error in the FIFO, not at its top */
    ck_assert_uint_eq(rd(DATA), 'a');
    ck_assert_uint_eq(rd(LSR), 0xE9);
    ck_assert_uint_eq(rd(LSR), 0x61);
    ck_assert_uint_eq(rd(DATA), 'b');
    ck_assert_uint_eq(rd(LSR), 0x60);
}
END_TEST

START_TEST(back_end_is_asked_only_while_there_is_room)
{
    receive(3);
    ck_assert_uint_eq(line.input_first, 1);
    ck_assert_uint_eq(rd(LSR), 0x61);
    ck_assert_uint_eq(rd(DATA), 'a');
    ck_assert_uint_eq(line.input_first, 2);
    ck_assert_uint_eq(rd(LSR), 0x60);
    pass(CHARACTER);
    ck_assert_uint_eq(rd(DATA), 'b');
}
END_TEST

START_TEST(toggling_the_fifos_or_their_clear_bits_empties_them)
{
    static const uint8_t commands[] = { 0x00, 0x03 };
    for (size_t i = 0; i < 2; i++) {
        wr(FCR, 0x01);
        receive(3);
        ck_assert_uint_eq(rd(LSR), 0x61);
        wr(FCR, commands[i]);
        ck_assert_uint_eq(rd(LSR), 0x60);
    }
    wr(FCR, 0x01);
    wr(DATA, 'x');
    wr(DATA, 'y');
    wr(FCR, 0x05);
    pass(4 * CHARACTER);
    ck_assert_mem_eq(line.sent, "x", 1);
    ck_assert_uint_eq(line.sent_count, 1);
    wr(FCR, 0xC0); /* without bit 0 the trigger level is not programmed */
    wr(FCR, 0x01);
    wr(IER, 0x01);
    receive(1);
    ck_assert_uint_eq(rd(IIR), 0xC4);
}
END_TEST

START_TEST(loopback_returns_data_and_reports_overrun)
{
    wr(MCR, 0x10);
    wr(DATA, 'x');
    pass(CHARACTER);
    ck_assert_uint_eq(rd(LSR), 0x61);
    wr(DATA, 'y');
    pass(CHARACTER);
    ck_assert_uint_eq(rd(LSR), 0x63);
    ck_assert_uint_eq(rd(DATA), 'y');
    ck_assert_uint_eq(line.sent_count, 0);
    wr(FCR, 0x01);
    for (unsigned i = 0; i < 17; i++) {
        wr(DATA, (uint8_t)i);
        pass(CHARACTER);
    }
    ck_assert_uint_eq(rd(LSR), 0x63);
    for (unsigned i = 0; i < 16; i++) {
        ck_assert_uint_eq(rd(DATA), i);
    }
    ck_assert_uint_eq(rd(LSR), 0x60);
}
END_TEST

START_TEST(loopback_turns_outputs_into_inputs_and_holds_the_pins_inactive)
{
    static const uint8_t inputs[] = { 0x20, 0x10, 0x40, 0x80 };
    hv_uart_set_inputs(&uart, 0xF0, now);
    wr(MCR, 0x0F);
    ck_assert_uint_eq(line.outputs, 0x0F);
    wr(MCR, 0x10);
    ck_assert_uint_eq(line.outputs, 0);
    rd(MSR);
    for (unsigned bit = 0; bit < 4; bit++) {
        wr(MCR, (uint8_t)(0x10 | 1u << bit));
        ck_assert_uint_eq(rd(MSR) & 0xF0, inputs[bit]);
    }
    wr(MCR, 0x00);
    ck_assert_uint_eq(rd(MSR) & 0xF0, 0xF0);
}
END_TEST

START_TEST(break_in_loopback_is_received_once)
{
    wr(MCR, 0x10);
    wr(LCR, 0x43);
    pass(CHARACTER - 1);
    ck_assert_uint_eq(rd(LSR), 0x60);
    pass(1);
    ck_assert_uint_eq(rd(LSR), 0x79);
    ck_assert_uint_eq(rd(DATA), 0);
    pass(10 * CHARACTER);
    ck_assert_uint_eq(rd(LSR), 0x60);
    wr(LCR, 0x03);
    wr(LCR, 0x43);
    pass(CHARACTER);
    ck_assert_uint_eq(rd(LSR), 0x79);
}
END_TEST

START_TEST(break_is_an_output_and_swallows_characters)
{
    wr(LCR, 0x43);
    ck_assert_uint_eq(line.outputs, HV_UART_BREAK);
    wr(DATA, 'x');
    pass(CHARACTER);
    wr(LCR, 0x03);
    ck_assert_uint_eq(line.outputs, 0);
    ck_assert_uint_eq(line.sent_count, 0);
    ck_assert_uint_eq(rd(LSR), 0x60);
}
END_TEST

START_TEST(modem_status_reports_changes_until_read)
{
    wr(IER, 0x08);
    hv_uart_set_inputs(&uart, HV_UART_RI | HV_UART_DSR | HV_UART_DCD, now);
    ck_assert(hv_uart_interrupt(&uart));
    ck_assert_uint_eq(rd(MSR), 0xEA); /* the start of a ring is no change */
    ck_assert(!hv_uart_interrupt(&uart));
    ck_assert_uint_eq(rd(MSR), 0xE0);
    hv_uart_set_inputs(&uart, 0, now);
    hv_uart_set_inputs(&uart, HV_UART_DSR, now);
    ck_assert_uint_eq(rd(MSR), 0x2E);
}
END_TEST

START_TEST(out2_gates_the_line_where_it_is_wired_so)
{
    struct hv_uart_config config = uart_line_config(&line);
    config.out2_gates_interrupt = true;
    hv_uart_init(&uart, &config, now);
    wr(IER, 0x02);
    ck_assert(!hv_uart_interrupt(&uart));
    wr(MCR, 0x08);
    ck_assert(hv_uart_interrupt(&uart));
    wr(MCR, 0x18);
    ck_assert(!hv_uart_interrupt(&uart));
    ck_assert_uint_eq(rd(IIR), 0x02);
}
END_TEST

START_TEST(status_registers_ignore_writes)
{
    receive(1);
    hv_uart_set_inputs(&uart, HV_UART_CTS, now);
    wr(LSR, 0x00);
    wr(MSR, 0x00);
    ck_assert_uint_eq(rd(LSR), 0x61);
    ck_assert_uint_eq(rd(MSR), 0x11);
}
END_TEST

START_TEST(clock_of_zero_takes_no_time)
{
    struct hv_uart_config config = uart_line_config(&line);
    config.clock_hz = 0;
    hv_uart_init(&uart, &config, now);
    wr(LCR, 0x03);
    wr(DATA, 'x');
    ck_assert_uint_eq(line.sent_count, 1);
    ck_assert_uint_eq(rd(LSR), 0x60);
    uart_line_type(&line, 'y', 0);
    ck_assert_uint_eq(rd(LSR), 0x60);
    hv_uart_advance(&uart, now);
    ck_assert_uint_eq(rd(LSR), 0x61);
    ck_assert_uint_eq(rd(DATA), 'y');
}
END_TEST

START_TEST(time_that_goes_back_stands_still)
{
    wr(DATA, 'x');
    hv_uart_advance(&uart, 0);
    ck_assert_uint_eq(hv_uart_deadline(&uart), now + CHARACTER);
    pass(CHARACTER);
    ck_assert_uint_eq(line.sent_count, 1);
}
END_TEST

START_TEST(reset_keeps_divisor_scratch_and_inputs_alone)
{
    wr(SCR, 0x5A);
    wr(FCR, 0x01);
    wr(MCR, 0x0B);
    wr(IER, 0x0F);
    hv_uart_set_inputs(&uart, HV_UART_DCD, now);
    receive(2);
    wr(DATA, 'x');
    hv_uart_reset(&uart, now);
    ck_assert_uint_eq(line.outputs, 0);
    ck_assert_uint_eq(rd(IER), 0);
    ck_assert_uint_eq(rd(IIR), 0x01);
    ck_assert_uint_eq(rd(LSR), 0x60);
    ck_assert_uint_eq(rd(MSR), 0x80);
    ck_assert_uint_eq(rd(SCR), 0x5A);
    wr(LCR, 0x80);
    ck_assert_uint_eq(rd(DATA), 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("uart");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, registers_after_power_on);
    tcase_add_test(tests, reserved_bits_read_as_zero_and_scratch_keeps_all);
    tcase_add_test(tests, divisor_latch_hides_data_and_interrupt_enable);
    tcase_add_test(tests, character_takes_the_time_that_the_line_control_says);
    tcase_add_test(tests, word_length_cuts_off_data_bits);
    tcase_add_test(tests, holding_register_empties_into_the_shift_register);
    tcase_add_test(tests, fifo_takes_sixteen_and_drops_what_is_beyond);
    tcase_add_test(tests, thre_interrupt_rises_once_when_the_transmitter_empties);
    tcase_add_test(tests, thre_interrupt_rises_each_time_that_it_is_enabled);
    tcase_add_test(tests, thre_interrupt_waits_behind_others_and_is_not_lost_to_them);
    tcase_add_test(tests, interrupts_are_identified_by_priority);
    tcase_add_test(tests, trigger_level_decides_when_received_data_interrupts);
    tcase_add_test(tests, time_out_comes_four_characters_after_the_last_one);
    tcase_add_test(tests, there_is_no_time_out_without_fifos);
    tcase_add_test(tests, errors_show_when_their_character_is_the_next_to_be_read);
    tcase_add_test(tests, back_end_is_asked_only_while_there_is_room);
    tcase_add_test(tests, toggling_the_fifos_or_their_clear_bits_empties_them);
    tcase_add_test(tests, loopback_returns_data_and_reports_overrun);
    tcase_add_test(tests, loopback_turns_outputs_into_inputs_and_holds_the_pins_inactive);
    tcase_add_test(tests, break_in_loopback_is_received_once);
    tcase_add_test(tests, break_is_an_output_and_swallows_characters);
    tcase_add_test(tests, modem_status_reports_changes_until_read);
    tcase_add_test(tests, out2_gates_the_line_where_it_is_wired_so);
    tcase_add_test(tests, status_registers_ignore_writes);
    tcase_add_test(tests, clock_of_zero_takes_no_time);
    tcase_add_test(tests, time_that_goes_back_stands_still);
    tcase_add_test(tests, reset_keeps_divisor_scratch_and_inputs_alone);
    Suite *suite = suite_create("uart");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
