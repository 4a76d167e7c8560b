/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a machine gets of the processors: TLFS v6.0b, 14.2 "Scheduling Policy Settings". */
#include <hvkit/machine.h>

#include "description_parts.h"
#include "grammar.h"

enum cpu_key { CPU_WEIGHT, CPU_RESERVE, CPU_CAP, CPU_KEYS };

static const struct key cpu_keys[CPU_KEYS + 1] = {
    [CPU_WEIGHT] = { .name = "weight", .synonyms = "shares priority" },
    [CPU_RESERVE] = { .name = "reserve", .synonyms = "minimum min" },
    [CPU_CAP] = { .name = "cap", .synonyms = "limit maximum max" },
};

void cpu_read(struct errors *errors, const struct node *node, struct hv_machine *machine)
{
    struct field fields[CPU_KEYS];
    unsigned before = errors->count;

    if (!mapping_read(errors, node, "cpu", cpu_keys, fields))
        return;
    if (fields[CPU_WEIGHT].value)
        number_read(errors, fields[CPU_WEIGHT].value, "weight", HV_CPU_WEIGHT_MIN,
                    HV_CPU_WEIGHT_MAX, &machine->cpu_weight);
    if (fields[CPU_RESERVE].value)
        percent_read(errors, fields[CPU_RESERVE].value, "reserve", &machine->cpu_reserve);
    if (fields[CPU_CAP].value)
        percent_read(errors, fields[CPU_CAP].value, "cap", &machine->cpu_cap);
    if (errors->count != before)
        return;
    if (machine->cpu_cap == 0)
        errors_add(errors, fields[CPU_CAP].value->at,
                   "cap: with 0%% the machine would never run; expected more");
    else if (machine->cpu_reserve > machine->cpu_cap)
        errors_add(errors, fields[CPU_RESERVE].value->at,
                   "reserve: more than the cap; lower it or raise the cap");
}
