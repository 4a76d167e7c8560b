/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the files of the ACPI tables share. */
#ifndef HV_EMU_ACPI_TABLES_H
#define HV_EMU_ACPI_TABLES_H

#include <stdint.h>

#include <hv/acpi_tables.h>

#include "acpi_writer.h"

void hv_acpi_write_fadt(struct acpi_writer *writer, const struct hv_acpi_tables_config *config,
                        uint64_t facs, uint64_t dsdt);
void hv_acpi_write_dsdt(struct acpi_writer *writer, const struct hv_acpi_tables_config *config);
void hv_acpi_write_madt(struct acpi_writer *writer, const struct hv_acpi_tables_config *config);

#endif
