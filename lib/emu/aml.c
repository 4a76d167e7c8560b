/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The encoding of AML. Sections are those of the ACPI specification, chapters 6.4 and 20. */
#include <stddef.h>
#include <stdint.h>

#include "aml.h"

enum {
    AML_ZERO = 0x00,
    AML_ONE = 0x01,
    AML_NAME = 0x08,
    AML_BYTE = 0x0A,
    AML_WORD = 0x0B,
    AML_DWORD = 0x0C,
    AML_QWORD = 0x0E,
    AML_SCOPE = 0x10,
    AML_BUFFER = 0x11,
    AML_PACKAGE = 0x12,
    AML_EXTENDED = 0x5B,
    AML_DEVICE = 0x82,

    RESOURCE_IRQ = 0x22, /* of three bytes, without flags */
    RESOURCE_PORTS = 0x47,
    RESOURCE_END = 0x79,
    RESOURCE_RANGE_32 = 0x87,
    RESOURCE_RANGE_16 = 0x88,
    RESOURCE_RANGE_64 = 0x8A,

    RANGE_MEMORY = 0,
    RANGE_PORTS = 1,
    RANGE_BUSES = 2,

    RANGE_FIXED = 0x0C,      /* both ends, produced, positive decode */
    RANGE_ALL_PORTS = 0x03,  /* ISA and other ports */
    RANGE_READ_WRITE = 0x01, /* not cacheable */
    PORTS_DECODE_16_BITS = 1,
};

#define SEGMENT 4u

/* ---- Objects ---- */

static void put_opcode(struct acpi_writer *writer, uint8_t opcode)
{
    hv_acpi_put(writer, opcode, 1);
}

size_t hv_aml_begin_scope(struct acpi_writer *writer, const char *segment)
{
    put_opcode(writer, AML_SCOPE);
    size_t start = writer->used;
    hv_acpi_put_bytes(writer, segment, SEGMENT);
    return start;
}

size_t hv_aml_begin_device(struct acpi_writer *writer, const char *segment)
{
    put_opcode(writer, AML_EXTENDED);
    put_opcode(writer, AML_DEVICE);
    size_t start = writer->used;
    hv_acpi_put_bytes(writer, segment, SEGMENT);
    return start;
}

size_t hv_aml_begin_package(struct acpi_writer *writer, uint8_t elements)
{
    put_opcode(writer, AML_PACKAGE);
    size_t start = writer->used;
    hv_acpi_put(writer, elements, 1);
    return start;
}

/* "Package Length Encoding": it counts its own bytes, of which the first holds 6 or 4 bits. */
void hv_aml_end(struct acpi_writer *writer, size_t start)
{
    size_t length = writer->used - start;
    uint8_t bytes[4];
    if (length + 1 < 0x40) {
        bytes[0] = (uint8_t)(length + 1);
        hv_acpi_insert(writer, start, bytes, 1);
        return;
    }
    unsigned extra = length + 2 < 0x1000 ? 1 : length + 3 < 0x100000 ? 2 : 3;
    length += 1 + extra;
    bytes[0] = (uint8_t)(extra << 6 | (length & 0x0F));
    for (unsigned i = 1; i <= extra; i++) {
        bytes[i] = (uint8_t)(length >> (8 * i - 4));
    }
    hv_acpi_insert(writer, start, bytes, 1 + extra);
}

void hv_aml_name(struct acpi_writer *writer, const char *segment)
{
    put_opcode(writer, AML_NAME);
    hv_acpi_put_bytes(writer, segment, SEGMENT);
}

void hv_aml_integer(struct acpi_writer *writer, uint64_t value)
{
    if (value <= 1) {
        put_opcode(writer, value == 0 ? AML_ZERO : AML_ONE);
    } else if (value <= UINT8_MAX) {
        put_opcode(writer, AML_BYTE);
        hv_acpi_put(writer, value, 1);
    } else if (value <= UINT16_MAX) {
        put_opcode(writer, AML_WORD);
        hv_acpi_put(writer, value, 2);
    } else if (value <= UINT32_MAX) {
        put_opcode(writer, AML_DWORD);
        hv_acpi_put(writer, value, 4);
    } else {
        put_opcode(writer, AML_QWORD);
        hv_acpi_put(writer, value, 8);
    }
}

static unsigned letter(char character)
{
    return (unsigned)(character - '@') & 0x1F;
}

static unsigned digit(char character)
{
    return (unsigned)(character <= '9' ? character - '0' : character - 'A' + 10) & 0x0F;
}

/* "EISAID": five bits a letter and four a digit, the first in the highest bits of the first byte.
 */
void hv_aml_eisa_id(struct acpi_writer *writer, const char *id)
{
    unsigned letters = letter(id[0]) << 10 | letter(id[1]) << 5 | letter(id[2]);
    put_opcode(writer, AML_DWORD);
    hv_acpi_put(writer, letters >> 8, 1);
    hv_acpi_put(writer, letters & 0xFF, 1);
    hv_acpi_put(writer, digit(id[3]) << 4 | digit(id[4]), 1);
    hv_acpi_put(writer, digit(id[5]) << 4 | digit(id[6]), 1);
}

/* ---- Resources ---- */

size_t hv_aml_begin_resources(struct acpi_writer *writer)
{
    put_opcode(writer, AML_BUFFER);
    return writer->used;
}

/* The end tag's checksum of 0 stands for one that is right. The buffer's size precedes its bytes.
 */
void hv_aml_end_resources(struct acpi_writer *writer, size_t start)
{
    uint8_t bytes[3];
    struct acpi_writer size = { bytes, sizeof(bytes), 0 };
    put_opcode(writer, RESOURCE_END);
    hv_acpi_put(writer, 0, 1);
    hv_aml_integer(&size, writer->used - start);
    hv_acpi_insert(writer, start, bytes, size.used);
    hv_aml_end(writer, start);
}

void hv_aml_ports(struct acpi_writer *writer, uint16_t first, uint8_t count)
{
    hv_acpi_put(writer, RESOURCE_PORTS, 1);
    hv_acpi_put(writer, PORTS_DECODE_16_BITS, 1);
    hv_acpi_put(writer, first, 2);
    hv_acpi_put(writer, first, 2);
    hv_acpi_put(writer, 1, 1);
    hv_acpi_put(writer, count, 1);
}

void hv_aml_irq(struct acpi_writer *writer, unsigned irq)
{
    hv_acpi_put(writer, RESOURCE_IRQ, 1);
    hv_acpi_put(writer, UINT64_C(1) << irq, 2);
}

/* "Address Space Resource Descriptors": of addresses of 2, 4 or 8 bytes. */
static void put_range(struct acpi_writer *writer, unsigned kind, unsigned flags, uint64_t first,
                      uint64_t last, size_t width)
{
    static const uint8_t tags[] = {
        [2] = RESOURCE_RANGE_16, [4] = RESOURCE_RANGE_32, [8] = RESOURCE_RANGE_64
    };
    hv_acpi_put(writer, tags[width], 1);
    hv_acpi_put(writer, 3 + 5 * width, 2);
    hv_acpi_put(writer, kind, 1);
    hv_acpi_put(writer, RANGE_FIXED, 1);
    hv_acpi_put(writer, flags, 1);
    hv_acpi_put(writer, 0, width);
    hv_acpi_put(writer, first, width);
    hv_acpi_put(writer, last, width);
    hv_acpi_put(writer, 0, width);
    hv_acpi_put(writer, last - first + 1, width);
}

void hv_aml_bus_range(struct acpi_writer *writer, uint16_t first, uint16_t last)
{
    put_range(writer, RANGE_BUSES, 0, first, last, 2);
}

void hv_aml_port_range(struct acpi_writer *writer, uint16_t first, uint16_t last)
{
    put_range(writer, RANGE_PORTS, RANGE_ALL_PORTS, first, last, 2);
}

void hv_aml_memory_range_32(struct acpi_writer *writer, uint32_t first, uint32_t last)
{
    put_range(writer, RANGE_MEMORY, RANGE_READ_WRITE, first, last, 4);
}

void hv_aml_memory_range_64(struct acpi_writer *writer, uint64_t first, uint64_t last)
{
    put_range(writer, RANGE_MEMORY, RANGE_READ_WRITE, first, last, 8);
}
