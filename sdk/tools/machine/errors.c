/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "errors.h"

#include <stdarg.h>
#include <stdlib.h>

/* Room in a quote for one more character in any form, the dots and the 0. */
#define QUOTE_END (QUOTE_SIZE - 8)

void errors_add(struct errors *errors, struct position at, const char *format, ...)
{
    struct error *error = &errors->entries[errors->count];
    va_list arguments;

    if (errors_full(errors)) {
        errors->more = true;
        return;
    }
    error->at = at;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    errors->count++;
}

bool errors_full(const struct errors *errors)
{
    return errors->count == ERRORS_MAX;
}

static bool is_before(struct position left, struct position right)
{
    return left.line < right.line || (left.line == right.line && left.column < right.column);
}

/* Errors of one place keep their order. */
static void sort(struct errors *errors)
{
    for (unsigned i = 1; i < errors->count; i++) {
        struct error moved = errors->entries[i];
        unsigned to = i;

        while (to > 0 && is_before(moved.at, errors->entries[to - 1].at)) {
            errors->entries[to] = errors->entries[to - 1];
            to--;
        }
        errors->entries[to] = moved;
    }
}

void errors_print(struct errors *errors, const char *file, FILE *stream)
{
    sort(errors);
    for (unsigned i = 0; i < errors->count; i++)
        fprintf(stream, "%s:%lu:%lu: error: %s\n", file, errors->entries[i].at.line,
                errors->entries[i].at.column, errors->entries[i].text);
    if (errors->more)
        fprintf(stream, "%s: error: there is more; mend these first\n", file);
}

struct quote quote(const char *text, size_t length)
{
    struct quote result;
    size_t to = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (to >= QUOTE_END) {
            to += (size_t)sprintf(result.text + to, "...");
            break;
        }
        if (byte >= 0x20 && byte < 0x7F)
            result.text[to++] = (char)byte;
        else
            to += (size_t)sprintf(result.text + to, "\\x%02x", byte);
    }
    result.text[to] = 0;
    return result;
}
