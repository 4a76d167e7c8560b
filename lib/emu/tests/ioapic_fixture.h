/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* An I/O APIC whose messages are kept, and the accesses that a driver makes. */
#ifndef HV_IOAPIC_FIXTURE_H
#define HV_IOAPIC_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/ioapic.h>

struct ioapic_bus {
    struct hv_ioapic_message last;
    unsigned count;
    bool busy;
};

static inline bool ioapic_bus_send(void *context, const struct hv_ioapic_message *message)
{
    struct ioapic_bus *bus = context;
    if (bus->busy) {
        return false;
    }
    bus->last = *message;
    bus->count++;
    return true;
}

static inline struct hv_ioapic_config ioapic_bus_config(struct ioapic_bus *bus)
{
    return (struct hv_ioapic_config){
        .backend = { bus, ioapic_bus_send },
        .eoi_register = true,
        .extended_destination = true,
    };
}

static inline uint32_t ioapic_read(struct hv_ioapic *ioapic, unsigned index)
{
    hv_ioapic_write(ioapic, HV_IOAPIC_SELECT, 4, index);
    return hv_ioapic_read(ioapic, HV_IOAPIC_WINDOW, 4);
}

static inline void ioapic_write(struct hv_ioapic *ioapic, unsigned index, uint32_t value)
{
    hv_ioapic_write(ioapic, HV_IOAPIC_SELECT, 4, index);
    hv_ioapic_write(ioapic, HV_IOAPIC_WINDOW, 4, value);
}

static inline uint32_t ioapic_entry(struct hv_ioapic *ioapic, unsigned pin)
{
    return ioapic_read(ioapic, HV_IOAPIC_TABLE + 2 * pin);
}

static inline void ioapic_set_entry(struct hv_ioapic *ioapic, unsigned pin, uint32_t low)
{
    ioapic_write(ioapic, HV_IOAPIC_TABLE + 2 * pin, low);
}

#endif
