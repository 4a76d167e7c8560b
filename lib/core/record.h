/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The form of records (hv/save.h), whatever they are of. */
#ifndef HV_CORE_RECORD_H
#define HV_CORE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <hv/save.h>

/* Writes records one after the other; beyond the end of its room it only counts. */
struct hv_record_writer {
    uint8_t *bytes;
    size_t size;
    size_t used;    /* bytes of all that was put */
    size_t current; /* where the record that was begun has its header */
    uint32_t vp_index;
};

/* A record's layout: so many bytes, and behind them any number of elements. */
struct hv_record_kind {
    enum hv_record_component component;
    uint32_t version;
    uint32_t fixed;
    uint32_t element; /* bytes of each; 0: there are none */
};

/* What is left to be read. */
struct hv_record_reader {
    const uint8_t *bytes;
    size_t size;
    uint32_t vp_index;
};

/* A payload of the right size for its kind, not aligned. */
struct hv_record {
    const uint8_t *bytes;
    uint32_t size;
};

void hv_record_begin(struct hv_record_writer *writer, const struct hv_record_kind *kind);
void hv_record_put(struct hv_record_writer *writer, const void *bytes, size_t size);
void hv_record_end(struct hv_record_writer *writer);

/*
 * Takes the next record, which has to be of that kind. HV_STATUS_INVALID_SAVE_RESTORE_STATE for
 * another component or a wrong size, HV_STATUS_FEATURE_UNAVAILABLE for another version,
 * HV_STATUS_INVALID_VP_INDEX for another VP.
 */
hv_status hv_record_next(struct hv_record_reader *reader, const struct hv_record_kind *kind,
                         struct hv_record *record);

/* Elements behind the fixed part. */
static inline uint32_t hv_record_elements(const struct hv_record *record,
                                          const struct hv_record_kind *kind)
{
    return (record->size - kind->fixed) / kind->element;
}

static inline const uint8_t *hv_record_element(const struct hv_record *record,
                                               const struct hv_record_kind *kind, uint32_t index)
{
    return record->bytes + kind->fixed + (size_t)index * kind->element;
}

#endif
