/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The order in which everything comes up.
 */
#include "private.h"

static struct cpu_private boot_cpu;

void guest_start(uint32_t magic, uint32_t info)
{
    idt_init();
    cpu_setup(&boot_cpu, 0);
    console_init();
    boot_parse(magic, info);
    memory_init(boot_info());
    paging_init(boot_info());
    mode_init();
    acpi_init(boot_info()->rsdp);
    pic_mask_all();
    apic_init();
    smp_init();
    guest_exit(guest_main(boot_info()));
}
