/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the files of the I/O APIC share: the fields of a redirection entry. */
#ifndef HV_EMU_IOAPIC_H
#define HV_EMU_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/ioapic.h>

#define ENTRY_VECTOR         UINT64_C(0xFF)
#define ENTRY_DELIVERY_SHIFT 8
#define ENTRY_LOGICAL        (UINT64_C(1) << 11)
#define ENTRY_PENDING        (UINT64_C(1) << 12)
#define ENTRY_LOW_ACTIVE     (UINT64_C(1) << 13)
#define ENTRY_REMOTE_IRR     (UINT64_C(1) << 14)
#define ENTRY_LEVEL          (UINT64_C(1) << 15)
#define ENTRY_MASKED         (UINT64_C(1) << 16)
#define ENTRY_WRITABLE       UINT64_C(0xFF0000000001AFFF)
#define ENTRY_EXTENDED       UINT64_C(0x00FE000000000000)

#define IOAPIC_ALL_PINS ((1u << HV_IOAPIC_PINS) - 1)
#define IOAPIC_ID_MASK  0x0Fu

static inline uint8_t hv_ioapic_delivery_mode(uint64_t entry)
{
    return (uint8_t)(entry >> ENTRY_DELIVERY_SHIFT & 7);
}

/* "Delivery mode": the others are edge triggered, or must be. */
static inline bool hv_ioapic_is_level(uint64_t entry)
{
    return (entry & ENTRY_LEVEL) != 0 &&
           hv_ioapic_delivery_mode(entry) <= HV_IOAPIC_LOWEST_PRIORITY;
}

static inline bool hv_ioapic_is_reserved(uint8_t delivery_mode)
{
    return delivery_mode == 3 || delivery_mode == 6;
}

/* Bits of an entry that the guest decides. */
static inline uint64_t hv_ioapic_writable(const struct hv_ioapic *ioapic)
{
    return ENTRY_WRITABLE | (ioapic->config.extended_destination ? ENTRY_EXTENDED : 0);
}

#endif
