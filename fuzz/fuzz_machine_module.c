/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A machine module that nobody vouches for, as the root partition's program reads it.
 *
 * Invariants: all that an open module gives lies within it, behind its header; texts end in it;
 * each number is in its range; names are there once; what cannot be used is empty.
 */
#include <stdbool.h>
#include <string.h>

#include <hvkit/machine.h>

#include "fuzz.h"

static const struct hv_machine_module *module;

/* Texts that are not empty lie in the module. */
static void check_text(const char *text, size_t limit)
{
    const char *start = (const char *)module->bytes, *end = start + module->size;

    CHECK(text != NULL);
    CHECK(*text == 0 || (text >= start + sizeof(struct hv_machine_header) && text < end));
    CHECK(*text == 0 || memchr(text, 0, (size_t)(end - text)) != NULL);
    CHECK(strlen(text) <= limit && hv_machine_is_text(text, strlen(text)));
}

static void check_name(const char *name)
{
    check_text(name, HV_MACHINE_MAX_NAME);
    CHECK(hv_machine_is_name(name, strlen(name)));
}

static void check_file(const struct hv_machine_file *file)
{
    uint64_t offset = (uint64_t)(file->bytes - module->bytes);

    check_text(file->name, HV_MACHINE_MAX_FILE_NAME);
    CHECK(file->size > 0 && offset % HV_MACHINE_FILE_ALIGNMENT == 0);
    CHECK(offset >= sizeof(struct hv_machine_header) + sizeof(struct hv_machine_record));
    CHECK(offset <= module->size && file->size <= module->size - offset);
}

static void check_device(const struct hv_machine *machine, uint32_t index)
{
    const struct hv_machine_device *device = &machine->devices[index];

    check_name(device->console);
    CHECK(device->kind >= HV_MACHINE_DEVICE_COM1 && device->kind <= HV_MACHINE_DEVICE_COM2);
    CHECK(device->show <= HV_MACHINE_SHOW_LINES);
    CHECK((device->show == HV_MACHINE_SHOW_LINES) == (device->shown_count != 0));
    CHECK(device->shown_count <= HV_MACHINE_MAX_SHOWN);
    for (uint32_t i = 0; i < device->shown_count; i++) {
        check_text(device->shown[i], HV_MACHINE_MAX_TEXT);
        CHECK(*device->shown[i] != 0);
    }
    for (uint32_t i = 0; i < index; i++) {
        CHECK(machine->devices[i].kind != device->kind);
        CHECK(strcmp(machine->devices[i].console, device->console) != 0);
    }
}

static void check_end(const struct hv_machine *machine, const struct hv_machine_end *end)
{
    bool of_text = end->kind == HV_MACHINE_END_TEXT;

    CHECK(end->kind >= HV_MACHINE_END_POWER_OFF && end->kind <= HV_MACHINE_END_TEXT);
    check_text(end->text, HV_MACHINE_MAX_TEXT);
    CHECK(of_text == (*end->text != 0));
    CHECK(of_text ? end->device < machine->device_count : end->device == 0);
}

static void check_numbers(const struct hv_machine *machine)
{
    uint64_t privileges = machine->privileges;

    CHECK(machine->memory >= HV_MACHINE_MIN_MEMORY && machine->memory <= HV_MACHINE_MAX_MEMORY);
    CHECK(machine->memory % HV_MACHINE_MEMORY_UNIT == 0);
    CHECK((privileges & ~HV_MACHINE_PRIVILEGES) == 0);
    CHECK(privileges == 0 || (~privileges & HV_MACHINE_PRIVILEGES_MINIMAL) == 0);
    CHECK(machine->vp_count > 0 && machine->vp_count <= HV_MACHINE_MAX_VPS);
    CHECK(machine->cpu_weight > 0 && machine->cpu_weight <= HV_CPU_WEIGHT_MAX);
    CHECK(machine->cpu_cap > 0 && machine->cpu_cap <= HV_CPU_CAP_SCALE);
    CHECK(machine->cpu_reserve <= machine->cpu_cap);
    CHECK(machine->boot >= HV_MACHINE_BOOT_LINUX && machine->boot <= HV_MACHINE_BOOT_MULTIBOOT);
}

static void check_machine(const struct hv_machine *machine)
{
    check_name(machine->name);
    check_text(machine->command_line, HV_MACHINE_MAX_COMMAND_LINE);
    check_numbers(machine);
    check_file(&machine->kernel);
    if (machine->initrd.bytes)
        check_file(&machine->initrd);
    CHECK(machine->device_count <= HV_MACHINE_MAX_DEVICES);
    for (uint32_t i = 0; i < machine->device_count; i++)
        check_device(machine, i);
    CHECK(machine->end_count > 0 && machine->end_count <= HV_MACHINE_MAX_ENDS);
    for (uint32_t i = 0; i < machine->end_count; i++)
        check_end(machine, &machine->ends[i]);
    CHECK(machine->restarts <= HV_MACHINE_MAX_RESTARTS ||
          machine->restarts == HV_MACHINE_RESTARTS_ALWAYS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hv_machine machines[HV_MACHINE_MAX_MACHINES + 1];
    struct hv_machine_module opened;
    enum hv_machine_status status = hv_machine_module_open(data, size, &opened);
    uint32_t count = 0;

    CHECK(hv_machine_status_text(status) != NULL);
    if (status != HV_MACHINE_OK)
        return 0;
    module = &opened;
    CHECK(opened.size <= size);
    while (hv_machine_module_get(&opened, count, &machines[count])) {
        check_machine(&machines[count]);
        for (uint32_t i = 0; i < count; i++)
            CHECK(strcmp(machines[i].name, machines[count].name) != 0);
        count++;
    }
    CHECK(count > 0 && count == opened.machine_count);
    return 0;
}
