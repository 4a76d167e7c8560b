/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypervisor interface that a machine has: what is usual, none, or some of its parts. */
#include <hvkit/machine.h>

#include "description_parts.h"
#include "grammar.h"
#include "names.h"

static void read_list(struct errors *errors, const struct node *list, struct hv_machine *machine)
{
    machine->privileges = HV_MACHINE_PRIVILEGES_MINIMAL;
    if (!list->first)
        errors_add(errors, list->at, "hyperv: the list is empty; write minimal or off");
    for (const struct node *item = list->first; item; item = item->next) {
        int index = word_read(errors, item, "hyperv", privilege_names);

        if (index >= 0)
            machine->privileges |= privilege_values[index];
    }
}

void hyperv_read(struct errors *errors, const struct node *node, struct hv_machine *machine)
{
    if (node->kind == NODE_LIST)
        read_list(errors, node, machine);
    else if (node_is(node, "on"))
        machine->privileges = HV_MACHINE_PRIVILEGES_USUAL;
    else if (node_is(node, "off"))
        machine->privileges = 0;
    else if (node_is(node, "minimal"))
        machine->privileges = HV_MACHINE_PRIVILEGES_MINIMAL;
    else if (node->kind == NODE_SCALAR)
        errors_add(errors, node->at,
                   "hyperv: unknown value '%s'; expected on, off, minimal, or a list of parts",
                   quote(node->text, node->length).text);
    else
        errors_add(errors, node->at,
                   "hyperv: expected on, off, minimal, or a list of parts, not %s",
                   node_kind_text(node));
}
