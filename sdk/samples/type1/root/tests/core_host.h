/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The program in the root partition of lib/core, on its fake processor: hypercalls, messages and
 * memory are real, what VPs of children execute is a list of steps.
 */
#ifndef ROOT_TESTS_CORE_HOST_H
#define ROOT_TESTS_CORE_HOST_H

#include "step.h"

#define CORE_CHILDREN    4u
#define CORE_FREE_PAGES  4096u /* that the root can give away */
#define CORE_OUTPUT_SIZE 65536u

struct core_host {
    const struct fake_step *script[CORE_CHILDREN]; /* of VP 0 of each, in order of creation */
    char output[CORE_OUTPUT_SIZE];
    uint32_t output_count;
};

extern struct core_host core;

void core_host_init(void);
void core_host_free(void);

/* How often a text is in what was shown. */
unsigned core_host_shown(const char *text);

/* Pages that the root's pool has and doesn't use: they come back too. */
uint64_t core_host_root_pages(void);

/* Partitions that there are besides the root. */
unsigned core_host_children(void);

#endif
