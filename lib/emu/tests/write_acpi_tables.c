/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * write_acpi_tables MACHINE DIRECTORY: writes each table of a machine but the RSDP into a file of
 * its own, named after its signature, for tools that read tables. MACHINE is a number; its bits
 * choose devices.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/acpi_tables.h>
#include <hv/ioapic.h>

#define CPUS    300u
#define ADDRESS 0xE0000u

static uint8_t tables[0x20000];

static size_t write_machine(unsigned machine)
{
    static uint32_t apic_ids[CPUS];
    static const struct hv_acpi_override timer = { .source = 0, .gsi = 2 };
    struct hv_acpi_tables_config config = {
        .address = ADDRESS,
        .apic_ids = apic_ids,
        .cpu_count = (machine & 1) != 0 ? CPUS : 1,
        .io_apic_address = HV_IOAPIC_DEFAULT_ADDRESS,
        .sci = 9,
        .pm_port = 0x600,
        .timer_32_bits = (machine & 2) != 0,
        .pic = (machine & 2) != 0,
        .com1 = (machine & 4) != 0,
        .com2 = (machine & 8) != 0,
        .i8042 = (machine & 16) != 0,
        .rtc = (machine & 16) != 0,
        .vga = (machine & 16) != 0,
        .pci = (machine & 32) != 0,
        .pci_memory_32 = { 0xC0000000, 0x3C000000 },
        .overrides = &timer,
        .override_count = 1,
    };
    size_t used;
    if ((machine & 64) != 0) {
        config.pci_memory_64 = (struct hv_acpi_window){ UINT64_C(1) << 36, UINT64_C(1) << 35 };
    }
    for (uint32_t i = 0; i < CPUS; i++) {
        apic_ids[i] = i;
    }
    return hv_acpi_tables_write(&config, tables, sizeof(tables), &used) ? used : 0;
}

static bool write_file(const char *directory, const uint8_t *table, uint32_t size)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%.4s.aml", directory, (const char *)table);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return false;
    }
    bool written = fwrite(table, 1, size, file) == size;
    return fclose(file) == 0 && written;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: write_acpi_tables MACHINE DIRECTORY\n");
        return 2;
    }
    size_t used = write_machine((unsigned)strtoul(argv[1], NULL, 0));
    if (used == 0) {
        return 1;
    }
    for (size_t at = HV_ACPI_TABLES_ALIGNMENT; at < used;) {
        uint32_t length;
        memcpy(&length, tables + at + 4, sizeof(length));
        if (length == 0 || length > used - at || !write_file(argv[2], tables + at, length)) {
            return 1;
        }
        at += (length + HV_ACPI_TABLES_ALIGNMENT - 1) / HV_ACPI_TABLES_ALIGNMENT *
              HV_ACPI_TABLES_ALIGNMENT;
    }
    return 0;
}
