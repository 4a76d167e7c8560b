/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the files of PCI share. */
#ifndef HV_EMU_PCI_H
#define HV_EMU_PCI_H

#include <stdint.h>

#include <hv/pci.h>

#define PCI_ADDRESS_ENABLE   UINT32_C(0x80000000)
#define PCI_ADDRESS_WRITABLE UINT32_C(0x80FFFFFC)

#define PCI_MULTIFUNCTION 0x80u /* in the header type */

/* Little-endian bytes from @offset on; the caller knows that they are within the space. */
uint32_t hv_pci_space_get(const uint8_t *space, unsigned offset, unsigned size);
void hv_pci_space_set(uint8_t *space, unsigned offset, unsigned size, uint32_t value);

/* The guest writes bytes that are within the space. */
void hv_pci_function_write(struct hv_pci_function *function, unsigned offset, unsigned size,
                           uint32_t value);

#endif
