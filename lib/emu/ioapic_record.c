/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore. A record may come from an enemy: it is taken whole or not at all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/ioapic.h>

#include "ioapic.h"
#include "mem.h"

/* Every byte of a record has a meaning, so a record says nothing of the memory it was made in. */
_Static_assert(sizeof(struct hv_ioapic_record) == 216, "no padding");

void hv_ioapic_save(const struct hv_ioapic *ioapic, struct hv_ioapic_record *record)
{
    memset(record, 0, sizeof(*record));
    record->version = HV_IOAPIC_RECORD_VERSION;
    record->size = sizeof(*record);
    memcpy(record->entries, ioapic->entries, sizeof(record->entries));
    record->lines = ioapic->lines;
    record->edges = ioapic->edges;
    record->select = ioapic->select;
    record->id = ioapic->id;
}

/* A remote IRR belongs to a level-triggered entry, a waiting edge to any other that can be sent. */
static bool entry_is_valid(const struct hv_ioapic *ioapic, uint64_t entry, bool edge)
{
    bool reserved = hv_ioapic_is_reserved(hv_ioapic_delivery_mode(entry));
    bool level = hv_ioapic_is_level(entry);
    return (entry & ~(hv_ioapic_writable(ioapic) | ENTRY_REMOTE_IRR)) == 0 &&
           (level || (entry & ENTRY_REMOTE_IRR) == 0) && (!edge || (!level && !reserved));
}

static bool record_is_valid(const struct hv_ioapic *ioapic, const struct hv_ioapic_record *record)
{
    static const uint8_t zero[sizeof(record->reserved)];
    for (unsigned pin = 0; pin < HV_IOAPIC_PINS; pin++) {
        if (!entry_is_valid(ioapic, record->entries[pin], (record->edges >> pin & 1) != 0)) {
            return false;
        }
    }
    return record->version == HV_IOAPIC_RECORD_VERSION && record->size == sizeof(*record) &&
           ((record->lines | record->edges) & ~IOAPIC_ALL_PINS) == 0 &&
           (record->id & ~IOAPIC_ID_MASK) == 0 && memcmp(record->reserved, zero, sizeof(zero)) == 0;
}

bool hv_ioapic_restore(struct hv_ioapic *ioapic, const void *record, size_t size)
{
    struct hv_ioapic_record copy;
    if (size != sizeof(copy)) {
        return false;
    }
    memcpy(&copy, record, sizeof(copy));
    if (!record_is_valid(ioapic, &copy)) {
        return false;
    }
    memcpy(ioapic->entries, copy.entries, sizeof(ioapic->entries));
    ioapic->lines = copy.lines;
    ioapic->edges = copy.edges;
    ioapic->select = copy.select;
    ioapic->id = copy.id;
    return true;
}
