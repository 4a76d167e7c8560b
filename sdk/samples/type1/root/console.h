/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The other end of a child's serial port: lines that are shown behind the child's name, or bytes
 * that go to and from the machine's port as they are.
 */
#ifndef ROOT_CONSOLE_H
#define ROOT_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include <hvkit/machine_line.h>
#include <worker/vid.h>

/* What is typed at the machine's port, on its way to a child. */
struct root_keyboard {
    uint8_t typed[64];
    uint32_t first, count;
    bool left; /* who types has ended the session */
    bool next; /* or wants to see another machine's console */
};

struct root_console {
    struct hv_machine_line line;    /* of whose machine's port; NULL there: of none */
    struct root_keyboard *keyboard; /* raw, and who types; NULL: by lines */
    bool hidden;                    /* somebody else has the machine's port */
};

/* For the worker. The console stays where it is. */
struct worker_console root_console_ends(struct root_console *console);

/* Shows what was begun and never ended. */
void root_console_flush(struct root_console *console);

/* Takes what has been typed since, as long as there is room. */
void root_keyboard_look(struct root_keyboard *keyboard);

#endif
