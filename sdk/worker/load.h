/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the ways into a kernel share: places in guest memory, and the state of a VP. */
#ifndef WORKER_LOAD_H
#define WORKER_LOAD_H

#include <worker/loader.h>

#define FOUR_GIB (UINT64_C(1) << 32)

/* The loader's own part of guest memory. */
enum load_place {
    LOAD_GDT = 0x6000,
    LOAD_INFO = 0x7000,        /* zero page, start info, multiboot information */
    LOAD_PAGE_TABLES = 0x8000, /* six pages */
    LOAD_MAP = 0x10000,
    LOAD_MODULES = 0x11000,
    LOAD_COMMAND_LINE = 0x20000,
};

/* A kernel on its way. */
struct load {
    struct worker_memory *memory;
    const struct worker_map *map;
    const struct worker_kernel *kernel;
    struct worker_start *start;
    uint64_t initrd; /* where it lies */
};

/* The ways. NULL, or what is wrong. */
const char *load_linux(struct load *load);
const char *load_elf(struct load *load);

/* Where size bytes lie in the host, if all of them are usable memory; else NULL. */
void *load_at(const struct load *load, uint64_t gpa, uint64_t size);

/* Copies bytes to usable memory, and clears what follows up to memory_size. */
bool load_copy(const struct load *load, uint64_t gpa, const void *bytes, uint64_t size,
               uint64_t memory_size);

/* Puts the initrd as high as last allows, but not below first. */
bool load_initrd(struct load *load, uint64_t first, uint64_t last);

/* Puts the command line where LOAD_COMMAND_LINE is, unless it is longer than most characters. */
bool load_command_line(const struct load *load, uint64_t most);

/* Appends a register. */
void load_register(struct load *load, uint32_t name, uint64_t value);

/* State at the entry of a kernel: paging, descriptor tables and all that the protocols want alike.
   General registers are zero until load_register() sets them. */
void load_start_32(struct load *load, uint64_t entry);
bool load_start_64(struct load *load, uint64_t entry);

#endif
