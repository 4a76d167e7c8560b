/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ACPI tables of any configuration, possible or not, in buffers of any size.
 *
 * Input: a configuration as bytes, then APIC IDs and overrides. Invariants: the same answer with
 * and without a buffer, nothing is written beyond it, and tables that are written are found from
 * the first byte and add up.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hv/acpi_tables.h>

#include "../lib/emu/tests/acpi_walk.h"
#include "fuzz.h"

#define MOST 0x100000u

struct input {
    uint64_t address;
    uint64_t low_base;
    uint64_t low_size;
    uint64_t high_base;
    uint64_t high_size;
    uint32_t buffer_size;
    uint16_t cpu_count;
    uint16_t pm_port;
    uint8_t sci;
    uint8_t override_count;
    uint8_t flags;
    uint8_t io_apic_id;
};

static uint32_t apic_ids[0x10000];
static struct hv_acpi_override overrides[256];

static struct hv_acpi_tables_config to_config(const struct input *input)
{
    return (struct hv_acpi_tables_config){
        .address = input->address,
        .apic_ids = apic_ids,
        .cpu_count = input->cpu_count,
        .io_apic_address = 0xFEC00000,
        .io_apic_id = input->io_apic_id,
        .sci = input->sci,
        .pm_port = input->pm_port,
        .timer_32_bits = (input->flags & 1) != 0,
        .pic = (input->flags & 2) != 0,
        .com1 = (input->flags & 4) != 0,
        .com2 = (input->flags & 8) != 0,
        .i8042 = (input->flags & 16) != 0,
        .rtc = (input->flags & 32) != 0,
        .vga = (input->flags & 64) != 0,
        .pci = (input->flags & 128) != 0,
        .pci_memory_32 = { input->low_base, input->low_size },
        .pci_memory_64 = { input->high_base, input->high_size },
        .overrides = overrides,
        .override_count = input->override_count,
    };
}

static void fill_arrays(const uint8_t *data, size_t size)
{
    memset(apic_ids, 0, sizeof(apic_ids));
    memset(overrides, 0, sizeof(overrides));
    for (size_t i = 0; i + 4 <= size; i += 4) {
        memcpy(&apic_ids[i / 4], data + i, 4);
    }
    for (size_t i = 0; i + 4 <= size && i / 4 < 256; i += 4) {
        overrides[i / 4] = (struct hv_acpi_override){ data[i], data[i + 1], data[i + 2] % 2 != 0,
                                                      data[i + 3] % 2 != 0 };
    }
}

static void check_tables(const uint8_t *bytes, size_t used, uint64_t address)
{
    const struct acpi_memory memory = { bytes, used, address };
    const uint8_t *fadt = acpi_find(&memory, "FACP");
    CHECK(acpi_find(&memory, "APIC") != NULL);
    CHECK(fadt != NULL);
    CHECK(acpi_table_at(&memory, acpi_get(fadt, 132, 8), "FACS") != NULL);
    CHECK(acpi_table_at(&memory, acpi_get(fadt, 140, 8), "DSDT") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buffer[MOST + MOST / 8 + 64];
    struct input input;
    size_t needed, used;
    if (size < sizeof(input)) {
        return 0;
    }
    memcpy(&input, data, sizeof(input));
    fill_arrays(data + sizeof(input), size - sizeof(input));
    const struct hv_acpi_tables_config config = to_config(&input);
    CHECK(!hv_acpi_tables_write(&config, NULL, 0, &needed));
    CHECK(needed <= MOST);
    size_t room = input.buffer_size % (needed + needed / 8 + 1);
    memset(buffer, 0xEE, room + 64);
    bool written = hv_acpi_tables_write(&config, buffer, room, &used);
    CHECK(used == needed && written == (needed != 0 && needed <= room));
    CHECK(buffer[room] == 0xEE);
    if (written) {
        CHECK(used == room || buffer[used] == 0xEE);
        check_tables(buffer, used, config.address);
    }
    return 0;
}
