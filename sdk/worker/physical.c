/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "physical.h"

uint64_t worker_physical_read(struct worker_guest *guest, uint64_t gpa, unsigned size, uint64_t now)
{
    uint64_t value = 0;

    if (worker_memory_read(&guest->memory, gpa, &value, size))
        return value;
    return worker_bus_read(&guest->mmio, gpa, size, now);
}

void worker_physical_write(struct worker_guest *guest, uint64_t gpa, unsigned size, uint64_t value,
                           uint64_t now)
{
    if (!worker_memory_write(&guest->memory, gpa, &value, size))
        worker_bus_write(&guest->mmio, gpa, size, value, now);
}
