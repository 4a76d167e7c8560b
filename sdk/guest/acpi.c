/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * As much of ACPI as it takes to count CPUs and to power off.
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

struct header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
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

#define FADT_DSDT        40
#define FADT_SMI_CMD     48
#define FADT_ACPI_ENABLE 52
#define FADT_PM1A_CNT    64
#define FADT_PM1B_CNT    68

#define PM1_SCI_EN    1u
#define PM1_SLP_EN    (1u << 13)
#define PM1_SLP_SHIFT 10

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

static const struct header *check_table(uint64_t address)
{
    const struct header *table = virt_of(address);

    if (address == 0 || address >= MAPPED_END - sizeof(*table) || table->length < sizeof(*table) ||
        table->length > MAPPED_END - address)
        return NULL;
    return table;
}

/* The root table with its entry size: XSDT before RSDT. */
static const struct header *root_table(size_t *entry_size)
{
    const struct header *table = NULL;

    if (rsdp == NULL)
        return NULL;
    *entry_size = 8;
    if (rsdp->revision >= 2)
        table = check_table(rsdp->xsdt);
    if (table != NULL)
        return table;
    *entry_size = 4;
    return check_table(rsdp->rsdt);
}

const void *acpi_find(const char *signature)
{
    size_t entry_size;
    const struct header *root = root_table(&entry_size);

    if (root == NULL)
        return NULL;
    for (size_t at = sizeof(*root); at + entry_size <= root->length; at += entry_size) {
        const struct header *table;
        uint64_t address = 0;

        memcpy(&address, (const char *)root + at, entry_size);
        table = check_table(address);
        if (table != NULL && memcmp(table->signature, signature, 4) == 0 &&
            sums_to_zero(table, table->length))
            return table;
    }
    return NULL;
}

static uint32_t read32(const void *table, size_t offset)
{
    uint32_t value;

    memcpy(&value, (const char *)table + offset, sizeof(value));
    return value;
}

uint32_t acpi_list_cpus(uint32_t *apic_ids, uint32_t max)
{
    const struct header *madt = acpi_find("APIC");
    uint32_t count = 0;

    if (madt == NULL)
        return 0;
    for (size_t at = MADT_ENTRIES; at + 8 <= madt->length;) {
        const uint8_t *entry = (const uint8_t *)madt + at;

        if (entry[1] < 2)
            break;
        if (entry[0] == MADT_LOCAL_APIC && (read32(entry, 4) & MADT_ENABLED) && count < max)
            apic_ids[count++] = entry[3];
        if (entry[0] == MADT_LOCAL_X2APIC && entry[1] >= 16 && (read32(entry, 8) & MADT_ENABLED) &&
            count < max)
            apic_ids[count++] = read32(entry, 4);
        at += entry[1];
    }
    return count;
}

/* A byte constant of AML. */
static unsigned int aml_byte(const uint8_t **aml)
{
    if (**aml == 0x0a)
        (*aml)++;
    return *(*aml)++;
}

/* Looks for Name (_S5_, Package () { a, b, ... }) byte by byte: an interpreter would find the same.
 * @return whether it is there */
static bool find_s5(const struct header *dsdt, unsigned int *type_a, unsigned int *type_b)
{
    const uint8_t *bytes = (const uint8_t *)dsdt;

    for (size_t at = sizeof(*dsdt); at + 12 < dsdt->length; at++) {
        const uint8_t *aml = bytes + at;

        if (memcmp(aml, "_S5_\x12", 5) != 0)
            continue;
        aml += 5;
        aml += (*aml >> 6) + 2; /* package length, number of elements */
        *type_a = aml_byte(&aml);
        *type_b = aml_byte(&aml);
        return true;
    }
    return false;
}

static void sleep_port(uint16_t port, unsigned int type)
{
    if (port != 0)
        outw(port, (uint16_t)(type << PM1_SLP_SHIFT | PM1_SLP_EN));
}

void guest_power_off(void)
{
    const struct header *fadt = acpi_find("FACP"), *dsdt;
    unsigned int type_a, type_b;
    uint16_t pm1a, smi;

    if (fadt == NULL || fadt->length < FADT_PM1B_CNT + 4)
        return;
    dsdt = check_table(read32(fadt, FADT_DSDT));
    if (dsdt == NULL || !find_s5(dsdt, &type_a, &type_b))
        return;
    pm1a = (uint16_t)read32(fadt, FADT_PM1A_CNT);
    smi = (uint16_t)read32(fadt, FADT_SMI_CMD);
    if (smi != 0 && (inw(pm1a) & PM1_SCI_EN) == 0) {
        outb(smi, *((const uint8_t *)fadt + FADT_ACPI_ENABLE));
        for (unsigned int tries = 0; tries < 1000 && (inw(pm1a) & PM1_SCI_EN) == 0; tries++)
            udelay(100);
    }
    sleep_port(pm1a, type_a);
    sleep_port((uint16_t)read32(fadt, FADT_PM1B_CNT), type_b);
    mdelay(20);
}
