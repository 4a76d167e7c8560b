/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The tables in their order, and how they find each other. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/acpi_pm.h>
#include <hv/acpi_tables.h>
#include <hv/ioapic.h>

#include "acpi_tables.h"
#include "acpi_writer.h"

#define PORTS           0x10000u
#define FOUR_GIB        (UINT64_C(1) << 32)
#define RSDP_SIZE       36u
#define RSDP_SIZE_OF_1  20u /* what the checksum of ACPI 1.0 covers */
#define RSDP_CHECKSUM   8u
#define RSDP_CHECKSUM_2 32u
#define RSDP_XSDT       24u
#define FACS_SIZE       64u
#define FACS_VERSION    2u

/* ---- What can be described ---- */

static bool window_is_valid(const struct hv_acpi_window *window, uint64_t end)
{
    return window->size == 0 || (window->base < end && window->size <= end - window->base);
}

static bool overrides_are_valid(const struct hv_acpi_tables_config *config)
{
    if (config->override_count > HV_ACPI_ISA_INTERRUPTS) {
        return false;
    }
    for (uint32_t i = 0; i < config->override_count; i++) {
        const struct hv_acpi_override *override = &config->overrides[i];
        if (override->source >= HV_ACPI_ISA_INTERRUPTS || override->source == config->sci ||
            override->gsi >= HV_IOAPIC_PINS) {
            return false;
        }
    }
    return true;
}

static bool config_is_valid(const struct hv_acpi_tables_config *config)
{
    return config->address % HV_ACPI_TABLES_ALIGNMENT == 0 && config->cpu_count != 0 &&
           config->cpu_count <= HV_ACPI_MAX_CPUS && config->sci != 0 &&
           config->sci < HV_ACPI_ISA_INTERRUPTS && config->pm_port != 0 &&
           config->pm_port <= PORTS - HV_ACPI_PM_PORTS &&
           window_is_valid(&config->pci_memory_32, FOUR_GIB) &&
           window_is_valid(&config->pci_memory_64, UINT64_MAX) && overrides_are_valid(config);
}

/* ---- RSDP, XSDT, FACS ---- */

static void write_rsdp(struct acpi_writer *writer)
{
    hv_acpi_put_bytes(writer, "RSD PTR ", 8);
    hv_acpi_put_zeros(writer, 1);
    hv_acpi_put_bytes(writer, "HVKIT ", 6);
    hv_acpi_put(writer, 2, 1);
    hv_acpi_put_zeros(writer, 4);
    hv_acpi_put(writer, RSDP_SIZE, 4);
    hv_acpi_put_zeros(writer, 8 + 1 + 3);
}

static void finish_rsdp(struct acpi_writer *writer, uint64_t xsdt)
{
    hv_acpi_set(writer, RSDP_XSDT, xsdt, 8);
    hv_acpi_set_checksum(writer, 0, RSDP_SIZE_OF_1, RSDP_CHECKSUM);
    hv_acpi_set_checksum(writer, 0, RSDP_SIZE, RSDP_CHECKSUM_2);
}

static void write_xsdt(struct acpi_writer *writer, uint64_t fadt, uint64_t madt)
{
    size_t start = hv_acpi_begin_table(writer, "XSDT", 1);
    hv_acpi_put(writer, fadt, 8);
    hv_acpi_put(writer, madt, 8);
    hv_acpi_end_table(writer, start);
}

static void write_facs(struct acpi_writer *writer)
{
    size_t start = writer->used;
    hv_acpi_put_bytes(writer, "FACS", 4);
    hv_acpi_put(writer, FACS_SIZE, 4);
    hv_acpi_put_zeros(writer, 24);
    hv_acpi_put(writer, FACS_VERSION, 1);
    hv_acpi_put_zeros(writer, FACS_SIZE - (writer->used - start));
}

/* ---- All ---- */

/* Where each table is, from the first byte. The first pass finds out. */
struct places {
    size_t xsdt;
    size_t fadt;
    size_t facs;
    size_t dsdt;
    size_t madt;
};

static size_t next_table(struct acpi_writer *writer)
{
    hv_acpi_align(writer, HV_ACPI_TABLES_ALIGNMENT);
    return writer->used;
}

static void write_tables(struct acpi_writer *writer, const struct hv_acpi_tables_config *config,
                         struct places *places)
{
    uint64_t address = config->address;
    const struct places known = *places;
    write_rsdp(writer);
    places->xsdt = next_table(writer);
    write_xsdt(writer, address + known.fadt, address + known.madt);
    places->fadt = next_table(writer);
    hv_acpi_write_fadt(writer, config, address + known.facs, address + known.dsdt);
    places->facs = next_table(writer);
    write_facs(writer);
    places->dsdt = next_table(writer);
    hv_acpi_write_dsdt(writer, config);
    places->madt = next_table(writer);
    hv_acpi_write_madt(writer, config);
}

bool hv_acpi_tables_write(const struct hv_acpi_tables_config *config, void *buffer, size_t size,
                          size_t *used)
{
    struct places places = { 0 };
    struct acpi_writer measure = { NULL, 0, 0 };
    struct acpi_writer writer = { buffer, size, 0 };
    *used = 0;
    if (!config_is_valid(config)) {
        return false;
    }
    write_tables(&measure, config, &places);
    if (measure.used > UINT64_MAX - config->address) {
        return false;
    }
    *used = measure.used;
    if (measure.used > size) {
        return false;
    }
    write_tables(&writer, config, &places);
    finish_rsdp(&writer, config->address + places.xsdt);
    return true;
}
