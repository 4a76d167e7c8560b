/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A few lines of TAP: each check() is one line.
 */
#ifndef GUEST_SELFTEST_H
#define GUEST_SELFTEST_H

#include <guest/guest.h>

/** One test line: "ok N - name" or "not ok N - name". */
void check(bool good, const char *name);

/** check() that @p fault is @p vector with @p error; prints what it is if not. */
void check_fault(struct fault fault, uint8_t vector, uint32_t error, const char *name);

/** check() that nothing was raised. */
void check_no_fault(struct fault fault, const char *name);

void test_basics(void);
void test_faults(void);
void test_memory(void);
void test_paging(void);
void test_modes(void);
void test_interrupts(void);
void test_smp(void);

#endif
