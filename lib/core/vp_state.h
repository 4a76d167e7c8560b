/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* State of a child's VP that its parent reads and writes a page at a time. On the VP's LP. */
#ifndef HV_CORE_VP_STATE_H
#define HV_CORE_VP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/status.h>

struct hv_vp;

/* Fills a page, or as much of it as the state takes. HV_STATUS_INVALID_PARAMETER for a type that is
 * not there. */
hv_status hv_vp_state_get(struct hv_vp *vp, uint32_t type, uint64_t xsave_states, void *page);

/* Takes a page, of any content. HV_STATUS_INVALID_PARAMETER also for what the state can't be. */
hv_status hv_vp_state_set(struct hv_vp *vp, uint32_t type, uint64_t xsave_states, const void *page);

/* The two for the synthetic timers (stimer_state.c). */
void hv_stimer_state_get(const struct hv_vp *vp, struct hv_synthetic_timers_state *state);
bool hv_stimer_state_set(struct hv_vp *vp, const struct hv_synthetic_timers_state *state);

/* The two for the local APIC (apic_state.c). */
void hv_apic_state_get(struct hv_vp *vp, struct hv_local_interrupt_controller_state *state);
bool hv_apic_state_set(struct hv_vp *vp, const struct hv_local_interrupt_controller_state *state);

#endif
