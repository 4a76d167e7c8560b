/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "module_write.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    struct hv_machine_record records[HV_MACHINE_MAX_MACHINES];
    uint32_t file_count;
    struct hv_machine_file files[HV_MACHINE_MAX_FILES];
    struct hv_machine_file_record file_records[HV_MACHINE_MAX_FILES];
    char *texts;
    uint32_t texts_size;
    uint32_t texts_capacity;
    bool failed; /* no memory */
};

static struct hv_machine_text add_text(struct writer *writer, const char *text)
{
    struct hv_machine_text result = { .offset = writer->texts_size,
                                      .size = (uint32_t)strlen(text) };

    if (result.size == 0)
        return (struct hv_machine_text){ 0, 0 };
    if (writer->texts_capacity - writer->texts_size <= result.size) {
        uint32_t capacity = 2 * writer->texts_capacity + result.size + 1;
        char *grown = realloc(writer->texts, capacity);

        if (!grown) {
            writer->failed = true;
            return result;
        }
        writer->texts = grown;
        writer->texts_capacity = capacity;
    }
    memcpy(writer->texts + writer->texts_size, text, result.size + 1);
    writer->texts_size += result.size + 1;
    return result;
}

static uint32_t add_file(struct writer *writer, const struct hv_machine_file *file)
{
    uint32_t index = 0;

    if (!file->bytes)
        return HV_MACHINE_NO_FILE;
    while (index < writer->file_count && writer->files[index].bytes != file->bytes)
        index++;
    if (index == writer->file_count) {
        writer->files[index] = *file;
        writer->file_records[index].name = add_text(writer, file->name);
        writer->file_records[index].size = file->size;
        writer->file_count++;
    }
    return index;
}

static struct hv_machine_device_record make_device(struct writer *writer,
                                                   const struct hv_machine_device *device)
{
    struct hv_machine_device_record record = {
        .kind = device->kind,
        .show = device->show,
        .console = add_text(writer, device->console),
    };

    for (uint32_t i = 0; i < device->shown_count; i++)
        record.shown[i] = add_text(writer, device->shown[i]);
    return record;
}

static void add_machine(struct writer *writer, struct hv_machine_record *record,
                        const struct hv_machine *machine)
{
    *record = (struct hv_machine_record){
        .name = add_text(writer, machine->name),
        .command_line = add_text(writer, machine->command_line),
        .memory = machine->memory,
        .privileges = machine->privileges,
        .vp_count = machine->vp_count,
        .cpu_weight = machine->cpu_weight,
        .cpu_reserve = machine->cpu_reserve,
        .cpu_cap = machine->cpu_cap,
        .boot = machine->boot,
        .kernel = add_file(writer, &machine->kernel),
        .initrd = add_file(writer, &machine->initrd),
        .device_count = machine->device_count,
        .end_count = machine->end_count,
        .restarts = machine->restarts,
    };
    for (uint32_t i = 0; i < machine->device_count; i++)
        record->devices[i] = make_device(writer, &machine->devices[i]);
    for (uint32_t i = 0; i < machine->end_count; i++)
        record->ends[i] =
            (struct hv_machine_end_record){ .kind = machine->ends[i].kind,
                                            .device = machine->ends[i].device,
                                            .text = add_text(writer, machine->ends[i].text) };
}

/* Gives each file its place; returns the size of the module. */
static uint64_t lay_out(struct writer *writer, uint64_t end)
{
    for (uint32_t i = 0; i < writer->file_count; i++) {
        struct hv_machine_file_record *record = &writer->file_records[i];

        record->offset = (end + HV_MACHINE_FILE_ALIGNMENT - 1) / HV_MACHINE_FILE_ALIGNMENT *
                         HV_MACHINE_FILE_ALIGNMENT;
        end = record->offset + record->size;
    }
    return end;
}

static uint8_t *put(uint8_t *to, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(to, bytes, size);
    return to + size;
}

static uint8_t *assemble(struct writer *writer, uint32_t count, uint64_t *size)
{
    struct hv_machine_header header = {
        .magic = HV_MACHINE_MAGIC,
        .version = HV_MACHINE_VERSION,
        .header_size = sizeof(header),
        .record_size = sizeof(writer->records[0]),
        .machine_count = count,
        .file_record_size = sizeof(writer->file_records[0]),
        .file_count = writer->file_count,
        .texts_size = writer->texts_size,
    };
    size_t records_size = count * sizeof(writer->records[0]);
    size_t files_size = writer->file_count * sizeof(writer->file_records[0]);
    uint8_t *bytes, *at;

    header.size = lay_out(writer, sizeof(header) + records_size + files_size + writer->texts_size);
    bytes = calloc(1, header.size);
    if (!bytes)
        return NULL;
    at = put(bytes, &header, sizeof(header));
    at = put(at, writer->records, records_size);
    at = put(at, writer->file_records, files_size);
    put(at, writer->texts, writer->texts_size);
    for (uint32_t i = 0; i < writer->file_count; i++)
        put(bytes + writer->file_records[i].offset, writer->files[i].bytes, writer->files[i].size);
    *size = header.size;
    return bytes;
}

uint8_t *module_write(const struct hv_machine *machines, uint32_t count, uint64_t *size)
{
    struct writer *writer = calloc(1, sizeof(*writer));
    uint8_t *bytes = NULL;

    if (!writer)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        add_machine(writer, &writer->records[i], &machines[i]);
    if (!writer->failed)
        bytes = assemble(writer, count, size);
    free(writer->texts);
    free(writer);
    return bytes;
}
