/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "port.h"

/* The message may leave the length to the parent. */
static bool find_length(struct worker_vp *vp,
                        const struct hv_x64_io_port_intercept_message *message)
{
    struct hv_insn insn;

    return vp->length != 0 ||
           worker_vp_decode(vp, message->instruction_bytes, message->instruction_byte_count, &insn);
}

static void access_once(struct worker_vp *vp, uint16_t port, unsigned size)
{
    struct worker_bus *ports = &vp->guest->ports;

    if (vp->header->intercept_access_type == HV_INTERCEPT_ACCESS_WRITE)
        worker_bus_write(ports, port, size, worker_vp_get(vp, WORKER_RAX, size, false), vp->now);
    else
        worker_vp_set(vp, WORKER_RAX, size, false, worker_bus_read(ports, port, size, vp->now));
}

void worker_port_intercept(struct worker_vp *vp,
                           const struct hv_x64_io_port_intercept_message *message)
{
    unsigned size = message->access_info & HV_X64_IO_PORT_ACCESS_SIZE_MASK;

    if ((size != 1 && size != 2 && size != 4) ||
        message->instruction_byte_count > sizeof(message->instruction_bytes)) {
        worker_vp_unsupported(vp, "a port intercept that makes no sense");
        return;
    }
    worker_vp_know(vp, WORKER_RAX, message->rax);
    if (message->access_info & HV_X64_IO_PORT_ACCESS_STRING_OP)
        worker_port_string(vp, message);
    else if (find_length(vp, message))
        access_once(vp, message->port_number, size);
}
