/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The bytes of tables, and what is in the header of each. */
#include <stddef.h>
#include <stdint.h>

#include "acpi_writer.h"
#include "mem.h"

#define LENGTH_AT   4u
#define CHECKSUM_AT 9u

static const char oem_id[6] = "HVKIT ";
static const char oem_table_id[8] = "HVKITPC ";
static const char creator_id[4] = "HVKT";

void hv_acpi_put_bytes(struct acpi_writer *writer, const void *bytes, size_t count)
{
    if (writer->used <= writer->size && count <= writer->size - writer->used) {
        memcpy(writer->bytes + writer->used, bytes, count);
    }
    writer->used += count;
}

void hv_acpi_put(struct acpi_writer *writer, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> i * 8);
    }
    hv_acpi_put_bytes(writer, bytes, size);
}

void hv_acpi_put_zeros(struct acpi_writer *writer, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hv_acpi_put(writer, 0, 1);
    }
}

void hv_acpi_align(struct acpi_writer *writer, size_t alignment)
{
    hv_acpi_put_zeros(writer, (alignment - writer->used % alignment) % alignment);
}

void hv_acpi_set(struct acpi_writer *writer, size_t at, uint64_t value, size_t size)
{
    struct acpi_writer place = { writer->bytes, writer->size, at };
    hv_acpi_put(&place, value, size);
}

void hv_acpi_insert(struct acpi_writer *writer, size_t at, const uint8_t *bytes, size_t count)
{
    struct acpi_writer place = { writer->bytes, writer->size, at };
    if (writer->used <= writer->size && count <= writer->size - writer->used) {
        memmove(writer->bytes + at + count, writer->bytes + at, writer->used - at);
        hv_acpi_put_bytes(&place, bytes, count);
    }
    writer->used += count;
}

void hv_acpi_set_checksum(struct acpi_writer *writer, size_t start, size_t count, size_t at)
{
    uint8_t sum = 0;
    if (writer->used > writer->size) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        sum = (uint8_t)(sum + writer->bytes[start + i]);
    }
    writer->bytes[at] = (uint8_t)(writer->bytes[at] - sum);
}

size_t hv_acpi_begin_table(struct acpi_writer *writer, const char *signature, uint8_t revision)
{
    size_t start = writer->used;
    hv_acpi_put_bytes(writer, signature, 4);
    hv_acpi_put_zeros(writer, 4);
    hv_acpi_put(writer, revision, 1);
    hv_acpi_put_zeros(writer, 1);
    hv_acpi_put_bytes(writer, oem_id, sizeof(oem_id));
    hv_acpi_put_bytes(writer, oem_table_id, sizeof(oem_table_id));
    hv_acpi_put(writer, 1, 4);
    hv_acpi_put_bytes(writer, creator_id, sizeof(creator_id));
    hv_acpi_put(writer, 1, 4);
    return start;
}

void hv_acpi_end_table(struct acpi_writer *writer, size_t start)
{
    size_t length = writer->used - start;
    hv_acpi_set(writer, start + LENGTH_AT, length, 4);
    hv_acpi_set_checksum(writer, start, length, start + CHECKSUM_AT);
}
