/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Results that a parent has registered, so that a VP of its child gets them without an intercept
 * (TLFS: HvCallRegisterInterceptResult): what CPUID answers, and what becomes of unknown MSRs. They
 * take pages of the child's pool, and belong to the LP that owns the VP.
 */
#ifndef HV_CORE_INTERCEPT_RESULT_H
#define HV_CORE_INTERCEPT_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/status.h>

struct hv_vp;
struct hv_intercept_result_page;

/* Of a VP; part of struct hv_vp_intercept. */
struct hv_intercept_results {
    struct hv_intercept_result_page *first;
};

union hv_intercept_result_parameters {
    struct hv_register_x64_cpuid_result_parameters cpuid; /* of HvInterceptTypeX64Cpuid */
    struct hv_register_x64_msr_result_parameters msr;     /* of HvInterceptTypeX64Msr */
};

/*
 * Registers a result, in place of an earlier one for the same leaf, or the same MSR and accesses.
 * HV_STATUS_INVALID_PARAMETER for another type or a parameter out of range;
 * HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_intercept_result_register(struct hv_vp *vp, uint32_t type,
                                       const union hv_intercept_result_parameters *parameters);

/* Takes one back, named as above. HV_STATUS_INVALID_PARAMETER: there is none. */
hv_status hv_intercept_result_unregister(struct hv_vp *vp, uint32_t type,
                                         const union hv_intercept_result_parameters *parameters);

/* Takes all back. */
void hv_intercept_results_destroy(struct hv_vp *vp);

/* What is registered for a leaf: for that subleaf or else for all of them; or NULL. */
const struct hv_register_x64_cpuid_result_parameters *
hv_intercept_result_of_cpuid(const struct hv_vp *vp, uint32_t leaf, uint32_t subleaf);

/* Puts the registered bits into EAX, EBX, ECX, EDX. Pure. */
void hv_intercept_result_apply(const struct hv_register_x64_cpuid_result_parameters *result,
                               uint32_t value[4]);

/* Whether an action is registered for an access to an MSR. */
bool hv_intercept_result_of_msr(const struct hv_vp *vp, uint32_t msr, bool write, uint32_t *action);

#endif
