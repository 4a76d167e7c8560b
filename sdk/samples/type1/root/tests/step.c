/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "step.h"

#include <string.h>

#include <boot/multiboot.h>

static void put(uint8_t *kernel, unsigned offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        kernel[offset + i] = (uint8_t)(value >> (8 * i));
}

void step_make_kernel(uint8_t kernel[KERNEL_SIZE])
{
    memset(kernel, 0, KERNEL_SIZE);
    memcpy(kernel, "\177ELF\1\1", 6);
    put(kernel, 16, 2, 2);
    put(kernel, 18, 2, 3);
    put(kernel, 24, 4, 0x200010);
    put(kernel, 28, 4, 52);
    put(kernel, 42, 2, 32);
    put(kernel, 44, 2, 1);
    put(kernel, 52, 4, 1);
    put(kernel, 56, 4, 0x200);
    put(kernel, 64, 4, 0x200000);
    put(kernel, 68, 4, 0x100);
    put(kernel, 72, 4, 0x2000);
    put(kernel, 0x240, 4, MULTIBOOT1_HEADER_MAGIC);
    put(kernel, 0x248, 4, 0u - MULTIBOOT1_HEADER_MAGIC);
}

struct hv_machine step_machine(const char *name, const uint8_t kernel[KERNEL_SIZE])
{
    return (struct hv_machine){
        .name = name,
        .command_line = "",
        .memory = MACHINE_MEMORY,
        .privileges = HV_MACHINE_PRIVILEGES,
        .vp_count = 2,
        .cpu_weight = HV_CPU_WEIGHT_DEFAULT,
        .cpu_cap = HV_CPU_CAP_SCALE,
        .boot = HV_MACHINE_BOOT_MULTIBOOT,
        .kernel = { "kernel.elf", kernel, KERNEL_SIZE },
        .device_count = 1,
        .devices = { { HV_MACHINE_DEVICE_COM1, "com1", HV_MACHINE_SHOW_ALL, 0, { NULL } } },
        .end_count = 1,
        .ends = { { HV_MACHINE_END_POWER_OFF, 0, "" } },
    };
}
