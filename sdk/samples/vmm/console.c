/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a guest writes, by lines and by bytes. */
#include "console.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- To the file ---- */

/* Who does not read from a socket holds up nobody: it loses bytes. */
static ssize_t write_some(const struct vmm_console *console, const uint8_t *bytes, size_t count)
{
    if (console->place == VMM_SOCKET)
        return send(console->output, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return write(console->output, bytes, count);
}

static void write_out(struct vmm_console *console)
{
    uint32_t done = 0;

    while (console->output >= 0 && done < console->waiting) {
        ssize_t count = write_some(console, console->out + done, console->waiting - done);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        done += (uint32_t)count;
    }
    console->waiting = 0;
}

static void write_bytes(struct vmm_console *console, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (console->waiting == sizeof(console->out))
            write_out(console);
        console->out[console->waiting++] = (uint8_t)bytes[i];
    }
}

/* ---- Lines ---- */

/* In one piece, as lines of other processes may come in between. */
static void show(void *context, const struct hv_machine_line *line)
{
    struct vmm_console *console = context;
    const char *name = line->machine->name;

    if (console->place != VMM_LINES)
        return;
    write_out(console);
    write_bytes(console, name, strlen(name));
    write_bytes(console, "| ", 2);
    write_bytes(console, line->text, line->length);
    write_bytes(console, "\n", 1);
    write_out(console);
}

_Static_assert(HV_MACHINE_LINE + HV_MACHINE_MAX_NAME + 3 <= VMM_CONSOLE_ROOM,
               "a line is one write");

/* A person sees what was typed at once, a file is written by lines. */
static void add_byte(struct vmm_console *console, uint8_t character)
{
    char byte = (char)character;

    write_bytes(console, &byte, 1);
    if (console->place != VMM_FILE || character == '\n')
        write_out(console);
}

void vmm_console_flush(struct vmm_console *console)
{
    if (console->line.machine)
        hv_machine_line_flush(&console->line, show, console);
    write_out(console);
}

/* ---- For the worker ---- */

static void put(void *context, uint8_t character)
{
    struct vmm_console *console = context;

    hv_machine_line_add(&console->line, character, show, console);
    if (console->place != VMM_LINES && console->output >= 0)
        add_byte(console, character);
}

static bool get(void *context, uint8_t *character)
{
    struct vmm_console *console = context;

    if (console->typed_count == 0)
        return false;
    *character = console->typed[console->typed_first++ % sizeof(console->typed)];
    console->typed_count--;
    return true;
}

struct worker_console vmm_console_ends(struct vmm_console *console)
{
    if (!console->line.machine)
        return (struct worker_console){ 0 };
    return (struct worker_console){ .context = console, .put = put, .get = get };
}
