/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore. A record may come from an enemy: it is taken whole or not at all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/acpi_pm.h>

#include "acpi_pm.h"
#include "mem.h"

/* Every byte of a record has a meaning, so a record says nothing of the memory it was made in. */
_Static_assert(sizeof(struct hv_acpi_pm_record) == 24, "no padding");

void hv_acpi_pm_save(struct hv_acpi_pm *pm, uint64_t now, struct hv_acpi_pm_record *record)
{
    hv_acpi_pm_advance(pm, now);
    *record = (struct hv_acpi_pm_record){
        .version = HV_ACPI_PM_RECORD_VERSION,
        .size = sizeof(*record),
        .count = pm->count,
        .fraction = pm->fraction,
        .status = pm->status,
        .enable = pm->enable,
        .control = pm->control,
        .reset_control = pm->reset_control,
    };
}

/* Nothing raises the status of the global lock and of the clock. */
static bool record_is_valid(const struct hv_acpi_pm_record *record)
{
    return record->version == HV_ACPI_PM_RECORD_VERSION && record->size == sizeof(*record) &&
           record->fraction < ACPI_PM_TIME_UNITS_A_SECOND &&
           (record->status & ~(HV_ACPI_PM_TMR | HV_ACPI_PM_PWRBTN)) == 0 &&
           (record->enable & ~PM1_EVENTS) == 0 && (record->control & ~PM1_CNT_KEPT) == 0 &&
           (record->reset_control & ~RESET_KEPT) == 0 && record->reserved == 0;
}

bool hv_acpi_pm_restore(struct hv_acpi_pm *pm, const void *record, size_t size, uint64_t now)
{
    struct hv_acpi_pm_record copy;
    if (size != sizeof(copy)) {
        return false;
    }
    memcpy(&copy, record, sizeof(copy));
    if (!record_is_valid(&copy)) {
        return false;
    }
    pm->now = now > pm->now ? now : pm->now;
    pm->count = copy.count;
    pm->fraction = copy.fraction;
    pm->status = copy.status;
    pm->enable = copy.enable;
    pm->control = copy.control;
    pm->reset_control = copy.reset_control;
    return true;
}
