/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What back ends ask about registers. */
#include <stddef.h>

#include <hv/abi/tlfs.h>
#include <hv/platform.h>
#include <hv/register.h>

#include "mem.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- MSRs (TLFS: HV_REGISTER_NAME; APM vol. 2, appendix A) ---- */

struct range {
    uint32_t first, last; /* names */
    uint32_t msr;         /* of the first */
    uint32_t step;
};

static const struct range msrs[] = {
    { HvX64RegisterKernelGsBase, HvX64RegisterKernelGsBase, 0xC0000102, 1 },
    { HvX64RegisterPat, HvX64RegisterPat, 0x277, 1 },
    { HvX64RegisterSysenterCs, HvX64RegisterSysenterCs, 0x174, 1 },
    { HvX64RegisterSysenterEip, HvX64RegisterSysenterEip, 0x176, 1 },
    { HvX64RegisterSysenterEsp, HvX64RegisterSysenterEsp, 0x175, 1 },
    { HvX64RegisterStar, HvX64RegisterSfmask, 0xC0000081, 1 },
    { HvX64RegisterTscAux, HvX64RegisterTscAux, 0xC0000103, 1 },
    { HvX64RegisterMsrMtrrCap, HvX64RegisterMsrMtrrCap, 0xFE, 1 },
    { HvX64RegisterMsrMtrrDefType, HvX64RegisterMsrMtrrDefType, 0x2FF, 1 },
    { HvX64RegisterMsrMtrrPhysBase0, HvX64RegisterMsrMtrrPhysBaseF, 0x200, 2 },
    { HvX64RegisterMsrMtrrPhysMask0, HvX64RegisterMsrMtrrPhysMaskF, 0x201, 2 },
    { HvX64RegisterMsrMtrrFix64k00000, HvX64RegisterMsrMtrrFix64k00000, 0x250, 1 },
    { HvX64RegisterMsrMtrrFix16k80000, HvX64RegisterMsrMtrrFix16kA0000, 0x258, 1 },
    { HvX64RegisterMsrMtrrFix4kC0000, HvX64RegisterMsrMtrrFix4kF8000, 0x268, 1 },
};

bool hv_register_msr(uint32_t name, uint32_t *msr)
{
    for (size_t i = 0; i < COUNT(msrs); i++) {
        if (name < msrs[i].first || name > msrs[i].last)
            continue;
        *msr = msrs[i].msr + (name - msrs[i].first) * msrs[i].step;
        return true;
    }
    return false;
}

/* ---- The state in which a VP is started ---- */

/* A register, and where the state has it. */
struct initial {
    uint32_t name;
    uint16_t offset, size;
};

#define AT(register_, field_)                                      \
    {                                                              \
        register_, offsetof(struct hv_initial_vp_context, field_), \
            sizeof(((struct hv_initial_vp_context *)0)->field_)    \
    }

static const struct initial initial_registers[] = {
    AT(HvX64RegisterEfer, efer), AT(HvX64RegisterCr4, cr4),   AT(HvX64RegisterCr3, cr3),
    AT(HvX64RegisterCr0, cr0),   AT(HvX64RegisterCs, cs),     AT(HvX64RegisterDs, ds),
    AT(HvX64RegisterEs, es),     AT(HvX64RegisterFs, fs),     AT(HvX64RegisterGs, gs),
    AT(HvX64RegisterSs, ss),     AT(HvX64RegisterTr, tr),     AT(HvX64RegisterLdtr, ldtr),
    AT(HvX64RegisterIdtr, idtr), AT(HvX64RegisterGdtr, gdtr), AT(HvX64RegisterRflags, rflags),
    AT(HvX64RegisterRip, rip),   AT(HvX64RegisterRsp, rsp),   AT(HvX64RegisterPat, msr_cr_pat),
};

bool hv_register_initial(const struct hv_initial_vp_context *initial, uint32_t index,
                         uint32_t *name, struct hv_register128 *value)
{
    if (index >= COUNT(initial_registers))
        return false;
    *name = initial_registers[index].name;
    *value = (struct hv_register128){ 0 };
    memcpy(value, (const uint8_t *)initial + initial_registers[index].offset,
           initial_registers[index].size);
    return true;
}
