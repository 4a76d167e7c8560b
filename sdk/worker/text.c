/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "text.h"

static void add_character(struct worker_text *text, char character)
{
    if (text->length + 1 >= sizeof(text->bytes))
        return;
    text->bytes[text->length++] = character;
    text->bytes[text->length] = 0;
}

void worker_text_clear(struct worker_text *text)
{
    text->length = 0;
    text->bytes[0] = 0;
}

void worker_text_add(struct worker_text *text, const char *more)
{
    while (*more)
        add_character(text, *more++);
}

void worker_text_add_hex(struct worker_text *text, uint64_t value, unsigned digits)
{
    while (digits-- > 0)
        add_character(text, "0123456789abcdef"[value >> (4 * digits) & 0xF]);
}

void worker_text_add_decimal(struct worker_text *text, uint64_t value)
{
    uint64_t power = 1;

    while (value / power >= 10)
        power *= 10;
    for (; power > 0; power /= 10)
        add_character(text, (char)('0' + value / power % 10));
}
