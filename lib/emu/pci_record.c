/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore. A record may come from an enemy: it is taken whole or not at all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/pci.h>

#include "mem.h"
#include "pci.h"

/* Every byte of a record has a meaning, so a record says nothing of the memory it was made in. */
_Static_assert(sizeof(struct hv_pci_record) == 16, "no padding");
_Static_assert(sizeof(struct hv_pci_function_record) == 264, "no padding");

void hv_pci_save(const struct hv_pci *pci, struct hv_pci_record *record)
{
    *record = (struct hv_pci_record){
        .version = HV_PCI_RECORD_VERSION,
        .size = sizeof(*record),
        .address = pci->address,
    };
}

bool hv_pci_restore(struct hv_pci *pci, const void *record, size_t size)
{
    struct hv_pci_record copy;
    if (size != sizeof(copy)) {
        return false;
    }
    memcpy(&copy, record, sizeof(copy));
    if (copy.version != HV_PCI_RECORD_VERSION || copy.size != sizeof(copy) ||
        (copy.address & ~PCI_ADDRESS_WRITABLE) != 0 || copy.reserved != 0) {
        return false;
    }
    pci->address = copy.address;
    return true;
}

void hv_pci_function_save(const struct hv_pci_function *function,
                          struct hv_pci_function_record *record)
{
    record->version = HV_PCI_FUNCTION_RECORD_VERSION;
    record->size = sizeof(*record);
    memcpy(record->space, function->space, sizeof(record->space));
}

/* Bits that the device changes. */
static uint8_t device_bits(const struct hv_pci_function *function, unsigned offset)
{
    bool interrupts = function->config.interrupt_pin != 0;
    return offset == HV_PCI_STATUS && interrupts ? HV_PCI_STATUS_INTERRUPT : 0;
}

static bool space_is_valid(const struct hv_pci_function *function, const uint8_t *space)
{
    for (unsigned i = 0; i < HV_PCI_CONFIG_SIZE; i++) {
        unsigned changing = function->writable[i] | function->cleared[i] | device_bits(function, i);
        if (((space[i] ^ function->initial[i]) & ~changing) != 0) {
            return false;
        }
    }
    return true;
}

bool hv_pci_function_restore(struct hv_pci_function *function, const void *record, size_t size)
{
    struct hv_pci_function_record copy;
    if (size != sizeof(copy)) {
        return false;
    }
    memcpy(&copy, record, sizeof(copy));
    if (copy.version != HV_PCI_FUNCTION_RECORD_VERSION || copy.size != sizeof(copy) ||
        !space_is_valid(function, copy.space)) {
        return false;
    }
    memcpy(function->space, copy.space, sizeof(function->space));
    return true;
}
