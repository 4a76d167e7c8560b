/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Private to the kernel's own files. */
#ifndef CONFORMANCE_KERNEL_RUN_H
#define CONFORMANCE_KERNEL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <conformance/test.h>

/* How a test ended; the texts are valid until the next one runs. */
struct test_result {
    uint32_t checks;
    bool failed;
    bool skipped;
    const char *message;
    const char *at;
    const char *skip;
};

/* Runs one test and catches whatever it does. */
void test_run(const struct test *test, struct test_result *result);

/* Whether the implementation has what the test needs; if not, the reason is written. */
bool needs_met(const struct test_needs *needs, char *reason, size_t size);

/* Whether text matches one of the comma-separated globs; '*' and '?' are special. */
bool glob_list_match(const char *globs, const char *text);

/* With the boot option ask=SECONDS: waits that long for a line of more options on the console. */
void ask_arguments(void);

/*
 * Chooses the tests to run and their order by the boot options tests=, shard= and shuffle=.
 * @return NULL, or what is wrong with an option
 */
const char *selection_init(void);

/* Number of the tests chosen. */
uint32_t selection_count(void);

/* The test of an index from 1 to selection_count(). */
const struct test *selection_at(uint32_t index);

/* area/name as it is printed and matched. */
#define TEST_NAME_SIZE 128
void test_name(const struct test *test, char name[TEST_NAME_SIZE]);

/* Forgets all handlers and takes what is pending or in service on this CPU. */
void settle_interrupts(void);

/* Keeps every CPU that has nothing else to do busy with exits and memory traffic. */
void load_start(void);

/* The other CPUs rest again. */
void load_stop(void);

#endif
