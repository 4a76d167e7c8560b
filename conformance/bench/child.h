/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The one child partition that a row has at a time (child.c). It can be looked at and left alone in
 * spite of a call that has failed: child_remove() says so at the end.
 */
#ifndef CONFORMANCE_BENCH_CHILD_H
#define CONFORMANCE_BENCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Its memory, from GPA 0 on, in pages of 2 MiB. */
#define CHILD_RAM_SIZE  UINT64_C(0x2000000)
#define CHILD_CODE_GPA  UINT64_C(0x1000)
#define CHILD_WORDS_GPA UINT64_C(0x3000)

/* 16-bit code that begins at CHILD_CODE_GPA, with all segments at 0. */
#define CHILD_CODE(name, text)                                                      \
    extern const uint8_t name[], name##_end[];                                      \
    __asm__(".pushsection .rodata\n.code16\n" #name ":\n" text "\n" #name "_end:\n" \
            ".code64\n.popsection\n")
#define CHILD_CODE_SIZE(name) (size_t)(name##_end - name)

/* Memory for all children of a row, and back. @return NULL, or why there is none */
const char *child_prepare(void);
void child_finish(void);

/* Makes the partition, of which nothing is mapped and which has no VP. */
void child_create(void);

/* Maps its memory. */
void child_map_ram(void);

/* Fills it: code, and CHILD_WORDS_GPA with zeroes. */
void child_load(const void *code, size_t size);

/* What is at CHILD_WORDS_GPA. */
volatile uint32_t *child_words(void);

/* Adds a VP, the next in number. */
void child_add_vp(void);

/* Maps both state pages of each VP. */
void child_map_state_pages(void);

/* Lets a VP run the code. */
void child_run(uint32_t vp);

/* Waits until a word has that value. @return whether it came to that, within a second */
bool child_wait(uint32_t word, uint32_t value);

/* Bytes that the hypervisor uses of its pool, and of the caller's. */
uint64_t child_memory(void);
uint64_t child_memory_own(void);

/* Ends it. @return whether every call has succeeded since child_create() */
bool child_remove(void);

#endif
