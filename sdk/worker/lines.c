/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "lines.h"

#define TIMER_PIN 2u
#define SCI_PIN   9u
#define PCI_PINS  (((1u << HV_PCI_GSIS) - 1) << HV_PCI_FIRST_GSI)

static const uint8_t com_pins[WORKER_COM_PORTS] = { 4, 3 };

/* Delivery modes of an I/O APIC have the numbers of interrupt types. */
static bool send(void *context, const struct hv_ioapic_message *message)
{
    struct worker_machine *machine = context;
    const struct worker_vid *vid = machine->config.vid;
    const struct worker_interrupt interrupt = { .destination = message->destination,
                                                .type = message->delivery_mode,
                                                .vector = message->vector,
                                                .level_triggered = message->level,
                                                .logical_destination = message->logical };
    hv_status status = vid->assert_interrupt(vid->context, &interrupt);

    if (status != HV_STATUS_SUCCESS)
        machine->interrupt_status = status;
    return status == HV_STATUS_SUCCESS;
}

static void end_interrupt(void *context, uint32_t vector, uint64_t now)
{
    struct worker_machine *machine = context;

    (void)now;
    hv_ioapic_eoi(&machine->ioapic, (uint8_t)vector);
}

void worker_lines_init(struct worker_machine *machine)
{
    const struct hv_ioapic_config config = { .backend = { machine, send },
                                             .idle_lines = PCI_PINS,
                                             .eoi_register = true,
                                             .extended_destination = true };

    hv_ioapic_init(&machine->ioapic, &config);
    machine->guest.interrupt_end = (struct worker_interrupt_end){ machine, end_interrupt };
}

/* A tick is an edge, whatever the line was before. */
static void pass_ticks(struct worker_machine *machine)
{
    if (hv_pit_ticks(&machine->pit) == 0)
        return;
    hv_pit_take_ticks(&machine->pit, hv_pit_ticks(&machine->pit));
    hv_ioapic_set_line(&machine->ioapic, TIMER_PIN, false);
    hv_ioapic_set_line(&machine->ioapic, TIMER_PIN, true);
}

/* PCI's lines are pulled up: what is asserted is low. */
static void set_pci_lines(struct worker_machine *machine)
{
    uint32_t asserted = hv_pci_interrupts(&machine->pci);

    for (unsigned pin = HV_PCI_FIRST_GSI; pin < HV_PCI_FIRST_GSI + HV_PCI_GSIS; pin++)
        hv_ioapic_set_line(&machine->ioapic, pin, !(asserted >> pin & 1));
}

void worker_lines_update(struct worker_machine *machine)
{
    pass_ticks(machine);
    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        hv_ioapic_set_line(&machine->ioapic, com_pins[i], hv_uart_interrupt(&machine->uart[i]));
    hv_ioapic_set_line(&machine->ioapic, SCI_PIN, hv_acpi_pm_interrupt(&machine->pm));
    set_pci_lines(machine);
}
