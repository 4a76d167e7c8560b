/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tables.h"

#include <stddef.h>

#include <hv/acpi_tables.h>

#define TABLES_SIZE (UINT64_C(0x100000) - WORKER_TABLES)
#define SCI         9u
#define TIMER_PIN   2u

bool worker_tables_write(struct worker_machine *machine)
{
    static const struct hv_acpi_override timer = { .source = 0, .gsi = TIMER_PIN };
    const struct hv_acpi_tables_config config = {
        .address = WORKER_TABLES,
        .apic_ids = machine->config.apic_ids,
        .cpu_count = machine->config.vp_count,
        .io_apic_address = HV_IOAPIC_DEFAULT_ADDRESS,
        .sci = SCI,
        .pm_port = WORKER_PM_PORT,
        .timer_32_bits = true,
        .pic = true,
        .com1 = true,
        .com2 = true,
        .rtc = true,
        .pci = true,
        .pci_memory_32 = { WORKER_RAM_HOLE, HV_IOAPIC_DEFAULT_ADDRESS - WORKER_RAM_HOLE },
        .overrides = &timer,
        .override_count = 1,
    };
    void *to = worker_memory_at(&machine->guest.memory, WORKER_TABLES, TABLES_SIZE);
    size_t used;

    return to && hv_acpi_tables_write(&config, to, TABLES_SIZE, &used);
}
