/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Between the buses and the devices that came with PCI. Each access may move an interrupt line. */
#include "devices.h"
#include "lines.h"

/* ---- Power management ---- */

static uint64_t read_pm(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    struct worker_machine *machine = context;
    uint32_t value = hv_acpi_pm_read(&machine->pm, (unsigned)offset, size, now);

    worker_lines_update_sci(machine);
    return value;
}

static void write_pm(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct worker_machine *machine = context;

    hv_acpi_pm_write(&machine->pm, (unsigned)offset, size, (uint32_t)value, now);
    worker_lines_update_sci(machine);
}

/* ---- PCI, in whose ports the reset register lies ---- */

static bool is_reset_register(uint64_t offset, unsigned size)
{
    return HV_PCI_FIRST_PORT + offset == HV_ACPI_RESET_PORT && size == 1;
}

static uint64_t read_pci(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    const struct worker_machine *machine = context;

    (void)now;
    if (is_reset_register(offset, size))
        return hv_acpi_pm_read_reset(&machine->pm);
    return hv_pci_read(&machine->pci, (unsigned)offset, size);
}

static void write_pci(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct worker_machine *machine = context;

    (void)now;
    if (is_reset_register(offset, size))
        hv_acpi_pm_write_reset(&machine->pm, (uint8_t)value);
    else
        hv_pci_write(&machine->pci, (unsigned)offset, size, (uint32_t)value);
    worker_lines_update_pci(machine);
}

/* ---- I/O APIC ---- */

static uint64_t read_ioapic(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    const struct worker_machine *machine = context;

    (void)now;
    return hv_ioapic_read(&machine->ioapic, offset, size);
}

static void write_ioapic(void *context, uint64_t offset, unsigned size, uint64_t value,
                         uint64_t now)
{
    struct worker_machine *machine = context;

    (void)now;
    hv_ioapic_write(&machine->ioapic, offset, size, (uint32_t)value);
}

/* ---- Where they are ---- */

bool worker_devices_attach_system(struct worker_machine *machine)
{
    const struct worker_device pm = { machine, read_pm, write_pm, 4 };
    const struct worker_device pci = { machine, read_pci, write_pci, 4 };
    const struct worker_device ioapic = { machine, read_ioapic, write_ioapic, 4 };
    struct worker_bus *ports = &machine->guest.ports;

    return worker_bus_add(ports, WORKER_PM_PORT, HV_ACPI_PM_PORTS, &pm) &&
           worker_bus_add(ports, HV_PCI_FIRST_PORT, HV_PCI_PORTS, &pci) &&
           worker_bus_add(&machine->guest.mmio, HV_IOAPIC_DEFAULT_ADDRESS, HV_IOAPIC_WINDOW_SIZE,
                          &ioapic);
}
