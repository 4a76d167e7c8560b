/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Finds tables as an operating system does: from the RSDP by addresses. */
#ifndef HV_ACPI_WALK_H
#define HV_ACPI_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a guest sees: @size bytes at @address. */
struct acpi_memory {
    const uint8_t *bytes;
    size_t size;
    uint64_t address;
};

static inline uint64_t acpi_get(const uint8_t *table, size_t at, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, table + at, size);
    return value;
}

static inline bool acpi_adds_up(const uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    return sum == 0;
}

/* The table at an address, if there is one of that signature that is whole and right, else NULL. */
static inline const uint8_t *acpi_table_at(const struct acpi_memory *memory, uint64_t address,
                                           const char *signature)
{
    uint64_t at = address - memory->address;
    if (address % 64 != 0 || address < memory->address || at > memory->size ||
        memory->size - at < 36) {
        return NULL;
    }
    const uint8_t *table = memory->bytes + at;
    uint64_t length = acpi_get(table, 4, 4);
    bool summed = memcmp(signature, "FACS", 4) == 0 ||
                  (length <= memory->size - at && acpi_adds_up(table, length));
    bool whole = length >= 36 && length <= memory->size - at;
    return whole && summed && memcmp(table, signature, 4) == 0 ? table : NULL;
}

static inline const uint8_t *acpi_xsdt(const struct acpi_memory *memory)
{
    const uint8_t *rsdp = memory->bytes;
    bool right = memory->size >= 36 && memcmp(rsdp, "RSD PTR ", 8) == 0 && rsdp[15] == 2 &&
                 acpi_get(rsdp, 20, 4) == 36 && acpi_adds_up(rsdp, 20) && acpi_adds_up(rsdp, 36);
    return right ? acpi_table_at(memory, acpi_get(rsdp, 24, 8), "XSDT") : NULL;
}

/* The table of that signature which the XSDT lists. */
static inline const uint8_t *acpi_find(const struct acpi_memory *memory, const char *signature)
{
    const uint8_t *xsdt = acpi_xsdt(memory);
    for (size_t at = 36; xsdt != NULL && at < acpi_get(xsdt, 4, 4); at += 8) {
        const uint8_t *table = acpi_table_at(memory, acpi_get(xsdt, at, 8), signature);
        if (table != NULL) {
            return table;
        }
    }
    return NULL;
}

#endif
