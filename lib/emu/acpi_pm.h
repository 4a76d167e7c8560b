/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the files of the ACPI registers share; names are those of the ACPI specification. */
#ifndef HV_EMU_ACPI_PM_H
#define HV_EMU_ACPI_PM_H

#include <hv/acpi_pm.h>

#define ACPI_PM_TIME_UNITS_A_SECOND UINT64_C(10000000)

enum {
    PM1_EVENTS = HV_ACPI_PM_TMR | HV_ACPI_PM_GBL | HV_ACPI_PM_PWRBTN | HV_ACPI_PM_RTC,

    PM1_CNT_SCI_EN = 0x0001,
    PM1_CNT_BM_RLD = 0x0002,
    PM1_CNT_SLP_TYP_SHIFT = 10,
    PM1_CNT_SLP_TYP = HV_ACPI_SLEEP_TYPE_MASK << PM1_CNT_SLP_TYP_SHIFT,
    PM1_CNT_SLP_EN = 0x2000,
    PM1_CNT_KEPT = PM1_CNT_BM_RLD | PM1_CNT_SLP_TYP,

    RESET_HARD = 0x02,
    RESET_CPU = 0x04,
    RESET_KEPT = RESET_HARD | RESET_CPU,
};

#endif
