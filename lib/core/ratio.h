/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Conversion between clocks by multiplication, since exit paths must not divide. */
#ifndef HV_CORE_RATIO_H
#define HV_CORE_RATIO_H

#include <stdint.h>

/*
 * (numerator << shift) / denominator, rounded down. The result must fit in 64 bits; denominator is
 * not 0, shift at most 64.
 */
uint64_t hv_ratio(uint64_t numerator, uint64_t denominator, unsigned shift);

/* (value * ratio) >> shift, of which the low 64 bits are returned; shift from 1 to 64. */
static inline uint64_t hv_ratio_apply(uint64_t value, uint64_t ratio, unsigned shift)
{
    return (uint64_t)((unsigned __int128)value * ratio >> shift);
}

/* The same, rounded up. */
static inline uint64_t hv_ratio_apply_up(uint64_t value, uint64_t ratio, unsigned shift)
{
    unsigned __int128 fraction = ((unsigned __int128)1 << shift) - 1;

    return (uint64_t)(((unsigned __int128)value * ratio + fraction) >> shift);
}

/*
 * Ticks of one clock in those of another, never less: neither frequency is 0, and they differ by a
 * factor of less than 2^31.
 */
uint64_t hv_ratio_convert(uint64_t ticks, uint64_t from_hz, uint64_t to_hz);

#endif
