/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The bus: configuration mechanism #1, and the wires of the interrupt pins. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/pci.h>

#include "pci.h"

#define NO_ONE UINT32_MAX
#define DATA   4u /* CONFIG_DATA, from CONFIG_ADDRESS */

void hv_pci_init(struct hv_pci *pci)
{
    *pci = (struct hv_pci){ .address = 0 };
}

bool hv_pci_add(struct hv_pci *pci, struct hv_pci_function *function, unsigned device,
                unsigned number)
{
    if (device >= HV_PCI_DEVICES || number >= HV_PCI_FUNCTIONS) {
        return false;
    }
    struct hv_pci_function **functions = pci->functions[device];
    if (functions[number] != NULL || (number != 0 && functions[0] == NULL)) {
        return false;
    }
    functions[number] = function;
    pci->devices |= UINT32_C(1) << device;
    if (number != 0) {
        functions[0]->space[HV_PCI_HEADER_TYPE] |= PCI_MULTIFUNCTION;
        functions[0]->initial[HV_PCI_HEADER_TYPE] |= PCI_MULTIFUNCTION;
    }
    return true;
}

void hv_pci_reset(struct hv_pci *pci)
{
    pci->address = 0;
    for (unsigned i = 0; i < HV_PCI_DEVICES * HV_PCI_FUNCTIONS; i++) {
        struct hv_pci_function *function =
            pci->functions[i / HV_PCI_FUNCTIONS][i % HV_PCI_FUNCTIONS];
        if (function != NULL) {
            hv_pci_function_reset(function);
        }
    }
}

/* ---- Ports ---- */

/* Only an access of four bytes to the first port is one of CONFIG_ADDRESS. */
static bool is_address(unsigned offset, unsigned size)
{
    return offset == 0 && size == DATA;
}

static bool is_data(unsigned offset, unsigned size)
{
    return (size == 1 || size == 2 || size == 4) && offset >= DATA && offset < HV_PCI_PORTS &&
           size <= HV_PCI_PORTS - offset;
}

/* Who is addressed; NULL: no one. */
static struct hv_pci_function *selected(const struct hv_pci *pci)
{
    bool here = (pci->address & PCI_ADDRESS_ENABLE) != 0 && (pci->address >> 16 & 0xFF) == 0;
    return here ? pci->functions[pci->address >> 11 & 31][pci->address >> 8 & 7] : NULL;
}

static unsigned selected_register(const struct hv_pci *pci, unsigned offset)
{
    return (pci->address & 0xFC) + (offset - DATA);
}

uint32_t hv_pci_read(const struct hv_pci *pci, unsigned offset, unsigned size)
{
    if (is_address(offset, size)) {
        return pci->address;
    }
    const struct hv_pci_function *function = selected(pci);
    if (!is_data(offset, size) || function == NULL) {
        return NO_ONE;
    }
    return hv_pci_space_get(function->space, selected_register(pci, offset), size);
}

void hv_pci_write(struct hv_pci *pci, unsigned offset, unsigned size, uint32_t value)
{
    struct hv_pci_function *function = selected(pci);
    if (is_address(offset, size)) {
        pci->address = value & PCI_ADDRESS_WRITABLE;
    } else if (is_data(offset, size) && function != NULL) {
        hv_pci_function_write(function, selected_register(pci, offset), size, value);
    }
}

/* ---- Interrupts ---- */

/* Devices side by side, of which most use INTA#, get lines of their own. */
unsigned hv_pci_gsi(unsigned device, unsigned pin)
{
    return HV_PCI_FIRST_GSI + (device + pin - 1) % HV_PCI_GSIS;
}

static uint32_t interrupt_of(const struct hv_pci_function *function, unsigned device)
{
    uint16_t status = (uint16_t)hv_pci_space_get(function->space, HV_PCI_STATUS, 2);
    bool disabled = (hv_pci_command(function) & HV_PCI_COMMAND_NO_INTX) != 0;
    if ((status & HV_PCI_STATUS_INTERRUPT) == 0 || disabled) {
        return 0;
    }
    return UINT32_C(1) << hv_pci_gsi(device, function->config.interrupt_pin);
}

static uint32_t interrupts_of(const struct hv_pci *pci, unsigned device)
{
    bool several =
        (pci->functions[device][0]->initial[HV_PCI_HEADER_TYPE] & PCI_MULTIFUNCTION) != 0;
    uint32_t lines = 0;
    for (unsigned i = 0; i < (several ? HV_PCI_FUNCTIONS : 1); i++) {
        const struct hv_pci_function *function = pci->functions[device][i];
        lines |= function != NULL ? interrupt_of(function, device) : 0;
    }
    return lines;
}

uint32_t hv_pci_interrupts(const struct hv_pci *pci)
{
    uint32_t lines = 0;
    for (uint32_t left = pci->devices; left != 0; left &= left - 1) {
        lines |= interrupts_of(pci, (unsigned)__builtin_ctz(left));
    }
    return lines;
}
