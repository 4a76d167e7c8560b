/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "vp.h"

#include "gva.h"
#include "mem.h"

/* All general registers, RIP, RFLAGS, CR2 and the exception. */
#define MAX_WRITTEN (WORKER_GPRS + 4)

void worker_vp_start(struct worker_vp *vp, struct worker_guest *guest,
                     const struct hv_x64_intercept_message_header *header, uint64_t now)
{
    vp->guest = guest;
    vp->now = now;
    vp->index = header->vp_index;
    vp->header = header;
    vp->length = header->instruction_length & HV_X64_INTERCEPT_INSTRUCTION_LENGTH_MASK;
    vp->rflags = header->rflags;
    vp->gpr_known = vp->gpr_changed = vp->segment_known = vp->translations = 0;
    vp->end = WORKER_VP_COMPLETED;
    worker_vp_know_segment(vp, HV_INSN_CS, &header->cs_segment);
}

/* ---- Registers ---- */

void worker_vp_know(struct worker_vp *vp, unsigned gpr, uint64_t value)
{
    vp->gpr[gpr] = value;
    vp->gpr_known |= 1u << gpr;
}

void worker_vp_know_segment(struct worker_vp *vp, unsigned segment,
                            const struct hv_x64_segment_register *value)
{
    vp->segment[segment] = *value;
    vp->segment_known |= 1u << segment;
}

static bool get(struct worker_vp *vp, const uint32_t *names, union hv_register_value *values,
                uint32_t count)
{
    const struct worker_vid *vid = vp->guest->vid;
    hv_status status = vid->get_registers(vid->context, vp->index, names, values, count);

    return status == HV_STATUS_SUCCESS || worker_vp_failed(vp, status);
}

bool worker_vp_load_gprs(struct worker_vp *vp)
{
    uint32_t names[WORKER_GPRS];
    union hv_register_value values[WORKER_GPRS];

    if (vp->gpr_known == (1u << WORKER_GPRS) - 1)
        return true;
    for (uint32_t i = 0; i < WORKER_GPRS; i++)
        names[i] = HvX64RegisterRax + i;
    if (!get(vp, names, values, WORKER_GPRS))
        return false;
    for (unsigned i = 0; i < WORKER_GPRS; i++)
        if (!(vp->gpr_known & 1u << i))
            worker_vp_know(vp, i, values[i].reg64);
    return true;
}

bool worker_vp_load_segment(struct worker_vp *vp, unsigned segment)
{
    uint32_t name = HvX64RegisterEs + segment;
    union hv_register_value value;

    if (vp->segment_known & 1u << segment)
        return true;
    if (!get(vp, &name, &value, 1))
        return false;
    worker_vp_know_segment(vp, segment, &value.segment);
    return true;
}

static uint64_t mask_of(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size)) - 1;
}

uint64_t worker_vp_get(const struct worker_vp *vp, unsigned gpr, unsigned size, bool high_byte)
{
    return (high_byte ? vp->gpr[gpr] >> 8 : vp->gpr[gpr]) & mask_of(size);
}

void worker_vp_set(struct worker_vp *vp, unsigned gpr, unsigned size, bool high_byte,
                   uint64_t value)
{
    uint64_t mask = size == 4 ? UINT64_MAX : mask_of(size);

    value &= mask_of(size);
    if (high_byte) {
        mask <<= 8;
        value <<= 8;
    }
    vp->gpr[gpr] = (vp->gpr[gpr] & ~mask) | value;
    vp->gpr_changed |= 1u << gpr;
}

/* ---- The instruction ---- */

enum hv_insn_mode worker_vp_mode(const struct worker_vp *vp)
{
    uint16_t attributes = vp->header->cs_segment.attributes;

    if ((vp->header->execution_state & HV_X64_VP_EXECUTION_STATE_EFER_LMA) &&
        (attributes & HV_X64_SEGMENT_LONG))
        return HV_INSN_64;
    return attributes & HV_X64_SEGMENT_DEFAULT ? HV_INSN_32 : HV_INSN_16;
}

/* As many bytes as are mapped, from the one at RIP on. */
static bool fetch(struct worker_vp *vp, uint8_t bytes[HV_INSN_MAX_LENGTH], unsigned *count)
{
    uint64_t linear = worker_gva_code(vp);
    unsigned on_page = (unsigned)(HV_PAGE_SIZE - linear % HV_PAGE_SIZE);

    *count = on_page < HV_INSN_MAX_LENGTH ? on_page : HV_INSN_MAX_LENGTH;
    return worker_gva_fetch(vp, linear, bytes, *count);
}

static bool fetch_rest(struct worker_vp *vp, uint8_t bytes[HV_INSN_MAX_LENGTH], unsigned count)
{
    return worker_gva_fetch(vp, worker_gva_code(vp) + count, bytes + count,
                            HV_INSN_MAX_LENGTH - count);
}

static bool decoded(struct worker_vp *vp, enum hv_insn_status status, const struct hv_insn *insn)
{
    if (status != HV_INSN_OK)
        return worker_vp_unsupported(vp, "an instruction that can't be decoded");
    vp->length = insn->length;
    return true;
}

bool worker_vp_decode(struct worker_vp *vp, const uint8_t *bytes, unsigned count,
                      struct hv_insn *insn)
{
    enum hv_insn_mode mode = worker_vp_mode(vp);
    uint8_t fetched[HV_INSN_MAX_LENGTH];
    enum hv_insn_status status = hv_insn_decode(bytes, count, mode, insn);

    if (status != HV_INSN_TRUNCATED)
        return decoded(vp, status, insn);
    if (!fetch(vp, fetched, &count))
        return false;
    status = hv_insn_decode(fetched, count, mode, insn);
    if (status == HV_INSN_TRUNCATED && count < HV_INSN_MAX_LENGTH) {
        if (!fetch_rest(vp, fetched, count))
            return false;
        status = hv_insn_decode(fetched, HV_INSN_MAX_LENGTH, mode, insn);
    }
    return decoded(vp, status, insn);
}

/* ---- Its end ---- */

bool worker_vp_raise(struct worker_vp *vp, enum worker_vector vector, uint32_t error_code)
{
    vp->end = WORKER_VP_EXCEPTION;
    vp->vector = (uint8_t)vector;
    vp->error_code = error_code;
    return false;
}

bool worker_vp_raise_page_fault(struct worker_vp *vp, uint64_t linear, uint32_t error_code)
{
    vp->cr2 = linear;
    return worker_vp_raise(vp, WORKER_PAGE_FAULT, error_code);
}

bool worker_vp_unsupported(struct worker_vp *vp, const char *reason)
{
    vp->end = WORKER_VP_UNSUPPORTED;
    vp->guest->reason = reason;
    return false;
}

bool worker_vp_failed(struct worker_vp *vp, hv_status status)
{
    vp->end = WORKER_VP_FAILED;
    vp->guest->status = status;
    return false;
}

struct register_list {
    struct worker_register entry[MAX_WRITTEN];
    struct worker_register *next;
};

static void add(struct register_list *list, uint32_t name, uint64_t value)
{
    struct worker_register *entry = list->next++;

    entry->name = name;
    entry->value.reg128 = (struct hv_u128){ .low = value };
}

static void add_gpr(const struct worker_vp *vp, struct register_list *list, unsigned gpr)
{
    add(list, HvX64RegisterRax + gpr, vp->gpr[gpr]);
}

static uint64_t next_rip(const struct worker_vp *vp)
{
    uint64_t rip = vp->header->rip + vp->length;

    return worker_vp_mode(vp) == HV_INSN_64 ? rip : rip & UINT32_MAX;
}

static uint64_t next_rflags(const struct worker_vp *vp)
{
    return vp->rflags & ~WORKER_RFLAGS_RF;
}

static void add_next_instruction(const struct worker_vp *vp, struct register_list *list)
{
    add(list, HvX64RegisterRip, next_rip(vp));
    if (next_rflags(vp) != vp->header->rflags)
        add(list, HvX64RegisterRflags, next_rflags(vp));
}

static void add_exception(const struct worker_vp *vp, struct register_list *list)
{
    if (vp->vector == WORKER_PAGE_FAULT)
        add(list, HvX64RegisterCr2, vp->cr2);
    add(list, HvRegisterPendingInterruption,
        HV_X64_PENDING_INTERRUPTION_PENDING |
            HvX64PendingException << HV_X64_PENDING_INTERRUPTION_TYPE_SHIFT |
            HV_X64_PENDING_INTERRUPTION_DELIVER_ERROR_CODE |
            (uint64_t)vp->vector << HV_X64_PENDING_INTERRUPTION_VECTOR_SHIFT |
            (uint64_t)vp->error_code << HV_X64_PENDING_INTERRUPTION_ERROR_CODE_SHIFT);
}

/* What most intercepts change is in the VP's page, if the host has one; then there is no list. */
static bool finish_in_page(const struct worker_vp *vp)
{
    const struct worker_vid *vid = vp->guest->vid;
    struct hv_vp_register_page *page =
        vid->register_page ? vid->register_page(vid->context, vp->index) : NULL;
    uint32_t dirty = HV_VP_REGISTER_PAGE_DIRTY_IP;

    if (!page)
        return false;
    for (uint32_t left = vp->gpr_changed; left != 0; left &= left - 1) {
        unsigned gpr = (unsigned)__builtin_ctz(left);

        page->gp_registers[gpr] = vp->gpr[gpr];
        dirty |= HV_VP_REGISTER_PAGE_DIRTY_GENERAL;
    }
    page->rip = next_rip(vp);
    if (next_rflags(vp) != vp->header->rflags) {
        page->rflags = next_rflags(vp);
        dirty |= HV_VP_REGISTER_PAGE_DIRTY_FLAGS;
    }
    page->dirty |= dirty;
    return true;
}

static void list_changes(const struct worker_vp *vp, struct register_list *list)
{
    for (uint32_t left = vp->gpr_changed; left != 0; left &= left - 1)
        add_gpr(vp, list, (unsigned)__builtin_ctz(left));
    if (vp->end == WORKER_VP_COMPLETED)
        add_next_instruction(vp, list);
    if (vp->end == WORKER_VP_EXCEPTION)
        add_exception(vp, list);
}

enum worker_result worker_vp_finish(struct worker_vp *vp)
{
    const struct worker_vid *vid = vp->guest->vid;
    struct register_list list;
    hv_status status;

    if (vp->end == WORKER_VP_UNSUPPORTED)
        return WORKER_UNSUPPORTED;
    if (vp->end == WORKER_VP_FAILED)
        return WORKER_FAILED;
    if (vp->guest->stopped)
        return WORKER_STOPPED;
    list.next = list.entry;
    if (vp->end != WORKER_VP_COMPLETED || !finish_in_page(vp))
        list_changes(vp, &list);
    status = vid->resume(vid->context, vp->index, list.entry, (uint32_t)(list.next - list.entry));
    return status == HV_STATUS_SUCCESS || worker_vp_failed(vp, status) ? WORKER_GOES_ON
                                                                       : WORKER_FAILED;
}
