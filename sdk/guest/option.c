/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Words of the command line.
 */
#include "private.h"

static void copy_value(const char *from, const char *end, char *to, size_t size)
{
    size_t length = (size_t)(end - from);

    if (size == 0)
        return;
    if (length >= size)
        length = size - 1;
    memcpy(to, from, length);
    to[length] = 0;
}

static const char *word_end(const char *s)
{
    while (*s != 0 && *s != ' ' && *s != '\t')
        s++;
    return s;
}

bool boot_option(const char *name, char *value, size_t size)
{
    const char *word = boot_info()->command_line, *end;
    size_t length = strlen(name);
    bool found = false;

    for (; *word != 0; word = *end == 0 ? end : end + 1) {
        end = word_end(word);
        if (strncmp(word, name, length) != 0)
            continue;
        if (word + length == end) {
            copy_value(end, end, value, size);
            found = true;
        } else if (word[length] == '=') {
            copy_value(word + length + 1, end, value, size);
            found = true;
        }
    }
    return found;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

uint64_t boot_option_number(const char *name, uint64_t otherwise)
{
    char text[24];
    const char *s = text;
    uint64_t number = 0;
    int base = 10;

    if (!boot_option(name, text, sizeof(text)) || text[0] == 0)
        return otherwise;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
    }
    for (; *s != 0; s++) {
        int digit = digit_value(*s);

        if (digit >= base)
            return otherwise;
        number = number * (uint64_t)base + (uint64_t)digit;
    }
    return number;
}
