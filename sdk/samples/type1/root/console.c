/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "console.h"

#include "host.h"
#include "mem.h"

#define END_SESSION  0x1D /* Ctrl-] */
#define NEXT_CONSOLE 0x1E /* Ctrl-^ */

/* ---- Lines ---- */

static const struct hv_machine_device *device_of(const struct root_console *console)
{
    return &console->machine->devices[console->device];
}

/* Whether the line, or only its end, has the text in it. */
static bool contains(const struct root_console *console, const char *text, bool at_end)
{
    uint32_t size = (uint32_t)strlen(text);

    for (uint32_t at = at_end && console->length > size ? console->length - size : 0;
         at + size <= console->length; at++)
        if (memcmp(console->line + at, text, size) == 0)
            return true;
    return false;
}

static bool is_shown(const struct root_console *console)
{
    const struct hv_machine_device *device = device_of(console);

    if (device->show != HV_MACHINE_SHOW_LINES)
        return device->show == HV_MACHINE_SHOW_ALL;
    for (uint32_t i = 0; i < device->shown_count; i++)
        if (contains(console, device->shown[i], false))
            return true;
    return false;
}

static void end_line(struct root_console *console)
{
    const char *name = console->machine->name;

    if (!console->hidden && is_shown(console)) {
        root_host_write(name, strlen(name));
        root_host_write("| ", 2);
        root_host_write(console->line, console->length);
        root_host_write("\r\n", 2);
    }
    console->length = 0;
}

/* A prompt has no end of line, so the text is looked for as the line grows. */
static void look_for_text(struct root_console *console)
{
    const struct hv_machine *machine = console->machine;

    for (uint32_t i = 0; i < machine->end_count; i++)
        if (machine->ends[i].kind == HV_MACHINE_END_TEXT &&
            machine->ends[i].device == console->device &&
            contains(console, machine->ends[i].text, true))
            console->text_seen = true;
}

/* Control characters are left out: what a child writes does nothing to the terminal, and no line of
   its passes for another's. */
static void add(struct root_console *console, uint8_t character)
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

void root_console_flush(struct root_console *console)
{
    if (console->length > 0)
        end_line(console);
}

/* ---- Bytes ---- */

static void put(void *context, uint8_t character)
{
    struct root_console *console = context;
    char byte = (char)character;

    if (console->keyboard)
        root_host_write(&byte, 1);
    else
        add(console, character);
}

static bool get(void *context, uint8_t *character)
{
    struct root_keyboard *keyboard = ((struct root_console *)context)->keyboard;

    if (!keyboard || keyboard->count == 0)
        return false;
    *character = keyboard->typed[keyboard->first++ % sizeof(keyboard->typed)];
    keyboard->count--;
    return true;
}

struct worker_console root_console_ends(struct root_console *console)
{
    return (struct worker_console){ .context = console, .put = put, .get = get };
}

void root_keyboard_look(struct root_keyboard *keyboard)
{
    int byte;

    /* What is typed after a change of the console is for the new one. */
    while (!keyboard->next && keyboard->count < sizeof(keyboard->typed) &&
           (byte = root_host_read()) >= 0) {
        if (byte == END_SESSION)
            keyboard->left = true;
        else if (byte == NEXT_CONSOLE)
            keyboard->next = true;
        else
            keyboard->typed[(keyboard->first + keyboard->count++) % sizeof(keyboard->typed)] =
                (uint8_t)byte;
    }
}
