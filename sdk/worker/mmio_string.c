/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "gva.h"
#include "mmio.h"
#include "string_op.h"

/* STOS has no source but rAX, LODS no destination but it. */
static bool read_element(struct worker_vp *vp, const struct worker_string *string,
                         enum hv_insn_op op, uint64_t *value)
{
    uint64_t linear;

    if (op == HV_INSN_OP_STOS) {
        *value = worker_vp_get(vp, WORKER_RAX, string->size, false);
        return true;
    }
    return worker_string_source(vp, string, &linear) &&
           worker_gva_read(vp, linear, string->size, value);
}

static bool do_element(struct worker_vp *vp, struct worker_string *string, enum hv_insn_op op)
{
    uint64_t destination, value;

    /* Before the source is read: what a device gives would be lost with the fault. */
    if (op != HV_INSN_OP_LODS && (!worker_string_destination(vp, string, &destination) ||
                                  !worker_gva_probe_write(vp, destination, string->size)))
        return false;
    if (!read_element(vp, string, op, &value))
        return false;
    if (op == HV_INSN_OP_LODS)
        worker_vp_set(vp, WORKER_RAX, string->size, false, value);
    else if (!worker_gva_write(vp, destination, string->size, value))
        return false;
    if (op != HV_INSN_OP_STOS)
        worker_string_step(vp, string, WORKER_RSI);
    if (op != HV_INSN_OP_LODS)
        worker_string_step(vp, string, WORKER_RDI);
    worker_string_count(vp, string);
    return true;
}

void worker_mmio_string(struct worker_vp *vp, const struct hv_insn *insn)
{
    struct worker_string string;

    worker_string_start(insn, &string);
    while (worker_string_next(vp, &string))
        if (!do_element(vp, &string, insn->op))
            return;
}
