/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the FADT leads to: powering off, and the PM timer.
 *
 * A register has a 32-bit field, a port, and since ACPI 2.0 a generic address further on, which
 * counts where it is not zero. The firmware of Hyper-V's generation-2 machines fills in those alone
 * (mu_msvm, AcpiTables/Fadt.aslc).
 */
#include "private.h"

#define FADT_DSDT        40
#define FADT_SMI_CMD     48
#define FADT_ACPI_ENABLE 52
#define FADT_PM1A_CNT    64
#define FADT_PM1B_CNT    68
#define FADT_PM_TIMER    76
#define FADT_FLAGS       112
#define FADT_V1_SIZE     116
#define FADT_X_DSDT      140
#define FADT_X_PM1A_CNT  172
#define FADT_X_PM1B_CNT  184
#define FADT_X_PM_TIMER  208
#define FADT_HW_REDUCED  (1u << 20)

#define GAS_SIZE      12
#define GAS_ADDRESS   4
#define GAS_SYSTEM_IO 1

#define PM1_SCI_EN    1u
#define PM1_SLP_EN    (1u << 13)
#define PM1_SLP_SHIFT 10

static const struct acpi_header *find_fadt(void)
{
    const struct acpi_header *fadt = acpi_find("FACP");

    return fadt != NULL && fadt->length >= FADT_V1_SIZE ? fadt : NULL;
}

/* The port of a register: of its generic address, else of its old field; 0 if there is none. */
static uint16_t register_port(const struct acpi_header *fadt, size_t old, size_t generic)
{
    const uint8_t *gas = (const uint8_t *)fadt + generic;

    if (generic + GAS_SIZE <= fadt->length && gas[0] == GAS_SYSTEM_IO &&
        acpi_read32(gas, GAS_ADDRESS) != 0)
        return (uint16_t)acpi_read32(gas, GAS_ADDRESS);
    return (uint16_t)acpi_read32(fadt, old);
}

const void *acpi_dsdt(void)
{
    const struct acpi_header *fadt = find_fadt();
    uint64_t address = 0;

    if (fadt == NULL)
        return NULL;
    if (FADT_X_DSDT + sizeof(address) <= fadt->length)
        memcpy(&address, (const char *)fadt + FADT_X_DSDT, sizeof(address));
    return acpi_table_at(address != 0 ? address : acpi_read32(fadt, FADT_DSDT));
}

uint16_t acpi_pm_timer_port(void)
{
    const struct acpi_header *fadt = find_fadt();

    if (fadt == NULL || (acpi_read32(fadt, FADT_FLAGS) & FADT_HW_REDUCED) != 0)
        return 0;
    return register_port(fadt, FADT_PM_TIMER, FADT_X_PM_TIMER);
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
static bool find_s5(const struct acpi_header *dsdt, unsigned int *type_a, unsigned int *type_b)
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

/* From legacy mode, where firmware owns the registers, to ACPI mode. */
static void enable_acpi(const struct acpi_header *fadt, uint16_t control)
{
    uint16_t smi = (uint16_t)acpi_read32(fadt, FADT_SMI_CMD);

    if (smi == 0 || (inw(control) & PM1_SCI_EN) != 0)
        return;
    outb(smi, *((const uint8_t *)fadt + FADT_ACPI_ENABLE));
    for (unsigned int tries = 0; tries < 1000 && (inw(control) & PM1_SCI_EN) == 0; tries++)
        udelay(100);
}

static void sleep_port(uint16_t port, unsigned int type)
{
    if (port != 0)
        outw(port, (uint16_t)(type << PM1_SLP_SHIFT | PM1_SLP_EN));
}

void guest_power_off(void)
{
    const struct acpi_header *fadt = find_fadt(), *dsdt;
    unsigned int type_a, type_b;
    uint16_t control;

    if (fadt == NULL)
        return;
    dsdt = acpi_dsdt();
    control = register_port(fadt, FADT_PM1A_CNT, FADT_X_PM1A_CNT);
    if (dsdt == NULL || control == 0 || !find_s5(dsdt, &type_a, &type_b))
        return;
    enable_acpi(fadt, control);
    sleep_port(control, type_a);
    sleep_port(register_port(fadt, FADT_PM1B_CNT, FADT_X_PM1B_CNT), type_b);
    mdelay(20);
}
