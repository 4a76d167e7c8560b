/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What is wrong with a description, and where. Errors are collected, so that one run tells many. */
#ifndef MACHINE_ERRORS_H
#define MACHINE_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* After so many, nobody reads on. */
#define ERRORS_MAX     20
#define ERROR_MAX_TEXT 512
#define QUOTE_SIZE     80

/* From 1; columns count characters. */
struct position {
    unsigned long line;
    unsigned long column;
};

struct error {
    struct position at;
    char text[ERROR_MAX_TEXT];
};

struct errors {
    unsigned count;
    bool more; /* than ERRORS_MAX */
    struct error entries[ERRORS_MAX];
};

/* Text of a description as it can be shown on any terminal: short, and without control characters.
 */
struct quote {
    char text[QUOTE_SIZE];
};

void errors_add(struct errors *errors, struct position at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether it is of no use to look for more. */
bool errors_full(const struct errors *errors);

/* Prints them in the order of their places, a line each: FILE:LINE:COLUMN: error: TEXT */
void errors_print(struct errors *errors, const char *file, FILE *stream);

struct quote quote(const char *text, size_t length);

#endif
