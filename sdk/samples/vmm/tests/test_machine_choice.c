/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which machine of a description is run, and what is said of one that can't be. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "images.h"
#include "machine_choice.h"
#include "suite.h"

static char directory[] = "/tmp/hvkit-vmm-test.XXXXXX";
static char path[64];
static char told[4096];

static void write_file(const char *name, const void *bytes, size_t size)
{
    char full[128];
    FILE *file;

    snprintf(full, sizeof(full), "%s/%s", directory, name);
    file = fopen(full, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* What is said on standard error goes to a file. */
static const struct hv_machine *choose(const char *text, const char *name)
{
    const struct hv_machine *machine;
    FILE *errors = tmpfile();
    int kept = dup(STDERR_FILENO);
    size_t length;

    ck_assert_ptr_nonnull(errors);
    write_file("machines.yaml", text, strlen(text));
    fflush(stderr);
    dup2(fileno(errors), STDERR_FILENO);
    machine = vmm_machine_choose(path, name);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(errors);
    length = fread(told, 1, sizeof(told) - 1, errors);
    told[length] = 0;
    fclose(errors);
    return machine;
}

static void expect_refusal(const char *text, const char *name, const char *words)
{
    char expected[256];

    ck_assert_ptr_null(choose(text, name));
    snprintf(expected, sizeof(expected), words, path);
    ck_assert_msg(strstr(told, expected) != NULL, "'%s' does not say '%s'", told, expected);
}

static void setup(void)
{
    static uint8_t kernel[IMAGE_SIZE];

    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/machines.yaml", directory);
    image_elf(kernel);
    image_multiboot(kernel);
    write_file("kernel", kernel, sizeof(kernel));
}

START_TEST(only_machine_needs_no_name)
{
    const struct hv_machine *machine = choose("machines: [{name: a, kernel: kernel}]", NULL);

    ck_assert_msg(machine != NULL, "%s", told);
    ck_assert_str_eq(machine->name, "a");
    ck_assert_int_eq(machine->boot, HV_MACHINE_BOOT_MULTIBOOT);
    ck_assert_uint_gt(machine->kernel.size, 0);
    ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(machine_is_found_by_its_name)
{
    const struct hv_machine *machine =
        choose("machines: [{name: a, kernel: kernel}, {name: b, kernel: kernel, vps: 3}]", "b");

    ck_assert_msg(machine != NULL, "%s", told);
    ck_assert_str_eq(machine->name, "b");
    ck_assert_uint_eq(machine->vp_count, 3);
}
END_TEST

START_TEST(files_of_other_machines_are_not_needed)
{
    ck_assert_ptr_nonnull(
        choose("machines: [{name: a, kernel: missing}, {name: b, kernel: kernel}]", "b"));
}
END_TEST

START_TEST(several_machines_need_a_name)
{
    expect_refusal("machines: [{name: a, kernel: kernel}, {name: b, kernel: kernel}]", NULL,
                   "%s: error: name one of the machines: a, b\n");
}
END_TEST

START_TEST(unknown_name_is_told_with_those_that_there_are)
{
    expect_refusal("machines: [{name: a, kernel: kernel}, {name: b, kernel: kernel}]", "c\033",
                   "%s: error: no machine is called 'c\\x1b'; there are: a, b\n");
}
END_TEST

START_TEST(mistakes_are_told_with_their_places)
{
    expect_refusal("machines:\n  - nmae: a\n    kernel: kernel\n", NULL,
                   "%s:2:5: error: unknown key 'nmae'; did you mean 'name'?\n");
    expect_refusal("machines:\n  - name: a\n    kernel: none\n", NULL,
                   "%s:3:13: error: kernel: 'none' cannot be used: No such file or directory\n");
    expect_refusal("", NULL, "%s: error: it is empty\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_machine_choice");
    TCase *tests = tcase_create("machine_choice");

    tcase_add_unchecked_fixture(tests, setup, NULL);
    tcase_add_test(tests, only_machine_needs_no_name);
    tcase_add_test(tests, machine_is_found_by_its_name);
    tcase_add_test(tests, files_of_other_machines_are_not_needed);
    tcase_add_test(tests, several_machines_need_a_name);
    tcase_add_test(tests, unknown_name_is_told_with_those_that_there_are);
    tcase_add_test(tests, mistakes_are_told_with_their_places);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
