/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One machine of a module: its record checked and taken apart. */
#include "private.h"

/* The entries of an array behind those that are used. */
static bool is_zero(const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;

    while (size > 0 && *byte == 0) {
        byte++;
        size--;
    }
    return size == 0;
}

static enum hv_machine_status read_numbers(const struct hv_machine_record *record,
                                           struct hv_machine *machine)
{
    if (record->vp_count == 0 || record->vp_count > HV_MACHINE_MAX_VPS)
        return HV_MACHINE_BAD_VP_COUNT;
    if (record->memory < HV_MACHINE_MIN_MEMORY || record->memory > HV_MACHINE_MAX_MEMORY ||
        record->memory % HV_MACHINE_MEMORY_UNIT != 0)
        return HV_MACHINE_BAD_MEMORY;
    if (record->cpu_weight < HV_CPU_WEIGHT_MIN || record->cpu_weight > HV_CPU_WEIGHT_MAX ||
        record->cpu_cap == 0 || record->cpu_cap > HV_CPU_CAP_SCALE ||
        record->cpu_reserve > record->cpu_cap)
        return HV_MACHINE_BAD_CPU;
    if ((record->privileges & ~HV_MACHINE_PRIVILEGES) != 0)
        return HV_MACHINE_BAD_PRIVILEGES;
    if (record->privileges != 0 &&
        (record->privileges & HV_MACHINE_PRIVILEGES_MINIMAL) != HV_MACHINE_PRIVILEGES_MINIMAL)
        return HV_MACHINE_BAD_PRIVILEGES;
    machine->vp_count = record->vp_count;
    machine->memory = record->memory;
    machine->cpu_weight = record->cpu_weight;
    machine->cpu_reserve = record->cpu_reserve;
    machine->cpu_cap = record->cpu_cap;
    machine->privileges = record->privileges;
    return HV_MACHINE_OK;
}

static enum hv_machine_status read_boot(const struct hv_machine_module *module,
                                        const struct hv_machine_record *record,
                                        struct hv_machine *machine)
{
    enum hv_machine_status status = hv_machine_text_read(
        module, &record->command_line, HV_MACHINE_MAX_COMMAND_LINE, &machine->command_line);

    if (status != HV_MACHINE_OK)
        return status;
    if (record->boot < HV_MACHINE_BOOT_LINUX || record->boot > HV_MACHINE_BOOT_MULTIBOOT)
        return HV_MACHINE_BAD_BOOT;
    machine->boot = (enum hv_machine_boot)record->boot;
    status = hv_machine_file_read(module, record->kernel, &machine->kernel);
    if (status != HV_MACHINE_OK)
        return status;
    machine->initrd = (struct hv_machine_file){ .name = "" };
    if (record->initrd == HV_MACHINE_NO_FILE)
        return HV_MACHINE_OK;
    return hv_machine_file_read(module, record->initrd, &machine->initrd);
}

static enum hv_machine_status read_show(const struct hv_machine_module *module,
                                        const struct hv_machine_device_record *record,
                                        struct hv_machine_device *device)
{
    uint32_t count = 0;

    while (count < HV_MACHINE_MAX_SHOWN && record->shown[count].size != 0) {
        enum hv_machine_status status = hv_machine_text_read(
            module, &record->shown[count], HV_MACHINE_MAX_TEXT, &device->shown[count]);

        if (status != HV_MACHINE_OK)
            return status;
        count++;
    }
    if (!is_zero(&record->shown[count], (HV_MACHINE_MAX_SHOWN - count) * sizeof(record->shown[0])))
        return HV_MACHINE_RESERVED_NOT_ZERO;
    if (record->show > HV_MACHINE_SHOW_LINES ||
        (record->show == HV_MACHINE_SHOW_LINES) != (count != 0))
        return HV_MACHINE_BAD_SHOW;
    device->show = (enum hv_machine_show)record->show;
    device->shown_count = count;
    return HV_MACHINE_OK;
}

static enum hv_machine_status read_device(const struct hv_machine_module *module,
                                          const struct hv_machine_device_record *record,
                                          struct hv_machine *machine, uint32_t index)
{
    struct hv_machine_device *device = &machine->devices[index];
    enum hv_machine_status status;

    if (record->kind < HV_MACHINE_DEVICE_COM1 || record->kind > HV_MACHINE_DEVICE_COM2)
        return HV_MACHINE_BAD_DEVICE;
    device->kind = (enum hv_machine_device_kind)record->kind;
    status = hv_machine_name_read(module, &record->console, &device->console);
    if (status != HV_MACHINE_OK)
        return status;
    for (uint32_t i = 0; i < index; i++) {
        if (machine->devices[i].kind == device->kind)
            return HV_MACHINE_BAD_DEVICE;
        if (hv_machine_same_text(machine->devices[i].console, device->console))
            return HV_MACHINE_DUPLICATE_NAME;
    }
    return read_show(module, record, device);
}

static enum hv_machine_status read_devices(const struct hv_machine_module *module,
                                           const struct hv_machine_record *record,
                                           struct hv_machine *machine)
{
    if (record->device_count > HV_MACHINE_MAX_DEVICES)
        return HV_MACHINE_BAD_DEVICE;
    machine->device_count = record->device_count;
    for (uint32_t i = 0; i < record->device_count; i++) {
        enum hv_machine_status status = read_device(module, &record->devices[i], machine, i);

        if (status != HV_MACHINE_OK)
            return status;
    }
    return is_zero(&record->devices[record->device_count],
                   (HV_MACHINE_MAX_DEVICES - record->device_count) * sizeof(record->devices[0]))
               ? HV_MACHINE_OK
               : HV_MACHINE_RESERVED_NOT_ZERO;
}

static enum hv_machine_status read_end(const struct hv_machine_module *module,
                                       const struct hv_machine_end_record *record,
                                       const struct hv_machine *machine, struct hv_machine_end *end)
{
    bool of_text = record->kind == HV_MACHINE_END_TEXT;

    if (record->kind < HV_MACHINE_END_POWER_OFF || record->kind > HV_MACHINE_END_TEXT)
        return HV_MACHINE_BAD_END;
    if (of_text && (record->device >= machine->device_count || record->text.size == 0))
        return HV_MACHINE_BAD_END;
    if (!of_text && (record->device != 0 || record->text.size != 0))
        return HV_MACHINE_RESERVED_NOT_ZERO;
    end->kind = (enum hv_machine_end_kind)record->kind;
    end->device = record->device;
    return hv_machine_text_read(module, &record->text, HV_MACHINE_MAX_TEXT, &end->text);
}

static enum hv_machine_status read_ends(const struct hv_machine_module *module,
                                        const struct hv_machine_record *record,
                                        struct hv_machine *machine)
{
    if (record->end_count == 0 || record->end_count > HV_MACHINE_MAX_ENDS)
        return HV_MACHINE_BAD_END;
    machine->end_count = record->end_count;
    for (uint32_t i = 0; i < record->end_count; i++) {
        enum hv_machine_status status =
            read_end(module, &record->ends[i], machine, &machine->ends[i]);

        if (status != HV_MACHINE_OK)
            return status;
    }
    return is_zero(&record->ends[record->end_count],
                   (HV_MACHINE_MAX_ENDS - record->end_count) * sizeof(record->ends[0]))
               ? HV_MACHINE_OK
               : HV_MACHINE_RESERVED_NOT_ZERO;
}

static bool expects_reset(const struct hv_machine *machine)
{
    for (uint32_t i = 0; i < machine->end_count; i++)
        if (machine->ends[i].kind == HV_MACHINE_END_RESET)
            return true;
    return false;
}

static enum hv_machine_status read_restarts(const struct hv_machine_record *record,
                                            struct hv_machine *machine)
{
    bool always = record->restarts == HV_MACHINE_RESTARTS_ALWAYS;

    machine->restarts = record->restarts;
    if (always ? expects_reset(machine) : record->restarts > HV_MACHINE_MAX_RESTARTS)
        return HV_MACHINE_BAD_RESTARTS;
    return HV_MACHINE_OK;
}

enum hv_machine_status hv_machine_record_read(const struct hv_machine_module *module,
                                              uint32_t index, struct hv_machine *machine)
{
    struct hv_machine_record record;
    enum hv_machine_status status;

    memcpy(&record, hv_machine_record_at(module, index), sizeof(record));
    status = hv_machine_name_read(module, &record.name, &machine->name);
    if (status == HV_MACHINE_OK)
        status = read_numbers(&record, machine);
    if (status == HV_MACHINE_OK)
        status = read_boot(module, &record, machine);
    if (status == HV_MACHINE_OK)
        status = read_devices(module, &record, machine);
    if (status == HV_MACHINE_OK)
        status = read_ends(module, &record, machine);
    if (status == HV_MACHINE_OK)
        status = read_restarts(&record, machine);
    return status;
}
