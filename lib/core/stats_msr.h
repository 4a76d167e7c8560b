/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The MSRs by which a partition sees its own statistics pages (TLFS v2.0, 21.3.3). */
#ifndef HV_CORE_STATS_MSR_H
#define HV_CORE_STATS_MSR_H

#include "msr.h"

hv_msr_reader hv_stats_read;
hv_msr_writer hv_stats_write;

#endif
