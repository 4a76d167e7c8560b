/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore. A record may come from an enemy: it is taken whole or not at all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/uart.h>

#include "mem.h"
#include "uart.h"

/* Every byte of a record has a meaning, so a record says nothing of the memory it was made in. */
_Static_assert(sizeof(struct hv_uart_record) == 112, "no padding");

static uint64_t left(uint64_t due, uint64_t now)
{
    return due == HV_UART_NO_TIME ? HV_UART_NO_TIME : due - now;
}

static uint64_t due(uint64_t left_time, uint64_t now)
{
    bool fits = left_time < HV_UART_NO_TIME - now;
    return left_time == HV_UART_NO_TIME ? HV_UART_NO_TIME
           : fits                       ? now + left_time
                                        : HV_UART_NO_TIME - 1;
}

static void save_registers(const struct hv_uart *uart, struct hv_uart_record *record)
{
    record->divisor = uart->divisor;
    record->ier = uart->ier;
    record->fcr = uart->fcr;
    record->lcr = uart->lcr;
    record->mcr = uart->mcr;
    record->msr = uart->msr;
    record->scratch = uart->scratch;
    record->rbr = uart->rbr;
    record->line_errors = uart->line_errors;
    record->inputs = uart->inputs;
    record->thre_pending = uart->thre_pending;
    record->timed_out = uart->timed_out;
    record->break_done = uart->break_done;
}

void hv_uart_save(struct hv_uart *uart, uint64_t now, struct hv_uart_record *record)
{
    hv_uart_advance(uart, now);
    memset(record, 0, sizeof(*record));
    record->version = HV_UART_RECORD_VERSION;
    record->size = sizeof(*record);
    save_registers(uart, record);
    record->tx_count = uart->tx_count;
    memcpy(record->tx, uart->tx, uart->tx_count);
    record->rx_count = uart->rx_count;
    for (unsigned i = 0; i < uart->rx_count; i++) {
        record->rx_data[i] = uart->rx[i].data;
        record->rx_errors[i] = uart->rx[i].errors;
    }
    if (uart->tx_busy) {
        record->tx_busy = 1;
        record->tx_shift = uart->tx_shift;
        record->tx_left = uart->tx_due - uart->now;
    }
    if (uart->rx_busy) {
        record->rx_busy = 1;
        record->rx_shift_data = uart->rx_shift.data;
        record->rx_shift_errors = uart->rx_shift.errors & LSR_CHARACTER_ERRORS;
        record->rx_left = uart->rx_due - uart->now;
    }
    record->timeout_left = left(uart->timeout_due, uart->now);
    record->break_left = left(uart->break_due, uart->now);
}

static bool is_flag(uint8_t value)
{
    return value <= 1;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool registers_are_valid(const struct hv_uart_record *record)
{
    return (record->ier & ~IER_MASK) == 0 && (record->fcr & ~FCR_KEPT) == 0 &&
           ((record->fcr & FCR_ENABLE) != 0 || record->fcr == 0) &&
           (record->mcr & ~MCR_MASK) == 0 && (record->line_errors & ~LSR_ERRORS) == 0 &&
           (record->inputs & ~MSR_INPUTS) == 0 && is_flag(record->thre_pending) &&
           is_flag(record->timed_out) && is_flag(record->break_done) &&
           is_zero(record->reserved, sizeof(record->reserved));
}

static bool errors_are_valid(const struct hv_uart_record *record)
{
    for (unsigned i = 0; i < HV_UART_FIFO_SIZE; i++) {
        if ((record->rx_errors[i] & ~LSR_CHARACTER_ERRORS) != 0) {
            return false;
        }
    }
    return (record->rx_shift_errors & ~LSR_CHARACTER_ERRORS) == 0;
}

/* What @uart holds contradicts itself, as it never does in operation. */
static bool state_is_valid(const struct hv_uart *uart)
{
    bool held = hv_uart_loops(uart) && (uart->lcr & LCR_BREAK) != 0;
    bool waits = hv_uart_has_fifos(uart) && uart->rx_count != 0;
    return uart->tx_count <= hv_uart_depth(uart) && uart->rx_count <= hv_uart_depth(uart) &&
           (uart->tx_busy || uart->tx_count == 0) && !(uart->rx_busy && hv_uart_loops(uart)) &&
           !(uart->thre_pending && uart->tx_count != 0) &&
           (uart->msr & MSR_INPUTS) == hv_uart_seen_inputs(uart) && (waits || !uart->timed_out) &&
           (uart->timeout_due != HV_UART_NO_TIME) == (waits && !uart->timed_out) &&
           (uart->break_due != HV_UART_NO_TIME) == (held && !uart->break_done) &&
           (held || !uart->break_done);
}

/* The longest character ever takes 2^16 * 16 * 12 clocks, at 1 Hz. */
static bool times_are_valid(const struct hv_uart_record *record)
{
    const uint64_t longest = UINT64_C(0x10000) * 16 * 12 * 10000000 * HV_UART_TIMEOUT_CHARACTERS;
    return (record->tx_left <= longest) && (record->rx_left <= longest) &&
           (record->timeout_left <= longest || record->timeout_left == HV_UART_NO_TIME) &&
           (record->break_left <= longest || record->break_left == HV_UART_NO_TIME);
}

static void take_registers(struct hv_uart *uart, const struct hv_uart_record *record)
{
    uart->divisor = record->divisor;
    uart->ier = record->ier;
    uart->fcr = record->fcr;
    uart->lcr = record->lcr;
    uart->mcr = record->mcr;
    uart->msr = record->msr;
    uart->scratch = record->scratch;
    uart->rbr = record->rbr;
    uart->line_errors = record->line_errors;
    uart->inputs = record->inputs;
    uart->thre_pending = record->thre_pending != 0;
    uart->timed_out = record->timed_out != 0;
    uart->break_done = record->break_done != 0;
}

static void take_characters(struct hv_uart *uart, const struct hv_uart_record *record)
{
    uart->tx_count = record->tx_count;
    memcpy(uart->tx, record->tx, sizeof(uart->tx));
    uart->tx_busy = record->tx_busy != 0;
    uart->tx_shift = record->tx_shift;
    uart->tx_due = uart->tx_busy ? due(record->tx_left, uart->now) : HV_UART_NO_TIME;
    uart->rx_count = record->rx_count;
    for (unsigned i = 0; i < HV_UART_FIFO_SIZE; i++) {
        uart->rx[i] = (struct hv_uart_character){ record->rx_data[i], record->rx_errors[i] };
    }
    uart->rx_busy = record->rx_busy != 0;
    uart->rx_shift = (struct hv_uart_character){ record->rx_shift_data, record->rx_shift_errors };
    uart->rx_due = uart->rx_busy ? due(record->rx_left, uart->now) : HV_UART_NO_TIME;
    uart->timeout_due = due(record->timeout_left, uart->now);
    uart->break_due = due(record->break_left, uart->now);
}

bool hv_uart_restore(struct hv_uart *uart, const void *record, size_t size, uint64_t now)
{
    struct hv_uart_record copy;
    struct hv_uart restored;
    if (size != sizeof(copy)) {
        return false;
    }
    memcpy(&copy, record, sizeof(copy));
    if (copy.version != HV_UART_RECORD_VERSION || copy.size != sizeof(copy) ||
        !registers_are_valid(&copy) || !errors_are_valid(&copy) || !times_are_valid(&copy) ||
        !is_flag(copy.tx_busy) || !is_flag(copy.rx_busy)) {
        return false;
    }
    hv_uart_init(&restored, &uart->config, now > uart->now ? now : uart->now);
    restored.outputs = uart->outputs;
    take_registers(&restored, &copy);
    take_characters(&restored, &copy);
    if (!state_is_valid(&restored)) {
        return false;
    }
    *uart = restored;
    hv_uart_update_outputs(uart);
    return true;
}
