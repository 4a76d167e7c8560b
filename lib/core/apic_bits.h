/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Sets of vectors: 256 bits, as in the ISR, TMR and IRR. */
#ifndef HV_CORE_APIC_BITS_H
#define HV_CORE_APIC_BITS_H

#include "apic.h"

static inline void hv_apic_set(uint32_t bits[HV_APIC_WORDS], unsigned vector)
{
    bits[vector / 32] |= 1u << vector % 32;
}

static inline void hv_apic_clear(uint32_t bits[HV_APIC_WORDS], unsigned vector)
{
    bits[vector / 32] &= ~(1u << vector % 32);
}

static inline bool hv_apic_test(const uint32_t bits[HV_APIC_WORDS], unsigned vector)
{
    return bits[vector / 32] >> vector % 32 & 1;
}

/* The highest member, or HV_APIC_NO_VECTOR. */
static inline int hv_apic_highest(const uint32_t bits[HV_APIC_WORDS])
{
    for (int word = HV_APIC_WORDS - 1; word >= 0; word--)
        if (bits[word] != 0)
            return word * 32 + 31 - __builtin_clz(bits[word]);
    return HV_APIC_NO_VECTOR;
}

#endif
