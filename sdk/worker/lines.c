/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "lines.h"

#define TIMER_IRQ 0u
#define TIMER_PIN 2u
#define CLOCK_IRQ 8u
#define SCI_IRQ   9u
#define PCI_PINS  (((1u << HV_PCI_GSIS) - 1) << HV_PCI_FIRST_GSI)

static const uint8_t com_irqs[WORKER_COM_PORTS] = { 4, 3 };

/* ---- To the host ---- */

static bool assert_interrupt(struct worker_machine *machine,
                             const struct worker_interrupt *interrupt)
{
    const struct worker_vid *vid = machine->config.vid;
    hv_status status = vid->assert_interrupt(vid->context, interrupt);

    if (status != HV_STATUS_SUCCESS)
        machine->interrupt_status = status;
    return status == HV_STATUS_SUCCESS;
}

/* The vector of others is nobody's to look at, and the hypervisor wants none. */
static bool has_vector(uint8_t delivery_mode)
{
    return delivery_mode == HV_IOAPIC_FIXED || delivery_mode == HV_IOAPIC_LOWEST_PRIORITY;
}

/*
 * Delivery modes of an I/O APIC have the numbers of interrupt types. An ExtINT message has no
 * vector: it makes a processor ask the 8259s, and what they have reaches VP 0 without it.
 */
static bool send(void *context, const struct hv_ioapic_message *message)
{
    const struct worker_interrupt interrupt = {
        .destination = message->destination,
        .type = message->delivery_mode,
        .vector = has_vector(message->delivery_mode) ? message->vector : 0,
        .level_triggered = message->level,
        .logical_destination = message->logical,
    };

    return message->delivery_mode == HV_IOAPIC_EXTINT || assert_interrupt(context, &interrupt);
}

/* TLFS v6.0b, 10.5: the hypervisor wants the vector at once, so the 8259s are asked for it when the
   VP has taken the last one, not when it takes this one. */
void worker_lines_update_legacy(struct worker_machine *machine)
{
    const struct worker_vid *vid = machine->config.vid;
    struct worker_interrupt interrupt = { .type = HvX64InterruptTypeExtInt };

    if (!vid->clear_interrupt)
        return;
    if (machine->legacy_state == WORKER_LEGACY_SENT &&
        vid->clear_interrupt(vid->context) == HV_STATUS_SUCCESS)
        machine->legacy_state = WORKER_LEGACY_NONE;
    if (machine->legacy_state == WORKER_LEGACY_NONE && hv_pic_output(&machine->pic)) {
        machine->legacy_vector = hv_pic_acknowledge(&machine->pic);
        machine->legacy_state = WORKER_LEGACY_HELD;
    }
    interrupt.vector = machine->legacy_vector;
    if (machine->legacy_state == WORKER_LEGACY_HELD && assert_interrupt(machine, &interrupt))
        machine->legacy_state = WORKER_LEGACY_SENT;
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
    hv_pic_init(&machine->pic);
    hv_pic_write(&machine->pic, HV_PIC_SLAVE_LEVEL, 1u << (SCI_IRQ - HV_PIC_LINES / 2));
    machine->guest.interrupt_end = (struct worker_interrupt_end){ machine, end_interrupt };
}

/* ---- From the devices ---- */

static void set_isa_line(struct worker_machine *machine, unsigned irq, bool level)
{
    hv_pic_set_line(&machine->pic, irq, level);
    hv_ioapic_set_line(&machine->ioapic, irq == TIMER_IRQ ? TIMER_PIN : irq, level);
}

/* Each of these asks one device, and tells whether a line has moved that the 8259s have. */

static bool move_isa_line(struct worker_machine *machine, unsigned irq, bool level)
{
    if (level == (machine->levels >> irq & 1))
        return false;
    machine->levels ^= 1u << irq;
    set_isa_line(machine, irq, level);
    return true;
}

static bool move_com(struct worker_machine *machine, unsigned port)
{
    return move_isa_line(machine, com_irqs[port], hv_uart_interrupt(&machine->uart[port]));
}

static bool move_clock(struct worker_machine *machine)
{
    return move_isa_line(machine, CLOCK_IRQ, hv_rtc_interrupt(&machine->rtc));
}

static bool move_sci(struct worker_machine *machine)
{
    return move_isa_line(machine, SCI_IRQ, hv_acpi_pm_interrupt(&machine->pm));
}

/* A tick is an edge, whatever the line was before. */
static bool move_timer(struct worker_machine *machine)
{
    if (hv_pit_ticks(&machine->pit) == 0)
        return false;
    hv_pit_take_ticks(&machine->pit, hv_pit_ticks(&machine->pit));
    set_isa_line(machine, TIMER_IRQ, false);
    set_isa_line(machine, TIMER_IRQ, true);
    return true;
}

/* PCI's lines are pulled up: what is asserted is low. */
static bool move_pci(struct worker_machine *machine)
{
    uint32_t asserted = hv_pci_interrupts(&machine->pci) & PCI_PINS;

    for (uint32_t left = (asserted ^ machine->levels) & PCI_PINS; left != 0; left &= left - 1) {
        unsigned pin = (unsigned)__builtin_ctz(left);

        hv_ioapic_set_line(&machine->ioapic, pin, !(asserted >> pin & 1));
    }
    machine->levels = (machine->levels & ~PCI_PINS) | asserted;
    return false;
}

/* Where nothing has moved, the 8259s have nothing new; the host may have. */
static void look_at_legacy(struct worker_machine *machine, bool moved)
{
    if (moved || machine->legacy_state != WORKER_LEGACY_NONE)
        worker_lines_update_legacy(machine);
}

void worker_lines_update_com(struct worker_machine *machine, unsigned port)
{
    look_at_legacy(machine, move_com(machine, port));
}

void worker_lines_update_timer(struct worker_machine *machine)
{
    look_at_legacy(machine, move_timer(machine));
}

void worker_lines_update_clock(struct worker_machine *machine)
{
    look_at_legacy(machine, move_clock(machine));
}

void worker_lines_update_sci(struct worker_machine *machine)
{
    look_at_legacy(machine, move_sci(machine));
}

void worker_lines_update_pci(struct worker_machine *machine)
{
    look_at_legacy(machine, move_pci(machine));
}

void worker_lines_update(struct worker_machine *machine)
{
    bool moved = move_timer(machine);

    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        moved |= move_com(machine, i);
    moved |= move_clock(machine);
    moved |= move_sci(machine);
    moved |= move_pci(machine);
    look_at_legacy(machine, moved);
}
