/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What is told from a kernel's file, and whether a machine fits it. */
#include <check.h>

#include "described.h"
#include "fit.h"
#include "images.h"
#include "kernel.h"
#include "suite.h"

#define LINUX     HV_MACHINE_BOOT_LINUX
#define PVH       HV_MACHINE_BOOT_PVH
#define MULTIBOOT HV_MACHINE_BOOT_MULTIBOOT

static uint8_t image[IMAGE_SIZE];
static struct kernel kernel;

START_TEST(linux_is_told_by_its_header)
{
    image_linux(image);
    ck_assert_ptr_null(kernel_examine(image, sizeof(image), &kernel));
    ck_assert(kernel.protocols[LINUX] && !kernel.protocols[PVH] && !kernel.protocols[MULTIBOOT]);
    ck_assert_uint_eq(kernel.end, 3 << 20);
    ck_assert_uint_eq(kernel.command_line, 255);
    ck_assert_str_eq(kernel_examine(image, 0x7F0, &kernel),
                     "ends before the kernel does; it is cut off or damaged");
    ck_assert_str_eq(kernel_examine(image, 0x205, &kernel),
                     "is neither a bzImage of Linux nor an ELF file");
}
END_TEST

START_TEST(linux_that_no_worker_loads_is_refused)
{
    image_linux(image);
    image_put(image, LINUX_FLAG, 2, 0x7E);
    ck_assert_ptr_nonnull(strstr(kernel_examine(image, sizeof(image), &kernel), "64-bit entry"));
    image_linux(image);
    image_put(image, 0x206, 2, 0x20B);
    ck_assert_ptr_nonnull(strstr(kernel_examine(image, sizeof(image), &kernel), "before 2.12"));
    image_put(image, 0x206, 2, 0x20F);
    ck_assert_ptr_null(kernel_examine(image, sizeof(image), &kernel));
    image_put(image, LINUX_BASE, 8, UINT64_C(1) << 40);
    ck_assert_ptr_nonnull(strstr(kernel_examine(image, sizeof(image), &kernel), "damaged"));
}
END_TEST

START_TEST(elf_is_told_by_note_and_header)
{
    image_elf(image);
    image_pvh(image);
    ck_assert_ptr_null(kernel_examine(image, sizeof(image), &kernel));
    ck_assert(!kernel.protocols[LINUX] && kernel.protocols[PVH] && !kernel.protocols[MULTIBOOT]);
    ck_assert_uint_eq(kernel.end, 3 << 20);
    ck_assert_uint_eq(kernel.command_line, 0);
    image_multiboot(image);
    ck_assert_ptr_null(kernel_examine(image, sizeof(image), &kernel));
    ck_assert(kernel.protocols[PVH] && kernel.protocols[MULTIBOOT]);
    image_elf(image);
    image_multiboot(image);
    ck_assert_ptr_null(kernel_examine(image, sizeof(image), &kernel));
    ck_assert(!kernel.protocols[PVH] && kernel.protocols[MULTIBOOT]);
}
END_TEST

START_TEST(other_files_are_no_kernels)
{
    image_elf(image);
    ck_assert_str_eq(kernel_examine(image, sizeof(image), &kernel),
                     "has neither a multiboot1 header in its first 8 KiB nor a PVH note; add one");
    ck_assert_str_eq(kernel_examine((const uint8_t *)"#!/bin/sh\n", 10, &kernel),
                     "is neither a bzImage of Linux nor an ELF file");
    image_linux(image);
    image[0x202] = 'h';
    ck_assert_ptr_nonnull(kernel_examine(image, sizeof(image), &kernel));
    image_linux(image);
    image[0x1FE] = 0;
    ck_assert_ptr_nonnull(kernel_examine(image, sizeof(image), &kernel));
}
END_TEST

/* What is said about a machine with this image; "" if it fits. */
static const char *fit(struct hv_machine *machine)
{
    static const struct places places = { { 1, 1 }, { 2, 1 }, { 3, 1 }, { 4, 1 }, { 5, 1 } };
    static char text[ERROR_MAX_TEXT + 32];
    char *output;

    errors.count = 0;
    machine->kernel = (struct hv_machine_file){ "k", image, sizeof(image) };
    machine_fit(machine, &places, &errors);
    output = said();
    strncpy(text, output, sizeof(text) - 1);
    free(output);
    return text;
}

START_TEST(boot_protocol_comes_from_the_file)
{
    struct hv_machine machine = { .memory = 64 << 20, .command_line = "" };

    image_linux(image);
    ck_assert_str_eq(fit(&machine), "");
    ck_assert_int_eq(machine.boot, LINUX);
    image_elf(image);
    image_pvh(image);
    machine.boot = BOOT_FROM_FILE;
    ck_assert_str_eq(fit(&machine), "");
    ck_assert_int_eq(machine.boot, PVH);
    image_multiboot(image);
    ck_assert_str_eq(fit(&machine), "");
    ck_assert_int_eq(machine.boot, PVH);
    machine.boot = BOOT_FROM_FILE;
    ck_assert_str_eq(fit(&machine), "");
    ck_assert_int_eq(machine.boot, MULTIBOOT);
}
END_TEST

START_TEST(boot_protocol_must_be_one_of_the_file)
{
    struct hv_machine machine = { .memory = 64 << 20, .command_line = "", .boot = PVH };

    image_linux(image);
    ck_assert_str_eq(fit(&machine), "f:2:1: error: boot: the kernel 'k' cannot be started by pvh, "
                                    "but by linux\n");
    image_elf(image);
    image_multiboot(image);
    ck_assert_str_eq(fit(&machine), "f:2:1: error: boot: the kernel 'k' cannot be started by pvh, "
                                    "but by multiboot\n");
    image_elf(image);
    ck_assert_str_eq(fit(&machine), "f:3:1: error: kernel: 'k' has neither a multiboot1 header in "
                                    "its first 8 KiB nor a PVH note; add one\n");
}
END_TEST

START_TEST(memory_must_hold_kernel_and_initrd)
{
    struct hv_machine machine = { .memory = 3 << 20, .command_line = "" };

    image_linux(image);
    ck_assert_str_eq(fit(&machine), "");
    machine.memory -= 4096;
    ck_assert_str_eq(fit(&machine), "f:1:1: error: memory: 2 MiB are too little; kernel and initrd "
                                    "need 3 MiB\n");
    machine.memory = 4 << 20;
    machine.initrd = (struct hv_machine_file){ "i", image, (1 << 20) + 1 };
    ck_assert_str_eq(fit(&machine), "f:1:1: error: memory: 4 MiB are too little; kernel and initrd "
                                    "need 5 MiB\n");
    machine.initrd.size--;
    ck_assert_str_eq(fit(&machine), "");
}
END_TEST

START_TEST(command_line_must_fit_the_kernel)
{
    char line[257];
    struct hv_machine machine = { .memory = 64 << 20, .command_line = line };

    memset(line, 'x', sizeof(line));
    image_linux(image);
    line[255] = 0;
    ck_assert_str_eq(fit(&machine), "");
    line[255] = 'x';
    line[256] = 0;
    ck_assert_str_eq(fit(&machine), "f:5:1: error: command-line: 256 bytes are more than the 255 "
                                    "that the kernel takes\n");
    image_put(image, LINUX_LINE, 4, 0);
    ck_assert_str_eq(fit(&machine), "");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("kernel");
    Suite *suite = suite_create("kernel");

    tcase_add_test(tests, linux_is_told_by_its_header);
    tcase_add_test(tests, linux_that_no_worker_loads_is_refused);
    tcase_add_test(tests, elf_is_told_by_note_and_header);
    tcase_add_test(tests, other_files_are_no_kernels);
    tcase_add_test(tests, boot_protocol_comes_from_the_file);
    tcase_add_test(tests, boot_protocol_must_be_one_of_the_file);
    tcase_add_test(tests, memory_must_hold_kernel_and_initrd);
    tcase_add_test(tests, command_line_must_fit_the_kernel);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
