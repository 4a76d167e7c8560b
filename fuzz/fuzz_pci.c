/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * PCI configuration under random accesses to its ports, and under hostile saved states.
 *
 * Input: see device.h; the record is of a function, steps of six bytes are opcode, place, and a
 * word. Invariants: bits that can't be written stay, addresses are aligned and within the ports,
 * absent functions read as ones, an access never tells a function other than the addressed one,
 * and a bus restored from what was saved behaves like the one that goes on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hv/pci.h>

#include "device.h"

#define STEP    6u
#define DEVICES 3u

static const unsigned places[DEVICES] = { 0, 3, 31 };

struct bus {
    struct hv_pci pci;
    struct hv_pci_function functions[DEVICES];
    unsigned told[DEVICES];
};

static void written(void *context, unsigned offset, unsigned size)
{
    CHECK(size == 1 || size == 2 || size == 4);
    CHECK(offset % 4 + size <= 4 && offset + size <= HV_PCI_CONFIG_SIZE);
    ++*(unsigned *)context;
}

static void start(struct bus *bus, uint8_t flags)
{
    struct hv_pci_function_config config = {
        .written = written,
        .vendor_id = 0x1AF4,
        .device_id = 0x1000,
        .class_code = 0x020000,
        .interrupt_pin = flags & 3,
        .bus_master = (flags & 4) != 0,
        .bars = { { HV_PCI_BAR_IO, false, UINT64_C(4) << (flags >> 3 & 3) },
                  { HV_PCI_BAR_MEMORY_32, false, UINT64_C(16) << (flags & 15) },
                  { HV_PCI_BAR_MEMORY_64, true, UINT64_C(16) << (flags & 31) } },
    };
    memset(bus, 0, sizeof(*bus));
    hv_pci_init(&bus->pci);
    hv_pci_function_init_host_bridge(&bus->functions[0]);
    for (unsigned i = 1; i < DEVICES; i++) {
        config.context = &bus->told[i];
        CHECK(hv_pci_function_init(&bus->functions[i], &config));
        CHECK(hv_pci_function_define(&bus->functions[i], 0x40, 4, 0xFF55AA00, 0xFFFF, 0xF0000000));
    }
    for (unsigned i = 0; i < DEVICES; i++) {
        CHECK(hv_pci_add(&bus->pci, &bus->functions[i], places[i], 0));
    }
}

static void check_function(const struct hv_pci_function *function)
{
    uint64_t address;
    for (unsigned i = 0; i < HV_PCI_CONFIG_SIZE; i++) {
        uint8_t changing = function->writable[i] | function->cleared[i];
        changing |= i == HV_PCI_STATUS ? HV_PCI_STATUS_INTERRUPT : 0;
        CHECK(((function->space[i] ^ function->initial[i]) & ~changing) == 0);
    }
    for (unsigned i = 0; i <= HV_PCI_BARS; i++) {
        if (hv_pci_bar_address(function, i, &address)) {
            CHECK(address % function->config.bars[i].size == 0);
            CHECK(i != 0 || address + function->config.bars[i].size <= 0x10000);
        }
    }
}

static uint32_t do_step(struct bus *bus, const uint8_t step[STEP])
{
    uint32_t value;
    unsigned offset = step[1] & 15, size = step[1] >> 4;
    memcpy(&value, &step[2], sizeof(value));
    switch (step[0] % 8) {
    case 0:
    case 1:
        hv_pci_write(&bus->pci, 0, 4,
                     0x80000000 | (value & 0xFC) | places[step[1] % DEVICES] << 11);
        return 0;
    case 2:
        hv_pci_write(&bus->pci, offset, size, value);
        return 0;
    case 3:
        hv_pci_write(&bus->pci, 4, 4, value);
        return 0;
    case 4:
        return hv_pci_read(&bus->pci, offset, size);
    case 5:
        hv_pci_set_interrupt(&bus->functions[step[1] % DEVICES], value % 2 != 0);
        return hv_pci_interrupts(&bus->pci);
    case 6:
        hv_pci_write(&bus->pci, offset * 0x11111111, size, value);
        return hv_pci_read(&bus->pci, offset * 0x11111111, size);
    default:
        hv_pci_reset(&bus->pci);
        return 0;
    }
}

/* The functions that were told are the one that is addressed, or none. */
static void check_step(struct bus *bus, const uint8_t step[STEP], uint32_t expected)
{
    uint32_t address = bus->pci.address;
    unsigned before[DEVICES];
    memcpy(before, bus->told, sizeof(before));
    CHECK(do_step(bus, step) == expected);
    for (unsigned i = 0; i < DEVICES; i++) {
        bool addressed = (address & 0x80FFFF00) == (0x80000000 | places[i] << 11);
        CHECK(bus->told[i] == before[i] || (addressed && bus->told[i] == before[i] + 1));
        check_function(&bus->functions[i]);
    }
    CHECK((bus->pci.address & ~0x80FFFFFCu) == 0);
    CHECK((hv_pci_interrupts(&bus->pci) & ~0x00FF0000u) == 0);
}

static void copy_state(struct bus *to, const struct bus *from)
{
    struct hv_pci_record record;
    struct hv_pci_function_record function;
    hv_pci_save(&from->pci, &record);
    CHECK(hv_pci_restore(&to->pci, &record, sizeof(record)));
    for (unsigned i = 0; i < DEVICES; i++) {
        hv_pci_function_save(&from->functions[i], &function);
        CHECK(hv_pci_function_restore(&to->functions[i], &function, sizeof(function)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_input input;
    static struct bus bus, twin;
    if (!device_input(&input, data, size, sizeof(struct hv_pci_function_record))) {
        return 0;
    }
    start(&bus, input.flags);
    start(&twin, input.flags);
    if (input.record) {
        hv_pci_function_restore(&bus.functions[1], input.record, input.record_size);
    }
    copy_state(&twin, &bus);
    for (; input.size >= STEP; input.steps += STEP, input.size -= STEP) {
        check_step(&bus, input.steps, do_step(&twin, input.steps));
    }
    return 0;
}
