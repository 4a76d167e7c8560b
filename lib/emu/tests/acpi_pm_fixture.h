/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* ACPI registers of a machine that notes what it is told. */
#ifndef HV_ACPI_PM_FIXTURE_H
#define HV_ACPI_PM_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/acpi_pm.h>

struct acpi_machine {
    unsigned sleeps;
    unsigned hard_resets;
    unsigned soft_resets;
    uint8_t type;
};

static inline void acpi_machine_sleep(void *context, uint8_t type)
{
    struct acpi_machine *machine = context;
    machine->type = type;
    machine->sleeps++;
}

static inline void acpi_machine_reset(void *context, bool hard)
{
    struct acpi_machine *machine = context;
    machine->hard_resets += hard;
    machine->soft_resets += !hard;
}

static inline struct hv_acpi_pm_config acpi_machine_config(struct acpi_machine *machine)
{
    return (struct hv_acpi_pm_config){
        .backend = { machine, acpi_machine_sleep, acpi_machine_reset },
    };
}

#endif
