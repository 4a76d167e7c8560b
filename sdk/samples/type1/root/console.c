/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "console.h"

#include "host.h"
#include "mem.h"

#define END_SESSION  0x1D /* Ctrl-] */
#define NEXT_CONSOLE 0x1E /* Ctrl-^ */

static void show(void *context, const struct hv_machine_line *line)
{
    const struct root_console *console = context;
    const char *name = line->machine->name;

    if (console->hidden)
        return;
    root_host_write(name, strlen(name));
    root_host_write("| ", 2);
    root_host_write(line->text, line->length);
    root_host_write("\r\n", 2);
}

void root_console_flush(struct root_console *console)
{
    if (console->line.machine)
        hv_machine_line_flush(&console->line, show, console);
}

static void put(void *context, uint8_t character)
{
    struct root_console *console = context;
    char byte = (char)character;

    if (console->keyboard)
        root_host_write(&byte, 1);
    else
        hv_machine_line_add(&console->line, character, show, console);
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
