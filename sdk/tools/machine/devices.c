/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The devices of a machine. A new one is a name in names.c, and here a key and what it may say. */
#include <string.h>

#include <hvkit/machine.h>

#include "description_parts.h"
#include "grammar.h"
#include "names.h"

enum device_key { DEVICE_COM1, DEVICE_COM2, DEVICE_KEYS };

static const struct key device_keys[DEVICE_KEYS + 1] = {
    [DEVICE_COM1] = { .name = "com1", .may_be_null = true, .synonyms = "serial serial1 ttyS0" },
    [DEVICE_COM2] = { .name = "com2", .may_be_null = true, .synonyms = "serial2 ttyS1" },
};

static const enum hv_machine_device_kind device_kinds[DEVICE_KEYS] = {
    [DEVICE_COM1] = HV_MACHINE_DEVICE_COM1,
    [DEVICE_COM2] = HV_MACHINE_DEVICE_COM2,
};

enum console_key { CONSOLE_NAME, CONSOLE_SHOW, CONSOLE_KEYS };

static const struct key console_keys[CONSOLE_KEYS + 1] = {
    [CONSOLE_NAME] = { .name = "console", .synonyms = "name" },
    [CONSOLE_SHOW] = { .name = "show", .synonyms = "shows lines" },
};

static void read_shown(struct errors *errors, const struct node *list,
                       struct hv_machine_device *device)
{
    if (!list->first)
        errors_add(errors, list->at, "show: the list is empty; write none");
    for (const struct node *item = list->first; item; item = item->next) {
        if (device->shown_count == HV_MACHINE_MAX_SHOWN) {
            errors_add(errors, item->at, "show: too many texts; at most %u are allowed",
                       HV_MACHINE_MAX_SHOWN);
            return;
        }
        if (text_read(errors, item, "show", HV_MACHINE_MAX_TEXT, false,
                      &device->shown[device->shown_count]))
            device->shown_count++;
    }
    device->show = HV_MACHINE_SHOW_LINES;
}

static void read_show(struct errors *errors, const struct node *node,
                      struct hv_machine_device *device)
{
    if (node->kind == NODE_LIST)
        read_shown(errors, node, device);
    else if (node_is(node, "all"))
        device->show = HV_MACHINE_SHOW_ALL;
    else if (node_is(node, "none"))
        device->show = HV_MACHINE_SHOW_NONE;
    else
        errors_add(errors, node->at, "show: expected all, none, or a list of texts, not %s",
                   node->kind == NODE_SCALAR ? quote(node->text, node->length).text
                                             : node_kind_text(node));
}

static bool console_is_taken(const struct hv_machine *machine, const char *console)
{
    for (uint32_t i = 0; i < machine->device_count; i++)
        if (strcmp(machine->devices[i].console, console) == 0)
            return true;
    return false;
}

static void read_device(struct errors *errors, const struct field *field, unsigned key,
                        struct hv_machine *machine)
{
    struct hv_machine_device device = {
        .kind = device_kinds[key],
        .console = device_keys[key].name,
        .show = HV_MACHINE_SHOW_ALL,
    };
    struct field fields[CONSOLE_KEYS] = { { .at = field->at } };

    if (!node_is_null(field->value))
        mapping_read(errors, field->value, device_keys[key].name, console_keys, fields);
    if (fields[CONSOLE_NAME].value)
        name_read(errors, fields[CONSOLE_NAME].value, "console", &device.console);
    if (fields[CONSOLE_SHOW].value)
        read_show(errors, fields[CONSOLE_SHOW].value, &device);
    if (console_is_taken(machine, device.console))
        errors_add(errors, fields[CONSOLE_NAME].at,
                   "two consoles of this machine are called '%s'; each needs its own name",
                   device.console);
    machine->devices[machine->device_count++] = device;
}

void devices_read(struct errors *errors, const struct node *node, struct hv_machine *machine)
{
    struct field fields[DEVICE_KEYS];

    if (!mapping_read(errors, node, "devices", device_keys, fields))
        return;
    machine->device_count = 0;
    for (unsigned key = 0; key < DEVICE_KEYS; key++)
        if (fields[key].value)
            read_device(errors, &fields[key], key, machine);
}
