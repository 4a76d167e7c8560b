/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The host's memory is that of the machine without its hole; what lies below 1 MiB and is no RAM
   of a PC is not given to the guest. */
#include "layout.h"

#define LOW_END  UINT64_C(0xA0000)
#define LOW_FREE UINT64_C(0x9FC00) /* the last KiB of low memory is firmware's in a PC */
#define ONE_MIB  UINT64_C(0x100000)
#define FOUR_GIB (UINT64_C(1) << 32)

#define ALL                                                                     \
    (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE | HV_MAP_GPA_KERNEL_EXECUTABLE | \
     HV_MAP_GPA_USER_EXECUTABLE)

static void add_region(struct worker_map *map, uint64_t base, uint64_t end, uint32_t type)
{
    map->region[map->count++] =
        (struct worker_region){ .base = base, .size = end - base, .type = type };
}

static hv_status add_memory(struct worker_machine *machine, uint64_t gpa, uint64_t offset,
                            uint64_t size)
{
    return worker_memory_add(&machine->guest.memory, gpa, (uint8_t *)machine->config.ram + offset,
                             size, ALL);
}

hv_status worker_layout_init(struct worker_machine *machine)
{
    uint64_t size = machine->config.ram_size;
    uint64_t end = size < WORKER_RAM_HOLE ? size : WORKER_RAM_HOLE;
    struct worker_map *map = &machine->map;
    hv_status status = add_memory(machine, 0, 0, LOW_END);

    if (status == HV_STATUS_SUCCESS)
        status = add_memory(machine, WORKER_TABLES, WORKER_TABLES, ONE_MIB - WORKER_TABLES);
    if (status == HV_STATUS_SUCCESS)
        status = add_memory(machine, ONE_MIB, ONE_MIB, end - ONE_MIB);
    if (status == HV_STATUS_SUCCESS && size > end)
        status = add_memory(machine, FOUR_GIB, end, size - end);
    map->count = 0;
    add_region(map, 0, LOW_FREE, WORKER_MEMORY_USABLE);
    add_region(map, LOW_FREE, LOW_END, WORKER_MEMORY_RESERVED);
    add_region(map, WORKER_TABLES, ONE_MIB, WORKER_MEMORY_RESERVED);
    add_region(map, ONE_MIB, end, WORKER_MEMORY_USABLE);
    if (size > end)
        add_region(map, FOUR_GIB, FOUR_GIB + (size - end), WORKER_MEMORY_USABLE);
    return status;
}
