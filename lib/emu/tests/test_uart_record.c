/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore, and records that no port wrote. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/uart.h>

#include "suite.h"
#include "uart_fixture.h"

static struct uart_line line, other_line;
static struct hv_uart uart, other;
static struct hv_uart_record record;

static void setup(void)
{
    struct hv_uart_config config = uart_line_config(&line);
    struct hv_uart_config other_config = uart_line_config(&other_line);
    memset(&line, 0, sizeof(line));
    memset(&other_line, 0, sizeof(other_line));
    hv_uart_init(&uart, &config, 0);
    hv_uart_init(&other, &other_config, 5000);
    hv_uart_write(&uart, HV_UART_LINE_CONTROL, 0x83, 0);
    hv_uart_write(&uart, HV_UART_DATA, 1, 0);
    hv_uart_write(&uart, HV_UART_INTERRUPT_ENABLE, 0, 0);
    hv_uart_write(&uart, HV_UART_LINE_CONTROL, 0x03, 0);
    hv_uart_write(&uart, HV_UART_FIFO_CONTROL, 0x41, 0);
    hv_uart_write(&uart, HV_UART_MODEM_CONTROL, 0x0B, 0);
}

START_TEST(restored_port_goes_on_where_the_saved_one_stopped)
{
    hv_uart_write(&uart, HV_UART_INTERRUPT_ENABLE, 0x01, 0);
    hv_uart_write(&uart, HV_UART_DATA, 'x', 0);
    hv_uart_write(&uart, HV_UART_DATA, 'y', 0);
    uart_line_type(&line, 'a', 0);
    uart_line_type(&line, 'b', 0);
    hv_uart_advance(&uart, 0);
    hv_uart_save(&uart, CHARACTER + 100, &record);
    ck_assert(hv_uart_restore(&other, &record, sizeof(record), 6000));
    ck_assert_uint_eq(other_line.outputs, 0x0B);
    ck_assert_uint_eq(hv_uart_deadline(&other), 6000 + CHARACTER - 100);
    hv_uart_advance(&other, 6000 + CHARACTER - 100);
    ck_assert_mem_eq(line.sent, "x", 1);
    ck_assert_mem_eq(other_line.sent, "y", 1);
    hv_uart_advance(&other, 6000 + 6 * CHARACTER);
    ck_assert_uint_eq(hv_uart_read(&other, HV_UART_INTERRUPT_ID, 20000), 0xCC);
    ck_assert_uint_eq(hv_uart_read(&other, HV_UART_DATA, 20000), 'a');
    ck_assert_uint_eq(hv_uart_read(&other, HV_UART_DATA, 20000), 'b');
    ck_assert_uint_eq(hv_uart_read(&other, HV_UART_LINE_STATUS, 20000), 0x60);
}
END_TEST

START_TEST(record_of_another_version_or_size_is_refused)
{
    hv_uart_save(&uart, 0, &record);
    ck_assert(!hv_uart_restore(&other, &record, sizeof(record) - 1, 6000));
    record.size++;
    ck_assert(!hv_uart_restore(&other, &record, sizeof(record), 6000));
    record.size--;
    record.version = 2;
    ck_assert(!hv_uart_restore(&other, &record, sizeof(record), 6000));
}
END_TEST

START_TEST(impossible_state_is_refused_and_changes_nothing)
{
#define FIELD(name, value)                             \
    {                                                  \
        offsetof(struct hv_uart_record, name), (value) \
    }
    static const struct {
        size_t offset;
        uint8_t value;
    } bad[] = {
        FIELD(tx_count, 17),    FIELD(tx_count, 1),
        FIELD(rx_count, 17),    FIELD(rx_count, 255),
        FIELD(rx_count, 1),     FIELD(tx_busy, 2),
        FIELD(ier, 0x10),       FIELD(fcr, 0x40),
        FIELD(fcr, 0x03),       FIELD(mcr, 0x20),
        FIELD(msr, 0x10),       FIELD(line_errors, 0x01),
        FIELD(inputs, 0x01),    FIELD(inputs, 0x10),
        FIELD(thre_pending, 2), FIELD(timed_out, 1),
        FIELD(break_done, 1),   FIELD(reserved, 1),
        FIELD(rx_errors, 0x01), FIELD(rx_shift_errors, 0x80),
        FIELD(break_left, 0),   FIELD(timeout_left, 0),
    };
    struct hv_uart before;
    hv_uart_save(&uart, 0, &record);
    memcpy(&before, &other, sizeof(other));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hv_uart_record hostile = record;
        ((uint8_t *)&hostile)[bad[i].offset] = bad[i].value;
        ck_assert_msg(!hv_uart_restore(&other, &hostile, sizeof(hostile), 6000), "case %zu", i);
        ck_assert_mem_eq(&before, &other, sizeof(other));
    }
    ck_assert(hv_uart_restore(&other, &record, sizeof(record), 6000));
}
END_TEST

START_TEST(record_holds_nothing_of_the_memory_it_was_made_in)
{
    struct hv_uart_record twin;
    memset(&record, 0xFF, sizeof(record));
    memset(&twin, 0x00, sizeof(twin));
    hv_uart_save(&uart, 0, &record);
    hv_uart_save(&uart, 0, &twin);
    ck_assert_mem_eq(&record, &twin, sizeof(twin));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("uart record");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, restored_port_goes_on_where_the_saved_one_stopped);
    tcase_add_test(tests, record_of_another_version_or_size_is_refused);
    tcase_add_test(tests, impossible_state_is_refused_and_changes_nothing);
    tcase_add_test(tests, record_holds_nothing_of_the_memory_it_was_made_in);
    Suite *suite = suite_create("uart record");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
