/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From a description to a module, to the description that it shows, to the same module. */
#include <check.h>

#include "described.h"
#include "module_write.h"
#include "show.h"
#include "suite.h"

static const uint8_t kernel[] = { 'k', 'e', 'r', 'n' };
static const uint8_t initrd[4097] = { 'i' };

static const char description_text[] =
    "machines:\n"
    "- name: least\n"
    "  kernel: vmlinuz\n"
    "- name: most-2\n"
    "  kernel: \"../a \\\"b\\\" \\\\ \\u20ac/vmlinuz\"\n"
    "  boot: pvh\n"
    "  initrd: initrd.img\n"
    "  command-line: \"console=ttyS0 \\u00fc # 'x' \\\"y\\\" \\\\\"\n"
    "  vps: 4\n"
    "  memory: 66560 KiB\n"
    "  cpu: {weight: 250, reserve: 12.5%, cap: 33.333%}\n"
    "  hyperv: [timers, synic]\n"
    "  devices:\n"
    "    com1: {console: main, show: none}\n"
    "    com2: {console: log, show: [\"ok \", \"a: b\"]}\n"
    "  ends: [crash, others, {text: \"all #done\", console: log}]\n"
    "  restarts: 2\n"
    "- {name: off, kernel: other, hyperv: off, devices: {}, ends: [idle, reset], memory: 1 TiB}\n";

static const char shown_text[] =
    "# hvkit machine module, version 2, 16385 bytes\n"
    "machines:\n"
    "  - name: \"least\"\n"
    "    kernel: \"vmlinuz\" # 4 bytes\n"
    "    boot: multiboot\n"
    "    command-line: \"\"\n"
    "    vps: 1\n"
    "    memory: 128 MiB\n"
    "    cpu: {weight: 100, reserve: 0.000%, cap: 100.000%}\n"
    "    hyperv: on\n"
    "    devices:\n"
    "      com1: {console: \"com1\", show: all}\n"
    "    ends:\n"
    "      - power-off\n"
    "    restarts: always\n"
    "  - name: \"most-2\"\n"
    "    kernel: \"../a \\\"b\\\" \\\\ \xE2\x82\xAC/vmlinuz\" # 3 bytes\n"
    "    boot: pvh\n"
    "    initrd: \"initrd.img\" # 4097 bytes\n"
    "    command-line: \"console=ttyS0 \xC3\xBC # 'x' \\\"y\\\" \\\\\"\n"
    "    vps: 4\n"
    "    memory: 65 MiB\n"
    "    cpu: {weight: 250, reserve: 12.500%, cap: 33.333%}\n"
    "    hyperv: [hypercalls, vp-index, synic, timers]\n"
    "    devices:\n"
    "      com1: {console: \"main\", show: none}\n"
    "      com2: {console: \"log\", show: [\"ok \", \"a: b\"]}\n"
    "    ends:\n"
    "      - crash\n"
    "      - others\n"
    "      - {text: \"all #done\", console: \"log\"}\n"
    "    restarts: 2\n"
    "  - name: \"off\"\n"
    "    kernel: \"vmlinuz\" # 4 bytes\n"
    "    boot: multiboot\n"
    "    command-line: \"\"\n"
    "    vps: 1\n"
    "    memory: 1 TiB\n"
    "    cpu: {weight: 100, reserve: 0.000%, cap: 100.000%}\n"
    "    hyperv: off\n"
    "    devices: {}\n"
    "    ends:\n"
    "      - idle\n"
    "      - reset\n"
    "    restarts: never\n";

/* Gives the machines of the description their files: the second one has a kernel of its own. */
static void give_files(void)
{
    for (uint32_t i = 0; i < description.count; i++) {
        struct hv_machine *machine = &description.machines[i];

        machine->kernel.bytes = i == 1 ? kernel + 1 : kernel;
        machine->kernel.size = i == 1 ? 3 : 4;
        if (machine->boot == BOOT_FROM_FILE)
            machine->boot = HV_MACHINE_BOOT_MULTIBOOT;
        if (*machine->initrd.name) {
            machine->initrd.bytes = initrd;
            machine->initrd.size = sizeof(initrd);
        }
    }
}

static uint8_t *compile(const char *yaml, uint64_t *size)
{
    uint8_t *bytes;

    if (!describe(yaml)) {
        char *text = said();

        ck_abort_msg("%s%s", yaml, text);
    }
    give_files();
    bytes = module_write(description.machines, description.count, size);
    ck_assert_ptr_nonnull(bytes);
    drop();
    return bytes;
}

/* What the module shows; until the next one. */
static const char *show(const uint8_t *bytes, uint64_t size)
{
    static char text[8192];
    struct hv_machine_module module;
    FILE *stream = fmemopen(text, sizeof(text), "w");

    ck_assert_int_eq(hv_machine_module_open(bytes, size, &module), HV_MACHINE_OK);
    module_show(&module, stream);
    fclose(stream);
    return text;
}

START_TEST(module_shows_its_description)
{
    uint64_t size;
    uint8_t *bytes = compile(description_text, &size);
    const char *text = show(bytes, size);

    ck_assert_str_eq(text, shown_text);
    free(bytes);
}
END_TEST

START_TEST(shown_description_gives_the_same_module)
{
    uint64_t size, again_size;
    uint8_t *bytes = compile(description_text, &size), *again;
    const char *text = show(bytes, size);

    again = compile(text, &again_size);
    ck_assert_uint_eq(size, again_size);
    ck_assert_mem_eq(bytes, again, size);
    free(again);
    free(bytes);
}
END_TEST

START_TEST(equal_files_are_in_the_module_once)
{
    struct hv_machine_module module;
    struct hv_machine first, last;
    uint64_t size;
    uint8_t *bytes = compile(description_text, &size);

    ck_assert_int_eq(hv_machine_module_open(bytes, size, &module), HV_MACHINE_OK);
    ck_assert_uint_eq(module.file_count, 3);
    hv_machine_module_get(&module, 0, &first);
    hv_machine_module_get(&module, 2, &last);
    ck_assert_ptr_eq(first.kernel.bytes, last.kernel.bytes);
    ck_assert_mem_eq(first.kernel.bytes, kernel, sizeof(kernel));
    ck_assert_uint_eq((uint64_t)(first.kernel.bytes - bytes) % 4096, 0);
    free(bytes);
}
END_TEST

START_TEST(each_percentage_survives)
{
    static struct hv_machine machine;
    char yaml[160];

    for (uint32_t value = 1; value <= HV_CPU_CAP_SCALE; value += value < 100 ? 1 : 97) {
        uint64_t size;
        uint8_t *bytes;
        const char *text;

        ck_assert(describe("machines: [{name: a, kernel: k}]\n"));
        give_files();
        machine = description.machines[0];
        machine.cpu_cap = value;
        bytes = module_write(&machine, 1, &size);
        text = show(bytes, size);
        drop();
        snprintf(yaml, sizeof(yaml), "machines: [{name: a, kernel: k, %s]\n", strstr(text, "cpu:"));
        strcpy(strchr(yaml, '}') + 1, "}]\n");
        ck_assert_msg(describe(yaml), "%s", yaml);
        ck_assert_uint_eq(description.machines[0].cpu_cap, value);
        drop();
        free(bytes);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("round trip");
    Suite *suite = suite_create("round trip");

    tcase_add_test(tests, module_shows_its_description);
    tcase_add_test(tests, shown_description_gives_the_same_module);
    tcase_add_test(tests, equal_files_are_in_the_module_once);
    tcase_add_test(tests, each_percentage_survives);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
