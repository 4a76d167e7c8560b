/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The root partition's program: makes the machines that a module describes, as child partitions.
 *
 * Options: batch (what is meant without any) and console=NAME.
 */
#include <guest/guest.h>
#include <hvkit/machine.h>

#include "host_start.h"
#include "program.h"

#define EXIT_EXPECTED   0
#define EXIT_UNEXPECTED 1
#define EXIT_NOTHING    2 /* nothing could be run */

/* One more than there can be, for the end of the list. */
static struct hv_machine machines[HV_MACHINE_MAX_MACHINES + 1];

static int refuse(const char *what)
{
    printf("root| %s\n", what);
    return EXIT_NOTHING;
}

/* What the first module describes; what is wrong with it is told. */
static uint32_t find_machines(const struct guest_boot_info *boot)
{
    struct hv_machine_module module;
    enum hv_machine_status status;
    uint32_t count = 0;

    if (boot->module_count == 0) {
        printf("root| no machine description; add a module that hvkit-machine has made\n");
        return 0;
    }
    status = hv_machine_module_open(virt_of(boot->modules[0].base), boot->modules[0].size, &module);
    if (status != HV_MACHINE_OK) {
        printf("root| machine description: the module %s\n", hv_machine_status_text(status));
        return 0;
    }
    while (hv_machine_module_get(&module, count, &machines[count]))
        count++;
    return count;
}

static bool has_machine(uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(machines[i].name, name) == 0)
            return true;
    return false;
}

int guest_main(const struct guest_boot_info *boot)
{
    static char name[HV_MACHINE_MAX_NAME + 1];
    bool watched = boot_option("console", name, sizeof(name));
    uint32_t count = find_machines(boot);
    const char *wrong;

    if (count == 0)
        return EXIT_NOTHING;
    if (watched && !has_machine(count, name))
        return refuse("console: there is no machine of that name");
    wrong = root_host_start();
    if (wrong)
        return refuse(wrong);
    return root_program_run(machines, count, watched ? name : NULL) ? EXIT_EXPECTED
                                                                    : EXIT_UNEXPECTED;
}
