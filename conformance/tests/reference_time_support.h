/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What tests of reference time share: the counter, and how closely two clocks must agree. */
#ifndef CONFORMANCE_TESTS_REFERENCE_TIME_SUPPORT_H
#define CONFORMANCE_TESTS_REFERENCE_TIME_SUPPORT_H

#include <conformance/hyperv.h>
#include <conformance/test.h>

#define COUNTER_HZ UINT64_C(10000000)

static inline uint64_t counter(void)
{
    return rdmsr(HV_X64_MSR_TIME_REF_COUNT);
}

/* Two clocks can't be read at once, and the machine below may stop this one between: of several
   tries one must agree to 10 %, which tells a right unit from a wrong one. */
#define TRIES 8

static inline bool within_tenth(uint64_t value, uint64_t reference)
{
    return value > reference - reference / 10 && value < reference + reference / 10;
}

#endif
