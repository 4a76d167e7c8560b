/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The four functions that lib/core and the compiler ask every embedder for. */
#include "string.h"

#include <stdint.h>

#undef memcpy
#undef memset

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *start = to;
    size_t words = size / 8, bytes = size % 8;

    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return start;
}

void *memmove(void *to, const void *from, size_t size)
{
    const uint8_t *source = from;
    uint8_t *target = to;

    if (target <= source || target >= source + size)
        return memcpy(to, from, size);
    while (size > 0) {
        size--;
        *(volatile uint8_t *)(target + size) = source[size];
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *start = to;
    uint64_t pattern = (uint8_t)value * UINT64_C(0x0101010101010101);
    size_t words = size / 8, bytes = size % 8;

    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(pattern) : "memory");
    return start;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const volatile uint8_t *a = left, *b = right;

    for (; size > 0; size--, a++, b++)
        if (*a != *b)
            return *a < *b ? -1 : 1;
    return 0;
}
