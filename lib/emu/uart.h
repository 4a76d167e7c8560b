/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the files of the serial port share. Sections are those of the PC16550D data sheet. */
#ifndef HV_EMU_UART_H
#define HV_EMU_UART_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/uart.h>

enum {
    IER_RECEIVED = 0x01,
    IER_THRE = 0x02,
    IER_LINE = 0x04,
    IER_MODEM = 0x08,
    IER_MASK = 0x0F,

    IIR_NONE = 0x01,
    IIR_MODEM = 0x00,
    IIR_THRE = 0x02,
    IIR_RECEIVED = 0x04,
    IIR_LINE = 0x06,
    IIR_TIMEOUT = 0x0C,
    IIR_FIFOS = 0xC0,

    FCR_ENABLE = 0x01,
    FCR_CLEAR_RX = 0x02,
    FCR_CLEAR_TX = 0x04,
    FCR_KEPT = 0xC9, /* enable, DMA mode, trigger level */

    LCR_WORD_LENGTH = 0x03,
    LCR_STOP_BITS = 0x04,
    LCR_PARITY = 0x08,
    LCR_BREAK = 0x40,
    LCR_DLAB = 0x80,

    MCR_OUTPUTS = 0x0F,
    MCR_LOOP = 0x10,
    MCR_MASK = 0x1F,

    LSR_DATA_READY = 0x01,
    LSR_OVERRUN = 0x02,
    LSR_CHARACTER_ERRORS = 0x1C,
    LSR_ERRORS = 0x1E,
    LSR_THRE = 0x20,
    LSR_TEMT = 0x40,
    LSR_FIFO_ERROR = 0x80,

    MSR_DELTA_CTS = 0x01,
    MSR_DELTA_DSR = 0x02,
    MSR_TRAILING_RI = 0x04,
    MSR_DELTA_DCD = 0x08,
    MSR_DELTAS = 0x0F,
    MSR_INPUTS = 0xF0,
};

/* The receive time-out, "FIFO interrupt mode operation". */
#define HV_UART_TIMEOUT_CHARACTERS 4u

static inline bool hv_uart_has_fifos(const struct hv_uart *uart)
{
    return (uart->fcr & FCR_ENABLE) != 0;
}

/* Characters in front of each shift register: the FIFO, or one holding register. */
static inline uint8_t hv_uart_depth(const struct hv_uart *uart)
{
    return hv_uart_has_fifos(uart) ? HV_UART_FIFO_SIZE : 1;
}

static inline bool hv_uart_loops(const struct hv_uart *uart)
{
    return (uart->mcr & MCR_LOOP) != 0;
}

/* In loopback the inputs are replaced by MCR: RTS, DTR, OUT1, OUT2 in this order. */
static inline uint8_t hv_uart_seen_inputs(const struct hv_uart *uart)
{
    uint8_t mcr = uart->mcr;
    if (!hv_uart_loops(uart)) {
        return uart->inputs;
    }
    return (uint8_t)(((mcr & HV_UART_RTS) != 0 ? HV_UART_CTS : 0) |
                     ((mcr & HV_UART_DTR) != 0 ? HV_UART_DSR : 0) |
                     ((mcr & HV_UART_OUT1) != 0 ? HV_UART_RI : 0) |
                     ((mcr & HV_UART_OUT2) != 0 ? HV_UART_DCD : 0));
}

/* Time of one character in units of 100 ns. */
uint64_t hv_uart_character_time(const struct hv_uart *uart);

/* Tells the back end of outputs that differ from what it was told last. */
void hv_uart_update_outputs(struct hv_uart *uart);

#endif
