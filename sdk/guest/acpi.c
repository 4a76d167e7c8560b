/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * As much of ACPI as it takes to find tables and to count CPUs.
 */
#include "private.h"

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint32_t extended_checksum;
} __attribute__((packed));

#define RSDP_V1_SIZE      20
#define BDA_EBDA_SEGMENT  0x40e
#define BIOS_START        0xe0000
#define BIOS_END          0x100000
#define MAPPED_END        0x100000000ULL
#define MADT_ENTRIES      44
#define MADT_LOCAL_APIC   0
#define MADT_LOCAL_X2APIC 9
#define MADT_ENABLED      1u

static const struct rsdp *rsdp;

static bool sums_to_zero(const void *table, size_t size)
{
    const uint8_t *bytes = table;
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum == 0;
}

static const struct rsdp *check_rsdp(uint64_t address)
{
    const struct rsdp *candidate = virt_of(address);

    if (memcmp(candidate->signature, "RSD PTR ", 8) != 0 || !sums_to_zero(candidate, RSDP_V1_SIZE))
        return NULL;
    return candidate;
}

static const struct rsdp *scan(uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end; at += 16) {
        const struct rsdp *found = check_rsdp(at);

        if (found != NULL)
            return found;
    }
    return NULL;
}

void acpi_init(uint64_t address)
{
    uint16_t segment;

    if (address != 0 && address < MAPPED_END) {
        rsdp = check_rsdp(address);
        return;
    }
    memcpy(&segment, virt_of(BDA_EBDA_SEGMENT), sizeof(segment));
    if (segment >= 0x8000 && segment < 0xa000)
        rsdp = scan((uint64_t)segment << 4, ((uint64_t)segment << 4) + 1024);
    if (rsdp == NULL)
        rsdp = scan(BIOS_START, BIOS_END);
}

const struct acpi_header *acpi_table_at(uint64_t address)
{
    const struct acpi_header *table = virt_of(address);

    if (address == 0 || address >= MAPPED_END - sizeof(*table) || table->length < sizeof(*table) ||
        table->length > MAPPED_END - address)
        return NULL;
    return table;
}

/* The root table with its entry size: XSDT before RSDT. */
static const struct acpi_header *root_table(size_t *entry_size)
{
    const struct acpi_header *table = NULL;

    if (rsdp == NULL)
        return NULL;
    *entry_size = 8;
    if (rsdp->revision >= 2)
        table = acpi_table_at(rsdp->xsdt);
    if (table != NULL)
        return table;
    *entry_size = 4;
    return acpi_table_at(rsdp->rsdt);
}

const void *acpi_find(const char *signature)
{
    size_t entry_size;
    const struct acpi_header *root = root_table(&entry_size);

    if (root == NULL)
        return NULL;
    for (size_t at = sizeof(*root); at + entry_size <= root->length; at += entry_size) {
        const struct acpi_header *table;
        uint64_t address = 0;

        memcpy(&address, (const char *)root + at, entry_size);
        table = acpi_table_at(address);
        if (table != NULL && memcmp(table->signature, signature, 4) == 0 &&
            sums_to_zero(table, table->length))
            return table;
    }
    return NULL;
}

uint32_t acpi_list_cpus(uint32_t *apic_ids, uint32_t max)
{
    const struct acpi_header *madt = acpi_find("APIC");
    uint32_t count = 0;

    if (madt == NULL)
        return 0;
    for (size_t at = MADT_ENTRIES; at + 8 <= madt->length;) {
        const uint8_t *entry = (const uint8_t *)madt + at;

        if (entry[1] < 2)
            break;
        if (entry[0] == MADT_LOCAL_APIC && (acpi_read32(entry, 4) & MADT_ENABLED) && count < max)
            apic_ids[count++] = entry[3];
        if (entry[0] == MADT_LOCAL_X2APIC && entry[1] >= 16 &&
            (acpi_read32(entry, 8) & MADT_ENABLED) && count < max)
            apic_ids[count++] = acpi_read32(entry, 4);
        at += entry[1];
    }
    return count;
}
