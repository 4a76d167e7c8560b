/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore: which components there are, and in which order they follow each other. */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"

static const struct hv_partition_component *const partition_components[] = {
    &hv_partition_component,   &hv_time_component,          &hv_ports_component,
    &hv_connections_component, &hv_monitor_pages_component,
};

/* Timers come before their messages, which come before the SynIC that would deliver them, which
   comes before what the event rings have to say; the run time before the timer that goes by it. */
static const struct hv_vp_component *const vp_components[] = {
    &hv_vp_component,     &hv_registers_component,      &hv_apic_component,
    &hv_assist_component, &hv_timers_component,         &hv_messages_component,
    &hv_synic_component,  &hv_unhalted_timer_component, &hv_event_rings_component,
};

#define PARTITION_COMPONENTS (sizeof(partition_components) / sizeof(partition_components[0]))
#define VP_COMPONENTS        (sizeof(vp_components) / sizeof(vp_components[0]))

/* ---- Save ---- */

static hv_status finish(const struct hv_record_writer *writer, size_t *used)
{
    *used = writer->used;
    return writer->used <= writer->size ? HV_STATUS_SUCCESS : HV_STATUS_INSUFFICIENT_BUFFER;
}

hv_status hv_partition_save(struct hv_partition *partition, uint64_t tsc, void *records,
                            size_t size, size_t *used)
{
    struct hv_record_writer writer = { .bytes = records, .size = size, .vp_index = HV_ANY_VP };

    for (size_t i = 0; i < PARTITION_COMPONENTS; i++) {
        hv_record_begin(&writer, &partition_components[i]->kind);
        partition_components[i]->save(partition, tsc, &writer);
        hv_record_end(&writer);
    }
    return finish(&writer, used);
}

static bool has_component(const struct hv_vp *vp, const struct hv_vp_component *component)
{
    return (!component->needs_apic || hv_vp_has_apic(vp)) &&
           (!component->needs_rings || vp->synic.ring_page.page);
}

hv_status hv_vp_save(struct hv_vp *vp, uint64_t tsc, void *records, size_t size, size_t *used)
{
    struct hv_record_writer writer = { .bytes = records, .size = size, .vp_index = vp->index };

    /* What others have posted is on its way no longer. */
    hv_vp_prepare(vp);
    for (size_t i = 0; i < VP_COMPONENTS; i++) {
        if (!has_component(vp, vp_components[i]))
            continue;
        hv_record_begin(&writer, &vp_components[i]->kind);
        vp_components[i]->save(vp, tsc, &writer);
        hv_record_end(&writer);
    }
    return finish(&writer, used);
}

/* ---- Restore ---- */

static hv_status end(const struct hv_record_reader *reader)
{
    return reader->size == 0 ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_SAVE_RESTORE_STATE;
}

static hv_status parse_partition(const void *bytes, size_t size, struct hv_record *records)
{
    struct hv_record_reader reader = { .bytes = bytes, .size = size, .vp_index = HV_ANY_VP };

    for (size_t i = 0; i < PARTITION_COMPONENTS; i++) {
        hv_status status = hv_record_next(&reader, &partition_components[i]->kind, &records[i]);

        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return end(&reader);
}

hv_status hv_partition_restore(struct hv_partition *partition, const struct hv_restore *restore,
                               const void *records, size_t size)
{
    struct hv_record parsed[PARTITION_COMPONENTS];
    hv_status status = parse_partition(records, size, parsed);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_partition_reset(partition);
    for (size_t i = 0; i < PARTITION_COMPONENTS; i++) {
        status = partition_components[i]->restore(partition, restore, &parsed[i]);
        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return HV_STATUS_SUCCESS;
}

static hv_status parse_vp(const struct hv_vp *vp, const void *bytes, size_t size,
                          struct hv_record *records)
{
    struct hv_record_reader reader = { .bytes = bytes, .size = size, .vp_index = vp->index };

    for (size_t i = 0; i < VP_COMPONENTS; i++) {
        hv_status status = HV_STATUS_SUCCESS;

        if (has_component(vp, vp_components[i]))
            status = hv_record_next(&reader, &vp_components[i]->kind, &records[i]);
        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return end(&reader);
}

hv_status hv_vp_restore(struct hv_vp *vp, const struct hv_restore *restore, const void *records,
                        size_t size)
{
    struct hv_record parsed[VP_COMPONENTS];
    hv_status status = parse_vp(vp, records, size, parsed);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_vp_reset(vp);
    for (size_t i = 0; i < VP_COMPONENTS; i++) {
        if (has_component(vp, vp_components[i]))
            status = vp_components[i]->restore(vp, restore, &parsed[i]);
        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return HV_STATUS_SUCCESS;
}
