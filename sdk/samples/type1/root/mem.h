/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The functions of the C library that bare metal and hosted tests both have. */
#ifndef ROOT_MEM_H
#define ROOT_MEM_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);
size_t strlen(const char *text);
int strcmp(const char *left, const char *right);

/* Freestanding code gets no copy in place of a call to these unless it asks for it. */
#define memcpy __builtin_memcpy
#define memset __builtin_memset

#endif
