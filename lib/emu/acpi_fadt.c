/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The fixed description table. Fields and flags are those of the specification, section 5.2.9. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/acpi_pm.h>
#include <hv/acpi_tables.h>

#include "acpi_tables.h"
#include "acpi_writer.h"

enum {
    FADT_REVISION = 6,
    FADT_SIZE = 276,

    FADT_SCI_INT = 46,
    FADT_FIRMWARE_CTRL = 36,
    FADT_DSDT = 40,
    FADT_PM1A_EVT_BLK = 56,
    FADT_PM1A_CNT_BLK = 64,
    FADT_PM_TMR_BLK = 76,
    FADT_PM1_EVT_LEN = 88,
    FADT_PM1_CNT_LEN = 89,
    FADT_PM_TMR_LEN = 91,
    FADT_P_LVL2_LAT = 96,
    FADT_P_LVL3_LAT = 98,
    FADT_IAPC_BOOT_ARCH = 109,
    FADT_FLAGS = 112,
    FADT_RESET_REG = 116,
    FADT_RESET_VALUE = 128,
    FADT_X_FIRMWARE_CTRL = 132,
    FADT_X_DSDT = 140,
    FADT_X_PM1A_EVT_BLK = 148,
    FADT_X_PM1A_CNT_BLK = 172,
    FADT_X_PM_TMR_BLK = 208,

    /* Latencies that say that C2 and C3 are not there. */
    P_LVL2_NONE = 0x0FFF,
    P_LVL3_NONE = 0x0FFF,

    BOOT_LEGACY_DEVICES = 0x0001,
    BOOT_8042 = 0x0002,
    BOOT_NO_VGA = 0x0004,
    BOOT_NO_RTC = 0x0020,

    FLAG_WBINVD = 1 << 0,
    FLAG_PROC_C1 = 1 << 2,
    FLAG_NO_SLP_BUTTON = 1 << 5,
    FLAG_NO_FIX_RTC = 1 << 6,
    FLAG_TMR_VAL_EXT = 1 << 8,
    FLAG_RESET_REG_SUP = 1 << 10,

    ADDRESS_PORTS = 1,
};

/* "Generic Address Structure" of a register of @size bytes. */
static void set_port(struct acpi_writer *writer, size_t at, uint32_t port, unsigned size,
                     unsigned access)
{
    hv_acpi_set(writer, at, ADDRESS_PORTS, 1);
    hv_acpi_set(writer, at + 1, size * 8, 1);
    hv_acpi_set(writer, at + 3, access, 1);
    hv_acpi_set(writer, at + 4, port, 8);
}

/* A register block has a place of old with 32 bits, one with an address structure, and a length. */
static void set_blocks(struct acpi_writer *writer, size_t fadt, uint32_t port)
{
    static const struct {
        uint8_t old_at;
        uint8_t at;
        uint8_t length_at;
        uint8_t offset;
        uint8_t size;
        uint8_t access; /* 2: by words, 3: by double words */
    } blocks[] = {
        { FADT_PM1A_EVT_BLK, FADT_X_PM1A_EVT_BLK, FADT_PM1_EVT_LEN, HV_ACPI_PM_EVENT, 4, 2 },
        { FADT_PM1A_CNT_BLK, FADT_X_PM1A_CNT_BLK, FADT_PM1_CNT_LEN, HV_ACPI_PM_CONTROL, 2, 2 },
        { FADT_PM_TMR_BLK, FADT_X_PM_TMR_BLK, FADT_PM_TMR_LEN, HV_ACPI_PM_TIMER, 4, 3 },
    };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        uint32_t first = port + blocks[i].offset;
        hv_acpi_set(writer, fadt + blocks[i].old_at, first, 4);
        hv_acpi_set(writer, fadt + blocks[i].length_at, blocks[i].size, 1);
        set_port(writer, fadt + blocks[i].at, first, blocks[i].size, blocks[i].access);
    }
}

/* The fields of 32 bits hold an address that fits, and then the same. */
static void set_table(struct acpi_writer *writer, size_t old_at, size_t at, uint64_t address)
{
    hv_acpi_set(writer, old_at, address <= UINT32_MAX ? address : 0, 4);
    hv_acpi_set(writer, at, address, 8);
}

static unsigned boot_architecture(const struct hv_acpi_tables_config *config)
{
    bool legacy = config->com1 || config->com2 || config->i8042;
    return (legacy ? BOOT_LEGACY_DEVICES : 0u) | (config->i8042 ? BOOT_8042 : 0u) |
           (config->vga ? 0u : BOOT_NO_VGA) | (config->rtc ? 0u : BOOT_NO_RTC);
}

static unsigned flags(const struct hv_acpi_tables_config *config)
{
    return FLAG_WBINVD | FLAG_PROC_C1 | FLAG_NO_SLP_BUTTON | FLAG_NO_FIX_RTC | FLAG_RESET_REG_SUP |
           (config->timer_32_bits ? FLAG_TMR_VAL_EXT : 0u);
}

void hv_acpi_write_fadt(struct acpi_writer *writer, const struct hv_acpi_tables_config *config,
                        uint64_t facs, uint64_t dsdt)
{
    size_t fadt = hv_acpi_begin_table(writer, "FACP", FADT_REVISION);
    hv_acpi_put_zeros(writer, FADT_SIZE - ACPI_HEADER_SIZE);
    set_table(writer, fadt + FADT_FIRMWARE_CTRL, fadt + FADT_X_FIRMWARE_CTRL, facs);
    set_table(writer, fadt + FADT_DSDT, fadt + FADT_X_DSDT, dsdt);
    set_blocks(writer, fadt, config->pm_port);
    hv_acpi_set(writer, fadt + FADT_SCI_INT, config->sci, 2);
    hv_acpi_set(writer, fadt + FADT_P_LVL2_LAT, P_LVL2_NONE, 2);
    hv_acpi_set(writer, fadt + FADT_P_LVL3_LAT, P_LVL3_NONE, 2);
    hv_acpi_set(writer, fadt + FADT_IAPC_BOOT_ARCH, boot_architecture(config), 2);
    hv_acpi_set(writer, fadt + FADT_FLAGS, flags(config), 4);
    set_port(writer, fadt + FADT_RESET_REG, HV_ACPI_RESET_PORT, 1, 1);
    hv_acpi_set(writer, fadt + FADT_RESET_VALUE, HV_ACPI_RESET_VALUE, 1);
    hv_acpi_end_table(writer, fadt);
}
