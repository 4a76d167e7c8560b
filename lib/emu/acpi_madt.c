/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The table of interrupt controllers. Structures are those of the specification, section 5.2.12. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/acpi_tables.h>

#include "acpi_tables.h"
#include "acpi_writer.h"

enum {
    MADT_REVISION = 5,
    MADT_PCAT_COMPAT = 1,

    LOCAL_APIC = 0,
    IO_APIC = 1,
    OVERRIDE = 2,
    LOCAL_APIC_NMI = 4,
    LOCAL_X2APIC = 9,
    LOCAL_X2APIC_NMI = 10,

    PROCESSOR_ENABLED = 1,
    LINT_OF_NMI = 1,

    POLARITY_HIGH = 1,
    POLARITY_LOW = 3,
    TRIGGER_EDGE = 1 << 2,
    TRIGGER_LEVEL = 3 << 2,
};

#define LOCAL_APIC_ADDRESS 0xFEE00000u
#define LOCAL_APIC_IDS     0xFFu /* the first ID that only an x2APIC can have */

static void begin(struct acpi_writer *writer, unsigned type, unsigned length)
{
    hv_acpi_put(writer, type, 1);
    hv_acpi_put(writer, length, 1);
}

/* The unique ID of a processor is its number here. */
static bool needs_x2apic(const struct hv_acpi_tables_config *config, uint32_t number)
{
    return config->apic_ids[number] >= LOCAL_APIC_IDS || number >= LOCAL_APIC_IDS;
}

static void put_processor(struct acpi_writer *writer, const struct hv_acpi_tables_config *config,
                          uint32_t number)
{
    if (needs_x2apic(config, number)) {
        begin(writer, LOCAL_X2APIC, 16);
        hv_acpi_put(writer, 0, 2);
        hv_acpi_put(writer, config->apic_ids[number], 4);
        hv_acpi_put(writer, PROCESSOR_ENABLED, 4);
        hv_acpi_put(writer, number, 4);
    } else {
        begin(writer, LOCAL_APIC, 8);
        hv_acpi_put(writer, number, 1);
        hv_acpi_put(writer, config->apic_ids[number], 1);
        hv_acpi_put(writer, PROCESSOR_ENABLED, 4);
    }
}

/* An ISA interrupt that is edge triggered and high active is as the bus has it: flags of 0. */
static void put_override(struct acpi_writer *writer, const struct hv_acpi_override *override)
{
    unsigned flags = (override->low_active ? POLARITY_LOW : POLARITY_HIGH) |
                     (override->level ? TRIGGER_LEVEL : TRIGGER_EDGE);
    begin(writer, OVERRIDE, 10);
    hv_acpi_put(writer, 0, 1);
    hv_acpi_put(writer, override->source, 1);
    hv_acpi_put(writer, override->gsi, 4);
    hv_acpi_put(writer, override->low_active || override->level ? flags : 0, 2);
}

static void put_io_apic(struct acpi_writer *writer, const struct hv_acpi_tables_config *config)
{
    begin(writer, IO_APIC, 12);
    hv_acpi_put(writer, config->io_apic_id, 1);
    hv_acpi_put(writer, 0, 1);
    hv_acpi_put(writer, config->io_apic_address, 4);
    hv_acpi_put(writer, 0, 4);
}

/* NMI at pin 1 of all local APICs; x2APICs that are listed as such have a structure of their own.
 */
static void put_nmi(struct acpi_writer *writer, bool any_x2apic)
{
    begin(writer, LOCAL_APIC_NMI, 6);
    hv_acpi_put(writer, 0xFF, 1);
    hv_acpi_put(writer, 0, 2);
    hv_acpi_put(writer, LINT_OF_NMI, 1);
    if (any_x2apic) {
        begin(writer, LOCAL_X2APIC_NMI, 12);
        hv_acpi_put(writer, 0, 2);
        hv_acpi_put(writer, UINT32_MAX, 4);
        hv_acpi_put(writer, LINT_OF_NMI, 1);
        hv_acpi_put_zeros(writer, 3);
    }
}

void hv_acpi_write_madt(struct acpi_writer *writer, const struct hv_acpi_tables_config *config)
{
    const struct hv_acpi_override sci = { .source = config->sci,
                                          .gsi = config->sci,
                                          .level = true };
    bool any_x2apic = false;
    size_t start = hv_acpi_begin_table(writer, "APIC", MADT_REVISION);
    hv_acpi_put(writer, LOCAL_APIC_ADDRESS, 4);
    hv_acpi_put(writer, config->pic ? MADT_PCAT_COMPAT : 0, 4);
    for (uint32_t i = 0; i < config->cpu_count; i++) {
        put_processor(writer, config, i);
        any_x2apic = any_x2apic || needs_x2apic(config, i);
    }
    put_io_apic(writer, config);
    put_override(writer, &sci);
    for (uint32_t i = 0; i < config->override_count; i++) {
        put_override(writer, &config->overrides[i]);
    }
    put_nmi(writer, any_x2apic);
    hv_acpi_end_table(writer, start);
}
