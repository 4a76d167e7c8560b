/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Kernels: a good one, and every way in which one can lie. */
#include <check.h>
#include <string.h>

#include <boot/bzimage.h>

#include "suite.h"

#define SETUP_SECTORS 3u
#define KERNEL        ((SETUP_SECTORS + 1) * 512)
#define KERNEL_SIZE   0x1000u
#define FILE_SIZE     (KERNEL + KERNEL_SIZE)

static uint8_t file[FILE_SIZE + 64];
static struct bzimage image;

static void put(unsigned offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        file[offset + i] = (uint8_t)(value >> (8 * i));
}

static void setup(void)
{
    memset(file, 0, sizeof(file));
    put(BZIMAGE_SETUP_SECTORS, 1, SETUP_SECTORS);
    put(BZIMAGE_SYSTEM_SIZE, 4, KERNEL_SIZE / 16);
    put(BZIMAGE_BOOT_FLAG, 2, 0xAA55);
    put(0x200, 2, 0x6AEB);
    memcpy(file + BZIMAGE_MAGIC, "HdrS", 4);
    put(BZIMAGE_VERSION, 2, 0x020F);
    put(BZIMAGE_LOAD_FLAGS, 1, 1);
    put(BZIMAGE_INITRD_MAX, 4, 0x7FFFFFFF);
    put(BZIMAGE_ALIGNMENT, 4, 0x200000);
    put(BZIMAGE_RELOCATABLE, 1, 1);
    put(BZIMAGE_EXTENDED_LOAD_FLAGS, 2, 0x3F);
    put(BZIMAGE_COMMAND_LINE_SIZE, 4, 2047);
    put(BZIMAGE_PREFERRED_ADDRESS, 8, 0x1000000);
    put(BZIMAGE_INIT_SIZE, 4, 0x3000000);
}

static enum bzimage_status parse(uint64_t size)
{
    return bzimage_parse(file, size, &image);
}

START_TEST(good_kernel_is_read)
{
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_OK);
    ck_assert_uint_eq(image.kernel_offset, KERNEL);
    ck_assert_uint_eq(image.kernel_size, KERNEL_SIZE);
    ck_assert_uint_eq(image.header_size, 0x26C - 0x1F1);
    ck_assert_uint_eq(image.command_line_size, 2047);
    ck_assert_uint_eq(image.address, 0x1000000);
    ck_assert_uint_eq(image.memory_size, 0x3000000);
    ck_assert_uint_eq(image.alignment, 0x200000);
    ck_assert_uint_eq(image.initrd_max, 0x7FFFFFFF);
    ck_assert(image.relocatable);
}
END_TEST

START_TEST(no_setup_sectors_are_four)
{
    put(BZIMAGE_SETUP_SECTORS, 1, 0);
    put(BZIMAGE_SYSTEM_SIZE, 4, KERNEL_SIZE / 16 - 32);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_OK);
    ck_assert_uint_eq(image.kernel_offset, 5 * 512);
    ck_assert_uint_eq(image.kernel_size, KERNEL_SIZE - 512);
}
END_TEST

START_TEST(size_may_be_rounded_up_but_not_more)
{
    ck_assert_int_eq(parse(FILE_SIZE - 15), BZIMAGE_OK);
    ck_assert_uint_eq(image.kernel_size, KERNEL_SIZE - 15);
    ck_assert_int_eq(parse(FILE_SIZE - 16), BZIMAGE_TOO_SHORT);
}
END_TEST

START_TEST(what_follows_the_kernel_is_left_out)
{
    ck_assert_int_eq(parse(FILE_SIZE + 64), BZIMAGE_OK);
    ck_assert_uint_eq(image.kernel_size, KERNEL_SIZE);
}
END_TEST

START_TEST(file_that_is_cut_off_is_refused_at_every_length)
{
    for (uint64_t size = 0; size <= FILE_SIZE - 16; size++)
        ck_assert_int_eq(parse(size),
                         size < BZIMAGE_MAGIC + 4 ? BZIMAGE_NOT_LINUX : BZIMAGE_TOO_SHORT);
}
END_TEST

START_TEST(other_files_are_no_kernels)
{
    put(BZIMAGE_BOOT_FLAG, 2, 0xAA54);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_NOT_LINUX);
    setup();
    put(BZIMAGE_MAGIC, 1, 'h');
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_NOT_LINUX);
}
END_TEST

START_TEST(protocol_is_2_12_at_least)
{
    put(BZIMAGE_VERSION, 2, 0x020B);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_TOO_OLD);
    put(BZIMAGE_VERSION, 2, 0x020C);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_OK);
}
END_TEST

START_TEST(kernel_of_32_bits_is_refused)
{
    put(BZIMAGE_EXTENDED_LOAD_FLAGS, 2, 0x3E);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_NOT_64_BIT);
    setup();
    put(BZIMAGE_LOAD_FLAGS, 1, 0xFE);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_NOT_64_BIT);
}
END_TEST

static void check_bad(unsigned offset, unsigned size, uint64_t value)
{
    setup();
    put(offset, size, value);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_BAD_HEADER);
}

START_TEST(senseless_headers_are_refused)
{
    check_bad(BZIMAGE_HEADER_LENGTH, 1, 0x61); /* ends within the last field that is needed */
    check_bad(BZIMAGE_HEADER_LENGTH, 1, 0x8F); /* ends within the next field of the zero page */
    check_bad(BZIMAGE_SYSTEM_SIZE, 4, 0x20);   /* has no entry */
    check_bad(BZIMAGE_ALIGNMENT, 4, 0);
    check_bad(BZIMAGE_ALIGNMENT, 4, 0x300000);
    check_bad(BZIMAGE_PREFERRED_ADDRESS, 8, 0x1100000);
    check_bad(BZIMAGE_PREFERRED_ADDRESS, 8, 0);
    check_bad(BZIMAGE_PREFERRED_ADDRESS, 8, UINT64_C(0xFFFFFFFF00000000));
}
END_TEST

START_TEST(longest_and_shortest_header_are_good)
{
    put(BZIMAGE_HEADER_LENGTH, 1, 0x62);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_OK);
    put(BZIMAGE_HEADER_LENGTH, 1, 0x8E);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_OK);
    ck_assert_uint_eq(image.header_size, ZERO_PAGE_HEADER_END - 0x1F1);
}
END_TEST

START_TEST(kernel_needs_at_least_its_own_size)
{
    put(BZIMAGE_INIT_SIZE, 4, 1);
    ck_assert_int_eq(parse(FILE_SIZE), BZIMAGE_OK);
    ck_assert_uint_eq(image.memory_size, KERNEL_SIZE);
}
END_TEST

START_TEST(each_status_has_its_words)
{
    for (int i = 0; i < BZIMAGE_STATUS_COUNT; i++) {
        ck_assert_ptr_nonnull(bzimage_status_text((enum bzimage_status)i));
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(bzimage_status_text((enum bzimage_status)i),
                             bzimage_status_text((enum bzimage_status)j));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot bzimage");
    TCase *tcase = tcase_create("bzimage");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, good_kernel_is_read);
    tcase_add_test(tcase, no_setup_sectors_are_four);
    tcase_add_test(tcase, size_may_be_rounded_up_but_not_more);
    tcase_add_test(tcase, what_follows_the_kernel_is_left_out);
    tcase_add_test(tcase, file_that_is_cut_off_is_refused_at_every_length);
    tcase_add_test(tcase, other_files_are_no_kernels);
    tcase_add_test(tcase, protocol_is_2_12_at_least);
    tcase_add_test(tcase, kernel_of_32_bits_is_refused);
    tcase_add_test(tcase, senseless_headers_are_refused);
    tcase_add_test(tcase, longest_and_shortest_header_are_good);
    tcase_add_test(tcase, kernel_needs_at_least_its_own_size);
    tcase_add_test(tcase, each_status_has_its_words);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
