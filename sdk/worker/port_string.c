/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "gva.h"
#include "port.h"
#include "string_op.h"

/* False ends the instruction; the elements done so far stay done. */
static bool in_element(struct worker_vp *vp, const struct worker_string *string, uint16_t port)
{
    uint64_t linear;

    /* Before the device is read: what it gives would be lost with the fault. */
    if (!worker_string_destination(vp, string, &linear) ||
        !worker_gva_probe_write(vp, linear, string->size))
        return false;
    return worker_gva_write(vp, linear, string->size,
                            worker_bus_read(&vp->guest->ports, port, string->size, vp->now));
}

static bool out_element(struct worker_vp *vp, const struct worker_string *string, uint16_t port)
{
    uint64_t linear, value;

    if (!worker_string_source(vp, string, &linear) ||
        !worker_gva_read(vp, linear, string->size, &value))
        return false;
    worker_bus_write(&vp->guest->ports, port, string->size, value, vp->now);
    return true;
}

void worker_port_string(struct worker_vp *vp,
                        const struct hv_x64_io_port_intercept_message *message)
{
    bool is_write = message->header.intercept_access_type == HV_INTERCEPT_ACCESS_WRITE;
    struct worker_string string;
    struct hv_insn insn;

    worker_vp_know(vp, WORKER_RCX, message->rcx);
    worker_vp_know(vp, WORKER_RSI, message->rsi);
    worker_vp_know(vp, WORKER_RDI, message->rdi);
    worker_vp_know_segment(vp, HV_INSN_DS, &message->ds_segment);
    worker_vp_know_segment(vp, HV_INSN_ES, &message->es_segment);
    if (!worker_vp_decode(vp, message->instruction_bytes, message->instruction_byte_count, &insn))
        return;
    if (insn.op != (is_write ? HV_INSN_OP_OUTS : HV_INSN_OP_INS)) {
        worker_vp_unsupported(vp, "a string access to a port by another instruction");
        return;
    }
    worker_string_start(&insn, &string);
    while (worker_string_next(vp, &string)) {
        if (!(is_write ? out_element : in_element)(vp, &string, message->port_number))
            return;
        worker_string_step(vp, &string, is_write ? WORKER_RSI : WORKER_RDI);
        worker_string_count(vp, &string);
    }
}
