/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fit.h"

#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "names.h"

#define MIB (UINT64_C(1) << 20)

/* Where a file can be started in several ways: the order in which the type-1 sample and QEMU
   choose, so that a kernel meets the same start everywhere. */
static enum hv_machine_boot preferred(const struct kernel *kernel)
{
    static const enum hv_machine_boot order[] = { HV_MACHINE_BOOT_LINUX, HV_MACHINE_BOOT_MULTIBOOT,
                                                  HV_MACHINE_BOOT_PVH };
    unsigned i = 0;

    while (i < 2 && !kernel->protocols[order[i]])
        i++;
    return order[i];
}

static void fit_boot(struct hv_machine *machine, const struct places *places,
                     const struct kernel *kernel, struct errors *errors)
{
    enum hv_machine_boot best = preferred(kernel);

    if (machine->boot == BOOT_FROM_FILE)
        machine->boot = best;
    if (!kernel->protocols[machine->boot])
        errors_add(errors, places->boot, "boot: the kernel '%s' cannot be started by %s, but by %s",
                   quote(machine->kernel.name, strlen(machine->kernel.name)).text,
                   boot_names[machine->boot - 1], boot_names[best - 1]);
}

static void fit_memory(const struct hv_machine *machine, const struct places *places,
                       const struct kernel *kernel, struct errors *errors)
{
    uint64_t needed = kernel->end + machine->initrd.size;

    if (needed > machine->memory)
        errors_add(errors, places->memory,
                   "memory: %llu MiB are too little; kernel and initrd need %llu MiB",
                   (unsigned long long)(machine->memory / MIB),
                   (unsigned long long)((needed + MIB - 1) / MIB));
}

void machine_fit(struct hv_machine *machine, const struct places *places, struct errors *errors)
{
    const struct hv_machine_file *file = &machine->kernel;
    struct kernel kernel;
    const char *problem = kernel_examine(file->bytes, file->size, &kernel);
    size_t length = strlen(machine->command_line);

    if (problem) {
        errors_add(errors, places->kernel, "kernel: '%s' %s",
                   quote(file->name, strlen(file->name)).text, problem);
        return;
    }
    fit_boot(machine, places, &kernel, errors);
    fit_memory(machine, places, &kernel, errors);
    if (kernel.command_line != 0 && length > kernel.command_line)
        errors_add(errors, places->command_line,
                   "command-line: %zu bytes are more than the %llu that the kernel takes", length,
                   (unsigned long long)kernel.command_line);
}
