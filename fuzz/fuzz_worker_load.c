/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The worker's loader with any kernel: what it accepts starts in memory that the guest may use, and
 * nothing but the guest's memory is written.
 *
 * Input: a byte for the size of the initrd, then the kernel's file.
 */
#include <stdlib.h>
#include <string.h>

#include <worker/loader.h>

#include "fake_vid.h"
#include "fuzz.h"

#define LOW_SIZE  0xA0000u
#define HIGH_GPA  0x100000u
#define HIGH_SIZE 0x800000u
#define ALL       (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE)

static uint64_t value(const struct worker_start *start, uint32_t name)
{
    for (uint32_t i = 0; i < start->count; i++)
        if (start->registers[i].name == name)
            return start->registers[i].value.reg64;
    abort();
}

static void check_start(const struct worker_memory *memory, const struct worker_start *start)
{
    CHECK(start->count <= WORKER_START_REGISTERS);
    CHECK(worker_memory_at(memory, value(start, HvX64RegisterRip), 1));
    if (value(start, HvX64RegisterCr0) >> 31 == 0)
        CHECK(worker_memory_at(memory, value(start, HvX64RegisterRbx), 1));
    else
        CHECK(worker_memory_at(memory, value(start, HvX64RegisterRsi), HV_PAGE_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct worker_map map = { 3,
                                           { { 0, LOW_SIZE - 0x1000, WORKER_MEMORY_USABLE },
                                             { LOW_SIZE - 0x1000, 0x1000, WORKER_MEMORY_RESERVED },
                                             { HIGH_GPA, HIGH_SIZE, WORKER_MEMORY_USABLE } } };
    static uint8_t initrd[255 * 64];
    static uint8_t *low, *high;
    static struct worker_start start;
    struct worker_kernel kernel = { .command_line = "fuzz", .initrd = initrd };
    struct worker_memory memory;
    struct fake_vid fake;

    if (size == 0)
        return 0;
    if (!low) {
        low = aligned_alloc(HV_PAGE_SIZE, LOW_SIZE);
        high = aligned_alloc(HV_PAGE_SIZE, HIGH_SIZE);
    }
    fake_vid_init(&fake);
    worker_memory_init(&memory, &fake.vid);
    CHECK(worker_memory_add(&memory, 0, low, LOW_SIZE, ALL) == HV_STATUS_SUCCESS);
    CHECK(worker_memory_add(&memory, HIGH_GPA, high, HIGH_SIZE, ALL) == HV_STATUS_SUCCESS);
    kernel.initrd_size = data[0] * 64u;
    kernel.image = data + 1;
    kernel.image_size = size - 1;
    low[LOW_SIZE - 1] = 0x5A;
    if (!worker_load(&memory, &map, &kernel, &start))
        check_start(&memory, &start);
    CHECK(low[LOW_SIZE - 1] == 0x5A);
    return 0;
}
