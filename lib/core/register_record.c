/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The saved registers of the architecture: those that the back end knows, each with its name. They
 * come in the order in which software would set them, since the back end may check each against
 * those that are there: long mode before paging, segments before RIP.
 */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "mem.h"

static const struct range {
    uint32_t first, last;
} ranges[] = {
    { HvX64RegisterEfer, HvX64RegisterEfer },
    { HvX64RegisterCr4, HvX64RegisterCr4 },
    { HvX64RegisterCr3, HvX64RegisterCr3 },
    { HvX64RegisterCr0, HvX64RegisterCr0 },
    { HvX64RegisterCr2, HvX64RegisterCr2 },
    { HvX64RegisterCr8, HvX64RegisterXfem },
    { HvX64RegisterXss, HvX64RegisterXss },
    { HvX64RegisterEs, HvX64RegisterTr },
    { HvX64RegisterIdtr, HvX64RegisterGdtr },
    { HvX64RegisterRax, HvX64RegisterRflags },
    { HvX64RegisterXmm0, HvX64RegisterXmmControlStatus },
    { HvX64RegisterYmm0Low, HvX64RegisterYmm15High },
    { HvX64RegisterDr0, HvX64RegisterDr7 },
    { HvX64RegisterKernelGsBase, HvX64RegisterSfmask },
    { HvX64RegisterMsrMtrrDefType, HvX64RegisterMsrMtrrFix4kF8000 },
    { HvX64RegisterTscAux, HvX64RegisterDebugCtl },
    { HvX64RegisterSpecCtrl, HvX64RegisterSpecCtrl },
    { HvX64RegisterVirtSpecCtrl, HvX64RegisterVirtSpecCtrl },
    { HvX64RegisterTsxCtrl, HvX64RegisterTsxCtrl },
    { HvX64RegisterUCet, HvX64RegisterInterruptSspTableAddr },
    { HvX64RegisterTscDeadline, HvX64RegisterTscDeadline },
    { HvX64RegisterUmwaitControl, HvX64RegisterXfdErr },
    { HvRegisterPendingInterruption, HvRegisterPendingEvent1 },
    { HvX64RegisterPendingDebugException, HvRegisterPendingEvent3 },
    { HvRegisterInternalActivityState, HvRegisterInternalActivityState },
};

/* Where the list of names stands. */
struct cursor {
    size_t range;
    uint32_t offset; /* in it */
};

/* False at the end. */
static bool next_name(struct cursor *cursor, uint32_t *name)
{
    const struct range *range = &ranges[cursor->range];

    if (cursor->range == sizeof(ranges) / sizeof(ranges[0]))
        return false;
    *name = range->first + cursor->offset;
    if (*name == range->last) {
        cursor->range++;
        cursor->offset = 0;
    } else {
        cursor->offset++;
    }
    return true;
}

/* Whether it is in another record, as part of the local APIC. */
static bool is_of_apic(const struct hv_vp *vp, uint32_t name)
{
    return hv_vp_has_apic(vp) && (name == HvX64RegisterCr8 || name == HvX64RegisterApicBase ||
                                  name == HvX64RegisterTscDeadline);
}

static void save(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    struct cursor cursor = { 0 };
    uint32_t name;

    (void)tsc;
    while (next_name(&cursor, &name)) {
        struct hv_register_payload payload = { .name = name };

        if (!is_of_apic(vp, name) &&
            cpu->get_register(cpu->context, vp, name, &payload.value) == HV_STATUS_SUCCESS)
            hv_record_put(writer, &payload, sizeof(payload));
    }
}

static bool find_next(struct cursor *cursor, uint32_t wanted)
{
    uint32_t name;

    while (next_name(cursor, &name))
        if (name == wanted)
            return true;
    return false;
}

static uint32_t count_of(const struct hv_record *record)
{
    return hv_record_elements(record, &hv_registers_component.kind);
}

static struct hv_register_payload element(const struct hv_record *record, uint32_t index)
{
    struct hv_register_payload payload;

    memcpy(&payload, hv_record_element(record, &hv_registers_component.kind, index),
           sizeof(payload));
    return payload;
}

/* Names that are on the list, in its order, each once. */
static hv_status check(const struct hv_vp *vp, const struct hv_record *record)
{
    struct cursor cursor = { 0 };

    for (uint32_t i = 0; i < count_of(record); i++) {
        struct hv_register_payload payload = element(record, i);

        if (payload.zero || is_of_apic(vp, payload.name) || !find_next(&cursor, payload.name))
            return HV_STATUS_INVALID_PARAMETER;
    }
    return HV_STATUS_SUCCESS;
}

static hv_status restore_registers(struct hv_vp *vp, const struct hv_restore *restore,
                                   const struct hv_record *record)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    hv_status status = check(vp, record);

    (void)restore;
    for (uint32_t i = 0; status == HV_STATUS_SUCCESS && i < count_of(record); i++) {
        struct hv_register_payload payload = element(record, i);

        status = cpu->set_register(cpu->context, vp, payload.name, &payload.value);
    }
    return status;
}

const struct hv_vp_component hv_registers_component = {
    .kind = { .component = HV_RECORD_REGISTERS,
              .version = 1,
              .element = sizeof(struct hv_register_payload) },
    .save = save,
    .restore = restore_registers,
};
