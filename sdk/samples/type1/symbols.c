/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "symbols.h"

#include <stddef.h>

#include "image.h"

/* Made by symbols.sh from the first link; sorted by address. */
struct symbol {
    uint32_t offset; /* from image_text_start */
    uint32_t name;   /* from symbol_names */
};

extern const uint32_t symbol_count;
extern const struct symbol symbol_table[];
extern const char symbol_names[];

const char *symbol_at(uint64_t address, uint64_t *offset)
{
    uint64_t start = (uint64_t)(uintptr_t)image_text_start;
    uint32_t low = 0, high = symbol_count;

    if (address < start || address >= (uint64_t)(uintptr_t)image_rodata_start)
        return NULL;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (symbol_table[middle].offset <= address - start)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    *offset = address - start - symbol_table[low - 1].offset;
    return symbol_names + symbol_table[low - 1].name;
}
