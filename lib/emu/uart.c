/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The port as time goes on: transmitter, receiver, modem lines, interrupts. */
#include <stdbool.h>
#include <stdint.h>

#include <hv/uart.h>

#include "mem.h"
#include "uart.h"

#define DIVISOR_AT_POWER_ON 12u /* 9600 baud */
#define TIME_UNITS_A_SECOND UINT64_C(10000000)
#define CLOCKS_A_HALF_BIT   8u

/* ---- Time of a character ---- */

/* Start bit, data, parity and stop bits; two stop bits are one and a half with five data bits. */
static unsigned half_bits(uint8_t lcr)
{
    unsigned data = 5u + (lcr & LCR_WORD_LENGTH);
    unsigned bits = 1 + data + ((lcr & LCR_PARITY) != 0 ? 1 : 0) + 1;
    unsigned extra = (lcr & LCR_STOP_BITS) == 0 ? 0 : data == 5 ? 1 : 2;
    return bits * 2 + extra;
}

uint64_t hv_uart_character_time(const struct hv_uart *uart)
{
    if (uart->config.clock_hz == 0) {
        return 0;
    }
    /* The data sheet gives divisors from 1; a counter of 16 bits counts 0 as 2^16. */
    uint64_t divisor = uart->divisor == 0 ? UINT64_C(0x10000) : uart->divisor;
    uint64_t clocks = divisor * CLOCKS_A_HALF_BIT * half_bits(uart->lcr);
    return clocks * TIME_UNITS_A_SECOND / uart->config.clock_hz;
}

/* A sum that never reaches HV_UART_NO_TIME. */
static uint64_t after(uint64_t now, uint64_t span)
{
    return span >= HV_UART_NO_TIME - now ? HV_UART_NO_TIME - 1 : now + span;
}

static uint8_t word_mask(const struct hv_uart *uart)
{
    return (uint8_t)(0x1F | 0x1F << (uart->lcr & LCR_WORD_LENGTH));
}

/* ---- Modem lines ---- */

void hv_uart_update_outputs(struct hv_uart *uart)
{
    /* "Loopback": the outputs are forced to their inactive state, the data line to mark. */
    uint8_t outputs = 0;
    if (!hv_uart_loops(uart)) {
        outputs = (uint8_t)((uart->mcr & MCR_OUTPUTS) |
                            ((uart->lcr & LCR_BREAK) != 0 ? HV_UART_BREAK : 0));
    }
    if (outputs != uart->outputs) {
        uart->outputs = outputs;
        if (uart->config.backend.lines_changed != NULL) {
            uart->config.backend.lines_changed(uart->config.backend.context, outputs);
        }
    }
}

static void update_msr(struct hv_uart *uart)
{
    uint8_t inputs = hv_uart_seen_inputs(uart);
    uint8_t old = uart->msr & MSR_INPUTS;
    uint8_t changed = old ^ inputs;
    uint8_t deltas = (uint8_t)(((changed & HV_UART_CTS) != 0 ? MSR_DELTA_CTS : 0) |
                               ((changed & HV_UART_DSR) != 0 ? MSR_DELTA_DSR : 0) |
                               ((changed & old & HV_UART_RI) != 0 ? MSR_TRAILING_RI : 0) |
                               ((changed & HV_UART_DCD) != 0 ? MSR_DELTA_DCD : 0));
    uart->msr = (uint8_t)(inputs | (uart->msr & MSR_DELTAS) | deltas);
}

/* ---- Receiver ---- */

static void restart_timeout(struct hv_uart *uart, uint64_t now)
{
    bool runs = hv_uart_has_fifos(uart) && uart->rx_count != 0 && !uart->timed_out;
    uint64_t span = HV_UART_TIMEOUT_CHARACTERS * hv_uart_character_time(uart);
    uart->timeout_due = runs ? after(now, span) : HV_UART_NO_TIME;
}

/* Errors show in LSR when their character is the next to be read. */
static void reveal_errors(struct hv_uart *uart)
{
    if (uart->rx_count != 0) {
        uart->line_errors |= uart->rx[0].errors;
    }
}

/* "OE": with FIFOs the new character is lost, without them the unread one. */
static void store_received(struct hv_uart *uart, struct hv_uart_character character, uint64_t now)
{
    character.data &= word_mask(uart);
    character.errors &= LSR_CHARACTER_ERRORS;
    if (uart->rx_count < hv_uart_depth(uart)) {
        uart->rx[uart->rx_count++] = character;
    } else {
        uart->line_errors |= LSR_OVERRUN;
        if (!hv_uart_has_fifos(uart)) {
            uart->rx[0] = character;
        }
    }
    if (uart->rx_count == 1) {
        reveal_errors(uart);
    }
    restart_timeout(uart, now);
}

static void stop_receiving(struct hv_uart *uart)
{
    uart->rx_busy = false;
    uart->rx_due = HV_UART_NO_TIME;
}

static void start_receiving(struct hv_uart *uart, uint64_t now)
{
    const struct hv_uart_backend *backend = &uart->config.backend;
    if (uart->rx_busy || hv_uart_loops(uart) || uart->rx_count >= hv_uart_depth(uart) ||
        backend->receive == NULL || !backend->receive(backend->context, &uart->rx_shift)) {
        return;
    }
    uart->rx_busy = true;
    uart->rx_due = after(now, hv_uart_character_time(uart));
}

static uint8_t read_received(struct hv_uart *uart, uint64_t now)
{
    if (uart->rx_count == 0) {
        return uart->rbr;
    }
    uart->rbr = uart->rx[0].data;
    uart->rx_count--;
    memmove(&uart->rx[0], &uart->rx[1], uart->rx_count * sizeof(uart->rx[0]));
    reveal_errors(uart);
    uart->timed_out = false;
    restart_timeout(uart, now);
    start_receiving(uart, now);
    return uart->rbr;
}

static void clear_receiver(struct hv_uart *uart, uint64_t now)
{
    uart->rx_count = 0;
    uart->timed_out = false;
    restart_timeout(uart, now);
}

/* ---- Transmitter ---- */

/* The shift register takes the next character; what is left empty is worth an interrupt. */
static void start_transmitting(struct hv_uart *uart, uint64_t now)
{
    if (uart->tx_busy || uart->tx_count == 0) {
        return;
    }
    uart->tx_shift = uart->tx[0];
    uart->tx_count--;
    memmove(&uart->tx[0], &uart->tx[1], uart->tx_count);
    uart->tx_busy = true;
    uart->tx_due = after(now, hv_uart_character_time(uart));
    if (uart->tx_count == 0) {
        uart->thre_pending = true;
    }
}

static void write_transmitted(struct hv_uart *uart, uint8_t value, uint64_t now)
{
    uart->thre_pending = false;
    if (!hv_uart_has_fifos(uart)) {
        uart->tx_count = 0;
    }
    if (uart->tx_count < hv_uart_depth(uart)) {
        uart->tx[uart->tx_count++] = value & word_mask(uart);
    }
    start_transmitting(uart, now);
}

static void finish_transmitting(struct hv_uart *uart)
{
    uint64_t now = uart->tx_due;
    uart->tx_busy = false;
    uart->tx_due = HV_UART_NO_TIME;
    /* While a break holds the line at space, no one sees the character. */
    bool seen = (uart->lcr & LCR_BREAK) == 0;
    if (seen && hv_uart_loops(uart)) {
        store_received(uart, (struct hv_uart_character){ .data = uart->tx_shift }, now);
    } else if (seen) {
        uart->config.backend.transmit(uart->config.backend.context, uart->tx_shift);
    }
    start_transmitting(uart, now);
}

static void clear_transmitter(struct hv_uart *uart)
{
    if (uart->tx_count != 0) {
        uart->tx_count = 0;
        uart->thre_pending = true;
    }
}

/* ---- Break in loopback ---- */

/* "BI": one character of zeros when the line was at space for a whole character. */
static void update_loop_break(struct hv_uart *uart, uint64_t now)
{
    if (!hv_uart_loops(uart) || (uart->lcr & LCR_BREAK) == 0) {
        uart->break_due = HV_UART_NO_TIME;
        uart->break_done = false;
    } else if (!uart->break_done && uart->break_due == HV_UART_NO_TIME) {
        uart->break_due = after(now, hv_uart_character_time(uart));
    }
}

static void finish_loop_break(struct hv_uart *uart)
{
    const struct hv_uart_character held = { .errors =
                                                HV_UART_BREAK_RECEIVED | HV_UART_FRAMING_ERROR };
    uint64_t now = uart->break_due;
    uart->break_due = HV_UART_NO_TIME;
    uart->break_done = true;
    store_received(uart, held, now);
}

/* ---- Time ---- */

static uint64_t earlier(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

uint64_t hv_uart_deadline(const struct hv_uart *uart)
{
    return earlier(earlier(uart->tx_due, uart->rx_due),
                   earlier(uart->timeout_due, uart->break_due));
}

static void finish_receiving(struct hv_uart *uart)
{
    uint64_t now = uart->rx_due;
    stop_receiving(uart);
    store_received(uart, uart->rx_shift, now);
    start_receiving(uart, now);
}

static void do_first_due(struct hv_uart *uart, uint64_t due)
{
    if (uart->tx_due == due) {
        finish_transmitting(uart);
    } else if (uart->rx_due == due) {
        finish_receiving(uart);
    } else if (uart->break_due == due) {
        finish_loop_break(uart);
    } else {
        uart->timeout_due = HV_UART_NO_TIME;
        uart->timed_out = true;
    }
}

/* It ends: a transmitter runs empty and a receiver full. */
static void do_all_due(struct hv_uart *uart, uint64_t now)
{
    for (uint64_t due = hv_uart_deadline(uart); due != HV_UART_NO_TIME && due <= now;
         due = hv_uart_deadline(uart)) {
        do_first_due(uart, due);
    }
}

static void pass_time(struct hv_uart *uart, uint64_t now)
{
    if (now < uart->now) {
        now = uart->now;
    }
    if (hv_uart_deadline(uart) <= now) {
        do_all_due(uart, now);
    }
    uart->now = now;
}

void hv_uart_advance(struct hv_uart *uart, uint64_t now)
{
    pass_time(uart, now);
    start_receiving(uart, uart->now);
}

/* ---- Interrupts ---- */

static uint8_t trigger_level(const struct hv_uart *uart)
{
    static const uint8_t levels[] = { 1, 4, 8, 14 };
    return hv_uart_has_fifos(uart) ? levels[uart->fcr >> 6] : 1;
}

/* "Interrupt control functions": the pending one of the highest priority. */
static uint8_t interrupt_id(const struct hv_uart *uart)
{
    if ((uart->ier & IER_LINE) != 0 && uart->line_errors != 0) {
        return IIR_LINE;
    }
    if ((uart->ier & IER_RECEIVED) != 0 && uart->rx_count >= trigger_level(uart)) {
        return IIR_RECEIVED;
    }
    if ((uart->ier & IER_RECEIVED) != 0 && uart->timed_out) {
        return IIR_TIMEOUT;
    }
    if ((uart->ier & IER_THRE) != 0 && uart->thre_pending) {
        return IIR_THRE;
    }
    return (uart->ier & IER_MODEM) != 0 && (uart->msr & MSR_DELTAS) != 0 ? IIR_MODEM : IIR_NONE;
}

bool hv_uart_interrupt(const struct hv_uart *uart)
{
    bool gated = uart->config.out2_gates_interrupt && (uart->outputs & HV_UART_OUT2) == 0;
    return !gated && interrupt_id(uart) != IIR_NONE;
}

static uint8_t read_interrupt_id(struct hv_uart *uart)
{
    uint8_t id = interrupt_id(uart);
    if (id == IIR_THRE) {
        uart->thre_pending = false;
    }
    return (uint8_t)(id | (hv_uart_has_fifos(uart) ? IIR_FIFOS : 0));
}

/* Enabling the THRE interrupt while THR is empty raises it, even if it was noticed before. */
static void write_interrupt_enable(struct hv_uart *uart, uint8_t value)
{
    uint8_t raised = (uint8_t)(value & ~uart->ier);
    if ((raised & IER_THRE) != 0 && uart->tx_count == 0) {
        uart->thre_pending = true;
    }
    uart->ier = value & IER_MASK;
}

/* ---- Registers ---- */

static void write_fifo_control(struct hv_uart *uart, uint8_t value, uint64_t now)
{
    bool toggles = ((uart->fcr ^ value) & FCR_ENABLE) != 0;
    /* "FCR": other bits are not programmed unless bit 0 is 1. */
    uart->fcr = (value & FCR_ENABLE) != 0 ? value & FCR_KEPT : 0;
    if (toggles || (uart->fcr != 0 && (value & FCR_CLEAR_RX) != 0)) {
        clear_receiver(uart, now);
    }
    if (toggles || (uart->fcr != 0 && (value & FCR_CLEAR_TX) != 0)) {
        clear_transmitter(uart);
    }
}

static bool fifo_holds_error(const struct hv_uart *uart)
{
    uint8_t errors = uart->line_errors & LSR_CHARACTER_ERRORS;
    for (unsigned i = 0; i < uart->rx_count; i++) {
        errors |= uart->rx[i].errors;
    }
    return hv_uart_has_fifos(uart) && errors != 0;
}

static uint8_t read_line_status(struct hv_uart *uart)
{
    uint8_t value = uart->line_errors;
    value |= uart->rx_count != 0 ? LSR_DATA_READY : 0;
    value |= uart->tx_count == 0 ? LSR_THRE : 0;
    value |= uart->tx_count == 0 && !uart->tx_busy ? LSR_TEMT : 0;
    value |= fifo_holds_error(uart) ? LSR_FIFO_ERROR : 0;
    uart->line_errors = 0;
    uart->rx[0].errors = 0;
    return value;
}

static uint8_t read_modem_status(struct hv_uart *uart)
{
    uint8_t value = uart->msr;
    uart->msr &= MSR_INPUTS;
    return value;
}

/* New input is the embedder's to tell, so the back end need not be asked each time. */
uint8_t hv_uart_read(struct hv_uart *uart, unsigned offset, uint64_t now)
{
    pass_time(uart, now);
    bool divisor = (uart->lcr & LCR_DLAB) != 0;
    switch (offset % HV_UART_PORTS) {
    case HV_UART_DATA:
        return divisor ? (uint8_t)uart->divisor : read_received(uart, uart->now);
    case HV_UART_INTERRUPT_ENABLE:
        return divisor ? (uint8_t)(uart->divisor >> 8) : uart->ier;
    case HV_UART_INTERRUPT_ID:
        return read_interrupt_id(uart);
    case HV_UART_LINE_CONTROL:
        return uart->lcr;
    case HV_UART_MODEM_CONTROL:
        return uart->mcr;
    case HV_UART_LINE_STATUS:
        return read_line_status(uart);
    case HV_UART_MODEM_STATUS:
        return read_modem_status(uart);
    default:
        return uart->scratch;
    }
}

/* What follows from another LCR or MCR. */
static void update_lines(struct hv_uart *uart)
{
    if (hv_uart_loops(uart)) {
        /* The receiver is taken off the line in the middle of a character. */
        stop_receiving(uart);
    }
    update_msr(uart);
    hv_uart_update_outputs(uart);
    update_loop_break(uart, uart->now);
    start_receiving(uart, uart->now);
}

static void write_low_registers(struct hv_uart *uart, unsigned offset, uint8_t value)
{
    bool divisor = (uart->lcr & LCR_DLAB) != 0;
    if (divisor && offset == HV_UART_DATA) {
        uart->divisor = (uint16_t)((uart->divisor & 0xFF00) | value);
    } else if (divisor) {
        uart->divisor = (uint16_t)((uart->divisor & 0x00FF) | value << 8);
    } else if (offset == HV_UART_DATA) {
        write_transmitted(uart, value, uart->now);
    } else {
        write_interrupt_enable(uart, value);
    }
}

void hv_uart_write(struct hv_uart *uart, unsigned offset, uint8_t value, uint64_t now)
{
    hv_uart_advance(uart, now);
    switch (offset % HV_UART_PORTS) {
    case HV_UART_DATA:
    case HV_UART_INTERRUPT_ENABLE:
        write_low_registers(uart, offset % HV_UART_PORTS, value);
        break;
    case HV_UART_FIFO_CONTROL:
        write_fifo_control(uart, value, uart->now);
        break;
    case HV_UART_LINE_CONTROL:
        uart->lcr = value;
        update_lines(uart);
        break;
    case HV_UART_MODEM_CONTROL:
        uart->mcr = value & MCR_MASK;
        update_lines(uart);
        break;
    case HV_UART_SCRATCH:
        uart->scratch = value;
        break;
    default:
        return;
    }
    /* Without character times, what was written is done at once. */
    hv_uart_advance(uart, uart->now);
}

void hv_uart_set_inputs(struct hv_uart *uart, uint8_t inputs, uint64_t now)
{
    hv_uart_advance(uart, now);
    uart->inputs = inputs & MSR_INPUTS;
    update_msr(uart);
}

void hv_uart_init(struct hv_uart *uart, const struct hv_uart_config *config, uint64_t now)
{
    *uart = (struct hv_uart){
        .config = *config,
        .now = now,
        .divisor = DIVISOR_AT_POWER_ON,
        .tx_due = HV_UART_NO_TIME,
        .rx_due = HV_UART_NO_TIME,
        .timeout_due = HV_UART_NO_TIME,
        .break_due = HV_UART_NO_TIME,
    };
}

void hv_uart_reset(struct hv_uart *uart, uint64_t now)
{
    struct hv_uart old = *uart;
    hv_uart_init(uart, &old.config, now > old.now ? now : old.now);
    uart->divisor = old.divisor;
    uart->scratch = old.scratch;
    uart->inputs = old.inputs;
    uart->outputs = old.outputs;
    uart->msr = old.inputs;
    hv_uart_update_outputs(uart);
}
