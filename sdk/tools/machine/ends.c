/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a machine is expected to come to, and whether a reset is an end. */
#include <string.h>

#include <hvkit/machine.h>

#include "description_parts.h"
#include "grammar.h"
#include "names.h"

enum end_key { END_TEXT, END_CONSOLE, END_KEYS };

static const struct key end_keys[END_KEYS + 1] = {
    [END_TEXT] = { .name = "text", .required = true, .synonyms = "line says" },
    [END_CONSOLE] = { .name = "console", .synonyms = "on device" },
};

static void find_console(struct errors *errors, const struct field *field,
                         const struct hv_machine *machine, struct hv_machine_end *end)
{
    const char *names[HV_MACHINE_MAX_DEVICES + 1] = { NULL };
    int index;

    for (uint32_t i = 0; i < machine->device_count; i++)
        names[i] = machine->devices[i].console;
    if (machine->device_count == 0) {
        errors_add(errors, field->at, "ends: this machine has no console that could say a text");
        return;
    }
    if (!field->value && machine->device_count > 1) {
        errors_add(errors, field->at,
                   "ends: this machine has several consoles; say which with the key 'console'");
        return;
    }
    if (!field->value)
        return;
    index = word_read(errors, field->value, "console", names);
    if (index >= 0)
        end->device = (uint32_t)index;
}

static void read_text_end(struct errors *errors, const struct node *node,
                          const struct hv_machine *machine, struct hv_machine_end *end)
{
    struct field fields[END_KEYS];

    if (!mapping_read(errors, node, "a text that ends", end_keys, fields))
        return;
    end->kind = HV_MACHINE_END_TEXT;
    if (fields[END_TEXT].value)
        text_read(errors, fields[END_TEXT].value, "text", HV_MACHINE_MAX_TEXT, false, &end->text);
    find_console(errors, &fields[END_CONSOLE], machine, end);
}

static bool is_same_end(const struct hv_machine_end *left, const struct hv_machine_end *right)
{
    return left->kind == right->kind && left->device == right->device &&
           strcmp(left->text, right->text) == 0;
}

static void read_end(struct errors *errors, const struct node *node, struct hv_machine *machine)
{
    struct hv_machine_end end = { .text = "" };
    unsigned before = errors->count;

    if (node->kind == NODE_MAPPING) {
        read_text_end(errors, node, machine, &end);
    } else {
        int index = word_read(errors, node, "ends", end_names);

        end.kind = (enum hv_machine_end_kind)(index + 1);
    }
    if (errors->count != before || node->kind == NODE_BAD)
        return;
    for (uint32_t i = 0; i < machine->end_count; i++)
        if (is_same_end(&end, &machine->ends[i])) {
            errors_add(errors, node->at, "ends: this end is given twice");
            return;
        }
    if (machine->end_count == HV_MACHINE_MAX_ENDS)
        errors_add(errors, node->at, "ends: too many; at most %u are allowed", HV_MACHINE_MAX_ENDS);
    else
        machine->ends[machine->end_count++] = end;
}

void ends_read(struct errors *errors, const struct node *node, struct hv_machine *machine)
{
    machine->end_count = 0;
    if (node->kind != NODE_LIST) {
        read_end(errors, node, machine);
        return;
    }
    if (!node->first)
        errors_add(errors, node->at, "ends: the list is empty; expected at least one end");
    for (const struct node *item = node->first; item; item = item->next)
        read_end(errors, item, machine);
}

static bool expects_reset(const struct hv_machine *machine)
{
    for (uint32_t i = 0; i < machine->end_count; i++)
        if (machine->ends[i].kind == HV_MACHINE_END_RESET)
            return true;
    return false;
}

static void read_word(struct errors *errors, const struct node *node, struct hv_machine *machine)
{
    static const char *const words[] = { "always", "never", NULL };
    int index = word_read(errors, node, "restarts", words);

    if (index == 0 && expects_reset(machine))
        errors_add(errors, node->at,
                   "restarts: a machine that always starts again never comes to its end 'reset'");
    machine->restarts = index == 0 ? HV_MACHINE_RESTARTS_ALWAYS : 0;
}

void restarts_read(struct errors *errors, const struct node *node, struct hv_machine *machine)
{
    machine->restarts = expects_reset(machine) ? 0 : HV_MACHINE_RESTARTS_ALWAYS;
    if (!node)
        return;
    if (node->kind == NODE_SCALAR && node->length > 0 && node->text[0] >= '0' &&
        node->text[0] <= '9')
        number_read(errors, node, "restarts", 0, HV_MACHINE_MAX_RESTARTS, &machine->restarts);
    else
        read_word(errors, node, machine);
}
