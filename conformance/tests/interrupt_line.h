/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A level-triggered interrupt: the line of the real-time clock, through the I/O APIC. It stays
 * asserted until the clock's status is read.
 */
#ifndef CONFORMANCE_TESTS_INTERRUPT_LINE_H
#define CONFORMANCE_TESTS_INTERRUPT_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* Asserts the line again and again, as @p vector of this CPU. @return false without an I/O APIC */
bool interrupt_line_start(uint8_t vector);

/* The same by a redirection entry of the I/O APIC as it is. */
bool interrupt_line_start_entry(uint64_t entry);

/* No more of them, if it was started; one that was delivered may still be in service. */
void interrupt_line_stop(void);

#endif
