/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A module written by hand, what is read from it, and every way in which it can lie. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <hv/partition.h>
#include <hvkit/machine.h>

#include "suite.h"

#define FILE_A 8192u
#define FILE_B 12288u
#define SIZE   (FILE_B + 3)

_Static_assert(HV_MACHINE_MAX_VPS == HV_PARTITION_MAX_VPS, "what lib/core can make");

/* Three machines that share a kernel; the second one has an initrd, two consoles and four ends. */
struct tables {
    struct hv_machine_header header;
    struct hv_machine_record machines[3];
    struct hv_machine_file_record files[2];
    char texts[2400];
};

static struct tables tables;
static uint32_t texts_end;
static struct hv_machine_module module;
static struct hv_machine machine;

static struct hv_machine_text text(const char *bytes)
{
    struct hv_machine_text result = { texts_end, (uint32_t)strlen(bytes) };

    memcpy(tables.texts + texts_end, bytes, result.size + 1);
    texts_end += result.size + 1;
    return result;
}

static void make_least(struct hv_machine_record *record, const char *name)
{
    *record = (struct hv_machine_record){
        .name = text(name),
        .memory = UINT64_C(64) << 20,
        .vp_count = 1,
        .cpu_weight = 100,
        .cpu_cap = HV_CPU_CAP_SCALE,
        .boot = HV_MACHINE_BOOT_PVH,
        .initrd = HV_MACHINE_NO_FILE,
        .end_count = 1,
        .ends = { { .kind = HV_MACHINE_END_POWER_OFF } },
        .restarts = HV_MACHINE_RESTARTS_ALWAYS,
    };
}

static void make_second(struct hv_machine_record *record)
{
    *record = (struct hv_machine_record){
        .name = text("other"),
        .command_line = text("console=ttyS0 quiet"),
        .memory = HV_MACHINE_MIN_MEMORY + HV_MACHINE_MEMORY_UNIT,
        .privileges = HV_MACHINE_PRIVILEGES_MINIMAL | HV_PRIVILEGE_AccessSynicRegs,
        .vp_count = 4,
        .cpu_weight = 1,
        .cpu_reserve = 0x4000,
        .cpu_cap = 0x8000,
        .boot = HV_MACHINE_BOOT_LINUX,
        .initrd = 1,
        .device_count = 2,
        .devices = { { .kind = HV_MACHINE_DEVICE_COM2,
                       .show = HV_MACHINE_SHOW_LINES,
                       .console = text("log"),
                       .shown = { text("ok"), text("not ok") } },
                     { .kind = HV_MACHINE_DEVICE_COM1, .console = text("com1") } },
        .end_count = 4,
        .ends = { { .kind = HV_MACHINE_END_TEXT, .device = 1, .text = text("login:") },
                  { .kind = HV_MACHINE_END_RESET },
                  { .kind = HV_MACHINE_END_CRASH },
                  { .kind = HV_MACHINE_END_IDLE } },
        .restarts = 3,
    };
}

static void setup(void)
{
    memset(&tables, 0, sizeof(tables));
    texts_end = 0;
    make_least(&tables.machines[0], "first");
    make_second(&tables.machines[1]);
    make_least(&tables.machines[2], "third");
    tables.files[0] = (struct hv_machine_file_record){ text("vmlinuz"), FILE_A, 5 };
    tables.files[1] = (struct hv_machine_file_record){ text("dir/initrd"), FILE_B, 3 };
    tables.header = (struct hv_machine_header){
        .magic = HV_MACHINE_MAGIC,
        .version = 2,
        .header_size = 48,
        .record_size = 776,
        .machine_count = 3,
        .file_record_size = 24,
        .file_count = 2,
        .texts_size = texts_end,
        .size = SIZE,
    };
}

/* A copy of exactly the size, at an odd address, so that a sanitizer sees each byte read beyond. */
static enum hv_machine_status open_size(uint64_t size)
{
    static uint8_t *bytes;
    size_t tables_size = offsetof(struct tables, texts) + texts_end;

    free(bytes);
    bytes = calloc(1, SIZE + 1);
    memcpy(bytes + 1, &tables, tables_size);
    memcpy(bytes + 1 + FILE_A, "KERNE", 5);
    memcpy(bytes + 1 + FILE_B, "RAM", 3);
    bytes = realloc(bytes, size + 1);
    return hv_machine_module_open(bytes + 1, size, &module);
}

static enum hv_machine_status open_module(void)
{
    return open_size(SIZE);
}

static struct hv_machine get(uint32_t index)
{
    ck_assert_int_eq(open_module(), HV_MACHINE_OK);
    ck_assert(hv_machine_module_get(&module, index, &machine));
    return machine;
}

/* expect_bad(tables.header.version, 3, HV_MACHINE_WRONG_VERSION): with this one value the module is
   refused, with the old one it is not. */
#define expect_bad(field, value, status)                                        \
    do {                                                                        \
        __typeof__(field) kept = (field);                                       \
        (field) = (__typeof__(field))(value);                                   \
        ck_assert_msg(open_module() == (status), "%s = %s: %s", #field, #value, \
                      hv_machine_status_text(open_module()));                   \
        (field) = kept;                                                         \
        ck_assert_int_eq(open_module(), HV_MACHINE_OK);                         \
    } while (0)

#define expect_good(field, value)                                                    \
    do {                                                                             \
        __typeof__(field) kept = (field);                                            \
        (field) = (__typeof__(field))(value);                                        \
        ck_assert_msg(open_module() == HV_MACHINE_OK, "%s = %s: %s", #field, #value, \
                      hv_machine_status_text(open_module()));                        \
        (field) = kept;                                                              \
    } while (0)

START_TEST(least_machine_is_read)
{
    struct hv_machine first = get(0);

    ck_assert_str_eq(first.name, "first");
    ck_assert_str_eq(first.command_line, "");
    ck_assert_uint_eq(first.memory, 64 << 20);
    ck_assert_uint_eq(first.privileges, 0);
    ck_assert_uint_eq(first.vp_count, 1);
    ck_assert_uint_eq(first.cpu_weight, 100);
    ck_assert_uint_eq(first.cpu_reserve, 0);
    ck_assert_uint_eq(first.cpu_cap, 0x10000);
    ck_assert_int_eq(first.boot, HV_MACHINE_BOOT_PVH);
    ck_assert_str_eq(first.kernel.name, "vmlinuz");
    ck_assert_uint_eq(first.kernel.size, 5);
    ck_assert_mem_eq(first.kernel.bytes, "KERNE", 5);
    ck_assert_ptr_null(first.initrd.bytes);
    ck_assert_uint_eq(first.initrd.size, 0);
    ck_assert_str_eq(first.initrd.name, "");
    ck_assert_uint_eq(first.device_count, 0);
    ck_assert_uint_eq(first.end_count, 1);
    ck_assert_int_eq(first.ends[0].kind, HV_MACHINE_END_POWER_OFF);
    ck_assert_uint_eq(first.ends[0].device, 0);
    ck_assert_str_eq(first.ends[0].text, "");
}
END_TEST

START_TEST(full_machine_is_read)
{
    struct hv_machine second = get(1);

    ck_assert_str_eq(second.command_line, "console=ttyS0 quiet");
    ck_assert_uint_eq(second.memory, 0x101000);
    ck_assert_uint_eq(second.privileges,
                      HV_MACHINE_PRIVILEGES_MINIMAL | HV_PRIVILEGE_AccessSynicRegs);
    ck_assert_uint_eq(second.vp_count, 4);
    ck_assert_uint_eq(second.cpu_weight, 1);
    ck_assert_uint_eq(second.cpu_reserve, 0x4000);
    ck_assert_uint_eq(second.cpu_cap, 0x8000);
    ck_assert_int_eq(second.boot, HV_MACHINE_BOOT_LINUX);
    ck_assert_mem_eq(second.kernel.bytes, "KERNE", 5);
    ck_assert_str_eq(second.initrd.name, "dir/initrd");
    ck_assert_uint_eq(second.initrd.size, 3);
    ck_assert_mem_eq(second.initrd.bytes, "RAM", 3);
}
END_TEST

START_TEST(devices_and_ends_are_read)
{
    struct hv_machine second = get(1);

    ck_assert_uint_eq(second.device_count, 2);
    ck_assert_int_eq(second.devices[0].kind, HV_MACHINE_DEVICE_COM2);
    ck_assert_str_eq(second.devices[0].console, "log");
    ck_assert_int_eq(second.devices[0].show, HV_MACHINE_SHOW_LINES);
    ck_assert_uint_eq(second.devices[0].shown_count, 2);
    ck_assert_str_eq(second.devices[0].shown[1], "not ok");
    ck_assert_int_eq(second.devices[1].kind, HV_MACHINE_DEVICE_COM1);
    ck_assert_int_eq(second.devices[1].show, HV_MACHINE_SHOW_NONE);
    ck_assert_uint_eq(second.devices[1].shown_count, 0);
    ck_assert_uint_eq(second.end_count, 4);
    ck_assert_int_eq(second.ends[0].kind, HV_MACHINE_END_TEXT);
    ck_assert_uint_eq(second.ends[0].device, 1);
    ck_assert_str_eq(second.ends[0].text, "login:");
    ck_assert_int_eq(second.ends[3].kind, HV_MACHINE_END_IDLE);
}
END_TEST

START_TEST(there_is_no_machine_beyond_the_last)
{
    get(2);
    ck_assert(!hv_machine_module_get(&module, 3, &machine));
    ck_assert(!hv_machine_module_get(&module, UINT32_MAX, &machine));
}
END_TEST

START_TEST(module_cut_short_is_refused)
{
    for (uint64_t size = 0; size < SIZE; size++)
        ck_assert_int_eq(open_size(size), size < 48 ? HV_MACHINE_TOO_SHORT : HV_MACHINE_CUT_OFF);
}
END_TEST

START_TEST(bytes_behind_the_module_do_not_matter)
{
    ck_assert_int_eq(open_size(SIZE + 100), HV_MACHINE_OK);
    ck_assert_uint_eq(module.size, SIZE);
}
END_TEST

START_TEST(header_is_checked)
{
    expect_bad(tables.header.magic, HV_MACHINE_MAGIC + 1, HV_MACHINE_NOT_A_MODULE);
    expect_bad(tables.header.version, 0, HV_MACHINE_WRONG_VERSION);
    expect_bad(tables.header.version, 1, HV_MACHINE_WRONG_VERSION);
    expect_bad(tables.header.version, 3, HV_MACHINE_WRONG_VERSION);
    expect_bad(tables.header.header_size, 56, HV_MACHINE_WRONG_VERSION);
    expect_bad(tables.header.record_size, 0, HV_MACHINE_WRONG_VERSION);
    expect_bad(tables.header.file_record_size, 32, HV_MACHINE_WRONG_VERSION);
    expect_bad(tables.header.size, SIZE + 1, HV_MACHINE_CUT_OFF);
    expect_bad(tables.header.size, UINT64_MAX, HV_MACHINE_CUT_OFF);
    expect_bad(tables.header.size, 0, HV_MACHINE_BAD_TABLES);
    expect_bad(tables.header.machine_count, 0, HV_MACHINE_TOO_MANY);
    expect_bad(tables.header.machine_count, 65, HV_MACHINE_TOO_MANY);
    expect_bad(tables.header.machine_count, UINT32_MAX, HV_MACHINE_TOO_MANY);
    expect_bad(tables.header.machine_count, 64, HV_MACHINE_BAD_TABLES);
    expect_bad(tables.header.file_count, 128, HV_MACHINE_BAD_TEXT);
    expect_bad(tables.header.file_count, 129, HV_MACHINE_TOO_MANY);
    expect_bad(tables.header.file_count, UINT32_MAX, HV_MACHINE_TOO_MANY);
    expect_bad(tables.header.texts_size, UINT32_MAX, HV_MACHINE_BAD_TABLES);
    expect_bad(tables.header.texts_size, SIZE, HV_MACHINE_BAD_TABLES);
    expect_bad(tables.header.reserved, 1, HV_MACHINE_RESERVED_NOT_ZERO);
}
END_TEST

START_TEST(module_above_the_limit_is_refused)
{
    /* Nothing is read before the size is known to be good. */
    tables.header.size = HV_MACHINE_MAX_SIZE + 1;
    ck_assert_int_eq(hv_machine_module_open(&tables, UINT64_MAX, &module), HV_MACHINE_TOO_MANY);
    tables.header.size = HV_MACHINE_MAX_SIZE;
    ck_assert_int_eq(hv_machine_module_open(&tables, UINT64_MAX, &module), HV_MACHINE_BAD_FILE);
}
END_TEST

START_TEST(tables_end_where_the_module_does_at_most)
{
    uint32_t before = offsetof(struct tables, texts);

    expect_bad(tables.header.size, before + texts_end - 1, HV_MACHINE_BAD_TABLES);
    expect_bad(tables.header.size, before + texts_end, HV_MACHINE_BAD_FILE);
}
END_TEST

START_TEST(files_are_checked)
{
    expect_bad(tables.files[0].offset, 0, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[0].offset, FILE_A + 512, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[0].offset, FILE_B, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[0].offset, UINT64_MAX - 4095, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[0].size, 0, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[0].size, 4097, HV_MACHINE_BAD_FILE);
    expect_good(tables.files[0].size, 4096);
    expect_bad(tables.files[1].offset, FILE_A, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[1].size, 2, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[1].size, 4, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[1].size, UINT64_MAX, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[1].size, UINT64_MAX - FILE_B + 1, HV_MACHINE_BAD_FILE);
    expect_bad(tables.files[1].name.offset, texts_end, HV_MACHINE_BAD_TEXT);
}
END_TEST

START_TEST(file_whose_end_wraps_around_is_refused)
{
    struct hv_machine_file_record *last = &tables.files[1];

    /* Behind all of them, the first one would end at 100, the last one where the module does. */
    expect_bad(tables.files[0].size, UINT64_MAX - FILE_A + 101, HV_MACHINE_BAD_FILE);
    last->size = SIZE + 4096;
    last->offset = UINT64_MAX - 4095;
    ck_assert_int_eq(open_module(), HV_MACHINE_BAD_FILE);
}
END_TEST

START_TEST(file_that_no_machine_uses_is_checked)
{
    tables.machines[1].initrd = HV_MACHINE_NO_FILE;
    expect_bad(tables.files[1].name.offset, texts_end, HV_MACHINE_BAD_TEXT);
}
END_TEST

START_TEST(file_may_not_lie_in_the_tables)
{
    /* Texts that go beyond the first page. */
    tables.header.texts_size = FILE_A;
    ck_assert_int_eq(open_module(), HV_MACHINE_BAD_FILE);
}
END_TEST

START_TEST(texts_are_checked)
{
    struct hv_machine_text *line = &tables.machines[1].command_line;

    expect_bad(line->offset, texts_end, HV_MACHINE_BAD_TEXT);
    expect_bad(line->offset, UINT32_MAX, HV_MACHINE_BAD_TEXT);
    expect_bad(line->offset, line->offset + 1, HV_MACHINE_BAD_TEXT);
    expect_bad(line->size, line->size - 1, HV_MACHINE_BAD_TEXT);
    expect_bad(line->size, line->size + 1, HV_MACHINE_BAD_TEXT);
    expect_bad(line->size, 0, HV_MACHINE_BAD_TEXT);
    expect_bad(line->size, UINT32_MAX, HV_MACHINE_BAD_TEXT);
    expect_bad(line->size, texts_end - line->offset, HV_MACHINE_BAD_TEXT);
    expect_bad(tables.texts[line->offset], '\n', HV_MACHINE_BAD_TEXT);
    expect_bad(tables.texts[line->offset], 0, HV_MACHINE_BAD_TEXT);
    expect_bad(tables.texts[line->offset], 0x80, HV_MACHINE_BAD_TEXT);
    expect_bad(tables.texts[texts_end - 1], 'x', HV_MACHINE_BAD_TEXT);
}
END_TEST

START_TEST(text_may_end_with_the_texts)
{
    struct hv_machine_text last = { texts_end - 7, 6 };

    /* The last one is the name of a file; without its 0 it is none. */
    expect_bad(tables.header.texts_size, texts_end - 1, HV_MACHINE_BAD_TEXT);

    expect_good(tables.machines[1].command_line, last);
    ck_assert_int_eq(open_module(), HV_MACHINE_OK);
}
END_TEST

static struct hv_machine_text text_of_size(uint32_t size)
{
    static char bytes[2049];

    memset(bytes, 0, sizeof(bytes));
    memset(bytes, 'x', size);
    return text(bytes);
}

/* Puts a text of that many bytes in the place of another one; the texts have room for one. */
static enum hv_machine_status open_with(struct hv_machine_text *place, uint32_t size)
{
    struct hv_machine_text kept = *place;
    uint32_t end = texts_end;
    enum hv_machine_status status;

    *place = text_of_size(size);
    tables.header.texts_size = texts_end;
    status = open_module();
    *place = kept;
    tables.header.texts_size = texts_end = end;
    return status;
}

START_TEST(texts_have_limits)
{
    struct hv_machine_record *record = &tables.machines[1];

    ck_assert_int_eq(open_with(&record->command_line, 2047), HV_MACHINE_OK);
    ck_assert_int_eq(open_with(&record->command_line, 2048), HV_MACHINE_BAD_TEXT);
    ck_assert_int_eq(open_with(&record->name, 31), HV_MACHINE_OK);
    ck_assert_int_eq(open_with(&record->name, 32), HV_MACHINE_BAD_TEXT);
    ck_assert_int_eq(open_with(&record->devices[0].shown[0], 127), HV_MACHINE_OK);
    ck_assert_int_eq(open_with(&record->devices[0].shown[0], 128), HV_MACHINE_BAD_TEXT);
    ck_assert_int_eq(open_with(&record->ends[0].text, 127), HV_MACHINE_OK);
    ck_assert_int_eq(open_with(&record->ends[0].text, 128), HV_MACHINE_BAD_TEXT);
    ck_assert_int_eq(open_with(&tables.files[0].name, 1023), HV_MACHINE_OK);
    ck_assert_int_eq(open_with(&tables.files[0].name, 1024), HV_MACHINE_BAD_TEXT);
}
END_TEST

START_TEST(numbers_are_checked)
{
    struct hv_machine_record *record = &tables.machines[1];

    expect_bad(record->vp_count, 0, HV_MACHINE_BAD_VP_COUNT);
    expect_bad(record->vp_count, 513, HV_MACHINE_BAD_VP_COUNT);
    expect_good(record->vp_count, 512);
    expect_bad(record->memory, 0xFF000, HV_MACHINE_BAD_MEMORY);
    expect_good(record->memory, 0x100000);
    expect_bad(record->memory, 0x100800, HV_MACHINE_BAD_MEMORY);
    expect_good(record->memory, UINT64_C(1) << 40);
    expect_bad(record->memory, (UINT64_C(1) << 40) + 4096, HV_MACHINE_BAD_MEMORY);
    expect_bad(record->cpu_weight, 0, HV_MACHINE_BAD_CPU);
    expect_good(record->cpu_weight, 10000);
    expect_bad(record->cpu_weight, 10001, HV_MACHINE_BAD_CPU);
    expect_good(record->cpu_reserve, 0x8000);
    expect_bad(record->cpu_reserve, 0x8001, HV_MACHINE_BAD_CPU);
    expect_good(record->cpu_cap, 0x10000);
    expect_bad(record->cpu_cap, 0x10001, HV_MACHINE_BAD_CPU);
    expect_bad(tables.machines[0].cpu_cap, 0, HV_MACHINE_BAD_CPU);
    expect_good(tables.machines[0].cpu_cap, 1);
}
END_TEST

START_TEST(privileges_are_checked)
{
    uint64_t *privileges = &tables.machines[1].privileges;

    expect_good(*privileges, HV_MACHINE_PRIVILEGES);
    expect_good(*privileges, HV_MACHINE_PRIVILEGES_MINIMAL);
    expect_good(*privileges, 0);
    expect_bad(*privileges, HV_PRIVILEGE_AccessVpIndex, HV_MACHINE_BAD_PRIVILEGES);
    expect_bad(*privileges, HV_PRIVILEGE_AccessHypercallMsrs, HV_MACHINE_BAD_PRIVILEGES);
    expect_bad(*privileges, HV_MACHINE_PRIVILEGES | HV_PRIVILEGE_CreatePartitions,
               HV_MACHINE_BAD_PRIVILEGES);
    expect_bad(*privileges, UINT64_MAX, HV_MACHINE_BAD_PRIVILEGES);
}
END_TEST

START_TEST(names_are_checked)
{
    struct hv_machine_text *name = &tables.machines[1].name;

    expect_bad(tables.texts[name->offset], 'S', HV_MACHINE_BAD_NAME);
    expect_bad(*name, tables.machines[0].command_line, HV_MACHINE_BAD_NAME);
    expect_bad(*name, tables.machines[0].name, HV_MACHINE_DUPLICATE_NAME);
    expect_bad(tables.machines[2].name, *name, HV_MACHINE_DUPLICATE_NAME);
    expect_bad(tables.machines[1].devices[1].console, tables.machines[1].devices[0].console,
               HV_MACHINE_DUPLICATE_NAME);
    expect_bad(tables.machines[1].devices[1].console.size, 0, HV_MACHINE_BAD_TEXT);
    expect_good(tables.machines[1].devices[1].console, *name);
}
END_TEST

START_TEST(boot_is_checked)
{
    expect_bad(tables.machines[0].boot, 0, HV_MACHINE_BAD_BOOT);
    expect_good(tables.machines[0].boot, 1);
    expect_good(tables.machines[0].boot, 3);
    expect_bad(tables.machines[0].boot, 4, HV_MACHINE_BAD_BOOT);
    expect_good(tables.machines[0].kernel, 1);
    expect_bad(tables.machines[0].kernel, 2, HV_MACHINE_NO_SUCH_FILE);
    expect_bad(tables.machines[0].kernel, HV_MACHINE_NO_FILE, HV_MACHINE_NO_SUCH_FILE);
    expect_bad(tables.machines[0].initrd, 2, HV_MACHINE_NO_SUCH_FILE);
    expect_good(tables.machines[0].initrd, 0);
}
END_TEST

START_TEST(devices_are_checked)
{
    struct hv_machine_record *record = &tables.machines[1];

    expect_bad(record->device_count, 9, HV_MACHINE_BAD_DEVICE);
    expect_bad(record->device_count, UINT32_MAX, HV_MACHINE_BAD_DEVICE);
    expect_bad(record->device_count, 3, HV_MACHINE_BAD_DEVICE);
    expect_bad(record->device_count, 1, HV_MACHINE_RESERVED_NOT_ZERO);
    expect_bad(record->devices[0].kind, 0, HV_MACHINE_BAD_DEVICE);
    expect_bad(record->devices[0].kind, 3, HV_MACHINE_BAD_DEVICE);
    expect_bad(record->devices[0].kind, HV_MACHINE_DEVICE_COM1, HV_MACHINE_BAD_DEVICE);
    expect_bad(record->devices[7].shown[7].size, 1, HV_MACHINE_RESERVED_NOT_ZERO);
}
END_TEST

START_TEST(shown_lines_are_checked)
{
    struct hv_machine_device_record *log = &tables.machines[1].devices[0];
    struct hv_machine_device_record *com1 = &tables.machines[1].devices[1];

    expect_bad(log->show, HV_MACHINE_SHOW_ALL, HV_MACHINE_BAD_SHOW);
    expect_bad(log->show, HV_MACHINE_SHOW_NONE, HV_MACHINE_BAD_SHOW);
    expect_bad(log->show, 3, HV_MACHINE_BAD_SHOW);
    expect_bad(com1->show, HV_MACHINE_SHOW_LINES, HV_MACHINE_BAD_SHOW);
    expect_bad(com1->show, 3, HV_MACHINE_BAD_SHOW);
    expect_good(com1->show, HV_MACHINE_SHOW_ALL);
    expect_bad(log->shown[7], log->shown[0], HV_MACHINE_RESERVED_NOT_ZERO);
    expect_bad(log->shown[7].offset, 1, HV_MACHINE_RESERVED_NOT_ZERO);
    expect_bad(log->shown[1].offset, texts_end, HV_MACHINE_BAD_TEXT);
    /* Eight of them, and then something else than 0. */
    com1->show = HV_MACHINE_SHOW_ALL;
    for (unsigned i = 2; i < 8; i++)
        log->shown[i] = log->shown[0];
    ck_assert_uint_eq(get(1).devices[0].shown_count, 8);
}
END_TEST

START_TEST(ends_are_checked)
{
    struct hv_machine_record *record = &tables.machines[1];

    expect_bad(record->end_count, 0, HV_MACHINE_BAD_END);
    expect_bad(record->end_count, 5, HV_MACHINE_BAD_END);
    expect_bad(record->end_count, 3, HV_MACHINE_RESERVED_NOT_ZERO);
    expect_bad(record->ends[3].kind, 0, HV_MACHINE_BAD_END);
    expect_good(record->ends[3].kind, HV_MACHINE_END_OTHERS);
    expect_bad(record->ends[3].kind, 7, HV_MACHINE_BAD_END);
    expect_bad(record->ends[3].kind, HV_MACHINE_END_TEXT, HV_MACHINE_BAD_END);
    expect_bad(record->ends[3].device, 1, HV_MACHINE_RESERVED_NOT_ZERO);
    expect_bad(record->ends[3].text.size, 1, HV_MACHINE_RESERVED_NOT_ZERO);
    expect_bad(record->ends[0].device, 2, HV_MACHINE_BAD_END);
    expect_bad(record->ends[0].text.offset, texts_end, HV_MACHINE_BAD_TEXT);
    expect_bad(record->ends[0].kind, HV_MACHINE_END_RESET, HV_MACHINE_RESERVED_NOT_ZERO);
}
END_TEST

START_TEST(restarts_are_checked)
{
    struct hv_machine_record *first = &tables.machines[0], *second = &tables.machines[1];

    ck_assert_uint_eq(get(0).restarts, HV_MACHINE_RESTARTS_ALWAYS);
    ck_assert_uint_eq(get(1).restarts, 3);
    expect_good(first->restarts, 0);
    expect_good(second->restarts, 1000000);
    expect_bad(first->restarts, 1000001, HV_MACHINE_BAD_RESTARTS);
    expect_bad(first->restarts, UINT32_MAX - 1, HV_MACHINE_BAD_RESTARTS);
    expect_bad(second->restarts, HV_MACHINE_RESTARTS_ALWAYS, HV_MACHINE_BAD_RESTARTS);
}
END_TEST

START_TEST(each_status_has_a_text)
{
    for (unsigned status = 0; status < HV_MACHINE_STATUS_COUNT; status++) {
        const char *words = hv_machine_status_text((enum hv_machine_status)status);

        ck_assert_ptr_nonnull(words);
        for (unsigned other = 0; other < status; other++)
            ck_assert_str_ne(words, hv_machine_status_text((enum hv_machine_status)other));
    }
}
END_TEST

static TCase *make_checks(void)
{
    TCase *tests = tcase_create("checks");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, module_cut_short_is_refused);
    tcase_add_test(tests, bytes_behind_the_module_do_not_matter);
    tcase_add_test(tests, header_is_checked);
    tcase_add_test(tests, module_above_the_limit_is_refused);
    tcase_add_test(tests, tables_end_where_the_module_does_at_most);
    tcase_add_test(tests, files_are_checked);
    tcase_add_test(tests, file_whose_end_wraps_around_is_refused);
    tcase_add_test(tests, file_that_no_machine_uses_is_checked);
    tcase_add_test(tests, file_may_not_lie_in_the_tables);
    tcase_add_test(tests, texts_are_checked);
    tcase_add_test(tests, text_may_end_with_the_texts);
    tcase_add_test(tests, texts_have_limits);
    tcase_add_test(tests, numbers_are_checked);
    tcase_add_test(tests, privileges_are_checked);
    tcase_add_test(tests, names_are_checked);
    tcase_add_test(tests, boot_is_checked);
    tcase_add_test(tests, devices_are_checked);
    tcase_add_test(tests, shown_lines_are_checked);
    tcase_add_test(tests, ends_are_checked);
    tcase_add_test(tests, restarts_are_checked);
    return tests;
}

static TCase *make_reads(void)
{
    TCase *tests = tcase_create("reads");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, least_machine_is_read);
    tcase_add_test(tests, full_machine_is_read);
    tcase_add_test(tests, devices_and_ends_are_read);
    tcase_add_test(tests, there_is_no_machine_beyond_the_last);
    tcase_add_test(tests, each_status_has_a_text);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("module");

    suite_add_tcase(suite, make_reads());
    suite_add_tcase(suite, make_checks());
    return run_suite(suite);
}
