/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Files that a description names, in a directory made for it. */
#include <check.h>
#include <sys/stat.h>
#include <unistd.h>

#include "described.h"
#include "files.h"
#include "images.h"
#include "output.h"
#include "suite.h"

static char directory[] = "/tmp/hvkit-machine-XXXXXX";
static struct files files;

static const char *path(const char *name)
{
    static char paths[2][sizeof(directory) + 64];
    static unsigned turn;
    char *result = paths[turn++ % 2];

    snprintf(result, sizeof(paths[0]), "%s/%s", directory, name);
    return result;
}

static void put_file(const char *name, const void *bytes, size_t size)
{
    FILE *stream = fopen(path(name), "w");

    fwrite(bytes, 1, size, stream);
    fclose(stream);
}

static void setup(void)
{
    uint8_t image[IMAGE_SIZE];

    strcpy(strrchr(directory, '-'), "-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    image_linux(image);
    put_file("linux", image, sizeof(image));
    put_file("initrd", "RAM", 3);
    put_file("empty", "", 0);
    mkdir(path("sub"), 0777);
    mkfifo(path("pipe"), 0666);
    symlink("linux", path("link"));
    put_file("huge", "x", 1);
    truncate(path("huge"), (off_t)KERNEL_MAX_BYTES + 1);
}

static void teardown(void)
{
    static const char *const names[] = {
        "linux", "initrd", "empty", "pipe", "link", "huge", "out"
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(path(names[i]));
    rmdir(path("sub"));
    ck_assert_int_eq(rmdir(directory), 0);
}

/* Reads the files of a description that lies in the directory; what is said about them. */
static char *read_files(const char *yaml)
{
    ck_assert(describe(yaml));
    files_read(&files, path("machines.yaml"), &description, &errors);
    return said();
}

static void forget(char *text)
{
    free(text);
    files_free(&files);
    drop();
}

START_TEST(files_are_found_beside_the_description)
{
    char *text = read_files("machines: [{name: a, kernel: linux, initrd: sub/../initrd}]\n");
    const struct hv_machine *machine = &description.machines[0];

    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(machine->kernel.size, IMAGE_SIZE);
    ck_assert_mem_eq(machine->kernel.bytes + 0x202, "HdrS", 4);
    ck_assert_uint_eq(machine->initrd.size, 3);
    ck_assert_mem_eq(machine->initrd.bytes, "RAM", 3);
    ck_assert_int_eq(machine->boot, HV_MACHINE_BOOT_LINUX);
    forget(text);
}
END_TEST

START_TEST(absolute_names_are_absolute)
{
    char yaml[200], *text;

    snprintf(yaml, sizeof(yaml), "machines: [{name: a, kernel: %s}]\n", path("linux"));
    text = read_files(yaml);
    ck_assert_str_eq(text, "");
    forget(text);
}
END_TEST

START_TEST(file_of_several_names_is_read_once)
{
    char *text = read_files("machines: [{name: a, kernel: linux}, {name: b, kernel: link}, "
                            "{name: c, kernel: linux, initrd: initrd}]\n");

    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(files.count, 2);
    ck_assert_ptr_eq(description.machines[0].kernel.bytes, description.machines[1].kernel.bytes);
    ck_assert_ptr_eq(description.machines[0].kernel.bytes, description.machines[2].kernel.bytes);
    ck_assert(file_is(&files.entries[0], path("link")));
    ck_assert(!file_is(&files.entries[0], path("initrd")));
    forget(text);
}
END_TEST

START_TEST(files_that_cannot_be_used_are_named)
{
    char *text = read_files("machines:\n"
                            "- {name: a, kernel: missing}\n"
                            "- {name: b, kernel: empty}\n"
                            "- {name: c, kernel: sub}\n"
                            "- {name: d, kernel: pipe}\n"
                            "- {name: e, kernel: huge}\n"
                            "- {name: f, kernel: linux, initrd: none}\n"
                            "- {name: g, kernel: initrd, initrd: none}\n"
                            "- {name: h, kernel: linux/x}\n");

    ck_assert_str_eq(text,
                     "f:2:21: error: kernel: 'missing' cannot be used: No such file or directory\n"
                     "f:3:21: error: kernel: 'empty' cannot be used: it is empty\n"
                     "f:4:21: error: kernel: 'sub' cannot be used: it is not an ordinary file\n"
                     "f:5:21: error: kernel: 'pipe' cannot be used: it is not an ordinary file\n"
                     "f:6:21: error: kernel: 'huge' cannot be used: it is larger than 256 MiB\n"
                     "f:7:36: error: initrd: 'none' cannot be used: No such file or directory\n"
                     "f:8:37: error: initrd: 'none' cannot be used: No such file or directory\n"
                     "f:9:21: error: kernel: 'linux/x' cannot be used: Not a directory\n");
    forget(text);
}
END_TEST

START_TEST(machine_that_does_not_fit_its_files_is_told)
{
    char *text = read_files("machines:\n- {name: a, kernel: linux, memory: 2 MiB}\n"
                            "- {name: b, kernel: linux, boot: pvh}\n");

    ck_assert_str_eq(text, "f:2:36: error: memory: 2 MiB are too little; kernel and initrd need 3 "
                           "MiB\n"
                           "f:3:34: error: boot: the kernel 'linux' cannot be started by pvh, but "
                           "by linux\n");
    forget(text);
}
END_TEST

static void expect_content(const char *name, const char *bytes, uint64_t size)
{
    struct file file;

    ck_assert_ptr_null(file_read(path(name), 100, &file));
    ck_assert_uint_eq(file.size, size);
    ck_assert_mem_eq(file.bytes, bytes, size);
    free(file.bytes);
}

START_TEST(output_replaces_a_file)
{
    ck_assert_ptr_null(output_write(path("out"), (const uint8_t *)"first", 5));
    expect_content("out", "first", 5);
    ck_assert_ptr_null(output_write(path("out"), (const uint8_t *)"2nd", 3));
    expect_content("out", "2nd", 3);
}
END_TEST

START_TEST(output_that_fails_leaves_nothing)
{
    ck_assert_str_eq(output_write(path("none/out"), (const uint8_t *)"x", 1),
                     "No such file or directory");
    ck_assert_str_eq(output_write(path("sub"), (const uint8_t *)"x", 1), "Is a directory");
    /* teardown() finds the directory empty. */
}
END_TEST

START_TEST(output_to_a_device_leaves_the_device)
{
    struct stat facts;

    ck_assert_str_eq(output_write("/dev/full", (const uint8_t *)"x", 1), "No space left on device");
    ck_assert_ptr_null(output_write("/dev/null", (const uint8_t *)"x", 1));
    ck_assert_int_eq(stat("/dev/null", &facts), 0);
    ck_assert(S_ISCHR(facts.st_mode));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("files");
    Suite *suite = suite_create("files");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, files_are_found_beside_the_description);
    tcase_add_test(tests, absolute_names_are_absolute);
    tcase_add_test(tests, file_of_several_names_is_read_once);
    tcase_add_test(tests, files_that_cannot_be_used_are_named);
    tcase_add_test(tests, machine_that_does_not_fit_its_files_is_told);
    tcase_add_test(tests, output_replaces_a_file);
    tcase_add_test(tests, output_that_fails_leaves_nothing);
    tcase_add_test(tests, output_to_a_device_leaves_the_device);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
