/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The order of control registers is that in which each step is a state of a processor. */
#include <boot/bzimage.h>

#include "load.h"

#define CR0_PE   UINT64_C(0x00000001)
#define CR0_ET   UINT64_C(0x00000010)
#define CR0_PG   UINT64_C(0x80000000)
#define CR4_PAE  UINT64_C(0x20)
#define EFER_LME UINT64_C(0x100)
#define EFER_LMA UINT64_C(0x400)
#define RFLAGS_1 UINT64_C(0x2)

#define TYPE_CODE 0xBu /* readable, accessed */
#define TYPE_DATA 0x3u /* writable, accessed */
#define TYPE_TSS  0xBu /* busy */
#define TSS_LIMIT 0x67u

#define FLAT    (HV_X64_SEGMENT_NON_SYSTEM | HV_X64_SEGMENT_PRESENT | HV_X64_SEGMENT_GRANULARITY)
#define CODE_32 (FLAT | TYPE_CODE | HV_X64_SEGMENT_DEFAULT)
#define CODE_64 (FLAT | TYPE_CODE | HV_X64_SEGMENT_LONG)
#define DATA    (FLAT | TYPE_DATA | HV_X64_SEGMENT_DEFAULT)

#define PAGE_PRESENT UINT64_C(0x01)
#define PAGE_WRITE   UINT64_C(0x02)
#define PAGE_LARGE   UINT64_C(0x80)
#define TWO_MIB      UINT64_C(0x200000)
#define ENTRIES      512u
#define MAPPED_GIB   4u

#define GDT_ENTRIES (BZIMAGE_DATA_SELECTOR / 8 + 1)

static struct worker_register *append(struct load *load, uint32_t name)
{
    struct worker_register *entry = &load->start->registers[load->start->count++];

    *entry = (struct worker_register){ .name = name };
    return entry;
}

void load_register(struct load *load, uint32_t name, uint64_t value)
{
    for (uint32_t i = 0; i < load->start->count; i++)
        if (load->start->registers[i].name == name) {
            load->start->registers[i].value.reg64 = value;
            return;
        }
    append(load, name)->value.reg64 = value;
}

static void set_segment(struct load *load, uint32_t name, uint16_t selector, uint32_t limit,
                        uint32_t attributes)
{
    append(load, name)->value.segment = (struct hv_x64_segment_register){
        .limit = limit, .selector = selector, .attributes = (uint16_t)attributes
    };
}

static void set_segments(struct load *load, uint32_t code)
{
    set_segment(load, HvX64RegisterCs, BZIMAGE_CODE_SELECTOR, UINT32_MAX, code);
    for (uint32_t name = HvX64RegisterEs; name <= HvX64RegisterGs; name++)
        if (name != HvX64RegisterCs)
            set_segment(load, name, BZIMAGE_DATA_SELECTOR, UINT32_MAX, DATA);
    set_segment(load, HvX64RegisterTr, 0, TSS_LIMIT, TYPE_TSS | HV_X64_SEGMENT_PRESENT);
}

static void set_table(struct load *load, uint32_t name, uint64_t base, uint16_t limit)
{
    append(load, name)->value.table =
        (struct hv_x64_table_register){ .base = base, .limit = limit };
}

static void set_general(struct load *load, uint64_t entry)
{
    for (uint32_t name = HvX64RegisterRax; name <= HvX64RegisterR15; name++)
        append(load, name);
    load_register(load, HvX64RegisterRip, entry);
    load_register(load, HvX64RegisterRflags, RFLAGS_1);
}

/* ---- 32 bits ---- */

void load_start_32(struct load *load, uint64_t entry)
{
    load_register(load, HvX64RegisterCr0, CR0_PE | CR0_ET);
    set_segments(load, CODE_32);
    set_general(load, entry);
}

/* ---- 64 bits ---- */

/* A flat descriptor: base 0, limit 4 GiB. */
static uint64_t descriptor(uint64_t attributes)
{
    return UINT64_C(0x000F00000000FFFF) | (attributes & 0xFF) << 40 | (attributes & 0xF000) << 40;
}

static bool put_descriptors(const struct load *load)
{
    const uint64_t gdt[GDT_ENTRIES] = {
        [BZIMAGE_CODE_SELECTOR / 8] = descriptor(CODE_64),
        [BZIMAGE_DATA_SELECTOR / 8] = descriptor(DATA),
    };

    return load_copy(load, LOAD_GDT, gdt, sizeof(gdt), sizeof(gdt));
}

/* The first 4 GiB, mapped to themselves by large pages. */
static bool put_page_tables(const struct load *load)
{
    uint64_t *tables = load_at(load, LOAD_PAGE_TABLES, (2 + MAPPED_GIB) * HV_PAGE_SIZE);
    uint64_t *pointers, *directories;

    if (!tables)
        return false;
    pointers = tables + ENTRIES;
    directories = pointers + ENTRIES;
    tables[0] = (LOAD_PAGE_TABLES + HV_PAGE_SIZE) | PAGE_PRESENT | PAGE_WRITE;
    for (uint64_t i = 0; i < MAPPED_GIB; i++)
        pointers[i] = (LOAD_PAGE_TABLES + (2 + i) * HV_PAGE_SIZE) | PAGE_PRESENT | PAGE_WRITE;
    for (uint64_t i = 0; i < MAPPED_GIB * ENTRIES; i++)
        directories[i] = i * TWO_MIB | PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE;
    return true;
}

bool load_start_64(struct load *load, uint64_t entry)
{
    if (!put_descriptors(load) || !put_page_tables(load))
        return false;
    load_register(load, HvX64RegisterCr4, CR4_PAE);
    load_register(load, HvX64RegisterCr3, LOAD_PAGE_TABLES);
    load_register(load, HvX64RegisterEfer, EFER_LME | EFER_LMA);
    load_register(load, HvX64RegisterCr0, CR0_PE | CR0_ET | CR0_PG);
    set_segments(load, CODE_64);
    set_table(load, HvX64RegisterGdtr, LOAD_GDT, GDT_ENTRIES * 8 - 1);
    set_table(load, HvX64RegisterIdtr, 0, 0);
    set_general(load, entry);
    return true;
}
