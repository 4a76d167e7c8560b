/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The module as a whole: its header, its files, the names of its machines. */
#include "private.h"

#define HEADER_SIZE sizeof(struct hv_machine_header)
#define RECORD_SIZE sizeof(struct hv_machine_record)
#define FILE_SIZE   sizeof(struct hv_machine_file_record)

/* The limits on counts keep all offsets of tables far from overflow. */
static uint64_t texts_offset(const struct hv_machine_module *module)
{
    return HEADER_SIZE + module->machine_count * RECORD_SIZE + module->file_count * FILE_SIZE;
}

const uint8_t *hv_machine_record_at(const struct hv_machine_module *module, uint32_t index)
{
    return module->bytes + HEADER_SIZE + index * RECORD_SIZE;
}

const uint8_t *hv_machine_file_at(const struct hv_machine_module *module, uint32_t index)
{
    return hv_machine_record_at(module, module->machine_count) + index * FILE_SIZE;
}

bool hv_machine_same_text(const char *left, const char *right)
{
    while (*left && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

enum hv_machine_status hv_machine_text_read(const struct hv_machine_module *module,
                                            const struct hv_machine_text *text, uint32_t limit,
                                            const char **result)
{
    const char *bytes;

    *result = "";
    if (text->size == 0)
        return text->offset == 0 ? HV_MACHINE_OK : HV_MACHINE_BAD_TEXT;
    if (text->size > limit || text->offset > module->texts_size ||
        text->size >= module->texts_size - text->offset)
        return HV_MACHINE_BAD_TEXT;
    bytes = (const char *)module->bytes + texts_offset(module) + text->offset;
    if (bytes[text->size] != 0 || !hv_machine_is_text(bytes, text->size))
        return HV_MACHINE_BAD_TEXT;
    *result = bytes;
    return HV_MACHINE_OK;
}

enum hv_machine_status hv_machine_name_read(const struct hv_machine_module *module,
                                            const struct hv_machine_text *text, const char **result)
{
    enum hv_machine_status status = hv_machine_text_read(module, text, HV_MACHINE_MAX_NAME, result);

    if (status != HV_MACHINE_OK)
        return status;
    return hv_machine_is_name(*result, text->size) ? HV_MACHINE_OK : HV_MACHINE_BAD_NAME;
}

enum hv_machine_status hv_machine_file_read(const struct hv_machine_module *module, uint32_t index,
                                            struct hv_machine_file *file)
{
    struct hv_machine_file_record record;

    if (index >= module->file_count)
        return HV_MACHINE_NO_SUCH_FILE;
    memcpy(&record, hv_machine_file_at(module, index), sizeof(record));
    file->bytes = module->bytes + record.offset;
    file->size = record.size;
    return hv_machine_text_read(module, &record.name, HV_MACHINE_MAX_FILE_NAME, &file->name);
}

/* Each file lies behind the one before it, the first behind the texts, and the last ends the
 * module. */
static enum hv_machine_status check_files(const struct hv_machine_module *module)
{
    uint64_t end = texts_offset(module) + module->texts_size;

    for (uint32_t i = 0; i < module->file_count; i++) {
        struct hv_machine_file_record record;
        struct hv_machine_file file;
        enum hv_machine_status status;

        memcpy(&record, hv_machine_file_at(module, i), sizeof(record));
        if (record.offset % HV_MACHINE_FILE_ALIGNMENT != 0 || record.offset < end ||
            record.offset > module->size || record.size == 0 ||
            record.size > module->size - record.offset)
            return HV_MACHINE_BAD_FILE;
        end = record.offset + record.size;
        status = hv_machine_file_read(module, i, &file);
        if (status != HV_MACHINE_OK)
            return status;
    }
    return end == module->size ? HV_MACHINE_OK : HV_MACHINE_BAD_FILE;
}

static enum hv_machine_status check_header(const struct hv_machine_header *header, uint64_t size)
{
    if (header->magic != HV_MACHINE_MAGIC)
        return HV_MACHINE_NOT_A_MODULE;
    if (header->version != HV_MACHINE_VERSION || header->header_size != HEADER_SIZE ||
        header->record_size != RECORD_SIZE || header->file_record_size != FILE_SIZE)
        return HV_MACHINE_WRONG_VERSION;
    if (header->size > size)
        return HV_MACHINE_CUT_OFF;
    if (header->machine_count == 0 || header->machine_count > HV_MACHINE_MAX_MACHINES ||
        header->file_count > HV_MACHINE_MAX_FILES || header->size > HV_MACHINE_MAX_SIZE)
        return HV_MACHINE_TOO_MANY;
    return header->reserved == 0 ? HV_MACHINE_OK : HV_MACHINE_RESERVED_NOT_ZERO;
}

/* The machines before this one are good. */
static bool name_is_taken(const struct hv_machine_module *module, uint32_t index, const char *name)
{
    for (uint32_t i = 0; i < index; i++) {
        struct hv_machine_record record;
        const char *other;

        memcpy(&record, hv_machine_record_at(module, i), sizeof(record));
        if (hv_machine_name_read(module, &record.name, &other) == HV_MACHINE_OK &&
            hv_machine_same_text(name, other))
            return true;
    }
    return false;
}

static enum hv_machine_status check_machines(const struct hv_machine_module *module)
{
    for (uint32_t i = 0; i < module->machine_count; i++) {
        struct hv_machine machine;
        enum hv_machine_status status = hv_machine_record_read(module, i, &machine);

        if (status != HV_MACHINE_OK)
            return status;
        if (name_is_taken(module, i, machine.name))
            return HV_MACHINE_DUPLICATE_NAME;
    }
    return HV_MACHINE_OK;
}

enum hv_machine_status hv_machine_module_open(const void *bytes, uint64_t size,
                                              struct hv_machine_module *module)
{
    struct hv_machine_header header;
    enum hv_machine_status status;

    if (size < HEADER_SIZE)
        return HV_MACHINE_TOO_SHORT;
    memcpy(&header, bytes, sizeof(header));
    status = check_header(&header, size);
    if (status != HV_MACHINE_OK)
        return status;
    *module = (struct hv_machine_module){
        .bytes = bytes,
        .size = header.size,
        .machine_count = header.machine_count,
        .file_count = header.file_count,
        .texts_size = header.texts_size,
    };
    if (texts_offset(module) + module->texts_size > module->size)
        return HV_MACHINE_BAD_TABLES;
    status = check_files(module);
    return status == HV_MACHINE_OK ? check_machines(module) : status;
}

bool hv_machine_module_get(const struct hv_machine_module *module, uint32_t index,
                           struct hv_machine *machine)
{
    return index < module->machine_count &&
           hv_machine_record_read(module, index, machine) == HV_MACHINE_OK;
}
