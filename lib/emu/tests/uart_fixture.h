/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A port whose line is two arrays. */
#ifndef HV_UART_FIXTURE_H
#define HV_UART_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <hv/uart.h>

/* One character of 10 bits at 115200 baud, in units of 100 ns. */
#define CHARACTER 868u

struct uart_line {
    uint8_t sent[4096];
    size_t sent_count;
    struct hv_uart_character input[4096];
    size_t input_first;
    size_t input_count;
    uint8_t outputs;
    unsigned output_changes;
};

static inline void uart_line_transmit(void *context, uint8_t data)
{
    struct uart_line *line = context;
    line->sent[line->sent_count++ % sizeof(line->sent)] = data;
}

static inline bool uart_line_receive(void *context, struct hv_uart_character *character)
{
    struct uart_line *line = context;
    if (line->input_first == line->input_count) {
        return false;
    }
    *character = line->input[line->input_first++ % 4096];
    return true;
}

static inline void uart_line_changed(void *context, uint8_t outputs)
{
    struct uart_line *line = context;
    line->outputs = outputs;
    line->output_changes++;
}

static inline void uart_line_type(struct uart_line *line, uint8_t data, uint8_t errors)
{
    line->input[line->input_count++ % 4096] = (struct hv_uart_character){ data, errors };
}

static inline struct hv_uart_config uart_line_config(struct uart_line *line)
{
    return (struct hv_uart_config){
        .backend = { line, uart_line_transmit, uart_line_receive, uart_line_changed },
        .clock_hz = HV_UART_CLOCK_PC,
    };
}

#endif
