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

#define OTHERS                                                           \
    (HV_VP_REGISTER_PAGE_DIRTY_XMM | HV_VP_REGISTER_PAGE_DIRTY_SEGMENT | \
     HV_VP_REGISTER_PAGE_DIRTY_FLAGS)

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

/* These are registers of the architecture, which the back end has. */

static bool set(struct hv_vp *vp, uint32_t name, const struct hv_register128 *value)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    return cpu->set_register(cpu->context, vp, name, value) == HV_STATUS_SUCCESS;
}

static inline bool set_word(struct hv_vp *vp, uint32_t name, uint64_t word)
{
    const struct hv_register128 value = { .low = word };

    return set(vp, name, &value);
}

static bool set_wide(struct hv_vp *vp, uint32_t first, const void *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct hv_register128 value;

        memcpy(&value, (const uint8_t *)values + i * sizeof(value), sizeof(value));
        if (!set(vp, first + i, &value))
            return false;
    }
    return true;
}

/* One among the same 2 GiB as the VP's is as valid as that in each mode: mostly that of the next
 * instruction. */
static bool take_rip(struct hv_vp *vp, struct hv_gprs *gprs, const struct hv_vp_register_page *page)
{
    const void *field = &page->rip;
    uint64_t rip = __atomic_load_n((const uint64_t *)field, __ATOMIC_RELAXED);

    if (__builtin_expect((rip ^ gprs->rip) >> 31 != 0, false))
        return set_word(vp, HvX64RegisterRip, rip);
    gprs->rip = rip;
    return true;
}

/* What an access to a device leaves as it is, but for the flags of some. */
static __attribute__((noinline)) bool
take_others(struct hv_vp *vp, const struct hv_vp_register_page *page, uint32_t dirty)
{
    if ((dirty & HV_VP_REGISTER_PAGE_DIRTY_XMM) &&
        !set_wide(vp, HvX64RegisterXmm0, page->xmm_registers, XMM_REGISTERS))
        return false;
    if ((dirty & HV_VP_REGISTER_PAGE_DIRTY_SEGMENT) &&
        !set_wide(vp, HvX64RegisterEs, page->segment_registers, SEGMENT_REGISTERS))
        return false;
    return !(dirty & HV_VP_REGISTER_PAGE_DIRTY_FLAGS) ||
           set_word(vp, HvX64RegisterRflags, page->rflags);
}

/* What follows a value that is refused is not taken. */
static bool take(struct hv_vp *vp, const struct hv_vp_register_page *page, uint32_t dirty)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);
    struct hv_gprs *gprs = cpu->gprs(cpu->context, vp);

    if (dirty & HV_VP_REGISTER_PAGE_DIRTY_GENERAL)
        memcpy(gprs->gpr, page->gp_registers, sizeof(gprs->gpr));
    if ((dirty & HV_VP_REGISTER_PAGE_DIRTY_IP) && !take_rip(vp, gprs, page))
        return false;
    return __builtin_expect(!(dirty & OTHERS), true) || take_others(vp, page, dirty);
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
    return take(vp, page, dirty) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_REGISTER_VALUE;
}
