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

static const struct hv_machine_device *device_of(const struct vmm_console *console)
{
    return &console->machine->devices[console->device];
}

/* Whether the line, or only its end, has the text in it. */
static bool contains(const struct vmm_console *console, const char *text, bool at_end)
{
    uint32_t size = (uint32_t)strlen(text);

    for (uint32_t at = at_end && console->length > size ? console->length - size : 0;
         at + size <= console->length; at++)
        if (memcmp(console->line + at, text, size) == 0)
            return true;
    return false;
}

static bool is_shown(const struct vmm_console *console)
{
    const struct hv_machine_device *device = device_of(console);

    if (device->show != HV_MACHINE_SHOW_LINES)
        return device->show == HV_MACHINE_SHOW_ALL;
    for (uint32_t i = 0; i < device->shown_count; i++)
        if (contains(console, device->shown[i], false))
            return true;
    return false;
}

/* In one piece, as lines of other processes may come in between. */
static void end_line(struct vmm_console *console)
{
    const char *name = console->machine->name;

    if (console->place == VMM_LINES && is_shown(console)) {
        write_out(console);
        write_bytes(console, name, strlen(name));
        write_bytes(console, "| ", 2);
        write_bytes(console, console->line, console->length);
        write_bytes(console, "\n", 1);
        write_out(console);
    }
    console->length = 0;
}

_Static_assert(VMM_CONSOLE_LINE + HV_MACHINE_MAX_NAME + 3 <= VMM_CONSOLE_ROOM,
               "a line is one write");

/* A prompt has no end of line, so the text is looked for as the line grows. */
static void look_for_text(struct vmm_console *console)
{
    const struct hv_machine *machine = console->machine;

    for (uint32_t i = 0; i < machine->end_count; i++)
        if (machine->ends[i].kind == HV_MACHINE_END_TEXT &&
            machine->ends[i].device == console->device &&
            contains(console, machine->ends[i].text, true))
            console->text_seen = true;
}

/* Control characters are left out: what a guest writes does nothing to the terminal, and no line of
   its passes for another's. */
static void add_to_line(struct vmm_console *console, uint8_t character)
{
    if (character == '\n') {
        end_line(console);
        return;
    }
    if ((character < ' ' && character != '\t') || character == 0x7F)
        return;
    if (console->length == sizeof(console->line))
        end_line(console);
    console->line[console->length++] = (char)character;
    look_for_text(console);
}

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
    if (console->length > 0)
        end_line(console);
    write_out(console);
}

/* ---- For the worker ---- */

static void put(void *context, uint8_t character)
{
    struct vmm_console *console = context;

    add_to_line(console, character);
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
    if (!console->machine)
        return (struct worker_console){ 0 };
    return (struct worker_console){ .context = console, .put = put, .get = get };
}
