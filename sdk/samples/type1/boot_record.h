/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the root partition's program is told at its start: memory map, command line, modules. */
#ifndef TYPE1_BOOT_RECORD_H
#define TYPE1_BOOT_RECORD_H

#include <stdint.h>

#define BOOT_RECORD_MULTIBOOT_MAGIC 0x2BADB002u

struct boot_info;
struct relocation;

/* Memory of the root partition to write it to; what is used is taken from the front. */
struct boot_record_area {
    uint64_t address;
    uint64_t size;
};

/* Each returns the physical address of the record: multiboot_info, hvm_start_info. */
uint64_t boot_record_multiboot(struct boot_record_area *area, const struct boot_info *boot,
                               const struct relocation *relocation);
uint64_t boot_record_pvh(struct boot_record_area *area, const struct boot_info *boot,
                         const struct relocation *relocation);

#endif
