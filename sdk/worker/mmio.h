/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Instructions whose memory operand is a device. */
#ifndef WORKER_MMIO_H
#define WORKER_MMIO_H

#include "vp.h"

/* size is that of the payload: messages of EXO partitions have no general registers. vp was started
   with the message's header. */
void worker_mmio_intercept(struct worker_vp *vp,
                           const struct hv_x64_memory_intercept_message *message, unsigned size);

/* MOVS, STOS and LODS alone. */
void worker_mmio_string(struct worker_vp *vp, const struct hv_insn *insn);

#endif
