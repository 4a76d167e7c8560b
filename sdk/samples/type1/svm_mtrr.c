/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "svm_mtrr.h"

#include <stddef.h>

#include "x86.h"

#define CAP_FIXED     (UINT64_C(1) << 8)
#define CAP_COMBINING (UINT64_C(1) << 10)
#define TYPE_DEFINED  UINT64_C(0xCFF) /* default type, FE, E */
#define BASE_RESERVED UINT64_C(0xF00)
#define MASK_RESERVED UINT64_C(0x7FF)
#define TYPES         0x73u /* uncacheable, combining, through, protected, back */
#define FIXED_16K     2
#define FIXED_4K      8

static uint64_t *find(struct svm_mtrr *mtrr, uint32_t msr)
{
    if (msr == MSR_MTRR_TYPE)
        return &mtrr->type;
    if (msr - MSR_MTRR_BASE0 < 2 * SVM_MTRR_VARIABLE)
        return &mtrr->variable[msr - MSR_MTRR_BASE0];
    if (msr == MSR_MTRR_FIX64K)
        return &mtrr->fixed[0];
    if (msr - MSR_MTRR_FIX16K < FIXED_16K)
        return &mtrr->fixed[1 + (msr - MSR_MTRR_FIX16K)];
    if (msr - MSR_MTRR_FIX4K < FIXED_4K)
        return &mtrr->fixed[1 + FIXED_16K + (msr - MSR_MTRR_FIX4K)];
    return NULL;
}

static bool is_type(uint64_t type)
{
    return type < 8 && (TYPES >> type & 1);
}

static bool are_types(uint64_t value)
{
    for (unsigned i = 0; i < sizeof(value); i++)
        if (!is_type(value >> 8 * i & 0xFF))
            return false;
    return true;
}

static bool is_valid(uint32_t msr, uint64_t value)
{
    if (msr == MSR_MTRR_TYPE)
        return !(value & ~TYPE_DEFINED) && is_type(value & 0xFF);
    if (msr - MSR_MTRR_BASE0 >= 2 * SVM_MTRR_VARIABLE)
        return are_types(value);
    if (msr % 2 == 0)
        return !(value & BASE_RESERVED) && is_type(value & 0xFF);
    return !(value & MASK_RESERVED);
}

bool svm_mtrr_read(const struct svm_mtrr *mtrr, uint32_t msr, uint64_t *value)
{
    const uint64_t *place = find((struct svm_mtrr *)(uintptr_t)mtrr, msr);

    if (msr == MSR_MTRR_CAP)
        *value = SVM_MTRR_VARIABLE | CAP_FIXED | CAP_COMBINING;
    else if (place)
        *value = *place;
    else
        return false;
    return true;
}

bool svm_mtrr_write(struct svm_mtrr *mtrr, uint32_t msr, uint64_t value)
{
    uint64_t *place = find(mtrr, msr);

    if (!place || !is_valid(msr, value))
        return false;
    *place = value;
    return true;
}
