/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The four functions that every embedder has; compilers call them on their own account anyway. */
#ifndef HV_CORE_MEM_H
#define HV_CORE_MEM_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);

/* Freestanding code gets no copy in place of a call to these unless it asks for it. */
#define memcpy __builtin_memcpy
#define memset __builtin_memset

#endif
