/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Bytes of tables, one after the other, in a buffer of the caller. What does not fit is counted and
 * dropped, so that one pass without a buffer tells how much is needed.
 */
#ifndef HV_EMU_ACPI_WRITER_H
#define HV_EMU_ACPI_WRITER_H

#include <stddef.h>
#include <stdint.h>

struct acpi_writer {
    uint8_t *bytes;
    size_t size;
    size_t used;
};

#define ACPI_HEADER_SIZE 36u

void hv_acpi_put_bytes(struct acpi_writer *writer, const void *bytes, size_t count);

/* A little-endian number of @size bytes, up to 8. */
void hv_acpi_put(struct acpi_writer *writer, uint64_t value, size_t size);
void hv_acpi_put_zeros(struct acpi_writer *writer, size_t count);
void hv_acpi_align(struct acpi_writer *writer, size_t alignment);

/* Writes over a number that is there. */
void hv_acpi_set(struct acpi_writer *writer, size_t at, uint64_t value, size_t size);

/* Puts bytes before those from @at on. */
void hv_acpi_insert(struct acpi_writer *writer, size_t at, const uint8_t *bytes, size_t count);

/* Makes the bytes from @start on add up to 0, by the byte @at, which is 0. */
void hv_acpi_set_checksum(struct acpi_writer *writer, size_t start, size_t count, size_t at);

/* The header of a table, whose length and checksum hv_acpi_end_table() fills in. */
size_t hv_acpi_begin_table(struct acpi_writer *writer, const char *signature, uint8_t revision);
void hv_acpi_end_table(struct acpi_writer *writer, size_t start);

#endif
