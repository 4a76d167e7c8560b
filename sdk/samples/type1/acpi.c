/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* ACPI Specification 6.5, chapter 5. */
#include "acpi.h"

#include "boot.h"
#include "console.h"
#include "cpu.h"
#include "memory.h"
#include "power.h"
#include "string.h"

#define EBDA_SEGMENT 0x40E
#define BIOS_START   0xE0000
#define BIOS_END     0x100000
#define EBDA_SEARCH  1024
#define LIMIT        (UINT64_C(1) << 32)

#define MADT_LOCAL_APIC   0
#define MADT_LOCAL_X2APIC 9
#define MADT_ENABLED      1u

#define FADT_RESET_SUPPORTED (1u << 10)
#define SPACE_MEMORY         0
#define SPACE_IO             1

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t checksum_all;
    uint8_t reserved[3];
} __attribute__((packed));

#define RSDP_V1_SIZE 20

struct table {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem[6];
    char oem_table[8];
    uint32_t oem_revision;
    uint32_t creator;
    uint32_t creator_revision;
} __attribute__((packed));

struct madt {
    struct table header;
    uint32_t local_apic;
    uint32_t flags;
} __attribute__((packed));

struct madt_entry {
    uint8_t type;
    uint8_t length;
    union {
        struct {
            uint8_t processor;
            uint8_t id;
            uint32_t flags;
        } __attribute__((packed)) apic;
        struct {
            uint16_t reserved;
            uint32_t id;
            uint32_t flags;
            uint32_t processor;
        } __attribute__((packed)) x2apic;
    };
} __attribute__((packed));

struct generic_address {
    uint8_t space;
    uint8_t width;
    uint8_t offset;
    uint8_t access;
    uint64_t address;
} __attribute__((packed));

struct fadt {
    struct table header;
    uint32_t firmware_control;
    uint32_t dsdt;
    uint8_t ignored0[20];
    uint32_t pm1_control[2]; /* a, b */
    uint8_t ignored1[40];
    uint32_t flags;
    struct generic_address reset;
    uint8_t reset_value;
    uint8_t ignored2[11];
    uint64_t x_dsdt;
    struct generic_address x_pm1_event[2];
    struct generic_address x_pm1_control[2];
} __attribute__((packed));

_Static_assert(__builtin_offsetof(struct fadt, pm1_control) == 64, "FADT PM1a_CNT_BLK");
_Static_assert(__builtin_offsetof(struct fadt, flags) == 112, "FADT flags");
_Static_assert(__builtin_offsetof(struct fadt, reset_value) == 128, "FADT reset value");
_Static_assert(__builtin_offsetof(struct fadt, x_dsdt) == 140, "FADT X_DSDT");
_Static_assert(__builtin_offsetof(struct fadt, x_pm1_control) == 172, "FADT X_PM1a_CNT_BLK");

/* Older versions of the table end earlier. */
#define FADT_HAS(fadt, field) \
    ((fadt)->header.length >= __builtin_offsetof(struct fadt, field) + sizeof((fadt)->field))

static struct rsdp root;
static uint64_t bios_rsdp;

static bool sums_to_zero(const void *bytes, uint32_t length)
{
    const uint8_t *byte = bytes;
    uint8_t sum = 0;

    for (uint32_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + byte[i]);
    return sum == 0;
}

static bool search_rsdp(uint64_t start, uint64_t end)
{
    for (uint64_t address = start; address + sizeof(root) <= end; address += 16) {
        const struct rsdp *candidate = memory_at(address);

        if (memcmp(candidate->signature, "RSD PTR ", 8) == 0 &&
            sums_to_zero(candidate, RSDP_V1_SIZE)) {
            memcpy(&root, candidate, sizeof(root));
            bios_rsdp = address;
            return true;
        }
    }
    return false;
}

void acpi_init(const struct boot_info *boot)
{
    uint64_t ebda = (uint64_t) * (const uint16_t *)memory_at(EBDA_SEGMENT) << 4;
    bool in_bios =
        (ebda != 0 && search_rsdp(ebda, ebda + EBDA_SEARCH)) || search_rsdp(BIOS_START, BIOS_END);

    if (boot->rsdp_length >= RSDP_V1_SIZE) {
        memset(&root, 0, sizeof(root));
        memcpy(&root, boot->rsdp, boot->rsdp_length);
    } else if (!in_bios) {
        boot_fail("no ACPI tables found; boot by multiboot2 if the firmware is UEFI");
    }
}

uint64_t acpi_bios_rsdp(void)
{
    return bios_rsdp;
}

static const struct table *checked_table(uint64_t address)
{
    const struct table *table = memory_at(address);

    if (address == 0 || address > LIMIT - sizeof(*table))
        return NULL;
    if (table->length < sizeof(*table) || table->length > LIMIT - address ||
        !sums_to_zero(table, table->length))
        return NULL;
    return table;
}

static const struct table *find(const char *signature)
{
    bool wide = root.revision >= 2 && root.xsdt != 0;
    uint32_t size = wide ? 8 : 4;
    const struct table *list = checked_table(wide ? root.xsdt : root.rsdt);

    if (!list)
        return NULL;
    for (uint32_t offset = sizeof(*list); offset + size <= list->length; offset += size) {
        uint64_t address = 0;
        const struct table *table;

        memcpy(&address, (const uint8_t *)list + offset, size);
        table = checked_table(address);
        if (table && memcmp(table->signature, signature, 4) == 0)
            return table;
    }
    return NULL;
}

static void visit_entry(const struct madt_entry *entry,
                        void (*visit)(void *context, uint32_t apic_id), void *context)
{
    if (entry->type == MADT_LOCAL_APIC && entry->length >= 8 &&
        (entry->apic.flags & MADT_ENABLED) && entry->apic.id != 0xFF)
        visit(context, entry->apic.id);
    if (entry->type == MADT_LOCAL_X2APIC && entry->length >= 16 &&
        (entry->x2apic.flags & MADT_ENABLED))
        visit(context, entry->x2apic.id);
}

void acpi_for_each_processor(void (*visit)(void *context, uint32_t apic_id), void *context)
{
    const struct madt *madt = (const void *)find("APIC");
    uint32_t offset = sizeof(*madt);

    if (!madt)
        boot_fail("ACPI has no MADT (table APIC), so the processors are not known");
    while (offset + 2 <= madt->header.length) {
        const struct madt_entry *entry = (const void *)((const uint8_t *)madt + offset);

        if (entry->length < 2 || entry->length > madt->header.length - offset)
            break;
        visit_entry(entry, visit, context);
        offset += entry->length;
    }
}

void acpi_reset(void)
{
    const struct fadt *fadt = (const void *)find("FACP");

    if (!fadt || !FADT_HAS(fadt, reset_value) || !(fadt->flags & FADT_RESET_SUPPORTED))
        return;
    if (fadt->reset.space == SPACE_IO)
        outb((uint16_t)fadt->reset.address, fadt->reset_value);
    else if (fadt->reset.space == SPACE_MEMORY && fadt->reset.address < LIMIT)
        *(volatile uint8_t *)memory_at(fadt->reset.address) = fadt->reset_value;
}

/* SLP_TYP of _S5 for PM1a and PM1b. */
static void find_s5_types(const struct fadt *fadt, uint8_t types[2])
{
    const struct table *dsdt = NULL;

    if (FADT_HAS(fadt, x_dsdt))
        dsdt = checked_table(fadt->x_dsdt);
    if (!dsdt)
        dsdt = checked_table(fadt->dsdt);
    if (dsdt &&
        power_find_s5((const uint8_t *)(dsdt + 1), dsdt->length - (uint32_t)sizeof(*dsdt), types))
        return;
    log_line("ACPI has no \\_S5 that can be read; the root partition can put the machine to sleep");
    types[0] = types[1] = POWER_ANY_TYPE;
}

static void add_power(struct power_registers *registers, uint64_t address, bool second,
                      uint8_t s5_type)
{
    if (address == 0 || address > UINT16_MAX)
        return;
    registers->list[registers->count++] =
        (struct power_register){ (uint16_t)address, second, s5_type };
}

/*
 * Both addresses of a register count: operating systems differ in which one they take when they are
 * not the same. PM1_CNT_LEN does not: SLP_EN is in the first two bytes of the block, and a block
 * has no fewer.
 */
void acpi_find_power(struct power_registers *registers)
{
    const struct fadt *fadt = (const void *)find("FACP");
    uint8_t types[2];

    registers->count = 0;
    if (!fadt || !FADT_HAS(fadt, pm1_control))
        return;
    find_s5_types(fadt, types);
    for (unsigned i = 0; i < 2; i++) {
        const struct generic_address *wide = &fadt->x_pm1_control[i];

        add_power(registers, fadt->pm1_control[i], i == 1, types[i]);
        if (FADT_HAS(fadt, x_pm1_control) && wide->space == SPACE_IO &&
            wide->address != fadt->pm1_control[i])
            add_power(registers, wide->address, i == 1, types[i]);
    }
}
