/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The VP assist page (TLFS: virtual processors). */
#ifndef HV_CORE_VP_ASSIST_H
#define HV_CORE_VP_ASSIST_H

#include <hv/status.h>
#include <hv/vp.h>

#include "msr.h"

/* Gives the VP its page. HV_STATUS_INSUFFICIENT_MEMORY. */
hv_status hv_vp_assist_init(struct hv_vp *vp);

/* Gives the page back, if there is one. */
void hv_vp_assist_destroy(struct hv_vp *vp);

/* Takes the page away and empties it. */
void hv_vp_assist_reset(struct hv_vp *vp);

/* Sets SyntheticTimeUnhaltedTimerExpired, where the guest has placed its page. */
void hv_vp_assist_set_timer_expired(struct hv_vp *vp);

/* HV_X64_MSR_VP_ASSIST_PAGE. */
hv_msr_reader hv_vp_assist_read;
hv_msr_writer hv_vp_assist_write;

#endif
