/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <stddef.h>

#include "core.h"
#include "overlay_place.h"
#include "ratio.h"
#include "reference_time.h"

#define UNITS_PER_SECOND UINT64_C(10000000) /* of 100 ns */

#define SEQUENCE_INVALID     0u          /* TLFS: fall back to the counter MSR */
#define SEQUENCE_OLD_INVALID 0xFFFFFFFFu /* the same in TLFS v3 and v4, which old guests follow */

uint64_t hv_time_from_ticks(const struct hv_partition *partition, uint64_t ticks)
{
    return hv_ratio_apply(ticks, partition->time.scale, 64);
}

uint64_t hv_time_tsc_after(const struct hv_partition *partition, uint64_t tsc, uint64_t units)
{
    return hv_time_add(tsc, hv_ratio_apply(units, partition->time.ticks_per_unit, 32) + 1);
}

uint64_t hv_time_reference_at(const struct hv_partition *partition, uint64_t tsc)
{
    int64_t offset = atomic_load_explicit(&partition->time.offset, memory_order_relaxed);

    if (atomic_load_explicit(&partition->time.frozen, memory_order_relaxed))
        return atomic_load_explicit(&partition->time.frozen_at, memory_order_relaxed);
    return hv_time_from_ticks(partition, tsc) + (uint64_t)offset;
}

uint64_t hv_time_reference(const struct hv_partition *partition)
{
    return hv_time_reference_at(partition, hv_now(partition));
}

static uint32_t next_sequence(uint32_t sequence)
{
    sequence++;
    if (sequence == SEQUENCE_INVALID || sequence == SEQUENCE_OLD_INVALID)
        return 1;
    return sequence;
}

/* Fields of the reference TSC page, which guests read while they are written. */
static void store_sequence(struct hv_time *time, uint32_t sequence)
{
    uint8_t *page = time->page.page;
    void *field = page + offsetof(struct hv_reference_tsc_page, tsc_sequence);

    /* Release: who sees this sequence sees the fields stored before it. */
    __atomic_store_n((uint32_t *)field, sequence, __ATOMIC_RELEASE);
}

static void store_field(struct hv_time *time, size_t offset, uint64_t value)
{
    uint8_t *page = time->page.page;
    void *field = page + offset;

    __atomic_store_n((uint64_t *)field, value, __ATOMIC_RELAXED);
}

/*
 * Publishes a new offset. A guest reads sequence, scale and offset, and the sequence again, with no
 * lock. The sequence is 0 while the offset changes, so whoever reads it then takes the time from
 * the counter MSR, and whoever read it before finds it changed and tries again.
 */
static void publish_offset(struct hv_partition *partition, int64_t offset)
{
    struct hv_time *time = &partition->time;
    bool valid = partition->platform->facts.capabilities & HV_CPU_INVARIANT_TSC;

    store_sequence(time, SEQUENCE_INVALID);
    /* No store below becomes visible before the one above. */
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&time->offset, offset, memory_order_relaxed);
    store_field(time, offsetof(struct hv_reference_tsc_page, tsc_scale), time->scale);
    store_field(time, offsetof(struct hv_reference_tsc_page, tsc_offset), (uint64_t)offset);
    if (!valid)
        return;
    time->sequence = next_sequence(time->sequence);
    store_sequence(time, time->sequence);
}

/* With register_lock held. Who reads the page of a frozen clock takes the time from the MSR. */
static void continue_from(struct hv_partition *partition, uint64_t value, uint64_t tsc)
{
    struct hv_time *time = &partition->time;

    if (atomic_load_explicit(&time->frozen, memory_order_relaxed)) {
        atomic_store_explicit(&time->frozen_at, value, memory_order_relaxed);
        store_sequence(time, SEQUENCE_INVALID);
        return;
    }
    publish_offset(partition, (int64_t)(value - hv_time_from_ticks(partition, tsc)));
}

void hv_time_set_reference(struct hv_partition *partition, uint64_t value)
{
    hv_lock_acquire(&partition->register_lock);
    continue_from(partition, value, hv_now(partition));
    hv_lock_release(&partition->register_lock);
}

void hv_time_resume(struct hv_partition *partition, uint64_t value, uint64_t tsc, uint32_t sequence)
{
    hv_lock_acquire(&partition->register_lock);
    partition->time.sequence = sequence;
    continue_from(partition, value, tsc);
    hv_lock_release(&partition->register_lock);
}

void hv_time_freeze(struct hv_partition *partition, bool freeze)
{
    struct hv_time *time = &partition->time;
    uint64_t tsc, value;

    hv_lock_acquire(&partition->register_lock);
    tsc = hv_now(partition);
    value = hv_time_reference_at(partition, tsc);
    atomic_store_explicit(&time->frozen_at, value, memory_order_relaxed);
    atomic_store_explicit(&time->frozen, freeze, memory_order_relaxed);
    continue_from(partition, value, tsc);
    hv_lock_release(&partition->register_lock);
}

hv_status hv_time_init(struct hv_partition *partition)
{
    struct hv_time *time = &partition->time;
    uint64_t hz = partition->platform->facts.tsc_hz;
    hv_status status;

    if (hz <= UNITS_PER_SECOND)
        return HV_STATUS_INVALID_PARAMETER;
    status = hv_overlay_init(partition, &time->page, HV_ACCESS_READ, HV_X64_EXCEPTION_MC);
    if (status != HV_STATUS_SUCCESS)
        return status;
    time->scale = hv_ratio(UNITS_PER_SECOND, hz, 64);
    time->ticks_per_unit = hv_ratio(hz, UNITS_PER_SECOND, 32);
    hv_time_set_reference(partition, 0);
    hv_time_reset(partition);
    return HV_STATUS_SUCCESS;
}

void hv_time_destroy(struct hv_partition *partition)
{
    hv_overlay_destroy(partition, &partition->time.page);
}

void hv_time_reset(struct hv_partition *partition)
{
    struct hv_time *time = &partition->time;

    hv_lock_acquire(&partition->register_lock);
    hv_overlay_disable(partition, &time->page);
    atomic_store_explicit(&time->reference_tsc_msr,
                          hv_place_of_partition(partition, HV_PLACE_REFERENCE_TSC),
                          memory_order_relaxed);
    atomic_store_explicit(&time->reenlightenment_control, 0, memory_order_relaxed);
    atomic_store_explicit(&time->tsc_emulation_control, 0, memory_order_relaxed);
    atomic_store_explicit(&time->tsc_emulation_status, 0, memory_order_relaxed);
    atomic_store_explicit(&time->tsc_invariant_control, 0, memory_order_relaxed);
    hv_lock_release(&partition->register_lock);
}

enum hv_msr_result hv_time_read_counter(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    (void)msr;
    *value = hv_time_reference(vp->partition);
    return HV_MSR_OK;
}

enum hv_msr_result hv_time_read_frequency(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    const struct hv_platform_facts *facts = &vp->partition->platform->facts;

    *value = msr == HV_X64_MSR_TSC_FREQUENCY ? facts->tsc_hz : facts->apic_hz;
    return HV_MSR_OK;
}

/* The register behind each of the partition-wide MSRs of this file. */
static _Atomic uint64_t *find_register(struct hv_time *time, uint32_t msr)
{
    switch (msr) {
    case HV_X64_MSR_REENLIGHTENMENT_CONTROL:
        return &time->reenlightenment_control;
    case HV_X64_MSR_TSC_EMULATION_CONTROL:
        return &time->tsc_emulation_control;
    case HV_X64_MSR_TSC_EMULATION_STATUS:
        return &time->tsc_emulation_status;
    case HV_X64_MSR_TSC_INVARIANT_CONTROL:
        return &time->tsc_invariant_control;
    default:
        return &time->reference_tsc_msr;
    }
}

bool hv_time_value_allowed(uint32_t msr, uint64_t current, uint64_t value)
{
    switch (msr) {
    case HV_X64_MSR_REENLIGHTENMENT_CONTROL:
        return !(value & HV_REENLIGHTENMENT_CONTROL_RSVDZ_MASK) &&
               (!(value & HV_REENLIGHTENMENT_CONTROL_ENABLED) ||
                (value & HV_REENLIGHTENMENT_CONTROL_VECTOR_MASK) >= HV_APIC_FIRST_VECTOR);
    case HV_X64_MSR_TSC_EMULATION_CONTROL:
        return !(value & ~HV_TSC_EMULATION_CONTROL_ENABLED);
    case HV_X64_MSR_TSC_EMULATION_STATUS:
        /* The guest may end the emulation of its TSC, not begin it. */
        return !(value & ~current);
    case HV_X64_MSR_TSC_INVARIANT_CONTROL:
        /* A bit of CPUID that software has seen must not go away. */
        return !(value & ~HV_X64_MSR_TSC_INVARIANT_CONTROL_EXPOSE) && !(current & ~value);
    default:
        return true;
    }
}

enum hv_msr_result hv_time_read_register(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    *value = atomic_load_explicit(find_register(&vp->partition->time, msr), memory_order_relaxed);
    return HV_MSR_OK;
}

enum hv_msr_result hv_time_write_register(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_partition *partition = vp->partition;
    _Atomic uint64_t *reg = find_register(&partition->time, msr);
    bool allowed;

    hv_lock_acquire(&partition->register_lock);
    allowed = hv_time_value_allowed(msr, atomic_load_explicit(reg, memory_order_relaxed), value);
    if (allowed)
        atomic_store_explicit(reg, value, memory_order_relaxed);
    hv_lock_release(&partition->register_lock);
    return allowed ? HV_MSR_OK : HV_MSR_FAULT;
}

enum hv_msr_result hv_time_write_reference_tsc(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_partition *partition = vp->partition;

    return hv_msr_place_page(partition, find_register(&partition->time, msr), &partition->time.page,
                             value);
}
