/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The devices that can't be found by looking for them, in AML. */
#include <stddef.h>
#include <stdint.h>

#include <hv/acpi_pm.h>
#include <hv/acpi_tables.h>
#include <hv/pci.h>

#include "acpi_tables.h"
#include "acpi_writer.h"
#include "aml.h"

#define DSDT_REVISION  2u /* integers of 64 bits */
#define PCI_PINS       4u
#define ANY_FUNCTION   0xFFFFu
#define LAST_PORT      0xFFFFu
#define SLEEP_ELEMENTS 4u

/* A device begins with its names, and its resources are open until end_device(). */
struct device {
    size_t start;
    size_t resources;
};

static struct device begin_device(struct acpi_writer *writer, const char *segment, const char *id,
                                  unsigned unique_id)
{
    struct device device;
    device.start = hv_aml_begin_device(writer, segment);
    hv_aml_name(writer, "_HID");
    hv_aml_eisa_id(writer, id);
    hv_aml_name(writer, "_UID");
    hv_aml_integer(writer, unique_id);
    hv_aml_name(writer, "_CRS");
    device.resources = hv_aml_begin_resources(writer);
    return device;
}

static void end_device(struct acpi_writer *writer, struct device device)
{
    hv_aml_end_resources(writer, device.resources);
    hv_aml_end(writer, device.start);
}

/* ---- ISA devices ---- */

static void put_serial_port(struct acpi_writer *writer, const char *segment, unsigned number,
                            uint16_t port, unsigned irq)
{
    struct device device = begin_device(writer, segment, "PNP0501", number);
    hv_aml_ports(writer, port, 8);
    hv_aml_irq(writer, irq);
    end_device(writer, device);
}

static void put_keyboard_controller(struct acpi_writer *writer)
{
    struct device keyboard = begin_device(writer, "KBD_", "PNP0303", 0);
    hv_aml_ports(writer, 0x60, 1);
    hv_aml_ports(writer, 0x64, 1);
    hv_aml_irq(writer, 1);
    end_device(writer, keyboard);
    struct device mouse = begin_device(writer, "MOU_", "PNP0F13", 0);
    hv_aml_irq(writer, 12);
    end_device(writer, mouse);
}

static void put_clock(struct acpi_writer *writer)
{
    struct device device = begin_device(writer, "RTC_", "PNP0B00", 0);
    hv_aml_ports(writer, 0x70, 2);
    hv_aml_irq(writer, 8);
    end_device(writer, device);
}

/* The ports of the power management registers are no one else's. */
static void put_system(struct acpi_writer *writer, uint16_t pm_port)
{
    struct device device = begin_device(writer, "SYSR", "PNP0C02", 0);
    hv_aml_ports(writer, pm_port, HV_ACPI_PM_PORTS);
    end_device(writer, device);
}

/* ---- PCI ---- */

/* A window of the configuration is valid: it has no end beyond what its kind can say. */
static void put_windows(struct acpi_writer *writer, const struct hv_acpi_tables_config *config)
{
    const struct hv_acpi_window *low = &config->pci_memory_32;
    const struct hv_acpi_window *high = &config->pci_memory_64;
    hv_aml_bus_range(writer, 0, 0);
    hv_aml_ports(writer, HV_PCI_FIRST_PORT, HV_PCI_PORTS);
    hv_aml_port_range(writer, 0, HV_PCI_FIRST_PORT - 1);
    hv_aml_port_range(writer, HV_PCI_FIRST_PORT + HV_PCI_PORTS, LAST_PORT);
    if (low->size != 0) {
        hv_aml_memory_range_32(writer, (uint32_t)low->base, (uint32_t)(low->base + low->size - 1));
    }
    if (high->size != 0) {
        hv_aml_memory_range_64(writer, high->base, high->base + high->size - 1);
    }
}

/* "_PRT": device, pin counted from 0, no link device, global system interrupt. */
static void put_route(struct acpi_writer *writer, unsigned device, unsigned pin)
{
    size_t route = hv_aml_begin_package(writer, 4);
    hv_aml_integer(writer, device << 16 | ANY_FUNCTION);
    hv_aml_integer(writer, pin);
    hv_aml_integer(writer, 0);
    hv_aml_integer(writer, hv_pci_gsi(device, pin + 1));
    hv_aml_end(writer, route);
}

static void put_routing(struct acpi_writer *writer)
{
    hv_aml_name(writer, "_PRT");
    size_t routes = hv_aml_begin_package(writer, HV_PCI_DEVICES * PCI_PINS);
    for (unsigned i = 0; i < HV_PCI_DEVICES * PCI_PINS; i++) {
        put_route(writer, i / PCI_PINS, i % PCI_PINS);
    }
    hv_aml_end(writer, routes);
}

static void put_pci(struct acpi_writer *writer, const struct hv_acpi_tables_config *config)
{
    struct device bridge = begin_device(writer, "PCI0", "PNP0A03", 0);
    put_windows(writer, config);
    hv_aml_end_resources(writer, bridge.resources);
    put_routing(writer);
    hv_aml_end(writer, bridge.start);
}

/* ---- All ---- */

static void put_sleep_state(struct acpi_writer *writer)
{
    hv_aml_name(writer, "_S5_");
    size_t state = hv_aml_begin_package(writer, SLEEP_ELEMENTS);
    hv_aml_integer(writer, HV_ACPI_SLEEP_TYPE_OFF);
    hv_aml_integer(writer, HV_ACPI_SLEEP_TYPE_OFF);
    hv_aml_integer(writer, 0);
    hv_aml_integer(writer, 0);
    hv_aml_end(writer, state);
}

static void put_devices(struct acpi_writer *writer, const struct hv_acpi_tables_config *config)
{
    put_system(writer, config->pm_port);
    if (config->pci) {
        put_pci(writer, config);
    }
    if (config->com1) {
        put_serial_port(writer, "COM1", 1, 0x3F8, 4);
    }
    if (config->com2) {
        put_serial_port(writer, "COM2", 2, 0x2F8, 3);
    }
    if (config->i8042) {
        put_keyboard_controller(writer);
    }
    if (config->rtc) {
        put_clock(writer);
    }
}

void hv_acpi_write_dsdt(struct acpi_writer *writer, const struct hv_acpi_tables_config *config)
{
    size_t table = hv_acpi_begin_table(writer, "DSDT", DSDT_REVISION);
    put_sleep_state(writer);
    size_t scope = hv_aml_begin_scope(writer, "_SB_");
    put_devices(writer, config);
    hv_aml_end(writer, scope);
    hv_acpi_end_table(writer, table);
}
