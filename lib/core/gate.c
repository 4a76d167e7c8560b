/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "gate.h"

#include "request.h"

#define CLOSED (UINT32_C(1) << 31)

/* Takes one step from a gate that is open. Acquire: what the last one inside did is there. */
static bool advance(struct hv_gate *gate, uint32_t step)
{
    uint32_t state = atomic_load_explicit(&gate->state, memory_order_relaxed);

    while (!(state & CLOSED)) {
        if (atomic_compare_exchange_weak_explicit(&gate->state, &state, state + step,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    }
    return false;
}

bool hv_gate_try_enter(struct hv_gate *gate)
{
    return advance(gate, 1);
}

void hv_gate_enter(struct hv_gate *gate, struct hv_vp *self)
{
    while (!advance(gate, 1))
        hv_request_wait(self);
}

void hv_gate_leave(struct hv_gate *gate)
{
    atomic_fetch_sub_explicit(&gate->state, 1, memory_order_release);
}

/* Acquire: as advance(). */
bool hv_gate_is_open(const struct hv_gate *gate)
{
    return !(atomic_load_explicit(&gate->state, memory_order_acquire) & CLOSED);
}

void hv_gate_close(struct hv_gate *gate, struct hv_vp *self)
{
    while (!advance(gate, CLOSED))
        hv_request_wait(self);
    while (atomic_load_explicit(&gate->state, memory_order_acquire) != CLOSED)
        hv_request_wait(self);
}

void hv_gate_open(struct hv_gate *gate)
{
    atomic_fetch_sub_explicit(&gate->state, CLOSED, memory_order_release);
}
