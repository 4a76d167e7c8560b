/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Reference time: the counter, the reference TSC page, the frequency registers. */
#ifndef HV_CORE_REFERENCE_TIME_H
#define HV_CORE_REFERENCE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "address_space.h"
#include "msr.h"

struct hv_time {
    /* Reference time = ((guest TSC * scale) >> 64) + offset, in units of 100 ns. */
    uint64_t scale;
    uint64_t ticks_per_unit;            /* TSC ticks in 100 ns, 32.32 */
    _Atomic int64_t offset;             /* written under register_lock */
    _Atomic bool frozen;                /* the counter stands still; written under register_lock */
    _Atomic uint64_t frozen_at;         /* at that */
    _Atomic uint64_t reference_tsc_msr; /* HV_X64_MSR_REFERENCE_TSC as the guest wrote it */
    uint32_t sequence;                  /* TscSequence, guarded by register_lock; never 0 nor
                                           0xFFFFFFFF while valid */
    struct hv_overlay page;
    _Atomic uint64_t reenlightenment_control;
    _Atomic uint64_t tsc_emulation_control;
    _Atomic uint64_t tsc_emulation_status;
    _Atomic uint64_t tsc_invariant_control;
};

/* HV_STATUS_INVALID_PARAMETER when the TSC is too slow for the scale to fit in 64 bits. */
hv_status hv_time_init(struct hv_partition *partition);
/* Gives the page back, if there is one. */
void hv_time_destroy(struct hv_partition *partition);
/* Registers back to their values at creation; the counter keeps running. */
void hv_time_reset(struct hv_partition *partition);
/* Makes the counter continue from value (TLFS: HvPartitionPropertyReferenceTime). */
void hv_time_set_reference(struct hv_partition *partition, uint64_t value);
/* Lets the counter stand still, or go on from there (TLFS: HvPartitionPropertyTimeFreeze). */
void hv_time_freeze(struct hv_partition *partition, bool freeze);
/* Restored: makes the counter continue from value at that TSC, with a sequence other than that. */
void hv_time_resume(struct hv_partition *partition, uint64_t value, uint64_t tsc,
                    uint32_t sequence);

/* 100 ns units since the partition was created. */
uint64_t hv_time_reference(const struct hv_partition *partition);
/* The same at a certain TSC. */
uint64_t hv_time_reference_at(const struct hv_partition *partition, uint64_t tsc);
/* Converts a count of TSC ticks to 100 ns units. */
uint64_t hv_time_from_ticks(const struct hv_partition *partition, uint64_t ticks);

/* What a guest asks of its timers below that, in 100 ns units, hurts others. */
#define HV_TIME_MIN_PERIOD 200

/* A moment so much later on any clock; UINT64_MAX, which is never, beyond its end. */
static inline uint64_t hv_time_add(uint64_t moment, uint64_t distance)
{
    return distance < UINT64_MAX - moment ? moment + distance : UINT64_MAX;
}
/* The TSC so many 100 ns units after another, or a little later. */
uint64_t hv_time_tsc_after(const struct hv_partition *partition, uint64_t tsc, uint64_t units);

hv_msr_reader hv_time_read_counter;
hv_msr_reader hv_time_read_frequency;
/* HV_X64_MSR_REFERENCE_TSC, REENLIGHTENMENT_CONTROL, TSC_EMULATION_CONTROL, TSC_EMULATION_STATUS
   and TSC_INVARIANT_CONTROL; the first has a writer of its own. */
hv_msr_reader hv_time_read_register;
hv_msr_writer hv_time_write_register;
hv_msr_writer hv_time_write_reference_tsc;

/* Whether the new value of one of the last four may follow the current one. */
bool hv_time_value_allowed(uint32_t msr, uint64_t current, uint64_t value);

#endif
