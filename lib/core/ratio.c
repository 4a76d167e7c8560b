/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <stdbool.h>

#include "ratio.h"

/*
 * Digit by digit: a 128-bit division would need a helper function of the compiler's runtime
 * library, which a hypervisor lacks.
 */
uint64_t hv_ratio(uint64_t numerator, uint64_t denominator, unsigned shift)
{
    uint64_t quotient = numerator / denominator;
    uint64_t remainder = numerator % denominator;

    for (unsigned digit = 0; digit < shift; digit++) {
        bool overflow = remainder >> 63;

        remainder <<= 1;
        quotient <<= 1;
        if (overflow || remainder >= denominator) {
            remainder -= denominator;
            quotient |= 1;
        }
    }
    return quotient;
}

/* Seconds, and what is left of one: so that the ratio's last digit counts for a few ticks only. */
uint64_t hv_ratio_convert(uint64_t ticks, uint64_t from_hz, uint64_t to_hz)
{
    uint64_t seconds = ticks / from_hz, left = ticks % from_hz;

    if (from_hz == to_hz)
        return ticks;
    return seconds * to_hz + hv_ratio_apply_up(left, hv_ratio(to_hz, from_hz, 32) + 1, 32);
}
