/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From YAML to machines. */
#include "description.h"

#include <string.h>

#include "description_parts.h"
#include "grammar.h"
#include "names.h"

#define DEFAULT_MEMORY (UINT64_C(128) << 20)

enum machine_key {
    MACHINE_NAME,
    MACHINE_KERNEL,
    MACHINE_BOOT,
    MACHINE_INITRD,
    MACHINE_COMMAND_LINE,
    MACHINE_VPS,
    MACHINE_MEMORY,
    MACHINE_CPU,
    MACHINE_HYPERV,
    MACHINE_DEVICES,
    MACHINE_ENDS,
    MACHINE_RESTARTS,
    MACHINE_KEYS,
};

static const struct key machine_keys[MACHINE_KEYS + 1] = {
    [MACHINE_NAME] = { .name = "name", .required = true, .synonyms = "id" },
    [MACHINE_KERNEL] = { .name = "kernel", .required = true, .synonyms = "image bzimage" },
    [MACHINE_BOOT] = { .name = "boot", .synonyms = "protocol loader" },
    [MACHINE_INITRD] = { .name = "initrd", .synonyms = "initramfs module modules" },
    [MACHINE_COMMAND_LINE] = { .name = "command-line",
                               .synonyms = "cmdline append args arguments commandline" },
    [MACHINE_VPS] = { .name = "vps", .synonyms = "cpus vcpus smp processors" },
    [MACHINE_MEMORY] = { .name = "memory", .synonyms = "mem ram" },
    [MACHINE_CPU] = { .name = "cpu", .synonyms = "scheduler" },
    [MACHINE_HYPERV] = { .name = "hyperv", .synonyms = "hypervisor enlightenments features" },
    [MACHINE_DEVICES] = { .name = "devices", .synonyms = "consoles console serial" },
    [MACHINE_ENDS] = { .name = "ends", .synonyms = "expect expected until" },
    [MACHINE_RESTARTS] = { .name = "restarts",
                           .synonyms = "restart reboot reboots on-reboot on-reset" },
};

_Static_assert(MACHINE_KEYS <= KEYS_MAX, "as many as mapping_read() takes");

enum document_key { DOCUMENT_MACHINES, DOCUMENT_KEYS };

static const struct key document_keys[DOCUMENT_KEYS + 1] = {
    [DOCUMENT_MACHINES] = { .name = "machines", .required = true, .synonyms = "partitions vms" },
};

static struct hv_machine default_machine(void)
{
    return (struct hv_machine){
        .name = "",
        .command_line = "",
        .memory = DEFAULT_MEMORY,
        .privileges = HV_MACHINE_PRIVILEGES_USUAL,
        .vp_count = 1,
        .cpu_weight = HV_CPU_WEIGHT_DEFAULT,
        .cpu_cap = HV_CPU_CAP_SCALE,
        .boot = BOOT_FROM_FILE,
        .kernel = { .name = "" },
        .initrd = { .name = "" },
        .device_count = 1,
        .devices = { { .kind = HV_MACHINE_DEVICE_COM1,
                       .console = "com1",
                       .show = HV_MACHINE_SHOW_ALL } },
        .end_count = 1,
        .ends = { { .kind = HV_MACHINE_END_POWER_OFF, .text = "" } },
    };
}

static void read_files(struct errors *errors, const struct field *fields,
                       struct hv_machine *machine)
{
    if (fields[MACHINE_KERNEL].value)
        text_read(errors, fields[MACHINE_KERNEL].value, "kernel", HV_MACHINE_MAX_FILE_NAME, false,
                  &machine->kernel.name);
    if (fields[MACHINE_INITRD].value)
        text_read(errors, fields[MACHINE_INITRD].value, "initrd", HV_MACHINE_MAX_FILE_NAME, false,
                  &machine->initrd.name);
    if (fields[MACHINE_COMMAND_LINE].value)
        text_read(errors, fields[MACHINE_COMMAND_LINE].value, "command-line",
                  HV_MACHINE_MAX_COMMAND_LINE, true, &machine->command_line);
    if (fields[MACHINE_BOOT].value) {
        int index = word_read(errors, fields[MACHINE_BOOT].value, "boot", boot_names);

        machine->boot = (enum hv_machine_boot)(index + 1);
    }
}

static void read_resources(struct errors *errors, const struct field *fields,
                           struct hv_machine *machine)
{
    if (fields[MACHINE_VPS].value)
        number_read(errors, fields[MACHINE_VPS].value, "vps", 1, HV_MACHINE_MAX_VPS,
                    &machine->vp_count);
    if (fields[MACHINE_MEMORY].value)
        memory_read(errors, fields[MACHINE_MEMORY].value, "memory", &machine->memory);
    if (fields[MACHINE_CPU].value)
        cpu_read(errors, fields[MACHINE_CPU].value, machine);
    if (fields[MACHINE_HYPERV].value)
        hyperv_read(errors, fields[MACHINE_HYPERV].value, machine);
    if (fields[MACHINE_DEVICES].value)
        devices_read(errors, fields[MACHINE_DEVICES].value, machine);
    if (fields[MACHINE_ENDS].value)
        ends_read(errors, fields[MACHINE_ENDS].value, machine);
    restarts_read(errors, fields[MACHINE_RESTARTS].value, machine);
}

static void read_machine_name(struct errors *errors, const struct field *field,
                              const struct description *description, struct hv_machine *machine)
{
    if (!field->value)
        return;
    name_read(errors, field->value, "name", &machine->name);
    for (uint32_t i = 0; i < description->count; i++)
        if (*machine->name && strcmp(description->machines[i].name, machine->name) == 0)
            errors_add(errors, field->value->at,
                       "name: another machine is called '%s'; each needs its own name",
                       machine->name);
}

/* Where a value stands, or the machine that has none. */
static struct position place_of(const struct field *field)
{
    return field->value ? field->value->at : field->at;
}

static void read_machine(struct errors *errors, const struct node *node,
                         struct description *description)
{
    struct hv_machine *machine = &description->machines[description->count];
    struct field fields[MACHINE_KEYS];

    if (!mapping_read(errors, node, "a machine", machine_keys, fields))
        return;
    *machine = default_machine();
    description->places[description->count] = (struct places){
        .memory = place_of(&fields[MACHINE_MEMORY]),
        .boot = place_of(&fields[MACHINE_BOOT]),
        .kernel = place_of(&fields[MACHINE_KERNEL]),
        .initrd = place_of(&fields[MACHINE_INITRD]),
        .command_line = place_of(&fields[MACHINE_COMMAND_LINE]),
    };
    read_machine_name(errors, &fields[MACHINE_NAME], description, machine);
    read_files(errors, fields, machine);
    read_resources(errors, fields, machine);
    description->count++;
}

static void read_machines(struct errors *errors, const struct node *list,
                          struct description *description)
{
    if (list->kind == NODE_BAD)
        return;
    if (list->kind != NODE_LIST) {
        errors_add(errors, list->at, "machines: expected a list of machines, not %s",
                   node_kind_text(list));
        return;
    }
    if (!list->first)
        errors_add(errors, list->at, "machines: the list is empty; expected at least one machine");
    for (const struct node *item = list->first; item && !errors_full(errors); item = item->next) {
        if (description->count == HV_MACHINE_MAX_MACHINES) {
            errors_add(errors, item->at, "machines: too many; at most %u are allowed",
                       HV_MACHINE_MAX_MACHINES);
            return;
        }
        read_machine(errors, item, description);
    }
}

bool description_read(struct description *description, const char *bytes, size_t size,
                      struct errors *errors)
{
    struct field fields[DOCUMENT_KEYS];

    description->count = 0;
    if (!tree_read(&description->tree, bytes, size, errors))
        return false;
    if (!description->tree.root)
        errors_add(errors, (struct position){ 1, 1 },
                   "the description is empty; expected the key machines");
    else if (mapping_read(errors, description->tree.root, "a description", document_keys, fields) &&
             fields[DOCUMENT_MACHINES].value)
        read_machines(errors, fields[DOCUMENT_MACHINES].value, description);
    return errors->count == 0;
}

void description_free(struct description *description)
{
    tree_free(&description->tree);
}
