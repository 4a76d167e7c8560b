/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What has gone wrong, in words for a person; the first of several. */
#ifndef VMM_TROUBLE_H
#define VMM_TROUBLE_H

#include <stdbool.h>

struct vmm_trouble {
    char text[256]; /* empty: nothing */
};

/* Returns false, for the caller to return. */
bool vmm_trouble(struct vmm_trouble *trouble, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
