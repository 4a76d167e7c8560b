/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The four synthetic timers of a VP (TLFS: timers). All of it belongs to the LP that owns the VP.
 */
#ifndef HV_CORE_STIMER_H
#define HV_CORE_STIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "msr.h"
#include "synic.h"

#define HV_STIMERS 4

/* Times are reference time, in units of 100 ns. */
struct hv_stimer {
    uint64_t config;
    uint64_t count;
    uint64_t expiration; /* when it expires by its settings */
    uint64_t due;        /* when that is to be signalled, or HV_APIC_NEVER; a periodic timer that is
                            behind catches up */
    struct hv_synic_message message;
};

struct hv_stimers {
    struct hv_stimer timer[HV_STIMERS];
    uint64_t deadline; /* TSC at which the first of them may be due, or HV_APIC_NEVER */
};

void hv_stimer_init(struct hv_vp *vp);
void hv_stimer_reset(struct hv_vp *vp);

/* HV_X64_MSR_STIMER0_CONFIG to HV_X64_MSR_STIMER3_COUNT. */
hv_msr_reader hv_stimer_read;
hv_msr_writer hv_stimer_write;

/* Serves timers that are due; to be called at the deadline, and harmless earlier. */
void hv_stimer_expire(struct hv_vp *vp);

/* Whether a guest may write that to a configuration register. */
bool hv_stimer_config_is_valid(const struct hv_vp *vp, uint64_t config);

/* Whether a timer so configured keeps the enable bit. */
bool hv_stimer_may_be_enabled(uint64_t config);

/* Queues the message of a timer that has expired; it has none that waits. */
void hv_stimer_send(struct hv_vp *vp, unsigned index, uint64_t expiration);

#endif
