/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a parent wants to see of its child (TLFS: HvCallInstallIntercept). */
#ifndef HV_CORE_INTERCEPT_INSTALL_H
#define HV_CORE_INTERCEPT_INSTALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/status.h>

#include "lock.h"

struct hv_partition;

/* Part of struct hv_partition. */
struct hv_intercepts {
    _Atomic uint32_t exceptions;         /* by vector */
    _Atomic uint32_t types;              /* by HvInterceptType: of those that are on or off */
    _Atomic uint32_t unknown_msr_action; /* HvPartitionPropertyUnimplementedMsrAction */
    _Atomic bool extint_acknowledged;    /* VP 0 has taken one that was asserted */
    struct hv_lock lock;                 /* guards the leaves */
    _Atomic(uint32_t *) leaves;          /* CPUID leaves, in a page; NULL: there never were any */
    uint64_t leaves_page;
    uint32_t leaf_count;
};

/* Gives back what the intercepts take of the pool. With no VP left. */
void hv_intercept_destroy(struct hv_partition *partition);

/*
 * access: HV_INTERCEPT_ACCESS_MASK bits, none of them to remove it. HV_STATUS_INVALID_PARAMETER for
 * an unknown type or a combination that it does not have; HV_STATUS_INSUFFICIENT_MEMORY of the
 * partition for a CPUID leaf.
 */
hv_status hv_intercept_install(struct hv_partition *partition, uint32_t type, uint32_t access,
                               uint64_t parameter);

/* Whether an intercept that is only on or off is on. */
bool hv_intercept_is_on(const struct hv_partition *partition, uint32_t type);

bool hv_intercept_wants_cpuid(struct hv_partition *partition, uint32_t leaf);

#endif
