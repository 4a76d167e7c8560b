/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* IN, OUT, INS and OUTS. */
#ifndef WORKER_PORT_H
#define WORKER_PORT_H

#include "vp.h"

/* vp was started with the message's header. */
void worker_port_intercept(struct worker_vp *vp,
                           const struct hv_x64_io_port_intercept_message *message);

/* INS and OUTS alone. */
void worker_port_string(struct worker_vp *vp,
                        const struct hv_x64_io_port_intercept_message *message);

#endif
