/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "devices.h"

/* ---- Back ends ---- */

static void transmit(void *context, uint8_t data)
{
    const struct worker_console *console = context;

    if (console->put)
        console->put(console->context, data);
}

static bool receive(void *context, struct hv_uart_character *character)
{
    const struct worker_console *console = context;

    character->errors = 0;
    return console->get && console->get(console->context, &character->data);
}

static void stop(struct worker_machine *machine, enum worker_machine_state state)
{
    machine->state = state;
    machine->guest.stopped = true;
}

static void sleep(void *context, uint8_t type)
{
    if (type == HV_ACPI_SLEEP_TYPE_OFF)
        stop(context, WORKER_MACHINE_OFF);
}

static void reset(void *context, bool hard)
{
    (void)hard;
    stop(context, WORKER_MACHINE_RESETS);
}

#define MOST_SENT (HV_UART_FIFO_SIZE + 1) /* characters that a transmitter can have */

/* What is due first may be something of the receiver's, once for each. */
static void flush_uart(struct hv_uart *uart)
{
    uint64_t due;

    for (unsigned i = 0; i < 2 * MOST_SENT; i++) {
        due = hv_uart_deadline(uart);
        if (due == HV_UART_NO_TIME)
            return;
        hv_uart_advance(uart, due);
    }
}

void worker_devices_flush(struct worker_machine *machine)
{
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        flush_uart(&machine->uart[i]);
}

/* ---- All of them ---- */

static void init_uart(struct worker_machine *machine, unsigned port, uint64_t now)
{
    const struct hv_uart_config config = {
        .backend = { &machine->config.console[port], transmit, receive, NULL },
        .clock_hz = HV_UART_CLOCK_PC,
        .out2_gates_interrupt = true,
    };

    hv_uart_init(&machine->uart[port], &config, now);
    hv_uart_set_inputs(&machine->uart[port], HV_UART_CTS | HV_UART_DSR | HV_UART_DCD, now);
}

bool worker_devices_init(struct worker_machine *machine, uint64_t now)
{
    const struct hv_pit_config pit = { .most_ticks = 1 };
    const struct hv_acpi_pm_config pm = { .backend = { machine, sleep, reset },
                                          .timer_32_bits = true };

    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        init_uart(machine, i, now);
    hv_pit_init(&machine->pit, &pit, now);
    hv_acpi_pm_init(&machine->pm, &pm, now);
    hv_pci_init(&machine->pci);
    hv_pci_function_init_host_bridge(&machine->host_bridge);
    hv_rtc_init(&machine->rtc, machine->config.unix_time, now);
    return hv_pci_add(&machine->pci, &machine->host_bridge, 0, 0) &&
           worker_devices_attach_isa(machine) && worker_devices_attach_system(machine);
}

void worker_devices_advance(struct worker_machine *machine, uint64_t now)
{
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        hv_uart_advance(&machine->uart[i], now);
    hv_pit_advance(&machine->pit, now);
    hv_rtc_advance(&machine->rtc, now);
    hv_acpi_pm_advance(&machine->pm, now);
    hv_ioapic_retry(&machine->ioapic);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* "Never" is the greatest time of all of them. */
uint64_t worker_devices_deadline(const struct worker_machine *machine)
{
    uint64_t deadline = earlier(hv_pit_deadline(&machine->pit), hv_acpi_pm_deadline(&machine->pm));

    deadline = earlier(deadline, hv_rtc_deadline(&machine->rtc));
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        deadline = earlier(deadline, hv_uart_deadline(&machine->uart[i]));
    return deadline;
}
