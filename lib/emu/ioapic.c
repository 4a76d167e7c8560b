/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The I/O APIC: from lines to messages, and the registers that say how. */
#include <stdbool.h>
#include <stdint.h>

#include <hv/ioapic.h>

#include "ioapic.h"

#define VERSION_82093AA  0x11u
#define VERSION_WITH_EOI 0x20u
#define NOT_A_REGISTER   UINT32_MAX

/* ---- From lines to messages ---- */

static bool is_asserted(const struct hv_ioapic *ioapic, unsigned pin)
{
    bool high = (ioapic->lines >> pin & 1) != 0;
    return high != ((ioapic->entries[pin] & ENTRY_LOW_ACTIVE) != 0);
}

/* There is something to tell the local APICs. */
static bool is_due(const struct hv_ioapic *ioapic, unsigned pin)
{
    uint64_t entry = ioapic->entries[pin];
    if ((entry & ENTRY_MASKED) != 0) {
        return false;
    }
    if (hv_ioapic_is_level(entry)) {
        return is_asserted(ioapic, pin) && (entry & ENTRY_REMOTE_IRR) == 0;
    }
    return (ioapic->edges >> pin & 1) != 0;
}

static uint32_t destination(uint64_t entry)
{
    return (uint32_t)(entry >> 56) | (uint32_t)((entry & ENTRY_EXTENDED) >> 49 << 8);
}

static bool send(struct hv_ioapic *ioapic, unsigned pin)
{
    uint64_t entry = ioapic->entries[pin];
    const struct hv_ioapic_message message = {
        .destination = destination(entry),
        .logical = (entry & ENTRY_LOGICAL) != 0,
        .level = hv_ioapic_is_level(entry),
        .delivery_mode = hv_ioapic_delivery_mode(entry),
        .vector = (uint8_t)(entry & ENTRY_VECTOR),
        .pin = (uint8_t)pin,
    };
    return ioapic->config.backend.send(ioapic->config.backend.context, &message);
}

/* "Remote IRR" is set when the local APICs have accepted the message. */
static void serve(struct hv_ioapic *ioapic, unsigned pin)
{
    if (!is_due(ioapic, pin) || !send(ioapic, pin)) {
        return;
    }
    if (hv_ioapic_is_level(ioapic->entries[pin])) {
        ioapic->entries[pin] |= ENTRY_REMOTE_IRR;
    } else {
        ioapic->edges &= ~(1u << pin);
    }
}

/* "Interrupt mask": an edge on a masked pin is neither delivered nor held pending. */
static bool takes_edges(uint64_t entry)
{
    return (entry & ENTRY_MASKED) == 0 && !hv_ioapic_is_level(entry) &&
           !hv_ioapic_is_reserved(hv_ioapic_delivery_mode(entry));
}

void hv_ioapic_set_line(struct hv_ioapic *ioapic, unsigned pin, bool high)
{
    if (pin >= HV_IOAPIC_PINS) {
        return;
    }
    bool before = is_asserted(ioapic, pin);
    ioapic->lines = (ioapic->lines & ~(1u << pin)) | (uint32_t)high << pin;
    if (!before && is_asserted(ioapic, pin) && takes_edges(ioapic->entries[pin])) {
        ioapic->edges |= 1u << pin;
    }
    serve(ioapic, pin);
}

void hv_ioapic_retry(struct hv_ioapic *ioapic)
{
    for (unsigned pin = 0; pin < HV_IOAPIC_PINS; pin++) {
        serve(ioapic, pin);
    }
}

void hv_ioapic_eoi(struct hv_ioapic *ioapic, uint8_t vector)
{
    for (unsigned pin = 0; pin < HV_IOAPIC_PINS; pin++) {
        uint64_t entry = ioapic->entries[pin];
        if ((entry & ENTRY_REMOTE_IRR) != 0 && (entry & ENTRY_VECTOR) == vector) {
            ioapic->entries[pin] = entry & ~ENTRY_REMOTE_IRR;
            serve(ioapic, pin);
        }
    }
}

/* ---- Registers ---- */

static bool is_entry(uint8_t index)
{
    return index >= HV_IOAPIC_TABLE && index < HV_IOAPIC_TABLE + 2 * HV_IOAPIC_PINS;
}

static uint32_t read_entry(const struct hv_ioapic *ioapic, unsigned half)
{
    unsigned pin = half / 2;
    uint64_t entry = ioapic->entries[pin] | (is_due(ioapic, pin) ? ENTRY_PENDING : 0);
    return (uint32_t)(half % 2 == 0 ? entry : entry >> 32);
}

static uint32_t read_selected(const struct hv_ioapic *ioapic)
{
    if (is_entry(ioapic->select)) {
        return read_entry(ioapic, ioapic->select - HV_IOAPIC_TABLE);
    }
    switch (ioapic->select) {
    case HV_IOAPIC_ID:
    case HV_IOAPIC_ARBITRATION:
        return (uint32_t)ioapic->id << 24;
    case HV_IOAPIC_VERSION:
        return (HV_IOAPIC_PINS - 1) << 16 |
               (ioapic->config.eoi_register ? VERSION_WITH_EOI : VERSION_82093AA);
    default:
        return 0;
    }
}

/* An entry that becomes one of another kind forgets what only the old kind has. */
static void write_entry(struct hv_ioapic *ioapic, unsigned half, uint32_t value)
{
    unsigned pin = half / 2;
    uint64_t written = half % 2 == 0 ? UINT32_MAX : ~(uint64_t)UINT32_MAX;
    uint64_t mask = hv_ioapic_writable(ioapic) & written;
    uint64_t bits = half % 2 == 0 ? value : (uint64_t)value << 32;
    uint64_t entry = (ioapic->entries[pin] & ~mask) | (bits & mask);
    if (!hv_ioapic_is_level(entry)) {
        entry &= ~ENTRY_REMOTE_IRR;
    }
    if (hv_ioapic_is_level(entry) || hv_ioapic_is_reserved(hv_ioapic_delivery_mode(entry))) {
        ioapic->edges &= ~(1u << pin);
    }
    ioapic->entries[pin] = entry;
    serve(ioapic, pin);
}

static void write_selected(struct hv_ioapic *ioapic, uint32_t value)
{
    if (is_entry(ioapic->select)) {
        write_entry(ioapic, ioapic->select - HV_IOAPIC_TABLE, value);
    } else if (ioapic->select == HV_IOAPIC_ID) {
        ioapic->id = value >> 24 & IOAPIC_ID_MASK;
    }
}

/* IOREGSEL is eight bits wide, in the hubs' data sheets by name. */
static bool is_select(uint64_t offset, unsigned size)
{
    return offset == HV_IOAPIC_SELECT && (size == 1 || size == 2 || size == 4);
}

uint32_t hv_ioapic_read(const struct hv_ioapic *ioapic, uint64_t offset, unsigned size)
{
    if (is_select(offset, size)) {
        return ioapic->select;
    }
    return offset == HV_IOAPIC_WINDOW && size == 4 ? read_selected(ioapic) : NOT_A_REGISTER;
}

void hv_ioapic_write(struct hv_ioapic *ioapic, uint64_t offset, unsigned size, uint32_t value)
{
    if (is_select(offset, size)) {
        ioapic->select = (uint8_t)value;
    } else if (offset == HV_IOAPIC_WINDOW && size == 4) {
        write_selected(ioapic, value);
    } else if (offset == HV_IOAPIC_EOI && size == 4 && ioapic->config.eoi_register) {
        hv_ioapic_eoi(ioapic, (uint8_t)value);
    }
}

void hv_ioapic_init(struct hv_ioapic *ioapic, const struct hv_ioapic_config *config)
{
    *ioapic = (struct hv_ioapic){
        .config = *config,
        .id = config->id & IOAPIC_ID_MASK,
        .lines = config->idle_lines & IOAPIC_ALL_PINS,
    };
    for (unsigned pin = 0; pin < HV_IOAPIC_PINS; pin++) {
        ioapic->entries[pin] = ENTRY_MASKED;
    }
}

void hv_ioapic_reset(struct hv_ioapic *ioapic)
{
    struct hv_ioapic_config config = ioapic->config;
    uint32_t lines = ioapic->lines;
    hv_ioapic_init(ioapic, &config);
    ioapic->lines = lines;
}
