/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What this sample gives lib/core. */
#ifndef TYPE1_PLATFORM_H
#define TYPE1_PLATFORM_H

#include <stdbool.h>

#include <hv/platform.h>

/* The one platform, filled in by platform_init(). */
const struct hv_platform *platform_get(void);

/*
 * All but clocks and LPs.
 * @param tsc_trusted the TSC is invariant, whatever CPUID says
 * @param minimal     none of the capabilities that a guest could do without
 */
void platform_init(bool tsc_trusted, bool minimal);

/* The rest, when they are known. */
void platform_measured(void);

#endif
