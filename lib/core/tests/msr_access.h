/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What tests of MSRs say again and again. */
#ifndef HV_CORE_TESTS_MSR_ACCESS_H
#define HV_CORE_TESTS_MSR_ACCESS_H

#include <check.h>

#include "core.h"
#include "fake_platform.h"

/* Whether the access ended in #GP(0). */
static inline bool faulted(struct hv_vp *vp, enum hv_disposition disposition)
{
    const struct fake_vp *backend = fake_vp(vp);

    ck_assert_int_ne(disposition, HV_DISPOSITION_PASS);
    if (!backend->injected)
        return false;
    ck_assert_int_eq(disposition, HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(backend->vector, 13);
    ck_assert(backend->has_error);
    ck_assert_uint_eq(backend->error, 0);
    return true;
}

static inline bool read_faults(struct hv_vp *vp, uint32_t msr)
{
    uint64_t value;

    return faulted(vp, fake_rdmsr(vp, msr, &value));
}

static inline bool write_faults(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    return faulted(vp, fake_wrmsr(vp, msr, value));
}

static inline uint64_t value_of(struct hv_vp *vp, uint32_t msr)
{
    uint64_t value = 0;

    fake_rdmsr(vp, msr, &value);
    ck_assert(!fake_vp(vp)->injected);
    return value;
}

static inline void must_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    ck_assert_msg(!write_faults(vp, msr, value), "write of %#lx to MSR %#x faults", value, msr);
}

/* The value is refused, and the register keeps its own. */
static inline void must_refuse(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    uint64_t before = value_of(vp, msr);

    ck_assert_msg(write_faults(vp, msr, value), "write of %#lx to MSR %#x does not fault", value,
                  msr);
    ck_assert_uint_eq(value_of(vp, msr), before);
}

/* Every bit of the mask alone is refused. */
static inline void must_refuse_each(struct hv_vp *vp, uint32_t msr, uint64_t mask)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        if (mask >> bit & 1)
            must_refuse(vp, msr, UINT64_C(1) << bit);
    }
}

/* Leaves the partition without a page for anything. */
static inline void drain_pool(struct hv_partition *partition)
{
    while (hv_partition_alloc_page(partition, NULL))
        continue;
}

#endif
