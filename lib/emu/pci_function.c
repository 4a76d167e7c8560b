/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One function's configuration space. Sections are those of the PCI Local Bus Specification. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/pci.h>

#include "mem.h"
#include "pci.h"

#define BAR_IO           0x1u
#define BAR_64           0x4u
#define BAR_PREFETCHABLE 0x8u
#define PORT_SPACE       0x10000u
#define INTERRUPT_PINS   4u
#define NO_VENDOR        0xFFFFu

uint32_t hv_pci_space_get(const uint8_t *space, unsigned offset, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)space[offset + i] << i * 8;
    }
    return value;
}

void hv_pci_space_set(uint8_t *space, unsigned offset, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        space[offset + i] = (uint8_t)(value >> i * 8);
    }
}

/* ---- Base address registers ---- */

static bool is_power_of_2(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool bar_is_valid(const struct hv_pci_bar *bars, unsigned index)
{
    const struct hv_pci_bar *bar = &bars[index];
    uint64_t size = bar->size;
    switch (bar->kind) {
    case HV_PCI_BAR_NONE:
        return true;
    case HV_PCI_BAR_IO:
        return is_power_of_2(size) && size >= 4 && size <= 256;
    case HV_PCI_BAR_MEMORY_32:
        return is_power_of_2(size) && size >= 16 && size <= UINT32_C(1) << 31;
    case HV_PCI_BAR_MEMORY_64:
        return is_power_of_2(size) && size >= 16 && index + 1 < HV_PCI_BARS &&
               bars[index + 1].kind == HV_PCI_BAR_NONE;
    default:
        return false;
    }
}

static unsigned bar_offset(unsigned index)
{
    return HV_PCI_FIRST_BAR + index * 4;
}

/* "Base Addresses": bits below the size are hardwired to 0, but for those that tell the kind. */
static void define_bar(struct hv_pci_function *function, unsigned index)
{
    const struct hv_pci_bar *bar = &function->config.bars[index];
    uint64_t address_bits = ~(bar->size - 1);
    uint32_t kind = bar->kind == HV_PCI_BAR_IO ? BAR_IO
                                               : (bar->kind == HV_PCI_BAR_MEMORY_64 ? BAR_64 : 0) |
                                                     (bar->prefetchable ? BAR_PREFETCHABLE : 0);
    if (bar->kind == HV_PCI_BAR_NONE) {
        return;
    }
    hv_pci_function_define(function, bar_offset(index), 4, kind, (uint32_t)address_bits, 0);
    if (bar->kind == HV_PCI_BAR_MEMORY_64) {
        hv_pci_function_define(function, bar_offset(index + 1), 4, 0,
                               (uint32_t)(address_bits >> 32), 0);
    }
}

static uint64_t bar_base(const struct hv_pci_function *function, unsigned index)
{
    const struct hv_pci_bar *bar = &function->config.bars[index];
    uint64_t value = hv_pci_space_get(function->space, bar_offset(index), 4);
    if (bar->kind == HV_PCI_BAR_MEMORY_64) {
        value |= (uint64_t)hv_pci_space_get(function->space, bar_offset(index + 1), 4) << 32;
    }
    return value & ~(bar->size - 1);
}

bool hv_pci_bar_address(const struct hv_pci_function *function, unsigned bar, uint64_t *address)
{
    if (bar >= HV_PCI_BARS || function->config.bars[bar].kind == HV_PCI_BAR_NONE) {
        return false;
    }
    bool io = function->config.bars[bar].kind == HV_PCI_BAR_IO;
    uint16_t enable = io ? HV_PCI_COMMAND_IO : HV_PCI_COMMAND_MEMORY;
    *address = bar_base(function, bar);
    return (hv_pci_command(function) & enable) != 0 && (!io || *address < PORT_SPACE);
}

/* ---- Other registers ---- */

bool hv_pci_function_define(struct hv_pci_function *function, unsigned offset, unsigned size,
                            uint32_t value, uint32_t writable, uint32_t cleared)
{
    if ((size != 1 && size != 2 && size != 4) || offset >= HV_PCI_CONFIG_SIZE ||
        size > HV_PCI_CONFIG_SIZE - offset || (writable & cleared) != 0) {
        return false;
    }
    hv_pci_space_set(function->space, offset, size, value);
    hv_pci_space_set(function->initial, offset, size, value);
    hv_pci_space_set(function->writable, offset, size, writable);
    hv_pci_space_set(function->cleared, offset, size, cleared);
    return true;
}

/* "Device Control": a function has the bits for what it has. */
static uint32_t command_bits(const struct hv_pci_function_config *config)
{
    uint32_t bits = config->bus_master ? HV_PCI_COMMAND_BUS_MASTER : 0;
    bits |= config->interrupt_pin != 0 ? HV_PCI_COMMAND_NO_INTX : 0;
    for (unsigned i = 0; i < HV_PCI_BARS; i++) {
        enum hv_pci_bar_kind kind = config->bars[i].kind;
        bits |= kind == HV_PCI_BAR_NONE ? 0
                : kind == HV_PCI_BAR_IO ? HV_PCI_COMMAND_IO
                                        : HV_PCI_COMMAND_MEMORY;
    }
    return bits;
}

static void define_header(struct hv_pci_function *function)
{
    const struct hv_pci_function_config *config = &function->config;
    uint32_t line_bits = config->interrupt_pin != 0 ? 0xFF : 0;
    uint32_t master_bits = config->bus_master ? 0xFF : 0;
    hv_pci_function_define(function, HV_PCI_VENDOR_ID, 2, config->vendor_id, 0, 0);
    hv_pci_function_define(function, HV_PCI_DEVICE_ID, 2, config->device_id, 0, 0);
    hv_pci_function_define(function, HV_PCI_COMMAND, 2, 0, command_bits(config), 0);
    hv_pci_function_define(function, HV_PCI_REVISION, 4, config->class_code << 8 | config->revision,
                           0, 0);
    hv_pci_function_define(function, HV_PCI_CACHE_LINE, 1, 0, master_bits, 0);
    hv_pci_function_define(function, HV_PCI_LATENCY_TIMER, 1, 0, master_bits, 0);
    hv_pci_function_define(function, HV_PCI_SUBSYSTEM_VENDOR_ID, 2, config->subsystem_vendor_id, 0,
                           0);
    hv_pci_function_define(function, HV_PCI_SUBSYSTEM_ID, 2, config->subsystem_id, 0, 0);
    hv_pci_function_define(function, HV_PCI_INTERRUPT_LINE, 1, 0, line_bits, 0);
    hv_pci_function_define(function, HV_PCI_INTERRUPT_PIN, 1, config->interrupt_pin, 0, 0);
}

static bool config_is_valid(const struct hv_pci_function_config *config)
{
    for (unsigned i = 0; i < HV_PCI_BARS; i++) {
        if (!bar_is_valid(config->bars, i)) {
            return false;
        }
    }
    return config->vendor_id != NO_VENDOR && config->class_code >> 24 == 0 &&
           config->interrupt_pin <= INTERRUPT_PINS;
}

bool hv_pci_function_init(struct hv_pci_function *function,
                          const struct hv_pci_function_config *config)
{
    *function = (struct hv_pci_function){ .config = *config };
    if (!config_is_valid(config)) {
        return false;
    }
    define_header(function);
    for (unsigned i = 0; i < HV_PCI_BARS; i++) {
        define_bar(function, i);
    }
    return true;
}

/* PCICMD 0006h and PCISTS 0280h at reset; of PCICMD, MAE and SERRE can be written. */
void hv_pci_function_init_host_bridge(struct hv_pci_function *function)
{
    const struct hv_pci_function_config config = {
        .vendor_id = 0x8086,
        .device_id = 0x1237,
        .class_code = 0x060000,
        .revision = 0x02,
    };
    hv_pci_function_init(function, &config);
    hv_pci_function_define(function, HV_PCI_COMMAND, 2,
                           HV_PCI_COMMAND_MEMORY | HV_PCI_COMMAND_BUS_MASTER,
                           HV_PCI_COMMAND_MEMORY | HV_PCI_COMMAND_SERR, 0);
    hv_pci_function_define(function, HV_PCI_STATUS, 2,
                           HV_PCI_STATUS_FAST_BACK_TO_BACK | HV_PCI_STATUS_MEDIUM, 0, 0);
    hv_pci_function_define(function, HV_PCI_LATENCY_TIMER, 1, 0, 0xF8, 0);
}

void hv_pci_function_reset(struct hv_pci_function *function)
{
    memcpy(function->space, function->initial, sizeof(function->space));
}

uint16_t hv_pci_command(const struct hv_pci_function *function)
{
    return (uint16_t)hv_pci_space_get(function->space, HV_PCI_COMMAND, 2);
}

void hv_pci_set_interrupt(struct hv_pci_function *function, bool asserted)
{
    uint8_t *status = &function->space[HV_PCI_STATUS];
    bool wired = asserted && function->config.interrupt_pin != 0;
    *status =
        (uint8_t)((*status & ~HV_PCI_STATUS_INTERRUPT) | (wired ? HV_PCI_STATUS_INTERRUPT : 0));
}

void hv_pci_function_write(struct hv_pci_function *function, unsigned offset, unsigned size,
                           uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        unsigned at = offset + i;
        uint8_t byte = (uint8_t)(value >> i * 8);
        uint8_t kept = function->space[at] & (uint8_t) ~(byte & function->cleared[at]);
        function->space[at] =
            (uint8_t)((kept & ~function->writable[at]) | (byte & function->writable[at]));
    }
    if (function->config.written != NULL) {
        function->config.written(function->config.context, offset, size);
    }
}
