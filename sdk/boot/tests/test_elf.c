/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Boot modules: good ones of both classes, and every way in which one can lie. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <boot/elf.h>
#include <boot/multiboot.h>

#include "suite.h"

#define FILE_SIZE 0x400
#define ADDRESS   0x100000
#define CODE      0x200 /* offset of the segment's bytes */
#define NOTE      0x300

static uint8_t file[FILE_SIZE];
static struct elf_image image;

static void put(unsigned offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        file[offset + i] = (uint8_t)(value >> (8 * i));
}

static void put_identity(unsigned class, unsigned machine)
{
    memset(file, 0, sizeof(file));
    memcpy(file, "\177ELF", 4);
    file[4] = (uint8_t) class;
    file[5] = 1;
    put(16, 2, 2);
    put(18, 2, machine);
}

static void put_multiboot(uint32_t flags)
{
    put(CODE, 4, MULTIBOOT1_HEADER_MAGIC);
    put(CODE + 4, 4, flags);
    put(CODE + 8, 4, (uint32_t) - (MULTIBOOT1_HEADER_MAGIC + flags));
}

/* One segment of 0x100 bytes in the file, 0x1000 in memory, that starts with the header. */
static void make_32(void)
{
    put_identity(1, 3);
    put(24, 4, ADDRESS + 0x10);
    put(28, 4, 52);
    put(42, 2, 32);
    put(44, 2, 1);
    put(52, 4, 1);
    put(56, 4, CODE);
    put(60, 4, ADDRESS);
    put(64, 4, ADDRESS);
    put(68, 4, 0x100);
    put(72, 4, 0x1000);
    put_multiboot(3);
}

static void make_64(void)
{
    put_identity(2, 62);
    put(24, 8, ADDRESS + 0x10);
    put(32, 8, 64);
    put(54, 2, 56);
    put(56, 2, 1);
    put(64, 4, 1);
    put(72, 8, CODE);
    put(80, 8, ADDRESS);
    put(88, 8, ADDRESS);
    put(96, 8, 0x100);
    put(104, 8, 0x1000);
    put_multiboot(3);
}

/* A second program header of the 64-bit image: a note with a PVH entry. */
static void add_pvh_note(uint32_t entry)
{
    put(56, 2, 2);
    put(120, 4, 4);
    put(128, 8, NOTE);
    put(152, 8, 20);
    put(NOTE, 4, 4);
    put(NOTE + 4, 4, 4);
    put(NOTE + 8, 4, 18);
    memcpy(file + NOTE + 12, "Xen", 4);
    put(NOTE + 16, 4, entry);
}

static enum elf_status parse(void)
{
    return elf_parse(file, sizeof(file), &image);
}

START_TEST(image_of_32_bits_is_read)
{
    make_32();
    ck_assert_int_eq(parse(), ELF_OK);
    ck_assert_uint_eq(image.segment_count, 1);
    ck_assert_uint_eq(image.segments[0].offset, CODE);
    ck_assert_uint_eq(image.segments[0].address, ADDRESS);
    ck_assert_uint_eq(image.segments[0].file_size, 0x100);
    ck_assert_uint_eq(image.segments[0].memory_size, 0x1000);
    ck_assert_uint_eq(image.entry, ADDRESS + 0x10);
    ck_assert(image.multiboot);
    ck_assert(!image.pvh);
}
END_TEST

START_TEST(image_of_64_bits_is_read)
{
    make_64();
    ck_assert_int_eq(parse(), ELF_OK);
    ck_assert_uint_eq(image.segments[0].address, ADDRESS);
    ck_assert_uint_eq(image.entry, ADDRESS + 0x10);
    ck_assert(image.multiboot);
}
END_TEST

START_TEST(virtual_entry_becomes_physical)
{
    make_64();
    put(24, 8, UINT64_C(0xFFFFFFFF80000020));
    put(80, 8, UINT64_C(0xFFFFFFFF80000000));
    ck_assert_int_eq(parse(), ELF_OK);
    ck_assert_uint_eq(image.entry, ADDRESS + 0x20);
}
END_TEST

START_TEST(pvh_note_is_enough)
{
    make_64();
    put(CODE, 4, 0);
    add_pvh_note(ADDRESS + 0x40);
    ck_assert_int_eq(parse(), ELF_OK);
    ck_assert(!image.multiboot);
    ck_assert(image.pvh);
    ck_assert_uint_eq(image.pvh_entry, ADDRESS + 0x40);
}
END_TEST

START_TEST(image_without_a_protocol_is_refused)
{
    make_64();
    put(CODE, 4, 0);
    ck_assert_int_eq(parse(), ELF_NO_PROTOCOL);
}
END_TEST

START_TEST(multiboot_header_must_sum_to_zero_and_ask_for_nothing_unknown)
{
    make_32();
    put(CODE + 8, 4, 0);
    ck_assert_int_eq(parse(), ELF_NO_PROTOCOL);
    put_multiboot(0x8);
    ck_assert_int_eq(parse(), ELF_NO_PROTOCOL);
    put_multiboot(0x10004);
    ck_assert_int_eq(parse(), ELF_OK);
}
END_TEST

START_TEST(every_cut_of_a_file_is_refused_or_whole)
{
    make_64();
    for (uint64_t size = 0; size < CODE + 0x100; size++) {
        /* A heap copy of just that size, so that a sanitizer sees each byte too far. */
        uint8_t *copy = malloc(size + 1);

        memcpy(copy, file, size);
        ck_assert_int_ne(elf_parse(copy, size, &image), ELF_OK);
        free(copy);
    }
    ck_assert_int_eq(elf_parse(file, CODE + 0x100, &image), ELF_OK);
}
END_TEST

START_TEST(other_files_and_machines_are_refused)
{
    make_32();
    file[1] = 'e';
    ck_assert_int_eq(parse(), ELF_NOT_ELF);
    make_32();
    put(18, 2, 40);
    ck_assert_int_eq(parse(), ELF_WRONG_MACHINE);
    make_32();
    file[5] = 2;
    ck_assert_int_eq(parse(), ELF_WRONG_MACHINE);
    make_32();
    put(16, 2, 1);
    ck_assert_int_eq(parse(), ELF_NOT_EXECUTABLE);
}
END_TEST

START_TEST(headers_outside_of_the_file_are_refused)
{
    make_64();
    put(32, 8, UINT64_MAX);
    ck_assert_int_eq(parse(), ELF_BAD_HEADERS);
    make_64();
    put(56, 2, 1000);
    ck_assert_int_eq(parse(), ELF_BAD_HEADERS);
    make_64();
    put(54, 2, 8);
    ck_assert_int_eq(parse(), ELF_BAD_HEADERS);
}
END_TEST

START_TEST(segments_outside_of_the_file_are_refused)
{
    make_64();
    put(72, 8, UINT64_MAX - 0x10);
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
    make_64();
    put(96, 8, 0x1001);
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
    make_64();
    put(96, 8, FILE_SIZE - CODE + 1);
    put(104, 8, UINT64_C(1) << 20);
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
}
END_TEST

START_TEST(segments_above_4_gib_are_refused)
{
    make_64();
    put(88, 8, UINT64_C(0x100000000) - 0xFFF);
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
    make_64();
    put(88, 8, UINT64_MAX - 0x800);
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
    make_64();
    put(104, 8, UINT64_MAX);
    ck_assert_int_eq(parse(), ELF_BAD_SEGMENT);
}
END_TEST

START_TEST(image_that_loads_nothing_is_refused)
{
    make_64();
    put(104, 8, 0);
    put(96, 8, 0);
    ck_assert_int_eq(parse(), ELF_NO_SEGMENTS);
}
END_TEST

START_TEST(entry_must_be_loaded)
{
    make_64();
    put(24, 8, ADDRESS - 1);
    ck_assert_int_eq(parse(), ELF_ENTRY_OUTSIDE);
    make_64();
    put(24, 8, UINT64_C(1) << 40);
    ck_assert_int_eq(parse(), ELF_ENTRY_OUTSIDE);
    make_64();
    add_pvh_note(ADDRESS + 0x1000);
    ck_assert_int_eq(parse(), ELF_ENTRY_OUTSIDE);
}
END_TEST

START_TEST(damaged_notes_are_passed_over)
{
    static const uint32_t sizes[] = { 0xFFFFFFFF, 0xFFFFFFFD, 0x7FFFFFFF, 5, 0 };

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        make_64();
        add_pvh_note(ADDRESS);
        put(NOTE, 4, sizes[i]);
        ck_assert_int_eq(parse(), ELF_OK);
        ck_assert(!image.pvh);
        make_64();
        add_pvh_note(ADDRESS);
        put(NOTE + 4, 4, sizes[i] == 5 ? 0xFFFFFFF0 : sizes[i]);
        ck_assert_int_eq(parse(), ELF_OK);
        ck_assert(!image.pvh);
    }
}
END_TEST

START_TEST(every_status_has_words)
{
    for (int status = 0; status < ELF_STATUS_COUNT; status++)
        ck_assert_ptr_nonnull(elf_status_text((enum elf_status)status));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elf");
    TCase *tests = tcase_create("elf");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, image_of_32_bits_is_read);
    tcase_add_test(tests, image_of_64_bits_is_read);
    tcase_add_test(tests, virtual_entry_becomes_physical);
    tcase_add_test(tests, pvh_note_is_enough);
    tcase_add_test(tests, image_without_a_protocol_is_refused);
    tcase_add_test(tests, multiboot_header_must_sum_to_zero_and_ask_for_nothing_unknown);
    tcase_add_test(tests, every_cut_of_a_file_is_refused_or_whole);
    tcase_add_test(tests, other_files_and_machines_are_refused);
    tcase_add_test(tests, headers_outside_of_the_file_are_refused);
    tcase_add_test(tests, segments_outside_of_the_file_are_refused);
    tcase_add_test(tests, segments_above_4_gib_are_refused);
    tcase_add_test(tests, image_that_loads_nothing_is_refused);
    tcase_add_test(tests, entry_must_be_loaded);
    tcase_add_test(tests, damaged_notes_are_passed_over);
    tcase_add_test(tests, every_status_has_words);
    return run_suite(suite);
}
