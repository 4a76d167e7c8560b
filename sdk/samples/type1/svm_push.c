/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A push that the hypervisor carries out for the guest. */
#include "cpu.h"
#include "fetch.h"
#include "gva.h"
#include "string.h"
#include "svm.h"

#define SEGMENT_DEFAULT (1u << 10)
#define PF_WRITE        2u
#define PF_USER         4u

static uint64_t stack_mask(const struct svm_vp *vp)
{
    if (fetch_mode(vp) == HV_INSN_64)
        return UINT64_MAX;
    return (vp->vmcb->ss.attributes & SEGMENT_DEFAULT) ? UINT32_MAX : UINT16_MAX;
}

static bool raise_page_fault(struct svm_vp *vp, uint64_t linear, bool present)
{
    vp->vmcb->cr2 = linear;
    svm_touch(vp, VMCB_CLEAN_CR2);
    svm_raise(vp, VECTOR_PF, true,
              PF_WRITE | (vp->vmcb->cpl == 3 ? PF_USER : 0) | (present ? 1u : 0u));
    return false;
}

/* The stack pointer is aligned in practice; one that is not may lie across pages. In a section. */
static bool store_bytes(struct svm_vp *vp, uint64_t linear, uint32_t value, uint64_t *fault,
                        bool *present)
{
    uint8_t *bytes[sizeof(value)];

    for (unsigned i = 0; i < sizeof(value); i++) {
        bytes[i] = gva_store_pointer(vp, linear + i, present);
        *fault = linear + i;
        if (!bytes[i])
            return false;
    }
    for (unsigned i = 0; i < sizeof(value); i++)
        *(volatile uint8_t *)bytes[i] = (uint8_t)(value >> 8 * i);
    return true;
}

/* No page may go to somebody else meanwhile. */
static bool store(struct svm_vp *vp, uint64_t linear, uint32_t value, uint64_t *fault,
                  bool *present)
{
    void *section = hv_address_enter(hv_vp_partition(vp->vp));
    bool done = store_bytes(vp, linear, value, fault, present);

    hv_address_leave(section);
    return done;
}

bool svm_push(void *context, struct hv_vp *hv_vp, uint32_t value)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp);
    uint64_t mask = stack_mask(vp), *rsp = &vp->gprs.gpr[HV_GPR_RSP];
    uint64_t top = (*rsp - sizeof(value)) & mask;
    uint64_t linear = fetch_mode(vp) == HV_INSN_64 ? top : (vp->vmcb->ss.base + top) & UINT32_MAX;
    uint64_t fault;
    bool present;

    (void)context;
    if (!store(vp, linear, value, &fault, &present))
        return raise_page_fault(vp, fault, present);
    *rsp = (*rsp & ~mask) | top;
    return true;
}
