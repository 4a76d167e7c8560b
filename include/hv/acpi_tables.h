/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief ACPI tables of a PC that is made of lib/emu's devices.
 *
 * For a guest that boots without firmware. From a description of the machine the tables are written
 * one after the other, each at a multiple of 64 bytes: RSDP, XSDT, FADT, FACS, DSDT, MADT. The RSDP
 * comes first, so its address is that of all. A guest finds it by its boot protocol (PVH start
 * info, boot_params of Linux), or where firmware of a PC leaves it: at a multiple of 16 between
 * 0xE0000 and 0xFFFFF. The FACS holds the global lock, so the memory is to be writable; it is no
 * memory that the guest may use for anything else.
 *
 * There is no RSDT, and no SMI command port (acpi_pm.h says why). The DSDT is AML of our own that
 * describes what the configuration has: PCI host bridge with windows and interrupt routing, serial
 * ports, keyboard controller, clock, the ports of the power management registers, and \_S5.
 *
 * Nothing here depends on time or on the guest, and nothing is kept.
 *
 * Source: ACPI specification 6.5, chapters 5 "ACPI Software Programming Model", 6 "Device
 * Configuration" and 20 "ACPI Machine Language"; PCI Firmware Specification 3.0, section 4.
 */
#ifndef HV_ACPI_TABLES_H
#define HV_ACPI_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HV_ACPI_TABLES_ALIGNMENT 64u     /**< of the address */
#define HV_ACPI_MAX_CPUS         0x8000u /**< that tables are written for */
#define HV_ACPI_ISA_INTERRUPTS   16u

/** An ISA interrupt whose line at the I/O APIC is another, or other than edge and high active. */
struct hv_acpi_override {
    uint8_t source;  /**< ISA interrupt, 0 to 15 */
    uint8_t gsi;     /**< pin of the I/O APIC, 0 to 23 */
    bool level;      /**< level triggered */
    bool low_active; /**< asserted when low */
};

/** A range of addresses. */
struct hv_acpi_window {
    uint64_t base; /**< the first */
    uint64_t size; /**< how many; 0: no range */
};

/** The machine. */
struct hv_acpi_tables_config {
    /** Where the tables will be in guest memory: a multiple of HV_ACPI_TABLES_ALIGNMENT. */
    uint64_t address;
    /** APIC ID of each processor that there is at the start, the first one to boot first. */
    const uint32_t *apic_ids;
    /** How many: 1 to HV_ACPI_MAX_CPUS. */
    uint32_t cpu_count;
    /** Of the I/O APIC, whose pins are the global system interrupts from 0 on. */
    uint32_t io_apic_address;
    /** As the I/O APIC's register has it. */
    uint8_t io_apic_id;
    /** Which interrupt the SCI is, 1 to 15; level triggered and high active. Usually 9. */
    uint8_t sci;
    /** The first of the HV_ACPI_PM_PORTS ports of acpi_pm.h. */
    uint16_t pm_port;
    /** As hv_acpi_pm_config has it. */
    bool timer_32_bits;
    /** Two 8259 are there (MADT: PCAT_COMPAT). */
    bool pic;
    /** Serial port at 0x3F8, interrupt 4. */
    bool com1;
    /** Serial port at 0x2F8, interrupt 3. */
    bool com2;
    /** Keyboard controller at 0x60 and 0x64, interrupts 1 and 12. */
    bool i8042;
    /** Clock at 0x70, interrupt 8. */
    bool rtc;
    /** A VGA adapter that may be probed. */
    bool vga;
    /** The PCI bus of pci.h. */
    bool pci;
    /** Where base address registers of memory may point to below 4 GiB; with @p pci. */
    struct hv_acpi_window pci_memory_32;
    /** The same above 4 GiB. */
    struct hv_acpi_window pci_memory_64;
    /** Overrides besides that of the SCI, which is written by itself. */
    const struct hv_acpi_override *overrides;
    /** How many: no more than HV_ACPI_ISA_INTERRUPTS. */
    uint32_t override_count;
};

/**
 * Writes the tables.
 *
 * @param config     The machine.
 * @param buffer     What will be at hv_acpi_tables_config.address; NULL with a @p size of 0, to ask
 *                   how many bytes there are.
 * @param size       Bytes there.
 * @param[out] used  Bytes that the tables take, also when they are too many; 0 when @p config is
 *                   impossible.
 * @return False when @p config breaks what it says above, its ranges overlap the end of the address
 *         space, or @p size is too small; then the content of @p buffer is of no use.
 */
bool hv_acpi_tables_write(const struct hv_acpi_tables_config *config, void *buffer, size_t size,
                          size_t *used);

#endif
