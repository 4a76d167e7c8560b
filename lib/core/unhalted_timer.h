/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The synthetic time-unhalted timer of a VP (TLFS: timers), which counts while the VP runs. All of
   it belongs to the LP that owns the VP. */
#ifndef HV_CORE_UNHALTED_TIMER_H
#define HV_CORE_UNHALTED_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "msr.h"

struct hv_unhalted_timer {
    uint64_t config;
    uint64_t count;
    uint64_t due;      /* run time at which it expires next, 100 ns; of use while it is on */
    uint64_t deadline; /* TSC at which it may be due, or HV_APIC_NEVER: off, or the VP is halted */
};

void hv_unhalted_timer_reset(struct hv_vp *vp);

/* HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG and _COUNT. */
hv_msr_reader hv_unhalted_timer_read;
hv_msr_writer hv_unhalted_timer_write;

/* The VP has started or stopped to run at that TSC. */
void hv_unhalted_timer_account(struct hv_vp *vp, uint64_t tsc);

/* Serves the timer if it is due; to be called at the deadline, and harmless earlier. */
void hv_unhalted_timer_expire(struct hv_vp *vp, uint64_t tsc);

/* Whether a guest may write that to the configuration register. */
bool hv_unhalted_timer_config_is_valid(uint64_t config);

/* Run time from that TSC until it expires, 100 ns; 0 when it is due or off. */
uint64_t hv_unhalted_timer_left(const struct hv_vp *vp, uint64_t tsc);

/* Makes it expire when that much run time has passed since that TSC, or at the end of its period.
 */
void hv_unhalted_timer_resume(struct hv_vp *vp, uint64_t left, uint64_t tsc);

#endif
