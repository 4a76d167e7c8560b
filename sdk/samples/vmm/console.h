/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The other end of a serial port of the machine. It knows the lines that the guest writes, for what
 * is shown of them and for ends by a text; where they go is a file of this process, opened before
 * privileges are dropped.
 */
#ifndef VMM_CONSOLE_H
#define VMM_CONSOLE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include <hvkit/machine_line.h>
#include <worker/vid.h>

#include "options.h"

#define VMM_CONSOLE_ROOM 512u /* bytes that wait to be written */

struct vmm_console {
    struct hv_machine_line line;
    enum vmm_place place;
    int listener; /* of VMM_SOCKET, else -1 */
    int output;   /* -1: there is none now */
    int input;    /* likewise */

    bool left; /* who types has ended the session */
    uint32_t waiting;
    uint8_t out[VMM_CONSOLE_ROOM];
    uint32_t typed_first, typed_count;
    uint8_t typed[64];
};

/* A console that leads nowhere. */
void vmm_console_init(struct vmm_console *console);

/* Connects it to what the wish says. False: there is trouble. */
bool vmm_console_open(struct vmm_console *console, const struct hv_machine *machine,
                      uint32_t device, const struct vmm_wish *wish, struct vmm_trouble *trouble);

/* Writes what is waiting, and leaves all as it was found. */
void vmm_console_close(struct vmm_console *console);

/* For the worker. The console stays where it is. */
struct worker_console vmm_console_ends(struct vmm_console *console);

/* Shows what was begun and never ended. */
void vmm_console_flush(struct vmm_console *console);

/* What can come in: its file and events in *wanted; false: nothing, or there is no room for it. */
bool vmm_console_wants(const struct vmm_console *console, struct pollfd *wanted);

/* Something has come. */
void vmm_console_take(struct vmm_console *console);

#endif
