/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <stdbool.h>

#include <hv/abi/tlfs.h>

#include "mem.h"
#include "record.h"

_Static_assert(sizeof(struct hv_record_header) == 16, "no padding");

/* ---- Writing ---- */

static bool fits(const struct hv_record_writer *writer, size_t size)
{
    return writer->used <= writer->size && size <= writer->size - writer->used;
}

void hv_record_put(struct hv_record_writer *writer, const void *bytes, size_t size)
{
    if (fits(writer, size))
        memcpy(writer->bytes + writer->used, bytes, size);
    writer->used += size;
}

void hv_record_begin(struct hv_record_writer *writer, const struct hv_record_kind *kind)
{
    const struct hv_record_header header = { .component = kind->component,
                                             .version = kind->version,
                                             .vp_index = writer->vp_index };

    writer->current = writer->used;
    hv_record_put(writer, &header, sizeof(header));
}

void hv_record_end(struct hv_record_writer *writer)
{
    size_t payload = writer->current + sizeof(struct hv_record_header);
    uint32_t size = (uint32_t)(writer->used - payload);

    if (payload <= writer->size)
        memcpy(writer->bytes + writer->current + offsetof(struct hv_record_header, size), &size,
               sizeof(size));
}

/* ---- Reading ---- */

static bool size_is_valid(const struct hv_record_kind *kind, uint32_t size)
{
    if (size < kind->fixed)
        return false;
    return kind->element == 0 ? size == kind->fixed : (size - kind->fixed) % kind->element == 0;
}

hv_status hv_record_next(struct hv_record_reader *reader, const struct hv_record_kind *kind,
                         struct hv_record *record)
{
    struct hv_record_header header;

    if (reader->size < sizeof(header))
        return HV_STATUS_INVALID_SAVE_RESTORE_STATE;
    memcpy(&header, reader->bytes, sizeof(header));
    if (header.component != kind->component)
        return HV_STATUS_INVALID_SAVE_RESTORE_STATE;
    if (header.version != kind->version)
        return HV_STATUS_FEATURE_UNAVAILABLE;
    if (header.vp_index != reader->vp_index)
        return HV_STATUS_INVALID_VP_INDEX;
    if (header.size > reader->size - sizeof(header) || !size_is_valid(kind, header.size))
        return HV_STATUS_INVALID_SAVE_RESTORE_STATE;
    *record = (struct hv_record){ .bytes = reader->bytes + sizeof(header), .size = header.size };
    reader->bytes += sizeof(header) + header.size;
    reader->size -= sizeof(header) + header.size;
    return HV_STATUS_SUCCESS;
}
