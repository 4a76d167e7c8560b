/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What texts of a module are made of. RFC 3629; YAML 1.1, 5.1 and 5.4: each text can be written
   into a description as it is. */
#include <hvkit/machine.h>

static bool is_printable(uint32_t point)
{
    if (point < 0x20 || (point >= 0x7F && point < 0xA0))
        return false;
    if (point == 0x2028 || point == 0x2029 || point == 0xFEFF)
        return false;
    if (point >= 0xD800 && point < 0xE000)
        return false;
    return point != 0xFFFE && point != 0xFFFF && point <= 0x10FFFF;
}

/* Bytes that follow a first one; 4 for what cannot be a first one. */
static unsigned following(uint8_t first)
{
    if (first < 0x80)
        return 0;
    if (first < 0xC2 || first > 0xF4)
        return 4;
    if (first < 0xE0)
        return 1;
    return first < 0xF0 ? 2 : 3;
}

bool hv_machine_is_text(const char *bytes, size_t size)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    size_t at = 0;

    while (at < size) {
        uint8_t first = (uint8_t)bytes[at++];
        unsigned more = following(first);
        uint32_t point = more == 0 ? first : first & (0x3Fu >> more);

        if (more == 4 || more > size - at)
            return false;
        for (unsigned i = 0; i < more; i++) {
            uint8_t next = (uint8_t)bytes[at++];

            if ((next & 0xC0) != 0x80)
                return false;
            point = point << 6 | (next & 0x3Fu);
        }
        if (point < least[more] || !is_printable(point))
            return false;
    }
    return true;
}

bool hv_machine_is_name(const char *bytes, size_t size)
{
    if (size == 0 || size > HV_MACHINE_MAX_NAME)
        return false;
    for (size_t i = 0; i < size; i++)
        if ((bytes[i] < 'a' || bytes[i] > 'z') && (bytes[i] < '0' || bytes[i] > '9') &&
            bytes[i] != '-')
            return false;
    return true;
}
