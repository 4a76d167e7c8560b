/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "processor.h"

#include <check.h>

#include "svm_xsave.h"

struct processor processor;

uint64_t processor_read_dr(unsigned number)
{
    return processor.dr[number];
}

void processor_write_dr(unsigned number, uint64_t value)
{
    processor.dr[number] = value;
    processor.dr_writes++;
}

static uint64_t *find(uint32_t msr)
{
    for (unsigned i = 0; i < processor.msr_count; i++)
        if (processor.msrs[i] == msr)
            return &processor.values[i];
    return NULL;
}

uint64_t processor_rdmsr(uint32_t msr)
{
    const uint64_t *value = find(msr);

    ck_assert_ptr_nonnull(value);
    processor.msr_reads++;
    return *value;
}

void processor_wrmsr(uint32_t msr, uint64_t value)
{
    uint64_t *place = find(msr);

    ck_assert_ptr_nonnull(place);
    processor.msr_writes++;
    *place = value;
}

bool processor_rdmsr_safe(uint32_t msr, uint64_t *value)
{
    const uint64_t *place = find(msr);

    if (place)
        *value = *place;
    return place != NULL;
}

bool processor_wrmsr_safe(uint32_t msr, uint64_t value)
{
    uint64_t *place = find(msr);

    if (!place || processor.refuses)
        return false;
    *place = value;
    return true;
}

/* It announces every MSR that VPs may have for themselves; of XSAVE, x87 and SSE alone. */
struct cpuid_result processor_cpuid(uint32_t leaf)
{
    switch (leaf) {
    case 1:
        return (struct cpuid_result){ .ecx = processor.has_xsave ? CPUID_1_ECX_XSAVE : 0 };
    case 0xD:
        return (struct cpuid_result){ .eax = SVM_XSAVE_X87 | SVM_XSAVE_SSE };
    default:
        return (struct cpuid_result){ UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX };
    }
}

bool processor_xsetbv_safe(uint64_t value)
{
    processor.xcr0 = value;
    return true;
}
