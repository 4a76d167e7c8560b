/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The few facts of ACPI that the hypervisor needs: which processors there are, how to
   reset, and which ports put the machine to sleep. */
#ifndef TYPE1_ACPI_H
#define TYPE1_ACPI_H

#include <stdbool.h>
#include <stdint.h>

struct boot_info;
struct power_registers;

/* Finds the tables; boot_fail() if there are none. */
void acpi_init(const struct boot_info *boot);

/* Calls visit for the APIC ID of each processor that is enabled, in the order of the MADT. */
void acpi_for_each_processor(void (*visit)(void *context, uint32_t apic_id), void *context);

/* Resets the machine by the FADT's reset register, if that is an I/O port or memory. */
void acpi_reset(void);

/* The PM1 control registers that are I/O ports, each by every address that the FADT has for it. */
void acpi_find_power(struct power_registers *registers);

/* Physical address of the RSDP where a BIOS puts it, or 0 if only the boot loader told of it. */
uint64_t acpi_bios_rsdp(void);

#endif
