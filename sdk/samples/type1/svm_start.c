/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A VP that waits for its start-up is started in a state that the guest has prepared. */
#include <hv/abi/tlfs.h>

#include "string.h"
#include "svm.h"

/* A register, and where the state has it. */
struct initial {
    uint32_t name;
    uint16_t offset, size;
};

#define AT(register_, field_)                                                \
    {                                                                        \
        register_, __builtin_offsetof(struct hv_initial_vp_context, field_), \
            sizeof(((struct hv_initial_vp_context *)0)->field_)              \
    }

/* In the order in which software would set them: long mode before paging, CS before RIP, since each
   is checked against those that are there. */
static const struct initial registers[] = {
    AT(HvX64RegisterEfer, efer), AT(HvX64RegisterCr4, cr4),   AT(HvX64RegisterCr3, cr3),
    AT(HvX64RegisterCr0, cr0),   AT(HvX64RegisterCs, cs),     AT(HvX64RegisterDs, ds),
    AT(HvX64RegisterEs, es),     AT(HvX64RegisterFs, fs),     AT(HvX64RegisterGs, gs),
    AT(HvX64RegisterSs, ss),     AT(HvX64RegisterTr, tr),     AT(HvX64RegisterLdtr, ldtr),
    AT(HvX64RegisterIdtr, idtr), AT(HvX64RegisterGdtr, gdtr), AT(HvX64RegisterRflags, rflags),
    AT(HvX64RegisterRip, rip),   AT(HvX64RegisterRsp, rsp),   AT(HvX64RegisterPat, msr_cr_pat),
};

static hv_status apply(struct hv_vp *vp, const struct hv_initial_vp_context *initial)
{
    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        struct hv_register128 value = { 0 };
        hv_status status;

        memcpy(&value, (const uint8_t *)initial + registers[i].offset, registers[i].size);
        status = svm_set_register(NULL, vp, registers[i].name, &value);
        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return HV_STATUS_SUCCESS;
}

hv_status svm_start(void *context, struct hv_vp *hv_vp, const struct hv_initial_vp_context *initial)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp);
    hv_status status;

    (void)context;
    if (vp->activity != SVM_WAIT_FOR_STARTUP)
        return HV_STATUS_INVALID_VP_STATE;
    status = apply(hv_vp, initial);
    if (status != HV_STATUS_SUCCESS) {
        /* PAT comes last, so that what is left to undo is what INIT sets. */
        svm_set_init_state(vp);
        return status;
    }
    vp->activity = SVM_RUNNING;
    return HV_STATUS_SUCCESS;
}
