/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The serial port under random register accesses and time, and under hostile saved states.
 *
 * Input: see device.h; steps of three bytes: opcode and register, value, time. Invariants:
 * registers keep their reserved bits, IIR and the interrupt line agree, no deadline lies in the
 * past, and a port restored from what was saved behaves like the one that goes on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hv/uart.h>

#include "device.h"

#define MAX_OUTPUT 4096u

struct line {
    uint8_t output[MAX_OUTPUT];
    size_t output_count;
    uint32_t input_left;
    uint8_t input_next;
};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void transmit(void *context, uint8_t data)
{
    struct line *line = context;
    line->output[line->output_count++ % MAX_OUTPUT] = data;
}

static bool receive(void *context, struct hv_uart_character *character)
{
    struct line *line = context;
    if (line->input_left == 0) {
        return false;
    }
    line->input_left--;
    character->data = line->input_next;
    character->errors = line->input_next % 5 == 0 ? line->input_next : 0;
    line->input_next = (uint8_t)(line->input_next * 5 + 1);
    return true;
}

static void lines_changed(void *context, uint8_t outputs)
{
    (void)context;
    require((outputs & ~0x4F) == 0);
}

static void check_port(struct hv_uart *uart, uint64_t now)
{
    require(hv_uart_deadline(uart) >= now);
    require((hv_uart_read(uart, HV_UART_MODEM_CONTROL, now) & 0xE0) == 0);
    bool line = hv_uart_interrupt(uart);
    uint8_t id = hv_uart_read(uart, HV_UART_INTERRUPT_ID, now);
    require(line == ((id & 1) == 0) || uart->config.out2_gates_interrupt);
    require((id & 0x30) == 0 && ((id & 0xC0) == 0 || (id & 0xC0) == 0xC0));
}

static uint8_t do_step(struct hv_uart *uart, struct line *line, const uint8_t step[3],
                       uint64_t *now)
{
    *now += (uint64_t)step[2] * step[2];
    switch (step[0] >> 4) {
    case 0:
    case 1:
    case 2:
    case 3:
        hv_uart_write(uart, step[0], step[1], *now);
        return 0;
    case 4:
    case 5:
    case 6:
        return hv_uart_read(uart, step[0], *now);
    case 7:
        hv_uart_set_inputs(uart, step[1], *now);
        return 0;
    case 8:
        line->input_left += step[1];
        hv_uart_advance(uart, *now);
        return 0;
    case 9:
        hv_uart_reset(uart, *now);
        return 0;
    default:
        *now = hv_uart_deadline(uart) == HV_UART_NO_TIME ? *now : hv_uart_deadline(uart);
        hv_uart_advance(uart, *now);
        return hv_uart_interrupt(uart);
    }
}

/* A port that went through save and restore, beside one that did not. */
static void run(struct hv_uart *uart, struct line *line, const uint8_t *data, size_t size)
{
    static struct line twin_line;
    struct hv_uart_record record;
    struct hv_uart twin;
    struct hv_uart_config config = uart->config;
    uint64_t now = uart->now;
    hv_uart_save(uart, now, &record);
    config.backend.context = &twin_line;
    hv_uart_init(&twin, &config, now);
    require(hv_uart_restore(&twin, &record, sizeof(record), now));
    memcpy(&twin_line, line, sizeof(twin_line));
    for (; size >= 3; data += 3, size -= 3) {
        uint64_t twin_now = now;
        uint8_t value = do_step(uart, line, data, &now);
        require(value == do_step(&twin, &twin_line, data, &twin_now) && now == twin_now);
        require(hv_uart_interrupt(uart) == hv_uart_interrupt(&twin));
        require(hv_uart_deadline(uart) == hv_uart_deadline(&twin));
        if (data[0] % 16 == 15) {
            hv_uart_save(uart, now, &record);
            require(hv_uart_restore(&twin, &record, sizeof(record), now));
            /* Saving may have asked for input. */
            memcpy(&twin_line, line, sizeof(twin_line));
        }
    }
    require(line->output_count == twin_line.output_count);
    require(memcmp(line->output, twin_line.output, MAX_OUTPUT) == 0);
    check_port(uart, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_input input;
    static struct line line;
    static const uint32_t clocks[] = { HV_UART_CLOCK_PC, 0, 1, UINT32_MAX };
    struct hv_uart uart;
    if (!device_input(&input, data, size, sizeof(struct hv_uart_record))) {
        return 0;
    }
    line = (struct line){ .output_count = 0 };
    struct hv_uart_config config = { .backend = { &line, transmit, receive, lines_changed },
                                     .clock_hz = clocks[input.flags % 4],
                                     .out2_gates_interrupt = (input.flags & 4) != 0 };
    hv_uart_init(&uart, &config, (input.flags & 8) != 0 ? UINT64_MAX / 2 : 0);
    if (input.record) {
        hv_uart_restore(&uart, input.record, input.record_size, uart.now);
    }
    run(&uart, &line, input.steps, input.size);
    return 0;
}
