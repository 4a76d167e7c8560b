/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Arguments by the serial port, for media whose command line can't be changed from outside: a run
 * that goes on behind a test that hung, above all.
 *
 * The kernel asks, not the boot loader: UEFI may have a console on the same port, and takes
 * characters away from whoever else reads there.
 */
#include <conformance/test.h>

#include "run.h"

#define LINE_SIZE 512

/* A line that begins in time, without its end; patience begins anew with each character. */
static bool read_line(char line[LINE_SIZE], uint64_t seconds)
{
    uint64_t start = rdtsc(), ticks = tsc_from_us(seconds * 1000000);
    size_t length = 0;

    while (rdtsc() - start < ticks) {
        int c = console_read();

        if (c == '\r' || c == '\n') {
            line[length] = '\0';
            return true;
        }
        if (c >= 0)
            start = rdtsc();
        else
            cpu_pause();
        if (c >= ' ' && c <= '~' && length < LINE_SIZE - 1)
            line[length++] = (char)c;
    }
    return false;
}

void ask_arguments(void)
{
    uint64_t seconds = boot_option_number("ask", 0);
    char line[LINE_SIZE];

    if (seconds == 0)
        return;
    printf("\n# ask %u\n", (unsigned)seconds);
    if (!read_line(line, seconds))
        return;
    boot_add_options(line);
    printf("# arguments %s\n", line);
}
