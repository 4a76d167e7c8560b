/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* APM vol. 3, "Repeat Prefixes": with a count of zero nothing is done. */
#include "string_op.h"

#include "gva.h"

void worker_string_start(const struct hv_insn *insn, struct worker_string *string)
{
    *string = (struct worker_string){
        .size = insn->memory.size,
        .address_size = insn->address_size,
        .segment = insn->memory.segment,
        .repeats = (insn->prefixes & (HV_INSN_PREFIX_REP | HV_INSN_PREFIX_REPNE)) != 0,
    };
}

static uint64_t counter(const struct worker_vp *vp, const struct worker_string *string)
{
    return worker_vp_get(vp, WORKER_RCX, string->address_size, false);
}

bool worker_string_next(struct worker_vp *vp, struct worker_string *string)
{
    if (!string->repeats)
        return !string->done;
    if (counter(vp, string) == 0)
        return false;
    if (string->elements < WORKER_MAX_ELEMENTS)
        return true;
    vp->end = WORKER_VP_AGAIN;
    return false;
}

bool worker_string_source(struct worker_vp *vp, const struct worker_string *string,
                          uint64_t *linear)
{
    return worker_gva_linear(vp, string->segment,
                             worker_vp_get(vp, WORKER_RSI, string->address_size, false),
                             string->size, linear);
}

bool worker_string_destination(struct worker_vp *vp, const struct worker_string *string,
                               uint64_t *linear)
{
    return worker_gva_linear(vp, HV_INSN_ES,
                             worker_vp_get(vp, WORKER_RDI, string->address_size, false),
                             string->size, linear);
}

void worker_string_step(struct worker_vp *vp, const struct worker_string *string, unsigned gpr)
{
    uint64_t step = vp->rflags & WORKER_RFLAGS_DF ? 0 - (uint64_t)string->size : string->size;

    worker_vp_set(vp, gpr, string->address_size, false, vp->gpr[gpr] + step);
}

void worker_string_count(struct worker_vp *vp, struct worker_string *string)
{
    string->done = true;
    string->elements++;
    if (string->repeats)
        worker_vp_set(vp, WORKER_RCX, string->address_size, false, vp->gpr[WORKER_RCX] - 1);
}
