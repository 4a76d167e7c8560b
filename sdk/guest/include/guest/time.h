/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file time.h
 * @brief Delays and clocks: the TSC, and the PIT as a reference that does not depend on it.
 */
#ifndef GUEST_TIME_H
#define GUEST_TIME_H

#include <stdbool.h>
#include <stdint.h>

/** Ticks of the PIT in a second. */
#define PIT_HZ 1193182u

/** Where tsc_hz() comes from. */
enum tsc_source {
    TSC_FROM_PIT,        /**< measured against the PIT */
    TSC_FROM_PM_TIMER,   /**< there is no PIT: measured against ACPI's PM timer */
    TSC_FROM_CPUID,      /**< there is neither: leaf 0x15; or 0x16, if no hypervisor helps */
    TSC_FROM_HYPERVISOR, /**< its register, its reference counter, or its timing leaf */
    TSC_FROM_CALLER,     /**< tsc_set_hz() */
    TSC_FROM_NOTHING,    /**< assumed to be 1 GHz: all delays are guesses */
};

/** Frequency of the TSC; found at the first use, which takes about 20 ms. */
uint64_t tsc_hz(void);

/** Where tsc_hz() comes from. */
enum tsc_source tsc_source(void);

/** Replaces what tsc_hz() returns. */
void tsc_set_hz(uint64_t hz);

/** Microseconds for a number of TSC ticks. */
uint64_t tsc_to_us(uint64_t ticks);

/** Nanoseconds for a number of TSC ticks. */
uint64_t tsc_to_ns(uint64_t ticks);

/** TSC ticks for a number of microseconds. */
uint64_t tsc_from_us(uint64_t us);

/** Waits by TSC, with PAUSE. */
void udelay(uint64_t us);

/** Waits by TSC, with PAUSE. */
void mdelay(uint64_t ms);

/** Waits until *@p word (read anew each time) is @p value, at most @p us. @return whether it is */
bool wait_until_equal(const volatile uint32_t *word, uint32_t value, uint64_t us);

/** Whether channel 2 of a PIT counts here. */
bool pit_present(void);

/** Waits @p us by counting PIT channel 2 alone; on one CPU at a time. Returns at once without a
 * PIT. */
void pit_delay(uint64_t us);

/** Starts PIT channel 2 counting down from 65535; it wraps to 65535 after 54.9 ms. */
void pit_start(void);

/** PIT ticks since pit_start(), modulo 65536. */
uint16_t pit_elapsed(void);

#endif
