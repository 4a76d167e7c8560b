/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Time: how fast the TSC and the APIC timer run. */
#ifndef TYPE1_CLOCK_H
#define TYPE1_CLOCK_H

#include <stdint.h>

/* Measures both, or takes them from CPUID; boot_fail() if there is nothing to measure against. */
void clock_init(void);

uint64_t clock_tsc_hz(void);

/* Of the APIC timer at divisor 1; 0 if it does not run. */
uint64_t clock_apic_hz(void);

/* Ticks of the APIC's clock from now to that TSC: at least 1, at most what its timer can count. */
uint32_t clock_apic_ticks(uint64_t tsc);

/* Waits. After clock_init(). */
void clock_delay_us(uint64_t microseconds);

#endif
