/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A small interrupt-driven driver on the port, in random order with time and input: every byte goes
 * through in both directions, and the driver is woken by nothing but the interrupt line.
 */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hv/uart.h>

#include "suite.h"
#include "uart_fixture.h"

#define BYTES 3000u

struct driver {
    struct hv_uart uart;
    uint64_t now;
    uint64_t random;
    unsigned fifo;
    unsigned to_send;
    uint8_t got[BYTES];
    unsigned got_count;
    unsigned interrupts[16];
};

static struct uart_line line;

static uint32_t roll(struct driver *driver, uint32_t sides)
{
    driver->random ^= driver->random << 13;
    driver->random ^= driver->random >> 7;
    driver->random ^= driver->random << 17;
    return (uint32_t)(driver->random >> 32) % sides;
}

static uint8_t pattern(unsigned index)
{
    return (uint8_t)(index * 167 + index / 256);
}

static void fill_transmitter(struct driver *driver)
{
    unsigned room = driver->fifo != 0 ? 1 + roll(driver, 16) : 1;
    for (; room > 0 && driver->to_send < BYTES; room--) {
        hv_uart_write(&driver->uart, HV_UART_DATA, pattern(driver->to_send++), driver->now);
    }
}

static void empty_receiver(struct driver *driver)
{
    unsigned most = 1 + roll(driver, 16);
    while (most-- > 0 && (hv_uart_read(&driver->uart, HV_UART_LINE_STATUS, driver->now) & 1) != 0) {
        ck_assert_uint_lt(driver->got_count, BYTES);
        driver->got[driver->got_count++] = hv_uart_read(&driver->uart, HV_UART_DATA, driver->now);
    }
}

static void handle_interrupt(struct driver *driver)
{
    uint8_t id = hv_uart_read(&driver->uart, HV_UART_INTERRUPT_ID, driver->now) & 0x0F;
    driver->interrupts[id]++;
    switch (id) {
    case 0x04:
    case 0x0C:
        empty_receiver(driver);
        return;
    case 0x02:
        fill_transmitter(driver);
        return;
    default:
        ck_abort_msg("interrupt %x without a cause", id);
    }
}

static void start(struct driver *driver, int seed)
{
    struct hv_uart_config config = uart_line_config(&line);
    memset(&line, 0, sizeof(line));
    memset(driver, 0, sizeof(*driver));
    driver->random = 0x9E3779B97F4A7C15u * (uint64_t)(seed + 1);
    driver->fifo = seed % 5;
    hv_uart_init(&driver->uart, &config, 0);
    hv_uart_write(&driver->uart, HV_UART_LINE_CONTROL, 0x03, 0);
    if (driver->fifo != 0) {
        hv_uart_write(&driver->uart, HV_UART_FIFO_CONTROL, (uint8_t)((driver->fifo - 1) << 6 | 1),
                      0);
    }
    hv_uart_write(&driver->uart, HV_UART_INTERRUPT_ENABLE, 0x03, 0);
}

/* Through a record now and then, which must change nothing. */
static void save_and_restore(struct driver *driver)
{
    struct hv_uart_record record;
    hv_uart_save(&driver->uart, driver->now, &record);
    ck_assert(hv_uart_restore(&driver->uart, &record, sizeof(record), driver->now));
}

static void step(struct driver *driver)
{
    if (hv_uart_interrupt(&driver->uart) && roll(driver, 3) != 0) {
        handle_interrupt(driver);
        return;
    }
    if (roll(driver, 20) == 0) {
        save_and_restore(driver);
    }
    if (line.input_count < BYTES && roll(driver, 2) == 0) {
        uart_line_type(&line, pattern((unsigned)line.input_count), 0);
    }
    driver->now += roll(driver, 30000);
    hv_uart_advance(&driver->uart, driver->now);
}

START_TEST(interrupt_driven_driver_loses_no_byte)
{
    static struct driver driver;
    start(&driver, _i);
    for (unsigned i = 0; i < 200000 && (driver.got_count < BYTES || line.sent_count < BYTES); i++) {
        step(&driver);
    }
    ck_assert_uint_eq(driver.got_count, BYTES);
    ck_assert_uint_eq(line.sent_count, BYTES);
    unsigned wrong = 0;
    for (unsigned i = 0; i < BYTES; i++) {
        wrong += driver.got[i] != pattern(i);
        wrong += line.sent[i] != pattern(i);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_gt(driver.interrupts[0x02], 100);
    if (driver.fifo > 1) {
        ck_assert_uint_gt(driver.interrupts[0x0C], 0);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("uart model");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, interrupt_driven_driver_loses_no_byte, 0, 20);
    Suite *suite = suite_create("uart model");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
