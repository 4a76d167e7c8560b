/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a kernel finds at its start, and that none is put where no memory is. */
#include <check.h>
#include <string.h>

#include <boot/bzimage.h>
#include <boot/multiboot.h>
#include <boot/pvh.h>
#include <worker/loader.h>

#include "fake_vid.h"
#include "suite.h"

#define MIB       0x100000u
#define LOW_SIZE  0xA0000u
#define HIGH_SIZE (8 * MIB)
#define END       (MIB + HIGH_SIZE)
#define RSDP      0xE0000u
#define ALL       (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE)

static _Alignas(4096) uint8_t low[LOW_SIZE], high[HIGH_SIZE];
static uint8_t file[0x3000], initrd[0x1801];
static struct fake_vid fake;
static struct worker_memory memory;
static struct worker_map map;
static struct worker_kernel kernel;
static struct worker_start start;

static void put(unsigned offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        file[offset + i] = (uint8_t)(value >> (8 * i));
}

/* The 64-bit part is 0x1000 bytes of 0x5A. */
static void make_linux(void)
{
    memset(file, 0, sizeof(file));
    put(BZIMAGE_SETUP_SECTORS, 1, 1);
    put(BZIMAGE_SYSTEM_SIZE, 4, 0x100);
    put(BZIMAGE_BOOT_FLAG, 2, 0xAA55);
    put(0x200, 2, 0x6AEB);
    memcpy(file + BZIMAGE_MAGIC, "HdrS", 4);
    put(BZIMAGE_VERSION, 2, 0x020F);
    put(BZIMAGE_LOAD_FLAGS, 1, 1);
    put(BZIMAGE_INITRD_MAX, 4, 0x7FFFFFFF);
    put(BZIMAGE_ALIGNMENT, 4, 0x200000);
    put(BZIMAGE_RELOCATABLE, 1, 1);
    put(BZIMAGE_EXTENDED_LOAD_FLAGS, 2, 3);
    put(BZIMAGE_COMMAND_LINE_SIZE, 4, 16);
    put(BZIMAGE_PREFERRED_ADDRESS, 8, 0x400000);
    put(BZIMAGE_INIT_SIZE, 4, 0x100000);
    memset(file + 0x400, 0x5A, 0x1000);
    kernel.image_size = 0x1400;
}

/* One segment of 0x100 bytes of the file, 0x2000 in memory, with a note or a header in it. */
static void make_elf(bool pvh)
{
    memset(file, 0, sizeof(file));
    memcpy(file, "\177ELF\1\1", 6);
    put(16, 2, 2);
    put(18, 2, 3);
    put(24, 4, 0x200010);
    put(28, 4, 52);
    put(42, 2, 32);
    put(44, 2, pvh ? 2 : 1);
    put(52, 4, 1);
    put(56, 4, 0x200);
    put(64, 4, 0x200000);
    put(68, 4, 0x100);
    put(72, 4, 0x2000);
    put(84, 4, 4);
    put(88, 4, 0x220);
    put(100, 4, 0x18);
    put(0x220, 4, 4);
    put(0x224, 4, 4);
    put(0x228, 4, 18);
    memcpy(file + 0x22C, "Xen", 4);
    put(0x230, 4, 0x200040);
    put(0x240, 4, pvh ? 0 : MULTIBOOT1_HEADER_MAGIC);
    put(0x248, 4, pvh ? 0 : 0u - MULTIBOOT1_HEADER_MAGIC);
    kernel.image_size = 0x300;
}

static void setup(void)
{
    memset(low, 0xCC, sizeof(low));
    memset(high, 0xCC, sizeof(high));
    memset(initrd, 0x77, sizeof(initrd));
    fake_vid_init(&fake);
    worker_memory_init(&memory, &fake.vid);
    ck_assert_uint_eq(worker_memory_add(&memory, 0, low, LOW_SIZE, ALL), 0);
    ck_assert_uint_eq(worker_memory_add(&memory, MIB, high, HIGH_SIZE, ALL), 0);
    map = (struct worker_map){ 3,
                               { { 0, 0x9F000, WORKER_MEMORY_USABLE },
                                 { 0x9F000, 0x1000, WORKER_MEMORY_RESERVED },
                                 { MIB, HIGH_SIZE, WORKER_MEMORY_USABLE } } };
    kernel = (struct worker_kernel){ .image = file, .command_line = "console=ttyS0", .rsdp = RSDP };
    make_linux();
}

static const char *load(void)
{
    return worker_load(&memory, &map, &kernel, &start);
}

static union hv_register_value value(uint32_t name)
{
    for (uint32_t i = 0; i < start.count; i++)
        if (start.registers[i].name == name)
            return start.registers[i].value;
    ck_abort_msg("register %x is not set", name);
    return (union hv_register_value){ .reg64 = 0 };
}

static uint64_t at(uint64_t gpa, unsigned size)
{
    uint64_t number = 0;

    ck_assert(worker_memory_read(&memory, gpa, &number, size));
    return number;
}

/* Where a virtual address leads to by the page tables at CR3; large pages only. */
static uint64_t walk(uint64_t address)
{
    uint64_t table = value(HvX64RegisterCr3).reg64, entry = 0;

    for (unsigned shift = 39; shift >= 21; shift -= 9) {
        entry = at(table + (address >> shift) % 512 * 8, 8);
        ck_assert_uint_eq(entry & 3, 3);
        table = entry & ~UINT64_C(0xFFF);
    }
    ck_assert_uint_eq(entry & 0x80, 0x80);
    return (entry & ~UINT64_C(0x1FFFFF)) | (address & 0x1FFFFF);
}

/* ---- Linux ---- */

START_TEST(linux_lies_where_it_wants_to)
{
    ck_assert_ptr_null(load());
    ck_assert_uint_eq(at(0x400000, 8), UINT64_C(0x5A5A5A5A5A5A5A5A));
    ck_assert_uint_eq(at(0x400FFF, 2), 0xCC5A);
    ck_assert_uint_eq(at(0x3FFFFF, 1), 0xCC);
    ck_assert_uint_eq(value(HvX64RegisterRip).reg64, 0x400200);
}
END_TEST

START_TEST(linux_is_told_what_the_protocol_wants)
{
    uint64_t page;

    ck_assert_ptr_null(load());
    page = value(HvX64RegisterRsi).reg64;
    ck_assert_uint_eq(at(page + BZIMAGE_MAGIC, 4), 0x53726448);
    ck_assert_uint_eq(at(page + BZIMAGE_LOADER_TYPE, 1), 0xFF);
    ck_assert_uint_eq(at(page + BZIMAGE_CODE32_START, 4), 0x400000);
    ck_assert_uint_eq(at(page + ZERO_PAGE_RSDP, 8), RSDP);
    ck_assert_uint_eq(at(page + ZERO_PAGE_MAP_COUNT, 1), 3);
    ck_assert_uint_eq(at(page + ZERO_PAGE_MAP + 20, 8), 0x9F000);
    ck_assert_uint_eq(at(page + ZERO_PAGE_MAP + 36, 4), WORKER_MEMORY_RESERVED);
    ck_assert_uint_eq(at(page + ZERO_PAGE_MAP + 48, 8), HIGH_SIZE);
    ck_assert_uint_eq(at(page + BZIMAGE_INITRD_SIZE, 4), 0);
    /* Nothing but the header comes from the file; the rest of the page is zero. */
    ck_assert_uint_eq(at(page + 0x1EF, 1), 0);
    ck_assert_uint_eq(at(page + 0x26C, 4), 0);
    ck_assert_str_eq((char *)low + at(page + BZIMAGE_COMMAND_LINE, 4), "console=ttyS0");
}
END_TEST

START_TEST(linux_starts_in_64_bit_mode)
{
    uint64_t gdt;

    ck_assert_ptr_null(load());
    ck_assert_uint_eq(value(HvX64RegisterCr0).reg64, 0x80000011);
    ck_assert_uint_eq(value(HvX64RegisterCr4).reg64, 0x20);
    ck_assert_uint_eq(value(HvX64RegisterEfer).reg64, 0x500);
    ck_assert_uint_eq(value(HvX64RegisterRflags).reg64, 2);
    ck_assert_uint_eq(value(HvX64RegisterRbp).reg64, 0);
    ck_assert_uint_eq(walk(0x400200), 0x400200);
    ck_assert_uint_eq(walk(0xFFFFF000), 0xFFFFF000);
    ck_assert_uint_eq(walk(0xC0000000), 0xC0000000);
    ck_assert_uint_eq(value(HvX64RegisterCs).segment.selector, 0x10);
    ck_assert_uint_eq(value(HvX64RegisterCs).segment.attributes, 0xA09B);
    ck_assert_uint_eq(value(HvX64RegisterCs).segment.limit, UINT32_MAX);
    ck_assert_uint_eq(value(HvX64RegisterSs).segment.selector, 0x18);
    ck_assert_uint_eq(value(HvX64RegisterDs).segment.attributes, 0xC093);
    ck_assert_uint_eq(value(HvX64RegisterTr).segment.attributes, 0x8B);
    gdt = value(HvX64RegisterGdtr).table.base;
    ck_assert_uint_eq(value(HvX64RegisterGdtr).table.limit, 0x1F);
    ck_assert_uint_eq(at(gdt + 0x10, 8), UINT64_C(0x00AF9B000000FFFF));
    ck_assert_uint_eq(at(gdt + 0x18, 8), UINT64_C(0x00CF93000000FFFF));
}
END_TEST

START_TEST(paging_is_set_up_before_it_is_switched_on)
{
    uint32_t place[4] = { 0 };

    ck_assert_ptr_null(load());
    for (uint32_t i = 0; i < start.count; i++) {
        place[0] = start.registers[i].name == HvX64RegisterCr4 ? i : place[0];
        place[1] = start.registers[i].name == HvX64RegisterCr3 ? i : place[1];
        place[2] = start.registers[i].name == HvX64RegisterEfer ? i : place[2];
        place[3] = start.registers[i].name == HvX64RegisterCr0 ? i : place[3];
    }
    ck_assert(place[0] < place[2] && place[1] < place[3] && place[2] < place[3]);
}
END_TEST

START_TEST(initrd_lies_at_the_top)
{
    uint64_t page;

    kernel.initrd = initrd;
    kernel.initrd_size = sizeof(initrd);
    ck_assert_ptr_null(load());
    page = value(HvX64RegisterRsi).reg64;
    ck_assert_uint_eq(at(page + BZIMAGE_INITRD_ADDRESS, 4), END - 0x2000);
    ck_assert_uint_eq(at(page + BZIMAGE_INITRD_SIZE, 4), sizeof(initrd));
    ck_assert_uint_eq(at(END - 0x2000 + 0x1800, 2), 0xCC77);
}
END_TEST

START_TEST(initrd_keeps_to_the_kernels_limit)
{
    kernel.initrd = initrd;
    kernel.initrd_size = sizeof(initrd);
    put(BZIMAGE_INITRD_MAX, 4, 0x503800);
    ck_assert_ptr_null(load());
    ck_assert_uint_eq(at(value(HvX64RegisterRsi).reg64 + BZIMAGE_INITRD_ADDRESS, 4), 0x502000);
    put(BZIMAGE_INITRD_MAX, 4, 0x501000);
    ck_assert_ptr_nonnull(strstr(load(), "initrd"));
    put(BZIMAGE_INITRD_MAX, 4, 0x10);
    ck_assert_ptr_nonnull(strstr(load(), "initrd"));
    put(BZIMAGE_INITRD_MAX, 4, 0x7FFFFFFF);
    kernel.initrd_size = UINT64_MAX;
    ck_assert_ptr_nonnull(strstr(load(), "initrd"));
}
END_TEST

/* Addresses of the protocol have 32 bits, whatever limit the kernel names. */
START_TEST(what_is_loaded_lies_below_4_gib_where_there_is_memory_above)
{
    static _Alignas(4096) uint8_t above[0x4000];
    uint64_t page;

    ck_assert_uint_eq(worker_memory_add(&memory, UINT64_C(1) << 32, above, sizeof(above), ALL), 0);
    map.region[map.count++] =
        (struct worker_region){ UINT64_C(1) << 32, sizeof(above), WORKER_MEMORY_USABLE };
    put(BZIMAGE_INITRD_MAX, 4, UINT32_MAX);
    kernel.initrd = initrd;
    kernel.initrd_size = sizeof(initrd);
    ck_assert_ptr_null(load());
    page = value(HvX64RegisterRsi).reg64;
    ck_assert_uint_eq(at(page + BZIMAGE_INITRD_ADDRESS, 4), END - 0x2000);
    ck_assert_uint_eq(at(page + ZERO_PAGE_MAP_COUNT, 1), 4);
    ck_assert_uint_eq(at(page + ZERO_PAGE_MAP + 3 * sizeof(struct zero_page_region), 8), UINT64_C(1)
                                                                                             << 32);
}
END_TEST

START_TEST(linux_is_moved_where_there_is_room)
{
    put(BZIMAGE_PREFERRED_ADDRESS, 8, 0x10000000);
    ck_assert_ptr_null(load());
    ck_assert_uint_eq(value(HvX64RegisterRip).reg64, 0x200200);
    ck_assert_uint_eq(at(0x200000, 1), 0x5A);
    ck_assert_uint_eq(at(value(HvX64RegisterRsi).reg64 + BZIMAGE_CODE32_START, 4), 0x200000);
    put(BZIMAGE_RELOCATABLE, 1, 0);
    ck_assert_ptr_nonnull(strstr(load(), "give it more"));
}
END_TEST

START_TEST(kernel_is_not_put_among_what_the_loader_writes)
{
    put(BZIMAGE_ALIGNMENT, 4, 0x1000);
    put(BZIMAGE_PREFERRED_ADDRESS, 8, 0x7000);
    put(BZIMAGE_INIT_SIZE, 4, 0);
    ck_assert_ptr_null(load());
    ck_assert_uint_eq(value(HvX64RegisterRip).reg64, 0x100200);
}
END_TEST

START_TEST(too_little_memory_is_said)
{
    put(BZIMAGE_INIT_SIZE, 4, 0x700001);
    ck_assert_ptr_nonnull(strstr(load(), "give it more"));
    map.region[0].size = 0x3F000;
    ck_assert_ptr_nonnull(strstr(load(), "below 256 KiB"));
}
END_TEST

START_TEST(memory_that_the_map_withholds_is_not_used)
{
    map.region[2].type = WORKER_MEMORY_ACPI;
    ck_assert_ptr_nonnull(strstr(load(), "give it more"));
    map.region[2].type = WORKER_MEMORY_USABLE;
    map.region[2].size += MIB; /* the map promises more than there is */
    put(BZIMAGE_PREFERRED_ADDRESS, 8, 0x800000);
    put(BZIMAGE_RELOCATABLE, 1, 0);
    put(BZIMAGE_INIT_SIZE, 4, 0x180000);
    ck_assert_ptr_nonnull(strstr(load(), "give it more"));
}
END_TEST

START_TEST(command_line_has_a_limit)
{
    kernel.command_line = "0123456789ABCDEF";
    ck_assert_ptr_null(load());
    kernel.command_line = "0123456789ABCDEF0";
    ck_assert_ptr_nonnull(strstr(load(), "shorten it"));
    kernel.command_line = NULL;
    ck_assert_ptr_null(load());
    ck_assert_uint_eq(low[at(value(HvX64RegisterRsi).reg64 + BZIMAGE_COMMAND_LINE, 4)], 0);
}
END_TEST

START_TEST(what_is_no_kernel_is_refused)
{
    put(BZIMAGE_BOOT_FLAG, 2, 0);
    ck_assert_ptr_nonnull(strstr(load(), "not a Linux kernel"));
    kernel.image_size = 0;
    ck_assert_ptr_nonnull(load());
    make_elf(true);
    put(18, 2, 40);
    ck_assert_ptr_nonnull(strstr(load(), "not for x86"));
}
END_TEST

/* ---- ELF ---- */

static void check_32_bit_state(void)
{
    ck_assert_uint_eq(value(HvX64RegisterCr0).reg64, 0x11);
    ck_assert_uint_eq(value(HvX64RegisterCs).segment.attributes, 0xC09B);
    ck_assert_uint_eq(value(HvX64RegisterSs).segment.attributes, 0xC093);
    ck_assert_uint_eq(value(HvX64RegisterEs).segment.limit, UINT32_MAX);
    ck_assert_uint_eq(value(HvX64RegisterTr).segment.limit, 0x67);
    ck_assert_uint_eq(value(HvX64RegisterRflags).reg64, 2);
}

START_TEST(elf_is_copied_and_cleared_behind)
{
    make_elf(true);
    ck_assert_ptr_null(load());
    ck_assert_uint_eq(at(0x200000 + 0x28, 4), 18);
    ck_assert_uint_eq(at(0x200100, 8), 0);
    ck_assert_uint_eq(at(0x201FFF, 2), 0xCC00);
}
END_TEST

START_TEST(pvh_kernel_gets_its_start_info)
{
    struct pvh_start_info info;
    struct pvh_module module;
    struct pvh_region region;

    make_elf(true);
    kernel.initrd = initrd;
    kernel.initrd_size = sizeof(initrd);
    ck_assert_ptr_null(load());
    check_32_bit_state();
    ck_assert_uint_eq(value(HvX64RegisterRip).reg64, 0x200040);
    ck_assert(worker_memory_read(&memory, value(HvX64RegisterRbx).reg64, &info, sizeof(info)));
    ck_assert_uint_eq(info.magic, 0x336EC578);
    ck_assert_uint_eq(info.version, 1);
    ck_assert_uint_eq(info.rsdp, RSDP);
    ck_assert_uint_eq(info.memory_map_entries, 3);
    ck_assert(worker_memory_read(&memory, info.memory_map + 48, &region, sizeof(region)));
    ck_assert_uint_eq(region.base, MIB);
    ck_assert_uint_eq(region.size, HIGH_SIZE);
    ck_assert_uint_eq(region.type, 1);
    ck_assert_uint_eq(info.module_count, 1);
    ck_assert(worker_memory_read(&memory, info.modules, &module, sizeof(module)));
    ck_assert_uint_eq(module.address, END - 0x2000);
    ck_assert_uint_eq(module.size, sizeof(initrd));
    ck_assert_str_eq((char *)low + info.command_line, "console=ttyS0");
}
END_TEST

START_TEST(who_asks_for_multiboot_gets_it_where_the_kernel_knows_it)
{
    make_elf(true);
    kernel.multiboot = true;
    ck_assert_ptr_null(load());
    ck_assert_uint_eq(value(HvX64RegisterRip).reg64, 0x200040);
    put(0x240, 4, MULTIBOOT1_HEADER_MAGIC);
    put(0x248, 4, 0u - MULTIBOOT1_HEADER_MAGIC);
    ck_assert_ptr_null(load());
    ck_assert_uint_eq(value(HvX64RegisterRip).reg64, 0x200010);
    ck_assert_uint_eq(value(HvX64RegisterRax).reg64, 0x2BADB002);
    kernel.multiboot = false;
    ck_assert_ptr_null(load());
    ck_assert_uint_eq(value(HvX64RegisterRip).reg64, 0x200040);
}
END_TEST

START_TEST(multiboot_kernel_gets_its_information)
{
    struct multiboot1_info info;
    struct multiboot1_module module;
    struct multiboot1_region region;

    make_elf(false);
    kernel.initrd = initrd;
    kernel.initrd_size = sizeof(initrd);
    ck_assert_ptr_null(load());
    check_32_bit_state();
    ck_assert_uint_eq(value(HvX64RegisterRip).reg64, 0x200010);
    ck_assert_uint_eq(value(HvX64RegisterRax).reg64, 0x2BADB002);
    ck_assert(worker_memory_read(&memory, value(HvX64RegisterRbx).reg64, &info, sizeof(info)));
    ck_assert_uint_eq(info.flags, 0x4D);
    ck_assert_uint_eq(info.memory_lower, 636);
    ck_assert_uint_eq(info.memory_upper, 8 * 1024);
    ck_assert_uint_eq(info.memory_map_length, 3 * 24);
    ck_assert(worker_memory_read(&memory, info.memory_map + 24, &region, sizeof(region)));
    ck_assert_uint_eq(region.size, 20);
    ck_assert_uint_eq(region.base, 0x9F000);
    ck_assert_uint_eq(region.type, 2);
    ck_assert_uint_eq(info.module_count, 1);
    ck_assert(worker_memory_read(&memory, info.modules, &module, sizeof(module)));
    ck_assert_uint_eq(module.start, END - 0x2000);
    ck_assert_uint_eq(module.end - module.start, sizeof(initrd));
    ck_assert_str_eq((char *)low + info.command_line, "console=ttyS0");
}
END_TEST

START_TEST(elf_outside_of_memory_is_refused)
{
    make_elf(true);
    put(72, 4, 0x10000000);
    ck_assert_ptr_nonnull(strstr(load(), "give it more"));
    make_elf(true);
    put(64, 4, WORKER_LOADER_END - 1);
    put(0x230, 4, WORKER_LOADER_END);
    ck_assert_ptr_nonnull(strstr(load(), "link it elsewhere"));
    put(64, 4, WORKER_LOADER_END);
    ck_assert_ptr_null(load());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker loader");
    TCase *linux_case = tcase_create("linux"), *elf_case = tcase_create("elf");

    tcase_add_checked_fixture(linux_case, setup, NULL);
    tcase_add_test(linux_case, linux_lies_where_it_wants_to);
    tcase_add_test(linux_case, linux_is_told_what_the_protocol_wants);
    tcase_add_test(linux_case, linux_starts_in_64_bit_mode);
    tcase_add_test(linux_case, paging_is_set_up_before_it_is_switched_on);
    tcase_add_test(linux_case, initrd_lies_at_the_top);
    tcase_add_test(linux_case, initrd_keeps_to_the_kernels_limit);
    tcase_add_test(linux_case, what_is_loaded_lies_below_4_gib_where_there_is_memory_above);
    tcase_add_test(linux_case, linux_is_moved_where_there_is_room);
    tcase_add_test(linux_case, kernel_is_not_put_among_what_the_loader_writes);
    tcase_add_test(linux_case, too_little_memory_is_said);
    tcase_add_test(linux_case, memory_that_the_map_withholds_is_not_used);
    tcase_add_test(linux_case, command_line_has_a_limit);
    tcase_add_test(linux_case, what_is_no_kernel_is_refused);
    suite_add_tcase(suite, linux_case);
    tcase_add_checked_fixture(elf_case, setup, NULL);
    tcase_add_test(elf_case, elf_is_copied_and_cleared_behind);
    tcase_add_test(elf_case, pvh_kernel_gets_its_start_info);
    tcase_add_test(elf_case, who_asks_for_multiboot_gets_it_where_the_kernel_knows_it);
    tcase_add_test(elf_case, multiboot_kernel_gets_its_information);
    tcase_add_test(elf_case, elf_outside_of_memory_is_refused);
    suite_add_tcase(suite, elf_case);
    return run_suite(suite);
}
