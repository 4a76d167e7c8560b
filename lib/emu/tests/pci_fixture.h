/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A device with a bit of everything, and the accesses that a driver makes. */
#ifndef HV_PCI_FIXTURE_H
#define HV_PCI_FIXTURE_H

#include <stdint.h>

#include <hv/pci.h>

enum { ADDRESS = 0, DATA = 4 };

struct pci_device {
    struct hv_pci_function function;
    unsigned writes;
    unsigned offset;
    unsigned size;
};

static inline void pci_device_written(void *context, unsigned offset, unsigned size)
{
    struct pci_device *device = context;
    device->offset = offset;
    device->size = size;
    device->writes++;
}

static inline struct hv_pci_function_config pci_device_config(struct pci_device *device)
{
    return (struct hv_pci_function_config){
        .context = device,
        .written = pci_device_written,
        .vendor_id = 0x1AF4,
        .device_id = 0x1000,
        .subsystem_vendor_id = 0x1234,
        .subsystem_id = 0x5678,
        .class_code = 0x020001,
        .revision = 0x03,
        .interrupt_pin = 1,
        .bus_master = true,
        .bars = { { HV_PCI_BAR_IO, false, 32 },
                  { HV_PCI_BAR_MEMORY_32, false, 4096 },
                  { HV_PCI_BAR_MEMORY_64, true, UINT64_C(1) << 33 },
                  { HV_PCI_BAR_NONE, false, 0 },
                  { HV_PCI_BAR_MEMORY_32, true, 16 } },
    };
}

static inline void pci_select(struct hv_pci *pci, unsigned device, unsigned function,
                              unsigned offset)
{
    hv_pci_write(pci, ADDRESS, 4, 0x80000000u | device << 11 | function << 8 | (offset & 0xFC));
}

static inline uint32_t pci_read(struct hv_pci *pci, unsigned device, unsigned offset, unsigned size)
{
    pci_select(pci, device, 0, offset);
    return hv_pci_read(pci, DATA + offset % 4, size);
}

static inline void pci_write(struct hv_pci *pci, unsigned device, unsigned offset, unsigned size,
                             uint32_t value)
{
    pci_select(pci, device, 0, offset);
    hv_pci_write(pci, DATA + offset % 4, size, value);
}

#endif
