/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The register page: what an emulator in the parent needs of a VP at an intercept. It is valid from
 * an intercept until the VP runs again; what the parent has marked as changed is taken then. The
 * parent can write to it at any time, so everything is read once and checked as any other value of
 * a register is.
 */
#include <stddef.h>

#include "core.h"
#include "mem.h"
#include "vp_state_page.h"

#define XMM_REGISTERS     6
#define SEGMENT_REGISTERS 6

#define AT(field) offsetof(struct hv_vp_register_page, field)

#define SHOWN(shown, field)                                                                       \
    _Static_assert(AT(field) - AT(xmm_registers) == offsetof(struct hv_shown_registers, shown) && \
                       sizeof(((struct hv_vp_register_page *)NULL)->field) ==                     \
                           sizeof(((struct hv_shown_registers *)NULL)->shown),                    \
                   "the page has what is shown as it is")

_Static_assert(AT(interrupt_vector_count) % sizeof(uint64_t) == 0,
               "vectors and their number are taken at once");
_Static_assert(sizeof(((struct hv_vp_register_page *)NULL)->gp_registers) ==
                   sizeof(((struct hv_gprs *)NULL)->gpr),
               "registers are in the order of their names");
SHOWN(xmm, xmm_registers);
SHOWN(segments, segment_registers);
SHOWN(cr0, cr0);
SHOWN(cr3, cr3);
SHOWN(cr4, cr4);
SHOWN(cr8, cr8);
SHOWN(efer, efer);
SHOWN(dr7, dr7);
SHOWN(pending_interruption, pending_interruption);
SHOWN(interrupt_state, interrupt_state);
SHOWN(emulation_hints, instruction_emulation_hints);
SHOWN(xfem, xfem);

/* ---- Filling ---- */

struct hv_shown_registers *hv_register_page_shown(struct hv_vp_register_page *page)
{
    return (void *)((uint8_t *)page + AT(xmm_registers));
}

void hv_register_page_fill(struct hv_vp_register_page *page, const struct hv_gprs *gprs,
                           uint8_t cr8)
{
    page->version = HV_VP_REGISTER_PAGE_VERSION_1;
    page->dirty = 0;
    memcpy(page->gp_registers, gprs->gpr, sizeof(page->gp_registers));
    page->rip = gprs->rip;
    page->rflags = gprs->rflags;
    page->cr8 = cr8;
    page->is_valid = 1;
}

/* ---- Taking ---- */

uint64_t hv_register_page_take_vectors(struct hv_vp *vp)
{
    struct hv_vp_register_page *page = hv_state_page(vp, HvVpStatePageRegisters);
    void *field;

    if (!page)
        return 0;
    field = &page->interrupt_vector_count;
    /* Who adds a vector compares all of it. */
    return __atomic_exchange_n((uint64_t *)field, 0, __ATOMIC_ACQUIRE);
}

/* They are all of the architecture, which the back end has. */
static hv_status set(struct hv_vp *vp, uint32_t first, const uint8_t *values, uint32_t count,
                     size_t size)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    for (uint32_t i = 0; i < count; i++) {
        struct hv_register128 value = { 0 };
        hv_status status;

        memcpy(&value, values + i * size, size);
        status = cpu->set_register(cpu->context, vp, first + i, &value);
        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return HV_STATUS_SUCCESS;
}

/* A class of registers that the page has, of which not every value will do. */
struct class
{
    uint32_t first, count;
    uint16_t offset, size;
};

/* By the numbers of their bits. */
#define CLASS(dirty) [__builtin_ctz(HV_VP_REGISTER_PAGE_DIRTY_##dirty)]

static const struct class classes[] = {
    CLASS(IP) = { HvX64RegisterRip, 1, AT(rip), sizeof(uint64_t) },
    CLASS(XMM) = { HvX64RegisterXmm0, XMM_REGISTERS, AT(xmm_registers), sizeof(struct hv_u128) },
    CLASS(SEGMENT) = { HvX64RegisterEs, SEGMENT_REGISTERS, AT(segment_registers),
                       sizeof(struct hv_u128) },
    CLASS(FLAGS) = { HvX64RegisterRflags, 1, AT(rflags), sizeof(uint64_t) },
};

#define WITH_CLASS                                                  \
    (HV_VP_REGISTER_PAGE_DIRTY_IP | HV_VP_REGISTER_PAGE_DIRTY_XMM | \
     HV_VP_REGISTER_PAGE_DIRTY_SEGMENT | HV_VP_REGISTER_PAGE_DIRTY_FLAGS)

/* Any value is one for them. */
static void take_gprs(struct hv_vp *vp, const struct hv_vp_register_page *page)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    struct hv_gprs *gprs = cpu->gprs(cpu->context, vp);

    memcpy(gprs->gpr, page->gp_registers, sizeof(gprs->gpr));
}

hv_status hv_register_page_take(struct hv_vp *vp)
{
    struct hv_vp_register_page *page = hv_state_page(vp, HvVpStatePageRegisters);
    const void *field;
    uint32_t dirty;

    if (!page || !__atomic_exchange_n(&page->is_valid, 0, __ATOMIC_ACQUIRE))
        return HV_STATUS_SUCCESS;
    field = &page->dirty;
    dirty = __atomic_load_n((const uint32_t *)field, __ATOMIC_RELAXED);
    if (dirty & HV_VP_REGISTER_PAGE_DIRTY_GENERAL)
        take_gprs(vp, page);
    for (dirty &= WITH_CLASS; dirty != 0; dirty &= dirty - 1) {
        const struct class *class = &classes[__builtin_ctz(dirty)];

        if (set(vp, class->first, (const uint8_t *)page + class->offset, class->count,
                class->size) != HV_STATUS_SUCCESS)
            return HV_STATUS_INVALID_REGISTER_VALUE;
    }
    return HV_STATUS_SUCCESS;
}
