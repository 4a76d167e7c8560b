/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Who works on a partition's VPs from outside of it, and who changes which VPs there are.
 *
 * VPs of other partitions come in and may use what hv_vp_get() gives them until they leave. Who
 * closes the gate is alone: it waits for those that are inside, and others wait for it to open. All
 * of them serve requests for their own VPs meanwhile.
 */
#ifndef HV_CORE_GATE_H
#define HV_CORE_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct hv_vp;

struct hv_gate {
    _Atomic uint32_t state; /* how many are inside, and whether it is closed */
};

/* self is the VP of this LP, and of another partition; it is not inside of any gate. */
void hv_gate_enter(struct hv_gate *gate, struct hv_vp *self);
/* As above; false when it is closed. May be called with locks held. */
bool hv_gate_try_enter(struct hv_gate *gate);
void hv_gate_leave(struct hv_gate *gate);

/* Whether nobody has closed it. */
bool hv_gate_is_open(const struct hv_gate *gate);

void hv_gate_close(struct hv_gate *gate, struct hv_vp *self);
void hv_gate_open(struct hv_gate *gate);

#endif
