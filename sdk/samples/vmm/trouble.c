/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "trouble.h"

#include <stdarg.h>
#include <stdio.h>

bool vmm_trouble(struct vmm_trouble *trouble, const char *format, ...)
{
    va_list arguments;

    if (trouble->text[0])
        return false;
    va_start(arguments, format);
    vsnprintf(trouble->text, sizeof(trouble->text), format, arguments);
    va_end(arguments);
    return false;
}
