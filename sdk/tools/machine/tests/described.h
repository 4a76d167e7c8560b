/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Descriptions in a string, and what was said about them. */
#ifndef MACHINE_TESTS_DESCRIBED_H
#define MACHINE_TESTS_DESCRIBED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "description.h"

static struct description description;
static struct errors errors;

/* Leaves the description to be freed by drop(). */
static inline bool describe_bytes(const char *bytes, size_t size)
{
    errors.count = 0;
    errors.more = false;
    return description_read(&description, bytes, size, &errors);
}

static inline bool describe(const char *yaml)
{
    return describe_bytes(yaml, strlen(yaml));
}

static inline void drop(void)
{
    description_free(&description);
}

/* What a user reads; to be freed. */
static inline char *said(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    errors_print(&errors, "f", stream);
    fclose(stream);
    return text;
}

#endif
