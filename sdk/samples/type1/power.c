/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "power.h"

/* PM1 control, in its high byte. */
#define SLP_TYP_SHIFT 2
#define SLP_TYP_MASK  7u
#define SLP_EN        (1u << 5)

/* ACPI 6.5, 20.2. */
#define AML_ZERO       0x00
#define AML_ONE        0x01
#define AML_NAME       0x08
#define AML_BYTE       0x0A
#define AML_WORD       0x0B
#define AML_DWORD      0x0C
#define AML_PACKAGE    0x12
#define AML_ROOT       '\\'
#define AML_NAME_SIZE  4
#define AML_SIZE_SHIFT 6

struct cursor {
    const uint8_t *next, *end;
};

/* SLP_TYP and SLP_EN share a byte, so that one write is all that it takes to decide. */
struct power_write power_filter(int offset, unsigned size, uint32_t value, uint8_t s5_type)
{
    struct power_write write = { .value = value };
    int lane = 1 - offset;
    unsigned shift, high;

    if (s5_type == POWER_ANY_TYPE || lane < 0 || (unsigned)lane >= size)
        return write;
    shift = (unsigned)lane * 8;
    high = value >> shift;
    if (!(high & SLP_EN) || (high >> SLP_TYP_SHIFT & SLP_TYP_MASK) == s5_type)
        return write;
    write.value &= ~(SLP_EN << shift);
    write.refused = true;
    return write;
}

uint16_t power_enter(uint16_t control, uint8_t type)
{
    const unsigned high = (type & SLP_TYP_MASK) << SLP_TYP_SHIFT | SLP_EN;
    const unsigned mask = (SLP_TYP_MASK << SLP_TYP_SHIFT | SLP_EN) << 8;

    return (uint16_t)((control & ~mask) | high << 8);
}

static bool take_byte(struct cursor *cursor, uint8_t *byte)
{
    if (cursor->next == cursor->end)
        return false;
    *byte = *cursor->next++;
    return true;
}

static bool skip(struct cursor *cursor, unsigned count)
{
    if ((uint64_t)(cursor->end - cursor->next) < count)
        return false;
    cursor->next += count;
    return true;
}

/* An integer's low bits: SLP_TYP is three bits wide. */
static bool take_type(struct cursor *cursor, uint8_t *type)
{
    uint8_t opcode, value = 0;
    bool whole;

    if (!take_byte(cursor, &opcode))
        return false;
    switch (opcode) {
    case AML_ZERO:
    case AML_ONE:
        value = opcode;
        whole = true;
        break;
    case AML_BYTE:
        whole = take_byte(cursor, &value);
        break;
    case AML_WORD:
        whole = take_byte(cursor, &value) && skip(cursor, 1);
        break;
    case AML_DWORD:
        whole = take_byte(cursor, &value) && skip(cursor, 3);
        break;
    default:
        return false;
    }
    *type = value & SLP_TYP_MASK;
    return whole;
}

static bool take_name(struct cursor *cursor)
{
    static const uint8_t name[AML_NAME_SIZE] = { '_', 'S', '5', '_' };
    uint8_t byte;

    if (!take_byte(cursor, &byte) || byte != AML_NAME)
        return false;
    if (cursor->next != cursor->end && *cursor->next == AML_ROOT)
        cursor->next++;
    for (unsigned i = 0; i < AML_NAME_SIZE; i++)
        if (!take_byte(cursor, &byte) || byte != name[i])
            return false;
    return true;
}

static bool take_s5(struct cursor cursor, uint8_t types[2])
{
    uint8_t opcode, lead, elements, first, second;

    if (!take_name(&cursor) || !take_byte(&cursor, &opcode) || opcode != AML_PACKAGE)
        return false;
    /* The package's length, in up to three bytes more, is of no use here. */
    if (!take_byte(&cursor, &lead) || !skip(&cursor, lead >> AML_SIZE_SHIFT))
        return false;
    if (!take_byte(&cursor, &elements) || elements < 2)
        return false;
    if (!take_type(&cursor, &first) || !take_type(&cursor, &second))
        return false;
    types[0] = first;
    types[1] = second;
    return true;
}

bool power_find_s5(const uint8_t *aml, uint32_t length, uint8_t types[2])
{
    for (uint32_t at = 0; at < length; at++)
        if (take_s5((struct cursor){ aml + at, aml + length }, types))
            return true;
    return false;
}
