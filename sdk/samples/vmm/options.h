/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The command line. */
#ifndef VMM_OPTIONS_H
#define VMM_OPTIONS_H

#include <stdint.h>

#include <hvkit/machine_format.h>

#include "trouble.h"

/* Where a console goes. */
enum vmm_place {
    VMM_LINES,    /* standard output, by lines behind the machine's name */
    VMM_TERMINAL, /* standard output and input, as they are */
    VMM_FILE,     /* a file; nobody types */
    VMM_SOCKET,   /* whoever has connected to a UNIX socket */
    VMM_NOWHERE,
};

struct vmm_wish {
    const char *console; /* its name in the description, with something behind it */
    uint32_t length;     /* of the name */
    enum vmm_place place;
    const char *path; /* of VMM_FILE and VMM_SOCKET */
};

struct vmm_options {
    const char *description;
    const char *machine; /* NULL: the only one */
    const char *backend; /* its name; NULL: whose device is there */
    const char *device;  /* NULL: the back end's own */
    uint32_t seconds;    /* until it is stopped; 0: never */
    bool batch;          /* nobody is at the terminal */
    bool help;
    uint32_t wish_count;
    struct vmm_wish wishes[HV_MACHINE_MAX_DEVICES];
};

extern const char vmm_usage[];

/* Reads a command line; false: there is trouble. */
bool vmm_options_read(struct vmm_options *options, int count, char *const *arguments,
                      struct vmm_trouble *trouble);

#endif
