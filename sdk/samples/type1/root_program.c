/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "root_program.h"

#include <boot/elf.h>

#include "acpi.h"
#include "boot.h"
#include "boot_record.h"
#include "console.h"
#include "cpu.h"
#include "memory.h"
#include "relocate.h"
#include "root.h"
#include "string.h"
#include "svm.h"

#define FLAT_LIMIT 0xFFFFFFFFu
#define FLAT_CODE  0xC9Bu /* present, code, readable, accessed; 32 bits, 4 KiB units */
#define FLAT_DATA  0xC93u
#define TSS_BUSY   0x8Bu
#define TSS_LIMIT  0x67u

static bool overlaps(uint64_t start, uint64_t size, uint64_t other, uint64_t other_size)
{
    return start < other + other_size && other < start + size;
}

static bool in_usable_memory(const struct boot_info *boot, const struct elf_segment *segment)
{
    for (uint32_t i = 0; i < boot->region_count; i++) {
        const struct boot_region *region = &boot->regions[i];

        if (region->type == BOOT_MEMORY_USABLE && segment->address >= region->base &&
            segment->address - region->base <= region->size &&
            segment->memory_size <= region->size - (segment->address - region->base))
            return true;
    }
    return false;
}

static void load_segment(const struct boot_info *boot, const struct relocation *relocation,
                         const struct elf_segment *segment)
{
    const struct boot_module *module = &boot->modules[0];
    uint8_t *target = memory_at(segment->address);

    if (!in_usable_memory(boot, segment))
        boot_fail("boot module %s: segment 0x%lx-0x%lx is not in usable memory; link it elsewhere",
                  module->command_line, segment->address, segment->address + segment->memory_size);
    if (overlaps(segment->address, segment->memory_size, relocation->base, relocation->size) ||
        overlaps(segment->address, segment->memory_size, relocation->store_base,
                 relocation->store_size))
        boot_fail("boot module %s: segment 0x%lx-0x%lx is where the hypervisor lies; give the "
                  "machine more memory",
                  module->command_line, segment->address, segment->address + segment->memory_size);
    memcpy(target, memory_at(module->start + segment->offset), segment->file_size);
    memset(target + segment->file_size, 0, segment->memory_size - segment->file_size);
}

/* Multiboot 0.6.96, 3.2; PVH start is the same but for the magic. */
static void set_entry(struct svm_vp *vp, uint32_t entry, uint32_t magic, uint64_t record)
{
    const struct vmcb_segment code = { 0x08, FLAT_CODE, FLAT_LIMIT, 0 };
    const struct vmcb_segment data = { 0x10, FLAT_DATA, FLAT_LIMIT, 0 };
    struct vmcb *vmcb = vp->vmcb;

    vmcb->cs = code;
    vmcb->ds = vmcb->es = vmcb->ss = vmcb->fs = vmcb->gs = data;
    vmcb->tr = (struct vmcb_segment){ 0, TSS_BUSY, TSS_LIMIT, 0 };
    vmcb->cr0 = CR0_PE | CR0_ET;
    vp->gprs.rip = entry;
    vp->gprs.gpr[HV_GPR_RAX] = magic;
    vp->gprs.gpr[HV_GPR_RBX] = record;
    vp->gprs.gpr[HV_GPR_RDX] = 0;
}

void root_program_load(const struct boot_info *boot, const struct relocation *relocation,
                       struct svm_vp *vp)
{
    struct boot_record_area area = { .address = relocation->store_base, .size = root_store_size() };
    static struct elf_image image;
    enum elf_status status;
    bool multiboot;

    if (boot->module_count == 0)
        boot_fail("boot module: none given; add the root partition's program (qemu: -initrd FILE, "
                  "GRUB: module2 FILE)");
    status = elf_parse(memory_at(boot->modules[0].start), boot->modules[0].size, &image);
    if (status != ELF_OK)
        boot_fail("boot module %s: %s", boot->modules[0].command_line, elf_status_text(status));
    for (uint32_t i = 0; i < image.segment_count; i++)
        load_segment(boot, relocation, &image.segments[i]);

    /* Multiboot has no word for the RSDP; without a BIOS only PVH can tell where it is. */
    multiboot = image.multiboot && (acpi_bios_rsdp() != 0 || !image.pvh);
    if (multiboot)
        set_entry(vp, image.entry, BOOT_RECORD_MULTIBOOT_MAGIC,
                  boot_record_multiboot(&area, boot, relocation));
    else
        set_entry(vp, image.pvh_entry, 0, boot_record_pvh(&area, boot, relocation));
    log_line("boot module %s: %s entry at 0x%lx", boot->modules[0].command_line,
             multiboot ? "multiboot" : "PVH", vp->gprs.rip);
}
