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

#endif
