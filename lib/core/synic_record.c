/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The saved state of a SynIC: its registers and its two pages, whose content is there whether they
 * are placed or not. It comes last: once it is on, messages that wait are delivered.
 */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "mem.h"

_Static_assert(sizeof(((struct hv_synic_payload *)0)->sint) ==
                   HV_SYNIC_SINT_COUNT * sizeof(uint64_t),
               "a register for each SINT");

static void save(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer)
{
    const struct hv_synic *synic = &vp->synic;
    struct hv_synic_payload payload = {
        .scontrol = atomic_load_explicit(&synic->scontrol, memory_order_relaxed),
        .simp = atomic_load_explicit(&synic->simp, memory_order_relaxed),
        .siefp = atomic_load_explicit(&synic->siefp, memory_order_relaxed),
    };

    (void)tsc;
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        payload.sint[i] = atomic_load_explicit(&synic->sint[i], memory_order_relaxed);
    hv_record_put(writer, &payload, sizeof(payload));
    hv_record_put(writer, synic->message_page.page, HV_PAGE_SIZE);
    hv_record_put(writer, synic->event_page.page, HV_PAGE_SIZE);
}

static bool take_pages(struct hv_vp *vp, const struct hv_synic_payload *payload)
{
    struct hv_synic *synic = &vp->synic;
    struct hv_partition *partition = vp->partition;

    return hv_msr_place_page(partition, &synic->siefp, &synic->event_page, payload->siefp) ==
               HV_MSR_OK &&
           hv_msr_place_page(partition, &synic->simp, &synic->message_page, payload->simp) ==
               HV_MSR_OK;
}

static bool take_sints(struct hv_vp *vp, const struct hv_synic_payload *payload)
{
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        if (hv_synic_write(vp, HV_X64_MSR_SINT0 + i, payload->sint[i]) != HV_MSR_OK)
            return false;
    return true;
}

static hv_status restore_synic(struct hv_vp *vp, const struct hv_restore *restore,
                               const struct hv_record *record)
{
    struct hv_synic *synic = &vp->synic;
    struct hv_synic_payload payload;

    memcpy(&payload, record->bytes, sizeof(payload));
    if (!take_sints(vp, &payload))
        return HV_STATUS_INVALID_PARAMETER;
    memcpy(synic->message_page.page, record->bytes + sizeof(payload), HV_PAGE_SIZE);
    memcpy(synic->event_page.page, record->bytes + sizeof(payload) + HV_PAGE_SIZE, HV_PAGE_SIZE);
    if (!take_pages(vp, &payload))
        return HV_STATUS_INSUFFICIENT_MEMORY;
    atomic_store_explicit(&synic->scontrol, payload.scontrol, memory_order_relaxed);
    /* Slots that the guest has emptied before it was saved are looked for at the next chance. */
    if (synic->waiting)
        synic->retry = restore->tsc;
    hv_apic_touch(&vp->apic);
    return HV_STATUS_SUCCESS;
}

const struct hv_vp_component hv_synic_component = {
    .kind = { .component = HV_RECORD_SYNIC,
              .version = 1,
              .fixed = sizeof(struct hv_synic_payload) + 2 * HV_PAGE_SIZE },
    .save = save,
    .restore = restore_synic,
};
