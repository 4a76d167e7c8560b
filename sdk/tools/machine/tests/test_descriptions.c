/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What descriptions mean: defaults, each key, and the forms in which a value can be written. */
#include <check.h>

#include "described.h"
#include "names.h"
#include "suite.h"

#define WITH(line) "machines:\n- name: a\n  kernel: k\n  " line "\n"

/* The first machine of a description without errors. Its texts are gone after drop(). */
static const struct hv_machine *machine_of(const char *yaml)
{
    if (!describe(yaml)) {
        char *text = said();

        ck_abort_msg("%s%s", yaml, text);
    }
    return &description.machines[0];
}

START_TEST(least_description_has_defaults)
{
    const struct hv_machine *machine = machine_of("machines: [{name: a, kernel: vmlinuz}]\n");

    ck_assert_uint_eq(description.count, 1);
    ck_assert_str_eq(machine->name, "a");
    ck_assert_str_eq(machine->kernel.name, "vmlinuz");
    ck_assert_str_eq(machine->initrd.name, "");
    ck_assert_str_eq(machine->command_line, "");
    ck_assert_int_eq(machine->boot, BOOT_FROM_FILE);
    ck_assert_uint_eq(machine->vp_count, 1);
    ck_assert_uint_eq(machine->memory, 128 << 20);
    ck_assert_uint_eq(machine->cpu_weight, 100);
    ck_assert_uint_eq(machine->cpu_reserve, 0);
    ck_assert_uint_eq(machine->cpu_cap, 0x10000);
    ck_assert_uint_eq(machine->privileges, HV_MACHINE_PRIVILEGES_USUAL);
    ck_assert_uint_eq(machine->device_count, 1);
    ck_assert_int_eq(machine->devices[0].kind, HV_MACHINE_DEVICE_COM1);
    ck_assert_str_eq(machine->devices[0].console, "com1");
    ck_assert_int_eq(machine->devices[0].show, HV_MACHINE_SHOW_ALL);
    ck_assert_uint_eq(machine->end_count, 1);
    ck_assert_int_eq(machine->ends[0].kind, HV_MACHINE_END_POWER_OFF);
    ck_assert_uint_eq(machine->restarts, HV_MACHINE_RESTARTS_ALWAYS);
    drop();
}
END_TEST

START_TEST(files_and_command_line_are_taken)
{
    const struct hv_machine *machine = machine_of(
        WITH("initrd: a b/initrd.img\n  command-line: \"x='1' \\u00e4\"\n  boot: pvh\n  vps: 512"));

    ck_assert_str_eq(machine->initrd.name, "a b/initrd.img");
    ck_assert_str_eq(machine->command_line, "x='1' \xC3\xA4");
    ck_assert_int_eq(machine->boot, HV_MACHINE_BOOT_PVH);
    ck_assert_uint_eq(machine->vp_count, 512);
    drop();
    ck_assert_int_eq(machine_of(WITH("boot: linux"))->boot, HV_MACHINE_BOOT_LINUX);
    drop();
    ck_assert_int_eq(machine_of(WITH("boot: multiboot"))->boot, HV_MACHINE_BOOT_MULTIBOOT);
    drop();
    ck_assert_str_eq(machine_of(WITH("command-line: ''"))->command_line, "");
    drop();
}
END_TEST

START_TEST(memory_has_units)
{
    static const struct {
        const char *yaml;
        uint64_t bytes;
    } sizes[] = {
        { WITH("memory: 1024 KiB"), UINT64_C(1) << 20 },
        { WITH("memory: 1MiB"), UINT64_C(1) << 20 },
        { WITH("memory: 64   MiB"), UINT64_C(64) << 20 },
        { WITH("memory: '3 GiB'"), UINT64_C(3) << 30 },
        { WITH("memory: 1 TiB"), UINT64_C(1) << 40 },
        { WITH("memory: 1028 KiB"), 1028 * 1024 },
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        ck_assert_uint_eq(machine_of(sizes[i].yaml)->memory, sizes[i].bytes);
        drop();
    }
}
END_TEST

START_TEST(cpu_is_in_units_of_the_tlfs)
{
    const struct hv_machine *machine =
        machine_of(WITH("cpu: {weight: 10000, reserve: 25%, cap: 50.5 %}"));

    ck_assert_uint_eq(machine->cpu_weight, 10000);
    ck_assert_uint_eq(machine->cpu_reserve, 0x4000);
    ck_assert_uint_eq(machine->cpu_cap, 33096);
    drop();
    machine = machine_of(WITH("cpu: {reserve: 100%, cap: 100.000%}"));
    ck_assert_uint_eq(machine->cpu_reserve, 0x10000);
    ck_assert_uint_eq(machine->cpu_cap, 0x10000);
    drop();
    ck_assert_uint_eq(machine_of(WITH("cpu: {cap: 0.001%}"))->cpu_cap, 1);
    drop();
    ck_assert_uint_eq(machine_of(WITH("cpu: {}"))->cpu_weight, 100);
    drop();
}
END_TEST

START_TEST(hyperv_is_all_none_or_some)
{
    ck_assert_uint_eq(machine_of(WITH("hyperv: on"))->privileges, HV_MACHINE_PRIVILEGES_USUAL);
    drop();
    ck_assert(!(HV_MACHINE_PRIVILEGES_USUAL & HV_PRIVILEGE_AccessPartitionId));
    ck_assert_uint_eq(machine_of(WITH("hyperv: off"))->privileges, 0);
    drop();
    ck_assert_uint_eq(machine_of(WITH("hyperv: minimal"))->privileges,
                      HV_PRIVILEGE_AccessHypercallMsrs | HV_PRIVILEGE_AccessVpIndex);
    drop();
    ck_assert_uint_eq(machine_of(WITH("hyperv: [timers, start-vp]"))->privileges,
                      HV_MACHINE_PRIVILEGES_MINIMAL | HV_PRIVILEGE_AccessSyntheticTimerRegs |
                          HV_PRIVILEGE_StartVirtualProcessor);
    drop();
}
END_TEST

START_TEST(each_privilege_has_one_name)
{
    uint64_t all = 0;

    for (unsigned i = 0; privilege_names[i]; i++) {
        char yaml[128];

        snprintf(yaml, sizeof(yaml), WITH("hyperv: [%s]"), privilege_names[i]);
        ck_assert_uint_eq(machine_of(yaml)->privileges,
                          HV_MACHINE_PRIVILEGES_MINIMAL | privilege_values[i]);
        drop();
        ck_assert_uint_eq(all & privilege_values[i], 0);
        all |= privilege_values[i];
    }
    ck_assert_uint_eq(all, HV_MACHINE_PRIVILEGES);
}
END_TEST

START_TEST(devices_replace_the_default)
{
    const struct hv_machine *machine = machine_of(
        WITH("devices: {com2: {console: log, show: [\"ok \", fail]}, com1: {show: none}}"));

    ck_assert_uint_eq(machine->device_count, 2);
    ck_assert_int_eq(machine->devices[0].kind, HV_MACHINE_DEVICE_COM1);
    ck_assert_int_eq(machine->devices[0].show, HV_MACHINE_SHOW_NONE);
    ck_assert_str_eq(machine->devices[0].console, "com1");
    ck_assert_int_eq(machine->devices[1].kind, HV_MACHINE_DEVICE_COM2);
    ck_assert_str_eq(machine->devices[1].console, "log");
    ck_assert_int_eq(machine->devices[1].show, HV_MACHINE_SHOW_LINES);
    ck_assert_uint_eq(machine->devices[1].shown_count, 2);
    ck_assert_str_eq(machine->devices[1].shown[0], "ok ");
    ck_assert_str_eq(machine->devices[1].shown[1], "fail");
    drop();
    machine = machine_of(WITH("devices: {com2: }"));
    ck_assert_uint_eq(machine->device_count, 1);
    ck_assert_str_eq(machine->devices[0].console, "com2");
    ck_assert_int_eq(machine->devices[0].show, HV_MACHINE_SHOW_ALL);
    drop();
    machine = machine_of(WITH("devices: {com1: {show: all}}"));
    ck_assert_int_eq(machine->devices[0].show, HV_MACHINE_SHOW_ALL);
    drop();
    ck_assert_uint_eq(machine_of(WITH("devices: {}"))->device_count, 0);
    drop();
}
END_TEST

START_TEST(ends_are_one_or_several)
{
    const struct hv_machine *machine = machine_of(WITH("ends: crash"));

    ck_assert_uint_eq(machine->end_count, 1);
    ck_assert_int_eq(machine->ends[0].kind, HV_MACHINE_END_CRASH);
    drop();
    machine = machine_of(WITH("ends: {text: 'login:'}"));
    ck_assert_int_eq(machine->ends[0].kind, HV_MACHINE_END_TEXT);
    ck_assert_str_eq(machine->ends[0].text, "login:");
    ck_assert_uint_eq(machine->ends[0].device, 0);
    drop();
    machine = machine_of(WITH("ends: [idle, {text: x, console: com2}, reset, power-off]\n"
                              "  devices: {com1: , com2: }"));
    ck_assert_uint_eq(machine->end_count, 4);
    ck_assert_int_eq(machine->ends[0].kind, HV_MACHINE_END_IDLE);
    ck_assert_int_eq(machine->ends[1].kind, HV_MACHINE_END_TEXT);
    ck_assert_uint_eq(machine->ends[1].device, 1);
    ck_assert_int_eq(machine->ends[2].kind, HV_MACHINE_END_RESET);
    ck_assert_int_eq(machine->ends[3].kind, HV_MACHINE_END_POWER_OFF);
    drop();
}
END_TEST

START_TEST(reset_is_an_end_where_one_is_expected)
{
    ck_assert_uint_eq(machine_of(WITH("ends: crash"))->restarts, HV_MACHINE_RESTARTS_ALWAYS);
    drop();
    ck_assert_uint_eq(machine_of(WITH("ends: [crash, reset]"))->restarts, 0);
    drop();
    ck_assert_uint_eq(machine_of(WITH("ends: reset\n  restarts: 2"))->restarts, 2);
    drop();
    ck_assert_uint_eq(machine_of(WITH("restarts: never"))->restarts, 0);
    drop();
    ck_assert_uint_eq(machine_of(WITH("restarts: always"))->restarts, HV_MACHINE_RESTARTS_ALWAYS);
    drop();
}
END_TEST

START_TEST(ends_differ_by_text_or_console)
{
    const struct hv_machine *machine = machine_of(WITH("ends: [{text: a}, {text: b}]"));

    ck_assert_uint_eq(machine->end_count, 2);
    ck_assert_str_eq(machine->ends[1].text, "b");
    drop();
    machine = machine_of(WITH("devices: {com1: , com2: }\n"
                              "  ends: [{text: a, console: com1}, {text: a, console: com2}]"));
    ck_assert_uint_eq(machine->end_count, 2);
    ck_assert_uint_eq(machine->ends[0].device, 0);
    ck_assert_uint_eq(machine->ends[1].device, 1);
    drop();
}
END_TEST

START_TEST(texts_may_be_as_long_as_the_limits)
{
    char yaml[4096], line[2048], name[1024], text[128];

    memset(line, 'l', 2047);
    memset(name, 'n', 1023);
    memset(text, 't', 127);
    line[2047] = name[1023] = text[127] = 0;
    snprintf(yaml, sizeof(yaml),
             "machines: [{name: a, kernel: %s, command-line: %s, ends: {text: %s}}]\n", name, line,
             text);
    ck_assert_str_eq(machine_of(yaml)->kernel.name, name);
    ck_assert_str_eq(description.machines[0].command_line, line);
    ck_assert_str_eq(description.machines[0].ends[0].text, text);
    drop();
}
END_TEST

START_TEST(notation_of_yaml_does_not_matter)
{
    const struct hv_machine *machine =
        machine_of("\xEF\xBB\xBF%YAML 1.1\n--- # comment\n\"machines\":\r\n"
                   "  - 'name': \"a\"\r\n    kernel: >-\r\n      vmlinuz\r\n"
                   "  - ? name\r\n    : b\r\n    ? kernel\r\n    : k\r\n...\n");

    ck_assert_uint_eq(description.count, 2);
    ck_assert_str_eq(machine->kernel.name, "vmlinuz");
    ck_assert_str_eq(description.machines[1].name, "b");
    drop();
}
END_TEST

START_TEST(words_in_quotes_are_texts)
{
    ck_assert_str_eq(machine_of("machines: [{name: 'null', kernel: '~'}]")->name, "null");
    ck_assert_str_eq(description.machines[0].kernel.name, "~");
    drop();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("descriptions");
    Suite *suite = suite_create("descriptions");

    tcase_add_test(tests, least_description_has_defaults);
    tcase_add_test(tests, files_and_command_line_are_taken);
    tcase_add_test(tests, memory_has_units);
    tcase_add_test(tests, cpu_is_in_units_of_the_tlfs);
    tcase_add_test(tests, hyperv_is_all_none_or_some);
    tcase_add_test(tests, each_privilege_has_one_name);
    tcase_add_test(tests, devices_replace_the_default);
    tcase_add_test(tests, ends_are_one_or_several);
    tcase_add_test(tests, ends_differ_by_text_or_console);
    tcase_add_test(tests, reset_is_an_end_where_one_is_expected);
    tcase_add_test(tests, texts_may_be_as_long_as_the_limits);
    tcase_add_test(tests, notation_of_yaml_does_not_matter);
    tcase_add_test(tests, words_in_quotes_are_texts);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
