/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What this sample gives lib/core. */
#ifndef TYPE1_PLATFORM_H
#define TYPE1_PLATFORM_H

#include <hv/platform.h>

#include "options.h"

/* The one platform, filled in by platform_init(). */
const struct hv_platform *platform_get(void);

/* All but clocks, LPs and what svm_init() finds out. */
void platform_init(const struct options *options);

/* The rest, when they are known. */
void platform_measured(void);

#endif
