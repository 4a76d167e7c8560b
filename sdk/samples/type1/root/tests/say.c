/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The root program's own lines, on the hosts of its tests. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../host.h"

void root_host_say(const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    root_host_write("root| ", 6);
    root_host_write(line, strlen(line));
    root_host_write("\r\n", 2);
}
