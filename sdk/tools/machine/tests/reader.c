/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A program on bare metal that is given a machine module, and says what is in it. */
#include <guest/guest.h>
#include <hvkit/machine.h>

static const char magic[4] = { 0x7F, 'E', 'L', 'F' };

static void say_machine(const struct hv_machine *machine)
{
    bool aligned = (uintptr_t)machine->kernel.bytes % HV_MACHINE_FILE_ALIGNMENT == 0;

    printf("machine %s: %u VPs, %llu KiB, %s, '%s'\n", machine->name, machine->vp_count,
           (unsigned long long)(machine->memory >> 10), machine->devices[0].console,
           machine->command_line);
    printf("kernel %s: %s, %s\n", machine->kernel.name,
           memcmp(machine->kernel.bytes, magic, sizeof(magic)) == 0 ? "ELF" : "no ELF",
           aligned ? "aligned" : "not aligned");
}

int guest_main(const struct guest_boot_info *boot)
{
    const struct guest_module *given = &boot->modules[0];
    struct hv_machine_module module;
    struct hv_machine machine;
    enum hv_machine_status status;

    if (boot->module_count != 1)
        return 1;
    status = hv_machine_module_open((const void *)given->base, given->size, &module);
    printf("the module %s\n", hv_machine_status_text(status));
    if (status != HV_MACHINE_OK)
        return 2;
    for (uint32_t i = 0; hv_machine_module_get(&module, i, &machine); i++)
        say_machine(&machine);
    return 0;
}
