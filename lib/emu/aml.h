/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ACPI Machine Language, as far as our tables speak it. What holds other things has a begin and an
 * end; its length is put in front at the end, as short as it can be.
 */
#ifndef HV_EMU_AML_H
#define HV_EMU_AML_H

#include <stddef.h>
#include <stdint.h>

#include "acpi_writer.h"

/* Objects: begin returns what end takes. */
size_t hv_aml_begin_scope(struct acpi_writer *writer, const char *segment);
size_t hv_aml_begin_device(struct acpi_writer *writer, const char *segment);
size_t hv_aml_begin_package(struct acpi_writer *writer, uint8_t elements);
void hv_aml_end(struct acpi_writer *writer, size_t start);

/* What follows is the value of the name: four characters. */
void hv_aml_name(struct acpi_writer *writer, const char *segment);
void hv_aml_integer(struct acpi_writer *writer, uint64_t value);

/* A PNP identifier such as PNP0501, three letters and four hexadecimal digits, upper case. */
void hv_aml_eisa_id(struct acpi_writer *writer, const char *id);

/* A buffer of resource descriptors. */
size_t hv_aml_begin_resources(struct acpi_writer *writer);
void hv_aml_end_resources(struct acpi_writer *writer, size_t start);

/* Ports that the device decodes with 16 bits. */
void hv_aml_ports(struct acpi_writer *writer, uint16_t first, uint8_t count);

/* An ISA interrupt, edge triggered and not shared. */
void hv_aml_irq(struct acpi_writer *writer, unsigned irq);

/* Ranges that a bridge hands on: buses, ports, memory. */
void hv_aml_bus_range(struct acpi_writer *writer, uint16_t first, uint16_t last);
void hv_aml_port_range(struct acpi_writer *writer, uint16_t first, uint16_t last);
void hv_aml_memory_range_32(struct acpi_writer *writer, uint32_t first, uint32_t last);
void hv_aml_memory_range_64(struct acpi_writer *writer, uint64_t first, uint64_t last);

#endif
