/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "intercept_result.h"

#include "core.h"
#include "cpuid.h"

#define MSR_ACCESSES (HV_INTERCEPT_ACCESS_MASK_READ | HV_INTERCEPT_ACCESS_MASK_WRITE)

struct result {
    uint32_t type;
    union hv_intercept_result_parameters parameters;
};

#define RESULTS_A_PAGE ((HV_PAGE_SIZE - 24) / sizeof(struct result))

struct hv_intercept_result_page {
    struct hv_intercept_result_page *next;
    uint64_t spa_page; /* of this one */
    uint32_t count;
    struct result results[RESULTS_A_PAGE];
};

_Static_assert(sizeof(struct hv_intercept_result_page) <= HV_PAGE_SIZE, "it must fit in one page");

/* ---- Which is which ---- */

static bool is_valid(const struct result *result)
{
    const union hv_intercept_result_parameters *parameters = &result->parameters;

    switch (result->type) {
    case HvInterceptTypeX64Cpuid:
        return parameters->cpuid.subleaf_specific <= 1 && parameters->cpuid.always_override <= 1;
    case HvInterceptTypeX64Msr:
        return parameters->msr.access_type != HV_INTERCEPT_ACCESS_MASK_NONE &&
               !(parameters->msr.access_type & ~MSR_ACCESSES) &&
               parameters->msr.action <= HvUnimplementedMsrActionIgnoreWriteReadZero;
    default:
        return false;
    }
}

static bool is_same_leaf(const struct hv_register_x64_cpuid_result_parameters *one,
                         const struct hv_register_x64_cpuid_result_parameters *other)
{
    return one->input_eax == other->input_eax && one->subleaf_specific == other->subleaf_specific &&
           (!one->subleaf_specific || one->input_ecx == other->input_ecx);
}

static bool is_same(const struct result *one, const struct result *other)
{
    if (one->type != other->type)
        return false;
    if (one->type == HvInterceptTypeX64Cpuid)
        return is_same_leaf(&one->parameters.cpuid, &other->parameters.cpuid);
    return one->parameters.msr.msr_index == other->parameters.msr.msr_index &&
           one->parameters.msr.access_type == other->parameters.msr.access_type;
}

/* ---- The list: no page is empty, and all but the first are full ---- */

static struct result *find(const struct hv_vp *vp, const struct result *wanted)
{
    struct hv_intercept_result_page *page = vp->intercept.results.first;

    for (; page; page = page->next)
        for (uint32_t i = 0; i < page->count; i++)
            if (is_same(&page->results[i], wanted))
                return &page->results[i];
    return NULL;
}

static hv_status add(struct hv_vp *vp, const struct result *result)
{
    struct hv_intercept_results *results = &vp->intercept.results;
    struct hv_intercept_result_page *page = results->first;
    uint64_t spa_page;

    if (!page || page->count == RESULTS_A_PAGE) {
        page = hv_pool_alloc(&vp->partition->pool, &spa_page);
        if (!page)
            return HV_STATUS_INSUFFICIENT_MEMORY;
        page->spa_page = spa_page;
        page->next = results->first;
        results->first = page;
    }
    page->results[page->count++] = *result;
    return HV_STATUS_SUCCESS;
}

void hv_intercept_results_destroy(struct hv_vp *vp)
{
    struct hv_intercept_results *results = &vp->intercept.results;

    while (results->first) {
        struct hv_intercept_result_page *page = results->first;

        results->first = page->next;
        hv_pool_free(&vp->partition->pool, page->spa_page);
    }
}

hv_status hv_intercept_result_register(struct hv_vp *vp, uint32_t type,
                                       const union hv_intercept_result_parameters *parameters)
{
    const struct result result = { .type = type, .parameters = *parameters };
    struct result *present;

    if (!is_valid(&result))
        return HV_STATUS_INVALID_PARAMETER;
    present = find(vp, &result);
    if (!present)
        return add(vp, &result);
    *present = result;
    return HV_STATUS_SUCCESS;
}

/* The last of the first page takes its place. */
hv_status hv_intercept_result_unregister(struct hv_vp *vp, uint32_t type,
                                         const union hv_intercept_result_parameters *parameters)
{
    const struct result wanted = { .type = type, .parameters = *parameters };
    struct hv_intercept_results *results = &vp->intercept.results;
    struct hv_intercept_result_page *page = results->first;
    struct result *result = find(vp, &wanted);

    if (!result)
        return HV_STATUS_INVALID_PARAMETER;
    *result = page->results[--page->count];
    if (page->count == 0) {
        results->first = page->next;
        hv_pool_free(&vp->partition->pool, page->spa_page);
    }
    return HV_STATUS_SUCCESS;
}

/* ---- What is answered ---- */

const struct hv_register_x64_cpuid_result_parameters *
hv_intercept_result_of_cpuid(const struct hv_vp *vp, uint32_t leaf, uint32_t subleaf)
{
    struct result wanted = { .type = HvInterceptTypeX64Cpuid };
    const struct result *result;

    if (!vp->intercept.results.first)
        return NULL;
    wanted.parameters.cpuid.input_eax = leaf;
    wanted.parameters.cpuid.input_ecx = subleaf;
    wanted.parameters.cpuid.subleaf_specific = 1;
    result = find(vp, &wanted);
    if (!result) {
        wanted.parameters.cpuid.subleaf_specific = 0;
        result = find(vp, &wanted);
    }
    return result ? &result->parameters.cpuid : NULL;
}

static uint32_t mix(uint32_t value, uint32_t result, uint32_t mask)
{
    return (value & ~mask) | (result & mask);
}

void hv_intercept_result_apply(const struct hv_register_x64_cpuid_result_parameters *result,
                               uint32_t value[4])
{
    value[HV_EAX] = mix(value[HV_EAX], result->result_eax, result->result_eax_mask);
    value[HV_EBX] = mix(value[HV_EBX], result->result_ebx, result->result_ebx_mask);
    value[HV_ECX] = mix(value[HV_ECX], result->result_ecx, result->result_ecx_mask);
    value[HV_EDX] = mix(value[HV_EDX], result->result_edx, result->result_edx_mask);
}

bool hv_intercept_result_of_msr(const struct hv_vp *vp, uint32_t msr, bool write, uint32_t *action)
{
    uint32_t one = write ? HV_INTERCEPT_ACCESS_MASK_WRITE : HV_INTERCEPT_ACCESS_MASK_READ;
    struct result wanted = { .type = HvInterceptTypeX64Msr };
    const struct result *result;

    wanted.parameters.msr.msr_index = msr;
    wanted.parameters.msr.access_type = one;
    result = find(vp, &wanted);
    if (!result) {
        wanted.parameters.msr.access_type = MSR_ACCESSES;
        result = find(vp, &wanted);
    }
    if (!result)
        return false;
    *action = result->parameters.msr.action;
    return true;
}
