/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* APM vol. 2, 4.5 (segments) and 5.3 (page faults). */
#include "gva.h"

#include "mem.h"
#include "physical.h"
#include "vp.h"

#define ERROR_PRESENT  0x01u
#define ERROR_WRITE    0x02u
#define ERROR_USER     0x04u
#define ERROR_RESERVED 0x08u
#define ERROR_FETCH    0x10u

#define SEGMENT_EXPAND_DOWN 0x4u /* of a data segment's type */
#define SEGMENT_CODE        0x8u

/* Pieces of an access of up to two pages. */
struct span {
    uint64_t gpa[2];
    unsigned size[2];
};

/* ---- Segments ---- */

uint64_t worker_gva_code(const struct worker_vp *vp)
{
    if (worker_vp_mode(vp) == HV_INSN_64)
        return vp->header->rip;
    return (vp->header->cs_segment.base + vp->header->rip) & UINT32_MAX;
}

static bool is_in_limit(const struct hv_x64_segment_register *segment, uint64_t offset,
                        unsigned size)
{
    uint64_t last = offset + size - 1;

    if (!(segment->attributes & SEGMENT_CODE) && (segment->attributes & SEGMENT_EXPAND_DOWN))
        return offset > segment->limit &&
               last <= (segment->attributes & HV_X64_SEGMENT_DEFAULT ? UINT32_MAX : UINT16_MAX);
    return last >= offset && last <= segment->limit;
}

bool worker_gva_linear(struct worker_vp *vp, unsigned segment, uint64_t offset, unsigned size,
                       uint64_t *linear)
{
    bool is_long = worker_vp_mode(vp) == HV_INSN_64;

    if (is_long && segment < HV_INSN_FS) {
        *linear = offset;
        return true;
    }
    if (!worker_vp_load_segment(vp, segment))
        return false;
    *linear = vp->segment[segment].base + offset;
    if (is_long)
        return true;
    *linear &= UINT32_MAX;
    if (!is_in_limit(&vp->segment[segment], offset, size))
        return worker_vp_raise(vp, segment == HV_INSN_SS ? WORKER_SS_FAULT : WORKER_GP_FAULT, 0);
    return true;
}

/* ---- The guest's page tables ---- */

void worker_gva_know(struct worker_vp *vp, uint64_t gva, uint64_t gpa, uint64_t flags)
{
    vp->translation[vp->translations++ % WORKER_TRANSLATIONS] = (struct worker_translation){
        .gva_page = gva / HV_PAGE_SIZE, .gpa_page = gpa / HV_PAGE_SIZE, .flags = flags
    };
}

static bool is_known(const struct worker_vp *vp, uint64_t linear, uint64_t flags, uint64_t *gpa)
{
    for (unsigned i = 0; i < WORKER_TRANSLATIONS && i < vp->translations; i++) {
        const struct worker_translation *known = &vp->translation[i];

        if (known->gva_page == linear / HV_PAGE_SIZE && (known->flags & flags) == flags) {
            *gpa = known->gpa_page * HV_PAGE_SIZE + linear % HV_PAGE_SIZE;
            return true;
        }
    }
    return false;
}

static bool raise_page_fault(struct worker_vp *vp, uint64_t linear, uint64_t flags, uint32_t code)
{
    uint32_t error = 0;

    if (code != HvTranslateGvaPageNotPresent)
        error |= ERROR_PRESENT;
    if (code == HvTranslateGvaInvalidPageTableFlags)
        error |= ERROR_RESERVED;
    if (flags & HV_TRANSLATE_GVA_VALIDATE_WRITE)
        error |= ERROR_WRITE;
    if (flags & HV_TRANSLATE_GVA_VALIDATE_EXECUTE)
        error |= ERROR_FETCH;
    if ((vp->header->execution_state & HV_X64_VP_EXECUTION_STATE_CPL_MASK) == 3)
        error |= ERROR_USER;
    return worker_vp_raise_page_fault(vp, linear, error);
}

static bool translate(struct worker_vp *vp, uint64_t linear, uint64_t flags, uint64_t *gpa)
{
    const struct worker_vid *vid = vp->guest->vid;
    uint32_t code;
    hv_status status;

    if (is_known(vp, linear, flags, gpa))
        return true;
    status = vid->translate(vid->context, vp->index, linear,
                            flags | HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS, gpa, &code);
    if (status != HV_STATUS_SUCCESS)
        return worker_vp_failed(vp, status);
    if (code >= HvTranslateGvaPageNotPresent && code <= HvTranslateGvaInvalidPageTableFlags)
        return raise_page_fault(vp, linear, flags, code);
    if (code != HvTranslateGvaSuccess)
        return worker_vp_unsupported(vp, "page tables outside of memory");
    worker_gva_know(vp, linear, *gpa, flags);
    return true;
}

/* Both pages, before anything is read or written. */
static bool find(struct worker_vp *vp, uint64_t linear, unsigned size, uint64_t flags,
                 struct span *span)
{
    unsigned on_page = (unsigned)(HV_PAGE_SIZE - linear % HV_PAGE_SIZE);
    uint64_t next = linear + on_page;

    span->size[0] = size < on_page ? size : on_page;
    span->size[1] = size - span->size[0];
    if (!translate(vp, linear, flags, &span->gpa[0]))
        return false;
    if (worker_vp_mode(vp) != HV_INSN_64)
        next &= UINT32_MAX;
    return span->size[1] == 0 || translate(vp, next, flags, &span->gpa[1]);
}

/* ---- Accesses ---- */

bool worker_gva_fetch(struct worker_vp *vp, uint64_t linear, uint8_t *bytes, unsigned size)
{
    uint64_t gpa;

    if (!translate(vp, linear, HV_TRANSLATE_GVA_VALIDATE_EXECUTE, &gpa))
        return false;
    if (!worker_memory_read(&vp->guest->memory, gpa, bytes, size))
        return worker_vp_unsupported(vp, "an instruction outside of memory");
    return true;
}

bool worker_gva_probe_write(struct worker_vp *vp, uint64_t linear, unsigned size)
{
    struct span span;

    return find(vp, linear, size, HV_TRANSLATE_GVA_VALIDATE_WRITE, &span);
}

bool worker_gva_read(struct worker_vp *vp, uint64_t linear, unsigned size, uint64_t *value)
{
    struct span span;

    if (!find(vp, linear, size, HV_TRANSLATE_GVA_VALIDATE_READ, &span))
        return false;
    *value = worker_physical_read(vp->guest, span.gpa[0], span.size[0], vp->now);
    if (span.size[1] != 0)
        *value |= worker_physical_read(vp->guest, span.gpa[1], span.size[1], vp->now)
                  << (8 * span.size[0]);
    return true;
}

bool worker_gva_write(struct worker_vp *vp, uint64_t linear, unsigned size, uint64_t value)
{
    struct span span;

    if (!find(vp, linear, size, HV_TRANSLATE_GVA_VALIDATE_WRITE, &span))
        return false;
    worker_physical_write(vp->guest, span.gpa[0], span.size[0], value, vp->now);
    if (span.size[1] != 0)
        worker_physical_write(vp->guest, span.gpa[1], span.size[1], value >> (8 * span.size[0]),
                              vp->now);
    return true;
}
