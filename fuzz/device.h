/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Input of the targets of devices: a byte of flags; with bit 7 of it a record to restore, which may
 * be cut off by the end; then steps.
 */
#ifndef FUZZ_DEVICE_H
#define FUZZ_DEVICE_H

#include <stdbool.h>

#include "fuzz.h"

struct device_input {
    uint8_t flags;
    const uint8_t *record; /* NULL: none */
    size_t record_size;
    const uint8_t *steps;
    size_t size; /* of all steps */
};

/* False: there is nothing, not even flags. */
static inline bool device_input(struct device_input *input, const uint8_t *data, size_t size,
                                size_t record_size)
{
    if (size == 0)
        return false;
    *input = (struct device_input){ .flags = data[0], .steps = data + 1, .size = size - 1 };
    if (input->flags & 0x80) {
        input->record = input->steps;
        input->record_size = input->size < record_size ? input->size : record_size;
        input->steps += input->record_size;
        input->size -= input->record_size;
    }
    return true;
}

/* Time goes on, but not beyond its end. */
static inline uint64_t device_time(uint64_t now, uint64_t span)
{
    return span < UINT64_MAX - now ? now + span : now;
}

#endif
