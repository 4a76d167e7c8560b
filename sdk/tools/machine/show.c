/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "show.h"

#include "names.h"

/* In quotes, so that no text is taken for anything else. Texts have no control characters. */
static void show_text(FILE *stream, const char *text)
{
    fputc('"', stream);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', stream);
        fputc(*text, stream);
    }
    fputc('"', stream);
}

static void show_file(FILE *stream, const char *key, const struct hv_machine_file *file)
{
    fprintf(stream, "    %s: ", key);
    show_text(stream, file->name);
    fprintf(stream, " # %llu bytes\n", (unsigned long long)file->size);
}

static void show_memory(FILE *stream, uint64_t bytes)
{
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
    unsigned unit = 0;

    bytes >>= 10;
    while (unit < 3 && bytes % 1024 == 0) {
        bytes >>= 10;
        unit++;
    }
    fprintf(stream, "    memory: %llu %s\n", (unsigned long long)bytes, units[unit]);
}

/* Three decimals are enough to tell all values apart. */
static void show_percent(FILE *stream, const char *key, uint32_t value)
{
    uint64_t thousandths = ((uint64_t)value * 100000 + HV_CPU_CAP_SCALE / 2) / HV_CPU_CAP_SCALE;

    fprintf(stream, "%s: %llu.%03llu%%", key, (unsigned long long)(thousandths / 1000),
            (unsigned long long)(thousandths % 1000));
}

static void show_privileges(FILE *stream, uint64_t privileges)
{
    const char *separator = "";

    fputs("    hyperv: ", stream);
    if (privileges == HV_MACHINE_PRIVILEGES_USUAL) {
        fputs("on\n", stream);
        return;
    }
    if (privileges == 0) {
        fputs("off\n", stream);
        return;
    }
    fputc('[', stream);
    for (unsigned i = 0; privilege_names[i]; i++)
        if (privileges & privilege_values[i]) {
            fprintf(stream, "%s%s", separator, privilege_names[i]);
            separator = ", ";
        }
    fputs("]\n", stream);
}

static void show_device(FILE *stream, const struct hv_machine_device *device)
{
    fprintf(stream, "      %s: {console: ", device_names[device->kind - 1]);
    show_text(stream, device->console);
    fputs(", show: ", stream);
    if (device->show != HV_MACHINE_SHOW_LINES)
        fputs(device->show == HV_MACHINE_SHOW_ALL ? "all" : "none", stream);
    for (uint32_t i = 0; i < device->shown_count; i++) {
        fputs(i == 0 ? "[" : ", ", stream);
        show_text(stream, device->shown[i]);
    }
    fputs(device->shown_count > 0 ? "]}\n" : "}\n", stream);
}

static void show_devices(FILE *stream, const struct hv_machine *machine)
{
    fputs(machine->device_count == 0 ? "    devices: {}\n" : "    devices:\n", stream);
    for (uint32_t i = 0; i < machine->device_count; i++)
        show_device(stream, &machine->devices[i]);
}

static void show_ends(FILE *stream, const struct hv_machine *machine)
{
    fputs("    ends:\n", stream);
    for (uint32_t i = 0; i < machine->end_count; i++) {
        const struct hv_machine_end *end = &machine->ends[i];

        if (end->kind != HV_MACHINE_END_TEXT) {
            fprintf(stream, "      - %s\n", end_names[end->kind - 1]);
            continue;
        }
        fputs("      - {text: ", stream);
        show_text(stream, end->text);
        fputs(", console: ", stream);
        show_text(stream, machine->devices[end->device].console);
        fputs("}\n", stream);
    }
}

static void show_restarts(FILE *stream, uint32_t restarts)
{
    if (restarts == 0)
        fputs("    restarts: never\n", stream);
    else if (restarts == HV_MACHINE_RESTARTS_ALWAYS)
        fputs("    restarts: always\n", stream);
    else
        fprintf(stream, "    restarts: %u\n", restarts);
}

static void show_machine(FILE *stream, const struct hv_machine *machine)
{
    fputs("  - name: ", stream);
    show_text(stream, machine->name);
    fputc('\n', stream);
    show_file(stream, "kernel", &machine->kernel);
    fprintf(stream, "    boot: %s\n", boot_names[machine->boot - 1]);
    if (machine->initrd.bytes)
        show_file(stream, "initrd", &machine->initrd);
    fputs("    command-line: ", stream);
    show_text(stream, machine->command_line);
    fprintf(stream, "\n    vps: %u\n", machine->vp_count);
    show_memory(stream, machine->memory);
    fprintf(stream, "    cpu: {weight: %u, ", machine->cpu_weight);
    show_percent(stream, "reserve", machine->cpu_reserve);
    show_percent(stream, ", cap", machine->cpu_cap);
    fputs("}\n", stream);
    show_privileges(stream, machine->privileges);
    show_devices(stream, machine);
    show_ends(stream, machine);
    show_restarts(stream, machine->restarts);
}

void module_show(const struct hv_machine_module *module, FILE *stream)
{
    struct hv_machine machine;

    fprintf(stream, "# hvkit machine module, version %u, %llu bytes\nmachines:\n",
            HV_MACHINE_VERSION, (unsigned long long)module->size);
    for (uint32_t i = 0; hv_machine_module_get(module, i, &machine); i++)
        show_machine(stream, &machine);
}
